//! Carries out a plan. To be written.

mod event;

pub use event::{Awaited, Event, EventKind, Outcome, StepError};
