//! The door to Kubernetes: every request of ditc is made here, through `kube::Client`, and every answer becomes a value.
//!
//! It asks and writes what it is told, and decides nothing. What a status code means is said in our words, since kube's
//! own texts repeat themselves. No list is half a list: that one could not look is an error, never an absence.

use std::{sync::Arc, time::Duration};

mod ask;
mod connect;
mod contact;
mod discover;
mod error;
mod holders;
mod inside;
mod key;
mod kubeconfig;
mod lease;
mod logs;
mod look;
mod looked;
mod observe;
mod record;
mod request;
mod review;
mod rights;
mod shadow;
mod shared;
#[cfg(test)]
mod tests;
mod watch;
mod wide;
mod write;

pub use ask::{Answers, Warned};
pub use connect::Connection;
pub use contact::{Contact, Contacted};
pub use discover::Discovery;
pub use error::{Cause, Error, Refused};
pub use inside::Process;
pub use kubeconfig::{Fault, Names, Way, files, names, way};
pub use lease::{Held, Holder, Lease};
pub use logs::{Log, Since};
pub use observe::Wanted;
pub use record::{Fence, Recorded};
pub use rights::Asked;
pub use shared::{Reach, Shared};
pub use watch::{Sight, Watched};
pub use write::{Deleted, Propagation, Rewrite, Written};

/// How many requests are under way at once, unless `-parallelism` says otherwise.
pub const PARALLELISM: usize = 10;

/// How long one request may take. A LIST of 10,000 objects stays well below it; kube itself would wait for ever.
const REQUEST: Duration = Duration::from_secs(60);

/// A Kubernetes API server, or the one in the box.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    name: String,
    server: String,
    parallelism: usize,
    timeout: Duration,
    /// Lists that were made for many environments.
    shared: Option<Arc<Shared>>,
    /// Of runs that bear it when the connection is lost for a while.
    contact: Option<Contact>,
    /// The lease under which everything is written, where there is one.
    lease: Option<lease::Watch>,
    /// The leases of others, as far as they were looked at.
    looked: looked::Looked,
}

impl Cluster {
    /// A cluster behind any client: the sandbox's service, for one.
    #[must_use]
    pub fn over(client: kube::Client, name: impl Into<String>, server: impl Into<String>) -> Self {
        let (name, server) = (name.into(), server.into());
        Self {
            client,
            name,
            server,
            parallelism: PARALLELISM,
            timeout: REQUEST,
            shared: None,
            contact: None,
            lease: None,
            looked: looked::Looked::default(),
        }
    }

    #[must_use]
    pub fn with_parallelism(mut self, parallelism: usize) -> Self {
        self.parallelism = parallelism.max(1);
        self
    }

    #[must_use]
    pub fn with_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout.unwrap_or(REQUEST);
        self
    }

    /// What people call it: the context's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it answers, the key under which its discovery is cached.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    #[must_use]
    pub fn parallelism(&self) -> usize {
        self.parallelism
    }
}
