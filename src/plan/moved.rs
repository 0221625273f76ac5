//! Whether a plan that was looked at still is the plan: object by object, what moved between two plans of one definition.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    names::ComponentId,
    object::{FieldPath, ObjectKey},
};

use super::{Action, After, Blocked, Change, Diff, Expect, FieldChange, Plan};

/// An object of which two plans say different things.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    pub key: ObjectKey,
    pub component: Option<ComponentId>,
    pub how: Movement,
}

/// What moved on one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Movement {
    /// There was nothing to do, and there is now.
    Unplanned(Action),
    /// There was something to do, and there is nothing now.
    Settled(Action),
    OtherAction {
        planned: Action,
        now: Action,
    },
    /// A person must decide by now.
    Blocked,
    /// It is another object under the same name.
    Recreated,
    /// Fields that the plan looked at.
    Fields(Vec<MovedField>),
    /// Nothing that was shown; what stands beside it, or what the server makes of it.
    Beside,
}

/// A field with the value that was planned with, and the one that is there now.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedField {
    pub path: FieldPath,
    pub planned: Option<Value>,
    pub now: Option<Value>,
}

/// What moved since `planned` was made; empty if `now` does exactly the same to exactly the same objects.
#[must_use]
pub fn moved(planned: &Plan, now: &Plan) -> Vec<Moved> {
    let is_blocked = |key: &ObjectKey| now.blocked.iter().find(|blocked| blocked.key == *key);
    let blocked = now.blocked.iter().filter(|blocked| !planned.blocked.contains(blocked));
    let keys: BTreeSet<&ObjectKey> =
        planned.changes.keys().chain(now.changes.keys()).chain(blocked.map(|blocked| &blocked.key)).collect();
    let moved = keys.into_iter().filter_map(|key| {
        let (before, after) = (planned.changes.get(key), now.changes.get(key));
        let component = before.or(after).and_then(|change| change.component.clone());
        if let Some(Blocked { component: of_blocked, .. }) = is_blocked(key) {
            let component = component.or_else(|| of_blocked.clone());
            return Some(Moved { key: key.clone(), component, how: Movement::Blocked });
        }
        let how = match (before, after) {
            (Some(before), Some(after)) => movement(before, after)?,
            (Some(before), None) => Movement::Settled(before.action),
            (None, Some(after)) => Movement::Unplanned(after.action),
            (None, None) => return None,
        };
        Some(Moved { key: key.clone(), component, how })
    });
    moved.collect()
}

fn movement(planned: &Change, now: &Change) -> Option<Movement> {
    // The reason and what belongs to it are for people, and a check says only how much the server was asked.
    let Change {
        component,
        action,
        reason: _,
        rolls: _,
        ends,
        held_by: _,
        regains: _,
        gives_up: _,
        loses,
        expect,
        manifest,
        takes_back,
        yields,
        clears,
        merge,
        diff,
        check: _,
    } = planned;
    if *action != now.action {
        return Some(Movement::OtherAction { planned: *action, now: now.action });
    }
    if uid(expect) != uid(&now.expect) {
        return Some(Movement::Recreated);
    }
    let fields = fields(diff, &now.diff);
    if !fields.is_empty() {
        return Some(Movement::Fields(fields));
    }
    let same = expects_same(expect, &now.expect)
        && *component == now.component
        && *manifest == now.manifest
        && *takes_back == now.takes_back
        && *ends == now.ends
        && *yields == now.yields
        && *clears == now.clears
        && *merge == now.merge
        && *diff == now.diff
        && loses.iter().map(|field| &field.path).eq(now.loses.iter().map(|field| &field.path));
    (!same).then_some(Movement::Beside)
}

fn uid(expect: &Expect) -> Option<&str> {
    match expect {
        Expect::Absent => None,
        Expect::Gone(uid) | Expect::Same { uid, .. } => Some(&uid.0),
    }
}

/// The resourceVersion moves with every status, so it says nothing about what was planned with.
fn expects_same(planned: &Expect, now: &Expect) -> bool {
    match (planned, now) {
        (
            Expect::Same { uid, resource_version: _, seen },
            Expect::Same { uid: other, resource_version: _, seen: then },
        ) => uid == other && seen == then,
        (planned, now) => planned == now,
    }
}

/// The fields whose live values differ between two looks. A field that is in one diff only had, for the other, the value
/// that is asked for.
fn fields(planned: &Diff, now: &Diff) -> Vec<MovedField> {
    fn by_path(diff: &Diff) -> BTreeMap<&FieldPath, &FieldChange> {
        diff.fields.iter().map(|field| (&field.path, field)).collect()
    }
    fn asked(change: &FieldChange) -> Option<Value> {
        match &change.after {
            After::Value(value) => Some(value.clone()),
            After::Absent | After::Unknown | After::Secret => None,
        }
    }
    let (planned, now) = (by_path(planned), by_path(now));
    let paths: BTreeSet<&FieldPath> = planned.keys().chain(now.keys()).copied().collect();
    let fields = paths.into_iter().filter_map(|path| {
        let (before, after) = match (planned.get(path), now.get(path)) {
            (Some(planned), Some(now)) => (planned.before.clone(), now.before.clone()),
            (Some(planned), None) => (planned.before.clone(), asked(planned)),
            (None, Some(now)) => (asked(now), now.before.clone()),
            (None, None) => return None,
        };
        (before != after).then(|| MovedField { path: path.clone(), planned: before, now: after })
    });
    fields.collect()
}
