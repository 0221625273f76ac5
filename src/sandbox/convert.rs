//! One object in the versions of its kind: the autoscaler's v1 and v2, the two event APIs, and the versions of a definition, which
//! differ in nothing but their name. All other kinds have one version.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value, json};

use super::kinds::{self, Resource};
use crate::object::split_api_version;

/// The same kind in another version, if it is served.
pub(super) fn view<'a>(resource: &'a Resource, api_version: &str) -> Option<&'a Resource> {
    let (group, version) = split_api_version(api_version);
    if resource.group == group && resource.version == version {
        return Some(resource);
    }
    let is_view = |known: &&Arc<Resource>| known.group == group && known.version == version;
    match &resource.custom {
        None => kinds::all().iter().find(|known| known.slot == resource.slot && is_view(known)),
        Some(custom) => custom.others.iter().find(is_view),
    }
    .map(|known| &**known)
}

/// Writes an object of one version in another.
pub(super) fn convert<'a>(object: Cow<'a, Value>, from: &Resource, to: &Resource) -> Cow<'a, Value> {
    if from.group == to.group && from.version == to.version {
        return object;
    }
    let mut object = object.into_owned();
    match (from.kind.as_str(), to.version.as_str(), to.group.as_str()) {
        ("HorizontalPodAutoscaler", "v2", _) => autoscaler_to_v2(&mut object),
        ("HorizontalPodAutoscaler", _, _) => autoscaler_to_v1(&mut object),
        ("Event", _, "events.k8s.io") => rename(&mut object, EVENT),
        ("Event", _, _) => rename(&mut object, &EVENT.map(|(core, new)| (new, core))),
        _ => {}
    }
    if let Some(map) = object.as_object_mut()
        && map.contains_key("apiVersion")
    {
        map.insert("apiVersion".into(), to.api_version().into());
    }
    Cow::Owned(object)
}

/// The fields of an event in the core group and in its own.
const EVENT: &[(&str, &str); 7] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(object: &mut Value, names: &[(&str, &str)]) {
    let Some(map) = object.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = map.shift_remove(*from) {
            map.insert((*to).to_owned(), value);
        }
    }
}

fn autoscaler_to_v2(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if let Some(target) = spec.shift_remove("targetCPUUtilizationPercentage").filter(|value| !value.is_null()) {
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}});
        spec.insert("metrics".into(), json!([metric]));
    }
    let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) else { return };
    status.shift_remove("currentCPUUtilizationPercentage");
    status.entry("currentMetrics").or_insert(Value::Null);
}

fn autoscaler_to_v1(object: &mut Value) {
    let cpu = |metric: &Value| {
        let resource = metric.get("resource")?;
        (resource.get("name")? == "cpu").then(|| resource.pointer("/target/averageUtilization").cloned())?
    };
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        let metrics = spec.shift_remove("metrics");
        let target = metrics.as_ref().and_then(Value::as_array).into_iter().flatten().find_map(cpu);
        spec.shift_remove("behavior");
        if let Some(target) = target {
            spec.insert("targetCPUUtilizationPercentage".into(), target);
        }
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        status.retain(|key, _| key != "currentMetrics" && key != "conditions");
        status.entry("currentReplicas").or_insert(json!(0));
    }
}

/// An empty map, where a pointer leads nowhere yet.
pub(super) fn map_at<'a>(object: &'a mut Value, keys: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut at = object;
    for key in keys {
        let map = at.as_object_mut()?;
        let entry = map.entry((*key).to_owned()).or_insert_with(|| json!({}));
        if entry.is_null() {
            *entry = json!({});
        }
        at = entry;
    }
    at.as_object_mut()
}
