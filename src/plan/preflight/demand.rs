//! What the changes of a plan use up: the objects that it makes, and the pods and claims that controllers make of them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    kinds::Kinds,
    object::{FieldPath, Object, ObjectKey},
    observed::{Answer, Live},
    quantity::Quantity,
};

use super::{
    super::{Action, Change, Input, Plan},
    Demand,
    pods::{self, Set, quantity},
};

/// Kinds that quotas count under their bare names, besides `count/…`.
const BARE: [&str; 6] =
    ["configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services"];

pub(super) fn demand(input: &Input, plan: &Plan, kinds: &Kinds) -> Demand {
    let mut demand = Demand::new();
    for (key, change) in &plan.changes {
        let before = match change.action {
            Action::Create => None,
            Action::Update | Action::Replace | Action::Adopt => input.observed.objects.get(key).and_then(Live::object),
            Action::Delete | Action::Release | Action::Forget => continue,
        };
        let Some(after) = after(input, key, change) else { continue };
        let mut used = standing(after);
        match before {
            Some(before) => add(&mut used, &standing(before), -1),
            None => count(&mut used, key, kinds),
        }
        add(&mut used, &workload(key, change, before, after), 1);
        // What one change frees may come after what another needs.
        used.retain(|_, quantity| quantity.is_positive());
        add(&mut demand, &used, 1);
    }
    if demand.is_empty() {
        return demand;
    }
    // What ditc keeps for itself comes on top.
    if plan.base.is_none() {
        one(&mut demand, "configmaps");
        one(&mut demand, "count/configmaps");
    }
    one(&mut demand, "count/leases.coordination.k8s.io");
    demand
}

/// What the deletions of a plan give back, each as far as it is in use now.
pub(super) fn freed(input: &Input, plan: &Plan, kinds: &Kinds) -> BTreeMap<ObjectKey, Demand> {
    let goes = plan.changes.iter().filter(|(_, change)| change.action == Action::Delete);
    let freed = goes.filter_map(|(key, _)| {
        let live = input.observed.objects.get(key).and_then(Live::object)?;
        let mut frees = standing(live);
        count(&mut frees, key, kinds);
        let number = |pointer: &str| live.at(pointer).and_then(Value::as_i64).unwrap_or(0);
        let (template, pods) = match (key.kind.group.as_str(), key.kind.kind.as_str()) {
            ("", "Pod") => ("/spec", i64::from(!has_ended(live))),
            ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("", "ReplicationController") => {
                ("/spec/template/spec", number("/status/replicas"))
            }
            ("batch", "Job") => ("/spec/template/spec", number("/status/active")),
            _ => return Some((key.clone(), frees)),
        };
        add(&mut frees, &live.at(template).map(pods::pod).unwrap_or_default(), pods);
        Some((key.clone(), frees))
    });
    freed.collect()
}

/// Whether a pod ran to its end, so that no quota counts it any more.
fn has_ended(pod: &Object) -> bool {
    pod.at("/status/phase").is_some_and(|phase| phase == "Succeeded" || phase == "Failed")
}

/// What an object becomes: the server's own answer where there is one, since it has all defaults.
fn after<'a>(input: &Input<'a>, key: &ObjectKey, change: &'a Change) -> Option<&'a Object> {
    match input.answers.get(key) {
        Some(Answer::Accepted(object)) => Some(object),
        Some(Answer::AcceptedElsewhere | Answer::OnlyUpdateRefused(_) | Answer::Refused(_) | Answer::NotAsked(_))
        | None => Some(&change.manifest.as_ref()?.body),
    }
}

/// What an object itself uses, besides being one more.
fn standing(object: &Object) -> Demand {
    let mut demand = Demand::new();
    match object.kind() {
        Some("PersistentVolumeClaim") => claim(&mut demand, &object.0, 1),
        Some("Service") => {
            let kind = object.at("/spec/type").and_then(Value::as_str).unwrap_or("ClusterIP");
            let allocates = object.at("/spec/allocateLoadBalancerNodePorts") != Some(&Value::Bool(false));
            if kind == "LoadBalancer" {
                one(&mut demand, "services.loadbalancers");
            }
            if kind == "NodePort" || (kind == "LoadBalancer" && allocates) {
                let ports = object.at("/spec/ports").and_then(Value::as_array).map_or(0, Vec::len);
                let ports = Quantity::count(i64::try_from(ports).unwrap_or(i64::MAX));
                demand.insert("services.nodeports".to_owned(), ports);
            }
        }
        _ => {}
    }
    demand
}

