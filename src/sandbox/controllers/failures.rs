//! The ways in which pods fail when their annotation `sandbox.ditc.dev/fail` asks for it, as kubelet and scheduler tell them:
//!
//! | annotation | pod |
//! | --- | --- |
//! | `CrashLoopBackOff`, `Error` | the process ends with 1 each time; with `restartPolicy: Never` the pod fails |
//! | `OOMKilled` | the same, killed with 137 for its memory |
//! | `ImagePullBackOff`, `ErrImagePull`, `InvalidImageName` | the image is not there, or has no name that could be one |
//! | `ImagePullRefused` | the registry does not give the image to this node |
//! | `CreateContainerConfigError`, `CreateContainerError`, `RunContainerError` | the container is never started |
//! | `InitCrashLoopBackOff` | the first init container ends with 1 each time |
//! | `NotReady` | it runs, and its readiness probe fails |
//! | `Unschedulable` | no node has room for it |
//! | `Evicted` | the node takes it off; what replaces it stays |

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Context,
    pods::{FAIL, START, State, controlled_siblings, fails_in_init, terminated},
};
use crate::sandbox::store::text;

/// Why the scheduler finds no node, when asked for it.
pub(super) fn unschedulable(pod: &Value) -> Option<String> {
    (text(pod, FAIL) == "Unschedulable").then(|| {
        "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.".to_owned()
    })
}

/// What a pod that fails on request is doing so long after its start; None for one that does not fail, or not yet.
pub(super) fn state(context: &Context<'_>, pod: &Value, elapsed: Duration, begun: Duration) -> Option<State> {
    let image = text(pod, "/spec/containers/0/image");
    let is_begun = elapsed >= begun;
    Some(match text(pod, FAIL) {
        "CreateContainerConfigError" => never_made("CreateContainerConfigError", "secret \"absent\" not found"),
        "CreateContainerError" => {
            let why = "failed to generate container spec: failed to apply OCI options: no such device \"absent\"";
            never_made("CreateContainerError", why)
        }
        "RunContainerError" if is_begun => {
            let why = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"absent\": executable file not found in $PATH: unknown";
            let mut last = terminated(context.now, 128, "StartError");
            last["terminated"]["message"] = why.into();
            let last = Some(known_last(pod).unwrap_or(last));
            State { last, restarts: 1, phase: "Running", ..never_made("RunContainerError", why) }
        }
        "ImagePullBackOff" | "ErrImagePull" => {
            let cause = format!(
                "failed to pull and unpack image {image:?}: failed to resolve reference {image:?}: {image}: not found"
            );
            pull(image, elapsed, &format!("rpc error: code = NotFound desc = {cause}"))
        }
        "ImagePullRefused" => {
            let cause = format!(
                "failed to pull and unpack image {image:?}: failed to resolve reference {image:?}: failed to authorize: failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized"
            );
            pull(image, elapsed, &cause)
        }
        "InvalidImageName" => {
            let why = format!(
                "Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: invalid reference format"
            );
            let mut state = State::waiting("InvalidImageName", Some(&why), None);
            state.told("Warning", "InspectFailed", why);
            state.told("Warning", "Failed", "Error: InvalidImageName".to_owned());
            state
        }
        "CrashLoopBackOff" | "Error" if is_begun => crash(context, pod, elapsed, 1, "Error"),
        "OOMKilled" if is_begun => crash(context, pod, elapsed, 137, "OOMKilled"),
        "InitCrashLoopBackOff" if is_begun && fails_in_init(pod) => crash_in_init(context, pod, elapsed),
        "NotReady" if is_begun => {
            let mut state = State::running(context, pod, false, None);
            let why = "Readiness probe failed: HTTP probe failed with statuscode: 503";
            state.told("Warning", "Unhealthy", why.to_owned());
            state
        }
        "Evicted" if is_begun && !has_evicted_sibling(context, pod) => evict(context),
        _ => return None,
    })
}

/// A container that the kubelet could not make.
fn never_made(reason: &str, why: &str) -> State {
    let mut state = State::waiting(reason, Some(why), None);
    state.told("Warning", "Failed", format!("Error: {why}"));
    state
}

