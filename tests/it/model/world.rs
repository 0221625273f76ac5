//! One environment on its way: carries out steps with ditc itself, in this process, and holds each to the laws.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ditc::{
    cli::Cli,
    failure::Exit,
    sandbox::{Options, Sandbox},
    settings::{self, Settings},
    terminal::Terminal,
};
use serde_json::{Value, json};

use super::{
    definition::{Component, Definition},
    step::{Hand, Part, Step},
};
use crate::support_model::{ENVIRONMENT, Objects, Request, Workspace, essence, key, text_at};

/// What is broken, in words.
pub(super) type Broken = String;

macro_rules! law {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

pub(super) struct World {
    workspace: Workspace,
    definition: Definition,
    /// What was made by hand and not by ditc, with uid and essence.
    foreign: BTreeMap<String, (String, Value)>,
    /// Objects of which a field of ours was changed by hand since the last complete apply.
    moved: BTreeSet<String>,
    /// How they were before.
    before: BTreeMap<String, Value>,
    /// Every value that a Secret ever had.
    canaries: BTreeSet<String>,
}

/// How a command ended and what it said.
struct Said {
    exit: Exit,
    out: String,
    all: String,
    requests: Vec<Request>,
}

/// A plan as `-json` tells it.
struct Plan {
    exit: Exit,
    applyable: bool,
    /// `Kind/name` to action.
    changes: BTreeMap<String, String>,
    blocked: BTreeSet<String>,
    drift: BTreeSet<String>,
    text: String,
}

impl World {
    pub(super) fn new(definition: Definition) -> Self {
        let world = Self {
            workspace: Workspace::new(),
            definition,
            foreign: BTreeMap::new(),
            moved: BTreeSet::new(),
            before: BTreeMap::new(),
            canaries: BTreeSet::new(),
        };
        world.workspace.define(&world.definition.toml());
        world
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<(), Broken> {
        match step {
            Step::Define(name, component) => {
                self.definition.components.insert(name, component.clone());
                self.workspace.define(&self.definition.toml());
            }
            Step::Remove(name) => {
                self.definition.components.remove(name);
                self.workspace.define(&self.definition.toml());
            }
            Step::Hand(name, part, hand) => self.hand(name, *part, hand),
            Step::TidyUp => self.tidy_up(),
            Step::Plan => self.plan_twice()?,
            Step::Apply => self.apply()?,
            Step::Destroy => self.destroy()?,
            Step::Forget => {
                let before = self.plan()?;
                self.workspace.forget();
                let after = self.plan()?;
                law!(
                    before.text == after.text,
                    "without local state the plan is another:\n{}\n---\n{}",
                    before.text,
                    after.text
                );
            }
        }
        Ok(())
    }

    /// What every sequence ends with: all can be made good, and all can be removed.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        self.tidy_up();
        self.apply()?;
        law!(self.plan()?.exit == Exit::Done, "after tidying up, an apply is not complete");
        for (path, bytes) in self.workspace.local_files() {
            let text = String::from_utf8_lossy(&bytes);
            let leak = self.canaries.iter().find(|canary| text.contains(canary.as_str()));
            law!(leak.is_none(), "the value of a Secret is in {}", path.display());
        }
        self.destroy()?;
        let plan = self.plan()?;
        let expected: BTreeSet<String> = self.definition.keys().into_iter().collect();
        let planned: BTreeSet<String> = plan.changes.keys().cloned().collect();
        law!(planned == expected, "after a destroy the plan is not to make everything: {planned:?}");
        Ok(())
    }

    fn run(&mut self, arguments: &[&str]) -> Result<Said, Broken> {
        let (_, from) = self.workspace.requests(0);
        let words = ["ditc"].iter().chain(arguments).map(Into::into);
        let cli = Cli::parse_from(words, &BTreeMap::new()).map_err(|stop| format!("{stop:?}"))?;
        let settings = Settings {
            directory: self.workspace.root().to_owned(),
            user: "model".to_owned(),
            host: "test".to_owned(),
            ..Settings::from_variables(&BTreeMap::new())
        };
        let (out, err) = (Kept::default(), Kept::default());
        let terminal = Terminal::over(&settings, cli.wishes(), Box::new(out.clone()), Box::new(err.clone()));
        // A runtime of its own: when it is dropped, nothing of the command is left. Its clock is its own too, so that
        // settling costs nothing.
        let exit = runtime().block_on(async {
            match ditc::commands::run(&cli, &settings, &terminal).await {
                Ok(exit) => exit,
                Err(failure) => {
                    let _ = ditc::commands::report(&failure, &terminal);
                    failure.kind.exit()
                }
            }
        });
        let (requests, _) = self.workspace.requests(from);
        let all = format!("{}{}", out.text(), err.text());
        self.canaries.extend(self.workspace.objects().secrets());
        let leak = self.canaries.iter().find(|canary| all.contains(canary.as_str()));
        law!(leak.is_none(), "the value of a Secret is in the output of {arguments:?}:\n{all}");
        self.leaves_others_alone(arguments)?;
        Ok(Said { exit, out: out.text(), all, requests })
    }

    /// What ditc did not create it neither deletes nor changes.
    fn leaves_others_alone(&self, arguments: &[&str]) -> Result<(), Broken> {
        let objects = self.workspace.objects();
        for (key, (uid, was)) in &self.foreign {
            let live = objects.get(key);
            let same = live.is_some_and(|live| text_at(live, "/metadata/uid") == uid && essence(live) == *was);
            law!(same, "{arguments:?} touched {key}, which ditc did not make: {was} became {live:?}");
        }
        Ok(())
    }

    fn plan(&mut self) -> Result<Plan, Broken> {
        let said = self.run(&["plan", ENVIRONMENT, "--sandbox", "-json", "-detailed-exitcode"])?;
        let wrote: Vec<&Request> = said.requests.iter().filter(|request| request.is_write()).collect();
        law!(wrote.is_empty(), "a plan wrote: {wrote:?}");
        let document = serde_json::Deserializer::from_str(&said.out).into_iter::<Value>().next();
        let Some(Ok(document)) =
            document.filter(|document| matches!(document, Ok(document) if document["changes"].is_array()))
        else {
            return Err(format!("there is no plan: {}", said.all));
        };
        let keys = |part: &str| -> Vec<(String, Value)> {
            let found = document[part].as_array().into_iter().flatten();
            let of =
                |object: &Value| key(text_at(object, "/kind"), text_at(object, "/namespace"), text_at(object, "/name"));
            found.map(|object| (of(object), object.clone())).collect()
        };
        let changes = keys("changes").into_iter();
        let changes = changes.map(|(key, change)| (key, text_at(&change, "/actions/0").to_owned())).collect();
        let only_keys = |part| keys(part).into_iter().map(|(key, _)| key).collect();
        let plan = Plan {
            exit: said.exit,
            applyable: document["applyable"] == true,
            changes,
            blocked: only_keys("blocked"),
            drift: only_keys("drift"),
            text: said.out,
        };
        law!(plan.applyable == (plan.exit != Exit::Error), "a plan ends with {:?}: {}", plan.exit, plan.text);
        let has_changes = plan.changes.values().any(|action| action != "forget");
        law!(
            !plan.applyable || has_changes == (plan.exit == Exit::Changes),
            "a plan ends with {:?}: {}",
            plan.exit,
            plan.text
        );
        self.sees_hands(&plan)?;
        Ok(plan)
    }

    /// A field changed by hand that was ours is in the plan of what is still desired.
    fn sees_hands(&self, plan: &Plan) -> Result<(), Broken> {
        let desired = self.definition.keys();
        for key in self.moved.iter().filter(|key| desired.contains(key)) {
            let is_told = plan.changes.contains_key(key)
                || plan.blocked.contains(key)
                || (key.starts_with("Secret/") && plan.drift.contains(key));
            law!(is_told, "{key} was changed by hand, and the plan does not know: {}", plan.text);
        }
        Ok(())
    }

    fn plan_twice(&mut self) -> Result<(), Broken> {
        let first = self.plan()?;
        let arguments = ["plan", ENVIRONMENT, "--sandbox", "-detailed-exitcode"];
        let (one, two) = (self.run(&arguments)?, self.run(&arguments)?);
        law!(one.all == two.all, "two plans in a row differ:\n{}\n---\n{}", one.all, two.all);
        law!(one.exit == first.exit, "with and without -json a plan ends differently:\n{}", one.all);
        let wrote = one.requests.iter().any(Request::is_write);
        law!(!wrote, "a plan wrote: {:?}", one.requests);
        Ok(())
    }

    fn apply(&mut self) -> Result<(), Broken> {
        let plan = self.plan()?;
        let before = self.workspace.objects();
        let said = self.run(&["apply", ENVIRONMENT, "--sandbox", "-auto-approve"])?;
        let writes: Vec<&Request> = said.requests.iter().filter(|request| request.is_write()).collect();
        if !plan.applyable {
            law!(said.exit == Exit::Error, "an apply of a blocked plan ends with {:?}: {}", said.exit, said.all);
            law!(writes.is_empty(), "an apply of a blocked plan wrote: {writes:?}");
            return Ok(());
        }
        law!(said.exit == Exit::Done, "an apply ends with {:?}: {}", said.exit, said.all);
        let after = self.workspace.objects();
        keeps_to(&plan, &before, &after, &writes)?;
        self.is_as_defined(&after)?;
        let again = self.run(&["plan", ENVIRONMENT, "--sandbox", "-detailed-exitcode"])?;
        law!(
            again.exit == Exit::Done && again.out.contains("No changes."),
            "after an apply the plan is not empty ({:?}): {}\nthe apply said: {}",
            again.exit,
            again.all,
            said.all
        );
        self.moved.clear();
        self.before.clear();
        if plan.exit == Exit::Done {
            let idle = self.run(&["apply", ENVIRONMENT, "--sandbox", "-auto-approve"])?;
            let wrote = idle.requests.iter().any(Request::is_write);
            law!(idle.exit == Exit::Done && !wrote, "an apply of nothing wrote: {:?}", idle.requests);
        }
        Ok(())
    }

    /// After a complete apply everything desired is there, with the values desired, and nothing of ours is left over.
    fn is_as_defined(&self, objects: &Objects) -> Result<(), Broken> {
        let desired = self.definition.keys();
        for key in &desired {
            law!(objects.get(key).is_some(), "after an apply there is no {key}");
        }
        let left = objects
            .asked_for()
            .into_keys()
            .find(|key| !self.foreign.contains_key(*key) && !desired.iter().any(|desired| desired == key));
        law!(left.is_none(), "after an apply {left:?} is left over");
        for (name, component) in &self.definition.components {
            let (workload, image, replicas) = match component {
                Component::Redis { version, .. } => {
                    (format!("StatefulSet/{name}-master"), format!("redis:7.4.{version}"), Some(1))
                }
                Component::Service { tag, replicas, .. } => {
                    (format!("Deployment/{name}"), format!("example/{name}:v{tag}"), *replicas)
                }
                Component::Kit { version, replicas, .. } => {
                    (format!("Deployment/{name}"), format!("example/kit:1.{version}"), Some(*replicas))
                }
            };
            let live = objects.get(&workload).expect("everything desired is there");
            let images: Vec<&str> = containers(live).map(|container| text_at(container, "/image")).collect();
            law!(images == [&image], "{workload} has images {images:?} instead of {image}");
            let count = live.pointer("/spec/replicas").and_then(Value::as_u64);
            law!(replicas.is_none() || count == replicas, "{workload} has {count:?} replicas instead of {replicas:?}");
        }
        Ok(())
    }

    fn destroy(&mut self) -> Result<(), Broken> {
        let said = self.run(&["destroy", ENVIRONMENT, "--sandbox", "-auto-approve"])?;
        if !self.foreign.is_empty() {
            let wrote = said.requests.iter().any(Request::is_write);
            law!(
                said.exit == Exit::Error && !wrote,
                "a destroy with foreign objects ends with {:?}: {}",
                said.exit,
                said.all
            );
            return Ok(());
        }
        law!(said.exit == Exit::Done, "a destroy ends with {:?}: {}", said.exit, said.all);
        let left: Vec<String> = self.workspace.objects().asked_for().into_keys().map(str::to_owned).collect();
        law!(left.is_empty(), "a destroy left {left:?}");
        self.moved.clear();
        self.before.clear();
        Ok(())
    }

    fn target(&self, objects: &Objects, name: &str, part: Part) -> Option<String> {
        let candidates = match part {
            Part::Workload => vec![format!("Deployment/{name}"), format!("StatefulSet/{name}-master")],
            Part::Config => vec![format!("ConfigMap/{name}-config")],
            Part::Service => vec![format!("Service/{name}-master"), format!("Service/{name}")],
            Part::Secret => vec![format!("Secret/{name}-vault"), format!("Secret/{name}")],
            Part::Namespace => vec![format!("Namespace/{ENVIRONMENT}")],
        };
        candidates.into_iter().find(|key| objects.get(key).is_some())
    }

    fn hand(&mut self, name: &str, part: Part, hand: &Hand) {
        let objects = self.workspace.objects();
        if objects.get(&format!("Namespace/{ENVIRONMENT}")).is_none() {
            return;
        }
        match hand {
            Hand::Foreign | Hand::Stray(_) => {
                let (name, labels) = match hand {
                    Hand::Stray(number) => (
                        format!("stray-{number}"),
                        json!({"app.kubernetes.io/managed-by": "ditc", "ditc.dev/environment": ENVIRONMENT}),
                    ),
                    _ => (format!("{name}-config"), json!({})),
                };
                let key = format!("ConfigMap/{name}");
                if objects.get(&key).is_none() {
                    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"text": "mine"},
                        "metadata": {"name": name, "namespace": ENVIRONMENT, "labels": labels}});
                    self.write(&[Order::create(object)]);
                    self.made_by_hand(&key);
                }
                return;
            }
            _ => {}
        }
        let Some(key) = self.target(&objects, name, part) else { return };
        let live = objects.get(&key).expect("a target is there").clone();
        let writes = match hand {
            Hand::Delete => vec![Order::delete(&live)],
            Hand::Recreate => {
                let mut again = live.clone();
                let metadata = again["metadata"].as_object_mut().expect("an object has metadata");
                for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
                    metadata.remove(field);
                }
                again.as_object_mut().expect("an object is a map").remove("status");
                vec![Order::delete(&live), Order::create(again)]
            }
            Hand::Scale(number) if matches!(live["kind"].as_str(), Some("Deployment" | "StatefulSet")) => {
                vec![Order::scale(&live, *number)]
            }
            hand => {
                let mut new = live.clone();
                let saved = self.before.get(&key).filter(|saved| saved["metadata"]["uid"] == live["metadata"]["uid"]);
                change(&mut new, hand, saved);
                if new == live {
                    return;
                }
                vec![Order::update(new)]
            }
        };
        self.write(&writes);
        if key.starts_with("Namespace/") {
            let desired = self.definition.keys();
            self.foreign.clear();
            self.moved = desired.into_iter().collect();
            return;
        }
        let after = self.workspace.objects();
        match (self.foreign.contains_key(&key), hand) {
            (true, Hand::Delete) => {
                self.foreign.remove(&key);
                self.moved.insert(key);
            }
            (true, _) => self.made_by_hand(&key),
            (false, Hand::Recreate) => {
                self.made_by_hand(&key);
                self.moved.insert(key);
            }
            (false, _) => {
                if after.get(&key).is_none_or(|after| ours(after) != ours(&live)) {
                    self.before.entry(key.clone()).or_insert(live);
                    self.moved.insert(key);
                }
            }
        }
    }

    fn made_by_hand(&mut self, key: &str) {
        if let Some(live) = self.workspace.objects().get(key) {
            self.foreign.insert(key.to_owned(), (text_at(live, "/metadata/uid").to_owned(), essence(live)));
        }
    }

    fn tidy_up(&mut self) {
        let objects = self.workspace.objects();
        let deletes: Vec<Order> = self.foreign.keys().filter_map(|key| objects.get(key)).map(Order::delete).collect();
        self.write(&deletes);
        self.moved.extend(std::mem::take(&mut self.foreign).into_keys());
    }

    /// Writes to the cluster as another client does, and lets its controllers come to rest.
    fn write(&mut self, writes: &[Order]) {
        if writes.is_empty() {
            return;
        }
        let options = Options::kept_in(self.workspace.sandbox(), settings::now);
        runtime().block_on(async {
            let sandbox = Sandbox::open(options).expect("nobody else has the sandbox open");
            let client = kube::Client::new(sandbox.service(), "default");
            for Order { method, path, content_type, body } in writes {
                let request = http::Request::builder().method(*method).uri(path).header("content-type", *content_type);
                let request = request.body(body.to_string().into_bytes()).expect("a request can be built");
                let answer = client.request::<Value>(request).await;
                assert!(answer.is_ok(), "{method} {path}: {answer:?}");
                // Pods need a moment to stop.
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            }
        });
        self.canaries.extend(self.workspace.objects().secrets());
    }
}

