//! Who asks GitHub: nobody, somebody with a token, or an app. What lets in is shown nowhere.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use octocrab::Octocrab;
use tokio::{sync::OnceCell, time::timeout};

use super::{
    app::{self, App},
    error::GitHubError,
    send::innermost,
};
use crate::{files, sources::Access};

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

/// As whom GitHub is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    Token(Token),
    /// A file that holds a token, and what named it; it is read when there is something to ask.
    File {
        path: PathBuf,
        from: String,
    },
    App(App),
}

/// Where it is found, and nothing of what it says.
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Login::Token(token) => write!(f, "a token is in {}", token.from),
            Login::File { path, from: _ } => write!(f, "a token is in the file {}", path.display()),
            Login::App(App { id: Some(id), key: Some(key), installation: _ }) => {
                write!(f, "GitHub App {id}, by the key in {}", key.display())
            }
            Login::App(App { id: None, .. }) => f.write_str("a GitHub App without DITC_GITHUB_APP_ID"),
            Login::App(App { key: None, .. }) => f.write_str("a GitHub App without DITC_GITHUB_APP_KEY_FILE"),
        }
    }
}

/// Where GitHub is and who asks.
#[derive(Debug, Clone)]
pub struct GitHub {
    /// The address of its API, without a slash at its end.
    pub url: String,
    pub login: Option<Login>,
    /// Whether `gh` may be asked for a token where there is no login.
    pub may_ask_gh: bool,
    /// By the owner of repositories where each lets in by itself, else by nothing.
    clients: Arc<Mutex<BTreeMap<String, Arc<OnceCell<Client>>>>>,
}

#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) octocrab: Octocrab,
    /// Where its token was found; none where it asks without.
    pub(super) token: Option<String>,
}

impl GitHub {
    #[must_use]
    pub fn new(url: String, login: Option<Login>, may_ask_gh: bool) -> Self {
        Self { url, login, may_ask_gh, clients: Arc::default() }
    }
}

/// The connection for `OWNER/NAME`, made when there is something to ask.
pub(super) async fn connected(access: &Access, repository: &str) -> Result<Client, GitHubError> {
    let github = &access.github;
    let by = match &github.login {
        Some(Login::App(App { installation: None, .. })) => repository.split('/').next().unwrap_or_default(),
        _ => "",
    };
    let cell = {
        let mut clients = github.clients.lock().expect("nothing fails while it is held");
        Arc::clone(clients.entry(by.to_owned()).or_default())
    };
    cell.get_or_try_init(|| client(access, repository)).await.cloned()
}

async fn client(access: &Access, repository: &str) -> Result<Client, GitHubError> {
    let github = &access.github;
    let token = match &github.login {
        Some(Login::Token(token)) => Some(token.clone()),
        Some(Login::File { path, from }) => {
            let text = read(path, from).map_err(GitHubError::NoToken)?;
            let token = Token::new(&text, path.display().to_string());
            Some(token.ok_or_else(|| GitHubError::NoToken(format!("{} holds no token", path.display())))?)
        }
        Some(Login::App(app)) => Some(app::token(access, app, repository).await?),
        None if github.may_ask_gh => {
            let host = match github.url.as_str() {
                GITHUB => "github.com",
                url => url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default(),
            };
            of_gh(host, access.timeout).await
        }
        None => None,
    };
    by_token(access, token)
}

/// A connection that asks with a token, or without any.
pub(super) fn by_token(access: &Access, token: Option<Token>) -> Result<Client, GitHubError> {
    let failed = |error: octocrab::Error| GitHubError::Client(innermost(&error));
    let mut builder = octocrab::OctocrabBuilder::default()
        .base_uri(access.github.url.as_str())
        .map_err(failed)?
        .set_connect_timeout(Some(access.timeout))
        .set_read_timeout(Some(access.timeout));
    if let Some(token) = &token {
        builder = builder.personal_token(token.value.clone());
    }
    Ok(Client { octocrab: builder.build().map_err(failed)?, token: token.map(|token| token.from) })
}

/// What a file holds that a variable names, or why that is not known.
pub(super) fn read(path: &Path, from: &str) -> Result<String, String> {
    files::read_text(path).map_err(|error| format!("{from} names {}: {}", path.display(), innermost(&error)))
}

/// The token of GitHub's own command line, where somebody has logged in with it.
async fn of_gh(host: &str, patience: Duration) -> Option<Token> {
    let mut command = tokio::process::Command::new("gh");
    command.args(["auth", "token", "--hostname", host]).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = timeout(patience, command.output()).await.ok()?.ok()?;
    let token = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    Token::new(&token, "`gh auth token`")
}
