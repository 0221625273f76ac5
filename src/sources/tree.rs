//! The files at one path of a repository at one commit, as bytes: nothing is written, no link leads out, and there is an
//! end to how much is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::{
    Access, GitHubError, archive,
    fetch::{PACKED, fetch},
    git::GitError,
    github, kept, local,
};
use crate::{
    files,
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

    /// The digest as lock files have it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("sha256:{}", self.digest())
    }
}

/// A tree that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeQuestion {
    pub repository: Repository,
    pub commit: Commit,
    /// A directory or a file; empty for everything.
    pub path: String,
    /// The full name that led to the commit, such as `refs/tags/dev`: some servers give out nothing that they do not name.
    pub reference: Option<String>,
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
    #[error("`{path}` is a submodule, and its files lie in another repository")]
    Submodule { path: String },
    #[error("`{path}` is neither a file nor a link to one")]
    Special { path: String },
    #[error("it holds more than {ENTRIES} files")]
    TooMany,
    #[error("it holds more than {} MB", BYTES / 1024 / 1024)]
    TooBig,
    #[error("it is more than {} MB to fetch", PACKED / 1024 / 1024)]
    TooBigPacked,
    #[error("it is not kept here, and nobody was to be asked")]
    Offline,
    #[error("the archive is of commit {said}, and {commit} was asked for")]
    WrongCommit { commit: Commit, said: String },
    #[error("the archive makes no sense: {0}")]
    Archive(String),
    #[error("asking for an archive")]
    GitHub(#[source] GitHubError),
    #[error(transparent)]
    Files(#[from] files::Error),
    #[error("asking for the files of {repository}")]
    Git { repository: Repository, source: GitError },
    #[error("the answer of git makes no sense: {0}")]
    Nonsense(String),
}

/// So many repositories are fetched at a time, as many as are asked for references.
const AT_ONCE: usize = 8;

/// What became of a question; an error may be shared by several.
pub type TreeAnswer = Result<Tree, Arc<TreeError>>;

/// Reads trees and files of repositories at commits: from this disk, or from those who have them, each commit once.
pub async fn trees(access: &Access, questions: &BTreeSet<TreeQuestion>) -> BTreeMap<TreeQuestion, TreeAnswer> {
    let mut answers = BTreeMap::new();
    let mut by_commit: BTreeMap<(&Repository, &Commit), Vec<Asked<'_>>> = BTreeMap::new();
    for question in questions {
        match plain(&question.path) {
            Ok(path) => {
                by_commit.entry((&question.repository, &question.commit)).or_default().push(Asked { question, path });
            }
            // One that asks for what cannot be stands in nobody else's way.
            Err(error) => _ = answers.insert(question.clone(), Err(Arc::new(error))),
        }
    }
    let read = stream::iter(by_commit.into_values()).map(|questions| async {
        match &questions[0].question.repository {
            Repository::Path(place) => of_path(access, &access.root.join(place), questions).await,
            Repository::GitHub { .. } | Repository::Url(_) => of_host(access, questions).await,
        }
    });
    let read: Vec<Vec<_>> = read.buffer_unordered(AT_ONCE).collect().await;
    answers.extend(read.into_iter().flatten().map(|(question, answer)| (question.clone(), answer)));
    answers
}

/// A question, and its path as git writes it.
#[derive(Clone, Copy)]
struct Asked<'a> {
    question: &'a TreeQuestion,
    path: &'a str,
}

/// Reads trees out of a repository on this disk.
async fn of_path<'a>(access: &Access, place: &Path, questions: Vec<Asked<'a>>) -> Vec<(&'a TreeQuestion, TreeAnswer)> {
    let mut answers = Vec::with_capacity(questions.len());
    for Asked { question, path } in questions {
        let tree = local::tree(access, place, &question.repository, &question.commit, path).await;
        answers.push((question, tree.map_err(Arc::new)));
    }
    answers
}

/// Reads trees of one commit of a repository that somebody else has; what was fetched before is not fetched again.
async fn of_host<'a>(access: &Access, questions: Vec<Asked<'a>>) -> Vec<(&'a TreeQuestion, TreeAnswer)> {
    let mut answers = Vec::with_capacity(questions.len());
    let mut missing = Vec::new();
    for asked in questions {
        match kept::read(access, asked.question) {
            Some(tree) => answers.push((asked.question, Ok(tree))),
            None => missing.push(asked),
        }
    }
    if missing.is_empty() {
        return answers;
    }
    let fetched = match access.is_offline {
        true => Err(TreeError::Offline),
        false => fetched(access, &missing).await,
    };
    match fetched {
        Ok(fetched) => {
            for (question, answer) in fetched {
                if let Ok(tree) = &answer {
                    kept::keep(access, question, tree);
                }
                answers.push((question, answer));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            answers.extend(missing.into_iter().map(|asked| (asked.question, Err(Arc::clone(&error)))));
        }
    }
    answers
}

async fn fetched<'a>(
    access: &Access,
    questions: &[Asked<'a>],
) -> Result<Vec<(&'a TreeQuestion, TreeAnswer)>, TreeError> {
    let TreeQuestion { repository, commit, path: _, reference } = questions[0].question;
    match repository {
        Repository::GitHub { owner, name } => {
            let packed = github::archive(access, (owner, name), commit).await.map_err(|error| match error {
                GitHubError::TooLarge => TreeError::TooBigPacked,
                GitHubError::NoSuch => TreeError::NoCommit { repository: repository.clone(), commit: commit.clone() },
                error => TreeError::GitHub(error),
            })?;
            let paths: Vec<&str> = questions.iter().map(|asked| asked.path).collect();
            let trees = archive::trees(&packed, repository, commit, &paths)?;
            let answers = questions.iter().zip(trees).map(|(asked, tree)| (asked.question, tree.map_err(Arc::new)));
            Ok(answers.collect())
        }
        Repository::Url(url) => {
            let access = Access { largest: Some(PACKED), ..access.clone() };
            let scratch = fetch(&access, repository, url, commit, reference.as_deref()).await?;
            Ok(of_path(&access, scratch.path(), questions.to_vec()).await)
        }
        Repository::Path(_) => Err(TreeError::NoRepository(repository.clone())),
    }
}

/// A path as git writes it; empty for everything.
fn plain(path: &str) -> Result<&str, TreeError> {
    let path = path.trim_end_matches('/');
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = if path == "." { "" } else { path };
    if path.is_empty() || is_inside(path) { Ok(path) } else { Err(TreeError::Path(path.to_owned())) }
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
