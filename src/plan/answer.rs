//! Reading the server's answer about an object of ours: values count, and so do paths.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    desired::Manifest,
    object::{FieldPath, Object, Segment, split_api_version},
    observed::{Answer, Refusal, Unchangeable},
    ownership::{self, Paths},
    schema,
    state::Applied,
};

use super::{
    Action, After, Block, Change, Check, Clears, Diff, Drift, DriftKind, DriftedField, FieldChange, Input, Plan,
    Reason, Revised, Taken,
    decide::{before, block, same, unchanged, write},
    diff, drift,
    replace::replace,
    rolls,
};

/// What the answer makes of an object: an update, a replacement, nothing, or a block.
pub(super) fn differs(input: &Input, manifest: &Manifest, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    let applied = input.applied(key);
    let yields = input.yields(manifest, live);
    let mine = ownership::our_paths(live);
    let mut clears = None;
    let (mut regains, mut gives_up) = (Vec::new(), Vec::new());
    let (differences, taken, owned, check) = match input.answers.get(key) {
        Some(Answer::Accepted(answer)) => {
            let then = ownership::our_paths(answer);
            let owned = mine.union(&then);
            let differences = diff::between(live, answer, &owned);
            if differences.fields.is_empty() {
                if owns_as_much(manifest, live, answer) {
                    return unchanged(input, manifest, &yields, live, plan);
                }
                (regains, gives_up) = (then.difference(&mine).members(), mine.difference(&then).members());
            }
            (differences, drift::taken(live, answer), owned, Check::Done)
        }
        Some(Answer::OnlyUpdateRefused(refusal)) => {
            let paths = defaults_in_the_way(manifest, live, refusal);
            if paths.is_empty() {
                return replace(input, manifest, live, Reason::Unchangeable(refusal.clone()), plan);
            }
            let mut seen = mine.clone();
            paths.iter().for_each(|path| seen.insert(&path.0));
            let mut differences = diff::loose(&before(input, manifest, live), &manifest.without(&yields));
            for path in &paths {
                let before = path.get(&live.0).cloned();
                differences.fields.push(FieldChange { path: path.clone(), before, after: After::Absent });
            }
            clears = Some(Clears { first: with_defaults(live, &mine, &paths), paths });
            (differences, Vec::new(), seen, Check::Done)
        }
        Some(Answer::Refused(refusal)) => {
            let owned = applied.map(Applied::claims).unwrap_or_default();
            return block(plan, manifest, refused(refusal, manifest, &owned));
        }
        Some(Answer::NotAsked(why)) => {
            let body = manifest.without(&yields);
            (diff::loose(&before(input, manifest, live), &body), Vec::new(), mine, Check::Not(*why))
        }
        Some(Answer::AcceptedElsewhere) => unreachable!("the namespace of a live object is there"),
        None => unreachable!("questions() asks about every object that may differ"),
    };
    let recreated = applied.is_some_and(|applied| live.uid().as_ref() != Some(&applied.uid));
    let moved = drift::fields(input, &differences, manifest, applied, live);
    // Fields that others took count as taken back where we held them before, or where the user gave them to us.
    let forces = input.choices.forces(input.environment, manifest.component.as_ref(), key);
    let takes_back = if forces { taken } else { held(taken, applied) };
    let rolls = rolls::rolls(input, manifest, applied, &differences);
    let reason = match reason(input, manifest, applied, &yields, recreated, &differences, &moved) {
        Reason::DefinitionChanged if !rolls.is_empty() && rolls::is_all(&differences) => Reason::ConfigChanged,
        Reason::DefinitionChanged => revised(input, manifest).unwrap_or(Reason::DefinitionChanged),
        reason => reason,
    };
    if recreated || !moved.is_empty() {
        let kind = if recreated { DriftKind::Recreated } else { DriftKind::Changed(moved) };
        plan.drift.insert(key.clone(), Drift { component: manifest.component.clone(), kind });
    }
    let change = write(manifest, Action::Update, reason, same(live, owned));
    plan.changes.insert(
        key.clone(),
        Change { rolls, takes_back, regains, gives_up, yields, clears, diff: differences, check, ..change },
    );
}

/// That the component of an object stands at another commit than the one that was applied.
fn revised(input: &Input, manifest: &Manifest) -> Option<Reason> {
    let id = manifest.component.as_ref()?;
    let to = input.desired?.components.get(id)?.revision.as_ref()?;
    let from = input.state?.revisions.get(id)?;
    let revised = || Revised { from: from.clone(), to: to.clone() };
    (from.commit != to.commit).then(|| Reason::Revised(Box::new(revised())))
}

/// Whether an answer gives ditc no path that it does not own, and takes none away. What was made by POST owns its paths
/// by that creating entry, which an apply would only repeat. An empty map holds nothing that could be lost to others:
/// who puts something inside takes it from us, and would again.
fn owns_as_much(manifest: &Manifest, live: &Object, answer: &Object) -> bool {
    let (Some(mine), Some(then)) = (ownership::ours(live), ownership::ours(answer)) else { return false };
    let is_made_once = mine.operation == ownership::Operation::Update;
    let is_empty_map = |path: &FieldPath| {
        let asked = path.get(&manifest.body.0).and_then(Value::as_object);
        asked.is_some_and(Map::is_empty) && path.get(&live.0).is_some_and(Value::is_object)
    };
    then.paths.difference(&mine.paths).members().iter().all(is_empty_map)
        && (is_made_once || mine.paths.difference(&then.paths).is_empty())
}

