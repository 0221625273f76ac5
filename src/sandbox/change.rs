//! The requests that write: create, update, patch, delete, deletecollection; and how their bodies are read.

use std::sync::Arc;

use http::Response;
use serde_json::{Map, Value, json};

use super::{
    decode,
    kinds::Resource,
    managers::{self, Writer},
    patch, read,
    reply::{self, Body, Form},
    route::{Objects, Query},
    rules,
    select::Selector,
    status::{self, Cause, Refusal},
    store::{Store, text},
    typed,
    writes::{self, Deleted, Deletion, Write},
};

/// What a request brings along.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) objects: &'a Objects,
    pub(super) query: &'a Query,
    pub(super) content_type: &'a str,
    pub(super) agent: &'a str,
    pub(super) body: &'a [u8],
    pub(super) form: Form,
    pub(super) now: &'a str,
}

/// Objects larger than this do not fit into a real server's store.
const LARGEST: usize = 1_048_576;
const LARGEST_ANNOTATIONS: usize = 262_144;

impl Asked<'_> {
    /// The field manager: as given, else the first word of the user agent.
    fn manager(&self) -> Result<String, Refusal> {
        let given = self.query.get("fieldManager");
        if given.chars().count() > 128 {
            let why = "Too long: may not be more than 128 bytes".to_string();
            let cause = Cause::new("FieldValueTooLong", "fieldManager", why);
            return Err(options_invalid("PatchOptions", &[cause]));
        }
        Ok(match given {
            "" => self.agent.split(['/', ' ']).next().filter(|word| !word.is_empty()).unwrap_or("unknown").to_owned(),
            given => given.to_owned(),
        })
    }

    fn write<'a>(&'a self, manager: &'a str) -> Write<'a> {
        let subresource = self.objects.subresource.as_str();
        let time = (subresource != "scale").then_some(self.now);
        Write {
            writer: Writer { manager, subresource, time },
            now: self.now,
            is_dry: self.query.get("dryRun") == "All",
        }
    }

    fn is_strict(&self) -> bool {
        self.query.get("fieldValidation") == "Strict"
    }

    fn namespace(&self) -> &str {
        self.objects.namespace.as_deref().unwrap_or_default()
    }
}

/// Options have no object, so their refusal names none.
pub(super) fn options_invalid(kind: &str, causes: &[Cause]) -> Refusal {
    let each: Vec<String> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    let details: Vec<Value> = causes
        .iter()
        .map(|cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}))
        .collect();
    Refusal::new(422, "Invalid", format!("{kind}.meta.k8s.io \"\" is invalid: {}", each.join(", ")))
        .with_details(json!({"group": "meta.k8s.io", "kind": kind, "causes": details}))
}

/// Reads a body of JSON or YAML into a map.
fn body(asked: &Asked<'_>) -> Result<Value, Refusal> {
    let is_yaml = asked.content_type.contains("yaml");
    if let Ok(value) = serde_json::from_slice::<Value>(asked.body) {
        if is_yaml {
            // JSON hides a repeated key; the YAML reader does not, but is needed only where it could matter.
            patch::check_repeated(asked.body, asked.is_strict())?;
        }
        return Ok(value);
    }
    let text = std::str::from_utf8(asked.body).map_err(|_| Refusal::bad_request("the body is not UTF-8"))?;
    if !is_yaml {
        let why = "couldn't get version/kind; json parse error: invalid character in the body";
        return Err(Refusal::bad_request(why));
    }
    serde_saphyr::from_str(text).map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))
}

/// Reads and completes an object of the request's kind.
fn object(asked: &Asked<'_>, value: Value) -> Result<Value, Refusal> {
    let resource = asked.objects.resource;
    let (version, kind) = (text(&value, "/apiVersion"), text(&value, "/kind"));
    if (!version.is_empty() || !kind.is_empty()) && (version != resource.api_version() || kind != resource.kind) {
        let short = crate::object::split_api_version(version).1;
        let package = resource.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
        return Err(Refusal::bad_request(format!(
            "{kind} in version {short:?} cannot be handled as a {}: converting ({short}.{kind}) to ({package}.{}): unknown conversion",
            resource.kind, resource.kind
        )));
    }
    let decoded = writes::complete(resource, value).map_err(|misfit| {
        Refusal::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: {misfit}",
            resource.kind, resource.version, resource.kind
        ))
    })?;
    if asked.is_strict() && !decoded.unknown.is_empty() {
        let (kind, version) = (&resource.kind, &resource.version);
        let why = strict(&decoded.unknown);
        return Err(Refusal::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        )));
    }
    check_size(asked, &decoded.value)?;
    Ok(decoded.value)
}

