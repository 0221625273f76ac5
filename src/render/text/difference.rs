//! What differs between two long values: line by line in texts, item by item in lists, word by word in one long line.

use std::ops::Range;

use serde_json::Value;
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};

use crate::render::style::{Look, Style, clean};

use super::{
    blank::{Unseen, is_only_blank, remark},
    value::LONG,
};

/// Unchanged lines around a changed one.
const AROUND: usize = 2;
/// Characters of a long line that stay around what differs, so that the place can be found.
const BESIDE: usize = 20;

/// The lines that differ between two texts, each with its sign, a little around them, and remarks for what is hidden.
pub(super) fn difference(old: &str, new: &str, style: Style) -> Vec<String> {
    let diff = TextDiff::from_lines(old, new);
    let olds: Vec<&str> = (0..diff.old_len()).filter_map(|at| diff.old_slice(at)).collect();
    let news: Vec<&str> = (0..diff.new_len()).filter_map(|at| diff.new_slice(at)).collect();
    let unseen = Unseen::between(&olds, &news);
    let mut out = Vec::new();
    let mut shown_up_to = 0;
    for group in diff.grouped_ops(AROUND) {
        let Some(first) = group.first() else { continue };
        out.extend(hidden(first.old_range().start - shown_up_to, "line", style));
        for op in &group {
            let ends_matter = unseen.matters(op, &olds, &news);
            let pairs = olds[op.old_range()].iter().zip(&news[op.new_range()]);
            let only_blank: Vec<bool> = pairs.map(|(old, new)| is_only_blank(old, new)).collect();
            for change in diff.iter_inline_changes(op) {
                let (sign, look, number) = match (change.tag(), change.old_index(), change.new_index()) {
                    (ChangeTag::Delete, Some(at), _) => ("-", Look::Remove, at - op.old_range().start),
                    (ChangeTag::Insert, _, Some(at)) => ("+", Look::Add, at - op.new_range().start),
                    _ => (" ", Look::Plain, usize::MAX),
                };
                let parts: Vec<_> = change.iter_strings_lossy().collect();
                let text: String = parts.iter().map(|(_, part)| part.as_ref()).collect();
                let mut room = text.trim_end().len();
                let mut line = style.paint(look, &format!("{sign} "));
                for (is_changed, part) in parts {
                    let seen = clean(&part[..room.min(part.len())]);
                    room -= room.min(part.len());
                    // Where nothing else differs, a tab must not look like spaces.
                    let is_blank = only_blank.get(number).is_some_and(|is_blank| *is_blank);
                    let seen = if is_blank { seen.replace('\t', "\\t") } else { seen };
                    line.push_str(&if is_changed { style.underline(look, &seen) } else { style.paint(look, &seen) });
                }
                if ends_matter {
                    line.push_str(&style.paint(Look::Dim, &remark(&text)));
                }
                out.push(line);
                if change.missing_newline() {
                    out.push(style.paint(Look::Dim, "  # (no line end)"));
                }
            }
            shown_up_to = op.old_range().end;
        }
    }
    out.extend(hidden(diff.old_len().saturating_sub(shown_up_to), "line", style));
    out
}

fn hidden(count: usize, what: &str, style: Style) -> Option<String> {
    let text = match count {
        0 => return None,
        1 => format!("  # (1 unchanged {what} hidden)"),
        count => format!("  # ({count} unchanged {what}s hidden)"),
    };
    Some(style.paint(Look::Dim, &text))
}

/// The items that differ between two lists, each on a line, in the way of [`difference`].
pub(super) fn items(old: &[String], new: &[String], style: Style) -> Vec<String> {
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let mut out = Vec::new();
    let mut shown_up_to = 0;
    for group in similar::group_diff_ops(ops, AROUND) {
        let Some(first) = group.first() else { continue };
        out.extend(hidden(first.old_range().start - shown_up_to, "item", style));
        for op in &group {
            let is_equal = matches!(op, DiffOp::Equal { .. });
            for item in &old[op.old_range()] {
                out.push(match is_equal {
                    true => format!("  {item},"),
                    false => style.paint(Look::Remove, &format!("- {item},")),
                });
            }
            if !is_equal {
                out.extend(new[op.new_range()].iter().map(|item| style.paint(Look::Add, &format!("+ {item},"))));
            }
            shown_up_to = op.old_range().end;
        }
    }
    out.extend(hidden(old.len() - shown_up_to, "item", style));
    out
}

