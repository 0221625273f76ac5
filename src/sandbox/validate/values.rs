//! Values that are refused wherever they stand: keys of data, ports by name, and counts that are none.

use serde_json::{Value, json};

use super::pods;
use crate::{quantity::Quantity, sandbox::status::Cause};

const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// The keys of a ConfigMap or Secret.
pub(super) fn keys(object: &Value, found: &mut Vec<Cause>) {
    let part = |part: &str| object.get(part).and_then(Value::as_object);
    for name in ["data", "binaryData"] {
        for key in part(name).into_iter().flatten().map(|(key, _)| key) {
            let mut invalid = |why: &str| found.push(Cause::invalid(format!("{name}[{key}]"), &json!(key), why));
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
                invalid(KEY);
            }
            match key.as_str() {
                "." => invalid("must not be '.'"),
                ".." => invalid("must not be '..'"),
                key if key.starts_with("..") => invalid("must not start with '..'"),
                _ => {}
            }
            if name == "data" && part("binaryData").is_some_and(|bytes| bytes.contains_key(key)) {
                invalid("duplicate of key present in binaryData");
            }
        }
    }
}

/// A port by its number, or by the name that a container gives it.
pub(super) fn number_or_name(port: Option<&Value>, at: &str, found: &mut Vec<Cause>) {
    const LONGEST: usize = 15;
    let Some(name) = port.and_then(Value::as_str) else { return pods::port(port, at, found) };
    let mut invalid = |why: &str| found.push(Cause::invalid(at, &json!(name), why));
    if name.is_empty() {
        return;
    }
    if name.len() > LONGEST {
        return invalid(&format!("must be no more than {LONGEST} characters"));
    }
    if !name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        invalid("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.contains(|c: char| c.is_ascii_lowercase()) {
        invalid("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        invalid("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        invalid("must not begin or end with a hyphen");
    }
}

/// The ports of a network policy.
pub(super) fn policy(spec: &Value, found: &mut Vec<Cause>) {
    for way in ["ingress", "egress"] {
        for (index, rule) in spec.get(way).and_then(Value::as_array).into_iter().flatten().enumerate() {
            for (number, port) in rule.get("ports").and_then(Value::as_array).into_iter().flatten().enumerate() {
                number_or_name(port.get("port"), &format!("spec.{way}[{index}].ports[{number}].port"), found);
            }
        }
    }
}

/// What a quota limits: objects are counted as a whole.
pub(super) fn quota(spec: &Value, found: &mut Vec<Cause>) {
    const COUNTED: [&str; 9] = [
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    ];
    const WHOLE: i128 = 1_000_000_000;
    for (name, limit) in spec.get("hard").and_then(Value::as_object).into_iter().flatten() {
        let Some(amount) = limit.as_str().and_then(Quantity::parse).map(Quantity::billionths) else { continue };
        let mut invalid = |why| found.push(Cause::invalid(format!("spec.hard[{name}]"), limit, why));
        if amount < 0 {
            invalid("must be greater than or equal to 0");
        }
        if amount % WHOLE != 0 && (COUNTED.contains(&name.as_str()) || name.starts_with("count/")) {
            invalid("must be an integer");
        }
    }
}
