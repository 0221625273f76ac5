//! What a new cluster holds before anyone writes to it.

use serde_json::{Value, json};

use super::{
    access, decode, kinds,
    managers::Writer,
    status::Refusal,
    store::Store,
    writes::{self, Write},
};

/// The name of the one node; pods run there in name only.
pub(super) const NODE: &str = "sandbox";

/// Fills an empty store; what a box from an earlier version lacks is added.
pub(super) fn fill(store: &mut Store, now: jiff::Timestamp) -> Result<(), Refusal> {
    let is_new = store.is_empty();
    let now = decode::seconds(now);
    let write = Write {
        writer: Writer { manager: "kube-apiserver", subresource: "", time: Some(&now) },
        now: &now,
        user: None,
        is_dry: false,
        warnings: None,
    };
    access::fill(store, write)?;
    if !is_new {
        return Ok(());
    }
    let mut make = |group: &str, kind: &str, namespace: &str, object: Value| {
        let resource = kinds::known(group, kind);
        let decoded = writes::complete(resource, object).map_err(|misfit| Refusal::bad_request(misfit.to_string()))?;
        writes::create(store, resource, namespace, decoded.value, write, false).map(drop)
    };
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        make("", "Namespace", "", json!({"metadata": {"name": name}}))?;
    }
    make(
        "",
        "Node",
        "",
        json!({"metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}}}),
    )?;
    let annotations = json!({"storageclass.kubernetes.io/is-default-class": "true"});
    make(
        "storage.k8s.io",
        "StorageClass",
        "",
        json!({"metadata": {"name": "standard", "annotations": annotations}, "provisioner": "sandbox.ditc.dev/none"}),
    )?;
    let ports = json!([{"name": "https", "port": 443, "targetPort": 6443, "protocol": "TCP"}]);
    let labels = json!({"component": "apiserver", "provider": "kubernetes"});
    make(
        "",
        "Service",
        "default",
        json!({"metadata": {"name": "kubernetes", "labels": labels}, "spec": {"clusterIP": "10.96.0.1", "ports": ports}}),
    )
}
