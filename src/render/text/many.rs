//! Several environments in one command: what each of them is headed by, one table of all, one question, one end.

use crate::{
    apply::Outcome,
    names::EnvironmentName,
    plan::{Counts, Plan},
    render::{
        Failed, snippet,
        style::{Look, Style, clean_line},
    },
    state::{Operation, Totals},
};

use super::{
    complete,
    failure::{error, hints},
    ledger::counted,
    notes::{count, names, note},
    plan::is_unchanged,
    plan_totals,
};

/// Notes that have less room than this beside their row stand below it.
const NOTE: usize = 24;

/// What a command would do to one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    pub environment: EnvironmentName,
    pub outlook: Outlook,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlook {
    Unchanged,
    Planned(Counts),
    /// A person must decide about so many things first.
    Blocked(Counts, usize),
    /// It could not be planned, and why.
    Failed(String),
}

impl Outlook {
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        match plan {
            plan if !plan.is_applyable() => {
                Outlook::Blocked(plan.counts(), plan.blocked.len() + usize::from(plan.too_many.is_some()))
            }
            plan if is_unchanged(plan) => Outlook::Unchanged,
            plan => Outlook::Planned(plan.counts()),
        }
    }

    fn counts(&self) -> Option<Counts> {
        match self {
            Outlook::Unchanged | Outlook::Failed(_) => None,
            Outlook::Planned(counts) | Outlook::Blocked(counts, _) => Some(*counts),
        }
    }
}

/// What stands above all that is told of one environment.
#[must_use]
pub fn heading(environment: &EnvironmentName, style: Style) -> String {
    format!("{}\n", style.paint(Look::Bold, &format!("Environment {environment}")))
}

/// Why one environment among several could not be looked at or changed.
#[must_use]
pub fn failed(failed: &Failed<'_>, style: Style) -> String {
    let Failed { class: _, message, causes, hints: ways, diagnostics, sources } = failed;
    if diagnostics.is_empty() {
        return error(message, causes, ways, style);
    }
    snippet::diagnostics(diagnostics, sources, style) + &hints(ways, style)
}

/// That there is nothing to do, since nothing was chosen.
#[must_use]
pub fn nothing_chosen(changed_since: Option<&str>) -> String {
    match changed_since {
        Some(reference) => format!("No environment has changed since {}.\n", clean_line(reference)),
        None => "There are no environments: each file in environments/ is a template for others.\n".to_owned(),
    }
}

/// One line for each environment that changes, one for all that do not, and the sum.
#[must_use]
pub fn prospects(prospects: &[Prospect], style: Style) -> String {
    let mut rows = Vec::new();
    for Prospect { environment, outlook } in prospects {
        let note = match outlook {
            Outlook::Unchanged => continue,
            Outlook::Planned(_) => None,
            Outlook::Blocked(_, number) => Some((Look::Error, format!("{number} blocked"))),
            Outlook::Failed(why) => Some((Look::Error, format!("failed: {}", clean_line(why)))),
        };
        rows.push(Row { environment, counts: outlook.counts(), note });
    }
    let mut out = table(&rows, style);
    let unchanged = prospects.iter().filter(|prospect| prospect.outlook == Outlook::Unchanged);
    let unchanged: Vec<&EnvironmentName> = unchanged.map(|prospect| &prospect.environment).collect();
    if !unchanged.is_empty() {
        out.push_str(&folded(&unchanged, style));
    }
    if unchanged.len() == prospects.len() {
        return out;
    }
    let sum = prospects.iter().filter_map(|prospect| prospect.outlook.counts()).fold(Counts::default(), add);
    let number = |is: fn(&Outlook) -> bool| prospects.iter().filter(|prospect| is(&prospect.outlook)).count();
    let changing = number(|outlook| outlook.counts().is_some());
    let totals = plan_totals(sum, style);
    let all = count(prospects.len(), "environment", "environments");
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&format!("{} in {changing} of {all}.\n", totals.trim_end_matches('.')));
    let blocked = number(|outlook| matches!(outlook, Outlook::Blocked(..)));
    let failed = number(|outlook| matches!(outlook, Outlook::Failed(_)));
    let wrong: Vec<String> = [(blocked, "blocked"), (failed, "failed")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number, "environment", "environments")))
        .collect();
    if !wrong.is_empty() {
        out.push_str(&style.wrap("", "", Look::Error, &format!("{}.", wrong.join(", "))));
    }
    out
}

fn add(sum: Counts, counts: Counts) -> Counts {
    Counts {
        import: sum.import + counts.import,
        add: sum.add + counts.add,
        change: sum.change + counts.change,
        destroy: sum.destroy + counts.destroy,
        forget: sum.forget + counts.forget,
    }
}

struct Row<'a> {
    environment: &'a EnvironmentName,
    counts: Option<Counts>,
    note: Option<(Look, String)>,
}

/// A count of plans.
#[derive(Clone, Copy)]
struct Column {
    head: &'static str,
    look: Look,
    number: fn(&Counts) -> usize,
    /// Shown also where no plan has any.
    is_always: bool,
}

