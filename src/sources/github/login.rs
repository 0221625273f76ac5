//! Who asks GitHub: nobody, or whoever has a token. A token is shown nowhere.

use std::{fmt, sync::Arc, time::Duration};

use octocrab::Octocrab;
use tokio::{sync::OnceCell, time::timeout};

use super::{error::GitHubError, send::innermost};
use crate::sources::Access;

/// GitHub itself; another address is an Enterprise of somebody.
pub const GITHUB: &str = "https://api.github.com";

/// What lets in at GitHub. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    value: String,
    /// Where it was found, for people.
    pub from: String,
}

impl Token {
    /// A token; none where the text can be none.
    #[must_use]
    pub fn new(value: &str, from: impl Into<String>) -> Option<Self> {
        let value = value.trim();
        let is_right = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        is_right.then(|| Self { value: value.to_owned(), from: from.into() })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(from {})", self.from)
    }
}

/// Where GitHub is and who asks.
#[derive(Debug, Clone)]
pub struct GitHub {
    /// The address of its API, without a slash at its end.
    pub url: String,
    pub token: Option<Token>,
    /// Whether `gh` may be asked for a token where there is none.
    pub may_ask_gh: bool,
    client: Arc<OnceCell<Client>>,
}

#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) octocrab: Octocrab,
    /// Where its token was found; none where it asks without.
    pub(super) token: Option<String>,
}

impl GitHub {
    #[must_use]
    pub fn new(url: String, token: Option<Token>, may_ask_gh: bool) -> Self {
        Self { url, token, may_ask_gh, client: Arc::default() }
    }
}

/// The connection, made when there is something to ask.
pub(super) async fn connected(access: &Access) -> Result<&Client, GitHubError> {
    access.github.client.get_or_try_init(|| client(access)).await
}

async fn client(access: &Access) -> Result<Client, GitHubError> {
    let github = &access.github;
    let mut token = github.token.clone();
    if token.is_none() && github.may_ask_gh {
        let host = match github.url.as_str() {
            GITHUB => "github.com",
            url => url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default(),
        };
        token = of_gh(host, access.timeout).await;
    }
    let failed = |error: octocrab::Error| GitHubError::Client(innermost(&error));
    let mut builder = octocrab::OctocrabBuilder::default()
        .base_uri(github.url.as_str())
        .map_err(failed)?
        .set_connect_timeout(Some(access.timeout))
        .set_read_timeout(Some(access.timeout));
    if let Some(token) = &token {
        builder = builder.personal_token(token.value.clone());
    }
    Ok(Client { octocrab: builder.build().map_err(failed)?, token: token.map(|token| token.from) })
}

/// The token of GitHub's own command line, where somebody has logged in with it.
async fn of_gh(host: &str, patience: Duration) -> Option<Token> {
    let mut command = tokio::process::Command::new("gh");
    command.args(["auth", "token", "--hostname", host]).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = timeout(patience, command.output()).await.ok()?.ok()?;
    let token = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    Token::new(&token, "`gh auth token`")
}
