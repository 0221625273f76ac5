//! What several documents are made of: objects, places in files, mistakes, failures, runs.

use serde_json::Value;

use super::{
    document,
    shape::{Fields, and, any, count, flag, list, maybe, object, of, of_or_null, open_word, text, texts, time, word},
};

/// The classes of failures.
const CLASSES: [&str; 6] = ["lock", "stale_plan", "timeout", "quota", "auth", "config"];

pub(super) fn definitions() -> Fields {
    vec![
        ("resource", object(resource())),
        (
            "place",
            object(vec![
                ("filename", text("as the user would type it")),
                ("start", of("position")),
                ("end", of("position")),
            ]),
        ),
        ("position", object(vec![("line", count("from 1")), ("column", count("from 1")), ("byte", count("from 0"))])),
        (
            "error",
            object(vec![
                ("class", open_word(&CLASSES, "what sort of failure it is, for programs")),
                ("message", text("what was being done, or what is wrong")),
                ("causes", texts("why, each because of the next")),
                ("hints", texts("what to do about it")),
            ]),
        ),
        (
            "failure",
            document(vec![
                ("error", of("error")),
                ("diagnostics", list(of("diagnostic"), "the mistakes in the user's files behind it")),
            ]),
        ),
        ("diagnostic", object(diagnostic())),
        ("run", object(run())),
        ("open_run", object(open_run())),
        (
            "field",
            object(vec![
                ("path", text("where it is in the object")),
                ("before", any("null where it is not there, and where it is sensitive")),
                ("after", any("null where it goes, and where it is sensitive or unknown")),
                ("sensitive", flag("whether its values are left out")),
                ("unknown", flag("whether its value is known only afterwards")),
            ]),
        ),
        ("drift", object(and(resource(), drift()))),
        (
            "addition",
            object(vec![
                ("path", text("where it is in the object")),
                ("value", any("null where it is sensitive")),
                ("sensitive", flag("whether its value is left out")),
                ("manager", text("who set it")),
                ("time", maybe("when that manager last wrote")),
            ]),
        ),
        ("additions", object(and(resource(), vec![("fields", list(of("addition"), "what others set beside ours"))]))),
    ]
}

/// An object, as every document names it.
pub(super) fn resource() -> Fields {
    vec![
        ("address", text("as it is printed everywhere, and taken by -target")),
        ("group", text("empty for the core group")),
        ("kind", text("such as Deployment")),
        ("namespace", maybe("null for objects of the whole cluster")),
        ("name", text("metadata.name")),
        ("component", maybe("such as services.orders; null for what belongs to the environment itself")),
    ]
}

pub(super) fn diagnostic() -> Fields {
    vec![
        ("severity", word(&["error"], "")),
        ("summary", text("fixed words for each sort of mistake")),
        ("detail", maybe("what and why")),
        ("label", maybe("what stands at the place")),
        ("range", of_or_null("place")),
        ("related", list(object(vec![("label", text("what stands there")), ("range", of("place"))]), "other places")),
        ("help", texts("what to do about it")),
    ]
}

pub(super) fn run() -> Fields {
    vec![
        ("id", text("its own id")),
        ("operation", word(&["apply", "destroy"], "")),
        ("who", text("user@host")),
        ("since", time("when it began")),
    ]
}

fn open_run() -> Fields {
    let open = vec![
        ("lives", flag("whether it is under way, as opposed to stopped")),
        ("done", count("objects that are done")),
        ("of", serde_json::json!({"type": ["integer", "null"]})),
    ];
    and(run(), open)
}

pub(super) fn drift() -> Fields {
    let drifted = vec![
        ("path", text("where it is in the object")),
        ("applied", any("what ditc applied; null where it is not there, and where it is sensitive")),
        ("live", any("what is there now")),
        ("sensitive", flag("whether its values are left out")),
        ("manager", maybe("who changed it, where that is known")),
        ("time", maybe("when that manager last wrote")),
    ];
    vec![
        ("action", word(&["update", "delete", "deleting", "recreate", "replace", "leftover"], "what happened to it")),
        ("fields", list(object(drifted), "the fields that moved")),
        ("managers?", texts("who wrote the object that stands in the place of ours")),
    ]
}

/// A place, or null.
pub(super) fn origin() -> Value {
    of_or_null("place")
}
