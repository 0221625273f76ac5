//! What the user decides beforehand, how much may go, a part of a plan, and what is left to controllers.

use super::*;

#[test]
fn adopts_what_the_user_gives_it() {
    let mut after = helms();
    after.0["spec"]["image"] = json!("a");
    own(&mut after, "ditc", "Apply", &json!({"f:spec": {"f:image": {}}}));
    let mut scene = Scene::new().wants("a").sees(helms()).accepts(after.clone());
    scene.choices.adopt = vec!["deployment/web".parse().unwrap()];
    let plan = scene.plan();
    assert_eq!(change(&plan), (Action::Adopt, Reason::Requested));
    assert_eq!(plan.counts(), Counts { import: 1, ..Counts::default() });
    let taken = Taken { field: ".spec.image".into(), manager: "helm".into() };
    assert_eq!(plan.changes[&web()].takes_back, [taken]);

    // Both own the field now: the former applier's entry goes, its other fields stay.
    let mut own_more = after.clone();
    own_more.0["metadata"]["managedFields"][0]["fieldsV1"] = json!({"f:spec": {"f:image": {}, "f:paused": {}}});
    let policy = Scene::new().policy;
    let released = released(&own_more, &policy).expect("helm's entry changes");
    assert_eq!(released[0]["fieldsV1"], json!({"f:spec": {"f:paused": {}}}));
    assert_eq!(super::released(&live(&body("a"), "u"), &policy), None);

    // Killed in between, the next run finishes it.
    own_more.0["metadata"]["labels"] = labels();
    let mut scene = Scene::new().wants("a").sees(own_more).accepts(after);
    let entry = Entry { component: None, api_version: "apps/v1".into(), phase: Phase::Planned, deed: None };
    scene.state.entries.insert(web(), entry);
    assert_eq!(change(&scene.plan()), (Action::Adopt, Reason::Unfinished));
}

#[test]
fn takes_fields_of_others_when_told_to() {
    let there = taken(live(&body("a"), "u"), "theirs");
    let mut scene = Scene::new().wants("a").sees(there).accepts(live(&body("a"), "u"));
    scene.choices.force_conflicts = vec!["demo.services.web".parse().unwrap()];
    let plan = scene.plan();
    let taken = Taken { field: ".spec.image".into(), manager: "kubectl-set".into() };
    assert_eq!(plan.changes[&web()].takes_back, [taken]);
}

#[test]
fn makes_anew_what_the_user_wants_anew() {
    let mut scene = Scene::new().wants("a").recorded("a", "u").sees(live(&body("a"), "u"));
    scene.choices.replace = vec!["demo.services.web/Deployment/web".parse().unwrap()];
    let plan = scene.accepts(live(&body("a"), "new")).plan();
    assert_eq!(change(&plan), (Action::Replace, Reason::Requested));
}

fn autoscaler() -> Object {
    Object(json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}))
}

fn autoscaled(manager: &str, autoscalers: Vec<Object>) -> Scene {
    let (wanted, there) = scaled(manager);
    let mut scene = Scene::new().wants("a").recorded("a", "u").sees(there);
    scene.desired.manifests.get_mut(&web()).unwrap().body = wanted;
    scene.autoscalers = autoscalers;
    scene
}

#[test]
fn leaves_replicas_to_a_live_autoscaler_and_remembers_that() {
    let (_, there) = scaled("kube-controller-manager");
    let plan = autoscaled("kube-controller-manager", vec![autoscaler()]).accepts(there.clone()).plan();
    assert!(!plan.has_changes() && plan.changes_record());
    let learned = plan.unchanged[&web()].learned.clone().expect("the yielded field is recorded");
    assert_eq!(learned.yielded.members(), [FieldPath::fields(&["spec", "replicas"])]);
    assert_eq!(learned.body.at("/spec/replicas"), None);

    // The next plan asks nothing.
    let mut next = autoscaled("kube-controller-manager", vec![autoscaler()]);
    next.state.entries.get_mut(&web()).unwrap().phase = Phase::Applied(learned.clone());
    assert!(!next.plan().changes_record());

    // Without an autoscaler the replicas are the definition's again.
    let mut then = autoscaled("kube-controller-manager", Vec::new());
    then.state.entries.get_mut(&web()).unwrap().phase = Phase::Applied(learned);
    let mut answer = live(&then.desired.manifests[&web()].body, "u");
    answer.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:replicas"] = json!({});
    assert_eq!(change(&then.accepts(answer).plan()), (Action::Update, Reason::YieldEnded));
}

#[test]
fn an_empty_map_may_be_somebody_elses() {
    // Who puts something into an empty map takes it from us; the next apply would own it again, and lose it again.
    let (mut scene, mut there, mut answer) = (Scene::new().wants("a"), live(&body("a"), "u"), live(&body("a"), "u"));
    let wanted = &mut scene.desired.manifests.get_mut(&web()).unwrap().body;
    wanted.0["spec"]["notes"] = json!({});
    for object in [&mut there, &mut answer] {
        object.0["spec"]["notes"] = json!({"revision": "1"});
        own(object, "kube-controller-manager", "Update", &json!({"f:spec": {"f:notes": {".": {}, "f:revision": {}}}}));
    }
    answer.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:notes"] = json!({});
    let plan = scene.sees(there).accepts(answer).plan();
    assert!(!plan.has_changes());
}

