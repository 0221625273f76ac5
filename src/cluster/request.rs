//! One request and its answer: path, time limit, warnings, and retries within a budget where repeating is safe.

use std::{fmt, io, time::Duration};

use http::{Method, Request, header, response::Parts};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use kube::client::Body;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use tracing::debug;

use crate::object::{GroupKind, Object, split_api_version};

use super::{Cluster, Error, Refused};

/// How long one request may be repeated in all before its last failure stands.
const BUDGET: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The same where nobody is there who could be overloaded.
const BORNE_PAUSE: Duration = Duration::from_secs(2);

/// A kind at a version, as its URL needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub kind: GroupKind,
    pub version: String,
    pub plural: String,
    pub namespaced: bool,
}

impl Resource {
    pub(super) fn core(kind: &str, plural: &str) -> Self {
        let kind = GroupKind::new("", kind);
        Self { kind, version: "v1".to_owned(), plural: plural.to_owned(), namespaced: true }
    }

    pub(super) fn api_version(&self) -> String {
        crate::object::join_api_version(&self.kind.group, &self.version)
    }

    /// `/apis/apps/v1/namespaces/jakub/deployments`
    pub(super) fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.kind.group) };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/{}/namespaces/{namespace}/{}", self.version, self.plural),
            None => format!("{root}/{}/{}", self.version, self.plural),
        }
    }
}

/// Whether a failed request may be sent again: only when doing it twice is doing it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Yes,
    No,
}

/// A request in the making.
pub(super) struct Call {
    pub doing: String,
    pub method: Method,
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub accept: &'static str,
    pub body: Option<(&'static str, Vec<u8>)>,
    pub repeat: Repeat,
    /// Whether it may only be made while the lease is held.
    pub is_write: bool,
}

pub(super) const JSON: &str = "application/json";
pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const APPLY: &str = "application/apply-patch+yaml";

impl Call {
    pub(super) fn new(method: Method, path: String, doing: impl fmt::Display) -> Self {
        let repeat = if method == Method::GET { Repeat::Yes } else { Repeat::No };
        Self {
            doing: doing.to_string(),
            method,
            path,
            query: Vec::new(),
            accept: JSON,
            body: None,
            repeat,
            is_write: false,
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    pub(super) fn body(mut self, content_type: &'static str, body: &Value) -> Self {
        self.body = Some((content_type, as_yaml(&body.to_string()).into_bytes()));
        self
    }

    pub(super) fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// It changes what the lease protects.
    pub(super) fn write(mut self) -> Self {
        self.is_write = true;
        self
    }

    pub(super) fn request(&self) -> Result<Request<Body>, http::Error> {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        let mut request = Request::builder()
            .method(&self.method)
            .uri(format!("{}{separator}{}", self.path, query.join("&")))
            .header(header::ACCEPT, self.accept);
        let body = match &self.body {
            Some((content_type, bytes)) => {
                request = request.header(header::CONTENT_TYPE, *content_type);
                Body::from(bytes.clone())
            }
            None => Body::empty(),
        };
        request.body(body)
    }
}

/// Escapes a query value; only unreserved characters stay.
fn escape(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// JSON that is the same read as YAML, which is how the server reads what is applied. There a few characters must be
/// escaped that may stand as they are in JSON: some are not allowed (<https://yaml.org/spec/1.1/#id868524>), and some end
/// a line, so that the blanks around them would go.
fn as_yaml(json: &str) -> String {
    let mut yaml = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                yaml.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => yaml.push(c),
        }
    }
    yaml
}

/// An accepted request.
#[derive(Debug)]
pub(super) struct Reply {
    pub code: u16,
    pub body: Value,
    pub warnings: Vec<String>,
}

impl Reply {
    pub(super) fn object(self, doing: &str) -> Result<Object, Error> {
        let object = Object(self.body);
        if object.uid().is_none() && object.metadata("name").is_none() {
            let found = object.kind().unwrap_or("no object").to_owned();
            return Err(Error::Unexpected { doing: doing.to_owned(), found });
        }
        Ok(object)
    }
}

impl Cluster {
    /// Sends a request; one that may be repeated is, within the budget and as long as the server asks to wait.
    pub(super) async fn call(&self, call: Call) -> Result<Reply, Error> {
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            if call.is_write {
                self.may_write().await?;
            }
            let error = match self.once(&call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let is_borne = error.is_silence() && self.contact.as_ref().is_some_and(|contact| contact.bears(pause));
            let wait = match &error {
                Error::Refused { source, .. } if source.is_transient() => {
                    source.retry_after.map_or(pause, Duration::from_secs)
                }
                Error::BrokenOff { .. } => pause,
                Error::Unreachable { .. } if is_borne || is_lost_connection(&error) => pause,
                Error::TimedOut { .. } if is_borne => pause,
                _ => return Err(error),
            };
            // What was turned away for overload, or found nobody, was not done, so even a POST may come again.
            let was_not_done = error.refused().is_some_and(|refused| refused.code == 429) || found_nobody(&error);
            if (call.repeat == Repeat::No && !was_not_done) || !(is_borne || start.elapsed() + wait <= BUDGET) {
                return Err(error);
            }
            debug!(doing = %call.doing, %error, ?wait, "asking again");
            sleep(wait).await;
            let longest = if is_borne { BORNE_PAUSE } else { LONGEST_PAUSE };
            pause = (pause * 2).min(longest);
        }
    }

