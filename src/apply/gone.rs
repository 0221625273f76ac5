//! Waiting for a deleted object to be gone. By watch, with what keeps it, and never for ever.

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{
    object::{Object, ObjectKey, Uid},
    observed::Live,
    plan::Step,
};

use super::{
    Awaited, EventKind, Job, StepError,
    broken::{kubectl_name, seconds},
    hub::Look,
    step::failed,
};

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
