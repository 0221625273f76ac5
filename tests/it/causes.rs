//! Why a component does not work, as people are told: each fault is made in an environment of its own, and the apply says
//! which object it is, what is wrong, who says so, the end of the log where there is one, and what to do next.
//!
//! A manifest here fails in both kinds of cluster: in the box by its annotation, on a node by what it asks for. On a node
//! the kubelet's own words differ by version, so there only ours are compared; in the box all of it is, at 80 columns.

use std::time::Instant;

use serde_json::{Value, json};
use snapbox::{IntoData, str};

use crate::support::{Server, Stage, Told, check, without_pods};

const NAME: &str = "broken";
const MODULE: &str = "modules/broken/broken.yaml";
/// An image that every node has, with a shell in it.
const IMAGE: &str = "redis:7.4.3";

/// A workload of one container: `fail` is for the box, `container` for a node.
fn workload(kind: &str, fail: &str, container: &Value, pod: &Value) -> Value {
    let mut main = json!({"name": "app", "image": IMAGE, "readinessProbe": {"exec": {"command": ["true"]}}});
    merge(&mut main, container);
    if let Some(fields) = main.as_object_mut() {
        // A probe that always answers calls a container ready that is about to end.
        fields.retain(|_, value| !value.is_null());
    }
    let mut spec = json!({"containers": [main], "terminationGracePeriodSeconds": 0});
    merge(&mut spec, pod);
    let annotations = json!({"sandbox.ditc.dev/fail": fail, "sandbox.ditc.dev/log": "one\ntwo"});
    let template = json!({"metadata": {"labels": {"app": NAME}, "annotations": annotations}, "spec": spec});
    let selector = json!({"matchLabels": {"app": NAME}});
    let object =
        |api: &str, spec: Value| json!({"apiVersion": api, "kind": kind, "metadata": {"name": NAME}, "spec": spec});
    match kind {
        "Pod" => {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "annotations": annotations}, "spec": template["spec"]})
        }
        "Job" => object("batch/v1", json!({"backoffLimit": 0, "template": template})),
        "StatefulSet" => object("apps/v1", json!({"selector": selector, "serviceName": NAME, "template": template})),
        _ => object("apps/v1", json!({"selector": selector, "template": template})),
    }
}

fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

fn none() -> Value {
    json!({})
}

/// Objects, as a service `broken` whose wait ends after this time.
fn define(stage: &Stage, timeout: &str, objects: &[Value]) {
    let text: Vec<String> = objects.iter().map(ToString::to_string).collect();
    stage.workspace.write("modules/broken/module.toml", "description = \"does not work\"");
    stage.workspace.write(MODULE, &text.join("\n---\n"));
    let text = format!("timeout = \"{timeout}\"\n[services.broken]\nmodule = \"broken\"\n");
    stage.workspace.write(&format!("environments/{}.toml", stage.name), &text);
}

/// What the run says in the end of what failed.
#[track_caller]
fn failure(stage: &Stage, told: &Told) -> String {
    let (_, rest) = told.out.split_once("\nFailed:\n").unwrap_or_else(|| panic!("nothing failed\n{}", told.out));
    let end = rest.find("\n\n").expect("more sections follow");
    plain(stage, &rest[..=end])
}

/// Without the names that are new in each run.
fn plain(stage: &Stage, text: &str) -> String {
    without_pods(text, NAME).replace(&stage.name, "ENV")
}

/// Applies objects that do not work, and tells what is said of them.
#[track_caller]
fn fails(objects: &[Value], ours: &str, expected: impl IntoData) {
    fails_within("20s", objects, ours, expected);
}

#[track_caller]
fn fails_within(timeout: &str, objects: &[Value], ours: &str, expected: impl IntoData) {
    let stage = Stage::in_the_box();
    define(&stage, timeout, objects);
    check(failure(&stage, &stage.apply("").exits(1)), expected);
    if let Some(stage) = Stage::on_a_node() {
        tells(&stage, objects, ours);
    }
}

/// The same for what no kubelet has a part in: a real server will do, whoever plays its node.
#[track_caller]
fn fails_anywhere(objects: &[Value], ours: &str, expected: impl IntoData) {
    let stage = Stage::in_the_box();
    define(&stage, "3s", objects);
    check(failure(&stage, &stage.apply("").exits(1)), expected);
    if let Some(stage) = Stage::real() {
        tells(&stage, objects, ours);
    }
}

