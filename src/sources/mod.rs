//! The door to git: what changed in a working copy, and the files of a repository at a commit. It knows paths, not what they
//! mean, and changes nothing.

mod access;
mod archive;
mod changed;
mod definition;
mod fetch;
mod git;
mod github;
mod kept;
mod local;
mod project;
mod refs;
mod resolve;
mod since;
#[cfg(test)]
mod tests;
mod tools;
mod tree;

pub use access::{Access, Unreachable};
pub use changed::changed_since;
pub use definition::{Standing, files_at, standing};
pub use git::GitError;
pub use github::{App, Board, COMMENT, GITHUB, GitHub, GitHubError, How, Login, Notice, Posted, State, Token};
pub use project::{beginning, project};
pub use resolve::{Found, Question, Unresolved, resolve};
pub use since::since;
pub use tools::{Tool, is_working_copy, version};
pub use tree::{Tree, TreeAnswer, TreeError, TreeFile, TreeQuestion, trees};

/// Why git could not tell what changed. It is never an answer: that nothing changed is said by git alone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("starting git")]
    Start(#[source] std::io::Error),
    #[error("{doing}")]
    Failed { doing: String, source: Said },
    #[error("git knows no commit `{0}` here")]
    UnknownCommit(String),
    #[error("HEAD and `{0}` have no commit in common here")]
    Unrelated(String),
}

/// What git said on standard error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Said(pub String);
