//! Whether a live object works, kind by kind, and if not, what it waits for and why. It looks at values, never at a
//! cluster: doors fetch what stands around an object, and only once it is not ready.
//!
//! Nothing is believed before the controller has seen the generation that was written: until then the status is that of
//! the object before. What ditc waits for is deliberately less than everything: an Ingress or a load balancer may never
//! get an address on some clusters, and nothing here needs one.

use std::time::Duration;

use serde_json::Value;

use crate::{
    object::{GroupKind, Object},
    observed::Readiness,
    rule,
};

mod around;
mod cause;
mod created;
mod images;
mod kinds;
mod log;
mod owned;
mod pods;
#[cfg(test)]
mod tests;

pub use around::{Around, Told, looked_at};
pub use cause::{Cause, Fault, Heals, LogOf, waits_for_a_consumer};
pub use log::{LINES as LOG_LINES, is_cleared_away, last_lines};
pub use owned::{has_pods, kinds_of_pods, pods_of};

/// A workload without a readiness probe must have stayed ready for so long: a crashing one is available first, and its
/// first exit shows within a second of its start.
const SETTLING: Duration = Duration::from_secs(2);

/// A custom object without any status may be one whose controller has not heard of it yet, or one that has none. A
/// controller that runs writes its first condition within a second or two.
const HEARING: Duration = Duration::from_secs(3);

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The kind in which the endpoints of Services are seen.
#[must_use]
pub fn endpoint_slices() -> (GroupKind, String) {
    (GroupKind::new("discovery.k8s.io", "EndpointSlice"), "discovery.k8s.io/v1".to_owned())
}

/// Whether objects of a kind are waited for at all; others work as soon as they are written.
#[must_use]
pub fn is_awaited(kind: &GroupKind) -> bool {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod" | "PersistentVolumeClaim" | "Service" | "ReplicationController" | "Namespace") => true,
        ("", "ResourceQuota") => true,
        ("apps", "ControllerRevision") => false,
        ("apps", _) => true,
        ("batch", "Job") => true,
        ("apiextensions.k8s.io", _) => true,
        ("batch", _)
        | ("", _)
        | ("networking.k8s.io" | "rbac.authorization.k8s.io" | "policy" | "autoscaling" | "storage.k8s.io", _)
        | ("scheduling.k8s.io" | "coordination.k8s.io" | "discovery.k8s.io" | "admissionregistration.k8s.io", _) => {
            false
        }
        // Of other kinds ditc knows only the conditions that they show, so it looks.
        _ => true,
    }
}

/// Whether what comes after an object must wait until it works: before a quota is counted, the server refuses all that it
/// counts.
#[must_use]
pub fn is_gate(kind: &GroupKind) -> bool {
    kind.is("", "ResourceQuota")
}

/// Whether one object is waited for: its kind is, or it says itself when it is ready.
#[must_use]
pub fn awaits(object: &Object) -> bool {
    object.annotation(rule::ANNOTATION).is_some() || object.key().is_some_and(|key| is_awaited(&key.kind))
}

/// How long an object that looks ready must go on doing so.
#[must_use]
pub fn settling(object: &Object) -> Duration {
    if object.annotation(rule::ANNOTATION).is_some() {
        return Duration::ZERO;
    }
    let Some(key) = object.key() else { return Duration::ZERO };
    if !has_rule(&key.kind) && is_awaited(&key.kind) {
        let silent = condition(object, "Ready").is_none() && object.at("/status/observedGeneration").is_none();
        return if silent { HEARING } else { Duration::ZERO };
    }
    let given = object.at("/spec/minReadySeconds").and_then(Value::as_u64).is_some_and(|seconds| seconds > 0);
    let containers = object.at("/spec/template/spec/containers").and_then(Value::as_array);
    let unprobed = containers.is_some_and(|all| all.iter().any(|container| container.get("readinessProbe").is_none()));
    let runs = object.at("/spec/replicas").and_then(Value::as_u64) != Some(0);
    if key.kind.group == "apps" && unprobed && runs && !given { SETTLING } else { Duration::ZERO }
}

/// Whether ditc knows more of a kind than the conditions that it shows.
fn has_rule(kind: &GroupKind) -> bool {
    matches!(kind.group.as_str(), "" | "apps" | "batch" | "apiextensions.k8s.io")
}

