//! Output for people, in Terraform's shape.

mod change;
mod failure;
mod fields;
mod notes;
mod plan;
mod value;

pub use failure::{error, warning};
pub use plan::{Context, plan};
