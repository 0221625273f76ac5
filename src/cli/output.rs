//! Flags about how much is told, and where else it goes.

use std::path::PathBuf;

use clap::Args;

use crate::render::Detail;

use super::{Apply, Cli, Destroy, Drift, Plan, Show, Validate, Verb};

/// How much is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Length {
    /// One line for each object
    #[arg(long, help_heading = "Output", conflicts_with = "concise")]
    pub compact: bool,
    /// New objects in one line each, no legend, and no remarks that ask nothing of you
    #[arg(long, help_heading = "Output")]
    pub concise: bool,
}

/// Where else it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Copies {
    /// Also write what -json prints into this file, which is made anew and for you alone to read
    #[arg(long, help_heading = "Output", value_name = "FILE", conflicts_with = "json")]
    pub json_into: Option<PathBuf>,
}

impl Length {
    fn detail(&self) -> Detail {
        match self {
            Length { compact: true, concise: _ } => Detail::Compact,
            Length { compact: false, concise: true } => Detail::Concise,
            Length { compact: false, concise: false } => Detail::Whole,
        }
    }
}

impl Cli {
    /// How much is told.
    #[must_use]
    pub fn detail(&self) -> Detail {
        match &self.verb {
            Verb::Plan(Plan { length, .. }) | Verb::Drift(Drift { length, .. }) | Verb::Show(Show { length, .. }) => {
                length.detail()
            }
            Verb::Apply(Apply { run, .. }) | Verb::Destroy(Destroy { run, .. }) => run.length.detail(),
            _ => Detail::Whole,
        }
    }

    /// Where else it goes.
    #[must_use]
    pub fn copies(&self) -> Copies {
        match &self.verb {
            Verb::Plan(Plan { copies, .. }) | Verb::Drift(Drift { copies, .. }) | Verb::Show(Show { copies, .. }) => {
                copies.clone()
            }
            Verb::Validate(Validate { copies, .. }) => copies.clone(),
            Verb::Apply(Apply { run, .. }) | Verb::Destroy(Destroy { run, .. }) => run.copies.clone(),
            _ => Copies::default(),
        }
    }
}
