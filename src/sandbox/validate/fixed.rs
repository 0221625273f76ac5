//! What may not change once it is set.

use serde_json::{Map, Value, json};

use super::common;
use crate::{
    quantity::Quantity,
    sandbox::{custom, kinds::Resource, status::Cause, store::text},
};

const IMMUTABLE: &str = "field is immutable";

/// The complaints about a change.
pub(in crate::sandbox) fn change(resource: &Resource, live: &Value, object: &Value, subresource: &str) -> Vec<Cause> {
    let mut found = Vec::new();
    if let Some(custom) = &resource.custom {
        finalizers(live, object, &mut found);
        common(resource, object, &mut found);
        found.extend(custom::check(resource, custom, Some(live), object));
        return found;
    }
    if !matches!(subresource, "" | "scale") {
        return found;
    }
    finalizers(live, object, &mut found);
    if live.get("spec") != object.get("spec") || live.pointer("/metadata/labels") != object.pointer("/metadata/labels")
    {
        common(resource, object, &mut found);
    }
    let mut same = |field: &str| {
        let pointer = format!("/{}", field.replace('.', "/"));
        let (old, new) = (live.pointer(&pointer), object.pointer(&pointer));
        if old != new {
            found.push(Cause::invalid(field, new.unwrap_or(&Value::Null), IMMUTABLE));
        }
    };
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") => same("spec.selector"),
        ("batch", "Job") => {
            same("spec.completions");
            same("spec.selector");
            same("spec.template.spec");
            same("spec.completionMode");
        }
        ("storage.k8s.io", "StorageClass") => {
            for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
                same(field);
            }
        }
        ("apps", "StatefulSet") => stateful_set(live, object, &mut found),
        ("", "Pod") => pod(live, object, &mut found),
        ("", "Service") => service(live, object, &mut found),
        ("", "PersistentVolumeClaim") => claim(live, object, &mut found),
        ("", "Secret") => {
            same("type");
            frozen(live, object, &mut found);
        }
        ("", "ConfigMap") => frozen(live, object, &mut found),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") if live["roleRef"] != object["roleRef"] => {
            let role = &object["roleRef"];
            let role = json!({"APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"]});
            found.push(Cause::invalid("roleRef", &role, "cannot change roleRef"));
        }
        ("scheduling.k8s.io", "PriorityClass") if live["value"] != object["value"] => {
            found.push(Cause::forbidden("value", "may not be changed in an update."));
        }
        _ => {}
    }
    found
}

fn finalizers(live: &Value, object: &Value, found: &mut Vec<Cause>) {
    if text(live, "/metadata/deletionTimestamp").is_empty() {
        return;
    }
    let list = |object: &Value| -> Vec<String> {
        let names = object.pointer("/metadata/finalizers").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let known = list(live);
    let added: Vec<String> = list(object).into_iter().filter(|name| !known.contains(name)).collect();
    if !added.is_empty() {
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            added.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
        );
        // A real server checks the metadata twice.
        found.extend([Cause::forbidden("metadata.finalizers", &why), Cause::forbidden("metadata.finalizers", &why)]);
    }
}

fn without(spec: &Value, fields: &[&str]) -> Map<String, Value> {
    let fields_left = spec.as_object().into_iter().flatten().filter(|(key, _)| !fields.contains(&key.as_str()));
    fields_left.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn stateful_set(live: &Value, object: &Value, found: &mut Vec<Cause>) {
    const MAY: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    if without(&live["spec"], &MAY) != without(&object["spec"], &MAY) {
        let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        found.push(Cause::forbidden("spec", why));
    }
}

fn pod(live: &Value, object: &Value, found: &mut Vec<Cause>) {
    let fixed = |pod: &Value| {
        let mut spec = without(
            &pod["spec"],
            &["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates", "nodeName"],
        );
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(container) = container.as_object_mut() {
                    container.shift_remove("image");
                }
            }
        }
        spec
    };
    if fixed(live) != fixed(object) {
        let why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        found.push(Cause::forbidden("spec", why));
    }
}

fn service(live: &Value, object: &Value, found: &mut Vec<Cause>) {
    let kind = |object: &Value| text(object, "/spec/type").to_owned();
    if kind(live) == "ExternalName" || kind(object) == "ExternalName" {
        return;
    }
    let (old, new) = (live.pointer("/spec/clusterIPs/0"), object.pointer("/spec/clusterIPs/0"));
    if old != new {
        let addresses = object.pointer("/spec/clusterIPs").unwrap_or(&Value::Null);
        found.push(Cause::invalid("spec.clusterIPs[0]", addresses, "may not change once set"));
    }
}

fn claim(live: &Value, object: &Value, found: &mut Vec<Cause>) {
    let fixed = |claim: &Value| {
        let mut spec = without(&claim["spec"], &["volumeName", "volumeAttributesClassName"]);
        if let Some(requests) = spec.get_mut("resources").and_then(|resources| resources.get_mut("requests")) {
            *requests = Value::Null;
        }
        spec
    };
    if fixed(live) != fixed(object) {
        let why =
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        found.push(Cause::forbidden("spec", why));
    }
    let size = |claim: &Value| {
        let size = claim.pointer("/spec/resources/requests/storage").and_then(Value::as_str);
        Quantity::parse(size.unwrap_or_default()).unwrap_or(Quantity::ZERO)
    };
    if size(object) < size(live) {
        let why = "field can not be less than status.capacity";
        found.push(Cause::forbidden("spec.resources.requests.storage", why));
    }
}

fn frozen(live: &Value, object: &Value, found: &mut Vec<Cause>) {
    if live.get("immutable") != Some(&json!(true)) {
        return;
    }
    let why = "field is immutable when `immutable` is set";
    for field in ["immutable", "data", "binaryData"] {
        if live.get(field) != object.get(field) {
            found.push(Cause::forbidden(field, why));
        }
    }
}
