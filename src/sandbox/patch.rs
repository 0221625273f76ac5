//! The three patches that are no apply: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch. They know no owners.

use serde_json::{Map, Value, json};

use super::status::Refusal;
use crate::schema::{Shape, Strategy, structure};

/// Lays a merge patch over a value; null removes.
pub(super) fn merge(target: Value, patch: &Value) -> Value {
    let Some(changes) = patch.as_object() else { return patch.clone() };
    let mut target = match target {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    for (key, change) in changes {
        if change.is_null() {
            target.shift_remove(key);
        } else {
            let before = target.get_mut(key).map(Value::take).unwrap_or_default();
            target.insert(key.clone(), merge(before, change));
        }
    }
    Value::Object(target)
}

fn rejected() -> Refusal {
    Refusal::new(422, "Invalid", "the server rejected our request due to an error in our request")
        .with_details(json!({}))
}

/// Does the operations of a JSON patch in order.
pub(super) fn json(mut target: Value, patch: &Value) -> Result<Value, Refusal> {
    let steps = patch.as_array().ok_or_else(|| Refusal::bad_request("a JSON patch is a list of operations"))?;
    for step in steps {
        let field = |name: &str| step.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(op), Some(path)) = (field("op"), field("path")) else { return Err(rejected()) };
        let value = || step.get("value").cloned().ok_or_else(rejected);
        match op.as_str() {
            "add" => add(&mut target, &path, value()?)?,
            "remove" => {
                remove(&mut target, &path)?;
            }
            "replace" => {
                remove(&mut target, &path)?;
                add(&mut target, &path, value()?)?;
            }
            "move" => {
                let moved = remove(&mut target, &field("from").ok_or_else(rejected)?)?;
                add(&mut target, &path, moved)?;
            }
            "copy" => {
                let copied = target.pointer(&field("from").ok_or_else(rejected)?).cloned().ok_or_else(rejected)?;
                add(&mut target, &path, copied)?;
            }
            "test" if target.pointer(&path) == Some(&value()?) => {}
            _ => return Err(rejected()),
        }
    }
    Ok(target)
}

fn parent<'a>(target: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), Refusal> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(rejected)?;
    let parent = target.pointer_mut(parent).ok_or_else(rejected)?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), Refusal> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    match parent(target, path)? {
        (Value::Object(map), key) => {
            map.insert(key, value);
        }
        (Value::Array(items), key) => {
            let at = if key == "-" { items.len() } else { key.parse().map_err(|_| rejected())? };
            if at > items.len() {
                return Err(rejected());
            }
            items.insert(at, value);
        }
        _ => return Err(rejected()),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, Refusal> {
    match parent(target, path)? {
        (Value::Object(map), key) => map.shift_remove(&key).ok_or_else(rejected),
        (Value::Array(items), key) => {
            let at: usize = key.parse().map_err(|_| rejected())?;
            if at < items.len() { Ok(items.remove(at)) } else { Err(rejected()) }
        }
        _ => Err(rejected()),
    }
}

/// Lays a strategic merge patch over a value, by the merge keys of its type
/// (<https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md>).
pub(super) fn strategic(target: Value, patch: &Value, shape: &Shape) -> Result<Value, Refusal> {
    let Some(changes) = patch.as_object() else { return Ok(patch.clone()) };
    match changes.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            let mut replaced = changes.clone();
            replaced.shift_remove("$patch");
            return Ok(Value::Object(replaced));
        }
        Some("delete") => return Ok(json!({})),
        _ => {}
    }
    let mut target = match target {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if let Some(kept) = changes.get("$retainKeys").and_then(Value::as_array) {
        target.retain(|key, _| kept.iter().any(|kept| kept == key));
    }
    for (key, change) in changes.iter().filter(|(key, _)| !key.starts_with('$')) {
        if change.is_null() {
            target.shift_remove(key);
            continue;
        }
        let before = target.get_mut(key).map(Value::take);
        let child = shape.child(key).unwrap_or(&Shape::Any);
        let after = match (change, child) {
            (Value::Array(items), Shape::List { of, .. }) => {
                let strategy = strategy(shape, key);
                let order = changes.get(&format!("$setElementOrder/{key}")).and_then(Value::as_array);
                let before = before.and_then(|before| before.as_array().cloned()).unwrap_or_default();
                Value::Array(merge_list(before, items, of, &strategy, order)?)
            }
            (Value::Object(_), _) => strategic(before.unwrap_or_else(|| json!({})), change, child)?,
            (change, _) => change.clone(),
        };
        target.insert(key.clone(), after);
    }
    for (directive, gone) in changes {
        let Some(key) = directive.strip_prefix("$deleteFromPrimitiveList/") else { continue };
        let Some(items) = target.get_mut(key).and_then(Value::as_array_mut) else { continue };
        let gone = gone.as_array().cloned().unwrap_or_default();
        items.retain(|item| !gone.contains(item));
    }
    for (directive, order) in changes {
        let Some(key) = directive.strip_prefix("$setElementOrder/") else { continue };
        // With changes of the list, its order was set together with them.
        if let (false, Some(Value::Array(items)), Some(order)) =
            (changes.contains_key(key), target.get_mut(key), order.as_array())
        {
            let original = items.clone();
            *items = interleave(std::mem::take(items), order, &original, strategy(shape, key).key.as_deref());
        }
    }
    Ok(Value::Object(target))
}

