//! Deployments roll out over replica sets, replica sets keep their pods.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{Condition, Context, MANAGER, controlled_by, events, is_terminating, number, numbers, pods, short_hash};
use crate::sandbox::{
    convert::map_at,
    kinds,
    store::{Place, text},
};

const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";

pub(super) fn reconcile(context: &mut Context<'_>, place: &Place, deployment: &Arc<Value>) {
    let mut sets = context.controlled(deployment, "apps", "ReplicaSet");
    sets.retain(|set| !is_terminating(set));
    sets.sort_by_key(|set| revision(set));
    let hash = short_hash(&deployment["spec"]["template"]);
    let is_current = |set: &Arc<Value>| text(set, &format!("/metadata/labels/{HASH}")) == hash;
    let is_paused = deployment["spec"]["paused"] == true;
    let latest = sets.last().map_or(0, |set| revision(set));
    let current = match sets.iter().position(is_current) {
        Some(at) => {
            let set = sets.remove(at);
            // Going back to an older template makes it the newest revision.
            if revision(&set) < latest { annotate(context, &set, latest + 1) } else { Some(set) }
        }
        None if is_paused => None,
        None => make(context, deployment, &hash, latest + 1, &sets),
    };
    let current = current.and_then(|set| follow(context, deployment, &set));
    if !is_paused && let Some(current) = &current {
        scale(context, deployment, current, &sets);
        forget_old(context, deployment, &sets);
    }
    tell(context, place, deployment);
}

