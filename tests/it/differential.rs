//! The same requests to the cluster in the box and to a real one: their answers agree.
//!
//! What a real server answered is kept in `differential/answers.json`, so that the box is held to it without one. With
//! `DITC_TEST_KUBECONFIG` the real server is asked again, and `DITC_TEST_RECORD=1` keeps what it says now.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use corpus::{Group, Operation};
use known::{DIFFERENT, WAVERING};
use serde_json::{Value, json};

use crate::support::{Cluster, Hand, NOT_USED, Question, Real, kept, own_name};

mod corpus;
mod known;
mod plain;

/// How long controllers may take; a loaded machine takes a second.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at what controllers do.
const PAUSE: Duration = Duration::from_millis(20);
/// How much of a value a difference shows.
const SHOWN: usize = 400;

/// By group and title.
type Answers = BTreeMap<String, Value>;

#[test]
fn the_corpus_is_large_and_its_known_differences_few() {
    let count: usize = corpus::read().iter().map(|group| group.operations.len()).sum();
    assert!(count >= 200, "{count} operations");
    let different: usize = DIFFERENT.iter().map(|(_, titles)| titles.len()).sum();
    assert!(different * 10 < count, "{different} of {count} differ");
}

#[test]
fn the_box_answers_as_a_real_server_did() {
    let recorded = recorded();
    let answers = run(&corpus::read(), &Cluster::in_memory());
    let known = kept::titles(DIFFERENT);
    let mut faults = kept::agreeing(&known, &recorded, &answers);
    for (title, answer) in &answers {
        if answer["code"].as_u64().is_some_and(|code| code > 500) {
            faults.push(format!("{title}: the box failed: {answer}"));
        }
    }
    faults.extend(differences(&recorded, &answers, &known));
    assert!(faults.is_empty(), "{} faults; `-` the real server, `+` the box\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_real_server_answers_as_it_did() {
    let Some(real) = Real::server() else {
        println!("{NOT_USED}");
        return;
    };
    let groups = corpus::read();
    if kept::are_kept() {
        record(&groups, &run(&groups, &real));
    }
    let wavering = kept::titles(WAVERING);
    let answers = kept::confirmed(groups, &recorded(), &wavering, |groups| run(groups, &real));
    let faults = differences(&recorded(), &answers, &wavering);
    assert!(faults.is_empty(), "{} faults; `-` then, `+` now\n{}", faults.len(), faults.join("\n"));
}

/// The types of Kubernetes' own kinds accuse nothing that a real server took, and find something in all that it refused
/// for its form.
#[test]
fn what_a_real_server_applied_has_the_types_of_its_kind() {
    let recorded = recorded();
    let (mut taken, mut refused, mut faults) = (0, 0, Vec::new());
    for (group, operation) in
        corpus::read().iter().flat_map(|group| group.operations.iter().map(move |one| (group, one)))
    {
        let title = title(group, operation);
        let Some(answer) = recorded.get(&title).filter(|_| operation.content.starts_with("application/apply")) else {
            continue;
        };
        // What is sent as it is need not be JSON.
        let Ok(body) = serde_json::from_str::<Value>(&operation.body) else { continue };
        let Some(found) = misfits(&body) else { continue };
        let message = answer["body"]["message"].as_str().unwrap_or_default();
        match answer["code"].as_u64() {
            Some(200 | 201) => {
                taken += 1;
                faults.extend(found.iter().map(|found| format!("{title}: it was taken, but {found}")));
            }
            Some(500) if !message.contains("base64") && !message.contains("parsing time") => {
                refused += 1;
                faults.extend(found.is_empty().then(|| format!("{title}: nothing was found of: {message}")));
            }
            _ => {}
        }
    }
    assert!(taken > 100 && refused > 10, "{taken} taken, {refused} refused");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What the types say of an object; none where they do not know its kind.
fn misfits(body: &Value) -> Option<Vec<String>> {
    let text = |key: &str| body[key].as_str().unwrap_or_default();
    let (group, version) = text("apiVersion").rsplit_once('/').unwrap_or(("", text("apiVersion")));
    let shape = ditc::schema::of_kind(group, version, text("kind"))?;
    Some(ditc::schema::check(body, &shape).iter().map(ditc::schema::Fault::detail).collect())
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/differential/answers.json")
}

fn recorded() -> Answers {
    let text = fs::read_to_string(path()).expect("DITC_TEST_RECORD=1 and DITC_TEST_KUBECONFIG make the answers");
    serde_json::from_str(&text).expect("JSON")
}

/// Keeps answers: one a line, in the order of the corpus.
fn record(groups: &[Group], answers: &Answers) {
    let titles = groups.iter().flat_map(|group| group.operations.iter().map(|operation| title(group, operation)));
    let titles = titles.filter(|title| answers.contains_key(title));
    let lines: Vec<String> = titles.map(|title| format!("{}: {}", json!(title), answers[&title])).collect();
    fs::write(path(), format!("{{\n{}\n}}\n", lines.join(",\n"))).expect("the file can be written");
}

fn title(group: &Group, operation: &Operation) -> String {
    format!("{}: {}", group.name, operation.title)
}

fn run(groups: &[Group], hand: &Hand) -> Answers {
    groups.iter().flat_map(|group| run_group(group, hand)).collect()
}

/// A namespace that goes with the value, also when a test fails.
struct Namespace<'a> {
    hand: &'a Hand,
    name: String,
}

impl<'a> Namespace<'a> {
    fn create(hand: &'a Hand, group: &str) -> Self {
        let name = own_name(&format!("d-{group}"));
        hand.create("/api/v1/namespaces", "hand", &json!({"metadata": {"name": name}}));
        let namespace = Self { hand, name };
        // Every namespace gets these; a list that is asked before would lack them.
        for path in ["serviceaccounts/default", "configmaps/kube-root-ca.crt"] {
            let path = format!("/api/v1/namespaces/{}/{path}", namespace.name);
            until(|| hand.get(&path).is_some());
        }
        namespace
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        let path = format!("/api/v1/namespaces/{}", self.name);
        // An operation may have deleted it already.
        let _ = self.hand.ask(&Question { user: "", method: "DELETE", path: &path, accept: "", content: "", body: "" });
    }
}

fn until(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "the controllers do nothing");
        thread::sleep(PAUSE);
    }
}

