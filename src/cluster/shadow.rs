//! Manifests under another name, so that a server can check a create that it could not do under their own: the object is
//! there already, or its namespace is not there yet.

use serde_json::Value;

use crate::object::{Hash, Object, ObjectKey};

/// A name that nobody uses, as long as the longest that every kind allows.
const PREFIX: &str = "ditc-check-";

/// A manifest's names while it is checked.
pub(super) struct Shadow<'a> {
    key: &'a ObjectKey,
    /// The name that it is checked under.
    pub(super) name: String,
    namespace: Option<&'a str>,
}

impl<'a> Shadow<'a> {
    pub(super) fn new(key: &'a ObjectKey, namespace: Option<&'a str>) -> Self {
        let full = format!("{}/{}", key.kind, key.name);
        let hash = Hash::of(full.as_bytes()).to_string();
        Self { key, name: format!("{PREFIX}{}", &hash[..12]), namespace }
    }

    /// The manifest under its other names.
    pub(super) fn of(&self, body: &Object) -> Object {
        let mut body = body.clone();
        body.0["metadata"]["name"] = Value::from(self.name.as_str());
        if let Some(namespace) = self.namespace {
            body.0["metadata"]["namespace"] = Value::from(namespace);
        }
        body
    }

    /// The server's object under its own names.
    pub(super) fn back(&self, mut object: Object) -> Object {
        object.0["metadata"]["name"] = Value::from(self.key.name.as_str());
        if let Some(namespace) = &self.key.namespace {
            object.0["metadata"]["namespace"] = Value::from(namespace.as_str());
        }
        object
    }

    /// The server's words with the object's own names.
    pub(super) fn text_back(&self, text: &str) -> String {
        let text = text.replace(&self.name, &self.key.name);
        match (self.namespace, &self.key.namespace) {
            (Some(other), Some(own)) if other != own => {
                let text = text.replace(&format!("namespace \"{other}\""), &format!("namespace \"{own}\""));
                text.replace(&format!("namespace: {other}"), &format!("namespace: {own}"))
            }
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_come_back() {
        let key = ObjectKey::new("apps", "Deployment", Some("jakub"), "orders");
        let shadow = Shadow::new(&key, Some("default"));
        let body = Object(json!({"kind": "Deployment", "metadata": {"name": "orders", "namespace": "jakub"}}));
        let checked = shadow.of(&body);
        assert_eq!(checked.metadata("namespace"), Some(&json!("default")));
        assert!(checked.name().unwrap().starts_with("ditc-check-") && checked.name().unwrap().len() <= 52);
        assert_eq!(shadow.back(checked), body);
        let text = format!("Deployment.apps \"{}\" is invalid in the namespace \"default\"", shadow.name);
        assert_eq!(shadow.text_back(&text), "Deployment.apps \"orders\" is invalid in the namespace \"jakub\"");
    }
}
