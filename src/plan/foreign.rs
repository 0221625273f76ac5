//! What else lives in a namespace that is about to go: neither ours, nor made by ours, nor by Kubernetes itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    desired::is_reserved,
    object::{GroupKind, Object, ObjectKey, split_api_version},
};

use super::{Input, claims, standing::is_ours};

/// The objects that would be lost with the namespace though ditc did not make them.
pub(super) fn foreign(input: &Input) -> Vec<ObjectKey> {
    let present: BTreeSet<&str> =
        input.observed.others.iter().filter_map(|object| object.metadata("uid")?.as_str()).collect();
    let others = input.observed.others.iter().filter(|object| {
        let Some(key) = object.key() else { return false };
        !(is_ours(object, input.entry(&key), input.environment)
            || object.is_terminating()
            || has_owner(object, &present)
            || is_ditc(&key)
            || is_kubernetes(&key, object)
            || claims::maker(input, object).is_some())
    });
    others.filter_map(Object::key).collect()
}

/// Whether something else in the namespace made it; then that one counts, not this. A workload that is not there any
/// more was deleted a moment ago, and the garbage collector takes what it made.
fn has_owner(object: &Object, present: &BTreeSet<&str>) -> bool {
    let owners = object.metadata("ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().any(|owner| {
        let text = |field: &str| owner[field].as_str().unwrap_or_default();
        let is_workload = matches!(split_api_version(text("apiVersion")).0, "apps" | "batch");
        is_workload || present.contains(text("uid"))
    })
}

/// Record, parts, lease and key.
fn is_ditc(key: &ObjectKey) -> bool {
    let kinds = [("", "ConfigMap"), ("", "Secret"), ("coordination.k8s.io", "Lease")];
    is_reserved(&key.name) && kinds.iter().any(|(group, kind)| key.kind.is(group, kind))
}

/// What a cluster puts into every namespace, or keeps only as a trace of other objects.
pub(super) fn is_kubernetes(key: &ObjectKey, object: &Object) -> bool {
    if is_trace(&key.kind) {
        return true;
    }
    match (key.kind.group.as_str(), key.kind.kind.as_str()) {
        ("", "ServiceAccount") => key.name == "default",
        ("", "ConfigMap") => {
            matches!(key.name.as_str(), "kube-root-ca.crt" | "openshift-service-ca.crt" | "istio-ca-root-cert")
        }
        ("", "Secret") => object.annotation("kubernetes.io/service-account.name") == Some("default"),
        _ => false,
    }
}

/// Whether objects of a kind are only traces of others, so that nobody is asked whose they are.
#[must_use]
pub fn is_trace(kind: &GroupKind) -> bool {
    matches!(
        (kind.group.as_str(), kind.kind.as_str()),
        ("", "Event" | "Endpoints") | ("events.k8s.io" | "metrics.k8s.io", _) | ("discovery.k8s.io", "EndpointSlice")
    )
}
