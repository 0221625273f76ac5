//! The truth table: from desired, recorded and live to an action, object by object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    desired::{Desired, Manifest},
    graph::Graph,
    names::ComponentId,
    object::{FieldPath, Object, ObjectKey},
    observed::{Answer, Readiness, Refusal, Why},
    ownership::{self, Paths},
    state::{Applied, Entry, Operation},
};

use super::{
    Action, Block, Blocked, Change, Diff, Drift, DriftKind, Expect, Input, Plan, Reason, Seen, Taken, Unchanged, diff,
    drift,
    foreign::{foreign, is_kubernetes},
    order::order,
    standing::{Standing, fingerprint, has_label, is_ours, known},
};

/// Decides what to do with every object that is desired, recorded, or carries our label.
#[must_use]
pub fn plan(input: &Input) -> Plan {
    let components = components(input);
    let mut plan = Plan {
        environment: input.environment.clone(),
        namespace: input.namespace.clone(),
        operation: input.operation,
        base: input.state.map(|state| state.version.clone()),
        changes: BTreeMap::new(),
        unchanged: BTreeMap::new(),
        drift: BTreeMap::new(),
        blocked: Vec::new(),
        ignored: BTreeSet::new(),
        order: Graph::default(),
        components,
        outputs: outputs(input.desired),
        interrupted: input.state.and_then(|state| state.open.clone()),
    };
    let manifests = input.desired.map(|desired| &desired.manifests);
    for manifest in manifests.into_iter().flat_map(BTreeMap::values) {
        desired(input, manifest, &mut plan);
    }
    let is_desired = |key: &ObjectKey| manifests.is_some_and(|manifests| manifests.contains_key(key));
    let recorded = input.state.into_iter().flat_map(|state| state.entries.keys());
    let rest: BTreeSet<&ObjectKey> =
        recorded.chain(input.observed.objects.keys()).filter(|key| !is_desired(key)).collect();
    for key in rest {
        not_desired(input, key, &mut plan);
    }
    let others = foreign(input);
    if !others.is_empty() && plan.changes.contains_key(&input.namespace_key()) {
        let key = input.namespace_key();
        plan.changes.remove(&key);
        plan.blocked.push(Blocked { key, component: None, why: Block::WithForeign(others), origin: None });
    }
    plan.order = order(input, &plan.changes, &plan.components);
    plan
}

fn components(input: &Input) -> BTreeMap<ComponentId, BTreeSet<ComponentId>> {
    let components = input.desired.into_iter().flat_map(|desired| &desired.components);
    components.map(|(id, component)| (id.clone(), component.needs.clone())).collect()
}

fn outputs(desired: Option<&Desired>) -> BTreeMap<ComponentId, BTreeMap<crate::names::OutputName, Value>> {
    let components = desired.into_iter().flat_map(|desired| &desired.components);
    let outputs = components.map(|(id, component)| (id.clone(), component.outputs.clone()));
    outputs.filter(|(_, outputs)| !outputs.is_empty()).collect()
}

/// The rows in which the definition asks for the object.
fn desired(input: &Input, manifest: &Manifest, plan: &mut Plan) {
    let key = &manifest.key;
    let component = manifest.component.clone();
    match input.standing(manifest) {
        Standing::Absent => {
            if input.applied(key).is_some() {
                plan.drift.insert(key.clone(), Drift { component, kind: DriftKind::Deleted });
            }
            create(input, manifest, plan);
        }
        Standing::Finished => {
            let body = manifest.body.clone();
            let unchanged = Unchanged { component, body, readiness: Readiness::Ready, learned: None };
            plan.unchanged.insert(key.clone(), unchanged);
        }
        Standing::Unchanged(_) => {
            let (body, readiness) = (manifest.body.clone(), readiness(input, key));
            plan.unchanged.insert(key.clone(), Unchanged { component, body, readiness, learned: None });
        }
        Standing::Foreign(live) => {
            let managers: BTreeSet<String> = ownership::owners(live)
                .into_iter()
                .filter(|owner| owner.subresource.is_empty())
                .map(|owner| owner.manager)
                .collect();
            block(plan, manifest, Block::Foreign { managers: managers.into_iter().collect() });
        }
        Standing::Terminating(live) => {
            let finalizers = live.finalizers().into_iter().map(str::to_owned).collect();
            block(plan, manifest, Block::Terminating { finalizers });
        }
        Standing::Differs(live) if manifest.secret.is_some() => secret(input, manifest, live, plan),
        Standing::Differs(live) => differs(input, manifest, live, plan),
    }
}

