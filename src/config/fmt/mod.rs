//! The one way to write a workspace's TOML: spaces, alignment, blank lines and the breaking of long lists. Order, comments
//! and the spelling of every key and value stay as they are; what they mean is not its business.

mod layout;
mod print;
#[cfg(test)]
mod tests;

use super::reader;
use crate::diagnostic::{Diagnostic, SourceId, Sources};

/// The text of a file in its canonical form.
///
/// # Errors
/// The mistakes in its syntax. Such a file has no form yet.
pub fn format(sources: &Sources, id: SourceId) -> Result<String, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    match reader::document(sources, id, &mut diagnostics) {
        Some(_) => Ok(print::print(&layout::layout(&sources.get(id).text))),
        None => Err(diagnostics),
    }
}
