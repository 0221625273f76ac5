//! What changed between two values of a type, field by field.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Form, form, is_void, keys_of, step};
use crate::{object::Segment, ownership::Paths, schema::Shape};

/// What changed from one value to another.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Changes {
    pub(in crate::sandbox) added: Paths,
    pub(in crate::sandbox) modified: Paths,
    pub(in crate::sandbox) removed: Paths,
}

/// Compares two values of one type.
pub(in crate::sandbox) fn compare(old: &Value, new: &Value, shape: &Shape) -> Changes {
    let mut changes = Changes::default();
    compare_at(Some(old), Some(new), shape, &mut Vec::new(), &mut changes);
    changes
}

fn compare_at(old: Option<&Value>, new: Option<&Value>, shape: &Shape, at: &mut Vec<Segment>, changes: &mut Changes) {
    let is_leaf = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if old == new => return,
        (old, new) => {
            let either = new.or(old).unwrap_or(&Value::Null);
            let both_void = old.is_none_or(is_void) && new.is_none_or(is_void);
            let differs = matches!(shape, Shape::Any)
                && old.is_some_and(|old| new.is_some_and(|new| old.is_object() != new.is_object()));
            both_void || differs || matches!(form(shape, either), Form::Leaf)
        }
    };
    if !is_leaf {
        let children = Children { old, new, shape };
        if keys_of(shape).is_some() {
            children.items(at, changes);
        } else {
            children.entries(at, changes);
        }
    }
    let set = match (old, new) {
        (None, _) => &mut changes.added,
        (_, None) => &mut changes.removed,
        _ if is_leaf => &mut changes.modified,
        _ => return,
    };
    set.insert(at);
}

struct Children<'a> {
    old: Option<&'a Value>,
    new: Option<&'a Value>,
    shape: &'a Shape,
}

impl Children<'_> {
    fn entries(&self, at: &mut Vec<Segment>, changes: &mut Changes) {
        let (old, new) = (self.old.and_then(Value::as_object), self.new.and_then(Value::as_object));
        let mut visit = |key: &String| {
            let Some(child) = self.shape.child(key) else { return };
            at.push(Segment::Field(key.clone()));
            compare_at(old.and_then(|map| map.get(key)), new.and_then(|map| map.get(key)), child, at, changes);
            at.pop();
        };
        old.into_iter().flat_map(Map::keys).for_each(&mut visit);
        let added = new.into_iter().flat_map(Map::keys).filter(|key| !old.is_some_and(|old| old.contains_key(*key)));
        added.for_each(visit);
    }

    fn items(&self, at: &mut Vec<Segment>, changes: &mut Changes) {
        let Some((of, keys)) = keys_of(self.shape) else { return };
        let mut pairs: BTreeMap<Segment, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for item in self.old.and_then(Value::as_array).into_iter().flatten() {
            pairs.entry(step(item, keys).unwrap_or(Segment::Index(0))).or_default().0.push(item);
        }
        for item in self.new.and_then(Value::as_array).into_iter().flatten() {
            pairs.entry(step(item, keys).unwrap_or(Segment::Index(0))).or_default().1.push(item);
        }
        for (step, (old, new)) in pairs {
            at.push(step);
            if old.len() > 1 || new.len() > 1 {
                if old != new {
                    let set = match (old.len() > 1, new.len() > 1) {
                        (true, true) => &mut changes.modified,
                        (true, false) => &mut changes.removed,
                        _ => &mut changes.added,
                    };
                    set.insert(at);
                }
            } else {
                compare_at(old.first().copied(), new.first().copied(), of, at, changes);
            }
            at.pop();
        }
    }
}
