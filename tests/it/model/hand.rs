//! Those who change the cluster and are not ditc: people with kubectl, a program that applies charts, controllers.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::step::Hand;
use crate::support_model::text_at;

/// A request of another client.
pub(super) struct Order {
    pub method: &'static str,
    pub path: String,
    pub content_type: &'static str,
    pub body: Value,
}

/// Who scales when an autoscaler looks after a workload.
const CONTROLLER: &str = "kube-controller-manager";

/// What a hand sends to change an object; nothing where it would change nothing. `saved` is how it was before.
pub(super) fn orders(live: &Value, hand: &Hand, saved: Option<&Value>) -> Vec<Order> {
    let is_workload = matches!(live["kind"].as_str(), Some("Deployment" | "StatefulSet"));
    match hand {
        Hand::Delete => vec![Order::delete(live)],
        Hand::Recreate => vec![Order::delete(live), Order::create(afresh(live))],
        Hand::Scale(replicas) if is_workload => vec![Order::scale(live, "kubectl", *replicas)],
        Hand::Autoscale(replicas) if is_workload => vec![Order::scale(live, CONTROLLER, *replicas)],
        Hand::Chart(value) => Order::chart(live, *value).into_iter().collect(),
        hand => {
            let mut new = live.clone();
            change(&mut new, hand, saved);
            if new == *live { Vec::new() } else { vec![Order::update(new)] }
        }
    }
}

/// An autoscaler for a workload.
pub(super) fn autoscaler(live: &Value) -> Value {
    json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": live["metadata"]["name"], "namespace": live["metadata"]["namespace"]},
        "spec": {"minReplicas": 1, "maxReplicas": 5, "scaleTargetRef":
            {"apiVersion": "apps/v1", "kind": live["kind"], "name": live["metadata"]["name"]}}})
}

/// The same object, as it would be made again.
fn afresh(live: &Value) -> Value {
    let mut again = live.clone();
    let metadata = again["metadata"].as_object_mut().expect("an object has metadata");
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
        metadata.remove(field);
    }
    for pointer in ["/spec/clusterIP", "/spec/clusterIPs"] {
        if let Some(spec) = again.get_mut("spec").and_then(Value::as_object_mut)
            && live.pointer(pointer).is_some_and(|value| *value != "None" && *value != json!(["None"]))
        {
            spec.remove(pointer.trim_start_matches("/spec/"));
        }
    }
    again.as_object_mut().expect("an object is a map").remove("status");
    again
}

/// Changes an object as a hand does.
fn change(object: &mut Value, hand: &Hand, saved: Option<&Value>) {
    let number = |number: &u64| format!("by-hand-{number}");
    let container = "/spec/template/spec/containers/0";
    match hand {
        Hand::Replicas(count) if object.pointer("/spec/replicas").is_some() => {
            object["spec"]["replicas"] = json!(count);
        }
        Hand::Image(version) if object.pointer(container).is_some() => {
            object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(format!("by/hand:{version}"));
        }
        Hand::Variable(value) => {
            let found = object.pointer_mut(&format!("{container}/env")).and_then(Value::as_array_mut);
            if let Some(variable) = found.into_iter().flatten().find(|variable| variable["value"].is_string()) {
                variable["value"] = json!(number(value));
            }
        }
        Hand::MoreVariables(value) => {
            if let Some(list) = object.pointer_mut(&format!("{container}/env")).and_then(Value::as_array_mut) {
                list.retain(|variable| variable["name"] != "BY_HAND");
                list.push(json!({"name": "BY_HAND", "value": number(value)}));
            }
        }
        Hand::Annotation(value) => object["metadata"]["annotations"]["example.com/note"] = json!(number(value)),
        Hand::Label(value) => {
            let label = if object["metadata"]["labels"]["app"].is_string() { "app" } else { "ditc.dev/component" };
            object["metadata"]["labels"][label] = json!(number(value));
        }
        Hand::StripLabels => {
            object["metadata"].as_object_mut().expect("an object has metadata").remove("labels");
        }
        Hand::Data(value) | Hand::MoreData(value) => {
            let text = format!("canary-of-a-hand-{value}");
            let text = if object["kind"] == "Secret" { BASE64.encode(text) } else { text };
            let first = object["data"].as_object().and_then(|data| data.keys().next().cloned());
            let name = if matches!(hand, Hand::Data(_)) { first } else { Some("more".to_owned()) };
            if let (Some(name), true) = (name, matches!(object["kind"].as_str(), Some("ConfigMap" | "Secret"))) {
                object["data"][name] = json!(text);
            }
        }
        Hand::ChangeBack => {
            if let Some(saved) = saved {
                for part in ["spec", "data"] {
                    if let Some(was) = saved.get(part) {
                        object[part] = was.clone();
                    }
                }
                object["metadata"]["labels"] = saved["metadata"]["labels"].clone();
            }
        }
        Hand::Replicas(_) | Hand::Image(_) | Hand::Scale(_) | Hand::Autoscale(_) | Hand::Autoscaler => {}
        Hand::Delete | Hand::Recreate | Hand::Foreign | Hand::Stray(_) | Hand::Chart(_) => {}
    }
}

