//! What GitHub Actions understands: annotations at lines of files, and the outputs of a step.

use serde_json::json;

use crate::plan::Counts;

use super::{
    Level, Place, Problem, Row, Section, Standing,
    escape::{message, property},
};

/// A step shows no more of one level; what is over is counted
/// (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).
const SHOWN: usize = 10;

/// One workflow command for each thing that must be looked at. `below` is where the workspace lies in the repository.
#[must_use]
pub fn annotations(sections: &[Section], below: &str) -> String {
    let mut out = String::new();
    for level in [Level::Error, Level::Warning] {
        let all: Vec<Problem> = sections.iter().flat_map(|section| told(section, level)).collect();
        out.extend(all.iter().take(SHOWN).map(|problem| annotation(problem, below)));
        match all.len().saturating_sub(SHOWN) {
            0 => {}
            more => out.push_str(&format!(
                "::notice title=ditc::and {more} more {}, in the log and the summary\n",
                if level == Level::Error { "errors" } else { "warnings" }
            )),
        }
    }
    out
}

fn told(section: &Section, level: Level) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        section.problems.iter().filter(|problem| problem.level == level).cloned().collect();
    if level == Level::Warning {
        let warning = |row: &Row, summary: String| Problem {
            about: Some(row.address.clone()),
            place: row.place.clone(),
            ..Problem::new(level, summary)
        };
        let risky = section.rows.iter().filter(|row| !row.risks.is_empty());
        problems.extend(risky.map(|row| warning(row, row.risks.join("; "))));
        let moved = section.rows.iter().filter(|row| row.is_drift).chain(&section.drift);
        problems.extend(moved.map(|row| warning(row, format!("{} outside of ditc", row.what))));
    }
    problems
}

fn annotation(Problem { level, about, summary, details, place }: &Problem, below: &str) -> String {
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(Place { path, line, end_line, column }) = place {
        let path = if below.is_empty() { path.clone() } else { format!("{}/{path}", below.trim_end_matches('/')) };
        properties.push(format!("file={},line={line},endLine={end_line},col={column}", property(&path)));
    }
    properties.extend(about.as_ref().map(|about| format!("title={}", property(about))));
    let text: Vec<&str> = std::iter::once(summary.as_str()).chain(details.iter().map(String::as_str)).collect();
    let properties = if properties.is_empty() { String::new() } else { format!(" {}", properties.join(",")) };
    format!("::{word}{properties}::{}\n", message(&text.join("\n")))
}

/// The outputs of the step, for `steps.ID.outputs.NAME`. Each is written with the delimiter, so no value can end it.
#[must_use]
pub fn outputs(sections: &[Section], exit: u8, delimiter: &str) -> String {
    let mut total = Counts::default();
    for section in sections {
        let Counts { import, add, change, destroy, forget } = section.counts;
        total.import += import;
        total.add += add;
        total.change += change;
        total.destroy += destroy;
        total.forget += forget;
    }
    let Counts { import, add, change, destroy, forget } = total;
    let names = |is_meant: fn(&Section) -> bool| {
        let meant = sections.iter().filter(|section| is_meant(section));
        json!(meant.filter_map(|section| section.environment.as_deref()).collect::<Vec<_>>()).to_string()
    };
    let has_changes =
        |section: &Section| !section.is_stray && (!section.rows.is_empty() || section.standing == Standing::Changed);
    let values = [
        ("changes", sections.iter().any(has_changes).to_string()),
        ("broken", sections.iter().any(|section| section.standing == Standing::Broken).to_string()),
        ("import", import.to_string()),
        ("add", add.to_string()),
        ("change", change.to_string()),
        ("destroy", destroy.to_string()),
        ("forget", forget.to_string()),
        ("environments", names(|section| !section.is_stray)),
        ("changed", names(|section| !section.is_stray && section.standing == Standing::Changed)),
        ("strays", names(|section| section.is_stray)),
        ("exitcode", exit.to_string()),
    ];
    values.iter().map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")).collect()
}
