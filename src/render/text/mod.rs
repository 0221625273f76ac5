//! Output for people, in Terraform's shape.

mod failure;

pub use failure::{error, warning};
