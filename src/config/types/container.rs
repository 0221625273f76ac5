//! What a container is given: ports, probes, variables, volumes; short forms and what Kubernetes makes of them.

use serde_json::{Value, json};

use crate::{
    config::{
        fields::{Fields, missing, wrong_type},
        value::{Entry, Node, Table},
    },
    diagnostic::Diagnostic,
    quantity::Quantity,
};

/// The forms of a source of variables.
pub(super) const SOURCES: &str = "`{ secret = NAME }` or `{ config = NAME }`";
/// The forms of a volume.
pub(super) const VOLUMES: &str =
    "`{ storage = SIZE }`, `{ memory = SIZE }`, `{ empty = true }`, `{ secret = NAME }` or `{ config = NAME }`";

/// A port in its short form, its number.
pub(super) fn port(number: i64, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let port = self::number(number, node, diagnostics)?;
    Some(json!({"name": format!("port-{port}"), "port": port, "target": port, "protocol": "TCP"}))
}

fn number(number: i64, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<i64> {
    let is_valid = (1..=65535).contains(&number);
    if !is_valid {
        let diagnostic = Diagnostic::new("invalid port").at(node.span.clone(), "ports go from 1 to 65535");
        diagnostics.push(diagnostic);
    }
    is_valid.then_some(number)
}

/// A port in its long form.
pub(super) fn port_table(table: &Table, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let mut fields = Fields::new(table, "a port", diagnostics);
    let (given, target) = (fields.integer("port"), fields.integer("target"));
    let (name, protocol) = (fields.string("name"), fields.string("protocol"));
    if table.get("port").is_none() {
        fields.complain(missing(&node.span, "a port", "port"));
    }
    if let Some(protocol) =
        protocol.as_ref().filter(|protocol| !["TCP", "UDP", "SCTP"].contains(&protocol.value.as_str()))
    {
        fields.complain(
            Diagnostic::new("unknown protocol").at(protocol.span.clone(), "known are `TCP`, `UDP` and `SCTP`"),
        );
    }
    fields.finish();
    let number = self::number(given?.value, node, diagnostics)?;
    let target = match target {
        Some(target) => self::number(target.value, node, diagnostics)?,
        None => number,
    };
    let name = name.map_or_else(|| format!("port-{number}"), |name| name.value);
    let protocol = protocol.map_or_else(|| "TCP".to_owned(), |protocol| protocol.value);
    Some(json!({"name": name, "port": number, "target": target, "protocol": protocol}))
}

/// Tells ports that are there twice: by number and protocol, or by name.
pub(super) fn distinct(ports: &[Value], nodes: &[Node], diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let before = diagnostics.len();
    for (index, (port, node)) in ports.iter().zip(nodes).enumerate() {
        let is_same = |other: &Value, keys: &[&str]| keys.iter().all(|key| other[*key] == port[*key]);
        let word = |key: &str| port[key].as_str().unwrap_or_default();
        let repeated = ports[..index].iter().zip(nodes).find_map(|(other, first)| {
            if is_same(other, &["port", "protocol"]) {
                Some((format!("port {} of {} is given twice", port["port"], word("protocol")), first))
            } else if is_same(other, &["name"]) {
                Some((format!("two ports are called `{}`", word("name")), first))
            } else {
                None
            }
        });
        if let Some((why, first)) = repeated {
            diagnostics.push(
                Diagnostic::new("repeated port")
                    .at(node.span.clone(), "the same once more")
                    .related(first.span.clone(), "first here")
                    .detail(why)
                    .help("remove one of them, or give it another number and name"),
            );
        }
    }
    (diagnostics.len() == before).then_some(())
}

/// Tells requests above their limit, which no API server takes.
pub(super) fn within_limits(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let before = diagnostics.len();
    let limits = || table.table("limits");
    for request in table.table("requests") {
        let amount = |entry: &Entry| entry.value.tree.text().and_then(|text| Quantity::parse(&text));
        let Some(limit) = limits().find(|limit| limit.key.value == request.key.value) else { continue };
        if let (Some(asked), Some(most)) = (amount(request), amount(limit))
            && asked > most
        {
            diagnostics.push(
                Diagnostic::new("request above its limit")
                    .at(request.value.span.clone(), "more is asked for than may be used")
                    .related(limit.value.span.clone(), "the limit")
                    .detail(format!("`{}` asks for {asked} and is limited to {most}", request.key.value))
                    .help("raise the limit, or ask for less"),
            );
        }
    }
    (diagnostics.len() == before).then_some(())
}

/// How to ask, as it is written; nothing of it means that the first port must answer.
pub(super) fn probe(table: &Table, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
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
pub(super) fn variable(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
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
    const FORMS: &str = "a text, `{ value }`, `{ secret, key }`, `{ config, key }` or `{ field }`";
    let Some(table) = entry.value.table() else {
        diagnostics.push(wrong_type(&entry.value, &format!("variable `{name}`"), FORMS));
        return None;
    };
    if let [only] = table.entries.as_slice()
        && only.key.value == "value"
    {
        let text = only.value.tree.text();
        if text.is_none() {
            diagnostics.push(wrong_type(&only.value, &format!("`value` of variable `{name}`"), "a text"));
        }
        return Some(json!({"name": name, "value": text?}));
    }
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
        (secret, config, key, field) => {
            let diagnostic =
                Diagnostic::new("unclear variable").at(entry.value.span.clone(), format!("expected {FORMS}"));
            diagnostics.push(match (secret, config, key, field) {
                (Some(from), None, None, None) | (None, Some(from), None, None) => {
                    let word = if table.get("secret").is_some() { "secret" } else { "config" };
                    diagnostic
                        .detail(format!("variable `{name}` takes one value, and `{}` may hold many", from.value))
                        .help(format!("name the key: `{{ {word} = \"{}\", key = \"{name}\" }}`", from.value))
                        .help(format!("for all keys at once: `env_from = [{{ {word} = \"{}\" }}]`", from.value))
                }
                (None, None, Some(_), None) => {
                    diagnostic.detail(format!("variable `{name}` names a key, and no Secret or ConfigMap that has it"))
                }
                _ => diagnostic.detail(format!("variable `{name}` must come from exactly one place")),
            });
            return None;
        }
    };
    Some(json!({"name": name, "valueFrom": source}))
}

/// Where many variables come from: exactly one Secret or ConfigMap, all names behind `prefix` where one is given.
pub(super) fn source(table: &Table, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let before = diagnostics.len();
    let mut fields = Fields::new(table, "a source of variables", diagnostics);
    let (secret, config) = (fields.string("secret"), fields.string("config"));
    let _ = fields.string("prefix");
    // Which `references` looks at.
    let _ = fields.boolean("existing");
    fields.finish();
    if diagnostics.len() > before {
        return None;
    }
    if secret.is_some() == config.is_some() {
        diagnostics.push(
            Diagnostic::new("unclear source")
                .at(node.span.clone(), format!("expected {SOURCES}"))
                .detail("variables come from exactly one place".to_owned()),
        );
        return None;
    }
    Some(node.tree.json())
}

/// What lies at a path: exactly one of five things.
pub(super) fn volume(table: &Table, node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let before = diagnostics.len();
    let mut fields = Fields::new(table, "a volume", diagnostics);
    let sizes = ["storage", "memory"].map(|key| fields.entry(key));
    let named = ["secret", "config"].map(|key| fields.string(key).is_some());
    let empty = fields.boolean("empty");
    let existing = fields.boolean("existing");
    fields.finish();
    for size in sizes.into_iter().flatten() {
        super::check(&super::Type::Quantity, &size.value, &format!("`{}` of a volume", size.key.value), diagnostics);
    }
    if let Some(empty) = empty.as_ref().filter(|empty| !empty.value) {
        diagnostics.push(
            Diagnostic::new("unclear volume").at(empty.span.clone(), "`empty` is only ever `true`").help("remove it"),
        );
    }
    if let (Some(existing), [false, false]) = (existing, named) {
        let diagnostic =
            Diagnostic::new("unclear volume").at(existing.span, "only a Secret or a ConfigMap exists already");
        diagnostics.push(diagnostic.help("remove `existing`"));
    }
    if diagnostics.len() > before {
        return None;
    }
    let forms = sizes.iter().filter(|size| size.is_some()).count()
        + named.iter().filter(|is_named| **is_named).count()
        + usize::from(empty.is_some());
    if forms != 1 {
        let why = match forms {
            0 => "names nothing that could lie there",
            _ => "names more than one thing, and only one can lie there",
        };
        diagnostics.push(
            Diagnostic::new("unclear volume")
                .at(node.span.clone(), why.to_owned())
                .detail(format!("{what} is one of {VOLUMES}")),
        );
        return None;
    }
    Some(node.tree.json())
}

/// A whole object: what every object has must be there, all else is for its kind to say.
pub(super) fn object(table: &Table, node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let before = diagnostics.len();
    let mut lacks = |table: Option<&Table>, key: &str, place: &Node| {
        let last = key.rsplit('.').next().unwrap_or(key);
        match table.and_then(|table| table.get(last)) {
            Some(entry) if entry.value.string().is_some_and(|text| !text.is_empty()) => {}
            Some(entry) => diagnostics.push(wrong_type(&entry.value, &format!("`{key}` of an object"), "a string")),
            None => diagnostics.push(missing(&place.span, what, key)),
        }
    };
    lacks(Some(table), "apiVersion", node);
    lacks(Some(table), "kind", node);
    let metadata = table.get("metadata").map(|entry| &entry.value);
    // A list has none; its items do.
    let is_list = table.get("kind").and_then(|kind| kind.value.string()).is_some_and(|kind| kind.ends_with("List"));
    if !is_list {
        lacks(metadata.and_then(Node::table), "metadata.name", metadata.unwrap_or(node));
    }
    (diagnostics.len() == before).then(|| node.tree.json())
}
