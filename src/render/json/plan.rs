//! A plan as one document, and what it shares with the lines of a run.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    address::address,
    diagnostic::{Sources, Span},
    names::{ComponentId, EnvironmentName, OutputName},
    object::{FieldPath, ObjectKey},
    observed::Readiness,
    plan::{After, Blocked, Change, Check, Counts, Overdrawn, Plan, Preflight, Taken, TooMany},
    render::{
        risk::risks,
        secrecy::is_hidden,
        text::{Context, Way, explain, flags, in_order},
    },
};

use super::{
    FORMAT_VERSION, document,
    drift::{AdditionDocument, AdditionsDocument, DriftDocument},
    left_out::LeftOutDocument,
    preflight::PreflightDocument,
    run::{OpenDocument, RunDocument},
    words::{action_words, block_word, reason_word},
};

/// A plan for machines.
#[must_use]
pub fn plan(plan: &Plan, preflight: &Preflight, context: &Context<'_>) -> String {
    document(&Document::new(plan, preflight, context))
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    format_version: &'static str,
    operation: &'static str,
    environment: &'a str,
    namespace: &'a str,
    cluster: &'a str,
    /// When the state was last seen that alone was planned from; left out where the cluster was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    /// Whether `apply` would carry it out.
    applyable: bool,
    /// Whether the environment is what it should be afterwards.
    complete: bool,
    /// Whether only a part of the environment was planned.
    partial: bool,
    /// What would change and stays, as -exclude says.
    left_out: Vec<LeftOutDocument<'a>>,
    changes: Vec<ChangeDocument<'a>>,
    unchanged: UnchangedDocument<'a>,
    drift: Vec<DriftDocument<'a>>,
    additions: Vec<AdditionsDocument<'a>>,
    blocked: Vec<BlockedDocument<'a>>,
    /// More deletions than one apply may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_many: Option<TooManyDocument>,
    ignored: Vec<Resource<'a>>,
    /// What ditc did not make and what goes with the namespace.
    goes_along: Vec<Resource<'a>>,
    /// Quotas that allow less than is used.
    overdrawn: Vec<OverdrawnDocument<'a>>,
    /// The other project that the environment was applied from until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_from: Option<&'a str>,
    /// How many objects are ditc's while there is no record.
    unrecorded: usize,
    /// The kinds that could not be listed then, so that what ditc has of them is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unlisted: Vec<String>,
    /// The run that the record leaves open, if it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<RunDocument<'a>>,
    /// The run that the record leaves open, whether it stopped or is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_run: Option<OpenDocument<'a>>,
    preflight: PreflightDocument<'a>,
    counts: CountsDocument,
    outputs: BTreeMap<String, BTreeMap<&'a str, &'a Value>>,
}

/// An object, as every part of the format names it.
#[derive(Serialize)]
pub(super) struct Resource<'a> {
    pub(super) address: String,
    group: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    component: Option<String>,
}

impl<'a> Resource<'a> {
    pub(super) fn new(plan: &Plan, component: Option<&ComponentId>, key: &'a ObjectKey) -> Self {
        Self::of(&plan.environment, component, key)
    }

