//! Values become text: for people, for machines. Everything here returns strings; printing is the business of `terminal`.

mod style;
pub mod text;

pub use style::Style;
