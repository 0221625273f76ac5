//! The seal of a closed index: length and checksum of its files, so that no damage reaches sled unseen. It repairs nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use crate::{files, format};

/// Far more than a rebuildable index holds.
const FILE_LIMIT: u64 = 4 << 30;
/// A line for each file and environment.
const SEAL_LIMIT: u64 = 64 << 20;

/// What a closed index consists of.
#[derive(Serialize, Deserialize)]
pub(super) struct Seal {
    files: BTreeMap<String, Sum>,
    /// The environments in it, to look for after a run was killed and the sums no longer count.
    pub(super) environments: BTreeSet<String>,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Sum {
    length: u64,
    crc: u32,
}

/// Seals the files of `index`, which holds these environments.
pub(super) fn write(seal: &Path, index: &Path, environments: BTreeSet<String>) -> Result<(), files::Error> {
    let sealed = Seal { files: measure(index)?, environments };
    files::write_atomic(seal, format::seal(&sealed).as_bytes())
}

/// Reads a seal; in the inner place why it cannot be read.
pub(super) fn read(seal: &Path) -> Result<Option<Result<Seal, String>>, files::Error> {
    let bytes = files::read(seal, SEAL_LIMIT)?;
    Ok(bytes.map(|bytes| format::open("seal of the index", &bytes).map_err(|error| error.to_string())))
}

impl Seal {
    /// Why the files of `index` are not those that were sealed; none when they are.
    pub(super) fn broken(&self, index: &Path) -> Result<Option<String>, files::Error> {
        let mut found = measure(index)?;
        for (name, sum) in &self.files {
            match found.remove(name) {
                None => return Ok(Some(format!("file {name} is missing"))),
                Some(now) if now.length != sum.length => {
                    return Ok(Some(format!("file {name} has {} bytes where {} were written", now.length, sum.length)));
                }
                Some(now) if now.crc != sum.crc => return Ok(Some(format!("file {name} does not match its checksum"))),
                Some(_) => {}
            }
        }
        Ok(found.into_keys().next().map(|name| format!("file {name} was not there when it was closed")))
    }
}

fn measure(index: &Path) -> Result<BTreeMap<String, Sum>, files::Error> {
    let mut measured = BTreeMap::new();
    let mut names: Vec<PathBuf> = files::names_in(index)?.into_iter().map(PathBuf::from).collect();
    while let Some(name) = names.pop() {
        let path = index.join(&name);
        if path.is_dir() {
            names.extend(files::names_in(&path)?.into_iter().map(|inner| name.join(inner)));
        } else if let Some(bytes) = files::read(&path, FILE_LIMIT)? {
            let mut crc = Crc::new();
            crc.update(&bytes);
            let sum = Sum { length: bytes.len() as u64, crc: crc.sum() };
            measured.insert(name.to_string_lossy().into_owned(), sum);
        }
    }
    Ok(measured)
}
