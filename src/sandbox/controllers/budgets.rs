//! Disruption budgets: how many of their pods may be evicted
//! (<https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets>).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{Condition, Context, MANAGER, controller_uid, deployments::share, number, pods};
use crate::sandbox::{
    kinds, select,
    store::{Change, Place, Store, text},
};

/// Queues the budgets that count a pod, as it was or as it is.
pub(super) fn of_pod(store: &Store, change: &Change, queue: &mut BTreeSet<Place>) {
    let slot = kinds::known("policy", "PodDisruptionBudget").slot;
    for (name, budget) in store.list(slot, Some(&change.place.1.0)) {
        if [&change.old, &change.new].into_iter().flatten().any(|pod| counts(budget, pod)) {
            queue.insert((slot, name.clone()));
        }
    }
}

fn counts(budget: &Value, pod: &Value) -> bool {
    let selector = budget.pointer("/spec/selector");
    selector.is_some_and(|selector| select::matches(selector, pod.pointer("/metadata/labels")))
}

/// The budgets of a pod that forbid to evict it now, by name, with the pods that they need and those that they have.
pub(in crate::sandbox) fn forbidding(store: &Store, pod: &Value) -> Option<(String, i64, i64)> {
    let slot = kinds::known("policy", "PodDisruptionBudget").slot;
    // One that does not run may always go.
    if !pods::is_ready(pod) {
        return None;
    }
    let mut budgets = store.list(slot, Some(text(pod, "/metadata/namespace")));
    let (_, budget) =
        budgets.find(|(_, budget)| counts(budget, pod) && number(budget, "/status/disruptionsAllowed") == 0)?;
    let [wanted, healthy] = ["/status/desiredHealthy", "/status/currentHealthy"].map(|field| number(budget, field));
    Some((text(budget, "/metadata/name").to_owned(), wanted, healthy))
}

pub(super) fn reconcile(context: &mut Context<'_>, budget: &Arc<Value>) {
    let namespace = text(budget, "/metadata/namespace").to_owned();
    let counted: Vec<Arc<Value>> = context
        .store
        .list(kinds::known("", "Pod").slot, Some(&namespace))
        .filter(|(_, pod)| counts(budget, pod) && !pods::is_finished(pod))
        .map(|(_, pod)| Arc::clone(pod))
        .collect();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let scale = wanted(context, &counted);
    let (least, most) = (budget.pointer("/spec/minAvailable"), budget.pointer("/spec/maxUnavailable"));
    let (expected, desired) = match (least, most) {
        (_, Some(most)) => (scale, (scale - share(Some(most), scale, true)).max(0)),
        (Some(Value::String(part)), _) => (scale, share(Some(&part.as_str().into()), scale, true)),
        (least, None) => (count(counted.len()), share(least, 0, true)),
    };
    if counted.is_empty() {
        context.event(budget, "Normal", "NoPods", "No matching pods found");
    }
    let healthy = count(counted.iter().filter(|pod| pods::is_ready(pod)).count());
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    let condition = Condition { kind: "DisruptionAllowed", status: allowed > 0, reason, message: "" };
    let mut condition = condition.write(budget, context.now, false);
    condition["message"] = "".into();
    condition["observedGeneration"] = budget["metadata"]["generation"].clone();
    let status = json!({
        "observedGeneration": budget["metadata"]["generation"], "disruptionsAllowed": allowed, "currentHealthy": healthy,
        "desiredHealthy": desired, "expectedPods": expected, "conditions": [condition],
    });
    context.status(MANAGER, budget, status);
}

/// How many pods their owners want, each owner once; a set speaks for its deployment.
fn wanted(context: &Context<'_>, pods: &[Arc<Value>]) -> i64 {
    let owner = |object: &Value| -> Option<Arc<Value>> {
        context.store.at(context.store.by_uid(controller_uid(object)?)?).cloned()
    };
    let mut owners: BTreeMap<String, i64> = BTreeMap::new();
    for pod in pods {
        let Some(set) = owner(pod) else { continue };
        let top = owner(&set).unwrap_or(set);
        owners.insert(text(&top, "/metadata/uid").to_owned(), number(&top, "/spec/replicas"));
    }
    owners.values().sum()
}
