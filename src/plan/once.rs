//! What was made by one POST, Namespaces and Secrets, once it is there: generated values stay as they are, and labels,
//! annotations and given values follow the definition. The server is not asked: its answer would hold values.

use serde_json::{Map, Value, json};

use crate::{
    desired::Manifest,
    object::{FieldPath, Object},
    ownership::{self, FIELD_MANAGER, Operation, Owner, Paths},
    secret::Given,
    state::Applied,
};

use super::{
    Action, After, Block, Change, Diff, Drift, DriftKind, FieldChange, Input, Plan, Reason, Taken,
    answer::{held, reason},
    decide::{block, same, unchanged, write},
    drift,
    standing::fingerprint,
};

/// Whether an object is to be changed as it was made, by hand and not by an apply: an apply would leave what it no
/// longer asks for, as long as the entry of the POST has it.
pub(super) fn is_posted(manifest: &Manifest, live: &Object) -> bool {
    manifest.is_made_once() && ownership::ours(live).is_some_and(|owner| owner.operation == Operation::Update)
}

/// Keeps what is there, and changes what may change.
pub(super) fn once(input: &Input, manifest: &Manifest, live: &Object, plan: &mut Plan) {
    let key = &manifest.key;
    let applied = input.applied(key);
    if !has_generated_keys(manifest, live) {
        return block(plan, manifest, Block::SecretChanged);
    }
    let owners = ownership::owners(live);
    let metadata = metadata(manifest, applied, live, &owners);
    let values = values(input, manifest, applied, &owners);
    let moved = drift::fields(input, &metadata, manifest, applied, live);
    let recreated = applied.is_some_and(|applied| live.uid().as_ref() != Some(&applied.uid));
    let is_touched = manifest.secret.is_some()
        && applied.is_some_and(|applied| applied.fingerprint != fingerprint(manifest, live, &manifest.body));
    if recreated || is_touched || !moved.is_empty() {
        let kind = if recreated { DriftKind::Recreated } else { DriftKind::Changed(moved.clone()) };
        plan.drift.insert(key.clone(), Drift { component: manifest.component.clone(), kind });
    }
    let differences = Diff { fields: [metadata.fields, values].concat(), unchanged: metadata.unchanged };
    if differences.fields.is_empty() {
        return unchanged(input, manifest, &Paths::default(), live, plan);
    }
    let taken: Vec<Taken> = differences.fields.iter().filter_map(|field| taken(field, &owners)).collect();
    let takes_back = if input.choices.forces(input.environment, manifest.component.as_ref(), key) {
        taken
    } else {
        let held = held(taken.clone(), applied);
        let never_ours: Vec<Taken> = taken.into_iter().filter(|taken| !held.contains(taken)).collect();
        if !never_ours.is_empty() {
            return block(plan, manifest, Block::Owned(never_ours));
        }
        held
    };
    let reason = match applied {
        Some(applied) if !recreated && moved.is_empty() && is_of_values(manifest, applied, &differences) => {
            if is_touched {
                Reason::ChangedOutside
            } else {
                Reason::GivenChanged
            }
        }
        _ => reason(input, manifest, applied, &Paths::default(), recreated, &differences, &moved),
    };
    let mut looked_at = ownership::our_paths(live);
    differences.fields.iter().for_each(|field| looked_at.insert(&field.path.0));
    let merge = is_posted(manifest, live).then(|| merge(&differences));
    let change = write(manifest, Action::Update, reason, same(live, looked_at));
    plan.changes.insert(key.clone(), Change { takes_back, merge, diff: differences, ..change });
}

/// Whether a Secret holds every key that is made once, as its managed fields name them, whoever wrote them. What is given
/// can still be written.
pub(super) fn has_generated_keys(manifest: &Manifest, live: &Object) -> bool {
    let owners = ownership::owners(live);
    let mut keys = manifest.secret.iter().flat_map(|recipe| recipe.generated());
    keys.all(|(name, _)| owners.iter().any(|owner| owner.paths.contains(&data(name).0)))
}

/// The given keys of a Secret as changes to it: which they are, and never to what.
pub(super) fn given(manifest: &Manifest, before: &[Owner]) -> Vec<FieldChange> {
    let keys = manifest.secret.iter().flat_map(|recipe| recipe.given());
    keys.map(|(name, _)| written(name, before)).collect()
}