    pub(super) fn of(environment: &EnvironmentName, component: Option<&ComponentId>, key: &'a ObjectKey) -> Self {
        let address = address(environment, component, key).to_string();
        Self {
            address,
            group: &key.kind.group,
            kind: &key.kind.kind,
            namespace: key.namespace.as_deref(),
            name: &key.name,
            component: component.map(ToString::to_string),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ChangeDocument<'a> {
    #[serde(flatten)]
    pub(super) resource: Resource<'a>,
    /// As Terraform has them: a replacement is a delete and a create.
    actions: &'static [&'static str],
    reason: &'static str,
    /// What deserves a second look: `data_lost`, `interrupted`; more may come.
    risks: Vec<&'static str>,
    /// The ConfigMaps and Secrets whose change replaces its pods.
    rolls_because: Vec<Resource<'a>>,
    /// The workloads whose pods are ended, since they use the claim that goes.
    ends_pods_of: Vec<Resource<'a>>,
    /// What uses the claim that is being deleted, and holds it.
    held_by: Vec<Resource<'a>>,
    fields: Vec<FieldDocument<'a>>,
    unchanged_fields: usize,
    takes_back: Vec<TakenDocument<'a>>,
    /// Fields whose values stay, and which become ditc's, or are no longer.
    regains: Vec<String>,
    gives_up: Vec<String>,
    /// What others set on an object that is made anew, and the new one does not have.
    loses: Vec<AdditionDocument<'a>>,
    /// Fields that are left to a controller.
    yields: Vec<String>,
    /// Defaults of the server that go with the update.
    clears: Vec<String>,
    check: &'static str,
    /// Why the server was not asked.
    unchecked: Option<&'static str>,
    origin: Option<Place>,
}

impl<'a> ChangeDocument<'a> {
    pub(super) fn new(plan: &'a Plan, key: &'a ObjectKey, change: &'a Change, sources: &Sources) -> Self {
        let Change {
            component,
            action,
            reason,
            rolls,
            ends,
            held_by,
            expect: _,
            manifest,
            takes_back,
            regains,
            gives_up,
            loses,
            yields,
            clears,
            merge: _,
            diff,
            check,
        } = change;
        let field = |field: &'a crate::plan::FieldChange| {
            let (after, is_secret) = match &field.after {
                After::Value(value) => (Some(value), false),
                After::Absent | After::Unknown => (None, false),
                After::Secret => (None, true),
            };
            let shown = FieldDocument::new(key, &field.path, field.before.as_ref(), after, is_secret);
            FieldDocument { unknown: field.after == After::Unknown, ..shown }
        };
        Self {
            resource: Resource::new(plan, component.as_ref(), key),
            actions: action_words(*action),
            reason: reason_word(reason),
            risks: risks(plan, key, change).into_iter().map(|(risk, _)| risk.word()).collect(),
            ends_pods_of: ends.iter().map(|key| Resource::new(plan, plan.component_of(key), key)).collect(),
            held_by: held_by.iter().map(|key| Resource::new(plan, plan.component_of(key), key)).collect(),
            rolls_because: rolls.iter().map(|key| Resource::new(plan, plan.component_of(key), key)).collect(),
            fields: diff.fields.iter().map(field).collect(),
            unchanged_fields: diff.unchanged,
            takes_back: takes_back.iter().map(TakenDocument::new).collect(),
            regains: regains.iter().map(ToString::to_string).collect(),
            gives_up: gives_up.iter().map(ToString::to_string).collect(),
            loses: loses.iter().map(|field| AdditionDocument::new(key, field)).collect(),
            yields: yields.members().iter().map(ToString::to_string).collect(),
            clears: clears.iter().flat_map(|clears| &clears.paths).map(ToString::to_string).collect(),
            check: match check {
                Check::Done => "done",
                Check::Elsewhere => "elsewhere",
                Check::Not(_) => "not_checked",
            },
            unchecked: match check {
                Check::Not(why) => Some(why.text()),
                Check::Done | Check::Elsewhere => None,
            },
            origin: manifest.as_ref().map(|manifest| Place::new(&manifest.origin.definition, sources)),
        }
    }
}

#[derive(Serialize)]
pub(super) struct FieldDocument<'a> {
    pub(super) path: String,
    pub(super) before: Option<&'a Value>,
    pub(super) after: Option<&'a Value>,
    /// Whether values are left out.
    pub(super) sensitive: bool,
    /// Whether the value afterwards is known only then.
    pub(super) unknown: bool,
}

impl<'a> FieldDocument<'a> {
    pub(super) fn new(
        key: &ObjectKey,
        path: &FieldPath,
        before: Option<&'a Value>,
        after: Option<&'a Value>,
        is_secret: bool,
    ) -> Self {
        let sensitive =
            is_secret || [before, after].into_iter().flatten().any(|value| is_hidden(key, path, Some(value)));
        let shown = |value: Option<&'a Value>| value.filter(|_| !sensitive);
        Self { path: path.to_string(), before: shown(before), after: shown(after), sensitive, unknown: false }
    }
}

#[derive(Serialize)]
struct TakenDocument<'a> {
    field: &'a str,
    manager: &'a str,
}

impl<'a> TakenDocument<'a> {
    fn new(Taken { field, manager }: &'a Taken) -> Self {
        Self { field, manager }
    }
}

/// One thing of which a quota allows less than is used.
#[derive(Serialize)]
struct OverdrawnDocument<'a> {
    #[serde(flatten)]
    quota: Resource<'a>,
    resource: &'a str,
    hard: &'a str,
    used: &'a str,
}

impl<'a> OverdrawnDocument<'a> {
    fn new(plan: &Plan, key: &'a ObjectKey, Overdrawn { resource, hard, used }: &'a Overdrawn) -> Self {
        Self { quota: Resource::new(plan, plan.component_of(key), key), resource, hard, used }
    }
}

#[derive(Serialize)]
struct UnchangedDocument<'a> {
    count: usize,
    not_ready: Vec<NotReady<'a>>,
}

#[derive(Serialize)]
struct NotReady<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    state: &'static str,
    why: &'a str,
}

#[derive(Serialize)]
struct BlockedDocument<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    reason: &'static str,
    message: String,
    hints: Vec<String>,
    origin: Option<Place>,
}

#[derive(Serialize)]
struct TooManyDocument {
    count: usize,
    limit: usize,
}

#[derive(Serialize, Default)]
pub(super) struct CountsDocument {
    import: usize,
    add: usize,
    change: usize,
    destroy: usize,
    forget: usize,
}

