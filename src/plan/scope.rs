//! A part of a plan: what `-target` and `-exclude` leave of it, and what `-refresh-only` does.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use crate::{
    address::{Address, Which, address, component_address},
    desired::Manifest,
    graph::Graph,
    names::ComponentId,
    object::ObjectKey,
    state::Operation,
};

use super::{
    Action, Block, Blocked, Change, Check, Diff, Input, Plan, Reason, Step,
    choices::is_meant,
    order::{needs, users},
    standing::Standing,
};

/// Why `-exclude` leaves something as it is that would otherwise change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// It was excluded itself.
    Excluded,
    /// It builds upon this, which is excluded.
    Needs(Address),
    /// It would go, and this, which stays, builds upon it.
    Needed(Address),
    /// It is the namespace, and something stays in it.
    Inhabited,
}

/// Leaves of a plan what the user asked for.
pub(super) fn narrow(input: &Input, plan: &mut Plan) {
    let choices = input.choices;
    if choices.refresh_only {
        refresh_only(plan);
    }
    if choices.target.is_empty() && choices.exclude.is_empty() {
        return;
    }
    let blocked = plan.blocked.iter().map(|blocked| blocked.key.clone());
    let mut kept: BTreeSet<ObjectKey> = plan.changes.keys().cloned().chain(blocked).collect();
    let changes = standing(input, plan);
    let part = Part { input, graph: needs(input, &in_place(&changes), &plan.components), changes };
    match input.operation {
        _ if choices.target.is_empty() => {}
        Operation::Apply => part.target(plan, &mut kept),
        Operation::Destroy => part.target_to_destroy(plan, &mut kept),
    }
    if !choices.exclude.is_empty() {
        part.exclude(plan, &mut kept);
    }
    plan.partial = true;
    plan.changes.retain(|key, _| kept.contains(key));
    plan.blocked.retain(|blocked| kept.contains(&blocked.key));
    let components = plan.components.clone();
    plan.unchanged.retain(|_, unchanged| unchanged.component.as_ref().is_none_or(|id| components.contains_key(id)));
    plan.outputs.retain(|id, _| components.contains_key(id));
    plan.revisions.retain(|id, _| components.contains_key(id));
    for needs in plan.components.values_mut() {
        needs.retain(|need| components.contains_key(need));
    }
}

/// What parts of a plan are cut from.
struct Part<'a> {
    input: &'a Input<'a>,
    /// All changes, with what is blocked or unchanged in the places that it would have.
    changes: BTreeMap<ObjectKey, Change>,
    /// What builds upon what, whether or not it changes.
    graph: Graph<Step>,
}

