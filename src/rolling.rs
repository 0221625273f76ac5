//! Which ConfigMaps and Secrets the pods of a workload use, and the annotation by which a change of one rolls them. What
//! is in them is not its business.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{FieldPath, Object, ObjectKey};

/// The annotation on pod templates that holds the hash of what the pods use.
pub const ANNOTATION: &str = "ditc.dev/config-hash";

/// What stands in the place of the hash as long as a value behind it cannot be told from another.
pub const NOT_YET: &str = "(known after apply)";

/// The kinds whose pods are replaced when their template changes. A Job's template cannot change at all.
const ROLLING: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// Whether the pods of an object are replaced when its template changes.
#[must_use]
pub fn is_rolling(key: &ObjectKey) -> bool {
    key.kind.group == "apps" && ROLLING.contains(&key.kind.kind.as_str())
}

/// Where the annotation stands.
#[must_use]
pub fn place() -> FieldPath {
    FieldPath::fields(&["spec", "template", "metadata", "annotations", ANNOTATION])
}

/// What the pods of a workload use, by the fields that name ConfigMaps and Secrets wherever they stand in its template.
#[must_use]
pub fn uses(workload: &ObjectKey, body: &Object) -> BTreeSet<ObjectKey> {
    let mut used = BTreeSet::new();
    if let Some(spec) = body.0.pointer("/spec/template/spec").filter(|_| is_rolling(workload)) {
        references(spec, workload, &mut used);
    }
    used
}

fn references(value: &Value, workload: &ObjectKey, used: &mut BTreeSet<ObjectKey>) {
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
                    if let Some(name) = inner.get(*name).and_then(Value::as_str) {
                        used.insert(ObjectKey::new("", kind, workload.namespace.as_deref(), name));
                    }
                }
                references(inner, workload, used);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, workload, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
