//! How environments are, as one document.

use serde::Serialize;

use crate::{
    address::address,
    names::EnvironmentName,
    object::ObjectKey,
    observed::Readiness,
    plan::{Begun, ComponentStatus, Condition, OpenRun, Status},
    render::text::{Standing, Standings},
    state::Ended,
};

use super::{
    FORMAT_VERSION, document,
    failure::ErrorDocument,
    run::{OpenDocument, RunDocument},
};

/// How environments are, for machines.
#[must_use]
pub fn status(Standings { all, cluster, flags: _, now: _ }: &Standings<'_>) -> String {
    let environments = all.iter().map(EnvironmentDocument::new).collect();
    document(&Document { format_version: FORMAT_VERSION, cluster, environments })
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    cluster: &'a str,
    environments: Vec<EnvironmentDocument<'a>>,
}

#[derive(Serialize)]
struct EnvironmentDocument<'a> {
    environment: &'a str,
    /// `ready`, `waiting`, `failed`, `not_applied` or `unknown`.
    status: &'static str,
    #[serde(flatten)]
    details: Option<DetailsDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorDocument<'a>>,
}

#[derive(Serialize)]
struct DetailsDocument<'a> {
    namespace: &'a str,
    has_record: bool,
    partial: bool,
    components: Vec<ComponentDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_run: Option<OpenDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run: Option<EndedDocument<'a>>,
}

#[derive(Serialize)]
struct ComponentDocument<'a> {
    address: String,
    component: Option<String>,
    status: &'static str,
    begun: bool,
    images: &'a [String],
    since: Option<String>,
    objects: Vec<ObjectDocument<'a>>,
}

#[derive(Serialize)]
struct ObjectDocument<'a> {
    address: String,
    kind: &'a str,
    name: &'a str,
    status: &'static str,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct EndedDocument<'a> {
    #[serde(flatten)]
    run: RunDocument<'a>,
    complete: bool,
}

fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::Ready => "ready",
        Condition::Waiting => "waiting",
        Condition::Failed => "failed",
    }
}

impl<'a> EnvironmentDocument<'a> {
    fn new(standing: &'a Standing) -> Self {
        match standing {
            Standing::Is(status) => Self {
                environment: status.environment.as_str(),
                status: word(status.condition()),
                details: Some(DetailsDocument::new(status)),
                error: None,
            },
            Standing::NeverApplied(environment) => {
                Self { environment: environment.as_str(), status: "not_applied", details: None, error: None }
            }
            Standing::Unknown { environment, class, message, causes, hints } => Self {
                environment: environment.as_str(),
                status: "unknown",
                details: None,
                error: Some(ErrorDocument { class, message, causes, hints }),
            },
        }
    }
}

impl<'a> DetailsDocument<'a> {
    fn new(status: &'a Status) -> Self {
        let Status { environment, namespace, has_record, components, open, last, partial } = status;
        let open_run = open.as_ref().map(|OpenRun { run, done, of, lives }| OpenDocument::new(run, *lives, *done, *of));
        let last_run = last
            .as_ref()
            .map(|Ended { run, complete }| EndedDocument { run: RunDocument::new(run), complete: *complete });
        Self {
            namespace: namespace.as_str(),
            has_record: *has_record,
            partial: *partial,
            components: components.iter().map(|component| ComponentDocument::new(environment, component)).collect(),
            open_run,
            last_run,
        }
    }
}

impl<'a> ComponentDocument<'a> {
    fn new(environment: &EnvironmentName, component: &'a ComponentStatus) -> Self {
        let ComponentStatus { id, objects, begun, images, since } = component;
        let object = |(key, readiness): (&'a ObjectKey, &'a Readiness)| {
            let (status, why) = match readiness {
                Readiness::Ready => ("ready", None),
                Readiness::Waiting(why) => ("waiting", Some(why.as_str())),
                Readiness::Failed(why) => ("failed", Some(why.as_str())),
            };
            let address = address(environment, id.as_ref(), key).to_string();
            ObjectDocument { address, kind: &key.kind.kind, name: &key.name, status, why }
        };
        Self {
            address: id.as_ref().map_or_else(|| environment.to_string(), |id| format!("{environment}.{id}")),
            component: id.as_ref().map(ToString::to_string),
            status: word(component.condition()),
            begun: *begun == Begun::Yes,
            images,
            since: since.map(|since| since.to_string()),
            objects: objects.iter().map(object).collect(),
        }
    }
}
