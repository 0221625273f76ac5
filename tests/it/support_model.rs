//! A workspace of its own with a sandbox in it, looked at from outside: its files, its objects, its requests. It runs
//! nothing; the model test does that in its process, the crash test with the binary.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ditc::{
    desired::is_reserved,
    format::record,
    state::{Phase, State},
};
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

[inputs.suffix]
type    = "string"
default = ""

[inputs.label]
type    = "string"
default = ""

[inputs.claim]
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
  name: {{ name ~ "-config" ~ ("-" ~ inputs.suffix if inputs.suffix else "") }}
data:
  text: {{ inputs.text }}
  fixed: "1"
---
{% endif %}
{% if inputs.claim %}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ name ~ "-data" }}
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
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
{% if inputs.label %}
      label: {{ inputs.label }}
{% endif %}
  template:
    metadata:
      labels:
        app: {{ name }}
{% if inputs.label %}
        label: {{ inputs.label }}
{% endif %}
    spec:
{% if inputs.claim %}
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: {{ name ~ "-data" }}
{% endif %}
      containers:
        - name: main
          image: {{ "example/kit:" ~ inputs.version }}
          env:
            - name: TEXT
              value: {{ inputs.text }}
{% if inputs.port is not none %}
          readinessProbe:
            tcpSocket:
              port: {{ inputs.port }}
{% endif %}
{% if inputs.config %}
          envFrom:
            - configMapRef:
                name: {{ name ~ "-config" ~ ("-" ~ inputs.suffix if inputs.suffix else "") }}
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
    known: Mutex<Known>,
}

/// How far the sandbox's log was read, and what it came to.
#[derive(Debug, Default)]
struct Known {
    file: u64,
    end: u64,
    objects: Objects,
}

impl Workspace {
    /// Makes one, in memory where the system has such a place.
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let directory = directory.expect("a temporary directory can be made");
        let workspace = Self { directory, known: Mutex::default() };
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
        for entry in found.flatten().filter(|entry| entry.file_name() != "sandbox" && entry.path().is_dir()) {
            fs::remove_dir_all(entry.path()).expect("local state can be removed");
        }
    }

    /// Copies everything, state and all.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy_all(self.root(), copy.root());
        copy
    }

    /// Writes the script of what shall go wrong, or removes it.
    pub(crate) fn faults(&self, script: Option<&Value>) {
        let path = self.sandbox().join("faults.json");
        let done = match script {
            Some(script) => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(self.sandbox());
                made.and_then(|()| fs::write(path, script.to_string()))
            }
            None => fs::remove_file(path),
        };
        done.expect("the fault script can be written and removed");
    }

    /// What is in the box.
    pub(crate) fn objects(&self) -> Objects {
        let mut known = self.known.lock().expect("nobody panicked while reading");
        let Ok(mut file) = File::open(self.sandbox().join("log.jsonl")) else { return Objects::default() };
        let metadata = file.metadata().expect("an open file has metadata");
        if metadata.ino() != known.file || metadata.len() < known.end {
            *known = Known { file: metadata.ino(), ..Known::default() };
        }
        let mut text = String::new();
        let read = file.seek(SeekFrom::Start(known.end)).and_then(|_| file.read_to_string(&mut text));
        read.expect("the sandbox writes text");
        // A line that a kill tore is dropped by the next who opens the sandbox.
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            known.end += line.len() as u64;
            known.objects.replay(serde_json::from_str(line).expect("the sandbox writes JSON"));
        }
        known.objects.clone()
    }

    /// The requests that were noted after so many bytes of the list, and its length now.
    pub(crate) fn requests(&self, from: usize) -> (Vec<Request>, usize) {
        let mut text = String::new();
        if let Ok(mut file) = File::open(self.sandbox().join("requests.jsonl")) {
            let read = file.seek(SeekFrom::Start(from as u64)).and_then(|_| file.read_to_string(&mut text));
            read.expect("the sandbox writes text");
        }
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let field = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let requests = lines.map(|line| Request {
            method: field(&line, "method"),
            path: field(&line, "path"),
            query: field(&line, "query"),
            code: line["code"].as_u64().unwrap_or_default(),
        });
        (requests.collect(), from + text.len())
    }

    /// How many bytes the list of requests has.
    pub(crate) fn requests_end(&self) -> usize {
        let metadata = fs::metadata(self.sandbox().join("requests.jsonl"));
        metadata.map_or(0, |metadata| usize::try_from(metadata.len()).expect("a list that fits into memory"))
    }

    /// How many requests were noted after so many bytes of the list.
    pub(crate) fn requests_since(&self, from: usize) -> usize {
        self.requests(from).0.len()
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.root().join(name)).expect("the file is there");
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

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("a workspace can be read").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// A request as `requests.jsonl` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub code: u64,
}

