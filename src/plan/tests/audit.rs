//! Sound plans, each spoiled in one way: every rule of the audit finds what breaks it.

use super::*;
use crate::address::Which;

/// Web is created.
fn creates() -> Scene {
    Scene::new().wants("a").accepts(live(&body("a"), "new"))
}

/// Web gets another image.
fn updates() -> Scene {
    Scene::new().wants("b").recorded("a", "u").sees(live(&body("a"), "u")).accepts(live(&body("b"), "u"))
}

/// Web leaves.
fn deletes() -> Scene {
    Scene::new().recorded("a", "u").sees(live(&body("a"), "u"))
}

/// Web is forgotten.
fn forgets() -> Scene {
    Scene::new().recorded("a", "u")
}

/// Web stays.
fn keeps() -> Scene {
    Scene::new().wants("a").recorded("a", "u").sees(live(&body("a"), "u"))
}

/// The image of web is taken back.
fn takes_back() -> Scene {
    let there = taken(live(&body("a"), "u"), "hand");
    Scene::new().wants("a").recorded("a", "u").sees(there).accepts(live(&body("a"), "u"))
}

/// All goes.
fn destroys() -> Scene {
    Scene { operation: Operation::Destroy, ..deletes() }
}

/// Web and its namespace are created.
fn begins() -> Scene {
    let mut scene = Scene::new().wants("a").answers(Answer::AcceptedElsewhere);
    scene.state.entries.clear();
    scene.observed.objects.clear();
    scene
}

fn which(text: &str) -> Vec<Which> {
    vec![text.parse().expect("an address")]
}

fn of_web(plan: &mut Plan) -> &mut Change {
    plan.changes.get_mut(&web()).expect("a change of web")
}

#[track_caller]
fn breaks(scene: Scene, expected: &str, spoil: impl FnOnce(&mut Plan)) {
    let (_, faults) = scene.audited(spoil);
    assert!(faults.iter().any(|fault| fault == expected), "{expected} is not in {faults:#?}");
}

/// The plan with its change of web under another key.
fn moved(plan: &mut Plan, key: ObjectKey) {
    let change = plan.changes.remove(&web()).expect("a change of web");
    plan.changes.insert(key, change);
}

#[test]
fn changes_lie_in_the_environment() {
    let elsewhere = ObjectKey::new("apps", "Deployment", Some("other"), "web");
    breaks(deletes(), "Deployment/web: lies outside the environment's namespace", |plan| moved(plan, elsewhere));
    let other = ObjectKey::namespace("other");
    breaks(deletes(), "Namespace/other: lies outside the environment's namespace", |plan| moved(plan, other));
}

#[test]
fn nothing_of_ditc_itself_is_changed() {
    for (group, kind) in [("", "ConfigMap"), ("", "Secret"), ("coordination.k8s.io", "Lease")] {
        let key = ObjectKey::new(group, kind, Some("demo"), "ditc-1");
        let expected = format!("{key}: has a name that is kept for ditc itself");
        breaks(deletes(), &expected, |plan| moved(plan, key));
    }
}

#[test]
fn protected_namespaces_are_never_in_a_change() {
    let mut scene = deletes();
    scene.protected = Some("demo");
    let faults = scene.audited(|_| {}).1;
    assert_eq!(faults, ["the plan: changes namespace demo, which `demo` protects"]);
    let mut scene = keeps();
    scene.protected = Some("demo");
    assert!(scene.audited(|_| {}).1.is_empty());
}

