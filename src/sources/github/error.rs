//! Why GitHub gave no answer.

use std::time::Duration;

use crate::sources::Unresolved;

/// Why GitHub gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GitHubError {
    #[error("GitHub cannot be asked: {0}")]
    Client(String),
    /// The file that was to hold a token does not.
    #[error("there is no token for GitHub: {0}")]
    NoToken(String),
    /// What was to name an app does not.
    #[error("this GitHub App cannot ask: {0}")]
    NoApp(String),
    #[error("GitHub knows no app {app} by the private key in {key}")]
    UnknownApp { app: String, key: String },
    /// The page of the app, where it is installed.
    #[error("GitHub App {app} is not installed for this repository")]
    NotInstalled { app: String, page: String },
    #[error("GitHub App {app} has no installation {installation}")]
    NoInstallation { app: String, installation: String },
    #[error("GitHub was not reached: {0}")]
    Unreachable(String),
    #[error("GitHub did not answer within {0:?}")]
    Slow(Duration),
    #[error("GitHub does not accept the token from {0}")]
    Unauthorized(String),
    #[error("GitHub does not let the token see this: {message}")]
    Forbidden { message: String, token: Option<String> },
    /// Not there, or not to be seen by who asks.
    #[error("GitHub knows no such repository")]
    NotFound { token: Option<String> },
    #[error("GitHub knows no such commit")]
    NoSuch,
    #[error("GitHub answers no more questions until {until}")]
    Limited { until: String, token: Option<String> },
    /// What was to be written makes no sense to it.
    #[error("GitHub refuses it: {0}")]
    Refused(String),
    #[error("GitHub failed with status {0}")]
    Server(u16),
    #[error("GitHub leads to another place, {0}, which is not followed")]
    Elsewhere(String),
    #[error("GitHub answers with more than is read")]
    TooLarge,
    #[error("the answer of GitHub makes no sense: {0}")]
    Nonsense(String),
}

impl GitHubError {
    /// Whether every other question would be answered alike.
    #[must_use]
    pub fn is_about_all(&self) -> bool {
        !matches!(self, Self::NoSuch)
    }
}

impl From<GitHubError> for Unresolved {
    fn from(error: GitHubError) -> Self {
        Unresolved::GitHub(error)
    }
}
