//! The files at one path of a repository at one commit, as bytes: nothing is written, no link leads out, and there is an
//! end to how much is read.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Access, git::GitError, local};
use crate::{
    object::Hash,
    revision::{Commit, Repository},
};

/// More files than any chart has.
pub(super) const ENTRIES: usize = 10_000;
/// More bytes than any chart has, unpacked.
pub(super) const BYTES: u64 = 100 * 1024 * 1024;
/// The longest path in a tree.
const PATH: usize = 1024;

/// Files by their path relative to the tree, with `/` between its parts; a single file by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub commit: Commit,
    pub files: BTreeMap<String, TreeFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    pub bytes: Vec<u8>,
    pub is_executable: bool,
}

impl Tree {
    /// The hash over all paths, modes and bytes: equal digests are equal trees, whatever the commit.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let mut hasher = Sha256::new();
        for (path, TreeFile { bytes, is_executable }) in &self.files {
            for part in [path.as_bytes(), &[u8::from(*is_executable)], bytes] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        Hash::from_digest(hasher.finalize().into())
    }
}

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("`{0}` is no path inside a repository")]
    Path(String),
    #[error("there is no repository {0}")]
    NoRepository(Repository),
    #[error("{repository} has no commit {commit}")]
    NoCommit { repository: Repository, commit: Commit },
    /// Nothing of this name; what lies beside it, by its path.
    #[error("there is no `{path}` at commit {commit} of {repository}")]
    NoPath { repository: Repository, commit: Commit, path: String, near: Vec<String> },
    #[error("`{path}` has a name that no file here may have")]
    Name { path: String },
    #[error("`{path}` is a link that leads out of the tree, to `{target}`")]
    LeadsOut { path: String, target: String },
    #[error("`{path}` is a link to `{target}`, which is no file of the tree")]
    Link { path: String, target: String },
    #[error("`{path}` is neither a file nor a link to one")]
    Special { path: String },
    #[error("it holds more than {ENTRIES} files")]
    TooMany,
    #[error("it holds more than {} MB", BYTES / 1024 / 1024)]
    TooBig,
    #[error("asking for the files of {repository}")]
    Git { repository: Repository, source: GitError },
    #[error("the answer of git makes no sense: {0}")]
    Nonsense(String),
}

/// Reads the tree or the file at `path` (empty for all of it) of a repository at a commit.
///
/// # Errors
/// When there is none, it cannot be reached, or it holds what no tree may hold.
pub async fn tree(access: &Access, repository: &Repository, commit: &Commit, path: &str) -> Result<Tree, TreeError> {
    let path = path.trim_end_matches('/');
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = if path == "." { "" } else { path };
    if !path.is_empty() && !is_inside(path) {
        return Err(TreeError::Path(path.to_owned()));
    }
    match repository {
        Repository::Path(place) => local::tree(access, &access.root.join(place), repository, commit, path).await,
        Repository::GitHub { .. } | Repository::Url(_) => Err(TreeError::NoRepository(repository.clone())),
    }
}

/// Whether a path stays below where it begins, on every system, and is none of git's own.
pub(super) fn is_inside(path: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git") && !part.eq_ignore_ascii_case("git~1")
    };
    path.len() <= PATH && path.split('/').all(is_part) && !path.chars().any(|c| c.is_control() || c == '\\')
}

/// What a tree is made from: files, and links that are still to be followed.
#[derive(Default)]
pub(super) struct Gathered {
    files: BTreeMap<String, TreeFile>,
    links: BTreeMap<String, String>,
    entries: usize,
    bytes: u64,
}

impl Gathered {
    /// Makes sure that one more file of this size may come.
    pub(super) fn reserve(&mut self, path: &str, size: u64) -> Result<(), TreeError> {
        if !is_inside(path) {
            return Err(TreeError::Name { path: path.escape_debug().to_string() });
        }
        self.entries += 1;
        if self.entries > ENTRIES {
            return Err(TreeError::TooMany);
        }
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > BYTES { Err(TreeError::TooBig) } else { Ok(()) }
    }

    pub(super) fn file(&mut self, path: String, bytes: Vec<u8>, is_executable: bool) {
        self.files.insert(path, TreeFile { bytes, is_executable });
    }

    pub(super) fn link(&mut self, path: String, target: &[u8]) {
        self.links.insert(path, String::from_utf8_lossy(target).into_owned());
    }

    /// Puts what links lead to in their place.
    pub(super) fn tree(mut self, commit: &Commit) -> Result<Tree, TreeError> {
        let mut followed = BTreeMap::new();
        for (path, target) in &self.links {
            let mut at = resolve(path, target)?;
            // A chain of links ends, or goes round.
            for _ in 0..self.links.len() {
                let Some(next) = self.links.get(&at) else { break };
                at = resolve(&at, next)?;
            }
            let Some(file) = self.files.get(&at) else {
                return Err(TreeError::Link { path: path.clone(), target: target.escape_debug().to_string() });
            };
            self.bytes = self.bytes.saturating_add(file.bytes.len() as u64);
            if self.bytes > BYTES {
                return Err(TreeError::TooBig);
            }
            followed.insert(path.clone(), file.clone());
        }
        self.files.append(&mut followed);
        Ok(Tree { commit: commit.clone(), files: self.files })
    }
}

/// Where a link leads, relative to the tree.
fn resolve(path: &str, target: &str) -> Result<String, TreeError> {
    let leads_out = || TreeError::LeadsOut { path: path.to_owned(), target: target.escape_debug().to_string() };
    if target.starts_with('/') {
        return Err(leads_out());
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(leads_out)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
