//! Answers without what differs between any two runs: names of namespaces, uids, times, versions, addresses.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Fields that are there, whatever they are.
const MASKED: [&str; 13] = [
    // It hashes the name of the group, which is the namespace's.
    "storageVersionHash",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "time",
    "nodePort",
    "healthCheckNodePort",
    "continue",
    "deletionTimestamp",
    "startTime",
    "lastTransitionTime",
    "lastUpdateTime",
    "remainingItemCount",
];

/// Maps whose keys are the user's.
const FREE: [&str; 4] = ["data", "annotations", "labels", "matchLabels"];

/// An answer as it is compared. Only a `settled` object shows what controllers do to it in their own time.
pub(super) fn answer(text: &str, namespace: &str, code: u16, settled: bool) -> Value {
    let text = text.replace(namespace, "$NS");
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
        let events: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        return match events {
            Ok(events) => Value::Array(events.into_iter().map(|event| object(event, code, settled)).collect()),
            Err(_) => Value::String(masked(&text)),
        };
    };
    if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut) {
        for item in items {
            *item = object(item.take(), code, settled);
        }
    }
    object(value, code, settled)
}

fn object(mut value: Value, code: u16, settled: bool) -> Value {
    // What is used of a quota is counted by the server itself.
    let is_counted = settled && value["kind"] == "ResourceQuota";
    if code < 300 && value["kind"] != "Status" && value["kind"] != "Scale" && !is_counted {
        // Nobody but the corpus writes the status of its own kinds.
        let is_own = value["apiVersion"].as_str().is_some_and(|version| version.starts_with("$NS"));
        if let Some(map) = value.as_object_mut().filter(|_| !is_own) {
            map.shift_remove("status");
        }
        let revised = ["Deployment", "DaemonSet"].iter().any(|kind| value["kind"] == *kind);
        if revised
            && !settled
            && let Some(metadata) = value["metadata"].as_object_mut()
        {
            metadata.insert("generation".to_owned(), Value::from("*"));
            // The deployment controller writes it a moment later, and an empty map stays where it was there before.
            if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                annotations.shift_remove("deployment.kubernetes.io/revision");
                if annotations.is_empty() {
                    metadata.shift_remove("annotations");
                }
            }
        }
    }
    plain(value, "")
}

fn plain(value: Value, within: &str) -> Value {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<(String, Value)> = map.into_iter().collect();
            // The order of fields says nothing.
            fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            let mut plain_map = Map::new();
            for (key, value) in fields {
                let is_free = FREE.contains(&within);
                let value = match value {
                    Value::Array(entries) if key == "managedFields" && !is_free => managers(entries),
                    Value::String(text) if text.is_empty() => Value::String(text),
                    _ if MASKED.contains(&key.as_str()) && !is_free => Value::from("*"),
                    value => plain(value, &key),
                };
                // An owner's uid is a key of a list of owners.
                plain_map.insert(masked(&key), value);
            }
            Value::Object(plain_map)
        }
        Value::Array(values) => {
            let mut values: Vec<Value> = values.into_iter().map(|value| plain(value, within)).collect();
            // Conflicts come in another order at every call.
            if within == "causes" {
                values.sort_by_key(Value::to_string);
            }
            Value::Array(values)
        }
        Value::String(text) => Value::String(if within == "message" { masked_message(&text) } else { masked(&text) }),
        value => value,
    }
}

/// The entries of people and programs, in order; controllers come when they come.
fn managers(entries: Vec<Value>) -> Value {
    let is_controller = |entry: &Value| {
        let manager = entry["manager"].as_str().unwrap_or_default();
        manager.contains("controller") || manager.starts_with("kube-") || matches!(manager, "kubelet" | "kwok")
    };
    let mut entries: Vec<Value> = entries.into_iter().filter(|entry| !is_controller(entry)).collect();
    entries = entries.into_iter().map(|entry| plain(entry, "")).collect();
    entries.sort_by_key(Value::to_string);
    Value::Array(entries)
}

/// A message whose parts come in any order.
fn masked_message(text: &str) -> String {
    let text = masked(text);
    match text.split_once(" conflicts: ") {
        Some((head, conflicts)) => {
            let mut lines: Vec<&str> = conflicts.lines().collect();
            lines.sort_unstable();
            format!("{head} conflicts: {}", lines.join("\n"))
        }
        None => match text.split_once(" is invalid: [") {
            Some((head, problems)) => {
                let mut parts: Vec<&str> = problems.trim_end_matches(']').split(", ").collect();
                parts.sort_unstable();
                format!("{head} is invalid: [{}]", parts.join(", "))
            }
            None => text,
        },
    }
}

/// A text without uids, numbers in parentheses, addresses of Services and the ends of generated names.
fn masked(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, mask) = if is_uid(rest) {
            (36, "[UID]")
        } else if let Some(length) = number_in_parentheses(rest) {
            (length, "(N)")
        } else if let Some(length) = address(rest) {
            (length, "[ADDRESS]")
        } else if rest.starts_with("kube-api-access-") && rest.len() >= 21 {
            (21, "kube-api-access-[END]")
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        write!(plain, "{mask}").expect("a text takes all");
        rest = &rest[taken..];
    }
    plain
}

fn is_uid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 36
        && bytes[..36].iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn number_in_parentheses(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('(')?;
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && inner[digits..].starts_with(')')).then_some(digits + 2)
}

fn address(text: &str) -> Option<usize> {
    let rest = ["10.96.", "10.0."].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    Some(text.len() - rest.len() + length)
}
