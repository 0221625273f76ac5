//! The defaults of pods, and what admission adds to a new one.

use serde_json::{Map, Value, json};

use super::{child, each, fill, with_child};

/// Fills in a pod's spec, be it of a pod or of a template.
pub(super) fn spec(spec: &mut Map<String, Value>) {
    fill(spec, "dnsPolicy", "ClusterFirst");
    fill(spec, "restartPolicy", "Always");
    fill(spec, "terminationGracePeriodSeconds", 30);
    fill(spec, "securityContext", json!({}));
    fill(spec, "schedulerName", "default-scheduler");
    // An old name of the same field, kept equal by the server's conversion.
    let account = ["serviceAccountName", "serviceAccount"].iter().find_map(|key| spec.get(*key).cloned());
    if let Some(account) = account {
        spec.insert("serviceAccountName".into(), account.clone());
        spec.insert("serviceAccount".into(), account);
    }
    let on_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, list, |container| self::container(container, on_host));
    }
    each(spec, "volumes", volume);
}

fn container(container: &mut Map<String, Value>, on_host: bool) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = if tag(image) == Some("latest") { "Always" } else { "IfNotPresent" };
    fill(container, "imagePullPolicy", policy);
    fill(container, "terminationMessagePath", "/dev/termination-log");
    fill(container, "terminationMessagePolicy", "File");
    each(container, "ports", |port| {
        fill(port, "protocol", "TCP");
        if let (true, Some(number)) = (on_host, port.get("containerPort").cloned()) {
            fill(port, "hostPort", number);
        }
    });
    each(container, "env", |variable| with_child(variable, "valueFrom", reference));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        with_child(container, probe, |probe| {
            for (field, value) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1)] {
                fill(probe, field, value);
            }
            fill(probe, "failureThreshold", 3);
            with_child(probe, "httpGet", http_get);
            with_child(probe, "grpc", |grpc| {
                grpc.entry("service").or_insert_with(|| "".into());
            });
        });
    }
    with_child(container, "lifecycle", |lifecycle| {
        for hook in ["postStart", "preStop"] {
            with_child(lifecycle, hook, |hook| with_child(hook, "httpGet", http_get));
        }
    });
}

/// The tag of an image; none when it is named by digest.
fn tag(image: &str) -> Option<&str> {
    if image.contains('@') {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    Some(name.split_once(':').map_or("latest", |(_, tag)| tag))
}

fn http_get(get: &mut Map<String, Value>) {
    fill(get, "path", "/");
    fill(get, "scheme", "HTTP");
}

fn reference(from: &mut Map<String, Value>) {
    with_child(from, "fieldRef", |field| fill(field, "apiVersion", "v1"));
}

fn volume(volume: &mut Map<String, Value>) {
    if volume.len() == 1 {
        volume.insert("emptyDir".into(), json!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        with_child(volume, source, |source| fill(source, "defaultMode", 420));
    }
    with_child(volume, "downwardAPI", |source| each(source, "items", reference));
    with_child(volume, "projected", |source| {
        each(source, "sources", |source| {
            with_child(source, "serviceAccountToken", |token| fill(token, "expirationSeconds", 3600));
            with_child(source, "downwardAPI", |source| each(source, "items", reference));
        });
    });
    with_child(volume, "hostPath", |path| {
        path.entry("type").or_insert_with(|| "".into());
    });
    with_child(volume, "ephemeral", |source| {
        with_child(source, "volumeClaimTemplate", |claim| {
            with_child(claim, "spec", |spec| fill(spec, "volumeMode", "Filesystem"));
        });
    });
}

/// Requests what is limited, as a pod does and a template does not.
pub(super) fn requests(spec: &mut Map<String, Value>) {
    for list in ["initContainers", "containers"] {
        each(spec, list, |container| {
            with_child(container, "resources", |resources| {
                let Some(limits) = child(resources, "limits").cloned() else { return };
                fill(resources, "requests", json!({}));
                with_child(resources, "requests", |requests| {
                    for (resource, quantity) in limits {
                        fill(requests, &resource, quantity);
                    }
                });
            });
        });
    }
}

/// What admission adds to every pod, new or changed: that it stays for a while on a node that is in trouble.
pub(in crate::sandbox) fn tolerate(spec: &mut Map<String, Value>) {
    let mut tolerations = spec.get("tolerations").and_then(Value::as_array).cloned().unwrap_or_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let is = |toleration: &Value, field: &str, value: &str| {
            matches!(toleration.get(field).and_then(Value::as_str), None | Some("")) || toleration[field] == value
        };
        if !tolerations.iter().any(|known| is(known, "key", key) && is(known, "effect", "NoExecute")) {
            tolerations
                .push(json!({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300}));
        }
    }
    spec.insert("tolerations".into(), Value::Array(tolerations));
}

/// What admission adds to a new pod: its account with a token, tolerations, priority.
pub(in crate::sandbox) fn admit(pod: &mut Value, suffix: &str) {
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    fill(spec, "serviceAccountName", "default");
    let account = spec.get("serviceAccountName").cloned().unwrap_or_default();
    spec.insert("serviceAccount".into(), account);
    fill(spec, "priority", 0);
    fill(spec, "preemptionPolicy", "PreemptLowerPriority");
    tolerate(spec);
    if spec.get("automountServiceAccountToken") == Some(&Value::Bool(false)) {
        return;
    }
    let volume = format!("kube-api-access-{suffix}");
    let mount = json!({"name": volume, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
    for list in ["initContainers", "containers"] {
        each(spec, list, |container| push(container, "volumeMounts", mount.clone()));
    }
    let sources = json!([
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
    ]);
    push(spec, "volumes", json!({"name": volume, "projected": {"sources": sources, "defaultMode": 420}}));
}

fn push(map: &mut Map<String, Value>, key: &str, item: Value) {
    fill(map, key, json!([]));
    if let Some(items) = map.get_mut(key).and_then(Value::as_array_mut) {
        items.push(item);
    }
}
