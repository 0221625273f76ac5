//! What the documents say of kinds that a definition has added: its own schema, with the fields that every object has.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

use super::{Schemas, full_name, reference};
use crate::{
    sandbox::kinds::Resource,
    schema::{self, Shape},
};

const METADATA: &str = "meta.v1.ObjectMeta";

/// The types of these kinds, and of their metadata.
pub(super) fn schemas(kinds: &[&Arc<Resource>]) -> Map<String, Value> {
    let mut shared = Schemas::default();
    if let Some(Shape::Struct { id, .. }) = schema::named(METADATA) {
        shared.add(id);
    }
    let mut schemas = shared.finish(&BTreeMap::new());
    for known in kinds {
        let Some(custom) = &known.custom else { continue };
        let mut kind = described(&custom.schema);
        add_object_fields(&mut kind);
        let named = json!({"group": known.group, "kind": known.kind, "version": known.version});
        kind["x-kubernetes-group-version-kind"] = json!([named]);
        schemas.insert(name(known), kind);
    }
    schemas
}

/// `com.example.v1.Widget`, of the group `example.com`.
fn name(known: &Resource) -> String {
    let group: Vec<&str> = known.group.rsplit('.').collect();
    format!("{}.{}.{}", group.join("."), known.version, known.kind)
}

fn add_object_fields(described: &mut Value) {
    let text = || json!({"type": "string"});
    let metadata = json!({"allOf": [reference(&full_name(METADATA))]});
    described["properties"]["apiVersion"] = text();
    described["properties"]["kind"] = text();
    described["properties"]["metadata"] = metadata;
}

/// A schema of a definition as a document has it: what its extensions mean is said in plain words too.
fn described(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    let known = fields.iter().map(|(field, value)| {
        let value = match (field.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), described(schema))).collect()
            }
            ("items" | "additionalProperties", schema) => described(schema),
            (_, value) => value.clone(),
        };
        (field.clone(), value)
    });
    let mut written = Value::Object(known.collect());
    let is = |extension: &str| schema.get(extension) == Some(&Value::Bool(true));
    if is("x-kubernetes-int-or-string") {
        written["anyOf"] = json!([{"type": "integer"}, {"type": "string"}]);
    }
    if is("x-kubernetes-embedded-resource") {
        written["required"] = json!(["kind", "apiVersion"]);
        add_object_fields(&mut written);
    }
    written
}