impl Part<'_> {
    /// Keeps the targets and what they need; nothing goes but what is meant itself.
    fn target(&self, plan: &mut Plan, kept: &mut BTreeSet<ObjectKey>) {
        let which = &self.input.choices.target;
        let components = plan.components.keys().filter(|id| names_component(which, self.input, id));
        let components = components.cloned().map(Step::Ready);
        let meant: BTreeSet<ObjectKey> = self.meant(which).collect();
        let mut steps: BTreeSet<Step> = meant.iter().cloned().map(Step::Change).chain(components).collect();
        let mut open: Vec<Step> = steps.iter().cloned().collect();
        while let Some(step) = open.pop() {
            for need in self.graph.needs(&step) {
                if steps.insert(need.clone()) {
                    open.push(need.clone());
                }
            }
        }
        let goes = |key: &ObjectKey| matches!(self.changes[key].action, Action::Delete | Action::Forget);
        kept.retain(|key| meant.contains(key) || (steps.contains(&Step::Change(key.clone())) && !goes(key)));
        plan.components.retain(|id, _| self.holds(kept, id) || steps.contains(&Step::Ready(id.clone())));
    }

    /// Keeps the targets of a destroy, and with each component all that need it: nothing is left standing without it. An
    /// object alone goes alone; only the namespace takes everything along.
    fn target_to_destroy(&self, plan: &mut Plan, kept: &mut BTreeSet<ObjectKey>) {
        let which = &self.input.choices.target;
        let meant: BTreeSet<ObjectKey> = self.meant(which).collect();
        if meant.contains(&self.input.namespace_key()) {
            return;
        }
        let of_all = self.changes.values().filter_map(|change| change.component.as_ref());
        let targets: BTreeSet<&ComponentId> = of_all.filter(|id| names_component(which, self.input, id)).collect();
        let mut because: BTreeMap<ComponentId, &ComponentId> = targets.into_iter().map(|id| (id.clone(), id)).collect();
        let mut open: Vec<ComponentId> = because.keys().cloned().collect();
        while let Some(id) = open.pop() {
            for user in users(self.input, &id) {
                let target = because[&id];
                if let btree_map::Entry::Vacant(place) = because.entry(user) {
                    open.push(place.key().clone());
                    place.insert(target);
                }
            }
        }
        let target_of = |component: &Option<ComponentId>| because.get(component.as_ref()?);
        kept.retain(|key| meant.contains(key) || target_of(&self.changes[key].component).is_some());
        for (_, change) in plan.changes.iter_mut().filter(|(key, _)| !meant.contains(*key)) {
            if let (Some(target), Reason::Destroyed) = (target_of(&change.component), &change.reason) {
                change.reason = Reason::NeededGoes((*target).clone());
            }
        }
    }

    /// Leaves out what is excluded, and what hangs on it.
    fn exclude(&self, plan: &mut Plan, kept: &mut BTreeSet<ObjectKey>) {
        let which = &self.input.choices.exclude;
        let components = plan.components.keys().filter(|id| names_component(which, self.input, id));
        let components: Vec<Step> = components.cloned().map(Step::Ready).collect();
        let meant: Vec<Step> = self.meant(which).map(Step::Change).chain(components).collect();
        let mut out: BTreeMap<Step, Option<&Step>> = meant.iter().map(|step| (step.clone(), None)).collect();
        for step in &meant {
            for behind in self.graph.dependents(step) {
                out.entry(behind).or_insert(Some(step));
            }
        }
        for key in kept.iter() {
            let Some(because) = out.get(&Step::Change(key.clone())).filter(|why| self.is_left(key, why)) else {
                continue;
            };
            let goes = matches!(self.changes[key].action, Action::Delete | Action::Release);
            let why = match because {
                None => LeftOut::Excluded,
                Some(_) if goes && *key == self.input.namespace_key() => LeftOut::Inhabited,
                Some(step) if goes => LeftOut::Needed(self.beyond(key, step)),
                Some(step) => LeftOut::Needs(self.beyond(key, step)),
            };
            plan.left_out.insert(key.clone(), (self.changes[key].component.clone(), why));
        }
        kept.retain(|key| !plan.left_out.contains_key(key));
        // A component of which a part is left out is waited for as far as it is there.
        plan.components.retain(|id, _| self.holds(kept, id) || !out.contains_key(&Step::Ready(id.clone())));
    }

    /// The changes that choices mean.
    fn meant(&self, which: &[Which]) -> impl Iterator<Item = ObjectKey> {
        let meant = |(key, change): &(&ObjectKey, &Change)| {
            is_meant(which, self.input.environment, change.component.as_ref(), key)
        };
        self.changes.iter().filter(meant).map(|(key, _)| key.clone())
    }

    /// Whether something is left out: of what is gone already, only what the user means is not forgotten.
    fn is_left(&self, key: &ObjectKey, because: &Option<&Step>) -> bool {
        because.is_none() || self.changes[key].action != Action::Forget
    }

    fn holds(&self, kept: &BTreeSet<ObjectKey>, id: &ComponentId) -> bool {
        kept.iter().any(|key| self.changes[key].component.as_ref() == Some(id))
    }

    /// What a step is called by an object that hangs together with it: an object of the same component, else a component.
    fn beyond(&self, key: &ObjectKey, step: &Step) -> Address {
        let environment = self.input.environment;
        match step {
            Step::Ready(id) => component_address(environment, id),
            Step::Change(other) => match &self.changes[other].component {
                Some(id) if self.changes[key].component.as_ref() != Some(id) => component_address(environment, id),
                component => address(environment, component.as_ref(), other),
            },
        }
    }
}

/// Whether a choice names a whole component, or the environment.
fn names_component(choices: &[Which], input: &Input, id: &ComponentId) -> bool {
    choices.iter().any(|which| which.names_component(input.environment, id))
}

