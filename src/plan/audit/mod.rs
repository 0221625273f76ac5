//! What must hold of every plan, whoever made it; a plan that fails is a bug of ditc and is never applied.
//!
//! It looks at the plan and at what the plan was made from, and decides nothing: each rule is said a second time here,
//! in other words than the planner's, so that a mistake must be made twice to reach a cluster.

use std::{collections::BTreeSet, fmt::Display};

use crate::{
    graph::Graph,
    names::ComponentId,
    object::{Object, ObjectKey},
    observed::Live,
    state::Operation,
};

use super::{Action, Drift, DriftKind, Input, Plan, Policy, Step, TooMany, choices::is_meant};

mod change;
mod secrets;

/// Everything about a plan that must not be; empty for a sound one. `protected` is the pattern that keeps every
/// environment out of the plan's namespace, where there is one.
#[must_use]
pub fn audit(input: &Input, protected: Option<&str>, plan: &Plan) -> Vec<String> {
    let mut faults = Faults::default();
    for (key, change) in &plan.changes {
        change::check(input, plan, key, change, &mut faults);
    }
    secrets::check(plan, &mut faults);
    origin(input, plan, &mut faults);
    place(plan, protected, &mut faults);
    decisions(input, plan, &mut faults);
    limits(input, plan, &mut faults);
    part(input, plan, &mut faults);
    drift(input, plan, &mut faults);
    components(plan, &mut faults);
    order(plan, &mut faults);
    faults.0
}

/// What was found.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, whose: &dyn Display, what: &str) {
        if !holds {
            self.0.push(format!("{whose}: {what}"));
        }
    }
}

const PLAN: &str = "the plan";

/// It is a plan of what it was made from.
fn origin(input: &Input, plan: &Plan, faults: &mut Faults) {
    let is_same = plan.environment == *input.environment
        && plan.namespace == *input.namespace
        && plan.operation == input.operation;
    faults.unless(is_same, &PLAN, "is of another environment or operation");
    let base = input.state.map(|state| &state.version);
    faults.unless(plan.base.as_ref() == base, &PLAN, "stands on another record");
    let open = input.state.and_then(|state| state.open.as_ref());
    faults.unless(plan.interrupted.as_ref() == open, &PLAN, "hides a run that never came to its end");
    faults.unless(plan.is_under_way == input.is_under_way(), &PLAN, "takes a run that lives for one that stopped");
}

fn place(plan: &Plan, protected: Option<&str>, faults: &mut Faults) {
    if let Some(pattern) = protected {
        let what = format!("changes namespace {}, which `{pattern}` protects", plan.namespace);
        faults.unless(!plan.has_changes(), &PLAN, &what);
    }
}

/// Every object is decided, and decided once.
fn decisions(input: &Input, plan: &Plan, faults: &mut Faults) {
    let mut decided: BTreeSet<&ObjectKey> = BTreeSet::new();
    let blocked = plan.blocked.iter().map(|blocked| &blocked.key);
    for key in plan.changes.keys().chain(plan.unchanged.keys()).chain(blocked).chain(&plan.ignored) {
        faults.unless(decided.insert(key), key, "is decided twice");
    }
    let manifests = input.desired.map(|desired| &desired.manifests);
    let is_desired = |key: &ObjectKey| manifests.is_some_and(|manifests| manifests.contains_key(key));
    for key in plan.unchanged.keys() {
        faults.unless(is_desired(key), key, "stays although nothing asks for it");
    }
    if plan.partial || input.choices.refresh_only {
        return;
    }
    // A namespace that is not ditc's stays, and nothing is said about it.
    let namespace = input.namespace_key();
    let recorded = input.state.into_iter().flat_map(|state| state.entries.keys()).filter(|key| **key != namespace);
    for key in manifests.into_iter().flat_map(|manifests| manifests.keys()).chain(recorded) {
        faults.unless(decided.contains(key), key, "is desired or recorded, and nobody decided about it");
    }
}

/// What is counted is what is listed, and no apply deletes more than it may.
fn limits(input: &Input, plan: &Plan, faults: &mut Faults) {
    let counts = plan.counts();
    let replaced = plan.changes.values().filter(|change| change.action == Action::Replace).count();
    let counted = counts.import + counts.add + counts.change + counts.destroy + counts.forget - replaced;
    faults.unless(counted == plan.changes.len(), &PLAN, "counts other changes than it lists");
    let Policy { max_destroy: limit, controllers: _, check_namespace: _ } = *input.policy;
    let count = counts.destroy;
    let excess = (plan.operation == Operation::Apply && count > limit).then_some(TooMany { count, limit });
    faults.unless(plan.too_many == excess, &PLAN, "deletes more than it may, or says so without doing it");
}

/// It is no more than the part that the user asked for.
fn part(input: &Input, plan: &Plan, faults: &mut Faults) {
    let choices = input.choices;
    let is_part = !choices.target.is_empty() || !choices.exclude.is_empty();
    faults.unless(plan.partial == is_part, &PLAN, "is a part where the whole was asked for, or the whole for a part");
    for key in plan.left_out.keys() {
        faults.unless(!plan.changes.contains_key(key), key, "is changed, and said to be left out");
    }
    for (key, change) in &plan.changes {
        let component = change.component.as_ref();
        let is_out = is_meant(&choices.exclude, input.environment, component, key);
        faults.unless(!is_out, key, "is changed although it was excluded");
        let may_go = choices.target.is_empty()
            || is_meant(&choices.target, input.environment, component, key)
            || goes_with_a_target(input, component);
        faults.unless(may_go || change.action != Action::Delete, key, "is deleted although it was not targeted");
        let may_be = !choices.refresh_only || change.action == Action::Forget;
        faults.unless(may_be, key, "is changed although only the record was to be");
    }
}

