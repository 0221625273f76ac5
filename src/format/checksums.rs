//! The checksums of the files of a closed index. Which files those are, and when they are compared, is for `store` to say.

use std::collections::{BTreeMap, BTreeSet};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::{Unreadable, open, seal};

const WHAT: &str = "seal of the index";

/// What a closed index consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksums {
    /// By path within the index.
    pub files: BTreeMap<String, Checksum>,
    /// The environments in it, to look for after a run was killed and the checksums no longer count.
    pub environments: BTreeSet<String>,
}

/// Length and CRC-32 of a file: enough against damage, and as fast as the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    pub length: u64,
    pub crc: u32,
}

impl Checksum {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(bytes);
        Self { length: bytes.len() as u64, crc: crc.sum() }
    }
}

#[derive(Serialize, Deserialize)]
struct ChecksumsV1 {
    files: BTreeMap<String, ChecksumV1>,
    environments: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
struct ChecksumV1 {
    length: u64,
    crc: u32,
}

/// Writes checksums down.
#[must_use]
pub fn encode(checksums: &Checksums) -> String {
    let Checksums { files, environments } = checksums;
    let files = files.iter().map(|(name, Checksum { length, crc })| {
        let checksum = ChecksumV1 { length: *length, crc: *crc };
        (name.clone(), checksum)
    });
    seal(&ChecksumsV1 { files: files.collect(), environments: environments.clone() })
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// When it is damaged, or of a newer major format.
pub fn decode(bytes: &[u8]) -> Result<Checksums, Unreadable> {
    let ChecksumsV1 { files, environments } = open(WHAT, bytes)?;
    let files = files.into_iter().map(|(name, ChecksumV1 { length, crc })| (name, Checksum { length, crc })).collect();
    Ok(Checksums { files, environments })
}
