//! What happens during a run, as one stream of values; how it is shown is the business of `render`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    cluster::{Contacted, Holder},
    names::ComponentId,
    object::ObjectKey,
    plan::{Action, Plan, Step},
    readiness::{Cause, LogOf},
    state::{Run, Totals},
};

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    pub kind: EventKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    RunStarted {
        run: Run,
    },
    /// Another run has the lease, or had it until it died without giving it back.
    Held {
        who: String,
        since: String,
    },
    ChangeStarted {
        key: ObjectKey,
        component: Option<ComponentId>,
        action: Action,
    },
    /// The object was written (or is gone, for a delete); that it works is told by [`EventKind::ComponentReady`].
    ChangeFinished {
        key: ObjectKey,
        component: Option<ComponentId>,
        action: Action,
        elapsed: Duration,
    },
    ChangeFailed {
        key: ObjectKey,
        component: Option<ComponentId>,
        action: Action,
        error: StepError,
    },
    /// The server's own warning about a write.
    Warning {
        key: Option<ObjectKey>,
        text: String,
    },
    /// A component or a deleted object is still awaited; repeated while it lasts.
    Waiting {
        step: Step,
        on: Vec<Awaited>,
        elapsed: Duration,
    },
    ComponentReady {
        component: ComponentId,
        elapsed: Duration,
    },
    ComponentFailed {
        component: ComponentId,
        error: StepError,
    },
    Skipped {
        step: Step,
        because: Step,
    },
    /// Ctrl-C: nothing new is started; a second one stops at once.
    Interrupted,
    /// The connection to the cluster is lost, or back; repeated while it is lost.
    Contact(Contacted),
    /// The whole run ends here, before its end.
    Stopped(Stopped),
    RunFinished {
        outcome: Outcome,
    },
}

/// An object that is not ready yet, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    pub key: ObjectKey,
    pub why: String,
    /// What is wrong, where something is; `why` is then in its words.
    pub cause: Option<Box<Cause>>,
}

/// Why a step failed: what, its causes from outermost to innermost, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepError {
    /// The object that failed, where the step is about more than one.
    pub object: Option<ObjectKey>,
    pub summary: String,
    pub causes: Vec<String>,
    pub log: Option<LogLines>,
    pub hint: Option<String>,
    /// What was seen to be wrong with what was waited for.
    pub cause: Option<Box<Cause>>,
}

/// The end of a container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLines {
    pub of: LogOf,
    pub lines: Vec<String>,
}

/// How a run ended; every step of the plan is in exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    pub done: BTreeSet<Step>,
    pub failed: BTreeMap<Step, StepError>,
    /// With the failed step that stands in the way.
    pub skipped: BTreeMap<Step, Step>,
    pub not_started: BTreeSet<Step>,
    pub interrupted: bool,
    pub stopped: Option<Stopped>,
}

/// Why a run as a whole could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Another run may change the environment now, or does: this one.
    LeaseLost(Option<Holder>),
    /// Nobody answered for so long.
    ContactLost(Duration),
}

impl Outcome {
    /// What is done of a plan.
    #[must_use]
    pub fn totals(&self, plan: &Plan) -> Totals {
        let mut totals = Totals::default();
        for done in &self.done {
            let Step::Change(key) = done else { continue };
            match plan.changes.get(key).map(|change| change.action) {
                Some(Action::Create) => totals.added += 1,
                Some(Action::Adopt) => totals.imported += 1,
                Some(Action::Replace) => {
                    totals.added += 1;
                    totals.destroyed += 1;
                }
                Some(Action::Update | Action::Release) => totals.changed += 1,
                Some(Action::Delete) => totals.destroyed += 1,
                Some(Action::Forget) | None => {}
            }
        }
        totals
    }

    #[must_use]
    pub fn is_complete(&self) -> bool {
        let all_done = self.failed.is_empty() && self.skipped.is_empty() && self.not_started.is_empty();
        all_done && !self.interrupted && self.stopped.is_none()
    }
}
