//! The record that ditc keeps in an environment's namespace: a header in the ConfigMap `ditc`, the entries as gzip JSON
//! beside it or in parts `ditc-1…`. Reading and writing ConfigMaps is the business of `cluster`.
//!
//! The header is the commit point: parts are written first, under names that the header in force does not use, so a
//! writer that dies leaves the old record whole. What fits is kept in the header's own ConfigMap, in one write.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use serde::{Deserialize, Serialize};

use super::{
    Unreadable, entries,
    head::{Head, HeadV1},
    open, seal,
};
use crate::{
    names::{ComponentId, EnvironmentName, Namespace},
    object::{GroupKind, Hash},
    state::{ClusterId, Project, Run, State, Version},
};

/// The ConfigMap that holds the header.
pub const NAME: &str = "ditc";
/// The key of the header in its ConfigMap's `data`.
pub const HEADER: &str = "header";
/// The key of entries, inline or in a part, in the ConfigMap's `binaryData`.
pub const ENTRIES: &str = "entries";

const WHAT: &str = "record";

/// Far more than 10,000 objects need; a record that unpacks to more was not written by ditc.
const UNPACKED_LIMIT: u64 = 256 * 1024 * 1024;

/// How large a piece of the record may be, before Base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What may stand beside the header.
    pub inline: usize,
    /// What one part may hold.
    pub part: usize,
}

impl Default for Limits {
    /// A ConfigMap takes 1 MiB in all (<https://kubernetes.io/docs/concepts/configuration/configmap/#motivation>), and
    /// the server counts the bytes before Base64; beside the header more room is left for what may come.
    fn default() -> Self {
        Self { inline: 512 * 1024, part: 900 * 1024 }
    }
}

/// What the header tells without the entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    head: Head,
    /// The version of the ditc that wrote it.
    pub tool: String,
    /// The kinds of the entries, each in the versions recorded, so that one look at the header tells what to list.
    pub kinds: BTreeMap<GroupKind, BTreeSet<String>>,
    pub stored: Stored,
}

/// Where the entries are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// Beside the header.
    Inline(Hash),
    /// In ConfigMaps of these names, in this order.
    Parts(Vec<(String, Hash)>),
}

impl Header {
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.head.bare.version
    }

    #[must_use]
    pub fn cluster(&self) -> &ClusterId {
        &self.head.bare.cluster
    }

    #[must_use]
    pub fn environment(&self) -> &EnvironmentName {
        &self.head.bare.environment
    }

    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.head.bare.namespace
    }

    #[must_use]
    pub fn created_namespace(&self) -> bool {
        self.head.bare.created_namespace
    }

    #[must_use]
    pub fn components(&self) -> &BTreeMap<ComponentId, BTreeSet<ComponentId>> {
        &self.head.bare.components
    }

    /// The run that is under way, or that never came to its end.
    #[must_use]
    pub fn open(&self) -> Option<&Run> {
        self.head.bare.open.as_ref()
    }

    /// The project that the environment was last applied from, where that is known.
    #[must_use]
    pub fn project(&self) -> Option<Project> {
        self.head.bare.project()
    }

    #[must_use]
    pub fn written(&self) -> jiff::Timestamp {
        self.head.bare.written
    }

    /// How many entries there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.head.count
    }

    /// The hash over all entries; equal to [`root`](super::root) of the state.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.head.root
    }

    /// The names of the parts in use; none when the entries stand beside the header.
    #[must_use]
    pub fn parts(&self) -> BTreeSet<String> {
        match &self.stored {
            Stored::Inline(_) => BTreeSet::new(),
            Stored::Parts(parts) => parts.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// A record ready to be written: first the parts, then the header with what stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    pub header: Header,
    /// The text for `data.header`.
    pub text: String,
    /// The bytes for `binaryData.entries` of the same ConfigMap; none when there are parts.
    pub inline: Option<Vec<u8>>,
    pub parts: Vec<Part>,
}

/// A ConfigMap that holds a piece of the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    /// The bytes for `binaryData.entries`.
    pub bytes: Vec<u8>,
    pub hash: Hash,
}

#[derive(Serialize, Deserialize)]
struct HeaderV1 {
    tool: String,
    state: HeadV1,
    kinds: Vec<KindV1>,
    stored: StoredV1,
}

