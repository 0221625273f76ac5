//! Whose pods hold a claim that is to go. Kubernetes keeps a claim as long as a pod on a node uses it, and controllers go
//! on making such pods; but none of them gets a node any more once the claim is being deleted. So it is enough to end those
//! that are there. What others run is not ended: where it holds a claim, the plan says so.
//!
//! <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection>

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    object::{GroupKind, Object, ObjectKey},
    state::Phase,
};

use super::{Action, Block, Blocked, Change, Expect, Input, Plan, Reason, claims::is_claim, replace::replace};

/// Notes on each claim that goes whose pods end for it. A pod that is described itself is made anew behind its claim:
/// nobody else would make it again.
pub(super) fn end(input: &Input, plan: &mut Plan) {
    let mut pods: BTreeSet<(ObjectKey, ObjectKey)> = BTreeSet::new();
    for (key, change) in plan.changes.iter_mut().filter(|(key, _)| is_claim(&key.kind)) {
        change.ends = match (change.action, &change.expect) {
            (Action::Replace, _) | (Action::Create, Expect::Gone(_)) => users(input, key),
            (Action::Delete, _) => users_to_be(input, key),
            (Action::Create | Action::Update | Action::Adopt | Action::Release | Action::Forget, _) => BTreeSet::new(),
        };
        if change.action != Action::Delete {
            let alone = change.ends.iter().filter(|user| user.kind.is("", "Pod"));
            pods.extend(alone.map(|pod| (pod.clone(), key.clone())));
        }
    }
    for (pod, claim) in pods {
        let manifest = input.desired.and_then(|desired| desired.manifests.get(&pod));
        let is_kept = plan.unchanged.contains_key(&pod)
            || plan.changes.get(&pod).is_some_and(|change| change.action == Action::Update);
        if let (Some(manifest), Some(live), true) = (manifest, input.live(&pod).object(), is_kept) {
            plan.unchanged.remove(&pod);
            plan.changes.remove(&pod);
            replace(input, manifest, live, Reason::ClaimReplaced(claim), plan);
        }
    }
}

/// The claims that would be deleted, or that are being deleted and waited for.
#[must_use]
pub fn claims_that_go(plan: &Plan) -> BTreeSet<ObjectKey> {
    let going = |(key, change): &(&ObjectKey, &Change)| is_claim(&key.kind) && goes(change);
    plan.changes.iter().filter(going).map(|(key, _)| key.clone()).collect()
}

fn goes(change: &Change) -> bool {
    match change.action {
        Action::Delete | Action::Replace => true,
        Action::Create => matches!(change.expect, Expect::Gone(_)),
        Action::Update | Action::Adopt | Action::Release | Action::Forget => false,
    }
}

/// Does not begin with a claim that something else uses: half deleted, it would open for nobody any more. One that is being
/// deleted already is waited for, and what holds it is told. Where the whole namespace goes, all that is in it ends.
pub(super) fn bar(input: &Input, plan: &mut Plan) {
    let namespace_goes = plan.deletes(&input.namespace_key());
    let namespace_waits = plan.blocked.iter().any(|blocked| matches!(blocked.why, Block::WithForeign { .. }));
    for key in claims_that_go(plan) {
        let holders = strangers(input, plan, &key);
        if holders.is_empty() {
            continue;
        }
        let change = plan.changes.get_mut(&key).expect("it was found there");
        if namespace_goes {
            change.ends.extend(holders);
        } else if namespace_waits || input.live(&key).object().is_some_and(Object::is_terminating) {
            change.held_by = holders;
        } else {
            let (component, why) = (change.component.clone(), Block::Held(holders));
            let origin = change.manifest.as_ref().map(|manifest| manifest.origin.clone());
            plan.changes.remove(&key);
            plan.blocked.push(Blocked { key, component, why, origin });
        }
    }
}

/// Whose pods hold a claim though nothing in the plan ends them: what stands at the top of each chain.
fn strangers(input: &Input, plan: &Plan, claim: &ObjectKey) -> BTreeSet<ObjectKey> {
    let change = &plan.changes[claim];
    let ends = |key: &ObjectKey| {
        let acts = |change: &Change| matches!(change.action, Action::Delete | Action::Replace | Action::Update);
        change.ends.contains(key) || plan.changes.get(key).is_some_and(acts)
    };
    let chains = input.observed.holders.get(claim).into_iter().flatten();
    chains.filter(|chain| !chain.iter().any(ends)).filter_map(|chain| chain.last().cloned()).collect()
}

/// Whether an earlier run began to delete a claim to make it anew: its data is given up already.
pub(super) fn is_begun(input: &Input, claim: &ObjectKey, live: &Object) -> bool {
    match input.entry(claim).map(|entry| &entry.phase) {
        Some(Phase::Replacing(applied)) => live.uid().as_ref() == Some(&applied.uid),
        Some(Phase::Planned | Phase::Applied(_)) | None => false,
    }
}

/// The recorded objects whose pods use a claim now.
pub(super) fn users(input: &Input, claim: &ObjectKey) -> BTreeSet<ObjectKey> {
    let entries = input.state.into_iter().flat_map(|state| state.entries.keys());
    let uses_it = |key: &&ObjectKey| {
        let Some(live) = input.live(key).object() else { return false };
        let is_whole = live.at("/spec").is_some();
        let body = if is_whole { Some(live) } else { input.applied(key).map(|applied| &applied.body) };
        body.is_some_and(|body| mounts(&key.kind, body, claim))
    };
    entries.filter(uses_it).cloned().collect()
}

/// Those whose pods use a claim still when all is as the definition asks: nothing else would end them.
pub(super) fn users_to_be(input: &Input, claim: &ObjectKey) -> BTreeSet<ObjectKey> {
    let manifest = |key: &ObjectKey| input.desired.and_then(|desired| desired.manifests.get(key));
    let mut users = users(input, claim);
    users.retain(|user| manifest(user).is_some_and(|manifest| mounts(&user.kind, &manifest.body, claim)));
    users
}

/// Whether the pods of an object name a claim.
fn mounts(kind: &GroupKind, body: &Object, claim: &ObjectKey) -> bool {
    let at = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => "/spec/volumes",
        ("batch", "CronJob") => "/spec/jobTemplate/spec/template/spec/volumes",
        ("", "ReplicationController") | ("apps" | "batch", _) => "/spec/template/spec/volumes",
        _ => return false,
    };
    let volumes = body.at(at).and_then(Value::as_array);
    volumes.into_iter().flatten().any(|volume| volume["persistentVolumeClaim"]["claimName"] == claim.name.as_str())
}
