//! Several environments in one command: who is meant, what is told of them together, and that one does not stop the others.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Ran, Served, Stage, Workspace, begins_history, check, stories};

mod changed;
mod running;

stories! {
    several_environments_live_and_die_together
}

/// Environments of one ConfigMap each, and one whose pods take long.
const FILES: &str = r#"
//- modules/note/module.toml
[inputs.text]
type = "string"
default = "one"
//- modules/note/note.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ name }} }
data: { text: {{ inputs.text }} }
//- modules/slow/module.toml
//- modules/slow/slow.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }} }
spec:
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata: { labels: { app: {{ name }} }, annotations: { "sandbox.ditc.dev/ready-after": 1h } }
    spec: { containers: [{ name: app, image: app:v1, readinessProbe: { tcpSocket: { port: 80 } } }] }
//- environments/base.toml
abstract = true
[services.note]
module = "note"
//- environments/pr-1.toml
extends = "base"
//- environments/pr-2.toml
extends = "base"
//- environments/demo.toml
extends = "base"
"#;

fn workspace() -> Workspace {
    Workspace::of(FILES.trim_start())
}

/// All environments, applied.
fn applied() -> Workspace {
    let workspace = workspace();
    workspace.ditc("apply --all --sandbox -auto-approve").exits(0);
    workspace
}

/// Sets the text of an environment's note.
fn note(workspace: &Workspace, environment: &str, text: &str) {
    let inputs = format!("extends = \"base\"\n[services.note.inputs]\ntext = \"{text}\"\n");
    workspace.write(&format!("environments/{environment}.toml"), &inputs);
}

/// Everything that several plans can be: unchanged, changed, new, blocked and failed, and one without a file.
fn motley() -> Workspace {
    let workspace = applied();
    workspace.remove("environments/demo.toml");
    note(&workspace, "pr-2", "two");
    workspace.write("environments/pr-3.toml", "extends = \"base\"\n");
    workspace.write("environments/pr-4.toml", "extends = \"base\"\n[services.note]\nmodul = \"note\"\n");
    workspace.write("environments/pr-5.toml", "extends = \"base\"\nnamespace = \"taken\"\n");
    let namespace = json!({"metadata": {"name": "taken"}});
    workspace.cluster().create("/api/v1/namespaces", "kubectl-create", &namespace);
    workspace
}

