//! What the server fills in beside what was said, kind by kind (`zz_generated.defaults.go` of Kubernetes). Pods are in [`pods`].

mod pods;

use serde_json::{Map, Value, json};

use super::kinds::Resource;

pub(super) use pods::{admit as admit_pod, tolerate};

/// Fills in the defaults of a decoded object.
pub(super) fn fill_in(resource: &Resource, object: &mut Value) {
    let Some(map) = object.as_object_mut() else { return };
    match (resource.kind.as_str(), resource.version.as_str()) {
        ("Pod", _) => {
            if let Some(spec) = child(map, "spec") {
                pods::spec(spec);
                pods::requests(spec);
                fill(spec, "enableServiceLinks", true);
            }
        }
        ("PodTemplate", _) => template(map),
        ("Deployment", _) => with_spec(map, deployment),
        ("StatefulSet", _) => with_spec(map, stateful_set),
        ("DaemonSet", _) => with_spec(map, daemon_set),
        ("ReplicaSet", _) => with_spec(map, |spec| {
            fill(spec, "replicas", 1);
            template(spec);
        }),
        ("ReplicationController", _) => {
            with_spec(map, replication_controller);
            let labels = map.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
            with_child(map, "metadata", |metadata| {
                if let Some(labels) = labels {
                    fill(metadata, "labels", labels);
                }
            });
        }
        ("Job", _) => with_spec(map, job),
        ("CronJob", _) => with_spec(map, cron_job),
        ("Service", _) => with_spec(map, service),
        ("PersistentVolumeClaim", _) => {
            with_spec(map, |spec| fill(spec, "volumeMode", "Filesystem"));
            with_child(map, "status", |status| fill(status, "phase", "Pending"));
        }
        ("PersistentVolume", _) => {
            with_spec(map, |spec| {
                fill(spec, "persistentVolumeReclaimPolicy", "Retain");
                fill(spec, "volumeMode", "Filesystem");
                with_child(spec, "hostPath", |path| {
                    path.entry("type").or_insert_with(|| "".into());
                });
            });
            with_child(map, "status", |status| fill(status, "phase", "Pending"));
        }
        ("Namespace", _) => namespace(map),
        ("Secret", _) => fill(map, "type", "Opaque"),
        ("Endpoints", _) => each(map, "subsets", |subset| each(subset, "ports", |port| fill(port, "protocol", "TCP"))),
        ("EndpointSlice", _) => each(map, "ports", |port| {
            fill(port, "protocol", "TCP");
            port.entry("name").or_insert_with(|| "".into());
        }),
        ("NetworkPolicy", _) => with_spec(map, network_policy),
        ("RoleBinding" | "ClusterRoleBinding", _) => binding(map),
        ("HorizontalPodAutoscaler", "v1") => with_spec(map, |spec| fill(spec, "minReplicas", 1)),
        ("HorizontalPodAutoscaler", _) => with_spec(map, autoscaler),
        ("LimitRange", _) => with_spec(map, |spec| each(spec, "limits", limit)),
        ("StorageClass", _) => {
            fill(map, "reclaimPolicy", "Delete");
            fill(map, "volumeBindingMode", "Immediate");
        }
        ("PriorityClass", _) => fill(map, "preemptionPolicy", "PreemptLowerPriority"),
        ("CustomResourceDefinition", _) => with_spec(map, definition),
        ("MutatingWebhookConfiguration", _) => each(map, "webhooks", |hook| {
            webhook(hook);
            fill(hook, "reinvocationPolicy", "Never");
        }),
        ("ValidatingWebhookConfiguration", _) => each(map, "webhooks", webhook),
        _ => {}
    }
}

/// Sets a field that has no value.
fn fill(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    let is_missing = match map.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    if is_missing {
        map.insert(key.to_owned(), value.into());
    }
}

fn child<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    map.get_mut(key)?.as_object_mut()
}

fn with_child(map: &mut Map<String, Value>, key: &str, work: impl FnOnce(&mut Map<String, Value>)) {
    if let Some(child) = child(map, key) {
        work(child);
    }
}

