//! The types of a module's inputs: how they are written, and whether a value is of one. A value that passes becomes the
//! JSON that templates see.

use std::fmt;

use serde_json::{Value, json};

use super::{
    duration,
    fields::{Fields, wrong_type},
    module::Input,
    settings::invalid_duration,
    value::{Entry, Node, Table, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Spanned},
    quantity::Quantity,
};

/// The type of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Integer,
    Boolean,
    Quantity,
    Duration,
    Any,
    List(Box<Type>),
    Map(Box<Type>),
    /// Variables of a container, in their order: templates get the list that Kubernetes takes.
    Env,
    /// A port, `8000` or `{ port = 80, target = 8000 }`: templates get name, port, target and protocol.
    Port,
    /// How to ask a container whether it works.
    Probe,
}

impl Type {
    pub(super) const NAMES: [&str; 11] = [
        "string",
        "integer",
        "boolean",
        "quantity",
        "duration",
        "any",
        "list(string)",
        "map(string)",
        "env",
        "port",
        "probe",
    ];

    /// Reads `list(map(string))` and the like.
    pub(super) fn parse(text: &str) -> Option<Type> {
        let text = text.trim();
        let inner = |name: &str| text.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')');
        Some(match text {
            "string" => Type::String,
            "integer" => Type::Integer,
            "boolean" => Type::Boolean,
            "quantity" => Type::Quantity,
            "duration" => Type::Duration,
            "any" => Type::Any,
            "env" => Type::Env,
            "port" => Type::Port,
            "probe" => Type::Probe,
            _ => match (inner("list"), inner("map")) {
                (Some(item), _) => Type::List(Box::new(Type::parse(item)?)),
                (None, Some(value)) => Type::Map(Box::new(Type::parse(value)?)),
                (None, None) => return None,
            },
        })
    }

    /// The type with its article, as in "takes a quantity".
    fn expected(&self) -> String {
        match self {
            Type::String => "a string".to_owned(),
            Type::Integer => "an integer".to_owned(),
            Type::Boolean => "`true` or `false`".to_owned(),
            Type::Quantity => "a quantity such as `100m` or `1Gi`".to_owned(),
            Type::Duration => "a duration such as `90s` or `1h30m`".to_owned(),
            Type::Any => "any value".to_owned(),
            Type::List(item) => format!("a list of {}", item.plural()),
            Type::Map(_) | Type::Env => "a table".to_owned(),
            Type::Port => "a port".to_owned(),
            Type::Probe => "a table, or `false` for none".to_owned(),
        }
    }
}

impl Type {
    /// Many of the type, as in "takes a list of ports".
    fn plural(&self) -> &'static str {
        match self {
            Type::String => "strings",
            Type::Integer => "integers",
            Type::Boolean => "booleans",
            Type::Quantity => "quantities",
            Type::Duration => "durations",
            Type::Any => "values",
            Type::List(_) => "lists",
            Type::Map(_) | Type::Env => "tables",
            Type::Port => "ports",
            Type::Probe => "probes",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::String => f.write_str("string"),
            Type::Integer => f.write_str("integer"),
            Type::Boolean => f.write_str("boolean"),
            Type::Quantity => f.write_str("quantity"),
            Type::Duration => f.write_str("duration"),
            Type::Any => f.write_str("any"),
            Type::List(item) => write!(f, "list({item})"),
            Type::Map(value) => write!(f, "map({value})"),
            Type::Env => f.write_str("env"),
            Type::Port => f.write_str("port"),
            Type::Probe => f.write_str("probe"),
        }
    }
}