/// Judges one object. `slices` are the EndpointSlices of its namespace, where somebody looked; a Service is then ready
/// only with a ready endpoint.
#[must_use]
pub fn judge(object: &Object, slices: Option<&[&Object]>) -> Readiness {
    // What ran to its end may go.
    if object.is_terminating() && !has_ended(object) {
        return waiting("it is being deleted");
    }
    if let Some(text) = object.annotation(rule::ANNOTATION) {
        return as_it_says(object, text);
    }
    let Some(key) = object.key() else { return waiting("it has no kind or name") };
    if !has_rule(&key.kind) {
        return if is_awaited(&key.kind) { conditions(object) } else { Readiness::Ready };
    }
    kinds::judge(object, &key.kind, slices)
}

/// Judges an object that was written and is not there.
#[must_use]
pub fn judge_absent(body: &Object) -> Readiness {
    // A Job that asks to be cleared away after its end has had it
    // (<https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/>).
    let is_cleared = body.kind() == Some("Job") && body.at("/spec/ttlSecondsAfterFinished").is_some();
    if is_cleared { Readiness::Ready } else { waiting("it is not there") }
}

/// Whether a rollout rests because somebody paused it: what was written is not running, and that is as asked for.
#[must_use]
pub fn is_paused(object: &Object) -> bool {
    object.kind() == Some("Deployment") && object.at("/spec/paused").and_then(Value::as_bool) == Some(true)
}

/// Whether a paused rollout leaves pods running that are not of the version that was written last. A run does not wait for
/// it, since nobody knows for how long.
fn is_held_back(object: &Object) -> bool {
    is_paused(object) && count(object, "/status/updatedReplicas") < replicas(object)
}

/// Whether an object is a Service that stands before nothing but workloads that are not to run: it waits for nobody.
#[must_use]
pub fn is_idle(service: &Object, workloads: &[&Object]) -> bool {
    let selector = service.at("/spec/selector").and_then(Value::as_object).filter(|selector| !selector.is_empty());
    let (Some(selector), Some("Service")) = (selector, service.kind()) else { return false };
    let is_behind = |workload: &&&Object| {
        let labels = workload.at("/spec/template/metadata/labels");
        labels.is_some_and(|labels| selector.iter().all(|(name, value)| labels.get(name) == Some(value)))
    };
    let mut behind = workloads.iter().filter(is_behind).peekable();
    behind.peek().is_some() && behind.all(|workload| replicas(workload) == 0 || is_paused(workload))
}

/// How far an object is, with the reason where it does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Ready,
    /// Not ready, and nothing is wrong.
    OnTheWay(String),
    Failing(Box<Cause>),
}

/// Looks for the reason why an object is not ready. What stands around it counts only once its own status is about what
/// was written: before, it is about the revision before.
#[must_use]
pub fn examine(object: &Object, readiness: Readiness, around: &Around) -> Verdict {
    match readiness {
        Readiness::Ready => Verdict::Ready,
        Readiness::Waiting(why) if is_stale(object) || object.is_terminating() => Verdict::OnTheWay(why),
        Readiness::Waiting(why) => {
            cause::of(object, around).map_or(Verdict::OnTheWay(why), |cause| Verdict::Failing(Box::new(cause)))
        }
        Readiness::Failed(why) => {
            let own = failure(object, &why);
            Verdict::Failing(Box::new(match cause::of(object, around) {
                // What stands behind it says more; that it is over, the object says.
                Some(cause) => Cause { heals: Heals::Never, ..with(own, cause) },
                None => own,
            }))
        }
    }
}

/// A judgement with the reason behind it in words, for those who only tell of it.
#[must_use]
pub fn explained(object: &Object, readiness: Readiness, around: &Around) -> Readiness {
    match (readiness.clone(), examine(object, readiness, around)) {
        (Readiness::Ready, _) if is_held_back(object) => {
            waiting("its rollout is paused, so pods of an earlier version run")
        }
        (Readiness::Waiting(how), Verdict::Failing(cause)) if cause.heals == Heals::Never => {
            failed(format!("{how}: {}", cause.why))
        }
        (Readiness::Waiting(how), Verdict::Failing(cause)) => waiting(format!("{how}: {}", cause.why)),
        (Readiness::Failed(_), Verdict::Failing(cause)) => failed(cause.why),
        (readiness, _) => readiness,
    }
}

