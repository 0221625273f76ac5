//! The order of a run: the namespace, then components as they need each other, each object behind those that it uses.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    graph::Graph,
    hook::{Hook, Role, Stage, role},
    names::{ComponentId, Tier},
    object::{GroupKind, ObjectKey},
};

use super::{Action, Change, Input, Step};

/// The place of workloads among the kinds.
const WORKLOADS: u8 = 6;

/// Where a kind stands inside its component: accounts and roles, secrets, config maps, claims, services, workloads, rest.
#[must_use]
pub fn rank(kind: &GroupKind) -> u8 {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Namespace") => 0,
        (
            "" | "rbac.authorization.k8s.io",
            "ServiceAccount" | "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding",
        )
        | ("", "ResourceQuota" | "LimitRange")
        | ("apiextensions.k8s.io", _)
        | ("networking.k8s.io", "NetworkPolicy") => 1,
        ("", "Secret") => 2,
        ("", "ConfigMap") => 3,
        ("", "PersistentVolumeClaim") => 4,
        ("", "Service") => 5,
        ("", "Pod" | "ReplicationController") | ("apps" | "batch", _) => WORKLOADS,
        _ => 7,
    }
}

/// Where an object stands inside its component: the hooks of a chart have their turn right before its workloads, or after
/// everything else, the lighter ones first.
type Turn = (u8, i64, u8);

fn turn(key: &ObjectKey, change: &Change) -> Turn {
    let rank = rank(&key.kind);
    match change.manifest.as_ref().map(|manifest| role(&manifest.body)) {
        Some(Role::Hook(Hook { stage: Stage::Before, weight })) => (1, weight, rank),
        Some(Role::Hook(Hook { stage: Stage::After, weight })) => (3, weight, rank),
        Some(Role::Part | Role::Other(_)) | None if rank < WORKLOADS => (0, 0, rank),
        Some(Role::Part | Role::Other(_)) | None => (2, 0, rank),
    }
}

/// The graph of all steps.
pub(super) fn order(
    input: &Input,
    changes: &BTreeMap<ObjectKey, Change>,
    components: &BTreeMap<ComponentId, BTreeSet<ComponentId>>,
) -> Graph<Step> {
    let mut graph = needs(input, changes, components);
    services_first(&mut graph, changes);
    graph
}

/// The graph of all steps, as far as one builds upon another.
pub(super) fn needs(
    input: &Input,
    changes: &BTreeMap<ObjectKey, Change>,
    components: &BTreeMap<ComponentId, BTreeSet<ComponentId>>,
) -> Graph<Step> {
    let mut graph = Graph::default();
    for component in components.keys() {
        graph.add(Step::Ready(component.clone()));
    }
    let changes: BTreeMap<&ObjectKey, &Change> =
        changes.iter().filter(|(_, change)| change.action != Action::Forget).collect();
    for key in changes.keys() {
        graph.add(Step::Change((*key).clone()));
    }
    for component in by_component(&changes).values() {
        layer(&mut graph, component);
    }
    let namespace = input.namespace_key();
    let namespace_changes = changes.get(&namespace).map(|change| change.action);
    for (key, change) in &changes {
        let step = Step::Change((*key).clone());
        match (change.action, &change.component) {
            (Action::Delete, component) => {
                if matches!(namespace_changes, Some(Action::Delete | Action::Release)) && **key != namespace {
                    graph.need(Step::Change(namespace.clone()), step.clone());
                }
                if component.is_none() && **key != namespace {
                    shared_last(&mut graph, &changes, &step);
                }
                for user in component.iter().flat_map(|component| users(input, component)) {
                    for (other, _) in changes.iter().filter(|(_, change)| change.component.as_ref() == Some(&user)) {
                        graph.need(step.clone(), Step::Change((*other).clone()));
                    }
                    if components.contains_key(&user) {
                        graph.need(step.clone(), Step::Ready(user));
                    }
                }
            }
            (_, component) => {
                if namespace_changes.is_some() && **key != namespace {
                    graph.need(step.clone(), Step::Change(namespace.clone()));
                }
                if let Some(component) = component {
                    for first in components.get(component).into_iter().flatten() {
                        graph.need(step.clone(), Step::Ready(first.clone()));
                    }
                    graph.need(Step::Ready(component.clone()), step);
                } else if **key != namespace {
                    shared_first(&mut graph, &changes, &step);
                }
            }
        }
    }
    graph
}

