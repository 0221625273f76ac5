//! Values as text: on one line as JSON, over several as YAML, and the difference between two of them. It knows no paths.

use serde_json::Value;

use crate::{
    render::{Detail, secrecy::SENSITIVE, style::clean},
    rolling::NOT_YET,
};

use super::blank::shown;

/// A list or map longer than this stands on several lines.
const INLINE: usize = 60;
/// A text longer than this is cut where it comes or goes, with its length told.
pub(super) const LONG: usize = 100;
/// A text with more lines than this is cut where it comes or goes, with the number of lines told.
const MANY_LINES: usize = 12;
/// Where the rest of what is cut is seen.
const ALL: &str = "-full shows all";

/// How much of long values is told, where they come or go as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Their beginnings, with what is cut counted.
    Cut,
    /// All of them, for `-full`.
    Whole,
    /// All of them, as they are: their lines are compared with others, or read as YAML. Nothing is made harmless yet.
    Compared,
}

impl Length {
    pub(super) fn of(detail: Detail) -> Self {
        match detail {
            Detail::Compact | Detail::Concise | Detail::Whole => Length::Cut,
            Detail::Full => Length::Whole,
        }
    }
}

/// A value on one line, as JSON.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) if text == SENSITIVE || text == NOT_YET => text.clone(),
        // JSON escapes the control characters that it knows; the rest is ours.
        value => clean(&spaced(value)),
    }
}

/// JSON with a space behind commas and colons.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let fields: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// Whether a value reads well on one line.
pub(super) fn is_short(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\n'),
        Value::Array(items) => {
            items.iter().all(|item| !item.is_object() && !item.is_array() && is_short(item))
                && spaced(value).len() <= INLINE
        }
        Value::Object(map) => map.is_empty(),
        _ => true,
    }
}

/// A value as lines of YAML.
pub(super) fn lines(value: &Value, length: Length) -> Vec<String> {
    match value {
        Value::Object(map) if !map.is_empty() => map
            .iter()
            .flat_map(|(key, value)| {
                let (way, value) = chain(word(key), value, length);
                entry(&format!("{way}:"), value, length)
            })
            .collect(),
        Value::Array(items) if !is_short(value) => items
            .iter()
            .flat_map(|item| {
                let inner = lines(item, length).into_iter().enumerate();
                inner.map(|(number, line)| format!("{}{line}", if number == 0 { "- " } else { "  " }))
            })
            .collect(),
        Value::String(text) if text.contains('\n') => {
            let mut lines = entry("", value, length);
            lines[0] = lines[0].trim_start().to_owned();
            lines
        }
        scalar => vec![scalar_word(scalar, length)],
    }
}

/// Where nothing is compared, maps of one key each are one dotted way, as in paths: `selector.matchLabels.app`.
pub(super) fn chain(mut way: String, mut value: &Value, length: Length) -> (String, &Value) {
    let is_plain = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if length == Length::Compared || way.is_empty() {
        return (way, value);
    }
    while let Value::Object(map) = value
        && map.len() == 1
        && let Some((key, only)) = map.iter().next()
        && is_plain(key)
    {
        way = format!("{way}.{key}");
        value = only;
    }
    (way, value)
}

/// A key with its value, behind it or indented below.
pub(super) fn entry(key: &str, value: &Value, length: Length) -> Vec<String> {
    let indented = |lines: Vec<String>| lines.into_iter().map(|line| format!("  {line}"));
    match value {
        Value::String(text) if text.contains('\n') => {
            let mark = if text.ends_with('\n') { "|" } else { "|-" };
            let line = |line: &str| if length == Length::Compared { line.to_owned() } else { shown(line) };
            let mut all: Vec<String> = text.strip_suffix('\n').unwrap_or(text).split('\n').map(line).collect();
            if length == Length::Cut && all.len() > MANY_LINES {
                let more = all.len() - MANY_LINES;
                all.truncate(MANY_LINES);
                all.push(format!("... ({more} more lines; {ALL})"));
            }
            std::iter::once(format!("{key} {mark}")).chain(indented(all)).collect()
        }
        value if is_short(value) => vec![format!("{key} {}", scalar_word(value, length))],
        value => std::iter::once(key.to_owned()).chain(indented(lines(value, length))).collect(),
    }
}

