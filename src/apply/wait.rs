//! Waiting for a component to work. By watch, with a cause, and never for ever.
//!
//! A wait that lasts looks closer: at the pods of what it waits for, at their sets, and at the events about them. What cannot
//! heal ends it at once; what may heal is told while it lasts, and ends it after a time of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{
    cluster::Error,
    names::ComponentId,
    object::{Object, ObjectKey, Uid},
    observed::Readiness,
    plan::Step,
    readiness::{self, Around, Cause, Fault, Heals, Verdict},
};

use super::{
    Awaited, EventKind, Job, StepError,
    broken::{broken, kubectl_name, timed_out, unwatchable},
    hub::{Hub, Look},
};

/// Between two looks where nothing moves.
const IDLE: Duration = Duration::from_secs(10);

/// An ordinary rollout is through by then, and costs no look at pods and events.
pub(super) const CLOSER: Duration = Duration::from_secs(2);

/// How long the first lists of a closer look are waited for: a failure is told without them sooner than not at all.
const LOOKING: Duration = Duration::from_secs(3);

/// A claim about which nobody complained by then waits for a pod that uses it, or is being filled.
const QUIET: Duration = Duration::from_secs(3);

/// What a watch has not brought by then is not on its way.
const BROUGHT: Duration = Duration::from_secs(5);

/// A fault that was away for so long has healed; what comes then is another.
const HEALED: Duration = Duration::from_secs(15);

/// An object whose readiness is waited for.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub key: ObjectKey,
    /// What was written, or what the definition asks for where nothing was.
    pub body: Object,
    /// What the write made: another object of the name is not it.
    pub uid: Option<Uid>,
    /// The generation that the write made: an older one is not yet what was asked for.
    pub generation: Option<i64>,
    /// Whether it was written by this run; only then must it settle.
    pub is_new: bool,
}

impl Target {
    fn is(&self, object: &Object) -> bool {
        self.uid.is_none() || object.uid() == self.uid
    }

    fn is_claim(&self) -> bool {
        self.key.kind.is("", "PersistentVolumeClaim")
    }
}

/// Waits until every target works.
pub(super) async fn ready(job: &Job, component: &ComponentId, targets: Vec<Target>) -> Result<(), StepError> {
    let (slices, slices_version) = readiness::endpoint_slices();
    for target in &targets {
        if target.key.kind.is("", "Service") {
            job.hub.watch(&slices, &slices_version);
        } else {
            job.hub.watch(&target.key.kind, target.body.api_version().unwrap_or("v1"));
        }
    }
    let mut wait = Wait::new(job, &targets);
    let mut next_tell = wait.start + job.tell_every;
    loop {
        let mut changes = job.hub.changes();
        let Found { is_done, on, broken: found, has_news, looks, wake } =
            wait.look().map_err(|error| unwatchable(component, &error))?;
        if let Some((target, cause, hoped)) = found {
            return Err(broken(job, &target.key, cause, hoped).await);
        }
        if is_done {
            return Ok(());
        }
        let now = Instant::now();
        // A look that has just begun may still say why; it has a limit of its own.
        if now >= wait.deadline && !looks {
            return Err(timed_out(job, component, on).await);
        }
        if now >= next_tell || has_news {
            next_tell = now + job.tell_every;
            job.tell(EventKind::Waiting { step: Step::Ready(component.clone()), on, elapsed: wait.start.elapsed() });
        }
        select! {
            _ = changes.changed() => {}
            () = sleep_until(wake.min(next_tell)) => {}
        }
    }
}

/// What a wait remembers from look to look.
struct Wait<'a> {
    job: &'a Job,
    targets: &'a [Target],
    start: Instant,
    deadline: Instant,
    /// From when on a closer look is worth its requests.
    closer: Instant,
    ready_since: BTreeMap<ObjectKey, Instant>,
    looking_since: Option<Instant>,
    faults: Faults,
    paused: BTreeSet<ObjectKey>,
}

/// What one look at all targets came to.
struct Found<'a> {
    is_done: bool,
    on: Vec<Awaited>,
    /// The worst of what does not heal, with how long it was hoped that it would.
    broken: Option<(&'a Target, Box<Cause>, Option<Duration>)>,
    /// Whether a fault shows that was not told of yet.
    has_news: bool,
    /// A closer look has begun and not brought everything yet.
    looks: bool,
    wake: Instant,
}

/// What a look at one target could see beside its verdict.
#[derive(Clone, Copy)]
struct Sight {
    /// A closer look has begun and not brought everything yet.
    looks: bool,
    /// It waits for somebody to use it.
    rests: bool,
}

impl<'a> Wait<'a> {
    fn new(job: &'a Job, targets: &'a [Target]) -> Self {
        let start = Instant::now();
        Self {
            job,
            targets,
            start,
            deadline: start + job.timeout,
            closer: start + CLOSER.min(job.timeout / 2),
            ready_since: BTreeMap::new(),
            looking_since: None,
            faults: Faults::default(),
            paused: BTreeSet::new(),
        }
    }

