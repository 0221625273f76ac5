//! Who owns which field: what the server does to managedFields on an update and on an apply
//! (<https://kubernetes.io/docs/reference/using-api/server-side-apply/>). Storing is done elsewhere.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value, json};

use super::{
    convert,
    kinds::Resource,
    status::{Cause, Refusal},
    typed::{self, Changes},
};
use crate::{
    object::{FieldPath, Segment},
    ownership::{self, Operation, Owner, Paths},
};

/// Who writes, through what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) manager: &'a str,
    /// Empty for the object itself.
    pub(super) subresource: &'a str,
    /// None where a real server writes no time either: the scale subresource.
    pub(super) time: Option<&'a str>,
}

/// The owner of fields that were there before anybody was tracked.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Reads the owners of an object.
pub(super) fn read(object: &Value) -> Vec<Owner> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(ownership::owner).collect()
}

/// Writes the owners into an object, in the server's order.
pub(super) fn write(object: &mut Value, mut owners: Vec<Owner>) {
    owners.retain(|owner| !owner.paths.is_empty());
    owners.sort_by(|a, b| {
        let key = |owner: &Owner| {
            (
                owner.operation,
                owner.time.clone(),
                owner.manager.clone(),
                owner.api_version.clone(),
                owner.subresource.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if owners.is_empty() {
        metadata.shift_remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), owners.iter().map(entry).collect());
    }
}

fn entry(owner: &Owner) -> Value {
    let Owner { manager, operation, subresource, api_version, time, paths } = owner;
    let mut entry = Map::new();
    entry.insert("manager".into(), manager.as_str().into());
    let operation = match operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    entry.insert("operation".into(), operation.into());
    entry.insert("apiVersion".into(), api_version.as_str().into());
    if let Some(time) = time {
        entry.insert("time".into(), time.as_str().into());
    }
    entry.insert("fieldsType".into(), "FieldsV1".into());
    entry.insert("fieldsV1".into(), paths.to_fields());
    if !subresource.is_empty() {
        entry.insert("subresource".into(), subresource.as_str().into());
    }
    Value::Object(entry)
}

/// The fields that a write through this subresource may not own, since the server resets them.
fn ignored(resource: &Resource, subresource: &str, paths: &Paths) -> Paths {
    let drop: &[&str] = match subresource {
        "" if resource.has("status") => &["status"],
        "status" => &["spec"],
        _ => &[],
    };
    let mut kept = Paths::default();
    for (segment, node) in paths.children() {
        if !matches!(segment, Segment::Field(name) if drop.contains(&name.as_str())) {
            kept.put(segment.clone(), node.clone());
        }
    }
    kept
}

/// Nobody owns what the server itself keeps.
fn stripped(paths: &Paths) -> Paths {
    const OF_METADATA: [&str; 9] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let mut kept = Paths::default();
    for (segment, node) in paths.children() {
        match segment {
            Segment::Field(name) if name == "apiVersion" || name == "kind" => {}
            Segment::Field(name) if name == "metadata" => {
                let mut node = node.clone();
                node.member = false;
                let mut below = Paths::default();
                for (segment, node) in node.below.children() {
                    if !matches!(segment, Segment::Field(name) if OF_METADATA.contains(&name.as_str())) {
                        below.put(segment.clone(), node.clone());
                    }
                }
                if !below.is_empty() {
                    node.below = below;
                    kept.put(segment.clone(), node);
                }
            }
            _ => kept.put(segment.clone(), node.clone()),
        }
    }
    kept
}

/// What changed between two values, in each version that an owner speaks.
struct Views<'a> {
    resource: &'a Resource,
    old: &'a Value,
    new: &'a Value,
    seen: BTreeMap<String, Option<Changes>>,
}

impl Views<'_> {
    fn changes(&mut self, api_version: &str) -> Option<&Changes> {
        if !self.seen.contains_key(api_version) {
            let changes = convert::view(self.resource, api_version).map(|to| {
                let old = convert::convert(Cow::Borrowed(self.old), self.resource, to);
                let new = convert::convert(Cow::Borrowed(self.new), self.resource, to);
                typed::compare(&old, &new, &to.shape)
            });
            self.seen.insert(api_version.to_owned(), changes);
        }
        self.seen.get(api_version)?.as_ref()
    }
}

