//! Trees that were fetched, under the workspace's cache: by repository, commit and path, so they never get old. What is
//! damaged was never there.

use std::{path::PathBuf, time::Duration};

use super::{Access, Tree, TreeFile, TreeQuestion, tree::BYTES};
use crate::{files, object::Hash, revision::Repository};

/// What was written longer ago is fetched anew.
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Paths come on top of what files hold.
const LIMIT: u64 = BYTES + BYTES / 4;

/// A tree that was kept.
pub(super) fn read(access: &Access, question: &TreeQuestion) -> Option<Tree> {
    let name = name(access, question);
    decode(&files::read_sealed(&place(access, &name), &name, LIMIT).ok()??, question)
}

/// Keeps a tree, and drops those that are old. Where that fails, it is fetched again.
pub(super) fn keep(access: &Access, question: &TreeQuestion, tree: &Tree) {
    let name = name(access, question);
    let place = place(access, &name);
    let directory = place.parent().expect("it was joined");
    if files::create_private_dir(directory).is_ok() && files::write_sealed(&place, &name, &encode(tree)).is_ok() {
        let _ = files::prune(directory, AGE);
    }
}

/// `org/repo` means another repository where another GitHub is asked.
fn name(access: &Access, TreeQuestion { repository, commit, path, reference: _ }: &TreeQuestion) -> String {
    let host = match repository {
        Repository::GitHub { .. } => access.github.url.as_str(),
        Repository::Url(_) | Repository::Path(_) => "",
    };
    format!("{host} {repository} {commit} {path}")
}

fn place(access: &Access, name: &str) -> PathBuf {
    access.cache.join("trees").join(Hash::of(name.as_bytes()).to_string())
}

/// For each file a line `MODE PATH-LENGTH LENGTH`, its path and its bytes.
fn encode(tree: &Tree) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, TreeFile { bytes: content, is_executable }) in &tree.files {
        let mode = if *is_executable { 'x' } else { '-' };
        bytes.extend_from_slice(format!("{mode} {} {}\n", path.len(), content.len()).as_bytes());
        bytes.extend_from_slice(path.as_bytes());
        bytes.extend_from_slice(content);
    }
    bytes
}

fn decode(mut rest: &[u8], question: &TreeQuestion) -> Option<Tree> {
    let mut tree = Tree { commit: question.commit.clone(), files: std::collections::BTreeMap::new() };
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let [mode, path, content] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        let (path, content): (usize, usize) = (path.parse().ok()?, content.parse().ok()?);
        let from = end + 1;
        let bytes = rest.get(from + path..from + path + content)?.to_vec();
        let path = std::str::from_utf8(&rest[from..from + path]).ok()?.to_owned();
        rest = &rest[from + path.len() + content..];
        tree.files.insert(path, TreeFile { bytes, is_executable: mode == "x" });
    }
    Some(tree)
}
