//! Who owns which field: managedFields as paths and owners, and the fingerprint over what ditc owns. It decides nothing.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::object::{FieldPath, Hash, Object, Segment, canonical};

/// The one field manager of ditc. It never changes: another name would leave every field with two owners.
pub const FIELD_MANAGER: &str = "ditc";

/// A set of paths, kept as the tree that managedFields are (FieldsV1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    children: BTreeMap<Segment, Node>,
}

/// A step in [`Paths`]: a member itself, or only on the way to members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub member: bool,
    pub below: Paths,
}

/// Managed fields that do not have the form of FieldsV1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("managed fields hold {0:?}, which is no path")]
pub struct Unreadable(pub String);

impl Paths {
    /// Reads FieldsV1 (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>).
    ///
    /// # Errors
    /// When a step has none of the forms `f:`, `k:`, `v:`, `i:`, `.`.
    pub fn from_fields(fields: &Value) -> Result<Self, Unreadable> {
        let map = fields.as_object().ok_or_else(|| Unreadable(fields.to_string()))?;
        let mut children = BTreeMap::new();
        for (step, below) in map.iter().filter(|(step, _)| *step != ".") {
            let below_map = below.as_object().ok_or_else(|| Unreadable(below.to_string()))?;
            let member = below_map.is_empty() || below_map.contains_key(".");
            children.insert(segment(step)?, Node { member, below: Self::from_fields(below)? });
        }
        Ok(Self { children })
    }

    /// Writes FieldsV1.
    #[must_use]
    pub fn to_fields(&self) -> Value {
        let mut map = Map::new();
        for (segment, node) in &self.children {
            let mut below = node.below.to_fields();
            if let (true, false, Some(below)) = (node.member, node.below.is_empty(), below.as_object_mut()) {
                below.shift_insert(0, ".".to_owned(), Value::Object(Map::new()));
            }
            map.insert(step(segment), below);
        }
        Value::Object(map)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub fn children(&self) -> impl Iterator<Item = (&Segment, &Node)> {
        self.children.iter()
    }

    #[must_use]
    pub fn child(&self, segment: &Segment) -> Option<&Node> {
        self.children.get(segment)
    }

    /// Sets what stands at one step.
    pub fn put(&mut self, segment: Segment, node: Node) {
        self.children.insert(segment, node);
    }

    pub fn insert(&mut self, path: &[Segment]) {
        let Some((first, rest)) = path.split_first() else { return };
        let node = self.children.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    #[must_use]
    pub fn contains(&self, path: &[Segment]) -> bool {
        self.node(path).is_some_and(|node| node.member)
    }

    /// Whether a member of the set is the path itself, or an atomic value that holds it.
    #[must_use]
    pub fn covers(&self, path: &[Segment]) -> bool {
        let is_atomic = |length| self.node(&path[..length]).is_some_and(|node| node.member && node.below.is_empty());
        self.contains(path) || (1..path.len()).any(is_atomic)
    }

    /// Whether a member is the path itself, an atomic value that holds it, or something below it.
    #[must_use]
    pub fn touches(&self, path: &[Segment]) -> bool {
        self.covers(path) || self.node(path).is_some()
    }

    /// Whether a member is the path itself or something below it. What is only inside a member that has nothing below it
    /// does not count: such a member is an atomic value, or a map whose fields others took.
    #[must_use]
    pub fn reaches(&self, path: &[Segment]) -> bool {
        self.node(path).is_some()
    }

    fn node(&self, path: &[Segment]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        let node = self.children.get(first)?;
        if rest.is_empty() { Some(node) } else { node.below.node(rest) }
    }

    /// Every member, parents before what is below them.
    #[must_use]
    pub fn members(&self) -> Vec<FieldPath> {
        fn walk(paths: &Paths, at: &FieldPath, found: &mut Vec<FieldPath>) {
            for (segment, node) in &paths.children {
                let path = at.with(segment.clone());
                if node.member {
                    found.push(path.clone());
                }
                walk(&node.below, &path, found);
            }
        }
        let mut found = Vec::new();
        walk(self, &FieldPath::default(), &mut found);
        found
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (segment, node) in &other.children {
            let mine = all.children.entry(segment.clone()).or_default();
            mine.member |= node.member;
            mine.below = mine.below.union(&node.below);
        }
        all
    }

    /// The members of `self` that are not members of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.filter(other, |mine, theirs| mine && !theirs)
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.filter(other, |mine, theirs| mine && theirs)
    }

    fn filter(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let nothing = Node::default();
        let mut children = BTreeMap::new();
        for (segment, node) in &self.children {
            let theirs = other.children.get(segment).unwrap_or(&nothing);
            let member = keep(node.member, theirs.member);
            let below = node.below.filter(&theirs.below, keep);
            if member || !below.is_empty() {
                children.insert(segment.clone(), Node { member, below });
            }
        }
        Self { children }
    }
}

fn segment(step: &str) -> Result<Segment, Unreadable> {
    let unreadable = || Unreadable(step.to_owned());
    let (form, rest) = step.split_once(':').ok_or_else(unreadable)?;
    match form {
        "f" => Ok(Segment::Field(rest.to_owned())),
        "k" => serde_json::from_str(rest).map(|keys| Segment::Key(canonical(&keys))).map_err(|_| unreadable()),
        "v" => serde_json::from_str(rest).map(|value| Segment::Value(canonical(&value))).map_err(|_| unreadable()),
        "i" => rest.parse().map(Segment::Index).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

fn step(segment: &Segment) -> String {
    match segment {
        Segment::Field(name) => format!("f:{name}"),
        Segment::Key(keys) => format!("k:{keys}"),
        Segment::Value(value) => format!("v:{value}"),
        Segment::Index(index) => format!("i:{index}"),
    }
}

/// How a manager came to own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Apply,
    Update,
}

/// One entry of an object's managedFields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub manager: String,
    pub operation: Operation,
    /// Empty for the object itself; `scale` and `status` are written by controllers and by `kubectl scale` alike.
    pub subresource: String,
    pub api_version: String,
    /// When this manager last wrote, not when it took a certain field; absent for `scale`.
    pub time: Option<String>,
    pub paths: Paths,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.manager)
    }
}

