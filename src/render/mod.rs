//! Values become text: for people, for machines. Everything here returns strings; printing is the business of `terminal`.

pub mod json;
mod secrecy;
pub mod snippet;
mod style;
#[cfg(test)]
mod tests;
pub mod text;

pub use style::Style;
