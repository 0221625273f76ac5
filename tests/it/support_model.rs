//! A workspace of its own with a sandbox in it, looked at from outside: its files, its objects, its requests. It runs
//! nothing; the model test does that in its process, the crash test with the binary.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The name of the environment and of its namespace.
pub(crate) const ENVIRONMENT: &str = "pets";

/// A small module of a user: what it renders hangs on its inputs.
const KIT: &[(&str, &str)] = &[
    (
        "module.toml",
        r#"description = "whatever a test needs"

[inputs.version]
type = "string"

[inputs.text]
type    = "string"
default = "hello"

[inputs.config]
type    = "boolean"
default = false

[inputs.port]
type     = "integer"
required = false

[inputs.replicas]
type    = "integer"
default = 1

[outputs]
host = "{{ name }}"
"#,
    ),
    (
        "kit.yaml",
        r#"{% if inputs.config %}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name ~ "-config" }}
data:
  text: {{ inputs.text }}
  fixed: "1"
---
{% endif %}
{% if inputs.port is not none %}
apiVersion: v1
kind: Service
metadata:
  name: {{ name }}
spec:
  selector:
    app: {{ name }}
  ports:
    - name: main
      port: {{ inputs.port }}
---
{% endif %}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ name }}
  labels:
    app: {{ name }}
spec:
  replicas: {{ inputs.replicas }}
  selector:
    matchLabels:
      app: {{ name }}
  template:
    metadata:
      labels:
        app: {{ name }}
    spec:
      containers:
        - name: main
          image: {{ "example/kit:" ~ inputs.version }}
          env:
            - name: TEXT
              value: {{ inputs.text }}
{% if inputs.config %}
          envFrom:
            - configMapRef:
                name: {{ name ~ "-config" }}
{% endif %}
"#,
    ),
];

/// What a module needs besides to make a Secret once.
const VAULT: &str = r#"
[secrets."{{ name }}-vault"]
key = { generate = "token" }
"#;

/// A directory with `modules/`, `environments/` and, once something ran, `state/`.
pub(crate) struct Workspace {
    directory: TempDir,
}

impl Workspace {
    /// Makes one, in memory where the system has such a place.
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let workspace = Self { directory: directory.expect("a temporary directory can be made") };
        for (name, text) in KIT {
            workspace.write(&format!("modules/kit/{name}"), text);
            let more = if *name == "module.toml" { VAULT } else { "" };
            workspace.write(&format!("modules/vault/{name}"), &format!("{text}{more}"));
        }
        workspace
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn sandbox(&self) -> PathBuf {
        self.root().join("state/sandbox")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        let parent = path.parent().expect("a file lies in a directory");
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).expect("the workspace can be written");
    }

    pub(crate) fn define(&self, text: &str) {
        self.write(&format!("environments/{ENVIRONMENT}.toml"), text);
    }

    /// Removes all of `state/` but the cluster in the box.
    pub(crate) fn forget(&self) {
        let Ok(found) = fs::read_dir(self.root().join("state")) else { return };
        for entry in found.flatten().filter(|entry| entry.file_name() != "sandbox") {
            fs::remove_dir_all(entry.path()).expect("local state can be removed");
        }
    }

    /// What is in the box.
    pub(crate) fn objects(&self) -> Objects {
        let text = fs::read_to_string(self.sandbox().join("log.jsonl")).unwrap_or_default();
        let mut objects = BTreeMap::new();
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let mut line: Value = serde_json::from_str(line).expect("the sandbox writes JSON");
            if let Some(object) = line.get_mut("put") {
                let object = object.take();
                objects.insert(key_of(&object), object);
            } else if let Some(place) = line.get("delete") {
                let part = |at: usize| place[at].as_str().unwrap_or_default();
                objects.remove(&key(part(1), part(2), part(3)));
            }
        }
        Objects(objects)
    }

    /// The requests that were noted after so many bytes of the list, and its length now.
    pub(crate) fn requests(&self, from: usize) -> (Vec<Request>, usize) {
        let text = fs::read_to_string(self.sandbox().join("requests.jsonl")).unwrap_or_default();
        let lines = text[from.min(text.len())..].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let field = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let requests = lines.map(|line| Request {
            method: field(&line, "method"),
            path: field(&line, "path"),
            query: field(&line, "query"),
        });
        (requests.collect(), text.len())
    }

    /// All files of the local state, as bytes.
    pub(crate) fn local_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut left: Vec<PathBuf> = vec![self.root().join("state")];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && entry.file_name() != "sandbox" => left.push(entry.path()),
                    Ok(kind) if kind.is_file() => files.extend(fs::read(entry.path()).map(|text| (entry.path(), text))),
                    _ => {}
                }
            }
        }
        files
    }
}

