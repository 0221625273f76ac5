//! One change of a plan as a block: what happens, why, from where, and field by field.

use serde_json::{Map, Value};

use crate::{
    address::address,
    desired::{self, LABEL_COMPONENT, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, Manifest},
    object::ObjectKey,
    plan::{Action, Addition, Change, Check, FieldChange, Plan, Reason, Revised, Taken},
    render::{
        Detail,
        secrecy::is_hidden,
        style::{Look, Style, clean, clean_line},
    },
    revision::{Revision, Sort},
    secret,
    state::Operation,
};

use super::{
    fields::{Field, Sign, fields, whole},
    lock::distance,
    notes,
    plan::Context,
    value::Length,
};

/// More fields than this whose owners alone change are counted.
const OWNED: usize = 10;

/// A change, and how closely it may stand to the one before.
pub(super) struct Block {
    pub(super) text: String,
    pub(super) is_one_line: bool,
}

/// Who says that the server was not asked about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unchecked {
    /// The block itself.
    Here,
    /// One note for many blocks.
    Elsewhere,
}

/// Draws a change.
pub(super) fn block(
    plan: &Plan,
    key: &ObjectKey,
    change: &Change,
    context: &Context<'_>,
    style: Style,
    unchecked: Unchecked,
) -> Block {
    let address = clean(&address(&plan.environment, change.component.as_ref(), key).to_string());
    let address = style.paint(Look::Bold, &address);
    let line = |sign: String, participle: &str, why: Option<&str>| {
        let remark = why.map_or_else(String::new, |why| style.paint(Look::Dim, &format!(" ({why})")));
        Block { text: format!("  {sign} {address} will be {participle}{remark}\n"), is_one_line: true }
    };
    let why = because(change, plan.operation);
    let (sign, participle) = match change.action {
        Action::Delete => {
            let loses_data = key.kind.is("", "PersistentVolumeClaim").then(|| "its data is lost with it".to_owned());
            // That it left the definition is said of all around it.
            let why = if matches!(change.reason, Reason::NotDesired) && loses_data.is_some() { None } else { why };
            let why: Vec<String> = why.into_iter().chain(loses_data).collect();
            let why = (!why.is_empty()).then(|| why.join("; "));
            return line(style.paint(Look::Remove, "-"), &style.paint(Look::Danger, "destroyed"), why.as_deref());
        }
        Action::Forget => return line(Sign::Forget.paint(style), "forgotten", why.as_deref()),
        action if context.detail < Detail::Whole && (action == Action::Create || context.detail == Detail::Compact) => {
            return one_line(change, &address, why, style);
        }
        Action::Create => (Sign::Add, "will be created".to_owned()),
        Action::Update => (Sign::Change, "will be updated in-place".to_owned()),
        Action::Release => (Sign::Change, "will be let go".to_owned()),
        Action::Adopt => (Sign::Change, "will be imported".to_owned()),
        // As requested, it will be; else it must be.
        Action::Replace => {
            let must = if change.reason == Reason::Requested { "will" } else { "must" };
            (Sign::Replace, format!("{must} be {}", style.paint(Look::Danger, "replaced")))
        }
    };
    let mut text = format!("  # {address} {participle}\n");
    if let Some(why) = remark(change, why, context) {
        text.push_str(&style.wrap("  # ", "  # ", Look::Dim, &format!("({why})")));
    }
    if let (Check::Not(why), Unchecked::Here) = (change.check, unchecked) {
        let why = format!("not checked by the server: {}", why.text());
        text.push_str(&style.wrap("  # ", "  # ", Look::Dim, &why));
    }
    let indent = if sign == Sign::Replace { "" } else { "  " };
    let head = format!("{indent}{} {} {}", sign.paint(style), key.kind.kind, Value::from(key.name.as_str()));
    text.push_str(&match inside(key, change, Length::of(context.detail), style).as_str() {
        "" => format!("{head} {{}}\n"),
        inside => format!("{head} {{\n{inside}    }}\n"),
    });
    Block { text, is_one_line: false }
}

