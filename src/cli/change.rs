//! The commands that look at what would be changed, and those that change it.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::{Choose, Copies, Habits, Length, Part, Run, Several, Subject, Variables};
use crate::names::Pattern;

/// `ditc plan`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Plan {
    /// Environments by name; `*` stands for any characters, as in 'pr-*'
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    /// Exit with 2 if there are changes, 0 if there are none
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Keep the plan in this file, for `ditc show FILE` and `ditc apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Plan to remove the environment, as `ditc destroy` would
    #[arg(long, conflicts_with_all = ["replace", "adopt", "force_conflicts", "delete_data", "max_destroy", "refresh_only"])]
    pub destroy: bool,
    /// With -destroy: delete with the namespace what others made in it
    #[arg(long, requires = "destroy")]
    pub with_foreign: bool,
    /// Whether to look at the cluster; with false, plan from the local state alone
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true)]
    pub refresh: bool,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub choose: Choose,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
    #[command(flatten)]
    pub habits: Habits,
}

/// `ditc apply`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Apply {
    /// Environments by name; `*` stands for any characters. Or one file that `plan -out` made, whose name holds a `/` or
    /// a `.`
    #[arg(value_name = "ENV|FILE")]
    pub subjects: Vec<Subject>,
    #[command(flatten)]
    pub several: Several,
    #[command(flatten)]
    pub run: Run,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub choose: Choose,
}

/// `ditc show`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Show {
    /// The file that `plan -out` made
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
}

/// `ditc destroy`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Destroy {
    /// Environments by name, also without a file; `*` stands for any characters, among those that have one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    #[command(flatten)]
    pub run: Run,
    #[command(flatten)]
    pub part: Part,
    /// Delete with the namespace what others made in it
    #[arg(long)]
    pub with_foreign: bool,
}

/// `ditc drift`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Drift {
    /// Environments by name, also without a file; `*` stands for any characters, among those that have one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    /// Count fields as drift that others set beside ours
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
    #[command(flatten)]
    pub habits: Habits,
}
