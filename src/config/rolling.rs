//! Makes workloads follow their configuration: a hash of the ConfigMaps and Secrets that a pod template uses stands on
//! the template, so that a changed configuration rolls its users.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    desired::Manifest,
    object::{Hash, ObjectKey},
};

/// The annotation on pod templates.
pub(super) const ANNOTATION: &str = "ditc.dev/config-hash";

/// The kinds whose pods are replaced when their template changes. A Job's template cannot change at all.
const ROLLING: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// Annotates the pod templates of all workloads that use a ConfigMap or Secret of the same environment.
pub(super) fn annotate(manifests: &mut BTreeMap<ObjectKey, Manifest>) {
    let hashes: BTreeMap<(String, String), Hash> = manifests
        .iter()
        .filter(|(key, _)| key.kind.group.is_empty() && ["ConfigMap", "Secret"].contains(&key.kind.kind.as_str()))
        .map(|(key, manifest)| ((key.kind.kind.clone(), key.name.clone()), manifest.hash()))
        .collect();
    for (key, manifest) in manifests {
        if key.kind.group != "apps" || !ROLLING.contains(&key.kind.kind.as_str()) {
            continue;
        }
        let Some(template) = manifest.body.0.pointer_mut("/spec/template").filter(|template| template.is_object())
        else {
            continue;
        };
        let mut used = BTreeMap::new();
        references(&template["spec"], &hashes, &mut used);
        if used.is_empty() {
            continue;
        }
        let text: String = used.into_iter().map(|((kind, name), hash)| format!("{kind}/{name}={hash}\n")).collect();
        if template["metadata"].is_null() {
            template["metadata"] = Value::Object(Map::new());
        }
        // Half of the digest tells apart what must be told apart and keeps diffs readable.
        template["metadata"]["annotations"][ANNOTATION] = Value::from(&Hash::of(text.as_bytes()).to_string()[..32]);
    }
}

/// Finds what a pod uses, by the fields that name ConfigMaps and Secrets wherever they stand.
fn references<'a>(
    value: &Value,
    hashes: &'a BTreeMap<(String, String), Hash>,
    used: &mut BTreeMap<(String, String), &'a Hash>,
) {
    /// Field that refers, kind it refers to, and the field in it that holds the name.
    const FIELDS: [(&str, &str, &str); 7] = [
        ("configMapKeyRef", "ConfigMap", "name"),
        ("configMapRef", "ConfigMap", "name"),
        ("configMap", "ConfigMap", "name"),
        ("secretKeyRef", "Secret", "name"),
        ("secretRef", "Secret", "name"),
        ("secret", "Secret", "secretName"),
        // Inside a projected volume a Secret is named plainly.
        ("secret", "Secret", "name"),
    ];
    match value {
        Value::Object(map) => {
            for (field, inner) in map {
                for (_, kind, name) in FIELDS.iter().filter(|(known, ..)| known == field) {
                    let name = inner.get(*name).and_then(Value::as_str).unwrap_or_default();
                    if let Some((key, hash)) = hashes.get_key_value(&((*kind).to_owned(), name.to_owned())) {
                        used.insert(key.clone(), hash);
                    }
                }
                references(inner, hashes, used);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, hashes, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
