//! Typed access to the keys of one table: what is read is known, and what is left is an unknown key.

use super::value::{Entry, Node, Table, Tree};
use crate::diagnostic::{Diagnostic, Span, Spanned, suggestion};

/// A table while it is read. Every accessor marks its key as known; [`Fields::finish`] complains about the others.
pub(super) struct Fields<'a, 'd> {
    table: &'a Table,
    /// What the table describes, with its article where it has one: ``service `orders` ``.
    what: String,
    known: Vec<&'a str>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a, 'd> Fields<'a, 'd> {
    pub(super) fn new(table: &'a Table, what: impl Into<String>, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { table, what: what.into(), known: Vec::new(), diagnostics }
    }

    pub(super) fn complain(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn diagnostics(&mut self) -> &mut Vec<Diagnostic> {
        self.diagnostics
    }

    /// The entry of a key, of whatever type.
    pub(super) fn entry(&mut self, key: &'a str) -> Option<&'a Entry> {
        self.known.push(key);
        self.table.get(key)
    }

    pub(super) fn string(&mut self, key: &'a str) -> Option<Spanned<String>> {
        self.text(key, "a string")
    }

    fn text(&mut self, key: &'a str, expected: &str) -> Option<Spanned<String>> {
        let entry = self.entry(key)?;
        let text = self.typed(entry, expected, |node| node.string().map(str::to_owned))?;
        Some(Spanned { value: text, span: entry.value.span.clone() })
    }

    pub(super) fn boolean(&mut self, key: &'a str) -> Option<Spanned<bool>> {
        let entry = self.entry(key)?;
        let truth = self.typed(entry, "`true` or `false`", |node| match node.tree {
            Tree::Boolean(truth) => Some(truth),
            Tree::String(_) | Tree::Integer(_) | Tree::List(_) | Tree::Table(_) => None,
        })?;
        Some(Spanned { value: truth, span: entry.value.span.clone() })
    }

    pub(super) fn integer(&mut self, key: &'a str) -> Option<Spanned<i64>> {
        let entry = self.entry(key)?;
        let number = self.typed(entry, "an integer", |node| match node.tree {
            Tree::Integer(number) => Some(number),
            Tree::String(_) | Tree::Boolean(_) | Tree::List(_) | Tree::Table(_) => None,
        })?;
        Some(Spanned { value: number, span: entry.value.span.clone() })
    }

    /// A text that holds a length of time; a bare number gets the unit that is missing proposed.
    pub(super) fn duration(&mut self, key: &'a str) -> Option<Spanned<String>> {
        self.text(key, "a duration")
    }

    pub(super) fn strings(&mut self, key: &'a str) -> Option<Vec<Spanned<String>>> {
        let entry = self.entry(key)?;
        self.typed(entry, "a list of strings", |node| {
            let Tree::List(items) = &node.tree else { return None };
            let strings = items.iter().map(|item| Some((item.string()?.to_owned(), item.span.clone())));
            strings.map(|item| item.map(|(value, span)| Spanned { value, span })).collect()
        })
    }

    pub(super) fn table(&mut self, key: &'a str) -> Option<&'a Table> {
        let entry = self.entry(key)?;
        self.typed(entry, "a table", Node::table)
    }

    fn typed<T>(&mut self, entry: &'a Entry, expected: &str, take: impl FnOnce(&'a Node) -> Option<T>) -> Option<T> {
        let taken = take(&entry.value);
        if taken.is_none() {
            let what = &self.what;
            self.diagnostics.push(wrong_type(&entry.value, &format!("`{}` of {what}", entry.key.value), expected));
        }
        taken
    }

    /// Complains about every key that nobody asked for.
    pub(super) fn finish(self) {
        self.finish_by(|found| found);
    }

    /// The same, with something to add to each complaint.
    pub(super) fn finish_by(self, tell: impl Fn(Diagnostic) -> Diagnostic) {
        for entry in &self.table.entries {
            if !self.known.contains(&entry.key.value.as_str()) {
                self.diagnostics.push(tell(unknown_key(&entry.key, &self.what, &self.known)));
            }
        }
    }
}

/// A key that does not exist, with the one that was meant or all there are.
pub(super) fn unknown_key(key: &Spanned<String>, what: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new("unknown key")
        .at(key.span.clone(), "not a key that is known here")
        .detail(format!("{what} has no key `{}`", key.value));
    suggest(diagnostic, &key.value, known.iter().copied())
}

/// Adds the candidate that was most likely meant, else the list of all.
#[must_use]
pub fn suggest<'a>(diagnostic: Diagnostic, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let mut candidates: Vec<&str> = candidates.into_iter().collect();
    candidates.sort_unstable();
    candidates.dedup();
    match suggestion(word, candidates.iter().copied()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None if candidates.is_empty() => diagnostic,
        None if candidates.len() > LISTED + 1 => {
            let more = candidates.len() - LISTED;
            diagnostic.help(format!("known are {} and {more} more", listed(candidates.into_iter().take(LISTED))))
        }
        None => diagnostic.help(format!("known are {}", listed(candidates))),
    }
}

/// More names than these are counted, since nobody reads a thousand.
const LISTED: usize = 40;

/// `` `a`, `b` ``.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A value of another type than the key takes.
pub(super) fn wrong_type(node: &Node, what: &str, expected: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new("wrong type")
        .at(node.span.clone(), format!("expected {expected}"))
        .detail(format!("{what} takes {expected}, not {}", node.tree.what()));
    match (&node.tree, expected) {
        (Tree::Integer(_) | Tree::Boolean(_), "a string") => {
            let text = node.tree.text().unwrap_or_default();
            diagnostic.help(format!("write it in quotes: `\"{text}\"`"))
        }
        (Tree::Integer(number), expected) if expected.starts_with("a duration") => {
            diagnostic.help(format!("say the unit: `\"{number}s\"` or `\"{number}m\"`"))
        }
        (Tree::Integer(_) | Tree::String(_) | Tree::Table(_), expected) if expected.starts_with("a list of ") => {
            match toml_of(&node.tree) {
                Some(text) => diagnostic.help(format!("write it as a list: `[{text}]`")),
                None => diagnostic,
            }
        }
        _ => diagnostic,
    }
}

/// A value as it stands in a list of its type, as far as it is short; a port that is quoted is a number.
fn toml_of(tree: &Tree) -> Option<String> {
    match tree {
        Tree::String(text) if text.parse::<u32>().is_ok() => Some(text.clone()),
        Tree::String(text) => (text.len() < 40).then(|| format!("{text:?}")),
        Tree::Integer(number) => Some(number.to_string()),
        Tree::Boolean(_) | Tree::List(_) | Tree::Table(_) => None,
    }
}

/// Something that must be there and is not; it stands under the name of what lacks it.
pub(super) fn missing(span: &Span, what: &str, key: &str) -> Diagnostic {
    Diagnostic::new("missing key")
        .at(span.clone(), format!("lacks `{key}`"))
        .detail(format!("{what} needs the key `{key}`"))
}