/// A change in one line, with the names of its fields.
fn one_line(change: &Change, address: &str, why: Option<String>, style: Style) -> Block {
    let paths = |fields: &[FieldChange]| notes::tails(fields.iter().map(|field| &field.path));
    let (participle, fields) = match change.action {
        Action::Create => ("created".to_owned(), String::new()),
        Action::Update => ("updated in-place".to_owned(), paths(&change.diff.fields)),
        Action::Adopt => ("imported".to_owned(), paths(&change.diff.fields)),
        Action::Replace => {
            let forcing = forcing(change);
            let forces: Vec<FieldChange> =
                change.diff.fields.iter().filter(|field| forces(forcing, field)).cloned().collect();
            let forces = if forces.is_empty() { String::new() } else { format!("{} forces it", paths(&forces)) };
            (style.paint(Look::Danger, "replaced"), forces)
        }
        Action::Delete => (style.paint(Look::Danger, "destroyed"), String::new()),
        Action::Release => ("let go".to_owned(), paths(&change.diff.fields)),
        Action::Forget => ("forgotten".to_owned(), String::new()),
    };
    // The server's whole sentence is for the block, and that the definition changed is what everybody expects.
    let is_told = !matches!(change.reason, Reason::Unchangeable(_) | Reason::DefinitionChanged | Reason::ConfigChanged);
    let why = why.filter(|_| is_told);
    let remark = why.map_or_else(String::new, |why| style.paint(Look::Dim, &format!(" ({why})")));
    let fields = if fields.is_empty() { fields } else { format!(": {fields}") };
    let sign = Sign::of(change.action);
    let indent = if sign == Sign::Replace { "" } else { "  " };
    Block {
        text: format!("{indent}{} {address} will be {participle}{remark}{fields}\n", sign.paint(style)),
        is_one_line: true,
    }
}

/// The fields that the server does not change, where it named any.
fn forcing(change: &Change) -> &[String] {
    match &change.reason {
        Reason::Unchangeable(refusal) => refusal.fields.as_slice(),
        _ => &[],
    }
}

/// The lines between the braces.
fn inside(key: &ObjectKey, change: &Change, length: Length, style: Style) -> String {
    let mut text = match (change.action, &change.manifest) {
        (Action::Create, Some(manifest)) => body(manifest, length, style),
        _ => changed(key, change, length, style),
    };
    let takes = if change.action == Action::Adopt { "takes" } else { "takes back" };
    for Taken { field, manager } in &change.takes_back {
        let line = format!("{takes} ownership of {} ({})", clean_line(field), clean_line(manager));
        text.push_str(&format!("      {} {line}\n", Sign::Change.paint(style)));
    }
    let told: Vec<&str> = change.takes_back.iter().map(|taken| taken.field.as_str()).collect();
    let others = |path: &String| !told.contains(&path.as_str());
    let regains = change.regains.iter().map(ToString::to_string).filter(others);
    let regains = regains.map(|path| format!("{takes} ownership of {}", clean_line(&path)));
    let gives_up =
        change.gives_up.iter().map(|path| format!("gives up ownership of {}", clean_line(&path.to_string())));
    let lines: Vec<String> = regains.chain(gives_up).collect();
    for line in lines.iter().take(OWNED) {
        text.push_str(&format!("      {} {line}\n", Sign::Change.paint(style)));
    }
    match lines.len().saturating_sub(OWNED) {
        0 => {}
        more => text.push_str(&format!("        ... and {more} more\n")),
    }
    let hidden = match (change.action, change.diff.unchanged) {
        (Action::Update | Action::Adopt | Action::Replace, 1) => "# (1 unchanged field hidden)".to_owned(),
        (Action::Update | Action::Adopt | Action::Replace, count @ 2..) => {
            format!("# ({count} unchanged fields hidden)")
        }
        _ => return text,
    };
    text.push_str(&format!("        {}\n", style.paint(Look::Dim, &hidden)));
    text
}

fn changed(key: &ObjectKey, change: &Change, length: Length, style: Style) -> String {
    let forcing = forcing(change);
    let ours = change.diff.fields.iter().map(|field| {
        let drawn = Field::of_change(key, field);
        if forces(forcing, field) { drawn.warning("forces replacement") } else { drawn }
    });
    let lost = change.loses.iter().map(|Addition { path, value, manager, time: _ }| {
        let value = value.as_ref().unwrap_or(&Value::Null);
        Field::between(key, path, Some(value), None).remark(format!("set by {}, lost", clean_line(manager)))
    });
    fields(&ours.chain(lost).collect::<Vec<_>>(), 6, length, style)
}