#[test]
fn what_is_adopted_keeps_its_autoscaler() {
    let mut wanted = body("a");
    wanted.0["spec"]["replicas"] = json!(2);
    let mut there = helms();
    there.0["spec"]["replicas"] = json!(5);
    own(&mut there, "kube-controller-manager", "Update", &json!({"f:spec": {"f:replicas": {}}}));
    let mut scene = Scene::new().wants("a").sees(there.clone()).accepts(there);
    scene.desired.manifests.get_mut(&web()).unwrap().body = wanted;
    scene.autoscalers = vec![autoscaler()];
    scene.choices.adopt = vec!["deployment/web".parse().unwrap()];
    let plan = scene.plan();
    assert_eq!(change(&plan), (Action::Adopt, Reason::Requested));
    assert_eq!(plan.changes[&web()].body().unwrap().at("/spec/replicas"), None);
}

#[test]
fn takes_replicas_back_from_a_hand_although_an_autoscaler_is_there() {
    let scene = autoscaled("kubectl", vec![autoscaler()]);
    let mut answer = live(&scene.desired.manifests[&web()].body, "u");
    answer.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:replicas"] = json!({});
    let plan = scene.accepts(answer).plan();
    assert_eq!(change(&plan).0, Action::Update);
    assert!(plan.changes[&web()].yields.is_empty());
}

#[test]
fn destroys_no_more_than_the_policy_allows() {
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    scene.policy.max_destroy = 0;
    let plan = scene.plan();
    assert_eq!(plan.too_many, Some(TooMany { count: 1, limit: 0 }));
    assert!(!plan.is_applyable());
}

/// Two services, `web` and a config of `broker`, which `web` needs; both change.
fn two() -> Scene {
    let mut scene = Scene::new().wants("b").recorded("a", "u").sees(live(&body("a"), "u"));
    scene = scene.accepts(live(&body("b"), "u"));
    let config = Object(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "broker", "namespace": "demo", "labels": labels()}}));
    let key = config.key().unwrap();
    let broker = component("broker");
    scene.desired.manifests.insert(key.clone(), manifest(key.clone(), config.clone(), Some(broker.clone())));
    let (needs, outputs) = (BTreeSet::new(), BTreeMap::new());
    let bare = Component { needs, outputs, check_image: false, origin: span(), revision: None };
    scene.desired.components.insert(broker.clone(), bare);
    scene.desired.components.get_mut(&component("web")).unwrap().needs.insert(broker);
    scene.answers.insert(key, Answer::Accepted(Box::new(live(&config, "b"))));
    scene
}

fn keys(plan: &Plan) -> Vec<String> {
    plan.changes.keys().map(ToString::to_string).collect()
}

#[test]
fn a_target_comes_with_what_it_needs_and_an_excluded_object_takes_its_users_out() {
    for (target, exclude, expected) in [
        (None, None, &["ConfigMap/broker", "Deployment/web"][..]),
        (Some("demo.services.web"), None, &["ConfigMap/broker", "Deployment/web"]),
        (Some("demo.services.broker"), None, &["ConfigMap/broker"]),
        (Some("configmap/broker"), None, &["ConfigMap/broker"]),
        (None, Some("demo.services.web"), &["ConfigMap/broker"]),
        (None, Some("demo.services.broker"), &[]),
        (None, Some("configmap/broker"), &[]),
        (Some("demo.services.web"), Some("deployment/web"), &["ConfigMap/broker"]),
    ] {
        let mut scene = two();
        scene.choices.target = target.map(|text| text.parse().unwrap()).into_iter().collect();
        scene.choices.exclude = exclude.map(|text| text.parse().unwrap()).into_iter().collect();
        let plan = scene.plan();
        assert_eq!(keys(&plan), expected, "{target:?} {exclude:?}");
        assert_eq!(plan.partial, target.is_some() || exclude.is_some());
    }
}

#[test]
fn a_target_deletes_nothing_outside_itself() {
    let gone = |target: Option<&str>| {
        let mut scene = two();
        scene.desired.manifests.remove(&web());
        scene.desired.components.remove(&component("web"));
        scene.answers.remove(&web());
        scene.choices.target = target.map(|text| text.parse().unwrap()).into_iter().collect();
        keys(&scene.plan())
    };
    assert_eq!(gone(None), ["ConfigMap/broker", "Deployment/web"]);
    assert_eq!(gone(Some("demo.services.broker")), ["ConfigMap/broker"]);
    assert_eq!(gone(Some("demo.services.web")), ["Deployment/web"]);
}

#[test]
fn an_excluded_object_is_in_nobodys_way() {
    let mut scene = two();
    scene.answers.remove(&web());
    scene = scene.sees(helms());
    scene.state.entries.remove(&web());
    scene.choices.exclude = vec!["demo.services.web".parse().unwrap()];
    let plan = scene.plan();
    assert!(plan.is_applyable());
    assert_eq!(keys(&plan), ["ConfigMap/broker"]);
}

#[test]
fn refreshing_alone_forgets_what_is_gone_and_changes_nothing() {
    let mut scene = Scene::new().wants("a").recorded("a", "u").accepts(live(&body("a"), "new"));
    scene.choices.refresh_only = true;
    let plan = scene.plan();
    assert_eq!(change(&plan), (Action::Forget, Reason::Gone));
    assert!(!plan.has_changes() && plan.changes_record());
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    scene.choices.refresh_only = true;
    assert!(scene.plan().changes.is_empty());
}
