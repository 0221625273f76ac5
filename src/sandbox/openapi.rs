//! OpenAPI documents of version 3, as kubectl reads them: for `kubectl explain`, for patches of what was applied on the
//! client's side, and to learn which requests know `fieldValidation`. They are made from the table of types; the texts that
//! describe fields are Kubernetes' own and are not in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use http::Response;
use serde_json::{Map, Value, json};

use super::{
    catalogue::Catalogue,
    kinds::{self, Resource},
    reply::{self, Body},
    status::Refusal,
};
use crate::schema::{self, Field, ListMerge, Shape, Struct};

mod custom;
mod older;

pub(super) use older::document as older;

/// What requests that write may say beside their bodies.
const PARAMETERS: [&str; 4] = ["dryRun", "fieldManager", "fieldValidation", "force"];

/// The documents by their paths, made when the first is asked for: every apply of kubectl asks for one.
static DOCUMENTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let paths: BTreeSet<String> = kinds::all().iter().map(|known| path(&known.group, &known.version)).collect();
    paths.into_iter().map(|path| (path.clone(), document_of(&path).to_string())).collect()
});

/// What the documents say of fields beyond the table of types; `tests/tables/fields.py` prints it.
static FIELDS: LazyLock<BTreeMap<(&str, &str), Vec<&str>>> = LazyLock::new(|| {
    let mut fields: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for line in include_str!("openapi/fields.txt").lines() {
        let mut words = line.splitn(3, ' ');
        if let (Some(name), Some(field), Some(fact)) = (words.next(), words.next(), words.next()) {
            fields.entry((name, field)).or_default().push(fact);
        }
    }
    fields
});

fn path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// `/openapi/v3`
pub(super) fn index(kinds: &Catalogue) -> Response<Body> {
    let paths: Map<String, Value> = kinds
        .all()
        .iter()
        .map(|known| path(&known.group, &known.version))
        .map(|path| (path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}")})))
        .collect();
    reply::json(200, &json!({"paths": paths}))
}

/// `/openapi/v3/apis/apps/v1`
pub(super) fn document(kinds: &Catalogue, wanted: &str) -> Result<Response<Body>, Refusal> {
    if let Some(document) = DOCUMENTS.get(wanted) {
        return Ok(reply::bytes(200, "application/json", document.clone()));
    }
    let known = kinds.all().iter().filter(|known| path(&known.group, &known.version) == wanted);
    let known: Vec<&Arc<Resource>> = known.collect();
    if known.is_empty() {
        return Err(Refusal::no_page());
    }
    Ok(reply::json(200, &assemble(wanted, &known, custom::schemas(&known))))
}

fn document_of(wanted: &str) -> Value {
    let known = kinds::all().iter().filter(|known| path(&known.group, &known.version) == wanted);
    let known: Vec<&Arc<Resource>> = known.collect();
    let (mut schemas, mut kinds_of) = (Schemas::default(), BTreeMap::new());
    for known in &known {
        if let Shape::Struct { id, .. } = known.shape {
            schemas.add(id);
            kinds_of.insert(id, &***known);
        }
    }
    assemble(wanted, &known, schemas.finish(&kinds_of))
}

/// A document of kinds and of what they are made of.
fn assemble(wanted: &str, kinds: &[&Arc<Resource>], schemas: Map<String, Value>) -> Value {
    let parameters: Vec<Value> = PARAMETERS
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}}))
        .collect();
    let paths: Map<String, Value> = kinds
        .iter()
        .map(|known| {
            let scope = if known.namespaced { "/namespaces/{namespace}" } else { "" };
            let kind = json!({"group": known.group, "version": known.version, "kind": known.kind});
            let operation = json!({"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": kind});
            (format!("/{wanted}{scope}/{}/{{name}}", known.plural), json!({"patch": operation}))
        })
        .collect();
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.3"}, "paths": paths, "components": {"schemas": schemas},
    })
}

/// The types that a document describes: those of its kinds, and all that they are made of.
#[derive(Default)]
struct Schemas {
    known: BTreeSet<usize>,
    waiting: Vec<usize>,
    /// Simple types that have names of their own.
    named: BTreeMap<&'static str, Value>,
    /// What a value of any form is called in the type at hand.
    anything: &'static str,
}

impl Schemas {
    fn add(&mut self, id: usize) {
        if self.known.insert(id) {
            self.waiting.push(id);
        }
    }

    fn finish(mut self, kinds: &BTreeMap<usize, &Resource>) -> Map<String, Value> {
        let mut schemas = BTreeMap::new();
        while let Some(id) = self.waiting.pop() {
            let structure = schema::structure(id);
            let mut described = self.structure(structure);
            if let Some(kind) = kinds.get(&id) {
                let kind = json!({"group": kind.group, "kind": kind.kind, "version": kind.version});
                described["x-kubernetes-group-version-kind"] = json!([kind]);
            }
            schemas.insert(full_name(&structure.name), described);
        }
        schemas.extend(self.named.into_iter().map(|(name, described)| (name.to_owned(), described)));
        schemas.into_iter().collect()
    }