#[test]
fn actions_fit_their_reasons() {
    for (scene, reason, expected) in [
        (creates(), Reason::Gone, "Deployment/web: is no Create for the reason Gone"),
        (creates(), Reason::Requested, "Deployment/web: is no Create for the reason Requested"),
        (updates(), Reason::New, "Deployment/web: is no Update for the reason New"),
        (deletes(), Reason::ChangedOutside, "Deployment/web: is no Delete for the reason ChangedOutside"),
        (deletes(), Reason::Destroyed, "Deployment/web: is no Delete for the reason Destroyed"),
        (destroys(), Reason::Leftover, "Deployment/web: is no Delete for the reason Leftover"),
        (forgets(), Reason::NotDesired, "Deployment/web: is no Forget for the reason NotDesired"),
    ] {
        breaks(scene, expected, |plan| of_web(plan).reason = reason);
    }
    let unchangeable = Reason::Unchangeable(Unchangeable { message: String::new(), fields: Vec::new() });
    for reason in [unchangeable, Reason::Unfinished, Reason::OwnershipLost] {
        let expected = format!("Deployment/web: is no Delete for the reason {reason:?}");
        breaks(deletes(), &expected, |plan| of_web(plan).reason = reason);
    }
}

#[test]
fn expectations_are_what_was_seen() {
    let absent = |plan: &mut Plan| of_web(plan).expect = Expect::Absent;
    breaks(deletes(), "Deployment/web: is changed or deleted without a uid", absent);
    breaks(updates(), "Deployment/web: is changed or deleted without a uid", absent);
    for uid in ["", "other"] {
        breaks(deletes(), "Deployment/web: is changed or deleted under a uid that nobody saw", |plan| {
            let Expect::Same { uid: same, .. } = &mut of_web(plan).expect else { panic!("a uid") };
            *same = Uid(uid.to_owned());
        });
    }
    breaks(updates(), "Deployment/web: is changed or deleted in a version that nobody saw", |plan| {
        let Expect::Same { resource_version, .. } = &mut of_web(plan).expect else { panic!("a version") };
        *resource_version = "6".to_owned();
    });
    let created = |plan: &mut Plan| {
        (of_web(plan).action, of_web(plan).reason) = (Action::Create, Reason::New);
    };
    breaks(updates(), "Deployment/web: is created although it is there", created);
    breaks(updates(), "Deployment/web: is created although it is there", |plan| {
        created(plan);
        absent(plan);
    });
    breaks(creates(), "Deployment/web: waits for what does not go", |plan| {
        of_web(plan).expect = Expect::Gone(Uid("u".to_owned()));
    });
    breaks(creates(), "Deployment/web: waits for an object that is not going, or for none that is", |plan| {
        of_web(plan).reason = Reason::Terminating(Vec::new());
    });
    breaks(forgets(), "Deployment/web: is forgotten, and expected to be there", |plan| {
        of_web(plan).expect = Expect::Gone(Uid("u".to_owned()));
    });
    breaks(forgets(), "ConfigMap/x: is forgotten, and was never recorded", |plan| {
        moved(plan, ObjectKey::new("", "ConfigMap", Some("demo"), "x"));
    });
}

#[test]
fn manifests_are_those_that_are_asked_for() {
    const WITHOUT: &str = "Deployment/web: is written without a manifest, or has one and is not written";
    breaks(updates(), WITHOUT, |plan| of_web(plan).manifest = None);
    let web_a = manifest(web(), body("a"), None);
    breaks(forgets(), WITHOUT, |plan| of_web(plan).manifest = Some(web_a));
    breaks(updates(), "Deployment/web: is written as nothing asks for it", |plan| {
        let manifest = of_web(plan).manifest.as_mut().expect("a manifest");
        manifest.body = body("c");
    });
    breaks(updates(), "Deployment/web: is of a component that the plan has not", |plan| {
        of_web(plan).component = Some(component("other"));
    });
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut foreign = live(&body("a"), "f");
    foreign.0["metadata"]["managedFields"][0]["manager"] = json!("helm");
    let scene = || Scene::new().wants("a").sees(foreign.clone());
    let (plan, _) = updates().audited(|_| {});
    let stolen = |action: Action, reason: Reason| {
        let mut change = plan.changes[&web()].clone();
        (change.action, change.reason) = (action, reason);
        change
    };
    for (action, reason, expected) in [
        (Action::Update, Reason::DefinitionChanged, "Deployment/web: is changed, and is not ours"),
        (Action::Replace, Reason::Requested, "Deployment/web: is replaced, and is not ours"),
        (Action::Replace, Reason::Requested, "Deployment/web: is replaced, and nobody asked for it"),
        (Action::Delete, Reason::NotDesired, "Deployment/web: is deleted, and is not ours"),
        (Action::Delete, Reason::NotDesired, "Deployment/web: is deleted although it is desired"),
        (Action::Adopt, Reason::Requested, "Deployment/web: is adopted, and nobody gave it to us"),
    ] {
        let change = stolen(action, reason);
        breaks(scene(), expected, |plan| {
            plan.changes.insert(web(), change);
        });
    }
}

