//! Questions about one repository: each only if something moved since it was asked before.

use std::path::PathBuf;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    error::GitHubError,
    login::connected,
    send::{ANSWER, Answered, Follow, Request, WAIT, send},
};
use crate::{files, object::Hash, revision::Commit, sources::Access};

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
    /// `OWNER/NAME`
    pub(super) repository: String,
}

impl Asked<'_> {
    /// Asks for a path below the repository.
    pub(super) async fn text(&self, path: &str, accept: &'static str) -> Result<String, GitHubError> {
        let slash = if path.is_empty() { "" } else { "/" };
        let url = format!("{}/repos/{}{slash}{path}", self.access.github.url, self.repository);
        let place = place(self.access, &url, accept);
        let kept = kept(&place, &url);
        let mut headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        if let Some(etag) = kept.as_ref().and_then(|kept| HeaderValue::from_str(&kept.etag).ok()) {
            headers.insert(header::IF_NONE_MATCH, etag);
        }
        let request = Request { headers, follow: Follow::Own, ..Request::get(&url) };
        let answered = self.send(&request).await?;
        if answered.status == StatusCode::NOT_MODIFIED {
            return kept
                .map(|kept| kept.body)
                .ok_or_else(|| GitHubError::Nonsense("nothing moved, and nothing was asked before".to_owned()));
        }
        let body = answered.text();
        if let Some(etag) = answered.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()) {
            keep(&place, &Kept { url, etag: etag.to_owned(), body: body.clone() });
        }
        Ok(body)
    }

    /// Asks for the archive of a commit, which GitHub has on another host.
    pub(super) async fn archive(&self, commit: &Commit) -> Result<Bytes, GitHubError> {
        let url = format!("{}/repos/{}/tarball/{commit}", self.access.github.url, self.repository);
        let Answered { status, body, .. } =
            self.send(&Request { follow: Follow::Anywhere, ..Request::get(&url) }).await?;
        match status {
            StatusCode::OK => Ok(body),
            status => Err(GitHubError::Nonsense(format!("status {}", status.as_u16()))),
        }
    }

    async fn send(&self, request: &Request<'_>) -> Result<Answered, GitHubError> {
        let client = connected(self.access, &self.repository).await?;
        let mut patience = WAIT;
        send(self.access, &client, request, &mut patience).await
    }
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
