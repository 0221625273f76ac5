//! The types of Kubernetes' own kinds, as its server knows them: fields, how Go writes them, and how their lists and maps merge.
//! The table was printed by `tests/tables/main.go` from the Go types and the OpenAPI document of 1.36.3; it holds no rule about values.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use serde_json::Value;

mod check;

pub use check::{Fault, Keys, Problem, Wanted, check, keys_of, step};

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Text,
    Integer,
    Float,
    Boolean,
    Bytes,
    Quantity,
    Time,
    MicroTime,
    IntOrString,
    /// Anything at all: maps merge by key, lists are atomic.
    Any,
    Struct {
        id: usize,
        atomic: bool,
    },
    Map {
        of: Box<Shape>,
        atomic: bool,
    },
    List {
        of: Box<Shape>,
        merge: ListMerge,
    },
    /// An object of a definition.
    Fields(Arc<Fields>),
}

/// What a definition says of the fields of an object.
#[derive(Debug, PartialEq)]
pub struct Fields {
    pub fields: BTreeMap<String, Shape>,
    pub atomic: bool,
    /// Other fields are kept, as anything at all.
    pub open: bool,
}

/// How two versions of a list become one.
#[derive(Debug, Clone, PartialEq)]
pub enum ListMerge {
    /// As one value.
    Atomic,
    Set,
    /// By the fields that identify an item, with the value that an absent one stands for.
    Keyed(Vec<(String, Option<Value>)>),
}

/// What a strategic merge patch does with a field (<https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strategy {
    pub merge: bool,
    pub key: Option<String>,
    pub retain_keys: bool,
}

/// A field of a type.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub shape: Shape,
    pub pointer: bool,
    pub omit_empty: bool,
    pub omit_zero: bool,
    pub strategy: Strategy,
    /// Its number in protobuf, behind those of the structs that embed it.
    pub numbers: Vec<u32>,
}

/// A type of Go.
#[derive(Debug)]
pub struct Struct {
    /// `core.v1.PodSpec`
    pub name: String,
    /// Wherever it stands, it merges as one value.
    pub atomic: bool,
    /// In the order in which Go writes them.
    pub fields: Vec<Field>,
    by_name: BTreeMap<String, usize>,
}

impl Struct {
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).and_then(|at| self.fields.get(*at))
    }

    /// `PodSpec`
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

/// All types.
#[derive(Debug)]
struct Schema {
    structs: Vec<Struct>,
    ids: BTreeMap<String, usize>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| parse(include_str!("schema/types.txt")));

/// The type behind [`Shape::Struct`].
#[must_use]
pub fn structure(id: usize) -> &'static Struct {
    &SCHEMA.structs[id]
}

/// The kinds of the table, one a line: group, version, kind, and what the server says of them.
pub const KINDS: &str = include_str!("schema/kinds.txt");

/// The type of a kind of Kubernetes' own; none for any other, and for versions that the table does not have.
#[must_use]
pub fn of_kind(group: &str, version: &str, kind: &str) -> Option<Shape> {
    let group = if group.is_empty() { "core" } else { group };
    let prefix = format!("{group} {version} {kind} ");
    let package = group.split('.').next().unwrap_or_default();
    KINDS.lines().any(|line| line.starts_with(&prefix)).then(|| named(&format!("{package}.{version}.{kind}")))?
}

/// Finds a type by its name in the table: `apps.v1.Deployment`.
#[must_use]
pub fn named(name: &str) -> Option<Shape> {
    SCHEMA.ids.get(name).map(|id| Shape::Struct { id: *id, atomic: false })
}

impl Shape {
    /// What stands under a key of a struct, map or free-form value.
    #[must_use]
    pub fn child(&self, key: &str) -> Option<&Shape> {
        match self {
            Shape::Struct { id, .. } => structure(*id).field(key).map(|field| &field.shape),
            Shape::Map { of, .. } => Some(of),
            Shape::Any => Some(&Shape::Any),
            Shape::Fields(known) => known.fields.get(key).or_else(|| known.open.then_some(&Shape::Any)),
            _ => None,
        }
    }

    /// Whether the key is a field that the type itself names.
    #[must_use]
    pub fn names(&self, key: &str) -> bool {
        match self {
            Shape::Struct { id, .. } => structure(*id).field(key).is_some(),
            Shape::Fields(known) => known.fields.contains_key(key),
            _ => false,
        }
    }
}

