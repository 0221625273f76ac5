//! What the server itself sets on create and update, kind by kind (the "strategies" of Kubernetes): status, generation, addresses,
//! labels, selectors. It refuses only what cannot be set.

use serde_json::{Map, Value, json};

use super::{
    convert::map_at,
    decode, defaults,
    kinds::{self, Resource},
    status::{Cause, Refusal},
    store::{Store, text},
    writes::{self, Write},
};

/// Kinds whose generation counts changes of what is wanted.
const GENERATED: [&str; 19] = [
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "DaemonSet",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "CronJob",
    "Job",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "EndpointSlice",
    "Ingress",
    "NetworkPolicy",
    "PodDisruptionBudget",
];
const ALSO_GENERATED: [&str; 3] = ["IngressClass", "PriorityClass", "CustomResourceDefinition"];

fn is_generated(resource: &Resource) -> bool {
    resource.custom.is_some()
        || GENERATED.contains(&resource.kind.as_str())
        || ALSO_GENERATED.contains(&resource.kind.as_str())
}

/// A Secret's stringData is written into data; it is never read back.
pub(super) fn join_string_data(resource: &Resource, object: &mut Value) {
    if !resource.is("", "Secret") {
        return;
    }
    let Some(map) = object.as_object_mut() else { return };
    let Some(Value::Object(given)) = map.shift_remove("stringData") else { return };
    let Some(data) = map_at(object, &["data"]) else { return };
    for (key, value) in given {
        data.insert(key, decode::base64(value.as_str().unwrap_or_default().as_bytes()).into());
    }
    data.sort_keys();
}

/// Sets what the server sets on a new object.
pub(super) fn prepare_create(store: &Store, resource: &Resource, object: &mut Value) -> Result<(), Refusal> {
    if is_generated(resource)
        && let Some(metadata) = map_at(object, &["metadata"])
    {
        metadata.insert("generation".into(), 1.into());
    }
    if resource.custom.is_some() {
        if let Some(map) = object.as_object_mut().filter(|_| resource.has("status")) {
            map.shift_remove("status");
        }
        return Ok(());
    }
    if resource.has("status") {
        let status = match resource.kind.as_str() {
            "Namespace" => json!({"phase": "Active"}),
            "Pod" => json!({"phase": "Pending", "qosClass": quality(object)}),
            "PersistentVolumeClaim" | "PersistentVolume" => json!({"phase": "Pending"}),
            "Service" => json!({"loadBalancer": {}}),
            _ => decode::empty(&resource.shape).get("status").cloned().unwrap_or_else(|| json!({})),
        };
        if let Some(map) = object.as_object_mut() {
            map.insert("status".into(), status);
        }
    }
    match resource.kind.as_str() {
        "Namespace" => {
            let name = text(object, "/metadata/name").to_owned();
            if let Some(labels) = map_at(object, &["metadata", "labels"]) {
                labels.insert("kubernetes.io/metadata.name".into(), name.into());
            }
            if let Some(spec) = map_at(object, &["spec"]) {
                spec.insert("finalizers".into(), json!(["kubernetes"]));
            }
        }
        "Pod" => defaults::admit_pod(object, &writes::suffix()),
        "Service" => service_addresses(store, object, None)?,
        "PersistentVolumeClaim" => claim(store, object),
        "Job" => job(object),
        "DaemonSet" => count_template(object, None),
        "PersistentVolume" => add_finalizer(object, "kubernetes.io/pv-protection"),
        _ => {}
    }
    Ok(())
}

/// <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>
fn quality(pod: &Value) -> &'static str {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let (mut any, mut all_limited) = (false, true);
    for container in containers.into_iter().flatten() {
        let part = |part| container.pointer(part).and_then(Value::as_object).cloned().unwrap_or_default();
        let (limits, requests): (Map<String, Value>, Map<String, Value>) =
            (part("/resources/limits"), part("/resources/requests"));
        any |= !limits.is_empty() || !requests.is_empty();
        all_limited &= ["cpu", "memory"].iter().all(|resource| {
            limits.get(*resource).is_some_and(|limit| requests.get(*resource).is_none_or(|request| request == limit))
        });
    }
    match (any, all_limited) {
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
        _ => "BestEffort",
    }
}

