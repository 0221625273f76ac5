//! Pods and events, and what is said of the object that they belong to.

use serde_json::{Value, json};

use super::super::*;

pub(super) fn object(api_version: &str, kind: &str, name: &str, uid: &str, more: Value) -> Object {
    let mut object = more;
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    object["metadata"]["name"] = name.into();
    object["metadata"]["namespace"] = "demo".into();
    object["metadata"]["uid"] = uid.into();
    Object(object)
}

fn owned(mut object: Object, owner: &str) -> Object {
    object.0["metadata"]["ownerReferences"] = json!([{"controller": true, "uid": owner}]);
    object
}

pub(super) fn event(about: &Object, reason: &str, message: &str, at: &str) -> Object {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let uid = about.uid().map(|uid| uid.0).unwrap_or_default();
    let involved =
        json!({"kind": text(about.kind()), "name": text(about.name()), "uid": uid, "fieldPath": "spec.containers{a}"});
    let more = json!({"involvedObject": involved, "reason": reason, "message": message, "lastTimestamp": at});
    object("v1", "Event", &format!("{}.{at}", text(about.name())), at, more)
}

/// A pod of a set.
pub(super) fn pod(name: &str, set: &str, status: Value) -> Object {
    let mut status = status;
    if status["phase"].is_null() {
        status["phase"] = "Running".into();
    }
    let containers = json!([{"name": "a", "image": "a:1", "resources": {"limits": {"memory": "64Mi"}}}]);
    let spec = json!({"restartPolicy": "Always", "containers": containers, "nodeName": "node-1"});
    owned(object("v1", "Pod", name, name, json!({"spec": spec, "status": status})), set)
}

impl Around {
    pub(super) fn with(objects: impl IntoIterator<Item = Object>) -> Self {
        let mut around = Self::default();
        objects.into_iter().for_each(|object| around.take(object));
        around
    }
}

/// A Deployment `web` at revision 2, its set `web-b`, and the set `web-a` of the revision before.
fn web() -> (Object, [Object; 2]) {
    let at = |revision: &str| json!({"annotations": {"deployment.kubernetes.io/revision": revision}});
    let set = |name: &str, revision: &str| {
        owned(object("apps/v1", "ReplicaSet", name, name, json!({"metadata": at(revision)})), "web")
    };
    let mut web = object("apps/v1", "Deployment", "web", "web", json!({"metadata": at("2")}));
    web.0["metadata"]["generation"] = 3.into();
    web.0["status"] = json!({"observedGeneration": 3, "replicas": 1, "updatedReplicas": 1});
    (web, [set("web-a", "1"), set("web-b", "2")])
}

fn causes(pods: &[Object], events: &[Object]) -> Option<Cause> {
    let (web, sets) = web();
    let around = Around::with(sets.into_iter().chain(pods.iter().cloned()).chain(events.iter().cloned()));
    match examine(&web, judge(&web, None), &around) {
        Verdict::Failing(cause) => Some(*cause),
        Verdict::Ready | Verdict::OnTheWay(_) => None,
    }
}

pub(super) fn faults(pods: &[Object], events: &[Object]) -> Option<Fault> {
    causes(pods, events).map(|cause| cause.fault)
}

/// The one container of a pod of the current revision, with this state.
fn with(state: Value, restarts: i64) -> Object {
    pod(
        "web-1",
        "web-b",
        json!({"containerStatuses": [{"name": "a", "restartCount": restarts, "state": state, "ready": false}]}),
    )
}

fn ended(code: i64, reason: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason}})
}

#[track_caller]
fn says(pod: &Object, events: &[Object], fault: Fault, why: &str) -> Cause {
    let cause = causes(std::slice::from_ref(pod), events).expect("something is wrong");
    assert_eq!((cause.fault, cause.why.as_str()), (fault, why));
    cause
}

#[test]
fn the_first_end_of_a_container_is_told_and_the_second_is_a_loop() {
    let first = says(&with(ended(3, "Error"), 0), &[], Fault::Crashed, "container a ended once, with exit code 3");
    assert_eq!(first.heals, Heals::Perhaps);
    let why = "container a ended twice, the last time with exit code 3";
    let second = says(&with(ended(3, "Error"), 1), &[], Fault::CrashLoop, why);
    assert_eq!(
        (second.heals, second.log),
        (Heals::Never, Some(LogOf { pod: "web-1".into(), container: "a".into(), previous: false }))
    );
    let backs_off = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let mut pod = with(backs_off, 2);
    pod.0["status"]["containerStatuses"][0]["lastState"] = ended(137, "OOMKilled");
    let why = "container a ended 3 times, the last time killed for using more than its 64Mi of memory";
    let event = event(&pod, "BackOff", "Back-off restarting failed container a in pod web-1_demo(web-1)", "t1");
    let third = says(&pod, &[event], Fault::CrashLoop, why);
    assert_eq!(third.told.as_deref(), Some("event BackOff: Back-off restarting failed container a"));
    assert_eq!(third.next.as_deref(), Some("kubectl -n demo logs deployment/web -c a --previous"));
}

