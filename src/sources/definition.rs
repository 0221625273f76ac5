//! The commit that a workspace's files stand at, and the files as they were at a commit. The working tree is never touched.

use std::{collections::BTreeMap, io::Write, path::Path, process::Stdio, thread};

use super::{
    Error, Said,
    changed::{command, git, said, text},
    git::next_blob,
};

/// More files than any workspace has.
const FILES: usize = 10_000;
/// More bytes than any workspace's definition has.
const BYTES: usize = 64 << 20;

/// Where a workspace's files stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub commit: String,
    /// Whether files differ from that commit, or are in no commit.
    pub is_dirty: bool,
}

/// The commit of HEAD, and whether the files at `places` below `root` are as they are there; none where git cannot tell:
/// it is not there, this is no working copy, or nothing was ever committed.
#[must_use]
pub fn standing(root: &Path, places: &[&str]) -> Option<Standing> {
    let head = git(root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ok()?;
    if !head.status.success() {
        return None;
    }
    let commit = text(&head.stdout);
    let ask = |arguments: &[&str]| {
        let told = git(root, &[arguments, &["--"], places].concat()).ok()?;
        told.status.success().then_some(!told.stdout.is_empty())
    };
    let differs = ask(&["diff", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=none", &commit])?;
    // What git does not follow is in no commit, whether or not it is ignored.
    let is_dirty = differs || ask(&["ls-files", "-z", "--others"])?;
    Some(Standing { commit, is_dirty })
}

/// The files at `places` below `root` as they were at a commit, by their paths relative to `root`.
///
/// # Errors
/// When the commit is unknown here, git cannot read it, or one of the files is none: a link or another repository.
pub fn files_at(root: &Path, commit: &str, places: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let doing = || format!("reading the files of commit {commit}");
    let nonsense = |what: &str| Error::Failed { doing: doing(), source: Said(what.to_owned()) };
    let found = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{commit}^{{commit}}")])?;
    if !found.status.success() {
        return Err(Error::UnknownCommit(commit.to_owned()));
    }
    let commit = text(&found.stdout);
    let listed = git(root, &[&["ls-tree", "-r", "-z", &commit, "--"], places].concat())?;
    if !listed.status.success() {
        return Err(Error::Failed { doing: doing(), source: said(&listed) });
    }
    let mut blobs: Vec<(String, String)> = Vec::new();
    for entry in listed.stdout.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        // `100644 blob 5d308e1d…\tenvironments/jakub.toml`
        let entry = String::from_utf8_lossy(entry).into_owned();
        let (head, path) = entry.split_once('\t').ok_or_else(|| nonsense("its list makes no sense"))?;
        match head.split(' ').collect::<Vec<_>>()[..] {
            ["100644" | "100755", "blob", id] => blobs.push((path.to_owned(), id.to_owned())),
            _ => return Err(nonsense(&format!("{path} is no plain file there"))),
        }
    }
    if blobs.len() > FILES {
        return Err(nonsense(&format!("it holds more than {FILES} files")));
    }
    contents(root, &blobs, &nonsense)
}

/// Reads blobs, all with one git.
fn contents(
    root: &Path,
    blobs: &[(String, String)],
    nonsense: &impl Fn(&str) -> Error,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut command = command(root, &["cat-file", "--batch"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(Error::Start)?;
    let mut asks = child.stdin.take().expect("it is piped");
    let ids: String = blobs.iter().map(|(_, id)| format!("{id}\n")).collect();
    // It answers while it is asked, so one end alone would wait for the other.
    let asking = thread::spawn(move || asks.write_all(ids.as_bytes()));
    let output = child.wait_with_output().map_err(Error::Start)?;
    // A git that ended early is told by what it did not answer.
    let _ = asking.join();
    let mut rest = output.stdout.as_slice();
    if rest.len() > BYTES {
        return Err(nonsense(&format!("it holds more than {} MB", BYTES >> 20)));
    }
    let mut files = BTreeMap::new();
    for (path, id) in blobs {
        let bytes = next_blob(&mut rest, id).ok_or_else(|| nonsense("its answer makes no sense"))?;
        files.insert(path.clone(), bytes.to_vec());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::tests::git, *};

    const PLACES: [&str; 2] = ["environments", "modules"];

    fn write(root: &Path, path: &str, bytes: &[u8]) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn commit(root: &Path) -> String {
        git(root, "add --all");
        git(root, "commit --quiet --message next");
        git(root, "rev-parse HEAD")
    }

    #[test]
    fn files_are_as_they_were_whatever_lies_there_now() {
        let directory = tempfile::tempdir().unwrap();
        // The workspace is a part of the repository.
        let root = directory.path().join("deploy");
        write(&root, "environments/a b.toml", b"one\n\xffno text\n\0");
        write(&root, "environments/empty.toml", b"");
        write(&root, "modules/web/files/x", "ü".repeat(100_000).as_bytes());
        write(&root, "README.md", b"beside");
        assert!(standing(&root, &PLACES).is_none());
        git(&root, "init --quiet");
        assert!(standing(&root, &PLACES).is_none(), "nothing was ever committed");
        let first = commit(&root);
        write(&root, "environments/a b.toml", b"two");
        let found = files_at(&root, &first, &PLACES).unwrap();
        let sizes: Vec<_> = found.iter().map(|(path, bytes)| (path.as_str(), bytes.len())).collect();
        assert_eq!(
            sizes,
            [("environments/a b.toml", 14), ("environments/empty.toml", 0), ("modules/web/files/x", 200_000)]
        );
        assert_eq!(found["environments/a b.toml"], b"one\n\xffno text\n\0");
        assert!(matches!(files_at(&root, "--help", &PLACES), Err(Error::UnknownCommit(_))));
        assert!(matches!(files_at(&root, &"0".repeat(40), &PLACES), Err(Error::UnknownCommit(_))));
        std::os::unix::fs::symlink("/etc/passwd", root.join("environments/link.toml")).unwrap();
        let linked = commit(&root);
        assert!(files_at(&root, &linked, &PLACES).unwrap_err().to_string().contains(&linked));
    }

    #[test]
    fn a_definition_is_dirty_by_every_file_that_no_commit_holds() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        write(root, "environments/a.toml", b"one");
        write(root, ".gitignore", b"ignored.toml\n");
        git(root, "init --quiet");
        let first = commit(root);
        let dirty = || standing(root, &PLACES).unwrap().is_dirty;
        assert_eq!(standing(root, &PLACES), Some(Standing { commit: first, is_dirty: false }));
        write(root, "README.md", b"beside");
        assert!(!dirty(), "what lies beside does not count");
        write(root, "environments/ignored.toml", b"");
        assert!(dirty());
        fs::remove_file(root.join("environments/ignored.toml")).unwrap();
        write(root, "environments/a.toml", b"two");
        assert!(dirty());
        git(root, "add environments/a.toml");
        assert!(dirty());
        commit(root);
        assert!(!dirty());
    }
}