fn claim(store: &Store, object: &mut Value) {
    let classes = kinds::known("storage.k8s.io", "StorageClass");
    let is_default = |class: &Value| {
        class.pointer("/metadata/annotations/storageclass.kubernetes.io~1is-default-class") == Some(&json!("true"))
    };
    let class = store.list(classes.slot, None).find(|(_, class)| is_default(class)).map(|((_, name), _)| name.clone());
    if let (Some(spec), Some(class)) = (map_at(object, &["spec"]), class) {
        spec.entry("storageClassName").or_insert_with(|| class.into());
    }
    add_finalizer(object, "kubernetes.io/pvc-protection");
}

fn add_finalizer(object: &mut Value, finalizer: &str) {
    let Some(metadata) = map_at(object, &["metadata"]) else { return };
    let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
    if let Some(finalizers) = finalizers.as_array_mut().filter(|known| !known.iter().any(|known| known == finalizer)) {
        finalizers.push(finalizer.into());
    }
}

/// A Job without a selector of its own gets one over its uid.
fn job(object: &mut Value) {
    let (uid, name) = (text(object, "/metadata/uid").to_owned(), text(object, "/metadata/name").to_owned());
    let by_hand = object.pointer("/spec/manualSelector") == Some(&Value::Bool(true));
    if by_hand {
        return;
    }
    if let Some(labels) = map_at(object, &["spec", "template", "metadata", "labels"]) {
        for (label, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            labels.entry(label).or_insert_with(|| value.as_str().into());
        }
    }
    if let Some(spec) = map_at(object, &["spec"]) {
        spec.entry("selector").or_insert_with(|| json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    }
    let labels = object.pointer("/spec/template/metadata/labels").cloned();
    if let (Some(metadata), Some(labels)) = (map_at(object, &["metadata"]), labels) {
        metadata.entry("labels").or_insert(labels);
    }
}

/// Gives a Service its addresses and node ports, or keeps those that it has.
fn service_addresses(store: &Store, object: &mut Value, live: Option<&Value>) -> Result<(), Refusal> {
    let service = kinds::known("", "Service");
    let kind = text(object, "/spec/type").to_owned();
    if kind == "ExternalName" {
        if let Some(spec) = map_at(object, &["spec"]) {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                spec.shift_remove(field);
            }
        }
        return Ok(());
    }
    let name = text(object, "/metadata/name").to_owned();
    let has_selector = object.pointer("/spec/selector").is_some();
    let was = live.map(|live| text(live, "/spec/clusterIP").to_owned()).filter(|address| !address.is_empty());
    let given = text(object, "/spec/clusterIP").to_owned();
    let taken = |address: &str| {
        store
            .list(service.slot, None)
            .any(|((_, other), known)| other != &name && text(known, "/spec/clusterIP") == address)
    };
    let address = match (given.as_str(), was) {
        ("", Some(was)) => was,
        ("", None) => free_address(store, service),
        ("None", _) => given,
        (given, None) if taken(given) => {
            let cause = Cause::invalid(
                "spec.clusterIPs",
                &json!([given]),
                "failed to allocate IP: provided IP is already allocated",
            );
            return Err(Refusal::invalid(service, &name, &[cause]));
        }
        _ => given,
    };
    let needs_ports = kind == "NodePort" || kind == "LoadBalancer";
    let mut ports: std::collections::BTreeSet<i64> = store
        .list(service.slot, None)
        .filter(|((_, other), _)| *other != name)
        .flat_map(|(_, known)| known.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten())
        .filter_map(|port| port.get("nodePort")?.as_i64())
        .collect();
    let Some(spec) = map_at(object, &["spec"]) else { return Ok(()) };
    if !needs_ports {
        // Left over from another type; given anew, a real server refuses it.
        spec.shift_remove("externalTrafficPolicy");
        spec.shift_remove("allocateLoadBalancerNodePorts");
    }
    let families = if address == "None" && !has_selector { json!(["IPv4", "IPv6"]) } else { json!(["IPv4"]) };
    let policy = if address == "None" && !has_selector { "RequireDualStack" } else { "SingleStack" };
    spec.insert("clusterIPs".into(), json!([address]));
    spec.insert("clusterIP".into(), address.into());
    spec.entry("ipFamilies").or_insert(families);
    spec.entry("ipFamilyPolicy").or_insert_with(|| policy.into());
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else { continue };
        if !needs_ports {
            port.shift_remove("nodePort");
        } else if !port.contains_key("nodePort") {
            let before = live.and_then(|live| live.pointer("/spec/ports")?.as_array()).into_iter().flatten();
            let before =
                before.filter(|old| old.get("port") == port.get("port")).find_map(|old| old.get("nodePort")?.as_i64());
            let free = before.or_else(|| (30000..32768).find(|number| !ports.contains(number))).unwrap_or(30000);
            ports.insert(free);
            port.insert("nodePort".into(), free.into());
        }
    }
    Ok(())
}

