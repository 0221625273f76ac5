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