impl Input {
    /// Checks a value against the input's type; `what` names the input with its module. None: it was refused and told.
    pub(super) fn check(&self, node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
        let is_none = match self.kind {
            Type::Boolean | Type::Any => false,
            Type::Quantity => node.is_false() || node.string() == Some(""),
            Type::String | Type::Integer | Type::Duration | Type::List(_) | Type::Map(_) => node.is_false(),
            Type::Env | Type::Port | Type::Probe => node.is_false(),
        };
        if is_none && !self.is_required {
            return Some(Value::Null);
        }
        let before = diagnostics.len();
        let value = check(&self.kind, node, what, diagnostics);
        for diagnostic in &mut diagnostics[before..] {
            *diagnostic = diagnostic.clone().related(self.span.clone(), format!("declared here as `{}`", self.kind));
        }
        (diagnostics.len() == before).then_some(value)?
    }
}

fn check(kind: &Type, node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    match (kind, &node.tree) {
        (Type::Any, _)
        | (Type::String, Tree::String(_))
        | (Type::Integer, Tree::Integer(_))
        | (Type::Boolean, Tree::Boolean(_)) => Some(node.tree.json()),
        (Type::Quantity, Tree::Integer(number)) if *number >= 0 => Some(node.tree.json()),
        (Type::Quantity, Tree::String(text)) if Quantity::parse(text).is_some() => Some(node.tree.json()),
        (Type::Quantity, Tree::String(text)) => {
            diagnostics.push(invalid_quantity(text, node));
            None
        }
        (Type::Duration, Tree::String(text)) => {
            if duration::parse(text).is_some() {
                return Some(node.tree.json());
            }
            diagnostics.push(invalid_duration(&Spanned { value: text.clone(), span: node.span.clone() }));
            None
        }
        (Type::List(item), Tree::List(nodes)) => {
            let what = format!("each item of {what}");
            // All are looked at before any is missed, so that all mistakes are told; so it is below.
            let items: Vec<_> = nodes.iter().map(|node| check(item, node, &what, diagnostics)).collect();
            items.into_iter().collect()
        }
        (Type::Map(value), Tree::Table(table)) => {
            let entries = table.entries.iter().map(|entry| {
                let what = format!("`{}` in {what}", entry.key.value);
                Some((entry.key.value.clone(), check(value, &entry.value, &what, diagnostics)?))
            });
            let entries: Vec<_> = entries.collect();
            entries.into_iter().collect::<Option<_>>().map(Value::Object)
        }
        (Type::Env, Tree::Table(table)) => {
            let variables: Vec<_> = table.entries.iter().map(|entry| variable(entry, diagnostics)).collect();
            variables.into_iter().collect::<Option<_>>().map(Value::Array)
        }
        (Type::Port, Tree::Integer(number)) => port(*number, node, diagnostics)
            .map(|port| json!({"name": format!("port-{port}"), "port": port, "target": port, "protocol": "TCP"})),
        (Type::Port, Tree::Table(table)) => port_table(table, node, diagnostics),
        (Type::Probe, Tree::Table(table)) => probe(table, node, diagnostics),
        _ => {
            diagnostics.push(wrong_type(node, what, &kind.expected()));
            None
        }
    }
}

fn invalid_quantity(text: &str, node: &Node) -> Diagnostic {
    let diagnostic = Diagnostic::new("invalid quantity").at(node.span.clone(), "Kubernetes cannot read this quantity");
    let upper = text.to_ascii_uppercase();
    let meant = [("KB", "Ki"), ("MB", "Mi"), ("GB", "Gi"), ("K", "k")]
        .into_iter()
        .find_map(|(wrong, right)| Some(format!("{}{right}", upper.strip_suffix(wrong)?.trim())));
    match meant.filter(|meant| Quantity::parse(meant).is_some()) {
        Some(meant) => diagnostic.help(format!("write `{meant}`")),
        None => diagnostic.help("quantities look like `100m`, `0.5`, `156Mi` or `1Gi`"),
    }
}

