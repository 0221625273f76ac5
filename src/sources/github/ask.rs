//! One question to GitHub: with a token if there is one, only if something moved since it was asked before, again where it
//! asks to wait, and to no other host.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Bytes;
use octocrab::Octocrab;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::{
    sync::OnceCell,
    time::{sleep, timeout},
};

use crate::{
    files,
    object::Hash,
    revision::Commit,
    sources::{Access, Unresolved, fetch::PACKED},
};

/// GitHub itself; another address is an Enterprise of somebody.
pub const GITHUB: &str = "https://api.github.com";
/// So often one question is asked while the server fails.
pub(super) const TRIES: u32 = 3;
/// Longer than this nobody waits for GitHub; it says when it answers again, and so do we.
pub(super) const WAIT: u64 = 60;
/// A page of a hundred tags is 40 kB.
pub(super) const ANSWER: usize = 8 * 1024 * 1024;
/// An archive is as large as what may be fetched by git.
const ARCHIVE: usize = PACKED as usize;
/// A renamed repository leads to the new one.
const REDIRECTS: usize = 3;

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
    token: Option<String>,
}

impl GitHub {
    #[must_use]
    pub fn new(url: String, token: Option<Token>, may_ask_gh: bool) -> Self {
        Self { url, token, may_ask_gh, client: Arc::default() }
    }
}

/// Why GitHub gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GitHubError {
    #[error("GitHub cannot be asked: {0}")]
    Client(String),
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

/// An answer that was kept, and what to say to hear only of a new one.
#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    etag: String,
    body: String,
}

/// The questions about one repository.
pub(super) struct Asked<'a> {
    pub(super) access: &'a Access,
    /// `/repos/OWNER/NAME`.
    pub(super) repository: String,
}

impl Asked<'_> {
    /// Asks for a path below the repository.
    pub(super) async fn text(&self, path: &str, accept: &'static str) -> Result<String, GitHubError> {
        let github = &self.access.github;
        let client = connected(self.access).await?;
        let slash = if path.is_empty() { "" } else { "/" };
        let url = format!("{}{}{slash}{path}", github.url, self.repository);
        let place = place(self.access, &url, accept);
        let kept = kept(&place, &url);
        let mut headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        if let Some(etag) = kept.as_ref().and_then(|kept| HeaderValue::from_str(&kept.etag).ok()) {
            headers.insert(header::IF_NONE_MATCH, etag);
        }
        let (status, told, body) = self.answer(client, &url, &headers, Follow::Own).await?;
        if status == StatusCode::NOT_MODIFIED {
            return kept
                .map(|kept| kept.body)
                .ok_or_else(|| GitHubError::Nonsense("nothing moved, and nothing was asked before".to_owned()));
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        if let Some(etag) = told.get(header::ETAG).and_then(|etag| etag.to_str().ok()) {
            keep(&place, &Kept { url, etag: etag.to_owned(), body: body.clone() });
        }
        Ok(body)
    }

    /// Asks for the archive of a commit, which GitHub has on another host.
    pub(super) async fn archive(&self, commit: &Commit) -> Result<Bytes, GitHubError> {
        let github = &self.access.github;
        let client = connected(self.access).await?;
        let url = format!("{}{}/tarball/{commit}", github.url, self.repository);
        let (status, _, body) = self.answer(client, &url, &HeaderMap::new(), Follow::Anywhere).await?;
        match status {
            StatusCode::OK => Ok(body),
            status => Err(GitHubError::Nonsense(format!("status {}", status.as_u16()))),
        }
    }

    /// Asks until there is an answer that says something, or that nothing moved.
    async fn answer(
        &self,
        client: &Client,
        url: &str,
        headers: &HeaderMap,
        follow: Follow,
    ) -> Result<(StatusCode, HeaderMap, Bytes), GitHubError> {
        let mut tries = 1;
        let mut waited = 0;
        loop {
            let (status, told, body) = match self.once(client, url, headers, follow).await {
                Err(GitHubError::Unreachable(_) | GitHubError::Slow(_)) if tries < TRIES => {
                    sleep(Duration::from_millis(500 << tries)).await;
                    tries += 1;
                    continue;
                }
                answer => answer?,
            };
            match status {
                status if status.is_success() || status == StatusCode::NOT_MODIFIED => return Ok((status, told, body)),
                status if status.is_server_error() && tries < TRIES => {
                    sleep(Duration::from_millis(500 << tries)).await;
                    tries += 1;
                }
                status => match delay(status, &told) {
                    Some(Pause { seconds, .. }) if waited + seconds <= WAIT => {
                        waited += seconds.max(1);
                        sleep(Duration::from_secs(seconds.max(1))).await;
                    }
                    pause => return Err(refused(status, &String::from_utf8_lossy(&body), client, pause)),
                },
            }
        }
    }

    /// Asks once, and goes where the answer leads.
    async fn once(
        &self,
        client: &Client,
        url: &str,
        headers: &HeaderMap,
        follow: Follow,
    ) -> Result<(StatusCode, HeaderMap, Bytes), GitHubError> {
        let mut url = url.to_owned();
        let size = match follow {
            Follow::Own => ANSWER,
            Follow::Anywhere => ARCHIVE,
        };
        for _ in 0..=REDIRECTS {
            // The client names who asks to the host of its address, and to no other.
            let ask = client.octocrab._get_with_headers(url.as_str(), Some(headers.clone()));
            let limit = self.access.timeout;
            let answer = timeout(limit, ask).await.map_err(|_| GitHubError::Slow(limit))?;
            let answer = answer.map_err(|error| GitHubError::Unreachable(innermost(&error)))?;
            let (status, told) = (answer.status(), answer.headers().clone());
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                let to = told.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
                if !self.may_follow(to, follow) {
                    return Err(elsewhere(to));
                }
                to.clone_into(&mut url);
                continue;
            }
            return Ok((status, told, read_body(answer.into_body(), limit, size).await?));
        }
        Err(GitHubError::Elsewhere("round and round".to_owned()))
    }

    /// Whether to go where an answer leads.
    fn may_follow(&self, to: &str, follow: Follow) -> bool {
        let own = &self.access.github.url;
        let is_own = to.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
        // What is private must not be asked for where anybody on the way can read it, unless GitHub is asked so itself.
        let is_safe = to.starts_with("https://") || to.starts_with("http://") && own.starts_with("http://");
        match follow {
            // A host that is not GitHub has no business with what is asked.
            Follow::Own => is_own,
            Follow::Anywhere => is_own || is_safe,
        }
    }
}

