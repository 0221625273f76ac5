//! One change: the write, what must be true at that moment, and what the record learns from the answer.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::{
    cluster::{Deleted, Error, Refused, Written},
    desired::Manifest,
    object::{Object, ObjectKey, Uid},
    observed::Live,
    ownership,
    plan::{self, Action, Change, Expect, Seen},
    state::Applied,
};

use super::{EventKind, Job, StepError, wait};

/// How often an object that moved in no way that was shown is read again before the step gives up.
const REREADS: usize = 3;

/// What a change came to.
#[derive(Debug)]
pub(super) enum Done {
    Written { applied: Box<Applied>, generation: Option<i64> },
    Gone,
}

/// Carries out one change.
pub(super) async fn change(job: &Job, key: &ObjectKey, change: &Change) -> Result<Done, StepError> {
    if !job.held.as_ref().is_none_or(|held| held.is_safe()) {
        return Err(StepError {
            summary: format!("{key} was not written, since this run lost its lease"),
            causes: vec!["the lease could not be renewed in time, so another run may be at work".to_owned()],
            hint: Some(format!("ditc plan {}", job.environment)),
        });
    }
    let start = Instant::now();
    let (component, action) = (change.component.clone(), change.action);
    job.tell(EventKind::ChangeStarted { key: key.clone(), component: component.clone(), action });
    let done = match (change.action, &change.manifest, &change.expect) {
        (Action::Create, Some(manifest), _) if manifest.is_made_once() => make_once(job, key, manifest).await,
        (Action::Create, Some(manifest), _) => create(job, key, manifest).await,
        (Action::Update, Some(manifest), Expect::Same { uid, resource_version, seen }) => {
            update(job, key, manifest, !change.takes_back.is_empty(), uid, resource_version, seen).await
        }
        (Action::Delete, _, Expect::Same { uid, .. }) => delete(job, key, uid).await,
        (Action::Create | Action::Update | Action::Delete | Action::Forget, _, _) => {
            unreachable!("the audit lets no such change pass")
        }
    };
    let elapsed = start.elapsed();
    match &done {
        Ok(_) => job.tell(EventKind::ChangeFinished { key: key.clone(), component, action, elapsed }),
        Err(error) => job.tell(EventKind::ChangeFailed { key: key.clone(), component, action, error: error.clone() }),
    }
    done
}

async fn create(job: &Job, key: &ObjectKey, manifest: &Manifest) -> Result<Done, StepError> {
    let written = job.cluster.create(key, &manifest.body, &job.kinds).await.map_err(|error| refused(job, &error))?;
    // Found there, but by nobody's hand but ours: the answer to the first try was lost, and this is the second.
    let is_ours = || {
        let mut owners = ownership::owners(&written.object).into_iter().filter(|owner| owner.subresource.is_empty());
        plan::made_by_us(&written.object, &job.environment)
            && owners.all(|owner| owner.manager == ownership::FIELD_MANAGER)
    };
    if !written.is_new && !is_ours() {
        let managers: Vec<String> = ownership::owners(&written.object).into_iter().map(|owner| owner.manager).collect();
        return Err(StepError {
            summary: format!("{key} was there already when it was to be created"),
            causes: vec![format!("somebody made it since the plan (its managers: {})", managers.join(", "))],
            hint: Some(format!("ditc plan {}", job.environment)),
        });
    }
    Ok(learn(job, key, manifest, written))
}

/// Creates a Namespace or Secret by POST; one that is there and ours is kept.
async fn make_once(job: &Job, key: &ObjectKey, manifest: &Manifest) -> Result<Done, StepError> {
    let body = with_values(job, manifest);
    let error = match job.cluster.post(key, &body, &job.kinds).await {
        Ok(written) => return Ok(learn(job, key, manifest, written)),
        Err(error) => error,
    };
    if !error.refused().is_some_and(Refused::is_already_there) {
        return Err(refused(job, &error));
    }
    let api_version = manifest.body.api_version().unwrap_or("v1");
    let live = job.cluster.read(key, api_version, &job.kinds).await.map_err(|error| refused(job, &error))?;
    match live.object().filter(|object| plan::made_by_us(object, &job.environment)) {
        // An answer that was lost, or a run that stopped: the values in it are the values.
        Some(object) if manifest.secret.is_some() => {
            let written = Written { object: object.clone(), is_new: true, warnings: Vec::new() };
            Ok(learn(job, key, manifest, written))
        }
        _ => Err(StepError {
            summary: format!("{key} was there already when it was to be created"),
            causes: vec!["somebody made it since the plan; ditc did not touch it".to_owned()],
            hint: Some(format!("ditc plan {}", job.environment)),
        }),
    }
}

