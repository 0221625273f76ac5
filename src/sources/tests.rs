//! What git tells, asked in real repositories that each test makes.

mod archive;
mod changed;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{Access, GITHUB, GitHub};
use crate::revision::Commit;

/// Runs git as a person would, with a name of its own.
#[track_caller]
pub(super) fn git(root: &Path, arguments: &str) -> String {
    let settings = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(settings).args(arguments.split(' '));
    let output = command.env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").output().expect("git can be started");
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a text").trim().to_owned()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The commit that a name stands for.
#[track_caller]
fn commit_of(root: &Path, name: &str) -> Commit {
    Commit::new(git(root, &format!("rev-parse {name}^{{commit}}"))).expect("git names commits by all their digits")
}

fn access(root: &Path) -> Access {
    let cache: PathBuf = root.join("state").join("cache");
    Access::new(root.to_owned(), cache, None, GitHub::new(GITHUB.to_owned(), None, false), Duration::from_secs(30))
}
