//! What is found in the cluster: drift, how environments are, what is recorded.

use serde_json::Value;

use super::{
    document,
    parts::{resource, run},
    shape::{Fields, and, any, count, flag, list, maybe, object, of, text, texts, time, word},
};

pub(super) fn definitions() -> Fields {
    vec![
        (
            "drifts",
            document(vec![
                ("cluster", text("what people call the cluster")),
                ("status", word(&["clean", "drift", "unknown"], "the worst of all environments")),
                ("environments", list(drift(), "those that were looked at")),
            ]),
        ),
        (
            "statuses",
            document(vec![
                ("cluster", text("what people call the cluster")),
                ("environments", list(status(), "those that were looked at")),
            ]),
        ),
        (
            "record",
            document(vec![
                ("environment", text("its name")),
                ("namespace", text("where it lives")),
                ("lineage", text("the life of the environment")),
                ("serial", count("how often the record was written in it")),
                ("objects", list(of("recorded"), "what ditc made and looks after")),
            ]),
        ),
        (
            "recorded_object",
            document(vec![
                ("object", of("recorded")),
                ("applied?", any("the manifest that was applied last, without values of Secrets")),
            ]),
        ),
        (
            "recorded",
            object(vec![
                ("address", text("as it is printed everywhere")),
                ("api_version", text("in which it was applied")),
                ("kind", text("such as Deployment")),
                ("name", text("metadata.name")),
                ("component", maybe("such as services.orders")),
                ("phase", word(&["planned", "replacing", "applied", "finished"], "how far it is")),
                ("uid", maybe("of the object that was made")),
            ]),
        ),
    ]
}

fn drift() -> Value {
    let foreign = and(resource(), vec![("managers", texts("who made it"))]);
    let unknown = and(resource(), vec![("why", text("why it could not be compared"))]);
    object(vec![
        ("environment", text("its name")),
        ("status", word(&["clean", "drift", "unknown", "never_applied", "destroyed"], "")),
        ("destroyed?", object(vec![("at", time("when that was")), ("by?", text("user and host"))])),
        ("namespace?", text("where it lives")),
        ("has_file?", flag("whether a file describes it")),
        ("has_record?", flag("whether its record is in the cluster")),
        ("compared?", count("objects that were compared")),
        ("drift?", list(of("drift"), "what moved")),
        ("foreign?", list(object(foreign), "objects that nobody described")),
        ("additions?", list(of("additions"), "what others set beside ours")),
        ("unknown?", list(object(unknown), "what could not be compared")),
        ("unlisted?", texts("kinds that could not be listed")),
        ("interrupted?", of("run")),
        ("unfinished?", list(of("resource"), "what an interrupted run may have done or not")),
        ("elsewhere?", texts("other namespaces in which the environment lives as well")),
        ("error?", of("error")),
    ])
}

fn status() -> Value {
    let status = || word(&["ready", "waiting", "failed"], "");
    let thing = object(vec![
        ("address", text("as it is printed everywhere")),
        ("kind", text("such as Deployment")),
        ("name", text("metadata.name")),
        ("status", status()),
        ("why", maybe("what it waits for, or why it failed")),
    ]);
    let component = object(vec![
        ("address", text("as it is printed everywhere")),
        ("component", maybe("such as services.orders")),
        ("status", status()),
        ("begun", flag("whether anything of it was made")),
        ("images", texts("what its pods run")),
        ("since", maybe("when the first of its objects was made")),
        ("objects", list(thing, "what it is made of")),
    ]);
    object(vec![
        ("environment", text("its name")),
        ("status", word(&["ready", "waiting", "failed", "not_applied", "unknown"], "")),
        ("namespace?", text("where it lives")),
        ("has_record?", flag("whether its record is in the cluster")),
        ("partial?", flag("whether the last run was about a part of it")),
        ("components?", list(component, "its components")),
        ("open_run?", of("open_run")),
        ("last_run?", object(and(run(), vec![("complete", flag("whether it came to its end"))]))),
        ("error?", of("error")),
    ])
}
