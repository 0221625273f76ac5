//! What the server refuses in a well-formed object: missing and wrong values, and fields that may not change. It changes nothing.
//!
//! The usual suspects only; a real server has many more rules. Pods and their templates are in [`pods`].

mod fixed;
mod pods;
mod values;

use serde_json::{Value, json};

use super::{admission, custom, kinds::Resource, select, status::Cause, store::text};
use crate::quantity::Quantity;

pub(super) use fixed::change;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// The complaints about a new object.
pub(super) fn new(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut found = Vec::new();
    name(resource, object, &mut found);
    common(resource, object, &mut found);
    if let Some(custom) = &resource.custom {
        found.extend(custom::check(resource, custom, None, object));
    }
    found
}

/// The complaints that a new and a changed object share.
fn common(resource: &Resource, object: &Value, found: &mut Vec<Cause>) {
    labels(object, "/metadata/labels", "metadata.labels", found);
    owners(object, found);
    let spec = object.get("spec").unwrap_or(&Value::Null);
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => pods::spec(spec, "spec", found),
        ("", "Namespace") => found.extend(admission::complaints(object)),
        ("apps", "Deployment") => {
            workload(spec, found);
            strategy(spec, found);
        }
        ("apps", "ReplicaSet" | "StatefulSet" | "DaemonSet") => workload(spec, found),
        ("batch", "Job") => job(spec, "spec", found),
        ("batch", "CronJob") => cron_job(spec, found),
        ("", "Service") => service(spec, found),
        ("", "PersistentVolumeClaim") => claim(spec, found),
        ("", "ConfigMap" | "Secret") => values::keys(object, found),
        ("", "PodTemplate") => {
            pods::spec(object.pointer("/template/spec").unwrap_or(&Value::Null), "template.spec", found);
        }
        ("", "ResourceQuota") => values::quota(spec, found),
        ("networking.k8s.io", "NetworkPolicy") => values::policy(spec, found),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(object, found),
        ("networking.k8s.io", "Ingress") => ingress(spec, found),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(spec, found),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => custom::definition::check(object, found),
        ("policy", "PodDisruptionBudget")
            if spec.get("minAvailable").is_some() && spec.get("maxUnavailable").is_some() =>
        {
            let why = "minAvailable and maxUnavailable cannot be both set";
            found.push(Cause::invalid("spec", &json!({}), why));
        }
        _ => {}
    }
}

fn name(resource: &Resource, object: &Value, found: &mut Vec<Cause>) {
    let name = text(object, "/metadata/name");
    let is_label = matches!(resource.kind.as_str(), "Namespace" | "Service");
    if resource.group == "rbac.authorization.k8s.io" {
        return;
    }
    let longest = if is_label { 63 } else { 253 };
    if name.len() > longest {
        let why = format!("must be no more than {longest} bytes");
        found.push(Cause::invalid("metadata.name", &json!(name), &why));
    }
    if !is_name(name, !is_label) {
        let why = if is_label { LABEL } else { SUBDOMAIN };
        found.push(Cause::invalid("metadata.name", &json!(name), why));
    }
}

fn is_name(name: &str, dots: bool) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let part = |part: &str| {
        part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && edge(part.chars().next())
            && edge(part.chars().last())
    };
    if dots { name.split('.').all(part) } else { part(name) }
}

fn is_qualified(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().last())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn labels(object: &Value, pointer: &str, field: &str, found: &mut Vec<Cause>) {
    for (key, value) in object.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
        let (prefix, name) = key.split_once('/').map_or((None, key.as_str()), |(prefix, name)| (Some(prefix), name));
        if !is_qualified(name) || prefix.is_some_and(|prefix| !is_name(prefix, true)) {
            found.push(Cause::invalid(field, &json!(key), KEY));
        }
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            found.push(Cause::invalid(field, &json!(value), "must be no more than 63 bytes"));
        } else if !value.is_empty() && !is_qualified(value) {
            found.push(Cause::invalid(field, &json!(value), VALUE));
        }
    }
}

fn owners(object: &Value, found: &mut Vec<Cause>) {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    for owner in owners.into_iter().flatten() {
        for (field, why) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if text(owner, &format!("/{field}")).is_empty() {
                found.push(Cause::invalid(format!("metadata.ownerReferences.{field}"), &json!(""), why));
            }
        }
    }
}

fn not_negative(spec: &Value, key: &str, field: &str, found: &mut Vec<Cause>) {
    if let Some(number) = spec.get(key).filter(|number| number.as_i64().is_some_and(|number| number < 0)) {
        found.push(Cause::invalid(field, number, "must be greater than or equal to 0"));
    }
}