    /// Sends a request whose answer is no JSON, once: whoever wants a log does without sooner than wait.
    pub(super) async fn text(&self, call: &Call) -> Result<String, Error> {
        let (_, body) = self.exchange(call).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    async fn once(&self, call: &Call) -> Result<Reply, Error> {
        let (head, body) = self.exchange(call).await?;
        let code = head.status.as_u16();
        let warnings = head.headers.get_all(header::WARNING).iter();
        let warnings = warnings.filter_map(|value| warning(value.to_str().ok()?)).collect();
        let body = serde_json::from_slice(&body).map_err(|error| match error.is_eof() {
            // A proxy may end what it did not get in full as if it were all.
            true => broken_off(self, call, Box::new(error)),
            false => Error::Unexpected { doing: call.doing.clone(), found: error.to_string() },
        })?;
        Ok(Reply { code, body, warnings })
    }

    /// One request and all of its answer, if that is a success.
    pub(super) async fn exchange(&self, call: &Call) -> Result<(Parts, Bytes), Error> {
        let answer = self.send(call).await;
        if let Some(contact) = &self.contact {
            match &answer {
                Err(error) if error.is_silence() => contact.lose(),
                Ok(_) | Err(_) => contact.regain(),
            }
        }
        answer
    }

    async fn send(&self, call: &Call) -> Result<(Parts, Bytes), Error> {
        let server = || self.server.clone();
        let request = call.request().map_err(|source| Error::Client { server: server(), source: Box::new(source) })?;
        let answer = async {
            let response = self.client.send(request).await?;
            let (head, body) = response.into_parts();
            Ok::<_, kube::Error>((head, body.collect().await))
        };
        let (head, body) = match timeout(self.timeout, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(kube::Error::Service(source))) => return Err(Error::Unreachable { server: server(), source }),
            Ok(Err(source)) => return Err(Error::Unreachable { server: server(), source: Box::new(source) }),
            Err(_) => {
                return Err(Error::TimedOut { server: server(), doing: call.doing.clone(), limit: self.timeout });
            }
        };
        let body = body.map_err(|error| match error {
            kube::Error::Service(source) => broken_off(self, call, source),
            other => broken_off(self, call, Box::new(other)),
        })?;
        let body = body.to_bytes();
        let code = head.status.as_u16();
        debug!(method = %call.method, path = %call.path, code, "answered");
        if !head.status.is_success() {
            let retry_after = head.headers.get(header::RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            let source = Refused::read(code, &body, retry_after);
            return Err(match code {
                401 => Error::Unauthorized { server: server() },
                _ => Error::Refused { doing: call.doing.clone(), source },
            });
        }
        Ok((head, body))
    }
}

fn broken_off(cluster: &Cluster, call: &Call, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::BrokenOff { server: cluster.server.clone(), doing: call.doing.clone(), source }
}

/// Whether no connection came about, so that no server can have done anything.
fn found_nobody(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(client) = cause.downcast_ref::<hyper_util::client::legacy::Error>() {
            return client.is_connect();
        }
        source = cause.source();
    }
    false
}

/// A connection that broke in use, as opposed to one that never came about: there asking again in a moment is idle.
fn is_lost_connection(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(client) = cause.downcast_ref::<hyper_util::client::legacy::Error>() {
            return !client.is_connect();
        }
        if let Some(broken) = cause.downcast_ref::<io::Error>() {
            return broken.kind() == io::ErrorKind::ConnectionReset;
        }
        source = cause.source();
    }
    false
}

/// The text of a `Warning` header (<https://kubernetes.io/docs/reference/using-api/#warnings>): `299 - "text"`.
fn warning(header: &str) -> Option<String> {
    let text = header.split_once('"')?.1;
    let text = text.strip_suffix('"').unwrap_or(text);
    Some(text.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// Gives items of a list the kind that only the list names.
pub(super) fn typed(mut item: Value, resource: &Resource) -> Object {
    if let Some(map) = item.as_object_mut() {
        map.insert("apiVersion".to_owned(), Value::from(resource.api_version()));
        map.insert("kind".to_owned(), Value::from(resource.kind.kind.clone()));
    }
    Object(item)
}

/// The version part of an apiVersion.
pub(super) fn version(api_version: &str) -> String {
    split_api_version(api_version).1.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api() {
        let deployments = Resource {
            kind: GroupKind::new("apps", "Deployment"),
            version: "v1".into(),
            plural: "deployments".into(),
            namespaced: true,
        };
        assert_eq!(deployments.path(Some("jakub")), "/apis/apps/v1/namespaces/jakub/deployments");
        assert_eq!(Resource::core("Pod", "pods").path(None), "/api/v1/pods");
    }

    #[test]
    fn warnings_lose_their_quotes_and_code() {
        let header = r#"299 - "would violate PodSecurity \"restricted:latest\": x""#;
        assert_eq!(warning(header).as_deref(), Some(r#"would violate PodSecurity "restricted:latest": x"#));
    }

    #[test]
    fn json_is_written_so_that_it_is_the_same_as_yaml() {
        let json = serde_json::json!({"a\u{7f}": "\u{85} \u{9f}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}", "ä": "😀\u{a0}\0\n"});
        let yaml = as_yaml(&json.to_string());
        assert_eq!(
            yaml,
            r#"{"a\u007f":"\u0085 \u009f\u2028\u2029\ufeff\ufffe\uffff","ä":"😀"#.to_owned() + "\u{a0}\\u0000\\n\"}"
        );
        assert_eq!(serde_json::from_str::<Value>(&yaml).expect("it is still JSON"), json);
    }

    #[test]
    fn queries_are_escaped() {
        assert_eq!(escape("ditc.dev/environment=a,b"), "ditc.dev%2Fenvironment%3Da%2Cb");
    }
}