fn free_address(store: &Store, service: &Resource) -> String {
    let taken: std::collections::BTreeSet<&str> =
        store.list(service.slot, None).map(|(_, known)| text(known, "/spec/clusterIP")).collect();
    let mut all = (0..=255u8).flat_map(|high| (1..=254u8).map(move |low| format!("10.96.{high}.{low}"))).skip(9);
    all.find(|address| !taken.contains(address.as_str())).unwrap_or_default()
}

/// Sets what the server sets on a changed object.
pub(super) fn prepare_update(
    store: &Store,
    resource: &Resource,
    live: &Value,
    new: &mut Value,
    write: Write<'_>,
) -> Result<(), Refusal> {
    match resource.kind.as_str() {
        "Service" => service_addresses(store, new, Some(live))?,
        "Job" => keep_job(live, new),
        "DaemonSet" => count_template(new, Some(live)),
        "Pod" if write.writer.subresource.is_empty() => {
            new.get_mut("spec").and_then(Value::as_object_mut).map(defaults::tolerate);
        }
        "Namespace" => {
            if let (Some(spec), true) = (live.get("spec"), write.writer.subresource != "finalize") {
                new["spec"] = spec.clone();
            }
            let name = text(live, "/metadata/name").to_owned();
            if let Some(labels) = map_at(new, &["metadata", "labels"]) {
                labels.insert("kubernetes.io/metadata.name".into(), name.into());
            }
        }
        _ => {}
    }
    let wanted = |object: &Value| -> Map<String, Value> {
        let fields = object.as_object().into_iter().flatten();
        let is_plain = resource.custom.is_some() && !resource.has("status");
        let fields = fields.filter(|(key, _)| match key.as_str() {
            "metadata" | "apiVersion" | "kind" => false,
            key => key != "status" || is_plain,
        });
        fields.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let annotations = |object: &Value| object.pointer("/metadata/annotations").cloned();
    let is_changed = live.get("spec") != new.get("spec")
        || wanted(live) != wanted(new)
        || (resource.is("apps", "Deployment") && annotations(live) != annotations(new));
    if is_generated(resource) && is_changed && !matches!(write.writer.subresource, "status" | "binding") {
        let generation = live.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0);
        if let Some(metadata) = map_at(new, &["metadata"]) {
            metadata.insert("generation".into(), (generation + 1).into());
        }
    }
    Ok(())
}

/// An old counter of template changes, still kept as an annotation.
fn count_template(set: &mut Value, live: Option<&Value>) {
    const COUNTER: &str = "deprecated.daemonset.template.generation";
    let before = live.and_then(|live| live.get("metadata")?.get("annotations")?.get(COUNTER)?.as_str()?.parse().ok());
    let before: i64 = before.unwrap_or(0);
    let is_changed = live.is_none_or(|live| live.pointer("/spec/template") != set.pointer("/spec/template"));
    if let Some(annotations) = map_at(set, &["metadata", "annotations"]) {
        annotations.insert(COUNTER.into(), (before + i64::from(is_changed)).to_string().into());
    }
}

/// What was made for a Job stays when a client sends its own version again.
fn keep_job(live: &Value, new: &mut Value) {
    if let (Some(selector), Some(spec)) = (live.pointer("/spec/selector"), map_at(new, &["spec"])) {
        spec.entry("selector").or_insert_with(|| selector.clone());
    }
    let labels = live.pointer("/spec/template/metadata/labels").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(given) = map_at(new, &["spec", "template", "metadata", "labels"]) {
        for (label, value) in
            labels.into_iter().filter(|(label, _)| label.contains("controller-uid") || label.contains("job-name"))
        {
            given.entry(label).or_insert(value);
        }
    }
}
