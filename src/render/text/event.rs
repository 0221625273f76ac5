//! Progress of a run, one line per event in Terraform's way. What came of the run as a whole is told by `ledger`.

use std::time::Duration;

use crate::{
    address::address,
    apply::{Awaited, Contacted, Event, EventKind, Holder, StepError, Stopped},
    names::{ComponentId, EnvironmentName},
    object::ObjectKey,
    plan::{Action, Plan, Step},
    render::style::{Look, Style, clean, clean_line},
};

use super::failure::{details, next_step};

/// More waiting objects than this are counted.
const AWAITED: usize = 2;

/// What a person should see of an event; none where there is nothing to see.
#[must_use]
pub fn event(event: &Event, plan: &Plan, style: Style) -> Option<String> {
    let bold = |address: &str| style.paint(Look::Bold, &format!("{address}:"));
    let of_key = |component: Option<&ComponentId>, key: &ObjectKey| {
        clean(&address(&plan.environment, component, key).to_string())
    };
    match &event.kind {
        EventKind::RunStarted { run: _ } | EventKind::RunFinished { outcome: _ } => None,
        EventKind::ChangeStarted { key, component, action } => {
            let doing = Words::of(*action)?.doing;
            Some(format!("{} {doing}...\n", bold(&of_key(component.as_ref(), key))))
        }
        EventKind::ChangeFinished { key, component, action, elapsed } => {
            let noun = Words::of(*action)?.noun;
            let address = bold(&of_key(component.as_ref(), key));
            Some(format!("{address} {noun} complete after {}\n", duration(*elapsed)))
        }
        EventKind::ChangeFailed { key, component, action, error } => {
            let noun = Words::of(*action).map_or("Forgetting", |words| words.noun);
            Some(failed(&of_key(component.as_ref(), key), &format!("{noun} failed"), error, style))
        }
        EventKind::Warning { key, text } => {
            let text = match key {
                Some(key) => format!("{}: {text}", step(plan, &Step::Change(key.clone()))),
                None => text.clone(),
            };
            Some(super::warning(&text, style))
        }
        EventKind::Waiting { step: waiting, on, elapsed } => {
            let doing = match waiting {
                Step::Change(key) => match plan.changes.get(key).map(|change| change.action) {
                    Some(Action::Delete) => "Still destroying",
                    Some(Action::Create) => "Still creating",
                    Some(Action::Update | Action::Release) => "Still modifying",
                    Some(Action::Replace) => "Still replacing",
                    Some(Action::Adopt) => "Still importing",
                    Some(Action::Forget) | None => "Still waiting",
                },
                Step::Ready(_) => "Still waiting",
            };
            let elapsed = duration(*elapsed);
            Some(format!("{} {doing}... [{elapsed} elapsed]{}\n", bold(&step(plan, waiting)), awaited(on)))
        }
        EventKind::ComponentReady { component, elapsed } => {
            let ready = style.paint(Look::Good, "Ready");
            let address = step(plan, &Step::Ready(component.clone()));
            Some(format!("{} {ready} after {}\n", bold(&address), duration(*elapsed)))
        }
        EventKind::ComponentFailed { component, error } => {
            Some(failed(&subject(plan, &Step::Ready(component.clone()), error), "Failed", error, style))
        }
        EventKind::Skipped { step: skipped, because } => {
            let because = step(plan, because);
            Some(format!("{} Skipped, because {because} failed\n", bold(&step(plan, skipped))))
        }
        EventKind::Held { who, since } => Some(style.wrap("", "", Look::Plain, &held(&plan.environment, who, since))),
        EventKind::Interrupted => {
            let text = "Interrupted. What is under way is finished and recorded, nothing new is started. A second \
                        Ctrl-C stops at once.";
            Some(style.wrap("", "", Look::Warning, text))
        }
        EventKind::Contact(Contacted::Lost { left }) => {
            let left = counted(left.as_secs(), "more second");
            let text = format!("Connection to the cluster lost, trying again for {left}.");
            Some(style.wrap("", "", Look::Warning, &text))
        }
        EventKind::Contact(Contacted::Regained { after }) => {
            let text = format!("Connected to the cluster again, after {}.", counted(after.as_secs(), "second"));
            Some(style.wrap("", "", Look::Plain, &text))
        }
        EventKind::Stopped(why) => {
            let text = format!("Stopped: {}. Nothing more is written.", stopped(why, &plan.environment));
            Some(style.wrap("", "", Look::Error, &text))
        }
    }
}

