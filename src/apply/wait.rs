//! Waiting: for a component to work, for a deleted object to be gone. By watch, with a cause, and never for ever.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{
    cluster::Error,
    names::ComponentId,
    object::{Object, ObjectKey, Uid},
    observed::{Live, Readiness},
    readiness,
};

use super::{
    Awaited, EventKind, Job, StepError,
    hub::{Hub, Look},
    step::failed,
};
use crate::plan::Step;

/// An object whose readiness is waited for.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub key: ObjectKey,
    /// What was written, or what the definition asks for where nothing was.
    pub body: Object,
    /// The generation that the write made: an older one is not yet what was asked for.
    pub generation: Option<i64>,
    /// Whether it was written by this run; only then must it settle.
    pub is_new: bool,
}

/// Waits until every target works.
pub(super) async fn ready(job: &Job, component: &ComponentId, targets: Vec<Target>) -> Result<(), StepError> {
    let hub = &job.hub;
    let (slices, slices_version) = readiness::endpoint_slices();
    for target in &targets {
        if target.key.kind.is("", "Service") {
            hub.watch(&slices, &slices_version);
        } else {
            hub.watch(&target.key.kind, target.body.api_version().unwrap_or("v1"));
        }
    }
    let start = Instant::now();
    let deadline = start + job.timeout;
    let mut next_tell = start + job.tell_every;
    let mut ready_since: BTreeMap<ObjectKey, Instant> = BTreeMap::new();
    loop {
        let mut changes = hub.changes();
        let judged = judge(hub, &targets).map_err(|error| watching(component, &error))?;
        let mut awaited = Vec::new();
        let mut wake = deadline.min(next_tell);
        for (target, object, readiness) in judged {
            match readiness {
                Readiness::Ready => {
                    let since = *ready_since.entry(target.key.clone()).or_insert_with(Instant::now);
                    let settling = if target.is_new { readiness::settling(&object) } else { Duration::ZERO };
                    if since.elapsed() < settling {
                        wake = wake.min(since + settling);
                        awaited.push((target, "it is ready; now it must stay so for a moment".to_owned(), false));
                    }
                }
                Readiness::Waiting(why) => {
                    ready_since.remove(&target.key);
                    awaited.push((target, why, target.key.kind.is("", "PersistentVolumeClaim")));
                }
                Readiness::Failed(why) => {
                    let hint = Some(format!("kubectl -n {} describe {}", job.namespace, kubectl_name(&target.key)));
                    return Err(StepError { summary: format!("{} failed", target.key), causes: vec![why], hint });
                }
            }
        }
        // A claim that nothing waits for may stay unbound until its first consumer comes.
        if awaited.iter().all(|(_, _, is_claim)| *is_claim) {
            return Ok(());
        }
        let on: Vec<Awaited> =
            awaited.into_iter().map(|(target, why, _)| Awaited { key: target.key.clone(), why }).collect();
        let now = Instant::now();
        if now >= deadline {
            return Err(timed_out(job, component, &on));
        }
        if now >= next_tell {
            next_tell = now + job.tell_every;
            job.tell(EventKind::Waiting { step: Step::Ready(component.clone()), on, elapsed: start.elapsed() });
        }
        select! {
            _ = changes.changed() => {}
            () = sleep_until(wake) => {}
        }
    }
}

/// Every target with what is known of it now.
fn judge<'a>(hub: &Hub, targets: &'a [Target]) -> Result<Vec<(&'a Target, Object, Readiness)>, Arc<Error>> {
    let (slices, _) = readiness::endpoint_slices();
    let mut judged = Vec::new();
    for target in targets {
        let (object, readiness) = if target.key.kind.is("", "Service") {
            let found = hub.all(&slices)?.unwrap_or_default();
            let found: Vec<&Object> = found.iter().collect();
            (target.body.clone(), readiness::judge(&target.body, Some(&found)))
        } else {
            match hub.look(&target.key)? {
                Look::NotYet => (target.body.clone(), Readiness::Waiting("it is being looked for".to_owned())),
                Look::Absent => (target.body.clone(), Readiness::Waiting("it is not there".to_owned())),
                Look::Present(object)
                    if target.generation.is_some_and(|written| object.generation() < Some(written)) =>
                {
                    (object, Readiness::Waiting("its change is not seen yet".to_owned()))
                }
                Look::Present(object) => {
                    let readiness = readiness::judge(&object, None);
                    (object, readiness)
                }
            }
        };
        judged.push((target, object, readiness));
    }
    Ok(judged)
}