fn strict(unknown: &[String]) -> String {
    let fields: Vec<String> = unknown.iter().map(|field| format!("unknown field {field:?}")).collect();
    format!("strict decoding error: {}", fields.join(", "))
}

fn check_size(asked: &Asked<'_>, object: &Value) -> Result<(), Refusal> {
    let (resource, name) = (asked.objects.resource, text(object, "/metadata/name"));
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    let size: usize =
        annotations.into_iter().flatten().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > LARGEST_ANNOTATIONS {
        let why = format!("Too long: may not be more than {LARGEST_ANNOTATIONS} bytes");
        return Err(Refusal::invalid(resource, name, &[Cause::new("FieldValueTooLong", "metadata.annotations", why)]));
    }
    if asked.body.len() > LARGEST && matches!(resource.kind.as_str(), "ConfigMap" | "Secret") {
        let why = format!("Too long: may not be more than {LARGEST} bytes");
        return Err(Refusal::invalid(resource, name, &[Cause::new("FieldValueTooLong", "[]", why)]));
    }
    Ok(())
}

fn check_namespace(asked: &Asked<'_>, object: &Value) -> Result<(), Refusal> {
    let given = text(object, "/metadata/namespace");
    if asked.objects.resource.namespaced && !given.is_empty() && given != asked.namespace() {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(why));
    }
    Ok(())
}

pub(super) fn create(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let (resource, manager) = (asked.objects.resource, asked.manager()?);
    match asked.objects.subresource.as_str() {
        "" => {}
        "eviction" => return evict(store, asked, &manager),
        _ => return Err(Refusal::method_not_allowed()),
    }
    let is_named = asked.objects.subresource.is_empty() && asked.objects.name.is_some();
    if is_named || (resource.namespaced && asked.objects.namespace.is_none()) {
        return Err(Refusal::method_not_allowed());
    }
    let object = object(asked, body(asked)?)?;
    check_namespace(asked, &object)?;
    let made = writes::create(store, resource, asked.namespace(), object, asked.write(&manager), false)?;
    Ok(reply::object(201, resource, &writes::shown(resource, &made), asked.form))
}

fn evict(store: &mut Store, asked: &Asked<'_>, manager: &str) -> Result<Response<Body>, Refusal> {
    let live = read::find(store, asked.objects)?;
    writes::delete(store, asked.objects.resource, &live, &Deletion::default(), asked.write(manager))?;
    let mut success = success(asked.objects.resource, &live);
    if let Some(map) = success.as_object_mut() {
        map.shift_remove("details");
    }
    Ok(reply::json(201, &success))
}

/// Kinds that a PUT may create.
const CREATED_BY_UPDATE: [&str; 9] = [
    "Lease",
    "Endpoints",
    "Event",
    "LimitRange",
    "Service",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
];

pub(super) fn update(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let (resource, manager) = (asked.objects.resource, asked.manager()?);
    let name = asked.objects.name.as_deref().unwrap_or_default();
    if asked.objects.subresource == "scale" {
        return rescale(store, asked, &manager, &body(asked)?);
    }
    let mut object = object(asked, body(asked)?)?;
    let given = text(&object, "/metadata/name").to_owned();
    if given != name {
        let why = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Refusal::bad_request(why));
    }
    check_namespace(asked, &object)?;
    let live = match read::find(store, asked.objects) {
        Ok(live) => live,
        Err(refusal) => {
            let uid = text(&object, "/metadata/uid");
            let may_create =
                CREATED_BY_UPDATE.contains(&resource.kind.as_str()) && asked.objects.subresource.is_empty();
            if !may_create {
                return Err(refusal);
            }
            if !uid.is_empty() {
                return Err(Refusal::other_uid(resource, [asked.namespace(), name], uid, ""));
            }
            let made = writes::create(store, resource, asked.namespace(), object, asked.write(&manager), false)?;
            return Ok(reply::object(201, resource, &writes::shown(resource, &made), asked.form));
        }
    };
    if asked.objects.subresource == "finalize" {
        return finalize(store, asked, &live, &object);
    }
    rules::join_string_data(resource, &mut object);
    let done = writes::update(store, resource, &live, object, asked.write(&manager), false)?;
    Ok(reply::object(200, resource, &writes::shown(resource, &done), asked.form))
}

