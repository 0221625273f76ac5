//! The cluster in the box: a Kubernetes API server inside the process, for trying ditc without a cluster and for tests.
//!
//! [`Sandbox::service`] is the server as a tower service: `kube::Client::new(sandbox.service(), "default")`, no socket, no TLS.
//! [`Sandbox::serve`] is the same over HTTP on loopback, so that real kubectl can look. Kinds, types and merge rules come from tables
//! printed from Kubernetes 1.36.3; answers follow what a real server of that version was seen to say. Small controllers make
//! workloads ready, or fail them on request. No container ever runs. Definitions of custom resources are served, without their rules
//! of CEL and without webhooks that convert.
//!
//! Users may do what roles allow ([`Sandbox::service_as`]); [`Sandbox::service`] is the administrator's. Quotas, limit ranges and pod
//! security are kept to.
//!
//! It is not a cluster: no admission webhooks or policies, no scheduling, no tokens of service accounts.

mod access;
mod admission;
mod apply;
mod body;
mod catalogue;
mod change;
mod controllers;
mod convert;
mod custom;
mod decode;
mod defaults;
mod deletion;
mod discovery;
mod faults;
mod first;
mod folding;
mod kinds;
mod log;
mod logs;
mod managers;
mod openapi;
mod patch;
mod protobuf;
mod read;
mod remove;
mod reply;
mod route;
mod rules;
mod scripted;
mod select;
mod serve;
mod service;
mod status;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod typed;
mod validate;
mod warnings;
mod watch;
mod writes;

use std::{
    collections::BTreeMap,
    fmt, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch as channel, task::JoinSet};

pub use access::User;
pub use faults::{Effect, Fault};
pub use reply::Lost;
pub use service::{RequestLine, Service};

use faults::Script;
use log::Log;
use store::Store;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// How a sandbox is opened.
#[derive(Clone)]
pub struct Options {
    /// Where it is kept; None keeps it in memory.
    pub directory: Option<PathBuf>,
    pub now: Clock,
    /// How long to wait for another process that holds the directory.
    pub patience: Duration,
}

/// Long enough for a command that is about to end.
const PATIENCE: Duration = Duration::from_secs(3);

impl Options {
    /// A sandbox in memory, for tests.
    pub fn in_memory(now: impl Fn() -> jiff::Timestamp + Send + Sync + 'static) -> Self {
        Self { directory: None, now: Arc::new(now), patience: PATIENCE }
    }

    /// A sandbox that outlives the process.
    pub fn kept_in(directory: impl Into<PathBuf>, now: impl Fn() -> jiff::Timestamp + Send + Sync + 'static) -> Self {
        Self { directory: Some(directory.into()), now: Arc::new(now), patience: PATIENCE }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// A sandbox that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the sandbox {path} is in use by {holder}")]
    Held { path: PathBuf, holder: String },
    #[error("{doing} {path}")]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("line {line} of {path} is damaged")]
    Damaged { path: PathBuf, line: usize },
    #[error("reading the fault script")]
    Faults(#[source] serde_json::Error),
    #[error("filling the sandbox: {0}")]
    First(String),
}

/// An open sandbox; clones are the same one. Its controllers end with the last clone and the last service.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
    /// Controllers and servers; aborted when dropped.
    _tasks: Arc<JoinSet<()>>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

/// What service, watches and controllers share.
struct Shared {
    state: Mutex<State>,
    /// The store's revision, sent after every request or reconciliation that wrote.
    changed: channel::Sender<u64>,
    now: Clock,
}

/// Everything behind the one lock.
struct State {
    store: Store,
    requests: Vec<RequestLine>,
    /// How many requests of each method are under way.
    under_way: BTreeMap<String, usize>,
    script: Script,
    denied: Vec<Denied>,
}

/// A right that nobody has, for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// `patch`, as RBAC names it.
    pub verb: String,
    /// `deployments`
    pub plural: String,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in one request leaves the store as it was before or after a write, never between.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self, revision: u64) {
        self.changed.send_if_modified(|known| {
            let is_newer = *known < revision;
            *known = (*known).max(revision);
            is_newer
        });
    }
}

impl Sandbox {
    /// Opens a sandbox, filling a new one with what every cluster has. Must be called inside a tokio runtime, where its
    /// controllers run.
    ///
    /// # Errors
    /// When the directory is held by another process or cannot be read or written.
    pub fn open(options: Options) -> Result<Self, Error> {
        let Options { directory, now, patience } = options;
        let opened = match &directory {
            Some(directory) => Some(Log::open(directory, now(), patience)?),
            None => None,
        };
        let script = match opened.as_ref().and_then(|(log, _)| log.faults()) {
            Some(text) => Script::parse(&text)?,
            None => Script::default(),
        };
        let mut store = Store::open(opened)?;
        first::fill(&mut store, now()).map_err(|refusal| Error::First(refusal.message))?;
        let (changed, _) = channel::channel(store.revision());
        let state = State { store, requests: Vec::new(), under_way: BTreeMap::new(), script, denied: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed, now });
        let mut tasks = JoinSet::new();
        tasks.spawn(controllers::run(Arc::clone(&shared)));
        Ok(Self { shared, _tasks: Arc::new(tasks) })
    }

    /// The server, for `kube::Client::new` or hyper.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service_as(User::admin())
    }

    /// The server as a user meets it, who may do what roles allow.
    #[must_use]
    pub fn service_as(&self, user: User) -> Service {
        Service::new(self.clone(), user)
    }

    /// Adds a fault to the script.
    pub fn fail(&self, fault: Fault) {
        self.shared.lock().script.add(fault);
    }

    /// Takes a right away from everybody.
    pub fn deny(&self, verb: &str, plural: &str) {
        self.shared.lock().denied.push(Denied { verb: verb.to_owned(), plural: plural.to_owned() });
    }

    /// Gives all rights back.
    pub fn allow_all(&self) {
        self.shared.lock().denied.clear();
    }

    /// The requests of clients so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestLine> {
        self.shared.lock().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shared.lock().requests.clear();
    }

    /// The revision of the last write, to see whether anything was written.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.shared.lock().store.revision()
    }
}
