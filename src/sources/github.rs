//! What names of a repository on GitHub stand for, by its REST API: one request for a tag or a branch, and none that counts
//! where nothing moved.

mod app;
mod ask;
mod error;
mod login;
mod send;
mod tell;

use std::collections::{BTreeMap, BTreeSet};

use hyper::body::Bytes;
use serde::Deserialize;

pub use app::App;
pub use error::GitHubError;
pub use login::{GITHUB, GitHub, Login, Token};
pub use tell::{Board, COMMENT, How, Notice, Posted, State};

use super::{
    Access,
    resolve::{Found, Unresolved, newest, version},
};
use crate::revision::{Commit, LATEST, Reference, Since, Sort};
use ask::Asked;

/// The media type that answers with the name of a commit and nothing else.
const SHA: &str = "application/vnd.github.sha";
const JSON: &str = "application/vnd.github+json";

/// More pages of tags than this are not read: 100 names each.
const PAGES: usize = 200;

#[derive(Deserialize)]
struct Ref {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Release {
    tag_name: String,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    commit: TagCommit,
}

#[derive(Deserialize)]
struct TagCommit {
    sha: String,
}

#[derive(Deserialize)]
struct Compared {
    total_commits: u64,
    #[serde(default)]
    behind_by: u64,
}

/// Of a commit, and of a refusal.
#[derive(Deserialize)]
struct Message {
    message: String,
}

/// Whatever GitHub has a number for.
#[derive(Deserialize)]
struct Identified {
    id: u64,
}

/// Looks names of one repository up.
pub(super) async fn resolve(
    access: &Access,
    (owner, name): (&str, &str),
    references: &BTreeSet<Reference>,
) -> BTreeMap<Reference, Result<Found, Unresolved>> {
    let asked = Asked { access, repository: format!("{owner}/{name}") };
    let mut found = BTreeMap::new();
    for reference in references {
        let answer = asked.find(reference).await;
        let is_over = matches!(&answer, Err(Unresolved::GitHub(error)) if error.is_about_all());
        found.insert(reference.clone(), answer.clone());
        if is_over {
            // The next question would be answered alike, and counted against whoever asks.
            found.extend(references.iter().map(|reference| (reference.clone(), answer.clone())));
            break;
        }
    }
    found
}

impl Asked<'_> {
    async fn find(&self, Reference { sort, name }: &Reference) -> Result<Found, Unresolved> {
        let plain = |commit| Found { commit, tag: None };
        match sort {
            Sort::Tag => self.tag(name).await.map(plain),
            Sort::Branch => self.branch(name).await.map(plain),
            Sort::Commit => Ok(plain(Commit::new(name.as_str()).map_err(|_| Unresolved::NoCommit)?)),
            Sort::Release => {
                let path = if name == LATEST {
                    "releases/latest".to_owned()
                } else {
                    format!("releases/tags/{}", escaped(name))
                };
                let release: Option<Release> = self.maybe(&path).await?;
                let Some(Release { tag_name }) = release else {
                    return Err(Unresolved::NoReference { known: Vec::new(), has_other: None });
                };
                let commit = self.tag(&tag_name).await?;
                Ok(Found { commit, tag: Some(tag_name) })
            }
            Sort::Semver => {
                let tags = self.tags(PAGES).await?;
                let found = newest(name, tags.iter().map(|tag| (tag.name.as_str(), &tag.commit.sha)));
                let Some((tag, sha)) = found else {
                    let known = tags.into_iter().map(|tag| tag.name).filter(|tag| version(tag).is_some()).collect();
                    return Err(Unresolved::NoReference { known, has_other: None });
                };
                Ok(Found { commit: commit(sha)?, tag: Some(tag.to_owned()) })
            }
        }
    }

