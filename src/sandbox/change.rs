//! The requests that create and change. Bodies are read in [`body`], applies done in [`apply`], deletes in [`remove`].

use std::{cell::RefCell, sync::Arc};

use http::Response;
use serde_json::{Value, json};

use super::{
    access::User,
    apply, body,
    controllers::budgets,
    custom,
    deletion::{self, Deletion},
    kinds::Resource,
    managers::Writer,
    patch, read, remove,
    reply::{self, Body, Form},
    route::{Objects, Query},
    rules,
    status::{Cause, Refusal},
    store::{Store, text},
    warnings,
    writes::{self, Write},
};

/// What a request brings along.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) objects: &'a Objects<'a>,
    pub(super) user: &'a User,
    pub(super) query: &'a Query,
    pub(super) content_type: &'a str,
    pub(super) agent: &'a str,
    pub(super) body: &'a [u8],
    pub(super) form: Form,
    pub(super) now: &'a str,
    /// What the answer warns of.
    pub(super) warnings: RefCell<Vec<String>>,
}

impl Asked<'_> {
    /// The field manager: as given, else the first word of the user agent.
    pub(super) fn manager(&self) -> Result<String, Refusal> {
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

    pub(super) fn write<'a>(&'a self, manager: &'a str) -> Write<'a> {
        let subresource = self.objects.subresource.as_str();
        let time = (subresource != "scale").then_some(self.now);
        Write {
            writer: Writer { manager, subresource, time },
            now: self.now,
            user: Some(self.user),
            is_dry: self.query.get("dryRun") == "All",
            warnings: Some(&self.warnings),
        }
    }

    /// Notes fields that are dropped, unless nobody wants to know.
    pub(super) fn warn(&self, unknown: &[String]) {
        if self.query.get("fieldValidation") != "Ignore" {
            self.warnings.borrow_mut().extend(warnings::of_unknown(unknown));
        }
    }

    pub(super) fn is_strict(&self) -> bool {
        self.query.get("fieldValidation") == "Strict"
    }

    pub(super) fn namespace(&self) -> &str {
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

pub(super) fn check_namespace(asked: &Asked<'_>, object: &Value) -> Result<(), Refusal> {
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
    if let Some(custom) = resource.custom.as_ref().filter(|custom| custom.is_going) {
        return Err(custom.closed(resource));
    }
    if is_named || (resource.namespaced && asked.objects.namespace.is_none()) {
        return Err(Refusal::method_not_allowed());
    }
    let object = body::object(asked, body::read(asked)?)?;
    check_namespace(asked, &object)?;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(Refusal::unreasoned("resourceVersion should not be set on objects to be created"));
    }
    let made = writes::create(store, resource, asked.namespace(), object, asked.write(&manager), false)?;
    Ok(reply::object(201, resource, &writes::shown(resource, &made), asked.form))
}

fn evict(store: &mut Store, asked: &Asked<'_>, manager: &str) -> Result<Response<Body>, Refusal> {
    let live = read::find(store, asked.objects)?;
    if let Some((budget, wanted, healthy)) = budgets::forbidding(store, &live) {
        let message = format!("The disruption budget {budget} needs {wanted} healthy pods and has {healthy} currently");
        let why = "Cannot evict pod as it would violate the pod's disruption budget.";
        let causes = json!([{"reason": "DisruptionBudget", "message": message}]);
        return Err(Refusal::new(429, "TooManyRequests", why).with_details(json!({"causes": causes})));
    }
    deletion::delete(store, asked.objects.resource, &live, &Deletion::default(), asked.write(manager))?;
    let mut success = remove::success(asked.objects.resource, &live);
    if let Some(map) = success.as_object_mut() {
        map.shift_remove("details");
        map.insert("code".into(), 201.into());
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
        return rescale(store, asked, &manager, &body::read(asked)?);
    }
    let mut object = body::object(asked, body::read(asked)?)?;
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
    let scale = asked.objects.resource.custom.as_ref().and_then(|custom| custom.scale.as_ref());
    if replicas < 0 && scale.is_none() {
        let cause = Cause::invalid("spec.replicas", &json!(replicas), "must be greater than or equal to 0");
        let name = text(&live, "/metadata/name");
        let message = format!("Scale.autoscaling {name:?} is invalid: {}: {}", cause.field, cause.message);
        let causes = json!([{"reason": cause.reason, "message": cause.message, "field": cause.field}]);
        let details = json!({"name": name, "group": "autoscaling", "kind": "Scale", "causes": causes});
        return Err(Refusal::new(422, "Invalid", message).with_details(details));
    }
    let mut new = Value::clone(&live);
    match scale {
        Some(scale) => custom::rescale(scale, &mut new, replicas),
        None => new["spec"]["replicas"] = replicas.into(),
    }
    new["metadata"]["resourceVersion"] =
        given.pointer("/metadata/resourceVersion").cloned().unwrap_or_else(|| "".into());
    let done = writes::update(store, asked.objects.resource, &live, new, asked.write(manager), false)?;
    Ok(reply::json(200, &read::scale(asked.objects, &done)?))
}

/// An object that says how many are wanted: none, if it says nothing.
fn counted(resource: &Resource, live: &Arc<Value>) -> Value {
    let mut object = Value::clone(live);
    if let Some(scale) = resource.custom.as_ref().and_then(|custom| custom.scale.as_ref())
        && object.pointer(&scale.wanted).is_none()
    {
        custom::rescale(scale, &mut object, 0);
    }
    object
}

pub(super) fn patch(store: &mut Store, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let kind = asked.content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/apply-patch+yaml" => return apply::apply(store, asked),
        "application/strategic-merge-patch+json" if asked.objects.resource.custom.is_some() => {
            let why = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
            return Err(Refusal::new(415, "UnsupportedMediaType", why));
        }
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
        .map_err(|_| String::from_utf8_lossy(asked.body))
        .map_err(|text| Refusal::bad_request(format!("error decoding patch: {}", body::unread(&text))))?;
    let is_scale = asked.objects.subresource == "scale";
    let before = if is_scale {
        read::scale(asked.objects, &counted(resource, &live))?
    } else {
        writes::shown(resource, &live).into_owned()
    };
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
    let uid = &patched["metadata"]["uid"];
    if *uid != live["metadata"]["uid"] && !uid.is_null() {
        let cause = || Cause::invalid("metadata.uid", uid, "field is immutable");
        return Err(Refusal::invalid(resource, name, &[cause(), cause()]));
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
        let message = format!("Invalid value: {shown:?}: {}", body::strict(&decoded.unknown));
        return Err(Refusal::new(422, "Invalid", format!(" \"\" is invalid: patch: {message}"))
            .with_details(json!({"causes": [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]})));
    }
    asked.warn(&decoded.unknown);
    body::check_size(asked, &decoded.value)?;
    let done = writes::update(store, resource, &live, decoded.value, asked.write(&manager), false)?;
    Ok(reply::object(200, resource, &writes::shown(resource, &done), asked.form))
}
