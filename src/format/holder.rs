//! Who holds an environment's lock on this host: a message for those who find it taken. The lock itself is no bytes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Unreadable, head::parse, open, seal};

const WHAT: &str = "lock file";

/// Who holds a lock, since when, and what for; for people only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    pub since: Timestamp,
    /// The verb: `apply`, `destroy`.
    pub doing: String,
}

#[derive(Serialize, Deserialize)]
struct HolderV1 {
    who: String,
    since: String,
    doing: String,
}

/// Writes the message.
#[must_use]
pub fn encode(holder: &Holder) -> String {
    let Holder { who, since, doing } = holder;
    seal(&HolderV1 { who: who.clone(), since: since.to_string(), doing: doing.clone() })
}

/// Reads the message.
///
/// # Errors
/// When it is not whole, as in the moment between taking the lock and writing the message.
pub fn decode(bytes: &[u8]) -> Result<Holder, Unreadable> {
    let HolderV1 { who, since, doing } = open(WHAT, bytes)?;
    Ok(Holder { who, since: parse(WHAT, &since)?, doing })
}
