//! Two looks at one definition, and none: what moved between plans, and what a record alone says.

use super::*;

/// A plan that updates `web` from what is live.
fn update(live_now: Object) -> Plan {
    let answer = live(&body("b"), "w");
    Scene::new().wants("b").recorded("a", "w").sees(live_now).accepts(answer).plan()
}

fn how(planned: &Plan, now: &Plan) -> Vec<Movement> {
    let moved = moved(planned, now);
    assert!(moved.iter().all(|moved| moved.key == web() && moved.component == Some(component("web"))));
    moved.into_iter().map(|moved| moved.how).collect()
}

#[test]
fn a_status_an_annotation_and_a_new_resource_version_move_nothing() {
    let mut now = live(&body("a"), "w");
    now.0["metadata"]["resourceVersion"] = json!("8");
    now.0["metadata"]["annotations"] = json!({"theirs": "yes"});
    now.0["status"] = json!({"replicas": 1});
    assert_eq!(moved(&update(live(&body("a"), "w")), &update(now)), []);
}

#[test]
fn a_value_moved_whether_the_plan_or_the_look_shows_it() {
    let image = |planned: &str, now: &str| {
        let path = FieldPath::fields(&["spec", "image"]);
        vec![Movement::Fields(vec![MovedField { path, planned: Some(json!(planned)), now: Some(json!(now)) }])]
    };
    let planned = update(live(&body("a"), "w"));
    assert_eq!(how(&planned, &update(live(&body("c"), "w"))), image("a", "c"));
    // Somebody set the very value that is asked for, so that only ownership is left to do.
    let settled = update(taken(live(&body("b"), "w"), "b"));
    assert_eq!(settled.changes[&web()].action, Action::Update);
    assert_eq!(how(&planned, &settled), image("a", "b"));
    assert_eq!(how(&settled, &planned), image("b", "a"));
}

#[test]
fn another_owner_of_the_same_value_is_told() {
    let planned = update(live(&body("a"), "w"));
    let now = update(taken(live(&body("a"), "w"), "a"));
    assert_eq!(how(&planned, &now), [Movement::Beside]);
}

#[test]
fn another_object_is_told_before_its_fields() {
    assert_eq!(how(&update(live(&body("a"), "w")), &update(live(&body("c"), "x"))), [Movement::Recreated]);
}

#[test]
fn what_came_went_and_stands_in_the_way_is_told() {
    let scene = || Scene::new().wants("a").recorded("a", "w");
    let created = scene().accepts(live(&body("a"), "new")).plan();
    let nothing = scene().sees(live(&body("a"), "w")).plan();
    let refused = Answer::Refused(Refusal::Invalid("no".into()));
    let blocked = scene().answers(refused).plan();
    assert_eq!(how(&nothing, &created), [Movement::Unplanned(Action::Create)]);
    assert_eq!(how(&created, &nothing), [Movement::Settled(Action::Create)]);
    assert_eq!(how(&created, &blocked), [Movement::Blocked]);
    assert_eq!(how(&nothing, &nothing), []);
    let update = update(live(&body("a"), "w"));
    let other = Movement::OtherAction { planned: Action::Update, now: Action::Create };
    assert_eq!(how(&update, &created), [other]);
}

/// What the record of a scene alone says.
fn remember(mut scene: Scene) -> Plan {
    scene.observed = remembered(&scene.state, Some(&scene.desired), &scene.desired.namespace);
    scene.plan()
}

#[test]
fn without_a_look_what_is_asked_for_as_before_is_unchanged() {
    let mut scene = Scene::new().wants("a").recorded("a", "w");
    // Live values that the server made other than they were sent are no change either.
    let Phase::Applied(applied) = &mut scene.state.entries.get_mut(&web()).unwrap().phase else { panic!("applied") };
    applied.fingerprint = None;
    let plan = remember(scene);
    assert!(!plan.has_changes() && plan.drift.is_empty(), "{plan:?}");
}

#[test]
fn without_a_look_what_is_asked_for_anew_is_not_checked() {
    let not_asked = || Answer::NotAsked(Why::NotRefreshed);
    let plan = remember(Scene::new().wants("b").recorded("a", "w").answers(not_asked()));
    assert_eq!(change(&plan), (Action::Update, Reason::DefinitionChanged));
    let Change { check, diff, .. } = &plan.changes[&web()];
    assert_eq!((*check, diff.fields.len()), (Check::Not(Why::NotRefreshed), 1));
    assert!(plan.drift.is_empty());

    let plan = remember(Scene::new().wants("b").answers(not_asked()));
    assert_eq!(
        (change(&plan), plan.changes[&web()].check),
        ((Action::Create, Reason::New), Check::Not(Why::NotRefreshed))
    );
    let plan = remember(Scene::new().recorded("a", "w"));
    assert_eq!(change(&plan), (Action::Delete, Reason::NotDesired));
}

#[test]
fn without_a_look_fields_left_to_a_controller_stay_with_it() {
    let mut scene = Scene::new().wants("a").recorded("a", "w");
    let path = FieldPath::fields(&["spec", "image"]);
    let Phase::Applied(applied) = &mut scene.state.entries.get_mut(&web()).unwrap().phase else { panic!("applied") };
    applied.yielded.insert(&path.0);
    path.remove(&mut applied.body.0);
    scene.desired.manifests.get_mut(&web()).unwrap().body.0["spec"]["paused"] = json!(true);
    let plan = remember(scene.answers(Answer::NotAsked(Why::NotRefreshed)));
    let paths: Vec<String> = plan.changes[&web()].diff.fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(paths, [".spec.paused"]);
}

#[test]
fn without_a_look_a_replace_that_was_cut_short_is_finished() {
    let mut scene = Scene::new().wants("a").recorded("a", "w").answers(Answer::NotAsked(Why::NotRefreshed));
    let entry = scene.state.entries.get_mut(&web()).unwrap();
    let Phase::Applied(applied) = entry.phase.clone() else { panic!("applied") };
    entry.phase = Phase::Replacing(applied);
    let plan = remember(scene);
    assert_eq!(change(&plan), (Action::Create, Reason::UnfinishedReplace));
    assert!(plan.drift.is_empty(), "nobody saw it gone");
}
