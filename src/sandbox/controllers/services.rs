//! Endpoints and endpoint slices of Services, from the pods that their selectors choose.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{Context, MANAGER, controlled_by, is_terminating, pods};
use crate::sandbox::{
    kinds,
    store::{Change, Place, Store, text},
};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";

/// Queues the Services that choose a pod, as it was or as it is.
pub(super) fn of_pod(store: &Store, change: &Change, queue: &mut BTreeSet<Place>) {
    let slot = kinds::known("", "Service").slot;
    for (name, service) in store.list(slot, Some(&change.place.1.0)) {
        let chosen = [&change.old, &change.new].into_iter().flatten().any(|pod| chooses(service, pod));
        if chosen {
            queue.insert((slot, name.clone()));
        }
    }
}

/// Queues the Endpoints of a Service that is gone. Volumes of claims are found by their own controller.
pub(super) fn endpoints_of(change: &Change, queue: &mut BTreeSet<Place>) {
    queue.insert((kinds::known("", "Endpoints").slot, change.place.1.clone()));
}

fn chooses(service: &Value, pod: &Value) -> bool {
    let Some(selector) = service.pointer("/spec/selector").and_then(Value::as_object) else { return false };
    let labels = pod.pointer("/metadata/labels");
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
}

/// Removes the Endpoints of a Service that is gone.
pub(super) fn forget(context: &mut Context<'_>, endpoints: &Arc<Value>) {
    let (namespace, name) = (text(endpoints, "/metadata/namespace"), text(endpoints, "/metadata/name"));
    let is_ours = endpoints.pointer("/metadata/labels").is_some_and(|labels| labels.get(MANAGED_BY).is_some());
    if is_ours && context.store.get(kinds::known("", "Service").slot, namespace, name).is_none() {
        context.delete(endpoints, None);
    }
}

pub(super) fn reconcile(context: &mut Context<'_>, service: &Arc<Value>) {
    if service.pointer("/spec/selector").is_none() || text(service, "/spec/type") == "ExternalName" {
        return;
    }
    let namespace = text(service, "/metadata/namespace").to_owned();
    let pods: Vec<Arc<Value>> = context
        .store
        .list(kinds::known("", "Pod").slot, Some(&namespace))
        .filter(|(_, pod)| chooses(service, pod) && !text(pod, "/status/podIP").is_empty())
        .filter(|(_, pod)| !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed"))
        .map(|(_, pod)| Arc::clone(pod))
        .collect();
    let ports = ports(service, pods.first().map(|pod| &**pod));
    slice(context, service, &namespace, &pods, &ports);
    endpoints(context, service, &namespace, &pods, &ports);
}

/// The Service's ports, as the pods listen on them.
fn ports(service: &Value, pod: Option<&Value>) -> Vec<Value> {
    let ports = service.pointer("/spec/ports").and_then(Value::as_array);
    let resolve = |port: &Value| -> Option<Value> {
        let number = match port.get("targetPort")? {
            Value::Number(number) => number.as_i64()?,
            Value::String(name) => named_port(pod?, name)?,
            _ => return None,
        };
        let mut resolved = Map::new();
        resolved.insert("name".into(), port.get("name").cloned().unwrap_or_else(|| "".into()));
        resolved.insert("protocol".into(), port.get("protocol").cloned().unwrap_or_else(|| "TCP".into()));
        resolved.insert("port".into(), number.into());
        Some(Value::Object(resolved))
    };
    ports.into_iter().flatten().filter_map(resolve).collect()
}

fn named_port(pod: &Value, name: &str) -> Option<i64> {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let ports = containers.into_iter().flatten().filter_map(|container| container.get("ports")?.as_array()).flatten();
    ports
        .filter(|port| port.get("name").is_some_and(|known| known == name))
        .find_map(|port| port.get("containerPort")?.as_i64())
}

fn target(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]})
}