#[test]
fn data_is_not_lost() {
    let claim = Object(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "demo", "labels": labels()}}));
    let key = claim.key().expect("a key");
    let scene = || {
        let mut scene = deletes().sees(live(&claim, "d"));
        scene.choices.delete_data = which("demo");
        scene
    };
    let mut change = scene().plan().changes[&key].clone();
    let mut scene = deletes().sees(live(&claim, "d"));
    change.component = Some(component("web"));
    scene = Scene { choices: Choices::default(), ..scene };
    let expected = format!("{key}: is deleted although data is lost");
    breaks(scene, &expected, |plan| {
        plan.blocked.clear();
        plan.changes.insert(key.clone(), change);
    });
}

#[test]
fn a_namespace_goes_only_if_ditc_made_it_and_nobody_uses_it() {
    let (whole, _) = destroys().audited(|_| {});
    let change = whole.changes[&namespace_key()].clone();
    let mut scene = destroys();
    scene.state.created_namespace = false;
    let deleted = change.clone();
    breaks(scene, "Namespace/demo: is a namespace that ditc did not make", |plan| {
        plan.changes.insert(namespace_key(), deleted);
    });
    let mut scene = destroys();
    scene.observed.others = vec![Object(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "debug", "namespace": "demo", "uid": "p"}}),
    )];
    breaks(scene, "Namespace/demo: is a namespace with what others made", |plan| {
        plan.blocked.clear();
        plan.changes.insert(namespace_key(), change);
    });
}

#[test]
fn only_what_was_ours_is_taken_back() {
    let other = Taken { field: ".spec.paused".to_owned(), manager: "kubectl".to_owned() };
    let others = vec![other.clone()];
    breaks(takes_back(), "Deployment/web: takes fields that were never ours and that nobody gave to it", |plan| {
        of_web(plan).takes_back.push(other);
    });
    breaks(creates(), "Deployment/web: takes fields of what is not there", |plan| of_web(plan).takes_back = others);
}

#[test]
fn only_what_is_asked_for_is_yielded() {
    let yields = |field: &str| {
        let mut paths = Paths::default();
        paths.insert(&FieldPath::fields(&["spec", field]).0);
        paths
    };
    breaks(updates(), "Deployment/web: yields what nothing asks for", |plan| of_web(plan).yields = yields("replicas"));
    breaks(creates(), "Deployment/web: yields fields of what is not there", |plan| {
        of_web(plan).yields = yields("image");
    });
    assert!(updates().audited(|plan| of_web(plan).yields = yields("image")).1.is_empty());
}

#[test]
fn only_defaults_are_cleared() {
    let clears = |field: &str| {
        let paths = vec![FieldPath::fields(&["spec", field])];
        Some(Clears { paths, first: body("a") })
    };
    breaks(updates(), "Deployment/web: clears what the definition asks for", |plan| {
        of_web(plan).clears = clears("image");
    });
    breaks(creates(), "Deployment/web: clears defaults, and is no update", |plan| {
        of_web(plan).clears = clears("strategy");
    });
    breaks(updates(), "Deployment/web: clears the defaults of another object", |plan| {
        let mut other = clears("strategy").expect("it clears");
        other.first.0["metadata"]["name"] = json!("other");
        of_web(plan).clears = Some(other);
    });
    assert!(updates().audited(|plan| of_web(plan).clears = clears("strategy")).1.is_empty());
}