/// Where two long lines differ at several places: for each of them a pair of lines with the words that differ, and a little
/// around them. None where both are short, or differ at one place, so that one look at both is enough.
pub(super) fn words(old: &Value, new: &Value, style: Style) -> Option<Vec<String>> {
    let (Value::String(old), Value::String(new)) = (old, new) else { return None };
    if old.chars().count().max(new.chars().count()) <= LONG || old.contains('\n') || new.contains('\n') {
        return None;
    }
    let ends = [remark(old), remark(new)];
    let (old, new) = (tokens(old), tokens(new));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let places = places(&ops, &old);
    if places.len() < 2 {
        return None;
    }
    let mut out = Vec::new();
    let mut equal = length(&old);
    for place in places {
        let ops = &ops[place.clone()];
        let before = ops.first().map_or(0, |op| op.old_range().start);
        let after = ops.last().map_or(0, |op| op.old_range().end);
        let head = last(&old[..before]);
        let tail = first(&old[after..]);
        let is_at_end = length(&old[after..]) <= BESIDE && ends[0] != ends[1];
        for ((sign, look), end) in [("-", Look::Remove), ("+", Look::Add)].into_iter().zip(&ends) {
            let mut line = style.paint(look, &format!("{sign} {head}"));
            for op in ops {
                let part =
                    if look == Look::Remove { old[op.old_range()].concat() } else { new[op.new_range()].concat() };
                let is_equal = matches!(op, DiffOp::Equal { .. });
                line.push_str(&if is_equal {
                    style.paint(look, &clean(&part))
                } else {
                    style.underline(look, &clean(&part))
                });
            }
            line.push_str(&style.paint(look, &tail));
            if is_at_end {
                line = format!("{}{}", line.trim_end(), style.paint(Look::Dim, end));
            }
            out.push(line);
        }
        let is_shown = length(&old[before..after]) + head.trim_start_matches("...").chars().count();
        equal = equal.saturating_sub(is_shown + tail.trim_end_matches("...").chars().count());
    }
    out.push(style.paint(Look::Dim, &format!("  # ({equal} equal characters hidden)")));
    Some(out)
}

/// Words and the characters between them.
fn tokens(text: &str) -> Vec<&str> {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = if is_of_word(c) { rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()) } else { c.len_utf8() };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// The operations that lie so close that they are shown together, as ranges of `ops` that begin and end with a change.
fn places(ops: &[DiffOp], old: &[&str]) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        match op {
            DiffOp::Equal { .. } => {}
            _ => match places.last_mut() {
                Some(last) if last.end == at || length(&old[ops[last.end].old_range()]) <= 2 * BESIDE => {
                    last.end = at + 1;
                }
                _ => places.push(at..at + 1),
            },
        }
    }
    places
}

fn length(tokens: &[&str]) -> usize {
    tokens.iter().map(|token| token.chars().count()).sum()
}

/// The end of what stays, with dots for the rest.
fn last(tokens: &[&str]) -> String {
    let text = tokens.concat();
    let more = text.chars().count().saturating_sub(BESIDE);
    let part: String = text.chars().skip(more).collect();
    format!("{}{}", if more > 0 { "..." } else { "" }, clean(&part))
}

/// The beginning of what stays, with dots for the rest.
fn first(tokens: &[&str]) -> String {
    let text = tokens.concat();
    let part: String = text.chars().take(BESIDE).collect();
    format!("{}{}", clean(&part), if text.chars().count() > BESIDE { "..." } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { colour: false, width: 80 };

    #[test]
    fn a_long_line_shows_the_words_that_differ() {
        let line = |host: &str, mode: &str, end: &str| {
            let middle = "connect_timeout=10&application_name=orders-of-pull-request-12&target_session_attrs=any";
            Value::from(format!("postgres://orders@{host}:5432/orders?sslmode={mode}&{middle}&keepalives={end}"))
        };
        let (old, new) = (line("postgresql", "disable", "1"), line("db", "require", "0"));
        let expected = [
            "- postgres://orders@postgresql:5432/orders?sslmode=disable&connect_timeout=10&...",
            "+ postgres://orders@db:5432/orders?sslmode=require&connect_timeout=10&...",
            "- ...ttrs=any&keepalives=1",
            "+ ...ttrs=any&keepalives=0",
            "  # (59 equal characters hidden)",
        ];
        assert_eq!(words(&old, &new, PLAIN).expect("it differs at two places"), expected);
        assert_eq!(words(&old, &line("db", "disable", "1"), PLAIN), None, "one place is told in one line");
        assert_eq!(words(&"a b".into(), &"c b d".into(), PLAIN), None, "short lines are told whole");
    }

    #[test]
    fn a_list_shows_the_items_that_differ() {
        let list = |text: &str| text.split(' ').map(|word| format!("{word:?}")).collect::<Vec<_>>();
        let lines = items(&list("a b c d e f g"), &list("a b c d x y f g"), PLAIN);
        let expected = [
            "  # (2 unchanged items hidden)",
            "  \"c\",",
            "  \"d\",",
            "- \"e\",",
            "+ \"x\",",
            "+ \"y\",",
            "  \"f\",",
            "  \"g\",",
        ];
        assert_eq!(lines, expected);
    }
}
