//! Labels that an environment puts on all its objects: also on what is made once, and never where they would roll or
//! select anything.

use serde_json::Value;

use crate::support::{Stage, stories};

const APP: &str = r#"
owner = "jakub"
[labels]
"example.com/team" = "{{ variables.team }}"
stage = "preview"
[variables]
team = "orders"
[secrets.app]
password = { generate = "password" }
[services.web]
image = "traefik/whoami:v1"
ports = [80]
[services.web.env]
PASSWORD = { secret = "app", key = "password" }
"#;

stories! {
    labels_are_on_all_objects_and_change_with_the_definition
}

/// Everything that the environment made itself.
fn objects(at: &Stage) -> Vec<(String, Value)> {
    let namespace = at.server.get(&format!("/api/v1/namespaces/{}", at.name)).expect("it is there");
    let of = |what: &str| (what.to_owned(), at.get(what).expect("it is there"));
    let rest = ["secrets/app", "services/web", "apps/v1 deployments/web"].map(of);
    [("namespace".to_owned(), namespace)].into_iter().chain(rest).collect()
}

fn labels_are_on_all_objects_and_change_with_the_definition(at: &Stage) {
    at.define(APP);
    at.apply("").exits(0);
    for (what, object) in objects(at) {
        let labels = &object["metadata"]["labels"];
        assert_eq!((&labels["example.com/team"], &labels["stage"]), (&"orders".into(), &"preview".into()), "{what}");
        assert_eq!(labels["ditc.dev/environment"], at.name.as_str(), "{what}");
        assert!(!object["spec"].to_string().contains("preview"), "{what}: in a selector or a pod");
    }
    at.is_as_defined();
    let before: Vec<Value> = ["secrets/app", "apps/v1 deployments/web"].map(|what| at.get(what).expect("there")).into();

    let file = format!("environments/{}.toml", at.name);
    at.workspace.edit(&file, "team = \"orders\"", "team = \"payments\"");
    at.workspace.edit(&file, "stage = \"preview\"", "tier = \"back\"");
    at.plan("")
        .exits(2)
        .says("- stage = \"preview\" -> null")
        .says("+ tier = \"back\"")
        .says("Plan: 0 to add, 4 to change, 0 to destroy.");
    at.apply("").exits(0);
    for (what, object) in objects(at) {
        let labels = &object["metadata"]["labels"];
        assert_eq!((&labels["example.com/team"], &labels["tier"]), (&"payments".into(), &"back".into()), "{what}");
        assert!(labels["stage"].is_null(), "{what}");
    }
    let after: Vec<Value> = ["secrets/app", "apps/v1 deployments/web"].map(|what| at.get(what).expect("there")).into();
    assert_eq!(before[0]["data"], after[0]["data"], "the password stays");
    assert_eq!(before[1]["spec"], after[1]["spec"], "and no pod is rolled");
    at.is_as_defined();

    // What was changed by hand is put back, on what is made once too.
    for what in ["secrets/app", "apps/v1 deployments/web"] {
        let change = serde_json::json!({"metadata": {"labels": {"tier": "by-hand"}}});
        at.patch_as("kubectl-label", what, "application/merge-patch+json", &change);
    }
    at.plan("").exits(2).says("kubectl-label").says("Plan: 0 to add, 2 to change, 0 to destroy.");
    at.apply("").exits(0);
    assert_eq!(at.get("secrets/app").expect("there")["metadata"]["labels"]["tier"], "back");
    at.is_as_defined();
    at.start("drift", "").end().exits(0);
}
