//! What scheduler and kubelet do to pods: they start after a moment, fail when asked to, and stop when deleted. Nothing runs.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{Condition, Context, claims, controller_uid, events, failures, is_terminating, numbers, references};
use crate::sandbox::{
    first::NODE,
    kinds,
    store::{Place, text},
};

/// `sandbox.ditc.dev/fail: CrashLoopBackOff`, and the other ways of [`failures`].
pub(super) const FAIL: &str = "/metadata/annotations/sandbox.ditc.dev~1fail";
/// `sandbox.ditc.dev/ready-after: 2s`
const READY_AFTER: &str = "/metadata/annotations/sandbox.ditc.dev~1ready-after";
pub(super) const START: Duration = Duration::from_millis(300);
const STOP: Duration = Duration::from_millis(200);
/// How long the one process of a Job's pod runs.
const RUN: Duration = Duration::from_millis(300);

const KUBELET: &str = "kubelet";

pub(super) fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// Whether a pod counts for its owner: it neither ends nor has ended.
pub(super) fn is_active(pod: &Value) -> bool {
    !is_terminating(pod) && !is_finished(pod)
}

pub(super) fn is_finished(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// The one node is ready.
pub(super) fn node(context: &mut Context<'_>, node: &Arc<Value>) {
    let ready = Condition { kind: "Ready", status: true, reason: "KubeletReady", message: "nothing runs here" };
    let capacity = json!({"cpu": "8", "memory": "16Gi", "pods": "1k"});
    let status = json!({
        "capacity": capacity, "allocatable": capacity, "conditions": [ready.write(node, context.now, false)],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}}, "nodeInfo": node["status"]["nodeInfo"],
    });
    context.status(KUBELET, node, status);
}

pub(super) fn reconcile(context: &mut Context<'_>, place: &Place, pod: &Arc<Value>) {
    let uid = text(pod, "/metadata/uid").to_owned();
    if is_terminating(pod) {
        let elapsed = context.elapsed(format!("stop {uid}"));
        if elapsed >= STOP || text(pod, "/spec/nodeName").is_empty() {
            context.memory.since.remove(&format!("stop {uid}"));
            context.memory.since.remove(&format!("start {uid}"));
            context.delete(pod, Some(0));
        } else {
            context.later(place, STOP - elapsed);
        }
        return;
    }
    if is_finished(pod) {
        return;
    }
    let is_new = text(pod, "/status/startTime").is_empty();
    if is_new {
        events::created(context, pod);
    }
    let Some(pod) = schedule(context, pod) else { return };
    if is_new {
        events::scheduled(context, &pod, NODE);
    }
    let elapsed = context.elapsed_after(format!("start {uid}"), progress(&pod));
    let state = state(context, &pod, elapsed);
    if let Some(next) = state.next {
        context.later(place, next.saturating_sub(elapsed).max(Duration::from_millis(1)));
    }
    for (kind, reason, message) in &state.events {
        context.event(&pod, kind, reason, message);
    }
    let status = status(context, &pod, &state);
    context.status(KUBELET, &pod, status);
}

/// How far a pod has come already, as its status tells.
fn progress(pod: &Value) -> Duration {
    let state = pod.pointer("/status/containerStatuses/0/state");
    let waiting = state.map_or("", |state| text(state, "/waiting/reason"));
    let in_init = pod.pointer("/status/initContainerStatuses/0/state/waiting/reason");
    match (is_ready(pod), state, waiting) {
        _ if in_init.is_some_and(|reason| reason == "CrashLoopBackOff") => 2 * START,
        (true, ..) => Duration::from_secs(3600),
        (_, None, _) | (_, _, "ContainerCreating") => Duration::ZERO,
        (_, _, "CrashLoopBackOff") => 2 * START,
        _ => START,
    }
}

/// Gives a pod its node, unless a claim of it is missing.
fn schedule(context: &mut Context<'_>, pod: &Arc<Value>) -> Option<Arc<Value>> {
    if !text(pod, "/spec/nodeName").is_empty() {
        return Some(Arc::clone(pod));
    }
    // Somebody else's scheduler would place it.
    if text(pod, "/spec/schedulerName") != "default-scheduler" {
        return None;
    }
    if pod.pointer("/spec/schedulingGates").and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        unscheduled(context, pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");
        return None;
    }
    let slot = kinds::known("", "PersistentVolumeClaim").slot;
    let namespace = text(pod, "/metadata/namespace");
    let problem = claims::names(pod).find_map(|name| match context.store.get(slot, namespace, name) {
        None => Some(format!("0/1 nodes are available: persistentvolumeclaim {name:?} not found. not found")),
        Some(claim) if is_terminating(claim) => {
            Some(format!("0/1 nodes are available: persistentvolumeclaim {name:?} is being deleted. not found"))
        }
        Some(claim) if text(claim, "/status/phase") != "Bound" => {
            Some("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found".to_owned())
        }
        Some(_) => None,
    });
    if let Some(message) = problem.or_else(|| failures::unschedulable(pod)) {
        let pod = unscheduled(context, pod, "Unschedulable", &message)?;
        context.event(&pod, "Warning", "FailedScheduling", &message);
        return None;
    }
    let mut new = Value::clone(pod);
    new["spec"]["nodeName"] = NODE.into();
    // A real scheduler binds through a subresource that leaves no manager.
    let (write, resource) = (context.write("kube-scheduler", "binding"), kinds::known("", "Pod"));
    super::told(crate::sandbox::writes::update(context.store, resource, pod, new, write, true))
}

