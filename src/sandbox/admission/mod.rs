//! What the server's own admission plugins set and refuse: limit ranges, pod security and quotas. Where a
//! namespace has none of them, nothing is done.

mod limits;
mod quota;
mod security;
mod totals;
mod violations;

use std::sync::Arc;

use serde_json::Value;

use super::{
    kinds::{self, Resource},
    status::Refusal,
    store::{Store, text},
    writes::Write,
};

pub(super) use quota::{governs, used};
pub(super) use security::complaints;

/// Sets what limit ranges give to a new object.
pub(super) fn fill_in(store: &Store, resource: &Resource, namespace: &str, object: &mut Value) {
    if resource.is("", "Pod") {
        for range in all(store, "LimitRange", namespace) {
            limits::fill_in(&range, object);
        }
    }
}

/// Refuses what goes beyond a limit range or a quota. The answer is the quotas as they are once the object is written.
pub(super) fn check(
    store: &Store,
    resource: &Resource,
    namespace: &str,
    live: Option<&Value>,
    new: &Value,
    write: Write<'_>,
) -> Result<Vec<Value>, Refusal> {
    if resource.is("", "Namespace")
        && let Some(live) = live
    {
        let name = text(new, "/metadata/name");
        let pods = store.list(kinds::known("", "Pod").slot, Some(name)).map(|(_, pod)| &**pod);
        security::review(live, new, pods, |text| write.warn(text));
    }
    if !resource.namespaced {
        return Ok(Vec::new());
    }
    if resource.is("", "Pod") && live.is_none() {
        has_account(store, resource, namespace, new)?;
    }
    // Resources of a running pod are not asked about again.
    if resource.is("", "PersistentVolumeClaim") || (resource.is("", "Pod") && live.is_none()) {
        for range in all(store, "LimitRange", namespace) {
            limits::check(resource, &range, new)?;
        }
    }
    let labelled = store.get(kinds::known("", "Namespace").slot, "", namespace);
    // Of a pod only what makes no difference here can change.
    if let Some(namespace) = labelled.filter(|_| live.is_none() || !resource.is("", "Pod")) {
        security::check(namespace, resource, new, |text| write.warn(text))?;
    }
    quota::charge(&all(store, "ResourceQuota", namespace), resource, live, new)
}

/// Refuses a pod of an account that is not there. That of every namespace is made a moment after the namespace, and then
/// waited for here by nobody.
fn has_account(store: &Store, resource: &Resource, namespace: &str, pod: &Value) -> Result<(), Refusal> {
    let account = text(pod, "/spec/serviceAccountName");
    let is_there = store.get(kinds::known("", "ServiceAccount").slot, namespace, account).is_some();
    if is_there || matches!(account, "" | "default") {
        return Ok(());
    }
    let why = format!("error looking up service account {namespace}/{account}: serviceaccount {account:?} not found");
    Err(Refusal::forbidden(resource, text(pod, "/metadata/name"), &why))
}

/// The ranges or quotas of a namespace: seldom any.
fn all(store: &Store, kind: &str, namespace: &str) -> Vec<Arc<Value>> {
    store.list(kinds::known("", kind).slot, Some(namespace)).map(|(_, object)| Arc::clone(object)).collect()
}
