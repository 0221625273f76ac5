//! Why a component does not work, as people are told: each fault is made in an environment of its own, and the apply says
//! which object it is, what is wrong, who says so, the end of the log where there is one, and what to do next.
//!
//! A manifest here fails in both kinds of cluster: in the box by its annotation, on a node by what it asks for. On a node
//! the kubelet's own words differ by version, so there only ours are compared; in the box all of it is, at 80 columns.

mod containers;
mod missing;
mod refused;
mod telling;

use std::time::Instant;

use serde_json::{Value, json};
use snapbox::IntoData;

use crate::support::{Stage, Told, check, without_pods};

const NAME: &str = "broken";
const MODULE: &str = "modules/broken/broken.yaml";
/// An image that every node has, with a shell in it.
const IMAGE: &str = "redis:7.4.3";

/// A workload of one container: `fail` is for the box, `container` for a node.
fn workload(kind: &str, fail: &str, container: &Value, pod: &Value) -> Value {
    let mut main = json!({"name": "app", "image": IMAGE, "readinessProbe": {"exec": {"command": ["true"]}}});
    merge(&mut main, container);
    if let Some(fields) = main.as_object_mut() {
        // A probe that always answers calls a container ready that is about to end.
        fields.retain(|_, value| !value.is_null());
    }
    let mut spec = json!({"containers": [main], "terminationGracePeriodSeconds": 0});
    merge(&mut spec, pod);
    let annotations = json!({"sandbox.ditc.dev/fail": fail, "sandbox.ditc.dev/log": "one\ntwo"});
    let template = json!({"metadata": {"labels": {"app": NAME}, "annotations": annotations}, "spec": spec});
    let selector = json!({"matchLabels": {"app": NAME}});
    let object =
        |api: &str, spec: Value| json!({"apiVersion": api, "kind": kind, "metadata": {"name": NAME}, "spec": spec});
    match kind {
        "Pod" => {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "annotations": annotations}, "spec": template["spec"]})
        }
        "Job" => object("batch/v1", json!({"backoffLimit": 0, "template": template})),
        "StatefulSet" => object("apps/v1", json!({"selector": selector, "serviceName": NAME, "template": template})),
        _ => object("apps/v1", json!({"selector": selector, "template": template})),
    }
}

fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

fn none() -> Value {
    json!({})
}

/// Objects, as a service `broken` whose wait ends after this time.
fn define(stage: &Stage, timeout: &str, objects: &[Value]) {
    let text: Vec<String> = objects.iter().map(ToString::to_string).collect();
    stage.workspace.write("modules/broken/module.toml", "description = \"does not work\"");
    stage.workspace.write(MODULE, &text.join("\n---\n"));
    let text = format!("timeout = \"{timeout}\"\n[services.broken]\nmodule = \"broken\"\n");
    stage.workspace.write(&format!("environments/{}.toml", stage.name), &text);
}

/// What the run says in the end of what failed.
#[track_caller]
fn failure(stage: &Stage, told: &Told) -> String {
    let (_, rest) = told.out.split_once("\nFailed:\n").unwrap_or_else(|| panic!("nothing failed\n{}", told.out));
    let end = rest.find("\n\n").expect("more sections follow");
    plain(stage, &rest[..=end])
}

/// Without the names that are new in each run.
fn plain(stage: &Stage, text: &str) -> String {
    without_pods(text, NAME).replace(&stage.name, "ENV")
}

/// Applies objects that do not work, and tells what is said of them.
#[track_caller]
fn fails(objects: &[Value], ours: &str, expected: impl IntoData) {
    fails_within("20s", objects, ours, expected);
}

#[track_caller]
fn fails_within(timeout: &str, objects: &[Value], ours: &str, expected: impl IntoData) {
    let stage = Stage::in_the_box();
    define(&stage, timeout, objects);
    check(failure(&stage, &stage.apply("").exits(1)), expected);
    if let Some(stage) = Stage::on_a_node() {
        tells(&stage, objects, ours);
    }
}

/// The same for what no kubelet has a part in: a real server will do, whoever plays its node.
#[track_caller]
fn fails_anywhere(objects: &[Value], ours: &str, expected: impl IntoData) {
    let stage = Stage::in_the_box();
    define(&stage, "3s", objects);
    check(failure(&stage, &stage.apply("").exits(1)), expected);
    if let Some(stage) = Stage::real() {
        tells(&stage, objects, ours);
    }
}

/// The first line that says what is wrong, and when it came: the run itself may hope for longer.
#[track_caller]
#[expect(clippy::print_stdout, reason = "how soon a fault is told is part of the story")]
fn tells(stage: &Stage, objects: &[Value], ours: &str) {
    define(stage, "1m", objects);
    let start = Instant::now();
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for(ours);
    println!("{ours}: told after {:.1} s, namespace and all", start.elapsed().as_secs_f64());
    run.interrupt();
    let _ = run.end();
}