/// Reads an object's managedFields; entries that cannot be read are left out, so their fields have no known owner.
#[must_use]
pub fn owners(object: &Object) -> Vec<Owner> {
    let entries = object.metadata("managedFields").and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(owner).collect()
}

/// Reads one entry of managedFields, if it can be read.
#[must_use]
pub fn owner(entry: &Value) -> Option<Owner> {
    let text = |field| entry.get(field).and_then(Value::as_str);
    Some(Owner {
        manager: text("manager")?.to_owned(),
        operation: match text("operation")? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        },
        subresource: text("subresource").unwrap_or_default().to_owned(),
        api_version: text("apiVersion")?.to_owned(),
        time: text("time").map(str::to_owned),
        paths: Paths::from_fields(entry.get("fieldsV1")?).ok()?,
    })
}

/// The entry that shows what ditc owns: its Apply entry, else the entry of its creating POST (Namespaces and Secrets are
/// made once, not applied).
#[must_use]
pub fn ours(object: &Object) -> Option<Owner> {
    let mut owners = owners(object);
    owners.retain(|owner| owner.manager == FIELD_MANAGER && owner.subresource.is_empty());
    owners.sort_by_key(|owner| owner.operation);
    owners.into_iter().next()
}

/// The paths of that entry; none where there is no such entry.
#[must_use]
pub fn our_paths(object: &Object) -> Paths {
    ours(object).map(|owner| owner.paths).unwrap_or_default()
}

/// A hash over path and live value at exactly the paths that ditc owns: equal to the recorded one, nobody touched what
/// is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(pub Hash);