#[test]
fn a_process_that_comes_to_a_good_end_should_have_gone_on() {
    let why = "container a ended twice, the last time with exit code 0, though it should go on";
    says(&with(ended(0, "Completed"), 1), &[], Fault::CrashLoop, why);
}

#[test]
fn a_probe_that_kills_is_named() {
    let pod = with(ended(0, "Completed"), 2);
    let event = event(&pod, "Unhealthy", "Liveness probe failed: connection refused", "t1");
    let cause = says(&pod, &[event], Fault::CrashLoop, "container a is killed by its liveness probe, 3 times so far");
    assert_eq!(cause.told.as_deref(), Some("event Unhealthy: Liveness probe failed: connection refused"));
}

#[test]
fn a_pull_is_refused_in_many_words() {
    let pull = |text: &str| {
        let cause = causes(&[with(json!({"waiting": {"reason": "ErrImagePull", "message": text}}), 0)], &[]);
        cause.map(|cause| cause.fault)
    };
    let all = [
        (
            "rpc error: code = NotFound desc = failed to resolve reference \"docker.io/library/a:1\": not found",
            Fault::ImageAbsent,
        ),
        ("manifest unknown", Fault::ImageAbsent),
        ("Container image \"a:1\" is not present with pull policy of Never", Fault::ImageNotLoaded),
        ("unexpected status from HEAD request: 401 Unauthorized", Fault::ImageRefused),
        ("pull access denied, repository does not exist or may require authorization", Fault::ImageRefused),
        ("dial tcp: lookup registry.example: no such host", Fault::RegistryAway),
        ("dial tcp 10.0.0.1:443: i/o timeout", Fault::RegistryAway),
        ("something new", Fault::RegistryAway),
    ];
    for (text, fault) in all {
        assert_eq!(pull(text), Some(fault), "{text}");
    }
    // Older kubelets keep the reason for the event.
    let pod = with(json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"a:1\""}}), 0);
    let event = event(&pod, "Failed", "Failed to pull image \"a:1\": not found", "t1");
    assert_eq!(faults(&[pod], &[event]), Some(Fault::ImageAbsent));
}

#[test]
fn what_is_referred_to_and_missing_is_named() {
    let config = |text: &str| with(json!({"waiting": {"reason": "CreateContainerConfigError", "message": text}}), 0);
    let check = |text: &str, what: &str, next: &str| {
        let why = format!("container a needs {what}, which is not there");
        let cause = says(&config(text), &[], Fault::ReferenceMissing, &why);
        assert_eq!(cause.next, Some(format!("kubectl -n demo {next}")));
    };
    check("secret \"absent\" not found", "Secret absent", "get secrets");
    check("configmap \"absent\" not found", "ConfigMap absent", "get configmaps");
    check("couldn't find key k in ConfigMap demo/conf", "key k of ConfigMap conf", "describe configmap conf");
    check("couldn't find key k in Secret demo/keys", "key k of Secret keys", "describe secret keys");
    assert_eq!(faults(&[config("failed to sync secret cache: timed out")], &[]), None, "the kubelet tries again");
}

#[test]
fn a_volume_that_cannot_be_mounted_shows_in_an_event_alone() {
    let pod = with(json!({"waiting": {"reason": "ContainerCreating"}}), 0);
    let mount =
        |text: &str| event(&pod, "FailedMount", &format!("MountVolume.SetUp failed for volume \"v\" : {text}"), "t1");
    let missing = mount("secret \"absent\" not found");
    says(
        &pod,
        std::slice::from_ref(&missing),
        Fault::ReferenceMissing,
        "volume v of its pod needs Secret absent, which is not there",
    );
    let key = mount("references non-existent config key: k");
    says(&pod, &[key], Fault::ReferenceMissing, "volume v of its pod needs key k of a ConfigMap, which is not there");
    says(&pod, &[mount("rpc error: busy")], Fault::Mount, "volume v of its pod cannot be mounted");
    let pulling = event(&pod, "Pulling", "Pulling image", "t2");
    assert_eq!(faults(std::slice::from_ref(&pod), &[missing, pulling]), None, "it was mounted since");
}

#[test]
fn a_pod_without_a_node_waits_for_room_unless_a_node_comes() {
    let text = "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. preemption: no.";
    let scheduled = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text}]);
    let pod = pod("web-1", "web-b", json!({"phase": "Pending", "conditions": scheduled}));
    let why = "no node takes its pod: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}";
    let cause = says(&pod, &[], Fault::Unschedulable, why);
    assert!(matches!(cause.heals, Heals::Within(_)));
    let coming = event(&pod, "TriggeredScaleUp", "pod triggered scale-up: [{pool 1->2 (max: 5)}]", "t1");
    assert_eq!(faults(&[pod], &[coming]), Some(Fault::NodeComing));
}

