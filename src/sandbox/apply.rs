//! The request of a server-side apply: what it may say, and how its outcome is written. The merging is in [`super::managers`].

use http::Response;
use serde_json::{Value, json};

use super::{
    body::{self, check_size},
    change::{Asked, check_namespace, options_invalid},
    custom, decode, kinds,
    kinds::Resource,
    managers, read,
    reply::{self, Body},
    status::{Cause, Refusal},
    store::{Store, text},
    typed, writes,
};

/// Server-side apply.
pub(super) fn apply(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let resource = asked.objects.resource;
    let name = asked.objects.name.as_deref().unwrap_or_default();
    if asked.query.get("fieldManager").is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(options_invalid("PatchOptions", &[cause]));
    }
    let manager = asked.manager()?;
    let mut config = body::read(asked)?;
    check_config(asked, &config)?;
    if let Some(config) = config.as_object_mut() {
        config.entry("metadata").or_insert_with(|| json!({}));
    }
    let namespace = asked.namespace();
    let empty = decode::empty(&resource.shape);
    let live = read::find(store, asked.objects).ok();
    let subject = format!("({}/{name}; {})", text(&config, "/metadata/namespace"), gvk(resource));
    let uid = text(&config, "/metadata/uid").to_owned();
    if live.is_none() && !uid.is_empty() {
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        return Err(Refusal::conflict(resource, name, &why));
    }
    if live.is_none() && text(&config, "/metadata/name").is_empty() {
        let why = format!("the name of the object ({name} based on URL) was undeterminable: name must be provided");
        return Err(Refusal::bad_request(why));
    }
    if live.is_none() && resource.namespaced {
        let namespaces = kinds::known("", "Namespace");
        if store.get(namespaces.slot, "", namespace).is_none() {
            return Err(Refusal::not_found(namespaces, namespace));
        }
    }
    let wrong = typed::check(&config, &resource.shape);
    if !wrong.is_empty() {
        let list = match &wrong[..] {
            [one] => one.clone(),
            many => format!("errors:\n  {}", many.join("\n  ")),
        };
        return Err(Refusal::unreasoned(format!("failed to create typed patch object {subject}: {list}")));
    }
    let nulls = resource.custom.as_ref().map(|custom| custom::nulls(custom, &config)).unwrap_or_default();
    if !nulls.is_empty() {
        return Err(Refusal::invalid(resource, name, &nulls));
    }
    let write = asked.write(&manager);
    let shown = live.as_ref().map(|live| writes::shown(resource, live));
    let before = shown.as_deref().unwrap_or(&empty);
    let force = asked.query.is_set("force") && asked.query.has("force");
    let applied = managers::apply(resource, before, &empty, &config, write.writer, force)?;
    let decoded = writes::complete(resource, applied.object).map_err(|misfit| {
        let kind = gvk(resource);
        let decoding = if misfit.is_base64() { "error decoding from json: " } else { "" };
        Refusal::unreasoned(format!(
            "failed to convert new object {subject} to proper version: unable to convert unstructured object to {kind}: {decoding}{misfit}"
        ))
    })?;
    let mut new = decoded.value;
    managers::write(&mut new, applied.owners);
    if manager == "kubectl" {
        note_last_applied(&mut new, &config);
    }
    check_size(asked, &new)?;
    let (code, done) = match &live {
        Some(live) => (200, writes::update(store, resource, live, new, write, true)?),
        None if asked.objects.subresource.is_empty() => {
            (201, writes::create(store, resource, namespace, new, write, true)?)
        }
        None => return Err(Refusal::not_found(resource, name)),
    };
    Ok(reply::object(code, resource, &writes::shown(resource, &done), asked.form))
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What kubectl applied on its own side before is noted at the object; when it applies on the server's side, the server notes it
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply>).
fn note_last_applied(new: &mut Value, config: &Value) {
    let annotations = new.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let Some(note) = annotations.and_then(|annotations| annotations.get_mut(LAST_APPLIED)) else { return };
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(LAST_APPLIED);
    }
    config.sort_all_objects();
    *note = format!("{config}\n").into();
}

/// `apps/v1, Kind=Deployment`; the core group is empty.
fn gvk(resource: &Resource) -> String {
    format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind)
}

fn check_config(asked: &Asked<'_>, config: &Value) -> Result<(), Refusal> {
    let resource: &Resource = asked.objects.resource;
    let name = asked.objects.name.as_deref().unwrap_or_default();
    if !config.is_object() {
        let why = "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}";
        return Err(Refusal::bad_request(why));
    }
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let given = text(config, "/metadata/name");
    if !given.is_empty() && given != name {
        let why = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Refusal::bad_request(why));
    }
    let (version, kind) = (text(config, "/apiVersion"), text(config, "/kind"));
    if version != resource.api_version() || kind != resource.kind {
        let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(Refusal::bad_request(format!("invalid object type: {version}, Kind={kind}")));
    }
    check_namespace(asked, config)
}
