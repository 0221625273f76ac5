//! A run as lines of JSON, with Terraform's keys and types where it has them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{
    apply::{Event, EventKind, Outcome},
    names::{ComponentId, OutputName},
    object::ObjectKey,
    plan::{Action, Plan, Step},
    render::{
        Style,
        text::{self, Context, complete, in_order, plan_totals, step},
    },
    state::Totals,
};

use super::{
    FORMAT_VERSION, contact,
    drift::DriftDocument,
    hook::{Hook, Hooked, Subject},
    line,
    plan::ChangeDocument,
    words::action_word,
};

/// Messages are plain, and each is one line.
const PLAIN: Style = Style { colour: false, width: usize::MAX };

/// What every line has, and what only lines of its type have.
#[derive(Serialize)]
pub(super) struct Line<'a, P> {
    #[serde(rename = "@level")]
    level: &'static str,
    #[serde(rename = "@message")]
    message: &'a str,
    #[serde(rename = "@module")]
    module: &'static str,
    #[serde(rename = "@timestamp")]
    timestamp: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    payload: P,
}

impl<'a, P: Serialize> Line<'a, P> {
    pub(super) fn new(level: &'static str, message: &'a str, kind: &'static str, at: Timestamp, payload: P) -> Self {
        Self { level, message, module: "ditc.ui", timestamp: format!("{at:.6}"), kind, payload }
    }

    pub(super) fn to_text(&self) -> String {
        line(self)
    }
}

/// The first line of a stream.
#[must_use]
pub fn version(version: &str, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        ditc: &'a str,
        ui: &'static str,
        format_version: &'static str,
    }
    let payload = Payload { ditc: version, ui: FORMAT_VERSION, format_version: FORMAT_VERSION };
    Line::new("info", &format!("ditc {version}"), "version", at, payload).to_text()
}

/// A plan as lines, for a run that goes on to carry it out.
#[must_use]
pub fn planned(plan: &Plan, context: &Context<'_>, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Payload<'a, P> {
        change: Changed<'a, P>,
    }
    #[derive(Serialize)]
    struct Changed<'a, P> {
        resource: Subject<'a>,
        /// Terraform's word; what ditc knows besides stands in `actions`.
        #[serde(skip_serializing_if = "Option::is_none")]
        action: Option<&'static str>,
        #[serde(flatten)]
        document: P,
    }
    let mut out = String::new();
    for (key, drift) in &plan.drift {
        let document = DriftDocument::new(&plan.environment, key, drift);
        let message = format!("{}: Drift detected", document.resource.address);
        // It has an action of its own.
        let change = Changed { resource: Subject::new(plan, drift.component.as_ref(), key), action: None, document };
        out.push_str(&Line::new("info", &message, "resource_drift", at, Payload { change }).to_text());
    }
    for (key, change) in in_order(plan) {
        let action = action_word(change.action);
        let resource = Subject::new(plan, change.component.as_ref(), key);
        let message = format!("{}: Plan to {action}", resource.addr);
        let document = ChangeDocument::new(plan, key, change, context.sources);
        let change = Changed { resource, action: Some(action), document };
        out.push_str(&Line::new("info", &message, "planned_change", at, Payload { change }).to_text());
    }
    let counts = plan.counts();
    let message = plan_totals(counts, PLAIN);
    let changes = Changes {
        add: counts.add,
        change: counts.change,
        import: counts.import,
        remove: counts.destroy,
        operation: "plan",
    };
    out.push_str(&Line::new("info", &message, "change_summary", at, Summary { changes, outcome: None }).to_text());
    out
}

#[derive(Serialize)]
struct Summary {
    changes: Changes,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeCounts>,
}

#[derive(Serialize)]
struct Changes {
    add: usize,
    change: usize,
    import: usize,
    remove: usize,
    operation: &'static str,
}

#[derive(Serialize)]
struct OutcomeCounts {
    done: usize,
    failed: usize,
    skipped: usize,
    not_started: usize,
    interrupted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'static str>,
}

