//! What of a plan deserves a second look before somebody says yes: data that is lost, what stops meanwhile, and what
//! somebody changed by hand and loses.

use std::collections::BTreeSet;

use crate::{
    object::ObjectKey,
    plan::{Action, Change, Drift, DriftKind, DriftedField, Plan, Reason, Taken},
    rolling::is_rolling,
    state::Operation,
};

use super::{style::clean_line, text::way};

/// Why a change is risky, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Risk {
    /// A volume goes with all that is on it.
    DataLost,
    /// Values go that are stored nowhere else.
    ValuesLost,
    /// Nothing of it runs, or answers, until it is made anew.
    Interrupted,
    /// Somebody's change by hand is undone.
    Undone,
    /// What others look after becomes ours.
    Taken,
}

impl Risk {
    /// As machines read it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Risk::DataLost => "data_lost",
            Risk::ValuesLost => "values_lost",
            Risk::Interrupted => "interrupted",
            Risk::Undone => "undoes_change",
            Risk::Taken => "takes_over",
        }
    }
}

/// The risks of one change with a sentence each, the worst first. What is destroyed on purpose is expected to go, but for
/// its data.
pub(super) fn risks(plan: &Plan, key: &ObjectKey, change: &Change) -> Vec<(Risk, String)> {
    let goes = matches!(change.action, Action::Delete | Action::Replace);
    let mut risks = Vec::new();
    if goes && key.kind.is("", "PersistentVolumeClaim") {
        risks.push((Risk::DataLost, "its data is lost with it".to_owned()));
    }
    if plan.operation == Operation::Destroy {
        return risks;
    }
    let is_generated = change.manifest.as_ref().and_then(|manifest| manifest.secret.as_ref());
    let is_generated = is_generated.is_some_and(|recipe| recipe.generated().next().is_some());
    let comes_again =
        matches!(change.reason, Reason::DeletedOutside | Reason::UnfinishedReplace | Reason::Terminating(_));
    if is_generated && (change.action == Action::Replace || comes_again) {
        let is_used = plan.changes.values().any(|change| change.rolls.contains(key));
        let users = if is_used { " and its users are rolled" } else { "" };
        let what = format!(
            "its values are generated anew{users}; what was set up with the old ones, such as a database whose data \
             stays, keeps those"
        );
        risks.push((Risk::ValuesLost, what));
    } else if change.action == Action::Delete && key.kind.is("", "Secret") {
        risks.push((Risk::ValuesLost, "its values are stored nowhere else".to_owned()));
    }
    if !change.ends.is_empty() {
        let then = match change.action {
            Action::Delete => "and cannot start again without it",
            _ => "and start again when it is made anew",
        };
        risks.push((Risk::Interrupted, format!("the pods that use it end, {then}")));
    }
    if change.action == Action::Replace {
        if is_rolling(key) {
            risks.push((Risk::Interrupted, "nothing of it runs until it is made anew".to_owned()));
        } else if key.kind.is("", "Service") || key.kind.kind == "Ingress" {
            risks.push((Risk::Interrupted, "nobody reaches what is behind it until it is made anew".to_owned()));
        }
    }
    if change.action == Action::Update {
        risks.extend(undone(plan, key, change).map(|what| (Risk::Undone, what)));
    }
    if change.action == Action::Adopt {
        let from = managers(&change.takes_back);
        let from = if from.is_empty() { "others".to_owned() } else { from };
        risks.push((Risk::Taken, format!("it is taken over from {from}")));
    }
    risks
}

/// A risky change, with all its risks.
pub(super) struct Risky<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) change: &'a Change,
    pub(super) risks: Vec<(Risk, String)>,
}

/// The changes that are risky, those with the worst risk first.
pub(super) fn risky(plan: &Plan) -> Vec<Risky<'_>> {
    let all = plan.changes.iter().map(|(key, change)| Risky { key, change, risks: risks(plan, key, change) });
    let mut risky: Vec<Risky<'_>> = all.filter(|risky| !risky.risks.is_empty()).collect();
    risky.sort_by_key(|risky| risky.risks[0].0);
    risky
}

/// What somebody changed by hand and this change turns back: who, when and which fields.
fn undone(plan: &Plan, key: &ObjectKey, change: &Change) -> Option<String> {
    let Drift { component: _, kind: DriftKind::Changed(fields) } = plan.drift.get(key)? else { return None };
    let written: BTreeSet<_> = change.diff.fields.iter().map(|field| &field.path).collect();
    let undone: Vec<&DriftedField> = fields
        .iter()
        .filter(|field| written.contains(&field.path) && field.applied != field.live && !field.is_by_run())
        .collect();
    let by: BTreeSet<&str> = undone.iter().filter_map(|field| field.manager.as_deref()).collect();
    let when = undone.iter().filter_map(|field| field.time.as_deref()).max();
    let first = way(&undone.first()?.path.0.iter().collect::<Vec<_>>());
    let more = match undone.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let by = if by.is_empty() { "somebody".to_owned() } else { by.into_iter().collect::<Vec<_>>().join(", ") };
    let when = when.map(|when| format!(" at {when}")).unwrap_or_default();
    Some(clean_line(&format!("undoes what {by} changed{when}: {first}{more}")))
}

fn managers(taken: &[Taken]) -> String {
    let managers: BTreeSet<&str> = taken.iter().map(|taken| taken.manager.as_str()).collect();
    clean_line(&managers.into_iter().collect::<Vec<_>>().join(", "))
}
