//! What git tells, asked in real repositories.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{
    super::{Error, changed_since},
    git, write,
};

const PLACES: [&str; 3] = ["ditc.toml", "environments", "modules"];

/// A repository with one commit of two environments and a module, on branch `main`.
fn repository() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    git(root, "init --quiet");
    for path in ["environments/a.toml", "environments/b.toml", "modules/web/module.toml", "README.md"] {
        write(root, path, "");
    }
    commit(root, "first");
    directory
}

fn commit(root: &Path, message: &str) {
    git(root, "add --all");
    git(root, &format!("commit --quiet --message {message}"));
}

#[track_caller]
fn check(root: &Path, reference: &str, expected: &[&str]) {
    let changed = changed_since(root, reference, PLACES).unwrap();
    let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
    assert_eq!(changed, expected);
}

#[test]
fn nothing_has_changed_where_git_says_so() {
    let repository = repository();
    write(repository.path(), "README.md", "not a part of the workspace");
    check(repository.path(), "HEAD", &[]);
    check(repository.path(), "main", &[]);
}

#[test]
fn commits_the_index_the_tree_and_unknown_files_count() {
    let repository = repository();
    let root = repository.path();
    git(root, "tag v1");
    write(root, "environments/a.toml", "committed = 1");
    commit(root, "second");
    check(root, "v1", &["environments/a.toml"]);
    check(root, "HEAD~1", &["environments/a.toml"]);
    check(root, "HEAD", &[]);
    write(root, "environments/b.toml", "staged = 1");
    git(root, "add environments/b.toml");
    write(root, "modules/web/module.toml", "edited = 1");
    write(root, "ditc.toml", "");
    check(root, "HEAD", &["ditc.toml", "environments/b.toml", "modules/web/module.toml"]);
    // Staged, and as before in the tree.
    write(root, "environments/b.toml", "");
    check(root, "HEAD", &["ditc.toml", "environments/b.toml", "modules/web/module.toml"]);
}

#[test]
fn removed_and_renamed_files_count_under_both_names() {
    let repository = repository();
    let root = repository.path();
    fs::remove_file(root.join("environments/a.toml")).unwrap();
    git(root, "mv environments/b.toml environments/c.toml");
    check(root, "HEAD", &["environments/a.toml", "environments/b.toml", "environments/c.toml"]);
}

#[test]
fn what_git_is_told_to_ignore_always_counts() {
    let repository = repository();
    let root = repository.path();
    write(root, ".gitignore", "environments/mine.toml\n");
    write(root, "environments/mine.toml", "");
    commit(root, "ignored");
    check(root, "HEAD", &["environments/mine.toml"]);
}

#[test]
fn what_others_did_since_the_branch_left_is_no_change() {
    let repository = repository();
    let root = repository.path();
    git(root, "checkout --quiet -b topic");
    write(root, "environments/a.toml", "ours = 1");
    commit(root, "ours");
    git(root, "checkout --quiet main");
    write(root, "environments/b.toml", "theirs = 1");
    commit(root, "theirs");
    git(root, "checkout --quiet topic");
    check(root, "main", &["environments/a.toml"]);
}

#[test]
fn a_workspace_below_the_top_of_the_repository_is_told_by_its_own_paths() {
    let repository = repository();
    let root = repository.path().join("deploy");
    write(&root, "environments/ü.toml", "");
    commit(repository.path(), "second");
    check(&root, "HEAD~1", &["environments/ü.toml"]);
    write(&root, "environments/new.toml", "");
    check(&root, "HEAD", &["environments/new.toml"]);
}

#[test]
fn a_git_that_cannot_answer_is_an_error() {
    let repository = repository();
    let root = repository.path();
    let error = |root: &Path, reference: &str| changed_since(root, reference, PLACES).unwrap_err();
    for reference in ["nowhere", "--all", "HEAD~9", "", "HEAD:README.md"] {
        assert!(matches!(error(root, reference), Error::UnknownCommit(name) if name == reference), "{reference}");
    }
    git(root, "checkout --quiet --orphan other");
    commit(root, "unrelated");
    assert!(matches!(error(root, "main"), Error::Unrelated(_)));
    let nowhere = tempfile::tempdir().unwrap();
    let Error::Failed { doing, source } = error(nowhere.path(), "main") else { panic!("it is no repository") };
    assert_eq!(doing, "asking git what changed since `main`");
    assert!(source.0.contains("not a git repository"), "{source}");
    assert!(matches!(error(&root.join(".git"), "main"), Error::Failed { .. }), "it has no tree");
}

#[test]
fn a_repository_without_a_commit_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    git(directory.path(), "init --quiet");
    assert!(matches!(changed_since(directory.path(), "HEAD", PLACES), Err(Error::UnknownCommit(_))));
}
