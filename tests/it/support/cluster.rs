//! Clusters in the box, for tests to look at, to change by hand, and to connect to as if they were real ones.

use std::{ops::Deref, path::Path};

use ditc::{
    sandbox::{Options, RequestLine, Sandbox, User},
    settings,
};
use tokio::net::TcpListener;

use super::{Hand, hand};

/// An open cluster, with a hand that is not ditc's.
pub(crate) struct Cluster {
    pub(crate) sandbox: Sandbox,
    hand: Hand,
}

impl Deref for Cluster {
    type Target = Hand;

    fn deref(&self) -> &Hand {
        &self.hand
    }
}

impl Cluster {
    pub(super) fn open(directory: &Path) -> Self {
        Self::new(Some(directory))
    }

    /// A new one that nobody else sees.
    pub(crate) fn in_memory() -> Self {
        Self::new(None)
    }

    fn new(directory: Option<&Path>) -> Self {
        let runtime = hand::runtime();
        let (sandbox, client) = runtime.block_on(async {
            let options = match directory {
                Some(directory) => Options::kept_in(directory, settings::now),
                None => Options::in_memory(settings::now),
            };
            let sandbox = Sandbox::open(options).expect("the sandbox can be opened");
            let client = kube::Client::new(sandbox.service(), "default");
            (sandbox, client)
        });
        Self { sandbox, hand: Hand { client, runtime } }
    }
}

/// A cluster on a loopback port, reached as a real one: with a kubeconfig.
pub(crate) struct Served {
    pub(crate) cluster: Cluster,
    address: String,
}

impl Served {
    pub(crate) fn start() -> Self {
        let cluster = Cluster::in_memory();
        let listener = cluster.runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let sandbox = cluster.sandbox.clone();
        // The runtime ends with the cluster, and the task with it.
        cluster.runtime.spawn(async move {
            let end = std::future::pending();
            let users = [("right", User::admin()), ("developer", User::new("dora", &["developers"]))];
            let users = users.map(|(token, user)| (token.to_owned(), user));
            sandbox.serve(listener, users.into(), end).await
        });
        Self { cluster, address }
    }

    /// A kubeconfig with this token: `right` may do everything, and `developer` what roles give to the group `developers`.
    pub(crate) fn kubeconfig(&self, token: &str) -> String {
        kubeconfig(&self.address, token)
    }

    /// A kubeconfig for kubectl, which sends no token without TLS: the token is the first part of every path.
    pub(crate) fn kubeconfig_for_kubectl(&self) -> String {
        kubeconfig(&format!("{}/right", self.address), "")
    }

    /// A text without the port of this run.
    pub(crate) fn plain(&self, text: &str) -> String {
        text.replace(&self.address, "[ADDRESS]")
    }

    /// The requests of all clients that changed something.
    pub(crate) fn writes(&self) -> Vec<RequestLine> {
        let is_question = |line: &RequestLine| {
            line.method == "GET" || line.query.contains("dryRun=All") || line.path.ends_with("reviews")
        };
        let is_write = |line: &RequestLine| !is_question(line) && line.code < 300;
        self.cluster.sandbox.requests().into_iter().filter(is_write).collect()
    }
}

/// A kubeconfig for an address without TLS.
pub(crate) fn kubeconfig(address: &str, token: &str) -> String {
    let kubeconfig = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    });
    kubeconfig.to_string()
}

/// An address on which nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").to_string()
}
