//! Whose hand it was, on both servers: what ditc itself wrote, or the server, is not told as that of somebody else.

use crate::support::{Stage, stories};

stories! {
    what_a_killed_run_wrote_is_told_as_its_own
    the_label_that_names_a_namespace_is_no_drift
}

fn what_a_killed_run_wrote_is_told_as_its_own(stage: &Stage) {
    stage.define("[services.web]\nmodule = \"app\"");
    stage.apply("").exits(0);
    // It is written, and does not become ready for an hour.
    stage
        .define("[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\", spec = { minReadySeconds = 3600, progressDeadlineSeconds = 7200 } }");
    let run = stage.start("apply", "-auto-approve");
    let image = |object: &serde_json::Value| object["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    stage.server.wait_until(&stage.path("apps/v1 deployments/web"), |object| image(object) == "app:v2");
    run.kill();
    run.end().dies();
    let drift = stage.start("drift", "").end().exits(2);
    let drift = drift.says("\"app:v1\" -> \"app:v2\"  # by a run of ditc that stopped, [TIME]");
    drift.says("did not come to its end").says_nothing_of("is not recorded");
    stage.start("drift", "-json").end().exits(2).says("\"manager\": \"ditc\"");
    // Whoever asks for what was there before that run undoes nobody's work.
    stage.define("[services.web]\nmodule = \"app\"");
    let plan = stage.plan("").exits(2).says("Plan: 0 to add, 1 to change, 0 to destroy.");
    plan.says_nothing_of("outside of ditc").says_nothing_of("undoes");
    stage.apply("").exits(0);
    stage.start("drift", "").end().exits(0).says("No drift.");
}

fn the_label_that_names_a_namespace_is_no_drift(stage: &Stage) {
    let namespace = serde_json::json!({"metadata": {"name": stage.name}});
    stage.server.create("/api/v1/namespaces", "kubectl-create", &namespace);
    stage.apply("-adopt=ENV/Namespace/ENV").exits(0);
    stage.start("drift", "-strict").end().exits(0).says("No drift.");
    let label = serde_json::json!({"metadata": {"labels": {"team": "shop"}}});
    stage.server.patch(&format!("/api/v1/namespaces/{}", stage.name), "kubectl-label", &label);
    let drift = stage.start("drift", "-strict").end().exits(2);
    drift.says("1 added field").says("metadata.labels.team").says_nothing_of("kubernetes.io/metadata.name");
    stage.start("drift", "").end().exits(0);
}
