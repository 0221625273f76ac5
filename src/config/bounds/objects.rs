//! Bounds as objects of Kubernetes, and containers that do not fit between them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Bounds, Network, family};
use crate::{
    config::containers::rendered,
    desired::{LABEL_ENVIRONMENT, Manifest},
    diagnostic::Diagnostic,
    object::{GroupKind, ObjectKey},
    pod,
    quantity::Quantity,
};

/// What all of them are called.
const NAME: &str = "environment";

/// The bounds as objects, with the key of each.
pub(in crate::config) fn objects(bounds: &Bounds, namespace: &str) -> Vec<(ObjectKey, Value)> {
    let Bounds { quota, resources, network, security: _ } = bounds;
    let object = |group: &str, api_version: &str, kind: &str, spec: Value| {
        let key = ObjectKey {
            kind: GroupKind::new(group, kind),
            namespace: Some(namespace.to_owned()),
            name: NAME.to_owned(),
        };
        (key, json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": NAME}, "spec": spec}))
    };
    let mut objects = Vec::new();
    if let Some(hard) = quota.as_ref().filter(|hard| !hard.is_empty()) {
        objects.push(object("", "v1", "ResourceQuota", json!({"hard": hard})));
    }
    if let Some(limits) = resources.as_ref().and_then(limits) {
        objects.push(object("", "v1", "LimitRange", json!({"limits": [limits]})));
    }
    if let Some(network) = network {
        objects.push(object("networking.k8s.io", "networking.k8s.io/v1", "NetworkPolicy", policy(network)));
    }
    objects
}

/// The labels of the namespace by which the server judges its pods.
pub(in crate::config) fn security_labels(bounds: &Bounds) -> impl Iterator<Item = (String, &str)> {
    let profiles = bounds.security.iter().flatten();
    profiles.map(|(mode, profile)| (format!("pod-security.kubernetes.io/{mode}"), profile.as_str()))
}

fn limits(resources: &BTreeMap<&'static str, Map<String, Value>>) -> Option<Value> {
    let mut item = json!({"type": "Container"});
    for (sort, field) in [("limits", "default"), ("requests", "defaultRequest")] {
        if let Some(amounts) = resources.get(sort).filter(|amounts| !amounts.is_empty()) {
            item[field] = Value::Object(amounts.clone());
        }
    }
    (item.as_object()?.len() > 1).then_some(item)
}

/// Everything but other environments: those of other namespaces are known by the label that ditc gives to theirs. Whether
/// an address of a pod counts as one of `ipBlock` is left to each network plugin, so what comes in decides: no environment
/// lets another in.
fn policy(network: &Network) -> Value {
    let own = json!({"podSelector": {}});
    let others = json!({"namespaceSelector": {"matchExpressions": [
        {"key": LABEL_ENVIRONMENT, "operator": "DoesNotExist"},
    ]}});
    let mut from = vec![own.clone(), others.clone()];
    from.extend(network.from.iter().map(|range| json!({"ipBlock": {"cidr": range}})));
    let mut to = vec![own, others];
    for all in ["0.0.0.0/0", "::/0"] {
        let except: Vec<&String> = network.except.iter().filter(|range| family(range) == Some(all)).collect();
        to.push(match except.is_empty() {
            true => json!({"ipBlock": {"cidr": all}}),
            false => json!({"ipBlock": {"cidr": all, "except": except}}),
        });
    }
    let dns = ["UDP", "TCP"].map(|protocol| json!({"port": 53, "protocol": protocol}));
    json!({
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": from}],
        "egress": [{"to": to}, {"ports": dns}],
    })
}

/// Complains about a workload whose containers the server would refuse to start: it takes the workload, and then its
/// pods do not come.
pub(in crate::config) fn crowded(bounds: &Bounds, manifest: &Manifest) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for container in pod::spec(&manifest.body).into_iter().flat_map(pod::all_containers) {
        let name = pod::name(container);
        let told = |summary: &str, detail: String, help: String| rendered(manifest, summary).detail(detail).help(help);
        let given = |sort: &str, resource: &str| text(container.pointer(&format!("/resources/{sort}/{resource}")));
        for resource in ["cpu", "memory"] {
            let by_default = |sort: &str| {
                let amounts = bounds.resources.as_ref().and_then(|resources| resources.get(sort));
                text(amounts.and_then(|amounts| amounts.get(resource)))
            };
            let (request, limit) = (given("requests", resource), given("limits", resource));
            let is_above = |request: &str, limit: &str| Quantity::parse(request) > Quantity::parse(limit);
            if let (Some(request), None, Some(most)) = (&request, &limit, by_default("limits"))
                && is_above(request, &most)
            {
                found.push(told(
                    "request above the limit",
                    format!("container `{name}` asks for {request} of {resource}, and gets at most {most} where it sets no limit"),
                    format!("give it a limit: `limits = {{ {resource} = \"{request}\" }}`"),
                ));
            }
            let counted = format!("requests.{resource}");
            let is_counted = bounds.quota.as_ref().is_some_and(|quota| quota.contains_key(&counted));
            if is_counted
                && request.is_none()
                && limit.is_none()
                && by_default("requests").or(by_default("limits")).is_none()
            {
                found.push(told(
                    "nothing to count",
                    format!("container `{name}` does not say how much {resource} it asks for, which the quota counts"),
                    format!("give it `requests = {{ {resource} = … }}`, or all containers one under `[resources]`"),
                ));
            }
        }
    }
    found
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
