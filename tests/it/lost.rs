//! Runs that are disturbed, on both servers: a connection that is lost, people who stop them, and hosts that die, sleep or
//! have another time. One writes, nothing is lost, and everybody is told.
//!
//! Most of such a story is waiting, so all those of one server are told at once.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Question, Ran, Running, Server, Stage, Told, Wire, Workspace, begins_history};

type Story = (&'static str, fn(&Stage));

const STORIES: &[Story] = &[
    ("a connection that is cut while it writes", a_connection_that_is_cut_while_it_writes),
    ("a connection that is cut while it waits", a_connection_that_is_cut_while_it_waits),
    ("a connection that falls silent while it writes", a_connection_that_falls_silent_while_it_writes),
    ("a connection that falls silent while it waits", a_connection_that_falls_silent_while_it_waits),
    ("stopped once", |stage| stopped(stage, &Stop::Once)),
    ("stopped twice", |stage| stopped(stage, &Stop::Twice)),
    ("stopped by the system", |stage| stopped(stage, &Stop::Terminate)),
    ("killed", |stage| stopped(stage, &Stop::Kill)),
    ("stopped while it waits for an end", stopped_while_it_waits_for_an_end),
    ("a namespace that takes its time", a_namespace_that_takes_its_time),
    ("two hosts at once", two_hosts_at_once),
    ("a host that is killed", a_host_that_is_killed),
    ("a host that sleeps while it waits", a_host_that_sleeps_while_it_waits),
    ("a host that sleeps while it writes", a_host_that_sleeps_while_it_writes),
    ("a host whose clock is wrong", a_host_whose_clock_is_wrong),
];

/// Tells all stories at once, each in an environment of its own.
fn tell(stage: fn() -> Option<Stage>) {
    let failed: Vec<&str> = thread::scope(|scope| {
        let told: Vec<_> = STORIES
            .iter()
            .map(|(name, story)| {
                let tell = move || {
                    if let Some(stage) = stage() {
                        begins_history(stage.workspace.root());
                        story(&stage);
                    }
                };
                (*name, thread::Builder::new().name((*name).to_owned()).spawn_scoped(scope, tell).expect("a thread"))
            })
            .collect();
        told.into_iter().filter_map(|(name, told)| told.join().is_err().then_some(name)).collect()
    });
    assert!(failed.is_empty(), "{failed:#?}; why stands above");
}

#[test]
fn in_the_box() {
    tell(|| Some(Stage::in_the_box()));
}

#[test]
fn on_a_real_server() {
    tell(Stage::real);
}

const LOST: &str = "Connection to the cluster lost, trying again for ";
const REGAINED: &str = "Connected to the cluster again, after ";
/// So many objects are still being written when somebody has read of the first.
const MANY: usize = 60;
const SOME_WRITTEN: &str = "/ConfigMap/many-3: Creation complete";

/// Many objects, one after the other.
fn many(stage: &Stage) {
    stage.workspace.write("modules/many/module.toml", "description = \"many objects\"");
    let maps = (0..MANY).map(|number| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("many-{number}")}, "data": {"number": number.to_string()}})
    });
    let text: Vec<String> = maps.map(|map| map.to_string()).collect();
    stage.workspace.write("modules/many/many.yaml", &text.join("\n---\n"));
    stage.define("[services.many]\nmodule = \"many\"");
}

/// One object that takes its time, on either server.
fn slow(stage: &Stage, seconds: u32) {
    stage.define(&format!(
        "[services.web]\nmodule = \"app\"\ninputs = {{ spec = {{ minReadySeconds = {seconds}, progressDeadlineSeconds = 3000 }} }}"
    ));
    stage.workspace.edit(&format!("environments/{}.toml", stage.name), "timeout = \"20s\"", "timeout = \"1h\"");
}

/// The same project on another host: a clone with a state of its own.
fn other_host(stage: &Stage) -> Workspace {
    let there = stage.copy();
    begins_history(there.root());
    there
}

fn apply_in(workspace: &Workspace, stage: &Stage, flags: &str) -> Running {
    workspace.start(&format!("apply {} --kubeconfig kubeconfig -auto-approve {flags}", stage.name))
}