fn finalize(
    store: &mut Store,
    asked: &Asked<'_>,
    live: &Arc<Value>,
    object: &Value,
) -> Result<Response<Body>, Refusal> {
    let mut new = Value::clone(live);
    new["spec"] = object.get("spec").cloned().unwrap_or_else(|| json!({}));
    let done = writes::update(store, asked.objects.resource, live, new, asked.write("finalize"), true)?;
    Ok(reply::json(200, &done))
}

fn rescale(store: &mut Store, asked: &Asked<'_>, manager: &str, given: &Value) -> Result<Response<Body>, Refusal> {
    let live = read::find(store, asked.objects)?;
    let replicas = given.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
    if replicas < 0 {
        let cause = Cause::invalid("spec.replicas", &json!(replicas), "must be greater than or equal to 0");
        return Err(Refusal::invalid(asked.objects.resource, text(&live, "/metadata/name"), &[cause]));
    }
    let mut new = Value::clone(&live);
    new["spec"]["replicas"] = replicas.into();
    new["metadata"]["resourceVersion"] =
        given.pointer("/metadata/resourceVersion").cloned().unwrap_or_else(|| "".into());
    let done = writes::update(store, asked.objects.resource, &live, new, asked.write(manager), false)?;
    Ok(reply::json(200, &read::scale(asked.objects, &done)))
}

pub(super) fn patch(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let kind = asked.content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/apply-patch+yaml" => return apply(store, asked),
        "application/merge-patch+json" | "application/json-patch+json" | "application/strategic-merge-patch+json" => {}
        _ => {
            let why = "415: Unsupported Media Type";
            return Err(Refusal::new(415, "UnsupportedMediaType", why).with_details(json!({})));
        }
    }
    let (resource, manager) = (asked.objects.resource, asked.manager()?);
    if asked.query.is_set("force") && asked.query.has("force") {
        let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
        return Err(options_invalid("PatchOptions", &[cause]));
    }
    let live = read::find(store, asked.objects)?;
    let given: Value = serde_json::from_slice(asked.body)
        .map_err(|error| Refusal::bad_request(format!("error decoding patch: {error}")))?;
    let is_scale = asked.objects.subresource == "scale";
    let before = if is_scale { read::scale(asked.objects, &live) } else { writes::shown(resource, &live).into_owned() };
    let patched = match kind {
        "application/json-patch+json" => patch::json(before, &given)?,
        "application/merge-patch+json" => patch::merge(before, &given),
        _ => patch::strategic(before, &given, &resource.shape)?,
    };
    if is_scale {
        return rescale(store, asked, &manager, &patched);
    }
    let name = text(&live, "/metadata/name");
    if text(&patched, "/metadata/name") != name {
        let given = text(&patched, "/metadata/name");
        let why = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Refusal::bad_request(why));
    }
    let decoded = writes::complete(resource, patched).map_err(|misfit| {
        Refusal::new(
            422,
            "Invalid",
            format!(" \"\" is invalid: patch: Invalid value: {:?}: {misfit}", given.to_string()),
        )
    })?;
    if asked.is_strict() && !decoded.unknown.is_empty() {
        let shown = if kind.starts_with("application/strategic") { patch::in_go(&given) } else { given.to_string() };
        let message = format!("Invalid value: {shown:?}: {}", strict(&decoded.unknown));
        return Err(Refusal::new(422, "Invalid", format!(" \"\" is invalid: patch: {message}"))
            .with_details(json!({"causes": [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]})));
    }
    check_size(asked, &decoded.value)?;
    let done = writes::update(store, resource, &live, decoded.value, asked.write(&manager), false)?;
    Ok(reply::object(200, resource, &writes::shown(resource, &done), asked.form))
}

