//! How an environment is now: which components work, what the others wait for, and how far an open run came. Judged from
//! the record and what was observed; it compares nothing with the definition, which is the business of a plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    names::{ComponentId, EnvironmentName, Namespace},
    object::{Object, ObjectKey},
    observed::{Live, Observed, Readiness},
    ownership, pod,
    state::{Deed, Ended, Entry, Phase, Run, State},
};

/// An environment as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub environment: EnvironmentName,
    pub namespace: Namespace,
    /// Whether the cluster has the record, or only the local copy is left of it.
    pub has_record: bool,
    /// Dependencies first; what belongs to no component stands last.
    pub components: Vec<ComponentStatus>,
    pub open: Option<OpenRun>,
    pub last: Option<Ended>,
    /// Whether the last run looked at a part of the environment only.
    pub partial: bool,
}

/// A component as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentStatus {
    /// None for the namespace and what else belongs to no component.
    pub id: Option<ComponentId>,
    pub objects: BTreeMap<ObjectKey, Readiness>,
    pub begun: Begun,
    /// The images that its workloads ask for, in the order of their names.
    pub images: Vec<String>,
    /// When the oldest of its objects was made, by the server's clock.
    pub since: Option<Timestamp>,
}

/// How far runs came with a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// A run came to it, or has nothing to make for it.
    Yes,
    /// The run that is under way comes to it yet.
    NotYet,
    /// The last run stopped or failed before, so nothing of it is there.
    Never,
}

/// A run whose end the record does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRun {
    pub run: Run,
    /// How many of its changes are in the cluster.
    pub done: usize,
    /// How many changes it meant to make; none where the record does not say.
    pub of: Option<usize>,
    /// Whether its lease is still renewed.
    pub lives: bool,
}

/// What a status comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Ready,
    /// Something is on its way, or a run is.
    Waiting,
    /// Something will not become ready by itself, or a run stopped.
    Failed,
}

impl Status {
    #[must_use]
    pub fn condition(&self) -> Condition {
        let open = match &self.open {
            None => Condition::Ready,
            Some(open) if open.lives => Condition::Waiting,
            Some(_) => Condition::Failed,
        };
        let of_claim = |holds: bool| if holds { Condition::Ready } else { Condition::Failed };
        let around = [open, of_claim(self.has_record), of_claim(self.is_through())];
        self.components.iter().map(ComponentStatus::condition).chain(around).max().unwrap_or(open)
    }

    /// Whether the last run did all that it was to do; where another is open, that one counts.
    #[must_use]
    pub fn is_through(&self) -> bool {
        self.open.is_some() || self.last.as_ref().is_none_or(|last| last.complete)
    }
}

impl ComponentStatus {
    #[must_use]
    pub fn condition(&self) -> Condition {
        let of = |readiness: &Readiness| match readiness {
            Readiness::Ready => Condition::Ready,
            Readiness::Waiting(_) => Condition::Waiting,
            Readiness::Failed(_) => Condition::Failed,
        };
        let begun = match self.begun {
            Begun::Yes => Condition::Ready,
            Begun::NotYet => Condition::Waiting,
            Begun::Never => Condition::Failed,
        };
        self.objects.values().map(of).max().unwrap_or(begun)
    }
}

/// What is known besides the record and the objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    pub has_record: bool,
    /// When the record was written, by the server's clock.
    pub recorded: Option<Timestamp>,
    /// Whether the run that is open in the record lives.
    pub lives: bool,
}

