//! A saved plan: what it was made from, and what it is bound to. The planner is a pure function, so the plan itself needs
//! no place in the file. It holds no value of a Secret.
//!
//! ```text
//! ditc plan file            so that nothing else is ever taken for one, or overwritten as one
//! {"format":"1.0",…}        a sealed line: which ditc made it, and the checksum of all that follows
//! gzip                      of one JSON object
//! ```

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    time::Duration,
};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Unreadable,
    entries::hash,
    head::{DefinitionV1, parse},
    open, seal,
};
use crate::{
    diagnostic::Sources,
    image::Awaiting,
    names::EnvironmentName,
    object::Hash,
    plan::{Basis, Preflight},
    state::{ClusterId, Definition, Lineage, Version},
};

mod basis;
mod choices;
mod desired;
mod preflight;
mod seen;
#[cfg(test)]
mod tests;

const WHAT: &str = "saved plan";

/// The first line of every saved plan.
pub const MARK: &[u8] = b"ditc plan file\n";

/// The largest file that is read or written; a plan over thousands of objects is far below it.
pub const LIMIT: u64 = 64 << 20;

/// What a file may unpack to, so that a small one cannot fill the memory.
const UNPACKED_LIMIT: u64 = 512 << 20;

/// A plan as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    pub basis: Basis,
    /// The texts that the places in [`Basis::desired`] point into.
    pub sources: Sources,
    /// What was foreseen of its run, for those who look at it.
    pub preflight: Preflight,
    pub cluster: ClusterId,
    /// What people call that cluster.
    pub cluster_name: String,
    /// The kubeconfig's context that `ditc.toml` named.
    pub context: Option<String>,
    /// The flags that led to the cluster, for proposed commands.
    pub flags: String,
    /// The record that was read; none where there was none.
    pub base: Option<Version>,
    /// How long a component may take to become ready.
    pub timeout: Duration,
    pub awaiting: Awaiting,
    pub made: Timestamp,
    /// The files that it was made from; none where no git knows them.
    pub definition: Option<Definition>,
}

/// Why bytes are not a plan that this ditc can show or apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("it is no plan that ditc saved")]
    NoPlan,
    /// Another version might decide otherwise over the same input.
    #[error("it was made by ditc {tool}, and this is ditc {own}")]
    OtherTool { tool: String, own: String, environment: EnvironmentName },
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A plan that is larger than [`LIMIT`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan takes {0} bytes, and a plan file may have {LIMIT}")]
pub struct TooBig(pub usize);

#[derive(Serialize, Deserialize)]
struct HeadV1 {
    tool: String,
    environment: String,
    made: String,
    /// Of the bytes that follow.
    content: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedV1 {
    cluster: String,
    cluster_name: String,
    context: Option<String>,
    flags: String,
    base: Option<VersionV1>,
    timeout: DurationV1,
    awaiting: AwaitingV1,
    sources: Vec<SourceV1>,
    basis: basis::BasisV1,
    preflight: preflight::PreflightV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionV1>,
}

#[derive(Serialize, Deserialize)]
struct VersionV1 {
    lineage: String,
    serial: u64,
}

#[derive(Serialize, Deserialize)]
struct DurationV1 {
    seconds: u64,
    nanos: u32,
}

#[derive(Serialize, Deserialize)]
struct AwaitingV1 {
    timeout: DurationV1,
    locked: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct SourceV1 {
    path: String,
    text: String,
}

/// Writes a plan down, in the name of this version of ditc.
///
/// # Errors
/// When it would be too big to be read again.
pub fn encode(saved: &Saved, tool: &str) -> Result<Vec<u8>, TooBig> {
    let Saved {
        basis,
        sources,
        preflight,
        cluster,
        cluster_name,
        context,
        flags,
        base,
        timeout,
        awaiting,
        made,
        definition,
    } = saved;
    let places = desired::Places::of(basis.desired.as_ref());
    let body = SavedV1 {
        cluster: cluster.to_string(),
        cluster_name: cluster_name.clone(),
        context: context.clone(),
        flags: flags.clone(),
        base: base
            .as_ref()
            .map(|Version { lineage, serial }| VersionV1 { lineage: lineage.to_string(), serial: *serial }),
        timeout: timeout.into(),
        awaiting: AwaitingV1 { timeout: (&awaiting.timeout).into(), locked: awaiting.locked.clone() },
        sources: places
            .sources()
            .map(|id| sources.get(id))
            .map(|source| SourceV1 { path: source.path.clone(), text: source.text.clone() })
            .collect(),
        basis: basis::BasisV1::new(basis, &places),
        preflight: preflight.into(),
        definition: definition.as_ref().map(DefinitionV1::from),
    };
    let content = pack(&serde_json::to_vec(&body).expect("stored types have text keys and no special floats"));
    let head = HeadV1 {
        tool: tool.to_owned(),
        environment: basis.environment.to_string(),
        made: made.to_string(),
        content: Hash::of(&content).to_string(),
    };
    let bytes = [MARK, seal(&head).as_bytes(), b"\n", &content].concat();
    if bytes.len() as u64 > LIMIT { Err(TooBig(bytes.len())) } else { Ok(bytes) }
}

/// Reads a plan that this same version of ditc, `own`, wrote.
///
/// # Errors
/// When it is no plan, is damaged, or was made by another version.
pub fn decode(bytes: &[u8], own: &str) -> Result<Saved, Unusable> {
    let rest = bytes.strip_prefix(MARK).ok_or(Unusable::NoPlan)?;
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("it ends too early"))?;
    let (head, content) = (&rest[..end], &rest[end + 1..]);
    let HeadV1 { tool, environment, made, content: checksum } = open(WHAT, head)?;
    let environment: EnvironmentName = parse(WHAT, &environment)?;
    if tool != own {
        return Err(Unusable::OtherTool { tool, own: own.to_owned(), environment });
    }
    if hash(&checksum)? != Hash::of(content) {
        return Err(damaged("its content does not match its checksum").into());
    }
    let body: SavedV1 = serde_json::from_slice(&unpack(content)?).map_err(damaged)?;
    let SavedV1 {
        cluster,
        cluster_name,
        context,
        flags,
        base,
        timeout,
        awaiting,
        sources,
        basis,
        preflight,
        definition,
    } = body;
    let mut texts = Sources::default();
    let ids: Vec<_> = sources.into_iter().map(|SourceV1 { path, text }| texts.add(path, text)).collect();
    let basis = basis.read(&ids)?;
    if basis.environment != environment {
        return Err(damaged("it names two environments").into());
    }
    Ok(Saved {
        basis,
        sources: texts,
        preflight: preflight.read()?,
        cluster: ClusterId(cluster),
        cluster_name,
        context,
        flags,
        base: base.map(|VersionV1 { lineage, serial }| Version { lineage: Lineage(lineage), serial }),
        timeout: timeout.read(),
        awaiting: Awaiting { timeout: awaiting.timeout.read(), locked: awaiting.locked },
        made: parse(WHAT, &made)?,
        definition: definition.map(Definition::from),
    })
}

/// The same bytes for the same text, since the header of gzip is told no time.
fn pack(text: &[u8]) -> Vec<u8> {
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    packer.write_all(text).expect("memory takes what is written");
    packer.finish().expect("memory takes what is written")
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

fn damaged(why: impl ToString) -> Unreadable {
    Unreadable::Damaged { what: WHAT, why: why.to_string() }
}
