//! What moved in environments without ditc: one part for each of them, a line that counts, and a table of all.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    names::EnvironmentName,
    plan::{Addition, Additions, DriftKind, Report, Strict, Surroundings, Unknown, Verdict},
    render::{
        Detail,
        style::{Look as Paint, Style, clean_line},
    },
    state::Run,
};

use super::{
    failure::{error, hints as hinted},
    fields::{Field, Sign, fields},
    notes::{count, finishing, moved, named, names, note, when},
    value::Length,
};

/// One environment that was looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub environment: &'a EnvironmentName,
    pub found: Found<'a>,
}

/// What was found.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    Report(&'a Report),
    /// Nothing of it is in the cluster, and nothing was.
    NeverApplied,
    /// Nothing of it is in the cluster: it was destroyed from here, by this person as far as that is known.
    Destroyed {
        at: Timestamp,
        by: Option<&'a str>,
    },
    /// It could not be looked at: a failure in its parts.
    Failed {
        class: &'a str,
        message: &'a str,
        causes: &'a [String],
        hints: &'a [String],
    },
}

impl Found<'_> {
    #[must_use]
    pub fn verdict(&self, strict: Strict) -> Verdict {
        match self {
            Found::Report(report) => report.verdict(strict),
            Found::NeverApplied | Found::Destroyed { .. } => Verdict::Clean,
            Found::Failed { .. } => Verdict::Unknown,
        }
    }
}

/// One environment, with a headline.
#[must_use]
pub fn drift(look: &Look<'_>, cluster: &str, flags: &str, strict: Strict, detail: Detail, style: Style) -> String {
    let Look { environment, found } = look;
    let head = |place: &str| format!("{}{place}\n", style.paint(Paint::Bold, &format!("Environment {environment}")));
    match found {
        Found::NeverApplied => format!("{}\nIt was never applied to cluster {}.\n", head(""), clean_line(cluster)),
        Found::Destroyed { at, by } => {
            let prose = |text: &str| style.wrap("", "", Paint::Plain, text);
            let nothing = format!("Nothing of it is in cluster {}.", clean_line(cluster));
            format!("{}\n{}{}", head(""), prose(&format!("It {}.", destroyed(*at, *by))), prose(&nothing))
        }
        Found::Failed { class: _, message, causes, hints } => {
            format!("{}\n{}", head(""), error(message, causes, hints, style))
        }
        Found::Report(report) => {
            let place = format!(" (namespace {}, cluster {})", report.namespace, clean_line(cluster));
            let mut parts = vec![head(&place), told(report, detail, style), notes(report, flags, detail, style)];
            parts.push(unknown(report, style));
            parts.push(format!("{}\n", closing(report, strict, style)));
            parts.push(ways(report, flags, strict, style));
            parts.retain(|part| !part.is_empty());
            parts.join("\n")
        }
    }
}

/// When an environment was destroyed, and by whom.
#[must_use]
pub fn destroyed(at: Timestamp, by: Option<&str>) -> String {
    let by = by.map_or_else(String::new, |by| format!(" by {}", clean_line(by)));
    format!("was destroyed{by} at {at:.0}")
}

/// The objects, close to each other but for those with fields.
fn told(report: &Report, detail: Detail, style: Style) -> String {
    let mut out = String::new();
    for (key, drift) in &report.drift {
        let is_block =
            detail != Detail::Compact && matches!(&drift.kind, DriftKind::Changed(fields) if !fields.is_empty());
        if is_block && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&moved(&report.environment, key, drift, detail, style));
    }
    for (key, managers) in &report.foreign {
        let by = names(managers.iter().cloned());
        let by = if by.is_empty() { by } else { format!(", made by {by}") };
        let address = style.paint(Paint::Bold, &named(&report.environment, None, key));
        out.push_str(&format!("  {} {address} is not described{by}\n", Sign::Add.paint(style)));
    }
    out
}