const COLUMNS: [Column; 5] = [
    Column { head: "IMPORT", look: Look::Change, number: |counts| counts.import, is_always: false },
    Column { head: "ADD", look: Look::Add, number: |counts| counts.add, is_always: true },
    Column { head: "CHANGE", look: Look::Change, number: |counts| counts.change, is_always: true },
    Column { head: "DESTROY", look: Look::Remove, number: |counts| counts.destroy, is_always: true },
    Column { head: "FORGET", look: Look::Dim, number: |counts| counts.forget, is_always: false },
];

fn table(rows: &[Row<'_>], style: Style) -> String {
    const HEAD: &str = "ENVIRONMENT";
    if rows.is_empty() {
        return String::new();
    }
    let sum = rows.iter().filter_map(|row| row.counts).fold(Counts::default(), add);
    let columns: Vec<Column> =
        COLUMNS.into_iter().filter(|column| column.is_always || (column.number)(&sum) > 0).collect();
    let name = rows.iter().map(|row| row.environment.as_str().len()).chain([HEAD.len()]).max().unwrap_or_default();
    let heads: String = columns.iter().map(|column| format!("  {}", column.head)).collect();
    let mut out = format!("{}\n", style.paint(Look::Bold, &format!("{HEAD:name$}{heads}")));
    let wide = name + heads.len() + 2;
    for Row { environment, counts, note } in rows {
        out.push_str(&format!("{:name$}", environment.as_str()));
        for Column { head, look, number, is_always: _ } in &columns {
            let width = head.len();
            match counts.as_ref().map(number) {
                None => out.push_str(&format!("  {:>width$}", "-")),
                Some(0) => out.push_str(&format!("  {:>width$}", 0)),
                Some(number) => out.push_str(&format!("  {}", style.paint(*look, &format!("{number:>width$}")))),
            }
        }
        match note {
            None => out.push('\n'),
            Some((look, text)) if wide + NOTE <= style.width => {
                let told = style.wrap(&" ".repeat(wide), &" ".repeat(wide), *look, text);
                out.push_str("  ");
                out.push_str(told.trim_start());
            }
            Some((look, text)) => {
                out.push('\n');
                out.push_str(&style.wrap("  ", "  ", *look, text));
            }
        }
    }
    out
}

/// `No changes in 27 environments: a, b, c and 24 more.`, in one line.
fn folded(environments: &[&EnvironmentName], style: Style) -> String {
    let number = count(environments.len(), "environment", "environments");
    let mut named = String::new();
    let mut shown = 0;
    for environment in environments {
        let next = if shown == 0 { environment.to_string() } else { format!("{named}, {environment}") };
        let room = style.width.saturating_sub(format!("No changes in {number}: . and 9999 more").len());
        if shown > 0 && next.len() > room {
            break;
        }
        (named, shown) = (next, shown + 1);
    }
    let more = environments.len() - shown;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} {number}: {named}{more}.\n", style.paint(Look::Good, "No changes in"))
}

/// Environments that live in the cluster and have no file here.
#[must_use]
pub fn strays<'a>(
    strays: impl IntoIterator<Item = (&'a EnvironmentName, &'a str)>,
    flags: &str,
    style: Style,
) -> String {
    let told: Vec<String> = strays
        .into_iter()
        .map(|(environment, namespace)| match environment.as_str() == namespace {
            true => environment.to_string(),
            false => format!("{environment} (namespace {})", clean_line(namespace)),
        })
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let verb = if told.len() == 1 { "has" } else { "have" };
    let number = count(told.len(), "environment", "environments");
    let text = format!("{number} in the cluster {verb} no file here: {}.", names(told));
    note(&text, style) + &hints(&[format!("ditc destroy ENV{flags} removes one")], style)
}

/// That environments without a file may be there, and nobody could look.
#[must_use]
pub fn strays_unknown(style: Style) -> String {
    let text = "these credentials may not list namespaces, so environments without a file are not told.";
    note(text, style)
}

/// Asks once for several environments. It ends where the answer is typed.
#[must_use]
pub fn question_for_all(
    operation: Operation,
    environments: &[&EnvironmentName],
    objects: usize,
    left_out: usize,
    cluster: &str,
    style: Style,
) -> String {
    let cluster = clean_line(cluster);
    let number = count(environments.len(), "environment", "environments");
    let names: Vec<String> = environments.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    let (ask, mut lines) = match operation {
        Operation::Apply => (
            format!("Do you want to perform these actions in {number} on cluster {cluster}?"),
            vec![format!("ditc will perform the actions described above in {names}.")],
        ),
        Operation::Destroy => {
            let what = match objects {
                1 => "the 1 object shown above".to_owned(),
                number => format!("all {number} objects shown above"),
            };
            (
                format!("Do you really want to destroy {number} on cluster {cluster}?"),
                vec![format!("ditc will destroy {what}, with all data in them: environments {names}.")],
            )
        }
    };
    if left_out > 0 {
        let verb = if left_out == 1 { "is" } else { "are" };
        lines.push(format!(
            "{} that {verb} blocked or failed {verb} left out.",
            count(left_out, "environment", "environments")
        ));
    }
    lines.push(match operation {
        Operation::Apply => "Only 'yes' will be accepted to approve.".to_owned(),
        Operation::Destroy => "There is no undo. Only 'yes' will be accepted to confirm.".to_owned(),
    });
    let mut out = style.wrap("", "", Look::Bold, &ask);
    for line in lines {
        out.push_str(&style.wrap("  ", "  ", Look::Plain, &line));
    }
    out.push_str(&format!("\n  {} ", style.paint(Look::Bold, "Enter a value:")));
    out
}

