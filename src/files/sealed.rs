//! Files that can be had again: each says in its first line what it is about and that it is whole. What is not is none.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Error, read_plain, remove, write_atomic};
use crate::object::Hash;

/// What a file holds that was written under this name; none where there is no such file, or it is damaged,
/// and then it goes.
///
/// # Errors
/// When the disk refuses, or it is larger than `limit`.
pub fn read_sealed(path: &Path, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let Some(mut bytes) = read_plain(path, limit)? else { return Ok(None) };
    let body = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    if bytes[..body] != seal(name, &bytes[body..]) {
        remove(path)?;
        return Ok(None);
    }
    bytes.drain(..body);
    Ok(Some(bytes))
}

/// Writes a file under a name, for this user alone.
///
/// # Errors
/// When the disk refuses.
pub fn write_sealed(path: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    write_atomic(path, &[&seal(name, bytes), bytes].concat())
}

/// The first line: the format's version, and a hash over what is kept and what it is.
fn seal(name: &str, body: &[u8]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update((name.len() as u64).to_be_bytes());
    hasher.update(name);
    hasher.update(body);
    format!("1 {}\n", Hash::from_digest(hasher.finalize().into())).into_bytes()
}
