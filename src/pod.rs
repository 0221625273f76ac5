//! What an object says of the pods that it is or makes. How pods are, is not its business.

use serde_json::Value;

use crate::object::{GroupKind, Object};

/// The `spec` of a pod, of the template of a workload, or of what a CronJob makes; also of custom workloads that have
/// their template where those of Kubernetes have it.
#[must_use]
pub fn spec(object: &Object) -> Option<&Value> {
    let own = object.at("/spec").filter(|_| object.kind() == Some("Pod"));
    own.or_else(|| object.at("/spec/template/spec")).or_else(|| object.at("/spec/jobTemplate/spec/template/spec"))
}

/// What may stand between a workload and its pods, each with its version.
#[must_use]
pub fn all_between() -> [(GroupKind, &'static str); 2] {
    [(GroupKind::new("apps", "ReplicaSet"), "apps/v1"), (GroupKind::new("batch", "Job"), "batch/v1")]
}

/// What stands between the workloads of a kind and their pods; none where they make their pods themselves.
#[must_use]
pub fn between(workload: &GroupKind) -> Option<(GroupKind, &'static str)> {
    let [replica_set, job] = all_between();
    match (workload.group.as_str(), workload.kind.as_str()) {
        ("apps", "Deployment") => Some(replica_set),
        ("batch", "CronJob") => Some(job),
        _ => None,
    }
}

/// The containers that run once the pod has begun.
pub fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    list(spec, "containers")
}

/// All containers, first those that run before.
pub fn all_containers(spec: &Value) -> impl Iterator<Item = &Value> {
    list(spec, "initContainers").chain(list(spec, "containers"))
}

fn list<'a>(spec: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    spec.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The name of a container.
#[must_use]
pub fn name(container: &Value) -> &str {
    container.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// The image that a container asks for, as it is written.
#[must_use]
pub fn image(container: &Value) -> Option<&str> {
    container.get("image").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_pods_of_all_kinds_of_workloads_are_found() {
        let pod = json!({"containers": [{"image": "b"}], "initContainers": [{"image": "a"}]});
        for object in [
            json!({"kind": "Pod", "spec": pod}),
            json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}}),
            json!({"kind": "Rollout", "spec": {"template": {"spec": pod}}}),
            json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}),
        ] {
            let object = Object(object);
            let spec = spec(&object).expect("it makes pods");
            assert_eq!(all_containers(spec).filter_map(image).collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(containers(spec).filter_map(image).collect::<Vec<_>>(), ["b"]);
        }
        assert_eq!(spec(&Object(json!({"kind": "ConfigMap", "spec": {"containers": []}}))), None);
    }
}
