//! Quotas tell what is used of them; what was refused is tried again once there may be room.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{Context, MANAGER};
use crate::sandbox::{
    admission, kinds,
    store::{Change, Place, Store},
};

/// Kinds whose pods may have been refused.
const REFUSED: [(&str, &str); 4] =
    [("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job")];

/// The quotas that may count what changed, and who may try again.
pub(super) fn of_change(store: &Store, change: &Change, kind: &str, queue: &mut BTreeSet<Place>) {
    let (slot, (namespace, _)) = &change.place;
    let within = |group: &str, kind: &str, namespace: &str| -> Vec<Place> {
        let slot = kinds::known(group, kind).slot;
        store.list(slot, Some(namespace)).map(|(name, _)| (slot, name.clone())).collect()
    };
    match kind {
        "ResourceQuota" | "LimitRange" => {
            queue.extend(REFUSED.iter().flat_map(|(group, kind)| within(group, kind, namespace)));
        }
        _ if namespace.is_empty() => {}
        _ => {
            let counts = |quota: &Place| {
                let hard = store.at(quota).and_then(|quota| quota.pointer("/spec/hard")?.as_object());
                hard.into_iter().flatten().any(|(name, _)| admission::governs(store.kinds().stored(*slot), name))
            };
            queue.extend(within("", "ResourceQuota", namespace).into_iter().filter(counts));
        }
    }
}

pub(super) fn reconcile(context: &mut Context<'_>, quota: &Arc<Value>) {
    let hard = quota.pointer("/spec/hard").cloned().unwrap_or_else(|| json!({}));
    let status = json!({"hard": hard, "used": admission::used(context.store, quota)});
    context.status(MANAGER, quota, status);
}