fn port(number: i64, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<i64> {
    let is_valid = (1..=65535).contains(&number);
    if !is_valid {
        let diagnostic = Diagnostic::new("invalid port").at(node.span.clone(), "ports go from 1 to 65535");
        diagnostics.push(diagnostic);
    }
    is_valid.then_some(number)
}

fn port_table(table: &Table, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let mut fields = Fields::new(table, "a port", diagnostics);
    let (given, target) = (fields.integer("port"), fields.integer("target"));
    let (name, protocol) = (fields.string("name"), fields.string("protocol"));
    if table.get("port").is_none() {
        fields.complain(super::fields::missing(&node.span, "a port", "port"));
    }
    if let Some(protocol) =
        protocol.as_ref().filter(|protocol| !["TCP", "UDP", "SCTP"].contains(&protocol.value.as_str()))
    {
        fields.complain(
            Diagnostic::new("unknown protocol").at(protocol.span.clone(), "known are `TCP`, `UDP` and `SCTP`"),
        );
    }
    fields.finish();
    let number = port(given?.value, node, diagnostics)?;
    let target = match target {
        Some(target) => port(target.value, node, diagnostics)?,
        None => number,
    };
    let name = name.map_or_else(|| format!("port-{number}"), |name| name.value);
    let protocol = protocol.map_or_else(|| "TCP".to_owned(), |protocol| protocol.value);
    Some(json!({"name": name, "port": number, "target": target, "protocol": protocol}))
}

fn probe(table: &Table, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let mut fields = Fields::new(table, "a probe", diagnostics);
    let path = fields.string("path");
    let command = fields.strings("command");
    let _ = (fields.integer("port"), fields.integer("delay"), fields.integer("period"));
    let _ = (fields.integer("timeout"), fields.integer("failures"));
    if let (Some(path), Some(_)) = (&path, &command) {
        fields.complain(
            Diagnostic::new("two probes in one").at(path.span.clone(), "either `path` or `command`, not both"),
        );
    }
    fields.finish();
    Some(node.tree.json())
}

/// One variable of a container, in the form of Kubernetes.
fn variable(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let name = &entry.key.value;
    let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_valid) || name.starts_with(|c: char| c.is_ascii_digit()) {
        diagnostics.push(
            Diagnostic::new("invalid name")
                .at(entry.key.span.clone(), "not the name of a variable")
                .detail(format!("the name `{name}` may hold only letters, digits, `_`, `-` and `.`, no digit first")),
        );
        return None;
    }
    if let Some(text) = entry.value.tree.text() {
        return Some(json!({"name": name, "value": text}));
    }
    const FORMS: &str = "a text, `{ secret, key }`, `{ config, key }` or `{ field }`";
    let Some(table) = entry.value.table() else {
        diagnostics.push(wrong_type(&entry.value, &format!("variable `{name}`"), FORMS));
        return None;
    };
    let mut fields = Fields::new(table, format!("variable `{name}`"), diagnostics);
    let (secret, config) = (fields.string("secret"), fields.string("config"));
    let (key, field) = (fields.string("key"), fields.string("field"));
    // Which `references` looks at.
    let existing = fields.boolean("existing");
    fields.finish();
    if let (Some(existing), Some(_)) = (existing, &field) {
        let diagnostic = Diagnostic::new("unclear variable").at(existing.span, "a field is always there");
        diagnostics.push(diagnostic.help("remove `existing`"));
    }
    let source = match (secret, config, key, field) {
        (Some(secret), None, Some(key), None) => json!({"secretKeyRef": {"name": secret.value, "key": key.value}}),
        (None, Some(config), Some(key), None) => json!({"configMapKeyRef": {"name": config.value, "key": key.value}}),
        (None, None, None, Some(field)) => json!({"fieldRef": {"fieldPath": field.value}}),
        _ => {
            let diagnostic =
                Diagnostic::new("unclear variable").at(entry.value.span.clone(), format!("expected {FORMS}"));
            diagnostics.push(diagnostic.detail(format!("variable `{name}` must come from exactly one place")));
            return None;
        }
    };
    Some(json!({"name": name, "valueFrom": source}))
}
