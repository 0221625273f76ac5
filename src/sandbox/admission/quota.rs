//! Resource quotas: what an object uses, and whether that is still within (<https://kubernetes.io/docs/concepts/policy/resource-quotas/>).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::totals::{Amounts, add, amounts, containers, is_more, of_pod, read};
use crate::sandbox::{
    kinds::Resource,
    status::Refusal,
    store::{Store, text},
};

/// What a container must say once a quota counts it.
const MEASURED: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

/// Whether objects of a kind count under a name of a quota.
pub(in crate::sandbox) fn governs(resource: &Resource, name: &str) -> bool {
    if name.strip_prefix("count/").is_some_and(|counted| counted == resource.qualified()) {
        return true;
    }
    match resource.qualified().as_str() {
        "pods" => {
            MEASURED.contains(&name)
                || matches!(
                    name,
                    "pods" | "ephemeral-storage" | "requests.ephemeral-storage" | "limits.ephemeral-storage"
                )
                || name.starts_with("hugepages-")
                || name.starts_with("requests.hugepages-")
                || (name.starts_with("requests.") && name.contains('/'))
        }
        "services" => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
        "persistentvolumeclaims" => {
            matches!(name, "persistentvolumeclaims" | "requests.storage") || name.contains(OF_CLASS)
        }
        plural @ ("configmaps" | "secrets" | "resourcequotas" | "replicationcontrollers") => name == plural,
        _ => false,
    }
}

