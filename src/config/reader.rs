//! Reads a TOML text into spanned values and tells all its syntax errors at once; what the keys mean is not its business.

use std::ops::Range;

use toml::{
    Spanned as TomlSpanned,
    de::{DeTable, DeValue},
};

use super::value::{Entry, Node, Table, Tree};
use crate::diagnostic::{Diagnostic, SourceId, Sources, Span, Spanned, suggestion};

/// The largest file that is read. The largest known hand-written environment has 20 KiB.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting of tables and lists; deeper ones are a mistake or an attack on the stack.
const MAX_DEPTH: usize = 64;
/// The most values in one file; ten of the largest known environments have fewer.
const MAX_NODES: usize = 10_000;

/// What is said of a value that cannot be taken for what it is; a text stands in for it, so that the rest of its file is
/// looked at too.
const REFUSED: [&str; 3] = ["integer too large", "float not supported", "date not supported"];

/// Whether a complaint is only about what stands in for a value that was refused.
pub(super) fn stands_behind(diagnostic: &Diagnostic, known: &Diagnostic) -> bool {
    let place = |diagnostic: &Diagnostic| diagnostic.label.as_ref().map(|label| label.span.clone());
    REFUSED.contains(&known.summary.as_str()) && place(known).is_some() && place(known) == place(diagnostic)
}

/// Reads a file of at most [`MAX_BYTES`]. A file with mistakes in its syntax gives none of its content: what follows from
/// half a file misleads.
pub(super) fn read(sources: &Sources, id: SourceId, diagnostics: &mut Vec<Diagnostic>) -> Option<Table> {
    let before = diagnostics.len();
    let table = document(sources, id, diagnostics)?;
    let mut reader = Reader::new(id, diagnostics);
    let table = reader.table(table.get_ref(), 0);
    let is_full = reader.nodes > MAX_NODES;
    // The parser has its tables in the order of their keys.
    diagnostics[before..].sort_by_key(|found| found.label.as_ref().map(|label| label.span.range.start));
    if is_full {
        let path = &sources.get(id).path;
        let detail = format!("`{path}` holds more than {MAX_NODES} values, which is the most that is read");
        diagnostics.push(Diagnostic::new("file too large").detail(detail));
    }
    (!is_full).then_some(table)
}

/// The document of a file without mistakes in its syntax; else they are told.
pub(super) fn document<'a>(
    sources: &'a Sources,
    id: SourceId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<TomlSpanned<DeTable<'a>>> {
    let source = sources.get(id);
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let is_sound = errors.is_empty();
    for error in errors {
        diagnostics.push(invalid(id, &source.text, error.span().unwrap_or(0..0), error.message()));
    }
    is_sound.then_some(table)
}

/// A mistake in the syntax. A text without quotes is told as such, whatever the parser took it for by its first letter.
fn invalid(id: SourceId, text: &str, range: Range<usize>, message: &str) -> Diagnostic {
    let is_value = message.contains("must be quoted") || message.starts_with("invalid ");
    let Some((start, word)) = bare_word(text, range.start).filter(|_| is_value) else {
        let message = message.trim().replace('\n', ", ");
        return Diagnostic::new("invalid TOML").at(Span::new(id, range), message);
    };
    let span = Span::new(id, start..start + word.len());
    let diagnostic = Diagnostic::new("invalid TOML").at(span, "a string must stand in quotes");
    diagnostic.help(match word {
        "yes" | "on" | "True" | "TRUE" | "Yes" | "On" => "write `true`".to_owned(),
        "no" | "off" | "False" | "FALSE" | "No" | "Off" => "write `false`".to_owned(),
        "null" | "nil" | "none" | "None" => "leave the key out: TOML has no null".to_owned(),
        word => match suggestion(word, ["true", "false"]) {
            Some(truth) => format!("write `{truth}`, or `\"{word}\"` where the text is meant"),
            None => format!("write `\"{word}\"`"),
        },
    })
}

/// The value around a place on its line, with its start: what stands behind a `=`, `[` or `,` and would need quotes.
fn bare_word(text: &str, at: usize) -> Option<(usize, &str)> {
    let line = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let before = line + text[line..at].rfind(['=', '[', ','])? + 1;
    let word = text[before..].lines().next()?.split(['#', ',', ']', '}']).next()?;
    let start = before + word.len() - word.trim_start().len();
    let word = word.trim();
    (!word.is_empty() && !word.contains(['"', '\'', '\\', '=', '{', '[']) && word.len() < 60).then_some((start, word))
}

/// Takes over what the TOML parser read.
pub(super) struct Reader<'a> {
    id: SourceId,
    nodes: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(id: SourceId, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { id, nodes: 0, diagnostics }
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Table {
        let mut entries: Vec<Entry> = Vec::with_capacity(table.len());
        for (key, value) in table {
            let Some(value) = self.node(value, depth + 1) else { continue };
            let span = Span::new(self.id, key.span());
            entries.push(Entry { key: Spanned { value: key.get_ref().to_string(), span }, value });
        }
        entries.sort_by_key(|entry| entry.key.span.range.start);
        Table { entries }
    }

    pub(super) fn node(&mut self, value: &TomlSpanned<DeValue<'_>>, depth: usize) -> Option<Node> {
        let span = Span::new(self.id, value.span());
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return None;
        }
        if depth > MAX_DEPTH {
            let detail = format!("at most {MAX_DEPTH} tables and lists may stand inside each other");
            self.diagnostics
                .push(Diagnostic::new("nested too deeply").at(span, "this is one level too deep").detail(detail));
            return None;
        }
        let tree = match value.get_ref() {
            DeValue::String(text) => Tree::String(text.to_string()),
            DeValue::Boolean(truth) => Tree::Boolean(*truth),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Tree::Integer(number),
                Err(_) => self.refuse(&span, "integer too large", "does not fit into 64 bits", number.as_str()),
            },
            DeValue::Float(number) => {
                let label = "neither Kubernetes nor ditc takes floats";
                self.refuse(&span, "float not supported", label, number.as_str())
            }
            DeValue::Datetime(time) => {
                self.refuse(&span, "date not supported", "a date is not a value here", &time.to_string())
            }
            DeValue::Array(items) => Tree::List(items.iter().filter_map(|item| self.node(item, depth + 1)).collect()),
            DeValue::Table(table) => Tree::Table(self.table(table, depth)),
        };
        Some(Node { tree, span })
    }

    fn refuse(&mut self, span: &Span, summary: &str, label: &str, text: &str) -> Tree {
        let diagnostic =
            Diagnostic::new(summary).at(span.clone(), label).help(format!("write it as a string: `\"{text}\"`"));
        self.diagnostics.push(diagnostic);
        Tree::String(text.to_owned())
    }
}
