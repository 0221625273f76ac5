//! Why one pod does not work, from what scheduler and kubelet write into its status and tell in events.
//!
//! Some faults never reach the status: a volume that cannot be mounted leaves it at `ContainerCreating` for ever.

use serde_json::Value;

use crate::object::Object;

use super::{Around, Cause, Fault, Heals, cause, condition, images, phase, words};

/// How often a container may end before its work is called a crash loop: the kubelet starts it again at once after the
/// first time, and waits from the second on.
const ENDS: i64 = 2;

/// A container with its status.
struct Container<'a> {
    pod: &'a Object,
    /// The object that is waited for.
    of: &'a Object,
    status: &'a Value,
    name: &'a str,
    is_init: bool,
}

/// The cause that shows first in the life of a pod; none for one that is on its way or works.
pub(super) fn cause(pod: &Object, of: &Object, around: &Around) -> Option<Cause> {
    if phase(pod) == "Failed" {
        return Some(ended(pod, of));
    }
    if let Some(cause) = unscheduled(pod, around) {
        return Some(cause);
    }
    let statuses = |field: &str| pod.at(field).and_then(Value::as_array).into_iter().flatten();
    let container = |is_init: bool| {
        move |status| Container { pod, of, status, name: status["name"].as_str().unwrap_or_default(), is_init }
    };
    let init = statuses("/status/initContainerStatuses").map(container(true));
    let all: Vec<Container<'_>> = init.chain(statuses("/status/containerStatuses").map(container(false))).collect();
    all.iter()
        .find_map(|container| stopped(container, around))
        .or_else(|| before_its_containers(pod, around))
        .or_else(|| all.iter().find_map(|container| unready(container, around)))
}

/// `deployment/orders`, from which kubectl finds a pod by itself.
fn target(of: &Object) -> String {
    let (kind, name) = (of.kind().unwrap_or("pod"), of.name().unwrap_or_default());
    format!("{}/{name}", kind.to_lowercase())
}

fn number(count: i64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

impl<'a> Container<'a> {
    fn text(&self, pointer: &str) -> &'a str {
        self.status.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn called(&self) -> String {
        format!("{} {}", if self.is_init { "init container" } else { "container" }, self.name)
    }

    fn cause(&self, fault: Fault, why: impl Into<String>) -> Cause {
        Cause::new(fault, self.pod, why).kubectl(&format!("describe pod/{}", self.pod.name().unwrap_or_default()))
    }

    fn spec(&self) -> Option<&'a Value> {
        let list = if self.is_init { "/spec/initContainers" } else { "/spec/containers" };
        self.pod.at(list)?.as_array()?.iter().find(|container| container["name"] == self.name)
    }

    fn told<'e>(&self, around: &'e Around, reasons: &[&str]) -> Option<super::Told<'e>> {
        let part = format!("{{{}}}", self.name);
        around.told(self.pod, reasons).into_iter().find(|told| told.part.ends_with(&part))
    }

    /// The ways to a container's log: with the run before where that is what ended.
    fn with_log(&self, cause: Cause, previous: bool) -> Cause {
        let flag = if previous { " --previous" } else { "" };
        let cause = cause.log(self.pod, self.name, previous);
        cause.kubectl(&format!("logs {} -c {}{flag}", target(self.of), self.name))
    }
}

