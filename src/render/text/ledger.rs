//! What came of a run: the totals where it is complete, else what is done, failed, skipped and not started, and how to
//! go on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    apply::{LogLines, Outcome, StepError, Stopped},
    names::{ComponentId, OutputName},
    plan::{Action, Plan, Step},
    readiness::LogOf,
    render::style::{Look, Style, clean, clean_line},
    state::{Operation, Totals},
};

use super::{
    Context,
    event::{step, subject},
    failure::{details, next_step},
    notes::note,
    value::inline,
};

/// More lines than this of one sort are counted.
const LISTED: usize = 20;

/// `1 imported, 2 added, 0 changed, 0 destroyed`; what is imported is told only where something is.
pub(super) fn counted(totals: Totals, operation: Operation) -> String {
    let Totals { imported, added, changed, destroyed } = totals;
    let imported = if imported > 0 { format!("{imported} imported, ") } else { String::new() };
    match operation {
        Operation::Apply => format!("{imported}{added} added, {changed} changed, {destroyed} destroyed"),
        Operation::Destroy => format!("{destroyed} destroyed"),
    }
}

/// `Apply complete! Resources: 1 added, 0 changed, 0 destroyed.` Scripts read it, so it stays as it is.
pub(in crate::render) fn complete(totals: Totals, operation: Operation) -> String {
    let word = match operation {
        Operation::Apply => "Apply",
        Operation::Destroy => "Destroy",
    };
    format!("{word} complete! Resources: {}.", counted(totals, operation))
}

/// How a run ended, in a sentence or two.
pub(in crate::render) fn ending(outcome: &Outcome, plan: &Plan) -> String {
    if outcome.is_complete() {
        return complete(outcome.totals(plan), plan.operation);
    }
    let (how, text) = so_far(outcome, plan);
    format!("{how} {text}")
}

/// How far a run came that did not come to its end: `Apply incomplete.`, and what is done.
fn so_far(outcome: &Outcome, plan: &Plan) -> (String, String) {
    let Outcome { done, failed, skipped, not_started, interrupted, stopped } = outcome;
    let word = match plan.operation {
        Operation::Apply => "Apply",
        Operation::Destroy => "Destroy",
    };
    let how = match stopped {
        Some(_) => "stopped",
        None if *interrupted => "interrupted",
        None => "incomplete",
    };
    let text = format!(
        "{} done, {} failed, {} skipped, {} not started. Resources so far: {}.",
        done.len(),
        failed.len(),
        skipped.len(),
        not_started.len(),
        // A destroy may have let go of what others own, which is a change.
        counted(outcome.totals(plan), Operation::Apply)
    );
    (format!("{word} {how}."), text)
}

/// How a run ended, in the words that scripts know where it is complete.
#[must_use]
pub fn ledger(outcome: &Outcome, plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let totals = outcome.totals(plan);
    if outcome.is_complete() {
        let mut out = format!("{}\n", style.paint(Look::Good, &complete(totals, plan.operation)));
        if plan.partial {
            let text = format!(
                "only a part of environment {} was looked at, as -target and -exclude say; the rest may differ.",
                plan.environment
            );
            out.push_str(&note(&text, style));
        }
        return out;
    }
    let Outcome { done, failed, skipped, not_started, interrupted: _, stopped } = outcome;
    let (how, text) = so_far(outcome, plan);
    let first = format!("{} ", style.paint(Look::Error, &how));
    let mut out = style.wrap(&first, "", Look::Plain, &text);
    let mut section = |title: &str, look: Look, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        out.push_str(&format!("\n{}\n", style.paint(look, title)));
        let more = lines.len().saturating_sub(LISTED);
        out.extend(lines.into_iter().take(LISTED));
        if more > 0 {
            out.push_str(&format!("  ... and {more} more\n"));
        }
    };
    let line = |text: &str| style.wrap("  ", "    ", Look::Plain, text);
    let failures = failed.iter().map(|(failed, error)| {
        let StepError { summary, causes, log, hint, object: _, cause: _ } = error;
        let head = style.wrap(
            "  ",
            "    ",
            Look::Plain,
            &format!("{}: {}", subject(plan, failed, error), clean_line(summary)),
        );
        let log = log.as_ref().map(|log| lines("    ", log, style)).unwrap_or_default();
        format!("{head}{}{log}{}", details("    ", causes, [], style), next_step("    ", hint.as_ref(), style))
    });
    section("Failed:", Look::Error, failures.collect());
    let skips = skipped
        .iter()
        .map(|(step, because)| line(&format!("{}, because of {}", self::step(plan, step), self::step(plan, because))));
    section("Skipped:", Look::Warning, skips.collect());
    section("Not started:", Look::Warning, not_started.iter().map(|step| line(&self::step(plan, step))).collect());
    section("Done:", Look::Good, done.iter().map(|step| line(&told(plan, step))).collect());
    let (text, verb) = match stopped {
        Some(Stopped::LeaseLost(_)) => {
            ("What is done stays done, and the run that has the environment now goes on from there:", "status")
        }
        Some(Stopped::ContactLost(_)) => {
            ("What is done stays done. To go on, once the cluster answers:", plan.operation.verb())
        }
        None if failed.is_empty() => ("What is done stays done and is recorded. To go on:", plan.operation.verb()),
        None => ("What is done stays done and is recorded. To go on, once the cause is gone:", plan.operation.verb()),
    };
    out.push_str(&format!("\n{}", style.wrap("", "", Look::Plain, text)));
    out.push_str(&format!("  ditc {verb} {}{}\n", plan.environment, context.flags));
    out
}

/// The end of a log, each line as it is.
fn lines(indent: &str, log: &LogLines, style: Style) -> String {
    let LogLines { of: LogOf { pod: _, container, previous }, lines } = log;
    let when = if *previous { " before it was started again" } else { "" };
    let (what, verb) = match lines.len() {
        1 => ("line".to_owned(), "is"),
        count => (format!("{count} lines"), "are"),
    };
    let head = format!("the last {what} of container {container}{when} {verb}:");
    let mut out = format!("{indent}{}\n", style.paint(Look::Bold, &clean_line(&head)));
    for line in lines {
        let line = format!("{indent}  {} {}", style.paint(Look::Dim, "|"), clean(line));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A step with what is done in it.
fn told(plan: &Plan, step: &Step) -> String {
    let address = self::step(plan, step);
    let action = match step {
        Step::Ready(_) => "ready",
        Step::Change(key) => match plan.changes.get(key) {
            Some(change) => verb(change.action),
            None => return address,
        },
    };
    format!("{address} ({action})")
}

/// What is done to an object, in a word.
pub(in crate::render) fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Adopt => "import",
        Action::Delete => "destroy",
        Action::Release => "let go",
        Action::Forget => "forget",
    }
}

/// What the components promise to those who use them; empty where there is nothing.
#[must_use]
pub fn outputs(outputs: &BTreeMap<ComponentId, BTreeMap<OutputName, Value>>, style: Style) -> String {
    let mut lines = String::new();
    for (component, values) in outputs {
        for (name, value) in values.iter().filter(|(_, value)| !value.is_null()) {
            lines.push_str(&format!("{}.{name} = {}\n", clean(component.name.as_str()), inline(value)));
        }
    }
    if lines.is_empty() { lines } else { format!("{}\n\n{lines}", style.paint(Look::Good, "Outputs:")) }
}