fn create(input: &Input, manifest: &Manifest, plan: &mut Plan) {
    let unchecked = match input.answers.get(&manifest.key) {
        Some(Answer::Accepted(_)) => None,
        Some(Answer::NotAsked(why)) => Some(*why),
        Some(Answer::Refused(refusal)) => return block(plan, manifest, refused(refusal, &Paths::default())),
        None if manifest.is_made_once() => None,
        None => Some(Why::NamespaceNotYet),
    };
    let reason = match input.entry(&manifest.key).map(Entry::applied) {
        None => Reason::New,
        Some(None) => Reason::Unfinished,
        Some(Some(_)) => Reason::DeletedOutside,
    };
    let change = Change {
        component: manifest.component.clone(),
        action: Action::Create,
        reason,
        expect: Expect::Absent,
        manifest: Some(manifest.clone()),
        takes_back: Vec::new(),
        diff: diff::creation(&manifest.body, manifest.secret.as_ref()),
        unchecked,
    };
    plan.changes.insert(manifest.key.clone(), change);
}

/// A Secret of ours is kept: its values were made once, and nobody reads them back to compare.
fn secret(input: &Input, manifest: &Manifest, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    let applied = input.applied(key);
    if !has_all_keys(manifest, live) {
        return block(plan, manifest, Block::SecretChanged);
    }
    let fingerprint = fingerprint(manifest, live, &manifest.body);
    if let Some(applied) = applied.filter(|applied| applied.fingerprint != fingerprint) {
        let kind = if live.uid().as_ref() == Some(&applied.uid) {
            DriftKind::Changed(Vec::new())
        } else {
            DriftKind::Recreated
        };
        plan.drift.insert(key.clone(), Drift { component: manifest.component.clone(), kind });
    }
    unchanged(input, manifest, live, plan);
}

/// Whether a Secret holds every key that the definition asks for, as its managed fields name them, whoever wrote them.
fn has_all_keys(manifest: &Manifest, live: &Object) -> bool {
    let owners = ownership::owners(live);
    let keys = manifest.secret.iter().flat_map(|recipe| recipe.keys.keys());
    keys.map(|key| FieldPath::fields(&["data", key]))
        .all(|path| owners.iter().any(|owner| owner.paths.contains(&path.0)))
}

fn unchanged(input: &Input, manifest: &Manifest, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    let learned = known(manifest, live).filter(|known| input.applied(key) != Some(known));
    let (component, body) = (manifest.component.clone(), manifest.body.clone());
    let unchanged = Unchanged { component, body, readiness: readiness(input, key), learned };
    plan.unchanged.insert(key.clone(), unchanged);
}

/// Reads the server's answer about an object of ours: values as well as paths count.
fn differs(input: &Input, manifest: &Manifest, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    let applied = input.applied(key);
    let paths = |object: &Object| ownership::ours(object).map(|owner| owner.paths).unwrap_or_default();
    let (differences, taken, owned, unchecked) = match input.answers.get(key) {
        Some(Answer::Accepted(answer)) => {
            let owned = paths(live).union(&paths(answer));
            let differences = diff::between(live, answer, &owned);
            if differences.fields.is_empty() && owns_as_much(live, answer) {
                return unchanged(input, manifest, live, plan);
            }
            (differences, drift::taken(live, answer), owned, None)
        }
        Some(Answer::Refused(refusal)) => {
            let owned = applied.map(|applied| applied.owned.clone()).unwrap_or_default();
            return block(plan, manifest, refused(refusal, &owned));
        }
        Some(Answer::NotAsked(why)) => {
            let before = applied.map_or(live, |applied| &applied.body);
            (diff::loose(before, &manifest.body), Vec::new(), paths(live), Some(*why))
        }
        None => unreachable!("questions() asks about every object that may differ"),
    };
    let recreated = applied.is_some_and(|applied| live.uid().as_ref() != Some(&applied.uid));
    let moved = applied.map(|applied| drift::fields(&differences, manifest, applied, live)).unwrap_or_default();
    // Fields that others took count as taken back only where we held them before.
    let takes_back = held(taken, applied);
    let reason = reason(manifest, applied, recreated, &differences, &moved);
    if recreated || !moved.is_empty() {
        let kind = if recreated { DriftKind::Recreated } else { DriftKind::Changed(moved) };
        plan.drift.insert(key.clone(), Drift { component: manifest.component.clone(), kind });
    }
    let change = Change {
        component: manifest.component.clone(),
        action: Action::Update,
        reason,
        expect: same(live, owned),
        manifest: Some(manifest.clone()),
        takes_back,
        diff: differences,
        unchecked,
    };
    plan.changes.insert(key.clone(), change);
}

/// Whether an answer gives ditc no path that it does not own, and takes none away. What was made by POST owns its paths
/// by that creating entry, which an apply would only repeat.
fn owns_as_much(live: &Object, answer: &Object) -> bool {
    let (Some(mine), Some(then)) = (ownership::ours(live), ownership::ours(answer)) else { return false };
    let is_made_once = mine.operation == ownership::Operation::Update;
    then.paths.difference(&mine.paths).is_empty() && (is_made_once || mine.paths.difference(&then.paths).is_empty())
}

