//! The binary, killed at every request or with one request going wrong: run again, it comes to the same end.
//!
//! `DITC_CRASH=all` tries every request with every fault; otherwise some stand for the others.

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt,
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde_json::{Value, json};

use crate::support_model::{ENVIRONMENT, Objects, Request, Workspace, text_at};

/// Most of a case is waiting for the sandbox's pods.
const THREADS: usize = 6;

const SMALL: &str = r#"
[dependencies.ant]
module = "vault"
inputs = { version = "1", text = "one", config = true, port = 8000 }

[services.cat]
image = "example/cat:v1"
ports = [8000]
env   = { ANT = "{{ dependencies.ant.host }}" }
"#;

const LARGER: &str = r#"
[dependencies.bee]
module = "redis"
"#;

/// [`SMALL`] with two values changed, and without what [`LARGER`] adds.
const CHANGED: &str = r#"
[dependencies.ant]
module = "vault"
inputs = { version = "1", text = "two", config = true, port = 8000 }

[services.cat]
image = "example/cat:v2"
ports = [8000]
env   = { ANT = "{{ dependencies.ant.host }}" }
"#;

/// A command, what it starts from, and how it ends when nothing goes wrong.
struct Story {
    verb: &'static str,
    start: Workspace,
    end: Value,
    /// How often each object is written.
    writes: BTreeMap<String, usize>,
    requests: usize,
}

