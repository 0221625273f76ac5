//! The types of a module's inputs: how they are written, and whether a value is of one. A value that passes becomes the
//! JSON that templates see.

use std::fmt;

use serde_json::Value;

use super::{
    duration,
    fields::{listed, wrong_type},
    module::Input,
    object::subdomain,
    settings::invalid_duration,
    value::{Node, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Spanned, suggestion},
    quantity::Quantity,
};

mod container;

/// The type of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Integer,
    Boolean,
    Quantity,
    Duration,
    /// The name under which something is reachable, as an Ingress takes it.
    Host,
    Any,
    List(Box<Type>),
    Map(Box<Type>),
    /// Variables of a container, in their order: templates get the list that Kubernetes takes.
    Env,
    /// A port, `8000` or `{ port = 80, target = 8000 }`: templates get name, port, target and protocol.
    Port,
    /// How to ask a container whether it works.
    Probe,
    /// Where many variables of a container come from at once: all keys of a Secret or a ConfigMap.
    Source,
    /// What a container finds at a path: a claim, memory, an empty directory, a Secret or a ConfigMap.
    Volume,
    /// A whole object of Kubernetes.
    Object,
}

impl Type {
    pub(super) const NAMES: [&str; 15] = [
        "string",
        "integer",
        "boolean",
        "quantity",
        "duration",
        "host",
        "any",
        "list(string)",
        "map(string)",
        "env",
        "port",
        "probe",
        "source",
        "volume",
        "object",
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
            "host" => Type::Host,
            "any" => Type::Any,
            "env" => Type::Env,
            "port" => Type::Port,
            "probe" => Type::Probe,
            "source" => Type::Source,
            "volume" => Type::Volume,
            "object" => Type::Object,
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
            Type::Host => "a host such as `web.example.com`".to_owned(),
            Type::Any => "any value".to_owned(),
            Type::List(item) => format!("a list of {}", item.plural()),
            Type::Map(_) | Type::Env => "a table".to_owned(),
            Type::Port => "a port".to_owned(),
            Type::Probe => "a table, or `false` for none".to_owned(),
            Type::Source => "a source of variables".to_owned(),
            Type::Volume => "a volume".to_owned(),
            Type::Object => "an object of Kubernetes".to_owned(),
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
            Type::Host => "hosts",
            Type::Any => "values",
            Type::List(_) => "lists",
            Type::Map(_) | Type::Env => "tables",
            Type::Port => "ports",
            Type::Probe => "probes",
            Type::Source => "sources",
            Type::Volume => "volumes",
            Type::Object => "objects",
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
            Type::Host => f.write_str("host"),
            Type::Any => f.write_str("any"),
            Type::List(item) => write!(f, "list({item})"),
            Type::Map(value) => write!(f, "map({value})"),
            Type::Env => f.write_str("env"),
            Type::Port => f.write_str("port"),
            Type::Probe => f.write_str("probe"),
            Type::Source => f.write_str("source"),
            Type::Volume => f.write_str("volume"),
            Type::Object => f.write_str("object"),
        }
    }
}

impl Input {
    /// Checks a value against the input's type; `what` names the input with its module. None: it was refused and told.
    pub(super) fn check(&self, node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
        let is_none = match self.kind {
            Type::Boolean | Type::Any => false,
            Type::Quantity => node.is_false() || node.string() == Some(""),
            Type::String | Type::Host | Type::Integer | Type::Duration | Type::List(_) | Type::Map(_) => {
                node.is_false()
            }
            Type::Env | Type::Port | Type::Probe | Type::Source | Type::Volume | Type::Object => node.is_false(),
        };
        if is_none && !self.is_required {
            return Some(Value::Null);
        }
        let before = diagnostics.len();
        let value = check(&self.kind, node, what, diagnostics);
        if let Some(text) =
            node.string().filter(|text| !self.values.is_empty() && !self.values.iter().any(|v| v == text))
        {
            let diagnostic = Diagnostic::new("value not allowed")
                .at(node.span.clone(), "not one of its values")
                .detail(format!("{what} takes {}, not `{text}`", listed(self.values.iter().map(String::as_str))));
            diagnostics.push(match suggestion(text, self.values.iter().map(String::as_str)) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic,
            });
        }
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
        (Type::Host, Tree::String(text)) => {
            // One label may stand for all.
            let why = subdomain(text.strip_prefix("*.").unwrap_or(text));
            diagnostics.extend(why.as_ref().map(|why| {
                Diagnostic::new("invalid host")
                    .at(node.span.clone(), "not the name of a host")
                    .detail(format!("{what} {why}"))
                    .help("a host has neither scheme nor port nor path: `web.example.com`")
            }));
            why.is_none().then(|| node.tree.json())
        }
        (Type::List(item), Tree::List(nodes)) => {
            let what = format!("each item of {what}");
            // All are looked at before any is missed, so that all mistakes are told; so it is below.
            let items: Vec<_> = nodes.iter().map(|node| check(item, node, &what, diagnostics)).collect();
            let items: Vec<Value> = items.into_iter().collect::<Option<_>>()?;
            if **item == Type::Port {
                container::distinct(&items, nodes, diagnostics)?;
            }
            Some(Value::Array(items))
        }
        (Type::Map(value), Tree::Table(table)) => {
            let entries = table.entries.iter().map(|entry| {
                let what = format!("`{}` in {what}", entry.key.value);
                Some((entry.key.value.clone(), check(value, &entry.value, &what, diagnostics)?))
            });
            let entries: Vec<_> = entries.collect();
            let entries = entries.into_iter().collect::<Option<_>>()?;
            if **value == Type::Map(Box::new(Type::Quantity)) {
                container::within_limits(table, diagnostics)?;
            }
            Some(Value::Object(entries))
        }
        (Type::Env, Tree::Table(table)) => {
            let variables: Vec<_> = table.entries.iter().map(|entry| container::variable(entry, diagnostics)).collect();
            variables.into_iter().collect::<Option<_>>().map(Value::Array)
        }
        (Type::Port, Tree::Integer(number)) => container::port(*number, node, diagnostics),
        (Type::Port, Tree::Table(table)) => container::port_table(table, node, diagnostics),
        (Type::Probe, Tree::Table(table)) => container::probe(table, node, diagnostics),
        (Type::Source, Tree::Table(table)) => container::source(table, node, diagnostics),
        (Type::Volume, Tree::Table(table)) => container::volume(table, node, what, diagnostics),
        (Type::Object, Tree::Table(table)) => container::object(table, node, what, diagnostics),
        _ => {
            let diagnostic = wrong_type(node, what, &kind.expected());
            diagnostics.push(match kind {
                Type::Source => diagnostic.help(format!("write {}", container::SOURCES)),
                Type::Volume => diagnostic.help(format!("write {}", container::VOLUMES)),
                _ => diagnostic,
            });
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