/// The first line that says what is wrong, and when it came: the run itself may hope for longer.
#[track_caller]
#[expect(clippy::print_stdout, reason = "how soon a fault is told is part of the story")]
fn tells(stage: &Stage, objects: &[Value], ours: &str) {
    define(stage, "1m", objects);
    let start = Instant::now();
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for(ours);
    println!("{ours}: told after {:.1} s, namespace and all", start.elapsed().as_secs_f64());
    run.interrupt();
    let _ = run.end();
}

#[test]
fn a_crash_loop() {
    let crash = json!({"command": ["sh", "-c", "echo one; echo two; exit 1"], "readinessProbe": null});
    fails(
        &[workload("Deployment", "CrashLoopBackOff", &crash, &none())],
        "with exit code 1",
        str![[r#"
  ENV.services.broken/Deployment/broken: container app ended twice, the
    last time with exit code 1
    caused by: Pod/broken-[POD]: event BackOff: Back-off restarting
      failed container app
    the last 2 lines of container app before it was started again are:
      | one
      | two
    hint: kubectl -n ENV logs deployment/broken -c app --previous

"#]],
    );
}

#[test]
fn a_container_that_uses_too_much_memory() {
    let greedy = json!({"command": ["sh", "-c", "echo one; echo two; x=$(head -c 1G /dev/zero | tr '\\0' a)"], "resources": {"limits": {"memory": "20Mi"}}, "readinessProbe": null});
    fails(
        &[workload("Deployment", "OOMKilled", &greedy, &none())],
        "killed for using more than its 20Mi of memory",
        str![[r#"
  ENV.services.broken/Deployment/broken: container app ended twice, the
    last time killed for using more than its 20Mi of memory
    caused by: Pod/broken-[POD]: event BackOff: Back-off restarting
      failed container app
    the last 2 lines of container app before it was started again are:
      | one
      | two
    hint: kubectl -n ENV logs deployment/broken -c app --previous

"#]],
    );
}

#[test]
fn an_init_container_that_fails() {
    let init = json!({"initContainers": [{"name": "migrate", "image": IMAGE, "command": ["sh", "-c", "echo one; echo two; exit 1"]}]});
    fails(
        &[workload("Deployment", "InitCrashLoopBackOff", &none(), &init)],
        "init container migrate ended",
        str![[r#"
  ENV.services.broken/Deployment/broken: init container migrate ended
    twice, the last time with exit code 1
    caused by: Pod/broken-[POD]: event BackOff: Back-off restarting
      failed container migrate
    the last 2 lines of container migrate before it was started again are:
      | one
      | two
    hint: kubectl -n ENV logs deployment/broken -c migrate --previous

"#]],
    );
}

#[test]
fn a_command_that_is_not_in_the_image() {
    let absent = json!({"command": ["absent"]});
    fails(
        &[workload("Deployment", "RunContainerError", &absent, &none())],
        "cannot be started: its command absent",
        str![[r#"
  ENV.services.broken/Deployment/broken: container app cannot be started:
    its command absent cannot be run in image redis:7.4.3
    caused by: Pod/broken-[POD]: RunContainerError: failed to create
      containerd task: failed to create shim task: OCI runtime create failed:
      runc create failed: unable to start container process: error during
      container init: exec: "absent": executable file not found in $PATH:
      unknown
    hint: kubectl -n ENV describe pod/broken-[POD]

"#]],
    );
}

#[test]
fn an_image_that_is_not_there() {
    let absent = json!({"image": "localhost/ditc/absent:1"});
    fails_within(
        "3s",
        &[workload("Deployment", "ImagePullBackOff", &absent, &none())],
        "image localhost/ditc/absent:1",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: image localhost/ditc/absent:1 is not in its
      registry
    caused by: Pod/broken-[POD]: ImagePullBackOff: Back-off pulling
      image "localhost/ditc/absent:1": ErrImagePull: rpc error: code = NotFound
      desc = failed to pull and unpack image "localhost/ditc/absent:1": failed
      to resolve reference "localhost/ditc/absent:1": localhost/ditc/absent:1:
      not found
    hint: docker manifest inspect localhost/ditc/absent:1

"#]],
    );
}

#[test]
fn an_image_that_is_not_given_to_everybody() {
    let refused = json!({"image": "localhost/ditc/private:1"});
    fails_within(
        "3s",
        &[workload("Deployment", "ImagePullRefused", &refused, &none())],
        "image localhost/ditc/private:1",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: image localhost/ditc/private:1: the registry
      refuses the pull; it does not exist, or needs credentials
    caused by: Pod/broken-[POD]: ImagePullBackOff: Back-off pulling
      image "localhost/ditc/private:1": ErrImagePull: failed to pull and
      unpack image "localhost/ditc/private:1": failed to resolve reference
      "localhost/ditc/private:1": failed to authorize: failed to fetch anonymous
      token: unexpected status from GET request: 401 Unauthorized
    hint: kubectl -n ENV get secrets --field-selector type=kubernetes.io/dockerconfigjson

"#]],
    );
}

#[test]
fn an_image_whose_name_is_none() {
    let wrong = json!({"image": "Not A Name"});
    fails(
        &[workload("Deployment", "InvalidImageName", &wrong, &none())],
        "has an image whose name is none: Not A Name",
        str![[r#"
  ENV.services.broken/Deployment/broken: container app has an image whose
    name is none: Not A Name
    caused by: Pod/broken-[POD]: InvalidImageName: Failed to apply
      default image tag "Not A Name": couldn't parse image name "Not A Name":
      invalid reference format
    hint: kubectl -n ENV describe pod/broken-[POD]

"#]],
    );
}

#[test]
fn a_key_that_its_config_map_does_not_have() {
    // One that the environment brings itself is looked into before anything is asked.
    let of = json!({"name": "kube-root-ca.crt", "key": "absent"});
    let env = json!({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": of}}]});
    fails_within(
        "3s",
        &[workload("Deployment", "", &env, &none())],
        "container app needs key absent of ConfigMap kube-root-ca.crt",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: container app needs key absent of ConfigMap
      kube-root-ca.crt, which is not there
    caused by: Pod/broken-[POD]: CreateContainerConfigError: couldn't
      find key absent in ConfigMap ENV/kube-root-ca.crt
    hint: kubectl -n ENV describe configmap kube-root-ca.crt

"#]],
    );
}

#[test]
fn a_secret_that_is_not_there() {
    let env = json!({"envFrom": [{"secretRef": {"name": "absent"}}]});
    fails_within(
        "3s",
        &[workload("Deployment", "", &env, &none())],
        "container app needs Secret absent, which is not there",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: container app needs Secret absent, which is
      not there
    caused by: Pod/broken-[POD]: CreateContainerConfigError: secret
      "absent" not found
    hint: kubectl -n ENV get secrets

"#]],
    );
}

#[test]
fn a_volume_of_a_secret_that_is_not_there() {
    let mounts = json!({"volumeMounts": [{"name": "keys", "mountPath": "/keys"}]});
    let volumes = json!({"volumes": [{"name": "keys", "secret": {"secretName": "absent"}}]});
    let object = workload("Deployment", "", &mounts, &volumes);
    fails_within(
        "3s",
        &[object],
        "volume keys of its pod needs Secret absent, which is not there",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: volume keys of its pod needs Secret absent,
      which is not there
    caused by: Pod/broken-[POD]: event FailedMount: MountVolume.SetUp
      failed for volume "keys" : secret "absent" not found
    hint: kubectl -n ENV get secrets

"#]],
    );
}

#[test]
fn a_job_that_fails() {
    let fails_once = json!({"command": ["sh", "-c", "echo one; echo two; exit 1"]});
    let job = workload("Job", "Error", &fails_once, &json!({"restartPolicy": "Never"}));
    fails(
        &[job],
        "container app ended with exit code 1",
        str![[r#"
  ENV.services.broken/Job/broken: it failed, and it has no further try:
    container app ended with exit code 1
    caused by: condition BackoffLimitExceeded: Job has reached the specified
      backoff limit
    the last 2 lines of container app are:
      | one
      | two
    hint: kubectl -n ENV logs job/broken --all-containers

"#]],
    );
}

#[test]
fn a_container_that_is_never_ready() {
    let never = json!({"command": ["sh", "-c", "echo one; echo two; sleep 1000"], "readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1}});
    fails_within(
        "3s",
        &[workload("Deployment", "NotReady", &never, &none())],
        "its readiness probe fails",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: container app runs, but its readiness probe
      fails
    caused by: Pod/broken-[POD]: event Unhealthy: Readiness probe
      failed: HTTP probe failed with statuscode: 503
    the last 2 lines of container app are:
      | one
      | two
    hint: kubectl -n ENV logs deployment/broken -c app

"#]],
    );
}

#[test]
fn a_pod_that_no_node_takes() {
    let large = json!({"resources": {"requests": {"cpu": "1000"}}});
    fails_anywhere(
        &[workload("Deployment", "Unschedulable", &large, &none())],
        "no node takes its pod",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: no node takes its pod: 1 Insufficient cpu
    caused by: Pod/broken-[POD]: condition PodScheduled: 0/1
      nodes are available: 1 Insufficient cpu. no new claims to deallocate,
      preemption: 0/1 nodes are available: 1 Preemption is not helpful for
      scheduling.
    hint: kubectl describe nodes

"#]],
    );
}

fn quota() -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "0"}}})
}

#[test]
fn a_deployment_without_room_in_the_quota() {
    let objects = [quota(), workload("Deployment", "", &none(), &none())];
    fails_anywhere(
        &objects,
        "quota few has no room for its pods",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: quota few has no room for its pods: they ask
      for pods=1, used is pods=0, allowed is pods=0
    caused by: condition ReplicaFailure: pods "broken-[POD]" is
      forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited:
      pods=0
    hint: kubectl -n ENV describe resourcequota few

"#]],
    );
}

#[test]
fn a_stateful_set_without_room_in_the_quota() {
    let objects = [quota(), workload("StatefulSet", "", &none(), &none())];
    fails_anywhere(
        &objects,
        "quota few has no room for its pods",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: StatefulSet/broken: quota few has no room for its pods: they ask
      for pods=1, used is pods=0, allowed is pods=0
    caused by: event FailedCreate: Create Pod broken-[POD] in StatefulSet broken
      failed error: pods "broken-[POD]" is forbidden: exceeded quota: few,
      requested: pods=1, used: pods=0, limited: pods=0
    hint: kubectl -n ENV describe resourcequota few

"#]],
    );
}

#[test]
fn a_job_without_room_in_the_quota() {
    let objects = [quota(), workload("Job", "", &none(), &json!({"restartPolicy": "Never"}))];
    fails_anywhere(
        &objects,
        "quota few has no room for its pods",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Job/broken: quota few has no room for its pods: they ask for
      pods=1, used is pods=0, allowed is pods=0
    caused by: event FailedCreate: Error creating: pods "broken-[POD]" is
      forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited:
      pods=0
    hint: kubectl -n ENV describe resourcequota few

"#]],
    );
}

#[test]
fn a_service_account_that_is_not_there() {
    let object = workload("Deployment", "", &none(), &json!({"serviceAccountName": "absent"}));
    fails_anywhere(
        &[object],
        "its pods run as service account absent, which is not there",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: its pods run as service account absent, which
      is not there
    caused by: condition ReplicaFailure: pods "broken-[POD]"
      is forbidden: error looking up service account ENV/absent:
      serviceaccount "absent" not found
    hint: kubectl -n ENV get serviceaccounts

"#]],
    );
}

#[test]
fn a_claim_without_a_class() {
    let spec = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}});
    let claim =
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec});
    let volumes = json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]});
    let objects = [claim, workload("Deployment", "", &none(), &volumes)];
    fails_anywhere(
        &objects,
        "claim data asks for no storage class",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: PersistentVolumeClaim/data: claim data asks for no storage class,
      the cluster has no default one, and no volume fits
    caused by: event FailedBinding: no persistent volumes available for this
      claim and no storage class is set
    caused by: Deployment/broken: claim data asks for no storage class, the
      cluster has no default one, and no volume fits
    hint: kubectl get storageclass

"#]],
    );
}

#[test]
fn a_pod_that_is_evicted() {
    let object = workload("Pod", "Evicted", &none(), &none());
    let stage = Stage::in_the_box();
    define(&stage, "20s", &[object]);
    check(
        failure(&stage, &stage.apply("").exits(1)),
        str![[r#"
  ENV.services.broken/Pod/broken: it was evicted from node sandbox
    caused by: status Evicted: The node was low on resource: memory. Threshold
      quantity: 100Mi, available: 40Mi.
    hint: kubectl describe node sandbox

"#]],
    );
}

#[test]
fn a_service_that_selects_nothing() {
    let spec = json!({"selector": {"app": "other"}, "ports": [{"port": 80}]});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec});
    let objects = [service, workload("Deployment", "", &none(), &none())];
    fails(
        &objects,
        "no pod has the labels that it selects: app=other",
        str![[r#"
  ENV.services.broken/Service/broken: no pod has the labels that it
    selects: app=other, still after 10 seconds
    hint: kubectl -n ENV get pods --show-labels

"#]],
    );
}

#[test]
fn a_policy_that_refuses_the_pods() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}});
    for stage in [Some(Stage::in_the_box()), Stage::real()].into_iter().flatten() {
        define(&stage, "20s", std::slice::from_ref(&map));
        stage.apply("").exits(0);
        let label = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
        stage.server.patch(&format!("/api/v1/namespaces/{}", stage.name), "hand", &label);
        define(&stage, "20s", &[map.clone(), workload("Deployment", "", &none(), &none())]);
        if let Server::Real(_) = &stage.server {
            let ours = "they break the rules of pod security level restricted:latest";
            stage.apply("").exits(1).says(ours);
            continue;
        }
        check(
            failure(&stage, &stage.apply("").exits(1)),
            str![[r#"
  ENV.services.broken/Deployment/broken: its pods are refused: they break
    the rules of pod security level restricted:latest
    caused by: condition ReplicaFailure: pods "broken-[POD]"
      is forbidden: violates PodSecurity "restricted:latest":
      allowPrivilegeEscalation != false (container "app" must set
      securityContext.allowPrivilegeEscalation=false), unrestricted capabilities
      (container "app" must set securityContext.capabilities.drop=["ALL"]),
      runAsNonRoot != true (pod or container "app" must set
      securityContext.runAsNonRoot=true), seccompProfile (pod or container
      "app" must set securityContext.seccompProfile.type to "RuntimeDefault"
      or "Localhost")
    hint: kubectl -n ENV get events --field-selector reason=FailedCreate

"#]],
        );
    }
}

#[test]
fn json_events_carry_the_cause() {
    let stage = Stage::in_the_box();
    define(&stage, "3s", &[workload("Deployment", "NotReady", &none(), &none())]);
    let told = stage.apply("-json").exits(1);
    let lines = told.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("one value a line"));
    let lines: Vec<Value> = lines.collect();
    let of = |kind: &str| lines.iter().find(|line| line["type"] == kind).unwrap_or_else(|| panic!("no {kind}")).clone();
    let shown = |value: &Value| {
        let text = serde_json::to_string_pretty(value).expect("a value can be written");
        plain(&stage, &text)
    };
    check(
        shown(&of("apply_progress")["hook"]["waits_for"]),
        str![[r#"
[
  {
    "object": "Deployment/broken",
    "why": "container app runs, but its readiness probe fails",
    "cause": {
      "kind": "unready",
      "at": "Pod/broken-[POD]",
      "told": "event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
      "may_heal": true
    }
  }
]
"#]],
    );
    check(
        shown(&of("component_errored")["hook"]["error"]),
        str![[r#"
{
  "summary": "services.broken is not ready after 3 seconds",
  "causes": [
    "Deployment/broken: container app runs, but its readiness probe fails",
    "Pod/broken-[POD]: event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503"
  ],
  "cause": {
    "kind": "unready",
    "at": "Pod/broken-[POD]",
    "told": "event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
    "may_heal": true
  },
  "log": {
    "pod": "broken-[POD]",
    "container": "app",
    "previous": false,
    "lines": [
      "one",
      "two"
    ]
  },
  "hint": "kubectl -n ENV logs deployment/broken -c app"
}
"#]],
    );
}

#[test]
fn whoever_may_not_look_is_told_what_shows_without_it() {
    let stage = Stage::in_the_box();
    define(&stage, "3s", &[workload("Deployment", "CrashLoopBackOff", &none(), &none())]);
    let Server::Box(served) = &stage.server else { unreachable!("it is in the box") };
    served.cluster.sandbox.deny("list", "pods");
    check(
        failure(&stage, &stage.apply("").exits(1)),
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: 0 of 1 replica is ready
    hint: kubectl -n ENV describe deployment/broken

"#]],
    );
}

#[test]
fn what_heals_in_time_fails_nothing() {
    let stage = Stage::in_the_box();
    let env = json!({"envFrom": [{"configMapRef": {"name": "late"}}]});
    define(&stage, "20s", &[workload("Deployment", "", &env, &none())]);
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("container app needs ConfigMap late, which is not there");
    let late = json!({"metadata": {"name": "late"}, "data": {"A": "1"}});
    stage.server.create(&stage.path("configmaps"), "hand", &late);
    run.end().exits(0).says("Apply complete!");
}
