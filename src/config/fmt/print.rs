//! Lines become text in the canonical form. It decides where spaces, line ends and empty lines stand, and nothing else.

use unicode_width::UnicodeWidthStr;

use super::layout::{Content, Group, Line, Member, Value};

/// The column that a list on one line may reach; a longer one gets a line for each item.
const WIDTH: usize = 100;

/// What each level of brackets moves to the right.
const INDENT: usize = 2;

/// Writes the lines of a file.
pub(super) fn print(lines: &[Line<'_>]) -> String {
    let blanks = blanks(lines);
    let rows: Vec<Row<'_>> = lines.iter().map(row).collect();
    let mut out = String::new();
    let mut start = 0;
    while start < rows.len() {
        // What is aligned with each other: pairs on one line each, with nothing between them.
        let more = (start + 1..rows.len()).take_while(|at| rows[*at].is_aligned() && !blanks[*at]).count();
        let end = if rows[start].is_aligned() { start + 1 + more } else { start + 1 };
        if blanks[start] {
            out.push('\n');
        }
        block(&rows[start..end], &mut out);
        start = end;
    }
    out
}

/// Before which lines an empty one stands.
fn blanks(lines: &[Line<'_>]) -> Vec<bool> {
    let is_header = |at: usize| matches!(lines[at].content, Content::Table { .. });
    let is_comment = |at: usize| matches!(lines[at].content, Content::Comment(_));
    let mut blanks: Vec<bool> = lines.iter().map(|line| line.is_after_blank).collect();
    let tops = (0..lines.len()).filter(|at| is_header(*at)).map(|header| {
        // Comments directly above a header belong to it.
        (0..header).rev().take_while(|at| is_comment(*at) && !lines[at + 1].is_after_blank).last().unwrap_or(header)
    });
    let tops: Vec<usize> = tops.collect();
    for (above, blank) in blanks.iter_mut().skip(1).enumerate() {
        *blank &= !is_header(above);
    }
    tops.iter().for_each(|top| blanks[*top] = true);
    if let Some(first) = blanks.first_mut() {
        *first = false;
    }
    blanks
}

/// A line in parts that can be aligned with those of its neighbours.
struct Row<'a> {
    /// All of it but the comment; of a pair only the key.
    head: String,
    /// Of a pair.
    value: Option<String>,
    comment: Option<&'a str>,
}

impl Row<'_> {
    fn is_aligned(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !value.contains('\n'))
    }
}

fn row<'a>(line: &Line<'a>) -> Row<'a> {
    match &line.content {
        Content::Comment(text) => Row { head: (*text).to_owned(), value: None, comment: None },
        Content::Table { header, comment } => Row { head: header.clone(), value: None, comment: *comment },
        Content::Pair { key, value: of, comment } => {
            let value = value(of, 0, key.width() + " = ".len());
            Row { head: key.clone(), value: Some(value), comment: *comment }
        }
    }
}

/// Writes rows with their `=` under each other, and so the comments of those that follow each other.
fn block(rows: &[Row<'_>], out: &mut String) {
    let keys = rows.iter().map(|row| row.head.width()).max().unwrap_or_default();
    let texts: Vec<String> = rows
        .iter()
        .map(|row| match &row.value {
            Some(value) => format!("{}{} = {value}", row.head, " ".repeat(keys - row.head.width())),
            None => row.head.clone(),
        })
        .collect();
    let widths: Vec<usize> = texts.iter().map(|text| last_line(text).width()).collect();
    for (at, (row, text)) in rows.iter().zip(&texts).enumerate() {
        out.push_str(text);
        if let Some(comment) = row.comment {
            let has_comment = |other: &usize| rows[*other].comment.is_some();
            let neighbours = (0..at).rev().take_while(has_comment).chain((at..rows.len()).take_while(has_comment));
            let column = neighbours.map(|other| widths[other]).max().unwrap_or_default();
            out.push_str(&" ".repeat(column - widths[at] + 1));
            out.push_str(comment);
        }
        out.push('\n');
    }
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// Writes a value that begins in a column, on lines that are indented.
fn value(of: &Value<'_>, indent: usize, column: usize) -> String {
    let group = match of {
        Value::Scalar(text) => return (*text).to_owned(),
        Value::Group(group) => group,
    };
    if group.is_broken && !group.members.is_empty() {
        return broken(group, indent);
    }
    match flat(of) {
        Some(flat) if column + flat.width() <= WIDTH => flat,
        Some(_) if !group.is_table => broken(group, indent),
        Some(_) | None => in_line(group, indent, column),
    }
}

/// The value on one line; none where something in it has several.
fn flat(of: &Value<'_>) -> Option<String> {
    let group = match of {
        Value::Scalar(text) => return (!text.contains('\n')).then(|| (*text).to_owned()),
        Value::Group(group) => group,
    };
    if group.members.is_empty() {
        return Some(if group.is_table { "{}" } else { "[]" }.to_owned());
    }
    if group.is_broken {
        return None;
    }
    let members = group.members.iter().filter_map(|member| match member {
        Member::Item { key, value, comment: _ } => Some((key, value)),
        Member::Blank | Member::Comment(_) => None,
    });
    let items = members.map(|(key, value)| Some(format!("{}{}", prefix(key.as_deref()), flat(value)?)));
    let items = items.collect::<Option<Vec<String>>>()?.join(", ");
    Some(if group.is_table { format!("{{ {items} }}") } else { format!("[{items}]") })
}

fn prefix(key: Option<&str>) -> String {
    key.map(|key| format!("{key} = ")).unwrap_or_default()
}

/// The group with its brackets on the lines of its first and last member, which may have lines of their own inside.
fn in_line(group: &Group<'_>, indent: usize, column: usize) -> String {
    let (open, close) = if group.is_table { ("{ ", " }") } else { ("[", "]") };
    let mut out = open.to_owned();
    for member in &group.members {
        let Member::Item { key, value: item, comment: _ } = member else { continue };
        if out.len() > open.len() {
            out.push_str(", ");
        }
        out.push_str(&prefix(key.as_deref()));
        let reached = last_line(&out).width() + if out.contains('\n') { 0 } else { column };
        out.push_str(&value(item, indent, reached));
    }
    out + close
}

/// The group with a line for each member.
fn broken(group: &Group<'_>, indent: usize) -> String {
    let (open, close) = if group.is_table { ('{', '}') } else { ('[', ']') };
    let inner = indent + INDENT;
    let margin = " ".repeat(inner);
    let mut out = format!("{open}\n");
    for member in &group.members {
        match member {
            Member::Blank => {}
            Member::Comment(text) => out.push_str(&format!("{margin}{text}")),
            Member::Item { key, value: item, comment } => {
                let prefix = prefix(key.as_deref());
                let text = value(item, inner, inner + prefix.width());
                out.push_str(&format!("{margin}{prefix}{text},"));
                out.extend(comment.iter().flat_map(|comment| [" ", comment]));
            }
        }
        out.push('\n');
    }
    out.push_str(&format!("{}{close}", " ".repeat(indent)));
    out
}