#[derive(Serialize, Deserialize)]
struct KindV1 {
    group: String,
    kind: String,
    versions: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StoredV1 {
    Inline(String),
    Parts(Vec<PartV1>),
}

#[derive(Serialize, Deserialize)]
struct PartV1 {
    name: String,
    hash: String,
}

/// Writes a state down. `in_use` are the names of the parts that the record in force refers to; none of them is reused.
#[must_use]
pub fn encode(state: &State, tool: &str, limits: Limits, in_use: &BTreeSet<String>) -> Encoded {
    let lines = entries::lines(state);
    let root = entries::root_of(lines.iter().map(|(_, line)| line.as_slice()));
    let packed = pack(lines.iter().map(|(_, line)| line.as_slice()));

    let mut kinds: BTreeMap<GroupKind, BTreeSet<String>> = BTreeMap::new();
    for (key, entry) in &state.entries {
        kinds.entry(key.kind.clone()).or_default().insert(entry.api_version.clone());
    }
    let kinds_v1 = kinds
        .iter()
        .map(|(GroupKind { group, kind }, versions)| KindV1 {
            group: group.clone(),
            kind: kind.clone(),
            versions: versions.clone(),
        })
        .collect();

    let mut parts = Vec::new();
    if packed.len() > limits.inline {
        let names = (1_u64..).map(|number| format!("{NAME}-{number}")).filter(|name| !in_use.contains(name));
        for (name, piece) in names.zip(packed.chunks(limits.part.max(1))) {
            parts.push(Part { name, bytes: piece.to_vec(), hash: Hash::of(piece) });
        }
    }
    let (stored, inline) = if parts.is_empty() {
        (Stored::Inline(Hash::of(&packed)), Some(packed))
    } else {
        (Stored::Parts(parts.iter().map(|part| (part.name.clone(), part.hash.clone())).collect()), None)
    };
    let stored_v1 = match &stored {
        Stored::Inline(hash) => StoredV1::Inline(hash.to_string()),
        Stored::Parts(parts) => StoredV1::Parts(
            parts.iter().map(|(name, hash)| PartV1 { name: name.clone(), hash: hash.to_string() }).collect(),
        ),
    };
    let text =
        seal(&HeaderV1 { tool: tool.to_owned(), state: HeadV1::new(state, &root), kinds: kinds_v1, stored: stored_v1 });
    let head = Head { bare: State { entries: BTreeMap::new(), ..state.clone() }, count: lines.len() as u64, root };
    Encoded { header: Header { head, tool: tool.to_owned(), kinds, stored }, text, inline, parts }
}

/// Reads a header.
///
/// # Errors
/// When it is damaged, or of a newer major format.
pub fn decode_header(text: &str) -> Result<Header, Unreadable> {
    let HeaderV1 { tool, state, kinds, stored } = open(WHAT, text.as_bytes())?;
    let kinds =
        kinds.into_iter().map(|KindV1 { group, kind, versions }| (GroupKind::new(group, kind), versions)).collect();
    let stored = match stored {
        StoredV1::Inline(hash) => Stored::Inline(entries::hash(&hash)?),
        StoredV1::Parts(parts) => Stored::Parts(
            parts
                .into_iter()
                .map(|PartV1 { name, hash }| Ok((name, entries::hash(&hash)?)))
                .collect::<Result<_, Unreadable>>()?,
        ),
    };
    Ok(Header { head: state.read(WHAT)?, tool, kinds, stored })
}

/// Reads the whole state. `pieces` are the bytes found under [`ENTRIES`], by the name of their ConfigMap: [`NAME`] for
/// what stands beside the header; pieces that the header does not name are ignored.
///
/// # Errors
/// When a piece is missing or is not the one that the header speaks of.
pub fn decode(header: &Header, pieces: &BTreeMap<String, Vec<u8>>) -> Result<State, Unreadable> {
    let piece = |name: &str, hash: &Hash| {
        let bytes = pieces.get(name).ok_or_else(|| damaged(format!("ConfigMap {name} has no `{ENTRIES}`")))?;
        if Hash::of(bytes) != *hash {
            return Err(damaged(format!("`{ENTRIES}` of ConfigMap {name} is not what the header speaks of")));
        }
        Ok(bytes.as_slice())
    };
    let packed = match &header.stored {
        Stored::Inline(hash) => piece(NAME, hash)?.to_vec(),
        Stored::Parts(parts) => {
            let found: Result<Vec<&[u8]>, Unreadable> = parts.iter().map(|(name, hash)| piece(name, hash)).collect();
            found?.concat()
        }
    };
    let unpacked = unpack(&packed)?;
    let lines = unpacked.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let entries = entries::read_lines(lines, header.head.count, &header.head.root)?;
    Ok(header.head.clone().with(entries))
}

/// Packs lines; the same lines give the same bytes, since the header of gzip is told no time.
fn pack<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    const MEMORY: &str = "a Vec takes every byte";
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    for line in lines {
        packer.write_all(line).expect(MEMORY);
        packer.write_all(b"\n").expect(MEMORY);
    }
    packer.finish().expect(MEMORY)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut unpacked = Vec::new();
    let read = GzDecoder::new(packed).take(UNPACKED_LIMIT + 1).read_to_end(&mut unpacked);
    read.map_err(|error| damaged(format!("no gzip: {error}")))?;
    if unpacked.len() as u64 > UNPACKED_LIMIT {
        return Err(damaged(format!("it unpacks to more than {UNPACKED_LIMIT} bytes")));
    }
    Ok(unpacked)
}

fn damaged(why: String) -> Unreadable {
    Unreadable::Damaged { what: WHAT, why }
}