/// The changes, with the blocked objects and the unchanged ones in the places that they would have: what does not change
/// needs what it needs all the same.
fn standing(input: &Input, plan: &Plan) -> BTreeMap<ObjectKey, Change> {
    let manifest = |key: &ObjectKey| input.desired.and_then(|desired| desired.manifests.get(key)).cloned();
    let mut changes = plan.changes.clone();
    for (key, unchanged) in &plan.unchanged {
        let stays = Change::bare(unchanged.component.clone(), Action::Update, Reason::New);
        changes.insert(key.clone(), Change { manifest: manifest(key), ..stays });
    }
    for Blocked { key, component, why, .. } in &plan.blocked {
        let goes = matches!(why, Block::HoldsData(super::Losing::Delete) | Block::WithForeign { .. });
        let action = if goes { Action::Delete } else { Action::Update };
        changes.insert(key.clone(), Change::bare(component.clone(), action, Reason::New));
    }
    changes
}

/// The same, where what is gone already has its place among what goes.
fn in_place(changes: &BTreeMap<ObjectKey, Change>) -> BTreeMap<ObjectKey, Change> {
    let mut placed = changes.clone();
    for change in placed.values_mut().filter(|change| change.action == Action::Forget) {
        change.action = Action::Delete;
    }
    placed
}

/// Only the record changes: what is gone is forgotten, what is right but unknown is learned, and what differs stays
/// drift.
fn refresh_only(plan: &mut Plan) {
    plan.blocked.clear();
    plan.changes.retain(|_, change| match (change.action, &change.reason) {
        (Action::Forget, _) => true,
        (Action::Create, Reason::DeletedOutside | Reason::Unfinished | Reason::UnfinishedReplace) => {
            change.action = Action::Forget;
            change.reason = Reason::Gone;
            change.manifest = None;
            change.diff = Diff::default();
            change.check = Check::Done;
            true
        }
        _ => false,
    });
}

/// A choice that means nothing in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    pub which: Which,
    /// What is there and almost called that.
    pub meant: Option<String>,
}

/// The choices that mean nothing in an environment: no object of that address is desired, recorded or there.
#[must_use]
pub fn unmatched(input: &Input) -> Vec<Unmatched> {
    let desired = input.desired.into_iter().flat_map(|desired| &desired.manifests);
    let desired = desired.map(|(key, manifest)| (key, manifest.component.as_ref()));
    let entries = input.state.into_iter().flat_map(|state| &state.entries);
    let entries = entries.map(|(key, entry)| (key, entry.component.as_ref()));
    let live = input.observed.objects.keys().map(|key| (key, None));
    // One that is there belongs to the component that asks for it or made it.
    let known: BTreeMap<&ObjectKey, Option<&ComponentId>> = live.chain(entries).chain(desired).collect();
    let means_something =
        |which: &Which| known.iter().any(|(key, component)| which.matches(input.environment, *component, key));
    let unmatched: Vec<&Which> = input.choices.named().filter(|which| !means_something(which)).collect();
    if unmatched.is_empty() {
        return Vec::new();
    }
    let components: BTreeSet<&ComponentId> = known.values().flatten().copied().collect();
    let mut addresses: Vec<Address> =
        components.into_iter().map(|id| component_address(input.environment, id)).collect();
    addresses.extend(known.iter().map(|(key, component)| address(input.environment, *component, key)));
    let told = |which: &Which| Unmatched { which: which.clone(), meant: which.meant(&addresses) };
    unmatched.into_iter().map(told).collect()
}

/// The objects that are to be adopted as well as replaced: what is not ours is not deleted, and it is ours only when a run
/// has adopted it.
#[must_use]
pub fn adopted_and_replaced(input: &Input) -> Vec<Address> {
    let manifests = input.desired.into_iter().flat_map(|desired| desired.manifests.values());
    let means = |which: &[Which], manifest: &Manifest| {
        is_meant(which, input.environment, manifest.component.as_ref(), &manifest.key)
    };
    manifests
        .filter(|manifest| means(&input.choices.replace, manifest))
        .filter(|manifest| matches!(input.standing(manifest), Standing::Adopted(_)))
        .map(|manifest| address(input.environment, manifest.component.as_ref(), &manifest.key))
        .collect()
}
