//! A private file that only grows, for journals; what stands in it is its owner's affair.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{Error, refuse_link};

/// A file open for appending. After one error it takes nothing more: a later `fdatasync` on the same handle may say
/// yes to pages that the kernel has already dropped (<https://wiki.postgresql.org/wiki/Fsync_Errors>).
#[derive(Debug)]
pub struct Appender {
    file: File,
    path: PathBuf,
    broken: bool,
}

impl Appender {
    /// Opens a file that must be there, cut to its first `length` bytes.
    ///
    /// # Errors
    /// When the disk refuses, or `path` is a symbolic link.
    pub fn open(path: &Path, length: u64) -> Result<Self, Error> {
        refuse_link(path)?;
        let write = |source| Error::Write { path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).mode(0o600).open(path).map_err(write)?;
        if file.metadata().map_err(write)?.len() != length {
            file.set_len(length).map_err(write)?;
            file.sync_all().map_err(|source| Error::Sync { path: path.to_owned(), source })?;
        }
        Ok(Self { file, path: path.to_owned(), broken: false })
    }

    /// Adds bytes at the end; durable only after [`Appender::sync`].
    ///
    /// # Errors
    /// When the disk refuses, now or before.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.check()?;
        self.broken = true;
        self.file.write_all(bytes).map_err(|source| Error::Write { path: self.path.clone(), source })?;
        self.broken = false;
        Ok(())
    }

    /// Returns once all that was added is on the disk.
    ///
    /// # Errors
    /// When the disk refuses, now or before.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.check()?;
        self.broken = true;
        self.file.sync_data().map_err(|source| Error::Sync { path: self.path.clone(), source })?;
        self.broken = false;
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.broken { Err(Error::Broken { path: self.path.clone() }) } else { Ok(()) }
    }
}
