//! Repositories that tests make with the git of this machine.

use std::{path::Path, process::Command};

/// Runs git as a person would, with a name and settings of its own, at a time that is the same in every run; gives what it
/// prints.
#[track_caller]
pub(crate) fn git(root: &Path, arguments: &str) -> String {
    let settings = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(settings).args(arguments.split(' '));
    let date = "2026-01-01T00:00:00Z";
    command.envs([("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_DATE", date), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
    let output = command.env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").output().expect("git can be started");
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a text").trim().to_owned()
}

/// Puts a directory under git, with a history that begins as that of every other one.
pub(crate) fn begins_history(root: &Path) {
    for arguments in ["init --quiet", "commit --quiet --allow-empty --message first"] {
        git(root, arguments);
    }
}
