//! The integration tests.

mod model;
mod support_model;
