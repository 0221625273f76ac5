//! Trees of files, written where nothing is yet.

use std::{collections::BTreeMap, fs, path::Path};

use super::{Error, create_private_dir};

/// Writes a tree into a directory that is not there yet, for this user alone.
///
/// # Errors
/// When the disk refuses.
pub fn write_tree(directory: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Error> {
    create_private_dir(directory)?;
    for (name, bytes) in files {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            create_private_dir(parent)?;
        }
        fs::write(&path, bytes).map_err(|source| Error::Write { path, source })?;
    }
    Ok(())
}
