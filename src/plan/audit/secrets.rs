//! No value of a Secret is anywhere in a plan.

use crate::object::{FieldPath, Object, Segment};

use super::{
    super::{After, DriftKind, Plan, once::merges_no_value},
    Faults,
};

/// Where `kubectl apply` keeps a copy of all values.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(super) fn check(plan: &Plan, faults: &mut Faults) {
    const WHAT: &str = "shows values of a Secret";
    for (key, change) in plan.changes.iter().filter(|(key, _)| key.kind.is("", "Secret")) {
        let manifest = change.manifest.as_ref().map(|manifest| &manifest.body);
        let first = change.clears.as_ref().map(|clears| &clears.first);
        faults.unless(!manifest.into_iter().chain(first).any(has_values), key, WHAT);
        faults.unless(change.merge.as_ref().is_none_or(merges_no_value), key, WHAT);
        let shows = change.diff.fields.iter().any(|field| {
            let value = match &field.after {
                After::Value(value) => Some(value),
                After::Absent | After::Unknown | After::Secret => None,
            };
            // That there was a value may be told.
            let was_there = field.before.as_ref().is_some_and(|before| !before.is_null());
            holds_values(&field.path) && (was_there || value.is_some())
        });
        let loses = change.loses.iter().any(|field| holds_values(&field.path) && field.value.is_some());
        faults.unless(!shows && !loses, key, WHAT);
    }
    for (key, unchanged) in plan.unchanged.iter().filter(|(key, _)| key.kind.is("", "Secret")) {
        let learned = unchanged.learned.as_ref().map(|learned| &learned.body);
        faults.unless(!learned.into_iter().chain([&unchanged.body]).any(has_values), key, WHAT);
    }
    for (key, drift) in plan.drift.iter().filter(|(key, _)| key.kind.is("", "Secret")) {
        let DriftKind::Changed(fields) = &drift.kind else { continue };
        let shows = |field: &super::super::DriftedField| {
            holds_values(&field.path) && (field.applied.is_some() || field.live.is_some())
        };
        faults.unless(!fields.iter().any(shows), key, WHAT);
    }
}

fn has_values(body: &Object) -> bool {
    body.at("/data").is_some() || body.at("/stringData").is_some() || body.annotation(LAST_APPLIED).is_some()
}

fn holds_values(path: &FieldPath) -> bool {
    let is_field = |at: usize, names: &[&str]| match path.0.get(at) {
        Some(Segment::Field(name)) => names.contains(&name.as_str()),
        Some(_) => false,
        None => true,
    };
    let is_annotation = is_field(0, &["metadata"]) && is_field(1, &["annotations"]) && is_field(2, &[LAST_APPLIED]);
    is_field(0, &["data", "stringData"]) || is_annotation
}
