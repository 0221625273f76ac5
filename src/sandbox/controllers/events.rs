//! Events as kubelet, scheduler and controllers write them.

use serde_json::{Map, Value, json};

use super::pods::fails_in_init;
use crate::sandbox::{decode, first::NODE, store::text};

/// Who tells, and where the instance of it runs.
fn source(about: &Value, reason: &str) -> (&'static str, &'static str) {
    match (text(about, "/kind"), reason) {
        ("Pod", "FailedScheduling") => ("default-scheduler", ""),
        ("Pod", _) => ("kubelet", NODE),
        ("PersistentVolumeClaim", _) => ("persistentvolume-controller", ""),
        ("Deployment", _) => ("deployment-controller", ""),
        ("ReplicaSet", _) => ("replicaset-controller", ""),
        ("StatefulSet", _) => ("statefulset-controller", ""),
        ("DaemonSet", _) => ("daemonset-controller", ""),
        ("Job", _) => ("job-controller", ""),
        _ => (super::MANAGER, ""),
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
pub(super) fn event(about: &Value, name: &str, now: &str, [kind, reason, message]: [&str; 3]) -> Value {
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
    if reason == "FailedScheduling" {
        // The scheduler writes events of the newer kind: they have one time, and no count.
        let precise = now.parse::<jiff::Timestamp>().map(decode::micros).unwrap_or_default();
        event["eventTime"] = precise.into();
        event["action"] = "Scheduling".into();
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
