//! Live objects and what is said of them.

use serde_json::{Value, json};

use super::*;

mod causes;
mod traps;

fn check(object: &Value, expected: &Readiness) {
    assert_eq!(&judge(&Object(object.clone()), Some(&[])), expected, "{object}");
}

fn deployment(spec: Value, status: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "generation": 2}, "spec": spec, "status": status})
}

#[test]
fn believes_no_status_before_its_generation_was_observed() {
    let full = json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1});
    check(&deployment(json!({"replicas": 1}), full), &waiting("its controller has not seen the change yet"));
    check(&deployment(json!({"replicas": 1}), json!({})), &waiting("its controller has not seen the change yet"));
}

#[test]
fn follows_the_rollout_of_a_deployment() {
    let status = |updated: i64, all: i64, ready: i64, available: i64| json!({"observedGeneration": 2, "replicas": all, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": available});
    let spec = json!({"replicas": 2});
    check(&deployment(spec.clone(), status(1, 2, 2, 2)), &waiting("1 of 2 replicas are updated"));
    check(&deployment(spec.clone(), status(2, 3, 3, 3)), &waiting("1 of the replicas before still runs"));
    check(&deployment(spec.clone(), status(2, 2, 1, 1)), &waiting("1 of 2 replicas are ready"));
    check(&deployment(spec.clone(), status(2, 2, 2, 1)), &waiting("1 of 2 replicas are available"));
    check(&deployment(spec, status(2, 2, 2, 2)), &Readiness::Ready);
    check(&deployment(json!({"replicas": 0}), status(0, 0, 0, 0)), &Readiness::Ready);
    check(&deployment(json!({"replicas": 2, "paused": true}), status(0, 0, 0, 0)), &Readiness::Ready);
}

#[test]
fn fails_a_deployment_whose_deadline_passed() {
    let status = json!({"observedGeneration": 2, "conditions": [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out progressing"}]});
    check(&deployment(json!({}), status), &failed("timed out progressing"));
}

#[test]
fn a_stateful_set_is_ready_with_its_new_revision() {
    let set = |status: Value| {
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "generation": 1},
            "spec": {"replicas": 1, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}, "status": status})
    };
    let status = |current: &str, updated: i64| {
        json!({"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": updated,
            "currentRevision": current, "updateRevision": "b"})
    };
    check(&set(status("a", 0)), &waiting("0 of 1 replica is updated"));
    check(&set(status("a", 1)), &waiting("its new revision is not complete yet"));
    check(&set(status("b", 1)), &Readiness::Ready);
}

#[test]
fn a_job_is_ready_only_when_complete() {
    let job = |status: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "seed"}, "status": status});
    check(&job(json!({"active": 1, "startTime": "x"})), &waiting("it runs"));
    check(&job(json!({"conditions": [{"type": "Complete", "status": "True"}]})), &Readiness::Ready);
    let failure = json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]});
    check(&job(failure), &failed("BackoffLimitExceeded"));
}

#[test]
fn what_ran_to_its_end_may_be_going() {
    let going = |kind: &str, version: &str, status: Value| {
        json!({"apiVersion": version, "kind": kind,
        "metadata": {"name": "seed", "deletionTimestamp": "2026-01-31T12:00:00Z"}, "status": status})
    };
    let complete = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    check(&going("Job", "batch/v1", complete), &Readiness::Ready);
    check(&going("Job", "batch/v1", json!({"active": 1})), &waiting("it is being deleted"));
    check(&going("Pod", "v1", json!({"phase": "Succeeded"})), &Readiness::Ready);
    check(&going("Pod", "v1", json!({"phase": "Running"})), &waiting("it is being deleted"));
}

#[test]
fn a_service_needs_a_ready_endpoint_where_somebody_looked() {
    let service = Object(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}),
    );
    let slice = |ready: bool| {
        Object(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [{"conditions": {"ready": ready}}]}))
    };
    assert_eq!(judge(&service, None), Readiness::Ready);
    assert_eq!(judge(&service, Some(&[])), waiting("it has no ready endpoint yet"));
    assert_eq!(judge(&service, Some(&[&slice(false)])), waiting("it has no ready endpoint yet"));
    assert_eq!(judge(&service, Some(&[&slice(true)])), Readiness::Ready);
}

#[test]
fn custom_resources_speak_through_conditions() {
    let custom =
        |status: Value| json!({"apiVersion": "x.dev/v1", "kind": "Thing", "metadata": {"name": "t"}, "status": status});
    check(&custom(json!({})), &Readiness::Ready);
    let not_yet = json!({"conditions": [{"type": "Ready", "status": "False", "message": "making it"}]});
    check(&custom(not_yet), &waiting("making it"));
    check(
        &custom(json!({"conditions": [{"type": "Stalled", "status": "True", "reason": "Broken"}]})),
        &failed("Broken"),
    );
}

#[test]
fn only_what_has_no_readiness_probe_must_settle() {
    let probed =
        deployment(json!({"template": {"spec": {"containers": [{"name": "a", "readinessProbe": {}}]}}}), json!({}));
    let bare = deployment(json!({"template": {"spec": {"containers": [{"name": "a"}]}}}), json!({}));
    assert_eq!((settling(&Object(probed)), settling(&Object(bare))), (Duration::ZERO, SETTLING));
}

#[test]
fn a_quota_works_once_all_that_it_limits_is_counted() {
    let quota = |status: Value| {
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"},
            "spec": {"hard": {"pods": "1k", "requests.cpu": "8"}}, "status": status})
    };
    let counted = json!({"hard": {"pods": "1000", "requests.cpu": "8"}, "used": {"pods": "0", "requests.cpu": "0"}});
    check(&quota(counted), &Readiness::Ready);
    let not_yet = waiting("what it limits is not counted yet");
    check(&quota(json!({})), &not_yet);
    check(&quota(json!({"hard": {"pods": "1k"}, "used": {"pods": "0"}})), &not_yet);
    check(
        &quota(json!({"hard": {"pods": "1k", "requests.cpu": "4"}, "used": {"pods": "0", "requests.cpu": "0"}})),
        &not_yet,
    );
}