#[test]
fn what_is_shown_is_what_is_written() {
    let field = |before: Option<Value>| {
        let path = FieldPath::fields(&["spec", "image"]);
        FieldChange { path, before, after: After::Absent }
    };
    breaks(deletes(), "Deployment/web: shows fields that nobody writes", |plan| {
        of_web(plan).diff.fields.push(field(None));
    });
    breaks(creates(), "Deployment/web: is created, and shows what was there before", |plan| {
        of_web(plan).diff.fields.push(field(Some(json!("x"))));
    });
    breaks(updates(), "Deployment/web: was checked elsewhere, and is there", |plan| {
        of_web(plan).check = Check::Elsewhere;
    });
}

#[test]
fn no_value_of_a_secret_is_shown() {
    let secret =
        Object(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "demo"}}));
    let key = secret.key().expect("a key");
    let recipe = Recipe { keys: BTreeMap::from([("token".to_owned(), Generate::Token.into())]), round: 0 };
    let scene = || {
        let mut scene = Scene::new();
        let manifest = Manifest { secret: Some(recipe.clone()), ..manifest(key.clone(), secret.clone(), None) };
        scene.desired.manifests.insert(key.clone(), manifest);
        scene
    };
    let values = |values: &str| {
        let mut body = secret.clone();
        body.0[values] = json!({"token": "canary"});
        body
    };
    let expected = format!("{key}: shows values of a Secret");
    for part in ["data", "stringData"] {
        breaks(scene(), &expected, |plan| {
            let change = plan.changes.get_mut(&key).expect("it is made");
            change.manifest.as_mut().expect("from a manifest").body = values(part);
        });
        breaks(scene(), &expected, |plan| {
            let path = FieldPath::fields(&[part, "token"]);
            let after = After::Value(json!("canary"));
            plan.changes.get_mut(&key).expect("it is made").diff.fields.push(FieldChange { path, before: None, after });
        });
    }
    breaks(scene(), &expected, |plan| {
        plan.changes.remove(&key);
        let unchanged = Unchanged { component: None, body: values("data"), readiness: Readiness::Ready, learned: None };
        plan.unchanged.insert(key.clone(), unchanged);
    });
    breaks(scene(), &expected, |plan| {
        let path = FieldPath::fields(&["data", "token"]);
        let live = Some(json!("canary"));
        let field = DriftedField { path, applied: None, live, manager: None, time: None };
        plan.drift.insert(key.clone(), Drift { component: None, kind: DriftKind::Changed(vec![field]) });
    });
}

#[test]
fn it_is_a_plan_of_its_input() {
    breaks(keeps(), "the plan: is of another environment or operation", |plan| plan.operation = Operation::Destroy);
    breaks(keeps(), "the plan: stands on another record", |plan| plan.base = None);
    let mut scene = keeps();
    let since = Timestamp::UNIX_EPOCH;
    let run = Run { id: "r".to_owned(), operation: Operation::Apply, who: String::new(), since, definition: None };
    scene.state.open = Some(run);
    breaks(scene, "the plan: hides a run that never came to its end", |plan| plan.interrupted = None);
}

#[test]
fn every_object_is_decided_once() {
    let unchanged = |plan: &mut Plan| {
        let unchanged = Unchanged { component: None, body: body("a"), readiness: Readiness::Ready, learned: None };
        plan.unchanged.insert(web(), unchanged);
    };
    breaks(updates(), "Deployment/web: is decided twice", unchanged);
    breaks(deletes(), "Deployment/web: is decided twice", |plan| {
        plan.ignored.insert(web());
    });
    breaks(deletes(), "Deployment/web: stays although nothing asks for it", |plan| {
        plan.changes.clear();
        unchanged(plan);
    });
    for scene in [updates(), deletes(), forgets()] {
        breaks(scene, "Deployment/web: is desired or recorded, and nobody decided about it", |plan| {
            plan.changes.clear();
        });
    }
}

