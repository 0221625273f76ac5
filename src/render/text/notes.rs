//! What a plan tells beside its changes: drift, interrupted runs, what was not checked, and what is left alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::address,
    names::{ComponentId, EnvironmentName},
    object::{FieldPath, ObjectKey, Segment},
    observed::Readiness,
    ownership::FIELD_MANAGER,
    plan::{Addition, Additions, Drift, DriftKind, DriftedField, LeftOut, Overdrawn, Plan},
    render::{
        Detail,
        style::{Look, Style, clean, clean_line},
    },
    state::{Operation, Run},
};

use super::{
    change::list,
    fields::{Field, Sign, fields, way},
    plan::Context,
    value::Length,
};

/// The widest rule.
const RULE: usize = 78;
/// More names than this are counted.
const NAMES: usize = 5;
/// What a run of ditc is called that wrote something and did not come to record it.
const RUN: &str = "a run of ditc that stopped";
/// More objects of others that are destroyed than this are counted.
const LISTED: usize = 20;

pub(super) fn note(text: &str, style: Style) -> String {
    style.wrap(&format!("{} ", style.paint(Look::Bold, "Note:")), "", Look::Plain, text)
}

pub(super) fn warn(text: &str, style: Style) -> String {
    style.wrap(&format!("{} ", style.paint(Look::Warning, "Warning:")), "", Look::Plain, text)
}

pub(in crate::render) fn object(plan: &Plan, component: Option<&ComponentId>, key: &ObjectKey) -> String {
    named(&plan.environment, component, key)
}

pub(in crate::render) fn named(
    environment: &EnvironmentName,
    component: Option<&ComponentId>,
    key: &ObjectKey,
) -> String {
    clean(&address(environment, component, key).to_string())
}

