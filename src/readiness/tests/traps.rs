//! What others take for ready that is not, and for broken that is well; each once.

use serde_json::{Value, json};

use super::{super::*, causes::*, deployment};

fn judged(object: Value) -> Readiness {
    judge(&Object(object), Some(&[]))
}

#[test]
fn a_status_that_no_controller_wrote_yet_is_not_believed() {
    let fresh = |spec: Value| deployment(spec, Value::Null);
    assert_eq!(judged(fresh(json!({"replicas": 0}))), waiting("its controller has not seen the change yet"));
    let custom = |generation: i64, status: Value| {
        let metadata = json!({"name": "t", "generation": generation});
        json!({"apiVersion": "x.dev/v1", "kind": "Thing", "metadata": metadata, "status": status})
    };
    let ready = json!([{"type": "Ready", "status": "True"}]);
    // Nobody said anything yet: it must stay so, since the first condition may still come.
    assert_eq!(judged(custom(1, Value::Null)), Readiness::Ready);
    assert_eq!(settling(&Object(custom(1, Value::Null))), HEARING);
    let old = custom(2, json!({"observedGeneration": 1, "conditions": ready}));
    assert_eq!(judged(old), waiting("its controller has not seen the change yet"));
    let new = custom(2, json!({"observedGeneration": 2, "conditions": ready}));
    assert_eq!((judged(new.clone()), settling(&Object(new))), (Readiness::Ready, Duration::ZERO));
}

#[test]
fn a_partition_that_the_server_filled_in_hides_no_old_revision() {
    let set = |partition: i64, updated: i64, current: &str| {
        let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": partition}});
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "generation": 1},
            "spec": {"replicas": 2, "updateStrategy": rolling},
            "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "updatedReplicas": updated,
                "currentRevision": current, "updateRevision": "b"}})
    };
    assert_eq!(judged(set(0, 1, "a")), waiting("1 of 2 replicas are updated"));
    assert_eq!(judged(set(0, 2, "a")), waiting("its new revision is not complete yet"));
    assert_eq!(judged(set(1, 1, "a")), Readiness::Ready);
}

#[test]
fn images_configuration_and_init_containers_are_looked_at() {
    let waits = |list: &str, reason: &str| {
        let state = json!({"waiting": {"reason": reason, "message": "x: not found"}});
        faults(&[pod("web-1", "web-b", json!({list: [{"name": "a", "restartCount": 2, "state": state}]}))], &[])
    };
    assert_eq!(waits("containerStatuses", "ImagePullBackOff"), Some(Fault::ImageAbsent));
    assert_eq!(waits("containerStatuses", "CreateContainerConfigError"), Some(Fault::NotStarted));
    assert_eq!(waits("initContainerStatuses", "ErrImagePull"), Some(Fault::ImageAbsent));
    assert_eq!(waits("initContainerStatuses", "CrashLoopBackOff"), Some(Fault::CrashLoop));
    assert_eq!(waits("containerStatuses", "ContainerCreating"), None);
}

#[test]
fn a_job_is_ready_when_complete_or_cleared_away_after_it() {
    let job = |spec: Value, status: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "seed"}, "spec": spec, "status": status});
    assert_eq!(judged(job(json!({}), json!({"startTime": "x", "active": 1}))), waiting("it runs"));
    let complete = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    assert_eq!(judged(job(json!({}), complete)), Readiness::Ready);
    let absent = |spec: Value| judge_absent(&Object(job(spec, Value::Null)));
    assert_eq!(absent(json!({"ttlSecondsAfterFinished": 5})), Readiness::Ready);
    assert_eq!(absent(json!({})), waiting("it is not there"));
}

#[test]
fn a_paused_rollout_is_ready_and_known_to_be_paused() {
    let status = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 0});
    let paused = deployment(json!({"replicas": 2, "paused": true}), status);
    assert!(is_paused(&Object(paused.clone())));
    assert_eq!(judged(paused), Readiness::Ready);
}

