//! Autoscalers look at what they scale, and keep it within their bounds. There are no metrics, so beyond that they say so
//! and scale nothing.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{Condition, Context, MANAGER, number};
use crate::sandbox::{
    kinds,
    store::{Change, Place, Store, text},
};

/// Queues the autoscalers of a workload.
pub(super) fn of_target(store: &Store, change: &Change, kind: &str, queue: &mut BTreeSet<Place>) {
    let slot = kinds::known("autoscaling", "HorizontalPodAutoscaler").slot;
    let (namespace, name) = &change.place.1;
    for (found, scaler) in store.list(slot, Some(namespace)) {
        if text(scaler, "/spec/scaleTargetRef/kind") == kind && text(scaler, "/spec/scaleTargetRef/name") == name {
            queue.insert((slot, found.clone()));
        }
    }
}

pub(super) fn reconcile(context: &mut Context<'_>, scaler: &Arc<Value>) {
    let reference = |field: &str| text(scaler, &format!("/spec/scaleTargetRef/{field}"));
    let (group, _) = crate::object::split_api_version(reference("apiVersion"));
    let Some(resource) = context.store.kinds().by_kind(group, reference("kind")).cloned() else { return };
    let namespace = text(scaler, "/metadata/namespace");
    let Some(target) = context.store.get(resource.slot, namespace, reference("name")).cloned() else {
        let missing = format!("{} {:?} not found", resource.qualified(), reference("name"));
        context.event(scaler, "Warning", "FailedGetScale", &missing);
        let message = format!("the HPA controller was unable to get the target's current scale: {missing}");
        let found = Condition { kind: "AbleToScale", status: false, reason: "FailedGetScale", message: &message };
        let conditions = [found.write(scaler, context.now, false)];
        context.status(
            MANAGER,
            scaler,
            json!({"desiredReplicas": 0, "currentMetrics": null, "conditions": conditions}),
        );
        return;
    };
    if rescale(context, scaler, &target) {
        return;
    }
    let message = "the HPA controller was able to get the target's current scale";
    let found = Condition { kind: "AbleToScale", status: true, reason: "SucceededGetScale", message };
    let mut conditions = vec![found.write(scaler, context.now, false)];
    let metric = text(scaler, "/spec/metrics/0/resource/name");
    if number(&target, "/spec/replicas") == 0 {
        let message = "scaling is disabled since the replica count of the target is zero";
        let active = Condition { kind: "ScalingActive", status: false, reason: "ScalingDisabled", message };
        conditions.push(active.write(scaler, context.now, false));
    } else if !metric.is_empty() {
        let cause = format!(
            "failed to get {metric} utilization: unable to get metrics for resource {metric}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
        );
        context.event(scaler, "Warning", "FailedGetResourceMetric", &cause);
        let message = format!("the HPA was unable to compute the replica count: {cause}");
        let (kind, reason) = ("ScalingActive", "FailedGetResourceMetric");
        let active = Condition { kind, status: false, reason, message: &message };
        conditions.push(active.write(scaler, context.now, false));
    }
    let replicas = number(&target, "/status/replicas");
    let status =
        json!({"currentReplicas": replicas, "desiredReplicas": 0, "currentMetrics": null, "conditions": conditions});
    context.status(MANAGER, scaler, status);
}

/// Brings a target back within the bounds; false when it is.
fn rescale(context: &mut Context<'_>, scaler: &Arc<Value>, target: &Arc<Value>) -> bool {
    let replicas = number(target, "/spec/replicas");
    let (least, most) = (number(scaler, "/spec/minReplicas").max(1), number(scaler, "/spec/maxReplicas"));
    let bound = replicas.min(most).max(least.min(most));
    if replicas == 0 || bound == replicas {
        return false;
    }
    let mut scaled = Value::clone(target);
    scaled["spec"]["replicas"] = bound.into();
    if context.update(MANAGER, "scale", target, scaled).is_none() {
        return false;
    }
    let side = if bound > replicas { "below Spec.MinReplicas" } else { "above Spec.MaxReplicas" };
    let told = format!("New size: {bound}; reason: Current number of replicas {side}");
    context.event(scaler, "Normal", "SuccessfulRescale", &told);
    let message = format!("the HPA controller was able to update the target scale to {bound}");
    let able = Condition { kind: "AbleToScale", status: true, reason: "SucceededRescale", message: &message };
    let status = json!({
        "currentReplicas": number(target, "/status/replicas"), "desiredReplicas": bound, "currentMetrics": null,
        "lastScaleTime": context.now, "conditions": [able.write(scaler, context.now, false)],
    });
    context.status(MANAGER, scaler, status);
    true
}
