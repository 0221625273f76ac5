//! What the cluster told us: live objects and the answers to our questions. It judges nothing.

use std::collections::BTreeMap;

use crate::object::{Object, ObjectKey};

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
}

/// What the server said to a dry-run apply.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What the object would become.
    Accepted(Box<Object>),
    Refused(Refusal),
    NotAsked(Why),
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
    /// Not allowed: rights, quota, admission, or a namespace that is going away.
    Forbidden(String),
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
}

impl Why {
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Why::NamespaceNotYet => "its namespace does not exist yet",
            Why::KindNotYet => "its kind does not exist yet",
            Why::NoRight => "these credentials have no right to write it",
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
