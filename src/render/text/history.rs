//! The runs of an environment, and what a rollback to one of them does not bring back.

use jiff::Timestamp;

use crate::{
    names::EnvironmentName,
    render::style::{Look, Style, clean_line},
    state::{Definition, Operation, Totals},
};

use super::ledger::counted;

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Of the record that it left.
    pub serial: u64,
    pub at: Timestamp,
    pub operation: Operation,
    pub who: String,
    /// None where it was run from elsewhere.
    pub totals: Option<Totals>,
    /// How many steps failed.
    pub failed: usize,
    /// Whether all of it was done.
    pub complete: bool,
    pub definition: Option<Definition>,
    /// Whether the record is still as it left it.
    pub is_current: bool,
}

/// The runs, the newest first, and how to go back.
#[must_use]
pub fn history(environment: &EnvironmentName, runs: &[PastRun], flags: &str, style: Style) -> String {
    if runs.is_empty() {
        return format!("Nothing was ever changed in environment {environment}, as far as is known here.\n");
    }
    let who = |run: &PastRun| clean_line(&run.who);
    let [runs_wide, times_wide, who_wide] = [
        runs.iter().map(|run| run.serial.to_string().len()).max().unwrap_or_default().max("Run".len()),
        runs.iter().map(|run| time(run).len()).max().unwrap_or_default(),
        runs.iter().map(|run| who(run).chars().count()).max().unwrap_or_default().max("By".len()),
    ];
    let commit_wide = Definition::SHORT + 1;
    let row = |mark: &str, serial: &str, at: &str, who: &str, commit: &str| {
        format!("{mark} {serial:>runs_wide$}  {at:times_wide$}  {who:who_wide$}  {commit:commit_wide$}  ")
    };
    let mut out = style.paint(Look::Bold, &format!("{}What", row(" ", "Run", "When", "By", "Commit"))) + "\n";
    for run in runs {
        let mark = if run.is_current { "*" } else { " " };
        // A destroy leaves no record behind that could have a number.
        let serial = match run.operation {
            Operation::Apply => run.serial.to_string(),
            Operation::Destroy => "-".to_owned(),
        };
        let first = row(mark, &serial, &time(run), &who(run), &commit(run));
        let next = " ".repeat(first.chars().count());
        let look = if run.complete { Look::Plain } else { Look::Warning };
        out.push_str(&style.wrap(&first, &next, look, &what(run)));
    }
    out.push('\n');
    let mut notes = Vec::new();
    if runs.iter().any(|run| run.is_current) {
        notes.push("* the environment's record is as this run left it".to_owned());
    }
    if runs.iter().any(|run| run.definition.as_ref().is_some_and(|definition| definition.is_dirty)) {
        notes.push("+ its files differed from that commit, so no rollback leads there".to_owned());
    }
    let is_gap = |pair: &[PastRun]| pair[0].serial > pair[1].serial + 1;
    if runs.windows(2).any(is_gap) {
        notes.push(
            "the numbers are those of the record, which a run writes more than once, so there are gaps".to_owned(),
        );
    }
    let way = runs.iter().find(|run| !run.is_current && can_be_gone_back_to(run));
    if let Some(run) = way {
        notes.push(format!("To go back to one: ditc rollback {environment} {}{flags}", run.serial));
    }
    for note in notes {
        out.push_str(&style.wrap("", "  ", Look::Dim, &note));
    }
    out
}

/// What a rollback leads to, and what it leaves as it is.
#[must_use]
pub fn rolling_back(environment: &EnvironmentName, run: &PastRun, definition: &Definition, style: Style) -> String {
    let head = format!(
        "Rolling environment {environment} back to run {} of {}: the files of commit {}.",
        run.serial,
        time(run),
        definition.short()
    );
    let rest = "Not rolled back: what is in volumes and databases; Secrets, generated or given; ditc.toml and the modules that \
        are built in; values from -var, -var-file and DITC_VAR_…; and what a tag stands for, if it moved since.";
    style.wrap("", "", Look::Bold, &head) + &style.wrap("", "", Look::Plain, rest) + "\n"
}

fn can_be_gone_back_to(run: &PastRun) -> bool {
    run.operation == Operation::Apply && run.definition.as_ref().is_some_and(|definition| !definition.is_dirty)
}

fn time(run: &PastRun) -> String {
    format!("{:.0}", run.at)
}

fn commit(run: &PastRun) -> String {
    match &run.definition {
        Some(definition) => format!("{}{}", definition.short(), if definition.is_dirty { "+" } else { "" }),
        None => "-".to_owned(),
    }
}

fn what(run: &PastRun) -> String {
    let verb = run.operation.verb();
    let mut text = match run.totals {
        Some(totals) => format!("{verb}: {}", counted(totals, run.operation)),
        None => format!("{verb}, from elsewhere"),
    };
    match run.failed {
        0 if run.complete => {}
        0 => text.push_str(", not all of it done"),
        failed => text.push_str(&format!(", {failed} failed")),
    }
    text
}