/// Records an update: what it changed or added is the writer's now, and nobody else's.
pub(super) fn update(resource: &Resource, old: &Value, new: &mut Value, owners: Vec<Owner>, writer: Writer<'_>) {
    let (old_bare, mut new_bare) = (bare(old), new.clone());
    strip_managed(&mut new_bare);
    let api_version = resource.api_version();
    let mut views = Views { resource, old: &old_bare, new: &new_bare, seen: BTreeMap::new() };
    // A Scale that nobody owns a part of is tracked as little as an object without any owner.
    let is_owned = writer.subresource != "scale"
        || views.changes(&api_version).is_some_and(|changes| {
            let changed = changes.added.union(&changes.modified);
            owners.iter().any(|owner| !owner.paths.intersection(&changed).is_empty())
        });
    let mut kept = take_from_others(owners, &mut views, resource, writer.subresource);
    let Some(changes) = views.changes(&api_version) else { return };
    // A scale to zero reads as no scale at all, so nobody owns it afterwards.
    let is_zero = || new_bare.pointer("/spec/replicas").is_some_and(|count| count == 0);
    let is_nothing = writer.subresource == "scale" && (!is_owned || is_zero());
    let taken = match is_nothing {
        true => Paths::default(),
        false => stripped(&ignored(resource, writer.subresource, &changes.added.union(&changes.modified))),
    };
    if !taken.is_empty() {
        let mine = |owner: &Owner| {
            owner.manager == writer.manager
                && owner.operation == Operation::Update
                && owner.subresource == writer.subresource
                && owner.api_version == api_version
        };
        let time = writer.time.map(str::to_owned);
        match kept.iter_mut().find(|owner| mine(owner)) {
            Some(owner) => {
                owner.paths = owner.paths.union(&taken);
                owner.time = time;
            }
            None => kept.push(Owner {
                manager: writer.manager.to_owned(),
                operation: Operation::Update,
                subresource: writer.subresource.to_owned(),
                api_version,
                time,
                paths: taken,
            }),
        }
    }
    write(new, kept);
}

/// Takes from every owner what changed or went.
fn take_from_others(owners: Vec<Owner>, views: &mut Views<'_>, resource: &Resource, subresource: &str) -> Vec<Owner> {
    let mut kept = Vec::new();
    for mut owner in owners {
        let Some(changes) = views.changes(&owner.api_version) else { continue };
        for lost in [&changes.modified, &changes.added, &changes.removed] {
            let lost = ignored(resource, subresource, lost);
            if !lost.is_empty() {
                owner.paths = owner.paths.difference(&lost);
            }
        }
        kept.push(owner);
    }
    kept
}

fn bare(object: &Value) -> Value {
    let mut bare = object.clone();
    strip_managed(&mut bare);
    bare
}

fn strip_managed(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
}

/// What an apply came to.
pub(super) struct Applied {
    /// Without managedFields; not yet decoded.
    pub(super) object: Value,
    pub(super) owners: Vec<Owner>,
}

/// Lays a configuration over a live object. `empty` is what the kind is before anything is said.
pub(super) fn apply(
    resource: &Resource,
    live: &Value,
    empty: &Value,
    config: &Value,
    writer: Writer<'_>,
    force: bool,
) -> Result<Applied, Refusal> {
    let api_version = resource.api_version();
    let mut owners = read(live);
    let live = bare(live);
    if owners.is_empty() {
        let mut before = live.clone();
        let time = writer.time;
        update(resource, empty, &mut before, Vec::new(), Writer { manager: BEFORE_FIRST_APPLY, subresource: "", time });
        owners = read(&before);
    }
    let mine = |owner: &Owner| {
        owner.manager == writer.manager
            && owner.operation == Operation::Apply
            && owner.subresource == writer.subresource
    };
    let last = owners.iter().position(mine).map(|at| owners.remove(at));
    // What nobody owns must not be pruned either, so it is stripped only after that.
    let spoken_of = ignored(resource, writer.subresource, &typed::fields(config, &resource.shape));
    let set = stripped(&spoken_of);
    let mut object = typed::merge(Some(&live), Some(config), &resource.shape).unwrap_or_else(|| json!({}));
    if let Some(last) = &last {
        object = prune(resource, object, last, &owners, &spoken_of, &api_version)?;
    }
    for owner in &owners {
        check_view(resource, &live, &owner.api_version)?;
    }
    let mut views = Views { resource, old: &live, new: &object, seen: BTreeMap::new() };
    let mut conflicts = Vec::new();
    for owner in &owners {
        let Some(changes) = views.changes(&owner.api_version) else { continue };
        let changed = ignored(resource, writer.subresource, &changes.modified.union(&changes.added));
        conflicts.extend(owner.paths.intersection(&changed).members().into_iter().map(|path| (owner, path)));
    }
    if !force && !conflicts.is_empty() {
        return Err(refuse(&conflicts));
    }
    let mut owners = take_from_others(owners, &mut views, resource, writer.subresource);
    owners.retain(|owner| !owner.paths.is_empty());
    let time = last.and_then(|last| last.time);
    owners.push(Owner {
        manager: writer.manager.to_owned(),
        operation: Operation::Apply,
        subresource: writer.subresource.to_owned(),
        api_version,
        time,
        paths: set,
    });
    // A real server notes the time of a change of values only, not of owners.
    let is_changed = object != live;
    if let (true, Some(owner)) = (is_changed, owners.last_mut()) {
        owner.time = writer.time.map(str::to_owned);
    }
    Ok(Applied { object, owners })
}

