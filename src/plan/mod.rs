//! What would change and why: a pure function of what is desired, recorded, observed and answered.
//!
//! [`questions`] says what the server must be asked, [`plan`] decides, [`audit`] holds every plan to what must be true
//! of it. Nothing here reads a clock, a file or the network: the same input gives the same plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    desired::{Desired, Manifest, Origin},
    graph::Graph,
    names::{ComponentId, EnvironmentName, Namespace, OutputName},
    object::{FieldPath, GroupKind, Hash, Object, ObjectKey, Uid},
    observed::{Answer, Forbidden, Observed, Readiness, Unchangeable, Why},
    ownership::Paths,
    revision::Revision,
    state::{Applied, Operation, Run, State, Version},
};

mod additions;
mod answer;
mod assigned;
mod audit;
mod basis;
mod choices;
mod claims;
mod decide;
mod diff;
mod drift;
mod foreign;
mod former;
mod guard;
mod holders;
mod moved;
mod once;
mod order;
mod overdrawn;
mod preflight;
mod questions;
mod rebuild;
mod remembered;
mod replace;
mod recorded;
mod report;
mod rolls;
mod round;
mod scope;
mod standing;
mod status;
#[cfg(test)]
mod tests;
mod yields;

pub use additions::{Addition, Additions};
pub use audit::audit;
pub use basis::Basis;
pub use choices::{Choices, Policy};
pub use claims::{is_claim_of_leaving_set, needs_claims};
pub use decide::plan;
pub use foreign::is_trace;
pub use former::released;
pub use holders::claims_that_go;
pub use moved::{Moved, MovedField, Movement, moved};
pub use order::rank;
pub use overdrawn::Overdrawn;
pub use preflight::{
    Demand, Limit, MissingRight, Preflight, Purpose, Quota, Room, Rule, Scope, Shortfall, Verb, is_namespace_new,
    not_listable, preflight, room,
};
pub use questions::{How, Question, Take, questions};
pub use rebuild::{Rebuilt, rebuild};
pub use recorded::as_recorded;
pub use remembered::remembered;
pub use report::{Report, Strict, Surroundings, Unknown, Verdict, questions_of_report, report};
pub use round::round;
pub use scope::{LeftOut, adopted_and_replaced, unmatched};
pub use standing::{bears_marks, known, left_behind, made_by_us, was_posted_by_us};
pub use status::{Begun, Circumstances, ComponentStatus, Condition, OpenRun, Status, made, status};
pub use yields::{CONTROLLERS, needs_autoscalers};

/// All that a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub environment: &'a EnvironmentName,
    pub namespace: &'a Namespace,
    pub operation: Operation,
    /// What the files ask for; none to destroy, or where the files are gone.
    pub desired: Option<&'a Desired>,
    pub state: Option<&'a State>,
    pub observed: &'a Observed,
    /// The autoscalers of the namespace, whoever made them; asked for only where [`needs_autoscalers`] says so.
    pub autoscalers: &'a [Object],
    pub answers: &'a BTreeMap<ObjectKey, Answer>,
    pub readiness: &'a BTreeMap<ObjectKey, Readiness>,
    pub choices: &'a Choices,
    pub policy: &'a Policy,
}

