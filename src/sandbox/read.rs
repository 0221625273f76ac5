//! Get and list.

use std::{borrow::Cow, sync::Arc};

use http::Response;
use serde_json::{Map, Value, json};

use super::{
    custom, kinds, logs,
    reply::{self, Body, Form},
    route::{Objects, Query},
    select::Selector,
    status::Refusal,
    store::{Name, Store},
    writes,
};

/// The object that a request names.
pub(super) fn find(store: &Store, objects: &Objects<'_>) -> Result<Arc<Value>, Refusal> {
    let name = objects.name.as_deref().unwrap_or_default();
    let namespace = objects.namespace.as_deref().unwrap_or_default();
    let found = store.at(&writes::place(objects.resource, namespace, name));
    found.cloned().ok_or_else(|| Refusal::not_found(objects.resource, name))
}

pub(super) fn get(store: &Store, objects: &Objects<'_>, query: &Query, form: Form) -> Result<Response<Body>, Refusal> {
    let found = find(store, objects)?;
    if objects.subresource == "scale" {
        return Ok(reply::json(200, &scale(objects, &found)?));
    }
    if objects.subresource == "log" {
        return logs::get(&found, query);
    }
    if matches!(objects.subresource.as_str(), "exec" | "attach" | "portforward") {
        return Err(Refusal::bad_request("no process runs in the sandbox".to_owned()));
    }
    let shown = writes::shown(objects.resource, &found);
    Ok(reply::object(200, objects.resource, &shown, form))
}

/// A workload as its scale subresource shows it.
pub(super) fn scale(objects: &Objects<'_>, object: &Value) -> Result<Value, Refusal> {
    let metadata: Map<String, Value> = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), object.pointer(&format!("/metadata/{field}"))?.clone())))
        .collect();
    let scale = |replicas: i64, status: Map<String, Value>| {
        let mut spec = Map::new();
        if replicas != 0 {
            spec.insert("replicas".into(), replicas.into());
        }
        json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status})
    };
    if let Some(custom) = objects.resource.custom.as_ref().and_then(|custom| custom.scale.as_ref()) {
        let (replicas, status) = custom::scale(custom, object)?;
        return Ok(scale(replicas, status));
    }
    let number = |pointer| object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    let mut status = Map::new();
    status.insert("replicas".into(), number("/status/replicas").into());
    let labels = object.pointer("/spec/selector/matchLabels").or_else(|| object.pointer("/spec/selector"));
    let labels: Vec<String> = labels
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    if !labels.is_empty() {
        status.insert("selector".into(), labels.join(",").into());
    }
    Ok(scale(number("/spec/replicas"), status))
}

/// Where a list goes on.
struct Next {
    revision: u64,
    after: Name,
}

impl Next {
    fn read(token: &str) -> Result<Self, Refusal> {
        let garbage = || {
            Refusal::bad_request(
                "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
            )
        };
        let bytes: Option<Vec<u8>> = (0..token.len())
            .step_by(2)
            .map(|at| token.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .collect();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(garbage)?;
        let mut parts = text.splitn(3, '/');
        let (Some(revision), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(garbage());
        };
        let revision = revision.parse().map_err(|_| garbage())?;
        Ok(Self { revision, after: (namespace.to_owned(), name.to_owned()) })
    }

    fn write(&self) -> String {
        let Self { revision, after: (namespace, name) } = self;
        format!("{revision}/{namespace}/{name}").bytes().map(|byte| format!("{byte:02x}")).collect()
    }
}

const EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.";

pub(super) fn list(store: &Store, objects: &Objects<'_>, query: &Query, form: Form) -> Result<Response<Body>, Refusal> {
    let resource = objects.resource;
    let selector = Selector::parse(resource, query.get("labelSelector"), query.get("fieldSelector"))?;
    let limit: usize = match query.get("limit") {
        "" => 0,
        given => given
            .parse()
            .map_err(|_| Refusal::bad_request(format!("strconv.ParseInt: parsing {given:?}: invalid syntax")))?,
    };
    let next = match query.get("continue") {
        "" => None,
        token => Some(Next::read(token)?),
    };
    let exact =
        (query.get("resourceVersionMatch") == "Exact").then(|| query.get("resourceVersion").parse().ok()).flatten();
    let revision = next.as_ref().map(|next| next.revision).or(exact).unwrap_or_else(|| store.revision());
    let snapshot = if revision == store.revision() {
        None
    } else {
        Some(store.list_at(resource.slot, revision).ok_or_else(|| Refusal::expired(EXPIRED))?)
    };
    let namespace = objects.namespace.as_deref();
    let accepts = |(name, object): &(&Name, &Arc<Value>)| {
        namespace.is_none_or(|wanted| name.0 == wanted)
            && next.as_ref().is_none_or(|next| **name > next.after)
            && objects.name.as_deref().is_none_or(|wanted| name.1 == wanted)
            && (selector.is_empty() || selector.accepts(object))
    };
    let all: Vec<(&Name, &Arc<Value>)> = match &snapshot {
        Some(snapshot) => snapshot.iter().filter(accepts).collect(),
        None => store.list(resource.slot, namespace).filter(accepts).collect(),
    };
    let shown = if limit > 0 { &all[..limit.min(all.len())] } else { &all[..] };
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), revision.to_string().into());
    if let (true, Some((name, _))) = (shown.len() < all.len(), shown.last()) {
        metadata.insert("continue".into(), Next { revision, after: (*name).clone() }.write().into());
        if selector.is_empty() {
            metadata.insert("remainingItemCount".into(), (all.len() - shown.len()).into());
        }
    }
    let stored = kinds::stored(resource);
    if resource.custom.is_none() && stored.version == resource.version && stored.group == resource.group {
        let items: Vec<&Value> = shown.iter().map(|(_, object)| &***object).collect();
        return Ok(reply::list(resource, metadata, &items, form));
    }
    let items: Vec<Cow<'_, Value>> = shown.iter().map(|(_, object)| writes::shown(resource, object)).collect();
    let items: Vec<&Value> = items.iter().map(|item| &**item).collect();
    Ok(reply::list(resource, metadata, &items, form))
}
