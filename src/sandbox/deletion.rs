//! Deleting an object, or marking it as to be deleted: preconditions, finalizers, grace. What hangs on it is the garbage
//! collector's affair.

use std::sync::Arc;

use serde_json::Value;

use super::{
    convert, decode,
    kinds::{self, Resource},
    status::Refusal,
    store::{Store, text},
    writes::{Write, has_finalizers, place},
};

/// What a delete asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Deletion {
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
    pub(super) propagation: Option<String>,
    pub(super) grace: Option<i64>,
}

/// How a delete ended.
#[derive(Debug)]
pub(super) enum Deleted {
    /// The object as it last was.
    Gone(Arc<Value>),
    /// The object waits for its finalizers.
    Waiting(Arc<Value>),
}

/// Deletes an object, or marks it as to be deleted.
pub(super) fn delete(
    store: &mut Store,
    resource: &Resource,
    live: &Arc<Value>,
    deletion: &Deletion,
    write: Write<'_>,
) -> Result<Deleted, Refusal> {
    let stored = kinds::stored(resource);
    let name = text(live, "/metadata/name");
    check_deletion(resource, live, deletion)?;
    let is_terminating = !text(live, "/metadata/deletionTimestamp").is_empty();
    let mut new = Value::clone(live);
    let mut finalizers: Vec<Value> =
        new.pointer("/metadata/finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(wanted) = propagation(stored, deletion, &finalizers) {
        finalizers.retain(|known| known != "orphan" && known != "foregroundDeletion");
        if !wanted.is_empty() {
            finalizers.push(wanted.into());
        }
    }
    let grace = match stored.kind.as_str() {
        "Pod" if !text(live, "/spec/nodeName").is_empty() && !is_finished(live) => {
            deletion.grace.unwrap_or_else(|| {
                live.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30)
            })
        }
        _ => 0,
    };
    let metadata = convert::map_at(&mut new, &["metadata"]).ok_or_else(Refusal::no_resource)?;
    if finalizers.is_empty() {
        metadata.shift_remove("finalizers");
    } else {
        metadata.insert("finalizers".into(), finalizers.into());
    }
    if !is_terminating {
        let at = write.now.parse::<jiff::Timestamp>().ok().map(|now| now + jiff::SignedDuration::from_secs(grace));
        let at = at.map_or_else(|| write.now.to_owned(), decode::seconds);
        metadata.insert("deletionTimestamp".into(), at.into());
        metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
        // A real server deletes namespaces and definitions by code of their own.
        if stored.is("", "Namespace") || stored.kind == "CustomResourceDefinition" {
            metadata.shift_remove("deletionGracePeriodSeconds");
        } else if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
            metadata.insert("generation".into(), (generation + 1).into());
        }
        if stored.is("", "Namespace")
            && let Some(status) = convert::map_at(&mut new, &["status"])
        {
            status.insert("phase".into(), "Terminating".into());
        }
    } else if deletion.grace == Some(0) {
        metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
    }
    if has_finalizers(stored, &new) {
        if write.is_dry || new == **live {
            return Ok(Deleted::Waiting(Arc::new(new)));
        }
        return Ok(Deleted::Waiting(store.put(stored.slot, new)?));
    }
    if write.is_dry {
        return Ok(Deleted::Gone(Arc::clone(live)));
    }
    let gone = store.remove(&place(stored, text(live, "/metadata/namespace"), name))?;
    Ok(Deleted::Gone(gone.unwrap_or_else(|| Arc::clone(live))))
}

fn is_finished(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// The finalizer that a propagation policy stands for: empty for none, None for no change.
fn propagation(resource: &Resource, deletion: &Deletion, finalizers: &[Value]) -> Option<&'static str> {
    match deletion.propagation.as_deref() {
        Some("Foreground") => Some("foregroundDeletion"),
        Some("Orphan") => Some("orphan"),
        Some(_) => Some(""),
        None if finalizers.iter().any(|known| known == "orphan" || known == "foregroundDeletion") => None,
        // https://kubernetes.io/docs/concepts/workloads/controllers/job/: the API alone leaves a Job's pods.
        None if matches!(resource.kind.as_str(), "Job" | "ReplicationController") => Some("orphan"),
        None => None,
    }
}

fn check_deletion(resource: &Resource, live: &Value, deletion: &Deletion) -> Result<(), Refusal> {
    let name = text(live, "/metadata/name");
    // A refused precondition names the kind, other conflicts its plural.
    let refuse = |why: String| {
        let mut refusal = Refusal::conflict(resource, name, &why);
        let kind = if resource.group.is_empty() {
            resource.kind.clone()
        } else {
            format!("{}.{}", resource.kind, resource.group)
        };
        refusal.message = format!("Operation cannot be fulfilled on {kind} {name:?}: {why}");
        if let Some(details) = refusal.details.as_mut().and_then(Value::as_object_mut) {
            details.insert("kind".into(), resource.kind.clone().into());
        }
        Err(refusal)
    };
    let (uid, version) = (text(live, "/metadata/uid"), text(live, "/metadata/resourceVersion"));
    if let Some(wanted) = deletion.uid.as_deref().filter(|wanted| *wanted != uid) {
        return refuse(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        ));
    }
    if let Some(wanted) = deletion.resource_version.as_deref().filter(|wanted| *wanted != version) {
        return refuse(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        ));
    }
    if resource.is("", "Namespace") && matches!(name, "default" | "kube-system" | "kube-public") {
        return Err(Refusal::forbidden(resource, name, "this namespace may not be deleted"));
    }
    Ok(())
}
