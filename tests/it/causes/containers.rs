//! Containers that are there and do not work.

use serde_json::json;
use snapbox::str;

use super::{IMAGE, fails, fails_within, none, workload};

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
