//! What was made by one POST, once it is there: labels and given values follow the definition, all else is kept.

use super::*;
use crate::secret::{self, Generate, Given, Source};

/// A Secret with a generated and a given key.
fn wanted(digest: Option<&str>) -> Manifest {
    let body = Object(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "s", "namespace": "demo", "labels": labels()}}));
    let given = Given {
        source: Source::Env("DITC_SECRET_TOKEN".into()),
        span: span(),
        digest: digest.map(|text| Hash::of(text.as_bytes())),
    };
    let keys = [("token".into(), secret::Origin::Given(given)), ("password".into(), Generate::Password.into())];
    Manifest { secret: Some(Recipe { keys: keys.into(), round: 0 }), ..manifest(body.key().unwrap(), body, None) }
}

/// The same as it is in the cluster, of our making.
fn there(manifest: &Manifest) -> Object {
    let mut object = live(&manifest.body, "s");
    object.0["metadata"]["managedFields"][0]["operation"] = json!("Update");
    let names = manifest.body.metadata("labels").and_then(Value::as_object).into_iter().flatten();
    let labels: serde_json::Map<_, _> = names.map(|(name, _)| (format!("f:{name}"), json!({}))).collect();
    object.0["metadata"]["managedFields"][0]["fieldsV1"] =
        json!({"f:metadata": {"f:labels": labels}, "f:data": {"f:token": {}, "f:password": {}}});
    object
}

/// Recorded as `before` and there as `live`, wanted as `after`.
fn scene(before: &Manifest, live: Object, after: &Manifest) -> Scene {
    let mut scene = Scene::new();
    let phase = Phase::Applied(known(before, &Paths::default(), &there(before)).unwrap());
    scene
        .state
        .entries
        .insert(before.key.clone(), Entry { component: None, api_version: "v1".into(), phase, deed: None });
    scene.desired.manifests.insert(after.key.clone(), after.clone());
    scene.observed.objects.insert(after.key.clone(), Live::Metadata(live));
    scene
}

fn paths(change: &Change) -> Vec<String> {
    change.diff.fields.iter().map(|field| field.path.to_string()).collect()
}

#[test]
fn another_digest_is_an_update_of_that_key_alone() {
    let (before, after) = (wanted(Some("a")), wanted(Some("b")));
    let plan = scene(&before, there(&before), &before).plan();
    assert!(!plan.has_changes() && plan.drift.is_empty());
    let plan = scene(&before, there(&before), &after).plan();
    let change = &plan.changes[&after.key];
    assert_eq!((change.action, &change.reason), (Action::Update, &Reason::GivenChanged));
    assert_eq!(paths(change), [".data.token"]);
    assert_eq!(change.merge, Some(Object(json!({}))), "the value itself is nowhere in a plan");
    // Without a key nobody knows, so it is written.
    let plan = scene(&before, there(&before), &wanted(None)).plan();
    assert_eq!(paths(&plan.changes[&after.key]), [".data.token"]);
}

#[test]
fn a_label_that_goes_is_merged_away_and_the_values_stay() {
    let after = wanted(Some("a"));
    let mut before = after.clone();
    before.body.0["metadata"]["labels"]["team"] = json!("a");
    let plan = scene(&before, there(&before), &after).plan();
    let change = &plan.changes[&after.key];
    assert_eq!((change.action, &change.reason), (Action::Update, &Reason::DefinitionChanged));
    assert_eq!(paths(change), [".metadata.labels.team"]);
    assert_eq!(change.merge, Some(Object(json!({"metadata": {"labels": {"team": null}}}))));
}

#[test]
fn a_given_value_that_others_wrote_is_ours_again_if_it_was() {
    let before = wanted(Some("a"));
    let mut touched = there(&before);
    touched.0["metadata"]["managedFields"][0]["fieldsV1"]["f:data"] = json!({"f:password": {}});
    own(&mut touched, "kubectl-edit", "Update", &json!({"f:data": {"f:token": {}}}));
    let plan = scene(&before, touched.clone(), &before).plan();
    let change = &plan.changes[&before.key];
    assert_eq!((change.action, &change.reason), (Action::Update, &Reason::ChangedOutside));
    assert_eq!(change.takes_back, [Taken { field: ".data.token".into(), manager: "kubectl-edit".into() }]);
    assert_eq!(plan.drift[&before.key].kind, DriftKind::Changed(Vec::new()));

    // One that was never ours is asked for first.
    let mut without = before.clone();
    without.secret.as_mut().unwrap().keys.remove("token");
    let mut scene = scene(&without, touched, &before);
    let Phase::Applied(applied) = &mut scene.state.entries.get_mut(&before.key).unwrap().phase else {
        panic!("applied")
    };
    applied.owned = Paths::default();
    assert!(matches!(&scene.plan().blocked[0].why, Block::Owned(taken) if taken[0].field == ".data.token"));
}

#[test]
fn a_key_that_nobody_gives_any_more_goes_and_one_that_is_generated_stays() {
    let before = wanted(Some("a"));
    let mut after = before.clone();
    after.secret.as_mut().unwrap().keys.remove("token");
    let plan = scene(&before, there(&before), &after).plan();
    assert_eq!(plan.changes[&after.key].merge, Some(Object(json!({"data": {"token": null}}))));
    after.secret.as_mut().unwrap().keys.insert("token".into(), Generate::Token.into());
    assert!(!scene(&before, there(&before), &after).plan().has_changes(), "it is kept as it is");
}
