//! The objects, their revisions, and what changed lately. It knows no rule of any kind.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Error,
    catalogue::Catalogue,
    kinds,
    log::{Line, Log, Replay},
    status::Refusal,
};
use crate::object::split_api_version;

/// How many changes a watch or a paged list may be behind; a real server forgets after five minutes.
const HISTORY: usize = 10_000;

/// Namespace, empty for the cluster's own objects, and name.
pub(super) type Name = (String, String);
/// Where an object is: its kind's slot and its name.
pub(super) type Place = (usize, Name);

/// One write, as watches see it.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) revision: u64,
    pub(super) place: Place,
    pub(super) old: Option<Arc<Value>>,
    /// None for a delete.
    pub(super) new: Option<Arc<Value>>,
    /// What a delete shows: the object as it was, at the delete's revision.
    pub(super) last: Option<Arc<Value>>,
}

/// All objects.
#[derive(Debug)]
pub(super) struct Store {
    kinds: Arc<Catalogue>,
    /// The slot of the definitions that change them.
    definitions: usize,
    slots: Vec<BTreeMap<Name, Arc<Value>>>,
    revision: u64,
    history: VecDeque<Change>,
    /// Changes up to and including this revision are forgotten.
    forgotten: u64,
    owned: BTreeMap<String, BTreeSet<Place>>,
    uids: BTreeMap<String, Place>,
    log: Option<Log>,
}

impl Store {
    /// Fills a store from a log, or starts an empty one.
    pub(super) fn open(log: Option<(Log, Replay)>) -> Result<Self, Error> {
        let kinds = Catalogue::new();
        let mut store = Self {
            slots: vec![BTreeMap::new(); kinds.slots()],
            kinds: Arc::new(kinds),
            definitions: kinds::known("apiextensions.k8s.io", "CustomResourceDefinition").slot,
            revision: 1,
            history: VecDeque::new(),
            forgotten: 1,
            owned: BTreeMap::new(),
            uids: BTreeMap::new(),
            log: None,
        };
        let Some((mut log, replay)) = log else { return Ok(store) };
        let lines = replay.lines.len();
        for line in replay.lines {
            match line {
                Line::Put(object) => {
                    let (group, _) = split_api_version(text(&object, "/apiVersion"));
                    let Some(resource) = store.kinds.by_kind(group, text(&object, "/kind")) else { continue };
                    let place = (resource.slot, name_of(&object));
                    store.replace(place, Some(Arc::new(object)));
                }
                Line::Delete { group, kind, namespace, name } => {
                    let Some(resource) = store.kinds.by_kind(&group, &kind) else { continue };
                    let place = (resource.slot, (namespace, name));
                    store.replace(place, None);
                }
            }
        }
        store.revision = replay.revision.max(1);
        store.forgotten = store.revision;
        let objects = store.slots.iter().map(BTreeMap::len).sum();
        if Log::has_grown(lines, objects) {
            log.rewrite(store.revision, store.slots.iter().flat_map(BTreeMap::values).map(|object| &**object))?;
        }
        store.log = Some(log);
        Ok(store)
    }

    /// The kinds that are served.
    pub(super) fn kinds(&self) -> &Arc<Catalogue> {
        &self.kinds
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.iter().all(BTreeMap::is_empty)
    }

    pub(super) fn log(&mut self) -> Option<&mut Log> {
        self.log.as_mut()
    }

    pub(super) fn get(&self, slot: usize, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        // A key of borrowed text would need a type of its own; two short copies are cheap.
        self.slots[slot].get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn at(&self, place: &Place) -> Option<&Arc<Value>> {
        self.slots[place.0].get(&place.1)
    }

    /// The objects of a kind in one namespace, or in all.
    pub(super) fn list<'a>(
        &'a self,
        slot: usize,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Name, &'a Arc<Value>)> {
        let start = (namespace.unwrap_or_default().to_owned(), String::new());
        self.slots[slot].range(start..).take_while(move |((at, _), _)| namespace.is_none_or(|wanted| at == wanted))
    }

    /// The objects of a kind as they were at a revision; None when that is too long ago.
    pub(super) fn list_at(&self, slot: usize, revision: u64) -> Option<BTreeMap<Name, Arc<Value>>> {
        if revision < self.forgotten {
            return None;
        }
        let mut objects = self.slots[slot].clone();
        for change in self.history.iter().rev().take_while(|change| change.revision > revision) {
            if change.place.0 == slot {
                match &change.old {
                    Some(old) => objects.insert(change.place.1.clone(), Arc::clone(old)),
                    None => objects.remove(&change.place.1),
                };
            }
        }
        Some(objects)
    }

