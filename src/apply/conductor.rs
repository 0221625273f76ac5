//! Walks the graph of a plan: each step starts the moment all that it needs is done, and a failure stops only what
//! stands behind it.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    pin::pin,
    sync::Arc,
};

use tokio::{select, sync::watch, task::JoinSet, time::Instant};

use crate::{
    names::ComponentId,
    object::{Object, ObjectKey, Uid},
    observed::Readiness,
    plan::{Action, Plan, Step},
    readiness,
    state::{Deed, Entry, Phase},
    store,
};

use super::{
    EventKind, Interrupt, Job, Outcome, Scribe, StepError, Stopped,
    guard::wants,
    place::Place,
    step::{self, Done},
    wait::{self, Target},
};

/// A step and what came of it.
type Ended = (Step, Result<Option<Done>, StepError>);

/// Carries out all steps of a plan that are not done yet.
pub(super) async fn conduct(
    job: &Arc<Job>,
    plan: &Plan,
    scribe: &mut Scribe<'_>,
    mut interrupt: watch::Receiver<Interrupt>,
) -> Outcome {
    let mut walk = Walk::new(plan);
    if let Scribe::Writing { state, .. } = scribe {
        // The namespace is made before the graph is walked.
        for (key, change) in &plan.changes {
            let made = state.entries.get(key).is_some_and(|entry| entry.applied().is_some());
            if key.kind.is("", "Namespace") && change.action == Action::Create && made {
                let step = Step::Change(key.clone());
                walk.ready.remove(&step);
                walk.finish(step);
            }
        }
    }
    let mut tasks: JoinSet<Ended> = JoinSet::new();
    let mut interrupt_is_open = true;
    let mut stops = pin!(stops(job));
    loop {
        if *interrupt.borrow() == Interrupt::No && !walk.is_barred {
            walk.start(job, scribe, &mut tasks);
        }
        if tasks.is_empty() {
            if *interrupt.borrow() == Interrupt::Drain {
                // It came while nothing was under way.
                job.tell(EventKind::Interrupted);
            }
            break;
        }
        let lacks_place = *interrupt.borrow() == Interrupt::No && !walk.is_barred && walk.has_change_to_start();
        select! {
            () = job.places.is_free(), if lacks_place => {}
            Some(joined) = tasks.join_next() => {
                let (step, result) = joined.expect("a step neither panics nor is aborted before the end");
                walk.end(job, scribe, step, result);
            }
            changed = interrupt.changed(), if interrupt_is_open => {
                interrupt_is_open = changed.is_ok();
                let wanted = *interrupt.borrow_and_update();
                match wanted {
                    Interrupt::No => {}
                    Interrupt::Drain => {
                        job.tell(EventKind::Interrupted);
                        select! {
                            () = walk.drain(&mut tasks, job, scribe) => {}
                            // Whoever asks twice waits for no answer.
                            () = wants(&interrupt, Interrupt::Abort) => {}
                        }
                        break;
                    }
                    Interrupt::Abort => break,
                }
            }
            why = &mut stops => {
                walk.stop(job, why);
                select! {
                    () = walk.drain(&mut tasks, job, scribe) => {}
                    () = wants(&interrupt, Interrupt::Abort) => {}
                }
                break;
            }
        }
    }
    if walk.is_barred && walk.stopped.is_none() {
        let why = stops.await;
        walk.stop(job, why);
    }
    // Waits that are given up end here, so that nothing holds the lease behind the run's back.
    tasks.shutdown().await;
    walk.outcome(*interrupt.borrow() != Interrupt::No)
}

/// Ends when the run as a whole cannot go on.
pub(super) async fn stops(job: &Job) -> Stopped {
    select! {
        holder = job.cluster.is_superseded() => Stopped::LeaseLost(holder),
        after = job.cluster.is_given_up() => Stopped::ContactLost(after),
    }
}

