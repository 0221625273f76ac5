//! All that is wrong with the types of a value, as data. Whether a value of the right type is a good one, it does not ask.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{ListMerge, Shape, structure};
use crate::{
    diagnostic::suggestion,
    object::{FieldPath, Segment, canonical},
    quantity::Quantity,
};

/// Something of a wrong type.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault<'a> {
    pub path: FieldPath,
    pub problem: Problem<'a>,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem<'a> {
    /// The type has no field of that name.
    Unknown {
        name: &'a str,
        known: Vec<&'a str>,
    },
    Type {
        wanted: Wanted,
        found: &'a Value,
    },
    /// Two items of a list go by one name.
    Repeated(Segment),
    /// An item, by its number, has none of the keys that name it.
    Nameless {
        index: usize,
        keys: Vec<&'a str>,
    },
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Text,
    Number,
    /// Any number passes as long as it is only merged; the server's types take whole ones.
    WholeNumber,
    NumberOrText,
    Quantity,
    Boolean,
    Map,
    List,
}

impl Wanted {
    fn words(self) -> &'static str {
        match self {
            Wanted::Text => "text",
            Wanted::Number => "a number",
            Wanted::WholeNumber => "a whole number",
            Wanted::NumberOrText => "a whole number or text",
            Wanted::Quantity => "a quantity, such as 500m or 1Gi",
            Wanted::Boolean => "true or false",
            Wanted::Map => "a map",
            Wanted::List => "a list",
        }
    }
}

impl Fault<'_> {
    /// Fixed words for all faults of a sort.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        match &self.problem {
            Problem::Unknown { .. } => "unknown field",
            Problem::Type { wanted: Wanted::Quantity, .. } => "invalid quantity",
            Problem::Type { .. } => "wrong type",
            Problem::Repeated(_) => "repeated item",
            Problem::Nameless { .. } => "item without a name",
        }
    }

    /// What is wrong, as a part of a sentence.
    #[must_use]
    pub fn detail(&self) -> String {
        let path = &self.path;
        match &self.problem {
            Problem::Unknown { .. } => format!("there is no field `{path}`"),
            Problem::Type { wanted, found } => format!("`{path}` takes {}, not {}", wanted.words(), shown(found)),
            Problem::Repeated(item) => format!("`{path}` has the item {item} more than once"),
            Problem::Nameless { index, keys } => {
                format!("item {index} of `{path}` has no `{}`, by which it is known", keys.join("` and no `"))
            }
        }
    }

    /// The field that was meant, where one is near.
    #[must_use]
    pub fn meant(&self) -> Option<&str> {
        match &self.problem {
            Problem::Unknown { name, known } => suggestion(name, known.iter().copied()),
            Problem::Type { .. } | Problem::Repeated(_) | Problem::Nameless { .. } => None,
        }
    }
}

/// A value in a few words.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 40;
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
        other => {
            let text = other.to_string();
            if text.chars().count() <= LONGEST {
                return text;
            }
            text.chars().take(LONGEST).chain("...".chars()).collect()
        }
    }
}

/// The fields that name an item, with their defaults; None for a set, whose items name themselves.
pub type Keys<'a> = Option<&'a [(String, Option<Value>)]>;

/// The step that names an item of a list, if it has its keys.
#[must_use]
pub fn step(item: &Value, keys: Keys<'_>) -> Option<Segment> {
    let Some(keys) = keys else { return Some(Segment::Value(canonical(item))) };
    let mut named = Map::new();
    for (key, default) in keys {
        match (item.get(key), default) {
            // What is given counts, though it be null.
            (Some(value), _) => named.insert(key.clone(), value.clone()),
            (None, Some(default)) => named.insert(key.clone(), default.clone()),
            // A key without a value still names the item, as long as another key has one.
            (None, None) => continue,
        };
    }
    (!named.is_empty()).then(|| Segment::Key(canonical(&Value::Object(named))))
}