/// All services go before the first dependency does, whether or not they say that they need it.
fn services_first(graph: &mut Graph<Step>, changes: &BTreeMap<ObjectKey, Change>) {
    let mut goes_last: BTreeMap<&ComponentId, (u8, Vec<&ObjectKey>)> = BTreeMap::new();
    let mut goes_first: BTreeMap<&ComponentId, (u8, Vec<&ObjectKey>)> = BTreeMap::new();
    for (key, change) in changes.iter().filter(|(_, change)| change.action == Action::Delete) {
        let Some(component) = &change.component else { continue };
        let rank = rank(&key.kind);
        let (ends, is_further): (_, fn(u8, u8) -> bool) = match component.tier {
            Tier::Service => (&mut goes_last, |mine, known| mine < known),
            Tier::Dependency => (&mut goes_first, |mine, known| mine > known),
        };
        let (known, keys) = ends.entry(component).or_insert((rank, Vec::new()));
        if is_further(rank, *known) {
            (*known, *keys) = (rank, Vec::new());
        }
        if rank == *known {
            keys.push(key);
        }
    }
    for first in goes_last.values().flat_map(|(_, keys)| keys) {
        for then in goes_first.values().flat_map(|(_, keys)| keys) {
            graph.need(Step::Change((*then).clone()), Step::Change((*first).clone()));
        }
    }
}

/// What belongs to the whole environment comes before every component.
fn shared_first(graph: &mut Graph<Step>, changes: &BTreeMap<&ObjectKey, &Change>, shared: &Step) {
    for (key, change) in changes {
        if change.component.is_some() && change.action != Action::Delete {
            graph.need(Step::Change((*key).clone()), shared.clone());
        }
    }
}

/// And it goes after every component: what bounds them holds to the end.
fn shared_last(graph: &mut Graph<Step>, changes: &BTreeMap<&ObjectKey, &Change>, shared: &Step) {
    for (key, change) in changes {
        if change.component.is_some() && change.action == Action::Delete {
            graph.need(shared.clone(), Step::Change((*key).clone()));
        }
    }
}

/// Those that needed a component when they were last applied: they let go of it first.
pub(super) fn users(input: &Input, component: &ComponentId) -> BTreeSet<ComponentId> {
    let recorded = input.state.map(|state| &state.components);
    let users = recorded.into_iter().flatten().filter(|(_, needs)| needs.contains(component));
    users.map(|(user, _)| user.clone()).collect()
}

fn by_component<'a>(
    changes: &BTreeMap<&'a ObjectKey, &'a Change>,
) -> BTreeMap<&'a ComponentId, Vec<(&'a ObjectKey, &'a Change)>> {
    let mut components: BTreeMap<&ComponentId, Vec<(&ObjectKey, &Change)>> = BTreeMap::new();
    for (key, change) in changes {
        if let Some(component) = &change.component {
            components.entry(component).or_default().push((key, change));
        }
    }
    components
}

/// Inside a component each turn waits for those before it; deletions run backwards, and after all writes.
fn layer(graph: &mut Graph<Step>, objects: &[(&ObjectKey, &Change)]) {
    let mut writes: BTreeMap<Turn, Vec<&ObjectKey>> = BTreeMap::new();
    let mut deletions: BTreeMap<Reverse<u8>, Vec<&ObjectKey>> = BTreeMap::new();
    for (key, change) in objects {
        match change.action {
            Action::Delete => deletions.entry(Reverse(rank(&key.kind))).or_default().push(key),
            Action::Create | Action::Update | Action::Replace | Action::Adopt | Action::Release | Action::Forget => {
                writes.entry(turn(key, change)).or_default().push(key);
            }
        }
    }
    let layers: Vec<Vec<&ObjectKey>> = writes.into_values().chain(deletions.into_values()).collect();
    for (before, after) in layers.iter().zip(layers.iter().skip(1)) {
        for key in after {
            for first in before {
                graph.need(Step::Change((*key).clone()), Step::Change((*first).clone()));
            }
        }
    }
}
