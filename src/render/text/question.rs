//! The question before a run, in Terraform's words: what, where, and that only `yes` is accepted.

use crate::{
    plan::Plan,
    render::style::{Look, Style, clean_line},
    state::Operation,
};

use super::Context;

/// Asks whether a plan shall be carried out. It ends where the answer is typed.
#[must_use]
pub fn question(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let (environment, cluster) = (&plan.environment, clean_line(context.cluster));
    let (ask, lines) = match plan.operation {
        Operation::Apply => (
            format!("Do you want to perform these actions in environment {environment} on cluster {cluster}?"),
            [
                "ditc will perform the actions described above.".to_owned(),
                "Only 'yes' will be accepted to approve.".to_owned(),
            ],
        ),
        Operation::Destroy => {
            let what = match plan.counts().destroy {
                1 => "the 1 object shown above".to_owned(),
                count => format!("all {count} objects shown above"),
            };
            let part = if plan.partial { "a part of " } else { "" };
            let along = match plan.goes_along.len() {
                0 => String::new(),
                1 => " and the 1 that ditc did not make".to_owned(),
                count => format!(" and the {count} that ditc did not make"),
            };
            (
                format!("Do you really want to destroy {part}environment {environment} on cluster {cluster}?"),
                [
                    format!("ditc will destroy {what}{along}, with all data in them."),
                    "There is no undo. Only 'yes' will be accepted to confirm.".to_owned(),
                ],
            )
        }
    };
    let mut out = style.wrap("", "", Look::Bold, &ask);
    for line in lines {
        out.push_str(&style.wrap("  ", "  ", Look::Plain, &line));
    }
    out.push_str(&format!("\n  {} ", style.paint(Look::Bold, "Enter a value:")));
    out
}

/// What to say when the answer was not `yes`.
#[must_use]
pub fn not_confirmed(operation: Operation) -> String {
    match operation {
        Operation::Apply => "Apply cancelled.\n".to_owned(),
        Operation::Destroy => "Destroy cancelled.\n".to_owned(),
    }
}
