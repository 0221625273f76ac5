//! Which environments a command is about: names and patterns, all of them, or those that changed.

use clap::Args;

use crate::names::{EnvironmentName, Pattern};

use super::{Apply, Destroy, Drift, Lockfile, Plan, Subject, Validate, Verb};

/// Flags that mean environments without their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Several {
    /// Every environment that has a file; those in the cluster without one are told
    #[arg(long, help_heading = "Which environments")]
    pub all: bool,
    /// Those whose files, bases or modules changed since this commit: by commits since HEAD left its history, staged, or in
    /// the working tree; with names, only those of them
    #[arg(long, value_name = "REF", help_heading = "Which environments")]
    pub changed_since: Option<String>,
}

/// All that was said about which environments are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    pub patterns: Vec<Pattern>,
    pub several: Several,
}

impl Meant {
    /// The one environment that is meant where a single name was typed; anything else is answered in the way of many,
    /// however many there are, so that scripts know what they get.
    #[must_use]
    pub fn one(&self) -> Option<&EnvironmentName> {
        match (self.patterns.as_slice(), &self.several) {
            ([Pattern::Name(name)], Several { all: false, changed_since: None }) => Some(name),
            _ => None,
        }
    }

    /// Where they are all that there is to tell of: the commit since which they changed, or none for all there are.
    #[must_use]
    pub fn whole(&self) -> Option<Option<String>> {
        match (self.patterns.as_slice(), &self.several) {
            ([], Several { all: _, changed_since: Some(since) }) => Some(Some(since.clone())),
            ([], Several { all: true, changed_since: None }) => Some(None),
            _ => None,
        }
    }

    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.patterns.is_empty() && self.several == Several::default()
    }
}

fn meant(patterns: &[Pattern], several: &Several) -> Meant {
    Meant { patterns: patterns.to_vec(), several: several.clone() }
}

impl Plan {
    #[must_use]
    pub fn meant(&self) -> Meant {
        meant(&self.environments, &self.several)
    }
}

impl Lockfile {
    #[must_use]
    pub fn meant(&self) -> Meant {
        meant(&self.environments, &self.several)
    }
}

impl Apply {
    /// The environments; a saved plan is none of them.
    #[must_use]
    pub fn meant(&self) -> Meant {
        let patterns = self.subjects.iter().filter_map(|subject| match subject {
            Subject::Environments(pattern) => Some(pattern.clone()),
            Subject::File(_) => None,
        });
        Meant { patterns: patterns.collect(), several: self.several.clone() }
    }
}

impl Destroy {
    #[must_use]
    pub fn meant(&self) -> Meant {
        meant(&self.environments, &self.several)
    }
}

impl Drift {
    #[must_use]
    pub fn meant(&self) -> Meant {
        meant(&self.environments, &self.several)
    }
}

impl Validate {
    #[must_use]
    pub fn meant(&self) -> Meant {
        meant(&self.environments, &self.several)
    }
}

impl Verb {
    /// What was said about environments, for commands that take several.
    #[must_use]
    pub fn meant(&self) -> Option<Meant> {
        match self {
            Verb::Plan(plan) => Some(plan.meant()),
            Verb::Apply(apply) => Some(apply.meant()),
            Verb::Destroy(destroy) => Some(destroy.meant()),
            Verb::Drift(drift) => Some(drift.meant()),
            Verb::Validate(validate) => Some(validate.meant()),
            Verb::Lock(lock) => Some(lock.meant()),
            Verb::Show(_) | Verb::State(_) | Verb::Sandbox(_) | Verb::Fmt(_) | Verb::New(_) => None,
            Verb::Modules(_) | Verb::Schema(_) | Verb::Version => None,
            Verb::Explain(_) | Verb::Graph(_) | Verb::History(_) | Verb::Rollback(_) => None,
            Verb::Comment(_) | Verb::Doctor(_) | Verb::Completions(_) | Verb::Complete(_) | Verb::Man(_) => None,
            Verb::Status(_) | Verb::Logs(_) | Verb::Exec(_) | Verb::PortForward(_) => None,
            Verb::Set(_) | Verb::Import(_) => None,
        }
    }
}
