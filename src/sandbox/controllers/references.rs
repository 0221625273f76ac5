//! What pods refer to and is not there, in the kubelet's words: volumes and variables of Secrets and ConfigMaps.

use serde_json::Value;

use super::Context;
use crate::sandbox::{kinds, store::text};

/// The first volume of a Secret or ConfigMap that is not there, or lacks a key that the volume names.
pub(super) fn unmounted(context: &Context<'_>, pod: &Value) -> Option<String> {
    let namespace = text(pod, "/metadata/namespace");
    let containers = of_list(pod, "/spec/containers").chain(of_list(pod, "/spec/initContainers"));
    let mounts: Vec<&Value> = containers.flat_map(|container| of_list(container, "/volumeMounts")).collect();
    // What no container mounts, the kubelet leaves alone.
    let is_used = |volume: &&Value| mounts.iter().any(|mount| mount.get("name") == volume.get("name"));
    for volume in of_list(pod, "/spec/volumes").filter(is_used) {
        for (field, name, kind, short) in
            [("secret", "/secretName", "Secret", "secret"), ("configMap", "/name", "ConfigMap", "config")]
        {
            let Some(source) = volume.get(field).filter(|source| source.get("optional") != Some(&Value::Bool(true)))
            else {
                continue;
            };
            let wanted = text(source, name);
            let volume = format!("MountVolume.SetUp failed for volume {:?} : ", text(volume, "/name"));
            let Some(found) = context.store.get(kinds::known("", kind).slot, namespace, wanted) else {
                return Some(format!("{volume}{} {wanted:?} not found", kind.to_lowercase()));
            };
            let items = source.get("items").and_then(Value::as_array).into_iter().flatten();
            let mut keys = items.filter_map(|item| item.get("key")?.as_str());
            let lacks = |key: &&str| ["data", "binaryData"].iter().all(|data| found[*data].get(*key).is_none());
            if let Some(key) = keys.find(lacks) {
                return Some(format!("{volume}references non-existent {short} key: {key}"));
            }
        }
    }
    None
}

fn of_list<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The first reference of a container to a Secret or ConfigMap that is not there.
pub(super) fn missing(context: &Context<'_>, pod: &Value) -> Option<String> {
    let namespace = text(pod, "/metadata/namespace");
    let containers = ["initContainers", "containers"].iter().filter_map(|list| pod["spec"].get(*list)?.as_array());
    for container in containers.flatten() {
        let list = |field: &str| container.get(field).and_then(Value::as_array).into_iter().flatten();
        let single = list("env").filter_map(|variable| variable.get("valueFrom"));
        let references = single.map(|from| (from, "secretKeyRef", "configMapKeyRef"));
        let whole = list("envFrom").map(|from| (from, "secretRef", "configMapRef"));
        for (from, secret, map) in references.chain(whole) {
            for (field, kind) in [(secret, "Secret"), (map, "ConfigMap")] {
                let Some(reference) = from.get(field) else { continue };
                if reference.get("optional") == Some(&Value::Bool(true)) {
                    continue;
                }
                let (name, key) = (text(reference, "/name"), text(reference, "/key"));
                let Some(found) = context.store.get(kinds::known("", kind).slot, namespace, name) else {
                    return Some(format!("{} {name:?} not found", kind.to_lowercase()));
                };
                let has = |data: &str| found.get(data).is_some_and(|data| data.get(key).is_some());
                if !key.is_empty() && !has("data") && !has("binaryData") {
                    return Some(format!("couldn't find key {key} in {kind} {namespace}/{name}"));
                }
            }
        }
    }
    None
}
