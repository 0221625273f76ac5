//! Nobody grants what they do not have
//! (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping>).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Attributes, User,
    rules::{self, covers_path, covers_resource, each},
};
use crate::sandbox::{
    kinds::Resource,
    status::Refusal,
    store::{Store, text},
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses a role or a binding that gives more than its author has.
pub(in crate::sandbox) fn check(
    store: &Store,
    user: Option<&User>,
    resource: &Resource,
    namespace: &str,
    live: Option<&Value>,
    new: &Value,
) -> Result<(), Refusal> {
    let Some(user) = user.filter(|user| resource.group == GROUP && !user.is_master()) else { return Ok(()) };
    if live.is_some_and(|live| without_ends(live) == without_ends(new)) {
        return Ok(());
    }
    let name = text(new, "/metadata/name");
    let may = |asked: &Attributes| rules::decide(store, user, asked).is_ok();
    let wanted: Vec<Value> = if matches!(resource.kind.as_str(), "Role" | "ClusterRole") {
        if may(&Attributes::object("escalate", resource, namespace, name)) {
            return Ok(());
        }
        rules::rules_of(new).cloned().collect()
    } else {
        let role_name = text(new, "/roleRef/name");
        let bound = store.kinds().by_kind(GROUP, text(new, "/roleRef/kind"));
        if bound.is_some_and(|bound| may(&Attributes::object("bind", bound, namespace, role_name))) {
            return Ok(());
        }
        let role = rules::role(store, new, namespace).map_err(|_| Refusal::not_found(resource, role_name))?;
        rules::rules_of(role).cloned().collect()
    };
    let (grants, _) = rules::grants(store, user, namespace);
    let held: Vec<&Value> = grants.iter().flat_map(|grant| grant.rules()).collect();
    let missing = missing(&held, &wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!(
        "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        quoted(user.groups.iter().map(String::as_str)),
        missing.into_iter().collect::<Vec<_>>().join("\n")
    );
    Err(Refusal::forbidden(resource, name, &why))
}

/// An object without what only its deletion needs.
fn without_ends(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
            metadata.shift_remove(field);
        }
    }
    object
}

/// What of some rules is in none of those held, one resource or path a line.
fn missing(held: &[&Value], wanted: &[Value]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    // Group, resource and name, with the verbs that are missing.
    let mut resources: Vec<([String; 3], Vec<String>)> = Vec::new();
    for rule in wanted {
        for verb in each(rule, "verbs") {
            for path in each(rule, "nonResourceURLs") {
                let one = json!({"verbs": [verb], "nonResourceURLs": [path]});
                if !held.iter().any(|held| covers(held, &one)) {
                    lines.insert(format!("{{NonResourceURLs:[{path:?}], Verbs:[{verb:?}]}}"));
                }
            }
        }
        let mut names: Vec<&str> = each(rule, "resourceNames").collect();
        if names.is_empty() {
            names.push("");
        }
        for group in each(rule, "apiGroups") {
            for resource in each(rule, "resources") {
                for verb in each(rule, "verbs") {
                    for name in &names {
                        let mut one = json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]});
                        if !name.is_empty() {
                            one["resourceNames"] = json!([name]);
                        }
                        if held.iter().any(|held| covers(held, &one)) {
                            continue;
                        }
                        let key = [group, resource, *name].map(str::to_owned);
                        match resources.iter_mut().find(|(known, _)| *known == key) {
                            Some((_, verbs)) if verbs.iter().any(|known| known == verb) => {}
                            Some((_, verbs)) => verbs.push(verb.to_owned()),
                            None => resources.push((key, vec![verb.to_owned()])),
                        }
                    }
                }
            }
        }
    }
    for ([group, resource, name], verbs) in resources {
        let names = if name.is_empty() { String::new() } else { format!(", ResourceNames:[{name:?}]") };
        let verbs = quoted(verbs.iter().map(String::as_str));
        lines.insert(format!("{{APIGroups:[{group:?}], Resources:[{resource:?}]{names}, Verbs:{verbs}}}"));
    }
    lines
}

/// A list of texts as Go writes one.
fn quoted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.map(|text| format!("{text:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

/// Whether a rule holds all of a rule about one thing.
fn covers(held: &Value, one: &Value) -> bool {
    let every = |field: &str, covers: &dyn Fn(&str, &str) -> bool| {
        each(one, field).all(|wanted| each(held, field).any(|known| covers(known, wanted)))
    };
    let or_all = |known: &str, wanted: &str| known == "*" || known == wanted;
    let is_unnamed = each(held, "resourceNames").next().is_none();
    let is_named = each(one, "resourceNames").next().is_some();
    every("verbs", &or_all)
        && every("apiGroups", &or_all)
        && every("resources", &covers_resource)
        && every("nonResourceURLs", &covers_path)
        && (is_unnamed || (is_named && every("resourceNames", &|known, wanted| known == wanted)))
}