/// What is said about an environment besides its objects, a sentence each.
pub(in crate::render) fn notes_of(report: &Report, flags: &str) -> Vec<String> {
    let Report { environment, namespace, surroundings, interrupted, unfinished, elsewhere, .. } = report;
    let Surroundings { has_file, has_record, unlisted: _ } = surroundings;
    let mut notes = Vec::new();
    if !has_file {
        notes.push(format!("environment {environment} lives in namespace {namespace} and has no file."));
    }
    if !has_record {
        let text = "the record is gone from the cluster; what is there was compared with the local copy of it.";
        notes.push(text.to_owned());
    }
    for other in elsewhere {
        notes.push(format!("environment {environment} lives in namespace {} too.", clean_line(other)));
    }
    if let Some(Run { id: _, operation, who, since, definition: _ }) = interrupted {
        let (verb, who) = (operation.verb(), clean_line(who));
        let open = match unfinished.len() {
            0 => String::new(),
            number => {
                let objects = unfinished.iter().map(|(key, component)| named(environment, component.as_ref(), key));
                let number = count(number, "object that it left half done was", "objects that it left half done were");
                format!(" The {number} not compared: {}.", names(objects))
            }
        };
        let way = finishing(*operation, environment, flags);
        notes.push(format!("{verb} by {who} at {since:.0} did not come to its end; {way}.{open}"));
    }
    notes
}

fn notes(report: &Report, flags: &str, detail: Detail, style: Style) -> String {
    let mut out: String = notes_of(report, flags).iter().map(|text| note(text, style)).collect();
    if detail >= Detail::Whole {
        out.push_str(&additions(report, detail, style));
    }
    out
}

fn additions(report: &Report, detail: Detail, style: Style) -> String {
    if report.additions.is_empty() {
        return String::new();
    }
    let number = count(report.added_fields(), "field", "fields");
    let mut out = note(&format!("others set {number} beside ours, left alone:"), style);
    for (key, Additions { component, fields }) in &report.additions {
        out.push_str(&format!("  # {}\n", named(&report.environment, component.as_ref(), key)));
        let told = |Addition { path, value, manager, time }: &Addition| {
            let value = value.clone().unwrap_or(Value::Null);
            let remark = format!("by {}, {}", clean_line(manager), when(time.as_deref()));
            (path.clone(), value, remark)
        };
        let told: Vec<_> = fields.iter().map(told).collect();
        let list: Vec<Field<'_>> = told
            .iter()
            .map(|(path, value, remark)| Field::between(key, path, None, Some(value)).remark(remark.clone()))
            .collect();
        out.push_str(&self::fields(&list, 4, Length::of(detail), style));
    }
    out
}

fn unknown(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for (key, Unknown { component, why }) in &report.unknown {
        let object = named(&report.environment, component.as_ref(), key);
        let first = format!("  {} ", style.paint(Paint::Error, "!"));
        let text = format!("{object} differs in a way that cannot be told: {}", clean_line(why));
        out.push_str(&style.wrap(&first, "    ", Paint::Plain, &text));
    }
    if !report.surroundings.unlisted.is_empty() {
        let first = format!("  {} ", style.paint(Paint::Error, "!"));
        let kinds = report.surroundings.unlisted.iter().map(ToString::to_string);
        let text = format!("These credentials may not list what else there is of: {}", names(kinds));
        out.push_str(&style.wrap(&first, "    ", Paint::Plain, &text));
    }
    out
}

/// `Drift: 1 changed, 1 deleted, 2 foreign objects.` Scripts read it, so it stays as it is.
pub(in crate::render) fn closing(report: &Report, strict: Strict, style: Style) -> String {
    let found = found(report, strict).join(", ");
    let unknown = unknown_counts(report);
    let mut parts = Vec::new();
    if !found.is_empty() {
        parts.push(format!("{} {found}.", style.paint(Paint::Bold, "Drift:")));
    }
    if !unknown.is_empty() {
        parts.push(format!("{} {}.", style.paint(Paint::Error, "Unknown:"), unknown.join(", ")));
    }
    if parts.is_empty() {
        let number = count(report.compared.len(), "object is", "objects are");
        parts.push(format!("{} {number} as last applied.", style.paint(Paint::Good, "No drift.")));
    }
    parts.join(" ")
}

