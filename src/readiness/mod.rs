//! Whether a live object works, kind by kind, and if not, what it waits for. It looks at values, never at a cluster.
//!
//! Nothing is believed before the controller has seen the generation that was written: until then the status is that of
//! the object before. What ditc waits for is deliberately less than everything: an Ingress or a load balancer may never
//! get an address on some clusters, and nothing here needs one.

use std::time::Duration;

use serde_json::Value;

use crate::{
    object::{GroupKind, Object},
    observed::Readiness,
};

#[cfg(test)]
mod tests;

/// A workload without a readiness probe must have stayed ready for so long: a crashing one is available first, and its
/// first exit shows within a second of its start.
const SETTLING: Duration = Duration::from_secs(2);

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The kind in which the endpoints of Services are seen.
#[must_use]
pub fn endpoint_slices() -> (GroupKind, String) {
    (GroupKind::new("discovery.k8s.io", "EndpointSlice"), "discovery.k8s.io/v1".to_owned())
}

/// Whether objects of a kind are waited for at all; others work as soon as they are written.
#[must_use]
pub fn is_awaited(kind: &GroupKind) -> bool {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod" | "PersistentVolumeClaim" | "Service" | "ReplicationController" | "Namespace") => true,
        ("apps", "ControllerRevision") => false,
        ("apps", _) => true,
        ("batch", "Job") => true,
        ("apiextensions.k8s.io", _) => true,
        ("batch", _)
        | ("", _)
        | ("networking.k8s.io" | "rbac.authorization.k8s.io" | "policy" | "autoscaling" | "storage.k8s.io", _)
        | ("scheduling.k8s.io" | "coordination.k8s.io" | "discovery.k8s.io" | "admissionregistration.k8s.io", _) => {
            false
        }
        // Of other kinds ditc knows only the conditions that they show, so it looks.
        _ => true,
    }
}

/// How long an object that looks ready must go on doing so.
#[must_use]
pub fn settling(object: &Object) -> Duration {
    let workload = object.key().is_some_and(|key| key.kind.group == "apps");
    let given = object.at("/spec/minReadySeconds").and_then(Value::as_u64).is_some_and(|seconds| seconds > 0);
    let containers = object.at("/spec/template/spec/containers").and_then(Value::as_array);
    let unprobed = containers.is_some_and(|all| all.iter().any(|container| container.get("readinessProbe").is_none()));
    let runs = object.at("/spec/replicas").and_then(Value::as_u64) != Some(0);
    if workload && unprobed && runs && !given { SETTLING } else { Duration::ZERO }
}

/// Judges one object. `slices` are the EndpointSlices of its namespace, where somebody looked; a Service is then ready
/// only with a ready endpoint.
#[must_use]
pub fn judge(object: &Object, slices: Option<&[&Object]>) -> Readiness {
    // What ran to its end may go.
    if object.is_terminating() && !has_ended(object) {
        return waiting("it is being deleted");
    }
    let Some(key) = object.key() else { return waiting("it has no kind or name") };
    match (key.kind.group.as_str(), key.kind.kind.as_str()) {
        ("apps", "Deployment") => observed(object).unwrap_or_else(|| deployment(object)),
        ("apps", "StatefulSet") => observed(object).unwrap_or_else(|| stateful_set(object)),
        ("apps", "DaemonSet") => observed(object).unwrap_or_else(|| daemon_set(object)),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => {
            observed(object).unwrap_or_else(|| replica_set(object))
        }
        ("batch", "Job") => job(object),
        ("", "Pod") => pod(object),
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "Service") => service(object, slices),
        ("", "Namespace") if phase(object) == "Active" => Readiness::Ready,
        ("", "Namespace") => waiting("it is not active yet"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ if is_awaited(&key.kind) => conditions(object),
        _ => Readiness::Ready,
    }
}