fn held(taken: Vec<Taken>, applied: Option<&Applied>) -> Vec<Taken> {
    let held: BTreeSet<String> =
        applied.into_iter().flat_map(|applied| applied.owned.members()).map(|path| path.to_string()).collect();
    taken.into_iter().filter(|taken| held.contains(&taken.field)).collect()
}

fn reason(
    manifest: &Manifest,
    applied: Option<&Applied>,
    recreated: bool,
    differences: &Diff,
    moved: &[super::DriftedField],
) -> Reason {
    let Some(applied) = applied else { return Reason::Unfinished };
    let redefined = applied.desired != manifest.hash();
    match (recreated, redefined) {
        (true, _) => Reason::RecreatedOutside,
        (false, true) if moved.is_empty() => Reason::DefinitionChanged,
        (false, true) => Reason::DefinitionAndOutside,
        (false, false) if differences.fields.is_empty() => Reason::OwnershipLost,
        (false, false) => Reason::ChangedOutside,
    }
}

fn refused(refusal: &Refusal, owned: &Paths) -> Block {
    match refusal {
        Refusal::Conflict(conflicts) => {
            let owned: BTreeSet<String> = owned.members().iter().map(ToString::to_string).collect();
            let never_ours = conflicts.iter().filter(|conflict| !owned.contains(&conflict.field));
            Block::Owned(
                never_ours
                    .map(|conflict| Taken { field: conflict.field.clone(), manager: conflict.manager.clone() })
                    .collect(),
            )
        }
        Refusal::Invalid(text) => Block::CannotUpdate(text.clone()),
        Refusal::Malformed(text) => Block::Malformed(text.clone()),
        Refusal::Forbidden(text) => Block::Forbidden(text.clone()),
    }
}

/// The rows in which the definition does not ask for the object.
fn not_desired(input: &Input, key: &ObjectKey, plan: &mut Plan) {
    let entry = input.entry(key);
    let component = entry.and_then(|entry| entry.component.clone());
    let forget = |reason| Change {
        component: component.clone(),
        action: Action::Forget,
        reason,
        expect: Expect::Absent,
        manifest: None,
        takes_back: Vec::new(),
        diff: Diff::default(),
        unchecked: None,
    };
    let Some(live) = input.live(key).object() else {
        if entry.is_some() {
            plan.changes.insert(key.clone(), forget(Reason::Gone));
        }
        return;
    };
    if !is_ours(live, entry, input.environment) {
        if entry.is_some() {
            plan.changes.insert(key.clone(), forget(Reason::Gone));
        } else if has_label(live, input.environment) && live.controller().is_none() && !is_kubernetes(key, live) {
            plan.ignored.insert(key.clone());
        }
        return;
    }
    let is_namespace = *key == input.namespace_key();
    if is_namespace && input.state.is_some_and(|state| !state.created_namespace) {
        return;
    }
    if input.operation == Operation::Apply && holds_data(key, entry) {
        plan.blocked.push(Blocked { key: key.clone(), component, why: Block::HoldsData, origin: None });
        return;
    }
    let reason = match (input.operation, entry) {
        (Operation::Destroy, _) => Reason::Destroyed,
        (Operation::Apply, Some(_)) => Reason::NotDesired,
        (Operation::Apply, None) => Reason::Leftover,
    };
    let owned = ownership::ours(live).map(|owner| owner.paths).unwrap_or_default();
    let change = Change { action: Action::Delete, expect: same(live, owned), ..forget(reason) };
    plan.changes.insert(key.clone(), change);
}

/// Whether removing an object removes data: a claim, or a stateful set that makes claims.
fn holds_data(key: &ObjectKey, entry: Option<&Entry>) -> bool {
    let makes_claims =
        entry.and_then(Entry::applied).is_some_and(|applied| applied.body.at("/spec/volumeClaimTemplates").is_some());
    key.kind.is("", "PersistentVolumeClaim") || makes_claims
}

fn readiness(input: &Input, key: &ObjectKey) -> Readiness {
    input.readiness.get(key).cloned().unwrap_or(Readiness::Ready)
}

fn same(live: &Object, paths: Paths) -> Expect {
    let uid = live.uid().expect("a live object has a uid");
    let resource_version = live.resource_version().unwrap_or_default().to_owned();
    let hash = ownership::hash_at(&paths, live);
    Expect::Same { uid, resource_version, seen: Seen { paths, hash } }
}

fn block(plan: &mut Plan, manifest: &Manifest, why: Block) {
    let origin = Some(manifest.origin.definition.clone());
    plan.blocked.push(Blocked { key: manifest.key.clone(), component: manifest.component.clone(), why, origin });
}