/// What would be done to one environment, in which order, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub environment: EnvironmentName,
    pub namespace: Namespace,
    pub operation: Operation,
    /// The record it was made from; none where there is none.
    pub base: Option<Version>,
    /// Whether the namespace is, or will be, of ditc's making. One that is not is never deleted.
    pub created_namespace: bool,
    pub changes: BTreeMap<ObjectKey, Change>,
    pub unchanged: BTreeMap<ObjectKey, Unchanged>,
    /// What moved without ditc, whether or not it leads to a change.
    pub drift: BTreeMap<ObjectKey, Drift>,
    /// What others set beside our fields; left alone.
    pub additions: BTreeMap<ObjectKey, Additions>,
    /// What ditc will not decide alone; a plan with any is not applyable.
    pub blocked: Vec<Blocked>,
    /// More deletions than one apply may do; such a plan is not applyable either.
    pub too_many: Option<TooMany>,
    /// Only a part of the environment was looked at, as `-target` and `-exclude` say.
    pub partial: bool,
    /// What would change and is left as it is, as `-exclude` says, with its component.
    pub left_out: BTreeMap<ObjectKey, (Option<ComponentId>, LeftOut)>,
    /// Objects that carry our label and are nobody's of ours; left alone.
    pub ignored: BTreeSet<ObjectKey>,
    /// What ditc did not make and what goes with the namespace all the same, as the user allowed.
    pub goes_along: Vec<ObjectKey>,
    pub order: Graph<Step>,
    /// The components that stay or come, with what they need.
    pub components: BTreeMap<ComponentId, BTreeSet<ComponentId>>,
    pub outputs: BTreeMap<ComponentId, BTreeMap<OutputName, Value>>,
    /// What those components stand at that follow a repository.
    pub revisions: BTreeMap<ComponentId, Revision>,
    /// Quotas that allow less than is used: a run does not fail for it, and nothing new starts.
    pub overdrawn: BTreeMap<ObjectKey, Vec<Overdrawn>>,
    /// The other project that the environment was last applied from, where that is known and the user takes it over.
    pub taken_from: Option<String>,
    /// How many objects are ours while there is no record, so that what was applied to them is not known.
    pub unrecorded: usize,
    /// The kinds of which nobody could look, in that case and where all of the environment goes, what there is.
    pub unlisted: BTreeSet<GroupKind>,
    /// The run that the record leaves open: it never came to its end and the next apply finishes it, unless it is
    /// [under way](Self::is_under_way).
    pub interrupted: Option<Run>,
    /// Whether that run is still at work, so that all of this is of a moment in between.
    pub is_under_way: bool,
}

impl Plan {
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.changes.values().any(|change| change.action != Action::Forget)
    }

    /// Whether an object is to be deleted, and not made anew.
    #[must_use]
    pub fn deletes(&self, key: &ObjectKey) -> bool {
        self.changes.get(key).is_some_and(|change| change.action == Action::Delete)
    }

    #[must_use]
    pub fn is_applyable(&self) -> bool {
        self.blocked.is_empty() && self.too_many.is_none()
    }

    /// Whether the record must be written even if no object is: an open run, an object to learn or to forget.
    #[must_use]
    pub fn changes_record(&self) -> bool {
        self.interrupted.is_some()
            || self.taken_from.is_some()
            || !self.changes.is_empty()
            || self.unchanged.values().any(|unchanged| unchanged.learned.is_some())
    }

    /// The component of an object that the plan knows.
    #[must_use]
    pub fn component_of(&self, key: &ObjectKey) -> Option<&ComponentId> {
        let unchanged = self.unchanged.get(key).map(|unchanged| &unchanged.component);
        self.changes.get(key).map(|change| &change.component).or(unchanged)?.as_ref()
    }

    /// Counts for the line that people and scripts read.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |action| self.changes.values().filter(|change| change.action == action).count();
        Counts {
            import: count(Action::Adopt),
            add: count(Action::Create) + count(Action::Replace),
            change: count(Action::Update) + count(Action::Release),
            destroy: count(Action::Delete) + count(Action::Replace),
            forget: count(Action::Forget),
        }
    }
}

/// How many objects a plan takes over, adds, changes, destroys and forgets; a replaced one is destroyed and added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub import: usize,
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    pub forget: usize,
}

/// What would happen to one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub component: Option<ComponentId>,
    pub action: Action,
    /// For people only; the applier never looks at it.
    pub reason: Reason,
    /// The ConfigMaps and Secrets whose change replaces the object's pods; for people, as the reason is.
    pub rolls: BTreeSet<ObjectKey>,
    /// The workloads whose pods are ended, since they would hold a claim that is to go.
    pub ends: BTreeSet<ObjectKey>,
    /// What uses a claim that is being deleted already, and holds it until somebody ends that.
    pub held_by: BTreeSet<ObjectKey>,
    pub expect: Expect,
    /// What is written; none for a delete or forget.
    pub manifest: Option<Manifest>,
    /// Fields of others that this change takes by force, this object alone: those that were ours before, and those
    /// that the user gave us.
    pub takes_back: Vec<Taken>,
    /// Fields whose values stay and whose owners change, where that is all that changes; for people.
    pub regains: Vec<FieldPath>,
    pub gives_up: Vec<FieldPath>,
    /// What others set on an object that is made anew, beside the fields that change: the new one does not have it.
    pub loses: Vec<Addition>,
    /// Fields that a controller looks after by now: they are not in the body.
    pub yields: Paths,
    /// Defaults that are in the way of the update and go with it.
    pub clears: Option<Clears>,
    /// What is merged into an object that was made by POST, in the place of an apply; given values come on top.
    pub merge: Option<Object>,
    pub diff: Diff,
    pub check: Check,
}

