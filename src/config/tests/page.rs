//! The page of all keys, `.schema/README.md`, is what the schemas say, which say what the readers read.

use std::fmt::Write;

use serde_json::Value;

use super::*;

const HEAD: &str = "# Keys of the TOML files\n\nMade from the schemas beside it, and held equal to them by a test. In place of a text or a number an environment\n\
    may hold an expression, `\"{{ variables.x }}\"`; what a module's inputs are is told by `ditc modules show NAME`.\n";

/// The variant of a schema that has keys of its own, if one does.
fn variants(schema: &Value) -> Vec<&Value> {
    match schema["anyOf"].as_array() {
        Some(variants) => variants.iter().flat_map(self::variants).collect(),
        None => vec![schema],
    }
}

/// What a key takes, in few words.
fn takes(schema: &Value) -> String {
    let mut words: Vec<String> = Vec::new();
    for variant in variants(schema) {
        let word = match (variant["type"].as_str(), variant["enum"].as_array(), &variant["const"]) {
            (_, Some(values), _) => values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "),
            (_, _, Value::Bool(value)) => format!("`{value}`"),
            (Some("object"), ..) => "table".to_owned(),
            (Some("array"), ..) => "list".to_owned(),
            (Some("boolean"), ..) => "`true`, `false`".to_owned(),
            (Some("string"), ..) => match variant["pattern"].as_str().unwrap_or_default() {
                // An expression may stand for anything, which the head of the page says once.
                r"\{\{" => continue,
                pattern if pattern.contains("[numkMGTPE]") => "quantity".to_owned(),
                pattern if pattern.contains("(ns|us") => "duration".to_owned(),
                _ => "string".to_owned(),
            },
            (Some(kind), ..) => kind.to_owned(),
            _ => "any value".to_owned(),
        };
        // A quantity without a unit.
        let is_said = word == "quantity" && words.last().is_some_and(|last| last == "integer");
        if is_said {
            words.pop();
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" or ")
}

fn rows(schema: &Value, path: &str, out: &mut String) {
    for variant in variants(schema) {
        for (key, inner) in variant["properties"].as_object().into_iter().flatten() {
            row(inner, &join(path, key), out);
        }
        match &variant["additionalProperties"] {
            inner @ Value::Object(_) if path.split('.').count() < 3 => rows(inner, &join(path, "NAME"), out),
            _ => {}
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn row(schema: &Value, path: &str, out: &mut String) {
    let default = match &schema["default"] {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Object(entries) if entries.is_empty() => String::new(),
        default => format!("; else `{default}`"),
    };
    let about = schema["description"].as_str().unwrap_or_default().replace('|', "\\|");
    writeln!(out, "| `{path}` | {}{default} | {about} |", takes(schema)).expect("a text grows");
    // What a container is given is a language of its own, and the page of module `service` tells it.
    if !path.starts_with("services.NAME.") {
        rows(schema, path, out);
    }
}

#[test]
fn the_page_of_keys_says_what_the_schemas_say() {
    let workspace = parse::<String>(&BTreeMap::new());
    let mut page = HEAD.to_owned();
    for (title, schema) in [
        ("environments/ENV.toml", environment_schema(&workspace)),
        ("modules/NAME/module.toml", module_schema()),
        ("ditc.toml", ditc_schema()),
    ] {
        write!(page, "\n## {title}\n\n| key | takes | |\n| --- | --- | --- |\n").expect("a text grows");
        rows(&schema, "", &mut page);
    }
    snapbox::assert_data_eq!(page, snapbox::file!["../../../.schema/README.md": Text].raw());
}
