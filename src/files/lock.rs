//! Lock files: who holds the lock is decided by the kernel, so a killed process holds nothing; the content is a message.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{Error, refuse_link};

/// More than any message of a holder needs.
const MESSAGE_LIMIT: u64 = 64 * 1024;

/// An exclusive lock on a file, given back when dropped. The file itself stays: removing it would let two hold it.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When the disk refuses, or `path` is a symbolic link.
    pub fn try_take(path: &Path) -> Result<Option<Self>, Error> {
        refuse_link(path)?;
        let lock = |source| Error::Lock { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path).map_err(lock)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(lock(source)),
        }
    }

    /// Leaves a message for those who find the lock taken.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn leave(&mut self, message: &[u8]) -> Result<(), Error> {
        let write = |source| Error::Write { path: self.path.clone(), source };
        self.file.set_len(0).map_err(write)?;
        self.file.rewind().map_err(write)?;
        self.file.write_all(message).map_err(write)
    }

    /// Reads the message at `path` without taking the lock; empty when there is none.
    ///
    /// # Errors
    /// When the disk refuses, or `path` is a symbolic link.
    pub fn message(path: &Path) -> Result<Vec<u8>, Error> {
        refuse_link(path)?;
        let read = |source| Error::Read { path: path.to_owned(), source };
        let mut message = Vec::new();
        File::open(path).map_err(read)?.take(MESSAGE_LIMIT).read_to_end(&mut message).map_err(read)?;
        Ok(message)
    }
}

/// Whether somebody holds the lock at `path` now, as the kernel lists it: a try would itself be in the way of a run that
/// begins at this moment. Where the kernel has no list, a message is taken for a holder.
///
/// # Errors
/// When the disk refuses, or `path` is a symbolic link.
pub fn is_held(path: &Path) -> Result<bool, Error> {
    refuse_link(path)?;
    let file = match fs::metadata(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    let Ok(locks) = fs::read_to_string("/proc/locks") else { return Ok(file.len() > 0) };
    // `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234567 0 EOF`: the last part of the sixth word is the inode.
    let inode = file.ino().to_string();
    let is_ours = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let place = words.iter().find(|word| word.matches(':').count() == 2);
        words.contains(&"FLOCK") && place.and_then(|place| place.rsplit(':').next()) == Some(inode.as_str())
    };
    Ok(locks.lines().any(is_ours))
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // An old message would be told of the next holder until that one has written its own. Nothing is lost when this
        // or what follows fails: the lock goes with the handle.
        let _ = self.file.set_len(0);
        // A process that was just started holds a copy of the handle for a moment, and the lock with it.
        let _ = self.file.unlock();
    }
}
