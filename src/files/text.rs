//! Files that people write: read, replaced and begun for them, with the modes they chose.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Error, FILE_LIMIT, rename, write::read_bounded};

/// Reads a text.
///
/// # Errors
/// When it cannot be read, is too big, is no regular file or no UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    let read = |source| Error::Read { path: path.to_owned(), source };
    // A pipe would be waited for, so look before opening.
    if !fs::metadata(path).map_err(read)?.is_file() {
        return Err(Error::Special { path: path.to_owned() });
    }
    let bytes = read_bounded(File::open(path).map_err(read)?, path, FILE_LIMIT)?;
    String::from_utf8(bytes).map_err(|error| Error::NotText { path: path.to_owned(), source: error.utf8_error() })
}

/// Reads a regular file that lies below a directory, wherever links in it lead within; an absolute path is read as it is.
/// None where there is nothing of this name.
///
/// # Errors
/// When it cannot be read, is too big, is no regular file, or a link leads out of the directory.
pub fn read_inside(root: &Path, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let full = root.join(path);
    let read = |source| Error::Read { path: path.to_owned(), source };
    let real = match fs::canonicalize(&full) {
        Ok(real) => real,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(read(source)),
    };
    if path.is_relative() && !real.starts_with(fs::canonicalize(root).map_err(read)?) {
        return Err(Error::Outside { path: path.to_owned(), root: root.to_owned() });
    }
    // A pipe would be waited for, so look before opening.
    if !real.is_file() {
        return Err(Error::Special { path: path.to_owned() });
    }
    read_bounded(File::open(&real).map_err(read)?, path, limit).map(Some)
}

/// Replaces a text that is there as a whole or not at all; its mode stays, and a link leads to the same file as before.
///
/// # Errors
/// When the disk refuses.
pub fn replace_text(path: &Path, text: &str) -> Result<(), Error> {
    let write = |source| Error::Write { path: path.to_owned(), source };
    let real = fs::canonicalize(path).map_err(write)?;
    let permissions = fs::metadata(&real).map_err(write)?.permissions();
    let name = real.file_name().ok_or_else(|| Error::Name { path: real.clone() })?.to_string_lossy();
    let temporary: PathBuf = real.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = begin(&temporary, text)
        .and_then(|()| fs::set_permissions(&temporary, permissions))
        .map_err(write)
        .and_then(|()| rename(&temporary, &real));
    if written.is_err() {
        // The first error is the one to tell; what is left of the temporary file harms nobody.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes a file that is not there yet; false, and nothing done, where there is something of this name.
///
/// # Errors
/// When the disk refuses.
pub fn create_text(path: &Path, text: &str) -> Result<bool, Error> {
    match begin(path, text) {
        Ok(()) => Ok(true),
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(Error::Write { path: path.to_owned(), source }),
    }
}

/// Writes a file for everyone to read, in the place of what is there.
///
/// # Errors
/// When the disk refuses.
pub fn put_text(path: &Path, text: &str) -> Result<(), Error> {
    if create_text(path, text)? { Ok(()) } else { replace_text(path, text) }
}

/// Makes a directory and its parents with the modes that are usual here.
///
/// # Errors
/// When the disk refuses.
pub fn create_open_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::CreateDirectory { path: path.to_owned(), source })
}

/// Whether a directory is there.
#[must_use]
pub fn is_directory(path: &Path) -> bool {
    path.is_dir()
}

/// A path without links, `.` and `..`; none where nothing is there.
#[must_use]
pub fn resolved(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

fn begin(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