fn scalar_word(value: &Value, length: Length) -> String {
    match value {
        Value::String(text) => {
            let count = text.chars().count();
            if length == Length::Cut && count > LONG {
                let start: String = text.chars().take(LONG - 20).collect();
                return format!("{}... ({count} characters; {ALL})", word(&start));
            }
            word(text)
        }
        value => inline(value),
    }
}

/// A string as YAML would have it: bare where it cannot be taken for anything else.
fn word(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '.' | '_' | '('))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _./@+-:=,()%$".contains(c))
        && !text.contains(": ")
        && !text.ends_with([' ', ':']);
    let is_quantity = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        && !text.starts_with("0x")
        && !text.starts_with("0o")
        && !text.starts_with("0b");
    let is_bare = (is_word || is_quantity)
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        )
        && text.parse::<f64>().is_err();
    if is_bare { text.to_owned() } else { clean(&Value::from(text).to_string()) }
}

/// Old and new on one line. Where both are long, what they share at both ends is left out.
pub(super) fn arrow(before: &Value, after: &Value) -> String {
    if let (Value::String(old), Value::String(new)) = (before, after)
        && old.chars().count().max(new.chars().count()) > LONG
    {
        let (old, new) = (old.chars().collect::<Vec<char>>(), new.chars().collect::<Vec<char>>());
        let shortest = old.len().min(new.len());
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count().min(shortest - head);
        // A little of what is shared stays, so that the place can be found.
        let (head, tail) = (head.saturating_sub(20), tail.saturating_sub(20));
        let part = |text: &[char]| {
            let middle: String = text[head..text.len() - tail].iter().collect();
            let dots = |hidden: usize| if hidden > 0 { "..." } else { "" };
            format!("{}{}{}", dots(head), clean(&Value::from(middle).to_string()), dots(tail))
        };
        return format!("{} -> {}  # ({} equal characters hidden)", part(&old), part(&new), head + tail);
    }
    format!("{} -> {}", inline(before), inline(after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_are_bare_only_where_they_stay_strings() {
        for bare in ["orders", "registry.example.com/orders:v2", "/data", "a b", "100m", "1.5Gi", "0123456789abcdef"] {
            assert_eq!(word(bare), bare);
        }
        for quoted in
            ["", "true", "No", "null", "8000", "1e3", "0x1f", "a: b", "- a", "x ", "#", "a #b", "inf", "{{ x }}"]
        {
            assert_eq!(word(quoted), format!("{quoted:?}"));
        }
        assert_eq!(word("a\u{1b}[31m\u{202e}"), r#""a\u001b[31m\u{202e}""#);
    }

    #[test]
    fn texts_in_lists_keep_their_form() {
        let value = json!({"args": ["-c", "set -e\nrun\n"], "empty": [], "nested": [[1, 2], {}]});
        let expected = [
            "args:",
            "  - \"-c\"",
            "  - |",
            "      set -e",
            "      run",
            "empty: []",
            "nested:",
            "  - [1, 2]",
            "  - {}",
        ];
        assert_eq!(lines(&value, Length::Compared), expected);
    }

    #[test]
    fn long_values_are_cut_and_counted() {
        let value = json!({"a": "x".repeat(500), "b": "line\n".repeat(40)});
        let text = lines(&value, Length::Cut);
        assert!(text[0].ends_with("... (500 characters; -full shows all)"), "{text:?}");
        assert_eq!(text.last().unwrap(), "  ... (28 more lines; -full shows all)");
        let text = lines(&value, Length::Whole);
        assert_eq!(text[0], format!("a: {}", "x".repeat(500)));
        assert_eq!(text.len(), 42, "{text:?}");
    }

    #[test]
    fn line_ends_that_are_not_seen_are_told() {
        let value = json!({"script": "#!/bin/sh\r\nrun  \nend"});
        let expected = ["script: |-", "  #!/bin/sh  # (ends in \\r)", "  run  # (ends in 2 spaces)", "  end"];
        assert_eq!(lines(&value, Length::Whole), expected);
        let expected = ["script: |-", "  #!/bin/sh\r", "  run  ", "  end"];
        assert_eq!(lines(&value, Length::Compared), expected, "nothing is added to what is compared");
    }
}
