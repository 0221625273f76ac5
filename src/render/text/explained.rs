//! The parts of an explanation that a plan and a live object give.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    address::address,
    diagnostic::suggestion,
    names::ComponentId,
    names::EnvironmentName,
    object::{Object, ObjectKey, Segment},
    observed::{Live, Readiness},
    ownership,
    plan::{Action, Plan},
    render::{secrecy::is_hidden, style::clean_line},
};

use super::{
    blocked,
    change::because,
    explain::{Alive, Owned, Planned},
    status::age,
};

/// What a plan would do to some objects, in the order of their keys.
#[must_use]
pub fn planned(plan: &Plan, is_meant: impl Fn(&ObjectKey) -> bool) -> Vec<Planned> {
    let changes = plan.changes.iter().filter(|(key, _)| is_meant(key)).map(|(key, change)| Planned {
        address: address(&plan.environment, change.component.as_ref(), key).to_string(),
        action: match change.action {
            Action::Create => "created",
            Action::Update => "updated in-place",
            Action::Replace => "replaced",
            Action::Adopt => "imported",
            Action::Delete => "destroyed",
            Action::Release => "let go",
            Action::Forget => "forgotten",
        },
        reason: because(change, plan.operation),
        is_blocked: false,
    });
    let blocked = plan.blocked.iter().filter(|blocked| is_meant(&blocked.key)).map(|one| Planned {
        address: address(&plan.environment, one.component.as_ref(), &one.key).to_string(),
        action: "blocked",
        reason: Some(blocked::explain(plan, one, "").0),
        is_blocked: true,
    });
    changes.chain(blocked).collect()
}

/// The word for how an object is; `absent` where it is not there.
#[must_use]
pub fn condition(live: Option<&Live>, readiness: Option<&Readiness>) -> &'static str {
    match (live.and_then(Live::object), readiness) {
        (None, _) => "absent",
        (Some(_), None | Some(Readiness::Ready)) => "ready",
        (Some(_), Some(Readiness::Waiting(_))) => "waiting",
        (Some(_), Some(Readiness::Failed(_))) => "failed",
    }
}

/// How one object is.
#[must_use]
pub fn seen(
    environment: &EnvironmentName,
    component: Option<&ComponentId>,
    key: &ObjectKey,
    live: Option<&Live>,
    readiness: Option<&Readiness>,
    now: Timestamp,
) -> Alive {
    let object = live.and_then(Live::object);
    let why = match readiness {
        Some(Readiness::Waiting(why) | Readiness::Failed(why)) if object.is_some() => Some(clean_line(why)),
        _ => None,
    };
    let since = object.and_then(|object| object.metadata("creationTimestamp")?.as_str()).map(str::to_owned);
    let age = since.as_ref().and_then(|since| since.parse().ok()).map(|since| age(now, since));
    Alive {
        address: address(environment, component, key).to_string(),
        condition: condition(live, readiness),
        why,
        uid: object.and_then(Object::uid).map(|uid| uid.0),
        api_version: object.and_then(Object::api_version).map(str::to_owned),
        resource_version: object.and_then(Object::resource_version).map(str::to_owned),
        since,
        age,
    }
}

/// A path as it is shown here, with or without the point that begins it. Plans put a name in brackets that holds points:
/// `data["a.txt"]`.
fn whole(at: &str) -> String {
    format!(".{}", at.trim_start_matches('.')).replace("[\"", ".").replace("\"]", "")
}

/// What a live object has at a path that nobody owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unowned {
    /// It is there, as far as maps lead.
    There,
    /// Nothing; this was most likely meant, which is there or which somebody owns.
    Near(String),
    Nothing,
}

/// Looks at a path that nobody owns.
#[must_use]
pub fn unowned(object: &Object, at: &str) -> Unowned {
    let at = whole(at);
    let mut known = fields_of(object);
    if known.contains(&at) {
        return Unowned::There;
    }
    for owner in ownership::owners(object) {
        known.extend(owner.paths.members().iter().map(ToString::to_string));
    }
    let near = suggestion(&at, known.iter().map(String::as_str));
    near.map_or(Unowned::Nothing, |near| Unowned::Near(clean_line(near)))
}

/// The paths of all fields that maps lead to; items of lists are named by their owners alone.
fn fields_of(object: &Object) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![(String::new(), &object.0)];
    while let Some((path, value)) = open.pop() {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = format!("{path}{}", Segment::Field(name.clone()));
            open.push((path.clone(), value));
            found.insert(path);
        }
    }
    found
}

/// Who owns the fields of a live object at a path and below it; `.` stands for all.
#[must_use]
pub fn owned(key: &ObjectKey, object: &Object, at: &str) -> Vec<Owned> {
    let at = whole(at);
    let is_below = |path: &str| {
        at == "." || path.strip_prefix(at.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let mut found = Vec::new();
    for owner in ownership::owners(object) {
        for path in owner.paths.members() {
            let shown = path.to_string();
            if !is_below(&shown) {
                continue;
            }
            let value = path.get(&object.0);
            let is_plain = value.is_some_and(|value| !value.is_object() && !value.is_array());
            let value = value.filter(|value| is_plain && !is_hidden(key, &path, Some(value)));
            found.push(Owned {
                path: shown,
                manager: clean_line(&owner.manager),
                operation: match (owner.operation, owner.subresource.as_str()) {
                    (operation, "") => format!("{operation:?}"),
                    (operation, subresource) => format!("{operation:?} of {}", clean_line(subresource)),
                },
                time: owner.time.clone(),
                value: value.map(|value| clean_line(&value.to_string())),
            });
        }
    }
    found.sort_by(|a, b| (&a.path, &a.manager).cmp(&(&b.path, &b.manager)));
    found
}
