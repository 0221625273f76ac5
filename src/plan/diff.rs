//! Which fields differ, guided by the paths that are ours; a field that nobody asked about never shows up.

use serde_json::{Map, Value};

use crate::{
    object::{FieldPath, Object, Segment, canonical},
    ownership::Paths,
    rolling,
    secret::Recipe,
};

use super::{After, Diff, FieldChange};

/// The differences between two forms of one object at `owned` paths, in the object's own order.
pub(super) fn between(before: &Object, after: &Object, owned: &Paths) -> Diff {
    let mut diff = Diff::default();
    walk_owned(Some(&before.0), Some(&after.0), owned, &FieldPath::default(), &mut diff);
    diff
}

/// The differences between two manifests, where no server said whose the fields are.
pub(super) fn loose(before: &Object, after: &Object) -> Diff {
    let mut diff = Diff::default();
    walk(Some(&before.0), Some(&after.0), &FieldPath::default(), &mut diff);
    diff
}

/// Every field of a new object.
pub(super) fn creation(body: &Object, secret: Option<&Recipe>) -> Diff {
    let mut diff = Diff::default();
    walk(None, Some(&body.0), &FieldPath::default(), &mut diff);
    for key in secret.into_iter().flat_map(|recipe| recipe.keys.keys()) {
        let path = FieldPath::fields(&["data", key]);
        diff.fields.push(FieldChange { path, before: None, after: After::Secret });
    }
    diff
}

fn walk_owned(before: Option<&Value>, after: Option<&Value>, owned: &Paths, at: &FieldPath, diff: &mut Diff) {
    let mut children: Vec<(&Segment, _)> = owned.children().collect();
    children.sort_by_key(|(segment, _)| position(after, segment).or_else(|| position(before, segment)));
    for (segment, node) in &children {
        let path = at.with((*segment).clone());
        let (before, after) =
            (before.and_then(|value| segment.enter(value)), after.and_then(|value| segment.enter(value)));
        if node.below.is_empty() {
            walk(before, after, &path, diff);
        } else {
            walk_owned(before, after, &node.below, &path, diff);
        }
    }
    // Keyed items in another order are another list: init containers run in it.
    let sequence = |value: Option<&Value>| -> Vec<Value> {
        let mut items: Vec<(usize, &Segment)> = children
            .iter()
            .filter(|(segment, _)| !matches!(segment, Segment::Field(_)))
            .filter_map(|(segment, _)| Some((position(value, segment)?, *segment)))
            .collect();
        items.sort();
        items.into_iter().map(|(_, segment)| Value::from(segment.to_string())).collect()
    };
    let (old, new) = (sequence(before), sequence(after));
    if old != new && same_members(&old, &new) {
        let (before, after) = (Some(Value::Array(old)), After::Value(Value::Array(new)));
        diff.fields.push(FieldChange { path: at.clone(), before, after });
    }
}

fn same_members(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().all(|item| b.contains(item))
}

/// Where a segment stands in its map or list.
fn position(value: Option<&Value>, segment: &Segment) -> Option<usize> {
    match (value?, segment) {
        (Value::Object(map), Segment::Field(name)) => map.keys().position(|key| key == name),
        (Value::Array(items), segment) => {
            let found = segment.enter(value?)?;
            items.iter().position(|item| std::ptr::eq(item, found))
        }
        _ => None,
    }
}

fn walk(before: Option<&Value>, after: Option<&Value>, at: &FieldPath, diff: &mut Diff) {
    if before == after || before.map(canonical) == after.map(canonical) {
        diff.unchanged += before.map_or(0, leaves);
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => walk_maps(old, new, at, diff),
        (Some(Value::Object(old)), None) if !old.is_empty() => walk_maps(old, &Map::new(), at, diff),
        (None, Some(Value::Object(new))) if !new.is_empty() => walk_maps(&Map::new(), new, at, diff),
        (old, new) => {
            let nothing = Vec::new();
            let list = |value: Option<&Value>| match value {
                None => Some(nothing.clone()),
                Some(Value::Array(items)) => Some(items.clone()),
                Some(_) => None,
            };
            match (list(old), list(new)) {
                (Some(old_items), Some(new_items)) if old.is_some() || new.is_some() => {
                    match (keys(&old_items), keys(&new_items)) {
                        (Some(old_keys), Some(new_keys)) if !(old_keys.is_empty() && new_keys.is_empty()) => {
                            walk_lists(&old_items, &new_items, &old_keys, &new_keys, at, diff);
                        }
                        _ => leaf(old, new, at, diff),
                    }
                }
                _ => leaf(old, new, at, diff),
            }
        }
    }
}

fn walk_maps(old: &Map<String, Value>, new: &Map<String, Value>, at: &FieldPath, diff: &mut Diff) {
    let removed = old.keys().filter(|key| !new.contains_key(*key));
    for key in new.keys().chain(removed) {
        walk(old.get(key), new.get(key), &at.with(Segment::Field(key.clone())), diff);
    }
}

fn walk_lists(
    old: &[Value],
    new: &[Value],
    old_keys: &[Segment],
    new_keys: &[Segment],
    at: &FieldPath,
    diff: &mut Diff,
) {
    let find = |items: &[Value], keys: &[Segment], key: &Segment| {
        keys.iter().position(|other| other == key).map(|index| items[index].clone())
    };
    let removed = old_keys.iter().filter(|key| !new_keys.contains(key));
    for key in new_keys.iter().chain(removed) {
        let (before, after) = (find(old, old_keys, key), find(new, new_keys, key));
        walk(before.as_ref(), after.as_ref(), &at.with(key.clone()), diff);
    }
}

fn leaf(before: Option<&Value>, after: Option<&Value>, at: &FieldPath, diff: &mut Diff) {
    let after = match after {
        None => After::Absent,
        Some(value) if value == rolling::NOT_YET && *at == rolling::place() => After::Unknown,
        Some(value) => After::Value(value.clone()),
    };
    diff.fields.push(FieldChange { path: at.clone(), before: before.cloned(), after });
}

/// The items' names, where every item is a map with a name of its own: people match such items by it.
fn keys(items: &[Value]) -> Option<Vec<Segment>> {
    let mut keys: Vec<Segment> = Vec::with_capacity(items.len());
    for item in items {
        let name = item.get("name")?.as_str()?;
        let key = Segment::Key(canonical(&serde_json::json!({ "name": name })));
        if keys.contains(&key) {
            return None;
        }
        keys.push(key);
    }
    Some(keys)
}

/// How many fields a value has for a reader.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(leaves).sum(),
        Value::Array(items) if keys(items).is_some() => items.iter().map(leaves).sum(),
        _ => 1,
    }
}
