//! How the outside is asked: from where, as whom, and for how long. A token is shown to nobody.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::GitHub;
use crate::revision::{Commit, Repository, Since};

/// What all questions to git and GitHub need.
#[derive(Debug, Clone)]
pub struct Access {
    /// The workspace; paths are relative to it.
    pub root: PathBuf,
    /// Where answers and trees are kept, so that they are asked for once.
    pub cache: PathBuf,
    /// How the user starts ssh, where git was told so.
    pub ssh_command: Option<String>,
    pub github: GitHub,
    /// The longest that one question may take.
    pub timeout: Duration,
    /// Whether nobody is to be asked; what lies on this disk is looked at all the same.
    pub is_offline: bool,
    /// The largest file that git may write; none where it writes nothing.
    pub(super) largest: Option<u64>,
    /// What was found out about what lies between two commits; each is asked for once.
    pub(super) since: KnownSince,
}

impl Access {
    #[must_use]
    pub fn new(root: PathBuf, cache: PathBuf, ssh_command: Option<String>, github: GitHub, timeout: Duration) -> Self {
        Self {
            root,
            cache,
            ssh_command,
            github,
            timeout,
            is_offline: false,
            largest: None,
            since: KnownSince::default(),
        }
    }

    /// The same, where nobody is to be asked.
    #[must_use]
    pub fn offline(self) -> Self {
        Self { is_offline: true, ..self }
    }
}

/// What lies between two commits of a repository, or that nobody could tell.
pub(super) type KnownSince = Arc<Mutex<BTreeMap<(Repository, Commit, Commit), Option<Since>>>>;

/// Why a host gave no answer, as far as that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    NoGit,
    Network,
    /// It wants to know who asks, or does not want this one.
    Auth,
    /// There is no such repository, or none that this user may see.
    NotFound,
    /// The host's key is not known.
    HostKey,
    /// The repository belongs to somebody else, and git keeps away from it.
    Owner,
    Other,
}

impl Unreachable {
    /// Reads git's words; those of git itself are English, since it is asked to be.
    pub(super) fn of_git(text: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["dubious ownership"]) {
            Self::Owner
        } else if says(&["Host key verification failed"]) {
            Self::HostKey
        } else if says(&["not found", "does not appear to be a git repository", "does not exist", "not exported"]) {
            Self::NotFound
        } else if says(&[
            "could not read Username",
            "could not read Password",
            "Authentication failed",
            "Permission denied",
            "403",
            "401",
        ]) {
            Self::Auth
        } else if says(&[
            "Could not resolve",
            "unable to connect",
            "Failed to connect",
            "timed out",
            "refused",
            "unreachable",
            "unable to access",
        ]) {
            Self::Network
        } else {
            Self::Other
        }
    }
}
