//! Programs beside ditc: whether they are there, and which version.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::changed::is_inside;

/// What a program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    Missing,
    /// It is there, but would not say.
    Broken(String),
    Version(String),
}

/// Asks a program for its version: the first line that it prints.
#[must_use]
pub fn version(program: &str, arguments: &[&str]) -> Tool {
    let output = match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Tool::Missing,
        Err(error) => return Tool::Broken(error.to_string()),
    };
    let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().trim().to_owned();
    match (output.status.success(), line(&output.stdout)) {
        (true, version) if !version.is_empty() => Tool::Version(version),
        _ => Tool::Broken(line(&output.stderr)),
    }
}

/// Whether a directory is in a git working copy; none where git cannot tell.
#[must_use]
pub fn is_working_copy(root: &Path) -> Option<bool> {
    is_inside(root).ok().map(|inside| inside.is_ok())
}
