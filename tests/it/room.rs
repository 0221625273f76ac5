//! Quotas that a plan itself makes room in, or takes it from: what is foretold is what a run would find. Each story runs
//! against the cluster in the box and against a real server where there is one.

use serde_json::json;

use crate::support::{Stage, stories};

stories! {
    room_that_a_deletion_of_the_same_plan_makes_may_come_too_late
    a_quota_is_judged_as_the_plan_changes_it
}

const QUOTA: &str = "resourcequotas/small";

fn uses(stage: &Stage, pods: &str) {
    stage.server.wait_until(&stage.path(QUOTA), |quota| quota["status"]["used"]["pods"] == pods);
}

fn text(told: &str) -> String {
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn room_that_a_deletion_of_the_same_plan_makes_may_come_too_late(stage: &Stage) {
    stage.apply("").exits(0);
    let quota = json!({"metadata": {"name": "small"}, "spec": {"hard": {"pods": "2"}}});
    stage.server.create(&stage.path("resourcequotas"), "hand", &quota);
    uses(stage, "2");
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { spec = { replicas = 2 } }");
    let told = text(&stage.plan("").exits(2).out);
    let name = &stage.name;
    for line in [
        format!(
            "Warning: quota \"small\" in namespace {name} leaves 0 of 2 pods, and this plan needs up to 1; the deletion in \
             it frees 1, which may come too late."
        ),
        format!(
            "hint: an apply of the deletions alone makes room first: ditc apply {name} -target={name}.services.api"
        ),
    ] {
        assert!(told.contains(&line), "{line} is not in\n{told}");
    }
    stage.apply("-target=ENV.services.api/Deployment/api").exits(0).says("0 added, 0 changed, 1 destroyed.");
    uses(stage, "1");
    stage.plan("").exits(2).says_nothing_of("quota");
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn a_quota_is_judged_as_the_plan_changes_it(stage: &Stage) {
    stage.workspace.write("modules/small/module.toml", "[inputs.pods]\ntype = \"string\"");
    let quota =
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: small }\nspec: { hard: { pods: {{ inputs.pods }} } }\n";
    stage.workspace.write("modules/small/quota.yaml", quota);
    let define = |pods: &str, replicas: u32| {
        stage.define(&format!(
            "[dependencies.small]\nmodule = \"small\"\ninputs = {{ pods = \"{pods}\" }}\n[services.web]\n\
             module = \"app\"\ninputs = {{ spec = {{ replicas = {replicas} }} }}"
        ));
    };
    define("2", 1);
    stage.apply("").exits(0);
    uses(stage, "1");
    define("2", 3);
    stage.plan("").exits(2).says("leaves 1 of 2 pods");
    // It is raised before anything needs it.
    define("5", 3);
    stage.plan("").exits(2).says_nothing_of("quota \"small\"");
    // And lowered before anything finds it.
    define("1", 2);
    stage.plan("").exits(2).says("leaves 0 of 1 pods");
    define("5", 3);
    stage.apply("").exits(0);
    stage.is_as_defined();
}
