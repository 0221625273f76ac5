//! Waiting for one object that all behind it builds upon. By watch, and never for ever.

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{object::ObjectKey, observed::Readiness, plan::Step, readiness};

use super::{
    Awaited, EventKind, Job, StepError,
    broken::{kubectl_name, seconds},
    hub::Look,
    step::failed,
};

/// Waits until an object works.
pub(super) async fn works(job: &Job, key: &ObjectKey, api_version: &str) -> Result<(), StepError> {
    job.hub.watch(&key.kind, api_version);
    let start = Instant::now();
    let deadline = start + job.timeout;
    let mut next_tell = start + job.tell_every;
    loop {
        let mut changes = job.hub.changes();
        let look = job.hub.look(key).map_err(|error| failed(format!("{key} cannot be watched"), error.as_ref()))?;
        let readiness = match look {
            Look::NotYet | Look::Absent => Readiness::Waiting("it is being looked for".to_owned()),
            Look::Present(object) => readiness::judge(&object, None),
        };
        let why = match readiness {
            Readiness::Ready => return Ok(()),
            Readiness::Waiting(why) | Readiness::Failed(why) => why,
        };
        let now = Instant::now();
        if now >= deadline {
            return Err(StepError {
                summary: format!("{key} does not work after {}", seconds(job.timeout)),
                causes: vec![why],
                hint: Some(format!("kubectl -n {} describe {}", job.namespace, kubectl_name(key))),
                ..StepError::default()
            });
        }
        if now >= next_tell {
            next_tell = now + job.tell_every;
            let on = vec![Awaited { key: key.clone(), why, cause: None }];
            job.tell(EventKind::Waiting { step: Step::Change(key.clone()), on, elapsed: start.elapsed() });
        }
        select! {
            _ = changes.changed() => {}
            () = sleep_until(deadline.min(next_tell)) => {}
        }
    }
}
