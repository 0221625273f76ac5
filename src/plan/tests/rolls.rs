//! What a changed ConfigMap or Secret does to those whose pods use it.

use super::*;
use crate::rolling;

fn config() -> ObjectKey {
    ObjectKey::new("", "ConfigMap", Some("demo"), "settings")
}

/// The ConfigMap `settings`.
fn settings(value: &str) -> Manifest {
    let body = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "demo", "labels": labels()},
        "data": {"level": value},
    });
    manifest(config(), Object(body), Some(component("web")))
}

/// Deployment `web` with pods that use ConfigMap `settings`, whose hash stands on them.
fn using(image: &str, hash: &str) -> Object {
    let mut body = body(image);
    body.0["spec"]["template"] = json!({
        "metadata": {"annotations": {rolling::ANNOTATION: hash}},
        "spec": {"containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
    });
    body
}

/// `web` as it lives, with all that it asks for owned by ditc.
fn there(body: &Object) -> Object {
    let mut object = live(body, "u");
    let template = json!({"f:metadata": {"f:annotations": {format!("f:{}", rolling::ANNOTATION): {}}}, "f:spec": {}});
    object.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:template"] = template;
    object
}

/// The ConfigMap as it lives.
fn stored(manifest: &Manifest) -> Object {
    let mut object = live(&manifest.body, "c");
    let fields = object.0["metadata"]["managedFields"][0]["fieldsV1"].as_object_mut().unwrap();
    fields.remove("f:spec");
    fields.insert("f:data".into(), json!({"f:level": {}}));
    object
}

/// An environment that was applied with level `low`, and whose files ask for these now.
fn scene(level: &str, image: &str, hash: &str) -> Scene {
    let mut scene = Scene::new().wants(image);
    let web_manifest = |body| manifest(web(), body, Some(component("web")));
    scene.desired.manifests.insert(web(), web_manifest(using(image, hash)));
    scene.desired.manifests.insert(config(), settings(level));
    let mut record = |manifest: &Manifest, live: &Object| {
        let applied = known(manifest, &Paths::default(), live).unwrap();
        let phase = Phase::Applied(applied);
        let entry = Entry { component: Some(component("web")), api_version: "v1".into(), phase, deed: None };
        scene.state.entries.insert(manifest.key.clone(), entry);
    };
    record(&web_manifest(using("a", "one")), &there(&using("a", "one")));
    let low = settings("low");
    record(&low, &stored(&low));
    if level != "low" {
        scene.answers.insert(config(), Answer::Accepted(Box::new(stored(&settings(level)))));
    }
    scene.sees(there(&using("a", "one"))).sees(stored(&low)).accepts(there(&using(image, hash)))
}

#[test]
fn a_changed_config_map_is_why_its_users_roll() {
    let plan = scene("high", "a", "two").plan();
    assert_eq!(change(&plan), (Action::Update, Reason::ConfigChanged));
    assert_eq!(plan.changes[&web()].rolls, BTreeSet::from([config()]));
}

#[test]
fn a_changed_definition_is_told_beside_it() {
    let plan = scene("high", "b", "two").plan();
    assert_eq!(change(&plan), (Action::Update, Reason::DefinitionChanged));
    assert_eq!(plan.changes[&web()].rolls, BTreeSet::from([config()]));
}

#[test]
fn what_did_not_change_rolls_nobody() {
    // A run that stopped had written the ConfigMap already, so only the hash is left to write.
    let plan = scene("low", "a", "two").plan();
    assert_eq!(change(&plan), (Action::Update, Reason::DefinitionChanged));
    assert!(plan.changes[&web()].rolls.is_empty());
    // Another image alone leaves the hash as it is.
    let plan = scene("low", "b", "one").plan();
    assert!(plan.changes[&web()].rolls.is_empty());
}

#[test]
fn an_audit_sees_what_rolls_for_nothing() {
    let spoiled = |spoil: fn(&mut Change)| {
        scene("high", "a", "two").audited(|plan| spoil(plan.changes.get_mut(&web()).unwrap())).1
    };
    assert_eq!(spoiled(|change| change.rolls.clear()), ["Deployment/web: rolls for nothing that changed"]);
    let (_, faults) = scene("high", "a", "two").audited(|plan| {
        plan.changes.get_mut(&config()).unwrap().rolls = BTreeSet::from([config()]);
    });
    assert_eq!(faults, ["ConfigMap/settings: has no pods to roll"]);
}
