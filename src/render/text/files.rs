//! What commands about the workspace's files say to people: how many are right, and what a formatted file would lose
//! and gain.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use crate::{
    object::GroupKind,
    render::{
        Formatted,
        style::{Look, Style, clean},
    },
};

/// Lines around a difference that say where it is.
const CONTEXT: usize = 3;

/// That all is right, and what nobody could look at.
#[must_use]
pub fn valid(environments: usize, modules: usize, unknown: &BTreeSet<GroupKind>, style: Style) -> String {
    let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let verb = if environments + modules == 1 { "is" } else { "are" };
    let what = match modules {
        0 => count(environments, "environment"),
        _ => format!("{} and {}", count(environments, "environment"), count(modules, "module")),
    };
    let mut out = format!("{} {what} {verb} valid.\n", style.paint(Look::Good, "Success!"));
    if !unknown.is_empty() {
        let kinds: Vec<String> = unknown.iter().map(ToString::to_string).collect();
        let text =
            format!("Only a cluster can tell whether it serves {} as asked: ditc plan asks it.", kinds.join(", "));
        out.push_str(&style.wrap("", "", Look::Plain, &text));
    }
    out
}

/// What is not carried over into another file, each with its place, and what the other file says besides.
#[must_use]
pub fn not_carried_over(left: &[(String, &str)], assumed: &[String], style: Style) -> String {
    let line = |text: String| style.wrap("  ", "    ", Look::Plain, &text);
    let left = left.iter().map(|(place, text)| line(format!("{place}: {text}")));
    let left = ["Not carried over:\n".to_owned()].into_iter().chain(left);
    let heading = (!assumed.is_empty()).then(|| "Assumed:\n".to_owned());
    left.chain(heading).chain(assumed.iter().cloned().map(line)).collect()
}

/// The lines that formatting changes, as a unified diff.
#[must_use]
pub fn file_diff(file: &Formatted, style: Style) -> String {
    let Formatted { path, before, after } = file;
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let mut out = format!("--- {path}\n+++ {path}\n");
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        out.push_str(&format!("{}\n", style.paint(Look::Dim, hunk.header().to_string().trim_end())));
        for change in hunk.iter_changes() {
            let (sign, look) = match change.tag() {
                ChangeTag::Equal => (' ', Look::Plain),
                ChangeTag::Delete => ('-', Look::Remove),
                ChangeTag::Insert => ('+', Look::Add),
            };
            // A carriage return at the end of a line is a difference that must be seen.
            let line = clean(change.value().trim_end_matches('\n'));
            out.push_str(&format!("{}\n", style.paint(look, &format!("{sign}{line}"))));
        }
    }
    out
}
