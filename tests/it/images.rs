//! Images that must be in their registry before what names them is written: a registry of our own on a loopback port.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use snapbox::str;

use crate::{
    references::Repository,
    support::{
        UNBOUND, Workspace,
        http::{self, Answer},
    },
};

/// A registry that answers its first questions with some codes, and all others with the last of them.
pub(crate) struct Registry {
    pub(crate) host: String,
    asked: Arc<AtomicUsize>,
}

/// A registry that answers one thing after the other; the last one stays.
fn serves<T: Copy + Send + Sync>(all: &'static [T], answer: fn(T) -> Answer) -> Registry {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let host = http::serve(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        answer(*all.get(number).or(all.last()).expect("an answer"))
    });
    Registry { host, asked }
}

fn registry(codes: &'static [u16]) -> Registry {
    serves(codes, |code| Answer::new(code, ""))
}

fn workspace(registry: &Registry, timeout: &str) -> Workspace {
    let workspace = Workspace::of(&format!(
        "//- environments/demo.toml\n[services.web]\nimage = \"{}/web\"\ntag = \"v1\"\nports = [80]\ncheck_image = true\n",
        registry.host
    ));
    workspace.write("ditc.toml", &format!("[images]\ntimeout = \"{timeout}\"\n{UNBOUND}"));
    workspace
}

/// A registry that has an image under one digest after the other; the last one stays.
pub(crate) fn registry_of(digests: &'static [&'static str]) -> Registry {
    serves(digests, |digest| Answer::new(200, "").with("Docker-Content-Digest", digest))
}

/// A service that follows a tag, and whose image is looked for.
pub(crate) fn following(registry: &Registry) -> (Workspace, Repository) {
    let workspace = workspace(registry, "90s");
    let repository = Repository::new(&workspace, "web");
    repository.git("tag v1");
    workspace.edit("environments/demo.toml", "tag = \"v1\"", "tag = \"v1\"\nimage_tag = \"v1\"\nrepo = \"./web\"");
    (workspace, repository)
}

pub(crate) const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub(crate) const TWO: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

#[test]
fn a_lock_knows_the_digest_of_an_image_and_tells_another() {
    let registry = registry_of(&[ONE, ONE, ONE, TWO]);
    let (workspace, _web) = following(&registry);
    let lock = || std::fs::read_to_string(workspace.path("environments/demo.lock.toml")).expect("it is written");
    workspace.ditc("lock demo").exits(0).error("");
    assert!(lock().contains(&format!("image_digest = \"{ONE}\"")), "{}", lock());
    // What is known is not asked for.
    workspace.ditc("lock demo").exits(0).error("");
    assert_eq!(registry.asked.load(Ordering::SeqCst), 1);
    workspace.ditc("lock demo -check").exits(0);
    workspace.ditc("plan demo --sandbox").exits(0).error(str![[r#"
environments/demo.lock.toml decides which commit web stands at.

"#]]);
    let told = workspace.ditc("plan demo --sandbox -out=demo.plan").exits(0);
    crate::support::check(
        plain(&told.error, &registry),
        str![[r#"
environments/demo.lock.toml decides which commit web stands at.
warning: Deployment/web: image [HOST]/web:v1 is not the one that was
  locked: it is sha256:222222222222 now, and was sha256:111111111111; ditc lock
  demo -upgrade locks it as it is

Saved the plan in demo.plan. To do exactly this, or nothing:
  ditc apply demo.plan --sandbox

"#]],
    );
    let told = workspace.ditc("apply ./demo.plan --sandbox").exits(0);
    assert!(told.error.contains("is not the one that was"), "{}", told.error);
    workspace.ditc("lock demo -check").exits(1);
    workspace.ditc("lock demo -upgrade").exits(0).error("").out(str![[r#"
environments/demo.lock.toml
  ~ web  its image  sha256:111111111111 -> sha256:222222222222

"#]]);
    assert!(lock().contains(TWO), "{}", lock());
    workspace.ditc("lock demo -check").exits(0);
    workspace.edit("environments/demo.toml", "check_image = true\n", "");
    workspace.ditc("lock demo").exits(0).error("").out(str![[r#"
environments/demo.lock.toml
  ~ web  its image  sha256:222222222222 -> unknown

"#]]);
    assert!(!lock().contains("image_digest"), "{}", lock());
}

#[test]
fn an_image_that_is_not_there_or_not_to_be_seen_is_locked_without_its_digest() {
    let registry = registry(&[404, 401, 401]);
    let (workspace, _web) = following(&registry);
    let told = workspace.ditc("lock demo").exits(0);
    crate::support::check(
        plain(&told.error, &registry),
        str![[r#"
warning: image [HOST]/web:v1 is not in its registry yet, so its digest
  is not locked

"#]],
    );
    let told = workspace.ditc("lock demo").exits(0);
    crate::support::check(
        plain(&told.error, &registry),
        str![[r#"
warning: which image [HOST]/web:v1 is, nobody knows, so no digest is
  locked: registry [HOST] does not let anybody read web

"#]],
    );
}

#[test]
fn a_saved_plan_waits_as_long_as_was_chosen() {
    let registry = registry(&[404]);
    let workspace = workspace(&registry, "1s");
    workspace.ditc("plan demo --sandbox -out=demo.plan").exits(0);
    let told = workspace.ditc("apply ./demo.plan --sandbox").exits(1);
    assert!(told.error.contains("apply waits for it, 1 s at most"), "{}", told.error);
    assert!(told.out.contains("did not come within 1 second"), "{}", told.out);
}

pub(crate) fn plain(text: &str, registry: &Registry) -> String {
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

#[test]
fn who_waits_for_an_image_is_in_nobodys_way() {
    let registry = registry(&[404]);
    let workspace = workspace(&registry, "4s");
    workspace.write(
        "environments/demo.toml",
        &format!(
            "[services.a]\nimage = \"{}/a\"\ntag = \"v1\"\ncheck_image = true\n[services.b]\nimage = \"b:v1\"\n",
            registry.host
        ),
    );
    let told = workspace.ditc("apply demo --sandbox -auto-approve -parallelism=1").exits(1);
    let at = |text: &str| told.out.find(text).unwrap_or_else(|| panic!("no {text} in {}", told.out));
    assert!(at("Deployment/b: Creation complete") < at("its image did not come"), "{}", told.out);
}

#[test]
fn a_registry_that_cannot_be_reached_is_told_with_why() {
    let registry = Registry { host: "127.0.0.1:1".to_owned(), asked: Arc::default() };
    let workspace = workspace(&registry, "1s");
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(1);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "asking registry 127.0.0.1:1: Connection refused";
    assert!(words(&told.error).contains(why), "{}", told.error);
    assert!(words(&told.out).contains(&format!("cannot be looked for: {why}")), "{}", told.out);
}
