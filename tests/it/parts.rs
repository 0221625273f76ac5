//! Parts of an environment destroyed, on both servers: what needs them goes first, and what stays keeps what it needs.

use crate::support::{Stage, stories};

stories! {
    what_needs_a_dependency_goes_with_it
    what_is_excluded_stays_with_what_it_needs
    what_is_left_out_of_a_plan_is_told
    a_part_reaches_through_what_does_not_change
}

fn is_there(stage: &Stage, name: &str) -> bool {
    stage.get(&format!("apps/v1 deployments/{name}")).is_some()
}

/// Services `web`, which needs the dependency `store`, `front`, which needs `web`, and `alone`.
fn stands(stage: &Stage) {
    stage.define(
        "[dependencies.store]\nmodule = \"app\"\n[services.web]\nmodule = \"app\"\n[services.front]\nmodule = \"app\"\n\
         needs = [\"web\"]\n[services.alone]\nmodule = \"app\"\nneeds = []",
    );
    stage.apply("").exits(0);
}

fn what_needs_a_dependency_goes_with_it(stage: &Stage) {
    stands(stage);
    let flag = "-target=ENV.dependencies.store";
    let plan = stage.start("plan", &format!("-destroy {flag}")).end().exits(0);
    let plan = plan.says("Plan: 0 to add, 0 to change, 3 to destroy.");
    plan.says("services.front/Deployment/front will be destroyed (it needs dependencies.store, which is destroyed)");
    let json = stage.start("plan", &format!("-destroy -json {flag}")).end().exits(0);
    json.says("\"reason\": \"needed_destroyed\"");
    stage.start("destroy", &format!("-auto-approve {flag}")).end().exits(0).says("Resources: 3 destroyed.");
    assert!(is_there(stage, "alone") && !is_there(stage, "store"));
    let status = stage.start("status", "").end().exits(0);
    let status = status.says("its component is ready").says("was about a part of the environment only");
    status.says_nothing_of("store").says_nothing_of("front");
    // The definition asks for them still.
    stage.plan("").exits(2).says("Plan: 3 to add, 0 to change, 0 to destroy.");
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn what_is_excluded_stays_with_what_it_needs(stage: &Stage) {
    stands(stage);
    let flag = "-exclude=ENV.services.web";
    let plan = stage.start("plan", &format!("-destroy {flag}")).end().exits(0);
    let plan = plan.says("Plan: 0 to add, 0 to change, 2 to destroy.").says("Note: As -exclude says");
    let plan = plan.says("services.web/Deployment/web: excluded").says("something stays in it");
    plan.says(&format!("dependencies.store/Deployment/store: kept for\n    {}.services.web", stage.name));
    let json = stage.start("plan", &format!("-destroy -json {flag}")).end().exits(0);
    json.says(&format!("\"reason\": \"needed_by_excluded\", \"because\": \"{}.services.web\"", stage.name));
    stage.start("destroy", &format!("-auto-approve {flag}")).end().exits(0).says("Resources: 2 destroyed.");
    assert!(is_there(stage, "web") && is_there(stage, "store") && !is_there(stage, "alone"));
    stage.start("status", "").end().exits(0).says("all 2 components are ready").says_nothing_of("alone");
}

fn what_is_left_out_of_a_plan_is_told(stage: &Stage) {
    stage.define("");
    stage.apply("").exits(0);
    stage.define(
        "[dependencies.store]\nmodule = \"app\"\n[services.web]\nmodule = \"app\"\n[services.alone]\nmodule = \"app\"\n\
         needs = []",
    );
    let plan = stage.plan("-exclude=ENV.dependencies.store").exits(2);
    let plan = plan.says("Plan: 1 to add, 0 to change, 0 to destroy.");
    let plan = plan.says("dependencies.store/Deployment/store: excluded");
    plan.says("services.web/Deployment/web: left out, since it needs");
}

fn a_part_reaches_through_what_does_not_change(stage: &Stage) {
    stands(stage);
    let v2 = "inputs = { image = \"app:v2\" }";
    stage.define(&format!(
        "[dependencies.store]\nmodule = \"app\"\n{v2}\n[services.web]\nmodule = \"app\"\n[services.front]\n\
         module = \"app\"\nneeds = [\"web\"]\n{v2}\n[services.alone]\nmodule = \"app\"\nneeds = []\n{v2}"
    ));
    for target in ["services.web", "services.web/Deployment/web"] {
        let plan = stage.plan(&format!("-target=ENV.{target}")).exits(2);
        plan.says("Plan: 0 to add, 1 to change, 0 to destroy.")
            .says("dependencies.store/Deployment/store will be updated");
    }
    stage.plan("-target=ENV.services.front").exits(2).says("Plan: 0 to add, 2 to change, 0 to destroy.");
    let plan = stage.plan("-exclude=ENV.dependencies.store").exits(2);
    let plan = plan.says("Plan: 0 to add, 1 to change, 0 to destroy.").says("services.alone/Deployment/alone will be");
    plan.says("services.front/Deployment/front: left out, since it needs");
    stage.plan("-exclude=ENV.services.web").exits(2).says("Plan: 0 to add, 2 to change, 0 to destroy.");
    stage.apply("-target=ENV.services.web").exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    stage.plan("").exits(2).says("Plan: 0 to add, 2 to change, 0 to destroy.").says_nothing_of("store");
}