fn pull(image: &str, elapsed: Duration, cause: &str) -> State {
    let failed = format!("Failed to pull image {image:?}: {cause}");
    let mut state = if elapsed < START {
        State::waiting("ErrImagePull", Some(cause), Some(START))
    } else {
        let why = format!("Back-off pulling image {image:?}: ErrImagePull: {cause}");
        State::waiting("ImagePullBackOff", Some(&why), None)
    };
    state.told("Normal", "Pulling", format!("Pulling image {image:?}"));
    state.told("Warning", "Failed", failed);
    state.told("Warning", "Failed", "Error: ErrImagePull".to_owned());
    if elapsed >= START {
        state.told("Normal", "BackOff", format!("Back-off pulling image {image:?}"));
        state.told("Warning", "Failed", "Error: ImagePullBackOff".to_owned());
    }
    state
}

/// How the process of a pod ended before, if its status knows.
fn known_last(pod: &Value) -> Option<Value> {
    let known = pod.pointer("/status/containerStatuses/0");
    let state =
        |part: &str| known.and_then(|known| known.pointer(part)).filter(|state| state.get("terminated").is_some());
    state("/lastState").or_else(|| state("/state")).cloned()
}

fn back_off(list: &str, pod: &Value) -> (String, String) {
    let name = text(pod, &format!("/spec/{list}/0/name"));
    let (pod_name, namespace) = (text(pod, "/metadata/name"), text(pod, "/metadata/namespace"));
    let whose = format!("{pod_name}_{namespace}({})", text(pod, "/metadata/uid"));
    (
        format!("back-off 10s restarting failed container={name} pod={whose}"),
        format!("Back-off restarting failed container {name} in pod {whose}"),
    )
}

/// A process that ends in the same way each time that it is started.
fn crash(context: &Context<'_>, pod: &Value, elapsed: Duration, code: i64, reason: &str) -> State {
    let ended = known_last(pod).unwrap_or_else(|| terminated(context.now, code, reason));
    if text(pod, "/spec/restartPolicy") == "Never" {
        return State { phase: "Failed", container: ended, ..State::waiting("", None, None) };
    }
    let (why, told) = back_off("containers", pod);
    let mut state = if elapsed < 2 * START {
        State { phase: "Running", container: ended, ..State::waiting("", None, Some(2 * START)) }
    } else {
        State {
            phase: "Running",
            last: Some(ended),
            restarts: 1,
            ..State::waiting("CrashLoopBackOff", Some(&why), None)
        }
    };
    state.told("Warning", "BackOff", told);
    state
}

fn crash_in_init(context: &Context<'_>, pod: &Value, elapsed: Duration) -> State {
    let known = pod.pointer("/status/initContainerStatuses/0");
    let part =
        |part: &str| known.and_then(|known| known.pointer(part)).filter(|state| state.get("terminated").is_some());
    let before = part("/lastState").or_else(|| part("/state")).cloned();
    let ended = before.unwrap_or_else(|| terminated(context.now, 1, "Error"));
    let (why, told) = back_off("initContainers", pod);
    let is_never = text(pod, "/spec/restartPolicy") == "Never";
    let mut state = State::waiting("PodInitializing", None, None);
    if is_never {
        return State { phase: "Failed", init: Some((ended, json!({}), 0)), ..state };
    }
    state.init = Some(if elapsed < 2 * START {
        state.next = Some(2 * START);
        (ended, json!({}), 0)
    } else {
        (json!({"waiting": {"reason": "CrashLoopBackOff", "message": why}}), ended, 1)
    });
    state.told("Warning", "BackOff", told);
    state
}

fn evict(context: &Context<'_>) -> State {
    let why = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 40Mi. ";
    let container = terminated(context.now, 137, "ContainerStatusUnknown");
    let mut state = State { phase: "Failed", container, ..State::waiting("", None, None) };
    state.cause = Some(("Evicted", why));
    state.told("Warning", "Evicted", why.to_owned());
    state
}

/// Whether another pod of the same owner was taken off already: the node has room again.
fn has_evicted_sibling(context: &Context<'_>, pod: &Value) -> bool {
    controlled_siblings(context, pod).any(|other| text(other, "/status/reason") == "Evicted")
}