    fn structure(&mut self, structure: &Struct) -> Value {
        self.anything = match structure.name.as_str() {
            "meta.v1.ManagedFieldsEntry" => "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
            "apiextensions.v1.JSONSchemaProps" => "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
            _ => "io.k8s.apimachinery.pkg.runtime.RawExtension",
        };
        let (mut properties, mut required) = (BTreeMap::new(), Vec::new());
        for field in &structure.fields {
            let facts = FIELDS.get(&(structure.name.as_str(), field.name.as_str())).map_or(&[][..], Vec::as_slice);
            let may_lack = field.omit_empty || field.omit_zero;
            if facts.contains(&"!") || (!may_lack && !facts.contains(&"?")) {
                required.push(field.name.as_str());
            }
            let mut property = self.property(field);
            if let Some(values) = facts.iter().find_map(|fact| fact.strip_prefix('=')) {
                property["enum"] = values.split(',').collect();
            }
            if let Some(values) = facts.iter().find_map(|fact| fact.strip_prefix("*=")) {
                let inner = if property.get("items").is_some() { "items" } else { "additionalProperties" };
                property[inner]["enum"] = values.split(',').collect();
            }
            properties.insert(field.name.clone(), property);
        }
        let properties: Map<String, Value> = properties.into_iter().collect();
        let mut described = json!({"type": "object", "properties": properties});
        if structure.atomic {
            described["x-kubernetes-map-type"] = "atomic".into();
        }
        if !required.is_empty() {
            described["required"] = json!(required);
        }
        described
    }

    fn property(&mut self, field: &Field) -> Value {
        let mut property = self.shape(&field.shape);
        // A reference stands alone; what is said of the field stands beside it.
        if property.get("$ref").is_some() {
            property = json!({"allOf": [property]});
        }
        match &field.shape {
            Shape::List { merge, .. } => list_type(&mut property, merge),
            Shape::Struct { id, atomic: true } if schema::structure(*id).atomic => {}
            Shape::Struct { atomic: true, .. } | Shape::Map { atomic: true, .. } => {
                property["x-kubernetes-map-type"] = "atomic".into();
            }
            _ => {}
        }
        let strategy = &field.strategy;
        let words = [(strategy.merge, "merge"), (strategy.retain_keys, "retainKeys")];
        let words: Vec<&str> = words.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
        if !words.is_empty() {
            property["x-kubernetes-patch-strategy"] = words.join(",").into();
        }
        if let Some(key) = &strategy.key {
            property["x-kubernetes-patch-merge-key"] = key.as_str().into();
        }
        property
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Text => json!({"type": "string"}),
            Shape::Integer => json!({"type": "integer"}),
            Shape::Float => json!({"type": "number", "format": "double"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Bytes => json!({"type": "string", "format": "byte"}),
            Shape::Quantity => {
                let described = json!({"oneOf": [{"type": "string"}, {"type": "number"}]});
                self.simple("io.k8s.apimachinery.pkg.api.resource.Quantity", described)
            }
            Shape::Time => self.simple("io.k8s.apimachinery.pkg.apis.meta.v1.Time", time()),
            Shape::MicroTime => self.simple("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", time()),
            Shape::IntOrString => {
                let described = json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]});
                self.simple("io.k8s.apimachinery.pkg.util.intstr.IntOrString", described)
            }
            Shape::Any | Shape::Fields(_) => self.simple(self.anything, json!({"type": "object"})),
            Shape::Struct { id, .. } => {
                self.add(*id);
                reference(&full_name(&schema::structure(*id).name))
            }
            Shape::Map { of, .. } => json!({"type": "object", "additionalProperties": self.shape(of)}),
            Shape::List { of, .. } => json!({"type": "array", "items": self.shape(of)}),
        }
    }

    fn simple(&mut self, name: &'static str, described: Value) -> Value {
        self.named.insert(name, described);
        reference(name)
    }
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn list_type(property: &mut Value, merge: &ListMerge) {
    property["x-kubernetes-list-type"] = match merge {
        ListMerge::Atomic => "atomic".into(),
        ListMerge::Set => "set".into(),
        ListMerge::Keyed(keys) => {
            property["x-kubernetes-list-map-keys"] = keys.iter().map(|(key, _)| key.as_str()).collect();
            "map".into()
        }
    };
}

/// `io.k8s.api.apps.v1.Deployment`, which the table calls `apps.v1.Deployment`.
fn full_name(name: &str) -> String {
    let package = match name.split('.').next() {
        Some("meta") => "io.k8s.apimachinery.pkg.apis",
        Some("apiextensions") => "io.k8s.apiextensions-apiserver.pkg.apis",
        _ => "io.k8s.api",
    };
    format!("{package}.{name}")
}
