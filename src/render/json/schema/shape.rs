//! The words in which the schemas are written: a handful of functions that return JSON Schema.

use serde_json::{Map, Value, json};

/// The fields of an object by their names; a name that ends with `?` may be missing.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// An object with these fields. Others may come with a later minor version, so they are not refused.
pub(super) fn object(fields: Fields) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema) in fields {
        let plain = name.trim_end_matches('?');
        if plain == name {
            required.push(Value::from(name));
        }
        properties.insert(plain.to_owned(), schema);
    }
    json!({"type": "object", "required": required, "properties": properties})
}

/// The fields of both, in their order.
pub(super) fn and(mut fields: Fields, more: Fields) -> Fields {
    fields.extend(more);
    fields
}

pub(super) fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// A text, or null where there is none.
pub(super) fn maybe(description: &str) -> Value {
    json!({"type": ["string", "null"], "description": description})
}

pub(super) fn time(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

pub(super) fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

pub(super) fn count(description: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": description})
}

/// A number, or null where there is none.
pub(super) fn maybe_count(description: &str) -> Value {
    json!({"type": ["integer", "null"], "minimum": 0, "description": description})
}

/// One of some words.
pub(super) fn word(words: &[&str], description: &str) -> Value {
    described(json!({"type": "string", "enum": words}), description)
}

/// Words to which a later minor version may add.
pub(super) fn open_word(words: &[&str], description: &str) -> Value {
    described(json!({"type": "string", "examples": words}), description)
}

/// With a sentence about it, where its name does not say enough.
fn described(mut schema: Value, description: &str) -> Value {
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    schema
}

/// Any JSON.
pub(super) fn any(description: &str) -> Value {
    json!({"description": description})
}

pub(super) fn list(items: Value, description: &str) -> Value {
    json!({"type": "array", "items": items, "description": description})
}

pub(super) fn texts(description: &str) -> Value {
    list(json!({"type": "string"}), description)
}

/// A map from names to values of one shape.
pub(super) fn map(values: Value, description: &str) -> Value {
    json!({"type": "object", "additionalProperties": values, "description": description})
}

/// What is defined under a name.
pub(super) fn of(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// The same, or null.
pub(super) fn of_or_null(name: &str) -> Value {
    json!({"anyOf": [of(name), {"type": "null"}]})
}

pub(super) fn any_of(names: &[&str]) -> Value {
    json!(names.iter().map(|name| of(name)).collect::<Vec<_>>())
}
