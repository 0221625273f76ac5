//! What is told on GitHub: one comment for each marker, statuses of commits, deployments. Each write is made once, and
//! again only where it cannot have been done or does no harm twice.

use std::time::Duration;

use http::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Identified,
    error::GitHubError,
    login::connected,
    read,
    send::{Again, Request, WAIT, send},
};
use crate::sources::Access;

/// The longest text that a comment takes, in characters (<https://github.com/orgs/community/discussions/27190>).
pub const COMMENT: usize = 65_536;
/// The longest description of a status or a deployment.
const DESCRIPTION: usize = 140;
/// More pages of comments than this are not read: 100 comments each.
const PAGES: usize = 50;
/// More deployments of one environment than this are not looked at.
const DEPLOYMENTS: usize = 20;
/// After so many writes they are a second apart: GitHub takes about 80 a minute.
const AT_ONCE: u32 = 20;

/// One repository on GitHub, to tell things in.
pub struct Board<'a> {
    access: &'a Access,
    /// `OWNER/NAME`
    repository: String,
    /// Seconds that may still be waited, over all that is told.
    patience: u64,
    writes: u32,
    author: Option<Author>,
}

/// Whose comments are ours.
#[derive(Clone)]
enum Author {
    User(String),
    /// The token of an app may not ask whose it is; its comments are those of a bot, which nobody else can post as.
    App,
}

/// A comment that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub how: How,
    pub url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Created,
    Updated,
    /// It said the same already.
    Unchanged,
}

/// What came of an environment, as GitHub shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Success,
    Failure,
    /// It is gone; of deployments alone.
    Inactive,
}

impl State {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Success => "success",
            State::Failure => "failure",
            State::Inactive => "inactive",
        }
    }
}

/// What is said with a status or a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub state: State,
    pub description: &'a str,
    /// Where the log is.
    pub log: Option<&'a str>,
    /// Where the environment is reached.
    pub address: Option<&'a str>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
    html_url: String,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

#[derive(Deserialize)]
struct Stated {
    state: String,
}

impl<'a> Board<'a> {
    /// The repository `OWNER/NAME`.
    #[must_use]
    pub fn new(access: &'a Access, repository: String) -> Self {
        Self { access, repository, patience: WAIT, writes: 0, author: None }
    }

    /// The pull requests that hold a commit, the newest first.
    ///
    /// # Errors
    /// Why GitHub gave no answer.
    pub async fn pull_requests(&mut self, commit: &str) -> Result<Vec<u64>, GitHubError> {
        let found: Vec<Numbered> = self.read(&format!("commits/{commit}/pulls?per_page=100")).await?;
        let mut numbers: Vec<u64> = found.into_iter().map(|found| found.number).collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        Ok(numbers)
    }

