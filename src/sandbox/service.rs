//! The server as a tower service: reads the request, meets the fault script, asks the right verb, notes the request.

use std::{
    cell::RefCell,
    error::Error as StdError,
    future::Future,
    pin::Pin,
    process,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response, header, request::Parts};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::time;

use super::{
    Sandbox, Shared, State,
    access::{self, User},
    change,
    change::Asked,
    decode, discovery,
    faults::Effect,
    openapi, read, remove,
    reply::{self, Body, Form, Lost},
    route::{self, Objects, Query, Target},
    scripted,
    status::{Cause, Refusal},
    warnings, watch,
};

/// Bodies beyond this are refused unread.
const LARGEST: usize = 3 * 1024 * 1024;

/// Requests kept in memory; the file keeps them all.
const REMEMBERED: usize = 1_000_000;

/// One request of a client. Bodies are never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    pub method: String,
    pub path: String,
    pub query: String,
    /// 0 when the client got no answer.
    pub code: u16,
    /// How many requests of this method were under way when it came, with this one.
    pub at_once: usize,
}

/// The sandbox's API server; clones serve the same objects.
#[derive(Debug, Clone)]
pub struct Service {
    sandbox: Sandbox,
    user: Arc<User>,
}

impl Service {
    pub(super) fn new(sandbox: Sandbox, user: User) -> Self {
        Self { sandbox, user: Arc::new(user) }
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Lost;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Lost>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (sandbox, user) = (self.sandbox.clone(), Arc::clone(&self.user));
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            // What a client sends and breaks off is no request.
            let body = body.collect().await.map_err(|_| Lost::new())?.to_bytes();
            handle(&sandbox.shared, &user, &parts, &body).await
        })
    }
}

async fn handle(shared: &Arc<Shared>, user: &User, parts: &Parts, body: &[u8]) -> Result<Response<Body>, Lost> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let under_way = UnderWay::begin(shared, parts.method.as_str());
    let effect = shared.lock().script.meet(parts.method.as_str(), path);
    let answer = match &effect {
        Some(Effect::Drop) => Err(Lost::new()),
        Some(Effect::Reset) => Err(Lost::reset()),
        Some(Effect::HalfBody) => Ok(scripted::half(respond(shared, user, parts, body))),
        Some(Effect::Answer { status, retry_after }) => {
            let kinds = Arc::clone(shared.lock().store.kinds());
            Ok(scripted::answer(&kinds, user, parts, *status, *retry_after))
        }
        Some(Effect::LoseReply) => {
            respond(shared, user, parts, body);
            Err(Lost::new())
        }
        Some(Effect::Die) => process::abort(),
        Some(Effect::DieAfter) => {
            respond(shared, user, parts, body);
            process::abort()
        }
        Some(effect @ Effect::Delay { .. }) => {
            time::sleep(effect.delay().unwrap_or_default()).await;
            Ok(respond(shared, user, parts, body))
        }
        Some(effect @ Effect::DelayReply { .. }) => {
            let response = respond(shared, user, parts, body);
            time::sleep(effect.delay().unwrap_or_default()).await;
            Ok(response)
        }
        None => Ok(respond(shared, user, parts, body)),
    };
    let line = RequestLine {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        code: answer.as_ref().map_or(0, |response| response.status().as_u16()),
        at_once: under_way.at_once,
    };
    shared.lock().note(line);
    answer
}

/// A request that is counted as under way until the value is dropped, as when its client gives up.
struct UnderWay<'a> {
    shared: &'a Shared,
    method: &'a str,
    at_once: usize,
}

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared, method: &'a str) -> Self {
        let mut state = shared.lock();
        let count = state.under_way.entry(method.to_owned()).or_default();
        *count += 1;
        let at_once = *count;
        drop(state);
        Self { shared, method, at_once }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.shared.lock().under_way.get_mut(self.method) {
            *count -= 1;
        }
    }
}

impl State {
    fn note(&mut self, line: RequestLine) {
        if let Some(log) = self.store.log() {
            let RequestLine { method, path, query, code, at_once: _ } = &line;
            log.request(&json!({"method": method, "path": path, "query": query, "code": code}));
        }
        if self.requests.len() >= REMEMBERED {
            self.requests.drain(..REMEMBERED / 2);
        }
        self.requests.push(line);
    }
}

