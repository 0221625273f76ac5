//! Values as a user wrote them, each with its place; the common ground of TOML, expressions and inputs. It judges nothing.

use serde_json::Value;

use crate::diagnostic::{Span, Spanned};

/// A value and the place it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) tree: Tree,
    pub(super) span: Span,
}

/// What a TOML value may be here; floats and dates are refused where files are read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    String(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
}

/// A table whose entries stay in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Spanned<String>,
    pub(super) value: Node,
}

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.value.as_str())
    }

    /// The entries of a table under `key`; none when there is no such table.
    pub(super) fn table(&self, key: &str) -> impl Iterator<Item = &Entry> {
        let table = self.get(key).and_then(|entry| entry.value.table());
        table.into_iter().flat_map(|table| &table.entries)
    }

    pub(super) fn string(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|entry| entry.value.string())
    }
}

impl Node {
    pub(super) fn string(&self) -> Option<&str> {
        match &self.tree {
            Tree::String(text) => Some(text),
            Tree::Integer(_) | Tree::Boolean(_) | Tree::List(_) | Tree::Table(_) => None,
        }
    }

    pub(super) fn table(&self) -> Option<&Table> {
        match &self.tree {
            Tree::Table(table) => Some(table),
            Tree::String(_) | Tree::Integer(_) | Tree::Boolean(_) | Tree::List(_) => None,
        }
    }

    pub(super) fn is_false(&self) -> bool {
        self.tree == Tree::Boolean(false)
    }
}

impl Tree {
    /// What the value is, with its article: `an integer`.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Tree::String(_) => "a string",
            Tree::Integer(_) => "an integer",
            Tree::Boolean(_) => "a boolean",
            Tree::List(_) => "a list",
            Tree::Table(_) => "a table",
        }
    }

    /// The value without its places.
    pub(super) fn json(&self) -> Value {
        match self {
            Tree::String(text) => Value::from(text.as_str()),
            Tree::Integer(number) => Value::from(*number),
            Tree::Boolean(truth) => Value::from(*truth),
            Tree::List(items) => items.iter().map(|item| item.tree.json()).collect(),
            Tree::Table(table) => {
                let entries = table.entries.iter().map(|entry| (entry.key.value.clone(), entry.value.tree.json()));
                Value::Object(entries.collect())
            }
        }
    }

    /// The value as part of a longer text; none for lists and tables.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Tree::String(text) => Some(text.clone()),
            Tree::Integer(number) => Some(number.to_string()),
            Tree::Boolean(truth) => Some(truth.to_string()),
            Tree::List(_) | Tree::Table(_) => None,
        }
    }

    /// The same value with every place set to `span`: what an expression gave stands where the expression stands.
    pub(super) fn moved(&self, span: &Span) -> Tree {
        match self {
            Tree::String(_) | Tree::Integer(_) | Tree::Boolean(_) => self.clone(),
            Tree::List(items) => {
                Tree::List(items.iter().map(|item| Node { tree: item.tree.moved(span), span: span.clone() }).collect())
            }
            Tree::Table(table) => {
                let entries = table.entries.iter().map(|entry| Entry {
                    key: Spanned { value: entry.key.value.clone(), span: span.clone() },
                    value: Node { tree: entry.value.tree.moved(span), span: span.clone() },
                });
                Tree::Table(Table { entries: entries.collect() })
            }
        }
    }

    /// Takes over a JSON value that a module gave; what TOML cannot hold is left out.
    pub(super) fn of_json(value: &Value, span: &Span) -> Option<Tree> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(truth) => Tree::Boolean(*truth),
            Value::Number(number) => Tree::Integer(number.as_i64()?),
            Value::String(text) => Tree::String(text.clone()),
            Value::Array(items) => Tree::List(
                items
                    .iter()
                    .filter_map(|item| Some(Node { tree: Tree::of_json(item, span)?, span: span.clone() }))
                    .collect(),
            ),
            Value::Object(map) => {
                let entries = map.iter().filter_map(|(key, value)| {
                    let value = Node { tree: Tree::of_json(value, span)?, span: span.clone() };
                    Some(Entry { key: Spanned { value: key.clone(), span: span.clone() }, value })
                });
                Tree::Table(Table { entries: entries.collect() })
            }
        })
    }
}