fn run_group(group: &Group, hand: &Hand) -> Answers {
    let namespace = Namespace::create(hand, &group.name);
    let mut kept = BTreeMap::from([("$NS".to_owned(), namespace.name.clone())]);
    let mut answers = Answers::new();
    for operation in &group.operations {
        let Operation { title: _, user, method, path, accept, content, body, keeps, .. } = operation;
        let Operation { settled, emptied, served, answered, told, unheard, .. } = operation;
        let fill = |text: &str| kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        let (path, body) = (fill(path), fill(body));
        if *settled {
            until(|| hand.get(&path).is_some_and(|object| is_settled(&object)));
        }
        if *emptied {
            until(|| hand.get(&path).is_some_and(|namespace| is_emptied(&namespace)));
        }
        if let Some(served) = served {
            until(|| is_served(hand, &path) == *served);
        }
        let question = Question { user, method, path: &path, accept, content, body: &body };
        if let Some(code) = answered {
            until(|| hand.ask(&question).0.as_u16() == *code);
        }
        if let Some(told) = told {
            until(|| hand.ask(&question).1.contains(told.as_str()));
        }
        let (code, text) = hand.ask(&question);
        if let (Some(name), Ok(value)) = (keeps, serde_json::from_str::<Value>(&text)) {
            for (short, field) in [("uid", "uid"), ("rv", "resourceVersion"), ("continue", "continue")] {
                if let Some(text) = value["metadata"][field].as_str() {
                    kept.insert(format!("${name}.{short}"), text.to_owned());
                }
            }
        }
        if *unheard {
            continue;
        }
        let body = plain::answer(&text, &namespace.name, code.as_u16(), *settled);
        answers.insert(title(group, operation), json!({"code": code.as_u16(), "body": body}));
    }
    answers
}

/// Whether anything is known under a path: a kind that is just defined, or just gone, takes a moment.
fn is_served(hand: &Hand, path: &str) -> bool {
    let question = Question { user: "", method: "GET", path, accept: "", content: "", body: "" };
    hand.ask(&question).0 != http::StatusCode::NOT_FOUND
}

/// Whether everything in a namespace that ends was told to go: only then does it tell what is left.
fn is_emptied(namespace: &Value) -> bool {
    namespace["status"]["conditions"].as_array().is_some_and(|conditions| !conditions.is_empty())
}

/// Whether the controllers have seen it as it is.
fn is_settled(object: &Value) -> bool {
    if object["kind"] == "ResourceQuota" {
        return object["status"]["hard"] == object["spec"]["hard"];
    }
    object["status"]["observedGeneration"] == object["metadata"]["generation"]
        && object["metadata"]["annotations"].get("deployment.kubernetes.io/revision").is_some()
}

fn differences(before: &Answers, after: &Answers, but: &BTreeSet<&str>) -> Vec<String> {
    let titles: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut faults = Vec::new();
    for title in titles.into_iter().filter(|title| !but.contains(title.as_str())) {
        let mut found = Vec::new();
        compare(before.get(title), after.get(title), "", &mut found);
        if !found.is_empty() {
            faults.push(format!("{title}\n{}", found.join("\n")));
        }
    }
    faults
}

fn compare(before: Option<&Value>, after: Option<&Value>, path: &str, found: &mut Vec<String>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                compare(before.get(key), after.get(key), &format!("{path}/{key}"), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) if before.len() == after.len() => {
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                compare(Some(before), Some(after), &format!("{path}/{at}"), found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => {
            let show =
                |value: Option<&Value>| value.map_or("nothing".to_owned(), |value| shortened(&value.to_string()));
            found.push(format!("  {path}\n    - {}\n    + {}", show(before), show(after)));
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
