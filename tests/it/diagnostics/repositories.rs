//! Repositories and references: what cannot be right, what is not there, and what a lock file does not say.

use super::*;
use crate::references::Repository;

const LOCK: &str = "environments/demo.lock.toml";

/// An environment whose service follows this.
fn following(lines: &str) -> String {
    format!("//- environments/demo.toml\n[services.orders]\nimage = \"example/orders\"\n{lines}\n")
}

/// Plans an environment of that sort beside a repository `orders` with a tag `dev` and a branch `next`.
#[track_caller]
fn refused_beside_a_repository(lines: &str, expected: impl IntoData) {
    let workspace = Workspace::of(&following(lines));
    let orders = Repository::new(&workspace, "orders");
    orders.git("tag dev");
    orders.git("branch next");
    workspace.ditc("plan demo --sandbox").exits(1).out("").error(expected).wrote_nothing();
}

#[test]
fn two_references() {
    refused(
        &following("repo = \"kooba/ditc-orders\"\ntag = \"dev\"\nbranch = \"main\""),
        str![[r#"
error: two references
 --> environments/demo.toml:5:1
  |
4 | tag = "dev"
  | --- said here
5 | branch = "main"
  | ^^^^^^ `tag` already says what to follow
  |
  = note: service `orders` would stand at `tag` and at `branch`; it follows
          exactly one of `tag`, `branch`, `release`, `semver`, `commit`
  = help: remove one of them

1 error

"#]],
    );
}

#[test]
fn a_reference_without_a_repository() {
    refused(
        &following("semver = \"^1.4\""),
        str![[r#"
error: reference without a repository
 --> environments/demo.toml:3:10
  |
3 | semver = "^1.4"
  |          ^^^^^^ looked up where?
  |
  = note: service `orders` follows a semver and names no `repo` that has it
  = help: add `repo = "org/repo"`, a git URL or a path; or name the image's tag
          with `tag`

1 error

"#]],
    );
}

#[test]
fn a_repository_without_a_reference() {
    refused(
        &following("repo = \"kooba/ditc-orders\""),
        str![[r#"
error: repository without a reference
 --> environments/demo.toml:3:8
  |
3 | repo = "kooba/ditc-orders"
  |        ^^^^^^^^^^^^^^^^^^^ which of its commits?
  |
  = note: `services.orders` follows nothing of this repository
  = help: add one of `tag`, `branch`, `release`, `semver`, `commit`:
          `tag = "dev"`

1 error

"#]],
    );
}

#[test]
fn a_repository_that_is_an_option() {
    refused(
        &following("repo = \"-oProxyCommand=id\"\ntag = \"dev\""),
        str![[r#"
error: invalid repository
 --> environments/demo.toml:3:8
  |
3 | repo = "-oProxyCommand=id"
  |        ^^^^^^^^^^^^^^^^^^^ not a place that is asked
  |
  = note: what `repo` names begins with `-`, so git would take it for an option
  = help: write `org/repo` for GitHub, a URL of https, ssh, git or file, or a
          path that begins with `./`, `../` or `/`

1 error

"#]],
    );
}

#[test]
fn a_repository_that_runs_a_command() {
    refused(
        &following("repo = \"ext::sh\"\ntag = \"dev\""),
        str![[r#"
error: invalid repository
 --> environments/demo.toml:3:8
  |
3 | repo = "ext::sh"
  |        ^^^^^^^^^ not a place that is asked
  |
  = note: what `repo` names names a transport helper, which runs commands
  = help: write `org/repo` for GitHub, a URL of https, ssh, git or file, or a
          path that begins with `./`, `../` or `/`

1 error

"#]],
    );
}

#[test]
fn a_host_that_is_an_option() {
    refused(
        &following("repo = \"ssh://-oProxyCommand=id/x\"\ntag = \"dev\""),
        str![[r#"
error: invalid repository
 --> environments/demo.toml:3:8
  |
3 | repo = "ssh://-oProxyCommand=id/x"
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^ not a place that is asked
  |
  = note: what `repo` names has a host that begins with `-`, which ssh would
          take for an option
  = help: write `org/repo` for GitHub, a URL of https, ssh, git or file, or a
          path that begins with `./`, `../` or `/`

1 error

"#]],
    );
}

#[test]
fn a_repository_over_plain_http() {
    refused(
        &following("repo = \"http://git.example.com/orders\"\ntag = \"dev\""),
        str![[r#"
error: invalid repository
 --> environments/demo.toml:3:8
  |
3 | repo = "http://git.example.com/orders"
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not a place that is asked
  |
  = note: what `repo` names is asked over plain http, where anybody on the way
          can answer
  = help: write `org/repo` for GitHub, a URL of https, ssh, git or file, or a
          path that begins with `./`, `../` or `/`

1 error

"#]],
    );
}

#[test]
fn credentials_in_a_url() {
    let fixture = following("repo = \"https://jane:hunter2@git.example.com/orders\"\ntag = \"dev\"");
    refused(
        &fixture,
        str![[r#"
error: credentials in a file
 --> environments/demo.toml:3:8
  |
3 | repo = *********************************************
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing that may be shown
  |
  = note: what `repo` names holds credentials, which would end up in git, in
          logs and in lists of processes
  = help: leave them out: git asks its credential helper, and GitHub is asked
          with DITC_GITHUB_TOKEN

1 error

"#]],
    );
    let variable = following("repo = \"https://{{ variables.who }}@git.example.com/orders\"\ntag = \"dev\"");
    let workspace = Workspace::of(&format!("{variable}[variables]\nwho = \"jane:hunter2\"\n"));
    for command in ["plan demo --sandbox", "plan demo --sandbox -json", "validate", "lock demo", "lock demo -json"] {
        workspace.ditc(command).exits(1).says_nothing_of("hunter2");
    }
}

#[test]
fn a_tag_that_is_a_path() {
    refused(
        &following("repo = \"kooba/ditc-orders\"\ntag = \"refs/heads/main\""),
        str![[r#"
error: invalid reference
 --> environments/demo.toml:4:7
  |
4 | tag = "refs/heads/main"
  |       ^^^^^^^^^^^^^^^^^ not the name of a tag
  |
  = note: the name is a path of git; the name alone is meant, without
          `refs/tags/` or `refs/heads/`
  = help: `tag = "main"`

1 error

"#]],
    );
}

#[test]
fn a_tag_that_leads_up() {
    refused(
        &following("repo = \"kooba/ditc-orders\"\ntag = \"../../x\""),
        str![[r#"
error: invalid reference
 --> environments/demo.toml:4:7
  |
4 | tag = "../../x"
  |       ^^^^^^^^^ not the name of a tag
  |
  = note: the name is no name that git allows

1 error

"#]],
    );
}

#[test]
fn a_commit_that_is_cut_short() {
    refused(
        &following("repo = \"kooba/ditc-orders\"\ncommit = \"de841bc\""),
        str![[r#"
error: invalid reference
 --> environments/demo.toml:4:10
  |
4 | commit = "de841bc"
  |          ^^^^^^^^^ not the name of a commit
  |
  = note: the name is no commit: that is 40 or 64 hexadecimal digits in lower
          case
  = help: `git rev-parse NAME` prints all of them; fewer may come to mean
          another commit

1 error

"#]],
    );
}

#[test]
fn a_range_that_is_none() {
    refused(
        &following("repo = \"kooba/ditc-orders\"\nsemver = \"latest\""),
        str![[r#"
error: invalid reference
 --> environments/demo.toml:4:10
  |
4 | semver = "latest"
  |          ^^^^^^^^ not the name of a semver
  |
  = note: the name is no range of versions: unexpected character 'l' while
          parsing major version number
  = help: ranges are written as in Cargo: `^1.4`, `~1.4.2`, `>=1.2, <2`

1 error

"#]],
    );
}

#[test]
fn a_tag_that_is_not_there() {
    refused_beside_a_repository(
        "repo = \"./orders\"\ntag = \"dve\"",
        str![[r#"
error: unknown reference
 --> environments/demo.toml:4:7
  |
4 | tag = "dve"
  |       ^^^^^ no such tag
  |
  = note: ./orders has no tag `dve`
  = help: did you mean `dev`?

1 error

"#]],
    );
}

#[test]
fn a_branch_in_the_place_of_a_tag() {
    refused_beside_a_repository(
        "repo = \"./orders\"\ntag = \"next\"",
        str![[r#"
error: unknown reference
 --> environments/demo.toml:4:7
  |
4 | tag = "next"
  |       ^^^^^^ no such tag
  |
  = note: ./orders has no tag `next`
  = help: there is a branch of this name: `branch = "next"`

1 error

"#]],
    );
}

#[test]
fn a_range_without_a_version() {
    refused_beside_a_repository(
        "repo = \"./orders\"\nsemver = \"^1.4\"",
        str![[r#"
error: unknown reference
 --> environments/demo.toml:4:10
  |
4 | semver = "^1.4"
  |          ^^^^^^ no tag in this range
  |
  = note: ./orders has no tag that is a version

1 error

"#]],
    );
}

#[test]
fn releases_elsewhere() {
    refused_beside_a_repository(
        "repo = \"./orders\"\nrelease = \"latest\"",
        str![[r#"
error: no releases here
 --> environments/demo.toml:4:11
  |
4 | release = "latest"
  |           ^^^^^^^^ only GitHub knows releases
  |
  = note: ./orders is asked by git, which knows tags and branches
  = help: `semver = "*"` follows the newest version among the tags

1 error

"#]],
    );
}

#[test]
fn a_directory_that_is_not_there() {
    refused_beside_a_repository(
        "repo = \"../nowhere\"\ntag = \"dev\"",
        str![[r#"
error: repository not found
 --> environments/demo.toml:3:8
  |
3 | repo = "../nowhere"
  |        ^^^^^^^^^^^^ no such directory
  |
  = note: a path is relative to the workspace, the directory that holds
          `environments/`

1 error

"#]],
    );
}

#[test]
fn a_directory_that_is_no_repository() {
    refused_beside_a_repository(
        "repo = \"./environments\"\ntag = \"dev\"",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:3:8
  |
3 | repo = "./environments"
  |        ^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking ./environments for tag dev failed: git failed:
          '[ROOT]/./environments' does not appear to be a git
          repository
  = help: look at the spelling; a repository that you may not see looks as if it
          were not there

1 error

"#]],
    );
}

#[test]
fn a_tag_of_what_is_no_commit() {
    let workspace = Workspace::of(&following("repo = \"./orders\"\ntag = \"file\""));
    let orders = Repository::new(&workspace, "orders");
    std::fs::write(orders.root.join("file"), "text").expect("it can be written");
    let id = orders.git("hash-object -w file");
    orders.git(&format!("tag file {id}"));
    workspace
        .ditc("plan demo --sandbox")
        .exits(1)
        .out("")
        .error(str![[r#"
error: no commit
 --> environments/demo.toml:4:7
  |
4 | tag = "file"
  |       ^^^^^^ stands for no commit
  |
  = note: tag `file` of ./orders stands for something that is no commit

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn a_commit_that_is_not_locked() {
    let workspace = Workspace::of(&following("repo = \"kooba/ditc-orders\"\ntag = \"dev\""));
    workspace
        .ditc("plan demo --sandbox -offline")
        .exits(1)
        .out("")
        .error(str![[r#"
error: not in the lock file
 --> environments/demo.toml:4:7
  |
4 | tag = "dev"
  |       ^^^^^ the commit is not known
  |
  = note: `environments/demo.lock.toml` does not say which commit of
          kooba/ditc-orders `tag dev` stands for, and nobody else was to be
          asked
  = help: ditc lock demo

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn a_tag_that_moved_since_it_was_locked() {
    let workspace = Workspace::of(&following("repo = \"./orders\"\ntag = \"dev\""));
    let orders = Repository::new(&workspace, "orders");
    orders.git("tag dev");
    workspace.ditc("lock demo").exits(0);
    orders.commit("second");
    orders.git("tag --force dev");
    workspace
        .ditc("plan demo --sandbox -locked")
        .exits(1)
        .out("")
        .error(str![[r#"
error: moved since it was locked
 --> environments/demo.toml:4:7
  |
4 | tag = "dev"
  |       ^^^^^ was b7b7a75, is 63f5873
  |
  = note: tag `dev` of ./orders is not where `environments/demo.lock.toml` has
          it
  = help: ditc lock demo -upgrade=orders

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn a_lock_of_what_follows_nothing() {
    let workspace = Workspace::of(&following("repo = \"./orders\"\ntag = \"dev\""));
    Repository::new(&workspace, "orders").git("tag dev");
    workspace.ditc("lock demo").exits(0);
    workspace.edit("environments/demo.toml", "repo = \"./orders\"\n", "");
    workspace.ditc("lock demo -check").exits(1).out("").error(str![[r#"
error: in the lock file for nothing
 = note: `environments/demo.lock.toml` holds `orders`, which follows nothing
 = help: ditc lock demo

1 error

"#]]);
}

#[test]
fn a_lock_of_another_ditc() {
    let workspace = Workspace::of(&following("repo = \"./orders\"\ntag = \"dev\""));
    workspace.write(LOCK, "version = 2\n");
    workspace
        .ditc("plan demo --sandbox")
        .exits(1)
        .out("")
        .error(str![[r#"
error: unknown lock file
 --> environments/demo.lock.toml:1:11
  |
1 | version = 2
  |           ^ this ditc reads version 1
  |
  = note: another ditc wrote it, or somebody by hand
  = help: `ditc lock ENV -upgrade` writes it anew

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn an_entry_of_a_lock_that_says_nothing() {
    let workspace = Workspace::of(&following("repo = \"./orders\"\ntag = \"dev\""));
    workspace.write(LOCK, "version = 1\n\n[services.orders]\nrepo = \"./orders\"\ntag = \"dev\"\n");
    workspace
        .ditc("plan demo --sandbox")
        .exits(1)
        .out("")
        .error(str![[r#"
error: no entry of a lock
 --> environments/demo.lock.toml:3:11
  |
3 | [services.orders]
  |           ^^^^^^ says not which commit a reference stood for
  |
  = note: an entry has `repo`, what is followed in it, `commit` with all its
          digits, and `when`
  = help: `ditc lock ENV -upgrade` writes it anew

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn an_upgrade_of_nobody() {
    let workspace = Workspace::of(&following("repo = \"./orders\"\ntag = \"dev\""));
    Repository::new(&workspace, "orders").git("tag dev");
    workspace.ditc("lock demo -upgrade=oders").exits(1).out("").error(str![[r#"
error: unknown service
 = note: no service `oders` follows a tag, branch, release or range here
 = help: did you mean `orders`?

1 error

"#]]);
}

#[test]
fn an_address_that_is_no_api() {
    let workspace = Workspace::of(&following("repo = \"kooba/ditc-orders\"\ntag = \"dev\""));
    workspace.write("ditc.toml", "[github]\nurl = \"http://github.example.com\"\n");
    workspace
        .ditc("plan demo --sandbox")
        .exits(1)
        .out("")
        .error(str![[r#"
error: invalid address
 --> ditc.toml:2:7
  |
2 | url = "http://github.example.com"
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ not the address of an API
  |
  = note: a token is sent there, so it begins with `https://` and holds no user
          and no query
  = help: of a GitHub Enterprise it is `https://HOST/api/v3`

1 error

"#]])
        .wrote_nothing();
}
