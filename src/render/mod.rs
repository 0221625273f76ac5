//! Values become text: for people, for machines. Everything here returns strings; printing is the business of `terminal`.

mod secrecy;
mod style;
#[cfg(test)]
mod tests;
pub mod text;

pub use style::Style;
