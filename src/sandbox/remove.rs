//! The requests that delete: one object, or all that a selector chooses.

use std::sync::Arc;

use http::Response;
use serde_json::{Map, Value, json};

use super::{
    body,
    change::{Asked, options_invalid},
    deletion::{self, Deleted, Deletion},
    kinds::Resource,
    read,
    reply::{self, Body},
    select::Selector,
    status::{self, Cause, Refusal},
    store::{Store, text},
    writes::{self, Write},
};

/// Kinds whose deletion answers with the object instead of a Status.
const RETURNED: [&str; 9] = [
    "ResourceQuota",
    "PersistentVolume",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "Namespace",
    "Pod",
    "Service",
    "PodTemplate",
    "StorageClass",
];

pub(super) fn delete(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let resource = asked.objects.resource;
    let deletion = asked_deletion(asked)?;
    let live = read::find(store, asked.objects)?;
    let manager = asked.manager()?;
    let write = with_dry_run(asked, asked.write(&manager));
    Ok(match deletion::delete(store, resource, &live, &deletion, write)? {
        Deleted::Gone(object) if RETURNED.contains(&resource.kind.as_str()) => {
            reply::object(200, resource, &writes::shown(resource, &object), asked.form)
        }
        Deleted::Gone(object) => reply::json(200, &success(resource, &object)),
        Deleted::Waiting(object) => reply::object(200, resource, &writes::shown(resource, &object), asked.form),
    })
}

/// A delete may say in its body that it is none.
fn with_dry_run<'a>(asked: &Asked<'_>, mut write: Write<'a>) -> Write<'a> {
    let options: Value = if asked.body.is_empty() { Value::Null } else { body::read(asked).unwrap_or_default() };
    write.is_dry |= options.pointer("/dryRun/0").is_some_and(|given| given == "All");
    write
}

pub(super) fn success(resource: &Resource, object: &Value) -> Value {
    let mut details = status::details(resource, text(object, "/metadata/name"));
    if let Some(details) = details.as_object_mut() {
        details.insert("uid".into(), text(object, "/metadata/uid").into());
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

fn asked_deletion(asked: &Asked<'_>) -> Result<Deletion, Refusal> {
    let options: Value = if asked.body.is_empty() { Value::Null } else { body::read(asked)? };
    let policy = options
        .get("propagationPolicy")
        .and_then(Value::as_str)
        .unwrap_or_else(|| asked.query.get("propagationPolicy"));
    if !matches!(policy, "" | "Foreground" | "Background" | "Orphan") {
        let known = ["Foreground", "Background", "Orphan", "nil"];
        let cause = Cause::unsupported("propagationPolicy", &json!(policy), &known);
        return Err(options_invalid("DeleteOptions", &[cause]));
    }
    let own = |pointer: &str| options.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok(Deletion {
        uid: own("/preconditions/uid"),
        resource_version: own("/preconditions/resourceVersion"),
        propagation: Some(policy.to_owned()).filter(|policy| !policy.is_empty()),
        grace: options
            .get("gracePeriodSeconds")
            .and_then(Value::as_i64)
            .or_else(|| asked.query.get("gracePeriodSeconds").parse().ok()),
    })
}

pub(super) fn delete_collection(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let resource = asked.objects.resource;
    let selector = Selector::parse(resource, asked.query.get("labelSelector"), asked.query.get("fieldSelector"))?;
    let deletion = asked_deletion(asked)?;
    let found: Vec<Arc<Value>> = store
        .list(resource.slot, asked.objects.namespace.as_deref())
        .filter(|(_, object)| selector.accepts(object))
        .map(|(_, object)| Arc::clone(object))
        .collect();
    let manager = asked.manager()?;
    let write = with_dry_run(asked, asked.write(&manager));
    for object in &found {
        deletion::delete(store, resource, object, &deletion, write)?;
    }
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), store.revision().to_string().into());
    let items: Vec<&Value> = found.iter().map(|object| &**object).collect();
    Ok(reply::list(resource, metadata, &items, asked.form))
}
