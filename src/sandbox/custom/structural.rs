//! What a structural schema says of values: their shape for merging, which fields go, what is filled in
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>).
//! It refuses nothing.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use crate::{
    sandbox::store::text,
    schema::{self, Fields, ListMerge, Shape},
};

/// What every object has, whatever its schema says.
const OF_OBJECTS: [&str; 3] = ["apiVersion", "kind", "metadata"];

fn is_set(schema: &Value, extension: &str) -> bool {
    schema.get(extension) == Some(&Value::Bool(true))
}

pub(super) fn property<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(key)
}

/// The schema of the values of a map; true for any.
pub(super) fn additional(schema: &Value) -> Option<&Value> {
    schema.get("additionalProperties").filter(|given| !given.is_null() && **given != Value::Bool(false))
}

/// The shape of whole objects.
pub(super) fn root(schema: &Value) -> Shape {
    object(schema, true)
}

fn object(schema: &Value, is_object: bool) -> Shape {
    let atomic = text(schema, "/x-kubernetes-map-type") == "atomic";
    let open = is_set(schema, "x-kubernetes-preserve-unknown-fields");
    let properties = schema.get("properties").and_then(Value::as_object);
    if !is_object && properties.is_none_or(Map::is_empty) {
        return match additional(schema) {
            Some(of) => Shape::Map { of: Box::new(shape(of)), atomic },
            None if open && !atomic => Shape::Any,
            None => Shape::Map { of: Box::new(Shape::Any), atomic },
        };
    }
    let mut fields: BTreeMap<String, Shape> =
        properties.into_iter().flatten().map(|(key, schema)| (key.clone(), shape(schema))).collect();
    if is_object {
        fields.insert("apiVersion".to_owned(), Shape::Text);
        fields.insert("kind".to_owned(), Shape::Text);
        fields.insert("metadata".to_owned(), schema::named("meta.v1.ObjectMeta").unwrap_or(Shape::Any));
    }
    Shape::Fields(Arc::new(Fields { fields, atomic, open }))
}

fn shape(schema: &Value) -> Shape {
    if is_set(schema, "x-kubernetes-int-or-string") {
        return Shape::Any;
    }
    match text(schema, "/type") {
        "object" => object(schema, is_set(schema, "x-kubernetes-embedded-resource")),
        "array" => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let merge = match text(schema, "/x-kubernetes-list-type") {
                "set" => ListMerge::Set,
                "map" => ListMerge::Keyed(keys(schema)),
                _ => ListMerge::Atomic,
            };
            Shape::List { of: Box::new(shape(items)), merge }
        }
        "string" => Shape::Text,
        "integer" => Shape::Integer,
        "number" => Shape::Float,
        "boolean" => Shape::Boolean,
        _ => Shape::Any,
    }
}

/// The fields that name the items of a list, with their defaults.
pub(super) fn keys(schema: &Value) -> Vec<(String, Option<Value>)> {
    let names = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let items = schema.get("items").unwrap_or(&Value::Null);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| (name.to_owned(), property(items, name).and_then(|key| key.get("default").cloned()))).collect()
}

/// Takes the fields out of an object that its schema does not know, and tells which.
pub(super) fn prune(object: &mut Map<String, Value>, schema: &Value, gone: &mut Vec<String>) {
    prune_map(object, schema, true, "", gone);
}

fn prune_map(map: &mut Map<String, Value>, schema: &Value, is_object: bool, at: &str, gone: &mut Vec<String>) {
    let keeps_all = is_set(schema, "x-kubernetes-preserve-unknown-fields");
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    map.retain(|key, value| {
        if is_object && OF_OBJECTS.contains(&key.as_str()) {
            if key == "metadata" && !at.is_empty() {
                *value = super::metadata_of(value.take()).map(|(read, _)| read).unwrap_or_default();
            }
            return true;
        }
        match property(schema, key).or_else(|| additional(schema)) {
            Some(schema) => prune_value(value, schema, &below(key), gone),
            None if !keeps_all => gone.push(below(key)),
            None => {}
        }
        property(schema, key).is_some() || additional(schema).is_some() || keeps_all
    });
}

fn prune_value(value: &mut Value, schema: &Value, at: &str, gone: &mut Vec<String>) {
    match value {
        // Any value at all.
        _ if schema.is_boolean() => {}
        Value::Object(map) => {
            prune_map(map, schema, is_set(schema, "x-kubernetes-embedded-resource"), at, gone);
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            for (index, item) in items.iter_mut().enumerate() {
                prune_value(item, schema, &format!("{at}[{index}]"), gone);
            }
        }
        _ => {}
    }
}

/// Sets what has a default and was not said; null stands for nothing where it is no value.
pub(super) fn fill_in(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| {
                let known = property(schema, key).or_else(|| additional(schema));
                !value.is_null() || known.is_none_or(|known| known.is_boolean() || is_set(known, "nullable"))
            });
            for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
                    map.entry(key.clone()).or_insert_with(|| default.clone());
                }
            }
            for (key, value) in map.iter_mut() {
                if let Some(schema) = property(schema, key).or_else(|| additional(schema)) {
                    fill_in(value, schema);
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            items.iter_mut().for_each(|item| fill_in(item, schema));
        }
        _ => {}
    }
}