/// Whether the server named a field, what it lies in, or something in it, as what it does not change. `spec` alone says
/// nothing.
fn forces(named: &[String], change: &FieldChange) -> bool {
    let lies_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let path = without_items(change.path.to_string().trim_start_matches('.'));
    named.iter().map(|name| without_items(name)).filter(|name| name != "spec").any(|name| {
        // The server keeps the first address in two fields, and names the list.
        let name = if name == "spec.clusterIPs" { "spec.clusterIP".to_owned() } else { name };
        lies_in(&path, &name) || lies_in(&name, &path)
    })
}

/// A path without which items of lists it leads to: the server counts them, and we name them by their keys.
fn without_items(path: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut is_quoted) = (0_usize, false);
    for c in path.chars() {
        match c {
            '"' if depth > 0 => is_quoted = !is_quoted,
            '[' if !is_quoted => depth += 1,
            ']' if !is_quoted => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// What is written, without what the head of the block or every object of ditc says.
fn body(manifest: &Manifest, length: Length, style: Style) -> String {
    let mut body = manifest.body.0.as_object().cloned().unwrap_or_default();
    for told in ["apiVersion", "kind", "status"] {
        body.shift_remove(told);
    }
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        for told in ["name", "namespace"] {
            metadata.shift_remove(told);
        }
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.retain(|label, _| ![LABEL_MANAGED_BY, LABEL_ENVIRONMENT, LABEL_COMPONENT].contains(&label.as_str()));
        }
        metadata.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    }
    body.retain(|name, value| name != "metadata" || value.as_object().is_none_or(|map| !map.is_empty()));
    if let Some(recipe) = &manifest.secret {
        let values: Map<String, Value> = recipe
            .keys
            .iter()
            .map(|(key, origin)| {
                let what = match origin {
                    secret::Origin::Generated(generator) => format!("a new {}", generator.sort.word()),
                    secret::Origin::Given(given) => format!("from {}", given.source),
                };
                (key.clone(), format!("(sensitive value, {what})").into())
            })
            .collect();
        let shown = |name: &str| !matches!(name, "data" | "stringData");
        body.retain(|name, _| shown(name));
        body.insert("data".to_owned(), Value::Object(values));
    }
    let mut out = String::new();
    for (name, value) in &body {
        let path = crate::object::FieldPath::fields(&[name]);
        let is_hidden = manifest.secret.is_none() && is_hidden(&manifest.key, &path, Some(value));
        let value = if is_hidden { &Value::from(crate::render::secrecy::SENSITIVE) } else { value };
        whole(Sign::Add, name, value, 6, length, style, &mut out);
    }
    out
}

/// Where the definition asks for an object, and the template that rendered it.
pub(super) fn place(origin: &desired::Origin, context: &Context<'_>) -> String {
    let desired::Origin { definition, template } = origin;
    let places = [Some(definition), template.as_ref()].into_iter().flatten();
    places.map(|place| context.sources.locate(place)).collect::<Vec<_>>().join(", ")
}

/// The remark under the first line: the reason, and the place in the user's files that asks for it.
fn remark(change: &Change, why: Option<String>, context: &Context<'_>) -> Option<String> {
    let is_asked = change.action == Action::Create
        || matches!(change.reason, Reason::DefinitionChanged | Reason::ConfigChanged | Reason::DefinitionAndOutside);
    let origin =
        change.manifest.as_ref().filter(|_| is_asked).map(|manifest| clean_line(&place(&manifest.origin, context)));
    match (why, origin) {
        (Some(why), Some(origin)) => Some(format!("{why}: {origin}")),
        (why, origin) => why.or(origin),
    }
}

/// The reason, and whose change replaces the object's pods.
pub(super) fn because(change: &Change, operation: Operation) -> Option<String> {
    let why = [reason_text(&change.reason, change.action, operation), ending(change), held(change)]
        .into_iter()
        .flatten()
        .reduce(|why, more| format!("{why}; {more}"));
    let used: Vec<String> =
        change.rolls.iter().map(|key| format!("{} {}", key.kind.kind, clean_line(&key.name))).collect();
    match (why, used.as_slice()) {
        (why, []) => why,
        (None, _) => Some(format!("rolls because {} changed", list(&used))),
        (Some(why), _) => Some(format!("{why}; rolls because {} changed", list(&used))),
    }
}

/// Whose pods end so that a claim can go.
fn ending(change: &Change) -> Option<String> {
    let of: Vec<String> = change.ends.iter().map(|key| clean_line(&key.to_string())).collect();
    (!of.is_empty()).then(|| format!("ends the pods of {}, which use it", list(&of)))
}

