//! Values become text: for people, for machines. Everything here returns strings; printing is the business of `terminal`.

pub mod forms;
pub mod graph;
pub mod json;
mod risk;
mod secrecy;
pub mod snippet;
mod style;
#[cfg(test)]
mod tests;
pub mod text;

pub use style::Style;

use crate::diagnostic::{Diagnostic, Sources};

/// Why something could not be done: a failure in its parts.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    pub class: &'a str,
    pub message: &'a str,
    pub causes: &'a [String],
    pub hints: &'a [String],
    /// The mistakes in the user's files, shown in place of the message.
    pub diagnostics: &'a [Diagnostic],
    pub sources: &'a Sources,
}

/// How much of a plan or of drift is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// `-compact`: one line for each object.
    Compact,
    /// `-concise`: fields where something is there already, one line for what is new, and no remark that asks nothing.
    Concise,
    #[default]
    Whole,
    /// `-full`: as whole as it gets, with texts of any length.
    Full,
}

/// A file whose form is not the canonical one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// As the user would type it.
    pub path: String,
    pub before: String,
    pub after: String,
}