#[test]
fn a_container_that_is_not_ready_repeats_its_probe_but_not_the_noise_of_its_end() {
    let pod = with(json!({"running": {"startedAt": "t0"}}), 0);
    assert_eq!(faults(std::slice::from_ref(&pod), &[]), None, "nothing is wrong yet");
    let probe = |text: &str, at: &str| event(&pod, "Unhealthy", text, at);
    let told = [probe("Readiness probe failed: old\n", "t1"), probe("Readiness probe failed: new\n", "t2")];
    let cause = says(&pod, &told, Fault::Unready, "container a runs, but its readiness probe fails");
    assert_eq!(cause.told.as_deref(), Some("event Unhealthy: Readiness probe failed: new"));
    let noise = probe("Readiness probe errored: rpc error: code = Canceled desc = context canceled", "t3");
    assert_eq!(faults(std::slice::from_ref(&pod), &[noise]), None);
}

#[test]
fn pods_that_are_not_made_are_told_by_condition_or_event() {
    let check = |text: &str, fault: Fault, why: &str| {
        let (mut web, _) = web();
        let refused = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": text}]);
        web.0["status"]["conditions"] = refused;
        let Verdict::Failing(cause) = examine(&web, judge(&web, None), &Around::default()) else { panic!("{text}") };
        assert_eq!((cause.fault, cause.why.as_str()), (fault, why));
    };
    check(
        "pods \"web-1\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1",
        Fault::Quota,
        "quota q has no room for its pods: they ask for pods=1, used is pods=1, allowed is pods=1",
    );
    check(
        "pods \"web-1\" is forbidden: failed quota: q: must specify requests.cpu for: main",
        Fault::Denied,
        "quota q counts what its pods do not say: requests.cpu for: main",
    );
    check(
        "pods \"web-1\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false",
        Fault::Denied,
        "its pods are refused: they break the rules of pod security level restricted:latest",
    );
    check(
        "pods \"web-1\" is forbidden: error looking up service account demo/absent: serviceaccount \"absent\" not found",
        Fault::ReferenceMissing,
        "its pods run as service account absent, which is not there",
    );
    check("admission webhook \"a.b\" denied the request: no", Fault::Denied, "its pods are refused by webhook a.b");
    check(
        "Internal error occurred: failed calling webhook \"a.b\": no endpoints",
        Fault::NotMade,
        "its pods cannot be checked: webhook a.b does not answer",
    );
}

#[test]
fn an_event_of_a_set_counts_while_it_lacks_pods_and_made_none_since() {
    let set = |replicas: i64| {
        let status = json!({"observedGeneration": 1, "replicas": replicas});
        let metadata = json!({"generation": 1});
        object(
            "apps/v1",
            "StatefulSet",
            "db",
            "db",
            json!({"metadata": metadata, "spec": {"replicas": 1}, "status": status}),
        )
    };
    let told = |reason: &str, at: &str| {
        event(
            &set(0),
            reason,
            "pods \"db-0\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1",
            at,
        )
    };
    let fault = |replicas: i64, events: Vec<Object>| match examine(&set(replicas), waiting("x"), &Around::with(events))
    {
        Verdict::Failing(cause) => Some(cause.fault),
        Verdict::Ready | Verdict::OnTheWay(_) => None,
    };
    assert_eq!(fault(0, vec![told("FailedCreate", "t1")]), Some(Fault::Quota));
    assert_eq!(fault(1, vec![told("FailedCreate", "t1")]), None);
    assert_eq!(fault(0, vec![told("FailedCreate", "t1"), told("SuccessfulCreate", "t2")]), None);
}

#[test]
fn a_set_in_order_waits_for_the_pods_of_the_revision_before() {
    let metadata = json!({"generation": 2});
    let status = json!({"observedGeneration": 2, "replicas": 1, "currentRevision": "db-a", "updateRevision": "db-b"});
    let set = object("apps/v1", "StatefulSet", "db", "db", json!({"metadata": metadata, "status": status}));
    let mut old =
        pod("db-0", "db", json!({"containerStatuses": [{"name": "a", "restartCount": 3, "state": ended(1, "Error")}]}));
    old.0["metadata"]["labels"] = json!({"controller-revision-hash": "db-a"});
    let Verdict::Failing(cause) = examine(&set, judge(&set, None), &Around::with([old])) else {
        panic!("it is broken")
    };
    assert_eq!((cause.fault, cause.heals), (Fault::OldPodInTheWay, Heals::Perhaps));
    assert_eq!(cause.next.as_deref(), Some("kubectl -n demo delete pod db-0"));
}

#[test]
fn an_object_that_failed_is_over_with_the_reason_behind_it() {
    let pod = with(json!({"running": {"startedAt": "t0"}}), 0);
    let event = event(&pod, "Unhealthy", "Readiness probe failed: 503", "t1");
    let (mut web, sets) = web();
    let late = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out progressing"}]);
    web.0["status"]["conditions"] = late;
    let around = Around::with(sets.into_iter().chain([pod, event]));
    let Verdict::Failing(cause) = examine(&web, judge(&web, None), &around) else { panic!("it failed") };
    assert_eq!((cause.fault, cause.heals), (Fault::Unready, Heals::Never));
    let Verdict::Failing(cause) = examine(&web, judge(&web, None), &Around::default()) else { panic!("it failed") };
    assert_eq!((cause.fault, cause.why.as_str()), (Fault::Failed, "timed out progressing"));
}
