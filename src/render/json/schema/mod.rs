//! JSON Schema of all that is printed with `-json`, draft 7, for those who read it by program. Tests hold every output that
//! they see to it, also that it has no field which is not described here.

use serde_json::{Map, Value, json};

mod files;
mod found;
mod lines;
mod parts;
mod plan;
mod shape;
mod views;

use shape::{any_of, object, text};

/// What a command prints with `-json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    Plan,
    Show,
    /// Lines, also of `ditc destroy`.
    Apply,
    Drift,
    Status,
    Validate,
    StateList,
    StateShow,
    Fmt,
    New,
    Modules,
    Module,
    Version,
    /// Lines.
    Logs,
    /// Lines.
    PortForward,
    Sandbox,
    Explain,
    Graph,
    History,
    Doctor,
    Lock,
    Comment,
    Set,
    ImportPayload,
    Man,
}

impl Printed {
    /// The definitions that it is one of, besides an error.
    fn shapes(self) -> &'static [&'static str] {
        match self {
            Printed::Plan => &["plan", "plans"],
            Printed::Show => &["plan"],
            Printed::Apply => &[
                "line_version",
                "line_drift",
                "line_planned_change",
                "line_change_summary",
                "line_hook",
                "line_diagnostic",
                "line_lock_wait",
                "line_interrupted",
                "line_outputs",
            ],
            Printed::Drift => &["drifts"],
            Printed::Status => &["statuses"],
            Printed::Validate => &["validation"],
            Printed::StateList => &["record"],
            Printed::StateShow => &["recorded_object"],
            Printed::Fmt => &["formatted"],
            Printed::New => &["begun"],
            Printed::Modules => &["modules"],
            Printed::Module => &["module"],
            Printed::Version => &["version"],
            Printed::Logs => &["line_log", "line_diagnostic"],
            Printed::PortForward => &["line_listening", "line_diagnostic"],
            Printed::Sandbox => &["serving"],
            Printed::Explain => &["explanation"],
            Printed::Graph => &["graph"],
            Printed::History => &["runs"],
            Printed::Doctor => &["findings"],
            Printed::Lock => &["locks"],
            Printed::Comment => &["posted"],
            Printed::Set => &["keys_set"],
            Printed::ImportPayload => &["imported"],
            Printed::Man => &["pages"],
        }
    }

    fn are_lines(self) -> bool {
        matches!(self, Printed::Apply | Printed::Logs | Printed::PortForward)
    }
}

/// The schema of what a command prints, or of each line of it.
#[must_use]
pub fn schema(printed: Printed) -> Value {
    let mut shapes = printed.shapes().to_vec();
    if !printed.are_lines() {
        shapes.push("failure");
    }
    let what = if printed.are_lines() { "each line that" } else { "the document that" };
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("{what} ditc prints with -json"),
        "description": "Readers ignore fields they do not know; what is here stays until the first number of \
            format_version changes.",
        "anyOf": any_of(&shapes),
        "definitions": used(&shapes),
    })
}

/// The definitions that are reached from some of them.
fn used(shapes: &[&str]) -> Value {
    let mut all = definitions();
    let mut found = Map::new();
    let mut open: Vec<String> = shapes.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = open.pop() {
        let Some(definition) = all.remove(&name) else { continue };
        references(&definition, &mut open);
        found.insert(name, definition);
    }
    found.sort_keys();
    Value::Object(found)
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/definitions/"));
            found.extend(name.map(str::to_owned));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn definitions() -> Map<String, Value> {
    let rooms = [
        parts::definitions(),
        plan::definitions(),
        found::definitions(),
        lines::definitions(),
        files::definitions(),
        views::definitions(),
    ];
    rooms.into_iter().flatten().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// The first field of every document.
fn version() -> shape::Fields {
    vec![("format_version", text("major.minor; the first number changes when something is taken away"))]
}

/// A document: an object that tells the version of its form.
fn document(fields: shape::Fields) -> Value {
    object(shape::and(version(), fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Printed; 25] = [
        Printed::Plan,
        Printed::Show,
        Printed::Apply,
        Printed::Drift,
        Printed::Status,
        Printed::Validate,
        Printed::StateList,
        Printed::StateShow,
        Printed::Fmt,
        Printed::New,
        Printed::Modules,
        Printed::Module,
        Printed::Version,
        Printed::Logs,
        Printed::PortForward,
        Printed::Sandbox,
        Printed::Explain,
        Printed::Graph,
        Printed::History,
        Printed::Doctor,
        Printed::Lock,
        Printed::Comment,
        Printed::Set,
        Printed::ImportPayload,
        Printed::Man,
    ];

    #[test]
    fn every_reference_leads_somewhere_and_every_definition_is_used() {
        let mut seen = std::collections::BTreeSet::new();
        for printed in ALL {
            let schema = schema(printed);
            let definitions = schema["definitions"].as_object().expect("a map");
            let mut names = Vec::new();
            references(&schema, &mut names);
            for name in names {
                assert!(definitions.contains_key(&name), "{printed:?}: {name}");
                seen.insert(name);
            }
        }
        let all: std::collections::BTreeSet<String> = definitions().keys().cloned().collect();
        assert_eq!(seen, all);
    }
}