    /// What changed after a revision; None when that is too long ago.
    pub(super) fn since(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        if revision < self.forgotten {
            return None;
        }
        let start = self.history.partition_point(|change| change.revision <= revision);
        Some(self.history.range(start..))
    }

    /// The objects that name this uid as an owner.
    pub(super) fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Place> {
        self.owned.get(uid).into_iter().flatten()
    }

    pub(super) fn by_uid(&self, uid: &str) -> Option<&Place> {
        self.uids.get(uid)
    }

    /// Whether anything is left in a namespace.
    pub(super) fn of_namespace(&self, namespace: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for slot in 0..self.slots.len() {
            places.extend(self.list(slot, Some(namespace)).map(|(name, _)| (slot, name.clone())));
        }
        places
    }

    /// Every object's place.
    pub(super) fn places(&self) -> Vec<Place> {
        let slots = self.slots.iter().enumerate();
        slots.flat_map(|(slot, objects)| objects.keys().map(move |name| (slot, name.clone()))).collect()
    }

    /// Stores an object under the next revision.
    pub(super) fn put(&mut self, slot: usize, mut object: Value) -> Result<Arc<Value>, Refusal> {
        let revision = self.revision + 1;
        set_revision(&mut object, revision);
        if let Some(log) = &mut self.log {
            log.put(revision, &object).map_err(|error| unwritten(&error))?;
        }
        let place = (slot, name_of(&object));
        let object = Arc::new(object);
        let old = self.replace(place.clone(), Some(Arc::clone(&object)));
        self.remember(Change { revision, place, old, new: Some(Arc::clone(&object)), last: None });
        Ok(object)
    }

    /// Removes an object; the answer shows it as it was.
    pub(super) fn remove(&mut self, place: &Place) -> Result<Option<Arc<Value>>, Refusal> {
        let Some(old) = self.at(place).cloned() else { return Ok(None) };
        let revision = self.revision + 1;
        let resource = self.kinds.stored(place.0);
        if let Some(log) = &mut self.log {
            let key = [resource.group.as_str(), resource.kind.as_str(), place.1.0.as_str(), place.1.1.as_str()];
            log.delete(revision, key).map_err(|error| unwritten(&error))?;
        }
        self.replace(place.clone(), None);
        let mut last = Value::clone(&old);
        set_revision(&mut last, revision);
        let last = Arc::new(last);
        self.remember(Change {
            revision,
            place: place.clone(),
            old: Some(old),
            new: None,
            last: Some(Arc::clone(&last)),
        });
        Ok(Some(last))
    }

    fn remember(&mut self, change: Change) {
        self.revision = change.revision;
        self.history.push_back(change);
        while self.history.len() > HISTORY {
            if let Some(change) = self.history.pop_front() {
                self.forgotten = change.revision;
            }
        }
    }

    /// Puts or removes, keeping the indexes.
    fn replace(&mut self, place: Place, object: Option<Arc<Value>>) -> Option<Arc<Value>> {
        let old = match &object {
            Some(object) => self.slots[place.0].insert(place.1.clone(), Arc::clone(object)),
            None => self.slots[place.0].remove(&place.1),
        };
        if let Some(old) = &old {
            for owner in owner_uids(old) {
                if let Some(owned) = self.owned.get_mut(owner) {
                    owned.remove(&place);
                    if owned.is_empty() {
                        self.owned.remove(owner);
                    }
                }
            }
            self.uids.remove(text(old, "/metadata/uid"));
        }
        if let Some(object) = &object {
            for owner in owner_uids(object) {
                self.owned.entry(owner.to_owned()).or_default().insert(place.clone());
            }
            self.uids.insert(text(object, "/metadata/uid").to_owned(), place.clone());
        }
        if place.0 == self.definitions {
            Arc::make_mut(&mut self.kinds).learn(&place.1.1, object.as_deref());
            self.slots.resize_with(self.kinds.slots(), BTreeMap::new);
        }
        old
    }
}

fn unwritten(error: &std::io::Error) -> Refusal {
    Refusal::new(500, "InternalError", format!("Internal error occurred: writing the sandbox's log: {error}"))
}

fn set_revision(object: &mut Value, revision: u64) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".into(), revision.to_string().into());
    }
}

fn owner_uids(object: &Value) -> impl Iterator<Item = &str> {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().filter_map(|owner| owner.get("uid")?.as_str())
}

/// The text at a pointer, or none of it.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn name_of(object: &Value) -> Name {
    (text(object, "/metadata/namespace").to_owned(), text(object, "/metadata/name").to_owned())
}