/// What an object says of its own failure.
fn failure(object: &Object, why: &str) -> Cause {
    let job = condition(object, "Failed").filter(|_| object.kind() == Some("Job"));
    let Some(failed) = job else {
        let name = object.name().unwrap_or_default();
        let kind = object.kind().unwrap_or_default().to_lowercase();
        // What is gone cannot be described, and its events outlive it.
        let next = match object.uid() {
            Some(_) => format!("describe {kind}/{name}"),
            None => format!("get events --field-selector involvedObject.name={name}"),
        };
        return Cause::new(Fault::Failed, object, why).kubectl(&next);
    };
    let name = object.name().unwrap_or_default();
    let tries = count(object, "/status/failed").max(1);
    let why = match failed["reason"].as_str() {
        Some("DeadlineExceeded") => {
            let limit = count(object, "/spec/activeDeadlineSeconds");
            format!("it ran longer than its deadline of {limit} seconds")
        }
        _ if tries == 1 => "it failed, and it has no further try".to_owned(),
        _ => format!("it failed {tries} times, and it has no further try"),
    };
    let reason = failed["reason"].as_str().unwrap_or("Failed");
    let cause = Cause::new(Fault::JobFailed, object, why).told(&format!("condition {reason}"), &words(failed));
    cause.kubectl(&format!("logs job/{name} --all-containers"))
}

/// An object's own words, with what stands behind them.
fn with(own: Cause, behind: Cause) -> Cause {
    if own.fault != Fault::JobFailed {
        let told = behind.told.or(Some(own.why));
        return Cause { told, ..behind };
    }
    let why = format!("{}: {}", own.why, behind.why);
    Cause { why, log: behind.log, ..own }
}

/// Follows what an object says of itself in its annotation.
fn as_it_says(object: &Object, text: &str) -> Readiness {
    // Where a controller says how far it has read, an older status is of no use.
    if let Some(wait) = object.at("/status/observedGeneration").and_then(|_| observed(object)) {
        return wait;
    }
    match rule::Rule::parse(text) {
        Ok(rule) => rule.unmet(object).map_or(Readiness::Ready, waiting),
        Err(unclear) => failed(format!("its annotation {} cannot be followed: {unclear}", rule::ANNOTATION)),
    }
}

/// Whether an object ran to its end, well or not, and has nothing more to do.
#[must_use]
pub fn has_ended(object: &Object) -> bool {
    let Some(key) = object.key() else { return false };
    match (key.kind.group.as_str(), key.kind.kind.as_str()) {
        ("batch", "Job") => ["Complete", "Failed"].iter().any(|end| is_true(condition(object, end))),
        ("", "Pod") => matches!(phase(object), "Succeeded" | "Failed"),
        _ => false,
    }
}

fn waiting(why: impl Into<String>) -> Readiness {
    Readiness::Waiting(why.into())
}

fn failed(why: impl Into<String>) -> Readiness {
    Readiness::Failed(why.into())
}

/// None once the controller has seen what was written.
fn observed(object: &Object) -> Option<Readiness> {
    let generation = object.generation()?;
    let observed = object.at("/status/observedGeneration").and_then(Value::as_i64);
    (observed < Some(generation)).then(|| waiting("its controller has not seen the change yet"))
}

/// Whether the status is about what was before. Kinds whose controllers do not say how far they have read say so never.
fn is_stale(object: &Object) -> bool {
    let says =
        object.at("/status/observedGeneration").is_some() || object.key().is_some_and(|key| key.kind.group == "apps");
    says && observed(object).is_some()
}

fn count(object: &Object, pointer: &str) -> i64 {
    object.at(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn replicas(object: &Object) -> i64 {
    object.at("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

fn phase(object: &Object) -> &str {
    object.at("/status/phase").and_then(Value::as_str).unwrap_or_default()
}

/// A condition by its type.
fn condition<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let conditions = object.at("/status/conditions").and_then(Value::as_array)?;
    conditions.iter().find(|condition| condition["type"] == name)
}

fn is_true(condition: Option<&Value>) -> bool {
    condition.is_some_and(|condition| condition["status"] == "True")
}

/// A condition's own words, else its reason.
fn words(condition: &Value) -> String {
    let text = |field: &str| condition[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    text("message").or_else(|| text("reason")).unwrap_or_else(|| "no reason is given".to_owned())
}

/// Other kinds speak through conditions, if at all.
fn conditions(object: &Object) -> Readiness {
    if let Some(wait) = object.at("/status/observedGeneration").and_then(|_| observed(object)) {
        return wait;
    }
    if let Some(stalled) = condition(object, "Stalled").filter(|condition| is_true(Some(condition))) {
        return failed(words(stalled));
    }
    if let Some(busy) = condition(object, "Reconciling").filter(|condition| is_true(Some(condition))) {
        return waiting(words(busy));
    }
    match condition(object, "Ready") {
        Some(ready) if !is_true(Some(ready)) => waiting(words(ready)),
        _ => Readiness::Ready,
    }
}
