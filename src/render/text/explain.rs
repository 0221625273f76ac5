//! One thing of an environment, explained: where it comes from, what would be done to it and why, how it is, and what it
//! waits for.

use unicode_width::UnicodeWidthStr;

use crate::{
    render::style::{Look, Style, clean, clean_line},
    revision::{Revision, Sort},
    state::Definition,
};

/// All that is known about one address. Places are `file:line:column`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explained {
    pub address: String,
    /// `service`, `Deployment`, `environment`
    pub sort: String,
    /// Where the definition asks for it; none for what is no longer asked for.
    pub defined: Option<String>,
    pub template: Option<String>,
    /// None where the objects come from the repository.
    pub module: Option<String>,
    /// `chart` or `manifests`, and their path in the repository.
    pub own: Option<(&'static str, String)>,
    /// What a service stands at.
    pub revision: Option<Revision>,
    /// What a service follows: `repo`, `tag`, `commit`.
    pub follows: Vec<Input>,
    pub inputs: Vec<Input>,
    pub variables: Vec<Input>,
    /// The commit that the files stand at.
    pub definition: Option<Definition>,
    /// What the next apply would do, object by object.
    pub changes: Vec<Planned>,
    pub objects: Vec<Alive>,
    pub needs: Vec<Related>,
    pub needed_by: Vec<Related>,
    pub fields: Vec<Owned>,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub value: String,
    pub place: String,
    pub is_default: bool,
}

/// A change of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub address: String,
    /// `created`, `updated in-place`
    pub action: &'static str,
    pub reason: Option<String>,
    /// Where it is asked for by a run that must not begin.
    pub is_blocked: bool,
}

/// An object as it is in the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alive {
    pub address: String,
    /// `ready`, `waiting`, `failed`, `absent`
    pub condition: &'static str,
    pub why: Option<String>,
    pub uid: Option<String>,
    pub api_version: Option<String>,
    pub resource_version: Option<String>,
    /// When it was made, by the server's clock.
    pub since: Option<String>,
    /// `6m`
    pub age: Option<String>,
}

/// Another component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub address: String,
    pub condition: &'static str,
}

/// Who owns a field of a live object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub path: String,
    pub manager: String,
    /// `Apply`, `Update`
    pub operation: String,
    pub time: Option<String>,
    /// None for what must not be shown.
    pub value: Option<String>,
}

/// In paragraphs, each under its word.
#[must_use]
pub fn explain(explained: &Explained, style: Style) -> String {
    let Explained { address, sort, .. } = explained;
    let mut out =
        style.wrap("", "  ", Look::Plain, &format!("{} ({sort})", style.paint(Look::Bold, &clean_line(address))));
    for (word, place) in
        [("Defined", &explained.defined), ("Template", &explained.template), ("Module", &explained.module)]
    {
        if let Some(place) = place {
            out.push_str(&row(word, place, style));
        }
    }
    if let Some((what, path)) = &explained.own {
        let word = if *what == "chart" { "Chart" } else { "Manifests" };
        out.push_str(&row(word, path, style));
    }
    if let Some(Revision { repository, reference, commit, tag, since: _ }) = &explained.revision {
        let by = match (reference.sort, tag) {
            (Sort::Commit, _) => String::new(),
            (_, Some(tag)) => format!(", {reference} by its tag {tag}"),
            (_, None) => format!(", {reference}"),
        };
        out.push_str(&row("Commit", &format!("{} of {repository}{by}", commit.short()), style));
    }
    if let Some(definition) = &explained.definition {
        let short = definition.short();
        let dirty = if definition.is_dirty { ", and files differ from it" } else { "" };
        out.push_str(&row("Files at", &format!("commit {short}{dirty}"), style));
    }
    let given = if explained.own.as_ref().is_some_and(|(what, _)| *what == "chart") { "Values" } else { "Inputs" };
    for (heading, list) in
        [("Follows", &explained.follows), (given, &explained.inputs), ("Variables", &explained.variables)]
    {
        out.push_str(&inputs(heading, list, style));
    }
    let changes = explained.changes.iter().map(|change| {
        let Planned { address, action, reason, is_blocked } = change;
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let verb = if *is_blocked { "stands in the way".to_owned() } else { format!("will be {action}") };
        format!("{address} {verb}{reason}")
    });
    let changes: Vec<String> = changes.collect();
    let nothing = vec!["nothing would be changed".to_owned()];
    out.push_str(&list("Plan", if changes.is_empty() { &nothing } else { &changes }, style));
    out.push_str(&heading("Live", explained.objects.is_empty(), style));
    for object in &explained.objects {
        out.push_str(&alive(object, style));
    }
    for (word, related) in [("Waits for", &explained.needs), ("Waited for by", &explained.needed_by)] {
        let lines: Vec<String> = related.iter().map(|one| format!("{} ({})", one.address, one.condition)).collect();
        out.push_str(&list(word, &lines, style));
    }
    let fields: Vec<String> = explained.fields.iter().map(owned).collect();
    out.push_str(&list("Owners", &fields, style));
    out
}

