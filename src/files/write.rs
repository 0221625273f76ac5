//! Small private files, replaced as a whole or not at all; it keeps no handles.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Error, refuse_link, refuse_special};

/// Keeps two temporary files of one process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Replaces the file at `path` by `bytes`, mode 0600: readers see the old content or the new one, also after a power cut.
///
/// # Errors
/// When the disk refuses, or when `path` is a symbolic link.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    refuse_link(path)?;
    let name = path.file_name().ok_or_else(|| Error::Name { path: path.to_owned() })?.to_string_lossy();
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_file_name(format!(".{name}.{}-{counter}.tmp", std::process::id()));
    let written = write_new(&temporary, bytes).and_then(|()| rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell; what is left of the temporary file harms nobody.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = |source| Error::Write { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    // `create_new` never follows a link.
    options.write(true).create_new(true).mode(0o600);
    let mut file = match options.open(path) {
        // Left by a killed process that had our number.
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
            remove(path)?;
            options.open(path)
        }
        opened => opened,
    }
    .map_err(write)?;
    file.write_all(bytes).map_err(write)?;
    file.sync_all().map_err(|source| Error::Sync { path: path.to_owned(), source })
}

/// Renames within one directory and makes the new name durable.
///
/// # Errors
/// When the disk refuses.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(|source| Error::Rename { from: from.to_owned(), to: to.to_owned(), source })?;
    sync_directory(&parent(to))
}

/// Renames `path` to the same name with `.damaged` added, in place of what was moved there before.
///
/// # Errors
/// When the disk refuses.
pub fn move_aside(path: &Path) -> Result<PathBuf, Error> {
    let mut name = path.file_name().ok_or_else(|| Error::Name { path: path.to_owned() })?.to_owned();
    name.push(".damaged");
    let aside = path.with_file_name(name);
    remove(&aside)?;
    rename(path, &aside)?;
    Ok(aside)
}

/// Reads a whole file, or none if there is none.
///
/// # Errors
/// When the disk refuses, the file is larger than `limit`, or it is a symbolic link.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    refuse_link(path)?;
    match File::open(path) {
        Ok(file) => read_bounded(file, path, limit).map(Some),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

/// [`read`], of a regular file and nothing else: a pipe would be waited for.
///
/// # Errors
/// As [`read`], or when it is a directory, a pipe or a device.
pub fn read_plain(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    refuse_special(path)?;
    read(path, limit)
}

/// Refuses a place for a file where there is something else than a file that begins with `mark`.
///
/// # Errors
/// When something else is there, or the directory is not.
pub fn may_replace(path: &Path, mark: &[u8]) -> Result<(), Error> {
    let is_there = refuse_special(path)?;
    let parent = parent(path);
    fs::metadata(&parent).map_err(|source| Error::Read { path: parent, source })?;
    if !is_there {
        return Ok(());
    }
    let mut begin = Vec::new();
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    file.take(mark.len() as u64)
        .read_to_end(&mut begin)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    if begin == mark { Ok(()) } else { Err(Error::Taken { path: path.to_owned() }) }
}

pub(super) fn read_bounded(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooBig { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Removes a file or a directory with all in it; a link is removed, never followed. What is not there is removed already.
///
/// # Errors
/// When the disk refuses.
pub fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(source) => Err(source),
    };
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Remove { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

/// The names in a directory, in order; none when there is no such directory.
///
/// # Errors
/// When the disk refuses, or a name is not UTF-8.
pub fn names_in(directory: &Path) -> Result<Vec<String>, Error> {
    let read = |source| Error::Read { path: directory.to_owned(), source };
    let entries = match fs::read_dir(directory) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(read)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(read)?;
        names.push(entry.file_name().into_string().map_err(|_| Error::Name { path: entry.path() })?);
    }
    names.sort();
    Ok(names)
}

/// Makes sure that a file's content and length are on the disk.
///
/// # Errors
/// When the disk refuses.
pub fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|source| Error::Sync { path: path.to_owned(), source })
}

/// Makes sure that the names in a directory are on the disk.
///
/// # Errors
/// When the disk refuses.
pub fn sync_directory(path: &Path) -> Result<(), Error> {
    sync(path)
}

/// Makes a directory and its parents, mode 0700; one that is there already stays as it is.
///
/// # Errors
/// When the disk refuses, or `path` is a symbolic link or no directory.
pub fn create_dir(path: &Path) -> Result<(), Error> {
    let create = |source| Error::CreateDirectory { path: path.to_owned(), source };
    refuse_link(path)?;
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(create)?;
    sync_directory(&parent(path))
}

/// As [`create_dir`]; one that is made here is no business of git's: it says so in a `.gitignore` of its own.
///
/// # Errors
/// As [`create_dir`], or when that file cannot be written.
pub fn create_ignored_dir(path: &Path) -> Result<(), Error> {
    let is_new = !path.is_dir();
    create_dir(path)?;
    if is_new { write_atomic(&path.join(".gitignore"), b"*\n") } else { Ok(()) }
}

/// Makes a directory and its parents, mode 0700; one that is there already becomes 0700 as well.
///
/// # Errors
/// As [`create_dir`], or when the directory belongs to someone else.
pub fn create_private_dir(path: &Path) -> Result<(), Error> {
    let create = |source| Error::CreateDirectory { path: path.to_owned(), source };
    create_dir(path)?;
    let mode = fs::symlink_metadata(path).map_err(create)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(create)?;
    }
    Ok(())
}

/// Makes all in a directory private, for files that others made with the modes of their own choice.
///
/// # Errors
/// When the disk refuses, or something in it is a symbolic link.
pub fn make_private(directory: &Path) -> Result<(), Error> {
    for name in names_in(directory)? {
        let path = directory.join(name);
        refuse_link(&path)?;
        if path.is_dir() {
            create_private_dir(&path)?;
            make_private(&path)?;
        } else {
            fs::set_permissions(&path, Permissions::from_mode(0o600))
                .map_err(|source| Error::Write { path: path.clone(), source })?;
        }
    }
    Ok(())
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
