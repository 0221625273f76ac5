//! Failures and warnings for people: what happened, why, and what to do next.

use crate::render::style::{Look, Style, clean, clean_line};

/// An error with its causes, outermost first, and hints.
#[must_use]
pub fn error(message: &str, causes: &[String], hints: &[String], style: Style) -> String {
    let mut out = headed("", "error:", Look::Error, message, style);
    out.push_str(&details("  ", causes, hints, style));
    out
}

/// A warning that stops nothing.
#[must_use]
pub fn warning(text: &str, style: Style) -> String {
    headed("", "warning:", Look::Warning, text, style)
}

/// Hints alone, where something else told what happened.
#[must_use]
pub fn hints(hints: &[String], style: Style) -> String {
    details("", [], hints, style)
}

/// Causes and hints, indented.
pub(super) fn details<'a>(
    indent: &str,
    causes: impl IntoIterator<Item = &'a String>,
    hints: impl IntoIterator<Item = &'a String>,
    style: Style,
) -> String {
    let mut out = String::new();
    for cause in causes {
        out.push_str(&headed(indent, "caused by:", Look::Bold, cause, style));
    }
    for hint in hints {
        out.push_str(&headed(indent, "hint:", Look::Hint, hint, style));
    }
    out
}

/// What to do next, as a command: it is pasted, so it stays on one line.
pub(super) fn next_step(indent: &str, hint: Option<&String>, style: Style) -> String {
    details(indent, [], hint, Style { width: usize::MAX, ..style })
}

/// A word in its look and a text behind it; a text of several lines keeps them.
fn headed(indent: &str, word: &str, look: Look, text: &str, style: Style) -> String {
    let first = format!("{indent}{} ", style.paint(look, word));
    let next = if indent.is_empty() { String::new() } else { format!("{indent}  ") };
    if text.contains('\n') {
        let text = clean(text);
        let mut out = String::new();
        for (number, line) in text.lines().enumerate() {
            let inside = &line[..line.len() - line.trim_start().len()];
            let begin = if number == 0 { first.clone() } else { format!("{next}{inside}") };
            out.push_str(&style.wrap(&begin, &format!("{next}{inside}  "), Look::Plain, line.trim_start()));
        }
        return out;
    }
    style.wrap(&first, &format!("{indent}  "), Look::Plain, &clean_line(text))
}
