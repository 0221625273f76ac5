//! What lies between two commits, for people: nobody decides by it, so what cannot be told is left out.

use std::path::Path;

use super::{Access, git::git, github};
use crate::revision::{Commit, Repository, Since};

/// Counts the commits from one to another, and reads the first line of the newest.
pub async fn since(access: &Access, repository: &Repository, from: &Commit, to: &Commit) -> Option<Since> {
    let mut known = access.since.lock().await;
    let key = (repository.clone(), from.clone(), to.clone());
    if let Some(known) = known.get(&key) {
        return known.clone();
    }
    let since = match repository {
        Repository::Path(path) => local(access, &access.root.join(path), from, to).await,
        Repository::GitHub { owner, name } => github::since(access, (owner, name), from, to).await,
        Repository::Url(_) => None,
    };
    known.insert(key, since.clone());
    since
}

async fn local(access: &Access, place: &Path, from: &Commit, to: &Commit) -> Option<Since> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let subject = git(access, place, &["log", "-1", "--format=%s", to.as_str(), "--"], b"").await.ok().map(text)?;
    let range = format!("{from}...{to}");
    let counts = git(access, place, &["rev-list", "--count", "--left-right", &range, "--"], b"").await.ok().map(text);
    let counts = counts.and_then(|counts| {
        let (back, commits) = counts.split_once('\t')?;
        Some((back.parse().ok()?, commits.parse().ok()?))
    });
    let (back, commits) = counts.unzip();
    Some(Since { from: from.clone(), commits, back, subject: Some(subject).filter(|subject| !subject.is_empty()) })
}
