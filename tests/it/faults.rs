//! Connections that break on a real socket: what the box does in memory must be what a network does.

use ditc::sandbox::{Effect, Fault};
use snapbox::str;

use crate::support::{Served, Workspace, check};

/// A service that works.
const WEB: &str = r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [80]
"#;

fn applied() -> (Workspace, Served) {
    let (workspace, served) = (Workspace::of(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
    (workspace, served)
}

#[test]
fn lists_that_break_off_once_are_asked_for_again_and_nothing_is_planned() {
    let (workspace, served) = applied();
    for then in [Effect::HalfBody, Effect::Reset, Effect::Drop] {
        let path = "/deployments?";
        served.cluster.sandbox.forget_requests();
        served.cluster.sandbox.fail(Fault::new("GET", path, then));
        workspace.ditc("plan demo -detailed-exitcode --kubeconfig kubeconfig").exits(0);
        let requests = served.cluster.sandbox.requests();
        let asked = requests.iter().filter(|line| format!("{}?", line.path).ends_with(path)).count();
        assert_eq!(asked, 2, "{requests:#?}");
    }
}

#[test]
fn writes_that_break_off_once_are_made_good() {
    let (workspace, served) = applied();
    for (version, then) in [("v2", Effect::HalfBody), ("v3", Effect::Reset), ("v4", Effect::LoseReply)] {
        let text = format!("{}\n", WEB.replace("v1", version).lines().skip(1).collect::<Vec<_>>().join("\n"));
        workspace.write("environments/demo.toml", &text);
        served.cluster.sandbox.fail(Fault::new("PATCH", "fieldValidation=Strict", then).nth(2));
        workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
        workspace.ditc("plan demo -detailed-exitcode --kubeconfig kubeconfig").exits(0);
    }
}

#[test]
fn a_page_of_a_proxy_is_told_by_its_title() {
    let (workspace, served) = applied();
    let bad_gateway = Effect::Answer { status: 502, retry_after: Some(60) };
    served.cluster.sandbox.fail(Fault::new("GET", "/deployments?", bad_gateway));
    let told = workspace.ditc("plan demo --kubeconfig kubeconfig").exits(1);
    check(
        served.plain(&told.error),
        str![[r#"
error: listing deployments
  caused by: 502 Bad Gateway (HTTP 502)

"#]],
    );
}
