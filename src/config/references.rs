//! Checks that a container which takes a value from a Secret or ConfigMap of its own environment names a key that is
//! there. What others put into the namespace is not known here, so a name that is unknown is no mistake.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    environment::Component,
    fields::suggest,
    value::{Node, Table, Tree},
};
use crate::{
    desired::Manifest,
    diagnostic::{Diagnostic, Span},
    names::ComponentName,
    object::ObjectKey,
};

/// Complains about every key that its Secret or ConfigMap does not have: the pod would never start.
pub(super) fn check(
    manifests: &BTreeMap<ObjectKey, Manifest>,
    components: &BTreeMap<ComponentName, Component>,
) -> Vec<Diagnostic> {
    let known: BTreeMap<(&str, &str), BTreeSet<&str>> = manifests.values().filter_map(keys).collect();
    let mut mistakes = Vec::new();
    for manifest in manifests.values() {
        let mut references = Vec::new();
        find(&manifest.body.0, &mut references);
        for (kind, name, key) in references {
            let Some(keys) = known.get(&(kind, name)).filter(|keys| !keys.contains(key)) else { continue };
            let component = manifest.component.as_ref().and_then(|id| components.get(&id.name));
            let written = component.and_then(|component| place(&component.inputs, name, key));
            let diagnostic = Diagnostic::new("unknown key of a secret or config")
                .detail(format!("{} takes `{key}` from {kind} `{name}`, which has no such key", manifest.key));
            let diagnostic = match (written, &manifest.origin.template) {
                (Some(written), _) => diagnostic.at(written, format!("not a key of {kind} `{name}`")),
                (None, Some(template)) => diagnostic
                    .at(template.clone(), "rendered from here")
                    .related(manifest.origin.definition.clone(), "used here"),
                (None, None) => diagnostic.at(manifest.origin.definition.clone(), "used here"),
            };
            mistakes.push(suggest(diagnostic, key, keys.iter().copied()));
        }
    }
    mistakes
}

/// The keys of a Secret or ConfigMap.
fn keys(manifest: &Manifest) -> Option<((&str, &str), BTreeSet<&str>)> {
    let keys: BTreeSet<&str> = match &manifest.secret {
        Some(recipe) => recipe.keys.keys().map(String::as_str).collect(),
        None if manifest.key.kind.is("", "ConfigMap") => {
            let maps = ["/data", "/binaryData"].into_iter().filter_map(|map| manifest.body.at(map)?.as_object());
            maps.flat_map(|map| map.keys()).map(String::as_str).collect()
        }
        None => return None,
    };
    Some(((&manifest.key.kind.kind, &manifest.key.name), keys))
}

/// Finds all references to single keys: kind, name, key.
fn find<'a>(value: &'a Value, found: &mut Vec<(&'static str, &'a str, &'a str)>) {
    match value {
        Value::Object(map) => {
            for (field, inner) in map {
                let kind = match field.as_str() {
                    "secretKeyRef" => Some("Secret"),
                    "configMapKeyRef" => Some("ConfigMap"),
                    _ => None,
                };
                let text = |name: &str| inner.get(name).and_then(Value::as_str);
                let is_optional = inner.get("optional") == Some(&Value::Bool(true));
                if let (Some(kind), Some(name), Some(key), false) = (kind, text("name"), text("key"), is_optional) {
                    found.push((kind, name, key));
                }
                find(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where the environment's file says `{ secret = name, key = key }`.
fn place(table: &Table, name: &str, key: &str) -> Option<Span> {
    let is_it = ["secret", "config"]
        .iter()
        .any(|kind| table.string(kind).is_some_and(|text| text == name || text.contains("{{")));
    match table.get("key").filter(|entry| is_it && entry.value.string() == Some(key)) {
        Some(entry) => Some(entry.value.span.clone()),
        None => table.entries.iter().find_map(|entry| inside(&entry.value, name, key)),
    }
}

fn inside(node: &Node, name: &str, key: &str) -> Option<Span> {
    match &node.tree {
        Tree::Table(table) => place(table, name, key),
        Tree::List(items) => items.iter().find_map(|item| inside(item, name, key)),
        Tree::String(_) | Tree::Integer(_) | Tree::Boolean(_) => None,
    }
}
