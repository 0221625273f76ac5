//! What `ditc drift` tells: every sort of drift, what is none, and what cannot be known.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Served, UNBOUND, Workspace, check};

const DRIFT: &str = "drift demo --sandbox";
const APPLY: &str = "apply demo --sandbox -auto-approve";
const DEMO: &str = "environments/demo.toml";

const WEB: &str = r#"
[services.web]
image = "traefik/whoami:v1"
ports = [80]
replicas = 1
"#;

/// A Deployment that scales by itself.
const SCALED: &str = r#"
//- environments/demo.toml
[services.web]
module = "scaled"
//- modules/scaled/module.toml
//- modules/scaled/app.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ name }}
spec:
  replicas: 1
  selector:
    matchLabels: { app: {{ name }} }
  template:
    metadata:
      labels: { app: {{ name }} }
    spec:
      containers:
        - name: app
          image: app:v1
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ name }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ name }} }
  maxReplicas: 5
"#;

/// A workspace whose environment `demo` is this text.
fn workspace(demo: &str) -> Workspace {
    Workspace::of(&format!("//- {DEMO}\n{}", demo.trim_start()))
}

/// The same, applied.
fn applied(demo: &str) -> Workspace {
    let workspace = workspace(demo);
    workspace.ditc(APPLY).exits(0);
    workspace
}

/// A workspace whose environment is applied to a served cluster, where rights can be taken away.
fn served() -> (Workspace, Served) {
    let (workspace, served) = (workspace(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
    (workspace, served)
}

const SERVED: &str = "drift demo --kubeconfig kubeconfig";

/// The path of an object: `apps/v1 deployments/web`.
fn path(what: &str) -> String {
    match what.split_once(' ') {
        Some((version, what)) => format!("/apis/{version}/namespaces/demo/{what}"),
        None => format!("/api/v1/namespaces/demo/{what}"),
    }
}

const WEB_DEPLOYMENT: &str = "apps/v1 deployments/web";

fn debug_pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "debug"},
        "spec": {"containers": [{"name": "shell", "image": "busybox"}]}})
}

fn annotation(value: &str) -> Value {
    json!({"metadata": {"annotations": {"example.com/note": value}}})
}

#[test]
fn nothing_moved() {
    applied(WEB)
        .ditc(DRIFT)
        .exits(0)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

No drift. 3 objects are as last applied.

"#]])
        .error("")
        .wrote_nothing();
}

#[test]
fn a_field_that_was_changed_by_hand_whatever_the_files_say() {
    let workspace = applied(WEB);
    workspace.cluster().patch(&path(WEB_DEPLOYMENT), "kubectl-edit", &json!({"spec": {"replicas": 3}}));
    workspace.write(DEMO, "[services.web]\nimage = 7\nnonsense = true\n");
    workspace
        .ditc(DRIFT)
        .exits(2)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

  # demo.services.web/Deployment/web has changed
  ~ Deployment "web" {
      ~ spec.replicas = 1 -> 3  # by kubectl-edit, [TIME]
    }

Drift: 1 changed.

hint: ditc plan demo --sandbox shows what an apply would do about it

"#]])
        .error("")
        .wrote_nothing();
}

#[test]
fn a_definition_that_changed_is_no_drift() {
    let workspace = applied(WEB);
    workspace.edit(DEMO, "whoami:v1", "whoami:v2");
    workspace.ditc(DRIFT).exits(0).says("No drift.");
    workspace.write(DEMO, "[services.other]\nimage = \"other\"\n");
    workspace.ditc(DRIFT).exits(0).says("No drift.");
}

#[test]
fn a_field_that_was_changed_and_changed_back() {
    let workspace = applied(WEB);
    for replicas in [3, 1] {
        workspace.cluster().patch(&path(WEB_DEPLOYMENT), "kubectl-edit", &json!({"spec": {"replicas": replicas}}));
    }
    workspace
        .ditc(DRIFT)
        .exits(2)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

  # demo.services.web/Deployment/web has changed
  ~ Deployment "web" {
      ~ spec.replicas belongs to kubectl-edit by now, its value is as applied ([TIME])
    }

Drift: 1 changed.

hint: ditc plan demo --sandbox shows what an apply would do about it

"#]])
        .error("")
        .wrote_nothing();
}

