//! The door to registries of images: whether an image is there. It asks for no layer and writes nothing.
//!
//! <https://distribution.github.io/distribution/spec/api/>

mod challenge;
mod credentials;
#[cfg(test)]
mod tests;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::timeout;

use crate::image::Image;

use challenge::Challenge;
use credentials::Login;
pub use credentials::{Credentials, CredentialsError};

/// The manifests that an image may have; without these, registries answer in a form of 2015 or not at all.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
/// Where Docker Hub answers.
const DOCKER_HUB: &str = "registry-1.docker.io";
/// How long one answer may take.
const REQUEST: Duration = Duration::from_secs(20);
/// How many redirects are followed; registries behind a store need one.
const REDIRECTS: usize = 4;
/// The most that is read of an answer: a token.
const BODY: usize = 1 << 20;

/// What registries are asked with. Copies share connections.
#[derive(Clone)]
pub struct Registry {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    credentials: Arc<Credentials>,
}

/// What a registry says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there, under this digest where the registry tells.
    Here { digest: Option<String> },
    /// It is not there, or not yet.
    Nothing,
}

/// Why a registry did not say. It is never an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no registry can be asked: this machine's certificates cannot be read")]
    Certificates(#[source] std::io::Error),
    #[error("asking registry {registry}")]
    Unreachable { registry: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("registry {registry} did not answer within {} s", REQUEST.as_secs())]
    Slow { registry: String },
    #[error("registry {registry} does not let {who} read {repository}")]
    Denied { registry: String, repository: String, who: &'static str },
    #[error("registry {registry} asks to be left alone for a while")]
    Busy { registry: String, after: Option<Duration> },
    #[error("registry {registry} answers {status}")]
    Broken { registry: String, status: StatusCode },
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

impl Error {
    /// The error with what it comes down to: between them stands only who handed it on.
    #[must_use]
    pub fn with_cause(&self) -> String {
        let mut cause = std::error::Error::source(self);
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            cause = Some(deeper);
        }
        cause.map_or_else(|| self.to_string(), |cause| format!("{self}: {cause}"))
    }

    /// Whether it may go by itself, so that asking again makes sense.
    #[must_use]
    pub fn may_heal(&self) -> bool {
        match self {
            Error::Unreachable { .. } | Error::Slow { .. } | Error::Busy { .. } => true,
            Error::Broken { status, .. } => status.is_server_error(),
            Error::Certificates(_) | Error::Denied { .. } | Error::Credentials(_) => false,
        }
    }
}

impl Registry {
    /// # Errors
    /// When no connection could ever be made.
    pub fn new(credentials: Credentials) -> Result<Self, Error> {
        let builder = HttpsConnectorBuilder::new().with_native_roots().map_err(Error::Certificates)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = builder.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, credentials: Arc::new(credentials) })
    }

    /// Asks whether an image is there.
    ///
    /// # Errors
    /// When the registry does not say.
    pub async fn look(&self, image: &Image) -> Result<Found, Error> {
        let host = if image.registry == "docker.io" { DOCKER_HUB } else { &image.registry };
        // What runs on this machine needs no certificate, as for Docker.
        let is_near = host.split(':').next().is_some_and(is_near);
        let scheme = if is_near { "http" } else { "https" };
        let url = format!("{scheme}://{host}/v2/{}/manifests/{}", image.repository, image.reference);
        let mut answer = self.ask(image, &url, None).await?;
        let mut who = "anybody";
        if answer.status() == StatusCode::UNAUTHORIZED {
            let login = self.credentials.login(&image.registry).await?;
            if login.is_some() {
                who = "this login";
            }
            let challenge = Challenge::of(answer.headers());
            let pass = match challenge {
                Some(Challenge::Bearer { realm, service, scope }) => {
                    let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", image.repository));
                    self.token(image, &realm, service.as_deref(), &scope, login.as_ref()).await?
                }
                Some(Challenge::Basic) => login.as_ref().map(basic),
                None => None,
            };
            if let Some(pass) = pass {
                answer = self.ask(image, &url, Some(pass)).await?;
            }
        }
        let digest = answer.headers().get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        let registry = image.registry.clone();
        match answer.status() {
            status if status.is_success() => Ok(Found::Here { digest: digest.map(str::to_owned) }),
            StatusCode::NOT_FOUND => Ok(Found::Nothing),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Error::Denied { registry, repository: image.repository.clone(), who })
            }
            StatusCode::TOO_MANY_REQUESTS => Err(Error::Busy { registry, after: retry_after(answer.headers()) }),
            status => Err(Error::Broken { registry, status }),
        }
    }

    /// Fetches a token for one repository; none where the registry gives none.
    async fn token(
        &self,
        image: &Image,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        login: Option<&Login>,
    ) -> Result<Option<HeaderValue>, Error> {
        let mark = if realm.contains('?') { '&' } else { '?' };
        let mut url = format!("{realm}{mark}scope={}", encoded(scope));
        if let Some(service) = service {
            url.push_str(&format!("&service={}", encoded(service)));
        }
        let pass = login.filter(|_| is_safe(&url)).map(basic);
        let answer = self.send(image, Method::GET, &url, pass).await?;
        let status = answer.status();
        let registry = image.registry.clone();
        match status {
            status if status.is_success() => {}
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(Error::Busy { registry, after: retry_after(answer.headers()) });
            }
            status if status.is_client_error() => return Ok(None),
            status => return Err(Error::Broken { registry, status }),
        }
        let body = timeout(REQUEST, Limited::new(answer.into_body(), BODY).collect()).await;
        let body = body.map_err(|_| Error::Slow { registry: registry.clone() })?;
        let body = body.map_err(|source| Error::Unreachable { registry: registry.clone(), source })?.to_bytes();
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let token = told["token"].as_str().or_else(|| told["access_token"].as_str());
        Ok(token.and_then(|token| secret(&format!("Bearer {token}"))))
    }

    /// Asks for a manifest without its body, wherever the registry keeps it.
    async fn ask(
        &self,
        image: &Image,
        url: &str,
        mut pass: Option<HeaderValue>,
    ) -> Result<Response<hyper::body::Incoming>, Error> {
        let mut url = url.to_owned();
        for _ in 0..REDIRECTS {
            let answer = self.send(image, Method::HEAD, &url, pass.clone()).await?;
            let target = answer.headers().get(header::LOCATION).filter(|_| answer.status().is_redirection());
            let Some(target) = target.and_then(|target| target.to_str().ok()) else { return Ok(answer) };
            let host = |url: &str| url.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
            let next = match target.strip_prefix('/') {
                Some(path) => format!("{}/{path}", url.split('/').take(3).collect::<Vec<_>>().join("/")),
                None => target.to_owned(),
            };
            if host(&next) != host(&url) {
                // What lets us in here is for nobody else.
                pass = None;
            }
            url = next;
        }
        Err(Error::Broken { registry: image.registry.clone(), status: StatusCode::LOOP_DETECTED })
    }

    async fn send(
        &self,
        image: &Image,
        method: Method,
        url: &str,
        pass: Option<HeaderValue>,
    ) -> Result<Response<hyper::body::Incoming>, Error> {
        let registry = || image.registry.clone();
        let mut request = Request::builder().method(method).uri(url).header(header::ACCEPT, ACCEPT);
        request = request.header(header::USER_AGENT, concat!("ditc/", env!("CARGO_PKG_VERSION")));
        if let Some(pass) = pass {
            request = request.header(header::AUTHORIZATION, pass);
        }
        let request = request
            .body(Empty::new())
            .map_err(|source| Error::Unreachable { registry: registry(), source: Box::new(source) })?;
        let answer = timeout(REQUEST, self.client.request(request)).await;
        let answer = answer.map_err(|_| Error::Slow { registry: registry() })?;
        answer.map_err(|source| Error::Unreachable { registry: registry(), source: Box::new(source) })
    }
}

fn basic(login: &Login) -> HeaderValue {
    let text = BASE64.encode(format!("{}:{}", login.user, login.password));
    secret(&format!("Basic {text}")).expect("base64 is made of letters")
}

/// A header that is shown nowhere.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Whether a host is this machine.
fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a login may be sent to an address: nowhere without a certificate, but to this machine.
fn is_safe(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    url.scheme_str() == Some("https") || url.host().is_some_and(is_near)
}

/// A text as part of a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
