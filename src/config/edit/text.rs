//! Puts a value into a TOML text at a path, wherever the text has its table: below a header, in braces, or as dotted keys.

use std::ops::Range;

use super::places::{Pair, Places, places};

/// The text with `path` set to a value as TOML spells it; keys of the same table that are its rivals go.
pub(super) fn put(text: &str, path: &[&str], value: &str, rivals: Vec<&str>) -> String {
    let (key, table) = path.split_last().expect("a path has a key");
    let mut text = text.to_owned();
    for rival in rivals {
        let places = places(&text);
        let of: Vec<&str> = table.iter().copied().chain([rival]).collect();
        let Some(pair) = pair(&places, &of) else { continue };
        match self::pair(&places, path) {
            // Its place in the table is kept, and the comments around it.
            None => text.replace_range(last_name(&text, pair), &spelled(key)),
            Some(_) => text.replace_range(whole(&text, pair), ""),
        }
    }
    let places = places(&text);
    if let Some(pair) = pair(&places, path) {
        text.replace_range(pair.value.clone(), &as_before(&text[pair.value.clone()], value));
        return text;
    }
    // The innermost table on the way that is there in braces takes all below it.
    for depth in (1..path.len()).rev() {
        let inner = path[depth..].iter().map(|key| spelled(key)).collect::<Vec<_>>().join(".");
        let Some(outer) = self::pair(&places, &path[..depth]).filter(|outer| outer.is_table) else { continue };
        return into_braces(&text, &outer.value, &format!("{inner} = {value}"));
    }
    let line_end = line_end(&text);
    if let Some((at, header)) = places.headers.iter().enumerate().find(|(_, header)| is(&header.path, table)) {
        let last = places.pairs.iter().rfind(|pair| pair.header == Some(at) && !pair.is_inside);
        let after = next_line(&text, last.map_or(header.section.start, |pair| pair.value.end));
        return insert(&text, after, &format!("{} = {value}{line_end}", spelled(key)));
    }
    // Dotted keys: beside the last one of the same table, spelled like it.
    let is_beside =
        |pair: &&Pair| !pair.is_inside && pair.path.len() > table.len() && is(&pair.path[..table.len()], table);
    if let Some(pair) =
        places.pairs.iter().rfind(|pair| is_beside(pair) && header_of(&places, pair).len() < table.len())
    {
        let below = header_of(&places, pair).len();
        let key = path[below..].iter().map(|key| spelled(key)).collect::<Vec<_>>().join(".");
        return insert(&text, next_line(&text, pair.value.end), &format!("{key} = {value}{line_end}"));
    }
    // A table in the component that has no header: dotted, below the deepest header on the way.
    let on_the_way = |depth: usize| {
        let found = places.headers.iter().enumerate().find(|(_, header)| is(&header.path, &table[..depth]));
        found.map(|(at, header)| (depth, at, header))
    };
    if let Some((depth, at, header)) = (2..table.len()).rev().find_map(on_the_way) {
        let last = places.pairs.iter().rfind(|pair| pair.header == Some(at) && !pair.is_inside);
        let after = next_line(&text, last.map_or(header.section.start, |pair| pair.value.end));
        let key = path[depth..].iter().map(|key| spelled(key)).collect::<Vec<_>>().join(".");
        return insert(&text, after, &format!("{key} = {value}{line_end}"));
    }
    let component = &table[..2];
    let key = path[2..].iter().map(|key| spelled(key)).collect::<Vec<_>>().join(".");
    let header = component.iter().map(|key| spelled(key)).collect::<Vec<_>>().join(".");
    let new = format!("[{header}]{line_end}{key} = {value}{line_end}");
    // Before what stands deeper in it, else in the end.
    let deeper = places.headers.iter().find(|header| header.path.len() > 2 && is(&header.path[..2], component));
    match deeper {
        Some(deeper) => insert(&text, deeper.section.start, &format!("{new}{line_end}")),
        None => {
            let gap = if text.trim().is_empty() { "" } else { line_end };
            insert(&text, text.len(), &format!("{gap}{new}"))
        }
    }
}

/// The text without what stands at `path`; the same text where it stands there in no way that can be taken out.
pub(super) fn take(text: &str, path: &[&str]) -> String {
    let mut text = text.to_owned();
    let places = places(&text);
    if let Some(pair) = pair(&places, path) {
        text.replace_range(whole(&text, pair), "");
    }
    text
}

fn is(path: &[String], other: &[&str]) -> bool {
    path.iter().map(String::as_str).eq(other.iter().copied())
}

fn pair<'a>(places: &'a Places, path: &[&str]) -> Option<&'a Pair> {
    places.pairs.iter().find(|pair| is(&pair.path, path))
}

fn header_of<'a>(places: &'a Places, pair: &Pair) -> &'a [String] {
    pair.header.map_or(&[], |header| &places.headers[header].path)
}

/// A key, in quotes where it needs them.
fn spelled(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { toml::Value::from(key).to_string() }
}

/// The last name of a key, behind its dots.
fn last_name(text: &str, pair: &Pair) -> Range<usize> {
    let name = text[pair.key.clone()].rsplit('.').next().unwrap_or_default().trim_start();
    pair.key.end - name.len()..pair.key.end
}

/// A pair with the line that it has for itself, or with the comma between it and its neighbour.
fn whole(text: &str, pair: &Pair) -> Range<usize> {
    let Range { start, end } = pair.key.start..pair.value.end;
    if !pair.is_inside {
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        return line..next_line(text, end);
    }
    let rest = &text[end..];
    let comma = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with(',') {
        let behind = &rest[comma + 1..];
        return start..end + comma + 1 + (behind.len() - behind.trim_start_matches(' ').len());
    }
    let before = text[..start].trim_end();
    before.strip_suffix(',').map_or(start, str::len)..end
}

/// A text in the quotes that stood there before, where it can be.
fn as_before(before: &str, value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match inner {
        Some(inner) if before.starts_with('\'') && !before.starts_with("'''") && !inner.contains(['\'', '\\']) => {
            format!("'{inner}'")
        }
        _ => value.to_owned(),
    }
}

/// A table in braces with one pair more.
fn into_braces(text: &str, braces: &Range<usize>, pair: &str) -> String {
    let inside = &text[braces.start + 1..braces.end - 1];
    let kept = inside.trim_end();
    let at = braces.start + 1 + kept.len();
    if kept.is_empty() {
        let mut text = text.to_owned();
        text.replace_range(braces.clone(), &format!("{{ {pair} }}"));
        return text;
    }
    let comma = if kept.ends_with(',') { " " } else { ", " };
    insert(text, at, &format!("{comma}{pair}"))
}

fn insert(text: &str, at: usize, new: &str) -> String {
    let (before, after) = text.split_at(at);
    // The last line of a file need not have an end.
    let gap = if new.ends_with('\n') && !before.is_empty() && !before.ends_with('\n') { line_end(text) } else { "" };
    format!("{before}{gap}{new}{after}")
}

/// Where the line after a place begins.
fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// How the lines of a text end.
fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
