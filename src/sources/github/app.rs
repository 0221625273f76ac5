//! GitHub Apps: what lets in for an hour, for the private key of an app. The key is read, signs one thing, and is shown
//! nowhere.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app>

use std::path::PathBuf;

use http::Method;
use octocrab::jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    Identified,
    error::GitHubError,
    login::{Client, Token, by_token, read},
    send::{Follow, Request, WAIT, send},
};
use crate::sources::Access;

/// Seconds that what is signed holds, and that our clock may be ahead of GitHub's: it takes ten minutes at most.
const HOLDS: u64 = 9 * 60;
const AHEAD: u64 = 60;

/// A GitHub App, by the variables that name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct App {
    /// Its number, or its client id.
    pub id: Option<String>,
    /// The file of its private key.
    pub key: Option<PathBuf>,
    /// Where it is installed; looked up for each owner of repositories where it is not given.
    pub installation: Option<String>,
}

#[derive(Deserialize)]
struct Passed {
    token: String,
}

#[derive(Deserialize)]
struct Known {
    html_url: String,
}

/// An app that can ask.
struct Asking<'a> {
    access: &'a Access,
    id: &'a str,
    client: Client,
    patience: u64,
}

/// Fetches a token for the repositories that belong to whom `OWNER/NAME` belongs to.
pub(super) async fn token(access: &Access, app: &App, repository: &str) -> Result<Token, GitHubError> {
    let App { id, key, installation } = app;
    let missing = |what: &str, given: &str| GitHubError::NoApp(format!("{given} is set, and {what} is not"));
    let id = id.as_deref().ok_or_else(|| missing("DITC_GITHUB_APP_ID", "DITC_GITHUB_APP_KEY_FILE"))?;
    let key = key.as_ref().ok_or_else(|| missing("DITC_GITHUB_APP_KEY_FILE", "DITC_GITHUB_APP_ID"))?;
    let pass = signed(id, &read(key, "DITC_GITHUB_APP_KEY_FILE").map_err(GitHubError::NoApp)?)
        .ok_or_else(|| GitHubError::NoApp(format!("{} holds no private key of RSA", key.display())))?;
    let pass = Token::new(&pass, key.display().to_string()).expect("it is made of letters and dots");
    let mut asking = Asking { access, id, client: by_token(access, Some(pass))?, patience: WAIT };
    let installation = match installation {
        Some(installation) => installation.clone(),
        None => asking.installation(repository).await?,
    };
    let Passed { token } = asking.pass(&installation).await?;
    Token::new(&token, format!("GitHub App {id}")).ok_or_else(|| GitHubError::Nonsense("a token is none".to_owned()))
}

/// What says that an app asks, signed with its key; none where the key is none.
fn signed(id: &str, key: &str) -> Option<String> {
    let key = EncodingKey::from_rsa_pem(key.as_bytes()).ok()?;
    let now = get_current_timestamp();
    let issuer = id.parse::<u64>().map_or_else(|_| json!(id), |number| json!(number));
    let claims = json!({"iss": issuer, "iat": now - AHEAD, "exp": now + HOLDS});
    encode(&Header::new(Algorithm::RS256), &claims, &key).ok()
}

impl Asking<'_> {
    /// Where the app is installed that may see a repository.
    async fn installation(&mut self, repository: &str) -> Result<String, GitHubError> {
        match self.ask::<Identified>(Method::GET, &format!("/repos/{repository}/installation")).await {
            Ok(Identified { id }) => Ok(id.to_string()),
            // Of an app that it does not know, GitHub says the same.
            Err(GitHubError::NotFound { .. }) => {
                let Known { html_url } = self.known().await?;
                Err(GitHubError::NotInstalled { app: self.id.to_owned(), page: html_url })
            }
            Err(error) => Err(error),
        }
    }

    /// A token of an installation.
    async fn pass(&mut self, installation: &str) -> Result<Passed, GitHubError> {
        match self.ask(Method::POST, &format!("/app/installations/{installation}/access_tokens")).await {
            Err(GitHubError::NotFound { .. }) => {
                self.known().await?;
                let (app, installation) = (self.id.to_owned(), installation.to_owned());
                Err(GitHubError::NoInstallation { app, installation })
            }
            answer => answer,
        }
    }

    /// Makes sure that GitHub knows the app.
    async fn known(&mut self) -> Result<Known, GitHubError> {
        match self.ask(Method::GET, "/app").await {
            Err(GitHubError::NotFound { .. }) => Err(self.unknown()),
            answer => answer,
        }
    }

    async fn ask<T: DeserializeOwned>(&mut self, method: Method, path: &str) -> Result<T, GitHubError> {
        let url = format!("{}{path}", self.access.github.url);
        // One token more does no harm.
        let request = Request { method, follow: Follow::Own, ..Request::get(&url) };
        match send(self.access, &self.client, &request, &mut self.patience).await {
            Ok(answered) => super::read(&answered.text()),
            Err(GitHubError::Unauthorized(_)) => Err(self.unknown()),
            Err(error) => Err(error),
        }
    }

    fn unknown(&self) -> GitHubError {
        let key = self.client.token.clone().unwrap_or_default();
        GitHubError::UnknownApp { app: self.id.to_owned(), key }
    }
}
