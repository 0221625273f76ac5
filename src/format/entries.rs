//! One line of JSON per object of a state, and the root hash over all lines; record and index both keep these lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Unreadable, journal::DeedV1};
use crate::{
    object::{Hash, Object, ObjectKey, Uid},
    ownership::{Fingerprint, Paths},
    state::{Applied, Deed, Entry, Phase, State},
};

const WHAT: &str = "entry of an object";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryV1 {
    key: KeyV1,
    api_version: String,
    component: Option<String>,
    phase: PhaseV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deed: Option<DeedV1>,
}

/// An [`ObjectKey`] as the formats keep it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeyV1 {
    group: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PhaseV1 {
    Planned,
    Applied(Box<AppliedV1>),
    Replacing(Box<AppliedV1>),
}

#[derive(Serialize, Deserialize)]
struct AppliedV1 {
    uid: String,
    body: Value,
    desired: String,
    fingerprint: Option<String>,
    /// In the form of FieldsV1.
    owned: Value,
    /// In the form of FieldsV1.
    #[serde(default, skip_serializing_if = "is_nothing")]
    yielded: Value,
    /// The keyed digests of a Secret's given values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    given: BTreeMap<String, String>,
    /// How often a Secret's generated values were made anew.
    #[serde(default, skip_serializing_if = "is_first")]
    round: u32,
    finished: bool,
}

/// Whether nothing was made anew yet, so that older versions read what they wrote.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn is_first(round: &u32) -> bool {
    *round == 0
}

fn is_nothing(fields: &Value) -> bool {
    fields.as_object().is_none_or(serde_json::Map::is_empty)
}

impl From<&ObjectKey> for KeyV1 {
    fn from(key: &ObjectKey) -> Self {
        let ObjectKey { kind, namespace, name } = key;
        Self { group: kind.group.clone(), kind: kind.kind.clone(), namespace: namespace.clone(), name: name.clone() }
    }
}

impl From<KeyV1> for ObjectKey {
    fn from(key: KeyV1) -> Self {
        let KeyV1 { group, kind, namespace, name } = key;
        Self::new(&group, &kind, namespace.as_deref(), &name)
    }
}

/// The root hash over all entries of a state: equal roots hold the same entries.
#[must_use]
pub fn root(state: &State) -> Hash {
    root_of(lines(state).iter().map(|(_, line)| line.as_slice()))
}

/// Hashes lines in the order of their keys.
pub(super) fn root_of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Hash {
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update(line);
        hasher.update(b"\n");
    }
    Hash::from_digest(hasher.finalize().into())
}

/// All entries in the order of their keys, each one line of JSON without its end.
pub(super) fn lines(state: &State) -> Vec<(&ObjectKey, Vec<u8>)> {
    state.entries.iter().map(|(key, entry)| (key, line(key, entry))).collect()
}

fn line(key: &ObjectKey, entry: &Entry) -> Vec<u8> {
    let Entry { component, api_version, phase, deed } = entry;
    let phase = match phase {
        Phase::Planned => PhaseV1::Planned,
        Phase::Applied(applied) => PhaseV1::Applied(Box::new(applied.into())),
        Phase::Replacing(applied) => PhaseV1::Replacing(Box::new(applied.into())),
    };
    let entry = EntryV1 {
        key: key.into(),
        api_version: api_version.clone(),
        component: component.as_ref().map(ToString::to_string),
        phase,
        deed: deed.map(DeedV1::from),
    };
    serde_json::to_vec(&entry).expect("an entry has text keys and no special floats")
}

impl From<&Applied> for AppliedV1 {
    fn from(applied: &Applied) -> Self {
        let Applied { uid, body, desired, fingerprint, owned, given, yielded, round, finished } = applied;
        Self {
            uid: uid.to_string(),
            body: without_values(body),
            desired: desired.to_string(),
            fingerprint: fingerprint.as_ref().map(|fingerprint| fingerprint.0.to_string()),
            owned: owned.to_fields(),
            yielded: yielded.to_fields(),
            given: given.iter().map(|(key, digest)| (key.clone(), digest.to_string())).collect(),
            round: *round,
            finished: *finished,
        }
    }
}

impl AppliedV1 {
    fn read(self) -> Result<Applied, Unreadable> {
        let AppliedV1 { uid, body, desired, fingerprint, owned, yielded, given, round, finished } = self;
        let paths = |fields: &Value| Paths::from_fields(fields).map_err(damaged);
        Ok(Applied {
            uid: Uid(uid),
            body: Object(body),
            desired: hash(&desired)?,
            fingerprint: fingerprint.map(|text| hash(&text).map(Fingerprint)).transpose()?,
            owned: paths(&owned)?,
            given: given
                .into_iter()
                .map(|(key, digest)| Ok((key, hash(&digest)?)))
                .collect::<Result<_, Unreadable>>()?,
            yielded: if is_nothing(&yielded) { Paths::default() } else { paths(&yielded)? },
            round,
            finished,
        })
    }
}

/// The body of a Secret has no values by the time it comes here; should one ever have some, they are not written down.
pub(super) fn without_values(body: &Object) -> Value {
    let mut value = body.0.clone();
    if body.is_secret()
        && let Some(map) = value.as_object_mut()
    {
        map.retain(|field, _| !matches!(field.as_str(), "data" | "stringData"));
    }
    value
}

/// Reads one line.
pub(super) fn read_line(line: &[u8]) -> Result<(ObjectKey, Entry), Unreadable> {
    let entry: EntryV1 = serde_json::from_slice(line).map_err(damaged)?;
    let EntryV1 { key, api_version, component, phase, deed } = entry;
    let phase = match phase {
        PhaseV1::Planned => Phase::Planned,
        PhaseV1::Applied(applied) => Phase::Applied(applied.read()?),
        PhaseV1::Replacing(applied) => Phase::Replacing(applied.read()?),
    };
    let component = component.map(|text| text.parse()).transpose().map_err(damaged)?;
    Ok((key.into(), Entry { component, api_version, phase, deed: deed.map(Deed::from) }))
}

/// Reads lines that must come to `count` and `root`.
pub(super) fn read_lines<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    count: u64,
    root: &Hash,
) -> Result<BTreeMap<ObjectKey, Entry>, Unreadable> {
    let mut by_key = BTreeMap::new();
    for line in lines {
        let (key, entry) = read_line(line)?;
        if by_key.insert(key.clone(), (line, entry)).is_some() {
            return Err(damaged(format!("{key} is there twice")));
        }
    }
    if by_key.len() as u64 != count {
        return Err(damaged(format!("there are {} objects where {count} were written", by_key.len())));
    }
    if root_of(by_key.values().map(|(line, _)| *line)) != *root {
        return Err(damaged("their root hash does not match"));
    }
    Ok(by_key.into_iter().map(|(key, (_, entry))| (key, entry)).collect())
}

pub(super) fn hash(text: &str) -> Result<Hash, Unreadable> {
    Hash::from_hex(text).ok_or_else(|| damaged(format!("{text:?} is no hash")))
}

fn damaged(why: impl ToString) -> Unreadable {
    Unreadable::Damaged { what: WHAT, why: why.to_string() }
}
