//! Makers for plans, and the snapshots of what people see. `SNAPSHOTS=overwrite cargo test` rewrites them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Detail, Style, text::Context};
use crate::{
    desired::{Manifest, Origin},
    diagnostic::{SourceId, Sources, Span},
    graph::Graph,
    names::{ComponentId, EnvironmentName, Namespace},
    object::{FieldPath, Object, ObjectKey, Segment},
    observed::Readiness,
    ownership::Paths,
    plan::{Action, After, Change, Check, Diff, Expect, FieldChange, Plan, Reason, Step, Unchanged},
    state::Operation,
};

mod failure;
mod fields;
mod json;
mod large;
mod live;
mod notes;
mod plan;
mod preflight;
mod run;
mod texts;

pub(super) const PLAIN: Style = Style { colour: false, width: 80 };
pub(super) const WIDE: Style = Style { colour: false, width: 200 };
pub(super) const COLOUR: Style = Style { colour: true, width: 80 };

/// Colours made visible: `<33>~</>`.
pub(super) fn visible(text: &str) -> String {
    let text = text.replace("\u{1b}[0m", "</>");
    text.split("\u{1b}[")
        .enumerate()
        .map(|(number, part)| match part.split_once('m') {
            Some((code, rest)) if number > 0 => format!("<{code}>{rest}"),
            _ => part.to_owned(),
        })
        .collect()
}

pub(super) fn environment() -> EnvironmentName {
    EnvironmentName::new("jakub").unwrap()
}

pub(super) fn component(text: &str) -> ComponentId {
    text.parse().unwrap()
}

pub(super) fn key(kind: &str, name: &str) -> ObjectKey {
    let group = match kind {
        "Deployment" | "StatefulSet" => "apps",
        "Job" => "batch",
        _ => "",
    };
    ObjectKey::new(group, kind, (kind != "Namespace").then_some("jakub"), name)
}

/// A path as people write it: `spec.containers[orders].image`, where brackets hold a name.
pub(super) fn path(text: &str) -> FieldPath {
    let mut segments = Vec::new();
    for part in text.split('.') {
        let (field, rest) = part.split_once('[').unwrap_or((part, ""));
        segments.push(Segment::Field(field.replace('|', ".")));
        if let Some(name) = rest.strip_suffix(']') {
            segments.push(Segment::Key(json!({"name": name}).to_string()));
        }
    }
    FieldPath(segments)
}

/// The files that all spans here point into.
pub(super) struct Files {
    pub(super) sources: Sources,
    environment: SourceId,
    template: SourceId,
    check_namespace: Namespace,
    choices: crate::plan::Choices,
}

pub(super) fn files() -> Files {
    let mut sources = Sources::default();
    let environment = sources.add(
        "environments/jakub.toml",
        "extends = \"base\"\n\n[dependencies.postgresql]\nmodule = \"postgresql\"\n\n[services.orders]\ntag = \"v2\"\n",
    );
    let template = sources.add("modules/postgresql/secret.yaml", "kind: Secret\n");
    Files {
        sources,
        environment,
        template,
        check_namespace: Namespace::new("default").unwrap(),
        choices: crate::plan::Choices::default(),
    }
}

impl Files {
    pub(super) fn context(&self) -> Context<'_> {
        let check_namespace = &self.check_namespace;
        Context {
            sources: &self.sources,
            cluster: "staging",
            check_namespace,
            flags: "",
            choices: &self.choices,
            as_of: None,
            detail: Detail::Whole,
            made: None,
        }
    }

    pub(super) fn orders(&self) -> Span {
        Span::new(self.environment, 67..84)
    }

    pub(super) fn postgresql(&self) -> Span {
        Span::new(self.environment, 18..43)
    }

    pub(super) fn manifest(&self, component: Option<&ComponentId>, key: &ObjectKey, body: Value) -> Manifest {
        let definition = if key.name == "orders" { self.orders() } else { self.postgresql() };
        let template = (key.name == "postgresql").then(|| Span::new(self.template, 0..4));
        Manifest {
            key: key.clone(),
            component: component.cloned(),
            body: Object(body),
            secret: None,
            origin: Origin { definition, template },
        }
    }
}

pub(super) fn empty(operation: Operation) -> Plan {
    Plan {
        environment: environment(),
        namespace: Namespace::new("jakub").unwrap(),
        operation,
        base: None,
        created_namespace: true,
        changes: BTreeMap::new(),
        unchanged: BTreeMap::new(),
        drift: BTreeMap::new(),
        additions: BTreeMap::new(),
        blocked: Vec::new(),
        too_many: None,
        partial: false,
        left_out: BTreeMap::new(),
        ignored: BTreeSet::new(),
        goes_along: Vec::new(),
        taken_from: None,
        overdrawn: BTreeMap::new(),
        order: Graph::default(),
        components: BTreeMap::new(),
        outputs: BTreeMap::new(),
        revisions: BTreeMap::new(),
        unrecorded: 0,
        unlisted: BTreeSet::new(),
        interrupted: None,
        is_under_way: false,
    }
}

pub(super) fn change(component: Option<&str>, action: Action, reason: Reason) -> Change {
    Change {
        component: component.map(self::component),
        action,
        reason,
        expect: Expect::Absent,
        manifest: None,
        rolls: BTreeSet::new(),
        ends: BTreeSet::new(),
        held_by: BTreeSet::new(),
        takes_back: Vec::new(),
        regains: Vec::new(),
        gives_up: Vec::new(),
        loses: Vec::new(),
        yields: Paths::default(),
        clears: None,
        merge: None,
        diff: Diff::default(),
        check: Check::Done,
    }
}

/// One field: none is "not there".
pub(super) fn field(at: &str, before: Option<Value>, after: Option<Value>) -> FieldChange {
    FieldChange { path: path(at), before, after: after.map_or(After::Absent, After::Value) }
}

pub(super) fn unchanged(component: Option<&str>, readiness: Readiness) -> Unchanged {
    Unchanged { component: component.map(self::component), readiness, body: Object(Value::Null), learned: None }
}

pub(super) fn shown(plan: &Plan, files: &Files) -> String {
    super::text::plan(plan, &files.context(), PLAIN)
}

pub(super) const IMAGE: &str = "spec.template.spec.containers[orders].image";

/// The everyday plan: a new image.
pub(super) fn image_update(files: &Files) -> Plan {
    let mut plan = empty(Operation::Apply);
    let key = key("Deployment", "orders");
    let mut change = change(Some("services.orders"), Action::Update, Reason::DefinitionChanged);
    let manifest = files.manifest(change.component.as_ref(), &key, json!({"kind": "Deployment"}));
    change.manifest = Some(manifest);
    let images = ["jakubborys/ditc-orders:dev", "jakubborys/ditc-orders:v2"].map(Value::from);
    let [before, after] = images.map(Some);
    change.diff = Diff { fields: vec![field(IMAGE, before, after)], unchanged: 14 };
    plan.order.add(Step::Change(key.clone()));
    plan.changes.insert(key, change);
    plan
}
