//! Services that follow git: the binary with repositories that the tests make.

mod app;
mod github;
mod host;
mod locked;
mod moved;
mod trees;

use std::{path::PathBuf, process::Command};

use snapbox::str;

use crate::support::{self, Workspace};

/// An environment of one service that follows the repository `orders`, which lies in the workspace.
const DEMO: &str = r#"//- environments/demo.toml
[services.orders]
repo  = "./orders"
tag   = "dev"
image = "example/orders"
"#;

/// A repository beside the environments, whose commits have the same names in every run.
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
}

impl Repository {
    /// With one commit, `first`, on branch `main`.
    pub(crate) fn new(workspace: &Workspace, name: &str) -> Self {
        let repository = Self { root: workspace.path(name) };
        std::fs::create_dir(&repository.root).expect("it is new");
        repository.git("init --quiet");
        repository.commit("first");
        repository
    }

    #[track_caller]
    pub(crate) fn git(&self, arguments: &str) -> String {
        support::git(&self.root, arguments)
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&format!("commit --quiet --allow-empty --message {message}"));
    }

    fn commit_of(&self, name: &str) -> String {
        self.git(&format!("rev-parse {name}^{{commit}}"))
    }
}

/// The workspace of `demo` and the repository that it follows, with a tag `dev`.
fn demo() -> (Workspace, Repository) {
    let workspace = Workspace::of(DEMO);
    let orders = Repository::new(&workspace, "orders");
    orders.git("tag dev");
    (workspace, orders)
}

/// The image that runs in `demo`.
fn image(workspace: &Workspace) -> String {
    let orders = workspace.cluster().get("/apis/apps/v1/namespaces/demo/deployments/orders").expect("it is applied");
    orders["spec"]["template"]["spec"]["containers"][0]["image"].as_str().expect("a text").to_owned()
}

#[track_caller]
fn runs(workspace: &Workspace, commit: &str) {
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(image(workspace), format!("example/orders:{commit}"));
}

#[test]
fn what_runs_is_exactly_the_commit_that_a_tag_names() {
    let (workspace, orders) = demo();
    let first = orders.commit_of("main");
    runs(&workspace, &first);
    // A branch of the same name never wins, nor does a tag that ends or begins like it.
    orders.commit("second");
    orders.git("branch dev main");
    orders.git("tag feature/dev main");
    orders.git("tag dev2 main");
    runs(&workspace, &first);
    // An annotated tag, and a tag of it.
    orders.git("tag --annotate --message=x inner main");
    orders.git("tag --force --annotate --message=x dev inner");
    runs(&workspace, &orders.commit_of("main"));
}

#[test]
fn branches_ranges_and_commits_are_followed_too() {
    let (workspace, orders) = demo();
    let follow = |from: &str, to: &str| workspace.edit("environments/demo.toml", from, to);
    orders.commit("second");
    follow("tag   = \"dev\"", "branch = \"main\"");
    runs(&workspace, &orders.commit_of("main"));
    orders.git("tag v1.4.0 main~1");
    orders.git("tag v1.10.0 main");
    orders.git("tag v2.0.0 main~1");
    orders.git("tag v1.11.0-rc.1 main~1");
    orders.git("tag 1.9.9 main~1");
    orders.git("tag nightly main~1");
    follow("branch = \"main\"", "semver = \"^1.4\"");
    runs(&workspace, &orders.commit_of("v1.10.0"));
    follow("semver = \"^1.4\"", "semver = \"~1.9\"\nimage_tag = \"{{ tag }}-{{ short }}\"");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let short = &orders.commit_of("main~1")[..7];
    assert_eq!(image(&workspace), format!("example/orders:1.9.9-{short}"));
    // By all its digits, so nobody is asked.
    std::fs::remove_dir_all(&orders.root).expect("it is there");
    let commit = "0123456789012345678901234567890123456789";
    follow("semver = \"~1.9\"\nimage_tag = \"{{ tag }}-{{ short }}\"", &format!("commit = \"{commit}\""));
    runs(&workspace, commit);
}

#[test]
fn what_a_file_follows_takes_the_place_of_what_its_base_follows() {
    let workspace = Workspace::of(
        r#"//- environments/base.toml
abstract = true
[services.orders]
repo  = "./orders"
tag   = "dev"
image = "example/orders"
//- environments/demo.toml
extends = "base"
[services.orders]
branch = "main"
"#,
    );
    let orders = Repository::new(&workspace, "orders");
    runs(&workspace, &orders.commit_of("main"));
}

#[test]
fn a_tag_that_is_gone_changes_nothing() {
    let (workspace, orders) = demo();
    runs(&workspace, &orders.commit_of("dev"));
    orders.git("tag --delete dev");
    workspace
        .ditc("apply demo --sandbox -auto-approve")
        .exits(1)
        .out("")
        .error(str![[r#"
error: unknown reference
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ no such tag
  |
  = note: ./orders has no tag `dev`, nor any other

1 error

"#]])
        .wrote_nothing();
    std::fs::remove_dir_all(&orders.root).expect("it is there");
    workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing();
    // What goes need not be known.
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
}

#[test]
fn one_of_ten_thousand_tags_is_found() {
    let (workspace, orders) = demo();
    let first = orders.commit_of("main");
    let lines: String = (0..10_000).map(|number| format!("create refs/tags/v1.{number}.0 {first}\n")).collect();
    let mut update = Command::new("git");
    update.arg("-C").arg(&orders.root).args(["update-ref", "--stdin"]).stdin(std::process::Stdio::piped());
    let mut update = update.spawn().expect("git can be started");
    std::io::Write::write_all(update.stdin.as_mut().expect("piped"), lines.as_bytes()).expect("git reads it");
    assert!(update.wait().expect("it ends").success());
    orders.commit("second");
    orders.git("tag v1.10000.0");
    workspace.edit("environments/demo.toml", "tag   = \"dev\"", "semver = \"1\"");
    runs(&workspace, &orders.commit_of("main"));
    workspace.edit("environments/demo.toml", "semver = \"1\"", "tag = \"v1.10000.9\"");
    workspace.ditc("plan demo --sandbox").exits(1).error(str![[r#"
error: unknown reference
 --> environments/demo.toml:3:7
  |
3 | tag = "v1.10000.9"
  |       ^^^^^^^^^^^^ no such tag
  |
  = note: ./orders has no tag `v1.10000.9`
  = help: did you mean `v1.10000.0`?

1 error

"#]]);
}
