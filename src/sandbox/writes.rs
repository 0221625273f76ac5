//! Creating, changing and deleting objects, for clients and for the sandbox's own controllers alike: checks, server-side fields,
//! owners, generation, finalizers. Reading requests is done elsewhere.

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use serde_json::{Value, json};

use super::{
    access::{self, User},
    admission, convert, custom, decode, defaults,
    kinds::{self, Resource},
    managers::{self, Writer},
    rules,
    status::{Cause, Refusal},
    store::{Place, Store, text},
    validate,
};

/// A write to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Write<'a> {
    pub(super) writer: Writer<'a>,
    /// The server's time, in seconds.
    pub(super) now: &'a str,
    /// Who writes; none for the sandbox itself, which may do everything.
    pub(super) user: Option<&'a User>,
    /// Everything is checked and answered, nothing kept.
    pub(super) is_dry: bool,
    /// What the client is to be warned of, beside its answer.
    pub(super) warnings: Option<&'a RefCell<Vec<String>>>,
}

impl Write<'_> {
    pub(super) fn warn(&self, text: String) {
        if let Some(warnings) = self.warnings {
            warnings.borrow_mut().push(text);
        }
    }
}

/// Reads an object of a kind, filling in what was not said.
pub(super) fn complete(resource: &Resource, body: Value) -> Result<decode::Decoded, decode::Misfit> {
    if let Some(custom) = &resource.custom {
        return custom::complete(resource, custom, body);
    }
    let mut decoded = decode::decode(body, &resource.shape)?;
    if let Some(map) = decoded.value.as_object_mut() {
        map.insert("apiVersion".into(), resource.api_version().into());
        map.insert("kind".into(), resource.kind.clone().into());
    }
    rules::join_string_data(resource, &mut decoded.value);
    defaults::fill_in(resource, &mut decoded.value);
    Ok(decoded)
}

/// Where the objects of a request live: empty for the cluster's own.
pub(super) fn place(resource: &Resource, namespace: &str, name: &str) -> Place {
    let namespace = if resource.namespaced { namespace } else { "" };
    (resource.slot, (namespace.to_owned(), name.to_owned()))
}

/// An object of the store, as this version of its kind shows it.
pub(super) fn shown<'a>(resource: &Resource, object: &'a Value) -> Cow<'a, Value> {
    as_version(Cow::Borrowed(object), kinds::stored(resource), resource)
}

fn as_version<'a>(object: Cow<'a, Value>, from: &Resource, to: &Resource) -> Cow<'a, Value> {
    if to.custom.is_some() { custom::shown(object, to) } else { convert::convert(object, from, to) }
}

/// Creates an object from a completed body. `owned` says whether its owners are recorded already, as after an apply.
pub(super) fn create(
    store: &mut Store,
    resource: &Resource,
    namespace: &str,
    mut object: Value,
    write: Write<'_>,
    owned: bool,
) -> Result<Arc<Value>, Refusal> {
    let name = text(&object, "/metadata/name").to_owned();
    if resource.namespaced {
        admit_namespace(store, resource, namespace, &name)?;
    }
    access::check_escalation(store, write.user, resource, namespace, None, &object)?;
    if !owned {
        let empty = decode::empty(&resource.shape);
        let owners = managers::read(&object);
        managers::update(resource, &empty, &mut object, owners, write.writer);
    }
    let stored = kinds::stored(resource);
    let mut object = as_version(Cow::Owned(object), resource, stored).into_owned();
    let name = name_for(stored, &mut object)?;
    let metadata = convert::map_at(&mut object, &["metadata"]).ok_or_else(|| Refusal::bad_request("no metadata"))?;
    for field in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"] {
        metadata.shift_remove(field);
    }
    if resource.namespaced {
        metadata.insert("namespace".into(), namespace.into());
    } else {
        metadata.shift_remove("namespace");
    }
    metadata.insert("uid".into(), uuid::Uuid::new_v4().to_string().into());
    metadata.insert("creationTimestamp".into(), write.now.into());
    admission::fill_in(store, stored, namespace, &mut object);
    rules::prepare_create(store, stored, &mut object)?;
    let causes = validate::new(stored, &object);
    if !causes.is_empty() {
        return Err(Refusal::invalid(stored, &name, &causes));
    }
    access::check_create(store, write.user, resource, namespace, &name)?;
    let charged = admission::check(store, stored, namespace, None, &object, write)?;
    if store.at(&place(stored, namespace, &name)).is_some() {
        return Err(Refusal::already_exists(resource, &name));
    }
    if write.is_dry {
        return Ok(Arc::new(object));
    }
    keep(store, charged)?;
    store.put(stored.slot, object)
}

