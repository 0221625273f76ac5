//! Lists that many environments share: each gets what is its own, once, and a list that failed is nobody's absence.

use super::*;
use crate::{
    cluster::{Reach, Wanted},
    observed::{Live, Observed},
};

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::new(text).unwrap()
}

fn space(text: &str) -> Namespace {
    Namespace::new(text).unwrap()
}

/// Namespaces `a` and `b`, each with a ConfigMap of its environment and one with the label of the other.
async fn two() -> Sandbox {
    let sandbox = sandbox();
    let (cluster, kinds) = (over(&sandbox), Kinds::builtin());
    for (own, other) in [("a", "b"), ("b", "a")] {
        let body = |kind: &str, name: &str, label: &str| {
            let labels = json!({"ditc.dev/environment": label, "app.kubernetes.io/managed-by": "ditc"});
            Object(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}}))
        };
        let namespace = body("Namespace", own, own);
        cluster.create(&ObjectKey::namespace(own), &namespace, &kinds).await.unwrap();
        for (name, label) in [("mine", own), ("theirs", other)] {
            let key = ObjectKey::new("", "ConfigMap", Some(own), name);
            cluster.create(&key, &body("ConfigMap", name, label), &kinds).await.unwrap();
        }
    }
    sandbox
}

async fn observe(cluster: &Cluster, environment: &str) -> Result<Observed, Error> {
    let (environment, namespace) = (name(environment), space(environment));
    let mine = ObjectKey::new("", "ConfigMap", Some(namespace.as_str()), "mine");
    let wanted = Wanted { environment: &environment, namespace: &namespace, keys: [(mine, "v1".to_owned())].into() };
    cluster.observe(&wanted, &Kinds::builtin()).await
}

fn lists(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests();
    let reads = requests.iter().filter(|line| line.method == "GET");
    reads.map(|line| line.path.replace("/api/v1/", "")).collect()
}

async fn shared(sandbox: &Sandbox, names: &[&str], reach: Reach) -> Cluster {
    let cluster = over(sandbox);
    let told = names.iter().map(|name| space(name)).collect();
    cluster.sharing(cluster.share(&told, reach).await.unwrap())
}

#[tokio::test]
async fn each_gets_its_own_and_sees_what_it_would_see_alone() {
    let sandbox = two().await;
    for reach in [Reach::Everything, Reach::Named([name("a"), name("b")].into())] {
        let cluster = shared(&sandbox, &["a", "b"], reach).await;
        for environment in ["a", "b"] {
            let together = observe(&cluster, environment).await.unwrap();
            assert_eq!(together, observe(&over(&sandbox), environment).await.unwrap());
            let mine = ObjectKey::new("", "ConfigMap", Some(environment), "mine");
            let theirs = ObjectKey::new("", "ConfigMap", Some(environment), "theirs");
            assert!(together.objects.contains_key(&mine) && !together.objects.contains_key(&theirs));
        }
    }
}

#[tokio::test]
async fn a_kind_is_listed_once_and_whoever_asks_again_is_answered_anew() {
    let sandbox = two().await;
    let before = lists(&sandbox).len();
    let cluster = shared(&sandbox, &["a", "b"], Reach::Everything).await;
    for environment in ["a", "b"] {
        observe(&cluster, environment).await.unwrap();
    }
    let asked = lists(&sandbox).split_off(before);
    assert_eq!(asked, ["namespaces", "configmaps", "configmaps"], "the second one are the records");
    let key = ObjectKey::new("", "ConfigMap", Some("a"), "mine");
    let object = over(&sandbox).read(&key, "v1", &Kinds::builtin()).await.unwrap();
    let uid = object.object().and_then(Object::uid).unwrap();
    over(&sandbox).delete(&key, "v1", &uid, Propagation::Background, &Kinds::builtin()).await.unwrap();
    let again = observe(&cluster, "a").await.unwrap();
    assert_eq!(again.objects[&key], Live::Absent, "an old answer is not given twice");
    assert!(lists(&sandbox).contains(&"namespaces/a/configmaps".to_owned()));
}

#[tokio::test]
async fn a_namespace_that_no_label_brings_is_looked_for() {
    let sandbox = two().await;
    let cluster = shared(&sandbox, &["a", "b", "c"], Reach::Everything).await;
    let before = lists(&sandbox).len();
    let observed = observe(&cluster, "c").await.unwrap();
    assert_eq!(observed.objects[&ObjectKey::namespace("c")], Live::Absent);
    assert!(cluster.recorded(&space("c")).await.unwrap().is_none(), "in no namespace is no record");
    assert_eq!(lists(&sandbox).len(), before, "that was known from the start");
}

#[tokio::test]
async fn a_list_that_fails_for_all_is_nobodys_absence_and_is_not_asked_for_again() {
    let sandbox = two().await;
    let cluster = shared(&sandbox, &["a", "b"], Reach::Everything).await;
    sandbox.fail(Fault {
        times: ALWAYS,
        ..Fault::new("GET", "/api/v1/configmaps?", Effect::Answer { status: 400, retry_after: None })
    });
    let before = lists(&sandbox).len();
    for environment in ["a", "b"] {
        let error = observe(&cluster, environment).await.unwrap_err();
        assert!(told(&error).starts_with("listing configmaps"), "{}", told(&error));
    }
    assert_eq!(lists(&sandbox).len(), before + 1);
}

#[test]
fn few_are_named_in_the_selector_and_many_are_not() {
    let named = |number: usize| Reach::Named((0..number).map(|number| name(&format!("pr-{number}"))).collect());
    assert_eq!(named(2).selector("l"), "l in (pr-0,pr-1)");
    assert_eq!(named(51).selector("l"), "l");
    assert_eq!(Reach::Everything.selector("l"), "l");
    let longest = Reach::Named((0..50).map(|number| name(&format!("{number:063}"))).collect());
    assert!(longest.selector("ditc.dev/environment").len() < 4000);
}