#[test]
fn objects_that_are_gone_made_anew_or_nobodys() {
    let workspace = applied(&format!("{WEB}[services.api]\nimage = \"api:v1\"\nports = [80]\n"));
    {
        let cluster = workspace.cluster();
        cluster.delete(&path("services/api"));
        cluster.delete(&path("services/web"));
        cluster.wait_until_gone(&path("services/web"));
        let theirs = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"ports": [{"port": 80}]}});
        cluster.create(&path("services"), "kubectl-create", &theirs);
        // A backup that is put back says whose it is, under any name.
        let deployment = path("apps/v1 deployments/api");
        let mut copy = cluster.get(&deployment).expect("it is there");
        let metadata = copy["metadata"].as_object_mut().expect("a map");
        metadata.retain(|name, _| !["uid", "resourceVersion", "creationTimestamp"].contains(&name.as_str()));
        cluster.delete(&deployment);
        cluster.wait_until_gone(&deployment);
        cluster.create(&path("apps/v1 deployments"), "velero", &copy);
        copy["metadata"]["name"] = json!("api-2");
        cluster.create(&path("apps/v1 deployments"), "velero", &copy);
        let held = json!({"metadata": {"finalizers": ["example.com/held"]}});
        cluster.patch(&path(WEB_DEPLOYMENT), "kubectl-edit", &held);
        cluster.delete(&path(WEB_DEPLOYMENT));
        cluster.create(&path("pods"), "kubectl-run", &debug_pod());
    }
    workspace
        .ditc(DRIFT)
        .exits(2)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

  - demo.services.api/Service/api was deleted
  ~ demo.services.web/Service/web is another object by now, made by kubectl-create, not by ditc
  ~ demo.services.api/Deployment/api was deleted and created anew
  + demo/Deployment/api-2 says that ditc made it, and the record does not know it
  - demo.services.web/Deployment/web is being deleted
  + demo/Pod/debug is not described, made by kubectl-run

Drift: 1 deleted, 1 being deleted, 1 recreated, 1 replaced, 1 not recorded, 1 foreign object.

hint: ditc plan demo --sandbox shows what an apply would do about it

"#]])
        .error("")
        .wrote_nothing();
}

