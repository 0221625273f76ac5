//! What a line of a run is about: an object or a component, with Terraform's keys, what it waits for, and why it failed.

use std::time::Duration;

use serde::Serialize;

use crate::{
    apply::{Awaited, LogLines, StepError},
    names::ComponentId,
    object::ObjectKey,
    plan::{Action, Plan, Step},
    readiness::{Cause, Heals, LogOf},
    render::text::step,
};

use super::{plan::Resource, words::action_word};

#[derive(Serialize)]
pub(super) struct Hooked<'a> {
    pub(super) hook: Hook<'a>,
}

#[derive(Serialize)]
pub(super) struct Hook<'a> {
    resource: Subject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waits_for: Vec<AwaitedDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<StepErrorDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// An object or a component; Terraform's keys for parsers that know them.
#[derive(Serialize)]
pub(super) struct Subject<'a> {
    pub(super) addr: String,
    /// The component, as the nearest thing to a module; empty for what belongs to the environment itself.
    module: String,
    /// `Deployment/orders`; empty for a component.
    resource: String,
    implied_provider: &'static str,
    resource_type: Option<&'a str>,
    resource_name: Option<&'a str>,
    resource_key: Option<&'static str>,
    component: Option<String>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(plan: &Plan, component: Option<&ComponentId>, key: &'a ObjectKey) -> Self {
        Self {
            addr: Resource::new(plan, component, key).address,
            resource: key.to_string(),
            resource_type: Some(&key.kind.kind),
            resource_name: Some(&key.name),
            ..Self::of_component(component)
        }
    }

    pub(super) fn of_component(component: Option<&ComponentId>) -> Self {
        let component = component.map(ToString::to_string);
        Self {
            addr: String::new(),
            module: component.clone().unwrap_or_default(),
            resource: String::new(),
            implied_provider: "kubernetes",
            resource_type: None,
            resource_name: None,
            resource_key: None,
            component,
        }
    }
}

#[derive(Serialize)]
struct AwaitedDocument<'a> {
    object: String,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<CauseDocument<'a>>,
}

impl<'a> AwaitedDocument<'a> {
    pub(super) fn new(Awaited { key, why, cause }: &'a Awaited) -> Self {
        Self { object: key.to_string(), why, cause: cause.as_deref().map(CauseDocument::new) }
    }
}

/// What is wrong with what is waited for.
#[derive(Serialize)]
struct CauseDocument<'a> {
    /// `crash_loop`, `image_absent`; more may come.
    kind: &'static str,
    /// The object where it shows: `Pod/orders-7d9f`.
    at: String,
    /// The cluster's own words, with who says so.
    told: Option<&'a str>,
    /// Whether it may pass by itself.
    may_heal: bool,
}

impl<'a> CauseDocument<'a> {
    pub(super) fn new(cause: &'a Cause) -> Self {
        let Cause { fault, heals, at, why: _, told, log: _, next: _ } = cause;
        Self { kind: fault.word(), at: at.to_string(), told: told.as_deref(), may_heal: *heals != Heals::Never }
    }
}

#[derive(Serialize)]
struct StepErrorDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    summary: &'a str,
    causes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<CauseDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogDocument<'a>>,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct LogDocument<'a> {
    pod: &'a str,
    container: &'a str,
    /// Whether it is of the container's run before.
    previous: bool,
    lines: &'a [String],
}

impl<'a> StepErrorDocument<'a> {
    pub(super) fn new(error: &'a StepError) -> Self {
        let StepError { object, summary, causes, log, hint, cause } = error;
        let log = log.as_ref().map(|LogLines { of: LogOf { pod, container, previous }, lines }| LogDocument {
            pod,
            container,
            previous: *previous,
            lines,
        });
        let object = object.as_ref().map(ToString::to_string);
        let cause = cause.as_deref().map(CauseDocument::new);
        Self { object, summary, causes, cause, log, hint: hint.as_deref() }
    }
}

impl<'a> Hook<'a> {
    pub(super) fn of_key(plan: &Plan, component: Option<&ComponentId>, key: &'a ObjectKey) -> Self {
        Self::of(Subject::new(plan, component, key))
    }

    pub(super) fn of_step(plan: &'a Plan, of: &'a Step) -> Self {
        match of {
            Step::Change(key) => {
                let change = plan.changes.get(key);
                let hook = Self::of_key(plan, change.and_then(|change| change.component.as_ref()), key);
                Self { action: change.map(|change| action_word(change.action)), ..hook }
            }
            Step::Ready(component) => {
                Self::of(Subject { addr: step(plan, of), ..Subject::of_component(Some(component)) })
            }
        }
    }

    fn of(resource: Subject<'a>) -> Self {
        Self { resource, action: None, elapsed_seconds: None, waits_for: Vec::new(), error: None, because: None }
    }

    pub(super) fn action(self, action: Action) -> Self {
        Self { action: Some(action_word(action)), ..self }
    }

    pub(super) fn elapsed(self, elapsed: Duration) -> Self {
        Self { elapsed_seconds: Some(elapsed.as_secs_f64()), ..self }
    }

    pub(super) fn waits_for(self, on: &'a [Awaited]) -> Self {
        Self { waits_for: on.iter().map(AwaitedDocument::new).collect(), ..self }
    }

    pub(super) fn because(self, step: String) -> Self {
        Self { because: Some(step), ..self }
    }

    pub(super) fn error(self, error: &'a StepError) -> Self {
        Self { error: Some(StepErrorDocument::new(error)), ..self }
    }
}
