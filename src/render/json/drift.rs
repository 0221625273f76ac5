//! What moved without ditc, as one document about all environments that were looked at, and as a part of a plan.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    names::EnvironmentName,
    object::ObjectKey,
    plan::{Addition, Additions, Drift, DriftKind, DriftedField, Report, Strict, Surroundings, Unknown, Verdict},
    render::{
        secrecy::is_hidden,
        text::{Found, Look},
    },
};

use super::{
    FORMAT_VERSION, document,
    failure::ErrorDocument,
    plan::{FieldDocument, Resource},
    run::RunDocument,
};

/// What was found in some environments, for machines.
#[must_use]
pub fn drift(looks: &[Look<'_>], cluster: &str, strict: Strict) -> String {
    let environments: Vec<EnvironmentDocument<'_>> =
        looks.iter().map(|look| EnvironmentDocument::new(look, strict)).collect();
    let verdict = looks.iter().map(|look| look.found.verdict(strict)).max().unwrap_or(Verdict::Clean);
    document(&Document { format_version: FORMAT_VERSION, cluster, status: status(verdict), environments })
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    cluster: &'a str,
    /// The worst of all environments.
    status: &'static str,
    environments: Vec<EnvironmentDocument<'a>>,
}

#[derive(Serialize)]
struct EnvironmentDocument<'a> {
    environment: &'a str,
    /// `clean`, `drift`, `unknown`, `never_applied`, or `destroyed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    destroyed: Option<DestroyedDocument<'a>>,
    #[serde(flatten)]
    report: Option<ReportDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorDocument<'a>>,
}

/// When it was destroyed, and by whom.
#[derive(Serialize)]
struct DestroyedDocument<'a> {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
}

#[derive(Serialize)]
struct ReportDocument<'a> {
    namespace: &'a str,
    has_file: bool,
    has_record: bool,
    compared: usize,
    drift: Vec<DriftDocument<'a>>,
    foreign: Vec<ForeignDocument<'a>>,
    additions: Vec<AdditionsDocument<'a>>,
    unknown: Vec<UnknownDocument<'a>>,
    /// Kinds that could not be listed.
    unlisted: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<RunDocument<'a>>,
    /// What the interrupted run may have done or not.
    unfinished: Vec<Resource<'a>>,
    /// Other namespaces in which the environment lives as well.
    elsewhere: &'a [String],
}

#[derive(Serialize)]
struct ForeignDocument<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    managers: &'a [String],
}

#[derive(Serialize)]
struct UnknownDocument<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    why: &'a str,
}

fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Drift => "drift",
        Verdict::Unknown => "unknown",
    }
}

impl<'a> EnvironmentDocument<'a> {
    fn new(Look { environment, found }: &Look<'a>, strict: Strict) -> Self {
        let bare =
            |status| Self { environment: environment.as_str(), status, destroyed: None, report: None, error: None };
        match *found {
            Found::NeverApplied => bare("never_applied"),
            Found::Destroyed { at, by } => {
                Self { destroyed: Some(DestroyedDocument { at: at.to_string(), by }), ..bare("destroyed") }
            }
            Found::Report(report) => {
                Self { report: Some(ReportDocument::new(report)), ..bare(status(report.verdict(strict))) }
            }
            Found::Failed { class, message, causes, hints } => {
                Self { error: Some(ErrorDocument { class, message, causes, hints }), ..bare("unknown") }
            }
        }
    }
}