/// What an apply did is in its plan, and nothing else.
fn keeps_to(plan: &Plan, before: &Objects, after: &Objects, writes: &[&Request]) -> Result<(), Broken> {
    let (before, after) = (before.asked_for(), after.asked_for());
    let keys: BTreeSet<&&str> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let life = |object: &Value| {
            let ours: Vec<Value> = ours(object).into_iter().cloned().collect();
            (text_at(object, "/metadata/uid").to_owned(), essence(object), ours)
        };
        let (was, is) = (before.get(*key).copied(), after.get(*key).copied());
        if was.map(life) == is.map(life) {
            continue;
        }
        // Kubernetes fills a new namespace by itself.
        let action = plan.changes.get(*key).map(String::as_str);
        let fits = match (was, is) {
            (None, Some(_)) => action == Some("create"),
            (Some(_), Some(_)) => action == Some("update"),
            (Some(_), None) => action == Some("delete"),
            (None, None) => true,
        };
        law!(fits, "an apply touched {key} (planned: {action:?}): {was:?} became {is:?}; plan: {}", plan.text);
    }
    for write in writes.iter().filter(|write| !write.is_own()) {
        let mut parts = write.path.rsplit('/');
        let (name, plural) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let planned = |action: &str, plural: &str, name: Option<&str>| {
            plan.changes.iter().any(|(key, planned)| {
                let (kind, known) = key.split_once('/').unwrap_or_default();
                planned == action && self::plural(kind) == plural && name.is_none_or(|name| name == known)
            })
        };
        let fits = match write.method.as_str() {
            "POST" => planned("create", name, None),
            "PATCH" => planned("create", plural, Some(name)) || planned("update", plural, Some(name)),
            "DELETE" => planned("delete", plural, Some(name)),
            _ => false,
        };
        law!(fits, "an apply sent {} {}, which is not in its plan: {}", write.method, write.path, plan.text);
    }
    Ok(())
}

