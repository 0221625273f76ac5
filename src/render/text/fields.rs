//! The changed fields of one object as a tree: shared ways are told once, and what is new or gone as a whole is YAML.

use serde_json::{Map, Value};

use crate::{
    object::{FieldPath, ObjectKey, Segment},
    plan::{Action, After, FieldChange},
    render::{
        secrecy::{SENSITIVE, is_hidden},
        style::{Look, Style, clean},
    },
    rolling::NOT_YET,
};

use super::{
    difference::{difference, items, words},
    value::{Length, arrow, chain, entry, inline, is_short},
};

/// One field before and after, with a remark to stand behind it.
pub(super) struct Field<'a> {
    path: &'a FieldPath,
    before: Option<Value>,
    after: Option<Value>,
    remark: String,
    /// What the remark looks like.
    look: Look,
}

impl<'a> Field<'a> {
    /// A field of a plan, with what may not be shown hidden.
    pub(super) fn of_change(key: &ObjectKey, change: &'a FieldChange) -> Self {
        let after = match &change.after {
            After::Value(value) => Some(value),
            After::Absent => None,
            After::Unknown => Some(&Value::from(NOT_YET)),
            After::Secret => Some(&Value::Null),
        };
        let is_secret = change.after == After::Secret;
        let mut field = Self::between(key, &change.path, change.before.as_ref(), after);
        if is_secret {
            field.before = field.before.map(|_| SENSITIVE.into());
            field.after = Some(SENSITIVE.into());
        }
        field
    }

    /// A field with two values, with what may not be shown hidden.
    pub(super) fn between(key: &ObjectKey, path: &'a FieldPath, before: Option<&Value>, after: Option<&Value>) -> Self {
        let shown = |value: Option<&Value>| {
            value.map(|value| if is_hidden(key, path, Some(value)) { SENSITIVE.into() } else { value.clone() })
        };
        Self { path, before: shown(before), after: shown(after), remark: String::new(), look: Look::Dim }
    }

    pub(super) fn remark(mut self, remark: String) -> Self {
        self.remark = remark;
        self
    }

    /// A remark that must not be overlooked.
    pub(super) fn warning(mut self, remark: &str) -> Self {
        self.remark = remark.to_owned();
        self.look = Look::Remove;
        self
    }

    fn sign(&self) -> Sign {
        match (&self.before, &self.after) {
            (None, _) => Sign::Add,
            (Some(_), None) => Sign::Remove,
            (Some(_), Some(_)) => Sign::Change,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Sign {
    Add,
    Change,
    Remove,
    /// Removed, and added anew.
    Replace,
    /// Only in the record.
    Forget,
}

impl Sign {
    pub(in crate::render) fn of(action: Action) -> Self {
        match action {
            Action::Create => Sign::Add,
            Action::Update | Action::Adopt | Action::Release => Sign::Change,
            Action::Replace => Sign::Replace,
            Action::Delete => Sign::Remove,
            Action::Forget => Sign::Forget,
        }
    }

    pub(super) fn paint(self, style: Style) -> String {
        match self {
            Sign::Add => style.paint(Look::Add, self.mark()),
            Sign::Change => style.paint(Look::Change, self.mark()),
            Sign::Remove => style.paint(Look::Remove, self.mark()),
            Sign::Replace => format!("{}/{}", Sign::Remove.paint(style), Sign::Add.paint(style)),
            Sign::Forget => style.paint(Look::Dim, self.mark()),
        }
    }

    /// As it stands where nothing is painted.
    pub(in crate::render) fn mark(self) -> &'static str {
        match self {
            Sign::Add => "+",
            Sign::Change => "~",
            Sign::Remove => "-",
            Sign::Replace => "-/+",
            Sign::Forget => ".",
        }
    }
}

/// A place in an object with changes at it or below it, in the order in which they were told.
#[derive(Default)]
struct Tree<'a> {
    field: Option<&'a Field<'a>>,
    children: Vec<(&'a Segment, Tree<'a>)>,
}

impl<'a> Tree<'a> {
    fn insert(&mut self, path: &'a [Segment], field: &'a Field<'a>) {
        let Some((first, rest)) = path.split_first() else {
            self.field = Some(field);
            return;
        };
        let at = self.children.iter().position(|(segment, _)| *segment == first).unwrap_or_else(|| {
            self.children.push((first, Tree::default()));
            self.children.len() - 1
        });
        self.children[at].1.insert(rest, field);
    }