/// A place in a file: bytes count from 0, lines and columns from 1.
#[derive(Serialize)]
pub(super) struct Place {
    filename: String,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    byte: usize,
}

impl Place {
    pub(super) fn new(span: &Span, sources: &Sources) -> Self {
        let position = |byte: usize| {
            let (line, column) = sources.position(&Span::new(span.source, byte..byte));
            Position { line, column, byte }
        };
        let filename = sources.get(span.source).path.clone();
        Self { filename, start: position(span.range.start), end: position(span.range.end) }
    }
}

impl CountsDocument {
    pub(super) fn add(&mut self, counts: Counts) {
        let Counts { import, add, change, destroy, forget } = counts;
        self.import += import;
        self.add += add;
        self.change += change;
        self.destroy += destroy;
        self.forget += forget;
    }
}

impl<'a> Document<'a> {
    pub(super) fn new(plan: &'a Plan, preflight: &'a Preflight, context: &Context<'a>) -> Self {
        let Context { sources, cluster, flags: _, choices: _, check_namespace: _, as_of, detail: _, made } = *context;
        let flags = flags(context);
        let mut counts = CountsDocument::default();
        counts.add(plan.counts());
        // What nobody saw goes with its namespace.
        let leaves_nothing = plan.unlisted.is_empty() || plan.deletes(&ObjectKey::namespace(plan.namespace.as_str()));
        let blocked = |blocked: &'a Blocked| {
            let Blocked { key, component, why, origin } = blocked;
            let (message, ways) = explain(plan, blocked, &flags);
            BlockedDocument {
                resource: Resource::new(plan, component.as_ref(), key),
                reason: block_word(why),
                message,
                hints: ways.into_iter().map(Way::line).collect(),
                origin: origin.as_ref().map(|origin| Place::new(&origin.definition, sources)),
            }
        };
        Self {
            format_version: FORMAT_VERSION,
            operation: plan.operation.verb(),
            environment: plan.environment.as_str(),
            namespace: plan.namespace.as_str(),
            cluster,
            as_of: as_of.map(|time| time.to_string()),
            applyable: plan.is_applyable() && as_of.is_none(),
            complete: plan.is_applyable() && as_of.is_none() && !plan.partial && leaves_nothing,
            partial: plan.partial,
            left_out: LeftOutDocument::all(plan),
            changes: in_order(plan)
                .into_iter()
                .map(|(key, change)| ChangeDocument::new(plan, key, change, sources))
                .collect(),
            unchanged: UnchangedDocument { count: plan.unchanged.len(), not_ready: not_ready(plan) },
            drift: plan.drift.iter().map(|(key, drift)| DriftDocument::new(&plan.environment, key, drift)).collect(),
            additions: AdditionsDocument::all(&plan.environment, &plan.additions),
            blocked: plan.blocked.iter().map(blocked).collect(),
            too_many: plan.too_many.map(|TooMany { count, limit }| TooManyDocument { count, limit }),
            ignored: plan.ignored.iter().map(|key| Resource::new(plan, None, key)).collect(),
            goes_along: plan.goes_along.iter().map(|key| Resource::new(plan, None, key)).collect(),
            overdrawn: plan
                .overdrawn
                .iter()
                .flat_map(|(key, all)| all.iter().map(|one| OverdrawnDocument::new(plan, key, one)))
                .collect(),
            taken_from: plan.taken_from.as_deref(),
            unrecorded: plan.unrecorded,
            unlisted: plan.unlisted.iter().map(ToString::to_string).collect(),
            interrupted: plan.interrupted.as_ref().filter(|_| !plan.is_under_way).map(RunDocument::new),
            open_run: plan.interrupted.as_ref().filter(|_| as_of.is_none()).map(|run| {
                let (done, of) = made.unwrap_or_default();
                OpenDocument::new(run, plan.is_under_way, done, of)
            }),
            preflight: PreflightDocument::new(plan, preflight),
            counts,
            outputs: plan.outputs.iter().map(|(component, values)| (component.to_string(), named(values))).collect(),
        }
    }
}

fn named(values: &BTreeMap<OutputName, Value>) -> BTreeMap<&str, &Value> {
    values.iter().map(|(name, value)| (name.as_str(), value)).collect()
}

fn not_ready(plan: &Plan) -> Vec<NotReady<'_>> {
    plan.unchanged
        .iter()
        .filter_map(|(key, unchanged)| {
            let (state, why) = match &unchanged.readiness {
                Readiness::Ready => return None,
                Readiness::Waiting(why) => ("waiting", why),
                Readiness::Failed(why) => ("failed", why),
            };
            Some(NotReady { resource: Resource::new(plan, unchanged.component.as_ref(), key), state, why })
        })
        .collect()
}
