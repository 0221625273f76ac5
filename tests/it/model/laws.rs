//! What must hold of a cluster before and after a run.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    environment::Environment,
    hand::plural,
    plan::Plan,
    world::{Broken, law},
};
use crate::support_model::{Objects, Request, essence, key, text_at};

/// What ditc did not create it neither deletes nor changes, unless it was given to it.
pub(super) fn leaves_others_alone(environment: &Environment, objects: &Objects, adopts: bool) -> Result<(), Broken> {
    let desired = environment.keys();
    for (key, (uid, was)) in &environment.foreign {
        let live = objects.get(key);
        let is_there = live.is_some_and(|live| text_at(live, "/metadata/uid") == uid);
        let is_same = live.is_some_and(|live| essence(live) == *was) || (adopts && desired.contains(key));
        law!(is_there && is_same, "{key}, which ditc did not make, {was} became {live:?}");
    }
    Ok(())
}

/// Whether nothing that somebody asked for in a namespace is another, nor its record.
pub(super) fn is_same(before: &Objects, after: &Objects, namespace: &str) -> Result<(), Broken> {
    let (was, is) = (before.asked_for_in(namespace), after.asked_for_in(namespace));
    let keys: BTreeSet<&&str> = was.keys().chain(is.keys()).collect();
    for key in keys {
        let (was, is) = (was.get(*key).copied(), is.get(*key).copied());
        law!(is_alike(was, is), "{key}: {was:?} became {is:?}");
    }
    let record = key("ConfigMap", namespace, "ditc");
    law!(is_alike(before.get(&record), after.get(&record)), "its record changed");
    Ok(())
}

/// Whether an object is there as it was, or still not.
fn is_alike(was: Option<&Value>, is: Option<&Value>) -> bool {
    match (was, is) {
        (Some(was), Some(is)) => std::ptr::eq(was, is) || life(was) == life(is),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Uid, content, and the fields that are ours.
fn life(object: &Value) -> (String, Value, Vec<Value>) {
    let ours = ours(object).into_iter().cloned().collect();
    (text_at(object, "/metadata/uid").to_owned(), essence(object), ours)
}

/// Whether a request writes to a namespace, or into it.
pub(super) fn lies_in(request: &Request, namespace: &str) -> bool {
    let path = format!("{}/", request.path);
    path.contains(&format!("/namespaces/{namespace}/")) || (request.method == "POST" && path.ends_with("/namespaces/"))
}

/// What an apply did is in its plan, and nothing else.
pub(super) fn keeps_to(
    environment: &Environment,
    plan: &Plan,
    before: &Objects,
    after: &Objects,
    writes: &[&Request],
) -> Result<(), Broken> {
    let (before, after) = (before.asked_for_in(&environment.name), after.asked_for_in(&environment.name));
    let keys: BTreeSet<&&str> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (was, is) = (before.get(*key).copied(), after.get(*key).copied());
        if is_alike(was, is) {
            continue;
        }
        let action = plan.changes.get(*key).map(String::as_str);
        let is_new = was.map(|was| text_at(was, "/metadata/uid")) != is.map(|is| text_at(is, "/metadata/uid"));
        let fits = match (was, is) {
            (None, Some(_)) => action == Some("create"),
            (Some(_), Some(_)) if is_new => action == Some("replace"),
            (Some(_), Some(_)) => matches!(action, Some("update" | "import")),
            (Some(_), None) => action == Some("delete"),
            (None, None) => true,
        };
        law!(fits, "an apply touched {key} (planned: {action:?}): {was:?} became {is:?}; plan: {}", plan.text);
    }
    for write in writes.iter().filter(|write| !write.is_own()) {
        let mut parts = write.path.rsplit('/');
        let (name, plural) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let planned = |actions: &[&str], plural: &str, name: Option<&str>| {
            plan.changes.iter().any(|(key, planned)| {
                let (kind, known) = key.rsplit(':').next().and_then(|key| key.split_once('/')).unwrap_or_default();
                actions.contains(&planned.as_str())
                    && self::plural(kind) == plural
                    && name.is_none_or(|name| name == known)
            })
        };
        let fits = match write.method.as_str() {
            "POST" => planned(&["create", "replace"], name, None),
            "PATCH" => planned(&["create", "update", "replace", "import"], plural, Some(name)),
            "DELETE" => planned(&["delete", "replace"], plural, Some(name)),
            _ => false,
        };
        law!(fits, "an apply sent {} {}, which is not in its plan: {}", write.method, write.path, plan.text);
    }
    Ok(())
}

/// After a complete apply everything desired is there, with the values desired, and nothing of ours is left over.
pub(super) fn is_as_defined(environment: &Environment, objects: &Objects) -> Result<(), Broken> {
    let desired = environment.keys();
    for key in &desired {
        law!(objects.get(key).is_some(), "after an apply there is no {key}");
    }
    let present = objects.asked_for_in(&environment.name).into_keys();
    let left = present.into_iter().find(|key| !environment.foreign.contains_key(*key) && !desired.contains(*key));
    law!(left.is_none(), "after an apply {left:?} is left over");
    for (name, component) in &environment.definition.components {
        let workload = environment.key(&component.workload(name));
        let (image, replicas) = component.asks_for(name);
        let live = objects.get(&workload).expect("everything desired is there");
        let images: Vec<&str> = containers(live).map(|container| text_at(container, "/image")).collect();
        law!(images == [&image], "{workload} has images {images:?} instead of {image}");
        let count = live.pointer("/spec/replicas").and_then(Value::as_u64);
        let is_right = replicas.is_none() || count == replicas || environment.is_autoscaled(objects, &workload);
        law!(is_right, "{workload} has {count:?} replicas instead of {replicas:?}");
    }
    Ok(())
}

/// The fields that our manager holds.
pub(super) fn ours(object: &Value) -> Vec<&Value> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let entries = entries.filter(|entry| entry["manager"] == "ditc" && entry.get("subresource").is_none());
    entries.map(|entry| &entry["fieldsV1"]).collect()
}

fn containers(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/spec/template/spec/containers").and_then(Value::as_array).into_iter().flatten()
}