/// Keeps quotas of which more is used.
fn keep(store: &mut Store, charged: Vec<Value>) -> Result<(), Refusal> {
    let slot = kinds::known("", "ResourceQuota").slot;
    charged.into_iter().try_for_each(|quota| store.put(slot, quota).map(drop))
}

/// A name as given, or made from generateName.
fn name_for(resource: &Resource, object: &mut Value) -> Result<String, Refusal> {
    let name = text(object, "/metadata/name").to_owned();
    if !name.is_empty() {
        return Ok(name);
    }
    let prefix = text(object, "/metadata/generateName").to_owned();
    if prefix.is_empty() {
        let cause = Cause::required("metadata.name", "name or generateName is required");
        return Err(Refusal::invalid(resource, "", &[cause]));
    }
    let prefix: String = prefix.chars().take(58).collect();
    let name = format!("{prefix}{}", suffix());
    if let Some(metadata) = convert::map_at(object, &["metadata"]) {
        metadata.insert("name".into(), name.clone().into());
    }
    Ok(name)
}

/// Five letters that read as no word, as a real server appends them.
pub(super) fn suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let bytes = uuid::Uuid::new_v4().into_bytes();
    bytes.iter().take(5).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

fn admit_namespace(store: &Store, resource: &Resource, namespace: &str, name: &str) -> Result<(), Refusal> {
    let namespaces = kinds::known("", "Namespace");
    let Some(found) = store.get(namespaces.slot, "", namespace) else {
        return Err(Refusal::not_found(namespaces, namespace));
    };
    if text(found, "/metadata/deletionTimestamp").is_empty() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut refusal = Refusal::forbidden(resource, name, &why);
    if let Some(details) = refusal.details.as_mut().and_then(Value::as_object_mut) {
        let cause = json!({"reason": "NamespaceTerminating", "message": format!("namespace {namespace} is being terminated"), "field": "metadata.namespace"});
        details.insert("causes".into(), json!([cause]));
    }
    Err(refusal)
}

/// Changes an object to a completed new form, as seen through the object itself or a subresource.
pub(super) fn update(
    store: &mut Store,
    resource: &Resource,
    live: &Arc<Value>,
    mut new: Value,
    write: Write<'_>,
    owned: bool,
) -> Result<Arc<Value>, Refusal> {
    let stored = kinds::stored(resource);
    let name = text(live, "/metadata/name");
    check_preconditions(resource, live, &new, owned)?;
    carry_over(&mut new, live, write.writer.subresource, resource);
    let namespace = text(live, "/metadata/namespace");
    access::check_escalation(store, write.user, resource, namespace, Some(live), &new)?;
    if !owned {
        let seen = shown(resource, live);
        let given = new.pointer("/metadata/managedFields");
        let is_reset = given.and_then(Value::as_array).is_some_and(|entries| {
            entries.is_empty() || entries.iter().all(|entry| entry.as_object().is_some_and(|entry| entry.is_empty()))
        });
        // A client that knows nothing of managedFields must not clear them; an empty list does so on purpose.
        let owners = match managers::read(&new) {
            owners if !owners.is_empty() && write.writer.subresource.is_empty() => owners,
            _ if is_reset => Vec::new(),
            _ => managers::read(live),
        };
        if owners.is_empty() {
            managers::write(&mut new, owners);
        } else {
            managers::update(resource, &seen, &mut new, owners, write.writer);
        }
    }
    let mut new = as_version(Cow::Owned(new), resource, stored).into_owned();
    rules::prepare_update(store, stored, live, &mut new, write)?;
    let causes = validate::change(stored, live, &new, write.writer.subresource);
    if !causes.is_empty() {
        return Err(Refusal::invalid(stored, name, &causes));
    }
    if managers::is_same_but_times(live, &new) {
        return Ok(Arc::clone(live));
    }
    let charged = match write.writer.subresource {
        "" => admission::check(store, stored, namespace, Some(live), &new, write)?,
        _ => Vec::new(),
    };
    let is_done = !text(&new, "/metadata/deletionTimestamp").is_empty() && !has_finalizers(stored, &new);
    if write.is_dry {
        return Ok(Arc::new(new));
    }
    if is_done {
        store.remove(&place(stored, text(live, "/metadata/namespace"), name))?;
        return Ok(Arc::new(new));
    }
    keep(store, charged)?;
    store.put(stored.slot, new)
}

