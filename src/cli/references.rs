//! What is said about references to git: whether they are looked up, and what becomes of a lock file.

use clap::Args;

use crate::names::{ComponentName, Pattern};

use super::Several;

/// Where the commits come from that services stand at. Without a flag: from the lock file, and for what is not in it from
/// the repositories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct References {
    /// Fail unless the lock file names every commit, and every tag and branch still stands for it
    #[arg(long, help_heading = "References to git", conflicts_with = "offline")]
    pub locked: bool,
    /// Ask no repository: take every commit from the lock file
    #[arg(long, help_heading = "References to git")]
    pub offline: bool,
}

impl References {
    /// Whether nobody said how locks are to be used.
    #[must_use]
    pub fn is_plain(self) -> bool {
        !self.locked && !self.offline
    }

    /// The flags again, for commands that are proposed to people.
    #[must_use]
    pub fn repeat(self) -> String {
        let flags = [(self.locked, " --locked"), (self.offline, " --offline")];
        flags.into_iter().filter_map(|(is_set, flag)| is_set.then_some(flag)).collect()
    }
}

/// What the help of `ditc lock` begins with.
pub(super) const LOCK: &str = "Write environments/ENV.lock.toml: the commit that each tag, branch, release or range of an environment \
    stands for. `plan` and `apply` keep to it until it is upgraded; without such a file they look references up each \
    time.\n\nWhat is in the file already stays as it is, unless the environment follows something else by now.";

/// `ditc lock`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc lock jakub\n  ditc lock jakub -upgrade          all services, to where tags are now\n  \
        ditc lock jakub -upgrade=orders   this one alone\n  ditc lock --all -check            in CI: exit 1 if one is out of date"
)]
pub struct Lockfile {
    /// Environments by name; `*` stands for any characters, as in 'pr-*'
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    /// Write nothing; exit with 1 unless the file is complete and every reference still stands for its commit
    #[arg(long, conflicts_with = "upgrade")]
    pub check: bool,
    /// Look references up again: those of this service, or of all; repeatable
    #[arg(long, value_name = "SERVICE", num_args = 0..=1, require_equals = true, default_missing_value = "*",
        value_parser = service)]
    pub upgrade: Vec<Upgrade>,
}

/// Whose references are looked up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgrade {
    All,
    Service(ComponentName),
}

fn service(text: &str) -> Result<Upgrade, String> {
    match text {
        "*" => Ok(Upgrade::All),
        name => match ComponentName::new(name) {
            Ok(name) => Ok(Upgrade::Service(name)),
            Err(why) => Err(format!("the name `{name}` {why}")),
        },
    }
}
