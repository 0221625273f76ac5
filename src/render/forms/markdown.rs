//! What is told as Markdown, as GitHub takes it: what it comes to, what must be looked at, all objects with the riskiest
//! first, and the differences, folded. It is never longer than it may be, whatever it tells: a piece is there as a whole or
//! counted among what is left out.

use std::cmp::Reverse;

use super::{
    Fate, Level, Place, Problem, Row, Scope, Section, Standing,
    escape::{code, fenced},
    marker,
};
use crate::render::text::count;

/// What one comment on GitHub holds, in characters (<https://github.com/orgs/community/discussions/27190>). It is counted
/// in bytes here, of which there are never fewer.
pub const COMMENT: usize = 65_536;

/// Kept in each part for its end, which tells what was left out.
const END: usize = 420;
/// Of a block that does not fit, no less than this is shown.
const LEAST: usize = 600;

/// All sections as one text of at most `limit` bytes, which is more than a few hundred. `verb` is what was run.
#[must_use]
pub fn markdown(verb: &str, sections: &[Section], limit: usize) -> String {
    let mut left = limit.saturating_sub(END);
    let head = head(verb, sections, left / 4);
    left = left.saturating_sub(head.len());
    let mut parts: Vec<Option<Part<'_>>> = sections.iter().map(|_| None).collect();
    let mut places: Vec<usize> = (0..sections.len()).collect();
    places.sort_by_key(|place| Reverse(sections[*place].standing));
    for (told, place) in places.iter().enumerate() {
        let share = left / (sections.len() - told);
        let part = Part::of(verb, &sections[*place], share, left);
        left -= part.as_ref().map_or(0, Part::size);
        parts[*place] = part;
    }
    let left_out = parts.iter().filter(|part| part.is_none()).count();
    let mut parts: Vec<Part<'_>> = parts.into_iter().flatten().collect();
    differences(&mut parts, left);
    let mut text = head;
    text.extend(parts.iter().map(Part::text));
    if left_out > 0 {
        let what = count(left_out, "environment", "environments");
        text.push_str(&format!(
            "\n> [!NOTE]\n> {what} left out: there is room for {limit} characters. The log has all.\n"
        ));
    }
    text
}

/// All sections for comments: what is told of an environment is a text of its own of at most `limit` bytes, behind what is
/// told of all together.
#[must_use]
pub fn comments(verb: &str, sections: &[Section], scope: Option<&Scope>, limit: usize) -> String {
    let (of_files, of_environments): (Vec<&Section>, Vec<&Section>) =
        sections.iter().partition(|section| section.environment.is_none());
    let mut text = scope.map(marker::scope).unwrap_or_default();
    text.push_str(&head(verb, sections, limit));
    // What has no marker of its own would be taken for a part of what stands before it.
    for section in of_files.into_iter().chain(of_environments) {
        text.push_str(&markdown(verb, std::slice::from_ref(section), limit));
    }
    text
}

/// What is told of all together; nothing where there is one environment, which tells it itself.
fn head(verb: &str, sections: &[Section], limit: usize) -> String {
    let ([] | [_, _, ..]) = sections else { return String::new() };
    let worst = sections.iter().map(|section| section.standing).max().unwrap_or_default();
    let number = count(sections.len(), "environment", "environments");
    let mut page = Page { text: String::new(), left: limit };
    if sections.is_empty() {
        page.add(format!("{}\n", marker::NONE));
    }
    page.add(format!("## {} ditc {verb}: {number}\n\n", sign(worst)));
    if sections.is_empty() || !page.add("| | Environment | |\n|---|---|---|\n".to_owned()) {
        return page.text;
    }
    let mut sorted: Vec<&Section> = sections.iter().collect();
    sorted.sort_by_key(|section| Reverse(section.standing));
    page.left = page.left.saturating_sub(100);
    let mut more = 0;
    for section in sorted {
        let name = code(section.environment.as_deref().unwrap_or("workspace"));
        let row = format!("| {} | {name} | {} |\n", sign(section.standing), code(&section.headline));
        more += usize::from(!page.add(row));
    }
    if more > 0 {
        page.text.push_str(&format!("| | and {more} more | |\n"));
    }
    page.text + "\n"
}

