//! Why an object does not work: what is wrong in our words, what the cluster told, whether waiting helps, where to look next.

use std::time::Duration;

use serde_json::Value;

use crate::object::{Object, ObjectKey};

use super::{Around, count, created, pods, replicas, words};

/// An image that is being built may still be pushed; the kubelet has asked for it twice by then (at once and after ten
/// seconds), and no registry answers "not found" by mistake.
const IMAGE: Duration = Duration::from_secs(20);
/// A registry or a network that is down for a moment is back by then, and three pulls were tried.
const REGISTRY: Duration = Duration::from_secs(60);
/// What another component or an operator makes is there by then; the kubelet looks again with every round.
const MISSING: Duration = Duration::from_secs(15);
/// A container that could not be made is tried again every few seconds.
const STARTING: Duration = Duration::from_secs(30);
/// Pods that end give their room and their share of a quota back within their grace period, thirty seconds as a rule.
const ROOM: Duration = Duration::from_secs(45);
/// A claim that nobody can fill is told so at once; a volume made by hand takes a moment.
const CLAIM: Duration = Duration::from_secs(20);
/// Pods come within a second of the set that makes them.
const SELECTION: Duration = Duration::from_secs(10);

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A container ended more than once.
    CrashLoop,
    /// It ended once, and was started again.
    Crashed,
    /// Its command cannot be run.
    CommandAbsent,
    /// The node could not make it, for another reason.
    NotStarted,
    ImageAbsent,
    /// It is not on the node, and must not be pulled.
    ImageNotLoaded,
    ImageRefused,
    RegistryAway,
    ImageName,
    /// A Secret, a ConfigMap, a key in one, or an account.
    ReferenceMissing,
    Mount,
    Network,
    JobFailed,
    /// A try of a Job failed; others follow.
    TryFailed,
    PodFailed,
    Evicted,
    Quota,
    /// By a policy or a webhook.
    Denied,
    /// The pods are not made, for another reason.
    NotMade,
    Unschedulable,
    /// There is no room yet, and a node is on its way.
    NodeComing,
    ClaimUnbound,
    /// A pod of the revision before stands in the way of the new one.
    OldPodInTheWay,
    SelectsNothing,
    Unready,
    /// The object itself says that it failed.
    Failed,
}

/// Whether waiting helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heals {
    Never,
    /// Perhaps, but whoever has waited so long waits in vain.
    Within(Duration),
    /// It may: only the time limit of the component ends the wait.
    Perhaps,
}

impl Fault {
    /// As JSON names it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Fault::CrashLoop => "crash_loop",
            Fault::Crashed => "crashed",
            Fault::CommandAbsent => "command_absent",
            Fault::NotStarted => "container_not_started",
            Fault::ImageAbsent => "image_absent",
            Fault::ImageNotLoaded => "image_not_loaded",
            Fault::ImageRefused => "image_refused",
            Fault::RegistryAway => "registry_away",
            Fault::ImageName => "image_name",
            Fault::ReferenceMissing => "reference_missing",
            Fault::Mount => "mount",
            Fault::Network => "network",
            Fault::JobFailed => "job_failed",
            Fault::TryFailed => "try_failed",
            Fault::PodFailed => "pod_failed",
            Fault::Evicted => "evicted",
            Fault::Quota => "quota",
            Fault::Denied => "denied",
            Fault::NotMade => "pods_not_made",
            Fault::Unschedulable => "unschedulable",
            Fault::NodeComing => "node_coming",
            Fault::ClaimUnbound => "claim_unbound",
            Fault::OldPodInTheWay => "old_pod_in_the_way",
            Fault::SelectsNothing => "selects_nothing",
            Fault::Unready => "unready",
            Fault::Failed => "failed",
        }
    }

    #[must_use]
    pub fn heals(self) -> Heals {
        match self {
            Fault::CrashLoop | Fault::CommandAbsent | Fault::ImageName | Fault::JobFailed => Heals::Never,
            Fault::PodFailed | Fault::Denied | Fault::Failed => Heals::Never,
            Fault::ImageAbsent | Fault::ImageNotLoaded | Fault::ImageRefused => Heals::Within(IMAGE),
            Fault::RegistryAway => Heals::Within(REGISTRY),
            Fault::ReferenceMissing => Heals::Within(MISSING),
            Fault::NotStarted => Heals::Within(STARTING),
            Fault::Quota | Fault::Unschedulable | Fault::NotMade => Heals::Within(ROOM),
            Fault::ClaimUnbound => Heals::Within(CLAIM),
            Fault::SelectsNothing => Heals::Within(SELECTION),
            // What attaches volumes and addresses waits for others, and says the same while it works.
            Fault::Mount | Fault::Network => Heals::Perhaps,
            // Its controller makes another.
            Fault::Evicted => Heals::Perhaps,
            Fault::Crashed | Fault::TryFailed | Fault::NodeComing | Fault::OldPodInTheWay | Fault::Unready => {
                Heals::Perhaps
            }
        }
    }
}