fn slice(context: &mut Context<'_>, service: &Arc<Value>, namespace: &str, pods: &[Arc<Value>], ports: &[Value]) {
    let slices = kinds::known("discovery.k8s.io", "EndpointSlice");
    let name = text(service, "/metadata/name");
    let mut labels = service.pointer("/metadata/labels").and_then(Value::as_object).cloned().unwrap_or_default();
    if text(service, "/spec/clusterIP") == "None" {
        labels.insert("service.kubernetes.io/headless".into(), "".into());
    }
    labels.insert("endpointslice.kubernetes.io/managed-by".into(), "endpointslice-controller.k8s.io".into());
    labels.insert("kubernetes.io/service-name".into(), name.into());
    labels.sort_keys();
    let endpoints: Vec<Value> = pods
        .iter()
        .map(|pod| {
            let (ready, terminating) = (pods::is_ready(pod), is_terminating(pod));
            json!({
                "addresses": [text(pod, "/status/podIP")],
                "conditions": {"ready": ready && !terminating, "serving": ready, "terminating": terminating},
                "targetRef": target(pod), "nodeName": pod["spec"]["nodeName"],
            })
        })
        .collect();
    let endpoints = if endpoints.is_empty() { Value::Null } else { endpoints.into() };
    let ports = if ports.is_empty() { Value::Null } else { ports.to_vec().into() };
    let mine = context.controlled(service, "discovery.k8s.io", "EndpointSlice");
    match mine.first() {
        Some(live) => {
            let mut new = Value::clone(live);
            new["metadata"]["labels"] = labels.into();
            new["endpoints"] = endpoints;
            new["ports"] = ports;
            context.update(MANAGER, "", live, new);
        }
        None => {
            let metadata = json!({"generateName": format!("{name}-"), "labels": labels, "ownerReferences": controlled_by(service)});
            let object = json!({"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports});
            context.create(slices, namespace, object);
        }
    }
}

fn endpoints(context: &mut Context<'_>, service: &Arc<Value>, namespace: &str, pods: &[Arc<Value>], ports: &[Value]) {
    let resource = kinds::known("", "Endpoints");
    let name = text(service, "/metadata/name");
    let mut labels = service.pointer("/metadata/labels").and_then(Value::as_object).cloned().unwrap_or_default();
    labels.insert(MANAGED_BY.into(), "endpoint-controller".into());
    labels.sort_keys();
    let address = |pod: &Arc<Value>| json!({"ip": text(pod, "/status/podIP"), "nodeName": pod["spec"]["nodeName"], "targetRef": target(pod)});
    let (ready, waiting): (Vec<&Arc<Value>>, Vec<&Arc<Value>>) =
        pods.iter().filter(|pod| !is_terminating(pod)).partition(|pod| pods::is_ready(pod));
    let mut subset = Map::new();
    for (field, pods) in [("addresses", ready), ("notReadyAddresses", waiting)] {
        if !pods.is_empty() {
            subset.insert(field.into(), pods.into_iter().map(address).collect());
        }
    }
    let unnamed = |port: &Value| {
        let mut port = port.clone();
        if let Some(port) = port.as_object_mut().filter(|port| port.get("name").is_some_and(|name| name == "")) {
            port.shift_remove("name");
        }
        port
    };
    let subsets = if subset.is_empty() {
        None
    } else {
        if !ports.is_empty() {
            subset.insert("ports".into(), ports.iter().map(unnamed).collect());
        }
        Some(json!([subset]))
    };
    let live = context.store.get(resource.slot, namespace, name).cloned();
    let mut new = live.as_deref().cloned().unwrap_or_else(|| json!({"metadata": {"name": name}}));
    new["metadata"]["labels"] = labels.into();
    if let Some(map) = new.as_object_mut() {
        match subsets {
            Some(subsets) => map.insert("subsets".into(), subsets),
            None => map.shift_remove("subsets"),
        };
    }
    match live {
        Some(live) => context.update(MANAGER, "", &live, new),
        None => context.create(resource, namespace, new),
    };
}
