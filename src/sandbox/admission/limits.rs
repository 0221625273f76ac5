//! Limit ranges: defaults for containers, and bounds for containers, pods and claims
//! (<https://kubernetes.io/docs/concepts/policy/limit-range/>).

use serde_json::{Value, json};

use super::totals::{Amounts, amounts, containers, is_more, of_pod, read};
use crate::sandbox::{convert::map_at, kinds::Resource, status::Refusal, store::text};

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

fn items<'a>(range: &'a Value, kind: &str) -> impl Iterator<Item = &'a Value> {
    let items = range.pointer("/spec/limits").and_then(Value::as_array);
    items.into_iter().flatten().filter(move |item| item["type"] == kind)
}

/// Gives containers the requests and limits that they lack.
pub(super) fn fill_in(range: &Value, pod: &mut Value) {
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for item in items(range, "Container") {
        requests.extend(amounts(item, "/defaultRequest"));
        limits.extend(amounts(item, "/default"));
    }
    let mut told: Vec<String> = Vec::new();
    for (key, kind) in [("containers", "container"), ("initContainers", "init container")] {
        let found = pod.pointer_mut(&format!("/spec/{key}")).and_then(Value::as_array_mut);
        for container in found.into_iter().flatten() {
            let name = text(container, "/name").to_owned();
            for (part, word, given) in [("requests", "request", &requests), ("limits", "limit", &limits)] {
                let known = amounts(container, &format!("/resources/{part}"));
                let missing: Vec<(&String, &String)> =
                    given.iter().filter(|(resource, _)| !known.contains_key(*resource)).collect();
                if missing.is_empty() {
                    continue;
                }
                let names: Vec<&str> = missing.iter().map(|(resource, _)| resource.as_str()).collect();
                told.push(format!("{} {word} for {kind} {name}", names.join(", ")));
                if let Some(resources) = map_at(container, &["resources", part]) {
                    resources.extend(missing.into_iter().map(|(name, amount)| (name.clone(), json!(amount))));
                    resources.sort_keys();
                }
            }
            if let Some(resources) = map_at(container, &["resources"]) {
                resources.sort_keys();
            }
        }
    }
    if let (false, Some(annotations)) = (told.is_empty(), map_at(pod, &["metadata", "annotations"])) {
        annotations.insert(ANNOTATION.into(), format!("LimitRanger plugin set: {}", told.join("; ")).into());
        annotations.sort_keys();
    }
}

/// Refuses what is below or beyond a range.
pub(super) fn check(resource: &Resource, range: &Value, object: &Value) -> Result<(), Refusal> {
    let mut found: Vec<String> = Vec::new();
    if resource.is("", "PersistentVolumeClaim") {
        let requests = amounts(object, "/spec/resources/requests");
        for item in items(range, "PersistentVolumeClaim") {
            compare(item, &requests, None, &mut found);
        }
    } else {
        for item in items(range, "Container") {
            for container in containers(object, "containers").chain(containers(object, "initContainers")) {
                let limits = amounts(container, "/resources/limits");
                compare(item, &amounts(container, "/resources/requests"), Some(&limits), &mut found);
            }
        }
        for item in items(range, "Pod") {
            compare(item, &of_pod(object, "requests"), Some(&of_pod(object, "limits")), &mut found);
        }
    }
    let mut once: Vec<String> = Vec::new();
    for fault in found {
        if !once.contains(&fault) {
            once.push(fault);
        }
    }
    let why = match &once[..] {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(Refusal::forbidden(resource, text(object, "/metadata/name"), &why))
}

/// Holds requests, and limits where there are such, against one item of a range.
fn compare(item: &Value, requests: &Amounts, limits: Option<&Amounts>, found: &mut Vec<String>) {
    let kind = text(item, "/type");
    for (name, least) in amounts(item, "/min") {
        let (request, limit) = (requests.get(&name), limits.and_then(|limits| limits.get(&name)));
        let start = format!("minimum {name} usage per {kind} is {least}");
        match (request, limit) {
            (None, _) => found.push(format!("{start}.  No request is specified")),
            (Some(request), _) if is_more(&least, request) => {
                found.push(format!("{start}, but request is {request}"));
            }
            (_, Some(limit)) if is_more(&least, limit) => found.push(format!("{start}, but limit is {limit}")),
            _ => {}
        }
    }
    for (name, most) in amounts(item, "/max") {
        let (request, limit) = (requests.get(&name), limits.map(|limits| limits.get(&name)));
        let start = format!("maximum {name} usage per {kind} is {most}");
        match (limit, request) {
            (Some(None), _) => found.push(format!("{start}.  No limit is specified")),
            (None, None) => found.push(format!("{start}.  No request is specified")),
            (Some(Some(limit)), _) if is_more(limit, &most) => found.push(format!("{start}, but limit is {limit}")),
            (_, Some(request)) if is_more(request, &most) => {
                found.push(format!("{start}, but request is {request}"));
            }
            _ => {}
        }
    }
    let Some(limits) = limits else { return };
    for (name, most) in amounts(item, "/maxLimitRequestRatio") {
        let number = |amounts: &Amounts| amounts.get(&name).map_or(0, |text| read(text).billionths());
        let (request, limit) = (number(requests), number(limits));
        let start = format!("{name} max limit to request ratio per {kind} is {most}");
        let most = read(&most).billionths();
        if request == 0 {
            found.push(format!("{start}, but no request is specified or request is 0"));
        } else if limit == 0 {
            found.push(format!("{start}, but no limit is specified or limit is 0"));
        } else if limit.saturating_mul(1_000_000_000) > most.saturating_mul(request) {
            let ratio = ratio(limit, request);
            found.push(format!("{start}, but provided ratio is {ratio}"));
        }
    }
}

/// A ratio with six decimals, rounded.
fn ratio(limit: i128, request: i128) -> String {
    const DECIMALS: i128 = 1_000_000;
    let scaled = (limit.saturating_mul(DECIMALS) + request / 2) / request;
    format!("{}.{:06}", scaled / DECIMALS, scaled % DECIMALS)
}