fn respond(shared: &Arc<Shared>, user: &User, parts: &Parts, body: &[u8]) -> Response<Body> {
    let mut response = answer(shared, user, parts, body).unwrap_or_else(|refusal| reply::refusal(&refusal));
    let kinds = Arc::clone(shared.lock().store.kinds());
    warnings::add(&mut response, warnings::of_path(&kinds, parts.uri.path()));
    response
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn answer(shared: &Arc<Shared>, caller: &User, parts: &Parts, body: &[u8]) -> Result<Response<Body>, Refusal> {
    let user = access::admit(&shared.lock().store, caller, &parts.method, &parts.uri, &parts.headers)?;
    let accept = text(&parts.headers, header::ACCEPT);
    let kinds = Arc::clone(shared.lock().store.kinds());
    let objects = match route::target(&kinds, parts.uri.path())? {
        Target::OpenApi(path) if path.is_empty() => return Ok(openapi::index(&kinds)),
        Target::OpenApi(path) => return openapi::document(&kinds, &path),
        Target::OlderOpenApi => return Ok(openapi::older()),
        Target::Version => return Ok(discovery::version()),
        Target::Health => return Ok(reply::bytes(200, "text/plain; charset=utf-8", "ok".to_owned())),
        Target::Core => return Ok(discovery::core(&kinds, accept)),
        Target::Groups => return Ok(discovery::groups(&kinds, accept)),
        Target::Group(name) => return Ok(discovery::group(&kinds, &name)),
        Target::GroupVersion(group, version) => return discovery::resources(&kinds, &group, &version),
        Target::Objects(objects) => objects,
    };
    if body.len() > LARGEST {
        let why = format!("Request entity too large: limit is {LARGEST}");
        return Err(Refusal::new(413, "RequestEntityTooLarge", why));
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let verb = route::verb(&parts.method, &objects, &query)?;
    let allowed = match objects.resource.subresources.iter().find(|known| known.name == objects.subresource) {
        Some(subresource) => &subresource.verbs,
        None => &objects.resource.verbs,
    };
    if !allowed.iter().any(|known| known == verb) {
        return Err(Refusal::method_not_allowed());
    }
    let kind = match verb {
        "create" => "CreateOptions",
        "update" => "UpdateOptions",
        "patch" => "PatchOptions",
        _ => "DeleteOptions",
    };
    let (dry, validation) = (query.get("dryRun"), query.get("fieldValidation"));
    if !matches!(dry, "" | "All") {
        let cause = Cause::unsupported("dryRun", &json!([dry]), &["All"]);
        return Err(change::options_invalid(kind, &[cause]));
    }
    let is_write = matches!(verb, "create" | "update" | "patch");
    if is_write && !matches!(validation, "" | "Ignore" | "Strict" | "Warn") {
        let cause = Cause::unsupported("fieldValidation", &json!(validation), &["", "Ignore", "Strict", "Warn"]);
        return Err(change::options_invalid(kind, &[cause]));
    }
    let now = (shared.now)();
    let form = Form::of(accept, &query, now)?;
    let now = decode::seconds(now);
    let mut state = shared.lock();
    if !Arc::ptr_eq(&kinds, state.store.kinds()) {
        // A kind came or went since the path was read.
        drop(state);
        return answer(shared, caller, parts, body);
    }
    authorize(&state, &user, verb, &objects)?;
    let asked = Asked {
        objects: &objects,
        user: &user,
        query: &query,
        content_type: text(&parts.headers, header::CONTENT_TYPE),
        agent: text(&parts.headers, header::USER_AGENT),
        body,
        form,
        now: &now,
        warnings: RefCell::default(),
    };
    let store = &mut state.store;
    let response = match verb {
        "get" => return read::get(store, &objects, &query, form),
        "list" => return read::list(store, &objects, &query, form),
        "watch" => return watch::open(shared, store, &objects, &query, form),
        "create" if access::is_review(objects.resource) => return access::answer(store, &user, &asked),
        "create" => change::create(store, &asked),
        "update" => change::update(store, &asked),
        "patch" => {
            let is_new = asked.content_type.contains("apply-patch") && read::find(&state.store, &objects).is_err();
            if is_new {
                authorize(&state, &user, "create", &objects)?;
            }
            change::patch(&mut state.store, &asked)
        }
        "delete" => remove::delete(store, &asked),
        _ => remove::delete_collection(store, &asked),
    };
    let revision = state.store.revision();
    drop(state);
    shared.announce(revision);
    response.map(|mut response| {
        warnings::add(&mut response, asked.warnings.take());
        response
    })
}

/// Refuses what a test took away from everybody.
fn authorize(state: &State, user: &User, verb: &str, objects: &Objects<'_>) -> Result<(), Refusal> {
    let resource = objects.resource;
    if !state.denied.iter().any(|denied| denied.verb == verb && denied.plural == resource.plural) {
        return Ok(());
    }
    Err(access::refuse(user, verb, objects))
}

/// The body of the answer to a wrong token.
pub(super) fn unauthorized() -> Response<Body> {
    reply::refusal(&Refusal::new(401, "Unauthorized", "Unauthorized"))
}