/// A run through a wire of its own.
fn wired(stage: &Stage) -> Wire {
    let kubeconfig = std::fs::read_to_string(stage.workspace.path("kubeconfig")).expect("it was written");
    let (wire, through) = Wire::to(&kubeconfig);
    stage.workspace.write("kubeconfig", &through);
    wire
}

/// Lets a connection be lost for so long that a real one may come back, and for a moment in the box.
#[track_caller]
fn is_told(stage: &Stage, run: &mut Running) {
    let times = if matches!(stage.server, Server::Real(_)) { 3 } else { 1 };
    run.wait_for(LOST);
    while run.printed().matches(LOST).count() < times {
        run.read_on();
    }
}

/// Every object of the environment with its version, without what runs write down about themselves.
fn versions(stage: &Stage) -> Vec<(String, String)> {
    let mut versions = Vec::new();
    for what in ["configmaps", "apps/v1 deployments"] {
        let list = stage.get(what).expect("a list");
        for object in list["items"].as_array().into_iter().flatten() {
            let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
            if what != "configmaps" || text("name") != "kube-root-ca.crt" {
                versions.push((text("name"), text("resourceVersion")));
            }
        }
    }
    versions
}

#[track_caller]
fn is_complete(stage: &Stage, count: usize) {
    let maps = stage.get("configmaps").expect("a list");
    let named = |map: &&Value| map["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("many-"));
    assert_eq!(maps["items"].as_array().expect("items").iter().filter(named).count(), count);
    stage.is_as_defined();
}

fn a_connection_that_is_cut_while_it_writes(stage: &Stage) {
    many(stage);
    let wire = wired(stage);
    let mut run = stage.start("apply", "-auto-approve -parallelism=1");
    run.wait_for(SOME_WRITTEN);
    wire.cut();
    is_told(stage, &mut run);
    wire.mend();
    run.wait_for(REGAINED);
    run.end().exits(0).says("Apply complete! Resources: 61 added, 0 changed, 0 destroyed.");
    is_complete(stage, MANY);
}

fn a_connection_that_is_cut_while_it_waits(stage: &Stage) {
    slow(stage, 5);
    let wire = wired(stage);
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("/web: Creation complete");
    wire.cut();
    is_told(stage, &mut run);
    wire.mend();
    run.wait_for(REGAINED);
    run.end().exits(0).says(".web: Ready after").says("Apply complete!");
    stage.is_as_defined();
}

fn a_connection_that_falls_silent_while_it_writes(stage: &Stage) {
    many(stage);
    let wire = wired(stage);
    let mut run = stage.start("apply", "-auto-approve -parallelism=1");
    run.wait_for(SOME_WRITTEN);
    wire.rest();
    // Only the lease, which is renewed with little patience, shows it.
    run.wait_for(LOST);
    wire.mend();
    run.end().exits(0).says("Apply complete! Resources: 61 added, 0 changed, 0 destroyed.");
    is_complete(stage, MANY);
}

fn a_connection_that_falls_silent_while_it_waits(stage: &Stage) {
    slow(stage, 5);
    let wire = wired(stage);
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("/web: Creation complete");
    wire.rest();
    is_told(stage, &mut run);
    wire.mend();
    run.end().exits(0).says(".web: Ready after").says("Apply complete!");
    stage.is_as_defined();
}

/// How a run is stopped in the middle of its writes.
enum Stop {
    Once,
    Twice,
    Terminate,
    Kill,
}

fn stopped(stage: &Stage, stop: &Stop) {
    many(stage);
    let wire = wired(stage);
    let who = "apply by jakub@[HOST] at [TIME] stopped after ";
    let mut run = stage.start("apply", "-auto-approve -parallelism=1");
    run.wait_for(SOME_WRITTEN);
    match stop {
        Stop::Once => {
            run.interrupt();
            let told = run.end().exits(130).says("Apply interrupted.").says("Not started:");
            assert!(told.error.contains("the apply was interrupted; what was done is recorded"), "{}", told.error);
        }
        Stop::Terminate => {
            run.terminate();
            run.end().exits(143).says("Apply interrupted.");
        }
        Stop::Twice => {
            // Once is not enough, since nobody answers to what is under way.
            wire.rest();
            run.interrupt();
            run.wait_for("Interrupted. What is under way");
            run.interrupt();
            run.end().exits(130).says("Apply interrupted.");
            wire.mend();
        }
        Stop::Kill => {
            run.kill();
            run.end().dies();
        }
    }
    let is_closed = matches!(stop, Stop::Once | Stop::Terminate);
    if is_closed {
        let told = stage.start("status", "").end().exits(2).says("which did not come through");
        told.says_nothing_of("stopped after");
        stage.plan("").exits(2).says_nothing_of("stopped");
    } else {
        // The lease outlives its run by some seconds, in which nobody can know.
        let told = stage.start("status", "").end().told().says(who);
        let (_, made) = told.out.split_once("stopped after ").expect("it says so");
        let numbers: Vec<usize> = made.split_whitespace().filter_map(|word| word.parse().ok()).take(2).collect();
        assert!(numbers[0] > 3 && numbers[0] < numbers[1] && numbers[1] == MANY + 1, "{}", told.out);
        stage.plan("").exits(2).says(&format!("{who}{} of {} changes", numbers[0], numbers[1]));
    }
    let again = stage.apply("").exits(0).says("Apply complete!");
    assert_eq!(again.error.contains("this run finishes it"), !is_closed, "{}", again.error);
    is_complete(stage, MANY);
}

/// Waiting is no write: nobody must ask twice to end it.
fn stopped_while_it_waits_for_an_end(stage: &Stage) {
    many(stage);
    stage.apply("").exits(0);
    let path = stage.path("configmaps/many-1");
    stage.server.patch(&path, "hand", &json!({"metadata": {"finalizers": ["example.com/held"]}}));
    stage.workspace.edit("modules/many/many.yaml", "\"many-1\"", "\"other-1\"");
    stage.workspace.edit(&format!("environments/{}.toml", stage.name), "timeout = \"20s\"", "timeout = \"1h\"");
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("ConfigMap/many-1: Destroying...");
    run.wait_for("ConfigMap/many-1: Still destroying");
    run.interrupt();
    let told = run.end().exits(130).says("Apply interrupted.").says("is being deleted, and is not gone yet");
    assert!(told.error.contains("what was done is recorded"), "{}", told.error);
    stage.server.patch(&path, "hand", &json!({"metadata": {"finalizers": null}}));
    stage.server.wait_until_gone(&path);
    stage.apply("").exits(0);
    is_complete(stage, MANY - 1);
}

fn two_hosts_at_once(stage: &Stage) {
    many(stage);
    let _wire = wired(stage);
    let there = other_host(stage);
    let runs = [&stage.workspace, &there].map(|host| apply_in(host, stage, ""));
    let ended = runs.map(Running::end);
    let codes = ended.each_ref().map(Ran::code);
    let told = ended.map(|ran| ran.told());
    let wrote = |told: &&Told| told.out.contains(SOME_WRITTEN);
    assert_eq!(told.iter().filter(wrote).count(), 1, "one of them wrote: {}{}", told[0].out, told[1].out);
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(1)), "{codes:?}");
    let said = told.iter().map(|told| told.error.as_str()).collect::<String>();
    let is_told = ["is being changed by jakub@", "changed since it was planned"].iter().any(|why| said.contains(why));
    assert!(is_told && said.contains("hint: "), "{said}");
    for host in [&stage.workspace, &there] {
        apply_in(host, stage, "").end().exits(0).says("No changes.");
    }
    is_complete(stage, MANY);
}