fn count(demand: &mut Demand, key: &ObjectKey, kinds: &Kinds) {
    let Some(kind) = kinds.get(&key.kind).filter(|kind| kind.namespaced) else { return };
    match key.kind.group.as_str() {
        // A pod counts itself, as the pods of a workload do.
        "" if kind.plural == "pods" => {}
        "" => {
            one(demand, &format!("count/{}", kind.plural));
            if BARE.contains(&kind.plural.as_str()) {
                one(demand, &kind.plural);
            }
        }
        group => one(demand, &format!("count/{}.{group}", kind.plural)),
    }
}

/// What controllers make of a workload.
fn workload(key: &ObjectKey, change: &Change, before: Option<&Object>, after: &Object) -> Demand {
    let kind = key.kind.kind.as_str();
    let pod = |object: &Object, pointer| object.at(pointer).map(pods::pod).unwrap_or_default();
    let replicas = |object: &Object, pointer| Some(object.at(pointer)?.as_i64()?.max(0));
    let (template, number) = match (key.kind.group.as_str(), kind) {
        ("", "Pod") if before.is_none() => return pod(after, "/spec"),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("", "ReplicationController") => {
            ("/spec/template/spec", "/spec/replicas")
        }
        ("batch", "Job") => ("/spec/template/spec", "/spec/parallelism"),
        _ => return Demand::new(),
    };
    let old = before.map(|before| Set { replicas: replicas(before, number).unwrap_or(1), pod: pod(before, template) });
    let old = old.unwrap_or(Set { replicas: 0, pod: Demand::new() });
    let new = replicas(after, number).or_else(|| before.map(|_| old.replicas)).unwrap_or(1);
    let new = Set { replicas: new, pod: pod(after, template) };
    let prefix = FieldPath::fields(&["spec", "template"]);
    let rolls = change.diff.fields.iter().any(|field| field.path.0.starts_with(&prefix.0));
    let spec = after.at("/spec").unwrap_or(&Value::Null);
    let rollout = match before {
        // All of it goes before any of it comes.
        Some(_) if change.action == Action::Replace => pods::Rollout::Recreate,
        Some(_) if rolls => pods::rollout(kind, spec, new.replicas),
        // The first pods, and more or fewer of the same, come without any surge.
        Some(_) | None => pods::Rollout::Rolling { surge: 0 },
    };
    let mut demand = pods::peak(&old, &new, rollout);
    let is_new_template = before.is_none() || rolls;
    match kind {
        "Deployment" if is_new_template => one(&mut demand, "count/replicasets.apps"),
        "StatefulSet" => {
            if is_new_template {
                one(&mut demand, "count/controllerrevisions.apps");
            }
            for template in after.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten() {
                let number = new.replicas.saturating_sub(old.replicas).max(0);
                claim(&mut demand, template, number);
                for name in ["persistentvolumeclaims", "count/persistentvolumeclaims"] {
                    times(&mut demand, name, Quantity::count(1), number);
                }
            }
        }
        _ => {}
    }
    demand
}

/// The storage of so many claims, also by its class where it names one.
fn claim(demand: &mut Demand, claim: &Value, number: i64) {
    let class = claim.pointer("/spec/storageClassName").and_then(Value::as_str).filter(|class| !class.is_empty());
    let storage = claim.pointer("/spec/resources/requests/storage").and_then(quantity).unwrap_or(Quantity::ZERO);
    times(demand, "requests.storage", storage, number);
    if let Some(class) = class {
        let of_class = |what: &str| format!("{class}.storageclass.storage.k8s.io/{what}");
        times(demand, &of_class("requests.storage"), storage, number);
        times(demand, &of_class("persistentvolumeclaims"), Quantity::count(1), number);
    }
}

fn one(demand: &mut Demand, name: &str) {
    times(demand, name, Quantity::count(1), 1);
}

fn add(demand: &mut Demand, more: &Demand, number: i64) {
    for (name, quantity) in more {
        times(demand, name, *quantity, number);
    }
}

fn times(demand: &mut Demand, name: &str, quantity: Quantity, number: i64) {
    let sum = demand.get(name).copied().unwrap_or(Quantity::ZERO).plus(quantity.times(number));
    demand.insert(name.to_owned(), sum);
}
