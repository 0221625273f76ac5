//! The requests that the cluster in the box got, from its `requests.jsonl`.

use std::{fmt, fs, path::Path};

use serde_json::Value;

/// One request, in words: `list deployments`, `apply deployments/orders`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) verb: &'static str,
    /// `deployments/orders`; the path itself where it names no objects.
    pub(crate) what: String,
    pub(crate) code: u64,
}

/// Requests in the order in which they were answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Requests(pub(crate) Vec<Line>);

impl Requests {
    pub(super) fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join("state/sandbox/requests.jsonl")).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line"));
        Self(lines.map(|line: Value| Line::of(&line)).collect())
    }

    pub(super) fn after(self, count: usize) -> Self {
        Self(self.0.into_iter().skip(count).collect())
    }

    /// Those that change something.
    pub(crate) fn writes(&self) -> Self {
        let reads = ["get", "list", "watch", "ask"];
        Self(self.0.iter().filter(|line| !reads.contains(&line.verb)).cloned().collect())
    }

    /// Those that look closer: at pods, their sets, events and logs.
    pub(crate) fn looks(&self) -> String {
        let is_look = |line: &&Line| ["pods", "replicasets", "events"].iter().any(|kind| line.what.starts_with(kind));
        Self(self.0.iter().filter(is_look).cloned().collect()).sorted()
    }

    pub(crate) fn of(&self, verb: &str) -> Vec<&str> {
        self.0.iter().filter(|line| line.verb == verb).map(|line| line.what.as_str()).collect()
    }

    /// One a line, in the order of the alphabet: which of several lists is answered first is chance.
    pub(crate) fn sorted(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        Self(sorted).to_string()
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "{} {} {}", line.verb, line.what, line.code))
    }
}

impl Line {
    fn of(line: &Value) -> Self {
        let text = |field: &str| line[field].as_str().expect("a text");
        let (method, path, query) = (text("method"), text("path"), text("query"));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let objects = match parts.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
            _ => &[],
        };
        let objects = match objects {
            ["namespaces", _, rest @ ..] if !rest.is_empty() => rest,
            _ => objects,
        };
        let verb = match method {
            "GET" if query.contains("watch=true") => "watch",
            "GET" if objects.len() == 1 => "list",
            "GET" => "get",
            "PATCH" if query.contains("dryRun=All") => "ask",
            "PATCH" => "apply",
            "PUT" => "update",
            "DELETE" => "delete",
            // A review is answered and kept nowhere.
            "POST" if objects.iter().any(|part| part.ends_with("reviews")) => "ask",
            "POST" => "create",
            other => panic!("{other} is no method that ditc uses"),
        };
        let what = if objects.is_empty() { path.to_owned() } else { objects.join("/") };
        Self { verb, what, code: line["code"].as_u64().expect("a number") }
    }
}
