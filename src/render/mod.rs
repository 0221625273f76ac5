//! Values become text: for people, for machines. Everything here returns strings; printing is the business of `terminal`.

pub mod json;
mod secrecy;
pub mod snippet;
mod style;
#[cfg(test)]
mod tests;
pub mod text;

pub use style::Style;

/// A file whose form is not the canonical one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// As the user would type it.
    pub path: String,
    pub before: String,
    pub after: String,
}
