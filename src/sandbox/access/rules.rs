//! Which rules apply to a user, and what they allow.

use std::sync::Arc;

use serde_json::Value;

use super::{Attributes, User, What, service_account};
use crate::sandbox::{
    kinds,
    store::{Store, text},
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A role that is bound to a user.
pub(super) struct Grant<'a> {
    binding: &'a Value,
    subject: &'a Value,
    role: &'a Arc<Value>,
}

impl Grant<'_> {
    pub(super) fn rules(&self) -> impl Iterator<Item = &Value> {
        rules_of(self.role)
    }

    fn describe(&self) -> String {
        let (kind, name) = (text(self.binding, "/kind"), text(self.binding, "/metadata/name"));
        let namespace = text(self.binding, "/metadata/namespace");
        let name = if namespace.is_empty() { name.to_owned() } else { format!("{name}/{namespace}") };
        let (role, role_name) = (text(self.binding, "/roleRef/kind"), text(self.binding, "/roleRef/name"));
        let subject = match (text(self.subject, "/kind"), text(self.subject, "/name")) {
            ("ServiceAccount", account) => {
                format!("ServiceAccount {:?}", format!("{account}/{}", text(self.subject, "/namespace")))
            }
            (kind, name) => format!("{kind} {name:?}"),
        };
        format!("RBAC: allowed by {kind} {name:?} of {role} {role_name:?} to {subject}")
    }
}

/// The roles of a user, in the cluster and in a namespace, and what is wrong with bindings.
pub(super) fn grants<'a>(store: &'a Store, user: &User, namespace: &'a str) -> (Vec<Grant<'a>>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let everywhere = store.list(kinds::known(GROUP, "ClusterRoleBinding").slot, None);
    let here = store.list(kinds::known(GROUP, "RoleBinding").slot, Some(namespace)).filter(|_| !namespace.is_empty());
    for (_, binding) in everywhere.chain(here) {
        let subjects = binding.get("subjects").and_then(Value::as_array);
        let Some(subject) = subjects.into_iter().flatten().find(|subject| names(subject, binding, user)) else {
            continue;
        };
        match role(store, binding, text(binding, "/metadata/namespace")) {
            Ok(role) => found.push(Grant { binding, subject, role }),
            Err(why) => missing.push(why),
        }
    }
    (found, missing)
}

fn names(subject: &Value, binding: &Value, user: &User) -> bool {
    let name = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => name == user.name,
        "Group" => user.groups.iter().any(|group| group == name),
        "ServiceAccount" => {
            let given = text(subject, "/namespace");
            let namespace = if given.is_empty() { text(binding, "/metadata/namespace") } else { given };
            service_account(&user.name) == Some((namespace, name))
        }
        _ => false,
    }
}

/// The role that a binding names.
pub(super) fn role<'a>(store: &'a Store, binding: &Value, namespace: &str) -> Result<&'a Arc<Value>, String> {
    let name = text(binding, "/roleRef/name");
    let found = match text(binding, "/roleRef/kind") {
        "Role" => store.get(kinds::known(GROUP, "Role").slot, namespace, name),
        _ => store.get(kinds::known(GROUP, "ClusterRole").slot, "", name),
    };
    let kind = text(binding, "/roleRef/kind").to_lowercase();
    found.ok_or_else(|| format!("{kind}.{GROUP} {name:?} not found"))
}

pub(super) fn rules_of(role: &Value) -> impl Iterator<Item = &Value> {
    role.get("rules").and_then(Value::as_array).into_iter().flatten()
}

/// Why a user may do something, or why not; both may be empty.
pub(super) fn decide(store: &Store, user: &User, asked: &Attributes) -> Result<String, String> {
    if user.is_master() {
        return Ok(String::new());
    }
    let namespace = match &asked.what {
        What::Resource { namespace, .. } => namespace.as_str(),
        What::Path(_) => "",
    };
    let (grants, missing) = grants(store, user, namespace);
    match grants.iter().find(|grant| grant.rules().any(|rule| allows(rule, asked))) {
        Some(grant) => Ok(grant.describe()),
        None => Err(match &missing[..] {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            many => format!("RBAC: [{}]", many.join(", ")),
        }),
    }
}

/// The texts of a field of a rule.
pub(super) fn each<'a>(rule: &'a Value, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    rule.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    each(rule, field).any(|known| known == "*" || known == wanted)
}

fn allows(rule: &Value, asked: &Attributes) -> bool {
    if !has(rule, "verbs", &asked.verb) {
        return false;
    }
    match &asked.what {
        What::Path(path) => each(rule, "nonResourceURLs").any(|known| covers_path(known, path)),
        What::Resource { group, resource, subresource, name, .. } => {
            let whole = match subresource.as_str() {
                "" => resource.clone(),
                subresource => format!("{resource}/{subresource}"),
            };
            has(rule, "apiGroups", group)
                && each(rule, "resources").any(|known| covers_resource(known, &whole))
                && (each(rule, "resourceNames").next().is_none()
                    || each(rule, "resourceNames").any(|known| known == name))
        }
    }
}

/// `*` is every resource and subresource, `*/scale` that subresource of every resource.
pub(super) fn covers_resource(known: &str, wanted: &str) -> bool {
    let subresource = wanted.split_once('/').map(|(_, subresource)| subresource);
    known == "*" || known == wanted || (known.strip_prefix("*/").is_some_and(|known| Some(known) == subresource))
}

/// `/apis/*` is every path below.
pub(super) fn covers_path(known: &str, wanted: &str) -> bool {
    known == wanted || known.strip_suffix('*').is_some_and(|start| wanted.starts_with(start))
}
