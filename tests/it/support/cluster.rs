//! Clusters in the box, for tests to look at, to change by hand, and to connect to as if they were real ones.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use ditc::{
    sandbox::{Options, RequestLine, Sandbox},
    settings,
};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};

/// An open cluster, with a client that is not ditc.
pub(crate) struct Cluster {
    client: kube::Client,
    pub(crate) sandbox: Sandbox,
    runtime: Runtime,
}

impl Cluster {
    pub(super) fn open(directory: &Path) -> Self {
        Self::new(Some(directory))
    }

    fn new(directory: Option<&Path>) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("the system gives threads");
        let (sandbox, client) = runtime.block_on(async {
            let options = match directory {
                Some(directory) => Options::kept_in(directory, settings::now),
                None => Options::in_memory(settings::now),
            };
            let sandbox = Sandbox::open(options).expect("the sandbox can be opened");
            let client = kube::Client::new(sandbox.service(), "default");
            (sandbox, client)
        });
        Self { client, sandbox, runtime }
    }

    /// An object or a list; none where there is no such thing.
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        match self.ask("GET", path, "application/json", "") {
            (StatusCode::OK, value) => Some(value),
            (StatusCode::NOT_FOUND, _) => None,
            (code, value) => panic!("GET {path}: {code} {value}"),
        }
    }

    /// Changes an object as `kubectl edit` or `kubectl scale` do, with a merge patch.
    pub(crate) fn patch(&self, path: &str, manager: &str, body: &Value) {
        let path = format!("{path}?fieldManager={manager}");
        self.change("PATCH", &path, "application/merge-patch+json", body);
    }

    pub(crate) fn create(&self, path: &str, manager: &str, body: &Value) {
        let path = format!("{path}?fieldManager={manager}");
        self.change("POST", &path, "application/json", body);
    }

    pub(crate) fn delete(&self, path: &str) {
        self.change("DELETE", path, "application/json", &Value::Null);
    }

    /// Waits until an object is gone: what deletes it may take a moment.
    pub(crate) fn wait_until_gone(&self, path: &str) {
        let limit = Instant::now() + Duration::from_secs(10);
        while self.get(path).is_some() {
            assert!(Instant::now() < limit, "{path} is still there");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn change(&self, method: &str, path: &str, content: &str, body: &Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (code, value) = self.ask(method, path, content, &body);
        assert!(code.is_success(), "{method} {path}: {code} {value}");
    }

    fn ask(&self, method: &str, path: &str, content: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("content-type", content);
        let request = request.body(kube::client::Body::from(body.as_bytes().to_vec())).expect("a sound request");
        self.runtime.block_on(async {
            let response = self.client.send(request).await.expect("the sandbox answers");
            let code = response.status();
            let bytes = response.into_body().collect().await.expect("a whole answer").to_bytes();
            (code, serde_json::from_slice(&bytes).expect("JSON"))
        })
    }
}

/// A cluster on a loopback port, reached as a real one: with a kubeconfig.
pub(crate) struct Served {
    pub(crate) cluster: Cluster,
    address: String,
}

impl Served {
    pub(crate) fn start() -> Self {
        let cluster = Cluster::new(None);
        let listener = cluster.runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let sandbox = cluster.sandbox.clone();
        // The runtime ends with the cluster, and the task with it.
        cluster.runtime.spawn(async move {
            let end = std::future::pending();
            sandbox.serve(listener, "right".to_owned(), end).await
        });
        Self { cluster, address }
    }

    /// A kubeconfig with this token; `right` is the right one.
    pub(crate) fn kubeconfig(&self, token: &str) -> String {
        kubeconfig(&self.address, token)
    }

    /// A text without the port of this run.
    pub(crate) fn plain(&self, text: &str) -> String {
        text.replace(&self.address, "[ADDRESS]")
    }

    /// The requests of all clients that changed something.
    pub(crate) fn writes(&self) -> Vec<RequestLine> {
        let is_write =
            |line: &RequestLine| line.method != "GET" && !line.query.contains("dryRun=All") && line.code < 300;
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