/// The fields that our manager holds.
fn ours(object: &Value) -> Vec<&Value> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let entries = entries.filter(|entry| entry["manager"] == "ditc" && entry.get("subresource").is_none());
    entries.map(|entry| &entry["fieldsV1"]).collect()
}

fn containers(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/spec/template/spec/containers").and_then(Value::as_array).into_iter().flatten()
}

/// Changes an object as a hand does.
fn change(object: &mut Value, hand: &Hand, saved: Option<&Value>) {
    let number = |number: &u64| format!("by-hand-{number}");
    let container = "/spec/template/spec/containers/0";
    match hand {
        Hand::Replicas(count) if object.pointer("/spec/replicas").is_some() => {
            object["spec"]["replicas"] = json!(count);
        }
        Hand::Image(version) if object.pointer(container).is_some() => {
            object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(format!("by/hand:{version}"));
        }
        Hand::Variable(value) => {
            let found = object.pointer_mut(&format!("{container}/env")).and_then(Value::as_array_mut);
            if let Some(variable) = found.into_iter().flatten().find(|variable| variable["value"].is_string()) {
                variable["value"] = json!(number(value));
            }
        }
        Hand::MoreVariables(value) => {
            if let Some(list) = object.pointer_mut(&format!("{container}/env")).and_then(Value::as_array_mut) {
                list.retain(|variable| variable["name"] != "BY_HAND");
                list.push(json!({"name": "BY_HAND", "value": number(value)}));
            }
        }
        Hand::Annotation(value) => object["metadata"]["annotations"]["example.com/note"] = json!(number(value)),
        Hand::Label(value) => {
            let label = if object["metadata"]["labels"]["app"].is_string() { "app" } else { "ditc.dev/component" };
            object["metadata"]["labels"][label] = json!(number(value));
        }
        Hand::StripLabels => {
            object["metadata"].as_object_mut().expect("an object has metadata").remove("labels");
        }
        Hand::Data(value) | Hand::MoreData(value) => {
            let text = format!("canary-of-a-hand-{value}");
            let text = if object["kind"] == "Secret" { BASE64.encode(text) } else { text };
            let first = object["data"].as_object().and_then(|data| data.keys().next().cloned());
            let name = if matches!(hand, Hand::Data(_)) { first } else { Some("more".to_owned()) };
            if let (Some(name), true) = (name, matches!(object["kind"].as_str(), Some("ConfigMap" | "Secret"))) {
                object["data"][name] = json!(text);
            }
        }
        Hand::ChangeBack => {
            if let Some(saved) = saved {
                for part in ["spec", "data"] {
                    if let Some(was) = saved.get(part) {
                        object[part] = was.clone();
                    }
                }
                object["metadata"]["labels"] = saved["metadata"]["labels"].clone();
            }
        }
        Hand::Replicas(_) | Hand::Image(_) | Hand::Scale(_) => {}
        Hand::Delete | Hand::Recreate | Hand::Foreign | Hand::Stray(_) => {}
    }
}

