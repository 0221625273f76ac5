//! What the server's structured merge does with typed values: check, find the fields, merge, compare, remove. It follows
//! <https://github.com/kubernetes-sigs/structured-merge-diff> rule by rule and knows no managers.

mod compare;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    object::Segment,
    ownership::{Node, Paths},
    schema::{self, Fault, ListMerge, Problem, Shape, Wanted, keys_of, step},
};

pub(super) use compare::{Changes, compare};

/// How a value is walked.
enum Form {
    Leaf,
    Map,
    List,
}

fn form(shape: &Shape, value: &Value) -> Form {
    match shape {
        Shape::Struct { atomic: false, .. } | Shape::Map { atomic: false, .. } => Form::Map,
        Shape::Fields(known) if !known.atomic => Form::Map,
        Shape::Any if value.is_object() => Form::Map,
        Shape::List { merge: ListMerge::Keyed(_) | ListMerge::Set, .. } => Form::List,
        _ => Form::Leaf,
    }
}

/// Everything that is wrong with the types of a value, in the words of the merge: `.spec.replica: field not declared in schema`.
/// What only the types of Go refuse is none of it.
pub(super) fn check(value: &Value, shape: &Shape) -> Vec<String> {
    schema::check(value, shape).iter().filter_map(told).collect()
}

fn told(fault: &Fault<'_>) -> Option<String> {
    let Fault { path, problem } = fault;
    let what = match problem {
        Problem::Unknown { .. } => "field not declared in schema".to_owned(),
        Problem::Repeated(step) => format!("duplicate entries for key {step}"),
        Problem::Nameless { index, keys } => {
            let names: Vec<String> = keys.iter().map(|name| format!("{name:?}")).collect();
            format!(
                "element {index}: associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
                names.join(" ")
            )
        }
        Problem::Type { wanted, found } => {
            let (wanted, got) = match wanted {
                Wanted::Text => ("string", format!("&value.valueUnstructured{{Value:{}}}", in_go(found, Go::Syntax))),
                Wanted::Number => ("numeric (int or float)", go_type(found).to_owned()),
                Wanted::Boolean => ("boolean", pointed(found)),
                Wanted::Map => ("map", pointed(found)),
                Wanted::List => ("list", pointed(found)),
                Wanted::NumberOrText | Wanted::Quantity if found.is_array() || found.is_object() => {
                    ("any scalar", pointed(found))
                }
                Wanted::WholeNumber | Wanted::NumberOrText | Wanted::Quantity => return None,
            };
            format!("expected {wanted}, got {got}")
        }
    };
    Some(format!("{path}: {what}"))
}

/// `%T`
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// How Go prints a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Go {
    /// `%v`
    Plain,
    /// `%#v`
    Syntax,
}

/// `%v` of the pointer that the server holds a value with: `&{[]}`.
fn pointed(value: &Value) -> String {
    format!("&{{{}}}", in_go(value, Go::Plain))
}

fn in_go(value: &Value, how: Go) -> String {
    let is_plain = how == Go::Plain;
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) if is_plain => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| in_go(item, how)).collect();
            if is_plain {
                format!("[{}]", items.join(" "))
            } else {
                format!("[]interface {{}}{{{}}}", items.join(", "))
            }
        }
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let key = |key: &str| if is_plain { key.to_owned() } else { format!("{key:?}") };
            let pairs: Vec<String> =
                sorted.into_iter().map(|(name, value)| format!("{}:{}", key(name), in_go(value, how))).collect();
            if is_plain {
                format!("map[{}]", pairs.join(" "))
            } else {
                format!("map[string]interface {{}}{{{}}}", pairs.join(", "))
            }
        }
    }
}

/// The fields that a value speaks of.
pub(super) fn fields(value: &Value, shape: &Shape) -> Paths {
    fields_below(value, shape).0
}

/// The fields below a value, and whether the value itself is one.
fn fields_below(value: &Value, shape: &Shape) -> (Paths, bool) {
    let mut paths = Paths::default();
    match form(shape, value) {
        Form::Leaf => return (paths, true),
        Form::Map => {
            for (key, value) in value.as_object().into_iter().flatten() {
                let Some(child) = shape.child(key) else { continue };
                let (below, is_leaf) = fields_below(value, child);
                let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                let member = is_leaf || is_empty || !shape.names(key);
                if member || !below.is_empty() {
                    paths.put(Segment::Field(key.clone()), Node { member, below });
                }
            }
        }
        Form::List => {
            let Some((of, keys)) = keys_of(shape) else { return (paths, false) };
            for item in value.as_array().into_iter().flatten() {
                let Some(step) = step(item, keys) else { continue };
                let (below, _) = fields_below(item, of);
                // Of several items under one key, only that they are there counts.
                let below = if paths.child(&step).is_some() { Paths::default() } else { below };
                paths.put(step, Node { member: true, below });
            }
        }
    }
    (paths, false)
}

