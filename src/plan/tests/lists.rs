//! Items of lists whose manifest leaves a part of their name to the server's default, as ports leave their protocol.

use super::*;

const PORTS: &str = "f:ports";

/// `web` with these ports, by number and name.
fn with_ports(ports: &[(u16, &str)]) -> Object {
    let mut wanted = body("a");
    wanted.0["spec"]["ports"] = ports.iter().map(|(port, name)| json!({"port": port, "name": name})).collect();
    wanted
}

/// The same as it lives: the server filled in the protocol, and ditc owns what it asked for.
fn served(ports: &[(u16, &str)]) -> Object {
    let mut there = live(&with_ports(ports), "u");
    for port in there.0["spec"]["ports"].as_array_mut().unwrap() {
        port["protocol"] = json!("TCP");
    }
    let owned = ports.iter().map(|(port, _)| {
        let key = format!("k:{{\"port\":{port},\"protocol\":\"TCP\"}}");
        (key, json!({".": {}, "f:name": {}, "f:port": {}}))
    });
    let owned: serde_json::Map<String, Value> = owned.collect();
    there.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"][PORTS] = owned.into();
    there
}

/// The plan from one list of ports to another, with nobody else's hand in it.
fn planned(before: &[(u16, &str)], after: &[(u16, &str)]) -> Plan {
    let mut scene = Scene::new().wants("a").recorded("a", "u").sees(served(before)).accepts(served(after));
    let recorded = manifest(web(), with_ports(before), Some(component("web")));
    let applied = known(&recorded, &Paths::default(), &served(before)).unwrap();
    scene.state.entries.get_mut(&web()).unwrap().phase = Phase::Applied(applied);
    scene.desired.manifests.get_mut(&web()).unwrap().body = with_ports(after);
    scene.plan()
}

#[test]
fn what_the_definition_changes_removes_or_adds_is_nobodys_drift() {
    let (http, admin, metrics) = ((80, "http"), (81, "admin"), (82, "metrics"));
    for after in [&[http, (81, "other")][..], &[http], &[http, admin, metrics]] {
        let plan = planned(&[http, admin], after);
        assert_eq!(change(&plan), (Action::Update, Reason::DefinitionChanged), "{after:?}");
        assert_eq!(plan.drift, BTreeMap::new(), "{after:?}");
    }
}
