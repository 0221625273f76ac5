//! When objects of the kinds of Kubernetes work.

use serde_json::Value;

use crate::{
    object::{GroupKind, Object},
    observed::Readiness,
    quantity::Quantity,
};

use super::{SERVICE_NAME, condition, count, failed, is_true, observed, phase, replicas, waiting, words};

pub(super) fn judge(object: &Object, kind: &GroupKind, slices: Option<&[&Object]>) -> Readiness {
    match (kind.group.as_str(), kind.kind.as_str()) {
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
        ("", "ResourceQuota") => quota(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ => Readiness::Ready,
    }
}

/// A quota has no generation: its controller has seen it once the limits that it tells are those that are asked for.
fn quota(object: &Object) -> Readiness {
    let asked = object.at("/spec/hard").and_then(Value::as_object);
    let counted = |(name, limit): (&String, &Value)| {
        let amount = |value: &Value| Quantity::parse(value.as_str()?);
        let told = object.at("/status/hard").and_then(|hard| hard.get(name)).and_then(amount);
        told.is_some()
            && told == amount(limit)
            && object.at("/status/used").is_some_and(|used| used.get(name).is_some())
    };
    match asked.into_iter().flatten().all(counted) {
        true => Readiness::Ready,
        false => waiting("what it limits is not counted yet"),
    }
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