/// What has to end before a claim is gone.
fn held(change: &Change) -> Option<String> {
    let by: Vec<String> = change.held_by.iter().map(|key| clean_line(&key.to_string())).collect();
    let verb = if by.len() == 1 { "uses" } else { "use" };
    (!by.is_empty()).then(|| format!("it waits for {}, which {verb} it", list(&by)))
}

/// `a`, `a and b`, `a, b and c`.
pub(in crate::render) fn list(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        words => words.join(", "),
    }
}

/// `tag dev moved 4f1c9aa -> b07d2e3 (3 commits, "fix totals")`.
fn revised(Revised { from, to }: &Revised) -> String {
    let commit = |revision: &Revision| match &revision.tag {
        Some(tag) => format!("{tag} at {}", revision.commit.short()),
        None => revision.commit.short().to_owned(),
    };
    let moved = match (from.reference == to.reference, to.reference.sort) {
        _ if from.repository != to.repository => {
            let (before, after) = (&from.repository, &to.repository);
            format!("{} {before} -> {} {after}", from.commit.short(), to.commit.short())
        }
        (true, _) => format!("{} moved {} -> {}", to.reference, commit(from), commit(to)),
        (false, Sort::Commit) => format!("commit {} -> {}", commit(from), commit(to)),
        (false, _) => format!("{} {} -> {} {}", from.reference, commit(from), to.reference, commit(to)),
    };
    let since = to.since.as_ref().filter(|since| since.from == from.commit);
    let commits = since.and_then(distance);
    let subject = since.and_then(|since| since.subject.as_ref()).map(|subject| format!("\"{subject}\""));
    let told: Vec<String> = commits.into_iter().chain(subject).collect();
    let moved = if told.is_empty() { moved } else { format!("{moved} ({})", told.join(", ")) };
    clean_line(&moved)
}

/// Why, where the action alone does not say it.
fn reason_text(reason: &Reason, action: Action, operation: Operation) -> Option<String> {
    let text = match reason {
        // Which config is told beside it.
        Reason::New | Reason::ConfigChanged => return None,
        Reason::Terminating(finalizers) if finalizers.is_empty() => {
            return Some("it is being deleted, and made anew when it is gone".to_owned());
        }
        Reason::Terminating(finalizers) => {
            let held = clean_line(&finalizers.join(", "));
            return Some(format!("it is being deleted, held by {held}, and made anew when it is gone"));
        }
        Reason::Unchangeable(refusal) => {
            return Some(format!("the server cannot change it in place: {}", clean_line(&refusal.message)));
        }
        Reason::ClaimReplaced(claim) => {
            let claim = clean_line(&claim.to_string());
            return Some(format!("it uses {claim}, which is made anew"));
        }
        Reason::GoesWith(set) => return Some(format!("made by {set}, which goes")),
        Reason::NeededGoes(component) => return Some(format!("it needs {component}, which is destroyed")),
        Reason::Revised(revised) => return Some(self::revised(revised)),
        Reason::Unfinished => "an earlier run that stopped meant to make it",
        Reason::Unrecorded => "ditc made it, and no record tells what it last applied",
        Reason::UnderWay => "the run that is under way means to make it",
        Reason::DeletedOutside => "it was deleted outside of ditc",
        Reason::DefinitionChanged => "the definition changed",
        Reason::ChangedOutside => "it was changed outside of ditc, and the definition did not change",
        Reason::DefinitionAndOutside => "the definition changed, and it was changed outside of ditc",
        Reason::GivenChanged => "a value that is given from outside changed",
        Reason::RecreatedOutside => "it was deleted and created anew outside of ditc",
        Reason::OwnershipLost => "its values are right, but others own them",
        Reason::NotDesired => "it is no longer in the definition",
        Reason::Leftover => "ditc made it, but neither the definition nor the record knows it",
        Reason::Destroyed => match operation {
            Operation::Destroy if action == Action::Release => "it stays, without what ditc set on it",
            Operation::Destroy => return None,
            Operation::Apply => "it is destroyed",
        },
        Reason::Gone => "it is gone already, so only the record changes",
        Reason::UnfinishedReplace => "finishing the replace that an earlier run began",
        Reason::Requested => "as requested",
        Reason::YieldEnded => "no controller looks after a field any more that was left to it",
    };
    Some(text.to_owned())
}