/// What came of one environment in a run of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub environment: EnvironmentName,
    pub end: End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was as it should be.
    Unchanged,
    Complete(Totals),
    /// Some of it is done; of how many steps how many are not.
    Incomplete(Totals, usize),
    /// Stopped by a signal, with some of it done.
    Interrupted(Totals, usize),
    Blocked,
    Failed(String),
    /// A signal came before its turn.
    NotStarted,
}

impl End {
    /// The end of a run that was begun.
    #[must_use]
    pub fn of(outcome: &Outcome, plan: &Plan) -> Self {
        let totals = outcome.totals(plan);
        let open = outcome.failed.len() + outcome.skipped.len() + outcome.not_started.len();
        match outcome {
            outcome if outcome.is_complete() && is_unchanged(plan) => End::Unchanged,
            outcome if outcome.is_complete() => End::Complete(totals),
            outcome if outcome.interrupted => End::Interrupted(totals, open),
            _ => End::Incomplete(totals, open),
        }
    }
}

/// One line for each environment of a run, one for all that stay as they were, and the sum.
#[must_use]
pub fn endings(operation: Operation, endings: &[Ending], flags: &str, style: Style) -> String {
    const HEAD: &str = "ENVIRONMENT";
    let shown: Vec<&Ending> = endings.iter().filter(|ending| ending.end != End::Unchanged).collect();
    let width =
        shown.iter().map(|ending| ending.environment.as_str().len()).chain([HEAD.len()]).max().unwrap_or_default();
    let mut out = String::new();
    if !shown.is_empty() {
        out.push_str(&format!("{}\n", style.paint(Look::Bold, &format!("{HEAD:width$}  RESULT"))));
    }
    let mut sum = Totals::default();
    let mut unfinished: Vec<&EnvironmentName> = Vec::new();
    for Ending { environment, end } in &shown {
        let so_far = |totals: &Totals| counted(*totals, operation);
        let open = |number: usize| format!("{number} of its steps {} not done", if number == 1 { "is" } else { "are" });
        let (look, text) = match end {
            End::Unchanged => continue,
            End::Complete(totals) => (Look::Good, so_far(totals)),
            End::Incomplete(totals, number) => (Look::Error, format!("failed: {}, {}", open(*number), so_far(totals))),
            End::Interrupted(totals, number) => {
                (Look::Warning, format!("interrupted: {}, {}", open(*number), so_far(totals)))
            }
            End::Blocked => (Look::Error, "blocked: nothing was changed".to_owned()),
            End::Failed(why) => (Look::Error, format!("failed: {}", clean_line(why))),
            End::NotStarted => (Look::Warning, "not started".to_owned()),
        };
        match end {
            End::Complete(totals) => sum = sum.and(*totals),
            End::Incomplete(totals, _) | End::Interrupted(totals, _) => {
                sum = sum.and(*totals);
                unfinished.push(environment);
            }
            End::Unchanged | End::Blocked | End::Failed(_) | End::NotStarted => unfinished.push(environment),
        }
        let first = format!("{:width$}  ", environment.as_str());
        out.push_str(&style.wrap(&first, &" ".repeat(width + 2), look, &text));
    }
    let unchanged = endings.iter().filter(|ending| ending.end == End::Unchanged);
    let unchanged: Vec<&EnvironmentName> = unchanged.map(|ending| &ending.environment).collect();
    if !unchanged.is_empty() {
        out.push_str(&folded(&unchanged, style));
    }
    let total = complete(sum, operation);
    let all = count(endings.len(), "environment", "environments");
    if unfinished.is_empty() {
        let text = format!("{} in {} of {all}.", total.trim_end_matches('.'), shown.len());
        out.push_str(&format!("\n{}\n", style.paint(Look::Good, &text)));
        return out;
    }
    let (word, verb) = match operation {
        Operation::Apply => ("Apply", "apply"),
        Operation::Destroy => ("Destroy", "destroy"),
    };
    let first = format!("{} ", style.paint(Look::Error, &format!("{word} incomplete.")));
    let text = format!("{} of {all} did not come to the end. To go on, once the causes are gone:", unfinished.len());
    out.push_str(&format!("\n{}", style.wrap(&first, "", Look::Plain, &text)));
    let unfinished: Vec<String> = unfinished.iter().map(ToString::to_string).collect();
    out.push_str(&format!("  ditc {verb} {}{flags}\n", unfinished.join(" ")));
    out
}
