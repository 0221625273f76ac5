//! One change: the write, what must be true at that moment, and what the record learns from the answer.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;
use tokio::{
    select,
    time::{Instant, sleep},
};

use crate::{
    cluster::{Deleted, Error, Propagation, Refused, Rewrite, Written},
    desired::Manifest,
    hook::{self, Role},
    kinds::Kinds,
    object::{Hash, Object, ObjectKey, Uid},
    ownership::{self, Paths},
    plan::{self, Action, Change, Expect, Seen},
    readiness,
    state::Applied,
};

use super::{
    EventKind, Job, StepError,
    guard::given_up,
    images,
    one::{self, Until},
    place::Place,
    wait::{self, Target},
};

/// How often an object that moved in no way that was shown is read again before the step gives up.
const REREADS: usize = 3;

/// What a change came to.
#[derive(Debug)]
pub(super) enum Done {
    Written { applied: Box<Applied>, generation: Option<i64> },
    Gone,
}

/// Carries out one change; none where it was not even tried, since this run may write no more.
pub(super) async fn change(
    job: &Job,
    key: &ObjectKey,
    change: &Change,
    mut place: Place,
) -> Result<Option<Done>, StepError> {
    if job.cluster.may_write().await.is_err() {
        return Ok(None);
    }
    let start = Instant::now();
    let (component, action) = (change.component.clone(), change.action);
    job.tell(EventKind::ChangeStarted { key: key.clone(), component: component.clone(), action });
    let done = carry_out(job, key, change, &mut place).await;
    let elapsed = start.elapsed();
    match &done {
        Ok(_) => job.tell(EventKind::ChangeFinished { key: key.clone(), component, action, elapsed }),
        Err(error) => job.tell(EventKind::ChangeFailed { key: key.clone(), component, action, error: error.clone() }),
    }
    done.map(Some)
}

/// Writes, once what it takes is there, and waits where all behind it builds upon it. Others write while it waits.
async fn carry_out(job: &Job, key: &ObjectKey, change: &Change, place: &mut Place) -> Result<Done, StepError> {
    if let Some(images) = job.images.as_ref().filter(|images| images.has(key)) {
        place.away(images::wait(job, images, key)).await?;
    }
    let done = match (change.action, &change.manifest, &change.expect) {
        (Action::Create, Some(manifest), Expect::Absent) => make(job, key, manifest).await?,
        (Action::Create, Some(manifest), Expect::Gone(uid)) => {
            place.away(one::wait(job, key, &version(job, key), Until::Gone(uid, &change.ends))).await?;
            make(job, key, manifest).await?
        }
        (Action::Update, Some(manifest), Expect::Same { uid, resource_version, seen }) => {
            let ways = Way::of_update(change);
            update(job, key, change, manifest, &ways, (uid, resource_version, seen)).await?
        }
        (Action::Adopt, Some(manifest), Expect::Same { uid, resource_version, seen }) => {
            update(job, key, change, manifest, &[Way::Adopt], (uid, resource_version, seen)).await?
        }
        (Action::Replace, Some(manifest), Expect::Same { uid, .. }) => {
            delete(job, key, change, uid, Propagation::Foreground, place).await?;
            make(job, key, manifest).await?
        }
        (Action::Delete, _, Expect::Same { uid, .. }) => {
            delete(job, key, change, uid, Propagation::Background, place).await?
        }
        (Action::Release, _, Expect::Same { uid, .. }) => {
            let let_go = job.cluster.let_go(key, &version(job, key), uid, &job.kinds).await;
            let_go.map_err(|error| refused(job, &error))?;
            Done::Gone
        }
        (_, _, _) => unreachable!("the audit lets no such change pass"),
    };
    if let Done::Written { applied, generation } = &done {
        if readiness::is_gate(&key.kind) {
            place.away(one::wait(job, key, &version(job, key), Until::Works)).await?;
        } else if let Some(manifest) = hook_of(change) {
            place.away(ran(job, key, manifest, applied, *generation)).await?;
        }
    }
    Ok(done)
}

