//! What one apply may destroy, and what it must not destroy unless told to: data.

use crate::{
    desired::Manifest,
    names::ComponentId,
    object::{Object, ObjectKey},
    state::{Entry, Operation},
};

use super::{
    Action, Input, Plan, TooMany,
    choices::is_meant,
    claims::{self, is_claim},
};

/// Whether an object stays because data would be lost with it: it is a claim, or makes claims, or is a Secret of a
/// component that has either (a database made anew with another password does not open its old data). The user may
/// allow it.
pub(super) fn keeps_data(
    input: &Input,
    key: &ObjectKey,
    component: Option<&ComponentId>,
    manifest: Option<&Manifest>,
) -> bool {
    let body = manifest.map(|manifest| &manifest.body).or_else(|| Some(&input.applied(key)?.body));
    let live = input.live(key).object();
    // The claims of a stateful set go when the set may.
    if let Some(set) = live.and_then(|live| claims::maker(input, live))
        && is_meant(&input.choices.delete_data, input.environment, component, set.key)
    {
        return false;
    }
    let holds = holds_data(key, body) || holds_data(key, live);
    let is_password = key.kind.is("", "Secret") && component.is_some_and(|component| has_data(input, component));
    (holds || is_password) && !is_meant(&input.choices.delete_data, input.environment, component, key)
}

/// A claim, or a stateful set that makes claims.
fn holds_data(key: &ObjectKey, body: Option<&Object>) -> bool {
    let makes_claims = || body.is_some_and(|body| body.at("/spec/volumeClaimTemplates").is_some());
    is_claim(&key.kind) || (key.kind.is("apps", "StatefulSet") && makes_claims())
}

/// Whether a component was recorded with something that holds data.
fn has_data(input: &Input, component: &ComponentId) -> bool {
    let entries = input.state.into_iter().flat_map(|state| &state.entries);
    let mut its_own = entries.filter(|(_, entry)| entry.component.as_ref() == Some(component));
    its_own.any(|(key, entry)| holds_data(key, Entry::applied(entry).map(|applied| &applied.body)))
}

/// The deletions and replacements of an apply, where there are more than the policy allows.
pub(super) fn too_many(input: &Input, plan: &Plan) -> Option<TooMany> {
    if input.operation == Operation::Destroy {
        return None;
    }
    let goes = |action: Action| matches!(action, Action::Delete | Action::Replace);
    let count = plan.changes.values().filter(|change| goes(change.action)).count();
    let limit = input.policy.max_destroy;
    (count > limit).then_some(TooMany { count, limit })
}
