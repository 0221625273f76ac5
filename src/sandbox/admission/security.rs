//! Pod security by labels of the namespace (<https://kubernetes.io/docs/concepts/security/pod-security-admission/>): who breaks a
//! level that is enforced is refused, who breaks one that warns is told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::violations::{Level, violations};
use crate::sandbox::{
    kinds::Resource,
    status::{Cause, Refusal},
    store::text,
};

const PREFIX: &str = "pod-security.kubernetes.io/";

/// A level, and how messages name it: `restricted:latest`.
struct Policy {
    level: Level,
    name: String,
}

fn policy(namespace: &Value, mode: &str) -> Option<Policy> {
    let labels = namespace.pointer("/metadata/labels")?;
    let label = |name: String| labels.get(name).and_then(Value::as_str);
    let name = label(format!("{PREFIX}{mode}"))?;
    let level = Level::parse(name)?;
    let version = label(format!("{PREFIX}{mode}-version")).unwrap_or("latest");
    Some(Policy { level, name: format!("{name}:{version}") })
}

/// Refuses a pod, or warns of it or of the pods that a workload will make.
pub(super) fn check(
    namespace: &Value,
    resource: &Resource,
    new: &Value,
    warn: impl FnOnce(String),
) -> Result<(), Refusal> {
    let is_pod = resource.is("", "Pod");
    let Some(pod) = pod_of(resource, new) else { return Ok(()) };
    if is_pod && let Some(Policy { level, name }) = policy(namespace, "enforce") {
        let found = violations(&level, pod);
        if !found.is_empty() {
            let why = format!("violates PodSecurity {name:?}: {}", found.join(", "));
            return Err(Refusal::forbidden(resource, text(new, "/metadata/name"), &why));
        }
    }
    if let Some(Policy { level, name }) = policy(namespace, "warn") {
        let found = violations(&level, pod);
        if !found.is_empty() {
            warn(format!("would violate PodSecurity {name:?}: {}", found.join(", ")));
        }
    }
    Ok(())
}

/// Warns of pods that a stricter namespace would not let in again.
pub(super) fn review<'a>(
    live: &Value,
    new: &Value,
    pods: impl Iterator<Item = &'a Value>,
    mut warn: impl FnMut(String),
) {
    let Some(Policy { level, name }) = policy(new, "enforce") else { return };
    if policy(live, "enforce")
        .is_some_and(|before| before.level >= level && before.name == name || before.level > level)
    {
        return;
    }
    let mut kinds: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for pod in pods {
        let found = violations(&level, &pod["spec"]);
        // What is wrong, without where.
        let found: Vec<&str> = found.iter().filter_map(|violation| violation.split(" (").next()).collect();
        if !found.is_empty() {
            kinds.entry(found.join(", ")).or_default().push(text(pod, "/metadata/name"));
        }
    }
    if kinds.is_empty() {
        return;
    }
    let namespace = text(new, "/metadata/name");
    warn(format!("existing pods in namespace {namespace:?} violate the new PodSecurity enforce level {name:?}"));
    let mut lines: Vec<String> = kinds
        .into_iter()
        .map(|(found, names)| match &names[..] {
            [one] => format!("{one}: {found}"),
            [first, _] => format!("{first} (and 1 other pod): {found}"),
            _ => format!("{} (and {} other pods): {found}", names[0], names.len() - 1),
        })
        .collect();
    lines.sort();
    lines.into_iter().for_each(warn);
}

/// What a pod is, or will be, made of.
fn pod_of<'a>(resource: &Resource, object: &'a Value) -> Option<&'a Value> {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => object.get("spec"),
        ("", "PodTemplate") => object.pointer("/template/spec"),
        ("", "ReplicationController")
        | ("apps", "ReplicaSet" | "Deployment" | "DaemonSet" | "StatefulSet")
        | ("batch", "Job") => object.pointer("/spec/template/spec"),
        ("batch", "CronJob") => object.pointer("/spec/jobTemplate/spec/template/spec"),
        _ => None,
    }
}

/// The complaints about the labels of a namespace.
pub(in crate::sandbox) fn complaints(namespace: &Value) -> Vec<Cause> {
    let label = |mode: &str| namespace.pointer("/metadata/labels")?.get(format!("{PREFIX}{mode}"));
    let mut found = Vec::new();
    for mode in ["enforce", "audit", "warn"] {
        if let Some(given) = label(mode).filter(|given| given.as_str().and_then(Level::parse).is_none()) {
            let why = "must be one of privileged, baseline, restricted";
            found.push(Cause::invalid(format!("metadata.labels[{PREFIX}{mode}]"), given, why));
        }
    }
    for mode in ["enforce-version", "audit-version", "warn-version"] {
        let is_version = |given: &str| {
            let minor = given.strip_prefix("v1.");
            given == "latest"
                || minor.is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()))
        };
        if let Some(given) = label(mode).filter(|given| !given.as_str().is_some_and(is_version)) {
            let why = "must be \"latest\" or \"v1.x\"";
            found.push(Cause::invalid(format!("metadata.labels[{PREFIX}{mode}]"), given, why));
        }
    }
    found
}
