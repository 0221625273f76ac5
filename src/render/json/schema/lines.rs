//! The lines of a run, of logs and of forwarded ports. Keys that begin with `@`, types and hooks are Terraform's.

use serde_json::{Value, json};

use super::{
    parts::{diagnostic, drift, resource},
    plan::change,
    shape::{Fields, and, any, count, flag, list, map, maybe, object, of, open_word, text, texts, time, word},
};

/// An action in Terraform's words.
const ACTIONS: [&str; 6] = ["create", "update", "replace", "delete", "import", "forget"];

pub(super) fn definitions() -> Fields {
    let changes = object(vec![
        ("add", count("made")),
        ("change", count("changed in place")),
        ("import", count("taken over")),
        ("remove", count("deleted")),
        ("operation", word(&["plan", "apply", "destroy"], "what is summed up")),
    ]);
    let outcome = object(vec![
        ("done", count("steps")),
        ("failed", count("steps")),
        ("skipped", count("steps, since one that they need failed")),
        ("not_started", count("steps")),
        ("interrupted", flag("whether somebody stopped it")),
    ]);
    let output = object(vec![("sensitive", flag("always false so far")), ("value", any("a value"))]);
    let warning = object(vec![
        ("severity", word(&["warning"], "")),
        ("summary", text("what")),
        ("address", maybe("of the object")),
    ]);
    let log =
        object(vec![("address", text("of the component")), ("pod", text("its name")), ("container", text("its name"))]);
    let listening = object(vec![
        ("component", text("its name")),
        ("host", text("where it listens")),
        ("local", count("the port here")),
        ("remote", count("the port there")),
    ]);
    vec![
        ("subject", object(subject())),
        ("hook", hook()),
        (
            "cause",
            object(vec![
                ("kind", open_word(&["crash_loop", "image_absent"], "what sort of fault it is")),
                ("at", text("the object where it shows")),
                ("told", maybe("the cluster's own words")),
                ("may_heal", flag("whether it may pass by itself")),
            ]),
        ),
        (
            "line_version",
            line(
                "version",
                vec![
                    ("ditc", text("the version of ditc")),
                    ("ui", text("the version of these lines")),
                    ("format_version", text("the same")),
                ],
            ),
        ),
        ("line_drift", line("resource_drift", vec![("change", object(and(and(about(), resource()), drift())))])),
        (
            "line_planned_change",
            line(
                "planned_change",
                vec![(
                    "change",
                    object(and(and(about(), vec![("action", word(&ACTIONS, ""))]), and(resource(), change()))),
                )],
            ),
        ),
        ("line_change_summary", line("change_summary", vec![("changes", changes), ("outcome?", outcome)])),
        (
            "line_hook",
            lines(
                &[
                    "apply_start",
                    "apply_progress",
                    "apply_complete",
                    "apply_errored",
                    "apply_skipped",
                    "component_ready",
                    "component_errored",
                ],
                vec![("hook", of("hook"))],
            ),
        ),
        (
            "line_diagnostic",
            line(
                "diagnostic",
                vec![("diagnostic", json!({"anyOf": [object(diagnostic()), warning]})), ("error?", of("error"))],
            ),
        ),
        ("line_lock_wait", line("lock_wait", vec![("who", text("user@host")), ("since", text("when"))])),
        ("line_interrupted", line("interrupted", Vec::new())),
        ("line_outputs", line("outputs", vec![("outputs", map(output, "by component and name"))])),
        ("line_log", line("log", vec![("log", log)])),
        ("line_listening", line("listening", vec![("listening", listening)])),
    ]
}

fn line(kind: &str, fields: Fields) -> Value {
    lines(&[kind], fields)
}

fn lines(kinds: &[&str], fields: Fields) -> Value {
    let all = vec![
        ("environment?", text("which one, where a command is about several")),
        ("@level", word(&["info", "warn", "error"], "")),
        ("@message", text("for people, in one line")),
        ("@module", text("always ditc.ui")),
        ("@timestamp", time("when it happened")),
        ("type", word(kinds, "")),
    ];
    object(and(all, fields))
}

/// What a line is about, as Terraform says it.
fn about() -> Fields {
    vec![("resource", of("subject"))]
}

fn subject() -> Fields {
    vec![
        ("addr", text("the address, as it is printed everywhere")),
        ("module", text("the component")),
        ("resource", text("such as Deployment/orders")),
        ("implied_provider", text("always kubernetes")),
        ("resource_type", maybe("such as Deployment; null for a component")),
        ("resource_name", maybe("metadata.name; null for a component")),
        ("resource_key", maybe("always null")),
        ("component", maybe("such as services.orders")),
    ]
}

fn hook() -> Value {
    let awaited = object(vec![
        ("object", text("such as Deployment/orders")),
        ("why", text("what is missing")),
        ("cause?", of("cause")),
    ]);
    let log = object(vec![
        ("pod", text("its name")),
        ("container", text("its name")),
        ("previous", flag("whether it is of the run before")),
        ("lines", texts("the last of them")),
    ]);
    let error = object(vec![
        ("object?", text("where it shows")),
        ("summary", text("what")),
        ("causes", texts("why")),
        ("cause?", of("cause")),
        ("log?", log),
        ("hint", maybe("what to do")),
    ]);
    object(vec![
        ("resource", of("subject")),
        ("action?", word(&ACTIONS, "")),
        ("elapsed_seconds?", json!({"type": "number", "minimum": 0})),
        ("waits_for?", list(awaited, "what is missing")),
        ("error?", error),
        ("because?", text("what failed before")),
    ])
}
