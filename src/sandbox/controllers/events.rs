//! What people are told of objects: by controllers of what was scaled, created, deleted or refused, by scheduler and kubelet of pods.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Context, MANAGER, controller_uid, pods::fails_in_init, short_hash};
use crate::sandbox::{decode, first::NODE, kinds, status::Refusal, store::text};

const SCHEDULER: &str = "default-scheduler";

impl Context<'_> {
    /// Tells people what happened, once.
    pub(super) fn event(&mut self, about: &Value, kind: &str, reason: &str, message: &str) {
        self.event_once(about, kind, reason, message, message);
    }

    /// The same; an event of this identity is not told again, whatever it says.
    pub(super) fn event_once(&mut self, about: &Value, kind: &str, reason: &str, message: &str, identity: &str) {
        let uid = text(about, "/metadata/uid");
        let name = format!("{}.{}", text(about, "/metadata/name"), short_hash(&json!([uid, reason, identity])));
        let resource = kinds::known("", "Event");
        let namespace = text(about, "/metadata/namespace").to_owned();
        if self.store.get(resource.slot, &namespace, &name).is_some() {
            return;
        }
        let event = event(about, &name, self.now, [kind, reason, message]);
        self.create(resource, &namespace, event);
    }

    /// Creates a pod for its owner, and tells people if that is refused; a namespace that ends is nobody's news.
    pub(super) fn create_pod(&mut self, owner: &Value, pod: Value) -> Result<Arc<Value>, Refusal> {
        let namespace = text(owner, "/metadata/namespace").to_owned();
        let name = text(&pod, "/metadata/name").to_owned();
        let made = self.try_create(MANAGER, kinds::known("", "Pod"), &namespace, pod);
        if let Err(refusal) = &made
            && !refusal.is_terminating()
        {
            let why = &refusal.message;
            let message = match text(owner, "/kind") {
                "StatefulSet" => {
                    let owner = text(owner, "/metadata/name");
                    format!("Create Pod {name} in StatefulSet {owner} failed error: {why}")
                }
                _ => format!("Error creating: {why}"),
            };
            // Each try names another pod, and would be another event.
            self.event_once(owner, "Warning", "FailedCreate", &message, "");
        }
        made
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

/// Who tells, and where the instance of it runs.
fn source(about: &Value, reason: &str) -> (&'static str, &'static str) {
    match (text(about, "/kind"), reason) {
        ("Pod", "Scheduled" | "FailedScheduling") => (SCHEDULER, ""),
        ("Pod", _) => ("kubelet", NODE),
        ("PersistentVolumeClaim", _) => ("persistentvolume-controller", ""),
        ("Deployment", _) => ("deployment-controller", ""),
        ("ReplicaSet", _) => ("replicaset-controller", ""),
        ("StatefulSet", _) => ("statefulset-controller", ""),
        ("DaemonSet", _) => ("daemonset-controller", ""),
        ("Job", _) => ("job-controller", ""),
        ("HorizontalPodAutoscaler", _) => ("horizontal-pod-autoscaler", ""),
        ("PodDisruptionBudget", _) => ("controllermanager", ""),
        _ => (MANAGER, ""),
    }
}

/// The container that a kubelet's event is about: `spec.containers{main}`.
fn field_path(about: &Value, reason: &str) -> Option<String> {
    let is_of_container = matches!(reason, "Pulling" | "Failed" | "BackOff" | "InspectFailed" | "Unhealthy");
    if text(about, "/kind") != "Pod" || !is_of_container {
        return None;
    }
    let list = if fails_in_init(about) { "initContainers" } else { "containers" };
    Some(format!("spec.{list}{{{}}}", text(about, &format!("/spec/{list}/0/name"))))
}

/// An event about an object.
fn event(about: &Value, name: &str, now: &str, [kind, reason, message]: [&str; 3]) -> Value {
    let mut involved = Map::new();
    for (field, pointer) in [
        ("kind", "/kind"),
        ("namespace", "/metadata/namespace"),
        ("name", "/metadata/name"),
        ("uid", "/metadata/uid"),
        ("apiVersion", "/apiVersion"),
        ("resourceVersion", "/metadata/resourceVersion"),
    ] {
        involved.insert(field.into(), text(about, pointer).into());
    }
    if let Some(path) = field_path(about, reason) {
        involved.insert("fieldPath".into(), path.into());
    }
    let (component, instance) = source(about, reason);
    let mut event = json!({
        "metadata": {"name": name, "namespace": text(about, "/metadata/namespace")}, "involvedObject": involved,
        "type": kind, "reason": reason, "message": message, "reportingComponent": component, "reportingInstance": instance,
    });
    if component == SCHEDULER {
        // The scheduler writes events of the newer kind: they have one time, and no count.
        let precise = now.parse::<jiff::Timestamp>().map(decode::micros).unwrap_or_default();
        event["eventTime"] = precise.into();
        event["action"] = if reason == "Scheduled" { "Binding" } else { "Scheduling" }.into();
    } else {
        let mut source = json!({"component": component});
        if !instance.is_empty() {
            source["host"] = instance.into();
        }
        event["source"] = source;
        event["count"] = 1.into();
        event["firstTimestamp"] = now.into();
        event["lastTimestamp"] = now.into();
    }
    event
}