/// Server-side apply.
fn apply(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let resource = asked.objects.resource;
    let name = asked.objects.name.as_deref().unwrap_or_default();
    if asked.query.get("fieldManager").is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(options_invalid("PatchOptions", &[cause]));
    }
    let manager = asked.manager()?;
    let mut config = body(asked)?;
    check_config(asked, &config)?;
    let metadata = config.get_mut("metadata").and_then(Value::as_object_mut);
    let Some(metadata) = metadata else { return Err(Refusal::bad_request("metadata is missing")) };
    metadata.entry("name").or_insert_with(|| name.into());
    let namespace = asked.namespace();
    let empty = decode::empty(&resource.shape);
    let live = read::find(store, asked.objects).ok();
    let subject = format!("({}/{name}; {})", text(&config, "/metadata/namespace"), gvk(resource));
    let uid = text(&config, "/metadata/uid").to_owned();
    if live.is_none() && !uid.is_empty() {
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        return Err(Refusal::conflict(resource, name, &why));
    }
    if live.is_none() && resource.namespaced {
        let namespaces = super::kinds::known("", "Namespace");
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

/// `apps/v1, Kind=Deployment`; the core group is empty.
fn gvk(resource: &Resource) -> String {
    format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind)
}

fn check_config(asked: &Asked<'_>, config: &Value) -> Result<(), Refusal> {
    let resource: &Resource = asked.objects.resource;
    let name = asked.objects.name.as_deref().unwrap_or_default();
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let given = text(config, "/metadata/name");
    if !given.is_empty() && given != name {
        let why = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Refusal::bad_request(why));
    }
    let (version, kind) = (text(config, "/apiVersion"), text(config, "/kind"));
    if version != resource.api_version() {
        return Err(Refusal::bad_request(format!(
            "Incorrect version specified in apply patch. Specified patch version: {version}, expected: {}",
            resource.api_version()
        )));
    }
    if kind != resource.kind {
        return Err(Refusal::bad_request(format!("the kind in the body ({kind}) is not {}", resource.kind)));
    }
    check_namespace(asked, config)
}

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
    let deletion = deletion(asked)?;
    let live = read::find(store, asked.objects)?;
    let manager = asked.manager()?;
    let write = with_dry_run(asked, asked.write(&manager));
    Ok(match writes::delete(store, resource, &live, &deletion, write)? {
        Deleted::Gone(object) if RETURNED.contains(&resource.kind.as_str()) => {
            reply::object(200, resource, &writes::shown(resource, &object), asked.form)
        }
        Deleted::Gone(object) => reply::json(200, &success(resource, &object)),
        Deleted::Waiting(object) => reply::object(200, resource, &writes::shown(resource, &object), asked.form),
    })
}

/// A delete may say in its body that it is none.
fn with_dry_run<'a>(asked: &Asked<'_>, mut write: Write<'a>) -> Write<'a> {
    let options: Value = serde_json::from_slice(asked.body).unwrap_or_default();
    write.is_dry |= options.pointer("/dryRun/0").is_some_and(|given| given == "All");
    write
}

fn success(resource: &Resource, object: &Value) -> Value {
    let mut details = status::details(resource, text(object, "/metadata/name"));
    if let Some(details) = details.as_object_mut() {
        details.insert("uid".into(), text(object, "/metadata/uid").into());
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

fn deletion(asked: &Asked<'_>) -> Result<Deletion, Refusal> {
    let options: Value = if asked.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(asked.body)
            .map_err(|error| Refusal::bad_request(format!("error decoding DeleteOptions: {error}")))?
    };
    let own = |pointer: &str| options.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let from_query = Some(asked.query.get("propagationPolicy").to_owned()).filter(|policy| !policy.is_empty());
    Ok(Deletion {
        uid: own("/preconditions/uid"),
        resource_version: own("/preconditions/resourceVersion"),
        propagation: own("/propagationPolicy").or(from_query),
        grace: options
            .get("gracePeriodSeconds")
            .and_then(Value::as_i64)
            .or_else(|| asked.query.get("gracePeriodSeconds").parse().ok()),
    })
}

pub(super) fn delete_collection(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let resource = asked.objects.resource;
    let selector = Selector::parse(resource, asked.query.get("labelSelector"), asked.query.get("fieldSelector"))?;
    let deletion = deletion(asked)?;
    let found: Vec<Arc<Value>> = store
        .list(resource.slot, asked.objects.namespace.as_deref())
        .filter(|(_, object)| selector.accepts(object))
        .map(|(_, object)| Arc::clone(object))
        .collect();
    let manager = asked.manager()?;
    let write = with_dry_run(asked, asked.write(&manager));
    for object in &found {
        writes::delete(store, resource, object, &deletion, write)?;
    }
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), store.revision().to_string().into());
    let items: Vec<&Value> = found.iter().map(|object| &**object).collect();
    Ok(reply::list(resource, metadata, &items, asked.form))
}
