//! Why a command did not do what it was asked: a kind for machines, words and hints for people, and exit codes. How it
//! is shown is the business of `render`.

use std::error::Error;

use crate::{
    diagnostic::{Diagnostic, Sources},
    render::Failed,
};

/// How the process ends; shells see only this, so it follows Terraform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked is done. For `plan` also: there may be changes.
    Done,
    /// It failed; finer classes are only in JSON.
    Error,
    /// `plan -detailed-exitcode` found changes, `drift` found any, or `status` found something that is not ready.
    Changes,
    /// A bug in ditc: the code that Rust gives a panic.
    Bug,
    /// Stopped by Ctrl-C: 128 and SIGINT.
    Interrupted,
    /// Stopped by SIGTERM: 128 and SIGTERM.
    Terminated,
    /// As a command ended that ran in a container.
    Of(u8),
}

impl Exit {
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Changes => 2,
            Exit::Bug => 101,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
            Exit::Of(code) => code,
        }
    }
}

impl Exit {
    /// The end of two things together: an error outweighs changes, and being stopped outweighs both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let weight = |exit| match exit {
            Exit::Done => 0,
            Exit::Changes => 1,
            Exit::Error | Exit::Of(_) => 2,
            Exit::Bug => 3,
            Exit::Interrupted | Exit::Terminated => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The class of a failure, as JSON tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line.
    Usage,
    /// The workspace's files: environments, modules, settings.
    Config,
    /// Files that could not be read or written.
    Files,
    /// Another run holds the environment.
    Lock,
    /// The cluster moved since the plan was made.
    StalePlan,
    /// The plan holds something that a person must decide.
    Blocked,
    /// Nobody said yes, or nobody could be asked.
    NotConfirmed,
    Timeout,
    Quota,
    /// Not known to the cluster, or not allowed.
    Auth,
    /// The cluster could not be reached, or answered in a way that makes no sense.
    Cluster,
    /// GitHub could not be reached, or does not answer now.
    GitHub,
    /// The record or the local state.
    State,
    /// Steps of an apply or destroy failed; the ledger says which.
    Apply,
    Interrupted,
    Terminated,
    /// A mistake of ditc itself, found before it did harm.
    Bug,
}

impl FailureKind {
    /// The word for it in JSON.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            FailureKind::Usage => "usage",
            FailureKind::Config => "config",
            FailureKind::Files => "files",
            FailureKind::Lock => "lock",
            FailureKind::StalePlan => "stale_plan",
            FailureKind::Blocked => "blocked",
            FailureKind::NotConfirmed => "not_confirmed",
            FailureKind::Timeout => "timeout",
            FailureKind::Quota => "quota",
            FailureKind::Auth => "auth",
            FailureKind::Cluster => "cluster",
            FailureKind::GitHub => "github",
            FailureKind::State => "state",
            FailureKind::Apply => "apply",
            FailureKind::Interrupted => "interrupted",
            FailureKind::Terminated => "terminated",
            FailureKind::Bug => "bug",
        }
    }

    #[must_use]
    pub fn exit(self) -> Exit {
        match self {
            FailureKind::Interrupted => Exit::Interrupted,
            FailureKind::Terminated => Exit::Terminated,
            FailureKind::Bug => Exit::Bug,
            FailureKind::Usage
            | FailureKind::Config
            | FailureKind::Files
            | FailureKind::Lock
            | FailureKind::StalePlan
            | FailureKind::Blocked
            | FailureKind::NotConfirmed
            | FailureKind::Timeout
            | FailureKind::Quota
            | FailureKind::Auth
            | FailureKind::Cluster
            | FailureKind::GitHub
            | FailureKind::State
            | FailureKind::Apply => Exit::Error,
        }
    }
}

/// The texts of a failure that points into none.
static NOTHING: Sources = Sources::new();

/// A command that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: FailureKind,
    /// What happened, as a lower-case fragment; it may go on over several lines.
    pub message: String,
    /// From the outermost to the innermost.
    pub causes: Vec<String>,
    /// What to do next; something that can be pasted where possible.
    pub hints: Vec<String>,
    /// The mistakes in the user's files, shown in place of the message.
    pub diagnostics: Option<Box<Diagnostics>>,
}

/// Mistakes in files, with the texts that they point into.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    pub sources: Sources,
    pub list: Vec<Diagnostic>,
}

impl Failure {
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new(), diagnostics: None }
    }

    /// A failure that an error describes, with its sources as causes.
    #[must_use]
    pub fn from_error(kind: FailureKind, error: &dyn Error) -> Self {
        let mut chain = chain(error).into_iter();
        let message = chain.next().unwrap_or_default();
        Self { causes: chain.collect(), ..Self::new(kind, message) }
    }

    /// Mistakes in the user's files.
    #[must_use]
    pub fn in_files(sources: Sources, list: Vec<Diagnostic>) -> Self {
        let message = match list.as_slice() {
            [one] => one.summary.clone(),
            many => format!("{} mistakes in the workspace", many.len()),
        };
        Self { diagnostics: Some(Box::new(Diagnostics { sources, list })), ..Self::new(FailureKind::Config, message) }
    }

    /// Its parts, for those who draw it.
    #[must_use]
    pub fn parts(&self) -> Failed<'_> {
        let Self { kind, message, causes, hints, diagnostics } = self;
        let (diagnostics, sources) = match diagnostics.as_deref() {
            Some(Diagnostics { sources, list }) => (list.as_slice(), sources),
            None => (&[][..], &NOTHING),
        };
        Failed { class: kind.class(), message, causes, hints, diagnostics, sources }
    }

    /// Adds what an error and its sources say as causes.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        self.causes.extend(chain(error));
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What an error and its sources say, each once: libraries that print their source in their own text say it twice.
#[must_use]
pub fn chain(error: &dyn Error) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        next = error.source();
        match texts.last_mut() {
            Some(outer) if outer.contains(&text) => {
                // `reading a: not found` over `not found`: the outer one keeps its own words only.
                let own = outer.strip_suffix(&text).map(|own| own.trim_end_matches([':', ' ']));
                if let Some(own) = own.filter(|own| !own.is_empty()) {
                    *outer = own.to_owned();
                    texts.push(text);
                }
            }
            _ => texts.push(text),
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Outer {
        text: &'static str,
        source: io::Error,
    }

    #[test]
    fn says_each_cause_once() {
        let over = |text| chain(&Outer { text, source: io::Error::other("no such file") });
        assert_eq!(over("reading a"), ["reading a", "no such file"]);
        assert_eq!(over("reading a: no such file"), ["reading a", "no such file"]);
        assert_eq!(over("no such file"), ["no such file"]);
        assert_eq!(over("there is no such file here"), ["there is no such file here"]);
    }

    #[test]
    fn an_error_becomes_a_message_with_causes() {
        let error = Outer { text: "reading a", source: io::Error::other("no such file") };
        let failure = Failure::from_error(FailureKind::Files, &error).hint("look");
        assert_eq!((failure.message.as_str(), failure.causes), ("reading a", vec!["no such file".to_owned()]));
        assert_eq!(FailureKind::Interrupted.exit().code(), 130);
    }
}
