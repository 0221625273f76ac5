//! Images that must be in their registry before what names them is written: a registry of our own on a loopback port.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use snapbox::str;

use crate::support::{
    UNBOUND, Workspace,
    http::{self, Answer},
};

/// A registry that answers its first questions with some codes, and all others with the last of them.
struct Registry {
    host: String,
    asked: Arc<AtomicUsize>,
}

fn registry(codes: &'static [u16]) -> Registry {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let host = http::serve(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        Answer::new(*codes.get(number).or(codes.last()).expect("a code"), "")
    });
    Registry { host, asked }
}

fn workspace(registry: &Registry, timeout: &str) -> Workspace {
    let workspace = Workspace::of(&format!(
        "//- environments/demo.toml\n[services.web]\nimage = \"{}/web\"\ntag = \"v1\"\nports = [80]\ncheck_image = true\n",
        registry.host
    ));
    workspace.write("ditc.toml", &format!("[images]\ntimeout = \"{timeout}\"\n{UNBOUND}"));
    workspace
}

fn plain(text: &str, registry: &Registry) -> String {
    text.replace(&registry.host, "[HOST]")
}

#[test]
fn an_apply_waits_for_the_image() {
    // The first answer is for the plan, the second for the plan of the apply.
    let registry = registry(&[404, 404, 404, 503, 200]);
    let workspace = workspace(&registry, "1m");
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    crate::support::check(
        plain(&told.error, &registry).as_str(),
        str![[r#"
warning: Deployment/web: image [HOST]/web:v1 is not in its registry
  yet; apply waits for it, 60 s at most

"#]],
    );
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(registry.asked.load(Ordering::SeqCst), 5);
    assert!(told.out.contains("is not in its registry yet"), "{}", told.out);
    // What does not change waits for nothing.
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(registry.asked.load(Ordering::SeqCst), 5);
}

#[test]
fn an_image_that_does_not_come_ends_the_run() {
    let registry = registry(&[404]);
    let workspace = workspace(&registry, "1s");
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(1);
    crate::support::check(
        plain(&told.error, &registry).as_str(),
        str![[r#"
warning: Deployment/web: image [HOST]/web:v1 is not in its registry
  yet; apply waits for it, 1 s at most
error: the apply did not come to its end

"#]],
    );
    let words = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Deployment/web was not written: its image did not come within 1 second"), "{words}");
    assert!(workspace.cluster().get("/apis/apps/v1/namespaces/demo/deployments/web").is_none());
    workspace.cluster().get("/api/v1/namespaces/demo/services/web").expect("what names no image is written");
}

#[test]
fn a_registry_that_lets_nobody_in_ends_the_run_at_once() {
    let registry = registry(&[401]);
    let workspace = workspace(&registry, "1m");
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(1);
    crate::support::check(
        plain(&told.error, &registry).as_str(),
        str![[r#"
warning: Deployment/web: whether image [HOST]/web:v1 is there, nobody
  knows: registry [HOST] does not let anybody read web
error: the apply did not come to its end

"#]],
    );
    assert!(told.out.contains("docker login "), "{}", told.out);
}