/// Where an answer may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    Own,
    /// To another host too, which is not told who asks.
    Anywhere,
}

/// The body of an answer, within bounds.
pub(super) async fn read_body<B>(body: B, limit: Duration, size: usize) -> Result<Bytes, GitHubError>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let read = timeout(limit, Limited::new(body, size).collect()).await.map_err(|_| GitHubError::Slow(limit))?;
    let read = read.map_err(|error| match error.is::<LengthLimitError>() {
        true => GitHubError::TooLarge,
        false => GitHubError::Unreachable(innermost(&*error)),
    });
    Ok(read?.to_bytes())
}

/// An answer that leads where nobody follows it.
pub(super) fn elsewhere(to: &str) -> GitHubError {
    // What comes after a question mark may let somebody in.
    let to = to.split('?').next().unwrap_or_default();
    GitHubError::Elsewhere(to.chars().filter(|c| !c.is_control()).take(100).collect())
}

/// How long GitHub wants to be left alone.
pub(super) struct Pause {
    pub(super) seconds: u64,
    /// By GitHub's own clock, where it says that.
    until: Option<u64>,
}

pub(super) fn delay(status: StatusCode, told: &HeaderMap) -> Option<Pause> {
    if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    let number = |name: &str| told.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Pause { seconds, until: None });
    }
    let until = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
    // Both by the same clock, which need not be ours.
    let now = told.get(header::DATE).and_then(|date| date.to_str().ok());
    let now = now.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp().as_second());
    let seconds = now.and_then(|now| until.checked_sub(u64::try_from(now).ok()?)).unwrap_or(WAIT + 1);
    Some(Pause { seconds, until: Some(until) })
}

pub(super) fn refused(status: StatusCode, body: &str, client: &Client, pause: Option<Pause>) -> GitHubError {
    let token = client.token.clone();
    if let Some(Pause { seconds, until }) = pause {
        let at = until.and_then(|until| jiff::Timestamp::from_second(i64::try_from(until).ok()?).ok());
        let until = at.map_or_else(|| format!("{seconds}s from now"), |at| format!("{at:.0}"));
        return GitHubError::Limited { until, token };
    }
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    match status {
        StatusCode::UNAUTHORIZED => GitHubError::Unauthorized(token.unwrap_or_else(|| "nowhere".to_owned())),
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            let message =
                serde_json::from_str::<Refusal>(body).map_or_else(|_| status.to_string(), |told| told.message);
            let message = message.chars().filter(|c| !c.is_control()).take(200).collect();
            GitHubError::Forbidden { message, token }
        }
        StatusCode::NOT_FOUND => GitHubError::NotFound { token },
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => GitHubError::NoSuch,
        status if status.is_server_error() => GitHubError::Server(status.as_u16()),
        status => GitHubError::Nonsense(format!("status {}", status.as_u16())),
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

/// What went wrong at the bottom, in one line.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().lines().next().unwrap_or_default().to_owned()
}

fn place(access: &Access, url: &str, accept: &str) -> PathBuf {
    let name = Hash::from_digest(Sha256::digest(format!("{accept} {url}")).into());
    access.cache.join("github").join(format!("{name}.json"))
}

/// The answer of before. What cannot be read was never asked.
fn kept(place: &std::path::Path, url: &str) -> Option<Kept> {
    let bytes = files::read_plain(place, ANSWER as u64 * 2).ok()??;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    (kept.url == url).then_some(kept)
}

/// Keeps an answer. Where that fails, it is asked for again.
fn keep(place: &std::path::Path, kept: &Kept) {
    let Ok(bytes) = serde_json::to_vec(kept) else { return };
    let directory = place.parent().expect("it was joined");
    if files::create_private_dir(directory).is_ok() {
        let _ = files::write_atomic(place, &bytes);
    }
}
