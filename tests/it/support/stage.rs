//! An environment of its own on a server, whichever it is: the cluster in the box, served like a real one, or a real one
//! where there is one.

use std::ops::Deref;

use serde_json::{Value, json};

use super::{Hand, Question, Ran, Real, Running, Served, Workspace, own_name};

/// Stories that are told on both servers, each a test of its own.
macro_rules! stories {
    ($($story:ident)*) => {
        mod in_the_box {
            $(#[test] fn $story() { super::$story(&$crate::support::Stage::in_the_box()); })*
        }
        mod on_a_real_server {
            $(#[test] fn $story() { if let Some(stage) = $crate::support::Stage::real() { super::$story(&stage); } })*
        }
    };
}

pub(crate) use stories;

const APP: &str = r#"
//- modules/app/module.toml
[inputs.image]
type = "string"
default = "app:v1"
[inputs.label]
type = "string"
default = "one"
[inputs.spec]
type = "any"
default = {}
//- modules/app/app.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }} }
spec:
{% for key in inputs.spec %}
  {{ key }}: {{ inputs.spec[key] }}
{% endfor %}
  selector: { matchLabels: { app: {{ name }}, label: {{ inputs.label }} } }
  template:
    metadata: { labels: { app: {{ name }}, label: {{ inputs.label }} } }
    spec:
      containers:
        - { name: app, image: {{ inputs.image }}, readinessProbe: { tcpSocket: { port: 80 } } }
//- modules/disk/module.toml
[secrets.disk]
password = { generate = "password" }
//- modules/disk/disk.yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: {{ name }} }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: immediate
  resources: { requests: { storage: 1Gi } }
"#;

/// Who answers.
pub(crate) enum Server {
    Box(Served),
    Real(Real),
}

impl Deref for Server {
    type Target = Hand;

    fn deref(&self) -> &Hand {
        match self {
            Server::Box(served) => &served.cluster,
            Server::Real(real) => real,
        }
    }
}

/// An environment of its own, with services `web` and `api`.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) workspace: Workspace,
    pub(crate) name: String,
}

impl Stage {
    pub(crate) fn in_the_box() -> Self {
        let served = Served::start();
        let class = json!({"metadata": {"name": "immediate"}, "provisioner": "example.com/none"});
        served.cluster.create("/apis/storage.k8s.io/v1/storageclasses", "hand", &class);
        let kubeconfig = served.kubeconfig("right");
        Self::new(Server::Box(served), &kubeconfig)
    }

    pub(crate) fn real() -> Option<Self> {
        let real = Real::server()?;
        let kubeconfig = real.kubeconfig.clone();
        Some(Self::new(Server::Real(real), &kubeconfig))
    }

    /// A real server with a node on which something runs: the nodes of some are played.
    pub(crate) fn on_a_node() -> Option<Self> {
        let stage = Self::real()?;
        let nodes = stage.server.get("/api/v1/nodes").expect("a server has nodes");
        let runtime = |node: &Value| node["status"]["nodeInfo"]["containerRuntimeVersion"].as_str().map(str::to_owned);
        let is_played = |node: &Value| runtime(node).is_none_or(|runtime| runtime.starts_with("fake"));
        let mut nodes = nodes["items"].as_array().into_iter().flatten();
        nodes.any(|node| !is_played(node)).then_some(stage)
    }

    fn new(server: Server, kubeconfig: &str) -> Self {
        let name = own_name("d");
        let workspace = Workspace::of(&format!("//- kubeconfig\n{kubeconfig}\n{}", APP.trim_start()));
        let stage = Self { server, workspace, name };
        stage.define("[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"");
        stage
    }

    pub(crate) fn define(&self, text: &str) {
        self.workspace.write(&format!("environments/{}.toml", self.name), &format!("timeout = \"20s\"\n{text}\n"));
    }

    /// A directory of its own, with the same definition, for the same cluster.
    pub(crate) fn copy(&self) -> Workspace {
        let there = Workspace::of("//- nothing\n");
        for directory in ["environments", "modules"] {
            for (path, bytes) in self.workspace.files(directory) {
                let path = path.strip_prefix(self.workspace.root()).expect("below it").to_str().expect("a name");
                there.write(path, std::str::from_utf8(&bytes).expect("text"));
            }
        }
        let kubeconfig = std::fs::read_to_string(self.workspace.path("kubeconfig")).expect("it was written");
        there.write("kubeconfig", &kubeconfig);
        there
    }

    pub(crate) fn start(&self, verb: &str, flags: &str) -> Running {
        let flags = flags.replace("ENV", &self.name);
        self.workspace.start(&format!("{verb} {} --kubeconfig kubeconfig {flags}", self.name))
    }

    pub(crate) fn plan(&self, flags: &str) -> Ran {
        self.start("plan", &format!("-detailed-exitcode {flags}")).end()
    }

    pub(crate) fn apply(&self, flags: &str) -> Ran {
        self.start("apply", &format!("-auto-approve {flags}")).end()
    }

    #[track_caller]
    pub(crate) fn is_as_defined(&self) {
        self.plan("").exits(0).says("No changes.");
    }

    /// The path of an object: `apps/v1 deployments/web`.
    pub(crate) fn path(&self, what: &str) -> String {
        match what.split_once(' ') {
            Some((version, what)) => format!("/apis/{version}/namespaces/{}/{what}", self.name),
            None => format!("/api/v1/namespaces/{}/{what}", self.name),
        }
    }

    pub(crate) fn get(&self, what: &str) -> Option<Value> {
        self.server.get(&self.path(what))
    }

    /// Sends a patch by hand.
    pub(crate) fn patch_as(&self, manager: &str, what: &str, content: &str, body: &Value) {
        let path = format!("{}?fieldManager={manager}", self.path(what));
        let body = body.to_string();
        let question = Question { user: "", method: "PATCH", path: &path, accept: "", content, body: &body };
        let (code, text) = self.server.ask(&question);
        assert!(code.is_success(), "{text}");
    }

    pub(crate) fn uid(&self, what: &str) -> Value {
        self.get(what).expect("it is there")["metadata"]["uid"].clone()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A story may have a second environment, whose name is that of the first and `-b`.
        for name in [self.name.clone(), format!("{}-b", self.name)] {
            let path = format!("/api/v1/namespaces/{name}");
            let question = Question { user: "", method: "DELETE", path: &path, accept: "", content: "", body: "" };
            let _ = self.server.ask(&question);
        }
    }
}
