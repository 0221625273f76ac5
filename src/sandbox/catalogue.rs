//! The kinds that one sandbox serves: those of the table, and those that definitions have added to it. It reads no object but
//! definitions.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    custom,
    kinds::{self, Resource},
    store::text,
};

/// All kinds. A copy is cheap enough for the few times that a definition changes.
#[derive(Debug, Clone)]
pub(super) struct Catalogue {
    /// In the order of discovery.
    served: Vec<Arc<Resource>>,
    /// By the definition's name; one that is gone keeps its slot, since its objects are still in the history.
    custom: BTreeMap<String, Vec<Arc<Resource>>>,
    /// By slot, in the version that is stored.
    stored: Vec<Arc<Resource>>,
    /// The definitions that are there.
    known: Vec<String>,
}

impl Catalogue {
    /// The kinds of the table.
    pub(super) fn new() -> Self {
        let all = kinds::all().to_vec();
        Self { stored: all.clone(), served: all, custom: BTreeMap::new(), known: Vec::new() }
    }

    /// All kinds that are served, in the order of discovery.
    pub(super) fn all(&self) -> &[Arc<Resource>] {
        &self.served
    }

    /// How many slots their objects need.
    pub(super) fn slots(&self) -> usize {
        self.stored.len()
    }

    /// The version in which the objects of a slot are stored.
    pub(super) fn stored(&self, slot: usize) -> &Arc<Resource> {
        &self.stored[slot]
    }

    /// Finds what a URL names.
    pub(super) fn by_plural(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.served.iter().find(|known| known.group == group && known.version == version && known.plural == plural)
    }

    /// Finds a kind in the version that the server prefers, or stores.
    pub(super) fn by_kind(&self, group: &str, kind: &str) -> Option<&Arc<Resource>> {
        let found = self.served.iter().find(|known| known.is(group, kind))?;
        Some(if found.custom.is_some() { &self.stored[found.slot] } else { found })
    }

    pub(super) fn is_group(&self, group: &str) -> bool {
        self.served.iter().any(|known| known.group == group)
    }

    /// The kinds of a definition.
    pub(super) fn defined_by(&self, definition: &str) -> &[Arc<Resource>] {
        self.custom.get(definition).map_or(&[], Vec::as_slice)
    }

    /// Learns what a definition now says, or that it is gone.
    pub(super) fn learn(&mut self, name: &str, definition: Option<&Value>) {
        self.known.retain(|known| known != name);
        if let Some(definition) = definition.filter(|definition| is_established(definition)) {
            let slot = self.custom.get(name).and_then(|versions| versions.first()).map(|version| version.slot);
            let slot = slot.unwrap_or(self.stored.len());
            let versions = custom::resources(definition, slot);
            let Some(stored) = versions.iter().find(|version| kinds::stored(version).version == version.version) else {
                return;
            };
            if slot == self.stored.len() {
                self.stored.push(Arc::clone(stored));
            } else {
                self.stored[slot] = Arc::clone(stored);
            }
            self.custom.insert(name.to_owned(), versions);
            self.known.push(name.to_owned());
        }
        let mut served: Vec<&Arc<Resource>> = self.known.iter().flat_map(|name| &self.custom[name]).collect();
        served.retain(|version| version.custom.as_ref().is_some_and(|custom| custom.is_served));
        served.sort_by_key(|known| (known.group.clone(), Reverse(priority(&known.version)), known.plural.clone()));
        self.served = kinds::all().iter().chain(served).cloned().collect();
    }
}

fn is_established(definition: &Value) -> bool {
    let conditions = definition.pointer("/status/conditions").and_then(Value::as_array);
    conditions
        .into_iter()
        .flatten()
        .any(|condition| text(condition, "/type") == "Established" && text(condition, "/status") == "True")
}

/// `v10` before `v2` before `v1beta1` before `v1alpha1`
/// (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority>).
pub(super) fn priority(version: &str) -> (u8, u32, u32) {
    let number = |text: &str| text.parse::<u32>().ok();
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let split = |word: &str| rest.split_once(word).and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    match (number(rest), split("beta"), split("alpha")) {
        (Some(major), ..) => (3, major, 0),
        (_, Some((major, minor)), _) => (2, major, minor),
        (.., Some((major, minor))) => (1, major, minor),
        _ => (0, 0, 0),
    }
}
