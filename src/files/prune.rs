//! Directories of what can be had again: what is old goes.

use std::{fs, path::Path, time::Duration};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};

use super::{Error, names_in, remove};

/// Makes a file as new as one that is written now.
///
/// # Errors
/// When the disk refuses.
pub fn touch(path: &Path) -> Result<(), Error> {
    let write = |source: std::io::Error| Error::Write { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(write)?;
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    futimens(&file, &Timestamps { last_access: now, last_modification: now }).map_err(|error| write(error.into()))
}

/// Removes the files of a directory that are older than its newest by more than this: whoever just wrote one needs no other
/// clock.
///
/// # Errors
/// When the disk refuses.
pub fn prune(directory: &Path, age: Duration) -> Result<(), Error> {
    let mut files = Vec::new();
    for name in names_in(directory)? {
        let path = directory.join(name);
        // Another process may have removed it meanwhile.
        let Ok(written) = fs::symlink_metadata(&path).and_then(|metadata| metadata.modified()) else { continue };
        files.push((written, path));
    }
    let Some(newest) = files.iter().map(|(written, _)| *written).max() else { return Ok(()) };
    for (written, path) in files {
        if newest.duration_since(written).is_ok_and(|older| older > age) {
            remove(&path)?;
        }
    }
    Ok(())
}