#[test]
fn what_others_add_beside_ours_is_drift_only_where_that_is_wanted() {
    let workspace = applied(WEB);
    workspace.cluster().patch(&path(WEB_DEPLOYMENT), "kubectl-annotate", &annotation("x"));
    workspace.cluster().patch(
        &path(WEB_DEPLOYMENT),
        "kube-controller-manager",
        &json!({"metadata": {"annotations": {"c": "d"}}}),
    );
    workspace
        .ditc(DRIFT)
        .exits(0)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

Note: others set 1 field beside ours, left alone:
  # demo.services.web/Deployment/web
    + metadata.annotations["example.com/note"] = "x"  # by kubectl-annotate, [TIME]

No drift. 3 objects are as last applied.

"#]])
        .error("")
        .wrote_nothing();
    workspace.ditc("drift demo --sandbox -strict").exits(2).says("Drift: 1 added field.");
    workspace
        .ditc("plan demo --sandbox -detailed-exitcode")
        .exits(0)
        .out(str![[r#"
Note: others set 1 field beside ours, left alone:
metadata.annotations["example.com/note"] of demo.services.web/Deployment/web
(kubectl-annotate).

No changes. Environment demo matches its definition.

"#]])
        .error("");
    // What the workspace names as a controller adds what it likes.
    workspace.write("ditc.toml", &format!("[drift]\ncontrollers = [\"kubectl-annotate\"]\n{UNBOUND}"));
    workspace.ditc("drift demo --sandbox -strict").exits(0).says("No drift.");
}

#[test]
fn a_secret_that_was_changed_shows_no_value() {
    let workspace = applied("[dependencies.redis]\nmodule = \"redis\"\n");
    let name = {
        let cluster = workspace.cluster();
        let secrets = cluster.get(&path("secrets")).expect("a list");
        let secrets = secrets["items"].as_array().expect("items").clone();
        let made = secrets.iter().find(|secret| secret["metadata"]["name"] != "ditc").expect("the module makes one");
        let (name, data) =
            (made["metadata"]["name"].as_str().expect("a name"), made["data"].as_object().expect("data"));
        let key = data.keys().next().expect("a key");
        let change = json!({"data": {key: "Y2FuYXJ5", "more": "Y2FuYXJ5"}});
        cluster.patch(&path(&format!("secrets/{name}")), "kubectl-edit", &change);
        name.to_owned()
    };
    let told = workspace
        .ditc("drift demo --sandbox -strict")
        .exits(2)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

  # demo.dependencies.redis/Secret/redis has changed
  ~ Secret "redis" {
      ~ data.redis-password = (sensitive value)  # by kubectl-edit, [TIME]
    }

Note: others set 1 field beside ours, left alone:
  # demo.dependencies.redis/Secret/redis
    + data.more = (sensitive value)  # by kubectl-edit, [TIME]

Drift: 1 changed, 1 added field.

hint: ditc plan demo --sandbox shows what an apply would do about it

"#]])
        .error("")
        .wrote_nothing();
    assert!(told.out.contains(&name) && !told.out.contains("canary") && !told.out.contains("Y2FuYXJ5"));
    let told = workspace.ditc("drift demo --sandbox -json").exits(2);
    assert!(!told.out.contains("Y2FuYXJ5"), "{}", told.out);
}

#[test]
fn scaling_is_an_autoscalers_affair_and_no_hands() {
    let workspace = Workspace::of(SCALED.trim_start());
    workspace.ditc(APPLY).exits(0);
    let scale = path("apps/v1 deployments/web/scale");
    workspace.cluster().patch(&scale, "kube-controller-manager", &json!({"spec": {"replicas": 4}}));
    workspace.ditc(DRIFT).exits(0).says("No drift.").wrote_nothing();
    workspace.ditc(APPLY).exits(0);
    workspace.cluster().patch(&scale, "kube-controller-manager", &json!({"spec": {"replicas": 2}}));
    workspace.ditc(DRIFT).exits(0).says("No drift.").wrote_nothing();
    workspace.cluster().delete(&path("autoscaling/v2 horizontalpodautoscalers/web"));
    workspace.ditc(DRIFT).exits(2).says("HorizontalPodAutoscaler/web was deleted");
}

#[test]
fn a_namespace_that_is_gone_or_lost_its_record() {
    let workspace = applied(WEB);
    workspace.cluster().delete(&path("configmaps/ditc"));
    workspace
        .ditc(DRIFT)
        .exits(2)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

Note: the record is gone from the cluster; what is there was compared with the
local copy of it.

Drift: no record.

hint: ditc state rebuild demo --sandbox makes the record anew from the objects

"#]])
        .error("")
        .wrote_nothing();
    // Without the local copy nothing can be compared, and that is not clean.
    let state = workspace.files("state");
    workspace.forget_state();
    workspace
        .ditc(DRIFT)
        .exits(1)
        .out(str![[r#"
Environment demo

error: namespace demo has no record, so it is unknown what ditc did there
  hint: ditc state rebuild demo --sandbox writes one of what is there

"#]])
        .error("")
        .wrote_nothing();
    for (path, bytes) in state {
        if !path.starts_with(workspace.path("state/sandbox")) {
            std::fs::create_dir_all(path.parent().expect("in a directory")).expect("it can be made");
            std::fs::write(path, bytes).expect("it can be written");
        }
    }
    workspace.cluster().delete("/api/v1/namespaces/demo");
    workspace.cluster().wait_until_gone("/api/v1/namespaces/demo");
    workspace
        .ditc(DRIFT)
        .exits(2)
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox)

  - demo/Namespace/demo was deleted
  - demo.services.web/Service/web was deleted
  - demo.services.web/Deployment/web was deleted

Note: the record is gone from the cluster; what is there was compared with the
local copy of it.

Drift: 3 deleted, no record.

hint: ditc plan demo --sandbox shows what an apply would do about it

"#]])
        .error("")
        .wrote_nothing();
}

#[test]
fn without_the_right_to_ask_the_record_still_tells() {
    let (workspace, served) = served();
    served.cluster.sandbox.deny("patch", "deployments");
    workspace.ditc(SERVED).exits(0).says("No drift.");
    let before = served.writes().len();
    let change = json!({"spec": {"replicas": 3}});
    edit(&served, &change);
    let told = workspace.ditc(SERVED).exits(2);
    check(
        told.out,
        str![[r#"
Environment demo (namespace demo, cluster test)

  # demo.services.web/Deployment/web has changed
  ~ Deployment "web" {
      ~ spec.replicas = 1 -> 3  # by kubectl-edit, [TIME]
    }

Drift: 1 changed.

hint: ditc plan demo --kubeconfig=kubeconfig shows what an apply would do about
  it

"#]],
    );
    // Only the entry of the edit is another's; ditc wrote nothing.
    assert_eq!(served.writes().len(), before + 1);
    let cleared = json!({"metadata": {"managedFields": [{}]}});
    edit(&served, &cleared);
    let told = workspace.ditc(SERVED).exits(1);
    check(
        told.out,
        str![[r#"
Environment demo (namespace demo, cluster test)

  ! demo.services.web/Deployment/web differs in a way that cannot be told: these
    credentials have no right to write it

Unknown: 1 object not compared.

"#]],
    );
    assert_eq!(served.writes().len(), before + 2);
}

/// Edits the Deployment with a PUT, whose right was not taken away.
fn edit(served: &Served, change: &Value) {
    let path = path(WEB_DEPLOYMENT);
    let mut object = served.cluster.get(&path).expect("it is there");
    for (part, fields) in change.as_object().expect("a map") {
        for (name, value) in fields.as_object().expect("a map") {
            object[part][name] = value.clone();
        }
    }
    served.cluster.replace(&path, "kubectl-edit", &object);
}

#[test]
fn what_may_not_be_listed_is_not_clean() {
    let (workspace, served) = served();
    served.cluster.sandbox.deny("list", "jobs");
    let told = workspace.ditc(SERVED).exits(1);
    check(
        told.out,
        str![[r#"
Environment demo (namespace demo, cluster test)

  ! These credentials may not list what else there is of: Job.batch

Unknown: 1 kind not listed.

"#]],
    );
    served.cluster.sandbox.deny("list", "services");
    let told = workspace.ditc(SERVED).exits(1);
    check(
        told.out,
        str![[r#"
Environment demo

error: listing services
  caused by: services is forbidden: User "kubernetes-admin" cannot list resource
    "services" in API group "" in the namespace "demo" (HTTP 403)
  hint: kubectl auth can-i --list shows what these credentials may do

"#]],
    );
    workspace.ditc("drift --all -kubeconfig kubeconfig -json").exits(1).says("\"class\": \"auth\"");
}

#[test]
fn what_was_destroyed_is_not_told_as_never_applied() {
    let workspace = applied(WEB);
    workspace.write("environments/new.toml", WEB);
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
    workspace
        .ditc(DRIFT)
        .exits(0)
        .out(str![[r#"
Environment demo

It was destroyed by jakub@[HOST] at [TIME].
Nothing of it is in cluster sandbox.

"#]])
        .error("")
        .wrote_nothing();
    workspace.ditc("drift --all --sandbox").exits(0).out(str![[r#"
Environment demo

It was destroyed by jakub@[HOST] at [TIME].
Nothing of it is in cluster sandbox.

Environment new

It was never applied to cluster sandbox.

ENVIRONMENT  DRIFT
demo         destroyed
new          never applied

"#]]);
    workspace.ditc("drift demo --sandbox -json").exits(0).out(str![[r#"
{
  "format_version": "1.0",
  "cluster": "sandbox",
  "status": "clean",
  "environments": [
    {
      "environment": "demo",
      "status": "destroyed",
      "destroyed": {
        "at": "[TIME]",
        "by": "jakub@[HOST]"
      }
    }
  ]
}

"#]]);
    // A life after it is another one.
    workspace.ditc(APPLY).exits(0);
    workspace.ditc(DRIFT).exits(0).says("No drift.");
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
    // Without a file the name means nothing any more, but for what is known here.
    workspace.remove("environments/demo.toml");
    workspace.ditc(DRIFT).exits(1).out(str![[r#"
Environment demo

error: there is no `environments/demo.toml` in this workspace, and nothing of it
  is in the cluster
  hint: known are `new`
  hint: it was destroyed by jakub@[HOST] at [TIME]

"#]]);
    workspace.forget_state();
    workspace.ditc(DRIFT).exits(1).says_nothing_of("was destroyed");
}

#[test]
fn all_environments_and_those_without_a_file() {
    let workspace = Workspace::of(&format!(
        "//- environments/old-1.toml\n{WEB}\n//- environments/pr-1.toml\n{WEB}\n//- environments/pr-2.toml\n{WEB}\n\
         //- environments/new.toml\n{WEB}\n//- environments/base.toml\nabstract = true\n"
    ));
    for name in ["old-1", "pr-1", "pr-2"] {
        workspace.ditc(&format!("apply {name} --sandbox -auto-approve")).exits(0);
    }
    workspace.remove("environments/old-1.toml");
    let change = json!({"spec": {"replicas": 3}});
    workspace.cluster().patch("/apis/apps/v1/namespaces/pr-2/deployments/web", "kubectl-edit", &change);
    workspace
        .ditc("drift --all --sandbox")
        .exits(2)
        .out(str![[r#"
Environment new

It was never applied to cluster sandbox.

Environment old-1 (namespace old-1, cluster sandbox)

Note: environment old-1 lives in namespace old-1 and has no file.

Drift: no file.

hint: ditc destroy old-1 --sandbox removes it

Environment pr-1 (namespace pr-1, cluster sandbox)

No drift. 3 objects are as last applied.

Environment pr-2 (namespace pr-2, cluster sandbox)

  # pr-2.services.web/Deployment/web has changed
  ~ Deployment "web" {
      ~ spec.replicas = 1 -> 3  # by kubectl-edit, [TIME]
    }

Drift: 1 changed.

hint: ditc plan pr-2 --sandbox shows what an apply would do about it

ENVIRONMENT  DRIFT
new          never applied
old-1        no file
pr-1         none
pr-2         1 changed

"#]])
        .error("")
        .wrote_nothing();
    workspace
        .ditc("drift pr-1 new --sandbox")
        .exits(0)
        .out(str![[r#"
Environment new

It was never applied to cluster sandbox.

Environment pr-1 (namespace pr-1, cluster sandbox)

No drift. 3 objects are as last applied.

ENVIRONMENT  DRIFT
new          never applied
pr-1         none

"#]])
        .error("");
    workspace.ditc("drift pr-* --sandbox").exits(2).says("pr-2         1 changed");
    workspace.ditc("drift old-1 --sandbox").exits(2).says("Drift: no file.");
    workspace
        .ditc("drift pr-1 nowhere --sandbox")
        .exits(1)
        .out(str![[r#"
Environment nowhere

error: there is no `environments/nowhere.toml` in this workspace, and nothing of
  it is in the cluster
  hint: known are `new`, `pr-1`, `pr-2`

Environment pr-1 (namespace pr-1, cluster sandbox)

No drift. 3 objects are as last applied.

ENVIRONMENT  DRIFT
nowhere      unknown: there is no `environments/nowhere.toml` in this workspace, and nothing of it is in the cluster
pr-1         none

"#]])
        .error("");
    workspace.ditc("drift x-* --sandbox").exits(1).out("").error(str![[r#"
error: no such environment
 = note: no environment with a file fits `x-*`
 = help: known are `new`, `pr-1`, `pr-2`

1 error

"#]]);
    let told = workspace.ditc("drift --all --sandbox -json").exits(2);
    check(
        told.out,
        str![[r#"
{
  "format_version": "1.0",
  "cluster": "sandbox",
  "status": "drift",
  "environments": [
    {
      "environment": "new",
      "status": "never_applied"
    },
    {
      "environment": "old-1",
      "status": "drift",
      "namespace": "old-1",
      "has_file": false,
      "has_record": true,
      "compared": 3,
      "drift": [],
      "foreign": [],
      "additions": [],
      "unknown": [],
      "unlisted": [],
      "unfinished": [],
      "elsewhere": []
    },
    {
      "environment": "pr-1",
      "status": "clean",
      "namespace": "pr-1",
      "has_file": true,
      "has_record": true,
      "compared": 3,
      "drift": [],
      "foreign": [],
      "additions": [],
      "unknown": [],
      "unlisted": [],
      "unfinished": [],
      "elsewhere": []
    },
    {
      "environment": "pr-2",
      "status": "drift",
      "namespace": "pr-2",
      "has_file": true,
      "has_record": true,
      "compared": 3,
      "drift": [
        {
          "address": "pr-2.services.web/Deployment/web",
          "group": "apps",
          "kind": "Deployment",
          "namespace": "pr-2",
          "name": "web",
          "component": "services.web",
          "action": "update",
          "fields": [
            {
              "path": ".spec.replicas",
              "applied": 1,
              "live": 3,
              "sensitive": false,
              "manager": "kubectl-edit",
              "time": "[TIME]"
            }
          ]
        }
      ],
      "foreign": [],
      "additions": [],
      "unknown": [],
      "unlisted": [],
      "unfinished": [],
      "elsewhere": []
    }
  ]
}

"#]],
    );
}

#[test]
fn an_environment_in_a_second_namespace() {
    let workspace = applied(WEB);
    workspace.write(DEMO, &format!("namespace = \"elsewhere\"\n{WEB}"));
    workspace.ditc(DRIFT).exits(0).says("Environment demo (namespace demo, cluster sandbox)");
    // Somebody hides the first from ditc, which then makes the second, and shows it again.
    let label = |value: Value| {
        let change = json!({"metadata": {"labels": {"ditc.dev/environment": value}}});
        workspace.cluster().patch("/api/v1/namespaces/demo", "kubectl-label", &change);
    };
    label(Value::Null);
    workspace.ditc(APPLY).exits(0);
    label(json!("demo"));
    let told = workspace.ditc(DRIFT).exits(2);
    check(
        told.out,
        str![[r#"
Environment demo (namespace elsewhere, cluster sandbox)

Note: environment demo lives in namespace demo too.

Drift: 1 other namespace.

"#]],
    );
}

#[test]
fn a_run_that_died_half_way_is_drift_and_one_that_lives_is_not_judged() {
    let (workspace, served) = (workspace(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.write("modules/slow/module.toml", "");
    workspace.write("modules/slow/app.yaml", SLOW);
    workspace.write(DEMO, "[services.web]\nmodule = \"slow\"\n");
    let mut apply = workspace.start("apply demo -auto-approve --kubeconfig kubeconfig");
    apply.wait_for("/web: Creation complete");
    let told = workspace.ditc(SERVED).exits(1);
    check(
        told.out,
        str![[r#"
Environment demo

error: a run by jakub@[HOST] since [TIME] is under way
  hint: look again when it has ended

"#]],
    );
    apply.kill();
    apply.end().dies();
    // As it is when its time is over.
    served.cluster.delete(&path("coordination.k8s.io/v1 leases/ditc"));
    let told = workspace.ditc(SERVED).exits(2);
    check(
        told.out,
        str![[r#"
Environment demo (namespace demo, cluster test)

Note: apply by jakub@[HOST] at [TIME] did not come to its end; the
next `ditc apply demo --kubeconfig=kubeconfig` finishes it. The 1 object that it
left half done was not compared: demo.services.web/Deployment/web.

Drift: 1 interrupted run.

hint: ditc plan demo --kubeconfig=kubeconfig shows what an apply would do about
  it

"#]],
    );
}

/// Pods that are not ready before long.
const SLOW: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ name }}
spec:
  replicas: 1
  selector:
    matchLabels: { app: {{ name }} }
  template:
    metadata:
      labels: { app: {{ name }} }
      annotations:
        sandbox.ditc.dev/ready-after: 1h
    spec:
      containers:
        - name: app
          image: app:v1
"#;