fn workload(spec: &Value, found: &mut Vec<Cause>) {
    selected(spec, found);
    let claims = spec.get("volumeClaimTemplates").and_then(Value::as_array);
    let claims = claims.into_iter().flatten().map(|claim| text(claim, "/metadata/name")).collect();
    let template = spec.pointer("/template/spec").unwrap_or(&Value::Null);
    pods::spec_with(template, "spec.template.spec", claims, found);
}

/// The selector must choose the template's pods.
fn selected(spec: &Value, found: &mut Vec<Cause>) {
    not_negative(spec, "replicas", "spec.replicas", found);
    not_negative(spec, "minReadySeconds", "spec.minReadySeconds", found);
    let selector = spec.get("selector").filter(|selector| !selector.is_null());
    let template = spec.get("template").unwrap_or(&Value::Null);
    match selector {
        None => {
            found.push(Cause::required("spec.selector", ""));
            let labels = template.pointer("/metadata/labels").cloned().unwrap_or(Value::Null);
            let why = "`selector` does not match template `labels`";
            found.push(Cause::invalid("spec.template.metadata.labels", &labels, why));
        }
        Some(selector) if selector.as_object().is_some_and(|selector| selector.is_empty()) => {
            found.push(Cause::invalid("spec.selector", &json!({}), "empty selector is invalid for deployment"));
        }
        Some(selector) => {
            let labels = template.pointer("/metadata/labels");
            if !select::matches(selector, labels) {
                let labels = labels.cloned().unwrap_or(Value::Null);
                let why = "`selector` does not match template `labels`";
                found.push(Cause::invalid("spec.template.metadata.labels", &labels, why));
            }
        }
    }
    labels(template, "/metadata/labels", "spec.template.labels", found);
    let pod = template.get("spec").unwrap_or(&Value::Null);
    let policy = pod.get("restartPolicy").unwrap_or(&Value::Null);
    if policy != "Always" && !policy.is_null() {
        found.push(Cause::unsupported("spec.template.spec.restartPolicy", policy, &["Always"]));
    }
}

fn strategy(spec: &Value, found: &mut Vec<Cause>) {
    let number = |key: &str| spec.get(key).and_then(Value::as_i64);
    if let Some(deadline) = number("progressDeadlineSeconds")
        && deadline <= number("minReadySeconds").unwrap_or(0)
    {
        let why = "must be greater than minReadySeconds";
        found.push(Cause::invalid("spec.progressDeadlineSeconds", &json!(deadline), why));
    }
    let kind = spec.pointer("/strategy/type").unwrap_or(&Value::Null);
    let rolling = spec.pointer("/strategy/rollingUpdate");
    match kind.as_str() {
        Some("Recreate") if rolling.is_some() => {
            let why = "may not be specified when strategy `type` is 'Recreate'";
            found.push(Cause::forbidden("spec.strategy.rollingUpdate", why));
        }
        Some("Recreate" | "RollingUpdate") | None => {}
        Some(_) => found.push(Cause::unsupported("spec.strategy.type", kind, &["Recreate", "RollingUpdate"])),
    }
}

fn job(spec: &Value, at: &str, found: &mut Vec<Cause>) {
    for key in ["parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"] {
        not_negative(spec, key, &format!("{at}.{key}"), found);
    }
    let pod = spec.pointer("/template/spec").unwrap_or(&Value::Null);
    let at = format!("{at}.template.spec");
    pods::spec(pod, &at, found);
    if pod.get("restartPolicy").is_some_and(|policy| policy == "Always") {
        let why = "Required value: valid values: \"OnFailure\", \"Never\"";
        found.push(Cause::new("FieldValueRequired", format!("{at}.restartPolicy"), why));
    }
}

fn cron_job(spec: &Value, found: &mut Vec<Cause>) {
    let schedule = text(spec, "/schedule");
    if schedule.is_empty() {
        found.push(Cause::required("spec.schedule", ""));
    } else if !schedule.starts_with('@') && schedule.split_whitespace().count() != 5 {
        let parts = schedule.split_whitespace().count();
        let why = format!("expected exactly 5 fields, found {parts}: [{schedule}]");
        found.push(Cause::invalid("spec.schedule", &json!(schedule), &why));
    }
    let template = spec.pointer("/jobTemplate/spec").unwrap_or(&Value::Null);
    job(template, "spec.jobTemplate.spec", found);
}

