//! A part of a plan: what `-target` and `-exclude` leave of it, and what `-refresh-only` does.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::{Address, Which, address},
    names::ComponentId,
    object::ObjectKey,
};

use super::{Action, Block, Blocked, Change, Check, Diff, Input, Plan, Reason, Step, choices::is_meant, order::order};

/// Leaves of a plan what the user asked for.
pub(super) fn narrow(input: &Input, plan: &mut Plan) {
    let choices = input.choices;
    if choices.refresh_only {
        refresh_only(plan);
    }
    if choices.target.is_empty() && choices.exclude.is_empty() {
        return;
    }
    let graph = order(input, &with_blocked(plan), &plan.components);
    let keys: BTreeMap<ObjectKey, Option<ComponentId>> = plan
        .changes
        .iter()
        .map(|(key, change)| (key.clone(), change.component.clone()))
        .chain(plan.blocked.iter().map(|blocked| (blocked.key.clone(), blocked.component.clone())))
        .collect();
    let means = |which: &[Which], key: &ObjectKey| is_meant(which, input.environment, keys[key].as_ref(), key);

    let holds = |kept: &BTreeSet<ObjectKey>, id: &ComponentId| kept.iter().any(|key| keys[key].as_ref() == Some(id));
    let mut kept: BTreeSet<ObjectKey> = keys.keys().cloned().collect();
    if !choices.target.is_empty() {
        let targets: BTreeSet<ComponentId> =
            plan.components.keys().filter(|id| names_component(&choices.target, input, id)).cloned().collect();
        let meant = keys.keys().filter(|key| means(&choices.target, key)).map(|key| Step::Change(key.clone()));
        let mut steps: BTreeSet<Step> = meant.chain(targets.into_iter().map(Step::Ready)).collect();
        let mut open: Vec<Step> = steps.iter().cloned().collect();
        while let Some(step) = open.pop() {
            for need in graph.needs(&step) {
                if steps.insert(need.clone()) {
                    open.push(need.clone());
                }
            }
        }
        // What is needed is written; what goes, goes only where it is meant itself.
        kept.retain(|key| {
            means(&choices.target, key) || (steps.contains(&Step::Change(key.clone())) && !plan.deletes(key))
        });
        plan.components.retain(|id, _| holds(&kept, id) || steps.contains(&Step::Ready(id.clone())));
    }
    if !choices.exclude.is_empty() {
        let mut out: BTreeSet<Step> =
            keys.keys().filter(|key| means(&choices.exclude, key)).map(|key| Step::Change(key.clone())).collect();
        let components = plan.components.keys().filter(|id| names_component(&choices.exclude, input, id));
        out.extend(components.map(|id| Step::Ready(id.clone())));
        let behind: Vec<Step> = out.iter().flat_map(|step| graph.dependents(step)).collect();
        out.extend(behind);
        kept.retain(|key| !out.contains(&Step::Change(key.clone())));
        // A component of which a part is left out is waited for as far as it is there.
        plan.components.retain(|id, _| holds(&kept, id) || !out.contains(&Step::Ready(id.clone())));
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

/// Whether a choice names a whole component, or the environment.
fn names_component(choices: &[Which], input: &Input, id: &ComponentId) -> bool {
    choices.iter().any(|which| which.names_component(input.environment, id))
}

/// The changes, with the blocked objects in the places that they would have.
fn with_blocked(plan: &Plan) -> BTreeMap<ObjectKey, Change> {
    let mut changes = plan.changes.clone();
    for Blocked { key, component, why, .. } in &plan.blocked {
        let goes = matches!(why, Block::HoldsData(super::Losing::Delete) | Block::WithForeign(_));
        let action = if goes { Action::Delete } else { Action::Update };
        changes.insert(key.clone(), Change::bare(component.clone(), action, Reason::New));
    }
    changes
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
    let choices = input.choices;
    let named = [
        &choices.target,
        &choices.exclude,
        &choices.replace,
        &choices.adopt,
        &choices.force_conflicts,
        &choices.delete_data,
    ];
    let means_something =
        |which: &Which| known.iter().any(|(key, component)| which.matches(input.environment, *component, key));
    let unmatched: Vec<&Which> = named.into_iter().flatten().filter(|which| !means_something(which)).collect();
    if unmatched.is_empty() {
        return Vec::new();
    }
    let components: BTreeSet<&ComponentId> = known.values().flatten().copied().collect();
    let of_component = |id: &ComponentId| Address {
        environment: input.environment.clone(),
        component: Some(id.clone()),
        object: None,
    };
    let mut addresses: Vec<Address> = components.into_iter().map(of_component).collect();
    addresses.extend(known.iter().map(|(key, component)| address(input.environment, *component, key)));
    let told = |which: &Which| Unmatched { which: which.clone(), meant: which.meant(&addresses) };
    unmatched.into_iter().map(told).collect()
}