pub(in crate::render) fn count(number: usize, one: &str, many: &str) -> String {
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

/// That a plan was made without a look at the cluster.
pub(super) fn not_asked(context: &Context<'_>) -> Option<String> {
    let seen = context.as_of?;
    Some(format!(
        "The cluster was not asked (-refresh=false). This is planned from the local state, last seen at {seen:.0}: what \
         changed since then does not show, and nothing of this can be applied."
    ))
}

/// That a run never came to its end, or is under way.
pub(super) fn interrupted(plan: &Plan, context: &Context<'_>) -> Option<String> {
    let Run { id: _, operation, who, since, definition: _ } = plan.interrupted.as_ref()?;
    let (verb, who) = (operation.verb(), clean_line(who));
    let made = context.made.and_then(|(done, of)| Some(format!("{done} of {}", count(of?, "change", "changes"))));
    if context.as_of.is_some() {
        return Some(format!(
            "{verb} by {who} at {since:.0} had not come to its end then; whether it runs is not known."
        ));
    }
    if plan.is_under_way {
        let far = made.map_or_else(String::new, |made| format!(": {made} made"));
        return Some(format!(
            "{verb} by {who} since {since:.0} is under way{far}. What it has not done yet is shown as still to do, so \
             look again when it has ended."
        ));
    }
    let how = made.map_or_else(|| "before its end".to_owned(), |made| format!("after {made}"));
    let way = match (*operation, plan.operation) {
        (Operation::Apply, Operation::Destroy) => "what it made goes with the rest".to_owned(),
        (Operation::Destroy, Operation::Apply) => {
            format!("{}, and an apply makes anew what is gone", finishing(*operation, &plan.environment, context.flags))
        }
        (Operation::Apply, Operation::Apply) | (Operation::Destroy, Operation::Destroy) => {
            finishing(*operation, &plan.environment, context.flags)
        }
    };
    Some(format!("{verb} by {who} at {since:.0} stopped {how}; {way}."))
}

/// What finishes a run that did not come to its end. Only some of an environment may have been meant to go.
pub(super) fn finishing(operation: Operation, environment: &EnvironmentName, flags: &str) -> String {
    let command = format!("ditc {} {environment}{flags}", operation.verb());
    match operation {
        Operation::Apply => format!("the next `{command}` finishes it"),
        Operation::Destroy => format!("`{command}`, with the flags that it had, finishes it"),
    }
}

/// That nothing tells what was applied.
pub(super) fn unrecorded(plan: &Plan, context: &Context<'_>) -> Option<String> {
    if plan.unrecorded == 0 {
        return None;
    }
    let number = count(plan.unrecorded, "object there is", "objects there are");
    let Plan { environment, namespace, .. } = plan;
    let anew = match plan.operation {
        Operation::Apply => format!(
            " The next apply records what it finds, and so does `ditc state rebuild {environment}{}`.",
            context.flags
        ),
        Operation::Destroy => String::new(),
    };
    Some(format!(
        "environment {environment} has no record in namespace {namespace}, though {number} ditc's by their labels and \
         owners. What ditc last applied to them is not known, nor what changed since.{anew}"
    ))
}

/// That objects may be there which nobody could see.
pub(super) fn unlisted(plan: &Plan) -> Option<String> {
    if plan.unlisted.is_empty() {
        return None;
    }
    let Plan { environment, namespace, .. } = plan;
    let kinds = names(plan.unlisted.iter().map(ToString::to_string));
    if plan.operation == Operation::Destroy {
        let then = match plan.deletes(&ObjectKey::namespace(namespace.as_str())) {
            true => format!("what there is of them in namespace {namespace} was not looked at, and goes with it."),
            false => {
                format!("whether anything of {environment} is left of them in namespace {namespace} is not known.")
            }
        };
        return Some(format!("these credentials may not list all kinds ({kinds}): {then}"));
    }
    Some(format!(
        "no record tells what ditc made in namespace {namespace}, and these credentials may not list all that there may \
         be: {kinds}. What ditc made of these kinds, and the files of {environment} do not name any more, is not known: \
         it goes on, and the next record will not have it. Plan with credentials that may list them."
    ))
}

/// That another project applied the environment last.
pub(super) fn taken(plan: &Plan) -> Option<String> {
    let project = clean_line(plan.taken_from.as_ref()?);
    Some(format!("environment {} was applied from {project} until now.", plan.environment))
}

/// That the rest of the environment may differ as well.
pub(super) fn partial(plan: &Plan) -> Option<String> {
    let text = "only a part of the environment was planned, as -target and -exclude say; the rest may differ.";
    plan.partial.then(|| text.to_owned())
}

/// What stays as it is, and why: each component once, or its objects where they do not stay together.
pub(super) fn left_out(plan: &Plan, style: Style) -> String {
    let mut groups: BTreeMap<(String, Option<&ComponentId>), Vec<String>> = BTreeMap::new();
    for (key, (component, why)) in &plan.left_out {
        let why = match why {
            LeftOut::Excluded => "excluded".to_owned(),
            LeftOut::Needs(address) => format!("left out, since it needs {}", clean(&address.to_string())),
            LeftOut::Needed(address) => format!("kept for {}", clean(&address.to_string())),
            LeftOut::Inhabited => "kept, since something stays in it".to_owned(),
        };
        groups.entry((why, component.as_ref())).or_default().push(object(plan, component.as_ref(), key));
    }
    if groups.is_empty() {
        return String::new();
    }
    let mut out = format!("{} As -exclude says, these are left as they are:\n", style.paint(Look::Bold, "Note:"));
    for ((why, component), objects) in groups {
        let what = match (component, objects.as_slice()) {
            (Some(id), [_, _, ..]) => {
                format!("{}.{} ({} objects)", plan.environment, id, objects.len())
            }
            (_, objects) => list(objects),
        };
        out.push_str(&style.wrap("  ", "    ", Look::Plain, &format!("{what}: {why}")));
    }
    out
}

/// What moved without ditc.
pub(super) fn drift(plan: &Plan, detail: Detail, style: Style) -> String {
    let outside: Vec<(&ObjectKey, &Drift)> = plan.drift.iter().filter(|(_, drift)| drift.is_outside()).collect();
    if outside.is_empty() {
        return String::new();
    }
    let mut out = format!("{} Objects have changed outside of ditc\n\n", style.paint(Look::Bold, "Note:"));
    let what = "These differ from what ditc last applied, and ditc did not change them:";
    out.push_str(&style.wrap("", "", Look::Plain, what));
    if detail == Detail::Compact {
        out.push('\n');
    }
    for (key, drift) in outside {
        if detail != Detail::Compact {
            out.push('\n');
        }
        out.push_str(&moved(&plan.environment, key, drift, detail, style));
    }
    out.push_str(&format!("\n{}\n", style.paint(Look::Dim, &"─".repeat(style.width.min(RULE)))));
    out
}

/// What moved on one object.
pub(in crate::render) fn moved(
    environment: &EnvironmentName,
    key: &ObjectKey,
    drift: &Drift,
    detail: Detail,
    style: Style,
) -> String {
    let Drift { component, kind } = drift;
    let address = style.paint(Look::Bold, &named(environment, component.as_ref(), key));
    let line = |sign: Sign, what: &str| format!("  {} {address} {what}\n", sign.paint(style));
    match kind {
        DriftKind::Deleted => line(Sign::Remove, "was deleted"),
        DriftKind::Terminating => line(Sign::Remove, "is being deleted"),
        DriftKind::Recreated => line(Sign::Change, "was deleted and created anew"),
        DriftKind::Replaced(managers) => {
            let by = names(managers.iter().filter(|manager| *manager != FIELD_MANAGER).cloned());
            let by = if by.is_empty() { by } else { format!(" by {by}") };
            line(Sign::Change, &format!("is another object by now, made{by}, not by ditc"))
        }
        DriftKind::Leftover => line(Sign::Add, "says that ditc made it, and the record does not know it"),
        DriftKind::Changed(changed) if changed.is_empty() => {
            line(Sign::Change, "has changed; generated values are kept")
        }
        DriftKind::Changed(changed) if detail == Detail::Compact => {
            let by: BTreeSet<String> =
                changed.iter().filter_map(|field| Some(hand(field, field.manager.as_deref()?))).collect();
            let by = if by.is_empty() { String::new() } else { format!(" by {}", names(by)) };
            line(Sign::Change, &format!("was changed{by}: {}", tails(changed.iter().map(|field| &field.path))))
        }
        DriftKind::Changed(changed) => {
            let name = serde_json::Value::from(key.name.as_str());
            let mut out = format!("  # {address} has changed\n");
            out.push_str(&format!("  {} {} {name} {{\n", Sign::Change.paint(style), key.kind.kind));
            let (same, other): (Vec<_>, Vec<_>) = changed.iter().partition(|field| is_only_taken(field));
            let list: Vec<Field<'_>> = other.into_iter().map(|field| drifted(key, field)).collect();
            out.push_str(&fields(&list, 6, Length::of(detail), style));
            for DriftedField { path, manager, time, .. } in same {
                let manager = clean_line(manager.as_deref().unwrap_or("others"));
                let (path, time) = (way(&path.0.iter().collect::<Vec<_>>()), when(time.as_deref()));
                let line = format!("{path} belongs to {manager} by now, its value is as applied ({time})");
                out.push_str(&format!("      {} {line}\n", Sign::Change.paint(style)));
            }
            out.push_str("    }\n");
            out
        }
    }
}

/// The first of some fields, in short: the last name of each, with the item that it is in.
pub(super) fn tails<'a>(paths: impl Iterator<Item = &'a FieldPath>) -> String {
    const SHOWN: usize = 3;
    let is_name = |segment: &Segment| matches!(segment, Segment::Field(_));
    // A name that would stand in brackets says little without what it is a key of.
    let is_word = |segment: &Segment| matches!(segment, Segment::Field(name) if !name.contains(['.', '/']));
    let tail = |FieldPath(path): &FieldPath| {
        let mut from = path.len().saturating_sub(1);
        // An item is named behind its list: `env[name="A"].value`.
        while from > 0 && !(is_word(&path[from]) && is_name(&path[from - 1])) {
            from -= 1;
        }
        way(&path[from..].iter().collect::<Vec<_>>())
    };
    let tails: Vec<String> = paths.map(tail).collect();
    let shown = tails.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match tails.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Who wrote a field.
fn hand(field: &DriftedField, manager: &str) -> String {
    if field.is_by_run() { RUN.to_owned() } else { clean_line(manager) }
}

/// Whether a field has its value still, or again, and only its owner is another.
fn is_only_taken(field: &DriftedField) -> bool {
    field.applied.is_some() && field.applied == field.live && field.applied != Some(serde_json::Value::Null)
}

/// When a manager last wrote.
pub(super) fn when(time: Option<&str>) -> String {
    time.map_or_else(|| "time not recorded".to_owned(), clean_line)
}

/// What others set beside ours, in one line.
pub(super) fn additions(plan: &Plan, style: Style) -> String {
    let field = |(key, Additions { component, fields }): (&ObjectKey, &Additions)| {
        let object = object(plan, component.as_ref(), key);
        let told = |Addition { path, value: _, manager, time: _ }: &Addition| {
            let text = format!("{} of {object} ({manager})", way(&path.0.iter().collect::<Vec<_>>()));
            (weight(path), text)
        };
        fields.iter().map(told).collect::<Vec<_>>()
    };
    let mut fields: Vec<(u8, String)> = plan.additions.iter().flat_map(field).collect();
    if fields.is_empty() {
        return String::new();
    }
    fields.sort_by_key(|(weight, _)| *weight);
    let fields: Vec<String> = fields.into_iter().map(|(_, text)| text).collect();
    let number = count(fields.len(), "field", "fields");
    note(&format!("others set {number} beside ours, left alone: {}.", names(fields)), style)
}

/// Items of lists come first, since a container weighs more than a field, and plain fields last: who creates an object by
/// POST owns all defaults of it.
fn weight(path: &FieldPath) -> u8 {
    let is_metadata = path.0.first() == Some(&Segment::Field("metadata".to_owned()));
    match path.0.last() {
        Some(Segment::Key(_) | Segment::Value(_) | Segment::Index(_)) => 0,
        Some(Segment::Field(_)) | None if is_metadata => 1,
        Some(Segment::Field(_)) | None => 2,
    }
}

fn drifted<'a>(key: &ObjectKey, field: &'a DriftedField) -> Field<'a> {
    let DriftedField { path, applied, live, manager, time } = field;
    let remark = match manager {
        Some(manager) => format!("by {}, {}", hand(field, manager), when(time.as_deref())),
        None => "by whom is not recorded".to_owned(),
    };
    Field::between(key, path, applied.as_ref(), live.as_ref()).remark(remark)
}

