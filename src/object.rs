//! A Kubernetes object as plain JSON: its key, its fields by path, its canonical form and hash. No request is made here.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A kind without its version: versions are views of one object, so they are no part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// Empty for the core group.
    pub group: String,
    pub kind: String,
}

impl GroupKind {
    #[must_use]
    pub fn new(group: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { group: group.into(), kind: kind.into() }
    }

    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

/// `Deployment.apps`, `Service`.
impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => f.write_str(&self.kind),
            group => write!(f, "{}.{group}", self.kind),
        }
    }
}

/// What makes an object the same object for its users: group, kind, namespace, name. Never the version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    pub kind: GroupKind,
    /// None for objects of the whole cluster.
    pub namespace: Option<String>,
    pub name: String,
}

impl ObjectKey {
    #[must_use]
    pub fn new(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Self {
        Self { kind: GroupKind::new(group, kind), namespace: namespace.map(str::to_owned), name: name.to_owned() }
    }

    /// The key of a namespace itself.
    #[must_use]
    pub fn namespace(name: &str) -> Self {
        Self::new("", "Namespace", None, name)
    }
}

/// `Deployment/orders`, the object part of an address.
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.kind, self.name)
    }
}

/// The uid that the server gave an object; another uid under the same key is another object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub String);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 over a canonical form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes over what a running SHA-256 came to.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Hashes the [canonical] form of a value.
    #[must_use]
    pub fn of_value(value: &Value) -> Self {
        Self::of(canonical(value).as_bytes())
    }

    /// Reads back what [`fmt::Display`] wrote.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// JSON with sorted keys and no spaces: the same value always gives the same text.
#[must_use]
pub fn canonical(value: &Value) -> String {
    fn write(value: &Value, out: &mut String) {
        match value {
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort();
                out.push('{');
                for (i, key) in keys.into_iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::from(key.as_str()).to_string());
                    out.push(':');
                    write(&map[key], out);
                }
                out.push('}');
            }
            Value::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write(item, out);
                }
                out.push(']');
            }
            scalar => out.push_str(&scalar.to_string()),
        }
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// One step into an object, in the form of managed fields
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a map: `.spec`.
    Field(String),
    /// An item of a keyed list, by the canonical JSON of its keys: `[name="main"]`.
    Key(String),
    /// A member of a set, by its canonical JSON: `[="finalizer"]`.
    Value(String),
    /// An item of a list by position: `[0]`.
    Index(usize),
}

impl Segment {
    /// Finds what this step leads to.
    #[must_use]
    pub fn enter<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Segment::Field(name) => value.as_object()?.get(name),
            Segment::Index(index) => value.as_array()?.get(*index),
            Segment::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
                let is_named = |item: &Value, (key, value): (&String, &Value)| match item.get(key) {
                    Some(own) => own == value,
                    None => is_default(key, value),
                };
                value.as_array()?.iter().find(|item| item.is_object() && keys.iter().all(|key| is_named(item, key)))
            }
            Segment::Value(member) => value.as_array()?.iter().find(|item| canonical(item) == *member),
        }
    }

    fn enter_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        if let Segment::Field(name) = self {
            return value.as_object_mut()?.get_mut(name);
        }
        let found = self.enter(value)?;
        let index = value.as_array()?.iter().position(|item| std::ptr::eq(item, found))?;
        value.as_array_mut()?.get_mut(index)
    }
}

/// Whether an item that says nothing of a key has this value: a manifest leaves it to the server, a live object never does.
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>: keys of lists have defaults.)
fn is_default(key: &str, value: &Value) -> bool {
    match value {
        Value::String(text) if key == "protocol" => text == "TCP",
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Field(name) => write!(f, ".{name}"),
            Segment::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Segment::Value(member) => write!(f, "[={member}]"),
            Segment::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A way into an object, printed as the server prints it in conflicts: `.spec.template.spec.containers[name="main"].image`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// A path of plain fields.
    #[must_use]
    pub fn fields(names: &[&str]) -> Self {
        Self(names.iter().map(|name| Segment::Field((*name).to_owned())).collect())
    }

    #[must_use]
    pub fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// Finds what the path leads to.
    #[must_use]
    pub fn get<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, segment| segment.enter(value))
    }

    /// Sets a field, and makes the maps on the way to it. Items of lists are found, never made.
    pub fn set(&self, value: &mut Value, to: Value) {
        let place = self.0.iter().try_fold(value, |value, segment| match (segment, &*value) {
            (Segment::Field(name), Value::Object(_) | Value::Null) => Some(&mut value[name.as_str()]),
            _ => segment.enter_mut(value),
        });
        if let Some(place) = place {
            *place = to;
        }
    }

    /// Takes away the field that the path leads to, if it is there. An item of a list stays.
    pub fn remove(&self, value: &mut Value) {
        let Some((Segment::Field(name), way)) = self.0.split_last() else { return };
        let parent = way.iter().try_fold(value, |value, segment| segment.enter_mut(value));
        if let Some(map) = parent.and_then(Value::as_object_mut) {
            map.shift_remove(name);
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| write!(f, "{segment}"))
    }
}