/// Where a run stands.
struct Walk<'a> {
    plan: &'a Plan,
    needed_by: BTreeMap<&'a Step, Vec<&'a Step>>,
    /// How many of its needs each step still waits for.
    open: BTreeMap<&'a Step, usize>,
    /// All needs are done, and it is neither started nor skipped.
    ready: BTreeSet<&'a Step>,
    finished: BTreeSet<Step>,
    failed: BTreeMap<Step, StepError>,
    skipped: BTreeMap<Step, Step>,
    /// The objects that this run's writes made, with their generations.
    written: BTreeMap<ObjectKey, (Uid, Option<i64>)>,
    /// Changes under way, wherever they are: an interrupted run lets them come to their end.
    writing: usize,
    stopped: Option<Stopped>,
    /// Nothing may be written any more.
    is_barred: bool,
}

impl<'a> Walk<'a> {
    fn new(plan: &'a Plan) -> Self {
        let open: BTreeMap<&Step, usize> =
            plan.order.nodes().map(|step| (step, plan.order.needs(step).count())).collect();
        let ready = open.iter().filter(|(_, count)| **count == 0).map(|(step, _)| *step).collect();
        Self {
            plan,
            needed_by: plan.order.needed_by(),
            open,
            ready,
            finished: BTreeSet::new(),
            failed: BTreeMap::new(),
            skipped: BTreeMap::new(),
            written: BTreeMap::new(),
            writing: 0,
            stopped: None,
            is_barred: false,
        }
    }

    fn has_change_to_start(&self) -> bool {
        self.ready.iter().any(|step| matches!(step, Step::Change(_)))
    }

    /// Starts every step whose needs are done: waits at once, changes as far as there are places.
    fn start(&mut self, job: &Arc<Job>, scribe: &mut Scribe<'_>, tasks: &mut JoinSet<Ended>) {
        let (mut changes, mut waits) = (Vec::new(), Vec::new());
        for step in &self.ready {
            match step {
                Step::Change(key) => changes.push(key),
                Step::Ready(component) => waits.push(component),
            }
        }
        let changes: Vec<(&ObjectKey, Place)> =
            changes.into_iter().map_while(|key| Some((key, job.places.take()?))).collect();
        let intents: Vec<(&ObjectKey, Action)> =
            changes.iter().map(|(key, _)| (*key, self.plan.changes[*key].action)).collect();
        if let Err(error) = scribe.intends(&intents) {
            // What cannot be announced is not done.
            for (key, _) in changes {
                let step = Step::Change(key.clone());
                let error = StepError {
                    summary: "the journal cannot be written, so nothing more is changed".to_owned(),
                    causes: vec![error.to_string()],
                    ..StepError::default()
                };
                self.ready.remove(&step);
                self.fail(job, step, error);
            }
            return;
        }
        for (key, place) in changes {
            let (step, job) = (Step::Change(key.clone()), Arc::clone(job));
            self.ready.remove(&step);
            self.writing += 1;
            let (key, change) = (key.clone(), self.plan.changes[key].clone());
            tasks.spawn(async move { (step, step::change(&job, &key, &change, place).await) });
        }
        for component in waits {
            let (step, job) = (Step::Ready(component.clone()), Arc::clone(job));
            self.ready.remove(&step);
            let (component, targets) = (component.clone(), self.targets(component));
            let start = Instant::now();
            tasks.spawn(async move {
                if targets.is_empty() {
                    return (step, Ok(None));
                }
                let result = wait::ready(&job, &component, targets).await;
                let elapsed = start.elapsed();
                match &result {
                    Ok(()) => job.tell(EventKind::ComponentReady { component, elapsed }),
                    Err(error) => job.tell(EventKind::ComponentFailed { component, error: error.clone() }),
                }
                (step, result.map(|()| None))
            });
        }
    }