/// Why an object does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub fault: Fault,
    pub heals: Heals,
    /// Where it shows: the object itself, a pod of it, or a claim.
    pub at: ObjectKey,
    /// In our words, on one line: `container app ended twice, the last time with exit code 3`.
    pub why: String,
    /// In the cluster's words, with who says so: `event BackOff: …`.
    pub told: Option<String>,
    /// The container whose last lines tell more.
    pub log: Option<LogOf>,
    /// A command that shows more.
    pub next: Option<String>,
}

/// The log of a container, or of its run before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOf {
    pub pod: String,
    pub container: String,
    pub previous: bool,
}

impl Cause {
    pub(super) fn new(fault: Fault, at: &Object, why: impl Into<String>) -> Self {
        let at = at.key().unwrap_or_else(|| ObjectKey::new("", "", None, ""));
        Self { fault, heals: fault.heals(), at, why: why.into(), told: None, log: None, next: None }
    }

    pub(super) fn told(self, who: &str, text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { told: (!text.is_empty()).then(|| format!("{who}: {text}")), ..self }
    }

    /// A command of kubectl in the namespace of the object.
    pub(super) fn kubectl(self, command: &str) -> Self {
        let namespace = self.at.namespace.as_deref().map(|name| format!(" -n {name}")).unwrap_or_default();
        Self { next: Some(format!("kubectl{namespace} {command}")), ..self }
    }

    pub(super) fn log(self, pod: &Object, container: &str, previous: bool) -> Self {
        let pod = pod.name().unwrap_or_default().to_owned();
        Self { log: Some(LogOf { pod, container: container.to_owned(), previous }), ..self }
    }
}

/// The cause that weighs most, of those that show around an object that is not ready.
#[must_use]
pub(super) fn of(object: &Object, around: &Around) -> Option<Cause> {
    let key = object.key()?;
    let mut causes: Vec<Cause> = match (key.kind.group.as_str(), key.kind.kind.as_str()) {
        ("apps" | "batch", _) | ("", "ReplicationController") => {
            let pods = around.pods(object).into_iter().filter_map(|pod| pods::cause(pod, object, around));
            pods.chain(unmade(object, around)).chain(in_the_way(object, around)).collect()
        }
        ("", "Pod") => pods::cause(object, object, around).into_iter().collect(),
        ("", "PersistentVolumeClaim") => claim(key.namespace.as_deref(), &key.name, around).into_iter().collect(),
        ("", "Service") => unselected(object, around).into_iter().collect(),
        _ => Vec::new(),
    };
    causes.sort_by(|one, other| (one.heals, one.fault, &one.at).cmp(&(other.heals, other.fault, &other.at)));
    causes.into_iter().next()
}

