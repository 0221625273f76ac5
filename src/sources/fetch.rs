//! One commit out of a repository that git reaches by a URL: into a repository of its own that is gone afterwards, without
//! history, and without what is too large to be meant.

use super::{
    Access,
    git::{GitError, git},
    tree::TreeError,
};
use crate::{
    files::Scratch,
    revision::{Commit, Repository},
};

/// What may come over the wire, and the largest file that git may write meanwhile.
pub(super) const PACKED: u64 = 20 * 1024 * 1024;
/// Larger files are left at the server, and fetched one by one if they lie where something is wanted. Not every server can.
const FILTER: &str = "--filter=blob:limit=1m";

/// Fetches a commit; `reference` is a name that led to it, for servers that give out nothing but what they name.
///
/// # Errors
/// When it cannot be had, or is too large.
pub(super) async fn fetch(
    access: &Access,
    repository: &Repository,
    url: &str,
    commit: &Commit,
    reference: Option<&str>,
) -> Result<Scratch, TreeError> {
    let scratch = Scratch::make(&access.cache.join("fetch"))?;
    let ask = async |arguments: &[&str]| git(access, scratch.path(), arguments, b"").await;
    let failed = |source| match source {
        GitError::Failed(said) if said.0.contains("File too large") => TreeError::TooBigPacked,
        source => TreeError::Git { repository: repository.clone(), source },
    };
    let format = if commit.as_str().len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
    ask(&["init", "--quiet", "--template=", format, "."]).await.map_err(failed)?;
    // In the configuration, since what was left at the server is asked for later.
    ask(&["config", "--local", "remote.origin.url", url]).await.map_err(failed)?;
    // One file for all objects, so that its size is that of all; large ones are not unpacked in memory.
    ask(&["config", "--local", "fetch.unpackLimit", "1"]).await.map_err(failed)?;
    ask(&["config", "--local", "core.bigFileThreshold", "1m"]).await.map_err(failed)?;
    let fetch = async |what: &str| {
        let options = ["--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", FILTER];
        ask(&[&["fetch"], options.as_slice(), &["origin", what]].concat()).await
    };
    match fetch(commit.as_str()).await {
        Ok(_) => Ok(scratch),
        Err(GitError::Failed(said)) if ["not our ref", "unadvertised object"].iter().any(|no| said.0.contains(no)) => {
            let no_commit = || TreeError::NoCommit { repository: repository.clone(), commit: commit.clone() };
            fetch(reference.ok_or_else(no_commit)?).await.map_err(failed)?;
            Ok(scratch)
        }
        Err(error) => Err(failed(error)),
    }
}