/// Whether something goes since the whole namespace does, or a component that its own needs, however indirectly.
fn goes_with_a_target(input: &Input, component: Option<&ComponentId>) -> bool {
    let targets =
        |id: &ComponentId| input.choices.target.iter().any(|which| which.names_component(input.environment, id));
    let mut needs: BTreeSet<&ComponentId> = component.into_iter().collect();
    let mut open: Vec<&ComponentId> = component.into_iter().collect();
    while let Some(id) = open.pop() {
        let further = input.state.and_then(|state| state.components.get(id));
        open.extend(further.into_iter().flatten().filter(|id| needs.insert(id)));
    }
    let everything = is_meant(&input.choices.target, input.environment, None, &input.namespace_key());
    input.operation == Operation::Destroy && (everything || needs.into_iter().any(targets))
}

/// What moved was there: before by the record, or now in the cluster.
fn drift(input: &Input, plan: &Plan, faults: &mut Faults) {
    for (key, Drift { component: _, kind }) in &plan.drift {
        let live = input.observed.objects.get(key).and_then(Live::object);
        let recorded = input.applied(key);
        let has_counterpart = match kind {
            DriftKind::Deleted => recorded.is_some() && live.is_none(),
            DriftKind::Recreated => {
                recorded.is_some_and(|recorded| live.is_some_and(|live| live.uid().as_ref() != Some(&recorded.uid)))
            }
            DriftKind::Terminating => live.is_some_and(Object::is_terminating),
            DriftKind::Replaced(_) => recorded.is_some() && live.is_some(),
            DriftKind::Leftover => recorded.is_none() && live.is_some(),
            DriftKind::Changed(fields) => live.is_some() && (!fields.is_empty() || key.kind.is("", "Secret")),
        };
        faults.unless(has_counterpart, key, "drifted from nothing, or to nothing");
    }
}

/// Components need only what is there, and not each other.
fn components(plan: &Plan, faults: &mut Faults) {
    let mut graph: Graph<&ComponentId> = Graph::default();
    for (component, needs) in &plan.components {
        graph.add(component);
        for need in needs {
            faults.unless(plan.components.contains_key(need), component, "needs a component that the plan has not");
            graph.need(component, need);
        }
    }
    if let Err(cycle) = graph.order() {
        let cycle: Vec<String> = cycle.into_iter().map(ToString::to_string).collect();
        faults.unless(false, &PLAN, &format!("has components that need each other: {}", cycle.join(", ")));
    }
    for component in plan.outputs.keys() {
        faults.unless(plan.components.contains_key(component), component, "has outputs, and is not in the plan");
    }
}

/// Every step has its place, behind all that must come before it.
fn order(plan: &Plan, faults: &mut Faults) {
    for step in plan.order.nodes() {
        let is_step = match step {
            Step::Change(key) => plan.changes.get(key).is_some_and(|change| change.action != Action::Forget),
            Step::Ready(component) => plan.components.contains_key(component),
        };
        faults.unless(is_step, &name(step), "is ordered, but is no step of the plan");
    }
    for component in plan.components.keys() {
        let step = Step::Ready(component.clone());
        faults.unless(plan.order.contains(&step), &name(&step), "has no place in the order");
    }
    let namespace = ObjectKey::namespace(plan.namespace.as_str());
    let first = plan.changes.get(&namespace).map(|change| change.action);
    let waits_for = |step: &Step, first: &Step| plan.order.needs(step).any(|need| need == first);
    for (key, change) in plan.changes.iter().filter(|(_, change)| change.action != Action::Forget) {
        let step = Step::Change(key.clone());
        faults.unless(plan.order.contains(&step), key, "has no place in the order");
        let whole = Step::Change(namespace.clone());
        if *key == namespace || first.is_none_or(|first| first == Action::Forget) {
        } else if change.action != Action::Delete {
            faults.unless(waits_for(&step, &whole), key, "does not wait for its namespace");
        } else if matches!(first, Some(Action::Delete | Action::Release)) {
            faults.unless(waits_for(&whole, &step), key, "may be deleted after its namespace");
        }
        let Some(component) = change.component.as_ref().filter(|_| change.action != Action::Delete) else { continue };
        let ready = Step::Ready(component.clone());
        faults.unless(waits_for(&ready, &step), key, "is not waited for by its component");
        for need in plan.components.get(component).into_iter().flatten() {
            let is_behind = waits_for(&step, &Step::Ready(need.clone()));
            faults.unless(is_behind, key, &format!("does not wait for {need}, which its component needs"));
        }
    }
    if let Err(cycle) = plan.order.order() {
        let cycle: Vec<String> = cycle.iter().map(name).collect();
        faults.unless(false, &PLAN, &format!("has an order with a cycle: {}", cycle.join(", ")));
    }
}

fn name(step: &Step) -> String {
    match step {
        Step::Change(key) => key.to_string(),
        Step::Ready(component) => format!("{component} is ready"),
    }
}
