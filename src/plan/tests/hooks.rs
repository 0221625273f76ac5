//! The turns of a chart's hooks.

use serde_json::json;

use super::*;

fn object(api_version: &str, kind: &str, name: &str, hook: Option<(&str, &str)>) -> (ObjectKey, Object) {
    let mut object = json!({
        "apiVersion": api_version, "kind": kind,
        "metadata": {"name": name, "namespace": "demo", "labels": labels()},
    });
    if let Some((events, weight)) = hook {
        object["metadata"]["annotations"] = json!({"helm.sh/hook": events, "helm.sh/hook-weight": weight});
    }
    let object = Object(object);
    (object.key().unwrap(), object)
}

#[test]
fn hooks_come_before_and_after_the_workloads_by_weight() {
    let mut scene = Scene::new().wants("a");
    let objects = [
        object("batch/v1", "Job", "announce", Some(("post-install", "0"))),
        object("batch/v1", "Job", "migrate", Some(("pre-install,pre-upgrade", "5"))),
        object("batch/v1", "Job", "prepare", Some(("pre-install", "-5"))),
        object("v1", "ConfigMap", "settings", Some(("pre-install", "-5"))),
        object("v1", "ConfigMap", "plain", None),
        object("v1", "Service", "web", None),
        object("networking.k8s.io/v1", "Ingress", "web", None),
    ];
    for (key, object) in objects {
        scene.answers.insert(key.clone(), Answer::Accepted(Box::new(live(&object, "dry"))));
        scene.desired.manifests.insert(key.clone(), manifest(key, object, Some(component("web"))));
    }
    scene.answers.insert(web(), Answer::Accepted(Box::new(live(&body("a"), "dry"))));
    let plan = scene.plan();
    let steps = plan.order.order().unwrap().into_iter().filter_map(|step| match step {
        Step::Change(key) => Some(format!("{}/{}", key.kind.kind, key.name)),
        Step::Ready(_) => None,
    });
    let order = [
        "ConfigMap/plain",
        "Service/web",
        "ConfigMap/settings",
        "Job/prepare",
        "Job/migrate",
        "Deployment/web",
        "Ingress/web",
        "Job/announce",
    ];
    let steps: Vec<String> = steps.collect();
    // What has no rule among themselves may come in any order.
    let at =
        |name: &str| steps.iter().position(|step| step == name).unwrap_or_else(|| panic!("no {name} in {steps:?}"));
    let at: Vec<usize> = order.iter().map(|name| at(name)).collect();
    let of = |from: usize, to: usize| at[from] < at[to];
    assert!(of(0, 2) && of(1, 2) && of(2, 3) && of(3, 4) && of(4, 5) && of(4, 6) && of(5, 7) && of(6, 7), "{steps:?}");
}