fn parse(table: &str) -> Schema {
    let names: Vec<&str> = table.lines().filter_map(|line| line.split(' ').next()).collect();
    let mut ids = BTreeMap::new();
    let mut atomic = Vec::new();
    for (id, name) in names.iter().enumerate() {
        ids.insert(name.trim_end_matches('!').to_owned(), id);
        atomic.push(name.ends_with('!'));
    }
    let lines: Vec<&str> = table.lines().collect();
    let known = Known { ids: &ids, atomic: &atomic, lines: &lines };
    let structs = table.lines().filter(|line| !line.is_empty()).map(|line| known.structure(line)).collect();
    Schema { structs, ids }
}

/// The names that a reference in the table may hold.
struct Known<'a> {
    ids: &'a BTreeMap<String, usize>,
    atomic: &'a [bool],
    lines: &'a [&'a str],
}

impl Known<'_> {
    fn structure(&self, line: &str) -> Struct {
        let (name, fields) = line.split_once(' ').unwrap_or((line, ""));
        let fields: Vec<Field> =
            fields.split(';').filter(|field| !field.is_empty()).map(|field| self.field(field)).collect();
        let by_name = fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
        Struct { name: name.trim_end_matches('!').to_owned(), atomic: name.ends_with('!'), fields, by_name }
    }

    fn field(&self, text: &str) -> Field {
        let (head, rest) = text.split_once(':').expect("a field of the table has a type");
        let (head, numbers) = head.split_once('#').unwrap_or((head, ""));
        let numbers = numbers.split('.').filter_map(|number| number.parse().ok()).collect();
        let (shape, strategy) = match rest.split_once('^') {
            Some((shape, strategy)) => (shape, strategy_of(strategy)),
            None => (rest, Strategy::default()),
        };
        Field {
            name: head.trim_end_matches(['*', '?', '0']).to_owned(),
            shape: self.shape(shape),
            pointer: head.contains('*'),
            omit_empty: head.contains('?'),
            omit_zero: head.ends_with('0'),
            strategy,
            numbers,
        }
    }

    fn shape(&self, text: &str) -> Shape {
        let (first, rest) = text.split_at(1);
        match first {
            "s" => Shape::Text,
            "i" => Shape::Integer,
            "n" => Shape::Float,
            "b" => Shape::Boolean,
            "x" => Shape::Bytes,
            "q" => Shape::Quantity,
            "t" => Shape::Time,
            "u" => Shape::MicroTime,
            "o" => Shape::IntOrString,
            "a" => Shape::Any,
            "@" => self.reference(rest, false),
            "!" => self.reference(&rest[1..], true),
            "m" => Shape::Map { of: Box::new(self.shape(rest)), atomic: false },
            "M" => Shape::Map { of: Box::new(self.shape(rest)), atomic: true },
            "l" => Shape::List { of: Box::new(self.shape(rest)), merge: ListMerge::Atomic },
            "e" => Shape::List { of: Box::new(self.shape(rest)), merge: ListMerge::Set },
            "k" => {
                let (keys, of) = rest[1..].split_once(']').expect("keys of the table are closed");
                let keys = keys.split(',').map(|key| match key.split_once('=') {
                    Some((key, default)) => (key.to_owned(), Some(Value::from(default))),
                    None => (key.to_owned(), self.zero(of, key)),
                });
                Shape::List { of: Box::new(self.shape(of)), merge: ListMerge::Keyed(keys.collect()) }
            }
            other => unreachable!("the table of types holds {other:?}"),
        }
    }

    /// What a required key stands for when it is left out: the OpenAPI document gives it Go's zero value.
    fn zero(&self, of: &str, key: &str) -> Option<Value> {
        let line = self.lines.get(*self.ids.get(of.trim_start_matches('@'))?)?;
        let (_, fields) = line.split_once(' ')?;
        let (head, shape) = fields.split(';').filter_map(|field| field.split_once(':')).find(|(head, _)| {
            head.split('#').next().is_some_and(|head| head.trim_end_matches(['*', '?', '0']) == key)
        })?;
        match shape.chars().next()? {
            _ if head.contains(['*', '?']) => None,
            's' => Some(Value::from("")),
            'i' => Some(Value::from(0)),
            _ => None,
        }
    }

    fn reference(&self, name: &str, atomic: bool) -> Shape {
        let id = *self.ids.get(name).expect("a type of the table is in the table");
        Shape::Struct { id, atomic: atomic || self.atomic[id] }
    }
}

fn strategy_of(text: &str) -> Strategy {
    let (how, key) = match text.split_once('=') {
        Some((how, key)) => (how, Some(key.to_owned())),
        None => (text, None),
    };
    Strategy { merge: how.contains("merge"), retain_keys: how.contains("retainKeys"), key }
}