fn service(spec: &Value, found: &mut Vec<Cause>) {
    let ports: Vec<&Value> = spec.get("ports").and_then(Value::as_array).into_iter().flatten().collect();
    let kind = text(spec, "/type");
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !kinds.contains(&kind) {
        found.push(Cause::unsupported("spec.type", &json!(kind), &kinds));
    }
    if kind == "ExternalName" {
        if text(spec, "/externalName").is_empty() {
            found.push(Cause::required("spec.externalName", ""));
        }
    } else if ports.is_empty() && text(spec, "/clusterIP") != "None" {
        found.push(Cause::required("spec.ports", ""));
    }
    let mut names = std::collections::BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let name = text(port, "/name");
        if name.is_empty() && ports.len() > 1 {
            found.push(Cause::required(format!("{at}.name"), ""));
        } else if !name.is_empty() && !is_name(name, false) {
            found.push(Cause::invalid(format!("{at}.name"), &json!(name), LABEL));
        } else if !name.is_empty() && !names.insert(name) {
            found.push(Cause::new("FieldValueDuplicate", format!("{at}.name"), format!("Duplicate value: {name:?}")));
        }
        pods::port(port.get("port"), &format!("{at}.port"), found);
        values::number_or_name(port.get("targetPort"), &format!("{at}.targetPort"), found);
        pods::protocol(port, &at, found);
    }
}

fn claim(spec: &Value, found: &mut Vec<Cause>) {
    if spec.get("accessModes").is_none() {
        found.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    match spec.pointer("/resources/requests/storage").and_then(Value::as_str) {
        None => found.push(Cause::required("spec.resources[storage]", "")),
        Some(size) if !Quantity::parse(size).is_some_and(Quantity::is_positive) => {
            let why = "must be greater than zero";
            found.push(Cause::invalid("spec.resources[storage]", &json!(size), why));
        }
        Some(_) => {}
    }
}

fn binding(object: &Value, found: &mut Vec<Cause>) {
    let kind = object.pointer("/roleRef/kind").unwrap_or(&Value::Null);
    if !matches!(kind.as_str(), Some("Role" | "ClusterRole")) {
        found.push(Cause::unsupported("roleRef.kind", kind, &["ClusterRole", "Role"]));
    }
    if text(object, "/roleRef/name").is_empty() {
        found.push(Cause::required("roleRef.name", ""));
    }
}

fn ingress(spec: &Value, found: &mut Vec<Cause>) {
    let rules = spec.get("rules").and_then(Value::as_array);
    if rules.is_none() && spec.get("defaultBackend").is_none() {
        found.push(Cause::invalid("spec", &json!({}), "either `defaultBackend` or `rules` must be specified"));
    }
    for (at, rule) in rules.into_iter().flatten().enumerate() {
        let host = text(rule, "/host");
        if !host.is_empty() && !is_name(host.strip_prefix("*.").unwrap_or(host), true) {
            found.push(Cause::invalid(format!("spec.rules[{at}].host"), &json!(host), SUBDOMAIN));
        }
        for (index, path) in rule.pointer("/http/paths").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = format!("spec.rules[{at}].http.paths[{index}]");
            match path.get("pathType").and_then(Value::as_str) {
                None => found.push(Cause::required(format!("{at}.pathType"), "pathType must be specified")),
                Some("Exact" | "Prefix" | "ImplementationSpecific") => {}
                Some(other) => {
                    let known = ["Exact", "ImplementationSpecific", "Prefix"];
                    found.push(Cause::unsupported(format!("{at}.pathType"), &json!(other), &known));
                }
            }
            if path.pointer("/backend/service/name").is_none() && path.pointer("/backend/resource").is_none() {
                found.push(Cause::required(format!("{at}.backend"), "must specify either a service or a resource"));
            }
        }
    }
}

fn autoscaler(spec: &Value, found: &mut Vec<Cause>) {
    let number = |key: &str| spec.get(key).and_then(Value::as_i64).unwrap_or(0);
    let (least, most) = (number("minReplicas"), number("maxReplicas"));
    if most < 1 {
        found.push(Cause::invalid("spec.maxReplicas", &json!(most), "must be greater than 0"));
    }
    if most < least {
        let why = "must be greater than or equal to `minReplicas`";
        found.push(Cause::invalid("spec.maxReplicas", &json!(most), why));
    }
    if text(spec, "/scaleTargetRef/apiVersion").is_empty()
        && text(spec, "/scaleTargetRef/kind") != "ReplicationController"
    {
        let why = "apiVersion must specify API group";
        found.push(Cause::invalid("spec.scaleTargetRef.apiVersion", &json!(""), why));
    }
    if text(spec, "/scaleTargetRef/name").is_empty() {
        found.push(Cause::required("spec.scaleTargetRef.name", ""));
    }
}
