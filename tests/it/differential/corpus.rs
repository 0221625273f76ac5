//! The corpus as values: groups of operations, from the text files beside this one.
//!
//! Blocks stand between empty lines. `group NAME` opens a group, which gets a namespace of its own; `let NAME = EXPRESSION`
//! names a body; every other block is an operation: its title, and indented below it the request and, below that, the body.
//!
//! A request is a verb (`get`, `create`, `replace`, `delete`, or how to patch: `apply`, `merge`, `strategic`, `json`), a
//! path, and words: `as MANAGER`, `by USER` (who is no administrator), `force`, `dry`, `lax` (an apply is strict
//! otherwise), `keeps NAME` (later requests may say `$NAME.uid`, `$NAME.rv` and `$NAME.continue`), `metadata` (asks for
//! nothing else), `settled` (waits until the controllers have seen the object), `emptied` (waits until a namespace that
//! ends tells what is left in it), `served` and `gone` (wait until the path is known, or no longer), `answered CODE` and
//! `told TEXT` (ask again until that is the code, or the answer holds the text: a policy reaches those who hold to it a
//! moment later), `unheard` (what is answered hangs on their time). A path without a slash before it lies in the group's
//! namespace, `$NS`.
//!
//! An expression is YAML, a name, or a name with changes: `orders + {spec/replicas: 1, metadata/labels: null}`; null
//! removes. `raw` sends the text behind it as it is. A value `x*100` is that many letters.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::support::kept::Named;

/// The paths before the plurals, for paths without a slash before them.
const KINDS: [(&str, &str); 25] = [
    ("configmaps", "api/v1"),
    ("endpoints", "api/v1"),
    ("events", "api/v1"),
    ("limitranges", "api/v1"),
    ("persistentvolumeclaims", "api/v1"),
    ("pods", "api/v1"),
    ("podtemplates", "api/v1"),
    ("replicationcontrollers", "api/v1"),
    ("resourcequotas", "api/v1"),
    ("secrets", "api/v1"),
    ("serviceaccounts", "api/v1"),
    ("services", "api/v1"),
    ("daemonsets", "apis/apps/v1"),
    ("deployments", "apis/apps/v1"),
    ("replicasets", "apis/apps/v1"),
    ("statefulsets", "apis/apps/v1"),
    ("cronjobs", "apis/batch/v1"),
    ("jobs", "apis/batch/v1"),
    ("leases", "apis/coordination.k8s.io/v1"),
    ("endpointslices", "apis/discovery.k8s.io/v1"),
    ("ingresses", "apis/networking.k8s.io/v1"),
    ("networkpolicies", "apis/networking.k8s.io/v1"),
    ("poddisruptionbudgets", "apis/policy/v1"),
    ("rolebindings", "apis/rbac.authorization.k8s.io/v1"),
    ("roles", "apis/rbac.authorization.k8s.io/v1"),
];

pub(super) struct Group {
    pub(super) name: String,
    pub(super) operations: Vec<Operation>,
}

impl Named for Group {
    fn name(&self) -> &str {
        &self.name
    }
}

/// One request, with `$NS` and what was kept still to be filled in.
pub(super) struct Operation {
    pub(super) title: String,
    /// Who asks; empty for the administrator.
    pub(super) user: String,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) accept: &'static str,
    pub(super) content: &'static str,
    pub(super) body: String,
    pub(super) keeps: Option<String>,
    pub(super) settled: bool,
    pub(super) emptied: bool,
    /// Whether the path is waited for until it is there, or until it is not.
    pub(super) served: Option<bool>,
    /// The code that the answer will have, sooner or later.
    pub(super) answered: Option<u16>,
    /// What the answer will hold, sooner or later.
    pub(super) told: Option<String>,
    pub(super) unheard: bool,
}

/// All groups, from the files in the order of their names.
pub(super) fn read() -> Vec<Group> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/differential");
    let entries = fs::read_dir(directory).expect("the corpus lies there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut groups: Vec<Group> = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a readable file");
        let mut named = BTreeMap::new();
        for block in text.split("\n\n").map(without_comments).filter(|block| !block.is_empty()) {
            let first = block[0];
            if let Some(name) = first.strip_prefix("group ") {
                assert!(groups.iter().all(|group| group.name != name), "two groups {name}");
                groups.push(Group { name: name.to_owned(), operations: Vec::new() });
            } else if let Some((name, rest)) = first.strip_prefix("let ").and_then(|rest| rest.split_once(" = ")) {
                let expression = [rest].iter().chain(&block[1..]).fold(String::new(), |text, line| text + line + "\n");
                let value = evaluate(&expression, &named);
                named.insert(name.to_owned(), value);
            } else {
                let group = groups.last_mut().expect("a group before the first operation");
                let operation = operation(&block, &named);
                let is_new = group.operations.iter().all(|other| other.title != operation.title);
                assert!(is_new, "two operations {:?} in {}", operation.title, group.name);
                group.operations.push(operation);
            }
        }
    }
    groups
}

fn without_comments(block: &str) -> Vec<&str> {
    block.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect()
}

