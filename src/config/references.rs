//! Checks that a container which takes values from a Secret or ConfigMap, or finds one at a path, names one that its
//! environment makes, and a key that is there. What others put into the namespace is not known here: an environment says `existing = true` of it, and a
//! template is trusted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    environment::Component,
    fields::suggest,
    value::{Entry, Node, Table, Tree},
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
            let component = manifest.component.as_ref().and_then(|id| components.get(&id.name));
            let Some(keys) = known.get(&(kind, name)) else {
                let table = component.and_then(|component| reference(&component.inputs, kind, name, key));
                mistakes.extend(table.and_then(|table| unknown(table, kind, name, &known)));
                continue;
            };
            let Some(key) = key.filter(|key| !keys.contains(key)) else { continue };
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

/// A Secret or ConfigMap that nobody makes, unless the environment's file says that it is there.
fn unknown(
    table: &Table,
    kind: &str,
    name: &str,
    known: &BTreeMap<(&str, &str), BTreeSet<&str>>,
) -> Option<Diagnostic> {
    let is_existing = |entry: &Entry| entry.value.tree == Tree::Boolean(true);
    if table.get("existing").is_some_and(is_existing) {
        return None;
    }
    let word = word(kind);
    let diagnostic = Diagnostic::new("unknown secret or config")
        .at(table.get(word)?.value.span.clone(), format!("no {kind} of this environment"))
        .detail(format!("nothing in the environment makes {kind} `{name}`, so the pod would never start"));
    let others = known.keys().filter(|(other, _)| *other == kind).map(|(_, name)| *name);
    Some(match known.keys().find(|(other, its)| *other != kind && *its == name) {
        Some((other, _)) => {
            let other_word = self::word(other);
            diagnostic.help(format!("`{name}` is a {other}: write `{other_word} = \"{name}\"`"))
        }
        None => {
            suggest(diagnostic, name, others).help("if others put it into the namespace, say so: add `existing = true`")
        }
    })
}

/// The key in the environment's file that names an object of this kind.
fn word(kind: &str) -> &'static str {
    if kind == "Secret" { "secret" } else { "config" }
}

/// The table in the environment's file that is `{ secret = name, key = key }`, or without a key where all is meant.
fn reference<'a>(table: &'a Table, kind: &str, name: &str, key: Option<&str>) -> Option<&'a Table> {
    let is = |entry: Option<&str>, text: &str| entry.is_some_and(|entry| entry == text || entry.contains("{{"));
    let is_key = match key {
        Some(key) => is(table.string("key"), key),
        None => table.get("key").is_none(),
    };
    if is(table.string(word(kind)), name) && is_key {
        return Some(table);
    }
    table.entries.iter().find_map(|entry| reference_in(&entry.value, kind, name, key))
}

fn reference_in<'a>(node: &'a Node, kind: &str, name: &str, key: Option<&str>) -> Option<&'a Table> {
    match &node.tree {
        Tree::Table(table) => reference(table, kind, name, key),
        Tree::List(items) => items.iter().find_map(|item| reference_in(item, kind, name, key)),
        Tree::String(_) | Tree::Integer(_) | Tree::Boolean(_) => None,
    }
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

/// One mention of a Secret or ConfigMap: kind, name, and the key where a single one is meant.
type Mention<'a> = (&'static str, &'a str, Option<&'a str>);

/// Finds all mentions that a pod cannot start without.
fn find<'a>(value: &'a Value, found: &mut Vec<Mention<'a>>) {
    match value {
        Value::Object(map) => {
            for (field, inner) in map {
                let (kind, name, has_key) = match field.as_str() {
                    "secretKeyRef" => ("Secret", "name", true),
                    "configMapKeyRef" => ("ConfigMap", "name", true),
                    "secretRef" => ("Secret", "name", false),
                    "configMapRef" | "configMap" => ("ConfigMap", "name", false),
                    "secret" => ("Secret", "secretName", false),
                    _ => {
                        find(inner, found);
                        continue;
                    }
                };
                let text = |name: &str| inner.get(name).and_then(Value::as_str);
                let is_optional = inner.get("optional") == Some(&Value::Bool(true));
                match (text(name), text("key"), has_key) {
                    (Some(name), key @ Some(_), true) if !is_optional => found.push((kind, name, key)),
                    (Some(name), _, false) if !is_optional => found.push((kind, name, None)),
                    _ => {}
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