/// Waits until an object that was deleted is gone.
pub(super) async fn gone(job: &Job, key: &ObjectKey, api_version: &str, uid: &Uid) -> Result<(), StepError> {
    job.hub.watch(&key.kind, api_version);
    let start = Instant::now();
    let deadline = start + job.timeout;
    let mut next_tell = start + job.tell_every;
    loop {
        let mut changes = job.hub.changes();
        let look = job.hub.look(key).map_err(|error| failed(format!("{key} cannot be watched"), error.as_ref()))?;
        let why = match look {
            Look::NotYet => "it is being looked for".to_owned(),
            Look::Absent => {
                // The watch sees by label; only a look by name says that nothing is left.
                let live = job.cluster.read(key, api_version, &job.kinds).await;
                match live.map_err(|error| failed(format!("{key} cannot be looked at"), &error))? {
                    Live::Absent => return Ok(()),
                    Live::Present(object) | Live::Metadata(object) if object.uid().as_ref() != Some(uid) => {
                        return Ok(());
                    }
                    Live::Present(object) | Live::Metadata(object) => holds(&object),
                }
            }
            Look::Present(object) if object.uid().as_ref() != Some(uid) => return Ok(()),
            Look::Present(object) => holds(&object),
        };
        let now = Instant::now();
        if now >= deadline {
            return Err(StepError {
                summary: format!("{key} is not gone after {}", seconds(job.timeout)),
                causes: vec![why],
                hint: Some(format!("kubectl -n {} get {} -o yaml", job.namespace, kubectl_name(key))),
            });
        }
        if now >= next_tell {
            next_tell = now + job.tell_every;
            let on = vec![Awaited { key: key.clone(), why }];
            job.tell(EventKind::Waiting { step: Step::Change(key.clone()), on, elapsed: start.elapsed() });
        }
        select! {
            _ = changes.changed() => {}
            () = sleep_until(deadline.min(next_tell)) => {}
        }
    }
}

/// What keeps an object that is being deleted.
fn holds(object: &Object) -> String {
    let conditions = object.at("/status/conditions").and_then(serde_json::Value::as_array);
    let said = conditions.into_iter().flatten().filter(|condition| condition["status"] == "True");
    let said: Vec<&str> = said.filter_map(|condition| condition["message"].as_str()).collect();
    match (said.is_empty(), object.finalizers().as_slice()) {
        (false, _) => said.join("; "),
        (true, []) => "it is being deleted".to_owned(),
        (true, finalizers) => format!("it waits for its finalizers: {}", finalizers.join(", ")),
    }
}

fn watching(component: &ComponentId, error: &Error) -> StepError {
    failed(format!("{component} cannot be watched, so nobody knows whether it works"), error)
}

fn timed_out(job: &Job, component: &ComponentId, on: &[Awaited]) -> StepError {
    let hint = on.first().map(|first| format!("kubectl -n {} describe {}", job.namespace, kubectl_name(&first.key)));
    StepError {
        summary: format!("{component} is not ready after {}", seconds(job.timeout)),
        causes: on.iter().map(|awaited| format!("{}: {}", awaited.key, awaited.why)).collect(),
        hint,
    }
}

/// `deployment/orders`, as kubectl takes it.
fn kubectl_name(key: &ObjectKey) -> String {
    format!("{}/{}", key.kind.kind.to_lowercase(), key.name)
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 120 && seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}