/// An object as the server or a manifest has it. Its `Debug` never shows what a Secret holds.
#[derive(Clone, PartialEq)]
pub struct Object(pub Value);

impl Object {
    /// The key, when the value has a kind, an apiVersion and a name.
    #[must_use]
    pub fn key(&self) -> Option<ObjectKey> {
        let (group, _) = split_api_version(self.api_version()?);
        let (kind, name) = (self.kind()?, self.name()?);
        Some(ObjectKey::new(group, kind, self.metadata("namespace").and_then(Value::as_str), name))
    }

    #[must_use]
    pub fn api_version(&self) -> Option<&str> {
        self.0.get("apiVersion")?.as_str()
    }

    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.0.get("kind")?.as_str()
    }

    #[must_use]
    pub fn metadata(&self, field: &str) -> Option<&Value> {
        self.0.get("metadata")?.get(field)
    }

    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.metadata("name")?.as_str()
    }

    #[must_use]
    pub fn uid(&self) -> Option<Uid> {
        self.metadata("uid")?.as_str().map(|uid| Uid(uid.to_owned()))
    }

    #[must_use]
    pub fn resource_version(&self) -> Option<&str> {
        self.metadata("resourceVersion")?.as_str()
    }

    #[must_use]
    pub fn generation(&self) -> Option<i64> {
        self.metadata("generation")?.as_i64()
    }

    /// Whether a delete was accepted and the object waits for its finalizers.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        self.metadata("deletionTimestamp").is_some_and(|time| !time.is_null())
    }

    #[must_use]
    pub fn finalizers(&self) -> Vec<&str> {
        let names = self.metadata("finalizers").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.metadata("labels")?.get(name)?.as_str()
    }

    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata("annotations")?.get(name)?.as_str()
    }

    /// The owner that made this object and will remove it, if a controller did.
    #[must_use]
    pub fn controller(&self) -> Option<&Value> {
        let owners = self.metadata("ownerReferences")?.as_array()?;
        owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
    }

    /// A JSON pointer into the object.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind() == Some("Secret") && self.api_version() == Some("v1")
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Cow::Borrowed(&self.0);
        let may_be_secret = self.kind().is_none_or(|kind| kind == "Secret");
        if let (true, Some(map)) = (may_be_secret, shown.to_mut().as_object_mut()) {
            map.retain(|key, _| !matches!(key.as_str(), "data" | "stringData"));
        }
        write!(f, "Object({shown})")
    }
}

/// Splits `apps/v1` into group and version; the core group is empty.
#[must_use]
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Joins what [`split_api_version`] split.
#[must_use]
pub fn join_api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_form_ignores_the_order_of_keys() {
        let (a, b) =
            (json!({"b": [1, {"d": null, "c": "x"}], "a": true}), json!({"a": true, "b": [1, {"c": "x", "d": null}]}));
        assert_eq!(canonical(&a), r#"{"a":true,"b":[1,{"c":"x","d":null}]}"#);
        assert_eq!(Hash::of_value(&a), Hash::of_value(&b));
        assert_eq!(Hash::from_hex(&Hash::of_value(&a).to_string()), Some(Hash::of_value(&a)));
    }

    #[test]
    fn paths_read_as_the_server_writes_them() {
        let path = FieldPath::fields(&["spec", "containers"])
            .with(Segment::Key(r#"{"name":"main"}"#.into()))
            .with(Segment::Field("image".into()));
        assert_eq!(path.to_string(), r#".spec.containers[name="main"].image"#);
        let object = json!({"spec": {"containers": [{"name": "side"}, {"name": "main", "image": "a:1"}]}});
        assert_eq!(path.get(&object), Some(&json!("a:1")));
    }

    #[test]
    fn debug_hides_what_a_secret_holds() {
        let secret =
            Object(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "Y2FuYXJ5"}}));
        let shown = format!("{secret:?}");
        assert!(shown.contains("Secret") && !shown.contains("Y2FuYXJ5"), "{shown}");
    }
}