/// The body of a POST: a Secret gets its values now, and they are kept nowhere else.
fn with_values(job: &Job, manifest: &Manifest) -> Object {
    let mut body = manifest.body.clone();
    if let Some(recipe) = &manifest.secret {
        let values = recipe.keys.iter().map(|(name, generate)| {
            let value = generate.value(|| (job.random)());
            (name.clone(), Value::from(BASE64.encode(value.expose())))
        });
        body.0["data"] = Value::Object(values.collect::<Map<_, _>>());
    }
    body
}

async fn update(
    job: &Job,
    key: &ObjectKey,
    manifest: &Manifest,
    takes_back: bool,
    uid: &Uid,
    resource_version: &str,
    seen: &Seen,
) -> Result<Done, StepError> {
    let mut version = resource_version.to_owned();
    for _ in 0..REREADS {
        let result = job.cluster.update(key, &manifest.body, (uid, &version), takes_back, &job.kinds).await;
        let error = match result {
            Ok(written) => return Ok(learn(job, key, manifest, written)),
            Err(error) => error,
        };
        let moved = error.refused().is_some_and(|refused| refused.is_conflict() && refused.conflicts().is_empty());
        if !moved || error.refused().is_some_and(Refused::is_other_uid) {
            return Err(refused(job, &error));
        }
        // A status write moves the version too. Only what was shown counts.
        let api_version = manifest.body.api_version().unwrap_or("v1");
        let live = job.cluster.read(key, api_version, &job.kinds).await.map_err(|error| refused(job, &error))?;
        let same = match &live {
            Live::Present(object) if object.uid().as_ref() == Some(uid) => {
                (ownership::hash_at(&seen.paths, object) == seen.hash).then_some(object)
            }
            Live::Absent | Live::Present(_) | Live::Metadata(_) => None,
        };
        let Some(object) = same else {
            return Err(StepError {
                summary: format!("{key} changed since the plan, so it was not written"),
                causes: Vec::new(),
                hint: Some(format!("ditc plan {}", job.environment)),
            });
        };
        version = object.resource_version().unwrap_or_default().to_owned();
    }
    Err(StepError {
        summary: format!("{key} was not written: it moved {REREADS} times while ditc tried"),
        causes: Vec::new(),
        hint: Some(format!("kubectl -n {} get {}/{} -w", job.namespace, key.kind.kind.to_lowercase(), key.name)),
    })
}

async fn delete(job: &Job, key: &ObjectKey, uid: &Uid) -> Result<Done, StepError> {
    let version = job.kinds.get(&key.kind).map(crate::kinds::Kind::api_version).unwrap_or_default();
    match job.cluster.delete(key, &version, uid, &job.kinds).await {
        Ok(Deleted::Gone) => Ok(Done::Gone),
        Ok(Deleted::Going(_)) => {
            wait::gone(job, key, &version, uid).await?;
            Ok(Done::Gone)
        }
        Err(error) if error.refused().is_some_and(Refused::is_conflict) => Err(StepError {
            summary: format!("{key} was not deleted: another object has its name by now"),
            causes: vec![error.to_string()],
            hint: Some(format!("ditc plan {}", job.environment)),
        }),
        Err(error) => Err(refused(job, &error)),
    }
}

/// What the record keeps of a write, taken from the server's answer.
fn learn(job: &Job, key: &ObjectKey, manifest: &Manifest, written: Written) -> Done {
    for text in written.warnings {
        job.tell(EventKind::Warning { key: Some(key.clone()), text });
    }
    let generation = written.object.generation();
    let applied = plan::known(manifest, &written.object).expect("the answer to a write has a uid");
    Done::Written { applied: Box::new(applied), generation }
}

fn refused(job: &Job, error: &Error) -> StepError {
    let hint = error.refused().and_then(|refused| match refused.code {
        403 if refused.is_missing_right() => Some(format!("kubectl auth can-i --list -n {}", job.namespace)),
        409 | 422 => Some(format!("ditc plan {}", job.environment)),
        _ => None,
    });
    StepError { hint, ..failed(error.to_string(), error) }
}

/// A failure with the causes behind an error.
pub(super) fn failed(summary: String, error: &Error) -> StepError {
    let mut causes = Vec::new();
    if summary != error.to_string() {
        causes.push(error.to_string());
    }
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    causes.dedup();
    StepError { summary, causes, hint: None }
}