#[test]
fn no_replicas_are_ready_once_that_was_seen_and_their_service_waits_for_nobody() {
    let none = |observed: i64, all: i64| {
        let status = json!({"observedGeneration": observed, "replicas": all});
        let mut object = deployment(json!({"replicas": 0}), status);
        object["spec"]["template"] = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        object
    };
    assert_eq!(judged(none(1, 0)), waiting("its controller has not seen the change yet"));
    assert_eq!(judged(none(2, 1)), waiting("1 of the replicas before still runs"));
    assert_eq!(judged(none(2, 0)), Readiness::Ready);
    let service = |app: &str| {
        Object(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": app}}}),
        )
    };
    let runs = Object(deployment(json!({"template": {"metadata": {"labels": {"app": "web"}}}}), Value::Null));
    let rests = Object(none(2, 0));
    assert!(is_idle(&service("web"), &[&rests]));
    assert!(!is_idle(&service("web"), &[&rests, &runs]));
    assert!(!is_idle(&service("other"), &[&rests]));
}

#[test]
fn a_claim_rests_until_its_first_consumer_comes() {
    let claim = object("v1", "PersistentVolumeClaim", "data", "c", json!({"status": {"phase": "Pending"}}));
    let told = |reason: &str| Around::with([event(&claim, reason, "waiting for first consumer", "t1")]);
    assert_eq!(judge(&claim, None), waiting("it is not bound to a volume yet"));
    assert!(waits_for_a_consumer(&claim, &told("WaitForFirstConsumer")));
    assert!(!waits_for_a_consumer(&claim, &told("ProvisioningFailed")));
    assert!(!waits_for_a_consumer(&claim, &Around::default()));
}

#[test]
fn a_daemon_set_that_only_its_user_updates_is_ready_with_old_pods() {
    let set = |strategy: &str, updated: i64| {
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "generation": 2},
            "spec": {"updateStrategy": {"type": strategy}},
            "status": {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": updated, "numberAvailable": 2}})
    };
    assert_eq!(judged(set("OnDelete", 0)), Readiness::Ready);
    assert_eq!(judged(set("RollingUpdate", 0)), waiting("0 of 2 replicas are updated"));
}

#[test]
fn pods_of_the_revision_before_and_foreign_pods_say_nothing() {
    let crashes = json!({"containerStatuses": [{"name": "a", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]});
    assert_eq!(faults(&[pod("web-1", "web-b", crashes.clone())], &[]), Some(Fault::CrashLoop));
    assert_eq!(faults(&[pod("web-1", "web-a", crashes.clone())], &[]), None, "its set is of the revision before");
    assert_eq!(faults(&[pod("web-1", "other", crashes.clone())], &[]), None, "it has another owner");
    let mut going = pod("web-1", "web-b", crashes);
    going.0["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(faults(&[going], &[]), None, "it is on its way out");
}

#[test]
fn what_is_waited_for_is_what_can_be_seen_to_work() {
    let awaited = |group: &str, kind: &str| is_awaited(&GroupKind::new(group, kind));
    for (group, kind) in [
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("apps", "ReplicaSet"),
        ("", "Pod"),
        ("batch", "Job"),
        ("", "PersistentVolumeClaim"),
        ("", "Service"),
        ("", "Namespace"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("cert-manager.io", "Certificate"),
    ] {
        assert!(awaited(group, kind), "{kind}");
    }
    for (group, kind) in [
        ("", "ConfigMap"),
        ("batch", "CronJob"),
        ("networking.k8s.io", "Ingress"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("policy", "PodDisruptionBudget"),
    ] {
        assert!(!awaited(group, kind), "{kind}");
    }
}

#[test]
fn an_object_says_itself_when_it_is_ready() {
    let with = |rule: &str, phase: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "annotations": {"ditc.dev/ready": rule}}, "data": {"phase": phase}});
    let rule = "self.data.phase == 'done'";
    assert!(awaits(&Object(with(rule, ""))));
    assert_eq!(judged(with(rule, "done")), Readiness::Ready);
    assert_eq!(judged(with(rule, "busy")), waiting("its field .data.phase is \"busy\", not \"done\""));
    let unclear = "its annotation ditc.dev/ready cannot be followed: it is empty";
    assert_eq!(judged(with("", "busy")), failed(unclear));
}
