//! The seal of a closed index: checksums of its files, so that no damage reaches sled unseen. It repairs nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    files,
    format::checksums::{self, Checksum, Checksums},
};

/// Far more than a rebuildable index holds.
const FILE_LIMIT: u64 = 4 << 30;
/// A line for each file and environment.
const SEAL_LIMIT: u64 = 64 << 20;

/// Seals the files of `index`, which holds these environments.
pub(super) fn write(seal: &Path, index: &Path, environments: BTreeSet<String>) -> Result<(), files::Error> {
    let sealed = Checksums { files: measure(index)?, environments };
    files::write_atomic(seal, checksums::encode(&sealed).as_bytes())
}

/// Reads a seal; in the inner place why it cannot be read.
pub(super) fn read(seal: &Path) -> Result<Option<Result<Checksums, String>>, files::Error> {
    let bytes = files::read(seal, SEAL_LIMIT)?;
    Ok(bytes.map(|bytes| checksums::decode(&bytes).map_err(|error| error.to_string())))
}

/// Why the files of `index` are not those that were sealed; none when they are.
pub(super) fn broken(sealed: &Checksums, index: &Path) -> Result<Option<String>, files::Error> {
    let mut found = measure(index)?;
    for (name, sum) in &sealed.files {
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

fn measure(index: &Path) -> Result<BTreeMap<String, Checksum>, files::Error> {
    let mut measured = BTreeMap::new();
    let mut names: Vec<PathBuf> = files::names_in(index)?.into_iter().map(PathBuf::from).collect();
    while let Some(name) = names.pop() {
        let path = index.join(&name);
        if path.is_dir() {
            names.extend(files::names_in(&path)?.into_iter().map(|inner| name.join(inner)));
        } else if let Some(bytes) = files::read(&path, FILE_LIMIT)? {
            measured.insert(name.to_string_lossy().into_owned(), Checksum::of(&bytes));
        }
    }
    Ok(measured)
}