pub(super) fn held(taken: Vec<Taken>, applied: Option<&Applied>) -> Vec<Taken> {
    let held: BTreeSet<String> =
        applied.into_iter().flat_map(|applied| applied.claims().members()).map(|path| path.to_string()).collect();
    taken.into_iter().filter(|taken| held.contains(&taken.field)).collect()
}

pub(super) fn reason(
    input: &Input,
    manifest: &Manifest,
    applied: Option<&Applied>,
    yields: &Paths,
    recreated: bool,
    differences: &Diff,
    moved: &[DriftedField],
) -> Reason {
    let Some(applied) = applied else { return input.unapplied(&manifest.key) };
    let redefined = applied.desired != manifest.hash();
    match (recreated, redefined) {
        (true, _) => Reason::RecreatedOutside,
        (false, true) if moved.is_empty() => Reason::DefinitionChanged,
        (false, true) => Reason::DefinitionAndOutside,
        (false, false) if !applied.yielded.difference(yields).is_empty() => Reason::YieldEnded,
        (false, false) if differences.fields.is_empty() => Reason::OwnershipLost,
        // It is another than the one of the run that stopped, which is not recorded.
        (false, false) if !moved.is_empty() && moved.iter().all(DriftedField::is_by_run) => Reason::DefinitionChanged,
        (false, false) => Reason::ChangedOutside,
    }
}

/// The fields that refuse an update only because the server filled them in beside ours, such as `rollingUpdate` when the
/// strategy becomes `Recreate`: the definition does not ask for them, and nobody owns them. Empty when any other field
/// refuses it too.
fn defaults_in_the_way(manifest: &Manifest, live: &Object, refusal: &Unchangeable) -> Vec<FieldPath> {
    let owners = ownership::owners(live);
    let is_default = |path: &FieldPath| {
        path.get(&live.0).is_some()
            && path.get(&manifest.body.0).is_none()
            && FieldPath(path.0[..path.0.len() - 1].to_vec()).get(&manifest.body.0).is_some()
            && !owners.iter().any(|owner| owner.paths.touches(&path.0))
    };
    // Only plain fields: an index says nothing about whose item it is.
    let paths: Option<Vec<FieldPath>> =
        refusal.fields.iter().map(|field| plain_path(field).filter(is_default)).collect();
    paths.unwrap_or_default()
}

/// The object as ditc owns it, with all that stands beside some defaults: it changes nothing but their owner.
fn with_defaults(live: &Object, mine: &Paths, defaults: &[FieldPath]) -> Object {
    let mut body = ownership::applied(mine, live);
    for path in defaults {
        let beside = FieldPath(path.0[..path.0.len() - 1].to_vec());
        if let Some(value) = beside.get(&live.0) {
            beside.set(&mut body.0, value.clone());
        }
    }
    body
}

/// `spec.strategy.rollingUpdate`
fn plain_path(field: &str) -> Option<FieldPath> {
    let is_plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    let names: Vec<&str> = field.split('.').collect();
    (names.len() > 1 && names.iter().all(|name| is_plain(name)))
        .then(|| FieldPath(names.into_iter().map(|name| Segment::Field(name.to_owned())).collect()))
}

/// A refusal as a block.
pub(super) fn refused(refusal: &Refusal, manifest: &Manifest, owned: &Paths) -> Block {
    match refusal {
        Refusal::Conflict(conflicts) => {
            let owned: BTreeSet<String> = owned.members().iter().map(ToString::to_string).collect();
            let never_ours = conflicts.iter().filter(|conflict| !owned.contains(&conflict.field));
            Block::Owned(
                never_ours
                    .map(|conflict| Taken { field: conflict.field.clone(), manager: conflict.manager.clone() })
                    .collect(),
            )
        }
        Refusal::Invalid(text) => Block::Invalid(text.clone()),
        Refusal::Malformed(text) => Block::Malformed(text.clone(), mistakes(&manifest.body)),
        Refusal::Forbidden(who, text) => Block::Forbidden(*who, text.clone()),
    }
}

/// All that the types of Kubernetes' own kinds show to be wrong with a manifest; nothing of any other kind.
fn mistakes(body: &Object) -> Vec<String> {
    let Some((group, version)) = body.api_version().map(split_api_version) else { return Vec::new() };
    let Some(shape) = schema::of_kind(group, version, body.kind().unwrap_or_default()) else { return Vec::new() };
    let told = schema::check(&body.0, &shape).into_iter().map(|fault| match fault.meant() {
        Some(meant) => format!("{} (did you mean `{meant}`?)", fault.detail()),
        None => fault.detail(),
    });
    told.collect()
}