pub(super) fn has_finalizers(resource: &Resource, object: &Value) -> bool {
    let has = |pointer| object.pointer(pointer).and_then(Value::as_array).is_some_and(|names| !names.is_empty());
    let waits_for_kubelet = resource.is("", "Pod")
        && object
            .pointer("/metadata/deletionGracePeriodSeconds")
            .and_then(Value::as_i64)
            .is_some_and(|grace| grace > 0);
    has("/metadata/finalizers") || waits_for_kubelet || (resource.is("", "Namespace") && has("/spec/finalizers"))
}

/// Kinds that nobody may change without saying which state was seen.
const GUARDED: [&str; 5] = [
    "Lease",
    "CustomResourceDefinition",
    "PodDisruptionBudget",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

fn check_preconditions(resource: &Resource, live: &Value, new: &Value, applied: bool) -> Result<(), Refusal> {
    let name = text(live, "/metadata/name");
    let (uid, live_uid) = (text(new, "/metadata/uid"), text(live, "/metadata/uid"));
    if !uid.is_empty() && uid != live_uid {
        if applied {
            let cause = Cause::invalid("metadata.uid", &json!(uid), "field is immutable");
            return Err(Refusal::invalid(resource, name, &[cause.clone(), cause]));
        }
        return Err(Refusal::other_uid(resource, [text(live, "/metadata/namespace"), name], uid, live_uid));
    }
    match text(new, "/metadata/resourceVersion") {
        "" | "0" if !applied && (resource.custom.is_some() || GUARDED.contains(&resource.kind.as_str())) => {
            let cause = Cause::new(
                "FieldValueInvalid",
                "metadata.resourceVersion",
                "Invalid value: 0: must be specified for an update",
            );
            let mut refusal = Refusal::invalid(resource, name, &[cause]);
            // Made by the store, which knows the plural only.
            refusal.message = refusal.message.replacen(&resource.kind, &resource.plural, 1);
            if let Some(details) = refusal.details.as_mut().and_then(Value::as_object_mut) {
                details.insert("kind".into(), resource.plural.clone().into());
            }
            Err(refusal)
        }
        "" | "0" => Ok(()),
        seen if seen == text(live, "/metadata/resourceVersion") => Ok(()),
        _ => {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            Err(Refusal::conflict(resource, name, why))
        }
    }
}

/// Keeps what no client may change, and what the subresource does not show.
fn carry_over(new: &mut Value, live: &Value, subresource: &str, resource: &Resource) {
    let status = live.get("status").cloned();
    let spec = live.get("spec").cloned();
    let Some(map) = new.as_object_mut() else { return };
    let mut keep = |field: &str, value: Option<Value>| match value {
        Some(value) => map.insert(field.to_owned(), value),
        None => map.shift_remove(field),
    };
    match subresource {
        "status" if resource.custom.is_some() => {
            map.retain(|key, _| matches!(key.as_str(), "metadata" | "status"));
            for (key, value) in live.as_object().into_iter().flatten() {
                if !matches!(key.as_str(), "metadata" | "status") {
                    map.insert(key.clone(), value.clone());
                }
            }
        }
        "status" => {
            keep("spec", spec);
        }
        _ if resource.has("status") => {
            let shown = shown(resource, live);
            keep("status", shown.get("status").cloned().or(status));
        }
        _ => {}
    }
    let Some(metadata) = convert::map_at(new, &["metadata"]) else { return };
    const KEPT: [&str; 7] = [
        "uid",
        "namespace",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
    ];
    for field in KEPT {
        match live.pointer(&format!("/metadata/{field}")) {
            Some(value) => metadata.insert(field.to_owned(), value.clone()),
            None => metadata.shift_remove(field),
        };
    }
    if subresource == "status" && resource.custom.is_some() {
        const SHOWN: [&str; 4] = ["labels", "annotations", "finalizers", "ownerReferences"];
        for field in SHOWN {
            match live.pointer(&format!("/metadata/{field}")) {
                Some(value) => metadata.insert(field.to_owned(), value.clone()),
                None => metadata.shift_remove(field),
            };
        }
    }
    if resource.is("apps", "Deployment")
        && subresource == "status"
        && let Some(labels) = live.pointer("/metadata/labels")
    {
        metadata.insert("labels".into(), labels.clone());
    }
}
