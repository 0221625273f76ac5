//! Carries out a plan, exactly: it makes no choice of its own, and whatever no longer fits is refused, not replanned.
//!
//! The order of a run: journal Begin, the namespace, the lease, the record with everything that may be written and the
//! run open, the changes, the record with the result and the run closed, the lease back, journal End. Killed anywhere
//! between, the record and the labels in the cluster say what the next run must look at.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    select,
    sync::{mpsc::UnboundedSender, watch},
};

use crate::{
    cluster::{self, Cluster, Fence, Held, Lease},
    desired::selector,
    format::{journal::Outcome as Ending, record::Limits},
    kinds::Kinds,
    names::{EnvironmentName, Namespace},
    object::ObjectKey,
    plan::{Action, Plan, Policy, Step},
    secret::{Key, Values},
    state::{Entry, Operation, Run, State},
    store::{self, Lock, Store},
};

mod broken;
mod conductor;
mod event;
mod guard;
mod holders;
mod images;
mod hub;
mod one;
mod place;
mod record;
mod step;
mod wait;

pub use crate::cluster::{Contacted, Holder};
pub use event::{Awaited, Event, EventKind, LogLines, Outcome, StepError, Stopped};
pub use images::Images;

use conductor::conduct;
use guard::{attended, hold, release, wants};
use hub::Hub;
use place::Places;
use record::{close, open};

/// How far the user wants a run to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interrupt {
    No,
    /// Start nothing new, finish what is under way, keep the record.
    Drain,
    /// Stop now; the journal knows.
    Abort,
}

/// What a run works with.
pub struct Tools {
    pub cluster: Cluster,
    pub kinds: Arc<Kinds>,
    /// How long one component may take to become ready, or one object to be gone.
    pub timeout: Duration,
    /// How long to wait for another run to finish.
    pub patience: Duration,
    /// How often a wait that lasts is told about.
    pub tell_every: Duration,
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub random: Arc<dyn Fn() -> u8 + Send + Sync>,
    /// The values that Secrets are given.
    pub values: Arc<Values>,
    /// The key that they are told apart by, where the environment has none yet.
    pub key: Option<Key>,
    pub interrupt: watch::Receiver<Interrupt>,
    pub events: UnboundedSender<Event>,
    pub limits: Limits,
    pub policy: Policy,
    /// The images that are waited for, where any are.
    pub images: Option<Images>,
}

/// What the run stands on: the record that the plan was made from, and the lock.
pub struct Ground<'a> {
    pub store: &'a Store,
    pub lock: &'a Lock,
    /// The state as planned from; a new one, of serial 0, where there was none.
    pub state: State,
    pub fence: Option<Fence>,
    /// A run that died here, by its journal: its lease needs no patience.
    pub dead: Option<String>,
}

/// A run that came to its end, well or not.
#[derive(Debug)]
pub struct Finished {
    pub outcome: Outcome,
    /// The state as the record has it now; none when the environment is gone.
    pub state: Option<(State, Fence)>,
}

/// Why a run could not begin, or not be written down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("environment {environment} is being changed by {} since {}", holder.who, holder.since)]
    Held { environment: EnvironmentName, holder: Holder },
    /// While it waited for another run.
    #[error("interrupted before anything was changed")]
    Interrupted,
    #[error("the record of environment {environment} changed since it was planned")]
    Stale { environment: EnvironmentName, source: cluster::Error },
}

/// What every step of a run sees.
pub(crate) struct Job {
    environment: EnvironmentName,
    namespace: Namespace,
    cluster: Cluster,
    kinds: Arc<Kinds>,
    timeout: Duration,
    tell_every: Duration,
    random: Arc<dyn Fn() -> u8 + Send + Sync>,
    values: Arc<Values>,
    policy: Policy,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    events: UnboundedSender<Event>,
    interrupt: watch::Receiver<Interrupt>,
    hub: Hub,
    /// Where it writes.
    places: Places,
    /// Where it looks for images.
    looks: Places,
    images: Option<Images>,
}

impl Job {
    fn new(tools: &Tools, plan: &Plan, held: Option<&Held>) -> Self {
        let selector = selector(&plan.environment);
        let places = Places::new(tools.cluster.parallelism());
        let cluster = held.map_or_else(|| tools.cluster.clone(), |held| tools.cluster.clone().under(held));
        Self {
            environment: plan.environment.clone(),
            namespace: plan.namespace.clone(),
            cluster,
            kinds: Arc::clone(&tools.kinds),
            timeout: tools.timeout,
            tell_every: tools.tell_every,
            random: Arc::clone(&tools.random),
            values: Arc::clone(&tools.values),
            policy: tools.policy.clone(),
            now: Arc::clone(&tools.now),
            events: tools.events.clone(),
            interrupt: tools.interrupt.clone(),
            hub: Hub::new(tools.cluster.clone(), Arc::clone(&tools.kinds), plan.namespace.clone(), selector),
            places,
            looks: Places::new(tools.cluster.parallelism()),
            images: tools.images.clone(),
        }
    }

