//! The runs of an environment are listed with their commits, and a rollback plans towards the files of one of them.

use serde_json::Value;
use snapbox::str;

use crate::support::{self, Stage, Workspace, check, stories};

fn git(workspace: &Workspace, arguments: &str) -> String {
    support::git(workspace.root(), arguments)
}

/// Commits everything; gives the commit.
fn commit(workspace: &Workspace) -> String {
    git(workspace, "add --all");
    git(workspace, "commit --quiet --message next");
    git(workspace, "rev-parse HEAD")
}

/// Makes the stage's files a repository with one commit.
fn begin(stage: &Stage) -> String {
    stage.workspace.write(".gitignore", "state\nkubeconfig\n*.plan\n");
    git(&stage.workspace, "init --quiet");
    commit(&stage.workspace)
}

fn file(stage: &Stage) -> String {
    format!("environments/{}.toml", stage.name)
}

fn runs(stage: &Stage) -> Vec<Value> {
    let document = stage.start("history", "-json").end().exits(0).error("").out;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["environment"], stage.name.as_str());
    document["runs"].as_array().expect("a list").clone()
}

fn serial(run: &Value) -> String {
    run["serial"].to_string()
}

fn image(stage: &Stage, deployment: &str) -> String {
    let live = stage.get(&format!("apps/v1 deployments/{deployment}")).expect("it is there");
    live["spec"]["template"]["spec"]["containers"][0]["image"].as_str().expect("an image").to_owned()
}

const V1: &str = "[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v1\" }";

fn a_rollback_leads_to_the_files_of_a_run(stage: &Stage) {
    stage.define(V1);
    let first = begin(stage);
    stage.apply("").exits(0);
    // Base, module and environment change, each in its file.
    let text = "extends = \"base\"\n[services.web]\ninputs = { image = \"app:v2\" }\n[services.more]\nmodule = \"app\"";
    stage.define(text);
    stage.workspace.write("environments/base.toml", "abstract = true\n[services.web]\nmodule = \"app\"\n");
    stage.workspace.edit("modules/app/app.yaml", "name: app,", "name: renamed,");
    let second = commit(&stage.workspace);
    stage.apply("").exits(0);

    let [now, before] = runs(stage).try_into().expect("two runs");
    assert_eq!(
        (&now["definition"]["commit"], &before["definition"]["commit"]),
        (&second.into(), &first.clone().into())
    );
    assert_eq!((&now["current"], &before["current"]), (&true.into(), &false.into()));
    assert_eq!(
        (&now["changes"]["add"], &now["changes"]["change"], &now["complete"]),
        (&1.into(), &1.into(), &true.into())
    );
    let told = stage.start("history", "").end().exits(0);
    told.says(&format!("ditc rollback {} {} --kubeconfig=kubeconfig", stage.name, serial(&before))).says(&first[..7]);

    let told = stage.start("rollback", &format!("{} -auto-approve", serial(&before))).end().exits(0);
    told.says(&format!("the files of commit {}", &first[..7]))
        .says("Not rolled back: what is in volumes and databases; Secrets")
        .says("-   image: app:v2")
        .says("0 to add, 1 to change, 1 to destroy")
        .says("Apply complete!");
    assert_eq!((image(stage, "web").as_str(), stage.get("apps/v1 deployments/more")), ("app:v1", None));
    assert_eq!(git(&stage.workspace, "status --porcelain"), "", "the working tree stays as it is");
    let rolled = &runs(stage)[0];
    assert_eq!((&rolled["definition"]["commit"], &rolled["definition"]["dirty"]), (&first.into(), &false.into()));
    // The files of today lead forward again, and a second rollback has nothing left to do.
    stage.start("rollback", &format!("{} -auto-approve", serial(&before))).end().exits(0).says("No changes.");
    stage.plan("").exits(2).says("1 to add, 1 to change, 0 to destroy");
}

fn a_saved_plan_and_another_machine_know_the_commit(stage: &Stage) {
    stage.define(V1);
    let first = begin(stage);
    stage.plan("-out=kept.plan").exits(2);
    stage.workspace.edit(&file(stage), "app:v1", "app:v3");
    stage.workspace.ditc("apply kept.plan --kubeconfig kubeconfig").exits(0);
    let by_plan = &runs(stage)[0];
    assert_eq!(
        (&by_plan["definition"]["commit"], &by_plan["definition"]["dirty"]),
        (&first.clone().into(), &false.into())
    );
    // Elsewhere, the record tells of the last run.
    stage.workspace.forget_state();
    let [run] = runs(stage).try_into().expect("one run");
    assert_eq!((&run["definition"]["commit"], &run["changes"]), (&first.into(), &Value::Null));
    stage.start("history", "").end().exits(0).says("apply, from elsewhere");
    stage.apply("").exits(0);
    assert_eq!(image(stage, "web"), "app:v3");
    assert_eq!(runs(stage)[0]["definition"]["dirty"], true);
    // The lost history has only what came since; a run of elsewhere that is no longer the last is not known here.
    let lost = stage.start("rollback", &format!("{} -auto-approve", serial(&run))).end().exits(1);
    assert!(lost.error.contains("no run") && lost.error.contains("is known here"), "{}", lost.error);
}

stories! {
    a_rollback_leads_to_the_files_of_a_run
    a_saved_plan_and_another_machine_know_the_commit
}

const SHOP: &str = "//- environments/demo.toml\n[services.web]\nimage = \"web:v1\"\n";

fn serials(workspace: &Workspace) -> Vec<String> {
    let document = workspace.ditc("history demo --sandbox -json").exits(0).out;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    document["runs"].as_array().expect("a list").iter().map(serial).collect()
}

