//! Plan and apply against a cluster where things change and fail: hand changes, removed components, failures, interrupts,
//! and several runs at once.

use serde_json::{Value, json};
use snapbox::{IntoData, str};

use crate::support::{Served, Workspace, begins_history, check, without_pods};

const PLAN: &str = "plan demo --sandbox -detailed-exitcode";
const APPLY: &str = "apply demo --sandbox -auto-approve";
const DEMO: &str = "environments/demo.toml";
const NO_CHANGES: &str = "No changes. Environment demo matches its definition.\n";

/// Pods that become ready when, and fail how, the environment says.
const APP: &str = r#"
//- modules/app/module.toml
[inputs.image]
type = "string"
default = "app:v1"
[inputs.ready_after]
type = "duration"
default = "10ms"
[inputs.fail]
type = "string"
default = ""
[inputs.replicas]
type = "integer"
default = 1
//- modules/app/app.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ name }}
spec:
  replicas: {{ inputs.replicas }}
  selector:
    matchLabels: { app: {{ name }} }
  template:
    metadata:
      labels: { app: {{ name }} }
      annotations:
        sandbox.ditc.dev/ready-after: {{ inputs.ready_after }}
        sandbox.ditc.dev/fail: {{ inputs.fail }}
    spec:
      containers:
        - name: app
          image: {{ inputs.image }}
          readinessProbe: { tcpSocket: { port: 80 } }
"#;

/// A workspace whose environment `demo` is this text.
fn workspace(demo: &str) -> Workspace {
    Workspace::of(&format!("//- {DEMO}\n{demo}\n{}", APP.trim_start()))
}

/// The same, applied.
fn applied(demo: &str) -> Workspace {
    let workspace = workspace(demo);
    workspace.ditc(APPLY).exits(0);
    workspace
}

fn deployment(name: &str) -> String {
    format!("/apis/apps/v1/namespaces/demo/deployments/{name}")
}

