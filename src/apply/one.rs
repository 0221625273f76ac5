//! Waiting for one object, until it works or until it is gone. By watch, with what it waits for, and never for ever.

use std::{collections::BTreeSet, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{
    object::{Object, ObjectKey, Uid},
    observed::Readiness,
    plan::Step,
    readiness,
};

use super::{
    Awaited, EventKind, Job, StepError,
    broken::{kubectl_name, seconds},
    guard::given_up,
    holders::Holders,
    hub::Look,
    step::failed,
};

/// What an object is waited for.
#[derive(Clone, Copy)]
pub(super) enum Until<'a> {
    /// It works: all behind it builds upon it.
    Works,
    /// The object of this uid, which was deleted, is there no more; the workloads whose pods end for that.
    Gone(&'a Uid, &'a BTreeSet<ObjectKey>),
}

/// Who holds a claim is told when it stays so for a moment.
const SETTLED: Duration = Duration::from_secs(1);

/// Waits for one object.
pub(super) async fn wait(job: &Job, key: &ObjectKey, api_version: &str, until: Until<'_>) -> Result<(), StepError> {
    job.hub.watch(&key.kind, api_version);
    let start = Instant::now();
    let deadline = start + job.timeout;
    let mut next_tell = start + job.tell_every;
    let mut holders = match until {
        Until::Works => None,
        Until::Gone(_, ends) => Holders::of(key, ends, start, job.timeout),
    };
    let mut known = Vec::new();
    loop {
        let mut changes = job.hub.changes();
        let look = job.hub.look(key).map_err(|error| failed(format!("{key} cannot be watched"), error.as_ref()))?;
        let why = match until {
            Until::Works => unready(look),
            Until::Gone(uid, _) => remains(job, key, api_version, uid, look).await?,
        };
        let Some(mut why) = why else { return Ok(()) };
        let now = Instant::now();
        let mut wake = deadline;
        if let Some(holders) = &mut holders {
            if now < holders.closer {
                wake = holders.closer;
            } else {
                let pods = holders.end(job).await?;
                if !pods.is_empty() {
                    let names: Vec<String> = pods.iter().map(ToString::to_string).collect();
                    why = format!("it is used by {}", names.join(", "));
                }
                if pods != known {
                    known = pods;
                    next_tell = next_tell.min(now + SETTLED);
                }
            }
        }
        if now >= deadline {
            let (what, verb, flags) = match until {
                Until::Works => ("does not work", "describe", ""),
                Until::Gone(..) => ("is not gone", "get", " -o yaml"),
            };
            let pods: Vec<String> = known.iter().map(kubectl_name).collect();
            // It is given no new user any more, so that it goes with the last one.
            let hint = match pods.as_slice() {
                [] => format!("kubectl -n {} {verb} {}{flags}", job.namespace, kubectl_name(key)),
                pods => {
                    format!("end what uses it, and it goes: kubectl -n {} delete {}", job.namespace, pods.join(" "))
                }
            };
            return Err(StepError {
                summary: format!("{key} {what} after {}", seconds(job.timeout)),
                causes: vec![why],
                hint: Some(hint),
                ..StepError::default()
            });
        }
        if now >= next_tell {
            next_tell = now + job.tell_every;
            let on = vec![Awaited { key: key.clone(), why: why.clone(), cause: None }];
            job.tell(EventKind::Waiting { step: Step::Change(key.clone()), on, elapsed: start.elapsed() });
        }
        select! {
            _ = changes.changed() => {}
            // A wait is no write that must come to its end.
            () = given_up(job) => return Err(left(job, key, until, why)),
            () = sleep_until(wake.min(deadline).min(next_tell)) => {}
        }
    }
}

/// What was sent stays sent, and the next run goes on from there.
fn left(job: &Job, key: &ObjectKey, until: Until<'_>, why: String) -> StepError {
    let summary = match until {
        Until::Works => format!("{key} is written, and does not work yet"),
        Until::Gone(..) => format!("{key} is being deleted, and is not gone yet"),
    };
    StepError {
        summary,
        causes: vec![why],
        hint: Some(format!("ditc plan {}", job.environment)),
        ..StepError::default()
    }
}

/// Why an object does not work yet; none when it does.
fn unready(look: Look) -> Option<String> {
    let readiness = match look {
        Look::NotYet | Look::Absent => Readiness::Waiting("it is being looked for".to_owned()),
        Look::Present(object) => readiness::judge(&object, None),
    };
    match readiness {
        Readiness::Ready => None,
        Readiness::Waiting(why) | Readiness::Failed(why) => Some(why),
    }
}

/// Why an object of this uid is not gone yet; none when it is.
async fn remains(
    job: &Job,
    key: &ObjectKey,
    api_version: &str,
    uid: &Uid,
    look: Look,
) -> Result<Option<String>, StepError> {
    let is_same = |object: &Object| object.uid().as_ref() == Some(uid);
    Ok(match look {
        Look::NotYet => Some("it is being looked for".to_owned()),
        Look::Absent => {
            // The watch sees by label; only a look by name says that nothing is left.
            let live = job.cluster.read(key, api_version, &job.kinds).await;
            let live = live.map_err(|error| failed(format!("{key} cannot be looked at"), &error))?;
            live.object().filter(|object| is_same(object)).map(holds)
        }
        Look::Present(object) => is_same(&object).then(|| holds(&object)),
    })
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