#[test]
fn plans_of_all_have_a_heading_each_and_one_summary() {
    let workspace = motley();
    workspace.ditc("plan --all --sandbox").exits(1).wrote_nothing().error("").out(str![[r#"
Environment pr-2

Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment pr-2 (namespace pr-2,
cluster sandbox):

  # pr-2.services.note/ConfigMap/note will be updated in-place
  # (the definition changed: environments/pr-2.toml:2, modules/note/note.yaml:1)
  ~ ConfigMap "note" {
      ~ data.text = "one" -> "two"
        # (3 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

Environment pr-3

Actions are shown with these symbols:
  + create

ditc will perform the following actions in environment pr-3 (namespace pr-3,
cluster sandbox):

  # pr-3/Namespace/pr-3 will be created
  # (environments/pr-3.toml:1)
  + Namespace "pr-3" {}

  # pr-3.services.note/ConfigMap/note will be created
  # (environments/base.toml:2, modules/note/note.yaml:1)
  + ConfigMap "note" {
      + data.text: one
    }

Note: 1 object was checked by the server in namespace default, under other
names, since namespace pr-3 is not there yet; its quota and admission policies
had no say.

Plan: 2 to add, 0 to change, 0 to destroy.

Environment pr-4

error: unknown key
 --> environments/pr-4.toml:3:1
  |
3 | modul = "note"
  | ^^^^^ not a key that is known here
  |
  = note: service `note` has no key `modul`
  = help: did you mean `module`?

1 error

Environment pr-5

ditc will perform the following actions in environment pr-5 (namespace taken,
cluster sandbox):

  # pr-5.services.note/ConfigMap/note will be created
  # (environments/base.toml:2, modules/note/note.yaml:1)
  + ConfigMap "note" {
      + data.text: one
    }

Plan: 1 to add, 0 to change, 0 to destroy.

This plan cannot be applied. 1 object stands in the way:

  ! pr-5/Namespace/taken (environments/pr-5.toml:1)
    An object of this name exists, and ditc did not make it (managed by
    kubectl-create).
    hint: name another one with `namespace` in the environment's file
    hint: or take it over; the plan then shows what changes:
        ditc plan pr-5 -adopt=pr-5/Namespace/taken --sandbox

ENVIRONMENT  ADD  CHANGE  DESTROY
pr-2           0       1        0
pr-3           2       0        0
pr-4           -       -        -  failed: unknown key
pr-5           1       0        0  1 blocked
No changes in 1 environment: pr-1.

Plan: 3 to add, 1 to change, 0 to destroy in 3 of 5 environments.
1 environment blocked, 1 environment failed.

Note: 1 environment in the cluster has no file here: demo.
hint: ditc destroy ENV --sandbox removes one

"#]]);
}

/// What stands behind the last plan.
fn summary(out: &str) -> &str {
    out.split_once("\nENVIRONMENT").map_or(out, |(_, summary)| summary)
}

#[test]
fn the_summary_is_readable_at_any_width_and_in_colour() {
    let workspace = motley();
    let wide = workspace.ditc("COLUMNS=200 plan --all --sandbox").exits(1);
    check(
        summary(&wide.out),
        str![[r#"
  ADD  CHANGE  DESTROY
pr-2           0       1        0
pr-3           2       0        0
pr-4           -       -        -  failed: unknown key
pr-5           1       0        0  1 blocked
No changes in 1 environment: pr-1.

Plan: 3 to add, 1 to change, 0 to destroy in 3 of 5 environments.
1 environment blocked, 1 environment failed.

Note: 1 environment in the cluster has no file here: demo.
hint: ditc destroy ENV --sandbox removes one

"#]],
    );
    let coloured = workspace.ditc("NO_COLOR= CLICOLOR_FORCE=1 plan --all --sandbox").exits(1);
    let at = coloured.out.rfind("ENVIRONMENT").expect("a table");
    check(
        coloured.out[at..].replace('\u{1b}', "^"),
        str![[r#"
ENVIRONMENT  ADD  CHANGE  DESTROY^[0m
pr-2           0  ^[33m     1^[0m        0
pr-3         ^[32m  2^[0m       0        0
pr-4           -       -        -  ^[1m^[31mfailed: unknown key^[0m
pr-5         ^[32m  1^[0m       0        0  ^[1m^[31m1 blocked^[0m
^[1m^[32mNo changes in^[0m 1 environment: pr-1.

^[1mPlan:^[0m 3 to add, 1 to change, 0 to destroy in 3 of 5 environments.
^[1m^[31m1 environment blocked, 1 environment failed.^[0m

^[1mNote:^[0m 1 environment in the cluster has no file here: demo.
^[1m^[36mhint:^[0m ditc destroy ENV --sandbox removes one

"#]],
    );
    note(&workspace, &"long-".repeat(12).trim_end_matches('-').replace("long-long", "long"), "x");
    let narrow = workspace.ditc("plan --all --sandbox").exits(1);
    check(
        summary(&narrow.out),
        str![[r#"
                    ADD  CHANGE  DESTROY
long-long-long-long-long-long    2       0        0
pr-2                             0       1        0
pr-3                             2       0        0
pr-4                             -       -        -  failed: unknown key
pr-5                             1       0        0  1 blocked
No changes in 1 environment: pr-1.

Plan: 5 to add, 1 to change, 0 to destroy in 4 of 6 environments.
1 environment blocked, 1 environment failed.

Note: 1 environment in the cluster has no file here: demo.
hint: ditc destroy ENV --sandbox removes one

"#]],
    );
}

#[test]
fn plans_of_all_are_one_document() {
    let workspace = motley();
    let told = workspace.ditc("plan --all --sandbox -json").exits(1).error("");
    let document: Value = serde_json::from_str(&told.out).expect("one document");
    let names: Vec<&str> =
        document["environments"].as_array().unwrap().iter().map(|plan| plan["environment"].as_str().unwrap()).collect();
    assert_eq!(names, ["pr-1", "pr-2", "pr-3", "pr-4", "pr-5"]);
    assert_eq!(document["applyable"], false);
    assert_eq!(document["counts"]["add"], document["environments"][2]["counts"]["add"].as_u64().unwrap() + 1);
    assert_eq!(document["environments"][3]["error"]["class"], "config");
    assert_eq!(document["environments"][3]["diagnostics"][0]["range"]["start"]["line"], 3);
    assert_eq!(document["environments"][4]["blocked"][0]["reason"], "foreign");
    assert_eq!(document["without_file"], json!([{"environment": "demo", "namespace": "demo"}]));
    // Each is in it as it is alone.
    let alone = workspace.ditc("plan pr-2 --sandbox -json").exits(0);
    let alone: Value = serde_json::from_str(&alone.out).expect("one document");
    assert_eq!(document["environments"][1], alone);
    // What was asked for decides about the form, not how many there are.
    let told = workspace.ditc("plan pr-2* --sandbox -json").exits(0);
    let document: Value = serde_json::from_str(&told.out).expect("one document");
    assert_eq!(document["environments"], json!([alone]));
}

#[test]
fn nothing_that_changes_is_one_line() {
    let workspace = applied();
    workspace.ditc("plan -all --sandbox -detailed-exitcode").exits(0).error("").out(str![[r#"
No changes in 3 environments: demo, pr-1, pr-2.

"#]]);
    workspace.ditc("apply -all --sandbox").exits(0).wrote_nothing().out(str![[r#"
No changes in 3 environments: demo, pr-1, pr-2.

"#]]);
    note(&workspace, "pr-1", "two");
    workspace.ditc("plan 'pr-*' --sandbox -detailed-exitcode".replace('\'', "").as_str()).exits(2);
    workspace.ditc("plan demo pr-2 --sandbox -detailed-exitcode").exits(0);
}

#[test]
fn the_plan_of_one_among_many_is_the_plan_of_it_alone() {
    let workspace = applied();
    let change = json!({"data": {"text": "by hand"}});
    workspace.cluster().patch("/api/v1/namespaces/pr-1/configmaps/note", "kubectl-edit", &change);
    note(&workspace, "pr-2", "two");
    workspace.cluster().delete("/api/v1/namespaces/demo/configmaps/note");
    let stray = json!({"metadata": {"name": "stray", "labels": {"ditc.dev/environment": "pr-1"}}});
    workspace.cluster().create("/api/v1/namespaces/demo/configmaps", "hand", &stray);
    for state in ["kept", "forgotten"] {
        let together = workspace.ditc("plan --all --sandbox -json").exits(0);
        let together: Value = serde_json::from_str(&together.out).expect("one document");
        for (number, name) in ["demo", "pr-1", "pr-2"].into_iter().enumerate() {
            let alone = workspace.ditc(&format!("plan {name} --sandbox -json")).exits(0);
            let alone: Value = serde_json::from_str(&alone.out).expect("one document");
            assert_eq!(together["environments"][number], alone, "{name}, with the local state {state}");
        }
        workspace.forget_state();
    }
}

#[test]
fn names_that_mean_nothing_are_told_before_anything_is_asked() {
    let workspace = workspace();
    for verb in ["plan", "apply -auto-approve", "validate"] {
        let told = workspace.ditc(&format!("{verb} pr-11 bass x* pr-1")).exits(1).out("");
        assert_eq!(told.requests.to_string(), "");
        check(
            told.error,
            str![[r#"
error: unknown environment
 = note: there is no `environments/pr-11.toml` in this workspace
 = help: did you mean `pr-1`?

error: unknown environment
 = note: there is no `environments/bass.toml` in this workspace
 = help: known are `demo`, `pr-1`, `pr-2`

error: no such environment
 = note: no environment with a file fits `x*`
 = help: known are `demo`, `pr-1`, `pr-2`

3 errors

"#]],
        );
    }
    let told = workspace.ditc("plan base pr-1 --sandbox").exits(1).says_nothing_of("Environment pr-1");
    assert!(told.error.contains("`base` is a template for others"), "{}", told.error);
    workspace.ditc("destroy x* pr-1 --sandbox").exits(1).out("");
    assert_eq!(workspace.requests().to_string(), "");
    workspace.ditc("validate base pr-1").exits(0).says("2 environments");
    workspace.ditc("validate pr-*").exits(0).says("2 environments");
}

#[test]
fn an_unknown_environment_cannot_be_destroyed_and_a_known_one_can_twice() {
    let workspace = applied();
    workspace.ditc("destroy pr-11 --sandbox -auto-approve").exits(1).wrote_nothing().out("").error(str![[r#"
error: there is no `environments/pr-11.toml` in this workspace, and nothing of
  it is in the cluster
  hint: did you mean `pr-1`?

"#]]);
    workspace.ditc("plan pr-11 -destroy --sandbox").exits(1);
    workspace.remove("environments/pr-1.toml");
    workspace.ditc("destroy pr-1 --sandbox -auto-approve").exits(0).says("Destroy complete!");
    let nothing = "No changes. There is nothing of environment pr-1 to destroy.\n";
    workspace.ditc("destroy pr-1 --sandbox -auto-approve").exits(0).out(nothing);
    workspace.forget_state();
    workspace.ditc("destroy pr-1 --sandbox -auto-approve").exits(1);
    // What has a file is known, though it was never made.
    workspace.write("environments/new.toml", "extends = \"base\"\n");
    workspace.ditc("destroy new --sandbox -auto-approve").exits(0).says("There is nothing of environment new");
    workspace.ditc("destroy base --sandbox -auto-approve").exits(1);
}

#[test]
fn addresses_go_to_the_environment_that_they_name() {
    let workspace = applied();
    note(&workspace, "pr-1", "two");
    note(&workspace, "pr-2", "two");
    workspace
        .ditc("plan pr-1 pr-2 --sandbox -exclude=pr-2.services.note")
        .exits(0)
        .says("Plan: 0 to add, 1 to change, 0 to destroy in 1 of 2 environments.");
    workspace.ditc("plan pr-1 pr-2 --sandbox -target=pr-3.services.note").exits(1).out("").error(str![[r#"
error: `pr-3.services.note` is about environment pr-3, which is not among those
  that are meant
  hint: did you mean `pr-1.services.note`?

"#]]);
    workspace.ditc("apply pr-* --sandbox -auto-approve -replace=configmap/note").exits(1).out("").error(str![[r#"
error: `configmap/note` does not say of which environment, and several are meant
  hint: write the whole address, such as `ENV.services.NAME/configmap/note`, as
    plans print it

"#]]);
    // An address of nothing is a mistake in its own environment alone.
    workspace
        .ditc("plan pr-1 pr-2 --sandbox -target=pr-2.services.nothing")
        .exits(1)
        .says("environment pr-2 has nothing at `pr-2.services.nothing`")
        .says("Plan: 0 to add, 1 to change, 0 to destroy in 1 of 2 environments.")
        .says("1 environment failed.");
}

#[test]
fn many_are_planned_from_the_local_state_alone() {
    let workspace = applied();
    note(&workspace, "pr-1", "two");
    workspace.write("environments/new.toml", "extends = \"base\"\n");
    let told = workspace.ditc("plan --all --sandbox -refresh=false").exits(1);
    assert_eq!(told.requests.to_string(), "");
    let told = told.says("there is no local state of environment new to plan from");
    let told = told.says("The cluster was not asked (-refresh=false).");
    check(
        summary(&told.out),
        str![[r#"
  ADD  CHANGE  DESTROY
new            -       -        -  failed: there is no local state of
                                   environment new to plan from
pr-1           0       1        0
No changes in 2 environments: demo, pr-2.

Plan: 0 to add, 1 to change, 0 to destroy in 1 of 4 environments.
1 environment failed.

"#]],
    );
}

#[test]
fn variables_are_for_all_and_unheeded_only_where_nobody_asks() {
    let workspace = workspace();
    workspace.write("environments/pr-1.toml", "extends = \"base\"\n[variables]\nlevel = \"info\"\n");
    let told = workspace.ditc("DITC_VAR_level=debug plan --all --sandbox").exits(0);
    assert_eq!(told.error, "");
    let told = workspace.ditc("DITC_VAR_nothing=debug plan --all --sandbox").exits(0);
    assert!(told.error.contains("DITC_VAR_nothing is set, but none of the environments declares"), "{}", told.error);
    workspace
        .ditc("plan --all --sandbox -var level=debug")
        .exits(1)
        .says("the environment declares no variable `level`")
        .says("2 environments failed.");
}

/// A cluster in which these requests of everybody are refused, where they concern all namespaces.
struct Narrow {
    served: Served,
    workspace: Workspace,
}

impl Narrow {
    /// A developer who may do everything in the namespaces of the environments, and nothing beside.
    fn new() -> Self {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let (served, workspace) = (Served::start(), workspace());
        for user in ["right", "developer"] {
            workspace.write(user, &served.kubeconfig(user));
        }
        workspace.ditc("apply --all -auto-approve --kubeconfig right").exits(0);
        for namespace in ["demo", "pr-1", "pr-2"] {
            let binding = json!({
                "metadata": {"name": "developers"},
                "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "admin"},
                "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": "developers"}],
            });
            let path = format!("/apis/{GROUP}/v1/namespaces/{namespace}/rolebindings");
            served.cluster.create(&path, "hand", &binding);
        }
        Self { served, workspace }
    }

    fn developer(&self, command: &str) -> Ran {
        self.workspace.ditc(&format!("{command} --kubeconfig developer"))
    }
}

#[test]
fn who_may_not_list_everywhere_is_answered_namespace_by_namespace() {
    let narrow = Narrow::new();
    note(&narrow.workspace, "pr-2", "two");
    let told = narrow.developer("plan --all").exits(0);
    let told = told.says("Plan: 0 to add, 1 to change, 0 to destroy in 1 of 3 environments.");
    let told = told.says("No changes in 2 environments: demo, pr-1.");
    check(
        told.out.split_once("3 environments.").expect("a sum").1,
        str![[r#"


Note: these credentials may not list namespaces, so environments without a file
are not told.

"#]],
    );
    // The names of those that are meant leave nothing to look for.
    narrow.developer("plan pr-1 pr-2").exits(0).says_nothing_of("may not list");
    narrow.developer("apply pr-* -auto-approve").exits(0).says("0 added, 1 changed, 0 destroyed");
    let refused = |path: &str| {
        let requests = narrow.served.cluster.sandbox.requests();
        requests.iter().filter(|line| line.path == path && line.code == 403).count()
    };
    assert!(refused("/api/v1/configmaps") > 0, "it was tried for all at once");
    let told = narrow.developer("drift --all").exits(1);
    assert!(told.error.contains("these credentials may not list namespaces"), "{}", told.error);
    told.says("pr-1         1 foreign object");
    narrow.developer("drift pr-1 pr-2").exits(1).error("").says("2 kinds not listed");
}

#[test]
fn what_fails_for_all_at_once_fails_each_and_nothing_is_taken_for_gone() {
    let served = Served::start();
    let workspace = workspace();
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply --all -auto-approve --kubeconfig kubeconfig").exits(0);
    served.cluster.sandbox.deny("list", "configmaps");
    let told = workspace.ditc("plan --all --kubeconfig kubeconfig").exits(1);
    let told = told.says("listing configmaps").says("3 environments failed.");
    told.says_nothing_of("will be created");
}

fn several_environments_live_and_die_together(stage: &Stage) {
    let (first, second) = (&stage.name, format!("{}-b", stage.name));
    stage.workspace.write(&format!("environments/{second}.toml"), "[services.web]\nmodule = \"app\"\n");
    let run = |arguments: &str| stage.workspace.ditc(&format!("{arguments} --kubeconfig kubeconfig"));
    run(&format!("apply {first}* -auto-approve")).exits(0).says("in 2 of 2 environments.");
    let unchanged = format!("No changes in 2 environments: {first}, {second}.\n");
    run(&format!("plan {first} {second} -detailed-exitcode")).exits(0).out(&unchanged);
    run(&format!("drift {first}*")).exits(0);
    stage.patch_as(
        "kubectl-edit",
        "apps/v1 deployments/web",
        "application/merge-patch+json",
        &json!({"spec": {
        "template": {"spec": {"containers": [{"name": "app", "image": "app:v2"}]}}}}),
    );
    stage.workspace.forget_state();
    run(&format!("plan {first}* -detailed-exitcode"))
        .exits(2)
        .says("Plan: 0 to add, 1 to change, 0 to destroy in 1 of 2");
    run(&format!("drift {first}*")).exits(2);
    run(&format!("apply {first}* -auto-approve")).exits(0).says(&format!("No changes in 1 environment: {second}."));
    run(&format!("destroy {first}* -auto-approve")).exits(0).says("in 2 of 2 environments.");
    run(&format!("destroy {first}* -auto-approve")).exits(0).out(&unchanged);
}