    fn tell(&self, kind: EventKind) {
        // Nobody listening is no reason to stop.
        let _ = self.events.send(Event { at: (self.now)(), kind });
    }
}

/// Waits until everything works, without writing anything: for a plan with nothing to change.
pub async fn wait(tools: &Tools, plan: &Plan) -> Outcome {
    let job = Arc::new(Job::new(tools, plan, None));
    let mut scribe = Scribe::Idle;
    let outcome = attended(tools, conduct(&job, plan, &mut scribe, tools.interrupt.clone())).await;
    job.tell(EventKind::RunFinished { outcome: outcome.clone() });
    outcome
}

/// Carries out a plan.
///
/// # Errors
/// When the run could not begin, or its result not be written down. That steps fail is an outcome, not an error.
pub async fn run(tools: &Tools, plan: &Plan, run: &Run, ground: Ground<'_>) -> Result<Finished, Error> {
    attended(tools, carry_out(tools, plan, run, ground)).await
}

async fn carry_out(tools: &Tools, plan: &Plan, run: &Run, ground: Ground<'_>) -> Result<Finished, Error> {
    let Ground { store, lock, mut state, mut fence, dead } = ground;
    let planned = plan.changes.keys().cloned().collect();
    let mut journal = store.begin(lock, run, &state.version, &planned)?;
    let first = Job::new(tools, plan, None);
    first.tell(EventKind::RunStarted { run: run.clone() });

    let mut applied = state.entries.values().filter_map(Entry::applied);
    let has_key = applied.any(|applied| !applied.given.is_empty());
    let namespace = Step::Change(namespace_of(plan));
    let mut done = BTreeSet::new();
    let mut scribe = Scribe::Writing { journal: &mut journal, state: &mut state };
    match make_namespace(&first, plan, &mut scribe).await? {
        None => {}
        Some(Ok(())) => {
            state.created_namespace = true;
            done.insert(namespace.clone());
        }
        Some(Err(error)) => {
            let outcome = nothing_but(plan, &namespace, error);
            first.tell(EventKind::RunFinished { outcome: outcome.clone() });
            journal.end(Ending::Failed, (tools.now)())?;
            return Ok(Finished { outcome, state: None });
        }
    }

    let held = match hold(tools, &first, plan, run, dead.as_deref()).await {
        Ok(held) => Some(held),
        // Nothing can be written into it any more, by anybody: what is left to do is to wait until it is gone.
        Err(Error::Cluster(error)) if plan.operation == Operation::Destroy && error.is_namespace_going() => None,
        Err(error @ (Error::Held { .. } | Error::Interrupted)) => {
            journal.end(Ending::Failed, (tools.now)())?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    let is_going = held.is_none();
    let job = Arc::new(Job::new(tools, plan, held.as_ref()));

    if !is_going {
        open(&mut state, plan, run, (tools.now)());
        fence = match begin(tools, &job.cluster, plan, &state, fence.as_ref()).await {
            Ok(fence) => Some(fence),
            Err(stale @ Error::Stale { .. }) => {
                // This run wrote nothing that another must finish, or wait for.
                release(tools, held).await;
                journal.end(Ending::Failed, (tools.now)())?;
                return Err(stale);
            }
            Err(error) => return Err(error),
        };
    }

    let mut scribe = Scribe::Writing { journal: &mut journal, state: &mut state };
    let mut outcome = conduct(&job, plan, &mut scribe, tools.interrupt.clone()).await;
    outcome.done.extend(done);

    let is_gone = outcome.done.contains(&namespace) && plan.deletes(&namespace_of(plan));
    let kept = if is_gone {
        None
    } else if is_going {
        fence.map(|fence| (state, fence))
    } else if *tools.interrupt.borrow() == Interrupt::Abort || outcome.stopped.is_some() {
        // The record stays open: it says that this run stopped before its end.
        job.tell(EventKind::RunFinished { outcome: outcome.clone() });
        if matches!(outcome.stopped, Some(Stopped::LeaseLost(_))) {
            // Whoever has the environment now goes on from the record; here nothing is left to be finished.
            journal.end(Ending::Failed, (tools.now)())?;
        }
        return Ok(Finished { outcome, state: fence.map(|fence| (state, fence)) });
    } else {
        close(&mut state, plan, &outcome, (tools.now)());
        if plan.operation == Operation::Destroy && state.entries.is_empty() && outcome.is_complete() {
            // The namespace stays, as ditc did not make it; nothing of ditc stays in it.
            job.cluster.remove_record(&plan.namespace).await?;
            if has_key {
                job.cluster.remove_key(&plan.namespace).await?;
            }
            None
        } else {
            let written = select! {
                written = write(tools, &job.cluster, plan, &state, fence.as_ref()) => Some(written),
                () = wants(&tools.interrupt, Interrupt::Abort) => None,
            };
            match written {
                Some(Ok(fence)) => Some((state, fence)),
                None => {
                    outcome.interrupted = true;
                    job.tell(EventKind::RunFinished { outcome: outcome.clone() });
                    return Ok(Finished { outcome, state: None });
                }
                Some(Err(error)) => {
                    let Some(why) = stopping(&job, &error).await else { return Err(error) };
                    job.tell(EventKind::Stopped(why.clone()));
                    outcome.stopped = Some(why);
                    job.tell(EventKind::RunFinished { outcome: outcome.clone() });
                    return Ok(Finished { outcome, state: None });
                }
            }
        }
    };
    if !is_gone {
        release(tools, held).await;
    }
    journal.end(ending(&outcome), (tools.now)())?;
    let _ = tools.events.send(Event { at: (tools.now)(), kind: EventKind::RunFinished { outcome: outcome.clone() } });
    Ok(Finished { outcome, state: kept })
}

/// Puts a record in the place of whatever is there, under the lease.
///
/// # Errors
/// When another run holds the environment, or the record could not be written.
pub async fn replace_record(tools: &Tools, run: &Run, state: &State) -> Result<Fence, Error> {
    let lease =
        Lease { namespace: &state.namespace, run, patience: tools.patience, dead: None, now: Arc::clone(&tools.now) };
    let held = tools.cluster.take(&lease, |_| {}).await?;
    let held = held.map_err(|holder| Error::Held { environment: state.environment.clone(), holder })?;
    tools.cluster.remove_record(&state.namespace).await?;
    let fence = tools.cluster.record(state, None, tools.limits).await;
    tools.cluster.release(held).await;
    Ok(fence?)
}

fn namespace_of(plan: &Plan) -> ObjectKey {
    ObjectKey::namespace(plan.namespace.as_str())
}

/// Makes the namespace where the plan says so; it comes before the lease and the record, which lie in it.
async fn make_namespace(
    job: &Job,
    plan: &Plan,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Result<(), StepError>>, store::Error> {
    let key = namespace_of(plan);
    let Some(change) = plan.changes.get(&key).filter(|change| change.action == Action::Create) else {
        return Ok(None);
    };
    scribe.intends(&[(&key, Action::Create)])?;
    let place = job.places.take().expect("nobody else writes yet");
    Ok(Some(match step::change(job, &key, change, place).await {
        Ok(made) => {
            let made = made.expect("nothing bars a run that has no lease yet");
            scribe.has_done(plan, &key, made)?;
            Ok(())
        }
        Err(error) => {
            scribe.has_failed(&key, Action::Create, &error)?;
            Err(error)
        }
    }))
}

/// Why a run that has made its changes could not write that down, where that is no fault of the record.
async fn stopping(job: &Job, error: &Error) -> Option<Stopped> {
    match error {
        Error::Cluster(cluster::Error::LeaseLost { holder }) => Some(Stopped::LeaseLost(holder.clone())),
        Error::Cluster(error) if error.is_silence() => Some(Stopped::ContactLost(job.cluster.is_given_up().await)),
        _ => None,
    }
}

fn ending(outcome: &Outcome) -> Ending {
    match outcome {
        outcome if outcome.interrupted => Ending::Interrupted,
        outcome if outcome.is_complete() => Ending::Done,
        _ => Ending::Failed,
    }
}

/// The outcome of a run whose namespace could not be made: nothing else was tried.
fn nothing_but(plan: &Plan, namespace: &Step, error: StepError) -> Outcome {
    let mut outcome = Outcome::default();
    for step in plan.order.nodes().filter(|step| *step != namespace) {
        outcome.skipped.insert(step.clone(), namespace.clone());
    }
    outcome.failed.insert(namespace.clone(), error);
    outcome
}

/// Makes the key, where there is none, and opens the record.
async fn begin(
    tools: &Tools,
    cluster: &Cluster,
    plan: &Plan,
    state: &State,
    fence: Option<&Fence>,
) -> Result<Fence, Error> {
    if let Some(key) = &tools.key {
        let made = cluster.make_key(&plan.environment, &plan.namespace, key).await;
        made.map_err(|source| stale(plan, source))?;
    }
    write(tools, cluster, plan, state, fence).await
}

async fn write(
    tools: &Tools,
    cluster: &Cluster,
    plan: &Plan,
    state: &State,
    fence: Option<&Fence>,
) -> Result<Fence, Error> {
    cluster.record(state, fence, tools.limits).await.map_err(|source| stale(plan, source))
}

fn stale(plan: &Plan, source: cluster::Error) -> Error {
    match source.refused().is_some_and(|refused| matches!(refused.code, 404 | 409)) {
        true => Error::Stale { environment: plan.environment.clone(), source },
        false => Error::Cluster(source),
    }
}

/// Who writes down what a run does.
pub(crate) enum Scribe<'a> {
    Idle,
    Writing { journal: &'a mut store::Journal, state: &'a mut State },
}
