//! The local copy of a state, as keys and values of an index: one header, one value per object. Which index keeps them
//! is the business of `store`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Unreadable, entries,
    head::{HeadV1, parse},
    open, seal,
};
use crate::state::{Lineage, State, Version};

const WHAT: &str = "local state";

/// A local copy, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub header: String,
    /// By a text that is unique for each object.
    pub entries: BTreeMap<String, Vec<u8>>,
}

/// What a header stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// A state, once [`decode`] has read its entries.
    Local(Box<Header>),
    Destroyed(Tombstone),
}

/// The header of a local copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    head: super::head::Head,
    /// What the record carried when it was last seen, in the words of who saw it.
    pub fence: String,
    pub seen: Timestamp,
}

/// What is left of an environment that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its last version.
    pub version: Version,
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct HeaderV1 {
    kept: KeptV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum KeptV1 {
    Local(Box<LocalV1>),
    Destroyed(TombstoneV1),
}

#[derive(Serialize, Deserialize)]
struct LocalV1 {
    state: HeadV1,
    fence: String,
    seen: String,
}

#[derive(Serialize, Deserialize)]
struct TombstoneV1 {
    lineage: String,
    serial: u64,
    at: String,
}

/// Writes a state down as of `seen`.
#[must_use]
pub fn encode(state: &State, fence: &str, seen: Timestamp) -> Encoded {
    let lines = entries::lines(state);
    let root = entries::root_of(lines.iter().map(|(_, line)| line.as_slice()));
    let local = LocalV1 { state: HeadV1::new(state, &root), fence: fence.to_owned(), seen: seen.to_string() };
    let entries = lines
        .into_iter()
        .map(|(key, line)| {
            let parts = [Some(&key.kind.group), Some(&key.kind.kind), key.namespace.as_ref(), Some(&key.name)];
            (serde_json::json!(parts).to_string(), line)
        })
        .collect();
    Encoded { header: seal(&HeaderV1 { kept: KeptV1::Local(Box::new(local)) }), entries }
}

/// Writes down that an environment was destroyed.
#[must_use]
pub fn encode_tombstone(tombstone: &Tombstone) -> String {
    let Tombstone { version: Version { lineage, serial }, at } = tombstone;
    seal(&HeaderV1 {
        kept: KeptV1::Destroyed(TombstoneV1 { lineage: lineage.to_string(), serial: *serial, at: at.to_string() }),
    })
}

/// Reads a header.
///
/// # Errors
/// When it is damaged, or of a newer major format.
pub fn decode_header(header: &[u8]) -> Result<Kept, Unreadable> {
    let HeaderV1 { kept } = open(WHAT, header)?;
    Ok(match kept {
        KeptV1::Local(local) => {
            let LocalV1 { state, fence, seen } = *local;
            Kept::Local(Box::new(Header { head: state.read(WHAT)?, fence, seen: parse(WHAT, &seen)? }))
        }
        KeptV1::Destroyed(TombstoneV1 { lineage, serial, at }) => {
            Kept::Destroyed(Tombstone { version: Version { lineage: Lineage(lineage), serial }, at: parse(WHAT, &at)? })
        }
    })
}

/// Reads the whole state; `lines` are the values of its objects in any order.
///
/// # Errors
/// When the values are not exactly those that were written with this header.
pub fn decode<'a>(header: &Header, lines: impl Iterator<Item = &'a [u8]>) -> Result<State, Unreadable> {
    let entries = entries::read_lines(lines, header.head.count, &header.head.root)?;
    Ok(header.head.clone().with(entries))
}
