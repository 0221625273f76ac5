//! Namespaces: what each new one gets, and how a deleted one empties itself.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Condition, Context, MANAGER, is_terminating};
use crate::sandbox::{
    kinds,
    store::{Place, text},
};

/// A real server takes five seconds.
const PATIENCE: Duration = Duration::from_millis(100);

pub(super) fn reconcile(context: &mut Context<'_>, place: &Place, namespace: &Arc<Value>) {
    let name = text(namespace, "/metadata/name").to_owned();
    if !is_terminating(namespace) {
        furnish(context, &name);
        return;
    }
    let elapsed = context.elapsed(format!("namespace {}", text(namespace, "/metadata/uid")));
    if elapsed < PATIENCE {
        context.later(place, PATIENCE - elapsed);
        return;
    }
    for content in context.store.of_namespace(&name) {
        let Some(object) = context.store.at(&content).cloned() else { continue };
        if !is_terminating(&object) {
            context.delete(&object, None);
        }
    }
    let left = context.store.of_namespace(&name);
    if left.is_empty() {
        let mut new = Value::clone(namespace);
        new["spec"] = json!({});
        context.update(MANAGER, "finalize", namespace, new);
    } else {
        tell(context, namespace, &left);
    }
}

fn furnish(context: &mut Context<'_>, name: &str) {
    let accounts = kinds::known("", "ServiceAccount");
    if context.store.get(accounts.slot, name, "default").is_none() {
        context.create(accounts, name, json!({"metadata": {"name": "default"}}));
    }
    let maps = kinds::known("", "ConfigMap");
    if context.store.get(maps.slot, name, "kube-root-ca.crt").is_none() {
        let note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
        let metadata = json!({"name": "kube-root-ca.crt", "annotations": {"kubernetes.io/description": note}});
        context.create(
            maps,
            name,
            json!({"metadata": metadata, "data": {"ca.crt": "no certificate: this is a sandbox\n"}}),
        );
    }
}

/// Says what still keeps a namespace, as a real server does.
fn tell(context: &mut Context<'_>, namespace: &Arc<Value>, left: &[Place]) {
    let mut by_kind: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let mut by_finalizer: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for place in left {
        *by_kind.entry(context.store.kinds().stored(place.0).qualified()).or_default() += 1;
        let object = context.store.at(place);
        let finalizers = object.and_then(|object| object.pointer("/metadata/finalizers")?.as_array());
        for finalizer in finalizers.into_iter().flatten().filter_map(Value::as_str) {
            *by_finalizer.entry(finalizer.to_owned()).or_default() += 1;
        }
    }
    if by_finalizer.is_empty() {
        return;
    }
    let kinds: Vec<String> =
        by_kind.iter().map(|(kind, count)| format!("{kind}. has {count} resource instances")).collect();
    let finalizers: Vec<String> =
        by_finalizer.iter().map(|(name, count)| format!("{name} in {count} resource instances")).collect();
    let remaining = format!("Some resources are remaining: {}", kinds.join(", "));
    let waiting = format!("Some content in the namespace has finalizers remaining: {}", finalizers.join(", "));
    let all = [
        Condition {
            kind: "NamespaceDeletionDiscoveryFailure",
            status: false,
            reason: "ResourcesDiscovered",
            message: "All resources successfully discovered",
        },
        Condition {
            kind: "NamespaceDeletionGroupVersionParsingFailure",
            status: false,
            reason: "ParsedGroupVersions",
            message: "All legacy kube types successfully parsed",
        },
        Condition {
            kind: "NamespaceDeletionContentFailure",
            status: false,
            reason: "ContentDeleted",
            message: "All content successfully deleted, may be waiting on finalization",
        },
        Condition {
            kind: "NamespaceContentRemaining",
            status: true,
            reason: "SomeResourcesRemain",
            message: &remaining,
        },
        Condition {
            kind: "NamespaceFinalizersRemaining",
            status: true,
            reason: "SomeFinalizersRemain",
            message: &waiting,
        },
    ];
    let conditions: Vec<Value> = all.iter().map(|condition| condition.write(namespace, context.now, false)).collect();
    context.status(MANAGER, namespace, json!({"phase": "Terminating", "conditions": conditions}));
}