/// The items of a list that merges item by item, and what names them.
#[must_use]
pub fn keys_of(shape: &Shape) -> Option<(&Shape, Keys<'_>)> {
    match shape {
        Shape::List { of, merge: ListMerge::Keyed(keys) } => Some((of, Some(keys))),
        Shape::List { of, merge: ListMerge::Set } => Some((of, None)),
        _ => None,
    }
}

/// Everything that is wrong with the types of a value.
#[must_use]
pub fn check<'a>(value: &'a Value, shape: &'a Shape) -> Vec<Fault<'a>> {
    let mut found = Vec::new();
    check_at(value, shape, &FieldPath::default(), &mut found);
    found
}

fn check_at<'a>(value: &'a Value, shape: &'a Shape, at: &FieldPath, found: &mut Vec<Fault<'a>>) {
    let mut fault = |problem| found.push(Fault { path: at.clone(), problem });
    match wanted(value, shape) {
        None => {}
        Some(wanted) => return fault(Problem::Type { wanted, found: value }),
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let below = at.with(Segment::Field(key.clone()));
                match shape.child(key) {
                    Some(child) => check_at(value, child, &below, found),
                    None if matches!(shape, Shape::Struct { .. } | Shape::Fields(_)) => {
                        found.push(Fault { path: below, problem: Problem::Unknown { name: key, known: known(shape) } });
                    }
                    None => {}
                }
            }
        }
        Value::Array(items) => check_items(items, shape, at, found),
        _ => {}
    }
}

fn check_items<'a>(items: &'a [Value], shape: &'a Shape, at: &FieldPath, found: &mut Vec<Fault<'a>>) {
    let Shape::List { of, .. } = shape else { return };
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let Some((_, keys)) = keys_of(shape) else {
            check_at(item, of, &at.with(Segment::Index(index)), found);
            continue;
        };
        let mut fault = |problem| found.push(Fault { path: at.clone(), problem });
        let Some(step) = step(item, keys) else {
            let keys = keys.unwrap_or_default().iter().map(|(key, _)| key.as_str()).collect();
            fault(Problem::Nameless { index, keys });
            continue;
        };
        if !seen.insert(step.clone()) {
            fault(Problem::Repeated(step));
            continue;
        }
        check_at(item, of, &at.with(step), found);
    }
}

/// What a value should be, where it is something else. Null stands for nothing, wherever it is.
fn wanted(value: &Value, shape: &Shape) -> Option<Wanted> {
    let is_whole = |value: &Value| value.as_f64().is_some_and(|number| number.fract() == 0.0);
    let (fits, wanted) = match shape {
        _ if value.is_null() => return None,
        Shape::Any => return None,
        Shape::Text | Shape::Bytes => (value.is_string(), Wanted::Text),
        // Whether it is a time, the server says.
        Shape::Time | Shape::MicroTime => (!value.is_array() && !value.is_object(), Wanted::Text),
        Shape::Float => (value.is_number(), Wanted::Number),
        Shape::Integer if !value.is_number() => (false, Wanted::Number),
        Shape::Integer => (is_whole(value), Wanted::WholeNumber),
        Shape::IntOrString => (value.is_string() || is_whole(value), Wanted::NumberOrText),
        Shape::Quantity => {
            let parses = value.as_str().is_some_and(|text| Quantity::parse(text.trim()).is_some());
            (parses || value.is_number(), Wanted::Quantity)
        }
        Shape::Boolean => (value.is_boolean(), Wanted::Boolean),
        Shape::Struct { .. } | Shape::Fields(_) | Shape::Map { .. } => (value.is_object(), Wanted::Map),
        Shape::List { .. } => (value.is_array(), Wanted::List),
    };
    (!fits).then_some(wanted)
}

/// The names of a type's fields.
fn known(shape: &Shape) -> Vec<&str> {
    match shape {
        Shape::Struct { id, .. } => structure(*id).fields.iter().map(|field| field.name.as_str()).collect(),
        Shape::Fields(known) => known.fields.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
