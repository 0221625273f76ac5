//! How environments are, for people: a line for each component with what it waits for below, or a line for each
//! environment.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::{
    names::EnvironmentName,
    observed::Readiness,
    plan::{Begun, ComponentStatus, Condition, OpenRun, Status},
    render::style::{Look, Style, clean_line},
    state::{Ended, Run},
};

use super::{
    failure::warning,
    notes::{count, finishing, note},
};

/// An image is never cut to less than this many columns: it stands on a line of its own then.
const LEAST_OF_IMAGE: usize = 16;

/// What is known of one environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    Is(Box<Status>),
    /// It has a file, and nothing of it is in the cluster.
    NeverApplied(EnvironmentName),
    /// It could not be looked at.
    Unknown {
        environment: EnvironmentName,
        class: &'static str,
        message: String,
        causes: Vec<String>,
        hints: Vec<String>,
    },
}

/// What is known of environments, where, and when.
#[derive(Debug, Clone, Copy)]
pub struct Standings<'a> {
    pub all: &'a [Standing],
    pub cluster: &'a str,
    /// The flags that lead there again.
    pub flags: &'a str,
    pub now: Timestamp,
}

/// Each environment in full.
#[must_use]
pub fn status(standings: &Standings<'_>, style: Style) -> String {
    let parts: Vec<String> = standings.all.iter().map(|standing| one(standing, standings, style)).collect();
    parts.join("\n")
}

fn one(standing: &Standing, standings: &Standings<'_>, style: Style) -> String {
    let Standings { all: _, cluster, flags, now } = standings;
    let status = match standing {
        Standing::Is(status) => status,
        Standing::NeverApplied(environment) => {
            let text = format!(
                "Environment {environment} is not applied: nothing of it is on cluster {}. To make it:",
                clean_line(cluster)
            );
            return format!("{}  ditc apply {environment}{flags}\n", style.wrap("", "", Look::Plain, &text));
        }
        Standing::Unknown { message, causes, hints, .. } => return super::error(message, causes, hints, style),
    };
    let Status { environment, namespace, has_record, components, open, last, partial } = status.as_ref();
    let (own, rest): (Vec<_>, Vec<_>) = components.iter().partition(|component| component.id.is_some());
    let text = format!(
        "Environment {environment} (namespace {namespace}, cluster {}): {}.",
        clean_line(cluster),
        counted(&own)
    );
    let mut out = style.wrap("", "", Look::Bold, &text);
    if let Some(Ended { run, complete }) = last {
        let how = if *complete { "" } else { ", which did not come through" };
        let text =
            format!("Last {} by {} {} ago{how}.", run.operation.verb(), clean_line(&run.who), age(*now, run.since));
        out.push_str(&style.wrap("", "", Look::Plain, &text));
    }
    let shown: Vec<&ComponentStatus> =
        own.into_iter().chain(rest.into_iter().filter(|rest| rest.condition() != Condition::Ready)).collect();
    if !shown.is_empty() {
        out.push('\n');
        out.push_str(&table(environment, &shown, *now, style));
    }
    let mut remarks = String::new();
    if let Some(open) = open {
        remarks.push_str(&run_of(environment, open, flags, style));
    }
    if !has_record {
        let text = "the record is gone from the cluster; this is by the local copy of it.";
        remarks.push_str(&warning(text, style));
    }
    if let (false, Some(Ended { run, complete: _ })) = (status.is_through(), last) {
        let verb = run.operation.verb();
        let text = format!(
            "the last {verb} did not come to its end, so not everything is as it was to be; `ditc {verb} \
             {environment}{flags}` goes on."
        );
        remarks.push_str(&warning(&text, style));
    }
    if *partial && open.is_none() {
        remarks.push_str(&note("the last run was about a part of the environment only.", style));
    }
    if !remarks.is_empty() {
        out.push('\n');
        out.push_str(&remarks);
    }
    out
}

fn counted(own: &[&ComponentStatus]) -> String {
    let ready = own.iter().filter(|component| component.condition() == Condition::Ready).count();
    match own.len() {
        0 => "it has no components".to_owned(),
        1 if ready == 1 => "its component is ready".to_owned(),
        all if ready == all => format!("all {all} components are ready"),
        1 => "its component is not ready".to_owned(),
        all => format!("{ready} of {all} components are ready"),
    }
}

fn run_of(environment: &EnvironmentName, open: &OpenRun, flags: &str, style: Style) -> String {
    let OpenRun { run: Run { id: _, operation, who, since, definition: _ }, done, of, lives } = open;
    let (verb, who) = (operation.verb(), clean_line(who));
    if *lives {
        let far = of.map_or_else(String::new, |of| format!(": {done} of {} made", count(of, "change", "changes")));
        return note(&format!("{verb} by {who} since {since:.0} is under way{far}."), style);
    }
    let far = of.map_or_else(
        || "before its end".to_owned(),
        |of| format!("after {done} of {}", count(of, "change", "changes")),
    );
    let way = finishing(*operation, environment, flags);
    let text = format!("{verb} by {who} at {since:.0} stopped {far}; {way}.");
    warning(&text, style)
}

