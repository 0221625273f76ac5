//! Definitions of custom resources are established at once, and go when the last of their objects is gone.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Condition, Context, MANAGER, garbage, is_terminating};
use crate::sandbox::store::text;

const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

pub(super) fn reconcile(context: &mut Context<'_>, definition: &Arc<Value>) {
    if is_terminating(definition) {
        clean_up(context, definition);
        return;
    }
    let accepted =
        Condition { kind: "NamesAccepted", status: true, reason: "NoConflicts", message: "no conflicts found" };
    let message = "the initial names have been accepted";
    let established = Condition { kind: "Established", status: true, reason: "InitialNamesAccepted", message };
    let conditions = [accepted, established].map(|condition| condition.write(definition, context.now, false));
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let stored = versions.into_iter().flatten().filter(|version| version["storage"] == true);
    let stored: Vec<&Value> = stored.map(|version| &version["name"]).collect();
    let status =
        json!({"conditions": conditions, "acceptedNames": definition["spec"]["names"], "storedVersions": stored});
    let Some(definition) = context.status(MANAGER, definition, status) else { return };
    if !garbage::has_finalizer(&definition, CLEANUP) {
        let mut new = Value::clone(&definition);
        let finalizers = new.pointer("/metadata/finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
        new["metadata"]["finalizers"] = finalizers.into_iter().chain([CLEANUP.into()]).collect();
        context.update(MANAGER, "", &definition, new);
    }
}

/// Deletes the objects of a definition; theirs may wait for finalizers.
fn clean_up(context: &mut Context<'_>, definition: &Arc<Value>) {
    let kinds = Arc::clone(context.store.kinds());
    if let Some(kind) = kinds.defined_by(text(definition, "/metadata/name")).first() {
        let all: Vec<Arc<Value>> = context.store.list(kind.slot, None).map(|(_, object)| Arc::clone(object)).collect();
        for object in all.iter().filter(|object| !is_terminating(object)) {
            context.delete(object, None);
        }
        if context.store.list(kind.slot, None).next().is_some() {
            return;
        }
    }
    garbage::drop_finalizer(context, definition, CLEANUP);
}
