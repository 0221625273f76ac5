//! The environments that changed in git: the binary in real repositories.

use super::*;
use crate::support;

fn git(workspace: &Workspace, arguments: &str) {
    support::git(workspace.root(), arguments);
}

fn commit(workspace: &Workspace, message: &str) {
    git(workspace, "add --all");
    git(workspace, &format!("commit --quiet --message {message}"));
}

/// The applied environments in a repository with one commit.
fn repository() -> Workspace {
    let workspace = applied();
    workspace.write(".gitignore", "/state/\n");
    git(&workspace, "init --quiet");
    commit(&workspace, "first");
    workspace
}

/// The environments that a plan of what changed looks at.
#[track_caller]
fn check_changed(workspace: &Workspace, reference: &str, expected: &[&str]) {
    let told = workspace.ditc(&format!("plan -changed-since={reference} --sandbox -json")).exits(0);
    let document: Value = serde_json::from_str(&told.out).expect("one document");
    let plans = document["environments"].as_array().expect("a list");
    let names: Vec<&str> = plans.iter().map(|plan| plan["environment"].as_str().expect("a name")).collect();
    assert_eq!(names, expected);
}

#[test]
fn only_those_are_meant_that_a_change_has_a_part_in() {
    let workspace = repository();
    check_changed(&workspace, "HEAD", &[]);
    note(&workspace, "pr-2", "two");
    check_changed(&workspace, "HEAD", &["pr-2"]);
    commit(&workspace, "second");
    check_changed(&workspace, "HEAD", &[]);
    check_changed(&workspace, "HEAD~1", &["pr-2"]);
    workspace.edit("modules/note/note.yaml", "kind: ConfigMap", "kind: ConfigMap # so");
    check_changed(&workspace, "HEAD", &["demo", "pr-1", "pr-2"]);
    git(&workspace, "checkout --quiet modules");
    workspace.edit("environments/base.toml", "module", " module");
    git(&workspace, "add environments");
    check_changed(&workspace, "HEAD", &["demo", "pr-1", "pr-2"]);
    git(&workspace, "reset --quiet --hard");
    workspace.write("ditc.toml", "");
    check_changed(&workspace, "HEAD", &["demo", "pr-1", "pr-2"]);
    git(&workspace, "reset --quiet --hard");
    workspace.write("environments/pr-1.lock.toml", "version = 1\n");
    check_changed(&workspace, "HEAD", &["pr-1"]);
}

#[test]
fn names_narrow_down_what_changed_and_every_command_takes_both() {
    let workspace = repository();
    for name in ["pr-1", "demo"] {
        note(&workspace, name, "two");
    }
    let said = |command: &str, code, text| {
        workspace.ditc(&format!("{command} -changed-since HEAD --sandbox")).exits(code).says(text);
    };
    said("plan pr-* -detailed-exitcode", 2, "in 1 of 1 environment.");
    said("validate", 0, "2 environments");
    said("drift", 0, "pr-1         none");
    said("destroy pr-* -auto-approve", 0, "in 1 of 1 environment.");
    said("apply -auto-approve", 0, "in 2 of 2 environments.");
    said("apply -auto-approve", 0, "No changes in 2 environments: demo, pr-1.");
}

#[test]
fn nothing_that_changed_is_said_and_is_no_error() {
    let workspace = repository();
    for command in ["plan", "apply", "destroy", "drift", "validate"] {
        let told = workspace.ditc(&format!("{command} --changed-since HEAD --sandbox")).exits(0);
        told.out("No environment has changed since HEAD.\n").error("");
    }
    workspace.ditc("plan --changed-since HEAD --sandbox -format markdown=plan.md").exits(0);
    workspace
        .ditc("comment plan.md -status -dry-run -repo=acme/shop -pr=1")
        .exits(0)
        .out("There is nothing to post: no environment is told of.\n")
        .error("");
    // A comment of an earlier push may stand there yet, so it is not passed over that nobody knows where to look.
    workspace.ditc("comment plan.md -status").exits(1).out("");
}