fn data(name: &str) -> FieldPath {
    FieldPath::fields(&["data", name])
}

fn written(name: &str, owners: &[Owner]) -> FieldChange {
    let path = data(name);
    // That there was a value is all that is known of it.
    let before = owners.iter().any(|owner| owner.paths.contains(&path.0)).then_some(Value::Null);
    FieldChange { path, before, after: After::Secret }
}

/// Labels and annotations that differ, or that nobody asks for any more.
fn metadata(manifest: &Manifest, applied: Option<&Applied>, live: &Object, owners: &[Owner]) -> Diff {
    let mut diff = Diff::default();
    let nothing = Map::new();
    for map in ["labels", "annotations"] {
        let of = |object: &Object| object.metadata(map).and_then(Value::as_object).cloned();
        let (asked, there) = (of(&manifest.body).unwrap_or_default(), of(live).unwrap_or_default());
        let before = applied.and_then(|applied| of(&applied.body)).unwrap_or_else(|| nothing.clone());
        for (name, value) in &asked {
            if there.get(name) == Some(value) {
                diff.unchanged += 1;
                continue;
            }
            let (before, after) = (there.get(name).cloned(), After::Value(value.clone()));
            diff.fields.push(FieldChange { path: FieldPath::fields(&["metadata", map, name]), before, after });
        }
        for name in before.keys().filter(|name| !asked.contains_key(*name)) {
            let path = FieldPath::fields(&["metadata", map, name]);
            if let Some(before) = there.get(name).filter(|_| is_ours(owners, &path)) {
                diff.fields.push(FieldChange { path, before: Some(before.clone()), after: After::Absent });
            }
        }
    }
    diff
}

fn is_ours(owners: &[Owner], path: &FieldPath) -> bool {
    owners.iter().any(|owner| owner.manager == FIELD_MANAGER && owner.paths.covers(&path.0))
}

/// The given values that must be written, and those that nobody gives any more.
fn values(input: &Input, manifest: &Manifest, applied: Option<&Applied>, owners: &[Owner]) -> Vec<FieldChange> {
    let Some(recipe) = &manifest.secret else { return Vec::new() };
    let recorded = applied.map(|applied| applied.given.clone()).unwrap_or_default();
    let is_written = |name: &String, given: &Given| {
        // Nobody looked at what is there, nor at what is given.
        input.observed.is_remembered && recorded.contains_key(name)
            || given.digest.is_some() && recorded.get(name) == given.digest.as_ref() && is_ours(owners, &data(name))
    };
    let changed = recipe.given().filter(|(name, given)| !is_written(name, given));
    let changed = changed.map(|(name, _)| written(name, owners));
    let gone = recorded.keys().filter(|name| !recipe.keys.contains_key(*name) && is_ours(owners, &data(name)));
    let gone = gone.map(|name| FieldChange { path: data(name), before: Some(Value::Null), after: After::Absent });
    changed.chain(gone).collect()
}

/// Whether nothing but given values is behind the differences: the same keys as before, with other values.
fn is_of_values(manifest: &Manifest, applied: &Applied, differences: &Diff) -> bool {
    let keys = manifest.secret.iter().flat_map(|recipe| recipe.given()).map(|(name, _)| name);
    keys.eq(applied.given.keys()) && differences.fields.iter().all(|field| field.after == After::Secret)
}

fn taken(field: &FieldChange, owners: &[Owner]) -> Option<Taken> {
    field.before.as_ref()?;
    let owner = drift::last_writer(owners, &field.path).filter(|_| !is_ours(owners, &field.path))?;
    Some(Taken { field: field.path.to_string(), manager: owner.manager.clone() })
}

/// What is merged into the object: the differences, but for the values, which only the run has.
fn merge(differences: &Diff) -> Object {
    let mut body = json!({});
    for field in &differences.fields {
        let value = match &field.after {
            After::Value(value) => value.clone(),
            After::Absent => Value::Null,
            After::Unknown | After::Secret => continue,
        };
        field.path.set(&mut body, value);
    }
    Object(body)
}

/// Whether what is merged removes values of a Secret at most.
pub(super) fn merges_no_value(merge: &Object) -> bool {
    let data = merge.at("/data").and_then(Value::as_object);
    data.into_iter().flatten().all(|(_, value)| value.is_null()) && merge.at("/stringData").is_none()
}