/// A container that is not made, not started, or ended.
fn stopped(container: &Container<'_>, around: &Around) -> Option<Cause> {
    let (reason, message) = (container.text("/state/waiting/reason"), container.text("/state/waiting/message"));
    match reason {
        "InvalidImageName" => {
            let why = format!("container {} has an image whose name is none: {}", container.name, image(container));
            Some(container.cause(Fault::ImageName, why).told(reason, message))
        }
        "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "ImageInspectError" | "RegistryUnavailable" => {
            // Older kubelets say why only in the event.
            let event = container.told(around, &["Failed"]).filter(|told| told.message.contains("pull"));
            let text = [message, event.map_or("", |told| told.message)].join(" ");
            let image = image(container);
            let (fault, why) = images::refusal(&image, &text);
            let told = if message.is_empty() { event.map_or("", |told| told.message) } else { message };
            let cause = container.cause(fault, why).told(reason, told);
            Some(match fault {
                Fault::ImageAbsent => Cause { next: Some(format!("docker manifest inspect {image}")), ..cause },
                Fault::ImageRefused => {
                    cause.kubectl("get secrets --field-selector type=kubernetes.io/dockerconfigjson")
                }
                _ => cause,
            })
        }
        // The kubelet has not read the object yet; it will.
        "CreateContainerConfigError" if message.contains("failed to sync") => None,
        "CreateContainerConfigError" => Some(match reference(message) {
            Some((what, next)) => {
                let why = format!("{} needs {what}, which is not there", container.called());
                container.cause(Fault::ReferenceMissing, why).told(reason, message).kubectl(&next)
            }
            None => {
                let why = format!("{} cannot be made as it is configured", container.called());
                container.cause(Fault::NotStarted, why).told(reason, message)
            }
        }),
        "CreateContainerError" | "RunContainerError" | "StartError" => Some(not_started(container, reason, message)),
        "CrashLoopBackOff" => {
            let last = container.text("/lastState/terminated/reason");
            if last == "StartError" || last == "ContainerCannotRun" {
                let message = container.text("/lastState/terminated/message");
                return Some(not_started(container, last, message));
            }
            Some(crashed(container, around, &container.status["lastState"]["terminated"], true))
        }
        _ => {
            let state = container.status.pointer("/state/terminated")?;
            let is_kept = container.is_init || text_of(container.pod, "/spec/restartPolicy") != "Always";
            let is_done = is_kept && state["exitCode"] == 0 && !is_sidecar(container);
            (!is_done).then(|| crashed(container, around, state, false))
        }
    }
}

