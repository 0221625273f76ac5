//! Making an object anew: what it has and will not have any more, whoever set it, and what becomes of its data.

use serde_json::Value;

use crate::{
    desired::Manifest,
    object::{FieldPath, Object},
    observed::Answer,
    ownership,
};

use super::{
    Action, Addition, Block, By, Change, Check, Input, Losing, Plan, Reason,
    additions::set_by_others,
    answer,
    assigned::assigned,
    decide::{block, same, write},
    diff, guard,
    standing::fingerprint,
};

/// Deletes an object with all that it made, and makes it anew.
pub(super) fn replace(input: &Input, manifest: &Manifest, live: &Object, reason: Reason, plan: &mut Plan) {
    let key = &manifest.key;
    if guard::keeps_data(input, key, manifest.component.as_ref(), Some(manifest)) {
        let by = if reason == Reason::Requested { By::User } else { By::Server };
        return block(plan, manifest, Block::HoldsData(losing(live, by)));
    }
    if *key == input.namespace_key() {
        return block(plan, manifest, Block::WithEnvironment);
    }
    let owned = ownership::our_paths(live);
    let (asked, beside): (Vec<Addition>, Vec<Addition>) =
        set_by_others(live, input.policy).into_iter().partition(|field| field.path.get(&manifest.body.0).is_some());
    let difference = diff::loose(&as_it_is(input, manifest, live, &asked), &manifest.body);
    let (check, mut differences) = match input.answers.get(key) {
        Some(Answer::Accepted(_) | Answer::OnlyUpdateRefused(_)) | None => (Check::Done, difference),
        Some(Answer::AcceptedElsewhere) => unreachable!("the namespace of a live object is there"),
        Some(Answer::NotAsked(why)) => (Check::Not(*why), difference),
        Some(Answer::Refused(refusal)) => return block(plan, manifest, answer::refused(refusal, manifest, &owned)),
    };
    differences.fields.extend(assigned(manifest, live));
    let is_told = |path: &FieldPath| differences.fields.iter().any(|field| path.0.starts_with(&field.path.0));
    let loses: Vec<Addition> = beside.into_iter().filter(|field| !is_told(&field.path)).collect();
    let mut seen = owned;
    differences.fields.iter().for_each(|field| seen.insert(&field.path.0));
    // A controller may go on with its work until the object goes.
    let lost = loses.iter().filter(|field| !input.policy.is_controller(&field.manager));
    lost.for_each(|field| seen.insert(&field.path.0));
    let change = write(manifest, Action::Replace, reason, same(live, seen));
    plan.changes.insert(key.clone(), Change { loses, diff: differences, check, ..change });
}

/// The object as far as it is ours or was, with what the definition asks for and others set.
fn as_it_is(input: &Input, manifest: &Manifest, live: &Object, asked: &[Addition]) -> Object {
    let mut before = untouched(input, manifest, live).filter(|_| asked.is_empty()).unwrap_or_else(|| {
        let mut paths = ownership::our_paths(live);
        if let Some(applied) = input.applied(&manifest.key) {
            paths = paths.union(&applied.claims());
        }
        asked.iter().for_each(|field| paths.insert(&field.path.0));
        ownership::applied(&paths, live)
    });
    // Who scales an object that asked for no number owns nothing afterwards.
    let replicas = FieldPath::fields(&["spec", "replicas"]);
    if let (Some(number), Some(_), None) =
        (replicas.get(&live.0), replicas.get(&manifest.body.0), replicas.get(&before.0))
    {
        replicas.set(&mut before.0, number.clone());
    }
    before
}

/// The object as it was applied, where nobody touched that: it tells what is ours better than what the server made of it.
fn untouched(input: &Input, manifest: &Manifest, live: &Object) -> Option<Object> {
    let applied = input.applied(&manifest.key).filter(|applied| applied.yielded.is_empty())?;
    let now = fingerprint(manifest, live, &applied.body);
    let is_same = live.uid().as_ref() == Some(&applied.uid) && now.is_some() && now == applied.fingerprint;
    is_same.then(|| applied.body.clone())
}

/// What would become of the data of an object that is made anew. The claims of a stateful set outlive it, unless it says
/// otherwise (<https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention>).
fn losing(live: &Object, by: By) -> Losing {
    let claim = live.at("/spec/volumeClaimTemplates/0/metadata/name").and_then(Value::as_str);
    let goes = live.at("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted").is_some_and(|then| then == "Delete");
    match claim.filter(|_| !goes) {
        Some(claim) => Losing::Renew(by, format!("{claim}-{}-0", live.name().unwrap_or_default())),
        None => Losing::Replace(by),
    }
}
