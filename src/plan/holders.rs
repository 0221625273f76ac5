//! Whose pods hold a claim that is to go. Kubernetes keeps a claim as long as a pod on a node uses it, and controllers go
//! on making such pods; but none of them gets a node any more once the claim is being deleted. So it is enough to end those
//! that are there.
//!
//! <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection>

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{GroupKind, Object, ObjectKey};

use super::{Action, Expect, Input, Plan, Reason, claims::is_claim, decide::replace};

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
fn users_to_be(input: &Input, claim: &ObjectKey) -> BTreeSet<ObjectKey> {
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
