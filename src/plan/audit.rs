//! What must hold of every plan, whoever made it; a plan that fails is a bug of ditc and is never applied.

use crate::{desired::is_reserved, state::Operation};

use super::{Action, After, Expect, Plan, Step};

/// Everything about a plan that must not be; empty for a sound one.
#[must_use]
pub fn audit(plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, change) in &plan.changes {
        let mut fault = |what: &str| faults.push(format!("{key}: {what}"));
        let elsewhere = key.namespace.as_deref().is_some_and(|namespace| namespace != plan.namespace.as_str());
        let other_namespace = key.kind.is("", "Namespace") && key.name != plan.namespace.as_str();
        if elsewhere || other_namespace {
            fault("lies outside the environment's namespace");
        }
        let kept_for_ditc = ["ConfigMap", "Secret", "Lease"].contains(&key.kind.kind.as_str());
        if kept_for_ditc && is_reserved(&key.name) {
            fault("has a name that is kept for ditc itself");
        }
        let expects_same = matches!(&change.expect, Expect::Same { uid, .. } if !uid.0.is_empty());
        match change.action {
            Action::Create if matches!(change.expect, Expect::Same { .. }) => fault("is created although it is there"),
            Action::Update | Action::Replace | Action::Adopt | Action::Delete if !expects_same => {
                fault("is changed or deleted without a uid");
            }
            _ => {}
        }
        let writes = !matches!(change.action, Action::Delete | Action::Forget);
        if writes && change.manifest.is_none() {
            fault("is written without a manifest");
        }
        if writes && plan.operation == Operation::Destroy {
            fault("is written by a destroy");
        }
        if change.manifest.as_ref().is_some_and(|manifest| manifest.key != *key) {
            fault("has the manifest of another object");
        }
        if key.kind.is("", "Secret") {
            let body = change.manifest.as_ref().map(|manifest| &manifest.body);
            let has_values = body.is_some_and(|body| body.at("/data").is_some() || body.at("/stringData").is_some());
            let shows = change.diff.fields.iter().any(|field| {
                let of_data = matches!(field.path.to_string().as_str(), path if path.starts_with(".data") || path.starts_with(".stringData"));
                of_data && (field.before.is_some() || matches!(field.after, After::Value(_)))
            });
            if has_values || shows {
                fault("shows values of a Secret");
            }
        }
        let step = Step::Change(key.clone());
        if change.action != Action::Forget && !plan.order.contains(&step) {
            fault("has no place in the order");
        }
        if plan.unchanged.contains_key(key) || plan.blocked.iter().any(|blocked| blocked.key == *key) {
            fault("is decided twice");
        }
    }
    for step in plan.order.nodes() {
        let known = match step {
            Step::Change(key) => plan.changes.contains_key(key),
            Step::Ready(component) => plan.components.contains_key(component),
        };
        if !known {
            faults.push(format!("{step:?}: is ordered, but is no step of the plan"));
        }
    }
    if let Err(cycle) = plan.order.order() {
        faults.push(format!("the order has a cycle: {cycle:?}"));
    }
    faults
}