    /// The sign that all changes here share.
    fn sign(&self) -> Sign {
        let mut signs =
            self.field.iter().map(|field| field.sign()).chain(self.children.iter().map(|(_, tree)| tree.sign()));
        let first = signs.next().unwrap_or(Sign::Change);
        if signs.all(|sign| sign == first) { first } else { Sign::Change }
    }

    /// Whether nothing here has a remark, so that it can be told as one value.
    fn is_plain(&self) -> bool {
        self.field.is_none_or(|field| field.remark.is_empty()) && self.children.iter().all(|(_, tree)| tree.is_plain())
    }

    /// What is added or removed here, as one value.
    fn value(&self) -> Value {
        if let Some(field) = self.field {
            return field.after.clone().or_else(|| field.before.clone()).unwrap_or(Value::Null);
        }
        let name = |segment: &Segment| match segment {
            Segment::Field(name) => Some(name.clone()),
            Segment::Key(_) | Segment::Value(_) | Segment::Index(_) => None,
        };
        let named: Option<Map<String, Value>> =
            self.children.iter().map(|(segment, tree)| Some((name(segment)?, tree.value()))).collect();
        match named {
            Some(map) => Value::Object(map),
            None => self.children.iter().map(|(_, tree)| tree.value()).collect(),
        }
    }
}

/// The lines for some fields, indented for the inside of an object's block.
pub(super) fn fields(fields: &[Field<'_>], indent: usize, length: Length, style: Style) -> String {
    let mut root = Tree::default();
    for field in fields {
        root.insert(&field.path.0, field);
    }
    let mut out = String::new();
    if let Some(field) = root.field {
        leaf("(the whole object)", field, indent, length, style, &mut out);
    }
    children(&root, indent, length, style, &mut out);
    out
}

fn children(tree: &Tree<'_>, indent: usize, length: Length, style: Style, out: &mut String) {
    for (segment, mut child) in tree.children.iter().map(|(segment, tree)| (*segment, tree)) {
        let mut segments = vec![segment];
        while let (None, [(segment, only)]) = (child.field, child.children.as_slice()) {
            segments.push(segment);
            child = only;
        }
        let path = way(&segments);
        let sign = child.sign();
        match child.field {
            Some(field) => {
                leaf(&path, field, indent, length, style, out);
                if !child.children.is_empty() {
                    block(&path, child, indent, length, style, out);
                }
            }
            None if sign != Sign::Change && child.is_plain() => {
                let value = without_keys(segments.last().copied(), child.value());
                whole(sign, &path, &value, indent, length, style, out);
            }
            None => block(&path, child, indent, length, style, out),
        }
    }
}

/// An item without the fields that its own name tells: behind `[name="a"]` nobody needs `name: a`.
fn without_keys(segment: Option<&Segment>, mut value: Value) -> Value {
    if let (Some(Segment::Key(keys)), Some(fields)) = (segment, value.as_object_mut())
        && let Ok(keys) = serde_json::from_str::<Map<String, Value>>(keys)
        && fields.len() > keys.len()
    {
        fields.retain(|name, value| keys.get(name) != Some(value));
    }
    value
}

fn block(path: &str, tree: &Tree<'_>, indent: usize, length: Length, style: Style, out: &mut String) {
    let pad = " ".repeat(indent);
    out.push_str(&format!("{pad}{} {path} {{\n", tree.sign().paint(style)));
    children(tree, indent + 4, length, style, out);
    out.push_str(&format!("{pad}  }}\n"));
}

/// What is new or gone as a whole.
pub(super) fn whole(
    sign: Sign,
    path: &str,
    value: &Value,
    indent: usize,
    length: Length,
    style: Style,
    out: &mut String,
) {
    let gutter = format!("{}{}", " ".repeat(indent), sign.paint(style));
    let (path, value) = chain(path.to_owned(), value, length);
    for line in entry(&format!("{path}:"), value, length) {
        out.push_str(format!("{gutter} {line}").trim_end());
        out.push('\n');
    }
}

fn leaf(path: &str, field: &Field<'_>, indent: usize, length: Length, style: Style, out: &mut String) {
    let pad = " ".repeat(indent);
    let sign = field.sign();
    let head = format!("{pad}{} {path}", sign.paint(style));
    let remark = match field.remark.as_str() {
        "" => String::new(),
        remark => style.paint(field.look, &format!("  # {remark}")),
    };
    let text = match (&field.before, &field.after) {
        (None, None) => format!("{head}{remark}\n"),
        (None, Some(value)) if is_short(value) => format!("{head} = {}{remark}\n", inline(value)),
        (Some(value), None) if is_short(value) => format!("{head} = {} -> null{remark}\n", inline(value)),
        (None, Some(value)) | (Some(value), None) => {
            if !remark.is_empty() {
                out.push_str(&format!("{pad}  {}\n", remark.trim_start()));
            }
            return whole(sign, path, value, indent, length, style, out);
        }
        (Some(old), Some(new)) => match (sequence(old), sequence(new)) {
            (Some(old), Some(new)) => {
                format!("{head} = {old} -> {new}{}\n", style.paint(Look::Dim, "  # only the order changes"))
            }
            _ if *old == SENSITIVE && *new == SENSITIVE => format!("{head} = {SENSITIVE}{remark}\n"),
            _ if words(old, new, style).is_some() => {
                let lines = words(old, new, style).unwrap_or_default();
                format!("{head}:{remark}\n{}", below(&pad, &lines))
            }
            _ if is_short(old) && is_short(new) => format!("{head} = {}{remark}\n", arrow(old, new)),
            _ => {
                let (mark, lines) = between(old, new, style);
                let end = if mark == " = [" { format!("{pad}  ]\n") } else { String::new() };
                format!("{head}{mark}{remark}\n{}{end}", below(&pad, &lines))
            }
        },
    };
    out.push_str(&text);
}

/// How two values differ that do not stand on one line: what comes behind the name, and the lines below it.
fn between(old: &Value, new: &Value, style: Style) -> (&'static str, Vec<String>) {
    match (scalars(old), scalars(new)) {
        (Some(old), Some(new)) => (" = [", items(&old, &new, style)),
        _ => (":", difference(&page(old), &page(new), style)),
    }
}

fn below(pad: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{pad}    {line}").trim_end().to_owned() + "\n").collect()
}

/// The items of a list of texts and numbers, each on a line of its own.
fn scalars(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    let is_line =
        |item: &Value| !item.is_object() && !item.is_array() && !item.as_str().is_some_and(|s| s.contains('\n'));
    items.iter().all(is_line).then(|| items.iter().map(inline).collect())
}

/// The names of a list's items, where a change tells only their sequence: `[name="a"], [name="b"]`.
fn sequence(value: &Value) -> Option<String> {
    let items = value.as_array().filter(|items| items.len() > 1)?;
    let names: Option<Vec<&str>> =
        items.iter().map(|item| item.as_str().filter(|name| name.starts_with('[') && name.ends_with(']'))).collect();
    names.map(|names| clean(&names.join(", ")))
}

/// A value as a text whose lines can be compared.
fn page(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => super::value::lines(value, Length::Compared).iter().map(|line| format!("{line}\n")).collect(),
    }
}

/// A way into an object without its first dot; names with dots in them stand in brackets.
pub(in crate::render) fn way(path: &[&Segment]) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Field(name) if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Segment::Field(name) => out.push_str(&format!("[{}]", Value::from(name.as_str()))),
            other => out.push_str(&other.to_string()),
        }
    }
    clean(&out)
}
