//! The Namespace of an environment: by its labels the server and other environments know it, by its annotations people do.

use serde_json::{Value, json};

use super::{
    bounds::{Bounds, security_labels},
    object::Rules,
};
use crate::desired::{ANNOTATION_OWNER, ANNOTATION_TTL, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, MANAGED_BY};

/// The Namespace as it is asked for.
pub(super) fn namespace(rules: Rules<'_>, owner: Option<&str>, ttl: Option<&str>, bounds: &Bounds) -> Value {
    let name = rules.namespace.as_str();
    let mut labels = json!({LABEL_MANAGED_BY: MANAGED_BY, LABEL_ENVIRONMENT: rules.environment.as_str()});
    for (label, profile) in security_labels(bounds) {
        labels[label] = Value::from(profile);
    }
    let mut metadata = json!({"name": name, "labels": labels});
    for (annotation, text) in [(ANNOTATION_OWNER, owner), (ANNOTATION_TTL, ttl)] {
        if let Some(text) = text {
            metadata["annotations"][annotation] = Value::from(text);
        }
    }
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
}
