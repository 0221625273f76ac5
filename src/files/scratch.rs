//! Directories for a while: private, and gone with the value that stands for them.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Error, create_private_dir, remove};

/// Tells one from the other within this process.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A directory for one run of something, gone with the value.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty one below a directory that need not be there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn make(parent: &Path) -> Result<Self, Error> {
        let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
        let directory = parent.join(format!("{}-{counter}", std::process::id()));
        // Left by a killed process that had our number.
        remove(&directory)?;
        create_private_dir(&directory)?;
        Ok(Self(directory))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed harms nobody: the next process of this number does it.
        let _ = remove(&self.0);
    }
}
