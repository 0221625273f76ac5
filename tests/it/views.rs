//! An environment as a picture, and one thing of it explained.

use serde_json::Value;
use snapbox::str;

use crate::support::{Stage, Workspace, check, stories};

const SHOP: &str = r#"//- environments/base.toml
abstract = true
[variables]
level = "info"
[dependencies.redis]
module = "redis"
[services.orders]
image = "orders:v1"
replicas = 1
//- environments/demo.toml
extends = "base"
[services.orders]
replicas = 2
[services.orders.env]
LEVEL = "{{ variables.level }}"
[services.gateway]
image = "gateway:v1"
needs = ["orders"]
"#;

#[test]
fn a_graph_needs_no_cluster() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("graph demo").exits(0).error("").out(str![[r#"
digraph "environment demo" {
  rankdir=LR;
  node [shape=box, fontname="monospace", fontsize=10];
  "environment demo" [label="environment demo/lNamespace demo/l"];
  "demo.dependencies.redis" [label="demo.dependencies.redis/lConfigMap redis-config/lSecret redis/lService redis/lService redis-master/lStatefulSet redis-master/l"];
  "demo.services.gateway" [label="demo.services.gateway/lDeployment gateway/l"];
  "demo.services.orders" [label="demo.services.orders/lDeployment orders/l"];
  "environment demo" -> "demo.dependencies.redis";
  "demo.dependencies.redis" -> "demo.services.orders";
  "demo.services.orders" -> "demo.services.gateway";
}

"#]]);
    let drawn = workspace.ditc("graph demo -format=svg").exits(0).error("").out;
    assert_eq!(drawn, workspace.ditc("COLUMNS=200 graph demo -format=svg").exits(0).out, "the same bytes");
    assert!(drawn.starts_with("<svg xmlns=") && drawn.ends_with("</svg>\n"), "{drawn}");
    for text in ["demo.services.orders</text>", "Deployment gateway</text>", "environment demo</text>"] {
        assert!(drawn.contains(text), "{text} is not in\n{drawn}");
    }
    let document: Value = serde_json::from_str(&workspace.ditc("graph demo -json").exits(0).out).expect("JSON");
    let needs = |edge: &Value| format!("{} {}", edge["first"], edge["then"]);
    let edges: Vec<String> = document["edges"].as_array().expect("a list").iter().map(needs).collect();
    assert!(edges.contains(&r#""demo.services.orders" "demo.services.gateway""#.to_owned()), "{edges:?}");
    assert!(!workspace.path("state").exists());
    workspace.ditc("graph dmeo").exits(1).error(str![[r#"
error: unknown environment
 = note: there is no `environments/dmeo.toml` in this workspace
 = help: did you mean `demo`?

1 error

"#]]);
    workspace.ditc("graph demo -format=png").exits(1);
}

#[test]
fn a_graph_of_a_plan_marks_what_would_be_done() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let gateway = "[services.gateway]\nimage = \"gateway:v1\"\nneeds = [\"orders\"]\n";
    workspace.edit("environments/demo.toml", gateway, "");
    workspace.edit("environments/base.toml", "orders:v1", "orders:v2");
    let drawn = workspace.ditc("graph demo --sandbox -plan -format=svg").exits(0).wrote_nothing().out;
    for text in [">- Deployment gateway<", ">~ Deployment orders<", ">StatefulSet redis-master<"] {
        assert!(drawn.contains(text), "{text} is not in\n{drawn}");
    }
}

#[test]
fn a_component_is_explained_from_its_line_to_its_objects() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.edit("environments/demo.toml", "replicas = 2", "replicas = 3");
    let explain =
        |arguments: &str| workspace.ditc(&format!("{arguments} explain demo.services.orders --sandbox")).exits(0);
    let without_ids = |text: &str| {
        let words = text.split_inclusive([' ', '\n']).map(|word| match word.trim_end_matches([',', '\n', ' ']) {
            id if id.len() == 36 && id.matches('-').count() == 4 => word.replace(id, "[UID]"),
            age if age.ends_with('s') && age.trim_end_matches('s').parse::<u8>().is_ok() => word.replace(age, "[AGE]"),
            number if word.contains(',') && number.parse::<u64>().is_ok() => word.replace(number, "[VERSION]"),
            _ => word.to_owned(),
        });
        words.collect::<String>()
    };
    let narrow = explain("").error("").wrote_nothing().out;
    check(
        without_ids(&narrow),
        str![[r#"
demo.services.orders (service)
  Defined   environments/demo.toml:2:11
  Module    service (built in)

Inputs
  image                "orders:v1"  environments/base.toml:7:9
  command              []  default, modules/service/module.toml (built in):9:15
  args                 []  default, modules/service/module.toml (built in):14:15
  env.LEVEL            "{{ variables.level }}"  environments/demo.toml:5:9
  env_from             []  default, modules/service/module.toml (built in):24:15
  ports                []  default, modules/service/module.toml (built in):29:15
  replicas             3  environments/demo.toml:3:12
  resources            { limits = { memory = "512Mi" }, requests = { cpu =
                       "50m", memory = "128Mi" } }
                       default, modules/service/module.toml (built in):39:15
  probe                {}  default, modules/service/module.toml (built in):44:15
  ingress_annotations  {}  default, modules/service/module.toml (built in):70:15
  files                {}  default, modules/service/module.toml (built in):80:15
  volumes              {}  default, modules/service/module.toml (built in):85:15
  objects              []
                       default, modules/service/module.toml (built in):111:15

Variables
  level  "info"  environments/base.toml:3:9

Plan
  demo.services.orders/Deployment/orders will be updated in-place: the
    definition changed

Live
  demo.services.orders/Deployment/orders is ready
    apps/v1, uid [UID], version [VERSION], made
    [TIME], [AGE] ago

Waits for
  demo.dependencies.redis (ready)

Waited for by
  demo.services.gateway (ready)

"#]],
    );
    let wide = explain("COLUMNS=200 DITC_VAR_level=debug").out;
    check(
        without_ids(&wide),
        str![[r#"
demo.services.orders (service)
  Defined   environments/demo.toml:2:11
  Module    service (built in)

Inputs
  image                "orders:v1"  environments/base.toml:7:9
  command              []  default, modules/service/module.toml (built in):9:15
  args                 []  default, modules/service/module.toml (built in):14:15
  env.LEVEL            "{{ variables.level }}"  environments/demo.toml:5:9
  env_from             []  default, modules/service/module.toml (built in):24:15
  ports                []  default, modules/service/module.toml (built in):29:15
  replicas             3  environments/demo.toml:3:12
  resources            { limits = { memory = "512Mi" }, requests = { cpu = "50m", memory = "128Mi" } }  default, modules/service/module.toml (built in):39:15
  probe                {}  default, modules/service/module.toml (built in):44:15
  ingress_annotations  {}  default, modules/service/module.toml (built in):70:15
  files                {}  default, modules/service/module.toml (built in):80:15
  volumes              {}  default, modules/service/module.toml (built in):85:15
  objects              []  default, modules/service/module.toml (built in):111:15

Variables
  level  "debug"  DITC_VAR_level:1:1

Plan
  demo.services.orders/Deployment/orders will be updated in-place: the definition changed

Live
  demo.services.orders/Deployment/orders is ready
    apps/v1, uid [UID], version [VERSION], made [TIME], [AGE] ago

Waits for
  demo.dependencies.redis (ready)

Waited for by
  demo.services.gateway (ready)

"#]],
    );
    assert_eq!(
        explain("").out.lines().next(),
        workspace.ditc("explain demo/orders --sandbox").exits(0).out.lines().next()
    );
    let document = workspace.ditc("explain demo.services.orders --sandbox -json").exits(0).error("").out;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let place = |name: &str| {
        let inputs = document["inputs"].as_array().expect("a list");
        inputs
            .iter()
            .find(|input| input["name"] == name)
            .map(|input| input["place"].as_str().expect("a place").to_owned())
    };
    assert_eq!(place("replicas").as_deref(), Some("environments/demo.toml:3:12"));
    assert_eq!(place("image").as_deref(), Some("environments/base.toml:7:9"));
    assert_eq!(document["variables"][0]["place"], "environments/base.toml:3:9");
    assert_eq!(document["waited_for_by"][0]["address"], "demo.services.gateway");
    assert_eq!(document["changes"][0]["reason"], "the definition changed");
}

#[test]
fn what_is_not_there_is_told_with_what_was_meant() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("explain demo.services.ordres --sandbox").exits(1).error(str![[r#"
error: environment demo has no component `ordres`
  hint: did you mean `demo.services.orders`?

"#]]);
    workspace.ditc("explain demo.services.orders/Deployment/order --sandbox").exits(1).error(str![[r#"
error: environment demo has nothing at `demo.services.orders/Deployment/order`
  hint: did you mean `demo.services.orders/Deployment/orders`?

"#]]);
    workspace.ditc("explain dmeo.services.orders --sandbox").exits(1);
    let absent = workspace.ditc("explain demo.services.orders/Deployment/orders --sandbox").exits(0);
    absent.says("will be created").says("is absent");
    workspace.ditc("explain demo.services.orders/Deployment/orders .spec --sandbox").exits(1).error(str![[r#"
error: Deployment/orders is not in the cluster, so nobody owns a field of it

"#]]);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let fields = "explain demo.services.orders/Deployment/orders --sandbox";
    workspace.ditc(&format!("{fields} .spec.replcas")).exits(1).error(str![[r#"
error: Deployment/orders has no field `.spec.replcas`
  hint: did you mean `.spec.replicas`?

"#]]);
    workspace.ditc(&format!("{fields} spec.nothing.at.all")).exits(1).error(str![[r#"
error: Deployment/orders has no field `spec.nothing.at.all`
  hint: `.` shows all fields that somebody owns

"#]]);
    workspace.ditc(&format!("{fields} .metadata.uid")).exits(1).error(str![[r#"
error: nobody owns a field at `.metadata.uid` of Deployment/orders
  hint: it is there, and nobody set it: a default or the state of the server;
    `.` shows all fields that somebody owns

"#]]);
    // As plans write a name that holds points.
    let label = r#"metadata.labels["app.kubernetes.io/managed-by"]"#;
    workspace.ditc(&format!("{fields} {label}")).exits(0).says("app.kubernetes.io/managed-by = \"ditc\": ditc");
    let secret = workspace.ditc("explain demo --sandbox").exits(0);
    secret.says("demo (environment)").says("nothing would be changed");
}

fn an_object_is_explained_with_the_owners_of_its_fields(stage: &Stage) {
    stage.apply("").exits(0);
    stage.patch_as(
        "kubectl",
        "apps/v1 deployments/web",
        "application/merge-patch+json",
        &serde_json::json!({
            "spec": {"replicas": 2}
        }),
    );
    let address = format!("{}.services.web/Deployment/web", stage.name);
    let explain =
        |field: &str| stage.workspace.ditc(&format!("COLUMNS=200 explain {address} {field} --kubeconfig kubeconfig"));
    let uid = stage.get("apps/v1 deployments/web").expect("it is there")["metadata"]["uid"].clone();
    explain(".spec.replicas")
        .exits(0)
        .says(&format!("{address} (Deployment.apps)"))
        .says("environments/")
        .says("Template  modules/app/app.yaml:")
        .says(&format!("uid {}", uid.as_str().expect("a uid")))
        .says(".spec.replicas = 2: kubectl (Update, last wrote [TIME])");
    let all = explain(".").exits(0).out;
    assert!(all.contains("image = \"app:v1\": ditc (Apply, last wrote"), "{all}");
    // What keeps a component from working is told, and so is who waits.
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\" }\n[services.api]\nmodule = \"app\"\nneeds = [\"web\"]");
    stage.start("explain", "").end().exits(0).says("will be updated in-place: the definition changed");
}

stories! {
    an_object_is_explained_with_the_owners_of_its_fields
}

#[test]
fn a_component_without_its_environment_is_told_where_it_is() {
    let workspace = Workspace::of(SHOP);
    workspace.ditc("explain orders --sandbox").exits(1).error(str![[r#"
error: unknown environment
 = note: there is no `environments/orders.toml` in this workspace
 = help: did you mean the component `demo.services.orders`?
 = help: known are `demo`

1 error

"#]]);
    for (name, replicas) in [("one", 1), ("two", 1), ("three", 1), ("four", 2)] {
        workspace.write(&format!("environments/{name}.toml"), &format!("extends = \"demo\"\nttl = \"{replicas}h\""));
    }
    let told = workspace.ditc("explain rediss --sandbox").exits(1).error;
    let first =
        "help: did you mean one of the components `demo.dependencies.redis`,\n         `four.dependencies.redis`";
    assert!(told.contains(first) && told.contains("(or 1 more)?"), "{told}");
    let told = workspace.ditc("plan redis --sandbox").exits(1).error;
    assert!(told.contains("did you mean one of the components"), "{told}");
}
