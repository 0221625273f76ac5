//! A private file that is written as a run goes on.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::{Error, refuse_special};

/// Opens an empty file, mode 0600, in the place of a regular file that may be there.
///
/// # Errors
/// When the disk refuses, or when something else than a regular file is there.
pub fn create_private(path: &Path) -> Result<File, Error> {
    refuse_special(path)?;
    let write = |source| Error::Write { path: path.to_owned(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(write)?;
    // One that was there may have been open to others.
    file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(write)?;
    Ok(file)
}

/// Adds to the end of a file that somebody else keeps, such as a runner in CI; it is made where it is missing.
///
/// # Errors
/// When the disk refuses, or when something else than a regular file is there.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    refuse_special(path)?;
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// How many bytes a file holds; none where there is none.
#[must_use]
pub fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