    /// Makes a comment of a pull request or an issue say `body`, which begins with `marker`: the one of ours that begins so
    /// already, or a new one.
    ///
    /// # Errors
    /// Why GitHub did not take it.
    pub async fn comment(&mut self, number: u64, marker: &str, body: &str) -> Result<Posted, GitHubError> {
        for is_last in [false, true] {
            if let Some(Comment { id, body: before, html_url: url, .. }) = self.own_comment(number, marker).await? {
                // GitHub keeps line ends in its own way.
                let is_same = before.is_some_and(|before| before.replace("\r\n", "\n").trim_end() == body.trim_end());
                if is_same {
                    return Ok(Posted { how: How::Unchanged, url });
                }
                let path = format!("issues/comments/{id}");
                self.write(Method::PATCH, &path, &json!({"body": body}), Again::Safe).await?;
                return Ok(Posted { how: How::Updated, url });
            }
            let path = format!("issues/{number}/comments");
            match self.write(Method::POST, &path, &json!({"body": body}), Again::Never).await {
                Ok(text) => {
                    let Comment { html_url: url, .. } = read(&text)?;
                    return Ok(Posted { how: How::Created, url });
                }
                // It may be there all the same, so that is looked for before another one is posted.
                Err(GitHubError::Server(_) | GitHubError::Unreachable(_) | GitHubError::Slow(_)) if !is_last => {
                    sleep(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("the last turn ends")
    }

    /// What the comments of ours say that begin so, at a pull request or an issue.
    ///
    /// # Errors
    /// Why GitHub gave no answer.
    pub async fn own(&mut self, number: u64, begin: &str) -> Result<Vec<String>, GitHubError> {
        let found = self.own_comments(number, |first| first.starts_with(begin), usize::MAX).await?;
        Ok(found.into_iter().filter_map(|comment| comment.body).collect())
    }

    async fn own_comment(&mut self, number: u64, marker: &str) -> Result<Option<Comment>, GitHubError> {
        Ok(self.own_comments(number, |first| first == marker, 1).await?.pop())
    }

    /// The first comments of ours whose first line is meant.
    async fn own_comments(
        &mut self,
        number: u64,
        is_meant: impl Fn(&str) -> bool,
        most: usize,
    ) -> Result<Vec<Comment>, GitHubError> {
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let path = format!("issues/{number}/comments?per_page=100&page={page}");
            let comments: Vec<Comment> = self.read(&path).await?;
            let is_last = comments.len() < 100;
            for comment in comments {
                let begins = comment.body.as_deref().and_then(|body| body.lines().next()).is_some_and(&is_meant);
                if begins && self.is_ours(&comment).await? {
                    found.push(comment);
                    if found.len() == most {
                        return Ok(found);
                    }
                }
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    /// Whether a comment was posted with this token: anybody can begin a comment with a marker.
    async fn is_ours(&mut self, comment: &Comment) -> Result<bool, GitHubError> {
        let author = match &self.author {
            Some(author) => author.clone(),
            None => {
                let url = format!("{}/user", self.access.github.url);
                let author = match self.send(&Request::get(&url)).await {
                    Ok(text) => Author::User(read::<User>(&text)?.login),
                    Err(GitHubError::Forbidden { .. }) => Author::App,
                    Err(error) => return Err(error),
                };
                self.author = Some(author.clone());
                author
            }
        };
        Ok(comment.user.as_ref().is_some_and(|user| match &author {
            Author::User(login) => user.login == *login,
            Author::App => user.kind == "Bot",
        }))
    }

    /// Sets the status of a commit under a name.
    ///
    /// # Errors
    /// Why GitHub did not take it.
    pub async fn status(&mut self, commit: &str, context: &str, notice: Notice<'_>) -> Result<(), GitHubError> {
        let Notice { state, description, log, address: _ } = notice;
        let body = json!({
            "state": state.word(), "context": context, "description": shortened(description), "target_url": log,
        });
        // The newest counts, so one more of the same changes nothing.
        self.write(Method::POST, &format!("statuses/{commit}"), &body, Again::Safe).await.map(|_| ())
    }

    /// Tells of a deployment of a commit, and that those before it are over; gives its number.
    ///
    /// # Errors
    /// Why GitHub did not take it.
    pub async fn deploy(&mut self, commit: &str, environment: &str, notice: Notice<'_>) -> Result<u64, GitHubError> {
        let body = json!({
            "ref": commit, "environment": environment, "description": shortened(notice.description),
            "auto_merge": false, "required_contexts": [], "transient_environment": true, "production_environment": false,
        });
        let text = self.write(Method::POST, "deployments", &body, Again::Never).await?;
        let Identified { id } = read(&text)?;
        self.stand(id, notice).await?;
        if notice.state == State::Success {
            self.retire(environment, Some(id), notice).await?;
        }
        Ok(id)
    }

    /// Tells that the deployments of an environment are over, but for one; gives how many were not yet.
    ///
    /// # Errors
    /// Why GitHub did not take it.
    pub async fn retire(
        &mut self,
        environment: &str,
        but: Option<u64>,
        notice: Notice<'_>,
    ) -> Result<usize, GitHubError> {
        let name = super::escaped(environment).replace('/', "%2F");
        let path = format!("deployments?environment={name}&per_page={DEPLOYMENTS}");
        let deployments: Vec<Identified> = self.read(&path).await?;
        let mut count = 0;
        for Identified { id } in deployments.into_iter().filter(|deployment| Some(deployment.id) != but) {
            let path = format!("deployments/{id}/statuses?per_page=1");
            let statuses: Vec<Stated> = self.read(&path).await?;
            if statuses.first().is_none_or(|status| status.state != State::Inactive.word()) {
                self.stand(id, Notice { state: State::Inactive, ..notice }).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn stand(&mut self, id: u64, notice: Notice<'_>) -> Result<(), GitHubError> {
        let Notice { state, description, log, address } = notice;
        let mut body = json!({
            "state": state.word(), "description": shortened(description), "auto_inactive": false,
        });
        for (name, value) in [("log_url", log), ("environment_url", address)] {
            if let Some(value) = value {
                body[name] = value.into();
            }
        }
        self.write(Method::POST, &format!("deployments/{id}/statuses"), &body, Again::Safe).await.map(|_| ())
    }

    async fn read<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, GitHubError> {
        read(&self.send(&Request::get(&self.url(path))).await?)
    }

    async fn write(&mut self, method: Method, path: &str, body: &Value, again: Again) -> Result<String, GitHubError> {
        self.writes += 1;
        if self.writes > AT_ONCE {
            sleep(Duration::from_secs(1)).await;
        }
        let url = self.url(path);
        self.send(&Request { method, body: Some(body), again, ..Request::get(&url) }).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/repos/{}/{path}", self.access.github.url, self.repository)
    }

    async fn send(&mut self, request: &Request<'_>) -> Result<String, GitHubError> {
        let client = connected(self.access, &self.repository).await?;
        Ok(send(self.access, &client, request, &mut self.patience).await?.text())
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(DESCRIPTION) {
        None => text.to_owned(),
        Some(_) => text.chars().take(DESCRIPTION - 3).chain("...".chars()).collect(),
    }
}
