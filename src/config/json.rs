//! Reads a JSON text into spanned values, as [`super::reader`] reads TOML. What it says is not its business.

use std::ops::Range;

use super::value::{Entry, Node, Table, Tree};
use crate::diagnostic::{Diagnostic, SourceId, Sources, Span, Spanned};

/// Reads a text. A key whose value is `null` is left out, as if nobody had written it.
pub(super) fn read(sources: &Sources, id: SourceId) -> Result<Node, Diagnostic> {
    let text = &sources.get(id).text;
    // The judge of what JSON is, and of how deep it may go.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (start + error.column().saturating_sub(1)).min(text.len());
        let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        return Err(Diagnostic::new("invalid JSON").at(Span::new(id, at..at), message));
    }
    let mut reader = Reader { text, id, at: 0 };
    let node = reader.value();
    Ok(node.unwrap_or_else(|| Node { tree: Tree::Table(Table::default()), span: Span::new(id, 0..0) }))
}

/// A walk over a text that is known to be JSON.
struct Reader<'a> {
    text: &'a str,
    id: SourceId,
    at: usize,
}

impl Reader<'_> {
    /// The value that comes next; none for `null`.
    fn value(&mut self) -> Option<Node> {
        self.space();
        let start = self.at;
        let tree = match self.peek() {
            '{' => Some(Tree::Table(self.table())),
            '[' => Some(Tree::List(self.list())),
            '"' => Some(Tree::String(self.string().value)),
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
                self.at += end;
                match &rest[..end] {
                    "null" => None,
                    "true" => Some(Tree::Boolean(true)),
                    "false" => Some(Tree::Boolean(false)),
                    number => Some(number.parse().map_or_else(|_| Tree::String(number.to_owned()), Tree::Integer)),
                }
            }
        };
        Some(Node { tree: tree?, span: self.span(start..self.at) })
    }

    fn table(&mut self) -> Table {
        let mut table = Table::default();
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                '"' => {
                    let key = self.string();
                    self.space();
                    // The colon.
                    self.at += 1;
                    table.entries.extend(self.value().map(|value| Entry { key, value }));
                }
                ',' => self.at += 1,
                _ => break,
            }
        }
        self.at += 1;
        table
    }

    fn list(&mut self) -> Vec<Node> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                ']' => break,
                ',' => self.at += 1,
                _ => items.extend(self.value()),
            }
        }
        self.at += 1;
        items
    }

    fn string(&mut self) -> Spanned<String> {
        let start = self.at;
        let mut is_escaped = false;
        let inner = self.text[start + 1..].char_indices().find(|(_, c)| {
            let is_end = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        let range = start..start + 1 + inner.map_or(0, |(at, _)| at + 1);
        self.at = range.end;
        let value = serde_json::from_str(&self.text[range.clone()]).expect("the whole text is JSON");
        Spanned { value, span: self.span(range) }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> char {
        self.text[self.at..].chars().next().unwrap_or('}')
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.id, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_places() {
        let mut sources = Sources::new();
        let text = " {\"a\": [1, -2.5, true, null, \"x\\\"y\"], \"ä\":{} , \"n\": null}";
        let id = sources.add("payload.json", text);
        let node = read(&sources, id).unwrap();
        assert_eq!(node.tree.json(), serde_json::json!({"a": [1, "-2.5", true, "x\"y"], "ä": {}}));
        let Tree::Table(table) = &node.tree else { panic!("a table was written") };
        let place = |span: &Span| &text[span.range.clone()];
        assert_eq!(place(&table.entries[0].key.span), "\"a\"");
        assert_eq!(place(&table.entries[0].value.span), "[1, -2.5, true, null, \"x\\\"y\"]");
        assert_eq!(place(&table.entries[1].key.span), "\"ä\"");
        assert_eq!(place(&node.span), &text[1..]);
    }

    #[test]
    fn what_is_no_json_is_told_where_it_ends() {
        let mut sources = Sources::new();
        let id = sources.add("payload.json", "{\n  \"a\": ü\n}");
        let told = read(&sources, id).unwrap_err();
        assert_eq!(sources.position(&told.label.unwrap().span), (2, 8));
        let deep = sources.add("payload.json", "[".repeat(100_000));
        assert_eq!(read(&sources, deep).unwrap_err().summary, "invalid JSON");
    }
}