/// Takes the fingerprint of a live object, given what ditc last applied to it. None is *unknown*: managedFields were
/// stripped, speak another apiVersion than the object was read in, or name a path that cannot be followed.
///
/// Where the applied value is an empty map (`emptyDir: {}`), only its presence counts: what the server or others put
/// inside is not ours, and the server never restores it.
#[must_use]
pub fn fingerprint(live: &Object, applied: &Object) -> Option<Fingerprint> {
    let ours = ours(live)?;
    if live.api_version()? != ours.api_version {
        return None;
    }
    let mut hasher = Sha256::new();
    hash_below(&ours.paths, Some(&live.0), Some(&applied.0), &FieldPath::default(), &mut hasher)?;
    Some(Fingerprint(Hash::from_digest(hasher.finalize().into())))
}

/// A hash over path and live value at the given paths, whoever owns them.
#[must_use]
pub fn hash_at(paths: &Paths, live: &Object) -> Hash {
    let mut hasher = Sha256::new();
    if hash_below(paths, Some(&live.0), None, &FieldPath::default(), &mut hasher).is_none() {
        hasher.update("another shape");
        hasher.update(canonical(&live.0));
    }
    Hash::from_digest(hasher.finalize().into())
}

/// The fingerprint of an object whose values ditc never reads: uid and the paths of our entry.
#[must_use]
pub fn path_fingerprint(live: &Object) -> Option<Fingerprint> {
    let ours = ours(live)?;
    let uid = live.uid()?;
    Some(Fingerprint(Hash::of(format!("{uid}\n{}", canonical(&ours.paths.to_fields())).as_bytes())))
}

/// The manifest that the owner of the given paths must have applied: the object at these paths, with its identity.
#[must_use]
pub fn applied(paths: &Paths, live: &Object) -> Object {
    let mut body = project(paths, &live.0);
    for field in ["apiVersion", "kind"] {
        body[field] = live.0[field].clone();
    }
    for field in ["name", "namespace"] {
        if let Some(value) = live.metadata(field) {
            body["metadata"][field] = value.clone();
        }
    }
    Object(body)
}

