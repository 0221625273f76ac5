//! What a plan tells beside its changes: drift, blocked objects, interrupted runs, and what is left alone.

use crate::{
    desired::address,
    names::ComponentId,
    object::ObjectKey,
    observed::Readiness,
    plan::{Block, Blocked, Drift, DriftKind, DriftedField, Plan, Taken},
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

fn note(text: &str, style: Style) -> String {
    style.wrap(&format!("{} ", style.paint(Look::Bold, "Note:")), "", Look::Plain, text)
}

pub(super) fn object(plan: &Plan, component: Option<&ComponentId>, key: &ObjectKey) -> String {
    clean(&address(&plan.environment, component, key).to_string())
}

fn count(number: usize, one: &str, many: &str) -> String {
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

/// What a person must decide, and how.
pub(super) fn blocked(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    if plan.blocked.is_empty() {
        return String::new();
    }
    let number = count(plan.blocked.len(), "object stands", "objects stand");
    let mut out = format!("{} {number} in the way:\n", style.paint(Look::Error, "This plan cannot be applied."));
    for Blocked { key, component, why, origin } in &plan.blocked {
        let address = style.paint(Look::Bold, &object(plan, component.as_ref(), key));
        let place = origin.as_ref().map_or_else(String::new, |origin| {
            style.paint(Look::Dim, &format!(" ({})", clean_line(&context.sources.locate(origin))))
        });
        out.push_str(&format!("\n  {} {address}{place}\n", style.paint(Look::Error, "!")));
        let (what, ways) = explain(plan, key, why, context.flags);
        out.push_str(&style.wrap("    ", "    ", Look::Plain, &what));
        for Way { text, command } in ways {
            let text = if command.is_some() { text } else { text.trim_end_matches(':') };
            let first = format!("    {} ", style.paint(Look::Hint, "hint:"));
            out.push_str(&style.wrap(&first, "      ", Look::Plain, text));
            if let Some(command) = command {
                out.push_str(&format!("        {command}\n"));
            }
        }
    }
    out
}

/// A way out of a block.
pub(in crate::render) struct Way {
    pub(in crate::render) text: &'static str,
    /// To be pasted, so it stands on a line of its own.
    pub(in crate::render) command: Option<String>,
}

/// Whether the server refuses an update only because the object is there: made anew, it could be so. These are the words
/// that it has for it (`updates to statefulset spec for fields other than …` among them).
fn is_immutable(text: &str) -> bool {
    ["immutable", "may not change once set", "cannot change roleRef", "for fields other than"]
        .iter()
        .any(|words| text.contains(words))
}

/// A block in a sentence, and the ways out of it.
pub(in crate::render) fn explain(plan: &Plan, key: &ObjectKey, why: &Block, flags: &str) -> (String, Vec<Way>) {
    let way = |text| Way { text, command: None };
    let kubectl = |text, verb: &str| Way { text, command: kubectl_on(verb, key, flags) };
    match why {
        Block::Foreign { managers } => {
            let by =
                if managers.is_empty() { String::new() } else { format!(" (managed by {})", names(managers.clone())) };
            let ways = if key.kind.is("", "Namespace") {
                vec![way("name another one with `namespace` in the environment's file")]
            } else {
                vec![
                    way("give it another name in the definition"),
                    kubectl("or, if nobody needs the one that exists, delete it:", "delete"),
                ]
            };
            (format!("An object of this name exists, and ditc did not make it{by}."), ways)
        }
        Block::Owned(taken) => {
            let fields = names(taken.iter().map(|Taken { field, manager }| format!("{field} ({manager})")));
            let ways = vec![
                way("take these fields out of the definition, and ditc leaves them alone"),
                way("or let the other manager give them up, then plan again"),
            ];
            (format!("Others own fields that the definition sets to other values: {fields}."), ways)
        }
        Block::Terminating { finalizers } => {
            let held =
                if finalizers.is_empty() { String::new() } else { format!("; held by {}", names(finalizers.clone())) };
            (format!("It is being deleted{held}."), vec![kubectl("wait until it is gone, then plan again:", "get")])
        }
        Block::CannotUpdate(text) => {
            let mut ways = vec![way("change the definition back")];
            if is_immutable(text) && !key.kind.is("", "PersistentVolumeClaim") {
                ways.push(kubectl("or, if it may go and come again, delete it:", "delete"));
            }
            (format!("The server refuses this update: {}", clean_line(text)), ways)
        }
        Block::Malformed(text) => (
            format!("The server refuses it as it is written: {}", clean_line(text)),
            vec![way("correct the definition")],
        ),
        Block::Forbidden(text) => (format!("The server does not allow it: {}", clean_line(text)), Vec::new()),
        Block::HoldsData => {
            let ways = vec![
                way("put its component back into the definition"),
                kubectl("or, if the data may be lost, delete it:", "delete"),
            ];
            ("It holds data, and its component is to be removed.".to_owned(), ways)
        }
        Block::SecretChanged => {
            let what = "It exists, and the definition asks for other keys; the values of a Secret are made once.";
            (what.to_owned(), vec![kubectl("if new values may be made, delete it and plan again:", "delete")])
        }
        Block::WithForeign(keys) => {
            let number = count(keys.len(), "object", "objects");
            let names = names(keys.iter().map(ToString::to_string));
            let what = format!(
                "{number} in namespace {} that ditc did not make would be deleted with it: {names}.",
                plan.namespace
            );
            (what, vec![way("delete or move them first, then run destroy again")])
        }
    }
}

/// A command on one object.
fn kubectl_on(verb: &str, key: &ObjectKey, flags: &str) -> Option<String> {
    let command = kubectl(flags, key.namespace.as_deref().unwrap_or_default())?;
    let group = if key.kind.group.is_empty() { String::new() } else { format!(".{}", key.kind.group) };
    Some(clean_line(&format!("{command} {verb} {}{group}/{}", key.kind.kind.to_lowercase(), key.name)))
}

/// The beginning of a command that can be pasted, in a namespace unless that is empty. kubectl does not know the sandbox:
/// there it would act on another cluster, so there is none.
pub(super) fn kubectl(flags: &str, namespace: &str) -> Option<String> {
    let mut command = "kubectl".to_owned();
    for flag in flags.split(" --").skip(1) {
        match flag.split('=').next() {
            Some("sandbox") => return None,
            Some("chdir") => {}
            _ => command.push_str(&format!(" --{flag}")),
        }
    }
    if !namespace.is_empty() {
        command.push_str(&format!(" --namespace {namespace}"));
    }
    Some(clean_line(&command))
}
