//! Trees of files at a commit.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use tempfile::TempDir;

use super::{
    super::{Tree, TreeError, TreeQuestion, trees},
    access, commit_of, git, write,
};
use crate::revision::{Commit, Repository};

/// A workspace beside a repository `orders` with a chart.
pub(super) fn workspace() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let orders = directory.path().join("orders");
    fs::create_dir(&orders).unwrap();
    git(&orders, "init --quiet");
    write(&orders, "charts/orders/Chart.yaml", "name: orders\n");
    write(&orders, "charts/orders/templates/web.yaml", "kind: Deployment\n");
    write(&orders, "charts/orders/run.sh", "#!/bin/sh\n");
    fs::set_permissions(orders.join("charts/orders/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    write(&orders, "README.md", "orders\n");
    commit(&directory, "first");
    directory
}

pub(super) fn commit(directory: &TempDir, message: &str) -> Commit {
    let orders = directory.path().join("orders");
    git(&orders, "add --all");
    git(&orders, &format!("commit --quiet --message {message}"));
    commit_of(&orders, "HEAD")
}

pub(super) fn ask(directory: &TempDir, commit: &Commit, path: &str) -> Result<Tree, TreeError> {
    let repository = Repository::new("./orders").expect("a path");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let question = TreeQuestion { repository, commit: commit.clone(), path: path.to_owned(), reference: None };
    let mut answers = runtime.block_on(trees(&access(directory.path()), &[question.clone()].into()));
    let answer = answers.remove(&question).expect("it was asked");
    answer.map_err(|error| Arc::into_inner(error).expect("nobody else asked"))
}

pub(super) fn head(directory: &TempDir) -> Commit {
    commit_of(&directory.path().join("orders"), "HEAD")
}

#[track_caller]
fn refused(directory: &TempDir, path: &str, expected: &str) {
    let Err(error) = ask(directory, &head(directory), path) else { panic!("it is taken") };
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_tree_holds_what_was_committed_and_nothing_of_the_working_copy() {
    let directory = workspace();
    let first = head(&directory);
    write(&directory.path().join("orders"), "charts/orders/Chart.yaml", "name: changed\n");
    write(&directory.path().join("orders"), "charts/orders/new.yaml", "new\n");
    let tree = ask(&directory, &first, "charts/orders/").unwrap();
    let files: Vec<(&str, &str, bool)> = tree
        .files
        .iter()
        .map(|(path, file)| (path.as_str(), std::str::from_utf8(&file.bytes).unwrap(), file.is_executable))
        .collect();
    let expected = [
        ("Chart.yaml", "name: orders\n", false),
        ("run.sh", "#!/bin/sh\n", true),
        ("templates/web.yaml", "kind: Deployment\n", false),
    ];
    assert_eq!(files, expected);
    assert_eq!(ask(&directory, &first, "").unwrap().files.len(), 4);
    assert_eq!(ask(&directory, &first, ".").unwrap().files.len(), 4);
    let second = commit(&directory, "second");
    let changed = ask(&directory, &second, "charts/orders").unwrap();
    assert_ne!(changed.digest(), tree.digest());
    assert_eq!(ask(&directory, &first, "charts/orders").unwrap().digest(), tree.digest());
}

#[test]
fn a_single_file_is_a_tree_of_its_own() {
    let directory = workspace();
    for (path, name) in [("README.md", "README.md"), ("charts/orders/Chart.yaml", "Chart.yaml")] {
        let tree = ask(&directory, &head(&directory), path).unwrap();
        assert_eq!(tree.files.keys().collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn what_is_not_there_is_told() {
    let directory = workspace();
    let head = head(&directory);
    refused(&directory, "chart", &format!("there is no `chart` at commit {head} of ./orders"));
    for (path, beside) in [
        ("chart", vec!["README.md", "charts"]),
        ("charts/x/y", vec!["charts/orders"]),
        ("README.md/x", vec!["README.md", "charts"]),
    ] {
        let Err(TreeError::NoPath { near, .. }) = ask(&directory, &head, path) else { panic!("{path} is there") };
        assert_eq!(near, beside, "{path}");
    }
    for path in ["../x", "/etc", "a/../b", "a//b", ".git", "a\nb"] {
        let error = ask(&directory, &head, path).expect_err(path);
        assert!(matches!(error, TreeError::Path(_)), "{path}: {error}");
    }
    let unknown = Commit::new("0".repeat(40)).unwrap();
    assert!(matches!(ask(&directory, &unknown, ""), Err(TreeError::NoCommit { .. })));
    fs::remove_dir_all(directory.path().join("orders/.git")).unwrap();
    assert!(matches!(ask(&directory, &head, ""), Err(TreeError::Git { .. })));
    fs::remove_dir_all(directory.path().join("orders")).unwrap();
    assert!(matches!(ask(&directory, &head, ""), Err(TreeError::NoRepository(_))));
}

#[test]
fn links_inside_are_followed_and_links_out_refused() {
    let directory = workspace();
    let charts = directory.path().join("orders/charts/orders");
    let link = |target: &str, name: &str| {
        let _ = fs::remove_file(charts.join(name));
        std::os::unix::fs::symlink(target, charts.join(name)).unwrap();
        commit(&directory, "link");
    };
    link("../Chart.yaml", "templates/copy.yaml");
    link("copy.yaml", "templates/twice.yaml");
    let tree = ask(&directory, &head(&directory), "charts/orders").unwrap();
    assert_eq!(tree.files["templates/twice.yaml"].bytes, b"name: orders\n");
    link("../../README.md", "out");
    refused(&directory, "charts/orders", "`out` is a link that leads out of the tree, to `../../README.md`");
    link("/etc/passwd", "out");
    refused(&directory, "charts/orders", "`out` is a link that leads out of the tree, to `/etc/passwd`");
    link("templates", "out");
    refused(&directory, "charts/orders", "`out` is a link to `templates`, which is no file of the tree");
    link("out", "out");
    refused(&directory, "charts/orders", "`out` is a link to `out`, which is no file of the tree");
}

#[test]
fn a_tree_has_an_end() {
    let directory = workspace();
    let orders = directory.path().join("orders");
    // One object under many names: small in git, and large outside.
    write(&orders, "big/0", &"0".repeat(11 * 1024 * 1024));
    for copy in 1..10 {
        fs::hard_link(orders.join("big/0"), orders.join(format!("big/{copy}"))).unwrap();
    }
    commit(&directory, "big");
    refused(&directory, "big", "it holds more than 100 MB");
    for number in 0..10_001 {
        write(&orders, &format!("many/{number}"), "");
    }
    commit(&directory, "many");
    refused(&directory, "many", "it holds more than 10000 files");
}

#[test]
fn submodules_and_strange_names_are_refused() {
    let directory = workspace();
    let orders = directory.path().join("orders");
    let head = head(&directory);
    git(&orders, &format!("update-index --add --cacheinfo 160000,{head},charts/orders/sub"));
    git(&orders, "commit --quiet --message sub");
    refused(&directory, "charts/orders", "`sub` is a submodule, and its files lie in another repository");
    git(&orders, "reset --quiet --hard HEAD~1");
    write(&orders, "charts/orders/a\\b", "");
    commit(&directory, "strange");
    refused(&directory, "charts/orders", r"`a\\b` has a name that no file here may have");
}
