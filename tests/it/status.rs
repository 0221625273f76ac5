//! `ditc status`: what works, what does not and why, and what the last run left; the same on every machine.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Served, Stage, Told, Workspace, check, stories};

stories! {
    what_does_not_work_is_told_with_its_reason
    what_is_deleted_outside_is_missed
    a_run_that_lives_is_told_apart_from_one_that_stopped
    a_plan_tells_a_run_that_lives_from_one_that_stopped
    a_run_that_lost_its_lease_is_not_under_way
    what_a_destroy_made_an_end_of_is_no_part_any_more
    what_is_deleted_while_it_is_waited_for_fails_at_once
    a_paused_rollout_does_not_run_what_was_applied
}

const DEMO: &str = r#"
//- environments/demo.toml
timeout = "1s"
[dependencies.redis]
module = "redis"
[services.web]
image = "registry.example.com/team/with/a/long/name/whoami:v1.2.3-and-more"
ports = [80]
[services.slow]
module = "slow"
needs = ["redis"]
[services.needy]
module = "slow"
needs = ["slow"]
//- modules/slow/module.toml
//- modules/slow/slow.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }} }
spec:
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata:
      labels: { app: {{ name }} }
      annotations: { sandbox.ditc.dev/ready-after: 1h }
    spec:
      containers: [{ name: app, image: app:v1 }]
"#;
const READY: &str = "//- environments/demo.toml\n[services.web]\nimage = \"whoami:v1\"\nports = [80]\n";

fn applied(fixture: &str, code: i32) -> Workspace {
    let workspace = Workspace::of(fixture.trim_start());
    workspace.ditc("apply demo --sandbox -auto-approve").exits(code);
    workspace
}

