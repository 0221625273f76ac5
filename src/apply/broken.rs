//! What a wait that came to no good end says: what is wrong, who says so, the end of the log, and what to do next.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    cluster::Error,
    names::ComponentId,
    object::ObjectKey,
    readiness::{Cause, LogOf},
};

use super::{Awaited, Job, LogLines, StepError, step::failed};

/// A target that does not work and will not.
pub(super) async fn broken(job: &Job, key: &ObjectKey, cause: Box<Cause>, hoped: Option<Duration>) -> StepError {
    let still = hoped.map(|hoped| format!(", still after {}", seconds(hoped))).unwrap_or_default();
    let hint = cause.next.clone().unwrap_or_else(|| describe(job, key));
    StepError {
        summary: format!("{}{still}", cause.why),
        object: Some(key.clone()),
        causes: told(key, &cause).into_iter().collect(),
        log: log(job, cause.log.as_ref()).await,
        hint: Some(hint),
        cause: Some(cause),
    }
}

/// A component that took longer than it may, with all that it still waited for.
pub(super) async fn timed_out(job: &Job, component: &ComponentId, on: Vec<Awaited>) -> StepError {
    let worst = on.iter().filter_map(|awaited| Some((awaited.key.clone(), awaited.cause.clone()?)));
    let worst = worst.min_by_key(|(_, cause)| (cause.log.is_none(), cause.heals, cause.fault));
    let next = worst.as_ref().and_then(|(_, cause)| cause.next.clone());
    let hint = next.or_else(|| on.first().map(|first| describe(job, &first.key)));
    let mut causes = Vec::new();
    let mut said = BTreeSet::new();
    for Awaited { key, why, cause } in &on {
        causes.push(format!("{key}: {why}"));
        if let Some(cause) = cause.as_ref().filter(|cause| said.insert((cause.at.clone(), cause.told.clone()))) {
            causes.extend(told(key, cause));
        }
    }
    StepError {
        summary: format!("{component} is not ready after {}", seconds(job.timeout)),
        causes,
        log: log(job, worst.as_ref().and_then(|(_, cause)| cause.log.as_ref())).await,
        hint,
        cause: worst.map(|(_, cause)| cause),
        object: None,
    }
}

/// A kind that may not be watched.
pub(super) fn unwatchable(component: &ComponentId, error: &Error) -> StepError {
    failed(format!("{component} cannot be watched, so nobody knows whether it works"), error)
}

/// What the cluster said, and of what, where that is not the object itself.
fn told(key: &ObjectKey, cause: &Cause) -> Option<String> {
    let told = cause.told.as_ref()?;
    Some(if cause.at == *key { told.clone() } else { format!("{}: {told}", cause.at) })
}

/// One request, for the one container that tells most.
async fn log(job: &Job, of: Option<&LogOf>) -> Option<LogLines> {
    let of = of?;
    let mut lines = job.cluster.last_lines(&job.namespace, of).await;
    let mut of = of.clone();
    if lines.is_empty() && of.previous {
        // The node has cleared it away; what runs now has begun in the same way.
        of.previous = false;
        lines = job.cluster.last_lines(&job.namespace, &of).await;
    }
    (!lines.is_empty()).then_some(LogLines { of, lines })
}

fn describe(job: &Job, key: &ObjectKey) -> String {
    format!("kubectl -n {} describe {}", job.namespace, kubectl_name(key))
}

/// `deployment/orders`, as kubectl takes it.
pub(super) fn kubectl_name(key: &ObjectKey) -> String {
    format!("{}/{}", key.kind.kind.to_lowercase(), key.name)
}

pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 120 && seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}
