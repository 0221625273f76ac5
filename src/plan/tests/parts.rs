//! What a part of a destroy takes along, and what it leaves.

use super::*;

fn id(tier: Tier, name: &str) -> ComponentId {
    ComponentId { tier, name: ComponentName::new(name).unwrap() }
}

/// A recorded component with an object of each kind.
fn stands(mut scene: Scene, component: &ComponentId, needs: &[&ComponentId], kinds: &[&str]) -> Scene {
    for kind in kinds {
        let name = component.name.as_str();
        let object = Object(json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": name, "namespace": "demo", "labels": labels()}}));
        let key = object.key().unwrap();
        let there = live(&object, &format!("{name}-{kind}"));
        let applied = known(&manifest(key.clone(), object, None), &Paths::default(), &there).unwrap();
        let phase = Phase::Applied(applied);
        let entry = Entry { component: Some(component.clone()), api_version: "v1".into(), phase, deed: None };
        scene.state.entries.insert(key, entry);
        scene = scene.sees(there);
    }
    scene.state.components.insert(component.clone(), needs.iter().map(|need| (*need).clone()).collect());
    scene
}

/// Service `front` needs `web`, which needs the dependency `db`; service `alone` and the dependency `cache` are for
/// themselves.
fn chain(target: &str, exclude: &str) -> Plan {
    let (db, cache) = (id(Tier::Dependency, "db"), id(Tier::Dependency, "cache"));
    let (web, front, alone) = (component("web"), component("front"), component("alone"));
    let mut scene = stands(Scene::new(), &db, &[], &["ConfigMap", "Service", "PersistentVolumeClaim"]);
    for (component, needs) in [(&cache, &[][..]), (&web, &[&db]), (&front, &[&web]), (&alone, &[])] {
        scene = stands(scene, component, needs, &["ConfigMap", "Service"]);
    }
    scene.operation = Operation::Destroy;
    let which = |text: &str| text.split_whitespace().map(|which| which.parse().unwrap()).collect();
    (scene.choices.target, scene.choices.exclude) = (which(target), which(exclude));
    scene.plan()
}

/// The components, and objects of none, whose objects go; with the kinds, where not all of them do.
fn gone(plan: &Plan) -> Vec<String> {
    let names: BTreeSet<String> = plan.changes.keys().map(|key| key.name.clone()).collect();
    let all = |name: &str| {
        if name == "db" {
            3
        } else if name == "demo" {
            1
        } else {
            2
        }
    };
    let told = |name: String| {
        let kinds: Vec<&str> =
            plan.changes.keys().filter(|key| key.name == name).map(|key| key.kind.kind.as_str()).collect();
        if kinds.len() == all(&name) { name } else { format!("{name}: {}", kinds.join(", ")) }
    };
    names.into_iter().map(told).collect()
}

#[test]
fn what_is_destroyed_takes_along_what_needs_it() {
    for (target, expected) in [
        ("demo.dependencies.db", &["db", "front", "web"][..]),
        ("demo.dependencies.cache", &["cache"]),
        ("demo.services.web", &["front", "web"]),
        ("demo.services.front", &["front"]),
        ("demo", &["alone", "cache", "db", "demo", "front", "web"]),
        // Nothing lives on without its namespace.
        ("demo/Namespace/demo", &["alone", "cache", "db", "demo", "front", "web"]),
        // An object alone goes alone.
        ("demo.dependencies.db/ConfigMap/db", &["db: ConfigMap"]),
        ("service/web", &["web: Service"]),
    ] {
        assert_eq!(gone(&chain(target, "")), expected, "{target}");
    }
    let plan = chain("demo.dependencies.db", "");
    let reason = |name| plan.changes[&ObjectKey::new("", "Service", Some("demo"), name)].reason.clone();
    let because = Reason::NeededGoes(id(Tier::Dependency, "db"));
    assert_eq!((reason("db"), reason("web"), reason("front")), (Reason::Destroyed, because.clone(), because));
}

#[test]
fn what_stays_keeps_what_it_needs() {
    for (target, exclude, expected) in [
        ("", "demo.services.front", &["alone", "cache"][..]),
        ("", "demo.services.web", &["alone", "cache", "front"]),
        ("", "demo.dependencies.db", &["alone", "cache", "front", "web"]),
        ("", "demo", &[]),
        ("demo.dependencies.db", "demo.services.front", &[]),
        ("demo.dependencies.db", "demo.dependencies.db", &["front", "web"]),
        ("", "demo/Namespace/demo", &["alone", "cache", "db", "front", "web"]),
        // What was made before an object stays, since it may use it.
        ("", "service/alone", &["cache", "db", "front", "web"]),
        ("", "configmap/alone", &["alone: Service", "cache", "db", "front", "web"]),
    ] {
        assert_eq!(gone(&chain(target, exclude)), expected, "{target} {exclude}");
    }
}

#[test]
fn what_stays_is_told_with_why() {
    let plan = chain("", "service/front");
    let why = |kind: &str, name: &str| {
        let namespace = (kind != "Namespace").then_some("demo");
        plan.left_out[&ObjectKey::new("", kind, namespace, name)].1.clone()
    };
    assert_eq!(why("Service", "front"), LeftOut::Excluded);
    assert_eq!(why("ConfigMap", "front"), LeftOut::Needed("demo.services.front/Service/front".parse().unwrap()));
    assert_eq!(why("Service", "db"), LeftOut::Needed("demo.services.front".parse().unwrap()));
    assert_eq!(why("Namespace", "demo"), LeftOut::Inhabited);
    assert_eq!(plan.left_out.len() + plan.changes.len(), 12);
    assert!(chain("demo.services.web", "").left_out.is_empty(), "a target says what is meant");
}

/// Service `front` needs `web`, which needs the dependency `db`; of each there is a ConfigMap, and those named are new.
fn links(new: &[&str], target: &str, exclude: &str) -> Vec<String> {
    let mut scene = Scene::new();
    let (db, web, front) = (id(Tier::Dependency, "db"), component("web"), component("front"));
    for (component, needs) in [(&db, &[][..]), (&web, &[&db]), (&front, &[&web])] {
        let name = component.name.as_str();
        if !new.contains(&name) {
            scene = stands(scene, component, needs, &["ConfigMap"]);
        }
        let object = Object(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "demo", "labels": labels()}}));
        let key = object.key().unwrap();
        if new.contains(&name) {
            scene.answers.insert(key.clone(), Answer::Accepted(Box::new(live(&object, name))));
        }
        scene.desired.manifests.insert(key.clone(), manifest(key, object, Some(component.clone())));
        let needs = needs.iter().map(|need| (*need).clone()).collect();
        let bare = Component { needs, outputs: BTreeMap::new(), check_image: false, origin: span(), revision: None };
        scene.desired.components.insert(component.clone(), bare);
    }
    let which = |text: &str| text.split_whitespace().map(|which| which.parse().unwrap()).collect();
    (scene.choices.target, scene.choices.exclude) = (which(target), which(exclude));
    scene.plan().changes.into_keys().map(|key| key.name).collect()
}