/// What counts as drift, each sort with its number.
fn found(report: &Report, strict: Strict) -> Vec<String> {
    let mut sorts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for drift in report.drift.values() {
        let sort = match &drift.kind {
            DriftKind::Changed(_) => (0, "changed"),
            DriftKind::Deleted => (1, "deleted"),
            DriftKind::Terminating => (2, "being deleted"),
            DriftKind::Recreated => (3, "recreated"),
            DriftKind::Replaced(_) => (4, "replaced"),
            DriftKind::Leftover => (5, "not recorded"),
        };
        *sorts.entry(sort).or_insert(0) += 1;
    }
    let mut found: Vec<String> = sorts.into_iter().map(|((_, what), number)| format!("{number} {what}")).collect();
    let added = if strict == Strict::Yes { report.added_fields() } else { 0 };
    for (number, one, many) in [
        (report.foreign.len(), "foreign object", "foreign objects"),
        (added, "added field", "added fields"),
        (report.elsewhere.len(), "other namespace", "other namespaces"),
    ] {
        if number > 0 {
            found.push(count(number, one, many));
        }
    }
    for (is_so, what) in [
        (report.interrupted.is_some() || !report.unfinished.is_empty(), "1 interrupted run"),
        (!report.surroundings.has_file, "no file"),
        (!report.surroundings.has_record, "no record"),
    ] {
        if is_so {
            found.push(what.to_owned());
        }
    }
    found
}

fn unknown_counts(report: &Report) -> Vec<String> {
    let counts = [
        (report.unknown.len(), "object not compared", "objects not compared"),
        (report.surroundings.unlisted.len(), "kind not listed", "kinds not listed"),
    ];
    counts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| count(number, one, many)).collect()
}

/// What to do next.
fn ways(report: &Report, flags: &str, strict: Strict, style: Style) -> String {
    let environment = &report.environment;
    let mut ways = Vec::new();
    let has_namespace = !report.drift.keys().any(|key| key.kind.is("", "Namespace"));
    if !report.surroundings.has_record && has_namespace {
        ways.push(format!("ditc state rebuild {environment}{flags} makes the record anew from the objects"));
    }
    if !report.surroundings.has_file {
        ways.push(format!("ditc destroy {environment}{flags} removes it"));
    } else if report.verdict(strict) == Verdict::Drift && is_for_apply(report) {
        ways.push(format!("ditc plan {environment}{flags} shows what an apply would do about it"));
    }
    hinted(&ways, style)
}

/// Whether an apply does anything about it: what nobody described it leaves alone.
fn is_for_apply(report: &Report) -> bool {
    !report.drift.is_empty() || report.interrupted.is_some() || !report.unfinished.is_empty()
}

/// One line for each of several environments.
#[must_use]
pub fn drift_summary(looks: &[Look<'_>], strict: Strict, style: Style) -> String {
    const HEAD: &str = "ENVIRONMENT";
    let width = looks.iter().map(|look| look.environment.as_str().len()).chain([HEAD.len()]).max().unwrap_or_default();
    let mut out = format!("{}\n", style.paint(Paint::Bold, &format!("{HEAD:width$}  DRIFT")));
    for Look { environment, found } in looks {
        let text = match found {
            Found::NeverApplied => "never applied".to_owned(),
            Found::Destroyed { .. } => "destroyed".to_owned(),
            Found::Failed { message, .. } => format!("unknown: {}", clean_line(message)),
            Found::Report(report) => {
                let unknown = unknown_counts(report).into_iter().map(|text| format!("unknown: {text}"));
                let all: Vec<String> = self::found(report, strict).into_iter().chain(unknown).collect();
                if all.is_empty() { "none".to_owned() } else { all.join(", ") }
            }
        };
        let look = match found.verdict(strict) {
            Verdict::Clean => Paint::Plain,
            Verdict::Drift => Paint::Warning,
            Verdict::Unknown => Paint::Error,
        };
        out.push_str(&format!("{environment:width$}  {}\n", style.paint(look, &text)));
    }
    out
}
