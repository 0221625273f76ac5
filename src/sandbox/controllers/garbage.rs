//! Garbage collection: dependents of what is gone go too, and foreground and orphan deletions come to their end.

use std::sync::Arc;

use serde_json::Value;

use super::{Context, MANAGER, is_terminating};
use crate::sandbox::{
    convert::map_at,
    store::{Place, text},
};

/// Collects an object, or what hangs on it; true when nothing is left to reconcile.
pub(super) fn collect(context: &mut Context<'_>, place: &Place, object: &Arc<Value>) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owners: Vec<&str> = owners.into_iter().flatten().filter_map(|owner| owner.get("uid")?.as_str()).collect();
    if !owners.is_empty() && !is_terminating(object) {
        let waits = |owner: &Value| is_terminating(owner) && has_finalizer(owner, "foregroundDeletion");
        let live: Vec<&Arc<Value>> =
            owners.iter().filter_map(|owner| context.store.at(context.store.by_uid(owner)?)).collect();
        if live.iter().all(|owner| waits(owner)) {
            // An owner that waits for this object waits for what hangs on it as well.
            let has_dependents = context.store.owned_by(text(object, "/metadata/uid")).next().is_some();
            if live.is_empty() || !has_dependents {
                context.delete(object, None);
            } else {
                context.delete_after_dependents(object);
            }
            return context.store.at(place).is_none();
        }
    }
    if !is_terminating(object) {
        return false;
    }
    let dependents: Vec<Place> = context.store.owned_by(text(object, "/metadata/uid")).cloned().collect();
    if has_finalizer(object, "orphan") {
        for dependent in dependents {
            disown(context, &dependent, text(object, "/metadata/uid"));
        }
        drop_finalizer(context, object, "orphan");
        return true;
    }
    if has_finalizer(object, "foregroundDeletion") && dependents.is_empty() {
        drop_finalizer(context, object, "foregroundDeletion");
        return true;
    }
    false
}

pub(super) fn has_finalizer(object: &Value, name: &str) -> bool {
    let finalizers = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    finalizers.is_some_and(|known| known.iter().any(|known| known == name))
}

pub(super) fn drop_finalizer(context: &mut Context<'_>, object: &Arc<Value>, name: &str) {
    let mut new = Value::clone(object);
    if let Some(finalizers) = new.pointer_mut("/metadata/finalizers").and_then(Value::as_array_mut) {
        finalizers.retain(|known| known != name);
    }
    context.update(MANAGER, "", object, new);
}

fn disown(context: &mut Context<'_>, dependent: &Place, uid: &str) {
    let Some(object) = context.store.at(dependent).cloned() else { return };
    let mut new = Value::clone(&object);
    if let Some(metadata) = map_at(&mut new, &["metadata"])
        && let Some(owners) = metadata.get_mut("ownerReferences").and_then(Value::as_array_mut)
    {
        owners.retain(|owner| owner.get("uid").is_none_or(|known| known != uid));
    }
    context.update(MANAGER, "", &object, new);
}
