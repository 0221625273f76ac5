//! The truth table: from desired, recorded and live to an action, object by object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    desired::{Desired, Manifest},
    graph::Graph,
    names::{ComponentId, OutputName},
    object::{Object, ObjectKey},
    observed::{Answer, Live, Readiness, Why},
    ownership::{self, Paths},
    revision::Revision,
    state::{Applied, Operation, Phase},
};

use super::{
    Action, After, Block, Blocked, Change, Check, Diff, Drift, DriftKind, Expect, FieldChange, Input, Losing, Plan,
    Reason, Seen, Unchanged,
    additions::additions,
    answer::{self, differs},
    claims, diff,
    foreign::{foreign, is_kubernetes},
    guard, holders,
    once::{given, has_generated_keys, is_posted, once},
    order::order,
    overdrawn,
    replace::replace,
    scope,
    standing::{Standing, has_label, is_ours, known, made_by_us},
};

/// Decides what to do with every object that is desired, recorded, or carries our label.
#[must_use]
pub fn plan(input: &Input) -> Plan {
    let mut plan = Plan {
        environment: input.environment.clone(),
        namespace: input.namespace.clone(),
        operation: input.operation,
        base: input.state.map(|state| state.version.clone()),
        created_namespace: input.created_namespace(),
        changes: BTreeMap::new(),
        unchanged: BTreeMap::new(),
        drift: BTreeMap::new(),
        additions: BTreeMap::new(),
        blocked: Vec::new(),
        too_many: None,
        partial: false,
        left_out: BTreeMap::new(),
        ignored: BTreeSet::new(),
        goes_along: Vec::new(),
        order: Graph::default(),
        components: components(input),
        outputs: outputs(input.desired),
        revisions: revisions(input.desired),
        overdrawn: overdrawn::overdrawn(input),
        taken_from: None,
        unrecorded: unrecorded(input),
        unlisted: input.observed.unlisted.clone(),
        interrupted: input.state.and_then(|state| state.open.clone()),
        is_under_way: input.is_under_way(),
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
    holders::end(input, &mut plan);
    let namespace = input.namespace_key();
    if plan.deletes(&namespace) && !input.choices.with_foreign {
        let (others, unlisted) = (foreign(input), input.observed.unlisted.clone());
        if !others.is_empty() || !unlisted.is_empty() {
            plan.changes.remove(&namespace);
            let why = Block::WithForeign { others, unlisted };
            plan.blocked.push(Blocked { key: namespace.clone(), component: None, why, origin: None });
        }
    }
    if input.observed.is_remembered {
        // Nobody looked, so nobody saw anything move.
        plan.drift.clear();
    }
    scope::narrow(input, &mut plan);
    holders::bar(input, &mut plan);
    plan.additions = additions(input, &plan.changes);
    if plan.deletes(&namespace) {
        plan.goes_along = foreign(input);
    }
    let all_goes = |change: &Change| matches!(change.action, Action::Delete | Action::Release);
    if input.operation == Operation::Destroy && !plan.changes.get(&namespace).is_some_and(all_goes) {
        // What goes was seen, and what was not seen stays.
        plan.unlisted.clear();
    }
    plan.too_many = guard::too_many(input, &plan);
    plan.order = order(input, &plan.changes, &plan.components);
    plan
}

/// How many objects are ours, where no record says so. What is in a namespace that goes needs none any more.
fn unrecorded(input: &Input) -> usize {
    if input.state.is_some() || !input.namespace_stays() {
        return 0;
    }
    let objects = input.observed.objects.values().filter_map(Live::object);
    objects.filter(|object| made_by_us(object, input.environment)).count()
}

fn components(input: &Input) -> BTreeMap<ComponentId, BTreeSet<ComponentId>> {
    let components = input.desired.into_iter().flat_map(|desired| &desired.components);
    components.map(|(id, component)| (id.clone(), component.needs.clone())).collect()
}

fn outputs(desired: Option<&Desired>) -> BTreeMap<ComponentId, BTreeMap<OutputName, Value>> {
    let components = desired.into_iter().flat_map(|desired| &desired.components);
    let outputs = components.map(|(id, component)| (id.clone(), component.outputs.clone()));
    outputs.filter(|(_, outputs)| !outputs.is_empty()).collect()
}

fn revisions(desired: Option<&Desired>) -> BTreeMap<ComponentId, Revision> {
    let components = desired.into_iter().flat_map(|desired| &desired.components);
    components.filter_map(|(id, component)| Some((id.clone(), component.revision.clone()?))).collect()
}

/// The rows in which the definition asks for the object.
fn desired(input: &Input, manifest: &Manifest, plan: &mut Plan) {
    let key = &manifest.key;
    let component = manifest.component.clone();
    match input.standing(manifest) {
        Standing::Absent => {
            let is_recorded = input.entry(key).is_some_and(|entry| matches!(entry.phase, Phase::Applied(_)));
            if is_recorded && *input.live(key) == Live::Absent && !input.was_deleted_by_run(key) {
                plan.drift.insert(key.clone(), Drift { component, kind: DriftKind::Deleted });
            }
            create(input, manifest, None, plan);
        }
        Standing::Terminating(live)
            if guard::keeps_data(input, key, component.as_ref(), Some(manifest))
                && !holders::users(input, key).is_empty()
                && !holders::is_begun(input, key, live) =>
        {
            block(plan, manifest, Block::HoldsData(Losing::Going));
        }
        Standing::Terminating(live) => create(input, manifest, Some(live), plan),
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
        Standing::Adopted(live) => adopt(input, manifest, live, plan),
        Standing::Replace(live) => replace(input, manifest, live, Reason::Requested, plan),
        Standing::Differs(live) if manifest.secret.is_some() || is_posted(manifest, live) => {
            once(input, manifest, live, plan);
        }
        Standing::Differs(live) => differs(input, manifest, live, plan),
    }
}

/// A change of what the definition asks for, with nothing special about it.
pub(super) fn write(manifest: &Manifest, action: Action, reason: Reason, expect: Expect) -> Change {
    let bare = Change::bare(manifest.component.clone(), action, reason);
    Change { expect, manifest: Some(manifest.clone()), ..bare }
}

/// Makes what is not there, or will not be once the object that is being deleted is gone.
fn create(input: &Input, manifest: &Manifest, going: Option<&Object>, plan: &mut Plan) {
    let key = &manifest.key;
    let check = match input.answers.get(key) {
        Some(Answer::Accepted(_)) => Check::Done,
        Some(Answer::AcceptedElsewhere) => Check::Elsewhere,
        Some(Answer::NotAsked(why)) => Check::Not(*why),
        Some(Answer::Refused(refusal)) => {
            return block(plan, manifest, answer::refused(refusal, manifest, &Paths::default()));
        }
        Some(Answer::OnlyUpdateRefused(refusal)) => {
            return block(plan, manifest, Block::Invalid(refusal.message.clone()));
        }
        None if manifest.is_made_once() => Check::Done,
        None => Check::Not(Why::NamespaceNotYet),
    };
    let reason = match (going, input.entry(key).map(|entry| &entry.phase)) {
        (Some(live), _) => Reason::Terminating(live.finalizers().into_iter().map(str::to_owned).collect()),
        (None, None) => Reason::New,
        (None, Some(Phase::Planned | Phase::Replacing(_))) if input.is_under_way() => Reason::UnderWay,
        (None, Some(Phase::Planned)) => input.unapplied(key),
        (None, Some(Phase::Applied(_))) if input.live(key).object().is_some() => Reason::New,
        (None, Some(Phase::Applied(_))) if input.was_deleted_by_run(key) => Reason::New,
        (None, Some(Phase::Applied(_))) => Reason::DeletedOutside,
        (None, Some(Phase::Replacing(_))) => Reason::UnfinishedReplace,
    };
    let expect = match going {
        Some(live) => Expect::Gone(live.uid().expect("a live object has a uid")),
        None => Expect::Absent,
    };
    let diff = diff::creation(&manifest.body, manifest.secret.as_ref());
    plan.changes.insert(key.clone(), Change { diff, check, ..write(manifest, Action::Create, reason, expect) });
}

/// The object as ditc last applied it, else as far as it is ours.
pub(super) fn before(input: &Input, manifest: &Manifest, live: &Object) -> Object {
    match input.applied(&manifest.key) {
        Some(applied) => applied.body.clone(),
        None => {
            let owned = ownership::our_paths(live);
            ownership::applied(&owned, live)
        }
    }
}

/// Takes an object over from whoever has it.
fn adopt(input: &Input, manifest: &Manifest, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    if !has_generated_keys(manifest, live) {
        return block(plan, manifest, Block::SecretChanged);
    }
    let owned = ownership::our_paths(live);
    // An autoscaler that looks after it goes on doing so.
    let yields = input.yields(manifest, live);
    let (differences, taken, owned, check) = match input.answers.get(key) {
        Some(Answer::Accepted(answer)) => {
            let owned = owned.union(&ownership::our_paths(answer));
            (diff::between(live, answer, &owned), super::drift::taken(live, answer), owned, Check::Done)
        }
        Some(Answer::NotAsked(why)) => {
            let body = manifest.without(&yields);
            (diff::loose(&before(input, manifest, live), &body), Vec::new(), owned, Check::Not(*why))
        }
        Some(Answer::Refused(refusal)) => return block(plan, manifest, answer::refused(refusal, manifest, &owned)),
        Some(Answer::OnlyUpdateRefused(refusal)) => {
            // To delete what is not ours, to make it anew, is more than taking it over.
            return block(plan, manifest, Block::Invalid(refusal.message.clone()));
        }
        Some(Answer::AcceptedElsewhere) => unreachable!("the namespace of a live object is there"),
        None => {
            let fields = given(manifest, &ownership::owners(live));
            (Diff { fields, unchanged: 0 }, Vec::new(), owned, Check::Done)
        }
    };
    let reason = if input.is_adopted(manifest) { Reason::Requested } else { input.unapplied(key) };
    let change = write(manifest, Action::Adopt, reason, same(live, owned));
    let change = Change { diff: differences, takes_back: taken, yields, check, ..change };
    plan.changes.insert(key.clone(), change);
}

pub(super) fn unchanged(input: &Input, manifest: &Manifest, yields: &Paths, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    let learned: Option<Applied> = known(manifest, yields, live).filter(|known| input.applied(key) != Some(known));
    let (component, body) = (manifest.component.clone(), manifest.body.clone());
    let unchanged = Unchanged { component, body, readiness: readiness(input, key), learned };
    plan.unchanged.insert(key.clone(), unchanged);
}

/// The rows in which the definition does not ask for the object.
fn not_desired(input: &Input, key: &ObjectKey, plan: &mut Plan) {
    let entry = input.entry(key);
    let maker = input.live(key).object().and_then(|live| claims::maker(input, live)).filter(|set| set.leaves(input));
    let component = maker.map_or(entry.and_then(|entry| entry.component.as_ref()), |set| set.component).cloned();
    let forget = |reason| Change::bare(component.clone(), Action::Forget, reason);
    let Some(live) = input.live(key).object() else {
        if entry.is_some() {
            plan.changes.insert(key.clone(), forget(Reason::Gone));
        }
        return;
    };
    if !is_ours(live, entry, input.environment) && maker.is_none() {
        if entry.is_some() {
            plan.changes.insert(key.clone(), forget(Reason::Gone));
        } else if has_label(live, input.environment) && live.controller().is_none() && !is_kubernetes(key, live) {
            plan.ignored.insert(key.clone());
        }
        return;
    }
    let is_namespace = *key == input.namespace_key();
    if is_namespace && !input.created_namespace() {
        if input.operation == Operation::Destroy && !live.is_terminating() {
            plan.changes.insert(key.clone(), release(live));
        }
        return;
    }
    // What is being deleted keeps no data, unless those that use it are to go on.
    let is_going = live.is_terminating() && holders::users_to_be(input, key).is_empty();
    if input.operation == Operation::Apply && !is_going && guard::keeps_data(input, key, component.as_ref(), None) {
        let why = Block::HoldsData(Losing::Delete);
        plan.blocked.push(Blocked { key: key.clone(), component, why, origin: None });
        return;
    }
    let reason = match (maker, input.operation, entry) {
        (Some(set), _, _) => Reason::GoesWith(set.key.clone()),
        (None, Operation::Destroy, _) => Reason::Destroyed,
        (None, Operation::Apply, Some(_)) => Reason::NotDesired,
        (None, Operation::Apply, None) => Reason::Leftover,
    };
    let owned = ownership::our_paths(live);
    let change = Change { action: Action::Delete, expect: same(live, owned), ..forget(reason) };
    plan.changes.insert(key.clone(), change);
}

/// Takes what ditc set off an object that stays.
fn release(live: &Object) -> Change {
    let owned = ownership::our_paths(live);
    let gone = owned.members().into_iter().filter_map(|path| {
        let before = Some(path.get(&live.0)?.clone());
        Some(FieldChange { path, before, after: After::Absent })
    });
    let diff = Diff { fields: gone.collect(), unchanged: 0 };
    let bare = Change::bare(None, Action::Release, Reason::Destroyed);
    Change { expect: same(live, owned), diff, ..bare }
}

fn readiness(input: &Input, key: &ObjectKey) -> Readiness {
    input.readiness.get(key).cloned().unwrap_or(Readiness::Ready)
}

pub(super) fn same(live: &Object, paths: Paths) -> Expect {
    let uid = live.uid().expect("a live object has a uid");
    let resource_version = live.resource_version().unwrap_or_default().to_owned();
    let hash = ownership::hash_at(&paths, live);
    Expect::Same { uid, resource_version, seen: Seen { paths, hash } }
}

pub(super) fn block(plan: &mut Plan, manifest: &Manifest, why: Block) {
    let origin = Some(manifest.origin.clone());
    plan.blocked.push(Blocked { key: manifest.key.clone(), component: manifest.component.clone(), why, origin });
}
