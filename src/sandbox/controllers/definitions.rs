//! Definitions of custom resources are established at once, though the sandbox serves none.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Condition, Context, MANAGER, garbage, is_terminating};

const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

pub(super) fn reconcile(context: &mut Context<'_>, definition: &Arc<Value>) {
    if is_terminating(definition) {
        garbage::drop_finalizer(context, definition, CLEANUP);
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
