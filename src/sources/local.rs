//! Trees out of a repository on this disk, object by object: no working copy, no attributes, no filters.

use std::path::Path;

use super::{
    Access,
    git::{GitError, git, next_blob},
    tree::{Gathered, Tree, TreeError},
};
use crate::revision::{Commit, Repository};

/// One line of `git ls-tree`.
struct Listed {
    mode: String,
    id: String,
    path: String,
}

/// Reads a tree of the repository at `place`.
pub(super) async fn tree(
    access: &Access,
    place: &Path,
    repository: &Repository,
    commit: &Commit,
    path: &str,
) -> Result<Tree, TreeError> {
    if !place.is_dir() {
        return Err(TreeError::NoRepository(repository.clone()));
    }
    let ask = async |arguments: &[&str], input: &[u8]| git(access, place, arguments, input).await;
    let failed = |source| TreeError::Git { repository: repository.clone(), source };
    let whole = format!("{commit}^{{commit}}");
    match ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &whole], b"").await {
        Ok(_) => {}
        // It is quiet about what is missing, and speaks up when there is no repository.
        Err(GitError::Failed(said)) if said.0 == "it says nothing" => {
            return Err(TreeError::NoCommit { repository: repository.clone(), commit: commit.clone() });
        }
        Err(error) => return Err(failed(error)),
    }
    let below = |path: &str| format!("{commit}:{path}");
    let kind = async |path: &str| {
        let said = ask(&["cat-file", "--batch-check=%(objecttype)"], format!("{}\n", below(path)).as_bytes()).await?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    };
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let listing = match kind(path).await.map_err(failed)?.as_str() {
        "tree" => ask(&["ls-tree", "-r", "-z", "--long", "--full-tree", &below(path)], b"").await.map_err(failed)?,
        "blob" => {
            let listing = ask(&["ls-tree", "-z", "--long", "--full-tree", &below(parent), "--", name], b"").await;
            listing.map_err(failed)?
        }
        _ => {
            let (repository, commit, path) = (repository.clone(), commit.clone(), path.to_owned());
            let mut at = path.as_str();
            let near = loop {
                at = at.rsplit_once('/').map_or("", |(parent, _)| parent);
                if at.is_empty() || kind(at).await.map_err(failed)? == "tree" {
                    break ask(&["ls-tree", "-z", "--name-only", "--full-tree", &below(at)], b"")
                        .await
                        .map_err(failed)?;
                }
            };
            let names = near.split(|byte| *byte == 0).map(String::from_utf8_lossy).filter(|name| !name.is_empty());
            let near =
                names.map(|name| if at.is_empty() { name.into_owned() } else { format!("{at}/{name}") }).collect();
            return Err(TreeError::NoPath { repository, commit, path, near });
        }
    };
    let mut gathered = Gathered::default();
    let mut listed = Vec::new();
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let (entry, size) = read_line(line)?;
        if entry.mode == "160000" {
            return Err(TreeError::Submodule { path: entry.path });
        }
        if !matches!(entry.mode.as_str(), "100644" | "100664" | "100755" | "120000") {
            return Err(TreeError::Special { path: entry.path });
        }
        gathered.reserve(&entry.path, size)?;
        listed.push(entry);
    }
    let ids: String = listed.iter().flat_map(|entry| [entry.id.as_str(), "\n"]).collect();
    let contents = ask(&["cat-file", "--batch"], ids.as_bytes()).await.map_err(failed)?;
    let mut rest = contents.as_slice();
    for Listed { mode, id, path } in listed {
        let nonsense = || TreeError::Nonsense(format!("object {id} is not what was asked for"));
        let bytes = next_blob(&mut rest, &id).ok_or_else(nonsense)?;
        match mode.as_str() {
            "120000" => gathered.link(path, bytes),
            mode => gathered.file(path, bytes.to_vec(), mode == "100755"),
        }
    }
    gathered.tree(commit)
}

/// `MODE TYPE ID SIZE<tab>PATH`.
fn read_line(line: &[u8]) -> Result<(Listed, u64), TreeError> {
    let text = String::from_utf8_lossy(line);
    let nonsense = || TreeError::Nonsense(text.escape_debug().to_string());
    let (entry, path) = text.split_once('\t').ok_or_else(nonsense)?;
    if std::str::from_utf8(line).is_err() {
        return Err(TreeError::Name { path: path.escape_debug().to_string() });
    }
    let fields: Vec<&str> = entry.split_ascii_whitespace().collect();
    let [mode, _, id, size] = fields[..] else { return Err(nonsense()) };
    // Of a submodule there is no size.
    let size = size.parse().unwrap_or(0);
    Ok((Listed { mode: mode.to_owned(), id: id.to_owned(), path: path.to_owned() }, size))
}
