//! How causes are told beside the text at the end: to machines, without rights, and when they heal.

use serde_json::{Value, json};
use snapbox::str;

use super::{define, failure, none, plain, workload};
use crate::support::{Server, Stage, check};

#[test]
fn json_events_carry_the_cause() {
    let stage = Stage::in_the_box();
    define(&stage, "3s", &[workload("Deployment", "NotReady", &none(), &none())]);
    let told = stage.apply("-json").exits(1);
    let lines = told.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("one value a line"));
    let lines: Vec<Value> = lines.collect();
    let of = |kind: &str| lines.iter().find(|line| line["type"] == kind).unwrap_or_else(|| panic!("no {kind}")).clone();
    let shown = |value: &Value| {
        let text = serde_json::to_string_pretty(value).expect("a value can be written");
        plain(&stage, &text)
    };
    check(
        shown(&of("apply_progress")["hook"]["waits_for"]),
        str![[r#"
[
  {
    "object": "Deployment/broken",
    "why": "container app runs, but its readiness probe fails",
    "cause": {
      "kind": "unready",
      "at": "Pod/broken-[POD]",
      "told": "event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
      "may_heal": true
    }
  }
]
"#]],
    );
    check(
        shown(&of("component_errored")["hook"]["error"]),
        str![[r#"
{
  "summary": "services.broken is not ready after 3 seconds",
  "causes": [
    "Deployment/broken: container app runs, but its readiness probe fails",
    "Pod/broken-[POD]: event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503"
  ],
  "cause": {
    "kind": "unready",
    "at": "Pod/broken-[POD]",
    "told": "event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
    "may_heal": true
  },
  "log": {
    "pod": "broken-[POD]",
    "container": "app",
    "previous": false,
    "lines": [
      "one",
      "two"
    ]
  },
  "hint": "kubectl -n ENV logs deployment/broken -c app"
}
"#]],
    );
}

#[test]
fn whoever_may_not_look_is_told_what_shows_without_it() {
    let stage = Stage::in_the_box();
    define(&stage, "3s", &[workload("Deployment", "CrashLoopBackOff", &none(), &none())]);
    let Server::Box(served) = &stage.server else { unreachable!("it is in the box") };
    served.cluster.sandbox.deny("list", "pods");
    check(
        failure(&stage, &stage.apply("").exits(1)),
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: 0 of 1 replica is ready
    hint: kubectl -n ENV describe deployment/broken

"#]],
    );
}

#[test]
fn what_heals_in_time_fails_nothing() {
    let stage = Stage::in_the_box();
    let env = json!({"envFrom": [{"configMapRef": {"name": "late"}}]});
    define(&stage, "20s", &[workload("Deployment", "", &env, &none())]);
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("container app needs ConfigMap late, which is not there");
    let late = json!({"metadata": {"name": "late"}, "data": {"A": "1"}});
    stage.server.create(&stage.path("configmaps"), "hand", &late);
    run.end().exits(0).says("Apply complete!");
}
