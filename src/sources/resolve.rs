//! From names to commits: each repository is asked once for all that is wanted of it, several at a time. A host that does not
//! answer is an error, never an absent name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use super::{
    Access,
    git::GitError,
    github::{self, GitHubError},
    refs,
};
use crate::revision::{Commit, Reference, Repository, Sort};

/// So many repositories are asked at a time; hosts answer more slowly to those who ask for more.
const AT_ONCE: usize = 8;

/// A name in a repository.
pub type Question = (Repository, Reference);

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub commit: Commit,
    /// The tag that a release or a range led to.
    pub tag: Option<String>,
}

/// Why a name stands for no commit. All but [`Unresolved::NoReference`] leave open whether it is there.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unresolved {
    /// The repository was looked at and does not have it; names of the same sort that it has.
    #[error("there is no such name")]
    NoReference { known: Vec<String>, has_other: Option<Sort> },
    #[error("there is no such directory")]
    NoDirectory,
    #[error("releases are known to GitHub alone")]
    NoReleases,
    #[error("it names no commit")]
    NoCommit,
    #[error("asking git")]
    Git(#[source] Arc<GitError>),
    #[error(transparent)]
    GitHub(GitHubError),
}

/// Looks all names up.
pub async fn resolve(access: &Access, questions: &BTreeSet<Question>) -> BTreeMap<Question, Result<Found, Unresolved>> {
    let mut by_repository: BTreeMap<Repository, BTreeSet<Reference>> = BTreeMap::new();
    for (repository, reference) in questions.iter().cloned() {
        by_repository.entry(repository).or_default().insert(reference);
    }
    let answers = stream::iter(by_repository).map(|(repository, references)| ask(access, repository, references));
    let answers: Vec<Vec<_>> = answers.buffer_unordered(AT_ONCE).collect().await;
    answers.into_iter().flatten().collect()
}

/// Looks up what is wanted of one repository.
async fn ask(
    access: &Access,
    repository: Repository,
    references: BTreeSet<Reference>,
) -> Vec<(Question, Result<Found, Unresolved>)> {
    let answers = match &repository {
        Repository::GitHub { owner, name } => github::resolve(access, (owner, name), &references).await,
        Repository::Url(_) | Repository::Path(_) => refs::resolve(access, &repository, &references).await,
    };
    answers.into_iter().map(|(reference, found)| ((repository.clone(), reference), found)).collect()
}

/// The newest version in a range among tags, with or without a leading `v`.
pub(super) fn newest<'a, T>(range: &str, tags: impl Iterator<Item = (&'a str, T)>) -> Option<(&'a str, T)> {
    let range = semver::VersionReq::parse(range).ok()?;
    let versions = tags.filter_map(|(tag, found)| Some((version(tag)?, tag, found)));
    let fitting = versions.filter(|(version, ..)| range.matches(version));
    // Two tags of one version differ in their name alone.
    let newest = fitting.max_by(|(a, a_tag, _), (b, b_tag, _)| (a, a_tag).cmp(&(b, b_tag)))?;
    Some((newest.1, newest.2))
}

/// The version that a tag names.
pub(super) fn version(tag: &str) -> Option<semver::Version> {
    semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}