/// One event as one line; none where there is nothing to tell.
#[must_use]
pub fn event(event: &Event, plan: &Plan) -> Option<String> {
    let message = text::event(event, plan, PLAIN).unwrap_or_default();
    let message = message.lines().next().unwrap_or_default();
    let hooked = |level, kind, hook| Some(Line::new(level, message, kind, event.at, Hooked { hook }).to_text());
    match &event.kind {
        EventKind::RunStarted { run: _ } => None,
        EventKind::ChangeStarted { action: Action::Forget, .. }
        | EventKind::ChangeFinished { action: Action::Forget, .. } => None,
        EventKind::ChangeStarted { key, component, action } => {
            hooked("info", "apply_start", Hook::of_key(plan, component.as_ref(), key).action(*action))
        }
        EventKind::ChangeFinished { key, component, action, elapsed } => {
            let hook = Hook::of_key(plan, component.as_ref(), key).action(*action);
            hooked("info", "apply_complete", hook.elapsed(*elapsed))
        }
        EventKind::ChangeFailed { key, component, action, error } => {
            let hook = Hook::of_key(plan, component.as_ref(), key).action(*action);
            hooked("error", "apply_errored", hook.error(error))
        }
        EventKind::Warning { key, text } => Some(warning(key.as_ref(), text, plan, event.at)),
        EventKind::Waiting { step, on, elapsed } => {
            let hook = Hook::of_step(plan, step).elapsed(*elapsed).waits_for(on);
            Some(Line::new("info", message, "apply_progress", event.at, Hooked { hook }).to_text())
        }
        EventKind::ComponentReady { component, elapsed } => {
            let of = Step::Ready(component.clone());
            let hook = Hook::of_step(plan, &of).elapsed(*elapsed);
            Some(Line::new("info", message, "component_ready", event.at, Hooked { hook }).to_text())
        }
        EventKind::ComponentFailed { component, error } => {
            let of = Step::Ready(component.clone());
            let hook = Hook::of_step(plan, &of).error(error);
            Some(Line::new("error", message, "component_errored", event.at, Hooked { hook }).to_text())
        }
        EventKind::Skipped { step: skipped, because } => {
            let because = step(plan, because);
            hooked("warn", "apply_skipped", Hook::of_step(plan, skipped).because(because))
        }
        EventKind::Held { who, since } => {
            #[derive(Serialize)]
            struct Holder<'a> {
                who: &'a str,
                since: &'a str,
            }
            Some(Line::new("info", message, "lock_wait", event.at, Holder { who, since }).to_text())
        }
        EventKind::Interrupted => {
            #[derive(Serialize)]
            struct Nothing {}
            Some(Line::new("warn", message, "interrupted", event.at, Nothing {}).to_text())
        }
        EventKind::Contact(contacted) => Some(contact::contact(contacted, message, event.at)),
        EventKind::Stopped(why) => Some(contact::stopped(why, message, event.at)),
        EventKind::RunFinished { outcome } => Some(summary(outcome, plan, event.at)),
    }
}

pub(super) fn warning(key: Option<&ObjectKey>, text: &str, plan: &Plan, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        diagnostic: Warning<'a>,
    }
    #[derive(Serialize)]
    struct Warning<'a> {
        severity: &'static str,
        summary: &'a str,
        address: Option<String>,
    }
    let address = key.map(|key| step(plan, &Step::Change(key.clone())));
    let payload = Payload { diagnostic: Warning { severity: "warning", summary: text, address } };
    Line::new("warn", &format!("warning: {text}"), "diagnostic", at, payload).to_text()
}

fn summary(outcome: &Outcome, plan: &Plan, at: Timestamp) -> String {
    let totals = outcome.totals(plan);
    let Totals { imported, added, changed, destroyed } = totals;
    let message = if outcome.is_complete() {
        complete(totals, plan.operation)
    } else {
        let verb = plan.operation.verb();
        format!("{verb} incomplete: {added} added, {changed} changed, {destroyed} destroyed.")
    };
    let operation = plan.operation.verb();
    let changes = Changes { add: added, change: changed, import: imported, remove: destroyed, operation };
    let Outcome { done, failed, skipped, not_started, interrupted, stopped } = outcome;
    let outcome = Some(OutcomeCounts {
        done: done.len(),
        failed: failed.len(),
        skipped: skipped.len(),
        not_started: not_started.len(),
        interrupted: *interrupted,
        stopped: stopped.as_ref().map(contact::reason),
    });
    let level = if failed.is_empty() && stopped.is_none() { "info" } else { "error" };
    Line::new(level, &message, "change_summary", at, Summary { changes, outcome }).to_text()
}

/// What the components promise, as the last line of a stream.
#[must_use]
pub fn outputs(outputs: &BTreeMap<ComponentId, BTreeMap<OutputName, Value>>, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        outputs: BTreeMap<String, Output<'a>>,
    }
    #[derive(Serialize)]
    struct Output<'a> {
        sensitive: bool,
        value: &'a Value,
    }
    let outputs: BTreeMap<String, Output<'_>> = outputs
        .iter()
        .flat_map(|(component, values)| values.iter().map(move |(name, value)| (component, name, value)))
        .map(|(component, name, value)| (format!("{}.{name}", component.name), Output { sensitive: false, value }))
        .collect();
    Line::new("info", &format!("Outputs: {}", outputs.len()), "outputs", at, Payload { outputs }).to_text()
}
