//! Several projects on one cluster, on both servers: none takes another's environment without being told to, nor calls it
//! one that lost its file.

use crate::support::{Ran, Stage, Workspace, git, stories};

stories! {
    an_environment_of_another_project_is_taken_over_only_when_told_to
    clones_without_a_place_of_their_own_are_one_project_by_their_history
    directories_without_git_are_projects_of_their_own
    an_environment_without_a_record_is_nobodys_until_somebody_says_so
    a_record_made_anew_by_others_keeps_whose_it_is
    a_namespace_alone_has_nothing_to_be_taken
    a_saved_plan_destroys_what_is_anothers_only_where_somebody_says_yes
}

fn commit(there: &Workspace) {
    for arguments in ["init --quiet", "add environments modules", "commit --quiet --message first"] {
        git(there.root(), arguments);
    }
}

/// A workspace that was cloned from somewhere, with the same definition.
fn clone(stage: &Stage, url: &str) -> Workspace {
    let there = stage.copy();
    commit(&there);
    git(there.root(), &format!("remote add origin {url}"));
    there
}

fn run(workspace: &Workspace, stage: &Stage, what: &str) -> Ran {
    let what = what.replace("ENV", &stage.name);
    workspace.start(&format!("{what} --kubeconfig kubeconfig")).end()
}

fn an_environment_of_another_project_is_taken_over_only_when_told_to(stage: &Stage) {
    let one = clone(stage, "https://ci:canary@github.com/kooba/one.git");
    let two = clone(stage, "git@github.com:kooba/two.git");
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    let record = stage.get("configmaps/ditc").expect("it is there").to_string();
    assert!(record.contains("github.com/kooba/one") && !record.contains("canary"), "{record}");
    // The same project, however it is reached, goes on.
    run(&clone(stage, "git@github.com:Kooba/one"), stage, "plan ENV").exits(0).says("No changes.");
    for verb in ["plan ENV", "apply ENV -auto-approve"] {
        let told = run(&two, stage, verb).exits(1);
        assert!(told.error.contains("was applied from github.com/kooba/one, and this is"), "{}", told.error);
        assert!(told.error.contains(&format!("-adopt={}", stage.name)), "{}", told.error);
    }
    let told = run(&two, stage, "apply ENV -auto-approve -adopt=ENV").exits(0);
    told.says("was applied from github.com/kooba/one until now").says("No changes.");
    run(&two, stage, "plan ENV").exits(0).says_nothing_of("until now");
    let told = run(&one, stage, "plan ENV").exits(1);
    assert!(told.error.contains("was applied from github.com/kooba/two, and this is"), "{}", told.error);
    // Where nobody is asked, nobody takes it down but who applied it.
    for verb in [
        "destroy ENV -auto-approve",
        "destroy ENV -auto-approve -target=ENV.services.web",
        "apply ENV -destroy -auto-approve",
    ] {
        let told = run(&one, stage, verb).exits(1).error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("from github.com/kooba/two, and nobody is asked whether it may go"), "{told}");
    }
    run(&one, stage, "plan ENV -destroy").exits(0).says("was applied from github.com/kooba/two until now");
    run(&two, stage, "destroy ENV -auto-approve").exits(0).says("Destroy complete!");
}

fn clones_without_a_place_of_their_own_are_one_project_by_their_history(stage: &Stage) {
    let one = stage.copy();
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    // It comes into git, and is the same directory still.
    commit(&one);
    run(&one, stage, "apply ENV -auto-approve").exits(0).says("No changes.");
    stage_changes(&one, stage);
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    let two = stage.copy();
    std::fs::remove_dir_all(two.path("environments")).expect("it is there");
    std::fs::remove_dir_all(two.path("modules")).expect("it is there");
    git(two.root(), "init --quiet");
    git(two.root(), &format!("pull --quiet {} main", one.root().display()));
    run(&two, stage, "plan ENV").exits(0).says("No changes.");
    // As it may be for a runner, which has the newest commit alone and the place that everybody has.
    git(one.root(), "remote add origin https://github.com/kooba/one");
    run(&one, stage, "plan ENV").exits(0);
    let other = stage.copy();
    other.write("environments/more.toml", "[services.web]\nmodule = \"app\"");
    commit(&other);
    let told = run(&other, stage, "plan ENV").exits(1);
    assert!(told.error.contains("or by their first commit"), "{}", told.error);
}

