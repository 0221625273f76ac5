//! Records made anew from what is in the cluster.

use super::*;

#[test]
fn a_rebuilt_record_leads_to_questions_and_to_no_change() {
    let mut scene = Scene::new().wants("a").sees(live(&body("a"), "u"));
    let Rebuilt { entries, components, guessed } =
        rebuild(&scene.desired.environment, Some(&scene.desired), None, &scene.observed);
    assert!(guessed.is_empty());
    (scene.state.entries, scene.state.components) = (entries, components);
    assert_eq!(scene.state.entries.len(), 2);
    assert_eq!(scene.state.entries[&web()].applied().unwrap().body, body("a"));
    // What was made by POST is compared without a question.
    let plan = scene.accepts(live(&body("a"), "u")).plan();
    assert!(!plan.has_changes() && plan.changes_record(), "{plan:?}");
}

/// A label names a component, and not its tier.
#[test]
fn a_rebuilt_record_tells_dependencies_from_services_by_what_is_known() {
    let of = |kind: &str, name: &str| {
        let group = if kind == "ConfigMap" { "v1" } else { "apps/v1" };
        let mut labels = labels();
        labels["ditc.dev/component"] = name.into();
        Object(json!({"apiVersion": group, "kind": kind,
            "metadata": {"name": name, "namespace": "demo", "labels": labels}}))
    };
    let mut scene = Scene::new().wants("a").sees(live(&body("a"), "u"));
    for (kind, name) in [("StatefulSet", "cache"), ("ConfigMap", "broker"), ("ConfigMap", "api"), ("ConfigMap", "web")]
    {
        scene = scene.sees(live(&of(kind, name), name));
    }
    let dependency = |name: &str| ComponentId { tier: Tier::Dependency, name: ComponentName::new(name).unwrap() };
    let rebuilt =
        |kept: Option<&State>| rebuild(&scene.desired.environment, Some(&scene.desired), kept, &scene.observed);
    let Rebuilt { components, guessed, .. } = rebuilt(None);
    assert_eq!(guessed, BTreeSet::from([dependency("cache"), component("broker"), component("api")]));
    assert_eq!(components[&component("api")], BTreeSet::from([dependency("cache")]));
    assert_eq!(components[&component("web")], BTreeSet::new(), "as the definition has it");
    // The copy of the record that was knows better.
    let mut kept = scene.state.clone();
    kept.components = BTreeMap::from([
        (dependency("broker"), BTreeSet::new()),
        (component("api"), BTreeSet::from([dependency("broker")])),
    ]);
    let Rebuilt { components, guessed, .. } = rebuilt(Some(&kept));
    assert_eq!(guessed, BTreeSet::from([dependency("cache")]));
    assert_eq!(components[&component("api")], BTreeSet::from([dependency("broker")]));
}

#[test]
fn what_a_lost_record_leaves_behind_is_what_ditc_made_in_a_namespace_that_stays() {
    let left = |scene: &Scene| left_behind(&scene.observed, &scene.desired.environment, &scene.desired.namespace);
    // A run that was killed at its second write leaves the namespace alone.
    assert_eq!(left(&Scene::new()), 0);
    let theirs = |mut object: Object| {
        object.0["metadata"]["managedFields"] = json!([]);
        object
    };
    assert_eq!(left(&Scene::new().sees(theirs(live(&body("a"), "u")))), 0, "a label alone is copied easily");
    let mut scene = Scene::new().sees(live(&body("a"), "u"));
    assert_eq!(left(&scene), 1);
    let Some(Live::Present(namespace)) = scene.observed.objects.get_mut(&namespace_key()) else {
        panic!("it is there")
    };
    namespace.0["metadata"]["labels"] = json!({});
    assert_eq!(left(&scene), 1, "the namespace need not carry a label itself");
    let Some(Live::Present(namespace)) = scene.observed.objects.get_mut(&namespace_key()) else {
        panic!("it is there")
    };
    namespace.0["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(left(&scene), 0, "what is in a namespace that goes, goes with it");
}