/// A text that grows as long as there is room.
struct Page {
    text: String,
    left: usize,
}

impl Page {
    /// Adds a piece that stands for itself, if it fits.
    fn add(&mut self, piece: String) -> bool {
        let fits = piece.len() <= self.left;
        if fits {
            self.left -= piece.len();
            self.text.push_str(&piece);
        }
        fits
    }
}

/// What is told of one environment.
struct Part<'a> {
    section: &'a Section,
    core: String,
    folded: Vec<String>,
    missing: Missing,
}

/// What there was no room for.
#[derive(Default)]
struct Missing {
    problems: usize,
    objects: usize,
    differences: usize,
}

impl<'a> Part<'a> {
    /// What must be told and the tables, in about `share` bytes; none where not even the head fits into what is left.
    fn of(verb: &str, section: &'a Section, share: usize, left: usize) -> Option<Self> {
        let Section { environment, place, headline, rows, drift, problems, standing, .. } = section;
        let head = environment.as_ref().map(|name| marker::head(verb, name, section)).unwrap_or_default();
        let name = environment.as_deref().map(|name| format!(": {}", code(name))).unwrap_or_default();
        let place = place.as_ref().map(|place| format!(" <sub>{}</sub>", code(place))).unwrap_or_default();
        let head = format!(
            "{head}### {} ditc {verb}{name}\n\n<strong>{}</strong>{place}\n\n",
            sign(*standing),
            code(headline)
        );
        if head.len() + END > left {
            return None;
        }
        // Half of the room is for differences.
        let mut page = Page { left: (share / 2).saturating_sub(head.len() + END), text: head };
        let mut missing = Missing::default();
        for problem in problems {
            missing.problems += usize::from(!page.add(told(problem)));
        }
        missing.objects += table(rows, &mut page);
        if !drift.is_empty() && page.add("Changed outside of ditc:\n\n".to_owned()) {
            missing.objects += table(drift, &mut page);
        } else {
            missing.objects += drift.len();
        }
        Some(Self { section, core: page.text, folded: Vec::new(), missing })
    }

    fn size(&self) -> usize {
        self.core.len() + END
    }

    fn text(&self) -> String {
        let Missing { problems, objects, differences } = &self.missing;
        let parts = [
            (*problems, "problem", "problems"),
            (*objects, "row of the table", "rows of the tables"),
            (*differences, "difference", "differences"),
        ];
        let missing: Vec<String> = parts
            .into_iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, many)| count(number, one, many))
            .collect();
        let missing = match missing.is_empty() {
            true => String::new(),
            false => format!(
                "> [!NOTE]\n> There was no room for all. Left out or cut: {}. The log of the run has them.\n\n",
                missing.join(", ")
            ),
        };
        format!("{}{}{missing}", self.core, self.folded.concat())
    }
}

fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Unchanged => ":white_check_mark:",
        Standing::Changed => ":large_orange_diamond:",
        Standing::Broken => ":x:",
    }
}

/// A problem as an item of a list; causes and hints stand below it.
fn told(problem: &Problem) -> String {
    let Problem { level, about, summary, details, place } = problem;
    let sign = match level {
        Level::Error => ":x:",
        Level::Warning => ":warning:",
    };
    let about = about.as_ref().map(|about| format!(" {}:", code(about))).unwrap_or_default();
    let place = place
        .as_ref()
        .map(|Place { path, line, .. }| format!(" <sub>{}</sub>", code(&format!("{path}:{line}"))))
        .unwrap_or_default();
    let mut out = format!("- {sign}{about} {}{place}\n", code(summary));
    let lines = details.iter().flat_map(|detail| detail.lines()).filter(|line| !line.trim().is_empty());
    lines.for_each(|line| out.push_str(&format!("  - {}\n", code(line))));
    out.push('\n');
    out
}

