//! What a plan tells beside its changes: drift, interrupted runs, what was not checked, and what is left alone.

use crate::{
    address::address,
    names::ComponentId,
    object::ObjectKey,
    observed::Readiness,
    plan::{Drift, DriftKind, DriftedField, Plan},
    render::style::{Look, Style, clean, clean_line},
    state::Run,
};

use super::{
    fields::{Field, Sign, fields},
    plan::Context,
};

/// The widest rule.
const RULE: usize = 78;
/// More names than this are counted.
const NAMES: usize = 5;

pub(super) fn note(text: &str, style: Style) -> String {
    style.wrap(&format!("{} ", style.paint(Look::Bold, "Note:")), "", Look::Plain, text)
}

pub(super) fn object(plan: &Plan, component: Option<&ComponentId>, key: &ObjectKey) -> String {
    clean(&address(&plan.environment, component, key).to_string())
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Some names, and how many more.
pub(super) fn names(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| clean_line(&name)).collect();
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// That a run never came to its end.
pub(super) fn interrupted(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let Some(Run { id: _, operation, who, since }) = &plan.interrupted else { return String::new() };
    let (verb, who) = (operation.verb(), clean_line(who));
    let command = format!("ditc {} {}{}", plan.operation.verb(), plan.environment, context.flags);
    note(&format!("{verb} by {who} at {since:.0} stopped before its end; the next `{command}` finishes it."), style)
}

/// What moved without ditc.
pub(super) fn drift(plan: &Plan, style: Style) -> String {
    if plan.drift.is_empty() {
        return String::new();
    }
    let mut out = format!("{} Objects have changed outside of ditc\n\n", style.paint(Look::Bold, "Note:"));
    let what = "These differ from what ditc last applied, and ditc did not change them:";
    out.push_str(&style.wrap("", "", Look::Plain, what));
    for (key, Drift { component, kind }) in &plan.drift {
        let address = style.paint(Look::Bold, &object(plan, component.as_ref(), key));
        match kind {
            DriftKind::Deleted => out.push_str(&format!("\n  {} {address} was deleted\n", Sign::Remove.paint(style))),
            DriftKind::Recreated => {
                out.push_str(&format!("\n  {} {address} was deleted and created anew\n", Sign::Change.paint(style)));
            }
            DriftKind::Changed(changed) if changed.is_empty() => {
                out.push_str(&format!(
                    "\n  {} {address} has changed; its values are kept\n",
                    Sign::Change.paint(style)
                ));
            }
            DriftKind::Changed(changed) => {
                let name = serde_json::Value::from(key.name.as_str());
                out.push_str(&format!("\n  # {address} has changed\n"));
                out.push_str(&format!("  {} {} {name} {{\n", Sign::Change.paint(style), key.kind.kind));
                let list: Vec<Field<'_>> = changed.iter().map(|field| drifted(key, field)).collect();
                out.push_str(&fields(&list, 6, style));
                out.push_str("    }\n");
            }
        }
    }
    out.push_str(&format!("\n{}\n", style.paint(Look::Dim, &"─".repeat(style.width.min(RULE)))));
    out
}

fn drifted<'a>(key: &ObjectKey, field: &'a DriftedField) -> Field<'a> {
    let DriftedField { path, applied, live, manager, time } = field;
    let time = time.as_deref().map_or_else(|| "time not recorded".to_owned(), clean_line);
    let remark = match manager {
        Some(manager) => format!("by {}, {time}", clean_line(manager)),
        None => "by whom is not recorded".to_owned(),
    };
    Field::between(key, path, applied.as_ref(), live.as_ref()).remark(remark)
}

/// What stays as it is and does not work yet.
pub(super) fn unready(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    for (key, unchanged) in &plan.unchanged {
        let (look, why) = match &unchanged.readiness {
            Readiness::Ready => continue,
            Readiness::Waiting(why) => (Look::Warning, why),
            Readiness::Failed(why) => (Look::Error, why),
        };
        let address = object(plan, unchanged.component.as_ref(), key);
        let first = format!("  {} ", style.paint(look, "!"));
        out.push_str(&style.wrap(&first, "    ", Look::Plain, &format!("{address}: {}", clean_line(why))));
    }
    if out.is_empty() {
        return out;
    }
    format!("{} Unchanged, but not ready; an apply waits for these:\n{out}", style.paint(Look::Bold, "Note:"))
}

/// What carries our label and is not ours.
pub(super) fn ignored(plan: &Plan, style: Style) -> String {
    if plan.ignored.is_empty() {
        return String::new();
    }
    let number = count(plan.ignored.len(), "object carries", "objects carry");
    let names = names(plan.ignored.iter().map(ToString::to_string));
    note(
        &format!(
            "{number} the label of environment {} but not made by ditc, and left alone: {names}.",
            plan.environment
        ),
        style,
    )
}

/// What the record lacks.
pub(super) fn learned(plan: &Plan, style: Style) -> String {
    let number = plan.unchanged.values().filter(|unchanged| unchanged.learned.is_some()).count();
    if number == 0 {
        return String::new();
    }
    let number = count(number, "object is", "objects are");
    note(&format!("{number} as desired, but not as the record has it; the next apply records that."), style)
}
