//! One environment as the model knows it: what its file asks for, and what others did to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::definition::Definition;
use crate::support_model::{Objects, essence, key, text_at};

pub(super) struct Environment {
    /// Also that of its namespace.
    pub name: String,
    /// What it is called after it was renamed, and is called now when it is renamed again.
    pub other_name: String,
    pub definition: Definition,
    /// What was made by hand and not by ditc, with uid and essence.
    pub foreign: BTreeMap<String, (String, Value)>,
    /// Objects of which a field of ours was changed by hand since the last complete apply.
    pub moved: BTreeSet<String>,
    /// How they were before.
    pub before: BTreeMap<String, Value>,
}

impl Environment {
    pub(super) fn new(names: (String, String), definition: Definition) -> Self {
        let (name, other_name) = names;
        let (foreign, moved, before) = Default::default();
        Self { name, other_name, definition, foreign, moved, before }
    }

    /// The key of an object in it, from `Kind/name`.
    pub(super) fn key(&self, object: &str) -> String {
        let (kind, name) = object.split_once('/').expect("a kind and a name");
        key(kind, &self.name, name)
    }

    pub(super) fn namespace(&self) -> String {
        format!("Namespace/{}", self.name)
    }

    /// What is desired.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.definition.keys().map(|object| self.key(&object)).chain([self.namespace()]).collect()
    }

    pub(super) fn file(&self) -> String {
        format!("environments/{}.toml", self.name)
    }

    /// Nothing that was done to it is left.
    pub(super) fn is_as_new(&mut self) {
        self.moved.clear();
        self.before.clear();
    }

    pub(super) fn made_by_hand(&mut self, objects: &Objects, key: &str) {
        if let Some(live) = objects.get(key) {
            self.foreign.insert(key.to_owned(), (text_at(live, "/metadata/uid").to_owned(), essence(live)));
        }
    }

    /// Whether an autoscaler looks after a workload.
    pub(super) fn is_autoscaled(&self, objects: &Objects, workload: &str) -> bool {
        let (_, name) = workload.split_once('/').expect("a kind and a name");
        objects.get(&self.key(&format!("HorizontalPodAutoscaler/{name}"))).is_some()
    }
}
