//! Which pods a workload has now, by owner references: of a Deployment those of its newest revision that has any.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    object::{GroupKind, Object, ObjectKey, split_api_version},
    pod,
};

/// Where a Deployment's controller writes which revision a ReplicaSet is
/// (<https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#checking-rollout-history-of-a-deployment>).
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Whether objects of a kind have pods.
#[must_use]
pub fn has_pods(kind: &GroupKind) -> bool {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod" | "ReplicationController") => true,
        ("apps", kind) => kind != "ControllerRevision",
        ("batch", _) => true,
        _ => false,
    }
}

/// The kinds that stand between objects of a kind and their pods, and the pods, each with its version.
#[must_use]
pub fn kinds_of_pods(kind: &GroupKind) -> Vec<(GroupKind, String)> {
    let mut kinds = vec![(GroupKind::new("", "Pod"), "v1".to_owned())];
    kinds.extend(pod::between(kind).map(|(kind, version)| (kind, version.to_owned())));
    kinds
}

/// The pods of a workload among all objects of [`kinds_of_pods`], in the order of their names. Those that are being
/// deleted are not among them.
#[must_use]
pub fn pods_of<'a>(workload: &ObjectKey, objects: &'a [Object]) -> Vec<&'a Object> {
    let mut found = Vec::new();
    if workload.kind.is("", "Pod") {
        found.extend(objects.iter().filter(|object| object.key().as_ref() == Some(workload)));
    }
    let owned = || objects.iter().filter(|object| is_owned(object, workload));
    found.extend(owned().filter(|object| is_pod(object)));
    // A Deployment's pods belong to its ReplicaSets, a CronJob's to its Jobs.
    let mut behind: BTreeMap<u64, Vec<&Object>> = BTreeMap::new();
    for owner in owned().filter(|object| !is_pod(object)) {
        let revision = owner.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0);
        let Some(key) = owner.key() else { continue };
        let pods = objects.iter().filter(|object| is_pod(object) && is_owned(object, &key) && !object.is_terminating());
        behind.entry(revision).or_default().extend(pods);
    }
    found.extend(behind.into_values().rev().find(|pods| !pods.is_empty()).unwrap_or_default());
    found.retain(|pod| !pod.is_terminating());
    found.sort_by_key(|pod| pod.name());
    found
}

fn is_pod(object: &Object) -> bool {
    object.kind() == Some("Pod")
}

fn is_owned(object: &Object, by: &ObjectKey) -> bool {
    let Some(owner) = object.controller() else { return false };
    let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
    split_api_version(text("apiVersion")).0 == by.kind.group && text("kind") == by.kind.kind && text("name") == by.name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(api_version: &str, kind: &str, name: &str, owner: &str, revision: &str) -> Object {
        let owner = owner.split_once(' ').map(|(api_version, owner)| {
            let (kind, name) = owner.split_once('/').expect("KIND/NAME");
            json!({"apiVersion": api_version, "kind": kind, "name": name, "controller": true, "uid": "u"})
        });
        Object(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "demo",
            "annotations": {REVISION: revision}, "ownerReferences": owner.into_iter().collect::<Vec<_>>()}}))
    }

    fn check(group: &str, kind: &str, objects: &[Object], expected: &[&str]) {
        let key = ObjectKey::new(group, kind, Some("demo"), "web");
        let pods: Vec<&str> = pods_of(&key, objects).into_iter().filter_map(Object::name).collect();
        assert_eq!(pods, expected);
    }

    #[test]
    fn a_deployment_has_the_pods_of_its_newest_revision_that_has_any() {
        let pod = |name, set: &str| object("v1", "Pod", name, &format!("apps/v1 ReplicaSet/{set}"), "");
        let set = |name, revision| object("apps/v1", "ReplicaSet", name, "apps/v1 Deployment/web", revision);
        let mut objects =
            vec![set("web-1", "9"), set("web-2", "10"), pod("b", "web-2"), pod("a", "web-2"), pod("c", "web-1")];
        check("apps", "Deployment", &objects, &["a", "b"]);
        objects[2].0["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        check("apps", "Deployment", &objects, &["a"]);
        objects.remove(3);
        check("apps", "Deployment", &objects, &["c"]);
        check("apps", "StatefulSet", &objects, &[]);
    }

    #[test]
    fn others_have_the_pods_that_name_them() {
        let objects = [
            object("v1", "Pod", "web-0", "apps/v1 StatefulSet/web", ""),
            object("v1", "Pod", "other-0", "apps/v1 StatefulSet/other", ""),
            object("v1", "Pod", "foreign", "example.com/v1 StatefulSet/web", ""),
            object("v1", "Pod", "web", "", ""),
            object("batch/v1", "Job", "web-28", "batch/v1 CronJob/web", ""),
            object("v1", "Pod", "web-28-x", "batch/v1 Job/web-28", ""),
        ];
        check("apps", "StatefulSet", &objects, &["web-0"]);
        check("", "Pod", &objects, &["web"]);
        check("batch", "CronJob", &objects, &["web-28-x"]);
        check("batch", "Job", &objects, &[]);
    }
}
