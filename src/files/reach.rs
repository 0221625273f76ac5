//! Whether a file could be written, without writing it.

use std::path::Path;

use rustix::fs::{Access, access};

/// What may be done at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Files can be made and replaced in the directory.
    Writable,
    /// It is there, and nothing in it can be changed.
    ReadOnly,
    /// Nothing is there, and it can be made.
    Missing,
    /// Nothing is there, and it cannot be made.
    Unreachable,
    /// Something else than a directory has the name, a link among others.
    NoDirectory,
}

/// Looks at a directory that is to be written in.
#[must_use]
pub fn reach(directory: &Path) -> Reach {
    let may = |path: &Path| access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    match std::fs::symlink_metadata(directory) {
        Ok(found) if found.is_dir() && may(directory) => Reach::Writable,
        Ok(found) if found.is_dir() => Reach::ReadOnly,
        Ok(_) => Reach::NoDirectory,
        Err(_) if directory.parent().is_some_and(may) => Reach::Missing,
        Err(_) => Reach::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_judged_without_being_touched() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner");
        assert_eq!(reach(directory.path()), Reach::Writable);
        assert_eq!(reach(&inner), Reach::Missing);
        assert_eq!(reach(&inner.join("deeper")), Reach::Unreachable);
        assert!(!inner.exists());
        std::fs::write(&inner, "").unwrap();
        assert_eq!(reach(&inner), Reach::NoDirectory);
        std::fs::remove_file(&inner).unwrap();
        std::os::unix::fs::symlink(directory.path(), &inner).unwrap();
        assert_eq!(reach(&inner), Reach::NoDirectory);
    }
}