/// Whether an object ran to its end, well or not, and has nothing more to do.
#[must_use]
pub fn has_ended(object: &Object) -> bool {
    let Some(key) = object.key() else { return false };
    match (key.kind.group.as_str(), key.kind.kind.as_str()) {
        ("batch", "Job") => ["Complete", "Failed"].iter().any(|end| is_true(condition(object, end))),
        ("", "Pod") => matches!(phase(object), "Succeeded" | "Failed"),
        _ => false,
    }
}

fn waiting(why: impl Into<String>) -> Readiness {
    Readiness::Waiting(why.into())
}

fn failed(why: impl Into<String>) -> Readiness {
    Readiness::Failed(why.into())
}

/// None once the controller has seen what was written.
fn observed(object: &Object) -> Option<Readiness> {
    let generation = object.generation()?;
    let observed = object.at("/status/observedGeneration").and_then(Value::as_i64);
    (observed < Some(generation)).then(|| waiting("its controller has not seen the change yet"))
}

fn count(object: &Object, pointer: &str) -> i64 {
    object.at(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn replicas(object: &Object) -> i64 {
    object.at("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

fn phase(object: &Object) -> &str {
    object.at("/status/phase").and_then(Value::as_str).unwrap_or_default()
}

/// A condition by its type.
fn condition<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let conditions = object.at("/status/conditions").and_then(Value::as_array)?;
    conditions.iter().find(|condition| condition["type"] == name)
}

fn is_true(condition: Option<&Value>) -> bool {
    condition.is_some_and(|condition| condition["status"] == "True")
}

/// A condition's own words, else its reason.
fn words(condition: &Value) -> String {
    let text = |field: &str| condition[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    text("message").or_else(|| text("reason")).unwrap_or_else(|| "no reason is given".to_owned())
}

fn of(count: i64, total: i64, what: &str) -> Readiness {
    let (noun, verb) = if total == 1 { ("replica", "is") } else { ("replicas", "are") };
    waiting(format!("{count} of {total} {noun} {verb} {what}"))
}

fn deployment(object: &Object) -> Readiness {
    let wanted = replicas(object);
    if let Some(progressing) = condition(object, "Progressing")
        && progressing["reason"] == "ProgressDeadlineExceeded"
    {
        return failed(words(progressing));
    }
    if object.at("/spec/paused").and_then(Value::as_bool) == Some(true) {
        return Readiness::Ready;
    }
    if let Some(refused) = condition(object, "ReplicaFailure").filter(|condition| is_true(Some(condition))) {
        return waiting(words(refused));
    }
    let (all, updated) = (count(object, "/status/replicas"), count(object, "/status/updatedReplicas"));
    let (ready, available) = (count(object, "/status/readyReplicas"), count(object, "/status/availableReplicas"));
    if updated < wanted {
        of(updated, wanted, "updated")
    } else if all > updated {
        waiting(format!(
            "{} of the replicas before still {}",
            all - updated,
            if all - updated == 1 { "runs" } else { "run" }
        ))
    } else if ready < wanted {
        of(ready, wanted, "ready")
    } else if available < wanted {
        of(available, wanted, "available")
    } else {
        Readiness::Ready
    }
}

fn stateful_set(object: &Object) -> Readiness {
    let wanted = replicas(object);
    let (ready, updated) = (count(object, "/status/readyReplicas"), count(object, "/status/updatedReplicas"));
    let partition = count(object, "/spec/updateStrategy/rollingUpdate/partition");
    let on_delete = object.at("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete");
    let (current, update) = (object.at("/status/currentRevision"), object.at("/status/updateRevision"));
    if count(object, "/status/replicas") > wanted {
        waiting("it is being scaled down")
    } else if ready < wanted {
        of(ready, wanted, "ready")
    } else if on_delete {
        Readiness::Ready
    } else if updated < wanted - partition {
        of(updated, wanted - partition, "updated")
    } else if partition == 0 && current != update && wanted > 0 {
        waiting("its new revision is not complete yet")
    } else {
        Readiness::Ready
    }
}

fn daemon_set(object: &Object) -> Readiness {
    let Some(wanted) = object.at("/status/desiredNumberScheduled").and_then(Value::as_i64) else {
        return waiting("its pods are not scheduled yet");
    };
    let on_delete = object.at("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete");
    let updated = count(object, "/status/updatedNumberScheduled");
    let available = count(object, "/status/numberAvailable");
    if updated < wanted && !on_delete {
        of(updated, wanted, "updated")
    } else if available < wanted {
        of(available, wanted, "available")
    } else {
        Readiness::Ready
    }
}

fn replica_set(object: &Object) -> Readiness {
    let (wanted, available) = (replicas(object), count(object, "/status/availableReplicas"));
    if let Some(refused) = condition(object, "ReplicaFailure").filter(|condition| is_true(Some(condition))) {
        return waiting(words(refused));
    }
    if available < wanted { of(available, wanted, "available") } else { Readiness::Ready }
}

fn job(object: &Object) -> Readiness {
    if let Some(failure) = condition(object, "Failed").filter(|condition| is_true(Some(condition))) {
        return failed(words(failure));
    }
    if is_true(condition(object, "Complete")) || object.at("/spec/suspend").and_then(Value::as_bool) == Some(true) {
        return Readiness::Ready;
    }
    let failures = count(object, "/status/failed");
    waiting(if failures > 0 { format!("it runs; {failures} tries failed") } else { "it runs".to_owned() })
}

fn pod(object: &Object) -> Readiness {
    match phase(object) {
        "Succeeded" => Readiness::Ready,
        "Failed" => failed(object.at("/status/message").and_then(Value::as_str).unwrap_or("its containers failed")),
        _ if is_true(condition(object, "Ready")) => Readiness::Ready,
        _ => waiting(condition(object, "Ready").map_or_else(|| "it is not scheduled yet".to_owned(), words)),
    }
}

fn claim(object: &Object) -> Readiness {
    match phase(object) {
        "Bound" => Readiness::Ready,
        "Lost" => failed("its volume is lost"),
        _ => waiting("it is not bound to a volume yet"),
    }
}

/// A Service with a selector works when something answers behind it. Others route to what is not ours to judge.
fn service(object: &Object, slices: Option<&[&Object]>) -> Readiness {
    let selects = object.at("/spec/selector").and_then(Value::as_object).is_some_and(|selector| !selector.is_empty());
    let (Some(slices), true) = (slices, selects) else { return Readiness::Ready };
    let mine = slices.iter().filter(|slice| slice.label(SERVICE_NAME) == object.name());
    let mut endpoints = mine.filter_map(|slice| slice.at("/endpoints")?.as_array()).flatten();
    // A missing `ready` means ready (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ready).
    if endpoints.any(|endpoint| endpoint["conditions"]["ready"].as_bool().unwrap_or(true)) {
        Readiness::Ready
    } else {
        waiting("it has no ready endpoint yet")
    }
}

fn definition(object: &Object) -> Readiness {
    match condition(object, "NamesAccepted").filter(|condition| condition["status"] == "False") {
        Some(refused) => failed(words(refused)),
        None if is_true(condition(object, "Established")) => Readiness::Ready,
        None => waiting("it is not established yet"),
    }
}

/// Other kinds speak through conditions, if at all.
fn conditions(object: &Object) -> Readiness {
    if let Some(wait) = object.at("/status/observedGeneration").and_then(|_| observed(object)) {
        return wait;
    }
    if let Some(stalled) = condition(object, "Stalled").filter(|condition| is_true(Some(condition))) {
        return failed(words(stalled));
    }
    if let Some(busy) = condition(object, "Reconciling").filter(|condition| is_true(Some(condition))) {
        return waiting(words(busy));
    }
    match condition(object, "Ready") {
        Some(ready) if !is_true(Some(ready)) => waiting(words(ready)),
        _ => Readiness::Ready,
    }
}