#[test]
fn a_target_takes_along_what_it_needs_through_what_does_not_change() {
    for (new, target, expected) in [
        (&["db"][..], "demo.services.web", &["db"][..]),
        (&["db"], "demo.services.front", &["db"]),
        (&["db"], "demo.services.web/ConfigMap/web", &["db"]),
        (&["db"], "configmap/front", &["db"]),
        (&["db", "front"], "demo.services.front", &["db", "front"]),
        (&["db", "front"], "demo.services.web", &["db"]),
        (&["front"], "demo.services.web", &[]),
        (&["web"], "demo.dependencies.db", &[]),
    ] {
        assert_eq!(links(new, target, ""), expected, "{new:?} {target}");
    }
}

#[test]
fn what_is_excluded_leaves_out_its_users_through_what_does_not_change() {
    for (new, exclude, expected) in [
        (&["db", "front"][..], "demo.dependencies.db", &[][..]),
        (&["db", "front"], "demo.dependencies.db/ConfigMap/db", &[]),
        (&["db", "front"], "demo.services.web", &["db"]),
        (&["db", "front"], "configmap/web", &["db"]),
        (&["db", "web"], "demo.services.front", &["db", "web"]),
    ] {
        assert_eq!(links(new, "", exclude), expected, "{new:?} {exclude}");
    }
}

#[test]
fn what_stays_keeps_what_it_needs_through_what_is_gone() {
    let (db, web, front) = (id(Tier::Dependency, "db"), component("web"), component("front"));
    let mut scene = stands(Scene::new(), &db, &[], &["ConfigMap"]);
    scene = stands(scene, &web, &[&db], &["ConfigMap"]);
    scene = stands(scene, &front, &[&web], &["ConfigMap"]);
    let gone = ObjectKey::new("", "ConfigMap", Some("demo"), "web");
    scene.observed.objects.insert(gone.clone(), Live::Absent);
    scene.operation = Operation::Destroy;
    scene.choices.exclude = vec!["demo.services.front".parse().unwrap()];
    let plan = scene.plan();
    let told: Vec<(&str, Action)> =
        plan.changes.iter().map(|(key, change)| (key.name.as_str(), change.action)).collect();
    assert_eq!(told, [("web", Action::Forget)], "what is gone is forgotten all the same");
}
