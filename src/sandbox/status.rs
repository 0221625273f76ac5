//! What the server answers when it refuses, word for word as a real one does. It decides nothing.

use serde_json::{Map, Value, json};

use super::kinds::Resource;

/// A refusal, kept as the `Status` that the client receives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) details: Option<Value>,
    /// A body that is no Status: `404 page not found`.
    pub(super) plain: bool,
}

/// One complaint about one field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cause {
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) field: String,
}

impl Cause {
    pub(super) fn new(reason: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), field: field.into() }
    }

    pub(super) fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::new("FieldValueInvalid", field, format!("Invalid value: {value}: {detail}"))
    }

    pub(super) fn required(field: impl Into<String>, detail: &str) -> Self {
        let message = if detail.is_empty() { "Required value".to_owned() } else { format!("Required value: {detail}") };
        Self::new("FieldValueRequired", field, message)
    }

    pub(super) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", field, format!("Forbidden: {detail}"))
    }

    pub(super) fn unsupported(field: impl Into<String>, value: &Value, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
        Self::new("FieldValueNotSupported", field, message)
    }

    fn to_json(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

impl Refusal {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, plain: false }
    }

    pub(super) fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// The answer of a path that nobody serves.
    pub(super) fn no_page() -> Self {
        Self { plain: true, ..Self::new(404, "", "404 page not found") }
    }

    /// A kind that a known group does not have.
    pub(super) fn no_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource").with_details(json!({}))
    }

    pub(super) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.qualified()))
            .with_details(details(resource, name))
    }

    pub(super) fn already_exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.qualified()))
            .with_details(details(resource, name))
    }

    pub(super) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified());
        Self::new(409, "Conflict", message).with_details(details(resource, name))
    }

    /// An update that names another object of this name.
    pub(super) fn other_uid(resource: &Resource, [namespace, name]: [&str; 2], uid: &str, live: &str) -> Self {
        let kind = match resource.plural.as_str() {
            "services" => "services/specs",
            "endpoints" => "services/endpoints",
            "nodes" => "minions",
            "ingresses" => "ingress",
            plural => plural,
        };
        let key = if namespace.is_empty() { format!("{kind}/{name}") } else { format!("{kind}/{namespace}/{name}") };
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {live}"
        );
        Self::conflict(resource, name, &why)
    }

    pub(super) fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        Self::new(403, "Forbidden", format!("{} {name:?} is forbidden: {why}", resource.qualified()))
            .with_details(details(resource, name))
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
            .with_details(json!({}))
    }

    /// A user's mistake for which a real server has no reason.
    pub(super) fn unreasoned(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    pub(super) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(super) fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Self {
        let subject = if resource.group.is_empty() {
            resource.kind.clone()
        } else {
            format!("{}.{}", resource.kind, resource.group)
        };
        let name = if name.is_empty() { "" } else { name };
        let mut each: Vec<String> = Vec::new();
        for cause in causes {
            let line = format!("{}: {}", cause.field, cause.message);
            // Said twice in the causes, once in the message.
            if !each.contains(&line) {
                each.push(line);
            }
        }
        let list = match &each[..] {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let mut about = Map::new();
        if !name.is_empty() {
            about.insert("name".into(), name.into());
        }
        if !resource.group.is_empty() {
            about.insert("group".into(), resource.group.clone().into());
        }
        about.insert("kind".into(), resource.kind.clone().into());
        about.insert("causes".into(), causes.iter().map(Cause::to_json).collect());
        Self::new(422, "Invalid", format!("{subject} {name:?} is invalid: {list}")).with_details(Value::Object(about))
    }

    /// Whether the namespace ends.
    pub(super) fn is_terminating(&self) -> bool {
        let causes = self.details.as_ref().and_then(|details| details.get("causes")?.as_array());
        causes.into_iter().flatten().any(|cause| cause["reason"] == "NamespaceTerminating")
    }

    pub(super) fn to_json(&self) -> Value {
        let mut status = Map::new();
        status.insert("kind".into(), "Status".into());
        status.insert("apiVersion".into(), "v1".into());
        status.insert("metadata".into(), json!({}));
        status.insert("status".into(), "Failure".into());
        status.insert("message".into(), self.message.clone().into());
        if !self.reason.is_empty() {
            status.insert("reason".into(), self.reason.into());
        }
        if let Some(details) = &self.details {
            status.insert("details".into(), details.clone());
        }
        status.insert("code".into(), self.code.into());
        Value::Object(status)
    }
}

/// What a Status says about its object.
pub(super) fn details(resource: &Resource, name: &str) -> Value {
    about(&resource.group, &resource.plural, name)
}

/// The same of what may be no kind at all.
pub(super) fn about(group: &str, plural: &str, name: &str) -> Value {
    let mut details = Map::new();
    if !name.is_empty() {
        details.insert("name".into(), name.into());
    }
    if !group.is_empty() {
        details.insert("group".into(), group.into());
    }
    details.insert("kind".into(), plural.into());
    Value::Object(details)
}
