//! `ditc logs`: what pods say, found by address.

use ditc::sandbox::{Effect, Fault};
use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Served, Workspace, check};

const DEMO: &str = r#"
//- environments/demo.toml
[dependencies.redis]
module = "redis"
[services.web]
image = "whoami:v1"
ports = [80]
replicas = 2
[services.api]
image = "whoami:v1"
ports = [80]
"#;

fn applied() -> Workspace {
    let workspace = Workspace::of(DEMO.trim_start());
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace
}

#[test]
fn one_pod_speaks_for_itself_and_several_by_name() {
    let workspace = applied();
    let told = workspace.ditc("logs demo/api --sandbox").exits(0).error("").wrote_nothing();
    check(
        told.out,
        str![[r#"
sandbox: no process runs in pod api-[..]

"#]],
    );
    let told = workspace.ditc("logs demo.services.web --sandbox").exits(0).error("");
    check(
        told.out,
        str![[r#"
web/web-[..]: sandbox: no process runs in pod web-[..]
web/web-[..]: sandbox: no process runs in pod web-[..]

"#]],
    );
    let told = workspace.ditc("logs demo -tail=5 -since=1h --sandbox").exits(0).error("");
    check(
        told.out,
        str![[r#"
redis/redis-master-0: sandbox: no process runs in pod redis-master-0
api/api-[..]: sandbox: no process runs in pod api-[..]
web/web-[..]: sandbox: no process runs in pod web-[..]
web/web-[..]: sandbox: no process runs in pod web-[..]

"#]],
    );
    let told = workspace.ditc("logs demo.dependencies.redis/StatefulSet/redis-master --sandbox").exits(0);
    check(
        told.out,
        str![[r#"
sandbox: no process runs in pod redis-master-0

"#]],
    );
}

#[test]
fn what_is_asked_is_the_log_alone() {
    let workspace = applied();
    let told = workspace.ditc("logs demo/api --sandbox -timestamps -container=api").exits(0);
    let asked: Vec<String> = told.requests.sorted().to_string().lines().map(str::to_owned).collect();
    assert_eq!(asked.len(), 4, "the record, pods, replica sets, and one log: {asked:?}");
}

#[test]
fn machines_read_a_line_each() {
    let workspace = applied();
    let told = workspace.ditc("logs demo/api --sandbox -json").exits(0);
    let line: Value = serde_json::from_str(told.out.trim()).expect("one line");
    assert_eq!((&line["type"], &line["log"]["address"]), (&json!("log"), &json!("demo.services.api")));
    assert_eq!(line["log"]["container"], "api");
    let message = line["@message"].as_str().expect("text");
    assert!(message.starts_with("sandbox: no process runs in pod api-"), "{message}");
}

#[test]
fn what_is_not_there_is_told() {
    let workspace = applied();
    for (arguments, expected) in [
        ("demo/wbe", "environment demo has no component wbe\n  hint: did you mean `demo/web`?"),
        ("demo/nothing", "environment demo has no component nothing\n  hint: it has redis, api, web"),
        ("dmeo/web", "there is no environment dmeo"),
        ("demo.services.api/Deployment/web", "demo/api has no such workload with pods"),
        ("demo/api -container=other", "has no container other\n  hint: it has api"),
        ("demo/api/", "ENV"),
    ] {
        let told = workspace.ditc(&format!("logs {arguments} --sandbox")).exits(1);
        assert!(told.error.contains(expected), "{arguments}: {}", told.error);
    }
    workspace.write("environments/next.toml", "");
    let told = workspace.ditc("logs next --sandbox").exits(1);
    assert!(
        told.error.contains("environment next is not applied\n  hint: ditc apply next --sandbox"),
        "{}",
        told.error
    );
    workspace.write("environments/idle.toml", "[services.idle]\nimage = \"whoami:v1\"\nreplicas = 0\n");
    workspace.ditc("apply idle --sandbox -auto-approve").exits(0);
    workspace.ditc("logs idle/idle --sandbox").exits(1).error(str![[r#"
error: idle has no pods now
  hint: ditc status idle --sandbox tells why

"#]]);
}

#[test]
fn pods_that_come_later_are_followed() {
    let (workspace, served) = (Workspace::of(DEMO.trim_start()), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
    let mut logs = workspace.start("logs demo/api -f --kubeconfig kubeconfig");
    logs.wait_for("no process runs in pod api-");
    let pods = |printed: &str| printed.lines().filter(|line| line.contains("no process runs in pod api-")).count();
    let change = json!({"spec": {"template": {"spec": {"containers": [{"name": "api", "image": "whoami:v2"}]}}}});
    served.cluster.patch_strategically("/apis/apps/v1/namespaces/demo/deployments/api", "hand", &change);
    while pods(logs.printed()) < 2 {
        logs.read_on();
    }
    let lines: std::collections::BTreeSet<&str> = logs.printed().lines().collect();
    assert_eq!(lines.len(), 2, "two pods, each once: {lines:?}");
    logs.kill();
    logs.end().dies();
}

#[test]
fn a_log_whose_connection_breaks_is_opened_again_and_no_line_comes_twice() {
    let (workspace, served) = (Workspace::of(DEMO.trim_start()), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
    let pods = served.cluster.get("/api/v1/namespaces/demo/pods").expect("a list");
    let pods = pods["items"].as_array().expect("a list");
    let name = pods.iter().filter_map(|pod| pod["metadata"]["name"].as_str()).find(|name| name.starts_with("api-"));
    let name = name.expect("a pod of api");
    let said: Vec<String> = (0..40).map(|number| format!("line {number}")).collect();
    let log = json!({"metadata": {"annotations": {"sandbox.ditc.dev/log": said.join("\n")}}});
    served.cluster.patch(&format!("/api/v1/namespaces/demo/pods/{name}"), "hand", &log);
    for flags in ["", "-timestamps"] {
        served.cluster.sandbox.fail(Fault::new("GET", &format!("/pods/{name}/log"), Effect::HalfBody));
        let mut logs = workspace.start(&format!("logs demo/api -f {flags} --kubeconfig kubeconfig"));
        logs.wait_for("line 39\n");
        let printed: Vec<&str> = logs.printed().lines().collect();
        assert!(printed.len() == 40 && printed[7].ends_with("line 7"), "{flags}: {printed:#?}");
        assert_eq!(printed[7] == "line 7", flags.is_empty());
        logs.kill();
        logs.end().dies();
    }
}