fn revision(set: &Value) -> i64 {
    set.pointer("/metadata/annotations/deployment.kubernetes.io~1revision")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

fn annotate(context: &mut Context<'_>, set: &Arc<Value>, revision: i64) -> Option<Arc<Value>> {
    let mut new = Value::clone(set);
    map_at(&mut new, &["metadata", "annotations"])?.insert(REVISION.into(), revision.to_string().into());
    context.update(MANAGER, "", set, new)
}

/// What is noted at a deployment is noted at its current set, where `kubectl rollout history` looks for the cause of a change;
/// and its pods must run for as long as the deployment asks now.
fn follow(context: &mut Context<'_>, deployment: &Value, set: &Arc<Value>) -> Option<Arc<Value>> {
    let mut new = Value::clone(set);
    map_at(&mut new, &["metadata", "annotations"])?.extend(notes(deployment));
    new["spec"]["minReadySeconds"] = number(deployment, "/spec/minReadySeconds").into();
    context.update(MANAGER, "", set, new)
}

/// The annotations of a deployment that are not the deployment's alone.
fn notes(deployment: &Value) -> Vec<(String, Value)> {
    let is_own = |key: &str| {
        key.starts_with("deployment.kubernetes.io/") || key == "kubectl.kubernetes.io/last-applied-configuration"
    };
    let all = deployment.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
    all.filter(|(key, _)| !is_own(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn make(
    context: &mut Context<'_>,
    deployment: &Arc<Value>,
    hash: &str,
    revision: i64,
    older: &[Arc<Value>],
) -> Option<Arc<Value>> {
    let namespace = text(deployment, "/metadata/namespace").to_owned();
    let mut template = deployment["spec"]["template"].clone();
    map_at(&mut template, &["metadata", "labels"])?.insert(HASH.into(), hash.into());
    let mut selector = deployment["spec"]["selector"].clone();
    map_at(&mut selector, &["matchLabels"])?.insert(HASH.into(), hash.into());
    let (wanted, surge) = (number(deployment, "/spec/replicas"), surge(deployment));
    let running: i64 = older.iter().map(|set| number(set, "/spec/replicas")).sum();
    let is_recreate = text(deployment, "/spec/strategy/type") == "Recreate";
    let replicas = if is_recreate && running > 0 { 0 } else { (wanted + surge - running).clamp(0, wanted) };
    let mut annotations = json!({
        "deployment.kubernetes.io/desired-replicas": wanted.to_string(),
        "deployment.kubernetes.io/max-replicas": (wanted + surge).to_string(),
        REVISION: revision.to_string(),
    });
    map_at(&mut annotations, &[])?.extend(notes(deployment));
    let name = format!("{}-{hash}", text(deployment, "/metadata/name"));
    if replicas > 0 {
        events::scaled(context, deployment, &name, 0, replicas);
    }
    let object = json!({
        "metadata": {
            "name": name, "labels": template["metadata"]["labels"],
            "annotations": annotations, "ownerReferences": controlled_by(deployment),
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template, "minReadySeconds": number(deployment, "/spec/minReadySeconds")},
    });
    context.create(kinds::known("apps", "ReplicaSet"), &namespace, object)
}

/// A number of pods, or a share of them.
pub(super) fn share(value: Option<&Value>, of: i64, round_up: bool) -> i64 {
    match value {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
        Some(Value::String(text)) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            if round_up { (of * percent + 99) / 100 } else { of * percent / 100 }
        }
        _ => 0,
    }
}

fn surge(deployment: &Value) -> i64 {
    share(deployment.pointer("/spec/strategy/rollingUpdate/maxSurge"), number(deployment, "/spec/replicas"), true)
}

fn unavailable(deployment: &Value) -> i64 {
    let wanted = number(deployment, "/spec/replicas");
    let allowed = share(deployment.pointer("/spec/strategy/rollingUpdate/maxUnavailable"), wanted, false);
    if allowed == 0 && surge(deployment) == 0 { 1 } else { allowed }
}

fn set_replicas(context: &mut Context<'_>, deployment: &Value, set: &Arc<Value>, replicas: i64) {
    let before = number(set, "/spec/replicas");
    if before != replicas {
        events::scaled(context, deployment, text(set, "/metadata/name"), before, replicas);
        let mut new = Value::clone(set);
        new["spec"]["replicas"] = replicas.into();
        context.update(MANAGER, "", set, new);
    }
}

fn scale(context: &mut Context<'_>, deployment: &Value, current: &Arc<Value>, older: &[Arc<Value>]) {
    let wanted = number(deployment, "/spec/replicas");
    let replicas = number(current, "/spec/replicas");
    let in_older: i64 = older.iter().map(|set| number(set, "/spec/replicas")).sum();
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        for set in older {
            set_replicas(context, deployment, set, 0);
        }
        let is_empty = older.iter().all(|set| context.controlled(set, "", "Pod").is_empty());
        if is_empty {
            set_replicas(context, deployment, current, wanted);
        }
        return;
    }
    if replicas > wanted || older.is_empty() {
        set_replicas(context, deployment, current, wanted);
        return;
    }
    let room = wanted + surge(deployment) - replicas - in_older;
    if replicas < wanted && room > 0 {
        set_replicas(context, deployment, current, (replicas + room).min(wanted));
        return;
    }
    let available = |set: &Arc<Value>| number(set, "/status/availableReplicas").min(number(set, "/spec/replicas"));
    let must_run = wanted - unavailable(deployment);
    let mut spare = older.iter().map(available).sum::<i64>() + available(current) - must_run;
    for set in older {
        // Pods that do not run are no loss.
        let idle = number(set, "/spec/replicas") - available(set);
        let fewer = available(set).min(spare.max(0));
        spare -= fewer;
        set_replicas(context, deployment, set, number(set, "/spec/replicas") - idle - fewer);
    }
}

fn forget_old(context: &mut Context<'_>, deployment: &Value, older: &[Arc<Value>]) {
    let kept = usize::try_from(number(deployment, "/spec/revisionHistoryLimit")).unwrap_or(10);
    let idle: Vec<&Arc<Value>> =
        older.iter().filter(|set| number(set, "/spec/replicas") == 0 && number(set, "/status/replicas") == 0).collect();
    for set in idle.iter().take(idle.len().saturating_sub(kept)) {
        context.delete(set, None);
    }
}

fn tell(context: &mut Context<'_>, place: &Place, deployment: &Arc<Value>) {
    let sets = context.controlled(deployment, "apps", "ReplicaSet");
    let hash = short_hash(&deployment["spec"]["template"]);
    let current = sets.iter().find(|set| text(set, &format!("/metadata/labels/{HASH}")) == hash);
    let sum = |pointer: &str| sets.iter().map(|set| number(set, pointer)).sum::<i64>();
    let wanted = number(deployment, "/spec/replicas");
    let (replicas, available) = (sum("/status/replicas"), sum("/status/availableReplicas"));
    let updated = current.map_or(0, |set| number(set, "/status/replicas"));
    let mut status: Map<String, Value> = numbers(&[
        ("observedGeneration", number(deployment, "/metadata/generation")),
        ("replicas", replicas),
        ("updatedReplicas", updated),
        ("readyReplicas", sum("/status/readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (wanted.max(replicas) - available).max(0)),
    ]);
    status.insert("terminatingReplicas".into(), sum("/status/terminatingReplicas").into());
    let is_available = available >= wanted - unavailable(deployment);
    let availability = match is_available {
        true => Condition {
            kind: "Available",
            status: true,
            reason: "MinimumReplicasAvailable",
            message: "Deployment has minimum availability.",
        },
        false => Condition {
            kind: "Available",
            status: false,
            reason: "MinimumReplicasUnavailable",
            message: "Deployment does not have minimum availability.",
        },
    };
    let name = current.map_or("", |set| text(set, "/metadata/name"));
    let is_complete = updated == wanted && replicas == wanted && available == wanted && current.is_some();
    let is_late = is_late(context, place, deployment, [updated, replicas, available], is_complete);
    let message = match (is_complete, is_late) {
        (true, _) => format!("ReplicaSet {name:?} has successfully progressed."),
        (_, true) => format!("ReplicaSet {name:?} has timed out progressing."),
        _ => format!("ReplicaSet {name:?} is progressing."),
    };
    let progress = |status, reason| Condition { kind: "Progressing", status, reason, message: &message };
    let progress = match (deployment["spec"]["paused"] == true, is_complete, is_late) {
        (true, ..) => Condition {
            kind: "Progressing",
            status: false,
            reason: "DeploymentPaused",
            message: "Deployment is paused",
        },
        (_, true, _) => progress(true, "NewReplicaSetAvailable"),
        (_, _, true) => progress(false, "ProgressDeadlineExceeded"),
        _ => progress(true, "ReplicaSetUpdated"),
    };
    let mut conditions =
        vec![availability.write(deployment, context.now, true), progress.write(deployment, context.now, true)];
    if let Some(failure) = current.and_then(|set| failure(set)).or_else(|| sets.iter().find_map(|set| failure(set))) {
        let (kind, message) = ("ReplicaFailure", text(failure, "/message"));
        let failure = Condition { kind, status: true, reason: text(failure, "/reason"), message };
        conditions.push(failure.write(deployment, context.now, true));
    }
    status.insert("conditions".into(), conditions.into());
    let mut new = Value::clone(deployment);
    new["status"] = Value::Object(status);
    // The real controller writes the revision along with the status, so that the generation stays.
    if let (Some(current), Some(annotations)) = (current, map_at(&mut new, &["metadata", "annotations"])) {
        annotations.insert(REVISION.into(), revision(current).to_string().into());
    }
    context.update(MANAGER, "status", deployment, new);
}

/// Whether a rollout has not moved for longer than its deadline.
fn is_late(context: &mut Context<'_>, place: &Place, deployment: &Value, moved: [i64; 3], is_complete: bool) -> bool {
    let uid = text(deployment, "/metadata/uid");
    let generation = number(deployment, "/metadata/generation");
    let what = format!("rollout {uid} {generation} {moved:?}");
    if is_complete {
        context.memory.since.retain(|known, _| !known.starts_with(&format!("rollout {uid} ")));
        return false;
    }
    if !context.memory.since.contains_key(&what) {
        context.memory.since.retain(|known, _| !known.starts_with(&format!("rollout {uid} ")));
    }
    let deadline = Duration::from_secs(number(deployment, "/spec/progressDeadlineSeconds").max(1).unsigned_abs());
    let elapsed = context.elapsed(what);
    if elapsed < deadline {
        context.later(place, deadline - elapsed);
    }
    elapsed >= deadline
}

/// Keeps as many pods as are wanted.
/// What keeps a number of pods: replica sets, and the controllers that were before them.
pub(super) fn replica_set(context: &mut Context<'_>, place: &Place, set: &Arc<Value>) {
    let mut pods = context.controlled(set, "", "Pod");
    let mut leaving = pods.iter().filter(|pod| is_terminating(pod) && !pods::is_finished(pod)).count();
    pods.retain(|pod| pods::is_active(pod));
    let wanted = usize::try_from(number(set, "/spec/replicas")).unwrap_or(0);
    let mut refused = None;
    for _ in pods.len()..wanted {
        let pod = json!({
            "metadata": {
                "generateName": format!("{}-", text(set, "/metadata/name")), "labels": set["spec"]["template"]["metadata"]["labels"],
                "annotations": set["spec"]["template"]["metadata"]["annotations"], "ownerReferences": controlled_by(set),
            },
            "spec": set["spec"]["template"]["spec"],
        });
        match context.create_pod(set, pod) {
            Ok(pod) => pods.push(pod),
            Err(refusal) => {
                refused = Some(refusal).filter(|refusal| !refusal.is_terminating());
                break;
            }
        }
    }
    // Those that do not run go first, then the youngest.
    pods.sort_by_key(|pod| {
        (!pods::is_ready(pod), std::cmp::Reverse(text(pod, "/metadata/creationTimestamp").to_owned()))
    });
    pods.sort_by_key(|pod| !pods::is_ready(pod));
    for pod in pods.drain(wanted.min(pods.len())..).collect::<Vec<_>>() {
        leaving += 1;
        context.delete(&pod, None);
    }
    let ready: Vec<&Arc<Value>> = pods.iter().filter(|pod| pods::is_ready(pod)).collect();
    let available = available(context, place, set, &ready);
    let count = |number: usize| i64::try_from(number).unwrap_or(0);
    let mut status: Map<String, Value> = Map::new();
    status.insert("replicas".into(), count(pods.len()).into());
    status.extend(numbers(&[
        ("fullyLabeledReplicas", count(pods.len())),
        ("readyReplicas", count(ready.len())),
        ("availableReplicas", available),
        ("observedGeneration", number(set, "/metadata/generation")),
    ]));
    status.insert("terminatingReplicas".into(), leaving.into());
    if let Some(refusal) = refused {
        // The first refusal stays, whatever the next ones say.
        let condition = failure(set).cloned().unwrap_or_else(|| {
            let (kind, message) = ("ReplicaFailure", refusal.message.as_str());
            Condition { kind, status: true, reason: "FailedCreate", message }.write(set, context.now, false)
        });
        status.insert("conditions".into(), json!([condition]));
    }
    context.status(MANAGER, set, Value::Object(status));
}

/// Why a set has no pods.
fn failure(set: &Value) -> Option<&Value> {
    let conditions = set.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|known| known["type"] == "ReplicaFailure")
}

/// How many ready pods have been so for long enough.
fn available(context: &mut Context<'_>, place: &Place, set: &Value, ready: &[&Arc<Value>]) -> i64 {
    let wait = Duration::from_secs(number(set, "/spec/minReadySeconds").unsigned_abs());
    let mut available = 0;
    for pod in ready {
        let elapsed =
            if wait.is_zero() { wait } else { context.elapsed(format!("ready {}", text(pod, "/metadata/uid"))) };
        if elapsed >= wait {
            available += 1;
        } else {
            context.later(place, wait - elapsed);
        }
    }
    available
}
