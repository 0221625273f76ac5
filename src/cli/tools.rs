//! Commands about the workspace's files, which need no cluster.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::names::{EnvironmentName, ModuleName, Pattern};

use super::{Copies, Several};

/// `ditc validate`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc validate                    all environments and all modules\n  \
    ditc validate jakub 'pr-*'       these, and what they use\n  \
    ditc validate --all              the same as without a name\n  \
    ditc validate --changed-since main\n  ditc validate -json              for editors and CI")]
pub struct Validate {
    /// The environments to check, with the modules they use; all environments and all modules without one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    #[command(flatten)]
    pub copies: Copies,
}

/// `ditc fmt`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc fmt                   all files; lists those it changed\n  \
    ditc fmt -check -diff      change nothing, show what would be; in CI\n  ditc fmt environments/jakub.toml")]
pub struct Fmt {
    /// The files to format; without one ditc.toml, environments/*.toml and modules/*/module.toml
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write nothing; exit with 1 if a file is not formatted
    #[arg(long)]
    pub check: bool,
    /// Show the differences
    #[arg(long)]
    pub diff: bool,
}

/// `ditc new`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc new pr-12\n  ditc new pr-12 --from=jakub")]
pub struct New {
    /// The new environment, and so its namespace: environments/ENV.toml
    #[arg(value_name = "ENV")]
    pub environment: EnvironmentName,
    /// The environment that it extends; without it `base`, where there is one
    #[arg(long, value_name = "ENV")]
    pub from: Option<EnvironmentName>,
}

/// `ditc modules`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc modules\n  ditc modules show postgresql")]
pub struct Modules {
    #[command(subcommand)]
    pub action: Option<ModulesAction>,
}

/// What `ditc modules` does besides listing.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ModulesAction {
    /// Show what a module takes and gives, with an example
    #[command(after_help = "Example:\n  ditc modules show postgresql")]
    Show {
        /// The module: one built in, or modules/NAME
        #[arg(value_name = "NAME")]
        module: ModuleName,
    },
}

/// `ditc schema`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc schema environment > .schema/environment.json\n  ditc schema module\n  ditc schema ditc\n  \
    ditc schema plan                     what `ditc plan -json` prints\n\n\
    An editor with a TOML language server such as Taplo completes and checks a file whose first line names the \
    schema, `#:schema ../.schema/environment.json`, or all files by a `.taplo.toml` with rules."
)]
pub struct Schema {
    /// The files that it describes, or the command whose -json it describes
    #[arg(value_name = "OF", value_enum, default_value_t = SchemaOf::Environment)]
    pub of: SchemaOf,
}

/// The kinds of files, and what commands print with -json.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// environments/*.toml, with the inputs of this workspace's modules
    Environment,
    /// modules/*/module.toml
    Module,
    /// ditc.toml
    Ditc,
    /// What `ditc plan -json` prints
    Plan,
    /// What `ditc show -json` prints
    Show,
    /// Each line of `ditc apply -json`
    Apply,
    /// Each line of `ditc destroy -json`
    Destroy,
    /// Each line of `ditc rollback -json`
    Rollback,
    /// What `ditc drift -json` prints
    Drift,
    /// What `ditc status -json` prints
    Status,
    /// What `ditc validate -json` prints
    Validate,
    /// What `ditc state list -json` prints
    StateList,
    /// What `ditc state show -json` prints
    StateShow,
    /// What `ditc state rebuild -json` prints
    StateRebuild,
    /// What `ditc fmt -json` prints
    Fmt,
    /// What `ditc new -json` prints
    New,
    /// What `ditc modules -json` prints
    Modules,
    /// What `ditc modules show -json` prints
    ModulesShow,
    /// What `ditc version -json` prints
    Version,
    /// Each line of `ditc logs -json`
    Logs,
    /// Each line of `ditc port-forward -json`
    PortForward,
    /// What `ditc sandbox serve -json` prints
    SandboxServe,
    /// What `ditc explain -json` prints
    Explain,
    /// What `ditc graph -json` prints
    Graph,
    /// What `ditc history -json` prints
    History,
    /// What `ditc doctor -json` prints
    Doctor,
    /// What `ditc lock -json` prints
    Lock,
    /// What `ditc comment -json` prints
    Comment,
    /// What `ditc set -json` prints
    Set,
    /// What `ditc import payload -json` prints
    ImportPayload,
    /// What `ditc man -json` prints
    Man,
}
