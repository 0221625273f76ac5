//! What ditc last did to an environment, as values; where that is kept is the business of `format`, `store`, `cluster`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;

use crate::{
    names::{ComponentId, EnvironmentName, Namespace},
    object::{Hash, Object, ObjectKey, Uid},
    ownership::{Fingerprint, Paths},
    revision::Revision,
};

/// The identity of one cluster: the uid of its namespace `kube-system`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterId(pub String);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One life of an environment, from its creation to its end; a new one after it was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lineage(pub String);

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which state this is: `serial` counts the writes of the record within a lineage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub lineage: Lineage,
    pub serial: u64,
}

/// An environment as ditc last left it.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub version: Version,
    pub cluster: ClusterId,
    pub environment: EnvironmentName,
    pub namespace: Namespace,
    /// Whether ditc made the namespace. One that it did not make is never deleted.
    pub created_namespace: bool,
    /// What each component needed when it was last applied, so that a destroy has an order without the TOML.
    pub components: BTreeMap<ComponentId, BTreeSet<ComponentId>>,
    /// What components stood at that follow a repository, as far as they were applied.
    pub revisions: BTreeMap<ComponentId, Revision>,
    pub entries: BTreeMap<ObjectKey, Entry>,
    /// Whether the last run looked at a part of the environment only, as `-target` and `-exclude` say.
    pub partial: bool,
    /// The run that is under way, or that never came to its end.
    pub open: Option<Run>,
    /// The run that came to its end before; none where the record was made anew, or by a ditc that did not keep it.
    pub last: Option<Ended>,
    /// Whose files the environment was last applied from; none where a ditc applied it that did not keep that.
    pub project: Option<Project>,
    /// When the record was last written, by the clock of who wrote it; for people only.
    pub written: Timestamp,
}

impl State {
    /// The run that did not do all that it was to do: one that never came to its end, else the last, where it failed or was
    /// stopped on its way.
    #[must_use]
    pub fn incomplete(&self) -> Option<&Run> {
        let last = self.last.as_ref().filter(|last| !last.complete).map(|last| &last.run);
        self.open.as_ref().or(last)
    }

    /// The project that the environment was last applied from, where that is known.
    #[must_use]
    pub fn project(&self) -> Option<Project> {
        let runs = [self.open.as_ref(), self.last.as_ref().map(|ended| &ended.run)];
        let by_runs = || {
            let repository = runs.into_iter().flatten().find_map(|run| run.definition.as_ref()?.project.clone())?;
            Some(Project { repository: Some(repository), ..Project::default() })
        };
        self.project.clone().or_else(by_runs)
    }
}

/// Which project a workspace belongs to, as far as that can be told. Whatever is known of two of them tells whether they
/// are one: a clone is the same project as its origin, and so is a directory before and after it came into git.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Project {
    /// The place that it was cloned from, and where in it it lies; none where that is on one machine only.
    pub repository: Option<String>,
    /// The first commit of its history, and where in it it lies; left out where the repository says enough.
    pub beginning: Option<String>,
    /// The host and the directory that it lies in.
    pub directory: Option<Directory>,
}

/// A directory on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    pub host: String,
    pub path: String,
}

impl Project {
    /// Whether this is certainly not the same project: the first fact that is known of both decides.
    #[must_use]
    pub fn is_other_than(&self, other: &Project) -> bool {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
            Some(one? != other?)
        }
        let Project { repository, beginning, directory } = self;
        differ(repository.as_ref(), other.repository.as_ref())
            .or_else(|| differ(beginning.as_ref(), other.beginning.as_ref()))
            .or_else(|| differ(directory.as_ref(), other.directory.as_ref()))
            .unwrap_or(false)
    }
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.repository, &self.directory) {
            (Some(repository), _) => f.write_str(repository),
            (None, Some(Directory { host, path })) => write!(f, "{path} on {host}"),
            (None, None) => f.write_str("somewhere"),
        }
    }
}

/// One object in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub component: Option<ComponentId>,
    pub api_version: String,
    pub phase: Phase,
    /// What the open run means to do with it, so that it can be told how far that run came.
    pub deed: Option<Deed>,
}

/// What a run does to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    Create,
    Update,
    Replace,
    Delete,
    Adopt,
}

/// How far ditc came with an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// A run meant to create it; whether it came so far is for the cluster to say.
    Planned,
    Applied(Applied),
    /// A run meant to delete what is known here and to create it anew; it may be gone.
    Replacing(Applied),
}

/// What ditc knows of an object that it wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub uid: Uid,
    /// The manifest as it was sent; a Secret's has no values.
    pub body: Object,
    /// The [`Manifest::hash`](crate::desired::Manifest::hash) of that manifest.
    pub desired: Hash,
    /// Taken from the server's answer to the write; none when it could not be taken, which is a question next time.
    pub fingerprint: Option<Fingerprint>,
    pub owned: Paths,
    /// The digests of a Secret's given values, by their keys.
    pub given: BTreeMap<String, Hash>,
    /// How often the generated values of a Secret were made anew since the first time.
    pub round: u32,
    /// Fields of the manifest that were left to a controller; `body` does not hold them.
    pub yielded: Paths,
    /// A Job or Pod that ran to its end: it may be gone by now, and that is no change.
    pub finished: bool,
}

impl Applied {
    /// The fields that are ours, and those that would be, had they not been left to a controller.
    #[must_use]
    pub fn claims(&self) -> Paths {
        self.owned.union(&self.yielded)
    }
}

impl Entry {
    #[must_use]
    pub fn applied(&self) -> Option<&Applied> {
        match &self.phase {
            Phase::Planned => None,
            Phase::Applied(applied) | Phase::Replacing(applied) => Some(applied),
        }
    }
}

/// A run of `apply` or `destroy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: String,
    pub operation: Operation,
    /// `user@host`, for people only.
    pub who: String,
    pub since: Timestamp,
    /// The files that it was made from; none for a destroy, and where no git knows them.
    pub definition: Option<Definition>,
}

/// Which files a run was made from, as git knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub commit: String,
    /// Whether the files differed from that commit, so that nobody has them any more.
    pub is_dirty: bool,
    /// The project that they belong to: the place that they were cloned from; none where that is on one machine only.
    pub project: Option<String>,
}

impl Definition {
    /// How much of a commit people read.
    pub const SHORT: usize = 7;

    /// As much of the commit as people read.
    #[must_use]
    pub fn short(&self) -> &str {
        self.commit.get(..Self::SHORT).unwrap_or(&self.commit)
    }
}

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub run: Run,
    /// Whether all of it was done.
    pub complete: bool,
}

/// How many objects a run imported, added, changed and destroyed; what is replaced is destroyed and added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub imported: usize,
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
}

impl Totals {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            imported: self.imported + other.imported,
            added: self.added + other.added,
            changed: self.changed + other.changed,
            destroyed: self.destroyed + other.destroyed,
        }
    }
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Apply,
    Destroy,
}

impl Operation {
    /// The verb that people type.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Operation::Apply => "apply",
            Operation::Destroy => "destroy",
        }
    }
}