/// That another run has an environment, or had it when it died.
#[must_use]
pub fn held(environment: &EnvironmentName, who: &str, since: &str) -> String {
    let (who, since) = (clean(who), clean(since));
    format!(
        "Waiting: {environment} is being changed by {who} since {since}. A run that died frees it within 15 seconds."
    )
}

/// Why a run as a whole could not go on.
#[must_use]
pub fn stopped(why: &Stopped, environment: &EnvironmentName) -> String {
    match why {
        Stopped::LeaseLost(Some(Holder { who, since })) => format!(
            "{} took over environment {environment} at {}, since the lease of this run had not been renewed in time",
            clean(who),
            clean(since)
        ),
        Stopped::LeaseLost(None) => {
            format!("this run lost its lease of environment {environment}, so another run may be at work")
        }
        Stopped::ContactLost(after) => format!("the cluster did not answer for {}", counted(after.as_secs(), "second")),
    }
}

pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What Terraform calls an action while and after it happens.
struct Words {
    doing: &'static str,
    noun: &'static str,
}

impl Words {
    fn of(action: Action) -> Option<Self> {
        match action {
            Action::Create => Some(Words { doing: "Creating", noun: "Creation" }),
            Action::Update | Action::Release => Some(Words { doing: "Modifying", noun: "Modifications" }),
            Action::Replace => Some(Words { doing: "Replacing", noun: "Replacement" }),
            Action::Adopt => Some(Words { doing: "Importing", noun: "Import" }),
            Action::Delete => Some(Words { doing: "Destroying", noun: "Destruction" }),
            // Only the record changes, and a progress line would suggest more.
            Action::Forget => None,
        }
    }
}

/// What happens to an object while it is written.
pub(super) fn doing(action: Action) -> Option<&'static str> {
    Words::of(action).map(|words| words.doing)
}

fn failed(address: &str, what: &str, error: &StepError, style: Style) -> String {
    // The log stands at the end of the run, where people look.
    let StepError { summary, causes, hint, object: _, log: _, cause: _ } = error;
    let head = format!("{} ", style.paint(Look::Bold, &format!("{address}:")));
    let what = format!("{} ", style.paint(Look::Error, &format!("{what}:")));
    // Wrapping must not count what stands before it, or the first line would be broken too early.
    let mut text = format!("{head}{what}{}\n", clean_line(summary));
    text.push_str(&details("  ", causes, [], style));
    text.push_str(&next_step("  ", hint.as_ref(), style));
    text
}

fn awaited(on: &[Awaited]) -> String {
    let mut names: Vec<String> =
        on.iter().take(AWAITED).map(|Awaited { key, why, cause: _ }| clean_line(&format!("{key}: {why}"))).collect();
    if on.len() > AWAITED {
        names.push(format!("{} more", on.len() - AWAITED));
    }
    if names.is_empty() { String::new() } else { format!(" ({})", names.join("; ")) }
}

/// The address of what failed: of the object, where the step is about several.
pub(in crate::render) fn subject(plan: &Plan, of: &Step, error: &StepError) -> String {
    match (of, &error.object) {
        (Step::Ready(component), Some(key)) => clean(&address(&plan.environment, Some(component), key).to_string()),
        _ => step(plan, of),
    }
}

/// A line of a pod's log, with who says it.
#[must_use]
pub fn log(component: &ComponentId, pod: &str, line: &str, style: Style) -> String {
    let who = clean(&format!("{}/{pod}", component.name));
    format!("{} {line}\n", style.paint(Look::Dim, &format!("{who}:")))
}

/// The address of a step's object or component.
pub(in crate::render) fn step(plan: &Plan, step: &Step) -> String {
    let text = match step {
        Step::Change(key) => {
            let change = plan.changes.get(key).and_then(|change| change.component.as_ref());
            let component =
                change.or_else(|| plan.unchanged.get(key).and_then(|unchanged| unchanged.component.as_ref()));
            address(&plan.environment, component, key).to_string()
        }
        Step::Ready(component) => format!("{}.{component}", plan.environment),
    };
    clean(&text)
}

/// `0s`, `42s`, `1m5s`, `2h0m10s`: as Go prints whole seconds.
pub(in crate::render) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}
