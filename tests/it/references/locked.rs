//! `ditc lock`, and plans that keep to it.

use super::*;

const LOCK: &str = "environments/demo.lock.toml";

fn lock_text(workspace: &Workspace) -> String {
    let text = std::fs::read_to_string(workspace.path(LOCK)).expect("it was written");
    let when = |line: &str| if line.starts_with("when = ") { "when = \"[TIME]\"".to_owned() } else { line.to_owned() };
    text.lines().map(when).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_lock_is_written_kept_to_and_upgraded() {
    let (workspace, orders) = demo();
    let first = orders.commit_of("main");
    workspace
        .ditc("lock demo")
        .exits(0)
        .out(str![[r#"
environments/demo.lock.toml
  + orders  tag dev  b7b7a75

"#]])
        .error("");
    crate::support::check(
        lock_text(&workspace),
        str![[r##"
# Written by `ditc lock`; keep it in git. `ditc lock -upgrade` moves it to where the references are now.
version = 1

[services.orders]
repo = "./orders"
tag = "dev"
commit = "b7b7a759daac84d1329770b6ced10925f0c1bb98"
when = "[TIME]"

"##]],
    );
    let bytes = std::fs::read(workspace.path(LOCK)).expect("it was written");
    workspace.ditc("lock demo").exits(0).out(str![[r#"
environments/demo.lock.toml stays as it is.

"#]]);
    workspace.ditc("lock demo -upgrade").exits(0);
    assert_eq!(std::fs::read(workspace.path(LOCK)).expect("it is there"), bytes, "nothing moved");
    workspace.ditc("lock demo -check").exits(0).out(str![[r#"
The reference stands for the commit that is locked.

"#]]);
    workspace.ditc("plan demo --sandbox -locked").exits(0);

    orders.commit("second");
    orders.git("tag --force dev");
    // Held, whoever asks.
    runs(&workspace, &first);
    workspace
        .ditc("plan demo --sandbox -locked")
        .exits(1)
        .out("")
        .error(str![[r#"
error: moved since it was locked
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ was b7b7a75, is 63f5873
  |
  = note: tag `dev` of ./orders is not where `environments/demo.lock.toml` has
          it
  = help: ditc lock demo -upgrade=orders

1 error

"#]])
        .wrote_nothing();
    workspace.ditc("lock demo -check").exits(1).out("").error(str![[r#"
error: moved since it was locked
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ was b7b7a75, is 63f5873
  |
  = note: tag `dev` of ./orders is not where `environments/demo.lock.toml` has
          it
  = help: ditc lock demo -upgrade=orders

1 error

"#]]);
    assert_eq!(std::fs::read(workspace.path(LOCK)).expect("it is there"), bytes, "nothing is written by a check");

    workspace.ditc("lock demo -upgrade=orders").exits(0).out(str![[r#"
environments/demo.lock.toml
  ~ orders  tag dev  b7b7a75 -> 63f5873

"#]]);
    runs(&workspace, &orders.commit_of("main"));
    workspace.ditc("plan demo --sandbox -locked -detailed-exitcode").exits(0);
}

#[test]
fn a_plan_says_that_the_lock_decides_and_which_services_stay_behind() {
    let (workspace, orders) = demo();
    workspace.ditc("lock demo").exits(0);
    workspace.ditc("plan demo --sandbox").exits(0).error(str![[r#"
environments/demo.lock.toml decides which commit orders stands at.

"#]]);
    orders.commit("second");
    orders.git("tag --force dev");
    workspace.ditc("plan demo --sandbox").exits(0).error(str![[r#"
environments/demo.lock.toml decides which commit orders stands at.
  orders is locked at b7b7a75; tag dev is at 63f5873 (1 commit):
    ditc lock demo -upgrade=orders

"#]]);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0).error(str![[r#"
environments/demo.lock.toml decides which commit orders stands at.
  orders is locked at b7b7a75; tag dev is at 63f5873 (1 commit):
    ditc lock demo -upgrade=orders

"#]]);
    // Two services, and whoever said it himself is not told.
    let text = "[services.web]\nrepo = \"./orders\"\ntag = \"dev\"\nimage = \"example/web\"\n";
    workspace.edit("environments/demo.toml", "[services.orders]", &format!("{text}[services.orders]"));
    workspace.ditc("lock demo").exits(0);
    workspace.ditc("plan demo --sandbox").exits(0).error(str![[r#"
environments/demo.lock.toml decides which commits 2 services stand at.
  orders is locked at b7b7a75; tag dev is at 63f5873 (1 commit):
    ditc lock demo -upgrade=orders

"#]]);
    workspace.ditc("plan demo --sandbox -offline").exits(0).error("");
    workspace.ditc("plan demo --sandbox -json").exits(0).error("");
}

#[test]
fn a_plan_asks_nobody_where_a_locked_reference_is() {
    let server = github::Server::start();
    let workspace = github::demo_on(&server);
    server.tag("kooba/ditc-orders", "dev", "1111111111111111111111111111111111111111");
    workspace.ditc("lock demo").exits(0);
    server.tag("kooba/ditc-orders", "dev", "2222222222222222222222222222222222222222");
    server.asked();
    workspace.ditc("plan demo --sandbox").exits(0).error(str![[r#"
environments/demo.lock.toml decides which commit orders stands at.

"#]]);
    assert!(server.asked().is_empty());
    // What the run was told for another environment is known.
    let text = std::fs::read_to_string(workspace.path("environments/demo.toml")).expect("it is there");
    workspace.write("environments/other.toml", &text);
    let told = workspace.ditc("plan --all --sandbox").exits(0);
    assert!(told.error.contains("tag dev is at 2222222"), "{}", told.error);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn offline_the_lock_is_all_there_is() {
    let (workspace, orders) = demo();
    workspace
        .ditc("plan demo --sandbox -offline")
        .exits(1)
        .out("")
        .error(str![[r#"
error: not in the lock file
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ the commit is not known
  |
  = note: `environments/demo.lock.toml` does not say which commit of ./orders
          `tag dev` stands for, and nobody else was to be asked
  = help: ditc lock demo

1 error

"#]])
        .wrote_nothing();
    workspace.ditc("lock demo").exits(0);
    let first = orders.commit_of("main");
    std::fs::remove_dir_all(&orders.root).expect("it is there");
    workspace.ditc("apply demo --sandbox -offline -auto-approve").exits(0);
    assert_eq!(image(&workspace), format!("example/orders:{first}"));
    workspace.ditc("plan demo --sandbox -locked").exits(1).out("").error(str![[r#"
error: repository not found
 --> environments/demo.toml:2:9
  |
2 | repo  = "./orders"
  |         ^^^^^^^^^^ no such directory
  |
  = note: a path is relative to the workspace, the directory that holds
          `environments/`

1 error

"#]]);
}

#[test]
fn a_lock_is_about_what_is_followed_and_nothing_else() {
    let (workspace, orders) = demo();
    workspace.ditc("lock demo").exits(0);
    orders.commit("second");
    orders.git("tag v2");
    workspace.edit("environments/demo.toml", "\"dev\"", "\"v2\"");
    // Not in the lock, so it is looked up.
    runs(&workspace, &orders.commit_of("v2"));
    workspace.ditc("plan demo --sandbox -locked").exits(1).error(str![[r#"
error: not in the lock file
 --> environments/demo.toml:3:9
  |
3 | tag   = "v2"
  |         ^^^^ the commit is not known
  |
  = note: `environments/demo.lock.toml` does not say which commit of ./orders
          `tag v2` stands for, and nobody else was to be asked
  = help: ditc lock demo

1 error

"#]]);
    workspace.ditc("lock demo -check").exits(1).error(str![[r#"
error: not in the lock file
 --> environments/demo.toml:3:9
  |
3 | tag   = "v2"
  |         ^^^^ stands for 63f5873
  |
  = note: `environments/demo.lock.toml` does not hold what this follows
  = help: ditc lock demo

1 error

"#]]);
    workspace.ditc("lock demo").exits(0).out(str![[r#"
environments/demo.lock.toml
  ~ orders  tag v2  b7b7a75 -> 63f5873

"#]]);
    workspace.edit("environments/demo.toml", "repo  = \"./orders\"\n", "");
    workspace.ditc("lock demo -check").exits(1).error(str![[r#"
error: in the lock file for nothing
 = note: `environments/demo.lock.toml` holds `orders`, which follows nothing
 = help: ditc lock demo

1 error

"#]]);
    workspace.ditc("lock demo").exits(0).out(str![[r#"
environments/demo.lock.toml
  - orders  tag v2

"#]]);
}

#[test]
fn what_cannot_be_looked_up_leaves_the_lock_as_it_is() {
    let (workspace, orders) = demo();
    workspace.ditc("lock demo").exits(0);
    let bytes = std::fs::read(workspace.path(LOCK)).expect("it was written");
    orders.git("tag --delete dev");
    workspace.ditc("lock demo -upgrade").exits(1).out("").error(str![[r#"
error: unknown reference
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ no such tag
  |
  = note: ./orders has no tag `dev`, nor any other

1 error
hint: no file was written

"#]]);
    workspace.ditc("lock demo -upgrade=web").exits(1).out("").error(str![[r#"
error: unknown service
 = note: no service `web` follows a tag, branch, release or range here
 = help: known are `orders`

1 error

"#]]);
    assert_eq!(std::fs::read(workspace.path(LOCK)).expect("it is there"), bytes);
}

#[test]
fn a_lock_that_cannot_be_read_stops_its_environment() {
    let (workspace, _orders) = demo();
    for (text, summary) in [
        ("version = 2\n", "unknown lock file"),
        ("[services.orders]\n", "unknown lock file"),
        (
            "version = 1\n[services.orders]\nrepo = \"./orders\"\ntag = \"dev\"\ncommit = \"dev\"\n",
            "no entry of a lock",
        ),
        ("version = \n", "invalid TOML"),
    ] {
        workspace.write(LOCK, text);
        let told = workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing();
        assert!(told.error.contains(summary), "{}", told.error);
    }
    workspace.ditc("lock demo").exits(1);
    workspace.ditc("lock demo -upgrade").exits(0);
    workspace.ditc("plan demo --sandbox -locked").exits(0);
}

#[test]
fn a_rollback_goes_back_to_the_commits_that_were_locked_then() {
    let (workspace, orders) = demo();
    // The workspace is a repository of its own, beside the one that is followed.
    workspace.write(".gitignore", "state\norders\n");
    let files = Repository { root: workspace.root().to_owned() };
    files.git("init --quiet");
    let keep = || {
        files.git("add --all");
        files.commit("next");
    };
    workspace.ditc("lock demo").exits(0);
    keep();
    let first = orders.commit_of("dev");
    runs(&workspace, &first);
    orders.commit("second");
    orders.git("tag --force dev");
    workspace.ditc("lock demo -upgrade").exits(0);
    keep();
    runs(&workspace, &orders.commit_of("dev"));
    let history = workspace.ditc("history demo --sandbox -json").exits(0).out;
    let history: serde_json::Value = serde_json::from_str(&history).expect("one document");
    let serials = history["runs"].as_array().expect("a list").iter().map(|run| run["serial"].as_u64());
    let oldest = serials.flatten().min().expect("it ran");
    workspace.ditc(&format!("rollback demo {oldest} --sandbox -auto-approve")).exits(0);
    assert_eq!(image(&workspace), format!("example/orders:{first}"));
}

#[test]
fn what_is_explained_or_drawn_is_what_a_plan_says() {
    let (workspace, _) = demo();
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.ditc("explain demo.services.orders --sandbox").exits(0).says_nothing_of("will be updated");
    let drawn = workspace.ditc("graph demo -plan --sandbox -json").exits(0).out;
    assert!(!drawn.contains("update"), "{drawn}");
}

#[test]
fn the_locks_of_this_repository_are_as_ditc_writes_them() {
    use ditc::{config, diagnostic::Sources, files, names::EnvironmentName};

    let workspace = Workspace::of_this_repository();
    let texts = files::read_workspace(workspace.root()).expect("it can be read");
    let mut parsed = config::parse(&texts);
    let mut count = 0;
    for (path, bytes) in workspace.files("environments") {
        let path = path.display().to_string();
        let Some(name) = path.strip_suffix(".lock.toml") else { continue };
        let name = EnvironmentName::new(name.rsplit('/').next().expect("a name")).expect("an environment's");
        let lock = config::Lock::read(&mut Sources::new(), &path, &bytes).expect(&path);
        assert_eq!(lock.text(), String::from_utf8(bytes).expect("a text"), "{path}");
        let followed: Vec<_> = config::tracked(&mut parsed, &name)
            .into_iter()
            .map(|tracked| (tracked.component, tracked.repository, tracked.reference))
            .collect();
        let locked = lock.services.into_iter().map(|(name, locked)| (name, locked.repository, locked.reference));
        assert_eq!(locked.collect::<Vec<_>>(), followed, "{path}");
        count += 1;
    }
    assert!(count >= 2, "{count} lock files");
}