/// The hook of a chart that a change writes: what comes after it builds upon its end.
fn hook_of(change: &Change) -> Option<&Manifest> {
    let manifest = change.manifest.as_ref()?;
    let is_hook = matches!(hook::role(&manifest.body), Role::Hook(_));
    (is_hook && readiness::awaits(&manifest.body)).then_some(manifest)
}

/// Waits for a hook as for a component that is made of it alone, and so fails on the cause of its failure.
async fn ran(
    job: &Job,
    key: &ObjectKey,
    manifest: &Manifest,
    applied: &Applied,
    generation: Option<i64>,
) -> Result<(), StepError> {
    let Some(component) = &manifest.component else { return Ok(()) };
    let (body, uid) = (manifest.body.clone(), Some(applied.uid.clone()));
    let target = Target { key: key.clone(), body, uid, generation, is_new: true };
    select! {
        ran = wait::ready(job, component, vec![target]) => ran,
        // A wait is no write that must come to its end.
        () = given_up(job) => Err(StepError {
            summary: format!("{key} is written, and has not come to its end yet"),
            hint: Some(format!("ditc plan {}", job.environment)),
            ..StepError::default()
        }),
    }
}

async fn make(job: &Job, key: &ObjectKey, manifest: &Manifest) -> Result<Done, StepError> {
    if manifest.is_made_once() { make_once(job, key, manifest).await } else { create(job, key, manifest).await }
}

/// How long after its definition is established a custom kind may take to be served; each server hears of it by itself.
const SERVED_WITHIN: Duration = Duration::from_secs(10);
/// Nothing tells when it is, so it is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(250);

async fn create(job: &Job, key: &ObjectKey, manifest: &Manifest) -> Result<Done, StepError> {
    let is_custom = !Kinds::is_builtin(&key.kind);
    let until = Instant::now() + SERVED_WITHIN;
    let written = loop {
        match job.cluster.create(key, &manifest.body, &job.kinds).await {
            Err(error) if is_custom && error.is_not_found() && Instant::now() < until => sleep(TRY_AGAIN).await,
            written => break written.map_err(|error| refused(job, &error))?,
        }
    };
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
            ..StepError::default()
        });
    }
    Ok(learn(job, key, manifest, &Paths::default(), written))
}

/// Creates a Namespace or Secret by POST; one that is there and ours is kept.
async fn make_once(job: &Job, key: &ObjectKey, manifest: &Manifest) -> Result<Done, StepError> {
    let body = with_values(job, manifest);
    let error = match job.cluster.post(key, &body, &job.kinds).await {
        Ok(written) => return Ok(learn(job, key, manifest, &Paths::default(), written)),
        Err(error) => error,
    };
    if !error.refused().is_some_and(Refused::is_already_there) {
        return Err(refused(job, &error));
    }
    let api_version = manifest.body.api_version().unwrap_or("v1");
    let live = job.cluster.read(key, api_version, &job.kinds).await.map_err(|error| refused(job, &error))?;
    match live.object().filter(|object| plan::made_by_us(object, &job.environment)) {
        // An answer that was lost, or a run that stopped. What was generated then is what is meant; what was given may be
        // older than what is given now.
        Some(object) if manifest.secret.as_ref().is_some_and(|recipe| recipe.given().next().is_some()) => {
            let (uid, version) = (object.uid().unwrap_or(Uid(String::new())), object.resource_version());
            let body = with_given(job, manifest, manifest.body.clone());
            let at = (&uid, version.unwrap_or_default());
            let written = job.cluster.rewrite(key, &body, at, Rewrite::Merge, &job.kinds).await;
            Ok(learn(job, key, manifest, &Paths::default(), written.map_err(|error| refused(job, &error))?))
        }
        Some(object) if manifest.secret.is_some() || key.kind.is("", "Namespace") => {
            let written = Written { object: object.clone(), is_new: true, warnings: Vec::new() };
            Ok(learn(job, key, manifest, &Paths::default(), written))
        }
        _ => Err(StepError {
            summary: format!("{key} was there already when it was to be created"),
            causes: vec!["somebody made it since the plan; ditc did not touch it".to_owned()],
            hint: Some(format!("ditc plan {}", job.environment)),
            ..StepError::default()
        }),
    }
}

