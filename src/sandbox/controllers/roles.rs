//! Roles of the cluster that are made of others (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>).

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::Context;
use crate::sandbox::{
    kinds::{self, Resource},
    select,
    store::{Change, Place, Store, text},
};

const MANAGER: &str = "clusterrole-aggregation-controller";

fn kind() -> &'static Resource {
    kinds::known("rbac.authorization.k8s.io", "ClusterRole")
}

fn selectors(role: &Value) -> impl Iterator<Item = &Value> {
    let selectors = role.pointer("/aggregationRule/clusterRoleSelectors").and_then(Value::as_array);
    selectors.into_iter().flatten()
}

/// The roles that a changed one may be a part of.
pub(super) fn of_role(store: &Store, change: &Change, queue: &mut BTreeSet<Place>) {
    let wholes = store.list(kind().slot, None).filter(|(_, role)| selectors(role).next().is_some());
    queue.extend(wholes.map(|(name, _)| (change.place.0, name.clone())));
}

pub(super) fn reconcile(context: &mut Context<'_>, role: &Arc<Value>) {
    if selectors(role).next().is_none() {
        return;
    }
    let name = text(role, "/metadata/name");
    let parts = context.store.list(kind().slot, None).filter(|((_, part), known)| {
        let labels = known.pointer("/metadata/labels");
        part != name && selectors(role).any(|selector| select::matches(selector, labels))
    });
    let mut rules: Vec<&Value> = Vec::new();
    for rule in parts.flat_map(|(_, part)| part["rules"].as_array().into_iter().flatten()) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    // Where nobody is a part, the real one applies no rules, and those that are there stay with who owns them.
    if rules.is_empty() {
        return;
    }
    let mut new = Value::clone(role);
    new["rules"] = rules.into_iter().cloned().collect();
    context.update(MANAGER, "", role, new);
}