fn text_of<'a>(object: &'a Object, pointer: &str) -> &'a str {
    object.at(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An init container that runs beside the others
/// (<https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/>).
fn is_sidecar(container: &Container<'_>) -> bool {
    container.is_init && container.spec().is_some_and(|spec| spec["restartPolicy"] == "Always")
}

fn image(container: &Container<'_>) -> String {
    let spec = container.spec().and_then(|spec| spec["image"].as_str());
    spec.unwrap_or_else(|| container.text("/image")).to_owned()
}

fn not_started(container: &Container<'_>, reason: &str, message: &str) -> Cause {
    let absent = ["executable file not found", "no such file or directory", "permission denied", "exec format error"];
    let called = container.called();
    if absent.iter().any(|text| message.contains(text)) {
        let command = message.split("exec: ").nth(1).and_then(|rest| rest.split('"').nth(1)).unwrap_or_default();
        let what = if command.is_empty() { "its command".to_owned() } else { format!("its command {command}") };
        let why = format!("{called} cannot be started: {what} cannot be run in image {}", image(container));
        return container.cause(Fault::CommandAbsent, why).told(reason, message);
    }
    container.cause(Fault::NotStarted, format!("{called} cannot be started")).told(reason, message)
}

/// A process that ended and should not have.
fn crashed(container: &Container<'_>, around: &Around, end: &Value, backs_off: bool) -> Cause {
    let ends = container.status["restartCount"].as_i64().unwrap_or(0) + 1;
    let is_job = container.of.kind() == Some("Job");
    let fault = match backs_off || ends >= ENDS {
        _ if is_job => Fault::TryFailed,
        true => Fault::CrashLoop,
        false => Fault::Crashed,
    };
    let called = container.called();
    let memory = container.spec().and_then(|spec| spec.pointer("/resources/limits/memory")?.as_str());
    let killed = around.told(container.pod, &["Unhealthy"]).into_iter();
    let mut killed = killed.filter(|told| told.message.starts_with("Liveness probe failed"));
    let exit = match (end["reason"].as_str(), end["exitCode"].as_i64()) {
        (Some("OOMKilled"), _) => match memory {
            Some(limit) => format!("killed for using more than its {limit} of memory"),
            None => "killed for using more memory than there is".to_owned(),
        },
        (_, Some(0)) => "with exit code 0, though it should go on".to_owned(),
        (_, Some(137)) => "killed (exit code 137)".to_owned(),
        (_, Some(code)) => format!("with exit code {code}"),
        (_, None) => "for a reason that is not known".to_owned(),
    };
    let often = number(ends);
    let previous = container.status.pointer("/state/terminated").is_none();
    let cause = match killed.next() {
        Some(told) => {
            let why = format!("{called} is killed by its liveness probe, {often} so far");
            container.cause(fault, why).told("event Unhealthy", told.message)
        }
        None => {
            let last = if ends > 1 { "the last time " } else { "" };
            let cause = container.cause(fault, format!("{called} ended {often}, {last}{exit}"));
            let event = container.told(around, &["BackOff"]).filter(|told| told.message.contains("restarting"));
            match event {
                // What follows is the pod's name and uid, which say nothing more.
                Some(told) => cause.told("event BackOff", told.message.split(" in pod ").next().unwrap_or_default()),
                None => cause,
            }
        }
    };
    container.with_log(cause, previous)
}

/// A pod whose containers ended, or that was taken off its node.
fn ended(pod: &Object, of: &Object) -> Cause {
    let (reason, message) = (text_of(pod, "/status/reason"), text_of(pod, "/status/message"));
    let is_alone = of.kind() == Some("Pod");
    let its = if is_alone { "it" } else { "its pod" };
    let node = text_of(pod, "/spec/nodeName");
    let heals = |fault: Fault| if is_alone { Heals::Never } else { fault.heals() };
    if reason == "Evicted" || reason == "Preempting" {
        let why = format!("{its} was evicted from node {node}");
        let cause = Cause::new(Fault::Evicted, pod, why).told(&format!("status {reason}"), message);
        return Cause { heals: heals(Fault::Evicted), next: Some(format!("kubectl describe node {node}")), ..cause };
    }
    let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let all = statuses.iter().filter_map(|list| Some((*list, pod.at(list)?.as_array()?)));
    let mut broken = all
        .flat_map(|(list, statuses)| statuses.iter().map(move |status| (list, status)))
        .filter(|(_, status)| status.pointer("/state/terminated").is_some_and(|end| end["exitCode"] != 0));
    let fault = match of.kind() {
        Some("Job") => Fault::TryFailed,
        Some("Pod") => Fault::PodFailed,
        // Its controller makes another in its place.
        _ => Fault::Evicted,
    };
    let Some((list, status)) = broken.next() else {
        let why = if reason.is_empty() { format!("{its} failed") } else { format!("{its} failed: {reason}") };
        return Cause::new(fault, pod, why)
            .told(&format!("status {reason}"), message)
            .kubectl(&format!("describe pod/{}", pod.name().unwrap_or_default()));
    };
    let name = status["name"].as_str().unwrap_or_default();
    let container = Container { pod, of, status, name, is_init: list.contains("init") };
    let end = &status["state"]["terminated"];
    let exit = match end["reason"].as_str() {
        Some("OOMKilled") => "was killed for its memory".to_owned(),
        _ => format!("ended with exit code {}", end["exitCode"]),
    };
    let cause = container.cause(fault, format!("{} {exit}", container.called()));
    let cause = cause.told(end["reason"].as_str().unwrap_or("terminated"), end["message"].as_str().unwrap_or_default());
    container.with_log(cause, false)
}

/// A pod without a node.
fn unscheduled(pod: &Object, around: &Around) -> Option<Cause> {
    let scheduled = condition(pod, "PodScheduled")?;
    if scheduled["status"] != "False" || scheduled["reason"] != "Unschedulable" {
        return None;
    }
    let text = words(scheduled);
    let claims = pod.at("/spec/volumes").and_then(Value::as_array).into_iter().flatten();
    let mut claims = claims.filter_map(|volume| volume.pointer("/persistentVolumeClaim/claimName")?.as_str());
    let namespace = pod.key().and_then(|key| key.namespace);
    if text.contains("unbound")
        && let Some(cause) = claims.find_map(|name| cause::claim(namespace.as_deref(), name, around))
    {
        return Some(cause);
    }
    let coming = around.told(pod, &["TriggeredScaleUp", "Nominated", "NotTriggerScaleUp"]).into_iter().next();
    if let Some(coming) = coming.filter(|told| told.reason != "NotTriggerScaleUp") {
        let why = "no node has room for its pod yet, and another node is on its way";
        return Some(Cause::new(Fault::NodeComing, pod, why).told(&format!("event {}", coming.reason), coming.message));
    }
    // `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {…}. preemption: …`
    let reason = text.split_once("nodes are available: ").map_or(text.as_str(), |(_, rest)| rest);
    let reason = reason.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let cause = Cause::new(Fault::Unschedulable, pod, format!("no node takes its pod: {reason}"));
    let cause = cause.told("condition PodScheduled", &text);
    Some(Cause { next: Some("kubectl describe nodes".to_owned()), ..cause })
}

/// What keeps a pod from having containers at all, of which only events tell.
fn before_its_containers(pod: &Object, around: &Around) -> Option<Cause> {
    let statuses = pod.at("/status/containerStatuses").and_then(Value::as_array).into_iter().flatten();
    let mut reasons = statuses.map(|status| status.pointer("/state/waiting/reason").and_then(Value::as_str));
    if !reasons.all(|reason| matches!(reason, Some("ContainerCreating" | "PodInitializing"))) {
        return None;
    }
    // With a first pull or start, volumes and network are there.
    let all =
        ["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "Pulling", "Pulled", "Created", "Started"];
    let told = around.told(pod, &all);
    if told.iter().any(|told| !told.reason.starts_with("Failed")) {
        return None;
    }
    let told = told.into_iter().next()?;
    let who = format!("event {}", told.reason);
    let describe = format!("describe pod/{}", pod.name().unwrap_or_default());
    if told.reason == "FailedCreatePodSandBox" {
        let cause = Cause::new(Fault::Network, pod, "its pod gets no network");
        return Some(cause.told(&who, told.message).kubectl(&describe));
    }
    let volume = told.message.split_once("for volume \"").and_then(|(_, rest)| rest.split('"').next());
    let volume = volume.map_or_else(|| "a volume".to_owned(), |name| format!("volume {name}"));
    Some(match reference(told.message).filter(|_| !told.message.contains("failed to sync")) {
        Some((what, next)) => {
            let why = format!("{volume} of its pod needs {what}, which is not there");
            Cause::new(Fault::ReferenceMissing, pod, why).told(&who, told.message).kubectl(&next)
        }
        None => {
            let why = format!("{volume} of its pod cannot be mounted");
            Cause::new(Fault::Mount, pod, why).told(&who, told.message).kubectl(&describe)
        }
    })
}

/// What is missing, and the arguments of kubectl that show what is there. Two phrasings name an object, three a key.
fn reference(text: &str) -> Option<(String, String)> {
    for kind in ["secret", "configmap"] {
        let shown = if kind == "secret" { "Secret" } else { "ConfigMap" };
        if let Some((_, rest)) = text.split_once(&format!("{kind} \""))
            && let Some((name, "not found")) =
                rest.split_once('"').map(|(name, rest)| (name, rest.trim_start().get(..9).unwrap_or_default()))
        {
            return Some((format!("{shown} {name}"), format!("get {kind}s")));
        }
        // `couldn't find key K in Secret ns/name`
        if let Some((before, rest)) = text.split_once(&format!(" in {shown} "))
            && let Some((_, key)) = before.split_once("find key ")
        {
            let name = rest.split_whitespace().next()?.rsplit('/').next()?;
            return Some((format!("key {key} of {shown} {name}"), format!("describe {kind} {name}")));
        }
        // `references non-existent secret key: K`
        let absent = ["config", "secret"].map(|short| format!("references non-existent {short} key: "));
        let absent = if kind == "secret" { &absent[1] } else { &absent[0] };
        if let Some((_, rest)) = text.split_once(absent.as_str()) {
            let key = rest.split_whitespace().next()?;
            return Some((format!("key {key} of a {shown}"), format!("get {kind}s")));
        }
    }
    None
}

/// A container that runs and does not say that it is ready.
fn unready(container: &Container<'_>, around: &Around) -> Option<Cause> {
    container.status.pointer("/state/running")?;
    if container.status["ready"] == true || (container.is_init && !is_sidecar(container)) {
        return None;
    }
    let told = around.told(container.pod, &["Unhealthy"]).into_iter();
    let mut told = told.filter(|told| told.part.ends_with(&format!("{{{}}}", container.name)));
    let told = told.find(|told| !told.message.starts_with("Liveness") && !told.message.contains("code = Canceled"))?;
    let probe = if told.message.starts_with("Startup") { "startup" } else { "readiness" };
    let why = format!("container {} runs, but its {probe} probe fails", container.name);
    let cause = container.cause(Fault::Unready, why).told("event Unhealthy", told.message);
    Some(container.with_log(cause, false))
}