fn strategy(shape: &Shape, key: &str) -> Strategy {
    match shape {
        Shape::Struct { id, .. } => structure(*id).field(key).map(|field| field.strategy.clone()).unwrap_or_default(),
        _ => Strategy::default(),
    }
}

fn merge_list(
    mut items: Vec<Value>,
    changes: &[Value],
    of: &Shape,
    strategy: &Strategy,
    order: Option<&Vec<Value>>,
) -> Result<Vec<Value>, Refusal> {
    if !strategy.merge {
        return Ok(changes.to_vec());
    }
    let original = items.clone();
    let order = order.map_or(changes, Vec::as_slice);
    let Some(key) = &strategy.key else {
        for change in changes {
            if !items.contains(change) {
                items.push(change.clone());
            }
        }
        return Ok(interleave(items, order, &original, None));
    };
    for change in changes {
        if change.get("$patch").is_some_and(|directive| directive == "replace") && change.get(key).is_none() {
            let kept = changes.iter().filter(|change| change.get("$patch").is_none());
            return Ok(kept.cloned().collect());
        }
        let Some(wanted) = change.get(key) else {
            return Err(Refusal::bad_request(format!("map: {change} does not contain declared merge key: {key}")));
        };
        let found = items.iter().position(|item| item.get(key) == Some(wanted));
        if change.get("$patch").is_some_and(|directive| directive == "delete") {
            if let Some(at) = found {
                items.remove(at);
            }
            continue;
        }
        match found {
            Some(at) => items[at] = strategic(items[at].take(), change, of)?,
            None => items.push(strategic(json!({}), change, of)?),
        }
    }
    Ok(interleave(items, order, &original, Some(key)))
}

/// Puts the items that the order names into it, and the others between them where the original had them.
fn interleave(items: Vec<Value>, order: &[Value], original: &[Value], key: Option<&str>) -> Vec<Value> {
    let index = |list: &[Value], item: &Value| {
        list.iter().position(|known| match key {
            Some(key) => known.get(key) == item.get(key),
            None => known == item,
        })
    };
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        items.into_iter().partition(|item| index(order, item).is_some());
    named.sort_by_key(|item| index(order, item));
    others.sort_by_key(|item| index(original, item));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut all = Vec::new();
    while let (Some(other), Some(next)) = (others.peek(), named.peek()) {
        let goes_first = index(original, next).is_some_and(|next| index(original, other) < Some(next));
        all.extend(if goes_first { others.next() } else { named.next() });
    }
    all.extend(named.chain(others));
    all
}

/// A value as Go prints it: `map[foo:1]`.
pub(super) fn in_go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(in_go).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut entries: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", in_go(value))).collect();
            entries.sort();
            format!("map[{}]", entries.join(" "))
        }
        scalar => scalar.to_string(),
    }
}
