//! Plans, alone and together.

use serde_json::Value;

use super::{
    document,
    parts::{origin, resource},
    shape::{Fields, and, any, count, flag, list, map, maybe, object, of, open_word, text, texts, time, word},
    version,
};

pub(super) fn definitions() -> Fields {
    vec![
        ("plan", object(and(version(), plan()))),
        (
            "plans",
            document(vec![
                ("operation", operation()),
                ("cluster", text("what people call the cluster")),
                ("applyable", flag("whether apply would carry out all of them")),
                ("counts", of("counts")),
                ("environments", list(element(), "each as it would be alone, or why it has no plan")),
                (
                    "without_file",
                    list(
                        object(vec![("environment", text("its name")), ("namespace", text("where it lives"))]),
                        "environments in the cluster that were looked for and have no file",
                    ),
                ),
            ]),
        ),
        (
            "planned_failure",
            object(vec![
                ("environment", text("its name")),
                ("error", of("error")),
                ("diagnostics", list(of("diagnostic"), "the mistakes behind it")),
            ]),
        ),
        (
            "counts",
            object(vec![
                ("import", count("objects taken over")),
                ("add", count("objects made; a replaced one counts here too")),
                ("change", count("objects changed in place")),
                ("destroy", count("objects deleted; a replaced one counts here too")),
                ("forget", count("objects that only the record forgets")),
            ]),
        ),
        ("change", object(and(resource(), change()))),
        ("preflight", preflight()),
    ]
}

fn element() -> Value {
    serde_json::json!({"anyOf": [of("plan"), of("planned_failure")]})
}

fn operation() -> Value {
    word(&["apply", "destroy"], "what the plan is for")
}

fn plan() -> Fields {
    let not_ready =
        vec![("state", word(&["waiting", "failed"], "")), ("why", text("what it waits for, or why it failed"))];
    let unchanged = object(vec![
        ("count", count("objects that stay as they are")),
        ("not_ready", list(object(and(resource(), not_ready)), "those of them that do not work yet")),
    ]);
    let blocked = vec![
        ("reason", open_word(&["foreign", "owned", "invalid", "quota", "holds_data"], "why, for programs")),
        ("message", text("why, for people")),
        ("hints", texts("the ways out")),
        ("origin", origin()),
    ];
    let left_out = vec![
        ("reason", open_word(&["excluded", "needs_excluded", "needed_by_excluded", "inhabited"], "why, for programs")),
        ("because?", text("the address of what it needs, or of what needs it")),
    ];
    let overdrawn = vec![
        ("resource", text("as the quota names it")),
        ("hard", text("what it allows")),
        ("used", text("what is used")),
    ];
    let outputs = map(map(any("a value"), "by name"), "what components promise, by component");
    vec![
        ("operation", operation()),
        ("environment", text("its name")),
        ("namespace", text("where it lives")),
        ("cluster", text("what people call the cluster")),
        ("as_of?", time("with -refresh=false: when the state was last seen")),
        ("applyable", flag("whether apply would carry it out")),
        ("complete", flag("whether the environment is as it should be afterwards")),
        ("partial", flag("whether -target or -exclude left something out")),
        ("left_out", list(object(and(resource(), left_out)), "what would change and stays, as -exclude says")),
        ("changes", list(of("change"), "in the order in which they are made, by component")),
        ("unchanged", unchanged),
        ("drift", list(of("drift"), "what moved without ditc")),
        ("additions", list(of("additions"), "what others set beside ours, left alone")),
        ("blocked", list(object(and(resource(), blocked)), "what a person must decide first")),
        ("too_many?", object(vec![("count", count("deletions planned")), ("limit", count("and allowed"))])),
        ("ignored", list(of("resource"), "what carries our label and is not ours")),
        ("goes_along", list(of("resource"), "what ditc did not make and what goes with the namespace")),
        ("overdrawn", list(object(and(resource(), overdrawn)), "quotas that allow less than is used")),
        ("taken_from?", text("the other project that the environment was applied from until now")),
        ("unrecorded", count("objects that are ditc's while there is no record")),
        (
            "unlisted?",
            texts(
                "kinds that could not be listed then, or before all goes, so that what there is of them is not known",
            ),
        ),
        ("interrupted?", of("run")),
        ("open_run?", of("open_run")),
        ("preflight", of("preflight")),
        ("counts", of("counts")),
        ("outputs", outputs),
    ]
}

pub(super) fn change() -> Fields {
    let actions = word(&["create", "update", "delete", "import", "forget"], "");
    let taken = object(vec![("field", text("its path")), ("manager", text("who has it now"))]);
    vec![
        ("actions", list(actions, "in this order: a replacement is a delete and a create")),
        ("reason", open_word(&["new", "definition_changed", "changed_outside", "unchangeable"], "why, for programs")),
        (
            "risks",
            list(
                open_word(&["data_lost", "values_lost", "interrupted", "undoes_change", "takes_over"], ""),
                "the worst first",
            ),
        ),
        ("ends_pods_of", list(of("resource"), "the workloads whose pods end, since they use the claim that goes")),
        ("held_by", list(of("resource"), "what uses the claim that is being deleted, and holds it")),
        ("rolls_because", list(of("resource"), "the configuration whose change replaces its pods")),
        ("fields", list(of("field"), "those that differ; every one of a new object")),
        ("unchanged_fields", count("how many do not")),
        ("gives_up", texts("fields whose values stay, and which ditc no longer asks for")),
        ("regains", texts("fields whose values are right, and which become ditc's again")),
        ("takes_back", list(taken, "fields taken from others")),
        ("loses", list(of("addition"), "what others set on an object that is made anew")),
        ("yields", texts("fields left to a controller")),
        ("clears", texts("defaults of the server that go with the update")),
        ("check", word(&["done", "elsewhere", "not_checked"], "whether the server has tried it")),
        ("unchecked", maybe("why it has not")),
        ("origin", origin()),
    ]
}

fn preflight() -> Value {
    let purpose = object(vec![
        ("purpose", word(&["change", "wait", "record", "lease"], "")),
        ("address", maybe("of the object")),
    ]);
    let right = object(vec![
        ("message", text("for people")),
        ("verbs", texts("get, patch, and so on")),
        ("group", text("empty for the core group")),
        ("resource", text("such as deployments")),
        ("namespace", maybe("null for a right to what is in no namespace")),
        ("needed_for", list(purpose, "what needs it")),
    ]);
    let shortfall = object(vec![
        ("message", text("for people")),
        ("quota", text("its name")),
        ("resource", text("such as limits.memory")),
        ("hard", text("the limit")),
        ("used", text("what is used now")),
        ("left", text("what is left")),
        ("needed", text("what the plan needs, at most")),
        ("freed", text("what deletions of the same plan give back, which may come too late")),
        ("freed_by", texts("the addresses of those deletions")),
    ]);
    object(vec![
        ("missing_rights", list(right, "rights that these credentials lack")),
        ("quota", list(shortfall, "quotas that are too small")),
    ])
}