impl Request {
    pub(crate) fn is_write(&self) -> bool {
        let is_review = self.path.ends_with("/selfsubjectrulesreviews");
        self.method != "GET" && !self.query.contains("dryRun") && !is_review
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
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects(BTreeMap<String, Arc<Value>>);

impl Objects {
    fn replay(&mut self, mut line: Value) {
        if let Some(object) = line.get_mut("put") {
            let object = object.take();
            self.0.insert(key_of(&object), Arc::new(object));
        } else if let Some(place) = line.get("delete") {
            let part = |at: usize| place[at].as_str().unwrap_or_default();
            self.0.remove(&key(part(1), part(2), part(3)));
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).map(AsRef::as_ref)
    }

    pub(crate) fn of(objects: Vec<Value>) -> Self {
        Self(objects.into_iter().map(|object| (key_of(&object), Arc::new(object))).collect())
    }

    /// [`Objects::asked_for_in`] the one environment that there is.
    pub(crate) fn asked_for(&self) -> BTreeMap<&str, &Value> {
        self.asked_for_in(ENVIRONMENT)
    }

    /// The environment's objects that somebody asked for: not what controllers derive, not what ditc keeps for itself.
    pub(crate) fn asked_for_in(&self, environment: &str) -> BTreeMap<&str, &Value> {
        let objects = self.0.iter().filter(|(key, object)| {
            let kind = text_at(object, "/kind");
            let derived = matches!(kind, "Pod" | "ReplicaSet" | "Endpoints" | "EndpointSlice" | "Event" | "Lease")
                || object.pointer("/metadata/ownerReferences").is_some()
                || (kind == "ServiceAccount" && key.ends_with("/default"))
                || key.ends_with("/kube-root-ca.crt");
            let own = kind == "ConfigMap"
                && is_reserved(text_at(object, "/metadata/name"))
                && object.pointer("/metadata/labels/ditc.dev~1record").is_some();
            let here = text_at(object, "/metadata/namespace") == environment
                || (kind == "Namespace" && text_at(object, "/metadata/name") == environment);
            here && !derived && !own
        });
        objects.map(|(key, object)| (key.as_str(), object.as_ref())).collect()
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

    /// The record in the environment's namespace.
    pub(crate) fn record_in(&self, environment: &str) -> Option<State> {
        let part = |name: &str| self.get(&key("ConfigMap", environment, name));
        let header = part("ditc")?;
        let header = record::decode_header(text_at(header, &format!("/data/{}", record::HEADER)));
        let header = header.expect("a header can be read");
        let names = header.parts().into_iter().chain(["ditc".to_owned()]);
        let pieces = names.filter_map(|name| {
            let entries = part(&name)?.pointer(&format!("/binaryData/{}", record::ENTRIES))?;
            Some((name, BASE64.decode(entries.as_str()?).ok()?))
        });
        Some(record::decode(&header, &pieces.collect()).expect("a record can be read"))
    }

    /// [`Objects::normalised_in`] the one environment that there is.
    pub(crate) fn normalised(&self) -> Value {
        self.normalised_in(ENVIRONMENT)
    }

    /// What two runs that came to the same end have in common: no uids, versions, times or values of Secrets.
    pub(crate) fn normalised_in(&self, environment: &str) -> Value {
        let objects: BTreeMap<&str, Value> =
            self.asked_for_in(environment).into_iter().map(|(key, object)| (key, essence(object))).collect();
        let record = self.record_in(environment).map(|state| {
            let entries: BTreeMap<String, Value> = state
                .entries
                .iter()
                .map(|(key, entry)| {
                    let component = entry.component.as_ref().map(ToString::to_string);
                    let phase = match &entry.phase {
                        Phase::Planned => json!("planned"),
                        Phase::Applied(applied) | Phase::Replacing(applied) => {
                            // A Secret's fingerprint holds its uid. A namespace is ours by its creating entry, or by
                            // an apply of a run that finished for another.
                            let kind = key.kind.kind.as_str();
                            let fingerprint = (!matches!(kind, "Secret" | "Namespace")).then_some(&applied.fingerprint);
                            let owned = (kind != "Namespace").then_some(&applied.owned);
                            json!({
                                "body": applied.body.0, "desired": applied.desired.to_string(),
                                "finished": applied.finished, "owned": format!("{owned:?}"),
                                "fingerprint": format!("{fingerprint:?}"),
                            })
                        }
                    };
                    (key.to_string(), json!({"component": component, "version": entry.api_version, "phase": phase}))
                })
                .collect();
            json!({"entries": entries, "components": format!("{:?}", state.components), "open": state.open.is_some(),
                "created_namespace": state.created_namespace, "namespace": state.namespace.as_str()})
        });
        json!({"objects": objects, "record": record})
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
        spec.remove("volumeName");
        for field in ["clusterIP", "clusterIPs"] {
            if spec.get(field).is_some_and(|value| *value != "None" && *value != json!(["None"])) {
                spec.remove(field);
            }
        }
    }
    essence
}
