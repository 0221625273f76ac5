//! What ditc stores, as versioned bytes: values in, bytes out, and back. It opens no file and asks no cluster.
//!
//! Every format carries its version and a hash over all of it. A newer minor version may add fields, which are ignored;
//! a newer major one is refused. Domain types are not `Serialize`: the types that are written down live here.

pub mod checksums;
pub mod discovery;
pub mod history;
pub mod holder;
pub mod index;
pub mod journal;
pub mod plan_file;
pub mod record;

mod entries;
mod head;
mod revision;
mod sealed;

pub use entries::root;
use sealed::{open, seal};

/// The major version of everything that this ditc writes and reads.
const MAJOR: u32 = 1;
/// The format of everything that this ditc writes.
const FORMAT: &str = "1.0";

/// Why stored bytes are no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the {what} was written by a newer ditc (format {found}); this one reads {MAJOR}.x")]
    Newer { what: &'static str, found: String },
    #[error("the {what} is damaged: {why}")]
    Damaged { what: &'static str, why: String },
}

/// Refuses the major versions that this ditc does not know.
fn check_format(what: &'static str, found: &str) -> Result<(), Unreadable> {
    let (major, minor) = found.split_once('.').unwrap_or((found, ""));
    match (major.parse::<u32>(), minor.parse::<u32>()) {
        (Ok(MAJOR), Ok(_)) => Ok(()),
        (Ok(major), Ok(_)) if major > MAJOR => Err(Unreadable::Newer { what, found: found.to_owned() }),
        _ => Err(Unreadable::Damaged { what, why: format!("there is no format {found:?}") }),
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