#[test]
fn no_apply_deletes_more_than_it_may() {
    const WHAT: &str = "the plan: deletes more than it may, or says so without doing it";
    let mut scene = deletes();
    scene.policy.max_destroy = 0;
    breaks(scene, WHAT, |plan| plan.too_many = None);
    breaks(deletes(), WHAT, |plan| plan.too_many = Some(TooMany { count: 1, limit: 10 }));
    let mut scene = destroys();
    scene.policy.max_destroy = 0;
    assert!(scene.audited(|_| {}).1.is_empty());
}

#[test]
fn a_part_is_no_more_than_was_asked_for() {
    let update = updates().plan().changes[&web()].clone();
    let delete = deletes().plan().changes[&web()].clone();
    let mut scene = updates();
    scene.choices.exclude = which("demo.services.web");
    breaks(scene, "Deployment/web: is changed although it was excluded", |plan| {
        plan.changes.insert(web(), update.clone());
    });
    let mut scene = deletes();
    scene.choices.target = which("demo.services.other");
    breaks(scene, "Deployment/web: is deleted although it was not targeted", |plan| {
        plan.changes.insert(web(), delete);
    });
    let mut scene = updates();
    scene.choices.refresh_only = true;
    breaks(scene, "Deployment/web: is changed although only the record was to be", |plan| {
        plan.changes.insert(web(), update.clone());
    });
    const PART: &str = "the plan: is a part where the whole was asked for, or the whole for a part";
    breaks(keeps(), PART, |plan| plan.partial = true);
}

#[test]
fn drift_has_a_before_and_an_after() {
    const WHAT: &str = "Deployment/web: drifted from nothing, or to nothing";
    for kind in [DriftKind::Deleted, DriftKind::Recreated, DriftKind::Changed(Vec::new())] {
        breaks(keeps(), WHAT, |plan| {
            plan.drift.insert(web(), Drift { component: None, kind: kind.clone() });
        });
        breaks(creates(), WHAT, |plan| {
            plan.drift.insert(web(), Drift { component: None, kind });
        });
    }
}

#[test]
fn components_need_what_is_there_and_not_each_other() {
    breaks(keeps(), "services.web: needs a component that the plan has not", |plan| {
        plan.components.insert(component("web"), BTreeSet::from([component("none")]));
    });
    let cycle = "the plan: has components that need each other: services.other, services.web";
    breaks(keeps(), cycle, |plan| {
        plan.components.insert(component("web"), BTreeSet::from([component("other")]));
        plan.components.insert(component("other"), BTreeSet::from([component("web")]));
    });
    breaks(keeps(), "services.other: has outputs, and is not in the plan", |plan| {
        plan.outputs.insert(component("other"), BTreeMap::new());
    });
}

#[test]
fn every_step_has_its_place() {
    let step = || Step::Change(web());
    let ready = |name: &str| Step::Ready(component(name));
    breaks(updates(), "services.other is ready: is ordered, but is no step of the plan", |plan| {
        plan.order.need(step(), ready("other"));
    });
    breaks(forgets(), "Deployment/web: is ordered, but is no step of the plan", |plan| plan.order.add(step()));
    breaks(updates(), "Deployment/web: has no place in the order", |plan| plan.order = Graph::default());
    breaks(updates(), "services.web is ready: has no place in the order", |plan| plan.order = Graph::default());
    breaks(updates(), "Deployment/web: is not waited for by its component", |plan| plan.order = Graph::default());
    breaks(begins(), "Deployment/web: does not wait for its namespace", |plan| plan.order = Graph::default());
    breaks(destroys(), "Deployment/web: may be deleted after its namespace", |plan| plan.order = Graph::default());
    breaks(updates(), "Deployment/web: does not wait for services.db, which its component needs", |plan| {
        plan.components.insert(component("web"), BTreeSet::from([component("db")]));
    });
    let cycle = "the plan: has an order with a cycle: Deployment/web, services.web is ready";
    breaks(updates(), cycle, |plan| plan.order.need(step(), ready("web")));
}
