//! Where a sequence happens, the cluster in the box or a real one, and how ditc and others work on it from this process.
//!
//! In the box the clock is the runtime's own: when nothing can be done but to wait, the time is over. On a real server it
//! is the world's, and nobody notes the requests.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use ditc::{
    cli::Cli,
    failure::Exit,
    sandbox::{Options, Sandbox},
    settings::{self, Settings},
    terminal::Terminal,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, select, time::sleep};

use super::hand::Order;
use crate::{
    support::UNBOUND,
    support_model::{Objects, Request, Workspace},
};

pub(super) struct Cluster {
    pub workspace: Workspace,
    /// The kubeconfig of a real one.
    real: Option<PathBuf>,
}

/// How a command ended and what it said.
pub(super) struct Said {
    /// None where it was killed.
    pub exit: Option<Exit>,
    pub out: String,
    pub all: String,
    pub requests: Vec<Request>,
}

/// When a command is killed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Death {
    /// In the box, when this request is under way; on a real server, after so many tenths of a second.
    pub at: usize,
    /// Whether the server has done that request.
    pub is_done: bool,
}

/// What environments and hands have, as their lists are called on a real server.
const LISTS: [&str; 8] = [
    "apps/v1 deployments",
    "apps/v1 statefulsets",
    "v1 services",
    "v1 secrets",
    "v1 configmaps",
    "v1 persistentvolumeclaims",
    "autoscaling/v2 horizontalpodautoscalers",
    "coordination.k8s.io/v1 leases",
];

/// How often it is looked whether it is time to kill: between two requests, and far below any of ditc's own waits.
const TICK: Duration = Duration::from_millis(5);

impl Cluster {
    pub(super) fn in_the_box() -> Self {
        Self { workspace: unbound(), real: None }
    }

    /// The server of this kubeconfig.
    pub(super) fn real(kubeconfig: &str) -> Self {
        Self { workspace: unbound(), real: Some(PathBuf::from(kubeconfig)) }
    }

    pub(super) fn is_real(&self) -> bool {
        self.real.is_some()
    }

    /// The same once more, with its own objects.
    pub(super) fn twin(&self) -> Self {
        assert!(!self.is_real(), "a real server cannot be copied");
        Self { workspace: self.workspace.copy(), real: None }
    }

    fn runtime(&self) -> Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(!self.is_real()).build().expect("the system gives a runtime")
    }

    /// Runs ditc, until its end or its death.
    pub(super) fn run(&self, arguments: &[String], death: Option<Death>) -> Result<Said, String> {
        let from = self.workspace.requests_end();
        let cluster = match &self.real {
            None => vec!["--sandbox".to_owned()],
            Some(path) => vec!["--kubeconfig".to_owned(), path.display().to_string()],
        };
        let words = ["ditc".to_owned()].into_iter().chain(arguments.iter().cloned()).chain(cluster).map(Into::into);
        let cli = Cli::parse_from(words, &BTreeMap::new()).map_err(|stop| format!("{stop:?}"))?;
        let settings = Settings {
            directory: self.workspace.root().to_owned(),
            user: "model".to_owned(),
            host: "test".to_owned(),
            ..Settings::from_variables(&BTreeMap::new())
        };
        let (out, err) = (Kept::default(), Kept::default());
        let terminal = Terminal::over(&settings, cli.wishes(), Box::new(out.clone()), Box::new(err.clone()));
        if let (Some(Death { at, is_done }), None) = (death, &self.real) {
            let long = json!({"milliseconds": 600_000});
            let then = if is_done { json!({"delay_reply": long}) } else { json!({"delay": long}) };
            self.workspace.faults(Some(&json!([{"nth": at, "then": then}])));
        }
        // A runtime of its own: when it is dropped, nothing of the command is left.
        let exit = self.runtime().block_on(async {
            select! {
                exit = ditc::commands::run(&cli, &settings, &terminal) => Some(exit),
                () = self.comes(death, from) => None,
            }
        });
        if death.is_some() && !self.is_real() {
            self.workspace.faults(None);
        }
        let (requests, _) = self.workspace.requests(from);
        Ok(Said { exit, out: out.text(), all: format!("{}{}", out.text(), err.text()), requests })
    }

    /// Waits until it is time to die.
    async fn comes(&self, death: Option<Death>, from: usize) {
        let Some(Death { at, is_done: _ }) = death else { return std::future::pending().await };
        if self.is_real() {
            return sleep(Duration::from_millis(100) * u32::try_from(at).expect("a small number")).await;
        }
        // The clock of the box stands still while anything can be done: at a tick, the request is under way.
        loop {
            sleep(TICK).await;
            if self.workspace.requests_since(from) + 1 >= at {
                return;
            }
        }
    }

    /// What is in the box, or in these namespaces of a real server.
    pub(super) fn objects(&self, namespaces: &[&str]) -> Objects {
        let Some(path) = &self.real else { return self.workspace.objects() };
        self.runtime().block_on(async {
            let client = client(path).await;
            let get = async |path: String| {
                let request = http::Request::get(path).body(Vec::new()).expect("a request can be built");
                client.request::<Value>(request).await.ok()
            };
            let mut found = Vec::new();
            for namespace in namespaces {
                found.extend(get(format!("/api/v1/namespaces/{namespace}")).await);
                for list in LISTS {
                    let (version, plural) = list.split_once(' ').expect("a version and a plural");
                    let root = if version == "v1" { "api" } else { "apis" };
                    let list = get(format!("/{root}/{version}/namespaces/{namespace}/{plural}")).await;
                    let list = list.expect("the server lists");
                    let kind = list["kind"].as_str().expect("a kind").trim_end_matches("List").to_owned();
                    for item in list["items"].as_array().into_iter().flatten() {
                        let mut item = item.clone();
                        (item["kind"], item["apiVersion"]) = (json!(kind), json!(version));
                        found.push(item);
                    }
                }
            }
            Objects::of(found)
        })
    }

    /// Writes as another client does, and lets controllers come to rest.
    pub(super) fn write(&self, writes: &[Order]) {
        if writes.is_empty() {
            return;
        }
        self.runtime().block_on(async {
            // Kept as long as its client.
            let (client, _sandbox) = match &self.real {
                Some(path) => (client(path).await, None),
                None => {
                    let options = Options::kept_in(self.workspace.sandbox(), settings::now);
                    let sandbox = Sandbox::open(options).expect("nobody else has the sandbox open");
                    (kube::Client::new(sandbox.service(), "default"), Some(sandbox))
                }
            };
            for Order { method, path, content_type, body } in writes {
                let request = http::Request::builder().method(*method).uri(path).header("content-type", *content_type);
                let request = request.body(body.to_string().into_bytes()).expect("a request can be built");
                let answer = client.request::<Value>(request).await;
                assert!(answer.is_ok(), "{method} {path}: {answer:?}\n{body}");
                // Pods need a moment to stop.
                sleep(if self.is_real() { Duration::from_millis(300) } else { Duration::from_secs(2) }).await;
            }
        });
    }
}

async fn client(path: &PathBuf) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(path).expect("DITC_TEST_KUBECONFIG names a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    kube::Client::try_from(config.expect("its context is whole")).expect("a client for it")
}

/// A stream that keeps what is written.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("nobody panicked while writing")).into_owned()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What bounds an environment stands in the way of nothing here, and has stories of its own.
fn unbound() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("ditc.toml", UNBOUND);
    workspace
}