fn a_namespace_that_takes_its_time(stage: &Stage) {
    stage.apply("").exits(0);
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.com/held"]}});
    stage.server.create(&stage.path("configmaps"), "hand", &held);
    let mut run = stage.start("destroy", "-auto-approve -with-foreign");
    // Its lease goes with the namespace, and is looked for several times until then; nobody can take another.
    run.wait_for("[20s elapsed]");
    stage.server.patch(&stage.path("configmaps/held"), "hand", &json!({"metadata": {"finalizers": null}}));
    run.end().exits(0).says("Destroy complete!");
}

fn a_host_that_is_killed(stage: &Stage) {
    slow(stage, 600);
    let there = other_host(stage);
    let mut first = apply_in(&there, stage, "");
    first.wait_for("/web: Creation complete");
    first.kill();
    first.end().dies();
    // By itself, in the time that a lease lasts; nobody is asked to unlock anything, and nobody waits twice: the plan has
    // watched the lease, and the run takes it.
    slow(stage, 1);
    let mut second = stage.start("apply", "-auto-approve");
    second.wait_for("A run that died frees it within 15 seconds.");
    let told = second.end().exits(0).says("Apply complete!").says("stopped after 2 of 2 changes");
    let all = format!("{}{}", told.out, told.error);
    assert_eq!(all.matches("is being changed by jakub@").count(), 1, "{all}");
    stage.is_as_defined();
}

