//! What others set on objects that ditc makes anew or takes over, as a plan tells it: what goes, what stays, and what is
//! refused. Each story runs against the cluster in the box and against a real server where there is one.

use serde_json::{Value, json};

use crate::support::{Stage, stories};

stories! {
    what_others_set_is_told_as_lost_where_an_object_is_made_anew
    what_others_set_is_told_as_lost_where_the_server_forces_it
    the_number_that_an_autoscaler_set_is_told_where_it_is_lost
    what_others_set_stays_where_an_object_is_adopted
    an_object_is_not_adopted_and_replaced_in_one_run
}

const WEB: &str = "apps/v1 deployments/web";
const REPLACE: &str = "-replace=ENV.services.web/Deployment/web";
const ADOPT: &str = "-adopt=ENV.services.web/Deployment/web";

/// Others put a note and a container beside what ditc made.
fn others_are_busy(stage: &Stage) {
    let note = json!({"metadata": {"annotations": {"example.com/note": "keep me"}}});
    stage.patch_as("kubectl-annotate", WEB, "application/merge-patch+json", &note);
    let container = json!({"spec": {"template": {"spec": {"containers": [{"name": "mesh", "image": "mesh:v1"}]}}}});
    stage.patch_as("injector", WEB, "application/strategic-merge-patch+json", &container);
}

fn is_told_as_lost(told: &str) {
    for line in ["= \"keep me\" -> null  # set by kubectl-annotate, lost", "# set by injector, lost"] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
    assert!(told.contains("image: mesh:v1"), "{told}");
    assert!(!told.contains("left alone"), "{told}");
}

fn containers(stage: &Stage) -> Vec<String> {
    let web = stage.get(WEB).expect("it is there");
    let all = web["spec"]["template"]["spec"]["containers"].as_array().expect("a list");
    all.iter().filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
}

fn what_others_set_is_told_as_lost_where_an_object_is_made_anew(stage: &Stage) {
    stage.apply("").exits(0);
    others_are_busy(stage);
    stage.plan("").exits(0).says("others set 2 fields beside ours, left alone");
    is_told_as_lost(&stage.plan(REPLACE).exits(2).out);
    let told = stage.plan(&format!("{REPLACE} -json")).exits(2);
    let plan: Value = serde_json::from_str(&told.out).expect("one document");
    let lost: Vec<&str> = plan["changes"][0]["loses"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|lost| lost["manager"].as_str())
        .collect();
    assert_eq!(lost, ["kubectl-annotate", "injector"]);
    assert_eq!(plan["additions"], json!([]));
    stage.apply(REPLACE).exits(0);
    assert_eq!(containers(stage), ["app"]);
    stage.is_as_defined();
}

fn what_others_set_is_told_as_lost_where_the_server_forces_it(stage: &Stage) {
    stage.apply("").exits(0);
    others_are_busy(stage);
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { label = \"two\" }\n[services.api]\nmodule = \"app\"");
    is_told_as_lost(&stage.plan("").exits(2).says("forces replacement").out);
    stage.apply("").exits(0);
    assert_eq!(containers(stage), ["app"]);
    stage.is_as_defined();
}

fn the_number_that_an_autoscaler_set_is_told_where_it_is_lost(stage: &Stage) {
    stage.apply("").exits(0);
    let scale = json!({"spec": {"replicas": 3}});
    stage.patch_as("kube-controller-manager", "apps/v1 deployments/web/scale", "application/merge-patch+json", &scale);
    stage.plan(REPLACE).exits(2).says("replicas = 3 -> 1");
    stage.define(
        "[services.web]\nmodule = \"app\"\ninputs = { spec = { replicas = 2 } }\n[services.api]\nmodule = \"app\"",
    );
    stage.plan(REPLACE).exits(2).says("replicas = 3 -> 2").says_nothing_of("lost");
}

fn theirs(stage: &Stage) {
    stage.define("[services.api]\nmodule = \"app\"");
    stage.apply("").exits(0);
    let labels = json!({"app": "web", "label": "one"});
    let containers = json!([{"name": "app", "image": "app:theirs"}, {"name": "mesh", "image": "mesh:v1"}]);
    let theirs = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {"example.com/note": "keep me"}}, "spec": {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}}});
    stage.server.create(&stage.path("apps/v1 deployments"), "helm", &theirs);
    stage.define("[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"");
}

fn what_others_set_stays_where_an_object_is_adopted(stage: &Stage) {
    theirs(stage);
    let told = stage.plan(ADOPT).exits(2).says("1 to import");
    let text = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for stays in ["left alone", "metadata.annotations[\"example.com/note\"] of", "containers[name=\"mesh\"] of"] {
        assert!(text.contains(stays), "{stays} is not in\n{}", told.out);
    }
    stage.apply(ADOPT).exits(0);
    assert_eq!(containers(stage), ["app", "mesh"]);
    stage.is_as_defined();
}

fn an_object_is_not_adopted_and_replaced_in_one_run(stage: &Stage) {
    theirs(stage);
    let uid = stage.uid(WEB);
    for verb in ["plan", "apply"] {
        let flags = if verb == "apply" { "-auto-approve " } else { "" };
        let told = stage.start(verb, &format!("{flags}{ADOPT} {REPLACE}")).end().exits(1);
        assert!(told.error.contains("cannot be adopted and replaced in"), "{}", told.error);
    }
    assert_eq!(stage.uid(WEB), uid);
    stage.apply(ADOPT).exits(0).says("1 imported");
    // By then it is ditc's own.
    stage.apply(&format!("{ADOPT} {REPLACE}")).exits(0).says("1 added, 0 changed, 1 destroyed.");
    assert_ne!(stage.uid(WEB), uid);
    let told = stage.workspace.ditc(&format!("history {} --kubeconfig kubeconfig", stage.name)).exits(0);
    let told = told.says("apply: 1 imported, ");
    told.says("apply: 1 added, 0 changed, 1 destroyed");
}