/// The body of a POST: a Secret gets its values now, and they are kept nowhere else.
fn with_values(job: &Job, manifest: &Manifest) -> Object {
    let mut body = with_given(job, manifest, manifest.body.clone());
    for (name, generator) in manifest.secret.iter().flat_map(|recipe| recipe.generated()) {
        let value = generator.value(|| (job.random)());
        body.0["data"][name] = Value::from(BASE64.encode(value.expose()));
    }
    body
}

/// A body with the values that a Secret is given.
fn with_given(job: &Job, manifest: &Manifest, mut body: Object) -> Object {
    for (name, given) in manifest.secret.iter().flat_map(|recipe| recipe.given()) {
        let value = job.values.get(&given.source).expect("all given values were taken before the run began");
        body.0["data"][name] = Value::from(BASE64.encode(value.expose()));
    }
    body
}

/// One of the writes that an update is made of.
enum Way<'a> {
    /// Defaults in the way become ours.
    Own(&'a Object),
    Apply,
    Adopt,
    /// What was made by POST is changed in places.
    Merge(&'a Object),
}

impl<'a> Way<'a> {
    fn of_update(change: &'a Change) -> Vec<Way<'a>> {
        if let Some(merge) = &change.merge {
            return vec![Way::Merge(merge)];
        }
        let first = change.clears.iter().map(|clears| Way::Own(&clears.first));
        first.chain([Way::Apply]).collect()
    }
}

/// Writes to an object that must still be the one that was seen.
async fn update(
    job: &Job,
    key: &ObjectKey,
    change: &Change,
    manifest: &Manifest,
    ways: &[Way<'_>],
    (uid, resource_version, seen): (&Uid, &str, &Seen),
) -> Result<Done, StepError> {
    let body = with_given(job, manifest, manifest.without(&change.yields));
    let (mut version, mut seen) = (resource_version.to_owned(), seen.hash.clone());
    let mut written = None;
    for way in ways {
        let mut rereads = 0;
        let done = loop {
            let at = (uid, version.as_str());
            let result = match way {
                Way::Own(first) => job.cluster.update(key, first, at, false, &job.kinds).await,
                Way::Merge(merge) => {
                    let body = with_given(job, manifest, merging(merge, manifest));
                    job.cluster.rewrite(key, &body, at, Rewrite::Merge, &job.kinds).await
                }
                Way::Apply if manifest.secret.is_some() => {
                    let how = Rewrite::Apply { takes_back: !change.takes_back.is_empty() };
                    job.cluster.rewrite(key, &body, at, how, &job.kinds).await
                }
                Way::Apply => job.cluster.update(key, &body, at, !change.takes_back.is_empty(), &job.kinds).await,
                Way::Adopt => {
                    let released = |live: &Object| plan::released(live, &job.policy);
                    job.cluster.adopt(key, &body, at, released, &job.kinds).await
                }
            };
            match result {
                Ok(done) => break done,
                Err(error) => version = moved(job, key, change, uid, &seen, &error).await?,
            }
            rereads += 1;
            if rereads == REREADS {
                return Err(StepError {
                    summary: format!("{key} was not written: it moved {REREADS} times while ditc tried"),
                    causes: Vec::new(),
                    hint: Some(format!(
                        "kubectl -n {} get {}/{} -w",
                        job.namespace,
                        key.kind.kind.to_lowercase(),
                        key.name
                    )),
                    ..StepError::default()
                });
            }
        };
        done.object.resource_version().unwrap_or_default().clone_into(&mut version);
        seen = ownership::hash_at(seen_paths(change), &done.object);
        written = Some(done);
    }
    Ok(learn(job, key, manifest, &change.yields, written.expect("an update has at least one write")))
}

/// What is merged, with the identity of the object that it is merged into.
fn merging(merge: &Object, manifest: &Manifest) -> Object {
    let mut body = merge.clone();
    for field in ["apiVersion", "kind"] {
        body.0[field] = manifest.body.0[field].clone();
    }
    body
}

fn seen_paths(change: &Change) -> &Paths {
    match &change.expect {
        Expect::Same { seen, .. } => &seen.paths,
        Expect::Absent | Expect::Gone(_) => unreachable!("the audit lets no such update pass"),
    }
}

/// The version to write to after a refusal that says that the object moved. A status write moves it too: only what was
/// shown counts.
async fn moved(
    job: &Job,
    key: &ObjectKey,
    change: &Change,
    uid: &Uid,
    seen: &Hash,
    error: &Error,
) -> Result<String, StepError> {
    let moved = error.refused().is_some_and(|refused| refused.is_conflict() && refused.conflicts().is_empty());
    if !moved || error.refused().is_some_and(Refused::is_other_uid) {
        return Err(refused(job, error));
    }
    let api_version = change.manifest.as_ref().and_then(|manifest| manifest.body.api_version()).unwrap_or("v1");
    let live = job.cluster.read(key, api_version, &job.kinds).await.map_err(|error| refused(job, &error))?;
    let same = live
        .object()
        .filter(|object| object.uid().as_ref() == Some(uid) && ownership::hash_at(seen_paths(change), object) == *seen);
    match same {
        Some(object) => Ok(object.resource_version().unwrap_or_default().to_owned()),
        None => Err(StepError {
            summary: format!("{key} changed since the plan, so it was not written"),
            causes: Vec::new(),
            hint: Some(format!("ditc plan {}", job.environment)),
            ..StepError::default()
        }),
    }
}

/// The version that an object is deleted at and watched at.
fn version(job: &Job, key: &ObjectKey) -> String {
    job.kinds.get(&key.kind).map(crate::kinds::Kind::api_version).unwrap_or_default()
}

async fn delete(
    job: &Job,
    key: &ObjectKey,
    change: &Change,
    uid: &Uid,
    propagation: Propagation,
    place: &mut Place,
) -> Result<Done, StepError> {
    let version = version(job, key);
    match job.cluster.delete(key, &version, uid, propagation, &job.kinds).await {
        Ok(Deleted::Gone) => Ok(Done::Gone),
        Ok(Deleted::Going(_)) => {
            place.away(one::wait(job, key, &version, Until::Gone(uid, &change.ends))).await?;
            Ok(Done::Gone)
        }
        Err(error) if error.refused().is_some_and(Refused::is_conflict) => Err(StepError {
            summary: format!("{key} was not deleted: another object has its name by now"),
            causes: vec![error.to_string()],
            hint: Some(format!("ditc plan {}", job.environment)),
            ..StepError::default()
        }),
        Err(error) => Err(refused(job, &error)),
    }
}

/// What the record keeps of a write, taken from the server's answer.
fn learn(job: &Job, key: &ObjectKey, manifest: &Manifest, yields: &Paths, written: Written) -> Done {
    for text in written.warnings {
        job.tell(EventKind::Warning { key: Some(key.clone()), text });
    }
    let generation = written.object.generation();
    let applied = plan::known(manifest, yields, &written.object).expect("the answer to a write has a uid");
    Done::Written { applied: Box::new(applied), generation }
}

pub(super) fn refused(job: &Job, error: &Error) -> StepError {
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
    StepError { summary, causes, ..StepError::default() }
}
