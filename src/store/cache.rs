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
        let path = self.path(name);
        let Some(mut bytes) = files::read(&path, LIMIT)? else { return Ok(None) };
        let body = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
        if bytes[..body] != head(name, &bytes[body..]) {
            files::remove(&path)?;
            return Ok(None);
        }
        bytes.drain(..body);
        Ok(Some(bytes))
    }

    /// Keeps bytes under a name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let whole = [&head(name, bytes), bytes].concat();
        Ok(files::write_atomic(&self.path(name), &whole)?)
    }

    /// Names are often addresses of servers, which make no file names; their hash does.
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(&Hash::of(name.as_bytes()).to_string()[..32])
    }
}

/// The first line: a hash over name and content, and the format's version.
fn head(name: &str, bytes: &[u8]) -> Vec<u8> {
    let content = Hash::of(bytes);
    format!("1.0 {}\n", Hash::of(format!("{name}\n{content}").as_bytes())).into_bytes()
}
