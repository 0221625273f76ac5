//! What statuses are made of: numbers, and conditions whose times move only with what they say.

use serde_json::{Map, Value};

use crate::sandbox::store::text;

/// A status of numbers: zeros are left out, as Go leaves them out.
pub(super) fn numbers(pairs: &[(&str, i64)]) -> Map<String, Value> {
    pairs.iter().filter(|(_, number)| *number != 0).map(|(key, number)| ((*key).to_owned(), (*number).into())).collect()
}

/// What a condition says now.
pub(super) struct Condition<'a> {
    pub(super) kind: &'a str,
    pub(super) status: bool,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
}

impl Condition<'_> {
    /// The condition as JSON; its times move only with what it says.
    pub(super) fn write(&self, live: &Value, now: &str, with_update: bool) -> Value {
        let Self { kind, status, reason, message } = self;
        let status = if *status { "True" } else { "False" };
        let known = live.pointer("/status/conditions").and_then(Value::as_array);
        let known = known.into_iter().flatten().find(|known| known.get("type").is_some_and(|known| known == kind));
        let kept = |field: &str| known.map(|known| text(known, field).to_owned()).unwrap_or_default();
        let same_status = kept("/status") == status;
        let same_all = same_status && kept("/reason") == *reason && kept("/message") == *message;
        let mut condition = Map::new();
        condition.insert("type".into(), (*kind).into());
        condition.insert("status".into(), status.into());
        if with_update {
            let updated = if same_all { kept("/lastUpdateTime") } else { now.to_owned() };
            condition.insert("lastUpdateTime".into(), updated.into());
        }
        let moved = if same_status { kept("/lastTransitionTime") } else { now.to_owned() };
        condition.insert("lastTransitionTime".into(), moved.into());
        for (field, value) in [("reason", reason), ("message", message)] {
            if !value.is_empty() {
                condition.insert(field.into(), (*value).into());
            }
        }
        Value::Object(condition)
    }
}