/// What one object uses.
fn usage(resource: &Resource, object: &Value) -> Amounts {
    let one = || "1".to_owned();
    let mut usage = Amounts::from([(format!("count/{}", resource.qualified()), one())]);
    match resource.qualified().as_str() {
        "pods" if !matches!(text(object, "/status/phase"), "Succeeded" | "Failed") => {
            usage.insert("pods".into(), one());
            measured(&of_pod(object, "requests"), &of_pod(object, "limits"), &mut usage);
        }
        "services" => {
            usage.insert("services".into(), one());
            let ports = object.pointer("/spec/ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let spared = object.pointer("/spec/allocateLoadBalancerNodePorts") == Some(&Value::Bool(false));
            let count = match text(object, "/spec/type") {
                "NodePort" => ports.len(),
                "LoadBalancer" if spared => ports.iter().filter(|port| port.get("nodePort").is_some()).count(),
                "LoadBalancer" => ports.len(),
                _ => 0,
            };
            usage.insert("services.nodeports".into(), count.to_string());
            let balanced = usize::from(text(object, "/spec/type") == "LoadBalancer");
            usage.insert("services.loadbalancers".into(), balanced.to_string());
        }
        "persistentvolumeclaims" => {
            usage.insert("persistentvolumeclaims".into(), one());
            let class = text(object, "/spec/storageClassName");
            if !class.is_empty() {
                usage.insert(format!("{class}{OF_CLASS}persistentvolumeclaims"), one());
            }
            if let Some(storage) = amounts(object, "/spec/resources/requests").remove("storage") {
                if !class.is_empty() {
                    usage.insert(format!("{class}{OF_CLASS}requests.storage"), storage.clone());
                }
                usage.insert("requests.storage".into(), storage);
            }
        }
        plural @ ("configmaps" | "secrets" | "resourcequotas" | "replicationcontrollers") => {
            usage.insert(plural.to_owned(), one());
        }
        _ => {}
    }
    usage
}

/// Requests and limits under the names that quotas give them.
fn measured(requests: &Amounts, limits: &Amounts, usage: &mut Amounts) {
    for (name, amount) in requests {
        let is_known =
            matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if is_known {
            usage.insert(name.clone(), amount.clone());
        }
        if is_known || name.contains('/') {
            usage.insert(format!("requests.{name}"), amount.clone());
        }
    }
    for (name, amount) in
        limits.iter().filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage"))
    {
        usage.insert(format!("limits.{name}"), amount.clone());
    }
}

/// Whether a quota's scopes let it count an object.
fn is_in_scope(quota: &Value, resource: &Resource, object: &Value) -> bool {
    let plain = quota.pointer("/spec/scopes").and_then(Value::as_array).into_iter().flatten();
    let plain = plain.map(|scope| json!({"scopeName": scope, "operator": "Exists"}));
    let chosen = quota.pointer("/spec/scopeSelector/matchExpressions").and_then(Value::as_array).into_iter().flatten();
    plain.chain(chosen.cloned()).all(|scope| {
        let is_bounded = object.pointer("/spec/activeDeadlineSeconds").is_some();
        let is_best_effort = text(object, "/status/qosClass") == "BestEffort";
        let class = text(object, "/spec/priorityClassName");
        let is_listed = || scope["values"].as_array().into_iter().flatten().any(|value| value == class);
        resource.is("", "Pod")
            && match (text(&scope, "/scopeName"), text(&scope, "/operator")) {
                ("Terminating", _) => is_bounded,
                ("NotTerminating", _) => !is_bounded,
                ("BestEffort", _) => is_best_effort,
                ("NotBestEffort", _) => !is_best_effort,
                ("PriorityClass", "In") => is_listed(),
                ("PriorityClass", "NotIn") => !is_listed(),
                ("PriorityClass", "DoesNotExist") => class.is_empty(),
                ("PriorityClass", _) => !class.is_empty(),
                _ => false,
            }
    })
}

/// The quotas as they are once an object is written; refused when it goes beyond one. What a quota's status does not show yet is
/// not counted, as on a real server.
pub(super) fn charge(
    quotas: &[Arc<Value>],
    resource: &Resource,
    live: Option<&Value>,
    new: &Value,
) -> Result<Vec<Value>, Refusal> {
    let mut concerned: Vec<&Arc<Value>> = Vec::new();
    let name = text(new, "/metadata/name");
    for quota in quotas.iter().filter(|quota| is_in_scope(quota, resource, new)) {
        let hard = amounts(quota, "/status/hard");
        if !hard.keys().any(|name| governs(resource, name)) {
            continue;
        }
        if resource.is("", "Pod")
            && let Some(missing) = unsaid(&hard, new)
        {
            let why = format!("failed quota: {}: must specify {missing}", text(quota, "/metadata/name"));
            return Err(Refusal::forbidden(resource, name, &why));
        }
        concerned.push(quota);
    }
    // Only these grow.
    let is_counted_again = matches!(resource.qualified().as_str(), "pods" | "services" | "persistentvolumeclaims");
    if concerned.is_empty() || (live.is_some() && !is_counted_again) {
        return Ok(Vec::new());
    }
    let before = live.map(|live| usage(resource, live)).unwrap_or_default();
    let mut more = usage(resource, new);
    for (name, amount) in &mut more {
        let known = before.get(name).map_or("0", String::as_str);
        *amount = read(amount).minus(read(known)).to_string();
    }
    more.retain(|_, amount| read(amount).is_positive());
    let mut charged = Vec::new();
    for quota in concerned {
        let (hard, used) = (amounts(quota, "/status/hard"), amounts(quota, "/status/used"));
        let requested: Amounts = more
            .iter()
            .filter(|(name, _)| hard.contains_key(*name))
            .map(|(name, amount)| (name.clone(), amount.clone()))
            .collect();
        let mut after = used.clone();
        add(&mut after, &requested);
        let exceeded: Vec<&String> = requested.keys().filter(|name| is_more(&after[*name], &hard[*name])).collect();
        if !exceeded.is_empty() {
            let show = |amounts: &Amounts| {
                let shown =
                    exceeded.iter().map(|name| format!("{name}={}", amounts.get(*name).map_or("0", String::as_str)));
                shown.collect::<Vec<_>>().join(",")
            };
            let quota = text(quota, "/metadata/name");
            let why = format!(
                "exceeded quota: {quota}, requested: {}, used: {}, limited: {}",
                show(&requested),
                show(&used),
                show(&hard)
            );
            return Err(Refusal::forbidden(resource, name, &why));
        }
        if !requested.is_empty() {
            let mut quota = Value::clone(quota);
            quota["status"]["used"] =
                after.into_iter().map(|(name, amount)| (name, amount.into())).collect::<Map<_, _>>().into();
            charged.push(quota);
        }
    }
    Ok(charged)
}

/// What containers must say for a quota to count it, and do not.
fn unsaid(hard: &Amounts, pod: &Value) -> Option<String> {
    if pod.pointer("/spec/resources").is_some() {
        return None;
    }
    let mut faults = Vec::new();
    for wanted in hard.keys().filter(|name| MEASURED.contains(&name.as_str())) {
        let mut silent: Vec<&str> = containers(pod, "containers")
            .chain(containers(pod, "initContainers"))
            .filter(|container| {
                let mut said = Amounts::new();
                let of = |part| amounts(container, part);
                measured(&of("/resources/requests"), &of("/resources/limits"), &mut said);
                !said.contains_key(wanted)
            })
            .map(|container| text(container, "/name"))
            .collect();
        silent.sort_unstable();
        if !silent.is_empty() {
            faults.push(format!("{wanted} for: {}", silent.join(",")));
        }
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}

/// What all objects of a quota's namespace use of it.
pub(in crate::sandbox) fn used(store: &Store, quota: &Value) -> Map<String, Value> {
    let hard = amounts(quota, "/spec/hard");
    let namespace = text(quota, "/metadata/namespace");
    let mut all: Amounts = hard.keys().map(|name| (name.clone(), "0".to_owned())).collect();
    let kinds = store.kinds();
    let stored = (0..kinds.slots()).map(|slot| (slot, kinds.stored(slot)));
    let stored = stored.filter(|(slot, resource)| resource.slot == *slot && resource.namespaced);
    for (slot, resource) in stored.filter(|(_, resource)| hard.keys().any(|name| governs(resource, name))) {
        for (_, object) in store.list(slot, Some(namespace)).filter(|(_, object)| is_in_scope(quota, resource, object))
        {
            let mut usage = usage(resource, object);
            usage.retain(|name, _| hard.contains_key(name));
            add(&mut all, &usage);
        }
    }
    all.into_iter().map(|(name, amount)| (name, amount.into())).collect()
}