fn table(environment: &EnvironmentName, components: &[&ComponentStatus], now: Timestamp, style: Style) -> String {
    let rows: Vec<(String, Condition, String, String)> = components
        .iter()
        .map(|component| {
            let address = match &component.id {
                Some(id) => format!("{environment}.{id}"),
                None => environment.to_string(),
            };
            let since = component.since.map_or_else(|| "-".to_owned(), |since| age(now, since));
            (address, component.condition(), since, clean_line(&component.images.join(" ")))
        })
        .collect();
    let widest = |head: &str, cells: Vec<usize>| cells.into_iter().chain([head.len()]).max().unwrap_or_default();
    let first = widest("COMPONENT", rows.iter().map(|row| row.0.width()).collect());
    let second = widest("STATE", rows.iter().map(|row| word(row.1).0.len()).collect());
    let third = widest("AGE", rows.iter().map(|row| row.2.len()).collect());
    let before = first + second + third + 6;
    let room = style.width.saturating_sub(before);
    let beside = room >= LEAST_OF_IMAGE;
    let head = format!(
        "{:first$}  {:second$}  {:third$}  {}",
        "COMPONENT",
        "STATE",
        "AGE",
        if beside { "VERSION" } else { "" }
    );
    let mut out = format!("{}\n", style.paint(Look::Dim, head.trim_end()));
    for ((address, condition, since, images), component) in rows.iter().zip(components) {
        let (word, look) = word(*condition);
        let state = style.paint(look, word);
        let pad = " ".repeat(second - word.len());
        let version = if beside { cut_head(images, room) } else { String::new() };
        let line = format!("{address:first$}  {state}{pad}  {since:third$}  {version}");
        out.push_str(&format!("{}\n", line.trim_end()));
        if !beside && !images.is_empty() {
            out.push_str(&format!("  {images}\n"));
        }
        let begun = match component.begun {
            Begun::Yes => None,
            Begun::NotYet => Some("the run under way has not come to it yet"),
            Begun::Never => Some("the last run did not come to it"),
        };
        if let Some(begun) = begun {
            out.push_str(&style.wrap("  ", "    ", Look::Plain, begun));
        }
        for (key, readiness) in &component.objects {
            let (Readiness::Waiting(why) | Readiness::Failed(why)) = readiness else { continue };
            let text = format!("{}/{}: {}", key.kind.kind, key.name, clean_line(why));
            out.push_str(&style.wrap("  ", "    ", Look::Plain, &text));
        }
    }
    out
}

/// A line for each environment.
#[must_use]
pub fn status_table(standings: &Standings<'_>, style: Style) -> String {
    let Standings { all, cluster, flags, now } = standings;
    if all.is_empty() {
        return "There are no environments, neither in files nor in the cluster.\n".to_owned();
    }
    let rows: Vec<(String, &str, Look, String)> = all.iter().map(|standing| row(standing, *now)).collect();
    let widest = |head: &str, cells: Vec<usize>| cells.into_iter().chain([head.len()]).max().unwrap_or_default();
    let first = widest("ENVIRONMENT", rows.iter().map(|row| row.0.width()).collect());
    let second = widest("STATE", rows.iter().map(|row| row.1.len()).collect());
    let head = format!("{:first$}  {:second$}  DETAILS", "ENVIRONMENT", "STATE");
    let mut out = format!("{}\n", style.paint(Look::Dim, &head));
    for (environment, word, look, details) in &rows {
        let pad = " ".repeat(second - word.len());
        let line = format!("{environment:first$}  {}{pad}  {details}", style.paint(*look, word));
        out.push_str(&format!("{}\n", line.trim_end()));
    }
    let text = format!("On cluster {}. More of one of them:", clean_line(cluster));
    out.push_str(&format!("\n{}  ditc status ENV{flags}\n", style.wrap("", "", Look::Plain, &text)));
    out
}

fn row(standing: &Standing, now: Timestamp) -> (String, &'static str, Look, String) {
    match standing {
        Standing::NeverApplied(environment) => (environment.to_string(), "Not applied", Look::Dim, String::new()),
        Standing::Unknown { environment, message, .. } => {
            (environment.to_string(), "Unknown", Look::Error, clean_line(message))
        }
        Standing::Is(status) => {
            let own: Vec<&ComponentStatus> =
                status.components.iter().filter(|component| component.id.is_some()).collect();
            let (word, look) = word(status.condition());
            let mut details = vec![counted(&own)];
            match (&status.open, &status.last) {
                (Some(OpenRun { run, lives, .. }), _) => {
                    let how = if *lives { "is under way" } else { "stopped before its end" };
                    details.push(format!("{} by {} {how}", run.operation.verb(), clean_line(&run.who)));
                }
                (None, Some(Ended { run, complete })) => {
                    let (verb, who, age) = (run.operation.verb(), clean_line(&run.who), age(now, run.since));
                    let how = if *complete { "" } else { ", which did not come through" };
                    details.push(format!("{verb} by {who} {age} ago{how}"));
                }
                (None, None) => {}
            }
            (status.environment.to_string(), word, look, details.join("; "))
        }
    }
}

pub(in crate::render) fn word(condition: Condition) -> (&'static str, Look) {
    match condition {
        Condition::Ready => ("Ready", Look::Good),
        Condition::Waiting => ("Waiting", Look::Warning),
        Condition::Failed => ("Failed", Look::Error),
    }
}

/// The end of a text, which is where an image has its tag.
fn cut_head(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for c in text.chars().rev() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(c);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// How long ago something was, as kubectl says it: `45s`, `12m`, `3h`, `2d`.
pub(super) fn age(now: Timestamp, since: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
