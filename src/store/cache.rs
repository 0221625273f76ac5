//! What can be asked again, such as discovery: kept whole or not at all, dropped when damaged. It never gets old by itself.

use std::path::{Path, PathBuf};

use super::Error;
use crate::{files, object::Hash};

/// Its name under `state/`, where clusters have theirs.
pub(super) const DIRECTORY: &str = "cache";

/// A cluster with thousands of kinds describes itself in far less.
const LIMIT: u64 = 64 << 20;

/// Files by name under `state/cache/`.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// Opens `root/cache`, where `root` is the workspace's `state/`, and makes both if need be.
    ///
    /// # Errors
    /// When a directory cannot be made or is a symbolic link.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let directory = root.join(DIRECTORY);
        // It may be part of a checkout, with the modes of git; what lies in it is private.
        files::create_ignored_dir(root)?;
        files::create_private_dir(&directory)?;
        Ok(Self { directory })
    }

    /// Reads what was last written under a name; a damaged copy is removed and is none.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(files::read_sealed(&self.path(name), name, LIMIT)?)
    }

    /// Files by name in a directory of its own, where what nobody uses goes after a while.
    ///
    /// # Errors
    /// When the directory cannot be made or is a symbolic link.
    pub fn within(&self, name: &str) -> Result<Self, Error> {
        let directory = self.directory.join(name);
        files::create_private_dir(&directory)?;
        Ok(Self { directory })
    }

    /// Reads as [`Cache::read`] does, and counts that as a use.
    ///
    /// # Errors
    /// As [`Cache::read`].
    pub fn read_used(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let bytes = self.read(name)?;
        if bytes.is_some() {
            files::touch(&self.path(name))?;
        }
        Ok(bytes)
    }

    /// Drops what was last used longer before the newest than this.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn prune(&self, age: std::time::Duration) -> Result<(), Error> {
        Ok(files::prune(&self.directory, age)?)
    }

    /// Keeps bytes under a name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        Ok(files::write_sealed(&self.path(name), name, bytes)?)
    }

    /// Names are often addresses of servers, which make no file names; their hash does.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(&Hash::of(name.as_bytes()).to_string()[..32])
    }
}