fn with_spec(map: &mut Map<String, Value>, work: impl FnOnce(&mut Map<String, Value>)) {
    with_child(map, "spec", work);
}

fn each(map: &mut Map<String, Value>, key: &str, mut work: impl FnMut(&mut Map<String, Value>)) {
    for item in map.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(item) = item.as_object_mut() {
            work(item);
        }
    }
}

fn is(map: &Map<String, Value>, key: &str, value: &str) -> bool {
    map.get(key).and_then(Value::as_str) == Some(value)
}

fn namespace(map: &mut Map<String, Value>) {
    with_child(map, "status", |status| fill(status, "phase", "Active"));
    with_child(map, "metadata", |metadata| {
        let name = metadata.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !name.is_empty() {
            fill(metadata, "labels", json!({}));
            with_child(metadata, "labels", |labels| fill(labels, "kubernetes.io/metadata.name", name));
        }
    });
}

fn template(spec: &mut Map<String, Value>) {
    with_child(spec, "template", |template| with_spec(template, pods::spec));
}

fn deployment(spec: &mut Map<String, Value>) {
    fill(spec, "replicas", 1);
    template(spec);
    with_child(spec, "strategy", |strategy| {
        fill(strategy, "type", "RollingUpdate");
        if is(strategy, "type", "RollingUpdate") {
            fill(strategy, "rollingUpdate", json!({}));
            with_child(strategy, "rollingUpdate", |rolling| {
                fill(rolling, "maxUnavailable", "25%");
                fill(rolling, "maxSurge", "25%");
            });
        }
    });
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "progressDeadlineSeconds", 600);
}

fn stateful_set(spec: &mut Map<String, Value>) {
    fill(spec, "podManagementPolicy", "OrderedReady");
    fill(spec, "replicas", 1);
    template(spec);
    with_child(spec, "updateStrategy", |strategy| {
        fill(strategy, "type", "RollingUpdate");
        if is(strategy, "type", "RollingUpdate") {
            fill(strategy, "rollingUpdate", json!({}));
            with_child(strategy, "rollingUpdate", |rolling| fill(rolling, "partition", 0));
        }
    });
    fill(spec, "persistentVolumeClaimRetentionPolicy", json!({}));
    with_child(spec, "persistentVolumeClaimRetentionPolicy", |policy| {
        fill(policy, "whenDeleted", "Retain");
        fill(policy, "whenScaled", "Retain");
    });
    fill(spec, "revisionHistoryLimit", 10);
    each(spec, "volumeClaimTemplates", |claim| {
        fill(claim, "apiVersion", "v1");
        fill(claim, "kind", "PersistentVolumeClaim");
        with_spec(claim, |spec| fill(spec, "volumeMode", "Filesystem"));
        with_child(claim, "status", |status| fill(status, "phase", "Pending"));
    });
}

fn daemon_set(spec: &mut Map<String, Value>) {
    template(spec);
    with_child(spec, "updateStrategy", |strategy| {
        fill(strategy, "type", "RollingUpdate");
        if is(strategy, "type", "RollingUpdate") {
            fill(strategy, "rollingUpdate", json!({}));
            with_child(strategy, "rollingUpdate", |rolling| {
                fill(rolling, "maxUnavailable", 1);
                fill(rolling, "maxSurge", 0);
            });
        }
    });
    fill(spec, "revisionHistoryLimit", 10);
}

fn replication_controller(spec: &mut Map<String, Value>) {
    fill(spec, "replicas", 1);
    template(spec);
    let labels = spec.get("template").and_then(|template| template.pointer("/metadata/labels")).cloned();
    if let Some(labels) = labels {
        fill(spec, "selector", labels);
    }
}

fn job(spec: &mut Map<String, Value>) {
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        fill(spec, "completions", 1);
    }
    fill(spec, "parallelism", 1);
    fill(spec, "backoffLimit", 6);
    fill(spec, "completionMode", "NonIndexed");
    fill(spec, "suspend", false);
    fill(spec, "manualSelector", false);
    let replaced = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    fill(spec, "podReplacementPolicy", replaced);
    template(spec);
}

