//! Several environments that are applied and destroyed: one question, one end, and each for itself.

use super::*;

/// What stands behind the run of the last environment.
fn result(out: &str) -> &str {
    let at = out.rfind("\nENVIRONMENT").expect("a table of results");
    &out[at + 1..]
}

#[test]
fn one_question_is_asked_for_all() {
    let workspace = motley();
    let mut apply = workspace.in_terminal("apply --all --sandbox");
    apply.wait_for("Enter a value: ");
    apply.type_in("yes\n");
    let told = apply.end().exits(1);
    let (_, behind) = told.out.split_once("\nENVIRONMENT").expect("a table");
    let (question, run) = behind.split_once("Enter a value: yes").expect("a question");
    check(
        question,
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

Do you want to perform these actions in 2 environments on cluster sandbox?
  ditc will perform the actions described above in pr-2, pr-3.
  2 environments that are blocked or failed are left out.
  Only 'yes' will be accepted to approve.

  
"#]],
    );
    check(
        result(run),
        str![[r#"
ENVIRONMENT  RESULT
pr-2         0 added, 1 changed, 0 destroyed
pr-3         2 added, 0 changed, 0 destroyed
pr-4         failed: unknown key
pr-5         blocked: nothing was changed
No changes in 1 environment: pr-1.

Apply incomplete. 2 of 5 environments did not come to the end. To go on, once
the causes are gone:
  ditc apply pr-4 pr-5 --sandbox
error: the apply did not come to its end in 2 of 5 environments

"#]],
    );
    let cluster = workspace.cluster();
    let text = |name: &str| {
        cluster.get(&format!("/api/v1/namespaces/{name}/configmaps/note")).map(|note| note["data"].clone())
    };
    assert_eq!(text("pr-2"), Some(json!({"text": "two"})));
    assert_eq!(text("pr-3"), Some(json!({"text": "one"})));
    assert_eq!((text("pr-4"), text("taken")), (None, None));
    assert_eq!(text("demo"), Some(json!({"text": "one"})), "what has no file is left alone");
}

#[test]
fn anything_but_yes_changes_nothing() {
    let workspace = applied();
    note(&workspace, "pr-1", "two");
    for command in ["apply --all --sandbox", "destroy pr-1 pr-2 --sandbox"] {
        let mut run = workspace.in_terminal(command);
        run.wait_for("Enter a value: ");
        run.type_in("no\n");
        run.end().exits(1).wrote_nothing().says("cancelled.");
    }
    let told = workspace.ditc("apply --all --sandbox").exits(1).wrote_nothing();
    assert!(told.error.contains("a confirmation is needed"), "{}", told.error);
}

#[test]
fn all_that_is_destroyed_is_named_and_counted() {
    let workspace = applied();
    let mut destroy = workspace.in_terminal("destroy demo pr-* --sandbox");
    destroy.wait_for("Enter a value: ");
    destroy.type_in("yes\n");
    let told = destroy.end().exits(0);
    let (_, behind) = told.out.split_once("\nENVIRONMENT").expect("a table");
    let (question, run) = behind.split_once("Enter a value: yes").expect("a question");
    check(
        question,
        str![[r#"
  ADD  CHANGE  DESTROY
demo           0       0        2
pr-1           0       0        2
pr-2           0       0        2

Plan: 0 to add, 0 to change, 6 to destroy in 3 of 3 environments.

Do you really want to destroy 3 environments on cluster sandbox?
  ditc will destroy all 6 objects shown above, with all data in them:
  environments demo, pr-1, pr-2.
  There is no undo. Only 'yes' will be accepted to confirm.

  
"#]],
    );
    check(
        result(run),
        str![[r#"
ENVIRONMENT  RESULT
demo         2 destroyed
pr-1         2 destroyed
pr-2         2 destroyed

Destroy complete! Resources: 6 destroyed in 3 of 3 environments.

"#]],
    );
    let namespaces = workspace.cluster().get("/api/v1/namespaces").expect("a list");
    assert!(!namespaces.to_string().contains("\"pr-1\""));
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let workspace = workspace();
    workspace.write("environments/pr-1.toml", "timeout = \"1s\"\n[services.slow]\nmodule = \"slow\"\n");
    let told = workspace.ditc("apply --all --sandbox -auto-approve").exits(1);
    check(
        result(&told.out),
        str![[r#"
ENVIRONMENT  RESULT
demo         2 added, 0 changed, 0 destroyed
pr-1         failed: 1 of its steps is not done, 2 added, 0 changed, 0 destroyed
pr-2         2 added, 0 changed, 0 destroyed

Apply incomplete. 1 of 3 environments did not come to the end. To go on, once
the causes are gone:
  ditc apply pr-1 --sandbox

"#]],
    );
    check(
        told.error,
        str![[r#"
error: the apply did not come to its end in 1 of 3 environments

"#]],
    );
    workspace.ditc("plan demo pr-2 --sandbox -detailed-exitcode").exits(0);
}

#[test]
fn one_that_another_run_holds_does_not_stop_the_others() {
    let served = Served::start();
    let workspace = workspace();
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.write("environments/pr-1.toml", "[services.slow]\nmodule = \"slow\"\n");
    let mut first = workspace.start("apply pr-1 -auto-approve --kubeconfig kubeconfig");
    first.wait_for("pr-1.services.slow/Deployment/slow: Creation complete");
    let told = workspace.ditc("apply --all -auto-approve --kubeconfig kubeconfig").exits(1);
    let told = told.says("environment pr-1 is locked by jakub@[HOST]");
    told.says("1 of 3 environments did not come to the end.");
    first.interrupt();
    first.end().exits(130);
    workspace.ditc("plan demo pr-2 -detailed-exitcode --kubeconfig kubeconfig").exits(0);
}

#[test]
fn ctrl_c_tells_who_is_done_who_was_stopped_and_who_never_began() {
    let workspace = workspace();
    for name in ["a", "b", "c", "d", "e"] {
        workspace.write(&format!("environments/{name}.toml"), "[services.slow]\nmodule = \"slow\"\n");
    }
    let mut apply = workspace.start("apply --all --sandbox -auto-approve");
    for name in ["a", "b", "c", "d", "e"] {
        apply.wait_for(&format!("{name}.services.slow/Deployment/slow: Creation complete"));
    }
    apply.interrupt();
    let told = apply.end().exits(130);
    check(
        told.error,
        str![[r#"
error: the apply was interrupted; what was done is recorded, 2 of 8 environments
  were not started

"#]],
    );
    check(
        result(&told.out),
        str![[r#"
ENVIRONMENT  RESULT
a            interrupted: 1 of its steps is not done, 2 added, 0 changed,
             0 destroyed
b            interrupted: 1 of its steps is not done, 2 added, 0 changed,
             0 destroyed
c            interrupted: 1 of its steps is not done, 2 added, 0 changed,
             0 destroyed
d            interrupted: 1 of its steps is not done, 2 added, 0 changed,
             0 destroyed
demo         2 added, 0 changed, 0 destroyed
e            interrupted: 1 of its steps is not done, 2 added, 0 changed,
             0 destroyed
pr-1         not started
pr-2         not started

Apply incomplete. 7 of 8 environments did not come to the end. To go on, once
the causes are gone:
  ditc apply a b c d e pr-1 pr-2 --sandbox

"#]],
    );
}

#[test]
fn lines_of_several_runs_say_whose_they_are() {
    let workspace = applied();
    note(&workspace, "pr-1", "two");
    workspace.write("environments/pr-2.toml", "extends = \"nothing\"\n");
    let told = workspace.ditc("apply --all --sandbox -auto-approve -json").exits(1).error("");
    let lines: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    let told = |line: &Value| {
        let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {}\n", text("environment"), text("type"), text("@message"))
    };
    let mut told: Vec<String> = lines.iter().map(told).collect();
    told.sort();
    check(
        told.concat(),
        str![[r#"
- diagnostic: error: the apply did not come to its end in 1 of 3 environments
- version: ditc 0.1.0
demo change_summary: Apply complete! Resources: 0 added, 0 changed, 0 destroyed.
demo change_summary: Plan: 0 to add, 0 to change, 0 to destroy.
pr-1 apply_complete: pr-1.services.note/ConfigMap/note: Modifications complete after 0s
pr-1 apply_start: pr-1.services.note/ConfigMap/note: Modifying...
pr-1 change_summary: Apply complete! Resources: 0 added, 1 changed, 0 destroyed.
pr-1 change_summary: Plan: 0 to add, 1 to change, 0 to destroy.
pr-1 planned_change: pr-1.services.note/ConfigMap/note: Plan to update
pr-2 diagnostic: error: unknown environment

"#]],
    );
    let alone = workspace.ditc("apply pr-1 --sandbox -auto-approve -json").exits(0).says_nothing_of("\"environment\"");
    assert!(alone.out.starts_with("{\"@level\""), "{}", alone.out);
}

#[test]
fn a_record_that_moves_meanwhile_stops_its_environment_alone() {
    let served = Served::start();
    let (here, there) = (workspace(), workspace());
    for workspace in [&here, &there] {
        begins_history(workspace.root());
        workspace.write("kubeconfig", &served.kubeconfig("right"));
    }
    here.ditc("apply --all -auto-approve --kubeconfig kubeconfig").exits(0);
    for name in ["pr-1", "pr-2"] {
        note(&here, name, "two");
    }
    note(&there, "pr-1", "three");
    let mut apply = here.in_terminal("apply pr-* --kubeconfig kubeconfig");
    apply.wait_for("Enter a value: ");
    there.ditc("apply pr-1 -auto-approve --kubeconfig kubeconfig").exits(0);
    apply.type_in("yes\n");
    let told = apply.end().exits(1).says("the record of environment pr-1 changed since it was planned");
    told.says("pr-2         0 added, 1 changed, 0 destroyed");
    let note = |name: &str| served.cluster.get(&format!("/api/v1/namespaces/{name}/configmaps/note")).expect("a note");
    assert_eq!((&note("pr-1")["data"]["text"], &note("pr-2")["data"]["text"]), (&json!("three"), &json!("two")));
}
