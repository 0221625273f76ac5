//! Directories for a while: private, and gone with the value that stands for them, or with the next one that is made where
//! their process was killed. Who is alive holds a lock on its directory, whatever its number is.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use super::{Error, create_private_dir, names_in, remove};

/// More of them than this are not alive at once.
const NUMBERS: u32 = 10_000;

/// A directory for one run of something, gone with the value.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Held as long as the directory is used.
    _lock: File,
}

impl Scratch {
    /// Makes an empty one below a directory that need not be there, and removes those that nobody uses any more.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn make(parent: &Path) -> Result<Self, Error> {
        create_private_dir(parent)?;
        sweep(parent)?;
        for number in 0..NUMBERS {
            let path = parent.join(format!("{}-{number}", std::process::id()));
            let made = DirBuilder::new().mode(0o700).create(&path);
            match made {
                Ok(()) => {}
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(source) => return Err(Error::CreateDirectory { path, source }),
            }
            // Somebody who sweeps at this moment may have taken it for one that is left.
            if let Some(lock) = locked(&path)? {
                return Ok(Self { path, _lock: lock });
            }
        }
        let source = io::Error::from(io::ErrorKind::AlreadyExists);
        Err(Error::CreateDirectory { path: parent.to_owned(), source })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes what was left by those who were killed.
fn sweep(parent: &Path) -> Result<(), Error> {
    for name in names_in(parent)? {
        let path = parent.join(name);
        if let Some(_lock) = locked(&path)? {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Takes the lock on a directory that is there and that nobody uses.
fn locked(path: &Path) -> Result<Option<File>, Error> {
    let lock = |source| Error::Lock { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(lock(source)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(lock(source)),
    }
    // It may have been removed between both steps, and another made in its place.
    let (held, there) = (file.metadata().map_err(lock)?, fs::symlink_metadata(path));
    Ok(there.is_ok_and(|there| there.ino() == held.ino()).then_some(file))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed harms nobody: whoever makes the next one does it.
        let _ = remove(&self.path);
    }
}