    /// The commit behind a tag, through all tags of tags.
    async fn tag(&self, name: &str) -> Result<Commit, Unresolved> {
        // With `tags/` before it, so that no branch of this name is meant.
        let answer = self.text(&format!("commits/tags/{}", escaped(name)), SHA).await;
        match answer {
            Ok(sha) => commit(sha.trim()),
            // A repository that is not there, and a name that it does not have, may look alike.
            Err(GitHubError::NoSuch | GitHubError::NotFound { .. }) => {
                self.is_there().await?;
                let has_other = self.head(name).await.unwrap_or_default().map(|_| Sort::Branch);
                // One page tells whether there was a slip of the pen.
                let known = self.tags(1).await.unwrap_or_default().into_iter().map(|tag| tag.name).collect();
                Err(Unresolved::NoReference { known, has_other })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn branch(&self, name: &str) -> Result<Commit, Unresolved> {
        match self.head(name).await? {
            Some(Ref { object }) if object.kind == "commit" => commit(&object.sha),
            Some(_) => Err(Unresolved::NoCommit),
            None => {
                let tag = self.text(&format!("git/ref/tags/{}", escaped(name)), JSON).await;
                Err(Unresolved::NoReference { known: Vec::new(), has_other: tag.ok().map(|_| Sort::Tag) })
            }
        }
    }

    async fn head(&self, name: &str) -> Result<Option<Ref>, Unresolved> {
        self.maybe(&format!("git/ref/heads/{}", escaped(name))).await
    }

    /// The tags, newest pages first as GitHub has them, each with the commit behind it.
    async fn tags(&self, pages: usize) -> Result<Vec<Tag>, Unresolved> {
        let mut tags = Vec::new();
        for page in 1..=pages {
            let text = self.text(&format!("tags?per_page=100&page={page}"), JSON).await?;
            let mut some: Vec<Tag> = read(&text)?;
            let is_last = some.len() < 100;
            tags.append(&mut some);
            if is_last {
                break;
            }
        }
        Ok(tags)
    }

    /// What may be missing in a repository that is there.
    async fn maybe<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Unresolved> {
        match self.text(path, JSON).await {
            Ok(text) => Ok(Some(read(&text)?)),
            Err(GitHubError::NoSuch | GitHubError::NotFound { .. }) => {
                self.is_there().await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes sure that there is such a repository, and that it may be seen.
    async fn is_there(&self) -> Result<(), Unresolved> {
        self.text("", JSON).await.map(|_| ()).map_err(Unresolved::from)
    }
}

fn commit(sha: &str) -> Result<Commit, Unresolved> {
    Commit::new(sha).map_err(|_| {
        GitHubError::Nonsense(format!("{:?} is no commit", sha.chars().take(60).collect::<String>())).into()
    })
}

/// What GitHub answers, as it documents it.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, GitHubError> {
    serde_json::from_str(text).map_err(|error| GitHubError::Nonsense(error.to_string()))
}

/// A name as a part of a path; `/` stands for itself.
fn escaped(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    name.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// All files of a commit, packed.
pub(super) async fn archive(
    access: &Access,
    (owner, name): (&str, &str),
    commit: &Commit,
) -> Result<Bytes, GitHubError> {
    Asked { access, repository: format!("{owner}/{name}") }.archive(commit).await
}

/// What lies between two commits; the files that changed are not asked for.
pub(super) async fn since(access: &Access, (owner, name): (&str, &str), from: &Commit, to: &Commit) -> Option<Since> {
    let asked = Asked { access, repository: format!("{owner}/{name}") };
    let compared = asked.text(&format!("compare/{from}...{to}?per_page=1&page=2"), JSON).await.ok()?;
    let Compared { total_commits, behind_by } = read(&compared).ok()?;
    let message = asked.text(&format!("git/commits/{to}"), JSON).await.ok();
    let message: Option<Message> = message.and_then(|text| read(&text).ok());
    let subject = message.and_then(|Message { message }| message.lines().next().map(str::to_owned));
    Some(Since { from: from.clone(), commits: Some(total_commits), back: Some(behind_by), subject })
}