fn operation(block: &[&str], named: &BTreeMap<String, Value>) -> Operation {
    let [title, request, body @ ..] = block else { panic!("no request below {block:?}") };
    assert!(!title.starts_with(' ') && request.starts_with(' '), "{block:?}");
    let mut words = request.split_whitespace();
    let (verb, path) = (words.next().expect("a verb"), words.next().expect("a path"));
    let (method, content) = match verb {
        "get" => ("GET", ""),
        "create" => ("POST", "application/json"),
        "replace" => ("PUT", "application/json"),
        "delete" => ("DELETE", "application/json"),
        "apply" => ("PATCH", "application/apply-patch+yaml"),
        "merge" => ("PATCH", "application/merge-patch+json"),
        "strategic" => ("PATCH", "application/strategic-merge-patch+json"),
        "json" => ("PATCH", "application/json-patch+json"),
        "foo" => ("PATCH", "application/foo"),
        other => panic!("no verb {other:?} below {title:?}"),
    };
    let (mut manager, mut strict) = (None, verb == "apply");
    if strict {
        manager = Some("ditc");
    }
    let mut user = String::new();
    let (mut accept, mut keeps, mut query) = ("application/json", None, Vec::new());
    let (mut settled, mut emptied, mut served, mut unheard) = (false, false, None, false);
    let (mut answered, mut told) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "as" => manager = Some(words.next().expect("a manager's name")),
            "nobody" => manager = None,
            "by" => words.next().expect("a user's name").clone_into(&mut user),
            "force" => query.push("force=true".to_owned()),
            "dry" => query.push("dryRun=All".to_owned()),
            "lax" => strict = false,
            "strict" => strict = true,
            "keeps" => keeps = Some(words.next().expect("a name").to_owned()),
            "settled" => settled = true,
            "emptied" => emptied = true,
            "served" => served = Some(true),
            "gone" => served = Some(false),
            "answered" => answered = Some(words.next().and_then(|code| code.parse().ok()).expect("a code")),
            "told" => told = Some(words.next().expect("a text").to_owned()),
            "unheard" => unheard = true,
            "metadata" => accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            "metadata-list" => accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            other => panic!("no word {other:?} below {title:?}"),
        }
    }
    if let Some(manager) = manager {
        query.insert(0, format!("fieldManager={manager}"));
    }
    if strict {
        query.push("fieldValidation=Strict".to_owned());
    }
    let mut path = full(path);
    if !query.is_empty() {
        let separator = if path.contains('?') { '&' } else { '?' };
        path = format!("{path}{separator}{}", query.join("&"));
    }
    let body: Vec<&str> = body.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    let body = body.join("\n");
    let body = match body.trim_start().strip_prefix("raw ") {
        Some(text) => text.to_owned(),
        None if body.trim().is_empty() => String::new(),
        None => evaluate(&body, named).to_string(),
    };
    let content = if verb == "delete" && body.is_empty() { "" } else { content };
    let title = (*title).to_owned();
    Operation {
        title,
        user,
        method,
        path,
        accept,
        content,
        body,
        keeps,
        settled,
        emptied,
        served,
        answered,
        told,
        unheard,
    }
}

fn full(path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let plural = path.split(['/', '?']).next().expect("a first part");
    let (_, version) = KINDS.iter().find(|(name, _)| *name == plural).unwrap_or_else(|| panic!("where is {path}?"));
    format!("/{version}/namespaces/$NS/{path}")
}

fn evaluate(expression: &str, named: &BTreeMap<String, Value>) -> Value {
    let expression = expression.trim();
    let (name, changes) = match expression.split_once('+') {
        Some((name, changes)) => (name.trim(), Some(changes)),
        None => (expression, None),
    };
    if let Some(value) = named.get(name) {
        let mut value = value.clone();
        if let Some(changes) = changes {
            let Value::Object(changes) = yaml(changes) else { panic!("no changes: {changes}") };
            for (path, change) in changes {
                let steps: Vec<&str> = path.split('/').collect();
                set(&mut value, &steps, change);
            }
        }
        return value;
    }
    yaml(expression)
}

fn yaml(text: &str) -> Value {
    let mut value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    expand(&mut value);
    value
}

fn expand(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(count) = text.strip_prefix("x*").and_then(|count| count.parse().ok()) {
                *text = "x".repeat(count);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(expand),
        Value::Object(map) => map.values_mut().for_each(expand),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn set(at: &mut Value, steps: &[&str], change: Value) {
    let [step, rest @ ..] = steps else {
        *at = change;
        return;
    };
    if let Value::Array(values) = at {
        let index: usize = step.parse().unwrap_or(values.len());
        if rest.is_empty() && change.is_null() {
            values.remove(index);
            return;
        }
        if index == values.len() {
            values.push(Value::Null);
        }
        return set(&mut values[index], rest, change);
    }
    if at.is_null() {
        *at = Value::Object(serde_json::Map::new());
    }
    let map = at.as_object_mut().expect("a change steps through maps and lists");
    if rest.is_empty() && change.is_null() {
        map.shift_remove(*step);
    } else {
        set(map.entry((*step).to_owned()).or_insert(Value::Null), rest, change);
    }
}