#[test]
fn components_with_state_age_and_version_fit_the_width() {
    let workspace = applied(DEMO, 1);
    workspace
        .ditc("status demo --sandbox")
        .exits(2)
        .error("")
        .out(str![[r#"
Environment demo (namespace demo, cluster sandbox): 2 of 4 components are ready.
Last apply by jakub@[HOST] [..]s ago, which did not come through.

COMPONENT                STATE    AGE  VERSION
demo.dependencies.redis  Ready    [..]  redis:7.4.3
demo.services.needy      Failed   -
  the last run did not come to it
demo.services.slow       Waiting  [..]  app:v1
  Deployment/slow: 0 of 1 replica is ready
demo.services.web        Ready    [..]  …/with/a/long/name/whoami:v1.2.3-and-more

warning: the last apply did not come to its end, so not everything is as it was
  to be; `ditc apply demo --sandbox` goes on.

"#]])
        .wrote_nothing();
    workspace.ditc("drift demo --sandbox").exits(2).says("did not come to its end; the next `ditc apply demo");
    workspace.ditc("COLUMNS=200 status demo --sandbox").exits(2).out(str![[r#"
Environment demo (namespace demo, cluster sandbox): 2 of 4 components are ready.
Last apply by jakub@[HOST] [..]s ago, which did not come through.

COMPONENT                STATE    AGE  VERSION
demo.dependencies.redis  Ready    [..]  redis:7.4.3
demo.services.needy      Failed   -
  the last run did not come to it
demo.services.slow       Waiting  [..]  app:v1
  Deployment/slow: 0 of 1 replica is ready
demo.services.web        Ready    [..]  registry.example.com/team/with/a/long/name/whoami:v1.2.3-and-more

warning: the last apply did not come to its end, so not everything is as it was to be; `ditc apply demo --sandbox` goes on.

"#]]);
    workspace.ditc("COLUMNS=40 status demo --sandbox").exits(2).out(str![[r#"
Environment demo (namespace demo,
cluster sandbox): 2 of 4 components
are ready.
Last apply by jakub@[HOST] [..]s ago, which did
not come through.

COMPONENT                STATE    AGE
demo.dependencies.redis  Ready    [..]
  redis:7.4.3
demo.services.needy      Failed   -
  the last run did not come to it
demo.services.slow       Waiting  [..]
  app:v1
  Deployment/slow: 0 of 1 replica is
    ready
demo.services.web        Ready    [..]
  registry.example.com/team/with/a/long/name/whoami:v1.2.3-and-more

warning: the last apply did not come to
  its end, so not everything is as it
  was to be; `ditc apply demo --sandbox`
  goes on.

"#]]);
}

#[test]
fn all_environments_have_a_line_each() {
    let workspace = applied(DEMO, 1);
    workspace.write("environments/ready.toml", "[services.web]\nimage = \"whoami:v1\"\n");
    workspace.write("environments/next.toml", "[services.web]\nimage = \"whoami:v1\"\n");
    workspace.ditc("apply ready --sandbox -auto-approve").exits(0);
    workspace.remove("environments/ready.toml");
    workspace
        .ditc("status --sandbox")
        .exits(2)
        .out(str![[r#"
ENVIRONMENT  STATE        DETAILS
demo         Failed       2 of 4 components are ready; apply by jakub@[HOST] [..]s ago, which did not come through
next         Not applied
ready        Ready        its component is ready; apply by jakub@[HOST] [..]s ago

On cluster sandbox. More of one of them:
  ditc status ENV --sandbox

"#]])
        .wrote_nothing();
}

#[test]
fn it_is_read_from_the_record_where_there_is_no_file_and_no_local_state() {
    let workspace = applied(READY, 0);
    workspace.write("environments/other.toml", "");
    workspace.remove("environments/demo.toml");
    workspace.forget_state();
    workspace.ditc("status demo --sandbox").exits(0).out(str![[r#"
Environment demo (namespace demo, cluster sandbox): its component is ready.
Last apply by jakub@[HOST] [..]s ago.

COMPONENT          STATE  AGE  VERSION
demo.services.web  Ready  [..]  whoami:v1

"#]]);
}

#[test]
fn a_name_that_nobody_knows() {
    let workspace = applied(READY, 0);
    workspace.ditc("status dmeo --sandbox").exits(1).out("").error(str![[r#"
error: there is no environment dmeo: no file describes it, and the cluster has
  nothing of it
  hint: did you mean `demo`?

"#]]);
    workspace.write("environments/next.toml", "[services.web]\nimage = \"whoami:v1\"\n");
    workspace.ditc("status next --sandbox").exits(2).out(str![[r#"
Environment next is not applied: nothing of it is on cluster sandbox. To make
it:
  ditc apply next --sandbox

"#]]);
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
    workspace.remove("environments/demo.toml");
    workspace.ditc("status demo --sandbox").exits(1).out("").error(str![[r#"
error: there is no environment demo: no file describes it, and the cluster has
  nothing of it
  hint: `ditc status` lists what there is

"#]]);
}

#[test]
fn machines_read_one_document() {
    let workspace = applied(READY, 0);
    let told = workspace.ditc("status demo --sandbox -json").exits(0);
    let document: Value = serde_json::from_str(&told.out).expect("one document");
    let environment = &document["environments"][0];
    assert_eq!((&environment["status"], &environment["has_record"]), (&json!("ready"), &json!(true)));
    assert_eq!(environment["last_run"]["operation"], "apply");
    assert_eq!(environment["last_run"]["complete"], true);
    assert_eq!(environment.get("open_run"), None);
    let component = &environment["components"][0];
    assert_eq!((&component["address"], &component["images"]), (&json!("demo.services.web"), &json!(["whoami:v1"])));
    let objects: Vec<&str> = component["objects"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|object| object["address"].as_str())
        .collect();
    assert_eq!(objects, ["demo.services.web/Service/web", "demo.services.web/Deployment/web"]);
}

#[test]
fn a_run_that_was_killed_is_told_with_how_far_it_came() {
    let (workspace, served) = (Workspace::of(DEMO.trim_start()), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.edit("environments/demo.toml", "timeout = \"1s\"", "timeout = \"1h\"");
    let mut apply = workspace.start("apply demo -auto-approve --kubeconfig kubeconfig");
    apply.wait_for("/slow: Creation complete");
    apply.wait_for("services.web: Ready");
    apply.kill();
    apply.end().dies();
    served.cluster.delete("/apis/coordination.k8s.io/v1/namespaces/demo/leases/ditc");
    let told = workspace.ditc("status demo --kubeconfig kubeconfig").exits(2);
    let told =
        told.says("stopped after 9 of 10 changes; the next `ditc apply demo --kubeconfig=kubeconfig` finishes it.");
    check(
        told.out,
        str![[r#"
Environment demo (namespace demo, cluster test): 2 of 4 components are ready.

COMPONENT                STATE    AGE  VERSION
demo.dependencies.redis  Ready    [..]  redis:7.4.3
demo.services.needy      Failed   -
  Deployment/needy: it is not made yet
demo.services.slow       Waiting  [..]  app:v1
  Deployment/slow: 0 of 1 replica is ready
demo.services.web        Ready    [..]  …/with/a/long/name/whoami:v1.2.3-and-more

warning: apply by jakub@[HOST] at [TIME] stopped after 9 of 10
  changes; the next `ditc apply demo --kubeconfig=kubeconfig` finishes it.

"#]],
    );
    workspace.forget_state();
    workspace.ditc("status demo --kubeconfig kubeconfig -json").exits(2).says("\"done\": 9,\n        \"of\": 10");
    // An update, a delete and a create half-way: what the record holds from before does not count as done.
    workspace.edit("environments/demo.toml", "timeout = \"1h\"", "timeout = \"1s\"");
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1);
    workspace.edit("environments/demo.toml", "v1.2.3", "v2");
    workspace.edit("environments/demo.toml", "[services.needy]\nmodule = \"slow\"\nneeds = [\"slow\"]\n", "");
    workspace.edit("environments/demo.toml", "timeout = \"1s\"", "timeout = \"1h\"");
    let mut apply = workspace.start("apply demo -auto-approve --kubeconfig kubeconfig");
    apply.wait_for("services.web: Ready");
    apply.kill();
    apply.end().dies();
    served.cluster.delete("/apis/coordination.k8s.io/v1/namespaces/demo/leases/ditc");
    workspace.ditc("status demo --kubeconfig kubeconfig").exits(2).says("stopped after 1 of 1 change");
}

const WEB: &str = "apps/v1 deployments/web";

/// Asks until it is told, since controllers take their time.
#[track_caller]
fn soon(stage: &Stage, code: i32, text: &str) {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let told = stage.start("status", "").end();
        if told.code() == Some(code) {
            let told = told.exits(code);
            if told.out.contains(text) {
                return;
            }
            assert!(Instant::now() < limit, "{text:?} is never told:\n{}", told.out);
        } else {
            assert!(Instant::now() < limit, "it never ends with {code}");
        }
    }
}

fn what_does_not_work_is_told_with_its_reason(stage: &Stage) {
    stage.apply("").exits(0);
    stage.start("status", "").end().exits(0).says("all 2 components are ready.").says("Last apply by jakub@");
    let broken = json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"metadata": {"annotations":
        {"ditc.dev/kwok": "pull", "sandbox.ditc.dev/fail": "ImagePullBackOff"}}}, "strategy": {"rollingUpdate": null,
        "type": "Recreate"}}});
    stage.server.patch(&stage.path(WEB), "hand", &broken);
    soon(stage, 2, "\n  Deployment/web: 0 of 1 replica is ");
    let told = stage.start("status", "").end().exits(2).says("1 of 2 components are ready.");
    let words = |name: &str| component(stage, &told, name);
    assert_eq!((words("web")[1], words("web")[3]), ("Waiting", "app:v1"));
    assert_eq!((words("api")[1], words("api")[3]), ("Ready", "app:v1"));
}

/// The cells of the line of a service.
fn component<'a>(stage: &Stage, told: &'a Told, name: &str) -> Vec<&'a str> {
    let begin = format!("{}.services.{name} ", stage.name);
    told.out.lines().find(|line| line.starts_with(&begin)).expect("a line").split_whitespace().collect()
}

fn what_is_deleted_outside_is_missed(stage: &Stage) {
    stage.apply("").exits(0);
    stage.server.delete(&stage.path(WEB));
    stage.server.wait_until_gone(&stage.path(WEB));
    stage.start("status", "").end().exits(2).says("\n  Deployment/web: it was deleted outside ditc\n");
    stage.apply("").exits(0);
    stage.start("status", "").end().exits(0);
}

fn a_run_that_lives_is_told_apart_from_one_that_stopped(stage: &Stage) {
    stage.apply("").exits(0);
    stage.define(
        "[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\", spec = { minReadySeconds = 500 } }\n\
         [services.api]\nmodule = \"app\"\n[services.late]\nmodule = \"app\"\nneeds = [\"web\"]",
    );
    let mut apply = stage.start("apply", "-auto-approve");
    apply.wait_for("/web: Modifications complete");
    // What it comes to yet is no failure.
    let told = stage.start("status", "").end().exits(2);
    let told = told.says("is under way: 1 of 2 changes made.").says_nothing_of("Failed");
    let told = told.says("\n  Deployment/late: it is not made yet\n");
    assert_eq!(component(stage, &told, "late")[1], "Waiting");
    apply.kill();
    apply.end().dies();
    stage.server.delete(&stage.path("coordination.k8s.io/v1 leases/ditc"));
    let told = stage.start("status", "").end().exits(2).says("stopped after 1 of 2 changes;");
    assert_eq!(component(stage, &told, "late")[1], "Failed");
}

fn a_run_that_lost_its_lease_is_not_under_way(stage: &Stage) {
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { spec = { minReadySeconds = 500 } }");
    let mut apply = stage.start("apply", "-auto-approve");
    apply.wait_for("/web: Creation complete");
    let lease = stage.path("coordination.k8s.io/v1 leases/ditc");
    let taken = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"holderIdentity": "4711/eve@elsewhere"}
    });
    stage.server.patch(&lease, "hand", &taken);
    assert!(apply.end().exits(1).error.contains("the apply stopped: eve@elsewhere"));
    stage.server.delete(&lease);
    stage.start("status", "").end().exits(2).says("stopped after").says_nothing_of("under way");
    stage.start("drift", "").end().exits(2).says("did not come to its end").says_nothing_of("under way");
}

fn what_a_destroy_made_an_end_of_is_no_part_any_more(stage: &Stage) {
    stage.apply("").exits(0);
    let api = stage.path("apps/v1 deployments/api");
    let held = |finalizers: Value| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"finalizers": finalizers}});
    stage.server.patch(&api, "hand", &held(json!(["example.com/hold"])));
    let mut destroy = stage.start("destroy", "-auto-approve");
    destroy.wait_for("/web: Destruction complete");
    let told = stage.start("status", "").end().exits(2).says("destroy by jakub@").says("is under way");
    told.says_nothing_of("all 2 components").says_nothing_of("services.web ");
    destroy.kill();
    destroy.end().dies();
    stage.server.delete(&stage.path("coordination.k8s.io/v1 leases/ditc"));
    let told = stage.start("status", "").end().exits(2).says("with the flags that it had, finishes it.");
    told.says_nothing_of("services.web ");
    stage.plan("").exits(2).says("with the flags that it had, finishes it, and an apply makes anew what is gone.");
    stage.server.patch(&api, "hand", &held(Value::Null));
}

fn what_is_deleted_while_it_is_waited_for_fails_at_once(stage: &Stage) {
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { spec = { minReadySeconds = 500 } }");
    let mut apply = stage.start("apply", "-auto-approve");
    apply.wait_for("Still waiting...");
    stage.server.delete(&stage.path(WEB));
    let told = apply.end().exits(1).says("Deployment/web: it was deleted while it was waited for");
    told.says("get events --field-selector involvedObject.name=web");
}

fn a_paused_rollout_does_not_run_what_was_applied(stage: &Stage) {
    stage.apply("").exits(0);
    let paused = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"paused": true}});
    stage.server.patch(&stage.path(WEB), "hand", &paused);
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\" }\n[services.api]\nmodule = \"app\"");
    stage.apply("").exits(0).says("its rollout is paused, so what was written does not run yet");
    let says = "Deployment/web: its rollout is paused, so pods of an earlier version run";
    stage.start("status", "").end().exits(2).says(says);
    stage.plan("").exits(0).says("its rollout is paused, so pods of an earlier version run");
}

fn a_plan_tells_a_run_that_lives_from_one_that_stopped(stage: &Stage) {
    stage.apply("").exits(0);
    stage.define(
        "[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\", spec = { minReadySeconds = 500 } }\n\
         [services.api]\nmodule = \"app\"\n[services.late]\nmodule = \"app\"\nneeds = [\"web\"]",
    );
    let mut apply = stage.start("apply", "-auto-approve");
    apply.wait_for("/web: Modifications complete");
    let (under_way, stopped) =
        ("is under way: 1 of 2 changes made.", "stopped after 1 of 2 changes; the next `ditc apply");
    let late = "services.late/Deployment/late";
    let explained = |why: &str| {
        let told = stage.workspace.ditc(&format!("explain {}.{late} --kubeconfig kubeconfig", stage.name));
        told.exits(0).says(why);
    };
    let open = || {
        let told = stage.start("plan", "-json").end().exits(0);
        let plan: Value = serde_json::from_str(&told.out).expect("one document");
        let change = plan["changes"][0]["reason"].clone();
        (plan["open_run"]["lives"].clone(), plan["open_run"]["done"].clone(), plan["interrupted"].is_object(), change)
    };
    let told = stage.plan("").exits(2).says(under_way).says_nothing_of("stopped");
    assert!(told.out.contains("late will be created\n  # (the run that is under way means to make it"), "{}", told.out);
    explained("the run that is under way means to make it");
    assert_eq!(open(), (json!(true), json!(1), false, json!("under_way")));
    apply.kill();
    apply.end().dies();
    // Its lock is gone, so nobody waits for its lease to end.
    stage.plan("").exits(2).says(stopped).says_nothing_of("under way");
    explained("an earlier run that stopped meant to make it");
    assert_eq!(open(), (json!(false), json!(1), true, json!("unfinished")));
    // From elsewhere only the lease tells.
    stage.workspace.forget_state();
    stage.server.delete(&stage.path("coordination.k8s.io/v1 leases/ditc"));
    stage.plan("").exits(2).says(stopped);
}