/// Says why a pod has no node.
fn unscheduled(context: &mut Context<'_>, pod: &Arc<Value>, reason: &str, message: &str) -> Option<Arc<Value>> {
    let scheduled = Condition { kind: "PodScheduled", status: false, reason, message };
    let mut status = pod["status"].clone();
    status["conditions"] = json!([condition(&scheduled, pod, context.now)]);
    context.status("kube-scheduler", pod, status)
}

/// What the containers of a pod are doing.
pub(super) struct State {
    /// Of each container.
    pub(super) container: Value,
    pub(super) last: Option<Value>,
    pub(super) phase: &'static str,
    pub(super) ready: bool,
    pub(super) started: bool,
    pub(super) restarts: i64,
    /// Kind, reason and message.
    pub(super) events: Vec<(&'static str, &'static str, String)>,
    /// State, last state and restarts of the init containers, where those are what fails.
    pub(super) init: Option<(Value, Value, i64)>,
    /// Reason and message of the pod itself.
    pub(super) cause: Option<(&'static str, &'static str)>,
    /// When it will be doing something else, counted from the pod's start.
    pub(super) next: Option<Duration>,
}

impl State {
    pub(super) fn waiting(reason: &str, message: Option<&str>, next: Option<Duration>) -> Self {
        let mut waiting = json!({"reason": reason});
        if let Some(message) = message {
            waiting["message"] = message.into();
        }
        Self {
            container: json!({"waiting": waiting}),
            last: None,
            phase: "Pending",
            ready: false,
            started: false,
            restarts: 0,
            events: Vec::new(),
            init: None,
            cause: None,
            next,
        }
    }

    pub(super) fn running(context: &Context<'_>, pod: &Value, ready: bool, next: Option<Duration>) -> Self {
        let started = pod.pointer("/status/containerStatuses/0/state/running/startedAt").cloned();
        let container = json!({"running": {"startedAt": started.unwrap_or_else(|| context.now.into())}});
        Self { container, phase: "Running", ready, started: true, ..Self::waiting("", None, next) }
    }

    /// Tells people so, once.
    pub(super) fn told(&mut self, kind: &'static str, reason: &'static str, message: String) {
        self.events.push((kind, reason, message));
    }
}

/// Whether it is the first init container that fails on request.
pub(super) fn fails_in_init(pod: &Value) -> bool {
    text(pod, FAIL) == "InitCrashLoopBackOff" && pod.pointer("/spec/initContainers/0").is_some()
}

/// The other pods of the same controller.
pub(super) fn controlled_siblings<'a>(context: &'a Context<'_>, pod: &'a Value) -> impl Iterator<Item = &'a Value> {
    let (slot, owner) = (kinds::known("", "Pod").slot, controller_uid(pod).unwrap_or_default());
    let places = context.store.owned_by(owner).filter(move |place| place.0 == slot);
    places.filter_map(|place| context.store.at(place)).map(|other| &**other).filter(|other| !std::ptr::eq(*other, pod))
}

fn state(context: &Context<'_>, pod: &Value, elapsed: Duration) -> State {
    if let Some(message) = references::unmounted(context, pod) {
        // Of volumes the status says nothing, however long it lasts.
        let mut state = State::waiting("ContainerCreating", None, None);
        state.told("Warning", "FailedMount", message);
        return state;
    }
    if let Some(message) = references::missing(context, pod) {
        let mut state = State::waiting("CreateContainerConfigError", Some(&message), None);
        state.told("Warning", "Failed", format!("Error: {message}"));
        return state;
    }
    let wait = duration(text(pod, READY_AFTER)).unwrap_or(START);
    let begun = if wait > START { START } else { wait };
    if let Some(failed) = failures::state(context, pod, elapsed, begun) {
        return failed;
    }
    if elapsed < begun {
        return State::waiting("ContainerCreating", None, Some(begun));
    }
    if !is_job(pod) {
        return State::running(context, pod, elapsed >= wait, (elapsed < wait).then_some(wait));
    }
    if elapsed < wait + RUN {
        return State::running(context, pod, true, Some(wait + RUN));
    }
    let container = terminated(context.now, 0, "Completed");
    State { container, phase: "Succeeded", ..State::waiting("", None, None) }
}

