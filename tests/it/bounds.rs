//! What bounds an environment, on both servers: written before what it bounds, in force, changed, and gone last.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Stage, Workspace, stories};

stories! {
    bounds_are_in_force_before_the_first_component
    owner_and_ttl_follow_the_definition
    bounds_that_are_switched_off_go
}

/// Bounded as an environment is that says nothing.
fn bounded(stage: &Stage, more: &str) {
    stage.workspace.write("ditc.toml", "");
    stage.define(&format!("{more}\n[services.web]\nmodule = \"app\"\n[dependencies.disk]\nmodule = \"disk\""));
}

fn namespace(stage: &Stage) -> Value {
    stage.server.get(&format!("/api/v1/namespaces/{}", stage.name)).expect("it is there")
}

fn bounds_are_in_force_before_the_first_component(stage: &Stage) {
    bounded(stage, "");
    stage.apply("").exits(0).says("Resources: 7 added");
    let quota = stage.get("resourcequotas/environment").expect("it is there");
    assert_eq!(quota["status"]["hard"]["requests.cpu"], "8");
    let pods = stage.get("pods").expect("a list");
    let resources = &pods["items"][0]["spec"]["containers"][0]["resources"];
    assert_eq!(*resources, json!({"limits": {"memory": "1Gi"}, "requests": {"cpu": "50m", "memory": "128Mi"}}));
    let labels = &namespace(stage)["metadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "baseline");
    stage.is_as_defined();
}

fn owner_and_ttl_follow_the_definition(stage: &Stage) {
    let annotations = || namespace(stage)["metadata"]["annotations"].clone();
    bounded(stage, "owner = \"ada@example.com\"\nttl = \"72h\"");
    stage.apply("").exits(0);
    assert_eq!(annotations(), json!({"ditc.dev/owner": "ada@example.com", "ditc.dev/ttl": "72h"}));
    stage.is_as_defined();
    bounded(stage, "ttl = \"24h\"");
    stage.plan("").exits(2).says("\"24h\"");
    stage.apply("").exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(annotations(), json!({"ditc.dev/ttl": "24h"}));
    stage.is_as_defined();
    // The label by which the namespace was made stays its own.
    bounded(stage, "security = false");
    stage.apply("").exits(0).says("0 added, 1 changed, 0 destroyed");
    let labels = namespace(stage)["metadata"]["labels"].clone();
    assert_eq!(
        (labels.get("pod-security.kubernetes.io/enforce"), &labels["ditc.dev/environment"]),
        (None, &json!(stage.name))
    );
    stage.is_as_defined();
}

fn bounds_that_are_switched_off_go(stage: &Stage) {
    bounded(stage, "");
    stage.apply("").exits(0);
    bounded(stage, "network = false\nquota = false\nresources = false");
    stage.apply("").exits(0).says("0 added, 0 changed, 3 destroyed");
    for object in ["resourcequotas/environment", "limitranges/environment"] {
        assert_eq!(stage.get(object), None, "{object}");
    }
    assert_eq!(stage.get("networking.k8s.io/v1 networkpolicies/environment"), None);
    stage.is_as_defined();
}

#[test]
fn they_are_made_first_and_destroyed_last() {
    let workspace =
        Workspace::of("//- ditc.toml\n//- environments/demo.toml\n[dependencies.redis]\nmodule = \"redis\"\n");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0).wrote(str![[r#"
apply configmaps/redis-config 201
apply limitranges/environment 201
apply networkpolicies/environment 201
apply resourcequotas/environment 201
apply services/redis 201
apply services/redis-master 201
apply statefulsets/redis-master 201
create configmaps 201
create leases 201
create namespaces 201
create secrets 201
delete leases/ditc 200
update configmaps/ditc 200

"#]]);
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0).wrote(str![[r#"
create leases 201
delete configmaps/redis-config 200
delete limitranges/environment 200
delete namespaces/demo 200
delete networkpolicies/environment 200
delete resourcequotas/environment 200
delete secrets/redis 200
delete services/redis 200
delete services/redis-master 200
delete statefulsets/redis-master 200
update configmaps/ditc 200

"#]]);
}

#[test]
fn an_apply_that_a_quota_of_its_own_stops_is_foreseen() {
    let workspace = Workspace::of(
        "//- ditc.toml\n//- environments/demo.toml\nquota = { memory = \"1Mi\" }\n[dependencies.redis]\nmodule = \"redis\"\n",
    );
    workspace.ditc("plan demo --sandbox").exits(0).says("requests.memory");
}