/// Removes what the writer applied last time, not this time, and nobody else owns.
fn prune(
    resource: &Resource,
    merged: Value,
    last: &Owner,
    others: &[Owner],
    set: &Paths,
    api_version: &str,
) -> Result<Value, Refusal> {
    let Some(to) = convert::view(resource, &last.api_version) else { return Ok(merged) };
    check_view(resource, &merged, &last.api_version)?;
    let shape = &to.shape;
    let named = |paths: &Paths| typed::with_named_fields(paths, shape);
    let merged = convert::convert(Cow::Owned(merged), resource, to).into_owned();
    let last_named = named(&last.paths);
    let nothing = || json!({});
    let mut pruned = typed::remove(&merged, shape, &last_named).unwrap_or_else(nothing);
    // What is owned comes back, each owner's in the version that it speaks; this version first, since others may not be
    // readable without it.
    let mut managed: BTreeMap<(bool, &str), Paths> = BTreeMap::new();
    let versions = others.iter().map(|owner| (owner.api_version.as_str(), &owner.paths));
    for (version, paths) in versions.chain([(api_version, set)]) {
        let all = managed.entry((version != last.api_version, version)).or_default();
        *all = all.union(paths);
    }
    for ((_, version), managed) in managed {
        let Some(view) = convert::view(resource, version) else { continue };
        let there = |object: &Value| convert::convert(Cow::Owned(object.clone()), to, view).into_owned();
        let fields = |object: &Value| typed::with_named_fields(&typed::fields(object, &view.shape), &view.shape);
        let keep = fields(&there(&pruned)).union(&typed::with_named_fields(&managed, &view.shape));
        let whole = there(&merged);
        let kept = typed::remove(&whole, &view.shape, &fields(&whole).difference(&keep)).unwrap_or_else(nothing);
        pruned = convert::convert(Cow::Owned(kept), view, to).into_owned();
    }
    let merged_fields = named(&typed::fields(&merged, shape));
    let dangling = merged_fields.difference(&named(&typed::fields(&pruned, shape))).intersection(&last_named);
    let pruned = typed::remove(&merged, shape, &dangling).unwrap_or_else(nothing);
    Ok(convert::convert(Cow::Owned(pruned), to, resource).into_owned())
}

/// A version of a definition that lacks a field of the object cannot tell who owns what in it.
fn check_view(resource: &Resource, object: &Value, api_version: &str) -> Result<(), Refusal> {
    let Some(to) = convert::view(resource, api_version).filter(|to| to.custom.is_some()) else { return Ok(()) };
    if to.version == resource.version {
        return Ok(());
    }
    match typed::check(object, &to.shape).into_iter().next() {
        Some(problem) => Err(Refusal::unreasoned(problem)),
        None => Ok(()),
    }
}

fn refuse(conflicts: &[(&Owner, FieldPath)]) -> Refusal {
    let causes = conflicts.iter().map(|(owner, path)| {
        Cause::new("FieldManagerConflict", path.to_string(), format!("conflict with {}", described(owner)))
    });
    let causes: Vec<Value> =
        causes.map(|cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field})).collect();
    let message = match conflicts {
        [(owner, path)] => format!("Apply failed with 1 conflict: conflict with {}: {path}", described(owner)),
        many => {
            let mut by_owner: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (owner, path) in many {
                by_owner.entry(described(owner)).or_default().push(path.to_string());
            }
            let mut lines = Vec::new();
            for (owner, paths) in by_owner {
                lines.push(format!("conflicts with {owner}:"));
                lines.extend(paths.into_iter().map(|path| format!("- {path}")));
            }
            format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
        }
    };
    Refusal::new(409, "Conflict", message).with_details(json!({"causes": causes}))
}

/// `"scaler" with subresource "scale" using apps/v1`
fn described(owner: &Owner) -> String {
    let mut text = format!("{:?}", owner.manager);
    if !owner.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", owner.subresource));
    }
    if owner.operation == Operation::Update {
        text.push_str(&format!(" using {}", owner.api_version));
    }
    text
}

/// Whether two objects are the same but for the times in their managedFields: such a write is none.
pub(super) fn is_same_but_times(old: &Value, new: &Value) -> bool {
    if old == new {
        return true;
    }
    let untimed = |object: &Value| {
        let mut object = object.clone();
        if let Some(entries) = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                entry.shift_remove("time");
            }
            // Their order follows the times.
            entries.sort_by_key(Value::to_string);
        }
        object
    };
    // Cheap first: most writes change more than times.
    let differs = |field: &str| old.get(field) != new.get(field);
    !(differs("spec") || differs("data") || differs("status")) && untimed(old) == untimed(new)
}