/// A request of another client.
struct Order {
    method: &'static str,
    path: String,
    content_type: &'static str,
    body: Value,
}

impl Order {
    fn create(object: Value) -> Self {
        let path = format!("{}?fieldManager=someone", collection(&object));
        Self { method: "POST", path, content_type: "application/json", body: object }
    }

    fn update(object: Value) -> Self {
        let path = format!("{}/{}?fieldManager=kubectl-edit", collection(&object), text_at(&object, "/metadata/name"));
        Self { method: "PUT", path, content_type: "application/json", body: object }
    }

    fn scale(object: &Value, replicas: u64) -> Self {
        let path = format!("{}/{}/scale?fieldManager=kubectl", collection(object), text_at(object, "/metadata/name"));
        let body = json!({"spec": {"replicas": replicas}});
        Self { method: "PATCH", path, content_type: "application/merge-patch+json", body }
    }

    fn delete(object: &Value) -> Self {
        let path = format!("{}/{}", collection(object), text_at(object, "/metadata/name"));
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
        Self { method: "DELETE", path, content_type: "application/json", body }
    }
}

fn collection(object: &Value) -> String {
    let version = text_at(object, "/apiVersion");
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    let kind = text_at(object, "/kind");
    match object.pointer("/metadata/namespace").and_then(Value::as_str) {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{}", plural(kind)),
        None => format!("{root}/{}", plural(kind)),
    }
}

fn plural(kind: &str) -> String {
    format!("{}s", kind.to_lowercase())
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().expect("the system gives a runtime")
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
