//! What keeps ditc from working is told, each thing with its mend, and nothing is written.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Ran, Served, Stage, Workspace, closed_port, kubeconfig, stories};

const SHOP: &str = r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
//- environments/other.toml
[services.web]
image = "traefik/whoami:v1"
"#;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Programs beside ditc that say what they are told to.
fn programs(workspace: &Workspace, programs: &[(&str, &str)]) {
    for (name, script) in programs {
        let path = format!("bin/{name}");
        workspace.write(&path, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(workspace.path(&path), fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
}

/// A workspace on a machine that has all.
fn complete(served: &Served) -> Workspace {
    let workspace = Workspace::of(SHOP);
    for user in ["right", "developer"] {
        workspace.write(user, &served.kubeconfig(user));
    }
    let git = "case $* in *--version*) echo git version 2.50.0 ;; *) echo true ;; esac";
    programs(&workspace, &[("git", git), ("helm", "echo v3.18.0+gb88f864")]);
    workspace
}

fn doctor(workspace: &Workspace, variables: &str, arguments: &str) -> Ran {
    let path = workspace.path("bin").display().to_string();
    workspace.ditc(&format!("PATH={path} {variables} doctor {arguments}"))
}

fn rights(served: &Served, rules: &Value) {
    let hand = &served.cluster;
    let path = |plural: &str| format!("/apis/{GROUP}/v1/{plural}");
    let role = json!({"metadata": {"name": "developers"}, "rules": rules});
    hand.create(&path("clusterroles"), "hand", &role);
    let binding = json!({
        "metadata": {"name": "developers"},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "developers"},
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": "developers"}],
    });
    hand.create(&path("clusterrolebindings"), "hand", &binding);
}

#[test]
fn where_all_works_each_thing_is_told_in_a_line() {
    let served = Served::start();
    let workspace = complete(&served);
    let before = workspace.files(".");
    let told = doctor(&workspace, "GITHUB_TOKEN=ghp_canary", "--kubeconfig right").exits(0).error("");
    told.says_nothing_of("ghp_canary");
    let told = doctor(&workspace, "GH_TOKEN=ghp_canary", "--kubeconfig right").exits(0);
    crate::support::check(
        served.plain(&told.out),
        str![[r#"
ok    workspace   2 environments and 4 modules, without a mistake
ok    kubeconfig  context test: http://[ADDRESS] (cluster test), as test,
                  known by a token; from right
ok    server      Kubernetes v1.36.3+sandbox; ditc is made for 1.30 to 1.36
ok    rights      all that each of the 2 environments needs
ok    state       state/ is not there yet; the first command makes it
ok    git         git version 2.50.0
ok    helm        v3.18.0+gb88f864
ok    github      a token is in GH_TOKEN

Nothing keeps ditc from working.

"#]],
    );
    assert_eq!(workspace.files("."), before, "nothing was written here");
    assert!(served.writes().is_empty(), "nor there");
    let document = doctor(&workspace, "", "--kubeconfig right -json").exits(0).error("").out;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!((&document["healthy"], &document["format_version"]), (&json!(true), &json!("1.0")));
    let subjects: Vec<&str> =
        document["findings"].as_array().expect("a list").iter().filter_map(|it| it["subject"].as_str()).collect();
    assert_eq!(subjects, ["workspace", "kubeconfig", "server", "rights", "state", "git", "helm", "github"]);
}

#[test]
fn what_is_missing_on_the_machine_is_noted_with_what_it_is_for() {
    let served = Served::start();
    let workspace = complete(&served);
    programs(&workspace, &[("git", "echo no such option >&2; exit 3")]);
    workspace.remove("bin/helm");
    let told = doctor(&workspace, "", "--kubeconfig right").exits(0);
    let tools = told.out.split("note  git").nth(1).map(|rest| format!("note  git{rest}")).expect("git is noted");
    crate::support::check(
        tools,
        str![[r#"
note  git         it does not run: no such option
                  Tags are not followed, and -changed-since does not work.
                  mend: install git anew
note  helm        not found
                  Services that name a `chart` cannot be planned; all others
                  can.
                  mend: install helm 3.14 or newer, if a service needs it

"#]],
    );
}

#[test]
fn rights_that_are_missing_are_told_by_what_will_not_work() {
    let served = Served::start();
    let workspace = complete(&served);
    rights(
        &served,
        &json!([
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["*"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create", "patch"]},
        ]),
    );
    let told = doctor(&workspace, "", "--kubeconfig developer demo").exits(1).error("");
    let from = told.out.find("note  rights").expect("rights are missing");
    let to = told.out.find("ok    state").expect("the state is looked at");
    crate::support::check(
        &told.out[from..to],
        str![[r#"
note  rights      the cluster: no right to create namespaces
                  A namespace cannot be made or removed with its environment.
bad   rights      environment demo: no right to patch namespaces; delete
                  deployments.apps; create and update leases.coordination.k8s.io
                  in namespace demo
                  Plan, apply or destroy will fail.
note  rights      environment demo: no right to delete namespaces in namespace
                  demo
                  A namespace cannot be made or removed with its environment.
note  rights      environment demo: no right to create pods/exec in namespace
                  demo
                  `ditc exec` will not work.
note  rights      environment demo: no right to create pods/portforward in
                  namespace demo
                  `ditc port-forward` will not work.
                  mend: whoever administers the cluster can grant them; kubectl
                    auth can-i --list shows what there is

"#]],
    );
    assert!(!told.out.contains("environment other"), "only what was asked for");
    assert!(served.writes().iter().all(|line| line.path.contains(GROUP)), "nothing but this test wrote");
}

#[test]
fn rights_in_one_namespace_serve_its_environment() {
    let served = Served::start();
    let workspace = complete(&served);
    let hand = &served.cluster;
    hand.create("/api/v1/namespaces", "hand", &json!({"metadata": {"name": "demo"}}));
    let binding = json!({
        "metadata": {"name": "developers"},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": "developers"}],
    });
    hand.create(&format!("/apis/{GROUP}/v1/namespaces/demo/rolebindings"), "hand", &binding);
    let told = doctor(&workspace, "", "--kubeconfig developer demo").exits(0).says("all that environment demo needs");
    told.says("the cluster: no right to create namespaces").says("the cluster: no right to list namespaces");

    let told = doctor(&workspace, "", "--kubeconfig developer").exits(1);
    told.says("all that environment demo needs").says("environment other: no right to");
}

#[test]
fn a_server_that_does_not_answer_is_one_fault_of_several() {
    let served = Served::start();
    let workspace = complete(&served);
    let closed = closed_port();
    workspace.write("closed", &kubeconfig(&closed, "right"));
    workspace.write("environments/demo.toml", "[services.web]\nimagine = \"web\"\n");
    let told = doctor(&workspace, "", "--kubeconfig closed").exits(1).error("");
    crate::support::check(
        told.out.replace(&closed, "[CLOSED]"),
        str![[r#"
bad   workspace   2 mistakes; the first: environments/demo.toml:1: missing input
                  What they concern cannot be planned.
                  mend: ditc validate shows each under its line
ok    kubeconfig  context test: http://[CLOSED] (cluster test), as test,
                  known by a token; from closed
bad   server      http://[CLOSED] cannot be reached: client error
                  (Connect): tcp connect error: Connection refused (os error
                  111)
                  Nothing can be planned or applied.
                  mend: kubectl cluster-info tells whether the address is right
                    and the cluster is up
ok    state       state/ is not there yet; the first command makes it
ok    git         git version 2.50.0
ok    helm        v3.18.0+gb88f864
note  github      no token in DITC_GITHUB_TOKEN, GH_TOKEN or GITHUB_TOKEN
                  Unless gh auth token knows one, private repositories are not
                  read over the API, and public ones only 60 times an hour.
                  mend: gh auth login, where that is needed; or set one of them

2 things keep ditc from working. One thing is noted above.

"#]],
    );
}

#[test]
fn a_kubeconfig_that_leads_nowhere_is_told_before_anything_is_asked() {
    let served = Served::start();
    let workspace = complete(&served);
    doctor(&workspace, "", "--kubeconfig right --context staging").exits(1).says("bad   kubeconfig");
    doctor(&workspace, "", "").exits(1).says("no kubeconfig was found, and this is not a pod");
    doctor(&workspace, "KUBECONFIG=nowhere", "").exits(1).says("bad   kubeconfig");
    workspace.write("naked", &served.kubeconfig("right").replace("\"token\":\"right\"", ""));
    doctor(&workspace, "", "--kubeconfig naked").exits(1).says("note  kubeconfig").says("known by nothing");
    doctor(&workspace, "", "--kubeconfig right --server=http://127.0.0.1:1")
        .exits(1)
        .says("127.0.0.1:1 cannot be reached");
    doctor(&workspace, "", "--kubeconfig right --user=nobody").exits(1).says("bad   ");
    Workspace::of("//- README.md\n")
        .ditc("doctor --kubeconfig right")
        .exits(1)
        .says("is no workspace: it has no environments");
    // Who has made the directory is not told to make it.
    let begun = Workspace::of("//- environments/.gitkeep\n");
    begun.ditc("doctor --sandbox").exits(1).says("is empty").says("mend: `ditc new NAME` writes the first");
}

#[test]
fn names_that_mean_nothing_are_refused() {
    Workspace::of(SHOP).ditc("doctor dmeo").exits(1).error(str![[r#"
error: unknown environment
 = note: there is no `environments/dmeo.toml` in this workspace
 = help: did you mean `demo`?

1 error

"#]]);
}

#[test]
fn the_cluster_in_the_box_is_looked_at_once_it_is_there() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("doctor --sandbox").exits(0).says("the built-in cluster; it begins with the first apply");
    assert!(!workspace.path("state").exists());
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let told = workspace.ditc("doctor --sandbox").exits(0).wrote_nothing();
    told.says("Kubernetes v1.36.3+sandbox")
        .says("can be written and is sound")
        .says("all that each of the 2 environments needs");
}

#[test]
fn a_state_that_cannot_be_kept_or_read_is_told() {
    let workspace = Workspace::of(SHOP);
    workspace.write("state", "a file");
    workspace.ditc("doctor --sandbox").exits(1).says("bad   state").says("is no directory of its own");
    workspace.remove("state");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let seal = workspace.files("state").into_iter().find(|(path, _)| path.ends_with(".index.seal")).expect("a seal").0;
    let index = seal.with_file_name("index").join("db");
    let mut bytes = fs::read(&index).expect("the index");
    bytes.truncate(bytes.len() / 2);
    fs::write(&index, &bytes).expect("it is ours");
    let told = workspace.ditc("doctor --sandbox").exits(0).says("note  state").says("is damaged: ");
    told.says("the next command builds it again");
    assert_eq!(fs::read(&index).expect("still there"), bytes, "looked at, and left alone");
}

fn a_run_that_lives_is_named_and_one_that_died_has_its_mend(stage: &Stage) {
    let workspace = &stage.workspace;
    let look = || workspace.ditc("doctor --kubeconfig kubeconfig").exits(0);
    look().says("all that environment").says("state/ is not there yet");
    assert!(!workspace.path("state").exists());
    stage.apply("").exits(0);
    look().says("can be written and is sound");
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\", spec = { minReadySeconds = 500 } }");
    let mut apply = stage.start("apply", "-auto-approve");
    apply.wait_for("/web: Modifications complete");
    look().says(&format!("environment {} is locked by jakub@[HOST] since [TIME] (apply)", stage.name));
    apply.kill();
    drop(apply);
    look()
        .says(&format!("environment {}: a run by jakub@[HOST] stopped after", stage.name))
        .says(&format!("mend: ditc apply {} --kubeconfig=kubeconfig finishes it", stage.name));
}

stories! {
    a_run_that_lives_is_named_and_one_that_died_has_its_mend
}
