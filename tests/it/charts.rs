//! Services whose objects lie in their own repository: plain manifests, and charts that a real Helm renders.
//!
//! `tests/helm/build` builds Helm once and prints where it is; `DITC_TEST_HELM` names that directory. Without it, the tests
//! that need it do nothing and say so.

use std::{fs, path::Path};

use serde_json::Value;
use snapbox::str;

use crate::support::{Workspace, git};

/// What a test says that did nothing.
const NOT_USED: &str = "no chart was rendered: set DITC_TEST_HELM";

/// A PATH with a real Helm, and git; none where nobody names one.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test is told by the environment, and tells people"
)]
pub(crate) fn helm() -> Option<String> {
    let directory = std::env::var("DITC_TEST_HELM").ok().filter(|directory| !directory.is_empty());
    if directory.is_none() {
        eprintln!("{NOT_USED}");
    }
    directory.map(|directory| format!("{directory}:{}", std::env::var("PATH").expect("git is on it")))
}

/// Puts charts of `tests/it/charts` into a repository beside the environments.
fn with_charts(workspace: &Workspace, charts: &[&str]) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/charts");
    for chart in charts {
        copy(workspace, &home.join(chart), &format!("shop/charts/{chart}"));
    }
    commit(workspace);
}

fn copy(workspace: &Workspace, from: &Path, to: &str) {
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("a directory entry");
        let to = format!("{to}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            copy(workspace, &entry.path(), &to);
        } else {
            workspace.write(&to, &fs::read_to_string(entry.path()).expect("a text"));
        }
    }
}

/// Commits what lies in `shop`, and moves the tag `dev` there.
pub(crate) fn commit(workspace: &Workspace) {
    let shop = workspace.path("shop");
    if !shop.join(".git").exists() {
        git(&shop, "init --quiet");
    }
    git(&shop, "add --all");
    git(&shop, "commit --quiet --message=change");
    git(&shop, "tag --force dev");
}

/// An object of an environment in the box.
#[track_caller]
fn object(workspace: &Workspace, environment: &str, kind: &str, name: &str) -> Value {
    let group = match kind {
        "configmaps" | "services" => "api/v1",
        "jobs" => "apis/batch/v1",
        "ingresses" => "apis/networking.k8s.io/v1",
        _ => "apis/apps/v1",
    };
    let path = format!("/{group}/namespaces/{environment}/{kind}/{name}");
    workspace.cluster().get(&path).unwrap_or_else(|| panic!("no {kind}/{name}"))
}

fn image(workload: &Value) -> &str {
    let image = workload.pointer("/spec/template/spec/containers/0/image");
    image.and_then(Value::as_str).expect("a container has an image")
}

#[test]
fn manifests_of_a_repository_are_applied_as_they_lie_there() {
    let workspace = Workspace::of(
        r#"//- environments/demo.toml
labels = { team = "shop" }

[services.web]
repo      = "./shop"
tag       = "dev"
manifests = "deploy/"
//- shop/deploy/README.md
Not a manifest.
//- shop/deploy/web.yaml
apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec:
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec: { containers: [{ name: web, image: "traefik/whoami:v1" }] }
  - apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec: { selector: { app: web }, ports: [{ port: 80 }] }
//- shop/deploy/more/settings.json
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"mode": "0644"}}
"#,
    );
    commit(&workspace);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0).out(str![[r#"
Actions are shown with these symbols:
  + create

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo/Namespace/demo will be created
  # (environments/demo.toml:1)
  + Namespace "demo" {
      + metadata.labels.team: shop
    }

  # demo.services.web/ConfigMap/settings will be created
  # (environments/demo.toml:3, deploy/more/settings.json (of services.web):1)
  + ConfigMap "settings" {
      + metadata.labels.team: shop
      + data.mode: "0644"
    }

  # demo.services.web/Service/web will be created
  # (environments/demo.toml:3, deploy/web.yaml (of services.web):1)
  + Service "web" {
      + metadata.labels.team: shop
      + spec:
      +   selector.app: web
      +   ports:
      +     - port: 80
    }

  # demo.services.web/Deployment/web will be created
  # (environments/demo.toml:3, deploy/web.yaml (of services.web):1)
  + Deployment "web" {
      + metadata.labels.team: shop
      + spec:
      +   selector.matchLabels.app: web
      +   template:
      +     metadata.labels.app: web
      +     spec.containers:
      +       - name: web
      +         image: traefik/whoami:v1
    }

Note: 3 objects were checked by the server in namespace default, under other
names, since namespace demo is not there yet; its quota and admission policies
had no say.

Plan: 4 to add, 0 to change, 0 to destroy.
demo/Namespace/demo: Creating...
demo/Namespace/demo: Creation complete after 0s
demo.services.web/ConfigMap/settings: Creating...
demo.services.web/ConfigMap/settings: Creation complete after 0s
demo.services.web/Service/web: Creating...
demo.services.web/Service/web: Creation complete after 0s
demo.services.web/Deployment/web: Creating...
demo.services.web/Deployment/web: Creation complete after 0s
demo.services.web: Ready after 2s

Apply complete! Resources: 4 added, 0 changed, 0 destroyed.

"#]]);
    let config = workspace.cluster().get("/api/v1/namespaces/demo/configmaps/settings").expect("it was made");
    let labels = &config["metadata"]["labels"];
    assert_eq!(labels["ditc.dev/component"], "web");
    assert_eq!(labels["team"], "shop");
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0).error("");
    // What is not committed is not there.
    workspace.edit("shop/deploy/web.yaml", "whoami:v1", "whoami:v2");
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
    commit(&workspace);
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(2).says("whoami:v2");
}

#[test]
fn a_single_file_is_enough() {
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[services.web]\nrepo = \"./shop\"\ntag = \"dev\"\nmanifests = \"one.yaml\"\n//- shop/one.yaml\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: two }\n",
    );
    commit(&workspace);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    object(&workspace, "demo", "configmaps", "one");
    object(&workspace, "demo", "configmaps", "two");
}

