//! Where the tables, keys and values of a TOML text stand. It expects a text without mistakes in its syntax.

use std::{iter::Peekable, ops::Range, vec};

use toml_parser::{
    Source,
    parser::{Event, EventKind, parse_document},
};

/// A table's header.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) path: Vec<String>,
    /// From its bracket to the end of what stands below it, up to the next header.
    pub(super) section: Range<usize>,
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Pair {
    /// With the keys of all tables that it stands in.
    pub(super) path: Vec<String>,
    /// The key as it is spelled, dots included.
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether the value is a table in braces.
    pub(super) is_table: bool,
    /// Whether it stands in braces itself.
    pub(super) is_inside: bool,
    /// The header that it stands below; none at the top.
    pub(super) header: Option<usize>,
}

/// All of a text, in its order.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) headers: Vec<Header>,
    pub(super) pairs: Vec<Pair>,
}

/// Reads where everything stands.
pub(super) fn places(text: &str) -> Places {
    let tokens = Source::new(text).lex().into_vec();
    let mut events: Vec<Event> = Vec::with_capacity(tokens.len());
    parse_document(&tokens, &mut events, &mut ());
    let mut reader = Reader { text, events: events.into_iter().peekable(), places: Places::default() };
    reader.document();
    let ends: Vec<usize> =
        reader.places.headers.iter().skip(1).map(|header| header.section.start).chain([text.len()]).collect();
    for (header, end) in reader.places.headers.iter_mut().zip(ends) {
        header.section.end = end;
    }
    reader.places
}

struct Reader<'a> {
    text: &'a str,
    events: Peekable<vec::IntoIter<Event>>,
    places: Places,
}

impl Reader<'_> {
    fn document(&mut self) {
        let mut table: Vec<String> = Vec::new();
        while let Some(event) = self.events.next() {
            match event.kind() {
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    let start = event.span().start();
                    let (path, _) = self.key();
                    table.clone_from(&path);
                    self.places.headers.push(Header { path, section: start..start });
                }
                EventKind::SimpleKey => {
                    let first = event.span().start()..event.span().end();
                    self.pair(&table, first, false);
                }
                _ => {}
            }
        }
    }

    /// A pair whose key has begun.
    fn pair(&mut self, table: &[String], first: Range<usize>, is_inside: bool) {
        let mut path = table.to_vec();
        path.push(self.name(&first));
        let (rest, end) = self.key();
        path.extend(rest);
        let key = first.start..end.unwrap_or(first.end);
        let header = self.places.headers.len().checked_sub(1);
        let at = self.places.pairs.len();
        self.places.pairs.push(Pair { path: path.clone(), key, value: 0..0, is_table: false, is_inside, header });
        let (value, is_table) = self.value(&path);
        (self.places.pairs[at].value, self.places.pairs[at].is_table) = (value, is_table);
    }

    /// The names up to the end of a header or to a `=`, and where the last of them ends.
    fn key(&mut self) -> (Vec<String>, Option<usize>) {
        let (mut names, mut end) = (Vec::new(), None);
        for event in self.events.by_ref() {
            let span = event.span().start()..event.span().end();
            match event.kind() {
                EventKind::SimpleKey => {
                    end = Some(span.end);
                    names.push(unquoted(self.text.get(span).unwrap_or_default()));
                }
                EventKind::StdTableClose | EventKind::ArrayTableClose | EventKind::KeyValSep => break,
                _ => {}
            }
        }
        (names, end)
    }

    fn name(&self, span: &Range<usize>) -> String {
        unquoted(self.text.get(span.clone()).unwrap_or_default())
    }

    /// The range of the value that comes next; pairs in it are kept, those in lists are not.
    fn value(&mut self, path: &[String]) -> (Range<usize>, bool) {
        while let Some(event) = self.events.next() {
            let span = event.span().start()..event.span().end();
            match event.kind() {
                EventKind::Scalar => {
                    let text = self.text.get(span.clone()).unwrap_or_default().trim_end();
                    return (span.start..span.start + text.len(), false);
                }
                EventKind::ArrayOpen => return (span.start..self.list(span.end), false),
                EventKind::InlineTableOpen => {
                    while let Some(event) = self.events.next() {
                        let inner = event.span().start()..event.span().end();
                        match event.kind() {
                            EventKind::SimpleKey => self.pair(path, inner, true),
                            EventKind::InlineTableClose => return (span.start..inner.end, true),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        (0..0, false)
    }

    /// Where a list ends that has begun.
    fn list(&mut self, start: usize) -> usize {
        let (mut depth, mut end) = (1, start);
        for event in self.events.by_ref() {
            end = event.span().end();
            match event.kind() {
                EventKind::ArrayOpen | EventKind::InlineTableOpen => depth += 1,
                EventKind::ArrayClose | EventKind::InlineTableClose => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        end
    }
}

/// A key without its quotes. Escapes are left as they are: such a key is not found, which the caller sees in the end.
fn unquoted(key: &str) -> String {
    let key = key.trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| key.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(key).to_owned()
}