/// Changes the Deployment `web` by hand; the plan tells it, an apply takes it back, and then nothing is left to do.
#[track_caller]
fn taken_back(change: &Value, manager: &str, pointer: &str, expected: impl IntoData) {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    let value = |workspace: &Workspace| {
        let object = workspace.cluster().get(&deployment("web")).expect("it is there");
        object.pointer(pointer).cloned()
    };
    let before = value(&workspace);
    let cluster = workspace.cluster();
    cluster.patch(&deployment("web"), manager, change);
    cluster.wait_until_settled(&deployment("web"));
    drop(cluster);
    workspace.ditc(PLAN).exits(2).out(expected).error("").wrote_nothing();
    workspace.ditc(APPLY).exits(0).wrote(str![[r#"
apply deployments/web 200
create leases 201
delete leases/ditc 200
update configmaps/ditc 200
update configmaps/ditc 200

"#]]);
    assert_eq!(value(&workspace), before);
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn replicas_scaled_by_hand() {
    taken_back(
        &json!({"spec": {"replicas": 3}}),
        "kubectl-scale",
        "/spec/replicas",
        str![[r#"
Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # demo.services.web/Deployment/web has changed
  ~ Deployment "web" {
      ~ spec.replicas = 1 -> 3  # by kubectl-scale, [TIME]
    }

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/Deployment/web will be updated in-place
  # (it was changed outside of ditc, and the definition did not change)
  ~ Deployment "web" {
      ~ spec.replicas = 3 -> 1
      ~ takes back ownership of .spec.replicas (kubectl-scale)
        # (10 unchanged fields hidden)
    }

Look twice at these:
  ! demo.services.web/Deployment/web: undoes what kubectl-scale changed at
    [TIME]: spec.replicas

Plan: 0 to add, 1 to change, 0 to destroy.

"#]],
    );
}

#[test]
fn an_image_set_by_hand() {
    let containers = json!([{"name": "app", "image": "app:debug", "readinessProbe": {"tcpSocket": {"port": 80}}}]);
    let change = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    taken_back(
        &change,
        "kubectl-set",
        "/spec/template/spec/containers/0/image",
        str![[r#"
Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # demo.services.web/Deployment/web has changed
  ~ Deployment "web" {
      ~ spec.template.spec.containers[name="app"].image = "app:v1" -> "app:debug"  # by kubectl-set, [TIME]
    }

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/Deployment/web will be updated in-place
  # (it was changed outside of ditc, and the definition did not change)
  ~ Deployment "web" {
      ~ spec.template.spec.containers[name="app"].image = "app:debug" -> "app:v1"
      ~ takes back ownership of .spec.template.spec.containers[name="app"].image (kubectl-set)
        # (10 unchanged fields hidden)
    }

Look twice at these:
  ! demo.services.web/Deployment/web: undoes what kubectl-set changed at
    [TIME]: spec.template.spec.containers[name="app"].image

Plan: 0 to add, 1 to change, 0 to destroy.

"#]],
    );
}

#[test]
fn a_label_removed_by_hand() {
    let change = json!({"metadata": {"labels": {"ditc.dev/component": null}}});
    taken_back(
        &change,
        "kubectl-label",
        "/metadata/labels/ditc.dev~1component",
        str![[r#"
Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # demo.services.web/Deployment/web has changed
  ~ Deployment "web" {
      - metadata.labels["ditc.dev/component"] = "web" -> null  # by whom is not recorded
    }

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/Deployment/web will be updated in-place
  # (it was changed outside of ditc, and the definition did not change)
  ~ Deployment "web" {
      + metadata.labels["ditc.dev/component"] = "web"
        # (10 unchanged fields hidden)
    }

Look twice at these:
  ! demo.services.web/Deployment/web: undoes what somebody changed:
    metadata.labels["ditc.dev/component"]

Plan: 0 to add, 1 to change, 0 to destroy.

"#]],
    );
}

#[test]
fn a_field_changed_by_hand_and_changed_back() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    let cluster = workspace.cluster();
    cluster.patch(&deployment("web"), "kubectl-edit", &json!({"spec": {"replicas": 3}}));
    cluster.patch(&deployment("web"), "kubectl-edit", &json!({"spec": {"replicas": 1}}));
    drop(cluster);
    workspace
        .ditc(PLAN)
        .exits(2)
        .out(str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/Deployment/web will be updated in-place
  # (its values are right, but others own them)
  ~ Deployment "web" {
      ~ takes back ownership of .spec.replicas (kubectl-edit)
        # (11 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]])
        .error("")
        .wrote_nothing();
    workspace.ditc(APPLY).exits(0);
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn what_others_add_is_left_alone() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    let change = json!({"metadata": {"annotations": {"example.com/note": "mine"}}});
    workspace.cluster().patch(&deployment("web"), "kubectl-annotate", &change);
    workspace.ditc(PLAN).exits(0).says("Note: others set 1 field beside ours, left alone:").says(NO_CHANGES);
    workspace.edit(DEMO, "module = \"app\"", "module = \"app\"\ninputs = { image = \"app:v2\" }");
    workspace.ditc(APPLY).exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    let object = workspace.cluster().get(&deployment("web")).expect("it is there");
    assert_eq!(object["metadata"]["annotations"]["example.com/note"], "mine");
}

#[test]
fn an_object_deleted_by_hand() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    workspace.cluster().delete(&deployment("web"));
    let told = workspace.ditc(PLAN).exits(2).error("").wrote_nothing();
    let (head, _) = told.out.split_once("  + Deployment").expect("it is made anew");
    check(
        head,
        str![[r#"
Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  - demo.services.web/Deployment/web was deleted

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  + create

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/Deployment/web will be created
  # (it was deleted outside of ditc: environments/demo.toml:1,
  # modules/app/app.yaml:1)

"#]],
    );
    workspace.ditc(APPLY).exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
    assert!(workspace.cluster().get(&deployment("web")).is_some());
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn an_environment_is_where_the_cluster_says() {
    let workspace = applied("namespace = \"elsewhere\"\n[services.web]\nmodule = \"app\"");
    workspace.edit(DEMO, "\"elsewhere\"", "\"another\"");
    let told = workspace.ditc(APPLY).exits(1).out("").wrote_nothing();
    check(
        &told.error,
        str![[r#"
error: environment demo lives in namespace elsewhere, and its file asks for
  namespace another
  hint: set `namespace = "elsewhere"` again; or, to move it: ditc destroy demo
    --sandbox, then apply

"#]],
    );
    // Neither the file nor the local state is needed to find it.
    workspace.remove(DEMO);
    workspace.write("environments/other.toml", "[services.web]\nmodule = \"app\"\n");
    workspace.forget_state();
    workspace.ditc("state list demo --sandbox").exits(0).says("demo/Namespace/elsewhere");
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0).says("Destroy complete! Resources: 2 destroyed.");
    assert!(workspace.cluster().get("/api/v1/namespaces/elsewhere").is_none());
}

#[test]
fn a_namespace_deleted_by_hand() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    let cluster = workspace.cluster();
    cluster.delete("/api/v1/namespaces/demo");
    cluster.wait_until_gone("/api/v1/namespaces/demo");
    drop(cluster);
    workspace.ditc(APPLY).exits(0).says("Resources: 2 added, 0 changed, 0 destroyed.");
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn a_namespace_that_is_being_deleted() {
    let workspace = applied("timeout = \"2s\"\n[services.web]\nmodule = \"app\"");
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/held"]}});
    let cluster = workspace.cluster();
    cluster.create("/api/v1/namespaces/demo/configmaps", "kubectl-create", &held);
    cluster.delete("/api/v1/namespaces/demo");
    // All but the one that is held goes at once.
    cluster.wait_until_gone(&deployment("web"));
    drop(cluster);
    let told = workspace.ditc(APPLY).exits(1).wrote_nothing();
    check(
        told.out,
        str![[r#"
Actions are shown with these symbols:
  + create

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo/Namespace/demo will be created
  # (it is being deleted, and made anew when it is gone:
  # environments/demo.toml:1)
  + Namespace "demo" {}

  # demo.services.web/Deployment/web will be created
  # (environments/demo.toml:2, modules/app/app.yaml:1)
  + Deployment "web" {
      + spec:
      +   replicas: 1
      +   selector.matchLabels.app: web
      +   template:
      +     metadata:
      +       labels.app: web
      +       annotations:
      +         sandbox.ditc.dev/ready-after: 10ms
      +         sandbox.ditc.dev/fail: ""
      +     spec.containers:
      +       - name: app
      +         image: app:v1
      +         readinessProbe.tcpSocket.port: 80
    }

Note: 1 object was checked by the server in namespace default, under other
names, since namespace demo is not there yet; its quota and admission policies
had no say.

Plan: 2 to add, 0 to change, 0 to destroy.
demo/Namespace/demo: Creating...
demo/Namespace/demo: Creation failed: Namespace/demo is not gone after 2 seconds
  caused by: Some resources are remaining: configmaps. has 1 resource instances;
    Some content in the namespace has finalizers remaining: example.com/held in
    1 resource instances
  hint: kubectl -n demo get namespace/demo -o yaml

Apply incomplete. 0 done, 1 failed, 2 skipped, 0 not started. Resources so far:
0 added, 0 changed, 0 destroyed.

Failed:
  demo/Namespace/demo: Namespace/demo is not gone after 2 seconds
    caused by: Some resources are remaining: configmaps. has 1 resource
      instances; Some content in the namespace has finalizers remaining:
      example.com/held in 1 resource instances
    hint: kubectl -n demo get namespace/demo -o yaml

Skipped:
  demo.services.web/Deployment/web, because of demo/Namespace/demo
  demo.services.web, because of demo/Namespace/demo

What is done stays done and is recorded. To go on, once the cause is gone:
  ditc apply demo --sandbox

"#]],
    );

    let cluster = workspace.cluster();
    cluster.patch("/api/v1/namespaces/demo/configmaps/held", "hand", &json!({"metadata": {"finalizers": null}}));
    drop(cluster);
    workspace.ditc(APPLY).exits(0).says("Resources: 2 added, 0 changed, 0 destroyed.");
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn a_component_removed_from_the_file() {
    let workspace = applied("[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"");
    workspace.write(DEMO, "[services.web]\nmodule = \"app\"\n");
    workspace
        .ditc(PLAN)
        .exits(2)
        .out(str![[r#"
Actions are shown with these symbols:
  - destroy

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  - demo.services.api/Deployment/api will be destroyed (it is no longer in the definition)

Plan: 0 to add, 0 to change, 1 to destroy.

"#]])
        .error("")
        .wrote_nothing();
    workspace.ditc(APPLY).exits(0).wrote(str![[r#"
create leases 201
delete deployments/api 200
delete leases/ditc 200
update configmaps/ditc 200
update configmaps/ditc 200

"#]]);
    assert_eq!(workspace.cluster().get(&deployment("api")), None);
    assert!(workspace.cluster().get(&deployment("web")).is_some());
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn a_component_with_data_removed_from_the_file() {
    let workspace = applied("[dependencies.postgresql]\nmodule = \"postgresql\"\n[services.web]\nmodule = \"app\"");
    workspace.write(DEMO, "[services.web]\nmodule = \"app\"\n");
    workspace
        .ditc(PLAN)
        .exits(1)
        .out(str![[r#"
Actions are shown with these symbols:
  - destroy

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  - demo.dependencies.postgresql/StatefulSet/postgresql will be destroyed (it is no longer in the definition)
  - demo.dependencies.postgresql/Service/postgresql will be destroyed (it is no longer in the definition)
  - demo.dependencies.postgresql/Service/postgresql-headless will be destroyed (it is no longer in the definition)
  - demo.dependencies.postgresql/ConfigMap/postgresql-setup will be destroyed (it is no longer in the definition)

Plan: 0 to add, 0 to change, 4 to destroy.

This plan cannot be applied. 2 objects stand in the way:

  ! demo.dependencies.postgresql/PersistentVolumeClaim/data-postgresql
    Its data would be lost, and its component is to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan demo -delete-data=demo.dependencies.postgresql --sandbox

  ! demo.dependencies.postgresql/Secret/postgresql
    The data of its component cannot be opened without it, and its component is
    to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan demo -delete-data=demo.dependencies.postgresql --sandbox

"#]])
        .error(str![""])
        .wrote_nothing();
    workspace.ditc(APPLY).exits(1).wrote_nothing();
    assert!(workspace.cluster().get("/api/v1/namespaces/demo/persistentvolumeclaims/data-postgresql").is_some());
}

#[test]
fn a_failing_component_is_told_with_its_cause_and_what_needs_it_is_skipped() {
    let workspace = workspace(
        r#"timeout = "2s"
[services.broken]
module = "app"
inputs = { fail = "ImagePullBackOff", image = "app:absent" }
[services.needy]
module = "app"
needs = ["broken"]
[services.other]
module = "app"
"#,
    );
    let told = workspace.ditc(APPLY).exits(1).error(str![[r#"
error: the apply did not come to its end

"#]]);
    let (_, ledger) = told.out.split_once("\n\nApply incomplete.").expect("a ledger");
    check(
        without_pods(ledger, "broken"),
        str![[r#"
 4 done, 1 failed, 2 skipped, 0 not started. Resources so far:
3 added, 0 changed, 0 destroyed.

Failed:
  demo.services.broken: services.broken is not ready after 2 seconds
    caused by: Deployment/broken: image app:absent is not in its registry
    caused by: Pod/broken-[POD]: ImagePullBackOff: Back-off pulling
      image "app:absent": ErrImagePull: rpc error: code = NotFound desc =
      failed to pull and unpack image "app:absent": failed to resolve reference
      "app:absent": app:absent: not found
    hint: docker manifest inspect app:absent

Skipped:
  demo.services.needy/Deployment/needy, because of demo.services.broken
  demo.services.needy, because of demo.services.broken

Done:
  demo/Namespace/demo (create)
  demo.services.broken/Deployment/broken (create)
  demo.services.other/Deployment/other (create)
  demo.services.other (ready)

What is done stays done and is recorded. To go on, once the cause is gone:
  ditc apply demo --sandbox

"#]],
    );
    let cluster = workspace.cluster();
    assert!(cluster.get(&deployment("other")).is_some());
    assert_eq!(cluster.get(&deployment("needy")), None);
    drop(cluster);

    workspace.edit(DEMO, r#"{ fail = "ImagePullBackOff", image = "app:absent" }"#, r#"{ image = "app:present" }"#);
    workspace.ditc(APPLY).exits(0).says("Resources: 1 added, 1 changed, 0 destroyed.");
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn only_what_needs_a_slow_component_waits_for_it() {
    let workspace = workspace(
        r#"
[dependencies.postgresql]
module = "app"
inputs = { ready_after = "3s" }
[dependencies.redis]
module = "app"
[services.orders]
module = "app"
needs = ["postgresql"]
[services.gateway]
module = "app"
needs = ["redis"]
"#,
    );
    let told = workspace.ditc(APPLY).exits(0);
    let at = |text: &str| told.out.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{}", told.out));
    assert!(at("demo.services.gateway: Ready") < at("demo.dependencies.postgresql: Ready"), "{}", told.out);
    assert!(at("demo.dependencies.postgresql: Ready") < at("demo.services.orders/Deployment/orders: Creating"));
}

#[test]
fn a_component_that_never_becomes_ready_runs_into_the_time_limit() {
    let demo = "timeout = \"1s\"\n[services.slow]\nmodule = \"app\"\ninputs = { ready_after = \"1h\" }";
    let workspace = workspace(demo);
    let told = workspace.ditc(APPLY).exits(1).error(str![[r#"
error: the apply did not come to its end

"#]]);
    let (_, ledger) = told.out.split_once("\n\nApply incomplete.").expect("a ledger");
    check(
        ledger,
        str![[r#"
 2 done, 1 failed, 0 skipped, 0 not started. Resources so far:
2 added, 0 changed, 0 destroyed.

Failed:
  demo.services.slow: services.slow is not ready after 1 second
    caused by: Deployment/slow: 0 of 1 replica is ready
    hint: kubectl -n demo describe deployment/slow

Done:
  demo/Namespace/demo (create)
  demo.services.slow/Deployment/slow (create)

What is done stays done and is recorded. To go on, once the cause is gone:
  ditc apply demo --sandbox

"#]],
    );
    // Nothing is to be written; it is waited for again, and fails again.
    workspace.ditc(PLAN).exits(0).out(str![[r#"
Note: Unchanged, but not ready; an apply waits for these:
  ! demo.services.slow/Deployment/slow: 0 of 1 replica is ready

No changes. Environment demo matches its definition.

"#]]);
    workspace.ditc(APPLY).exits(1).wrote_nothing();
}

/// Two services, the second of which waits for the first for longer than any test runs.
const SLOW: &str = "[services.web]\nmodule = \"app\"\ninputs = { ready_after = \"1h\" }\n\
    [services.needy]\nmodule = \"app\"\nneeds = [\"web\"]";
const MADE: &str = "demo.services.web/Deployment/web: Creation complete";

/// What is slow no longer is, and an apply finishes what was begun.
fn finishes(workspace: &Workspace) {
    workspace.edit(DEMO, "1h", "10ms");
    workspace.ditc(APPLY).exits(0).says("Apply complete! Resources: 1 added, 1 changed, 0 destroyed.");
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn ctrl_c_once_ends_the_wait_and_closes_the_record() {
    let workspace = workspace(SLOW);
    let mut apply = workspace.start(APPLY);
    apply.wait_for(MADE);
    apply.interrupt();
    let told = apply.end().exits(130).error(str![[r#"
error: the apply was interrupted; what was done is recorded

"#]]);
    let (_, ledger) = told.out.split_once("\n\nApply ").expect("a ledger");
    check(
        ledger,
        str![[r#"
interrupted. 2 done, 0 failed, 0 skipped, 3 not started. Resources so far:
2 added, 0 changed, 0 destroyed.

Not started:
  demo.services.needy/Deployment/needy
  demo.services.needy
  demo.services.web

Done:
  demo/Namespace/demo (create)
  demo.services.web/Deployment/web (create)

What is done stays done and is recorded. To go on:
  ditc apply demo --sandbox

"#]],
    );
    assert_eq!(told.requests.of("delete"), ["leases/ditc"], "the lease is given back");
    assert_eq!(told.requests.of("update"), ["configmaps/ditc"], "the record is closed");
    workspace.ditc(PLAN).exits(2).error("");
    finishes(&workspace);
}

#[test]
fn ctrl_c_twice_stops_now_and_the_next_run_finishes() {
    let workspace = workspace(SLOW);
    let mut apply = workspace.start(APPLY);
    apply.wait_for(MADE);
    apply.interrupt();
    apply.interrupt();
    apply.end().exits(130);
    finishes(&workspace);
}

#[test]
fn killed_in_the_middle_and_the_next_run_finishes() {
    let workspace = workspace(SLOW);
    let mut apply = workspace.start(APPLY);
    apply.wait_for(MADE);
    apply.kill();
    apply.end().dies();
    workspace.edit(DEMO, "1h", "10ms");
    workspace.ditc(APPLY).exits(0).error_unwrapped(str![
        "warning: the apply of demo by jakub@[HOST] at [TIME] stopped before its end; this run finishes it"
    ]);
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn another_run_on_this_host_is_told_with_who_and_what() {
    let (workspace, served) = (workspace(SLOW), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    let mut first = workspace.start("apply demo -auto-approve --kubeconfig kubeconfig");
    first.wait_for(MADE);
    let before = served.writes();
    let again = workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig");
    again.exits(1).out("").error_unwrapped(str!["error: environment demo is locked by jakub@[HOST] since [TIME] (apply) hint: wait for it with -lock-timeout=5m; a run that died has no lock"]);
    workspace.ditc("plan demo --kubeconfig kubeconfig").exits(0);
    assert_eq!(served.writes(), before);
    first.interrupt();
    first.end().exits(130);
}

#[test]
fn another_run_on_another_host_is_told_with_who() {
    let (here, there, served) = (workspace(SLOW), workspace(SLOW), Served::start());
    for workspace in [&here, &there] {
        begins_history(workspace.root());
        workspace.write("kubeconfig", &served.kubeconfig("right"));
    }
    let mut first = there.start("apply demo -auto-approve --kubeconfig kubeconfig");
    first.wait_for(MADE);
    let before = served.writes().len();
    here.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1).error_unwrapped(str!["Waiting: demo is being changed by jakub@[HOST] since [TIME]. A run that died frees it within 15 seconds. error: environment demo is being changed by jakub@[HOST] since [TIME] hint: wait for it with -lock-timeout=5m; a run that died frees the environment within seconds"]);
    // The first run's lease was renewed meanwhile, which is how it shows that it lives.
    let written = served.writes().split_off(before);
    assert!(written.iter().all(|line| line.method == "PUT" && line.path.ends_with("/leases/ditc")), "{written:?}");
    first.interrupt();
    first.end().exits(130);
}

#[test]
fn a_record_that_moved_since_it_was_planned_is_refused() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    workspace.edit(DEMO, "module = \"app\"", "module = \"app\"\ninputs = { image = \"app:v2\" }");
    let conflict = r#"[{"method": "PUT", "path": "/configmaps/ditc", "then": {"answer": {"status": 409}}}]"#;
    workspace.write("state/sandbox/faults.json", conflict);
    // The lease is given back, and nothing else was written.
    let told = workspace
        .ditc(APPLY)
        .exits(1)
        .error(str![[r#"
error: the record of environment demo changed since it was planned
  caused by: writing the record of ditc (ConfigMap ditc)
  caused by: Operation cannot be fulfilled on configmaps "ditc": the object has
    been modified; please apply your changes to the latest version and try again
    (HTTP 409)
  hint: ditc plan demo --sandbox

"#]])
        .wrote(str![[r#"
create leases 201
delete leases/ditc 200
update configmaps/ditc 409

"#]]);
    assert_eq!(told.requests.of("apply"), [""; 0]);
    workspace.remove("state/sandbox/faults.json");
    // So that the next run has nothing to finish, nor to wait for.
    workspace.ditc(APPLY).exits(0).error("").says("Resources: 0 added, 1 changed, 0 destroyed.");
}

#[test]
fn the_served_sandbox_is_the_same_cluster() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    let mut serve = workspace.start("sandbox serve");
    serve.wait_for("kubectl get all -A\n");
    workspace.ditc("plan demo --kubeconfig state/sandbox/kubeconfig").exits(0).out(NO_CHANGES);
    let told = workspace.ditc("plan demo --kubeconfig state/sandbox/kubeconfig --context developer").exits(1).out("");
    let told = told.error.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("User \"developer\" cannot get resource \"configmaps\""), "{told}");
    let told = workspace.ditc(PLAN).exits(1).out("");
    assert!(told.error.contains("state/sandbox/lock is in use by process"), "{}", told.error);
    serve.interrupt();
    serve.end().exits(0);
    workspace.ditc(PLAN).exits(0).out(NO_CHANGES);
}

#[test]
fn state_list_and_show() {
    let workspace = applied("[services.web]\nmodule = \"app\"");
    workspace
        .ditc("state list demo --sandbox")
        .exits(0)
        .out(str![[r#"
demo.services.web/Deployment/web
demo/Namespace/demo

"#]])
        .error("")
        .wrote_nothing();
    let told = workspace.ditc("state show demo deployment/web --sandbox").exits(0).error("").wrote_nothing();
    check(
        &told.out,
        str![[r##"
# demo.services.web/Deployment/web
# apiVersion: apps/v1
# uid: [..]
# desired: [..]
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: demo
  labels:
    app.kubernetes.io/managed-by: ditc
    ditc.dev/environment: demo
    ditc.dev/component: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
      annotations:
        sandbox.ditc.dev/ready-after: 10ms
        sandbox.ditc.dev/fail: ""
    spec:
      containers:
        - name: app
          image: app:v1
          readinessProbe:
            tcpSocket:
              port: 80

"##]],
    );
    let address = workspace.ditc("state show demo demo.services.web/Deployment/web --sandbox").exits(0);
    assert_eq!(address.out, told.out);
    workspace.ditc("state show demo deployment/absent --sandbox").exits(1).out("").error(str![[r#"
error: the record of demo has no such object
  hint: ditc state list demo --sandbox

"#]]);
    workspace.ditc("state list other --sandbox").exits(1).out("").error(str![[r#"
error: environment other has no record in namespace other
  hint: ditc apply other --sandbox

"#]]);
}

#[test]
fn json_of_plan_and_apply_is_json_and_nothing_else() {
    let workspace = workspace("[services.web]\nmodule = \"app\"");
    let parse = |line: &str| -> Value { serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")) };
    let plan = parse(&workspace.ditc("plan demo --sandbox -json").exits(0).error("").out);
    assert!(plan["format_version"].is_string(), "{plan}");
    for command in [APPLY, "destroy demo --sandbox -auto-approve", "destroy demo --sandbox -auto-approve"] {
        let told = workspace.ditc(&format!("{command} -json")).exits(0).error("");
        let kinds: Vec<Value> = told.out.lines().map(|line| parse(line)["type"].clone()).collect();
        assert_eq!(kinds.first(), Some(&json!("version")), "{command}");
    }
}
