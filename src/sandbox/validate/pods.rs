//! What the server refuses in a pod's spec.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LABEL, is_name, values};
use crate::{
    quantity::Quantity,
    sandbox::{status::Cause, store::text},
};

pub(super) fn spec(spec: &Value, at: &str, found: &mut Vec<Cause>) {
    spec_with(spec, at, BTreeSet::new(), found);
}

/// The same, where volumes of these names will be there too.
pub(super) fn spec_with<'a>(spec: &'a Value, at: &str, mut volumes: BTreeSet<&'a str>, found: &mut Vec<Cause>) {
    let list = |key: &str| spec.get(key).and_then(Value::as_array).into_iter().flatten();
    volumes.extend(list("volumes").map(|volume| text(volume, "/name")));
    let mut names = BTreeSet::new();
    for (index, volume) in list("volumes").enumerate() {
        let name = text(volume, "/name");
        if !is_name(name, false) {
            found.push(Cause::invalid(format!("{at}.volumes[{index}].name"), &json!(name), LABEL));
        }
        if volume.as_object().is_some_and(|volume| volume.len() > 2) {
            let why = "may not specify more than 1 volume type";
            found.push(Cause::forbidden(format!("{at}.volumes[{index}]"), why));
        }
    }
    if list("containers").next().is_none() {
        found.push(Cause::required(format!("{at}.containers"), ""));
    }
    // A name that both have is the later one's mistake, and the server looks at these later.
    for key in ["containers", "initContainers"] {
        for (index, item) in list(key).enumerate() {
            let at = format!("{at}.{key}[{index}]");
            container(item, &at, &volumes, found);
            let name = text(item, "/name");
            if !name.is_empty() && !names.insert(name) {
                let why = format!("Duplicate value: {name:?}");
                found.push(Cause::new("FieldValueDuplicate", format!("{at}.name"), why));
            }
        }
    }
    one_of(spec, "restartPolicy", at, &["Always", "Never", "OnFailure"], found);
    one_of(spec, "dnsPolicy", at, &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"], found);
    if let Some(grace) = spec.get("terminationGracePeriodSeconds").filter(|grace| grace.as_i64() < Some(0)) {
        let why = "must be greater than or equal to 0";
        found.push(Cause::invalid(format!("{at}.terminationGracePeriodSeconds"), grace, why));
    }
}

fn one_of(map: &Value, key: &str, at: &str, known: &[&str], found: &mut Vec<Cause>) {
    let Some(value) = map.get(key).filter(|value| !value.is_null()) else { return };
    if !value.as_str().is_some_and(|value| known.contains(&value)) {
        found.push(Cause::unsupported(format!("{at}.{key}"), value, known));
    }
}

fn container(container: &Value, at: &str, volumes: &BTreeSet<&str>, found: &mut Vec<Cause>) {
    let list = |key: &str| container.get(key).and_then(Value::as_array).into_iter().flatten();
    let name = text(container, "/name");
    if name.is_empty() {
        found.push(Cause::required(format!("{at}.name"), ""));
    } else if !is_name(name, false) || name.len() > 63 {
        found.push(Cause::invalid(format!("{at}.name"), &json!(name), LABEL));
    }
    if text(container, "/image").is_empty() {
        found.push(Cause::required(format!("{at}.image"), ""));
    }
    one_of(container, "imagePullPolicy", at, &["Always", "IfNotPresent", "Never"], found);
    one_of(container, "terminationMessagePolicy", at, &["FallbackToLogsOnError", "File"], found);
    for (index, item) in list("ports").enumerate() {
        let at = format!("{at}.ports[{index}]");
        port(item.get("containerPort"), &format!("{at}.containerPort"), found);
        protocol(item, &at, found);
        let name = text(item, "/name");
        if name.len() > 15 {
            found.push(Cause::invalid(format!("{at}.name"), &json!(name), "must be no more than 15 characters"));
        }
    }
    for (index, variable) in list("env").enumerate() {
        let at = format!("{at}.env[{index}]");
        if text(variable, "/name").is_empty() {
            found.push(Cause::required(format!("{at}.name"), ""));
        }
        if variable.get("valueFrom").is_some() && !text(variable, "/value").is_empty() {
            let why = "may not be specified when `value` is not empty";
            found.push(Cause::invalid(format!("{at}.valueFrom"), &json!(""), why));
        }
    }
    for (index, mount) in list("volumeMounts").enumerate() {
        let at = format!("{at}.volumeMounts[{index}]");
        let name = text(mount, "/name");
        if name.is_empty() {
            found.push(Cause::required(format!("{at}.name"), ""));
        } else if !volumes.contains(name) {
            found.push(Cause::new("FieldValueNotFound", format!("{at}.name"), format!("Not found: {name:?}")));
        }
        if text(mount, "/mountPath").is_empty() {
            found.push(Cause::required(format!("{at}.mountPath"), ""));
        }
    }
    resources(container, at, found);
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get(key) else { continue };
        let handlers = ["exec", "httpGet", "tcpSocket", "grpc"].iter().filter(|key| probe.get(**key).is_some()).count();
        if handlers == 0 {
            found.push(Cause::required(format!("{at}.{key}"), "must specify a handler type"));
        } else if handlers > 1 {
            found.push(Cause::forbidden(format!("{at}.{key}"), "may not specify more than 1 handler type"));
        }
        for handler in ["httpGet", "tcpSocket"] {
            let port = probe.get(handler).and_then(|handler| handler.get("port"));
            values::number_or_name(port, &format!("{at}.{key}.{handler}.port"), found);
        }
    }
}

fn resources(container: &Value, at: &str, found: &mut Vec<Cause>) {
    let part = |pointer| container.pointer(pointer).and_then(Value::as_object);
    let limits = part("/resources/limits");
    for (name, request) in part("/resources/requests").into_iter().flatten() {
        let Some(limit) = limits.and_then(|limits| limits.get(name)) else { continue };
        let amount = |value: &Value| Quantity::parse(value.as_str().unwrap_or_default());
        if amount(request) > amount(limit) {
            let why = format!("must be less than or equal to {name} limit of {}", limit.as_str().unwrap_or_default());
            found.push(Cause::invalid(format!("{at}.resources.requests"), request, &why));
        }
    }
}

/// A port's number.
pub(super) fn port(number: Option<&Value>, at: &str, found: &mut Vec<Cause>) {
    let Some(number) = number else { return };
    match number.as_i64() {
        Some(1..=65535) => {}
        Some(0) if at.ends_with("containerPort") => found.push(Cause::required(at, "")),
        _ => found.push(Cause::invalid(at, number, "must be between 1 and 65535, inclusive")),
    }
}

pub(super) fn protocol(port: &Value, at: &str, found: &mut Vec<Cause>) {
    one_of(port, "protocol", at, &["SCTP", "TCP", "UDP"], found);
}