impl Change {
    /// A change of what is not there, with nothing written and nothing special about it: what every change begins as.
    pub(super) fn bare(component: Option<ComponentId>, action: Action, reason: Reason) -> Self {
        Self {
            component,
            action,
            reason,
            rolls: BTreeSet::new(),
            ends: BTreeSet::new(),
            held_by: BTreeSet::new(),
            expect: Expect::Absent,
            manifest: None,
            takes_back: Vec::new(),
            regains: Vec::new(),
            gives_up: Vec::new(),
            loses: Vec::new(),
            yields: Paths::default(),
            clears: None,
            merge: None,
            diff: Diff::default(),
            check: Check::Done,
        }
    }

    /// What is sent to the server: the manifest without the fields that a controller looks after.
    #[must_use]
    pub fn body(&self) -> Option<Object> {
        Some(self.manifest.as_ref()?.without(&self.yields))
    }
}

/// Defaults that the server does not let stand beside an update, and that only their owner can take away.
#[derive(Debug, Clone, PartialEq)]
pub struct Clears {
    pub paths: Vec<FieldPath>,
    /// What is applied first: the object as it is, with the defaults, so that they are ours when the update leaves them
    /// out.
    pub first: Object,
}

/// Whether the server has seen a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It did it as a dry run, or there is nothing to check: a delete, or what is made once.
    Done,
    /// It would create such an object elsewhere; quota and admission of the namespace had no say.
    Elsewhere,
    /// It was not asked, for this reason.
    Not(Why),
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Create,
    Update,
    /// Deleted with all that it made, and created anew.
    Replace,
    /// An object of somebody else becomes ours.
    Adopt,
    Delete,
    /// It stays, without what ditc set on it: a namespace that others made, when its environment goes.
    Release,
    /// Only the record changes: the object is gone, or is no longer ours.
    Forget,
}

/// Why a change is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    New,
    /// A run that stopped early meant to make it.
    Unfinished,
    /// A run that is still at work means to make it.
    UnderWay,
    /// Carries our label and our manager, and the record does not know what was applied.
    Unrecorded,
    DeletedOutside,
    DefinitionChanged,
    /// The commit that its component stands at is another.
    Revised(Box<Revised>),
    /// The definition of what its pods use did, so that they are replaced.
    ConfigChanged,
    /// Live differs from what was applied, though the definition did not change.
    ChangedOutside,
    DefinitionAndOutside,
    /// A value that is given from outside is another.
    GivenChanged,
    RecreatedOutside,
    /// A run that stopped early had deleted it, to make it anew.
    UnfinishedReplace,
    /// It is being deleted, and made anew when it is gone; the finalizers that hold it.
    Terminating(Vec<String>),
    /// The server cannot change this in place.
    Unchangeable(Unchangeable),
    /// The claim that this pod uses is made anew.
    ClaimReplaced(ObjectKey),
    /// The user asked for it.
    Requested,
    /// No controller looks after a field any more that was left to it.
    YieldEnded,
    /// The values are right, but others own the paths, so that a later change of theirs would be invisible.
    OwnershipLost,
    NotDesired,
    /// This stateful set made it, and goes.
    GoesWith(ObjectKey),
    /// Carries our label and our manager, but neither the definition nor the record knows it.
    Leftover,
    Destroyed,
    /// This component is destroyed, as the user asked, and its own needs it.
    NeededGoes(ComponentId),
    /// Recorded, but gone already, or another's by now.
    Gone,
}