/// What goes wrong.
#[derive(Debug, Clone)]
struct Case {
    /// The request, counted from 1.
    at: usize,
    then: Value,
    /// Whether the local state is lost before the second run.
    forget: Forget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forget {
    No,
    /// Only where the dead run left no lease: without a journal nobody knows that its holder is dead.
    Unheld,
    Yes,
}

#[test]
fn an_apply_killed_at_any_request_is_finished_by_the_next() {
    let story = Story::new("apply", empty(SMALL));
    let cases = (1..=story.requests).flat_map(|at| {
        let forget = if at % 8 == 3 {
            Forget::Yes
        } else if at % 2 == 1 {
            Forget::Unheld
        } else {
            Forget::No
        };
        ["die", "die_after"].map(|then| Case { at, then: json!(then), forget })
    });
    story.check(cases.collect());
}

#[test]
fn an_update_killed_at_any_request_is_finished_by_the_next() {
    let workspace = empty(&format!("{SMALL}{LARGER}"));
    assert!(run(&workspace, "apply").status.success());
    workspace.define(CHANGED);
    let story = Story::new("apply", workspace);
    let cases = (1..=story.requests).flat_map(|at| {
        let forget = if at % 10 == 9 {
            Forget::Yes
        } else if at % 3 == 1 {
            Forget::Unheld
        } else {
            Forget::No
        };
        let both = ["die", "die_after"].map(|then| Case { at, then: json!(then), forget });
        both.into_iter().skip(if is_thorough() { 0 } else { at % 2 }).step_by(2)
    });
    story.check(cases.collect());
}

#[test]
fn a_destroy_killed_at_any_request_is_finished_by_the_next() {
    let workspace = empty(SMALL);
    assert!(run(&workspace, "apply").status.success());
    let story = Story::new("destroy", workspace);
    let step = if is_thorough() { 1 } else { 3 };
    // Most of a destroy's requests are one LIST for each kind that there is: a few stand for all of them.
    let writes = story.requests - 25..=story.requests;
    let places = (1..story.requests - 25).step_by(step * 4).chain(writes.step_by(if step == 1 { 1 } else { 2 }));
    let cases = places.enumerate().map(|(number, at)| {
        let forget = if number % 2 == 0 { Forget::No } else { Forget::Unheld };
        Case { at, then: json!(["die", "die_after"][number / 2 % 2]), forget }
    });
    story.check(cases.collect());
}

#[test]
fn a_request_that_goes_wrong_is_told_or_made_good() {
    let story = Story::new("apply", empty(SMALL));
    let faults = [
        json!("lose_reply"),
        json!({"answer": {"status": 500}}),
        json!({"answer": {"status": 503}}),
        json!({"answer": {"status": 429, "retry_after": 1}}),
        json!("drop"),
        json!("reset"),
        json!("half_body"),
    ];
    let cases = (1..=story.requests).flat_map(|at| {
        let chosen = faults.iter().enumerate().filter(move |(number, _)| is_thorough() || (at + number) % 3 == 0);
        let cases = chosen.map(|(_, then)| Case { at, then: then.clone(), forget: Forget::No });
        cases.collect::<Vec<_>>()
    });
    story.check(cases.collect());
}

#[expect(clippy::disallowed_methods, reason = "a test is told its size by the environment")]
fn is_thorough() -> bool {
    std::env::var("DITC_CRASH").is_ok_and(|value| value == "all")
}

fn empty(definition: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.define(definition);
    workspace
}

fn run(workspace: &Workspace, verb: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ditc"));
    command.env_clear().current_dir(workspace.root()).args([verb, ENVIRONMENT, "--sandbox"]);
    match verb {
        "plan" => command.arg("-detailed-exitcode"),
        _ => command.arg("-auto-approve"),
    };
    command.output().expect("the binary can be run")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The end of what was said, which tells how it ended.
fn end_of(output: &Output) -> String {
    let text = said(output);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}

impl Story {
    fn new(verb: &'static str, start: Workspace) -> Self {
        let clean = start.copy();
        let (_, from) = clean.requests(0);
        let output = run(&clean, verb);
        assert!(output.status.success(), "nothing goes wrong, but {}", said(&output));
        let (requests, _) = clean.requests(from);
        let writes = writes(&requests);
        Self { verb, start, end: clean.objects().normalised(), writes, requests: requests.len() }
    }

    fn check(&self, cases: Vec<Case>) {
        let next = AtomicUsize::new(0);
        let broken: Vec<String> = thread::scope(|scope| {
            let worker = || {
                let cases = std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed)));
                let broken = cases.filter_map(|case| {
                    let broken = self.case(case).err()?;
                    Some(format!("{case:?} of {}: {broken}", self.requests))
                });
                broken.collect::<Vec<_>>()
            };
            let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a case tells, it does not panic")).collect()
        });
        assert!(broken.is_empty(), "{} of {} cases:\n{}", broken.len(), cases.len(), broken.join("\n\n"));
    }

    fn case(&self, case: &Case) -> Result<(), String> {
        let workspace = self.start.copy();
        let (_, from) = workspace.requests(0);
        workspace.faults(Some(&json!([{"nth": case.at, "then": case.then}])));
        let first = run(&workspace, self.verb);
        workspace.faults(None);
        let is_kill = case.then.as_str().is_some_and(|then| then.starts_with("die"));
        let died = first.status.signal().is_some();
        if died && !is_kill {
            return Err(format!("it died of itself: {}", end_of(&first)));
        }
        if !died && !first.status.success() && !said(&first).contains("error:") {
            return Err(format!("it failed and did not say why: {}", end_of(&first)));
        }
        let between = workspace.objects();
        let is_held = between.get("Lease/ditc").is_some();
        if case.forget == Forget::Yes || (case.forget == Forget::Unheld && !is_held) {
            workspace.forget();
        }
        let second = run(&workspace, self.verb);
        if !second.status.success() {
            return Err(format!("the second run failed: {}\nthe first: {}", said(&second), end_of(&first)));
        }
        let after = workspace.objects();
        let end = after.normalised();
        if end != self.end {
            let difference = difference(&self.end, &end, String::new());
            return Err(format!("another end: {difference:#?}\nafter {}\nand {}", end_of(&first), end_of(&second)));
        }
        if let Some(lost) = lost_values(&between, &after) {
            return Err(format!("the values of {lost} were made anew"));
        }
        // A run that failed closed its record; then the next is a run of its own.
        let is_own = |object: &str| !is_kill && object.ends_with("/configmaps/ditc");
        let (requests, _) = workspace.requests(from);
        for (object, count) in writes(&requests) {
            let allowed = self.writes.get(&object).copied().unwrap_or_default() + 1;
            if count > allowed && !is_own(&object) && !object.ends_with("/leases") && !object.ends_with("/leases/ditc")
            {
                return Err(format!("{object} was written {count} times instead of at most {allowed}"));
            }
        }
        if self.verb == "apply" {
            let plan = run(&workspace, "plan");
            if plan.status.code() != Some(0) || !said(&plan).contains("No changes.") {
                return Err(format!("the plan afterwards is not empty: {}", end_of(&plan)));
            }
        }
        Ok(())
    }
}

/// The writes that the server accepted, by path.
fn writes(requests: &[Request]) -> BTreeMap<String, usize> {
    let mut writes = BTreeMap::new();
    for request in requests.iter().filter(|request| request.is_write() && request.code < 300) {
        *writes.entry(request.path.clone()).or_default() += 1;
    }
    writes
}

/// A Secret that was there in between and has other values in the end.
fn lost_values(between: &Objects, after: &Objects) -> Option<String> {
    let secrets = between.asked_for().into_iter().filter(|(_, object)| text_at(object, "/kind") == "Secret");
    let mut lost = secrets.filter(|(key, was)| after.get(key).is_some_and(|is| is["data"] != was["data"]));
    lost.next().map(|(key, _)| key.to_owned())
}

/// Where two values differ.
fn difference(one: &Value, two: &Value, at: String) -> Vec<String> {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            let names: std::collections::BTreeSet<&String> = one.keys().chain(two.keys()).collect();
            let null = Value::Null;
            let parts = names.into_iter().flat_map(|name| {
                let (one, two) = (one.get(name).unwrap_or(&null), two.get(name).unwrap_or(&null));
                difference(one, two, format!("{at}/{name}"))
            });
            parts.collect()
        }
        _ if one == two => Vec::new(),
        _ => vec![format!("{at}: {one} became {two}")],
    }
}