/// Puts together how an environment is. `readiness` has what was judged of the objects that were seen whole.
#[must_use]
pub fn status(
    state: &State,
    observed: &Observed,
    readiness: &BTreeMap<ObjectKey, Readiness>,
    circumstances: &Circumstances,
) -> Status {
    let Circumstances { has_record, recorded, lives } = circumstances;
    let live = |key: &ObjectKey| observed.objects.get(key).and_then(Live::object);
    let ids: BTreeSet<Option<&ComponentId>> =
        state.entries.values().map(|entry| entry.component.as_ref()).chain(state.components.keys().map(Some)).collect();
    let (of_none, of_some): (Vec<_>, Vec<_>) = ids.into_iter().partition(Option::is_none);
    let is_at_work = state.open.is_some() && *lives;
    let component = |id: Option<&ComponentId>| {
        let entries = || state.entries.iter().filter(|(_, entry)| entry.component.as_ref() == id);
        let there = || entries().filter_map(|(key, _)| live(key));
        let images: BTreeSet<&str> = there().flat_map(images).collect();
        ComponentStatus {
            id: id.cloned(),
            objects: entries()
                .filter_map(|(key, entry)| {
                    Some((key.clone(), judged(entry, live(key), readiness.get(key), is_at_work)?))
                })
                .collect(),
            begun: match state.incomplete().is_none() || entries().next().is_some() {
                true => Begun::Yes,
                false if is_at_work => Begun::NotYet,
                false => Begun::Never,
            },
            images: images.into_iter().map(str::to_owned).collect(),
            since: there().filter_map(|object| object.metadata("creationTimestamp")?.as_str()?.parse().ok()).min(),
        }
    };
    // What a destroy under way, or one that stopped, made an end of is no part of it any more.
    let is_gone = |id: Option<&ComponentId>| {
        let mut entries = state.entries.iter().filter(|(_, entry)| entry.component.as_ref() == id).peekable();
        let goes = |(key, entry): (&ObjectKey, &Entry)| entry.deed == Some(Deed::Delete) && live(key).is_none();
        entries.peek().is_some() && entries.all(goes)
    };
    let open = state.open.as_ref().map(|run| {
        let (done, of) = made(state, observed, *recorded);
        OpenRun { run: run.clone(), done, of, lives: *lives }
    });
    Status {
        environment: state.environment.clone(),
        namespace: state.namespace.clone(),
        has_record: *has_record,
        components: of_some.into_iter().chain(of_none).filter(|id| !is_gone(*id)).map(component).collect(),
        open,
        last: state.last.clone(),
        partial: state.partial,
    }
}

/// How many of the changes of an open run are in the cluster, and how many it meant to make; the record of an older version
/// does not say.
#[must_use]
pub fn made(state: &State, observed: &Observed, recorded: Option<Timestamp>) -> (usize, Option<usize>) {
    let live = |key: &ObjectKey| observed.objects.get(key).and_then(Live::object);
    let deeds = || state.entries.iter().filter_map(|(key, entry)| Some((key, entry, entry.deed?)));
    let is_done = |(key, entry, deed): &(&ObjectKey, &Entry, Deed)| is_done(*deed, entry, live(key), recorded);
    let of = deeds().count();
    (deeds().filter(is_done).count(), (of > 0).then_some(of))
}

/// None where nothing is to be there any more. What a run at work makes yet is no fault of it.
fn judged(entry: &Entry, live: Option<&Object>, readiness: Option<&Readiness>, is_at_work: bool) -> Option<Readiness> {
    let gone = |why: &str| Some(Readiness::Failed(why.to_owned()));
    let is_made_yet = is_at_work && matches!(entry.deed, Some(Deed::Create | Deed::Replace));
    match (live, &entry.phase) {
        // What was read without its values has nothing to wait for.
        (Some(_), _) => Some(readiness.cloned().unwrap_or(Readiness::Ready)),
        (None, Phase::Applied(applied)) if applied.finished => None,
        (None, _) if entry.deed == Some(Deed::Delete) => None,
        (None, _) if is_made_yet => Some(Readiness::Waiting("it is not made yet".to_owned())),
        (None, Phase::Applied(_)) => gone("it was deleted outside ditc"),
        (None, Phase::Planned | Phase::Replacing(_)) => gone("it is not made yet"),
    }
}

/// Whether a change of an open run is in the cluster. Times are the server's own, so no clocks are compared.
fn is_done(deed: Deed, entry: &Entry, live: Option<&Object>, recorded: Option<Timestamp>) -> bool {
    let ours = live.and_then(ownership::ours);
    let is_other = || live.and_then(Object::uid).as_ref() != entry.applied().map(|applied| &applied.uid);
    match deed {
        Deed::Create => ours.is_some(),
        Deed::Replace => ours.is_some() && is_other(),
        Deed::Delete => is_other(),
        Deed::Update | Deed::Adopt => {
            let written = ours.and_then(|owner| owner.time?.parse::<Timestamp>().ok());
            written.is_some_and(|written| recorded.is_some_and(|recorded| written >= recorded))
        }
    }
}

/// The images that a workload, a Pod or a CronJob asks for.
fn images(object: &Object) -> Vec<&str> {
    pod::spec(object).into_iter().flat_map(pod::containers).filter_map(pod::image).collect()
}
