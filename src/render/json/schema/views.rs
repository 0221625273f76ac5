//! What commands print that look at one environment from one side, and at what surrounds ditc.

use serde_json::{Value, json};

use super::{
    document,
    shape::{Fields, count, flag, list, map, maybe, object, open_word, text, texts, time, word},
};

const ACTIONS: [&str; 7] = ["create", "update", "replace", "adopt", "release", "delete", "forget"];

pub(super) fn definitions() -> Fields {
    vec![
        ("explanation", explanation()),
        ("graph", graph()),
        ("runs", runs()),
        ("findings", findings()),
        ("locks", locks()),
        ("posted", posted()),
    ]
}

fn explanation() -> Value {
    let input = || {
        object(vec![
            ("name", text("of the input or variable")),
            ("value", text("as it is written")),
            ("place", text("where it comes from")),
            ("default", flag("whether nobody gave it")),
        ])
    };
    let related = || object(vec![("address", text("of the component")), ("condition", text("how it is"))]);
    let change = object(vec![
        ("address", text("of the object")),
        ("action", text("what the next apply would do")),
        ("reason", maybe("why")),
        ("blocked", flag("whether a person must decide first")),
    ]);
    let live = object(vec![
        ("address", text("of the object")),
        ("condition", text("how it is")),
        ("why", maybe("why it is so")),
        ("uid", maybe("null where it is not in the cluster")),
        ("api_version", maybe("null where it is not in the cluster")),
        ("resource_version", maybe("null where it is not in the cluster")),
        ("since", maybe("when it was created")),
    ]);
    let field = object(vec![
        ("path", text("where it is in the object")),
        ("manager", text("who owns it")),
        ("operation", text("Apply or Update")),
        ("time", maybe("when that manager last wrote")),
        ("value", maybe("as it is written; null where it is sensitive or not there")),
    ]);
    document(vec![
        ("address", text("what is explained")),
        ("sort", text("whether it is an environment, a dependency, a service or an object")),
        ("defined", maybe("the line that asks for it")),
        ("template", maybe("the template that renders it")),
        ("module", maybe("the module of the component")),
        ("chart", maybe("of a service with a chart: its path in the repository")),
        ("manifests", maybe("of a service with manifests: their path in the repository")),
        ("stands_at", maybe("the commit that the service stands at")),
        ("commit", maybe("where the files stand; null where no git knows them")),
        ("dirty", flag("whether they differ from that commit")),
        ("follows", list(input(), "what it follows in git")),
        ("inputs", list(input(), "the inputs of its module")),
        ("variables", list(input(), "the variables of the environment")),
        ("changes", list(change, "what the next apply would do")),
        ("objects", list(live, "how it is")),
        ("waits_for", list(related(), "what must be ready before it")),
        ("waited_for_by", list(related(), "what is started after it")),
        ("fields", list(field, "who owns which field, where that was asked for")),
    ])
}

fn graph() -> Value {
    let drawn = object(vec![
        ("object", text("kind and name")),
        ("action?", word(&ACTIONS, "what the next apply would do, with -plan")),
    ]);
    let node = object(vec![("name", text("an address")), ("objects", list(drawn, "what is in it"))]);
    let edge = object(vec![("first", text("the name of a node")), ("then", text("what needs it"))]);
    document(vec![
        ("title", text("what is drawn")),
        ("nodes", list(node, "the components, and the environment itself")),
        ("edges", list(edge, "what must work before what; those that others imply too")),
    ])
}

fn runs() -> Value {
    let changes = object(vec![
        ("import", count("objects adopted")),
        ("add", count("objects created; a replaced one counts here too")),
        ("change", count("objects changed")),
        ("destroy", count("objects deleted; a replaced one counts here too")),
        ("failed", count("steps that failed")),
    ]);
    let definition = object(vec![
        ("commit", text("where the files stood")),
        ("dirty", flag("whether they differed from that commit")),
    ]);
    let maybe_of = |schema, description| json!({"anyOf": [schema, {"type": "null"}], "description": description});
    let run = object(vec![
        ("serial", count("as `ditc rollback` takes it")),
        ("at", time("when it ended")),
        ("operation", word(&["apply", "destroy"], "")),
        ("who", text("user@host")),
        ("complete", flag("whether it came to its end")),
        ("current", flag("whether the record is still as this run left it")),
        ("definition", maybe_of(definition, "null where no git knew them")),
        ("changes", maybe_of(changes, "null for a run from elsewhere")),
    ]);
    document(vec![("environment", text("its name")), ("runs", list(run, "the newest first"))])
}

fn findings() -> Value {
    let finding = object(vec![
        ("subject", text("what was looked at")),
        ("verdict", open_word(&["ok", "note", "bad"], "bad keeps ditc from working")),
        ("message", text("what was found")),
        ("impact?", text("what will not work")),
        ("mends", texts("what to do about it")),
    ]);
    document(vec![
        ("healthy", flag("whether nothing keeps ditc from working")),
        ("findings", list(finding, "in the order in which they were looked for")),
    ])
}

fn locks() -> Value {
    let service = object(vec![
        ("repo", text("where it comes from")),
        ("follows", text("tag, branch, release or semver")),
        ("name", text("what it follows")),
        ("resolved", maybe("the tag that a release or a range of versions stands for")),
        ("commit", text("what the reference stands for")),
        ("before", maybe("the commit that it was held at before, where that is another")),
        ("chart_digest", maybe("the digest of what it takes from its repository")),
        ("image_digest", maybe("the digest of its image, where `check_image` has it looked for")),
    ]);
    let lock = object(vec![
        ("environment", text("its name")),
        ("filename", text("its lock file, which is there where anything is followed")),
        ("written", flag("whether the file was made or changed")),
        ("services", map(service, "what is locked, by service")),
    ]);
    document(vec![("files", list(lock, "the environments that were meant"))])
}

fn posted() -> Value {
    let post = object(vec![
        ("environment", text("its name")),
        ("sort", word(&["comment", "status", "deployment"], "")),
        ("what", text("created, updated, unchanged or skipped; of a status or a deployment its state")),
        ("at", text("the pull request, or the commit")),
        ("url", maybe("where it is seen")),
        ("body?", text("with -dry-run, the comment that would be posted")),
    ]);
    document(vec![
        ("repository", text("OWNER/NAME")),
        ("dry_run", flag("whether nothing was asked and written")),
        ("posted", list(post, "in the order in which it was posted")),
    ])
}
