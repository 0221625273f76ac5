//! What an editor is told of bounds.

use serde_json::{Map, Value, json};

use super::{NETWORK, PROFILES, QUOTA, RESOURCES, SECURITY};
use crate::config::schema::{any_of, described, quantity};

/// The keys of bounds with what they take.
pub(in crate::config) fn properties() -> Map<String, Value> {
    let off = || json!({"const": false});
    let amount = |default: &str| {
        let mut schema = any_of([quantity(), off()]);
        schema["default"] = Value::from(default);
        schema
    };
    let quota = QUOTA.iter().map(|(key, name, default)| {
        let schema = match super::is_count(key) {
            true => any_of([json!({"type": "integer", "minimum": 0}), off()]),
            false => any_of([quantity(), off()]),
        };
        let mut schema = described(schema, &format!("`{name}` of its ResourceQuota"));
        schema["default"] = default.parse::<u32>().map_or_else(|_| Value::from(*default), Value::from);
        ((*key).to_owned(), schema)
    });
    let resources = RESOURCES.iter().map(|(sort, defaults)| {
        let known: Map<String, Value> =
            defaults.iter().map(|(name, default)| ((*name).to_owned(), amount(default))).collect();
        let others = any_of([quantity(), off()]);
        let table = json!({"type": "object", "properties": known, "additionalProperties": others});
        let description = match *sort {
            "requests" => "what a container asks for that does not say it",
            _ => "the most that a container gets that sets no limit",
        };
        ((*sort).to_owned(), described(any_of([table, off()]), description))
    });
    let security = SECURITY.iter().map(|(mode, default)| {
        let mut schema = described(
            json!({"enum": PROFILES.map(Value::from).into_iter().chain([false.into()]).collect::<Vec<_>>()}),
            match *mode {
                "enforce" => "pods beyond this profile are refused",
                "warn" => "pods beyond this profile are warned about",
                _ => "pods beyond this profile are noted in the audit log",
            },
        );
        if let Some(default) = default {
            schema["default"] = Value::from(*default);
        }
        ((*mode).to_owned(), schema)
    });
    let network = NETWORK.iter().map(|key| {
        let description = match *key {
            "from" => "addresses that may come in besides the environment and all that is none, as of a load balancer",
            _ => "addresses that are out of reach",
        };
        let texts = json!({"type": "array", "items": {"type": "string", "pattern": "^[0-9a-fA-F.:]+/[0-9]{1,3}$"}});
        ((*key).to_owned(), described(texts, description))
    });
    let sections: [(&str, Map<String, Value>, &str); 4] = [
        ("quota", quota.collect(), "the most that all its pods and claims may ask for; false for no quota"),
        ("resources", resources.collect(), "for containers that say nothing themselves; false for none"),
        ("network", network.collect(), "it talks to all but other environments; false for no NetworkPolicy"),
        ("security", security.collect(), "profiles of pod security; false for none"),
    ];
    let sections = sections.into_iter().map(|(key, properties, description)| {
        let table = json!({"type": "object", "additionalProperties": false, "properties": properties});
        (key.to_owned(), described(any_of([table, off()]), description))
    });
    sections.collect()
}