/// The part of an object that lies at the given paths, in the object's own order.
fn project(paths: &Paths, live: &Value) -> Value {
    match live {
        Value::Object(map) if !paths.is_empty() => {
            let kept = map.iter().filter_map(|(name, value)| {
                let node = paths.child(&Segment::Field(name.clone()))?;
                Some((name.clone(), project(&node.below, value)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) if !paths.is_empty() => {
            let kept = items.iter().filter_map(|item| {
                let entered = |segment: &Segment| segment.enter(live).is_some_and(|found| std::ptr::eq(found, item));
                let (_, node) = paths.children().find(|(segment, _)| entered(segment))?;
                Some(project(&node.below, item))
            });
            Value::Array(kept.collect())
        }
        whole => whole.clone(),
    }
}

fn hash_below(
    paths: &Paths,
    live: Option<&Value>,
    applied: Option<&Value>,
    at: &FieldPath,
    hasher: &mut Sha256,
) -> Option<()> {
    let keyed = paths.children().any(|(segment, _)| !matches!(segment, Segment::Field(_)));
    match live {
        Some(Value::Array(items)) if keyed => {
            // Order alone moves no owner, so the sequence of what we own is hashed as well.
            let mut sequence: Vec<(usize, &Segment)> = paths
                .children()
                .filter_map(|(segment, _)| {
                    let found = segment.enter(live?)?;
                    items.iter().position(|item| std::ptr::eq(item, found)).map(|index| (index, segment))
                })
                .collect();
            sequence.sort_by_key(|(index, _)| *index);
            for (_, segment) in sequence {
                hasher.update(format!("{at} {segment}\n"));
            }
        }
        Some(Value::Object(_)) if !keyed => {}
        None | Some(Value::Null) => {}
        Some(_) => return None,
    }
    for (segment, node) in paths.children() {
        let path = at.with(segment.clone());
        let live = live.and_then(|live| segment.enter(live));
        let applied = applied.and_then(|applied| segment.enter(applied));
        if node.below.is_empty() {
            let text = match live {
                None => "absent".to_owned(),
                Some(Value::Object(_)) if applied.is_some_and(is_empty_map) => "present".to_owned(),
                Some(value) => canonical(value),
            };
            hasher.update(format!("{path} {text}\n"));
        } else {
            hasher.update(format!("{path} {}\n", if live.is_some() { "present" } else { "absent" }));
            hash_below(&node.below, live, applied, &path, hasher)?;
        }
    }
    Some(())
}

fn is_empty_map(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(replicas: i64, image: &str) -> Object {
        Object(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "managedFields": [
                {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status", "apiVersion": "apps/v1",
                 "fieldsV1": {"f:status": {}}},
                {"manager": "ditc", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": {
                    "f:template": {"f:spec": {"f:containers": {
                        "k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:image": {}, "f:resources": {}},
                        "k:{\"name\":\"b\"}": {".": {}, "f:name": {}}}}}}}}]},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": [
                {"name": "a", "image": image, "resources": {"limits": {"cpu": "1"}}}, {"name": "b", "image": "b"}]}}}}))
    }

    fn applied() -> Object {
        Object(
            json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x", "resources": {}}, {"name": "b"}]}}}}),
        )
    }

    #[test]
    fn fields_read_back_as_written() {
        let fields = json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}, "f:finalizers": {"v:\"x\"": {}}}});
        let paths = Paths::from_fields(&fields).expect("valid");
        assert_eq!(paths.to_fields(), fields);
        let members: Vec<String> = paths.members().iter().map(FieldPath::to_string).collect();
        assert_eq!(
            members,
            [".spec.containers[name=\"a\"]", ".spec.containers[name=\"a\"].image", ".spec.finalizers[=\"x\"]"]
        );
        assert!(Paths::from_fields(&json!({"x:spec": {}})).is_err());
    }

    #[test]
    fn sets_subtract_and_meet() {
        let paths = |fields| Paths::from_fields(&fields).expect("valid");
        let (a, b) = (paths(json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}})), paths(json!({"f:a": {"f:b": {}}})));
        assert_eq!(a.difference(&b), paths(json!({"f:a": {}, "f:c": {}})));
        assert_eq!(a.intersection(&b), b);
        assert_eq!(a.difference(&b).union(&b), a);
    }

    #[test]
    fn fingerprint_moves_with_what_is_ours_and_with_nothing_else() {
        let base = fingerprint(&deployment(1, "x"), &applied());
        assert!(base.is_some());
        assert_eq!(base, fingerprint(&deployment(5, "x"), &applied()), "replicas are not ours");
        assert_ne!(base, fingerprint(&deployment(1, "y"), &applied()));
        let mut reordered = deployment(1, "x");
        reordered.0["spec"]["template"]["spec"]["containers"].as_array_mut().expect("list").reverse();
        assert_ne!(base, fingerprint(&reordered, &applied()), "order moves no owner, yet counts");
        let mut inside = deployment(1, "x");
        inside.0["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({});
        assert_eq!(base, fingerprint(&inside, &applied()), "what stands inside our empty map is not ours");
    }

    #[test]
    fn a_projection_holds_what_is_ours_and_no_more() {
        let live = deployment(3, "x");
        let ours = ours(&live).expect("an entry of ours");
        let expected = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "a", "image": "x", "resources": {"limits": {"cpu": "1"}}}, {"name": "b"}]}}}});
        assert_eq!(project(&ours.paths, &live.0), expected);
    }

    #[test]
    fn fingerprint_is_unknown_without_our_entry_or_in_another_version() {
        let mut stripped = deployment(1, "x");
        stripped.0["metadata"]["managedFields"] = json!([]);
        assert_eq!(fingerprint(&stripped, &applied()), None);
        let mut other = deployment(1, "x");
        other.0["apiVersion"] = json!("apps/v2");
        assert_eq!(fingerprint(&other, &applied()), None);
        let mut moved = deployment(1, "x");
        moved.0["spec"]["template"] = json!("text");
        assert_eq!(fingerprint(&moved, &applied()), None);
    }
}
