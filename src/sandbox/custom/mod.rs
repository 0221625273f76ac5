//! Kinds of one's own: what a CustomResourceDefinition makes of the server. Its rules (`x-kubernetes-validations`) are kept and not
//! evaluated, webhooks that convert are not asked: an object is in every version what it is in the stored one.

mod check;
pub(super) mod definition;
mod pattern;
mod structural;

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    catalogue::priority,
    convert::map_at,
    decode::{self, Decoded, Misfit},
    kinds::{Resource, Subresource},
    status::{Cause, Refusal},
    store::text,
    table::Columns,
};
use crate::schema::{self, Shape};

/// What a definition says of a kind in one version, beyond its names.
#[derive(Debug, Clone)]
pub(super) struct Custom {
    /// `openAPIV3Schema`
    pub(super) schema: Arc<Value>,
    pub(super) list_kind: String,
    pub(super) is_served: bool,
    is_stored: bool,
    /// The other versions, which know of no others.
    pub(super) others: Vec<Arc<Resource>>,
    pub(super) scale: Option<Scale>,
    /// What a client of this version is warned of.
    pub(super) warning: Option<String>,
    /// The definition is being deleted.
    pub(super) is_going: bool,
    /// Beside name and namespace: `spec.color`.
    pub(super) selectable: Vec<String>,
    /// What a table shows of its objects.
    pub(super) columns: Columns,
}

/// Where the scale of an object is: `/spec/replicas`.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    pub(super) wanted: String,
    pub(super) current: String,
    pub(super) selector: Option<String>,
}

impl Custom {
    /// What a definition that goes away says to those who want to add to it.
    pub(super) fn closed(&self, resource: &Resource) -> Refusal {
        let why = format!("create is not supported on resources of kind {:?}", resource.qualified());
        Refusal::new(405, "MethodNotAllowed", why)
            .with_details(json!({"group": resource.group, "kind": resource.plural}))
    }

    /// The version that is stored, if that is another.
    pub(super) fn stored(&self) -> Option<&Resource> {
        let is_stored = |other: &&Arc<Resource>| other.custom.as_ref().is_some_and(|custom| custom.is_stored);
        if self.is_stored { None } else { self.others.iter().find(is_stored).map(|other| &**other) }
    }
}

/// The kinds of a definition, one for each version.
pub(super) fn resources(definition: &Value, slot: usize) -> Vec<Arc<Resource>> {
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let alone: Vec<Resource> = versions.into_iter().flatten().map(|version| one(definition, version, slot)).collect();
    let shared: Vec<Arc<Resource>> = alone.iter().cloned().map(Arc::new).collect();
    let with_others = alone.into_iter().map(|mut resource| {
        let others = shared.iter().filter(|other| other.version != resource.version).cloned().collect();
        if let Some(custom) = &mut resource.custom {
            custom.others = others;
        }
        Arc::new(resource)
    });
    with_others.collect()
}

fn one(definition: &Value, version: &Value, slot: usize) -> Resource {
    let spec = &definition["spec"];
    let name = |field: &str| text(spec, &format!("/names/{field}")).to_owned();
    let names = |field: &str| -> Vec<String> {
        let names = spec["names"].get(field).and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let schema = version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_default();
    let kind = name("kind");
    let (group, version_name) = (text(spec, "/group").to_owned(), text(version, "/name").to_owned());
    let is_deprecated = version["deprecated"] == true;
    let given = version.get("deprecationWarning").and_then(Value::as_str).map(str::to_owned);
    let warning = is_deprecated.then(|| given.unwrap_or_else(|| deprecated(spec, [&group, &version_name, &kind])));
    let pointer = |path: &str| path.replace('.', "/");
    let scale = version.pointer("/subresources/scale").map(|scale| Scale {
        wanted: pointer(text(scale, "/specReplicasPath")),
        current: pointer(text(scale, "/statusReplicasPath")),
        selector: Some(pointer(text(scale, "/labelSelectorPath"))).filter(|path| !path.is_empty()),
    });
    let selectable = version.get("selectableFields").and_then(Value::as_array);
    let selectable = selectable.into_iter().flatten().map(|field| text(field, "/jsonPath").trim_start_matches('.'));
    let subresource = |name: &str, group: &str, version: &str, kind: &str| Subresource {
        name: name.to_owned(),
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        verbs: ["get", "patch", "update"].map(str::to_owned).to_vec(),
    };
    let mut subresources = Vec::new();
    if version.pointer("/subresources/status").is_some() {
        subresources.push(subresource("status", "", "", &kind));
    }
    if scale.is_some() {
        subresources.push(subresource("scale", "autoscaling", "v1", "Scale"));
    }
    const VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    Resource {
        plural: name("plural"),
        singular: name("singular"),
        short: names("shortNames"),
        categories: names("categories"),
        namespaced: text(spec, "/scope") == "Namespaced",
        verbs: VERBS.map(str::to_owned).to_vec(),
        subresources,
        shape: structural::root(&schema),
        slot,
        custom: Some(Custom {
            schema: Arc::new(schema),
            list_kind: name("listKind"),
            is_served: version["served"] == true,
            is_stored: version["storage"] == true,
            others: Vec::new(),
            scale,
            warning,
            is_going: !text(definition, "/metadata/deletionTimestamp").is_empty(),
            selectable: selectable.map(str::to_owned).collect(),
            columns: Columns::of(version),
        }),
        group,
        version: version_name,
        kind,
    }
}

/// What a version is warned of whose definition finds no words for it: what to use instead, if there is anything newer.
fn deprecated(spec: &Value, [group, version, kind]: [&str; 3]) -> String {
    let others = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    let good = others.filter(|other| other["served"] == true && other["deprecated"] != true);
    let newer = good.map(|other| text(other, "/name")).filter(|other| priority(other) > priority(version));
    let instead = newer.max_by_key(|other| priority(other)).map(|newer| format!("; use {group}/{newer} {kind}"));
    format!("{group}/{version} {kind} is deprecated{}", instead.unwrap_or_default())
}

/// Reads an object as its definition describes it: what it does not know goes, what was not said is filled in.
pub(super) fn complete(resource: &Resource, custom: &Custom, mut body: Value) -> Result<Decoded, Misfit> {
    let mut unknown = Vec::new();
    if let Some(map) = body.as_object_mut() {
        if let Some(metadata) = map.get_mut("metadata") {
            let (read, odd) = metadata_of(metadata.take())?;
            *metadata = read;
            unknown.extend(odd.iter().map(|field| format!("metadata.{field}")));
        }
        structural::prune(map, &custom.schema, &mut unknown);
        map.insert("apiVersion".into(), resource.api_version().into());
        map.insert("kind".into(), resource.kind.clone().into());
    }
    structural::fill_in(&mut body, &custom.schema);
    unknown.sort();
    Ok(Decoded { value: body, unknown })
}

/// Metadata as the server knows them, and what it does not know.
fn metadata_of(given: Value) -> Result<(Value, Vec<String>), Misfit> {
    let shape = schema::named("meta.v1.ObjectMeta").unwrap_or(Shape::Any);
    decode::decode(given, &shape).map(|decoded| (decoded.value, decoded.unknown))
}

/// An object in another version of its kind, without the fields that this version does not know.
pub(super) fn shown<'a>(object: Cow<'a, Value>, to: &Resource) -> Cow<'a, Value> {
    // What was stored before the stored version changed is still in the older one.
    let is_same = text(&object, "/apiVersion") == to.api_version();
    let Some(custom) = to.custom.as_ref().filter(|_| !is_same) else { return object };
    let mut object = object.into_owned();
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".into(), to.api_version().into());
        structural::prune(map, &custom.schema, &mut Vec::new());
    }
    if custom.is_stored {
        structural::fill_in(&mut object, &custom.schema);
    }
    Cow::Owned(object)
}