impl Order {
    pub(super) fn create(object: Value) -> Self {
        let path = format!("{}?fieldManager=someone", collection(&object));
        Self { method: "POST", path, content_type: "application/json", body: object }
    }

    fn update(object: Value) -> Self {
        let path = format!("{}?fieldManager=kubectl-edit", place(&object));
        Self { method: "PUT", path, content_type: "application/json", body: object }
    }

    fn scale(object: &Value, manager: &str, replicas: u64) -> Self {
        let path = format!("{}/scale?fieldManager={manager}", place(object));
        let body = json!({"spec": {"replicas": replicas}});
        Self { method: "PATCH", path, content_type: "application/merge-patch+json", body }
    }

    /// A part of an object, applied by force as a program does that installs charts: the image of a workload, the text
    /// of a ConfigMap, a label of anything else.
    fn chart(live: &Value, value: Option<u64>) -> Option<Self> {
        let mut body = json!({"apiVersion": live["apiVersion"], "kind": live["kind"],
            "metadata": {"name": live["metadata"]["name"], "namespace": live["metadata"]["namespace"]}});
        let text = |now: &Value, form: &str| value.map_or_else(|| now.clone(), |value| json!(format!("{form}{value}")));
        match live["kind"].as_str()? {
            "Deployment" | "StatefulSet" => {
                let container = live.pointer("/spec/template/spec/containers/0")?;
                let containers = json!([{"name": container["name"], "image": text(&container["image"], "by/chart:")}]);
                body["spec"] = json!({"template": {"spec": {"containers": containers}}});
            }
            "ConfigMap" => body["data"] = json!({"text": text(&live["data"]["text"], "chart ")}),
            _ => {
                let component = &live["metadata"]["labels"]["ditc.dev/component"];
                let label = text(if component.is_string() { component } else { return None }, "chart-");
                body["metadata"]["labels"] = json!({"ditc.dev/component": label});
            }
        }
        let path = format!("{}?fieldManager=helm&force=true", place(live));
        Some(Self { method: "PATCH", path, content_type: "application/apply-patch+yaml", body })
    }

    pub(super) fn delete(object: &Value) -> Self {
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
        Self { method: "DELETE", path: place(object), content_type: "application/json", body }
    }
}

fn place(object: &Value) -> String {
    format!("{}/{}", collection(object), text_at(object, "/metadata/name"))
}

fn collection(object: &Value) -> String {
    let version = text_at(object, "/apiVersion");
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    let kind = text_at(object, "/kind");
    match object.pointer("/metadata/namespace").and_then(Value::as_str) {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{}", plural(kind)),
        None => format!("{root}/{}", plural(kind)),
    }
}

pub(super) fn plural(kind: &str) -> String {
    format!("{}s", kind.to_lowercase())
}
