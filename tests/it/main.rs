//! The integration tests.

mod crash;
mod model;
mod support_model;