/// Something to apply, and committed.
fn stage_changes(workspace: &Workspace, stage: &Stage) {
    let path = format!("environments/{}.toml", stage.name);
    workspace.write(&path, "timeout = \"20s\"\n[services.web]\nmodule = \"app\"\n");
    git(workspace.root(), "commit --quiet --all --message second");
}

fn directories_without_git_are_projects_of_their_own(stage: &Stage) {
    let (one, two) = (stage.copy(), stage.copy());
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    run(&one, stage, "plan ENV").exits(0).says("No changes.");
    for verb in ["plan ENV", "apply ENV -auto-approve", "plan --all"] {
        let told = run(&two, stage, verb).exits(1);
        let text = format!("{}{}", told.out, told.error);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&format!("was applied from {} on", one.root().display())), "{text}");
    }
    // What stays of a part keeps whose it is.
    run(&one, stage, "destroy ENV -auto-approve -target=ENV.services.api").exits(0);
    run(&two, stage, "plan ENV").exits(1).says_nothing_of("Plan:");
    run(&two, stage, "apply ENV -auto-approve -adopt=ENV").exits(0).says("until now");
    run(&two, stage, "plan ENV").exits(0).says("No changes.");
    run(&one, stage, "plan ENV").exits(1).says_nothing_of("Plan:");
}

fn loses_its_record(stage: &Stage) {
    stage.server.delete(&stage.path("configmaps/ditc"));
}