/// The environment of the old system, with its charts.
const SHOP: &str = r#"//- environments/jakub.toml
[dependencies.postgresql]
module = "postgresql"
inputs = { storage = false }

[dependencies.rabbitmq]
module = "rabbitmq"
inputs = { storage = false }

[dependencies.redis]
module = "redis"

[services.products]
repo   = "./shop"
tag    = "dev"
chart  = "charts/products"
values = { replicaCount = 1 }
image_tag = "f9ff8d8"

[services.orders]
repo   = "./shop"
tag    = "dev"
chart  = "charts/orders"
values = { replicaCount = 1 }
image_tag = "de841bc"

[services.gateway]
repo   = "./shop"
tag    = "dev"
chart  = "charts/gateway"
image_tag = "7205e1e"
image  = "registry.example.com/gateway"

[services.gateway.values]
replicaCount = 1
ingress = { host = "{{ environment.name }}.preview.example.com" }
"#;

#[test]
fn the_charts_of_the_old_system_run_unchanged() {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(SHOP);
    with_charts(&workspace, &["products", "orders", "gateway"]);
    workspace.ditc(&format!("PATH={helm} apply jakub --sandbox -auto-approve")).exits(0);
    let deployment = |name: &str| object(&workspace, "jakub", "deployments", name);
    assert_eq!(image(&deployment("products")), "jakubborys/ditc-products:f9ff8d8");
    assert_eq!(image(&deployment("orders")), "jakubborys/ditc-orders:de841bc");
    assert_eq!(image(&deployment("gateway")), "registry.example.com/gateway:7205e1e");
    assert_eq!(deployment("orders")["spec"]["replicas"], 1);
    let ingress = object(&workspace, "jakub", "ingresses", "gateway");
    assert_eq!(ingress["spec"]["rules"][0]["host"], "jakub.preview.example.com");
    // Once rendered, Helm is asked nothing but its version, and nothing has changed.
    workspace.ditc(&format!("PATH={helm} plan jakub --sandbox -detailed-exitcode")).exits(0).error("");
    workspace.ditc(&format!("PATH={helm} plan jakub --sandbox -refresh=false")).exits(0).error("");
    let left: Vec<String> = fs::read_dir(workspace.path("state/cache/helm"))
        .expect("it was used")
        .map(|entry| entry.expect("a directory entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// An environment of the chart that has everything.
const DEPOT: &str = r#"//- environments/demo.toml
[dependencies.redis]
module = "redis"

[services.depot]
repo  = "./shop"
tag   = "dev"
chart = "charts/depot"
image = "registry.example.com/depot"
image_tag = "v7"

[services.depot.values]
env     = { REDIS = "{{ dependencies.redis.host }}", PORT = "{{ dependencies.redis.port }}", FLAG = true }
nothing = 2
cellar  = { shelves = "{{ dependencies.redis.port }}" }
//- ditc.toml
[policy]
cluster_scoped = ["CustomResourceDefinition.apiextensions.k8s.io"]
[defaults]
quota     = false
resources = false
network   = false
security  = false
"#;

#[test]
fn what_real_charts_use_works() {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(DEPOT);
    with_charts(&workspace, &["depot"]);
    workspace.ditc(&format!("PATH={helm} plan demo --sandbox")).exits(0).error(str![[r#"
warning: services.depot: Job/depot-farewell is a hook of its chart that is left
  out: ditc has no event `pre-delete`
warning: services.depot: Pod/depot-reachable is a hook of its chart that is left
  out: tests are not run

"#]]);
    workspace.ditc(&format!("PATH={helm} apply demo --sandbox -auto-approve")).exits(0);
    let config = object(&workspace, "demo", "configmaps", "depot");
    assert_eq!(config["metadata"]["labels"]["app.kubernetes.io/managed-by"], "ditc");
    assert_eq!(
        config["data"],
        serde_json::json!({
            "greeting": "hello depot", "team": "shop", "kubernetes": "v1.36.3+sandbox", "autoscaling": "true",
            "strange": "false", "found": "0", "install": "true", "depot.conf": "shelves = many\n",
        })
    );
    assert_eq!(object(&workspace, "demo", "configmaps", "depot-cellar")["data"]["shelves"], "6379");
    let definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crates.depot.example.com";
    workspace.cluster().get(definition).expect("it was made");
    let deployment = object(&workspace, "demo", "deployments", "depot");
    assert_eq!(image(&deployment), "registry.example.com/depot:v7");
    let env = deployment.pointer("/spec/template/spec/containers/0/env").expect("variables");
    assert_eq!(env[0], serde_json::json!({"name": "FLAG", "value": "true"}));
    let recorded = workspace.ditc("state list demo --sandbox").exits(0).out;
    for left_out in ["attic", "farewell", "reachable"] {
        assert!(!recorded.contains(left_out), "{recorded}");
    }
}

#[test]
fn hooks_have_their_turn() {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(DEPOT);
    with_charts(&workspace, &["depot"]);
    let told = workspace.ditc(&format!("PATH={helm} apply demo --sandbox -auto-approve")).exits(0);
    let at = |name: &str| {
        let place = told.out.find(&format!("{name}: Creation complete"));
        place.unwrap_or_else(|| panic!("no {name} in {}", told.out))
    };
    let order = ["ConfigMap/depot", "Job/depot-prepare", "Job/depot-migrate", "Deployment/depot", "Job/depot-announce"];
    let places: Vec<usize> = order.iter().map(|name| at(name)).collect();
    assert!(places.is_sorted(), "{places:?}\n{}", told.out);
    workspace.ditc(&format!("PATH={helm} plan demo --sandbox -detailed-exitcode")).exits(0);
    // Jobs cannot be changed, so with another image they run anew.
    workspace.edit("environments/demo.toml", "v7", "v8");
    workspace.ditc(&format!("PATH={helm} apply demo --sandbox -auto-approve")).exits(0);
    assert_eq!(image(&object(&workspace, "demo", "jobs", "depot-migrate")), "registry.example.com/depot:v8");
}

#[test]
fn many_environments_share_what_is_rendered() {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(SHOP);
    with_charts(&workspace, &["products", "orders", "gateway"]);
    let text = fs::read_to_string(workspace.path("environments/jakub.toml")).expect("it is there");
    workspace.write("environments/other.toml", &text);
    workspace.ditc(&format!("PATH={helm} plan jakub other --sandbox")).exits(0);
    let told = workspace.ditc(&format!("PATH={helm} plan jakub other --sandbox")).exits(0);
    assert_eq!(told.requests.0.iter().filter(|line| line.what == "/version").count(), 1);
}

#[test]
fn a_payload_of_the_old_scripts_plans() {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(
        "//- environments/base.toml\nabstract = true\n//- environment.json\n{\"action\": \"create\", \"name\": \"jakub\", \"projects\": {\
         \"products\": {\"org\": \"kooba\", \"repo\": \"ditc-products\", \"tag\": \"dev\"}, \
         \"orders\": {\"org\": \"kooba\", \"repo\": \"ditc-orders\", \"tag\": \"dev\"}, \
         \"gateway\": {\"org\": \"kooba\", \"repo\": \"ditc-gateway\", \"tag\": \"dev\"}}}\n",
    );
    with_charts(&workspace, &["products", "orders", "gateway"]);
    workspace.ditc("import payload environment.json -write").exits(0);
    for service in ["products", "orders", "gateway"] {
        workspace.ditc(&format!("set jakub {service} repo=./shop")).exits(0).error("");
    }
    let commit = git(&workspace.path("shop"), "rev-parse dev");
    workspace
        .ditc(&format!("PATH={helm} plan jakub --sandbox"))
        .exits(0)
        .error("")
        .says(&format!("jakubborys/ditc-orders:{commit}"));
}

#[test]
fn what_is_explained_of_a_chart_is_the_chart() {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[services.orders]\nrepo  = \"./shop\"\ntag   = \"dev\"\nchart = \"charts/orders\"\n\
         image = \"example/orders\"\nneeds = []\n[services.orders.values]\nreplicaCount = 1\n",
    );
    with_charts(&workspace, &["orders"]);
    let told = workspace.ditc(&format!("PATH={helm} explain demo.services.orders --sandbox")).exits(0);
    let commit = git(&workspace.path("shop"), "rev-parse --short=7 dev");
    let told = told.out.replace(&commit, "[COMMIT]");
    crate::support::check(
        told.split_once("\n\nPlan\n").expect("a plan").0.to_owned() + "\n",
        str![[r#"
demo.services.orders (service)
  Defined   environments/demo.toml:1:11
  Chart     charts/orders
  Commit    [COMMIT] of ./shop, tag dev

Follows
  repo   ./shop  environments/demo.toml:2:9
  tag    dev  environments/demo.toml:3:9
  chart  charts/orders  environments/demo.toml:4:9
  image  "example/orders"  environments/demo.toml:5:9

Values
  replicaCount  1  environments/demo.toml:8:16

"#]],
    );
    let told = workspace.ditc(&format!("PATH={helm} explain demo.services.orders --sandbox -json")).exits(0).out;
    let told: Value = serde_json::from_str(&told).expect("one document");
    assert_eq!((&told["module"], &told["chart"]), (&Value::Null, &"charts/orders".into()));
}