/// Everything that its definition refuses in an object. What was wrong before and did not change is let be
/// (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting>).
pub(super) fn check(resource: &Resource, custom: &Custom, live: Option<&Value>, object: &Value) -> Vec<Cause> {
    let mut found = check::check(object, live, &custom.schema);
    let replicas = custom.scale.as_ref().filter(|_| resource.has("scale")).map(|scale| &scale.wanted);
    let replicas = replicas.and_then(|path| Some((path, object.pointer(path)?.as_i64()?)));
    if let Some((path, count)) = replicas.filter(|(_, count)| *count < 0) {
        let field = path.replace('/', ".");
        found.push(Cause::invalid(field, &json!(count), "should be a non-negative integer"));
    }
    found
}

/// What is wrong with the nulls of an apply.
pub(super) fn nulls(custom: &Custom, config: &Value) -> Vec<Cause> {
    let mut found = Vec::new();
    for (key, given) in config.as_object().into_iter().flatten().filter(|(key, _)| *key != "metadata") {
        if let Some(schema) = structural::property(&custom.schema, key) {
            check::nulls(given, schema, key, &mut found);
        }
    }
    found
}

/// The name and kind of an object must be those that its page serves.
pub(super) fn check_kind(resource: &Resource, object: &Value) -> Result<(), Refusal> {
    let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    let expected = resource.api_version();
    if version != expected {
        let why =
            format!("the API version in the data ({version}) does not match the expected API version ({expected})");
        return Err(Refusal::bad_request(why));
    }
    if kind == resource.kind {
        return Ok(());
    }
    let cause = Cause::invalid("kind", &json!(kind), &format!("must be {}", resource.kind));
    let subject = Resource { kind: kind.to_owned(), ..resource.clone() };
    Err(Refusal::invalid(&subject, text(object, "/metadata/name"), &[cause]))
}

/// The parts of a Scale: how many are wanted, how many there are, and what selects them.
pub(super) fn scale(scale: &Scale, object: &Value) -> Result<(i64, Map<String, Value>), Refusal> {
    let Some(wanted) = object.pointer(&scale.wanted).and_then(Value::as_i64) else {
        let why = format!("the spec replicas field {:?} does not exist", scale.wanted.replace('/', "."));
        return Err(Refusal::new(500, "InternalError", format!("Internal error occurred: {why}"))
            .with_details(json!({"causes": [{"message": why}]})));
    };
    let mut status = Map::new();
    let current = object.pointer(&scale.current).and_then(Value::as_i64).unwrap_or(0);
    status.insert("replicas".into(), current.into());
    let selector = scale.selector.as_deref().map_or("", |path| text(object, path));
    if !selector.is_empty() {
        status.insert("selector".into(), selector.into());
    }
    Ok((wanted, status))
}

/// Writes how many are wanted.
pub(super) fn rescale(scale: &Scale, object: &mut Value, replicas: i64) {
    let mut keys: Vec<&str> = scale.wanted.split('/').filter(|key| !key.is_empty()).collect();
    let last = keys.pop();
    if let (Some(last), Some(map)) = (last, map_at(object, &keys)) {
        map.insert(last.to_owned(), replicas.into());
    }
}
