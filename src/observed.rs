//! What the cluster told us: live objects and the answers to our questions. It judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::{GroupKind, Object, ObjectKey};

/// What is there under one key. That we could not look is no case of this: it ends the run.
#[derive(Debug, Clone, PartialEq)]
pub enum Live {
    /// Looked for by label and by name, and not there.
    Absent,
    Present(Object),
    /// Without its values, as every Secret is read.
    Metadata(Object),
}

impl Live {
    #[must_use]
    pub fn object(&self) -> Option<&Object> {
        match self {
            Live::Absent => None,
            Live::Present(object) | Live::Metadata(object) => Some(object),
        }
    }
}

/// All that was looked at: everything desired, recorded, or carrying the environment's label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    pub objects: BTreeMap<ObjectKey, Live>,
    /// Other namespaces that carry the environment's label.
    pub elsewhere: Vec<Object>,
    /// Before a destroy: the metadata of everything else in the namespace, whoever made it. Empty otherwise.
    pub others: Vec<Object>,
    /// Of the claims that go: the pods that hold them, each as a chain of the pod, what controls it, and what controls that.
    /// Only where that was looked at, and without pods that are ending.
    pub holders: BTreeMap<ObjectKey, Vec<Vec<ObjectKey>>>,
    /// Before a destroy, and where no record tells of which kinds there are objects, all are looked at: those that these
    /// credentials may not list, so that what there is of them is not known.
    pub unlisted: BTreeSet<GroupKind>,
    /// Nobody looked: the objects are as the record has them, and only what the definition asks for can differ.
    pub is_remembered: bool,
    /// Whether the run that the record leaves open is still at work, as its lease or its lock tells.
    pub is_under_way: bool,
}

/// What the server said to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What the object would become.
    Accepted(Box<Object>),
    /// A create of the manifest is accepted under another name and in another namespace, its own not being there yet.
    /// Quota and admission of its own namespace had no say.
    AcceptedElsewhere,
    /// Only this update is refused; a create of the same manifest is accepted.
    OnlyUpdateRefused(Unchangeable),
    Refused(Refusal),
    NotAsked(Why),
}

/// An update that the server does not do, of an object that it would create so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchangeable {
    /// The server's words.
    pub message: String,
    /// The fields that it names, as it prints them; some phrasings name none, or only `spec`.
    pub fields: Vec<String>,
}

/// Why the server would not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Others own fields that we would set to other values; none listed: the object moved since it was read.
    Conflict(Vec<Conflict>),
    /// An update of it is invalid, for the reasons given; a create might not be.
    Invalid(String),
    /// The manifest itself is wrong: an unknown field, a wrong type, a bad quantity.
    Malformed(String),
    /// Not allowed, and not for a lack of rights.
    Forbidden(Forbidden, String),
}

/// Who forbids it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// Nothing is made in a namespace that is being deleted.
    NamespaceTerminating,
    Quota,
    /// A policy, a webhook or a limit of the cluster.
    Admission,
}

/// One field that another manager owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    pub manager: String,
    /// As the server prints it; it matches the `Display` of a [`FieldPath`](crate::object::FieldPath).
    pub field: String,
}

/// Why nothing was asked about a change, in words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The namespace is itself planned, so the server would only say that it is missing.
    NamespaceNotYet,
    /// The server does not know the kind yet; a definition in this plan brings it.
    KindNotYet,
    /// We may read, but not write.
    NoRight,
    /// Where it could be checked instead, these credentials may not create it.
    NoRightToCheck,
    /// Where it could be checked instead, quota or a policy is in the way.
    CheckRefused,
    /// The server looks up another object that this plan makes first.
    NeedsOther,
    /// The cluster was not asked at all, as the user wished.
    NotRefreshed,
}

impl Why {
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Why::NamespaceNotYet => "its namespace does not exist yet",
            Why::KindNotYet => "its kind does not exist yet",
            Why::NoRight => "these credentials have no right to write it",
            Why::NoRightToCheck => {
                "its namespace does not exist yet, and these credentials may not create such objects where they are checked"
            }
            Why::CheckRefused => {
                "its namespace does not exist yet, and quota or a policy is in the way where such objects are checked"
            }
            Why::NeedsOther => "the server looks up an object that does not exist yet",
            Why::NotRefreshed => "the cluster was not asked (-refresh=false)",
        }
    }
}

/// How far an object is, as the room `readiness` judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// On its way, and what it waits for: `1 of 2 replicas are available`.
    Waiting(String),
    /// It will not become ready by itself, and why.
    Failed(String),
}

impl Readiness {
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self == Readiness::Ready
    }
}
