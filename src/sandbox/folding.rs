//! JSON as a reader of YAML takes it, which is how the server reads what is applied: characters that YAML does not allow,
//! and ends of lines that only it knows. It reads no YAML that is not JSON.

use std::borrow::Cow;

const NEXT_LINE: char = '\u{85}';

/// Whether the server's reader refuses a character (<https://yaml.org/spec/1.1/#id868524>).
fn is_forbidden(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// An end of a line that may stand in a string of JSON as it is.
fn is_break(c: char) -> bool {
    matches!(c, NEXT_LINE | '\u{2028}' | '\u{2029}')
}

/// The JSON that says what a reader of YAML sees: lines within quotes are folded
/// (<https://yaml.org/spec/1.1/#id904245>). None when it refuses the text.
pub(super) fn folded(json: &str) -> Option<Cow<'_, str>> {
    if json.contains(is_forbidden) {
        return None;
    }
    if !json.contains(is_break) {
        return Some(Cow::Borrowed(json));
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(is_break) {
        text.push_str(rest[..at].trim_end_matches(' '));
        let end = rest[at..].find(|c: char| c != ' ' && !is_break(c)).map_or(rest.len(), |length| at + length);
        let mut breaks = rest[at..end].chars().filter(|c| is_break(*c)).peekable();
        let first = breaks.next().expect("it was found");
        if first != NEXT_LINE {
            text.push(first);
        } else if breaks.peek().is_none() {
            text.push(' ');
        }
        breaks.for_each(|c| if c == NEXT_LINE { text.push_str("\\n") } else { text.push(c) });
        rest = &rest[end..];
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_the_server_was_seen_to_read() {
        let read = |json| folded(json).map(Cow::into_owned);
        for (json, expected) in [
            ("{\"a\":\"b c\"}", Some("{\"a\":\"b c\"}")),
            ("\"a\u{85}b\"", Some("\"a b\"")),
            ("\"a \u{85}  b\"", Some("\"a b\"")),
            ("\"a\u{85}\u{85}b\"", Some("\"a\\nb\"")),
            ("\"x \u{2028} y\"", Some("\"x\u{2028}y\"")),
            ("\"x\u{2029}y\"", Some("\"x\u{2029}y\"")),
            ("\"x\u{a0}\u{feff}y\"", Some("\"x\u{a0}\u{feff}y\"")),
            ("\"a\u{7f}b\"", None),
            ("\"a\u{90}b\"", None),
            ("\"a\u{ffff}b\"", None),
        ] {
            assert_eq!(read(json).as_deref(), expected, "{json:?}");
        }
    }
}
