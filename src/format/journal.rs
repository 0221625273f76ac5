//! The frames of a journal: what a run is about to do and what became of it. When they are on the disk is the business
//! of `store`.
//!
//! A frame is one line: the length of its JSON, a CRC over that length, a CRC over the JSON, each in eight hexadecimal
//! digits, a space, the JSON, a newline. The length has a CRC of its own, so that a damaged length cannot pass for a
//! frame that was cut off, and so hide the frames behind it.

use std::collections::BTreeSet;

use flate2::Crc;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    FORMAT, Unreadable, check_format,
    entries::KeyV1,
    head::{RunV1, parse},
};
use crate::{
    names::EnvironmentName,
    object::{ObjectKey, Uid},
    state::{Deed, Lineage, Run, Version},
};

const WHAT: &str = "journal";

/// Three numbers of eight digits and a space.
const PREFIX: usize = 25;

/// One thing that a run wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A run starts, on top of this version, and may write to these objects.
    Begin { run: Run, version: Version, environment: EnvironmentName, planned: BTreeSet<ObjectKey> },
    /// The next request writes to this object.
    Intent { key: ObjectKey, action: Deed },
    /// The server has done it.
    Done { key: ObjectKey, action: Deed, uid: Option<Uid> },
    /// It was refused, or nobody knows: `reason` is for people only.
    Failed { key: ObjectKey, action: Deed, reason: String },
    /// The run came to its end and the record in the cluster says so.
    End { outcome: Outcome, at: Timestamp },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Failed,
    Interrupted,
}

/// How the bytes of a journal end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    Clean,
    /// The last frame is cut off or unreadable, as a crash leaves it; it starts at this byte.
    Torn {
        at: u64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum FrameV1 {
    Begin { format: String, run: RunV1, environment: String, lineage: String, serial: u64, planned: Vec<KeyV1> },
    Intent { key: KeyV1, action: DeedV1 },
    Done { key: KeyV1, action: DeedV1, uid: Option<String> },
    Failed { key: KeyV1, action: DeedV1, reason: String },
    End { outcome: OutcomeV1, at: String },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum DeedV1 {
    Create,
    Update,
    Replace,
    Delete,
    Adopt,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum OutcomeV1 {
    Done,
    Failed,
    Interrupted,
}

/// Writes one frame.
#[must_use]
pub fn encode(frame: &Frame) -> Vec<u8> {
    let json = serde_json::to_vec(&write(frame)).expect("a frame has text keys and no floats");
    let mut bytes = prefix(&json);
    bytes.extend_from_slice(&json);
    bytes.push(b'\n');
    bytes
}

fn prefix(json: &[u8]) -> Vec<u8> {
    let length = format!("{:08x}", json.len());
    format!("{length}{:08x}{:08x} ", crc(length.as_bytes()), crc(json)).into_bytes()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Reads a journal. What a crash leaves at its end is told by [`Tail`].
///
/// # Errors
/// When something before the last frame is damaged, or the journal is of a newer major format.
pub fn decode(bytes: &[u8]) -> Result<(Vec<Frame>, Tail), Unreadable> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match next(rest) {
            Step::Frame { json, length } => {
                let frame = read(json, at)?;
                if frames.is_empty() && !matches!(frame, Frame::Begin { .. }) {
                    return Err(damaged(at, "the first frame is no beginning"));
                }
                frames.push(frame);
                at += length;
            }
            Step::Torn => return Ok((frames, Tail::Torn { at: at as u64 })),
            Step::Damaged(why) => return Err(damaged(at, why)),
        }
    }
    Ok((frames, Tail::Clean))
}

enum Step<'a> {
    Frame { json: &'a [u8], length: usize },
    Torn,
    Damaged(&'static str),
}

fn next(rest: &[u8]) -> Step<'_> {
    // A file that grew before its content came to the disk ends in zeros.
    if rest.len() < PREFIX || rest.iter().all(|byte| *byte == 0) {
        return Step::Torn;
    }
    let number = |from: usize| {
        std::str::from_utf8(&rest[from..from + 8]).ok().and_then(|text| u32::from_str_radix(text, 16).ok())
    };
    let length = match (number(0), number(8)) {
        (Some(length), Some(sum)) if sum == crc(&rest[..8]) => length as usize,
        _ => return Step::Damaged("the length of a frame is unreadable"),
    };
    let whole = PREFIX + length + 1;
    let Some(json) = rest.get(PREFIX..PREFIX + length) else { return Step::Torn };
    let is_whole = rest.len() >= whole && prefix(json) == rest[..PREFIX] && rest[PREFIX + length] == b'\n';
    match is_whole {
        true => Step::Frame { json, length: whole },
        false if rest.len() <= whole || rest[whole..].iter().all(|byte| *byte == 0) => Step::Torn,
        false => Step::Damaged("the content of a frame does not match its checksum"),
    }
}

fn damaged(at: usize, why: impl std::fmt::Display) -> Unreadable {
    Unreadable::Damaged { what: WHAT, why: format!("at byte {at}: {why}") }
}

fn write(frame: &Frame) -> FrameV1 {
    match frame {
        Frame::Begin { run, version: Version { lineage, serial }, environment, planned } => FrameV1::Begin {
            format: FORMAT.to_owned(),
            run: run.into(),
            environment: environment.to_string(),
            lineage: lineage.to_string(),
            serial: *serial,
            planned: planned.iter().map(KeyV1::from).collect(),
        },
        Frame::Intent { key, action } => FrameV1::Intent { key: key.into(), action: (*action).into() },
        Frame::Done { key, action, uid } => {
            FrameV1::Done { key: key.into(), action: (*action).into(), uid: uid.as_ref().map(ToString::to_string) }
        }
        Frame::Failed { key, action, reason } => {
            FrameV1::Failed { key: key.into(), action: (*action).into(), reason: reason.clone() }
        }
        Frame::End { outcome, at } => FrameV1::End { outcome: (*outcome).into(), at: at.to_string() },
    }
}

fn read(json: &[u8], at: usize) -> Result<Frame, Unreadable> {
    let frame: FrameV1 = serde_json::from_slice(json).map_err(|error| damaged(at, error))?;
    Ok(match frame {
        FrameV1::Begin { format, run, environment, lineage, serial, planned } => {
            check_format(WHAT, &format)?;
            Frame::Begin {
                run: run.read(WHAT)?,
                version: Version { lineage: Lineage(lineage), serial },
                environment: parse(WHAT, &environment)?,
                planned: planned.into_iter().map(ObjectKey::from).collect(),
            }
        }
        FrameV1::Intent { key, action } => Frame::Intent { key: key.into(), action: action.into() },
        FrameV1::Done { key, action, uid } => Frame::Done { key: key.into(), action: action.into(), uid: uid.map(Uid) },
        FrameV1::Failed { key, action, reason } => Frame::Failed { key: key.into(), action: action.into(), reason },
        FrameV1::End { outcome, at } => Frame::End { outcome: outcome.into(), at: parse(WHAT, &at)? },
    })
}

/// Maps an enum to its written twin and back; both lists are matched in full.
macro_rules! twins {
    ($domain:ident, $written:ident, [$($case:ident),+]) => {
        impl From<$domain> for $written {
            fn from(value: $domain) -> Self {
                match value { $($domain::$case => $written::$case),+ }
            }
        }

        impl From<$written> for $domain {
            fn from(value: $written) -> Self {
                match value { $($written::$case => $domain::$case),+ }
            }
        }
    };
}

twins!(Deed, DeedV1, [Create, Update, Replace, Delete, Adopt]);
twins!(Outcome, OutcomeV1, [Done, Failed, Interrupted]);