    /// Looks at all targets as they are known now, and closer where that is worth it.
    fn look(&mut self) -> Result<Found<'a>, Arc<Error>> {
        let now = Instant::now();
        let judged = judge(&self.job.hub, self.targets)?;
        let unready = || judged.iter().filter(|(_, _, readiness)| *readiness != Readiness::Ready);
        let is_over = unready().any(|(_, _, readiness)| matches!(readiness, Readiness::Failed(_)));
        let only_claims = unready().all(|(target, ..)| target.is_claim());
        if is_over || only_claims || now >= self.closer {
            for (target, ..) in unready() {
                self.looking_since.get_or_insert(now);
                self.job.hub.look_closer(&target.key.kind);
            }
        }
        let examine = |around: &Around| -> Vec<(Verdict, bool)> {
            let examine = |(_, object, readiness): &(_, Object, Readiness)| {
                let verdict = readiness::examine(object, readiness.clone(), around);
                (verdict, readiness::waits_for_a_consumer(object, around))
            };
            judged.iter().map(examine).collect()
        };
        let looked = self.looking_since.and_then(|_| self.job.hub.around(examine));
        let looks = self.looking_since.is_some_and(|since| looked.is_none() && now < since + LOOKING);
        let verdicts = looked.unwrap_or_else(|| examine(&Around::default()));
        let mut found = Found {
            is_done: true,
            on: Vec::new(),
            broken: None,
            has_news: false,
            looks,
            wake: now.max(self.closer) + IDLE,
        };
        if now < self.closer {
            found.wake = self.closer;
        }
        if let (true, Some(since)) = (looks, self.looking_since) {
            found.wake = found.wake.min(since + LOOKING);
        }
        for ((target, object, _), (verdict, rests)) in judged.iter().zip(verdicts) {
            self.stand(&mut found, target, object, verdict, Sight { looks, rests });
        }
        if let (true, true, Some(since)) = (looks, now >= self.deadline, self.looking_since) {
            found.wake = since + LOOKING;
        }
        Ok(found)
    }

    /// Notes how one target stands.
    fn stand(&mut self, found: &mut Found<'a>, target: &'a Target, object: &Object, verdict: Verdict, sight: Sight) {
        let now = Instant::now();
        let key = || target.key.clone();
        match verdict {
            Verdict::Ready => {
                let since = *self.ready_since.entry(key()).or_insert(now);
                let settling = match target.is_new {
                    // A Job that was cleared away and one that was not seen yet look alike.
                    true if target.key.kind.is("batch", "Job") && object.uid().is_none() => BROUGHT,
                    true => readiness::settling(object),
                    false => Duration::ZERO,
                };
                if since + settling > now {
                    let why = "it is ready; now it must stay so for a moment".to_owned();
                    found.waits(Awaited { key: key(), why, cause: None }, since + settling);
                } else if readiness::is_paused(object) && self.paused.insert(key()) {
                    self.job.tell(EventKind::Warning { key: Some(key()), text: paused(self.job, &target.key) });
                }
            }
            Verdict::OnTheWay(why) => {
                self.ready_since.remove(&target.key);
                // Where nobody complains, it waits for its first consumer, or is being filled.
                let quiet = self.start + QUIET;
                let rests = target.is_claim() && (sight.rests || now >= quiet);
                let awaited = Awaited { key: key(), why, cause: None };
                if rests {
                    found.on.push(awaited);
                } else {
                    found.waits(awaited, if target.is_claim() { quiet } else { self.deadline });
                }
            }
            Verdict::Failing(cause) => {
                self.ready_since.remove(&target.key);
                let since = self.faults.since(&target.key, cause.fault, now);
                let (ends, hoped) = match cause.heals {
                    // What stands around it may still say more.
                    Heals::Never if sight.looks => (None, None),
                    Heals::Never => (Some(now), None),
                    Heals::Within(patience) => (Some(since + patience), Some(patience)),
                    Heals::Perhaps => (None, None),
                };
                // In the first moments all sorts of things are not there yet.
                found.has_news |= now >= self.closer && self.faults.is_news(&target.key, cause.fault);
                let awaited = Awaited { key: key(), why: cause.why.clone(), cause: Some(cause.clone()) };
                found.waits(awaited, ends.unwrap_or(self.deadline));
                let rank = |cause: &Cause| (cause.heals, cause.fault);
                if ends.is_some_and(|ends| now >= ends)
                    && found.broken.as_ref().is_none_or(|(_, known, _)| rank(&cause) < rank(known))
                {
                    found.broken = Some((target, cause, hoped));
                }
            }
        }
    }
}

impl Found<'_> {
    fn waits(&mut self, awaited: Awaited, wake: Instant) {
        self.is_done = false;
        self.on.push(awaited);
        self.wake = self.wake.min(wake);
    }
}

/// The faults that showed during a wait.
#[derive(Default)]
struct Faults {
    /// When each showed first, and when last.
    shown: BTreeMap<(ObjectKey, Fault), (Instant, Instant)>,
    told: BTreeSet<(ObjectKey, Fault)>,
}

impl Faults {
    /// Since when a fault shows that shows now. A pod that is replaced, or tries again, hides it for a moment.
    fn since(&mut self, key: &ObjectKey, fault: Fault, now: Instant) -> Instant {
        let (first, last) = self.shown.entry((key.clone(), fault)).or_insert((now, now));
        if now.duration_since(*last) > HEALED {
            *first = now;
        }
        *last = now;
        *first
    }

    /// Whether nobody was told of it yet.
    fn is_news(&mut self, key: &ObjectKey, fault: Fault) -> bool {
        self.told.insert((key.clone(), fault))
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
                Look::Absent => match hub.ended(&target.key).filter(|ended| target.is(ended)) {
                    Some(ended) => {
                        let readiness = readiness::judge(&ended, None);
                        (ended, readiness)
                    }
                    None if target.uid.as_ref().is_some_and(|uid| hub.is_gone(uid)) => {
                        let why = "it was deleted while it was waited for".to_owned();
                        (target.body.clone(), Readiness::Failed(why))
                    }
                    None => (target.body.clone(), readiness::judge_absent(&target.body)),
                },
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

fn paused(job: &Job, key: &ObjectKey) -> String {
    let resume = format!("kubectl -n {} rollout resume {}", job.namespace, kubectl_name(key));
    format!("its rollout is paused, so what was written does not run yet; to go on: {resume}")
}