pub(super) fn terminated(now: &str, code: i64, reason: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": now, "finishedAt": now, "containerID": "sandbox://none"}})
}

fn is_job(pod: &Value) -> bool {
    controller_uid(pod).is_some() && text(pod, "/spec/restartPolicy") != "Always"
}

/// `300ms`, `2s`, `1m`
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(60 * number)),
        "h" => Some(Duration::from_secs(3600 * number)),
        _ => None,
    }
}

fn condition(condition: &Condition<'_>, pod: &Value, now: &str) -> Value {
    let mut written = condition.write(pod, now, false);
    written["lastProbeTime"] = Value::Null;
    if let Some(generation) = pod.pointer("/metadata/generation") {
        written["observedGeneration"] = generation.clone();
    }
    written
}

fn status(context: &Context<'_>, pod: &Value, state: &State) -> Value {
    let mut status: Map<String, Value> = Map::new();
    status.extend(numbers(&[("observedGeneration", super::number(pod, "/metadata/generation"))]));
    status.insert("phase".into(), state.phase.into());
    let names: Vec<&str> = pod["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|container| container.get("name")?.as_str())
        .collect();
    let is_over = matches!(state.phase, "Succeeded" | "Failed");
    let unready = format!("containers with unready status: [{}]", names.join(" "));
    let (reason, message) = match (state.ready, state.phase) {
        (true, _) => ("", ""),
        (_, "Succeeded") => ("PodCompleted", ""),
        (_, "Failed") => ("PodFailed", ""),
        _ => ("ContainersNotReady", unready.as_str()),
    };
    let plain = |kind| Condition { kind, status: true, reason: "", message: "" };
    let ready = |kind| Condition { kind, status: state.ready, reason, message };
    let sandboxed = Condition { status: !is_over, ..plain("PodReadyToStartContainers") };
    let first = text(pod, "/spec/initContainers/0/name");
    let incomplete = format!("containers with incomplete status: [{first}]");
    let initialized = match &state.init {
        Some(_) => {
            Condition { kind: "Initialized", status: false, reason: "ContainersNotInitialized", message: &incomplete }
        }
        None => plain("Initialized"),
    };
    let all = [sandboxed, initialized, ready("Ready"), ready("ContainersReady"), plain("PodScheduled")];
    status.insert("conditions".into(), all.iter().map(|known| condition(known, pod, context.now)).collect());
    status.insert("hostIP".into(), "192.0.2.1".into());
    status.insert("hostIPs".into(), json!([{"ip": "192.0.2.1"}]));
    let began = pod.pointer("/status/startTime").cloned().unwrap_or_else(|| context.now.into());
    status.insert("startTime".into(), began);
    if let Some((reason, message)) = state.cause {
        status.insert("reason".into(), reason.into());
        status.insert("message".into(), message.into());
    }
    let is_creating = text(&state.container, "/waiting/reason") == "ContainerCreating";
    if !is_creating {
        let address = text(pod, "/status/podIP").to_owned();
        let address = if address.is_empty() { address_of(context) } else { address };
        status.insert("podIPs".into(), json!([{"ip": address}]));
        status.insert("podIP".into(), address.into());
    }
    let ended = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": status["startTime"], "finishedAt": status["startTime"]}});
    let none = (json!({}), 0);
    let own = (state.last.clone().unwrap_or_else(|| json!({})), state.restarts);
    let each = |list: &str, running: &Value, ready: bool, started: bool| -> Vec<Value> {
        // What ended before and how often is told of the containers that do it.
        let (last, restarts) = if list == "containers" { &own } else { &none };
        let containers = pod["spec"].get(list).and_then(Value::as_array);
        containers
            .into_iter()
            .flatten()
            .map(|container| {
                let image = text(container, "/image");
                let mut status = json!({
                    "name": container["name"], "state": running, "lastState": last,
                    "ready": ready, "restartCount": restarts, "image": image, "imageID": if started { image } else { "" }, "started": started,
                });
                if started {
                    status["containerID"] = "sandbox://none".into();
                }
                status
            })
            .collect()
    };
    let mut inits = each("initContainers", if is_creating { &state.container } else { &ended }, !is_creating, false);
    if !inits.is_empty() {
        if let (Some((state, last, restarts)), Some(first)) = (&state.init, inits.first_mut()) {
            first["state"] = state.clone();
            first["lastState"] = last.clone();
            first["restartCount"] = (*restarts).into();
            first["ready"] = false.into();
        }
        status.insert("initContainerStatuses".into(), inits.into());
    }
    status.insert("containerStatuses".into(), each("containers", &state.container, state.ready, state.started).into());
    status.insert("qosClass".into(), pod["status"]["qosClass"].clone());
    Value::Object(status)
}

/// An address that no other pod was given lately: the revision counts up.
fn address_of(context: &Context<'_>) -> String {
    let revision = context.store.revision();
    format!("10.244.{}.{}", revision / 254 % 256, revision % 254 + 1)
}
