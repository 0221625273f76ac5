//! White space that no eye sees, at the end of a line or as all that differs, told where it makes a difference. It draws
//! no lines.

use std::collections::BTreeSet;

use similar::DiffOp;

use crate::render::style::clean;

/// What a line ends in that is not seen, in words: `2 spaces`, `a tab and \r`.
fn ending(line: &str) -> Option<String> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for c in blank_end(line).chars() {
        match runs.last_mut() {
            Some((last, count)) if *last == c => *count += 1,
            _ => runs.push((c, 1)),
        }
    }
    let word = |(c, count): (char, usize)| match (c, count) {
        (' ', 1) => "a space".to_owned(),
        (' ', count) => format!("{count} spaces"),
        ('\t', 1) => "a tab".to_owned(),
        ('\t', count) => format!("{count} tabs"),
        ('\r', _) => "\\r".repeat(count),
        (c, count) => c.escape_unicode().to_string().repeat(count),
    };
    let words: Vec<String> = runs.into_iter().map(word).collect();
    (!words.is_empty()).then(|| words.join(" and "))
}

fn blank_end(line: &str) -> &str {
    let line = line.trim_end_matches('\n');
    &line[line.trim_end().len()..]
}

/// The remark behind a line that ends in what is not seen; nothing behind others.
pub(super) fn remark(line: &str) -> String {
    ending(line).map(|what| format!("  # (ends in {what})")).unwrap_or_default()
}

/// A new or old line as it is shown: harmless, and its end told.
pub(super) fn shown(line: &str) -> String {
    format!("{}{}", clean(line.trim_end()), remark(line))
}

/// Which lines of a difference look like the ones that they replace, or end as no other line does.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    /// The end that all lines of both texts share, such as `\r`.
    usual: Option<String>,
}

impl Unseen {
    pub(super) fn between(old: &[&str], new: &[&str]) -> Self {
        // The last line of a text need not end at all.
        let whole = old.iter().chain(new).filter(|line| line.ends_with('\n'));
        let ends: BTreeSet<&str> = whole.map(|line| blank_end(line)).collect();
        let usual = match ends.into_iter().collect::<Vec<_>>().as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        };
        Self { usual }
    }

    /// Whether the ends of the lines that one step takes and brings are worth a word.
    pub(super) fn matters(&self, op: &DiffOp, old: &[&str], new: &[&str]) -> bool {
        let ends = |lines: &[&str]| lines.iter().map(|line| blank_end(line).to_owned()).collect::<Vec<_>>();
        let (old, new) = (ends(&old[op.old_range()]), ends(&new[op.new_range()]));
        let is_usual = |end: &String| self.usual.as_ref() == Some(end);
        !matches!(op, DiffOp::Equal { .. }) && old != new && !old.iter().chain(&new).all(is_usual)
    }
}

/// Whether two lines differ in white space alone, before their ends.
pub(super) fn is_only_blank(old: &str, new: &str) -> bool {
    old.trim_end() != new.trim_end() && old.split_whitespace().eq(new.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_told_in_words() {
        let told = [
            ("world  \n", "  # (ends in 2 spaces)"),
            ("world\r\n", "  # (ends in \\r)"),
            ("\t \r", "  # (ends in a tab and a space and \\r)"),
            ("world\u{a0}", "  # (ends in \\u{a0})"),
            ("world\n", ""),
            ("", ""),
        ];
        for (line, remark) in told {
            assert_eq!(super::remark(line), remark, "{line:?}");
        }
        assert_eq!(shown("a\u{1b}[1m \r"), "a\\u{1b}[1m  # (ends in a space and \\r)");
    }
}