/// What a component stood at and what it is to stand at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    pub from: Revision,
    pub to: Revision,
}

/// What must be true at the moment of writing; otherwise the step refuses.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    Absent,
    /// Gone, once this object that is being deleted is.
    Gone(Uid),
    Same {
        uid: Uid,
        resource_version: String,
        seen: Seen,
    },
}

/// A hash over what was shown of a live object: its values at the paths that are desired or owned. It is not a
/// [`Fingerprint`](crate::ownership::Fingerprint), which looks at what is ours alone and outlives the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub paths: Paths,
    pub hash: Hash,
}

/// A field that somebody else took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub field: String,
    pub manager: String,
}

/// The fields that differ, and how many do not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diff {
    pub fields: Vec<FieldChange>,
    /// Fields of ours that stay as they are.
    pub unchanged: usize,
}

/// One field before and after. None is "not there".
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub path: FieldPath,
    pub before: Option<Value>,
    pub after: After,
}

/// What a field will be.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    Value(Value),
    Absent,
    /// The server, or the run, decides it; nobody knows it before.
    Unknown,
    /// Made when applied, and never shown.
    Secret,
}

/// An object that stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchanged {
    pub component: Option<ComponentId>,
    /// What the definition asks for.
    pub body: Object,
    pub readiness: Readiness,
    /// What the record does not hold yet, or holds wrongly, and learns with the next apply.
    pub learned: Option<Applied>,
}

/// What moved on one object without ditc.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    pub component: Option<ComponentId>,
    pub kind: DriftKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DriftKind {
    Deleted,
    /// Somebody deletes it, and its finalizers still hold it.
    Terminating,
    /// Another object of the same name that says it is ours.
    Recreated,
    /// Another object of the same name that is not ours; who wrote it.
    Replaced(Vec<String>),
    /// It says that it is ours, and the record does not know it.
    Leftover,
    /// Fields of ours with what was applied, what is there now, and who did it where that is known.
    Changed(Vec<DriftedField>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct DriftedField {
    pub path: FieldPath,
    pub applied: Option<Value>,
    pub live: Option<Value>,
    /// Ditc itself, where a run of it wrote the field and stopped before it could record that.
    pub manager: Option<String>,
    /// When that manager last wrote, as the server has it.
    pub time: Option<String>,
}

/// Something that a person must decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocked {
    pub key: ObjectKey,
    pub component: Option<ComponentId>,
    pub why: Block,
    /// Where the definition asks for it.
    pub origin: Option<Origin>,
}

/// Why ditc will not go on alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// An object of that name exists and is not ours; who applied it, where that is known.
    Foreign {
        managers: Vec<String>,
    },
    /// Fields that were never ours belong to others.
    Owned(Vec<Taken>),
    /// The server refuses the manifest: its values.
    Invalid(String),
    /// The server refuses the manifest: its form. It may not name every mistake, so all that its types show stand beside.
    Malformed(String, Vec<String>),
    Forbidden(Forbidden, String),
    /// Removing or replacing it would destroy data.
    HoldsData(Losing),
    /// The namespace goes with the whole environment, or not at all.
    WithEnvironment,
    /// A Secret that exists would need other keys; its values are made once.
    SecretChanged,
    /// This claim would go, and these use it: Kubernetes keeps it as long as they do.
    Held(BTreeSet<ObjectKey>),
    /// Objects in the namespace that ditc did not make and that would be deleted with it; and kinds that could not be
    /// listed, so that nobody knows what there is of them.
    WithForeign {
        others: Vec<ObjectKey>,
        unlisted: BTreeSet<GroupKind>,
    },
}

/// How data would be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Losing {
    Delete,
    Replace(By),
    /// A stateful set is made anew: its claims, such as this one, stay as they are, whatever it asks for.
    Renew(By, String),
    /// Somebody deletes it already, and only the pods that use it still hold it.
    Going,
}

/// Who wants that something is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It does not change it in place.
    Server,
    User,
}

/// More deletions and replacements than one apply may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    pub count: usize,
    pub limit: usize,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Change(ObjectKey),
    /// All objects of a component work.
    Ready(ComponentId),
}
