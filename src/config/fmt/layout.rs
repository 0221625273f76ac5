//! A TOML text as its author laid it out: lines in their order, with comments, and values as they are spelled. It expects
//! a text without mistakes in its syntax.

use std::{iter::Peekable, vec};

use toml_parser::{
    Source,
    parser::{Event, EventKind, parse_document},
};

/// A line of a file, or several where a value goes on over them.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Whether an empty line, or several, stand before it.
    pub(super) is_after_blank: bool,
    pub(super) content: Content<'a>,
}

#[derive(Debug)]
pub(super) enum Content<'a> {
    Comment(&'a str),
    /// A header, in its brackets.
    Table {
        header: String,
        comment: Option<&'a str>,
    },
    Pair {
        key: String,
        value: Value<'a>,
        comment: Option<&'a str>,
    },
}

#[derive(Debug)]
pub(super) enum Value<'a> {
    /// As it is spelled, quotes included; it may go on over several lines.
    Scalar(&'a str),
    Group(Group<'a>),
}

/// A list or a table in braces.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) is_table: bool,
    /// Whether its author gave it several lines.
    pub(super) is_broken: bool,
    pub(super) members: Vec<Member<'a>>,
}

#[derive(Debug)]
pub(super) enum Member<'a> {
    Blank,
    Comment(&'a str),
    Item {
        /// None in a list.
        key: Option<String>,
        value: Value<'a>,
        comment: Option<&'a str>,
    },
}

/// Reads the lines of a text.
pub(super) fn layout(text: &str) -> Vec<Line<'_>> {
    let tokens = Source::new(text).lex().into_vec();
    let mut events: Vec<Event> = Vec::with_capacity(tokens.len());
    parse_document(&tokens, &mut events, &mut ());
    let mut reader = Reader { text, events: events.into_iter().peekable() };
    let mut lines: Vec<Line<'_>> = Vec::new();
    let (mut is_fresh, mut is_after_blank) = (true, false);
    while let Some(event) = reader.events.next() {
        let content = match event.kind() {
            EventKind::Newline => {
                is_after_blank |= is_fresh;
                is_fresh = true;
                continue;
            }
            EventKind::Comment => {
                let comment = reader.trimmed(&event);
                match lines.last_mut().map(|line| &mut line.content) {
                    Some(Content::Table { comment: place, .. } | Content::Pair { comment: place, .. }) if !is_fresh => {
                        *place = Some(comment);
                        continue;
                    }
                    _ => Content::Comment(comment),
                }
            }
            EventKind::StdTableOpen => Content::Table { header: format!("[{}]", reader.key("")), comment: None },
            EventKind::ArrayTableOpen => Content::Table { header: format!("[[{}]]", reader.key("")), comment: None },
            EventKind::SimpleKey => {
                let key = reader.key(reader.trimmed(&event));
                Content::Pair { key, value: reader.value(), comment: None }
            }
            _ => continue,
        };
        lines.push(Line { is_after_blank, content });
        (is_fresh, is_after_blank) = (false, false);
    }
    lines
}

struct Reader<'a> {
    text: &'a str,
    events: Peekable<vec::IntoIter<Event>>,
}

impl<'a> Reader<'a> {
    fn trimmed(&self, event: &Event) -> &'a str {
        let span = event.span();
        self.text.get(span.start()..span.end()).unwrap_or_default().trim_end()
    }

    /// The rest of a key whose first part is known, up to the end of its header or to its `=`.
    fn key(&mut self, first: &str) -> String {
        let mut key = first.to_owned();
        for event in self.events.by_ref() {
            match event.kind() {
                EventKind::SimpleKey => {
                    key.push_str(self.text.get(event.span().start()..event.span().end()).unwrap_or_default());
                }
                EventKind::KeySep => key.push('.'),
                EventKind::StdTableClose | EventKind::ArrayTableClose | EventKind::KeyValSep => break,
                _ => {}
            }
        }
        key
    }

    /// The value that comes next.
    fn value(&mut self) -> Value<'a> {
        while let Some(event) = self.events.next() {
            match event.kind() {
                EventKind::Scalar => return Value::Scalar(self.trimmed(&event)),
                EventKind::ArrayOpen => return Value::Group(self.group(false)),
                EventKind::InlineTableOpen => return Value::Group(self.group(true)),
                _ => {}
            }
        }
        Value::Scalar("")
    }

    /// The members of a group, up to its closing bracket.
    fn group(&mut self, is_table: bool) -> Group<'a> {
        let mut group = Group { is_table, is_broken: false, members: Vec::new() };
        // Whether nothing stands on the line so far.
        let mut is_fresh = false;
        while let Some(event) = self.events.peek().copied() {
            match event.kind() {
                EventKind::Newline => {
                    if is_fresh && !matches!(group.members.last(), None | Some(Member::Blank)) {
                        group.members.push(Member::Blank);
                    }
                    (is_fresh, group.is_broken) = (true, true);
                }
                EventKind::Comment => {
                    let comment = self.trimmed(&event);
                    match group.members.last_mut() {
                        Some(Member::Item { comment: place @ None, .. }) if !is_fresh => *place = Some(comment),
                        _ => group.members.push(Member::Comment(comment)),
                    }
                    (is_fresh, group.is_broken) = (false, true);
                }
                EventKind::SimpleKey => {
                    self.events.next();
                    let key = self.key(self.trimmed(&event));
                    let value = self.value();
                    group.members.push(Member::Item { key: Some(key), value, comment: None });
                    is_fresh = false;
                    continue;
                }
                EventKind::Scalar | EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                    let value = self.value();
                    group.members.push(Member::Item { key: None, value, comment: None });
                    is_fresh = false;
                    continue;
                }
                EventKind::ArrayClose | EventKind::InlineTableClose => {
                    self.events.next();
                    break;
                }
                EventKind::ValueSep => is_fresh = false,
                _ => {}
            }
            self.events.next();
        }
        if matches!(group.members.last(), Some(Member::Blank)) {
            group.members.pop();
        }
        group
    }
}