    /// What a component's readiness hangs on: what this run wrote, what was not ready before or whose pods end, and its
    /// Services.
    fn targets(&self, component: &ComponentId) -> Vec<Target> {
        let mut targets = Vec::new();
        let mine = |of: Option<&ComponentId>| of == Some(component);
        for (key, change) in self.plan.changes.iter().filter(|(_, change)| mine(change.component.as_ref())) {
            if let Some(manifest) = change.manifest.as_ref().filter(|manifest| readiness::awaits(&manifest.body)) {
                let (uid, generation) = self.written.get(key).cloned().unzip();
                let (body, generation) = (manifest.body.clone(), generation.flatten());
                targets.push(Target { key: key.clone(), body, uid, generation, is_new: true });
            }
        }
        let ended: BTreeSet<&ObjectKey> = self.plan.changes.values().flat_map(|change| &change.ends).collect();
        let wrote_workload = targets.iter().any(|target| target.key.kind.group == "apps");
        for (key, unchanged) in self.plan.unchanged.iter().filter(|(_, unchanged)| mine(unchanged.component.as_ref())) {
            let is_service = key.kind.is("", "Service");
            // Pods that end for a claim come again.
            let comes_again = ended.contains(key);
            if unchanged.readiness != Readiness::Ready || (is_service && wrote_workload) || comes_again {
                let body = unchanged.body.clone();
                targets.push(Target { key: key.clone(), body, uid: None, generation: None, is_new: comes_again });
            }
        }
        let bodies = self.bodies(component);
        targets.retain(|target| !readiness::is_idle(&target.body, &bodies));
        targets
    }

    /// What a component's objects are to be.
    fn bodies(&self, component: &ComponentId) -> Vec<&'a Object> {
        let mine = |of: &Option<ComponentId>| of.as_ref() == Some(component);
        let changed = self.plan.changes.values().filter(|change| mine(&change.component));
        let changed = changed.filter_map(|change| Some(&change.manifest.as_ref()?.body));
        let unchanged = self.plan.unchanged.values().filter(|unchanged| mine(&unchanged.component));
        changed.chain(unchanged.map(|unchanged| &unchanged.body)).collect()
    }

    fn end(&mut self, job: &Job, scribe: &mut Scribe<'_>, step: Step, result: Result<Option<Done>, StepError>) {
        if matches!(step, Step::Change(_)) {
            self.writing -= 1;
        }
        let result = match (&step, result) {
            (Step::Change(key), Ok(Some(done))) => {
                if let Done::Written { applied, generation } = &done {
                    self.written.insert(key.clone(), (applied.uid.clone(), *generation));
                }
                scribe.has_done(self.plan, key, done).map_err(|error| unwritten(&error))
            }
            (Step::Change(key), Err(error)) => {
                let action = self.plan.changes[key].action;
                scribe.has_failed(key, action, &error).map_err(|error| unwritten(&error)).and(Err(error))
            }
            (Step::Ready(component), Ok(_)) => {
                scribe.has_run(component);
                Ok(())
            }
            // It counts as not started, like all that comes after it.
            (Step::Change(_), Ok(None)) => {
                self.is_barred = true;
                return;
            }
            (Step::Ready(_), Err(error)) => Err(error),
        };
        match result {
            Ok(()) => self.finish(step),
            Err(error) => self.fail(job, step, error),
        }
    }

    /// Opens the way for what waited for a step alone.
    fn finish(&mut self, step: Step) {
        for dependent in self.needed_by.get(&step).into_iter().flatten() {
            let count = self.open.get_mut(dependent).expect("every step is counted");
            *count -= 1;
            if *count == 0 && !self.skipped.contains_key(*dependent) {
                self.ready.insert(dependent);
            }
        }
        self.finished.insert(step);
    }

    /// Everything behind a failed step is skipped; the rest goes on.
    fn fail(&mut self, job: &Job, step: Step, error: StepError) {
        for dependent in self.plan.order.dependents(&step) {
            if let btree_map::Entry::Vacant(place) = self.skipped.entry(dependent) {
                job.tell(EventKind::Skipped { step: place.key().clone(), because: step.clone() });
                place.insert(step.clone());
            }
        }
        self.failed.insert(step, error);
    }

    fn stop(&mut self, job: &Job, why: Stopped) {
        job.tell(EventKind::Stopped(why.clone()));
        self.stopped = Some(why);
    }

    /// Lets writes that are under way come to their end; waits are given up.
    async fn drain(&mut self, tasks: &mut JoinSet<Ended>, job: &Job, scribe: &mut Scribe<'_>) {
        while self.writing > 0 {
            let Some(joined) = tasks.join_next().await else { return };
            let (step, result) = joined.expect("a step neither panics nor is aborted before the end");
            self.end(job, scribe, step, result);
        }
    }

    fn outcome(self, interrupted: bool) -> Outcome {
        let known = |step: &&Step| {
            !self.finished.contains(step) && !self.failed.contains_key(step) && !self.skipped.contains_key(step)
        };
        let not_started = self.plan.order.nodes().filter(known).cloned().collect();
        Outcome {
            done: self.finished,
            failed: self.failed,
            skipped: self.skipped,
            not_started,
            interrupted,
            stopped: self.stopped,
        }
    }
}