/// The column behind the words of the first lines.
const WORD: usize = 10;

fn row(word: &str, text: &str, style: Style) -> String {
    let first = format!("  {}{}", style.paint(Look::Dim, word), " ".repeat(WORD - word.len()));
    style.wrap(&first, &" ".repeat(WORD + 2), Look::Plain, &clean_line(text))
}

fn heading(word: &str, is_empty: bool, style: Style) -> String {
    if is_empty { String::new() } else { format!("\n{}\n", style.paint(Look::Bold, word)) }
}

fn list(word: &str, lines: &[String], style: Style) -> String {
    let mut out = heading(word, lines.is_empty(), style);
    for line in lines {
        out.push_str(&style.wrap("  ", "    ", Look::Plain, &clean(line)));
    }
    out
}

/// Names and values in columns, the place behind; a value that is too long for that stands alone.
fn inputs(word: &str, inputs: &[Input], style: Style) -> String {
    let mut out = heading(word, inputs.is_empty(), style);
    let width = inputs.iter().map(|input| input.name.width()).max().unwrap_or_default().min(28);
    for Input { name, value, place, is_default } in inputs {
        let place = if *is_default { format!("default, {place}") } else { place.clone() };
        let value = clean_line(value);
        let first = format!("  {:width$}  ", clean_line(name));
        let next = " ".repeat(width + 4);
        let place = clean_line(&place);
        let fits = first.width() + value.width() + 2 + place.width() <= style.width;
        let place = style.paint(Look::Dim, &place);
        if fits {
            out.push_str(&format!("{first}{value}  {place}\n"));
        } else {
            out.push_str(&style.wrap(&first, &next, Look::Plain, &value));
            out.push_str(&format!("{next}{place}\n"));
        }
    }
    out
}

fn alive(object: &Alive, style: Style) -> String {
    let Alive { address, condition, why, uid, api_version, resource_version, since, age } = object;
    let look = match *condition {
        "ready" => Look::Good,
        "waiting" => Look::Warning,
        _ => Look::Error,
    };
    let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let text = format!("{} is {}{}", clean_line(address), style.paint(look, condition), clean_line(&why));
    let mut out = style.wrap("  ", "    ", Look::Plain, &text);
    let made = since.as_ref().map(|since| {
        let age = age.as_ref().map(|age| format!(", {age} ago")).unwrap_or_default();
        format!("made {since}{age}")
    });
    let facts = [
        api_version.clone(),
        uid.as_ref().map(|uid| format!("uid {uid}")),
        resource_version.as_ref().map(|version| format!("version {version}")),
        made,
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    if !facts.is_empty() {
        out.push_str(&style.wrap("    ", "    ", Look::Dim, &clean_line(&facts.join(", "))));
    }
    out
}

fn owned(Owned { path, manager, operation, time, value }: &Owned) -> String {
    let value = value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
    let time = time.as_ref().map(|time| format!(", last wrote {time}")).unwrap_or_default();
    format!("{path}{value}: {manager} ({operation}{time})")
}