/// What keeps the pods of an object from being made: a condition on those that show it, an event on the others.
fn unmade(object: &Object, around: &Around) -> Option<Cause> {
    let refused = super::condition(object, "ReplicaFailure").filter(|condition| condition["status"] == "True");
    if let Some(refused) = refused {
        return Some(unmade_because(object, "condition ReplicaFailure", &words(refused)));
    }
    let lacks = match object.kind() {
        Some("StatefulSet") => count(object, "/status/replicas") < replicas(object),
        Some("DaemonSet") => {
            count(object, "/status/currentNumberScheduled") < count(object, "/status/desiredNumberScheduled")
        }
        Some("Job") => count(object, "/status/active") == 0,
        _ => false,
    };
    let told = around.told(object, &["FailedCreate", "SuccessfulCreate"]).into_iter().next()?;
    (lacks && told.reason == "FailedCreate").then(|| unmade_because(object, "event FailedCreate", told.message))
}

fn unmade_because(object: &Object, who: &str, text: &str) -> Cause {
    let (fault, why, next) = created::refusal(text);
    Cause::new(fault, object, why).told(who, text).kubectl(&next)
}

/// A set in order changes nothing before the pods of the revision before are ready
/// (<https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback>).
fn in_the_way(object: &Object, around: &Around) -> Option<Cause> {
    let pod = around.pods_before(object).into_iter().next()?;
    let cause = pods::cause(pod, object, around)?;
    let name = &cause.at.name;
    let why = format!("pod {name} of the revision before is not ready, and the new one waits for it: {}", cause.why);
    let next = format!("delete pod {name}");
    Some(Cause { fault: Fault::OldPodInTheWay, heals: Heals::Perhaps, why, ..cause }.kubectl(&next))
}

/// Why a claim is not bound.
pub(super) fn claim(namespace: Option<&str>, name: &str, around: &Around) -> Option<Cause> {
    let reasons =
        ["FailedBinding", "ProvisioningFailed", "WaitForFirstConsumer", "ExternalProvisioning", "Provisioning"];
    let told = around.told_by_name("PersistentVolumeClaim", name, &reasons).into_iter().next()?;
    let no_class = told.message.contains("no storage class is set");
    let why = match told.reason {
        "FailedBinding" if no_class => {
            format!("claim {name} asks for no storage class, the cluster has no default one, and no volume fits")
        }
        "FailedBinding" => format!("claim {name} is not bound to a volume"),
        "ProvisioningFailed" => format!("no volume can be made for claim {name}"),
        _ => return None,
    };
    let at = ObjectKey::new("", "PersistentVolumeClaim", namespace, name);
    let fault = Fault::ClaimUnbound;
    let cause = Cause { fault, heals: fault.heals(), at, why, told: None, log: None, next: None };
    let cause = cause.told(&format!("event {}", told.reason), told.message);
    Some(Cause { next: Some("kubectl get storageclass".to_owned()), ..cause })
}

/// Whether a claim waits for a pod to use it, as its class wants it.
#[must_use]
pub fn waits_for_a_consumer(claim: &Object, around: &Around) -> bool {
    let reasons =
        ["WaitForFirstConsumer", "FailedBinding", "ProvisioningFailed", "ExternalProvisioning", "Provisioning"];
    around.told(claim, &reasons).first().is_some_and(|told| told.reason == "WaitForFirstConsumer")
}

/// A Service whose selector no pod answers to.
fn unselected(service: &Object, around: &Around) -> Option<Cause> {
    let selector = service.at("/spec/selector").and_then(Value::as_object).filter(|selector| !selector.is_empty())?;
    if around.has_pod_with(selector) {
        return None;
    }
    let labels: Vec<String> =
        selector.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    let labels = labels.join(",");
    let why = format!("no pod has the labels that it selects: {labels}");
    Some(Cause::new(Fault::SelectsNothing, service, why).kubectl("get pods --show-labels"))
}