impl<'a> ReportDocument<'a> {
    fn new(report: &'a Report) -> Self {
        let Report {
            environment,
            namespace,
            surroundings: Surroundings { has_file, has_record, unlisted },
            compared,
            drift,
            foreign,
            additions,
            unknown,
            interrupted,
            unfinished,
            elsewhere,
        } = report;
        let foreign = foreign
            .iter()
            .map(|(key, managers)| ForeignDocument { resource: Resource::of(environment, None, key), managers });
        let unknown = unknown.iter().map(|(key, Unknown { component, why })| UnknownDocument {
            resource: Resource::of(environment, component.as_ref(), key),
            why,
        });
        let unfinished = unfinished.iter().map(|(key, component)| Resource::of(environment, component.as_ref(), key));
        Self {
            namespace: namespace.as_str(),
            has_file: *has_file,
            has_record: *has_record,
            compared: compared.len(),
            drift: drift.iter().map(|(key, drift)| DriftDocument::new(environment, key, drift)).collect(),
            foreign: foreign.collect(),
            additions: AdditionsDocument::all(environment, additions),
            unknown: unknown.collect(),
            unlisted: unlisted.iter().map(ToString::to_string).collect(),
            interrupted: interrupted.as_ref().map(RunDocument::new),
            unfinished: unfinished.collect(),
            elsewhere,
        }
    }
}

#[derive(Serialize)]
pub(super) struct DriftDocument<'a> {
    #[serde(flatten)]
    pub(super) resource: Resource<'a>,
    action: &'static str,
    fields: Vec<DriftedDocument<'a>>,
    /// Who wrote the object that stands in the place of ours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    managers: Vec<&'a str>,
}

#[derive(Serialize)]
struct DriftedDocument<'a> {
    path: String,
    applied: Option<&'a Value>,
    live: Option<&'a Value>,
    sensitive: bool,
    manager: Option<&'a str>,
    time: Option<&'a str>,
}

impl<'a> DriftDocument<'a> {
    pub(super) fn new(environment: &EnvironmentName, key: &'a ObjectKey, drift: &'a Drift) -> Self {
        let (action, fields) = match &drift.kind {
            DriftKind::Deleted => ("delete", &[][..]),
            DriftKind::Terminating => ("deleting", &[][..]),
            DriftKind::Recreated => ("recreate", &[][..]),
            DriftKind::Replaced(_) => ("replace", &[][..]),
            DriftKind::Leftover => ("leftover", &[][..]),
            DriftKind::Changed(fields) => ("update", fields.as_slice()),
        };
        let field = |field: &'a DriftedField| {
            let DriftedField { path, applied, live, manager, time } = field;
            let shown = FieldDocument::new(key, path, applied.as_ref(), live.as_ref(), false);
            DriftedDocument {
                path: shown.path,
                applied: shown.before,
                live: shown.after,
                sensitive: shown.sensitive,
                manager: manager.as_deref(),
                time: time.as_deref(),
            }
        };
        let managers = match &drift.kind {
            DriftKind::Replaced(managers) => managers.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let resource = Resource::of(environment, drift.component.as_ref(), key);
        Self { resource, action, fields: fields.iter().map(field).collect(), managers }
    }
}

/// What others set on one object beside ours.
#[derive(Serialize)]
pub(super) struct AdditionsDocument<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    fields: Vec<AdditionDocument<'a>>,
}

#[derive(Serialize)]
pub(super) struct AdditionDocument<'a> {
    path: String,
    value: Option<&'a Value>,
    sensitive: bool,
    manager: &'a str,
    time: Option<&'a str>,
}

impl<'a> AdditionDocument<'a> {
    pub(super) fn new(key: &ObjectKey, Addition { path, value, manager, time }: &'a Addition) -> Self {
        let sensitive = is_hidden(key, path, value.as_ref());
        let value = value.as_ref().filter(|_| !sensitive);
        Self { path: path.to_string(), value, sensitive, manager, time: time.as_deref() }
    }
}

impl<'a> AdditionsDocument<'a> {
    pub(super) fn all(environment: &EnvironmentName, additions: &'a BTreeMap<ObjectKey, Additions>) -> Vec<Self> {
        let object = |(key, Additions { component, fields }): (&'a ObjectKey, &'a Additions)| {
            let resource = Resource::of(environment, component.as_ref(), key);
            Self { resource, fields: fields.iter().map(|field| AdditionDocument::new(key, field)).collect() }
        };
        additions.iter().map(object).collect()
    }
}