/// Objects, a row each; tells how many did not fit.
fn table(rows: &[Row], page: &mut Page) -> usize {
    if rows.is_empty() {
        return 0;
    }
    let has_risks = rows.iter().any(|row| !row.risks.is_empty());
    let has_fate = rows.iter().any(|row| row.fate.is_some());
    let columns = [(true, "Object"), (true, "Action"), (has_risks, "Look twice"), (has_fate, "Result")];
    let shown: Vec<&str> = columns.iter().filter(|(is_shown, _)| *is_shown).map(|(_, name)| *name).collect();
    if !page.add(format!("| | {} |\n|---|{}\n", shown.join(" | "), "---|".repeat(shown.len()))) {
        return rows.len();
    }
    let mut missing = 0;
    for Row { address, sign, what, is_drift: _, risks, fate, block: _, place: _ } in rows {
        let mut line = format!("| {} | {} | {} |", code(sign), code(address), what);
        if has_risks {
            let risks = if risks.is_empty() { String::new() } else { format!(":warning: {}", code(&risks.join("; "))) };
            line.push_str(&format!(" {risks} |"));
        }
        if has_fate {
            line.push_str(&match fate {
                None => " |".to_owned(),
                Some(Fate::Done) => " :white_check_mark: |".to_owned(),
                Some(Fate::Failed(why)) => format!(" :x: {} |", code(why)),
                Some(Fate::Skipped) => " skipped |".to_owned(),
                Some(Fate::NotStarted) => " not started |".to_owned(),
            });
        }
        missing += usize::from(!page.add(line + "\n"));
    }
    // A table ends with an empty line, which is counted with the ends.
    page.text.push('\n');
    missing
}

/// The differences of all parts, folded, the riskiest first as far as there is room.
fn differences(parts: &mut [Part<'_>], mut left: usize) {
    let mut all: Vec<(usize, &Row)> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        all.extend(part.section.rows.iter().chain(&part.section.drift).map(|row| (number, row)));
    }
    all.retain(|(_, row)| !row.block.is_empty());
    all.sort_by_key(|(_, row)| row.risks.is_empty());
    for (number, row) in all {
        let part = &mut parts[number];
        let mut piece = folded(row, &row.block);
        if piece.len() > left {
            part.missing.differences += 1;
            let room = left.saturating_sub(folded(row, "").len() + 100);
            if room < LEAST {
                continue;
            }
            piece = folded(row, &cut(&row.block, room));
        }
        if piece.len() <= left {
            left -= piece.len();
            part.folded.push(piece);
        }
    }
}

fn folded(Row { address, sign, .. }: &Row, shown: &str) -> String {
    let summary = code(&format!("{sign} {address}"));
    format!("<details><summary>{summary}</summary>\n\n{}\n</details>\n\n", fenced("diff", &coloured(shown)))
}

/// The lines with their signs in front, where GitHub looks for them to colour them; `!` is what it takes for a change.
fn coloured(block: &str) -> String {
    let line = |line: &str| {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let signed = ["-/+ ", "+ ", "- ", "~ "].into_iter().find(|sign| text.starts_with(sign));
        match signed {
            Some("~ ") => format!("!{indent} {}\n", &text[2..]),
            Some(sign) => format!("{}{indent} {}\n", sign.trim_end(), &text[sign.len()..]),
            None => format!("{line}\n"),
        }
    };
    block.lines().map(line).collect()
}

/// The first lines of a block, in at most so many bytes once they stand between fences.
fn cut(block: &str, room: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    let count = block.lines().count();
    for (number, line) in block.lines().enumerate() {
        // What is shown is made harmless, and may become longer by that.
        used += fenced("diff", &coloured(line)).len();
        if used + 40 > room {
            out.push_str(&format!("# ({} more lines)\n", count - number));
            break;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
