//! The disk: reading a workspace, atomic private writes, append-only files, lock files. It does not know what the bytes mean.
//!
//! Besides `store` and `sandbox`, which come through here where they can, nothing else names `std::fs`.

use std::{
    io,
    path::{Path, PathBuf},
};

mod append;
mod lock;
mod prune;
mod reach;
mod scratch;
mod sealed;
mod stream;
mod text;
mod tree;
mod workspace;
mod write;

pub use append::Appender;
pub use lock::{FileLock, is_held};
pub use prune::{prune, touch};
pub use reach::{Reach, reach};
pub use scratch::Scratch;
pub use sealed::{read_sealed, write_sealed};
pub use stream::{append, create_private, size};
pub use text::{create_open_dir, create_text, is_directory, put_text, read_inside, read_text, replace_text, resolved};
pub use tree::write_tree;
pub use workspace::{FILE_LIMIT, is_definition, links, read_workspace};
pub use write::{
    create_dir, create_ignored_dir, create_private_dir, make_private, may_replace, move_aside, names_in, read,
    read_plain, remove, rename, sync, sync_directory, write_atomic,
};

/// What went wrong on the disk.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("reading {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("writing {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("making sure that {} is on the disk", path.display())]
    Sync { path: PathBuf, source: io::Error },
    #[error("creating directory {}", path.display())]
    CreateDirectory { path: PathBuf, source: io::Error },
    #[error("removing {}", path.display())]
    Remove { path: PathBuf, source: io::Error },
    #[error("renaming {} to {}", from.display(), to.display())]
    Rename { from: PathBuf, to: PathBuf, source: io::Error },
    #[error("locking {}", path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("{} is a symbolic link; ditc keeps its state only in real files and directories", path.display())]
    Link { path: PathBuf },
    #[error("{} is no regular file", path.display())]
    Special { path: PathBuf },
    #[error("{} leads out of {}", path.display(), root.display())]
    Outside { path: PathBuf, root: PathBuf },
    #[error("{} is larger than {limit} bytes", path.display())]
    TooBig { path: PathBuf, limit: u64 },
    #[error("{} is not UTF-8, from byte {} on", path.display(), source.valid_up_to())]
    NotText { path: PathBuf, source: std::str::Utf8Error },
    #[error("the name of {} is not UTF-8", path.display())]
    Name { path: PathBuf },
    #[error("{} holds more than {limit} files", path.display())]
    TooMany { path: PathBuf, limit: usize },
    #[error("{} is there already", path.display())]
    Taken { path: PathBuf },
    #[error("{} could not be written before, so nothing more is written to it", path.display())]
    Broken { path: PathBuf },
}

impl Error {
    /// Whether the cause is that a file or directory is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Refuses a path where something else than a regular file is; false where there is nothing.
fn refuse_special(path: &Path) -> Result<bool, Error> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(Error::Link { path: path.to_owned() }),
        Ok(metadata) if !metadata.is_file() => Err(Error::Special { path: path.to_owned() }),
        Ok(_) => Ok(true),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

/// Refuses a path that is itself a symbolic link; one that does not exist is fine.
fn refuse_link(path: &Path) -> Result<(), Error> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(Error::Link { path: path.to_owned() }),
        Ok(_) => Ok(()),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests;
