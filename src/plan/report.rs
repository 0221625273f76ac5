//! What moved in an environment since ditc last wrote to it, judged against the record alone. What cannot be compared is
//! unknown, and unknown is never clean.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    desired::Manifest,
    names::{ComponentId, EnvironmentName, Namespace},
    object::{FieldPath, GroupKind, Object, ObjectKey, Segment, canonical},
    ownership::{self, Paths},
    state::{Applied, Phase, Run, State},
};

use super::{
    Additions, Block, Check, Drift, DriftKind, DriftedField, How, Input, Plan, Question,
    drift::last_writer,
    foreign::foreign,
    questions::questions,
    standing::{is_ours, made_by_us},
};

/// What is known of an environment besides its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether a file of the workspace describes it.
    pub has_file: bool,
    /// Whether the cluster has the record, or only the local copy is left of it.
    pub has_record: bool,
    /// Kinds that could not be listed, so that foreign objects of them are unknown.
    pub unlisted: BTreeSet<GroupKind>,
}

/// What moved without ditc, and what could not be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub environment: EnvironmentName,
    pub namespace: Namespace,
    pub surroundings: Surroundings,
    /// The recorded objects that were compared, each with its component.
    pub compared: BTreeMap<ObjectKey, Option<ComponentId>>,
    pub drift: BTreeMap<ObjectKey, Drift>,
    /// Objects that nobody described, with the managers that wrote them.
    pub foreign: BTreeMap<ObjectKey, Vec<String>>,
    /// Fields of others on objects of ours.
    pub additions: BTreeMap<ObjectKey, Additions>,
    /// Objects that could not be compared.
    pub unknown: BTreeMap<ObjectKey, Unknown>,
    /// A run that never came to its end, or did not do all on its way there.
    pub interrupted: Option<Run>,
    /// What that run may have done or not.
    pub unfinished: BTreeMap<ObjectKey, Option<ComponentId>>,
    /// Other namespaces in which the environment lives as well.
    pub elsewhere: Vec<String>,
}

/// Why an object could not be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub component: Option<ComponentId>,
    pub why: String,
}

/// Whether what others set beside ours counts as drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strict {
    Yes,
    No,
}

/// What a report comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Clean,
    Drift,
    /// Something could not be looked at, whatever else was found.
    Unknown,
}

impl Report {
    #[must_use]
    pub fn verdict(&self, strict: Strict) -> Verdict {
        let Self {
            environment: _,
            namespace: _,
            surroundings: Surroundings { has_file, has_record, unlisted },
            compared: _,
            drift,
            foreign,
            additions,
            unknown,
            interrupted,
            unfinished,
            elsewhere,
        } = self;
        let counted_additions = strict == Strict::Yes && !additions.is_empty();
        let is_quiet = drift.is_empty()
            && foreign.is_empty()
            && interrupted.is_none()
            && unfinished.is_empty()
            && elsewhere.is_empty()
            && !counted_additions;
        if !unknown.is_empty() || !unlisted.is_empty() {
            Verdict::Unknown
        } else if is_quiet && *has_file && *has_record {
            Verdict::Clean
        } else {
            Verdict::Drift
        }
    }

    /// How many fields others set beside ours.
    #[must_use]
    pub fn added_fields(&self) -> usize {
        self.additions.values().map(|additions| additions.fields.len()).sum()
    }
}

/// What the server must be asked for a report: only about what is there and differs. What is gone is gone, whatever the
/// server says about making it anew.
#[must_use]
pub fn questions_of_report(input: &Input) -> BTreeMap<ObjectKey, Question> {
    let mut questions = questions(input);
    questions.retain(|key, question| matches!(question.how, How::Apply(_)) && input.live(key).object().is_some());
    questions
}

/// What the plan of [`as_recorded`](super::as_recorded) found, and what else lives in the namespace. `input` is what that
/// plan was made from, with everything in the namespace as `others`; `state` is the record itself.
#[must_use]
pub fn report(input: &Input, plan: &Plan, state: &State, surroundings: Surroundings) -> Report {
    let mut drift = BTreeMap::new();
    let mut unknown = BTreeMap::new();
    let manifests = input.desired.iter().flat_map(|desired| desired.manifests.values());
    let mut compared = BTreeMap::new();
    for manifest in manifests {
        let (key, component) = (manifest.key.clone(), manifest.component.clone());
        compared.insert(key.clone(), component.clone());
        match judge(input, plan, manifest) {
            Judged::Kept => {}
            Judged::Moved(kind) => {
                drift.insert(key, Drift { component, kind });
            }
            Judged::Unknown(why) => {
                unknown.insert(key, Unknown { component, why });
            }
        }
    }
    let is_known = |key: &ObjectKey| state.entries.contains_key(key) || *key == input.namespace_key();
    let seen = input.observed.objects.values().filter_map(|live| live.object()).chain(&input.observed.others);
    for object in seen.filter(|object| made_by_us(object, input.environment)) {
        if let Some(key) = object.key().filter(|key| !is_known(key)) {
            drift.insert(key, Drift { component: None, kind: DriftKind::Leftover });
        }
    }
    let foreign: BTreeSet<ObjectKey> = foreign(input).into_iter().filter(|key| !is_known(key)).collect();
    let others = input.observed.others.iter();
    let foreign =
        others.filter_map(|object| Some((object.key().filter(|key| foreign.contains(key))?, managers(object))));
    let unfinished = state.entries.iter().filter(|(_, entry)| !matches!(entry.phase, Phase::Applied(_)));
    let elsewhere = input.observed.elsewhere.iter().filter(|object| made_by_us(object, input.environment));
    Report {
        environment: input.environment.clone(),
        namespace: input.namespace.clone(),
        surroundings,
        compared,
        drift,
        foreign: foreign.collect(),
        additions: plan.additions.clone(),
        unknown,
        interrupted: state.incomplete().cloned(),
        unfinished: unfinished.map(|(key, entry)| (key.clone(), entry.component.clone())).collect(),
        elsewhere: elsewhere.filter_map(|object| object.name().map(str::to_owned)).collect(),
    }
}

