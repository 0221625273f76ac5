//! Lock files: who holds the lock is decided by the kernel, so a killed process holds nothing; the content is a message.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
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

impl Drop for FileLock {
    fn drop(&mut self) {
        // An old message would be told of the next holder until that one has written its own. Nothing is lost when this
        // or what follows fails: the lock goes with the handle.
        let _ = self.file.set_len(0);
        // A process that was just started holds a copy of the handle for a moment, and the lock with it.
        let _ = self.file.unlock();
    }
}