fn words(told: &str) -> String {
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn an_environment_without_a_record_is_nobodys_until_somebody_says_so(stage: &Stage) {
    let one = clone(stage, "https://github.com/kooba/one");
    let two = clone(stage, "https://github.com/kooba/two");
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    // Who looks at what is another's learns of its record, and it is no more theirs by that.
    run(&two, stage, "plan ENV").exits(1);
    loses_its_record(stage);
    two.write(&format!("environments/{}.toml", stage.name), "timeout = \"20s\"\n[services.web]\nmodule = \"app\"\n");
    let name = &stage.name;
    for verb in ["plan ENV", "apply ENV -auto-approve", "plan --all", "apply ENV -auto-approve -refresh-only"] {
        let told = run(&two, stage, verb).exits(1);
        let text = words(&format!("{}{}", told.out, told.error));
        let why = format!(
            "environment {name} has no record in namespace {name}, though 2 objects there are ditc's: nothing tells which \
             project applied it"
        );
        assert!(text.contains(&why), "{text}");
        for way in [format!("ditc state rebuild {name} --kubeconfig=kubeconfig"), format!("-adopt={name}")] {
            assert!(text.contains(&way), "{text}");
        }
    }
    for verb in ["destroy ENV -auto-approve", "destroy ENV* -auto-approve"] {
        let told = run(&two, stage, verb).exits(1);
        let text = words(&format!("{}{}", told.out, told.error));
        assert!(text.contains("nobody is asked whether it may go"), "{text}");
    }
    run(&two, stage, "plan ENV -destroy").exits(0).says("has no record");
    assert!(stage.get("apps/v1 deployments/api").is_some(), "nothing of it went");
    // The project that has a copy of the record goes on, and nobody else does.
    run(&one, stage, "plan ENV -detailed-exitcode").exits(0).says("No changes.").says("has no record");
    one.forget_state();
    run(&one, stage, "plan ENV").exits(1);
    // Whoever takes it over sees what goes by that.
    let told = run(&two, stage, "plan ENV -adopt=ENV").exits(0).says("Deployment/api");
    told.says("Plan: 0 to add, 0 to change, 1 to destroy.");
    let told = run(&one, stage, "state rebuild ENV").exits(0);
    assert!(words(&told.out).contains("from now on it is that of github.com/kooba/one."), "{}", told.out);
    run(&one, stage, "plan ENV").exits(0).says("No changes.");
    assert!(run(&two, stage, "plan ENV").exits(1).error.contains("was applied from github.com/kooba/one"));
    loses_its_record(stage);
    run(&two, stage, "apply ENV -auto-approve -adopt=ENV").exits(0).says("0 added, 0 changed, 1 destroyed.");
    assert!(run(&one, stage, "plan ENV").exits(1).error.contains("was applied from github.com/kooba/two"));
}

fn a_record_made_anew_by_others_keeps_whose_it_is(stage: &Stage) {
    let one = clone(stage, "https://github.com/kooba/one");
    let two = clone(stage, "https://github.com/kooba/two");
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    for _ in 0..2 {
        let told = run(&two, stage, "state rebuild ENV").exits(0);
        let text = words(&told.out);
        assert!(text.contains("was applied from github.com/kooba/one, and stays that project's."), "{text}");
        assert!(text.contains(&format!("ditc plan {0} -adopt={0} --kubeconfig=kubeconfig", stage.name)), "{text}");
        assert!(run(&two, stage, "plan ENV").exits(1).error.contains("was applied from github.com/kooba/one"));
        // The copy of the record tells it as well.
        loses_its_record(stage);
    }
    run(&one, stage, "state rebuild ENV").exits(0).says_nothing_of("project");
    run(&one, stage, "plan ENV").exits(0).says("No changes.");
}

/// As a run leaves it that was killed between its first two writes.
fn a_namespace_alone_has_nothing_to_be_taken(stage: &Stage) {
    stage.define("");
    stage.apply("").exits(0);
    loses_its_record(stage);
    stage.workspace.forget_state();
    run(&clone(stage, "https://github.com/kooba/two"), stage, "apply ENV -auto-approve").exits(0);
}

fn a_saved_plan_destroys_what_is_anothers_only_where_somebody_says_yes(stage: &Stage) {
    let one = clone(stage, "https://github.com/kooba/one");
    let two = clone(stage, "https://github.com/kooba/two");
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    for (nth, what) in ["destroy.plan", "part.plan -target=ENV.services.web"].into_iter().enumerate() {
        run(&two, stage, &format!("plan ENV -destroy -out={what}")).exits(0).says("until now");
        let file = what.split(' ').next().expect("a name");
        let told = run(&two, stage, &format!("apply {file} -auto-approve")).exits(1);
        let why = "was applied from github.com/kooba/one, and nobody is asked whether it may go";
        assert!(words(&told.error).contains(why), "{nth}: {}", told.error);
        let told = run(&two, stage, &format!("apply {file}")).exits(1);
        assert!(words(&told.error).contains("a confirmation is needed"), "{nth}: {}", told.error);
    }
    assert!(stage.get("apps/v1 deployments/web").is_some(), "nothing of it went");
    // Nor is it known of what lost its record.
    loses_its_record(stage);
    run(&two, stage, "plan ENV -destroy -out=lost.plan").exits(0);
    let told = run(&two, stage, "apply lost.plan -auto-approve").exits(1);
    assert!(words(&told.error).contains("has no record that tells which project applied it"), "{}", told.error);
    // Its own goes as it always did, also where a plan is applied in another place than it was made in.
    run(&one, stage, "state rebuild ENV").exits(0);
    run(&one, stage, "plan ENV -destroy -out=own.plan").exits(0).says_nothing_of("until now");
    let elsewhere = stage.copy();
    std::fs::copy(one.path("own.plan"), elsewhere.path("own.plan")).expect("it was saved");
    run(&elsewhere, stage, "apply own.plan").exits(0).says("Destroy complete!");
    run(&one, stage, "apply ENV -auto-approve").exits(0);
    run(&two, stage, "plan ENV -destroy -out=destroy.plan").exits(0);
    let mut asked = two.in_terminal("apply destroy.plan --kubeconfig kubeconfig");
    asked.wait_for("Enter a value:");
    asked.type_in("yes\n");
    asked.end().exits(0).says("Destroy complete!");
}

#[test]
fn a_directory_does_not_report_what_another_one_applied() {
    let stage = Stage::in_the_box();
    let one = stage.copy();
    run(&one, &stage, "apply ENV -auto-approve").exits(0);
    let two = stage.copy();
    two.remove(&format!("environments/{}.toml", stage.name));
    two.write("environments/other.toml", "[services.web]\nmodule = \"app\"");
    run(&two, &stage, "drift --all").exits(0).says_nothing_of(&stage.name);
}

#[test]
fn an_environment_of_another_project_did_not_lose_its_file() {
    let stage = Stage::in_the_box();
    let one = clone(&stage, "https://github.com/kooba/one");
    run(&one, &stage, "apply ENV -auto-approve").exits(0);
    let file = format!("environments/{}.toml", stage.name);
    let two = clone(&stage, "https://github.com/kooba/two");
    for workspace in [&one, &two] {
        workspace.write("environments/other.toml", "[services.web]\nmodule = \"app\"");
        workspace.remove(&file);
    }
    run(&one, &stage, "plan --all").exits(0).says(&format!("has no file here: {}", stage.name));
    run(&two, &stage, "plan --all").exits(0).says_nothing_of(&stage.name);
}