#[test]
fn what_lost_its_file_is_told_where_it_still_lives() {
    let workspace = repository();
    workspace.ditc("destroy pr-2 --sandbox -auto-approve").exits(0);
    for name in ["pr-1", "pr-2"] {
        workspace.remove(&format!("environments/{name}.toml"));
    }
    workspace.ditc("plan -changed-since HEAD --sandbox").exits(0).out(str![[r#"
No environment has changed since HEAD.

Note: 1 environment in the cluster has no file here: pr-1.
hint: ditc destroy ENV --sandbox removes one

"#]]);
    workspace.ditc("drift -changed-since HEAD --sandbox").exits(2).says("Drift: no file.");
    // Also where a review reads it, and apart from what a merge applies.
    let command = "plan -changed-since HEAD --sandbox -format github -format markdown=plan.md";
    workspace.write("outputs", "");
    let outputs = workspace.path("outputs").display().to_string();
    workspace
        .ditc(&format!("GITHUB_OUTPUT={outputs} {command}"))
        .exits(0)
        .says("::warning title=pr-1::nothing describes it any more");
    let markdown = std::fs::read_to_string(workspace.path("plan.md")).expect("written");
    assert!(markdown.contains("\n<!-- ditc:pr-1 -->\n") && markdown.contains("ditc destroy pr-1"), "{markdown}");
    let outputs = std::fs::read_to_string(outputs).expect("written");
    let lines: Vec<&str> = outputs.lines().collect();
    let value = |name: &str| {
        let at = lines.iter().position(|line| line.starts_with(&format!("{name}<<"))).expect(name);
        lines[at + 1]
    };
    assert_eq!([value("strays"), value("environments"), value("changed")], ["[\"pr-1\"]", "[]", "[]"]);
    // The file that it stands on is gone, so nobody knows what it asks for.
    workspace.remove("environments/base.toml");
    workspace.ditc("plan -changed-since HEAD --sandbox").exits(1).says("extends what does not exist");
}

#[test]
fn what_lies_elsewhere_changes_where_it_lies() {
    let workspace = repository();
    std::fs::create_dir(workspace.path("shared")).expect("a directory can be made");
    std::fs::rename(workspace.path("modules/note"), workspace.path("shared/note")).expect("it can be moved");
    std::os::unix::fs::symlink("../shared/note", workspace.path("modules/note")).expect("a link can be made");
    commit(&workspace, "moved");
    check_changed(&workspace, "HEAD", &[]);
    workspace.edit("shared/note/note.yaml", "kind: ConfigMap", "kind: ConfigMap # so");
    check_changed(&workspace, "HEAD", &["demo", "pr-1", "pr-2"]);
}

#[test]
fn values_from_a_file_that_changed_are_for_all() {
    let workspace = repository();
    for name in ["base", "values"] {
        let text = if name == "base" {
            "abstract = true\n[services.note]\nmodule = \"note\"\n[variables]\na = \"1\"\n"
        } else {
            ""
        };
        let path = if name == "base" { "environments/base.toml" } else { "values.toml" };
        workspace.write(path, text);
    }
    commit(&workspace, "values");
    workspace.write("values.toml", "a = \"2\"\n");
    let plan = "plan -changed-since HEAD --sandbox";
    workspace.ditc(plan).exits(0).out("No environment has changed since HEAD.\n");
    workspace.ditc(&format!("{plan} -var-file=values.toml")).exits(0).says("3 environments");
}

#[test]
fn a_git_that_cannot_tell_is_an_error_and_nothing_is_asked() {
    let workspace = applied();
    let refused = |reference: &str| {
        let told = workspace.ditc(&format!("plan -changed-since {reference} --sandbox")).exits(1).out("");
        assert_eq!(told.requests.to_string(), "");
        told.error
    };
    assert!(refused("main").contains("not a git repository"), "{}", refused("main"));
    git(&workspace, "init --quiet");
    commit(&workspace, "first");
    check(
        refused("nowhere"),
        str![[r#"
error: git knows no commit `nowhere` here
  hint: git fetch origin nowhere brings it, and origin/nowhere is then its name
  hint: a clone in CI often holds one commit alone: let it fetch the whole
    history (fetch-depth: 0)

"#]],
    );
    git(&workspace, "checkout --quiet --orphan other");
    commit(&workspace, "unrelated");
    check(
        refused("main"),
        str![[r#"
error: HEAD and `main` have no commit in common here
  hint: git fetch --unshallow brings the whole history, where a clone holds only
    a part of it

"#]],
    );
}