#[test]
fn runs_that_no_rollback_leads_to_are_refused_with_the_reason() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("history demo --sandbox").exits(0).out(str![[r#"
Nothing was ever changed in environment demo, as far as is known here.

"#]]);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.write(".gitignore", "state\n");
    git(&workspace, "init --quiet");
    let first = commit(&workspace);
    workspace.edit("environments/demo.toml", "web:v1", "web:v2");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
    let plain = |text: &str| text.replace(&first[..7], "[COMMIT]");
    let listed = workspace.ditc("history demo --sandbox").exits(0).out;
    check(
        plain(&listed),
        str![[r#"
  Run  When                  By        Commit    What
    -  [TIME]  jakub@[HOST]  -         destroy: 2 destroyed
    4  [TIME]  jakub@[HOST]  [COMMIT]+  apply: 0 added, 1 changed, 0
                                                 destroyed
    2  [TIME]  jakub@[HOST]  -         apply: 2 added, 0 changed, 0
                                                 destroyed

+ its files differed from that commit, so no rollback leads there
the numbers are those of the record, which a run writes more than once, so there
  are gaps

"#]],
    );
    let [_destroyed, dirty, without] = serials(&workspace).try_into().expect("three runs");
    let refused = |run: &str| {
        let requests = workspace.ditc(&format!("rollback demo {run} --sandbox -auto-approve")).exits(1).wrote_nothing();
        plain(&requests.error)
    };
    check(
        refused(&dirty),
        str![[r#"
error: run 4 was made from files that no commit holds: they differed from
  [COMMIT] when it ran
  hint: ditc history demo --sandbox lists the runs, with their commits
  hint: git diff [COMMIT] shows what differs from that commit now

"#]],
    );
    check(
        refused(&without),
        str![[r#"
error: run 2 does not say from which commit its files were
  hint: it was made outside of a git working copy, or by an older ditc
  hint: ditc history demo --sandbox lists the runs, with their commits

"#]],
    );
    check(
        refused("99"),
        str![[r#"
error: no run 99 of environment demo is known here
  hint: ditc history demo --sandbox lists the runs, with their commits

"#]],
    );
    let asks = workspace.ditc("rollback demo 1 --sandbox -json").exits(1).error;
    assert!(asks.contains("-json asks no questions"), "{asks}");
    workspace.ditc("history dmeo --sandbox").exits(1).error(str![[r#"
error: there is no environment dmeo: no file describes it, and the cluster has
  nothing of it
  hint: did you mean `demo`?

"#]]);
}

#[test]
fn a_commit_that_is_not_here_and_files_that_are_wrong_there_are_told() {
    let workspace = Workspace::of(SHOP);
    workspace.write(".gitignore", "state\n");
    git(&workspace, "init --quiet");
    let first = commit(&workspace);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let run = serials(&workspace).remove(0);
    // What ditc.toml forbids today is forbidden, whatever it said then.
    workspace.write("ditc.toml", "[policy]\nprotected = [\"demo\"]\n");
    let told = workspace.ditc(&format!("rollback demo {run} --sandbox -auto-approve")).exits(1).wrote_nothing();
    assert!(told.error.contains("protected"), "{}", told.error);
    workspace.write("ditc.toml", crate::support::UNBOUND);
    // A clone without that commit; its own holds another file, and so has another name whenever it is made.
    workspace.write("notes.txt", "beside");
    std::fs::remove_dir_all(workspace.path(".git")).expect("it is ours");
    git(&workspace, "init --quiet");
    commit(&workspace);
    let told = workspace.ditc(&format!("rollback demo {run} --sandbox -auto-approve")).exits(1).wrote_nothing();
    check(
        told.error.replace(&first, "[COMMIT]"),
        str![[r#"
error: git knows no commit `[COMMIT]` here
  hint: git fetch origin [COMMIT] brings it, if
    it was ever pushed
  hint: a clone in CI often holds one commit alone: let it fetch the whole
    history (fetch-depth: 0)

"#]],
    );
}

#[test]
fn the_runs_of_a_second_life_count_on() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    // A destroy has the number of the run that it ended.
    assert_eq!(serials(&workspace), ["4", "2", "2"]);
    workspace.ditc("state rebuild demo --sandbox").exits(0);
    workspace.edit("environments/demo.toml", "web:v1", "web:v2");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(serials(&workspace)[1..], ["4", "2", "2"]);
    assert!(!["4", "2"].contains(&serials(&workspace)[0].as_str()), "{:?}", serials(&workspace));
    // What is known here stays out of git, where it is made anew.
    assert_eq!(std::fs::read_to_string(workspace.path("state/.gitignore")).expect("it is there"), "*\n");
}

#[test]
fn a_rollback_asks_as_an_apply_does() {
    let workspace = Workspace::of(SHOP);
    workspace.write(".gitignore", "state\n");
    git(&workspace, "init --quiet");
    commit(&workspace);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let run = serials(&workspace).remove(0);
    workspace.edit("environments/demo.toml", "web:v1", "web:v2");
    commit(&workspace);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace
        .ditc(&format!("rollback demo {run} --sandbox -input=false"))
        .exits(1)
        .says("\"web:v2\" -> \"web:v1\"")
        .wrote_nothing();
    let mut asked = workspace.in_terminal(&format!("rollback demo {run} --sandbox"));
    asked.wait_for("Enter a value:");
    asked.type_in("no\n");
    asked.end().exits(1).wrote_nothing();
    let mut asked = workspace.in_terminal(&format!("rollback demo {run} --sandbox"));
    asked.wait_for("Enter a value:");
    asked.type_in("yes\n");
    asked.end().exits(0).says("Apply complete!");
    assert_eq!(serials(&workspace).len(), 3);
}
