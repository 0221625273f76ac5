//! Claims are bound to volumes that exist in name only, and kept while pods use them.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{Context, MANAGER, garbage, is_terminating};
use crate::sandbox::{
    kinds,
    store::{Change, Place, text},
};

const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";
const PROTECTION: &str = "kubernetes.io/pvc-protection";

/// Queues the claims that a pod names.
pub(super) fn of_pod(change: &Change, queue: &mut BTreeSet<Place>) {
    let slot = kinds::known("", "PersistentVolumeClaim").slot;
    let Some(pod) = change.new.as_ref().or(change.old.as_ref()) else { return };
    queue.extend(names(pod).map(|name| (slot, (change.place.1.0.clone(), name.to_owned()))));
}

/// The claims that a pod names.
pub(super) fn names(pod: &Value) -> impl Iterator<Item = &str> {
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    volumes.into_iter().flatten().filter_map(|volume| volume.pointer("/persistentVolumeClaim/claimName")?.as_str())
}

pub(super) fn reconcile(context: &mut Context<'_>, place: &Place, claim: &Arc<Value>) {
    let (namespace, name) = (&place.1.0, &place.1.1);
    let pods = kinds::known("", "Pod").slot;
    let is_used_by = |is_one: fn(&Value) -> bool| {
        let mut all = context.store.list(pods, Some(namespace));
        all.any(|(_, pod)| is_one(pod) && names(pod).any(|used| used == name))
    };
    if is_terminating(claim) {
        // A pod without a node holds nothing; one that has ended does, as long as it is there.
        let is_held = is_used_by(|pod| !text(pod, "/spec/nodeName").is_empty());
        if !is_held && garbage::has_finalizer(claim, PROTECTION) {
            garbage::drop_finalizer(context, claim, PROTECTION);
        }
        return;
    }
    let is_used = is_used_by(|pod| !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed"));
    if text(claim, "/status/phase") == "Bound" {
        return;
    }
    let class_name = text(claim, "/spec/storageClassName").to_owned();
    let classes = kinds::known("storage.k8s.io", "StorageClass");
    let Some(class) = context.store.get(classes.slot, "", &class_name).cloned() else {
        let message = if class_name.is_empty() {
            "no persistent volumes available for this claim and no storage class is set".to_owned()
        } else {
            format!("storageclass.storage.k8s.io {class_name:?} not found")
        };
        let (kind, reason) =
            if class_name.is_empty() { ("Normal", "FailedBinding") } else { ("Warning", "ProvisioningFailed") };
        context.event(claim, kind, reason, &message);
        return;
    };
    if text(&class, "/volumeBindingMode") == "WaitForFirstConsumer" && !is_used {
        let message = "waiting for first consumer to be created before binding";
        context.event(claim, "Normal", "WaitForFirstConsumer", message);
        return;
    }
    bind(context, claim, &class, &class_name);
}

fn bind(context: &mut Context<'_>, claim: &Arc<Value>, class: &Value, class_name: &str) {
    let volume = format!("pvc-{}", text(claim, "/metadata/uid"));
    let (modes, capacity) = (claim["spec"]["accessModes"].clone(), claim.pointer("/spec/resources/requests").cloned());
    let capacity = capacity.unwrap_or_else(|| json!({}));
    let volumes = kinds::known("", "PersistentVolume");
    if context.store.get(volumes.slot, "", &volume).is_none() {
        let reference = json!({
            "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": claim["metadata"]["namespace"], "name": claim["metadata"]["name"],
            "uid": claim["metadata"]["uid"], "resourceVersion": claim["metadata"]["resourceVersion"],
        });
        let spec = json!({
            "capacity": capacity, "accessModes": modes, "claimRef": reference, "storageClassName": class_name,
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"], "hostPath": {"path": format!("/nowhere/{volume}")},
        });
        let made = context.create(volumes, "", json!({"metadata": {"name": volume}, "spec": spec}));
        if let Some(made) = made {
            context.status(MANAGER, &made, json!({"phase": "Bound"}));
        }
    }
    let mut new = Value::clone(claim);
    new["spec"]["volumeName"] = volume.into();
    let annotations = crate::sandbox::convert::map_at(&mut new, &["metadata", "annotations"]);
    if let Some(annotations) = annotations {
        annotations.insert("pv.kubernetes.io/bind-completed".into(), "yes".into());
        annotations.insert("pv.kubernetes.io/bound-by-controller".into(), "yes".into());
    }
    let Some(bound) = context.update(MANAGER, "", claim, new) else { return };
    context.status(MANAGER, &bound, json!({"phase": "Bound", "accessModes": modes, "capacity": capacity}));
}

/// A volume goes with its claim, unless it is to be kept.
pub(super) fn release(context: &mut Context<'_>, volume: &Arc<Value>) {
    let uid = text(volume, "/spec/claimRef/uid");
    if is_terminating(volume) {
        let is_bound = !uid.is_empty() && context.store.by_uid(uid).is_some();
        if !is_bound && garbage::has_finalizer(volume, VOLUME_PROTECTION) {
            garbage::drop_finalizer(context, volume, VOLUME_PROTECTION);
        }
        return;
    }
    if uid.is_empty() && text(volume, "/status/phase") == "Pending" {
        context.status(MANAGER, volume, json!({"phase": "Available", "lastPhaseTransitionTime": context.now}));
        return;
    }
    if !uid.is_empty() && context.store.by_uid(uid).is_none() && text(volume, "/status/phase") == "Bound" {
        if text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
            context.delete(volume, None);
        } else {
            context.status(MANAGER, volume, json!({"phase": "Released"}));
        }
    }
}