/// What became of one recorded object.
enum Judged {
    Kept,
    Moved(DriftKind),
    Unknown(String),
}

fn judge(input: &Input, plan: &Plan, manifest: &Manifest) -> Judged {
    let key = &manifest.key;
    let applied = input.applied(key).expect("what the record asks for was applied");
    let Some(live) = input.live(key).object() else {
        return if applied.finished { Judged::Kept } else { Judged::Moved(DriftKind::Deleted) };
    };
    if live.is_terminating() {
        return Judged::Moved(DriftKind::Terminating);
    }
    if key.namespace.is_some() && !input.namespace_stays() {
        // It goes with its namespace, and that is told.
        return Judged::Kept;
    }
    if !is_ours(live, input.entry(key), input.environment) {
        return Judged::Moved(DriftKind::Replaced(managers(live)));
    }
    if live.uid().as_ref() != Some(&applied.uid) {
        return Judged::Moved(DriftKind::Recreated);
    }
    let is_secret = manifest.secret.is_some();
    if let Some(drift) = plan.drift.get(key).filter(|_| !is_secret) {
        return Judged::Moved(drift.kind.clone());
    }
    if plan.unchanged.contains_key(key) && !plan.drift.contains_key(key) {
        return Judged::Kept;
    }
    let fields = moved(input, key, applied, live, &input.yields(manifest, live));
    if is_secret || !fields.is_empty() {
        return Judged::Moved(DriftKind::Changed(fields));
    }
    let blocked = || plan.blocked.iter().find(|blocked| blocked.key == *key).map(|blocked| refusal(&blocked.why));
    match plan.changes.get(key).map(|change| change.check) {
        Some(Check::Not(why)) => Judged::Unknown(why.text().to_owned()),
        Some(Check::Done | Check::Elsewhere) => Judged::Moved(DriftKind::Changed(fields)),
        None => Judged::Unknown(blocked().unwrap_or_else(|| "nothing was decided about it".to_owned())),
    }
}

/// Why the server would not say what applying an object again would change.
fn refusal(why: &Block) -> String {
    match why {
        Block::Invalid(text) | Block::Malformed(text, _) | Block::Forbidden(_, text) => {
            format!("the server refuses what was applied: {text}")
        }
        Block::Owned(taken) => {
            let fields: Vec<String> =
                taken.iter().map(|taken| format!("{} ({})", taken.field, taken.manager)).collect();
            format!("others own fields of what was applied: {}", fields.join(", "))
        }
        Block::Foreign { .. }
        | Block::HoldsData(_)
        | Block::Held(_)
        | Block::WithEnvironment
        | Block::SecretChanged
        | Block::WithForeign { .. } => "the server would only make it anew".to_owned(),
    }
}

/// The fields that left us, told without asking the server. Where a field is still ours, another spelling of the same
/// value looks as if it differed, so that does not count.
fn moved(input: &Input, key: &ObjectKey, applied: &Applied, live: &Object, yields: &Paths) -> Vec<DriftedField> {
    let owners = ownership::owners(live);
    let Some(ours) = ownership::ours(live).map(|owner| owner.paths) else { return Vec::new() };
    // A map that others emptied of our fields looks like one that is ours as a whole, so the path itself must be there.
    let run = input.run_that_stopped(key, live).filter(|_| !ours.difference(&applied.owned).is_empty());
    let lost = leaves(&applied.owned).into_iter().filter(|path| !ours.reaches(&path.0) && !yields.covers(&path.0));
    let fields = lost.filter_map(|path| {
        let owner = last_writer(&owners, &path).or(run.as_ref());
        let (applied, live) = if is_value_of_secret(live, &path) {
            // Neither is read; that it is there shows by its owner.
            (Some(Value::Null), owner.map(|_| Value::Null))
        } else {
            (path.get(&applied.body.0).cloned(), path.get(&live.0).cloned())
        };
        // Nothing was there and nothing is: an empty map that the server dropped, a key that it filled in.
        let is_told = owner.is_some() || applied.as_ref().map(canonical) != live.as_ref().map(canonical);
        is_told.then(|| DriftedField {
            path,
            applied,
            live,
            manager: owner.map(|owner| owner.manager.clone()),
            time: owner.and_then(|owner| owner.time.clone()),
        })
    });
    fields.collect()
}

fn is_value_of_secret(live: &Object, path: &FieldPath) -> bool {
    let first = path.0.first();
    live.is_secret() && ["data", "stringData"].iter().any(|name| first == Some(&Segment::Field((*name).to_owned())))
}

/// Members with no others below them.
fn leaves(paths: &Paths) -> Vec<FieldPath> {
    fn walk(paths: &Paths, at: &FieldPath, found: &mut Vec<FieldPath>) {
        for (segment, node) in paths.children() {
            let path = at.with(segment.clone());
            if node.below.is_empty() {
                found.push(path);
            } else {
                walk(&node.below, &path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(paths, &FieldPath::default(), &mut found);
    found
}

/// Who wrote an object, apart from its status.
fn managers(live: &Object) -> Vec<String> {
    let owners = ownership::owners(live).into_iter().filter(|owner| owner.subresource.is_empty());
    let managers: BTreeSet<String> = owners.map(|owner| owner.manager).collect();
    managers.into_iter().collect()
}