fn unwritten(error: &store::Error) -> StepError {
    StepError {
        summary: "the change was made, but the journal cannot be written".to_owned(),
        causes: vec![error.to_string()],
        ..StepError::default()
    }
}

impl Scribe<'_> {
    /// Announces writes; they are on the disk when this returns.
    pub(super) fn intends(&mut self, intents: &[(&ObjectKey, Action)]) -> Result<(), store::Error> {
        match self {
            Scribe::Writing { journal, .. } if !intents.is_empty() => {
                journal.intents(intents.iter().map(|(key, action)| (*key, deed(*action))))
            }
            Scribe::Writing { .. } | Scribe::Idle => Ok(()),
        }
    }

    /// Takes over into the state what a change came to.
    pub(super) fn has_done(&mut self, plan: &Plan, key: &ObjectKey, done: Done) -> Result<(), store::Error> {
        let Scribe::Writing { journal, state } = self else { return Ok(()) };
        let change = &plan.changes[key];
        let uid = match done {
            Done::Written { applied, .. } => {
                let api_version = applied.body.api_version().unwrap_or("v1").to_owned();
                let uid = applied.uid.clone();
                let phase = Phase::Applied(*applied);
                let component = change.component.clone();
                state.entries.insert(key.clone(), Entry { component, api_version, phase, deed: None });
                Some(uid)
            }
            Done::Gone => {
                state.entries.remove(key);
                None
            }
        };
        journal.done(key, deed(change.action), uid.as_ref())
    }

    pub(super) fn has_failed(
        &mut self,
        key: &ObjectKey,
        action: Action,
        error: &StepError,
    ) -> Result<(), store::Error> {
        match self {
            Scribe::Writing { journal, .. } => journal.failed(key, deed(action), &error.summary),
            Scribe::Idle => Ok(()),
        }
    }

    /// Notes which Jobs of a ready component have run: they may be cleared away from now on.
    fn has_run(&mut self, component: &ComponentId) {
        let Scribe::Writing { state, .. } = self else { return };
        for (key, entry) in &mut state.entries {
            if let (true, Phase::Applied(applied)) = (key.kind.is("batch", "Job"), &mut entry.phase) {
                applied.finished |= entry.component.as_ref() == Some(component);
            }
        }
    }
}

/// What the journal and the record call an action.
pub(super) fn deed(action: Action) -> Deed {
    match action {
        Action::Create => Deed::Create,
        Action::Update | Action::Release => Deed::Update,
        Action::Replace => Deed::Replace,
        Action::Adopt => Deed::Adopt,
        Action::Delete => Deed::Delete,
        Action::Forget => unreachable!("forgetting is no write and no step"),
    }
}
