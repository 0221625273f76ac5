//! Flags that several commands share: values for variables, parts of an environment, decisions, and how a run goes.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args};

use crate::{address::Which, names::VariableName};

use super::{Copies, Length, References, duration, quoted};

/// What an environment's definition takes from outside its files: values for its variables, and commits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Variables {
    /// A value for a variable of the environment, instead of its file's; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment, help_heading = "Variables")]
    pub var: Vec<(VariableName, String)>,
    /// A TOML file with values for variables; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Variables")]
    pub var_file: Vec<PathBuf>,
    #[command(flatten)]
    pub references: References,
}

impl Variables {
    /// The flags again, for commands that are proposed to people.
    #[must_use]
    pub fn repeat(&self) -> String {
        let files = self.var_file.iter().map(|file| format!(" --var-file={}", quoted(&file.display().to_string())));
        let flags = self.var.iter().map(|(name, value)| format!(" --var={}", quoted(&format!("{name}={value}"))));
        let references = self.references.repeat();
        files.chain(flags).chain([references]).collect()
    }
}

fn assignment(text: &str) -> Result<(VariableName, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as log_level=debug")?;
    let name = VariableName::new(name).map_err(|why| format!("the name `{name}` {why}"))?;
    Ok((name, value.to_owned()))
}

/// Which part of an environment is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Part {
    /// Only this component or object and what it needs, to destroy and what needs it; repeatable
    #[arg(long, value_name = "ADDRESS", help_heading = "Part of an environment")]
    pub target: Vec<Which>,
    /// Everything but this component or object and what needs it; repeatable
    #[arg(long, value_name = "ADDRESS", help_heading = "Part of an environment")]
    pub exclude: Vec<Which>,
}

/// What the user decides beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Choose {
    #[command(flatten)]
    pub part: Part,
    /// Delete this object and make it anew; repeatable
    #[arg(long, value_name = "ADDRESS", help_heading = "Decisions")]
    pub replace: Vec<Which>,
    /// Take over this object from whoever made it; repeatable
    #[arg(long, value_name = "ADDRESS", help_heading = "Decisions")]
    pub adopt: Vec<Which>,
    /// Take fields of this component or object that others own; repeatable
    #[arg(long, value_name = "ADDRESS", help_heading = "Decisions")]
    pub force_conflicts: Vec<Which>,
    /// Delete or replace this component or object although its data is lost; repeatable
    #[arg(long, value_name = "ADDRESS", help_heading = "Decisions")]
    pub delete_data: Vec<Which>,
    /// How many objects may be deleted or replaced, instead of what `ditc.toml` allows
    #[arg(long, value_name = "N", help_heading = "Decisions")]
    pub max_destroy: Option<usize>,
    /// Change only the record: forget what is gone, learn what is right, leave every object as it is
    #[arg(long, help_heading = "Decisions")]
    pub refresh_only: bool,
}

/// What `ditc apply` and `ditc destroy` have in common.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Run {
    /// Do not ask before changing anything
    #[arg(long)]
    pub auto_approve: bool,
    /// Whether questions may be asked; with false, one that is needed is an error
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true)]
    pub input: bool,
    /// How many objects to write at the same time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub parallelism: u16,
    /// Taken to be refused with a reason.
    #[arg(long, hide = true, action = ArgAction::Set, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true)]
    pub refresh: bool,
    #[command(flatten)]
    pub lock: Lock,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
}

/// Flags about the lock.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Lock {
    /// How long to wait for another run to release the environment, such as 5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration::parse)]
    pub lock_timeout: Duration,
    /// Taken to be refused with a reason.
    #[arg(long = "lock", value_name = "BOOL", hide = true, action = ArgAction::Set, default_value_t = true,
        default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub is_taken: bool,
}

/// Flags that Terraform takes everywhere, so that scripts give them everywhere. A command that asks nothing, takes no lock
/// and writes nothing keeps what they ask for anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Habits {
    #[arg(long, value_name = "BOOL", hide = true, num_args = 0..=1, require_equals = true)]
    pub input: Option<Option<bool>>,
    #[arg(long, value_name = "BOOL", hide = true, num_args = 0..=1, require_equals = true)]
    pub lock: Option<Option<bool>>,
    #[arg(long, value_name = "DURATION", hide = true, value_parser = duration::parse)]
    pub lock_timeout: Option<Duration>,
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub parallelism: Option<u16>,
}
