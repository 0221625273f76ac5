//! Reads a TOML text into spanned values and tells all its syntax errors at once; what the keys mean is not its business.

use toml::{
    Spanned as TomlSpanned,
    de::{DeTable, DeValue},
};

use super::value::{Entry, Node, Table, Tree};
use crate::diagnostic::{Diagnostic, SourceId, Sources, Span, Spanned};

/// The largest file that is read. The largest known hand-written environment has 20 KiB.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting of tables and lists; deeper ones are a mistake or an attack on the stack.
const MAX_DEPTH: usize = 64;

/// Reads a file. A file with mistakes in its syntax gives none of its content: what follows from half a file misleads.
pub(super) fn read(sources: &Sources, id: SourceId, diagnostics: &mut Vec<Diagnostic>) -> Option<Table> {
    let before = diagnostics.len();
    let table = document(sources, id, diagnostics)?;
    let mut reader = Reader { id, diagnostics };
    let table = reader.table(table.get_ref(), 0);
    (diagnostics.len() == before).then_some(table)
}

/// The document of a file without mistakes in its syntax; else they are told.
pub(super) fn document<'a>(
    sources: &'a Sources,
    id: SourceId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<TomlSpanned<DeTable<'a>>> {
    let source = sources.get(id);
    if let Some(diagnostic) = too_large(&source.path, &source.text) {
        diagnostics.push(diagnostic);
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let is_sound = errors.is_empty();
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let message = error.message().trim().replace('\n', ", ");
        diagnostics.push(Diagnostic::new("invalid TOML").at(Span::new(id, range), message));
    }
    is_sound.then_some(table)
}

/// Refuses a file whose size alone shows that it is not what it should be.
pub(super) fn too_large(path: &str, text: &str) -> Option<Diagnostic> {
    (text.len() > MAX_BYTES).then(|| {
        Diagnostic::new("file too large")
            .detail(format!("`{path}` has {} bytes; at most {MAX_BYTES} are read", text.len()))
    })
}

struct Reader<'a> {
    id: SourceId,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
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

    fn node(&mut self, value: &TomlSpanned<DeValue<'_>>, depth: usize) -> Option<Node> {
        let span = Span::new(self.id, value.span());
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
                Err(_) => return self.refuse(&span, "integer too large", "does not fit into 64 bits", number.as_str()),
            },
            DeValue::Float(number) => {
                return self.refuse(
                    &span,
                    "float not supported",
                    "neither Kubernetes nor ditc takes floats",
                    number.as_str(),
                );
            }
            DeValue::Datetime(time) => {
                return self.refuse(&span, "date not supported", "a date is not a value here", &time.to_string());
            }
            DeValue::Array(items) => Tree::List(items.iter().filter_map(|item| self.node(item, depth + 1)).collect()),
            DeValue::Table(table) => Tree::Table(self.table(table, depth)),
        };
        Some(Node { tree, span })
    }

    fn refuse(&mut self, span: &Span, summary: &str, label: &str, text: &str) -> Option<Node> {
        let diagnostic =
            Diagnostic::new(summary).at(span.clone(), label).help(format!("write it as a string: `\"{text}\"`"));
        self.diagnostics.push(diagnostic);
        None
    }
}