/// Lays a configuration over a live value.
pub(super) fn merge(live: Option<&Value>, config: Option<&Value>, shape: &Shape) -> Option<Value> {
    let (live, config) = match (live, config) {
        (None, None) => return None,
        (Some(live), None) => return Some(live.clone()),
        (None, Some(config)) => return Some(config.clone()),
        (Some(live), Some(config)) => (live, config),
    };
    if is_void(live) && is_void(config) {
        return Some(config.clone());
    }
    match form(shape, config) {
        Form::Leaf => Some(config.clone()),
        Form::Map => {
            let nothing = Map::new();
            let (live, config) = (live.as_object().unwrap_or(&nothing), config.as_object().unwrap_or(&nothing));
            let mut merged = Map::new();
            let added = config.keys().filter(|key| !live.contains_key(*key));
            for key in live.keys().chain(added) {
                let Some(child) = shape.child(key) else { continue };
                if let Some(value) = merge(live.get(key), config.get(key), child) {
                    merged.insert(key.clone(), value);
                }
            }
            (!merged.is_empty()).then_some(Value::Object(merged))
        }
        Form::List => {
            let items = merge_lists(live, config, shape);
            (!items.is_empty()).then_some(Value::Array(items))
        }
    }
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Keeps the order of the configuration among the items that it names, and live items where they stood between them.
fn merge_lists(live: &Value, config: &Value, shape: &Shape) -> Vec<Value> {
    let Some((of, keys)) = keys_of(shape) else { return Vec::new() };
    let index = |value: &'_ Value| -> Vec<(Segment, Value)> {
        value.as_array().into_iter().flatten().filter_map(|item| Some((step(item, keys)?, item.clone()))).collect()
    };
    let (left, right) = (index(live), index(config));
    let in_left: BTreeMap<&Segment, &Value> = left.iter().rev().map(|(step, item)| (step, item)).collect();
    let in_right: BTreeMap<&Segment, &Value> = right.iter().map(|(step, item)| (step, item)).collect();
    let mut shared = right.iter().map(|(step, _)| step).filter(|step| in_left.contains_key(step));
    let mut next = shared.next();
    let mut merged = BTreeMap::new();
    let mut out = Vec::new();
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        if let (Some((step, item)), Some((wanted, config))) = (left.get(l), right.get(r)) {
            if step == wanted {
                merged.insert(step, ());
                out.extend(merge(Some(item), Some(config), of));
                (l, r) = (l + 1, r + 1);
                next = shared.next();
                continue;
            }
            if in_right.contains_key(step) && next.is_some_and(|next| next != step) {
                l += 1;
                continue;
            }
        }
        if let Some((step, item)) = left.get(l) {
            if !in_right.contains_key(step) {
                out.push(item.clone());
                l += 1;
                continue;
            } else if merged.contains_key(step) {
                l += 1;
            }
        }
        if let Some((step, config)) = right.get(r) {
            merged.insert(step, ());
            out.extend(merge(in_left.get(step).copied(), Some(config), of));
            r += 1;
            if next == Some(step) {
                next = shared.next();
            }
        }
    }
    out
}

/// Takes the named fields out of a value; None when nothing is left.
pub(super) fn remove(value: &Value, shape: &Shape, gone: &Paths) -> Option<Value> {
    match form(shape, value) {
        Form::Leaf => match shape {
            Shape::Struct { .. } | Shape::Fields(_) | Shape::Map { .. } | Shape::List { .. } => None,
            _ => Some(value.clone()),
        },
        Form::Map => {
            let mut left = Map::new();
            for (key, value) in value.as_object().into_iter().flatten() {
                let Some(child) = shape.child(key) else { continue };
                match gone.child(&Segment::Field(key.clone())) {
                    Some(node) if node.member => {}
                    Some(node) => {
                        let value = remove(value, child, &node.below);
                        left.insert(key.clone(), value.unwrap_or(Value::Null));
                    }
                    None => {
                        left.insert(key.clone(), value.clone());
                    }
                }
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Form::List => {
            let (of, keys) = keys_of(shape)?;
            let mut left = Vec::new();
            for item in value.as_array().into_iter().flatten() {
                match step(item, keys).and_then(|step| gone.child(&step)) {
                    Some(node) if node.member => {}
                    Some(node) => left.push(remove(item, of, &node.below).unwrap_or(Value::Null)),
                    None => left.push(item.clone()),
                }
            }
            (!left.is_empty()).then_some(Value::Array(left))
        }
    }
}

/// Makes members of the struct fields that are only on the way to members, so that a whole struct can go.
pub(super) fn with_named_fields(paths: &Paths, shape: &Shape) -> Paths {
    let mut all = Paths::default();
    for (segment, node) in paths.children() {
        let (child, is_named) = match segment {
            Segment::Field(key) => (shape.child(key), shape.names(key)),
            _ => (keys_of(shape).map(|(of, _)| of), false),
        };
        let below = match child {
            Some(child) if !node.below.is_empty() => with_named_fields(&node.below, child),
            _ => node.below.clone(),
        };
        let member = node.member || (is_named && !node.below.is_empty());
        all.put(segment.clone(), Node { member, below });
    }
    all
}
