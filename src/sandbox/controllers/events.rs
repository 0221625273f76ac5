//! What controllers tell people in good times: what was scaled, created, deleted, placed.

use serde_json::Value;

use super::{Context, controller_uid};
use crate::sandbox::store::text;

/// Who tells such a thing about an object.
pub(super) fn component(kind: &str, reason: &str) -> &'static str {
    match (kind, reason) {
        ("Deployment", _) => "deployment-controller",
        ("ReplicaSet", _) => "replicaset-controller",
        ("StatefulSet", _) => "statefulset-controller",
        ("DaemonSet", _) => "daemonset-controller",
        ("Job", _) => "job-controller",
        ("HorizontalPodAutoscaler", _) => "horizontal-pod-autoscaler",
        ("PersistentVolumeClaim", _) => "persistentvolume-controller",
        ("PodDisruptionBudget", _) => "controllermanager",
        ("Pod", "Scheduled" | "FailedScheduling") => "default-scheduler",
        ("Pod", _) => "kubelet",
        _ => "sandbox",
    }
}

/// A pod is there, and its owner made it.
pub(super) fn created(context: &mut Context<'_>, pod: &Value) {
    tell_owner(context, pod, "Create");
}

/// A pod is to go, and its owner wants it so.
pub(super) fn deleted(context: &mut Context<'_>, pod: &Value) {
    tell_owner(context, pod, "Delete");
}

fn tell_owner(context: &mut Context<'_>, pod: &Value, what: &str) {
    let place = controller_uid(pod).and_then(|uid| context.store.by_uid(uid));
    let Some(owner) = place.and_then(|place| context.store.at(place)).cloned() else { return };
    let name = text(pod, "/metadata/name");
    let message = match text(&owner, "/kind") {
        "StatefulSet" => {
            format!("{what} Pod {name} in StatefulSet {} successful", text(&owner, "/metadata/name"))
        }
        _ => format!("{what}d pod: {name}"),
    };
    context.event(&owner, "Normal", &format!("Successful{what}"), &message);
}

/// A pod has its node.
pub(super) fn scheduled(context: &mut Context<'_>, pod: &Value, node: &str) {
    let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
    context.event(pod, "Normal", "Scheduled", &format!("Successfully assigned {namespace}/{name} to {node}"));
}

/// A deployment changes the size of one of its sets.
pub(super) fn scaled(context: &mut Context<'_>, deployment: &Value, set: &str, from: i64, to: i64) {
    let way = if to > from { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {set} from {from} to {to}");
    context.event(deployment, "Normal", "ScalingReplicaSet", &message);
}
