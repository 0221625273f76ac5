//! An environment whose record is gone from the cluster: what a plan knows and says then, and how a record comes back. Each
//! story runs against the cluster in the box and against a real server where there is one.

use serde_json::{Value, json};

use crate::support::{Stage, stories};

stories! {
    that_there_is_no_record_is_told_until_there_is_one
    what_left_the_files_with_the_record_is_seen
    a_record_made_anew_asks_for_nothing
    a_record_made_anew_tells_dependencies_from_services
    what_lost_its_record_and_its_labels_is_not_told_as_managed_by_ditc
}

const RECORD: &str = "configmaps/ditc";

/// What was applied is in the record alone: of a copy of it, a plan believes only whose the environment is.
fn loses_its_record(stage: &Stage) {
    stage.server.delete(&stage.path(RECORD));
}

fn unrecorded(stage: &Stage) -> Value {
    let told = stage.plan("-json").exits(0);
    serde_json::from_str::<Value>(&told.out).expect("one document")["unrecorded"].clone()
}

fn text(told: &str) -> String {
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn that_there_is_no_record_is_told_until_there_is_one(stage: &Stage) {
    // What is not there yet has no record to miss.
    stage.plan("").exits(2).says_nothing_of("no record");
    stage.apply("").exits(0);
    loses_its_record(stage);
    let told = stage.plan("").exits(0).says("No changes.").says_nothing_of("as the record has it");
    let name = &stage.name;
    let note = format!(
        "Note: environment {name} has no record in namespace {name}, though 3 objects there are ditc's by their labels \
         and owners. What ditc last applied to them is not known, nor what changed since. The next apply records what it \
         finds, and so does `ditc state rebuild {name} --kubeconfig=kubeconfig`."
    );
    assert!(text(&told.out).contains(&note), "{}", told.out);
    assert_eq!(unrecorded(stage), 3);
    // What differs is put right, and not as the work of a run that stopped.
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\" }\n[services.api]\nmodule = \"app\"");
    stage.plan("").exits(2).says("ditc made it, and no record tells what it last applied").says_nothing_of("stopped");
    stage.apply("").exits(0).says("0 added, 1 changed, 0 destroyed.");
    assert_eq!(unrecorded(stage), 0);
}

const MORE: &str = r#"
apiVersion: batch/v1
kind: CronJob
metadata: { name: {{ name }} }
spec:
  schedule: "0 4 * * *"
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: app, image: "app:v1" }] } } } }
"#;

/// Objects of kinds that nothing else in the definition is of.
fn has_more(stage: &Stage) {
    stage.workspace.write("modules/more/module.toml", "[secrets.more]\ntoken = { generate = \"token\" }");
    stage.workspace.write("modules/more/more.yaml", MORE);
    stage.define("[services.web]\nmodule = \"app\"\n[services.more]\nmodule = \"more\"");
    stage.apply("").exits(0);
}

fn what_left_the_files_with_the_record_is_seen(stage: &Stage) {
    has_more(stage);
    loses_its_record(stage);
    stage.define("[services.web]\nmodule = \"app\"");
    let told = stage.plan("").exits(2).says("Plan: 0 to add, 0 to change, 2 to destroy.");
    told.says("CronJob/more").says("Secret/more").says("ditc made it").says_nothing_of("may not list");
    stage.apply("").exits(0).says("0 added, 0 changed, 2 destroyed.");
    assert_eq!(stage.get("batch/v1 cronjobs/more"), None);
    stage.is_as_defined();
}

fn a_record_made_anew_asks_for_nothing(stage: &Stage) {
    stage.define(
        "[labels]\nteam = \"shop\"\n[dependencies.data]\nmodule = \"disk\"\n[services.web]\nmodule = \"app\"\n\
         [services.redis]\nmodule = \"redis\"",
    );
    stage.apply("").exits(0);
    loses_its_record(stage);
    stage.workspace.forget_state();
    stage.start("state rebuild", "").end().exits(0);
    stage.plan("").exits(0).says("No changes.").says_nothing_of("no record");
    stage.start("drift", "").end().exits(0);
    stage.workspace.forget_state();
    stage.plan("").exits(0).says("No changes.");
}

fn a_record_made_anew_tells_dependencies_from_services(stage: &Stage) {
    stage.workspace.write("modules/more/module.toml", "");
    stage.workspace.write("modules/more/more.yaml", MORE);
    let defined = "[dependencies.data]\nmodule = \"disk\"\n[dependencies.more]\nmodule = \"more\"\n[services.web]\nmodule = \"app\"";
    stage.define(&format!("{defined}\n[services.api]\nmodule = \"app\""));
    stage.apply("").exits(0);
    loses_its_record(stage);
    stage.define("[services.api]\nmodule = \"app\"");
    let list = || stage.start("state list", "").end().exits(0).out;
    let name = &stage.name;
    // The copy of the record knows what no file names any more.
    let told = stage.start("state rebuild", "").end().exits(0);
    assert!(!text(&told.out).contains("No file names"), "{}", told.out);
    for address in ["dependencies.more/CronJob/more", "dependencies.data/Secret/disk", "services.web/Deployment/web"] {
        assert!(list().contains(&format!("{name}.{address}\n")), "{}", list());
    }
    // Without it, what keeps data is taken for a dependency, and that is told.
    loses_its_record(stage);
    stage.workspace.forget_state();
    let told = stage.start("state rebuild", "").end().exits(0);
    let guessed = "taken for a dependency: dependencies.data, services.more, services.web.";
    assert!(text(&told.out).contains(guessed), "{}", told.out);
    for address in ["services.more/CronJob/more", "dependencies.data/Secret/disk", "services.api/Deployment/api"] {
        assert!(list().contains(&format!("{name}.{address}\n")), "{}", list());
    }
    stage.start("destroy", "-auto-approve").end().exits(0);
}

fn what_lost_its_record_and_its_labels_is_not_told_as_managed_by_ditc(stage: &Stage) {
    stage.apply("").exits(0);
    loses_its_record(stage);
    let labels =
        json!({"app.kubernetes.io/managed-by": null, "ditc.dev/environment": null, "ditc.dev/component": null});
    let bare = json!({"metadata": {"labels": labels}});
    stage.patch_as("kubectl-label", "apps/v1 deployments/web", "application/merge-patch+json", &bare);
    let told = stage.plan("").exits(1).says_nothing_of("managed by ditc");
    let what = format!(
        "An object of this name exists that ditc wrote once, but it does not carry the labels of environment {}, and no \
         record knows it.",
        stage.name
    );
    assert!(text(&told.out).contains(&what), "{}", told.out);
    stage.apply("-adopt=deployment/web").exits(0);
    stage.is_as_defined();
}
