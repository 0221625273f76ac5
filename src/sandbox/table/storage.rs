//! Volumes, claims and classes, and the nodes that use them.

use serde_json::Value;

use super::words::{Row, join, named};
use crate::sandbox::store::text;

/// `RWO`, as people abbreviate `ReadWriteOnce`, always in the same order.
fn modes(row: &Row<'_>, pointer: &str) -> Value {
    const MODES: [(&str, &str); 4] =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let given = row.list(pointer);
    join(MODES.iter().filter(|(mode, _)| given.iter().any(|known| known == mode)).map(|(_, short)| *short)).into()
}

fn phase(row: &Row<'_>) -> Value {
    if row.is_terminating() { "Terminating".into() } else { row.text("/status/phase").into() }
}

/// The class, which was an annotation once.
fn class(row: &Row<'_>) -> Value {
    match row.text("/metadata/annotations/volume.beta.kubernetes.io~1storage-class") {
        "" => row.text("/spec/storageClassName").into(),
        class => class.into(),
    }
}

pub(super) fn claim(row: &Row<'_>) -> Vec<Value> {
    let volume = row.text("/spec/volumeName");
    let (capacity, access) = match volume {
        "" => ("".into(), "".into()),
        _ => (row.text_or("/status/capacity/storage", "0"), modes(row, "/status/accessModes")),
    };
    vec![
        row.name(),
        phase(row),
        volume.into(),
        capacity,
        access,
        class(row),
        row.text_or("/spec/volumeAttributesClassName", "<unset>"),
        row.age(),
        row.text_or("/spec/volumeMode", "<unset>"),
    ]
}

pub(super) fn volume(row: &Row<'_>) -> Vec<Value> {
    let claim = match row.has("/spec/claimRef") {
        true => format!("{}/{}", row.text("/spec/claimRef/namespace"), row.text("/spec/claimRef/name")),
        false => String::new(),
    };
    vec![
        row.name(),
        row.text_or("/spec/capacity/storage", "0"),
        modes(row, "/spec/accessModes"),
        row.text("/spec/persistentVolumeReclaimPolicy").into(),
        phase(row),
        claim.into(),
        class(row),
        row.text_or("/spec/volumeAttributesClassName", "<unset>"),
        row.text("/status/reason").into(),
        row.age(),
        row.text_or("/spec/volumeMode", "<unset>"),
    ]
}

pub(super) fn storage_class(row: &Row<'_>) -> Vec<Value> {
    vec![
        named(row, "storageclass.kubernetes.io/is-default-class"),
        row.text("/provisioner").into(),
        row.text_or("/reclaimPolicy", "Delete"),
        row.text_or("/volumeBindingMode", "Immediate"),
        row.boolean("/allowVolumeExpansion").into(),
        row.age(),
    ]
}

pub(super) fn attachment(row: &Row<'_>) -> Vec<Value> {
    vec![
        row.name(),
        row.text("/spec/attacher").into(),
        row.text("/spec/source/persistentVolumeName").into(),
        row.text("/spec/nodeName").into(),
        row.boolean("/status/attached").into(),
        row.age(),
    ]
}

pub(super) fn driver(row: &Row<'_>) -> Vec<Value> {
    let audiences = row.list("/spec/tokenRequests").iter().map(|request| text(request, "/audience"));
    let tokens = if row.has("/spec/tokenRequests") { join(audiences) } else { "<unset>".to_owned() };
    let modes = join(row.list("/spec/volumeLifecycleModes").iter().filter_map(Value::as_str));
    // Drivers attach unless they say that they do not.
    let attaches = !row.has("/spec/attachRequired") || row.boolean("/spec/attachRequired");
    vec![
        row.name(),
        attaches.into(),
        row.boolean("/spec/podInfoOnMount").into(),
        row.boolean("/spec/storageCapacity").into(),
        tokens.into(),
        row.boolean("/spec/requiresRepublish").into(),
        if modes.is_empty() { "<none>".into() } else { modes.into() },
        row.age(),
    ]
}

pub(super) fn node(row: &Row<'_>) -> Vec<Value> {
    const ROLE: &str = "node-role.kubernetes.io/";
    let ready = row.list("/status/conditions").iter().find(|known| known["type"] == "Ready");
    let ready = ready.map_or("Unknown", |known| if known["status"] == "True" { "Ready" } else { "NotReady" });
    let status =
        if row.boolean("/spec/unschedulable") { format!("{ready},SchedulingDisabled") } else { ready.to_owned() };
    let labels = row.object.pointer("/metadata/labels").and_then(Value::as_object);
    let mut roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| match key.as_str() {
            "kubernetes.io/role" => value.as_str(),
            key => key.strip_prefix(ROLE),
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    let address = |kind: &str| -> Value {
        let found = row.list("/status/addresses").iter().find(|known| known["type"] == kind);
        found.map_or_else(|| "<none>".into(), |known| text(known, "/address").into())
    };
    let info = |field: &str| row.text(&format!("/status/nodeInfo/{field}"));
    let or_unknown = |text: &str| if text.is_empty() { "<unknown>".to_owned() } else { text.to_owned() };
    let kernel = match info("architecture") {
        "" => or_unknown(info("kernelVersion")),
        architecture => format!("{} ({architecture})", or_unknown(info("kernelVersion"))),
    };
    vec![
        row.name(),
        status.into(),
        if roles.is_empty() { "<none>".into() } else { roles.join(",").into() },
        row.age(),
        info("kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        or_unknown(info("osImage")).into(),
        kernel.into(),
        or_unknown(info("containerRuntimeVersion")).into(),
    ]
}