fn cron_job(spec: &mut Map<String, Value>) {
    fill(spec, "concurrencyPolicy", "Allow");
    fill(spec, "suspend", false);
    fill(spec, "successfulJobsHistoryLimit", 3);
    fill(spec, "failedJobsHistoryLimit", 1);
    with_child(spec, "jobTemplate", |job| with_spec(job, template));
}

fn service(spec: &mut Map<String, Value>) {
    fill(spec, "sessionAffinity", "None");
    fill(spec, "type", "ClusterIP");
    if is(spec, "sessionAffinity", "ClientIP") {
        fill(spec, "sessionAffinityConfig", json!({"clientIP": {"timeoutSeconds": 10800}}));
    }
    each(spec, "ports", |port| {
        fill(port, "protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or(Value::Null);
        if port.get("targetPort").is_none_or(|target| target == 0 || target == "") {
            port.insert("targetPort".into(), number);
        }
    });
    if is(spec, "type", "NodePort") || is(spec, "type", "LoadBalancer") {
        fill(spec, "externalTrafficPolicy", "Cluster");
    }
    if is(spec, "type", "LoadBalancer") {
        fill(spec, "allocateLoadBalancerNodePorts", true);
    }
    if !is(spec, "type", "ExternalName") {
        fill(spec, "internalTrafficPolicy", "Cluster");
    }
}

fn network_policy(spec: &mut Map<String, Value>) {
    for rules in ["ingress", "egress"] {
        each(spec, rules, |rule| each(rule, "ports", |port| fill(port, "protocol", "TCP")));
    }
    let has_egress = spec.get("egress").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
    fill(spec, "policyTypes", if has_egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) });
}

const RBAC: &str = "rbac.authorization.k8s.io";

fn binding(map: &mut Map<String, Value>) {
    with_child(map, "roleRef", |role| fill(role, "apiGroup", RBAC));
    each(map, "subjects", |subject| {
        if is(subject, "kind", "User") || is(subject, "kind", "Group") {
            fill(subject, "apiGroup", RBAC);
        }
    });
}

fn autoscaler(spec: &mut Map<String, Value>) {
    fill(spec, "minReplicas", 1);
    fill(
        spec,
        "metrics",
        json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]),
    );
    with_child(spec, "behavior", |behavior| {
        fill(behavior, "scaleUp", json!({}));
        fill(behavior, "scaleDown", json!({}));
        let up = json!([{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]);
        with_child(behavior, "scaleUp", |rules| {
            fill(rules, "stabilizationWindowSeconds", 0);
            fill(rules, "selectPolicy", "Max");
            fill(rules, "policies", up);
        });
        with_child(behavior, "scaleDown", |rules| {
            fill(rules, "selectPolicy", "Max");
            fill(rules, "policies", json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]));
        });
    });
}

fn limit(limit: &mut Map<String, Value>) {
    if !is(limit, "type", "Container") {
        return;
    }
    for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
        let Some(given) = limit.get(from).and_then(Value::as_object).cloned() else { continue };
        fill(limit, to, json!({}));
        with_child(limit, to, |filled| {
            for (resource, quantity) in given {
                fill(filled, &resource, quantity);
            }
        });
    }
}

fn definition(spec: &mut Map<String, Value>) {
    with_child(spec, "names", |names| {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        fill(names, "singular", kind.to_lowercase());
        fill(names, "listKind", format!("{kind}List"));
    });
    fill(spec, "conversion", json!({"strategy": "None"}));
}

fn webhook(hook: &mut Map<String, Value>) {
    fill(hook, "failurePolicy", "Fail");
    fill(hook, "matchPolicy", "Equivalent");
    fill(hook, "namespaceSelector", json!({}));
    fill(hook, "objectSelector", json!({}));
    fill(hook, "timeoutSeconds", 10);
    each(hook, "rules", |rule| fill(rule, "scope", "*"));
    with_child(hook, "clientConfig", |client| with_child(client, "service", |service| fill(service, "port", 443)));
}