/// Quotas that allow less than is used already.
pub(super) fn overdrawn(plan: &Plan) -> Vec<String> {
    let told = |Overdrawn { resource, hard, used }: &Overdrawn| format!("{resource} {used} of {hard}");
    let sentence = |(key, beyond): (&ObjectKey, &Vec<Overdrawn>)| {
        let address = object(plan, plan.component_of(key), key);
        format!(
            "{address} allows less than is used ({}): what runs goes on, and nothing new of it starts.",
            names(beyond.iter().map(told))
        )
    };
    plan.overdrawn.iter().map(sentence).collect()
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

/// What others made and what goes with the namespace.
pub(super) fn goes_along(plan: &Plan, style: Style) -> String {
    let Some((head, lines)) = along(plan, style) else { return String::new() };
    lines.into_iter().fold(note(&head, style), |out, line| out + &line)
}

/// That it goes, and a line for each.
pub(super) fn along(plan: &Plan, style: Style) -> Option<(String, Vec<String>)> {
    if plan.goes_along.is_empty() {
        return None;
    }
    let number = count(plan.goes_along.len(), "object", "objects");
    let head = format!("{number} that ditc did not make will be destroyed with namespace {}:", plan.namespace);
    let mut lines = Vec::new();
    for key in plan.goes_along.iter().take(LISTED) {
        let loses_data = if key.kind.is("", "PersistentVolumeClaim") { " (its data is lost with it)" } else { "" };
        let sign = style.paint(Look::Remove, "-");
        lines.push(format!("  {sign} {}{}\n", clean_line(&key.to_string()), style.paint(Look::Dim, loses_data)));
    }
    match plan.goes_along.len().saturating_sub(LISTED) {
        0 => {}
        more => lines.push(format!("    ... and {more} more\n")),
    }
    Some((head, lines))
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
    if number == 0 || plan.unrecorded > 0 {
        return String::new();
    }
    let number = count(number, "object is", "objects are");
    note(&format!("{number} as desired, but not as the record has it; the next apply records that."), style)
}