fn a_host_that_sleeps_while_it_waits(stage: &Stage) {
    slow(stage, 600);
    let there = other_host(stage);
    let mut first = apply_in(&there, stage, "");
    first.wait_for("/web: Creation complete");
    first.sleep();
    let mut second = stage.start("apply", "-auto-approve");
    second.wait_for("A run that died frees it within 15 seconds.");
    // Whoever does not want to wait for that need not.
    let elsewhere = other_host(stage);
    let mut third = apply_in(&elsewhere, stage, "");
    third.wait_for("A run that died frees it within 15 seconds.");
    third.terminate();
    third.end().dies();
    // It has the lease, and waits as the first did.
    second.wait_for("Still waiting...");
    let lease = stage.path("coordination.k8s.io/v1 leases/ditc");
    let before = versions(stage);
    first.wake();
    let told =
        first.end().exits(1).says("Apply stopped.").says("took over environment").says("Nothing more is written.");
    assert!(told.error.contains("the apply stopped: jakub@"), "{}", told.error);
    told.says(&format!("ditc status {}", stage.name));
    assert_eq!(versions(stage), before, "whoever slept writes nothing");
    assert!(stage.server.get(&lease).is_some(), "the lease is not its own to give back");
    second.interrupt();
    second.end().exits(130);
}

fn a_host_that_sleeps_while_it_writes(stage: &Stage) {
    many(stage);
    let there = other_host(stage);
    let wire = wired(stage);
    let mut first = stage.start("apply", "-auto-approve -parallelism=1");
    first.wait_for(SOME_WRITTEN);
    first.sleep();
    let mut second = apply_in(&there, stage, "");
    second.wait_for("A run that died frees it within 15 seconds.");
    second.end().exits(0).says("Apply complete!");
    let before = versions(stage);
    first.wake();
    let told = first.end().exits(1).says("Apply stopped.").says("Nothing more is written.");
    assert!(told.error.contains("the apply stopped: this run lost its lease"), "{}", told.error);
    assert_eq!(versions(stage), before, "whoever slept writes nothing");
    drop(wire);
    apply_in(&there, stage, "").end().exits(0).says("No changes.");
}

/// A lease by hand, of a host where it is another day.
fn lease(stage: &Stage, day: &str, transitions: u32) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "ditc", "namespace": stage.name},
        "spec": {
            "holderIdentity": "4711/eve@elsewhere", "leaseDurationSeconds": 15, "leaseTransitions": transitions,
            "acquireTime": format!("{day}T00:00:00.000000Z"), "renewTime": format!("{day}T00:00:00.000000Z"),
        },
    })
}

fn a_host_whose_clock_is_wrong(stage: &Stage) {
    slow(stage, 1);
    stage.apply("").exits(0);
    let (leases, path) =
        (stage.path("coordination.k8s.io/v1 leases"), stage.path("coordination.k8s.io/v1 leases/ditc"));
    for day in ["1996-02-29", "2096-02-29"] {
        // It lives, since its lease changes, whatever times stand in it.
        stage.server.create(&leases, "hand", &lease(stage, day, 0));
        slow(stage, 2);
        let mut run = stage.start("apply", "-auto-approve");
        run.wait_for("is being changed by eve@elsewhere");
        stage.server.patch(&path, "hand", &lease(stage, day, 1));
        let told = run.end().exits(1);
        let words = told.error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("is being changed by eve@elsewhere since"), "{}", told.error);

        // It is dead, since its lease does not change, whatever times stand in it.
        let told = stage.apply("").exits(0).says("is being changed by eve@elsewhere since");
        told.says("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
        let question = Question { user: "", method: "GET", path: &path, accept: "", content: "", body: "" };
        assert_eq!(stage.server.ask(&question).0, 404, "the lease is given back");
        slow(stage, 1);
        stage.apply("").exits(0);
    }
}