/// A request as `requests.jsonl` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
}

impl Request {
    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET" && !self.query.contains("dryRun")
    }

    /// Whether it concerns what ditc keeps for itself.
    pub(crate) fn is_own(&self) -> bool {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let of_ditc = last == "ditc" || last.starts_with("ditc-");
        let collection = (self.method == "POST").then_some(last);
        (of_ditc && ["/configmaps/", "/secrets/", "/leases/"].iter().any(|kind| self.path.contains(kind)))
            || collection.is_some_and(|collection| matches!(collection, "configmaps" | "leases"))
    }
}

/// `Deployment/cat`, or `Namespace/pets`; objects elsewhere carry their namespace before.
pub(crate) fn key(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() || namespace == ENVIRONMENT {
        format!("{kind}/{name}")
    } else {
        format!("{namespace}:{kind}/{name}")
    }
}

pub(crate) fn key_of(object: &Value) -> String {
    let text = |pointer| text_at(object, pointer);
    key(text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

pub(crate) fn text_at<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// All objects of the sandbox by `Kind/name`.
#[derive(Debug, Clone)]
pub(crate) struct Objects(pub BTreeMap<String, Value>);

impl Objects {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The environment's objects that somebody asked for: not what controllers derive, not what ditc keeps for itself.
    pub(crate) fn asked_for(&self) -> BTreeMap<&str, &Value> {
        let objects = self.0.iter().filter(|(key, object)| {
            let kind = text_at(object, "/kind");
            let derived = matches!(kind, "Pod" | "ReplicaSet" | "Endpoints" | "EndpointSlice" | "Event" | "Lease")
                || object.pointer("/metadata/ownerReferences").is_some()
                || (kind == "ServiceAccount" && key.ends_with("/default"))
                || key.ends_with("/kube-root-ca.crt");
            let own = kind == "ConfigMap"
                && (key.as_str() == "ConfigMap/ditc" || key.starts_with("ConfigMap/ditc-"))
                && object.pointer("/metadata/labels/ditc.dev~1record").is_some();
            let here = text_at(object, "/metadata/namespace") == ENVIRONMENT
                || (kind == "Namespace" && text_at(object, "/metadata/name") == ENVIRONMENT);
            here && !derived && !own
        });
        objects.map(|(key, object)| (key.as_str(), object)).collect()
    }

    /// Every value of every Secret, as it is stored and as it is meant.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let secrets = self.0.values().filter(|object| object["kind"] == "Secret");
        let values = secrets.filter_map(|secret| secret["data"].as_object()).flat_map(|data| data.values());
        let texts = values.filter_map(Value::as_str).flat_map(|text| {
            let plain = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            [Some(text.trim_end_matches('=').to_owned()), plain].into_iter().flatten()
        });
        texts.filter(|text| text.len() >= 8).collect()
    }
}

/// What people mean by an object: no status, and nothing that differs from one life of it to the next.
pub(crate) fn essence(object: &Value) -> Value {
    let mut essence = object.clone();
    let map = essence.as_object_mut().expect("an object is a map");
    map.remove("status");
    if object["kind"] == "Secret" {
        let names = object["data"].as_object().map(|data| data.keys().cloned().collect::<Vec<_>>());
        map.insert("data".to_owned(), json!(names));
    }
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(field);
        }
        // Controllers count their rollouts.
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("deployment.kubernetes.io/revision");
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    if let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) {
        for field in ["clusterIP", "clusterIPs"] {
            if spec.get(field).is_some_and(|value| *value != "None" && *value != json!(["None"])) {
                spec.remove(field);
            }
        }
    }
    essence
}
