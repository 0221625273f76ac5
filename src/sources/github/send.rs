//! One request to GitHub, sent until it is answered: again where the server fails or asks to wait, as far as that does no
//! harm, and to no host that has no business with it.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header, request::Builder};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Bytes;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{Message, error::GitHubError, login::Client};
use crate::sources::{Access, fetch::PACKED};

/// So often one request is sent while the server fails.
const TRIES: u32 = 3;
/// Longer than this nobody waits for GitHub; it says when it answers again, and so do we.
pub(super) const WAIT: u64 = 60;
/// A page of a hundred tags is 40 kB.
pub(super) const ANSWER: usize = 8 * 1024 * 1024;
/// An archive is as large as what may be fetched by git.
const ARCHIVE: usize = PACKED as usize;
/// A renamed repository leads to the new one.
const REDIRECTS: usize = 3;
/// Of what GitHub says, no more characters than this are shown.
const SHOWN: usize = 200;

/// What is sent.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<&'a Value>,
    pub(super) again: Again,
    pub(super) follow: Follow,
}

impl<'a> Request<'a> {
    /// A question, which may be asked again; its answer leads nowhere else.
    pub(super) fn get(url: &'a str) -> Self {
        let (method, headers) = (Method::GET, HeaderMap::new());
        Self { method, url, headers, body: None, again: Again::Safe, follow: Follow::Nowhere }
    }
}

/// Whether a request may be sent again when nobody knows whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Safe,
    /// It would be done twice.
    Never,
}

/// Where an answer may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    Nowhere,
    /// To another path of the same GitHub.
    Own,
    /// To another host too, which is not told who asks. What is there may be an archive.
    Anywhere,
}

/// An answer that says something, or that nothing moved.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answered {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request until there is an answer, within the seconds of patience that are left for waiting.
pub(super) async fn send(
    access: &Access,
    client: &Client,
    request: &Request<'_>,
    patience: &mut u64,
) -> Result<Answered, GitHubError> {
    let mut tries = 1;
    loop {
        let may_try = tries < TRIES && request.again == Again::Safe;
        let answered = match once(access, client, request).await {
            Err(GitHubError::Unreachable(_) | GitHubError::Slow(_)) if may_try => None,
            Ok(Answered { status, .. }) if status.is_server_error() && may_try => None,
            answer => Some(answer?),
        };
        let Some(answered) = answered else {
            sleep(Duration::from_millis(500 << tries)).await;
            tries += 1;
            continue;
        };
        if answered.status.is_success() || answered.status == StatusCode::NOT_MODIFIED {
            return Ok(answered);
        }
        // What is refused for the number of requests was not done.
        match delay(&answered) {
            Some(Pause { seconds, .. }) if seconds.max(1) <= *patience => {
                *patience -= seconds.max(1);
                sleep(Duration::from_secs(seconds.max(1))).await;
            }
            pause => return Err(refused(&request.method, &answered, client, pause)),
        }
    }
}

/// Sends a request once, and goes where the answer leads.
async fn once(access: &Access, client: &Client, request: &Request<'_>) -> Result<Answered, GitHubError> {
    let Request { method, url, headers, body, again: _, follow } = request;
    let limit = access.timeout;
    let mut url = (*url).to_owned();
    for _ in 0..=REDIRECTS {
        let mut builder = Builder::new().method(method.clone()).uri(url.as_str());
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        // The client names who asks to the host of its address, and to no other.
        let built = client.octocrab.build_request(builder, *body);
        let built = built.map_err(|error| GitHubError::Client(innermost(&error)))?;
        let answer = timeout(limit, client.octocrab.execute(built)).await.map_err(|_| GitHubError::Slow(limit))?;
        let answer = answer.map_err(|error| GitHubError::Unreachable(innermost(&error)))?;
        let (status, told) = (answer.status(), answer.headers().clone());
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            let to = told.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            if !may_follow(&access.github.url, to, *follow) {
                return Err(elsewhere(to));
            }
            to.clone_into(&mut url);
            continue;
        }
        let size = if *follow == Follow::Anywhere { ARCHIVE } else { ANSWER };
        return Ok(Answered { status, headers: told, body: read_body(answer.into_body(), limit, size).await? });
    }
    Err(GitHubError::Elsewhere("round and round".to_owned()))
}

/// Whether to go where an answer of the GitHub at `own` leads.
fn may_follow(own: &str, to: &str, follow: Follow) -> bool {
    let is_own = to.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    // What is private must not be asked for where anybody on the way can read it, unless GitHub is asked so itself.
    let is_safe = to.starts_with("https://") || to.starts_with("http://") && own.starts_with("http://");
    match follow {
        Follow::Nowhere => false,
        // A host that is not GitHub has no business with what is asked.
        Follow::Own => is_own,
        Follow::Anywhere => is_own || is_safe,
    }
}

/// The body of an answer, within bounds.
async fn read_body<B>(body: B, limit: Duration, size: usize) -> Result<Bytes, GitHubError>
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
fn elsewhere(to: &str) -> GitHubError {
    // What comes after a question mark may let somebody in.
    let to = to.split('?').next().unwrap_or_default();
    GitHubError::Elsewhere(to.chars().filter(|c| !c.is_control()).take(100).collect())
}

/// How long GitHub wants to be left alone.
struct Pause {
    seconds: u64,
    /// By GitHub's own clock, where it says that.
    until: Option<u64>,
}

fn delay(Answered { status, headers, body: _ }: &Answered) -> Option<Pause> {
    if !matches!(*status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Pause { seconds, until: None });
    }
    let until = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
    // Both by the same clock, which need not be ours.
    let now = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let now = now.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp().as_second());
    let seconds = now.and_then(|now| until.checked_sub(u64::try_from(now).ok()?)).unwrap_or(WAIT + 1);
    Some(Pause { seconds, until: Some(until) })
}

fn refused(method: &Method, answered: &Answered, client: &Client, pause: Option<Pause>) -> GitHubError {
    let token = client.token.clone();
    if let Some(Pause { seconds, until }) = pause {
        let at = until.and_then(|until| jiff::Timestamp::from_second(i64::try_from(until).ok()?).ok());
        let until = at.map_or_else(|| format!("{seconds}s from now"), |at| format!("{at:.0}"));
        return GitHubError::Limited { until, token };
    }
    let status = answered.status;
    let message = || {
        let told = serde_json::from_slice::<Message>(&answered.body);
        let message = told.map_or_else(|_| status.to_string(), |told| told.message);
        message.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
    };
    match status {
        StatusCode::UNAUTHORIZED => GitHubError::Unauthorized(token.unwrap_or_else(|| "nowhere".to_owned())),
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => GitHubError::Forbidden { message: message(), token },
        StatusCode::NOT_FOUND => GitHubError::NotFound { token },
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT if *method == Method::GET => GitHubError::NoSuch,
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => GitHubError::Refused(message()),
        status if status.is_server_error() => GitHubError::Server(status.as_u16()),
        status => GitHubError::Nonsense(format!("status {}", status.as_u16())),
    }
}

/// What went wrong at the bottom, in one line.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().lines().next().unwrap_or_default().to_owned()
}
