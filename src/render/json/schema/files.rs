//! What commands about the workspace's files print, and a few words more.

use super::{
    document,
    shape::{Fields, any, count, flag, list, map, maybe, maybe_count, object, of, text, texts, word},
};

pub(super) fn definitions() -> Fields {
    let origin = || word(&["built_in", "workspace", "workspace_replaces_built_in"], "where it lies");
    let input = object(vec![
        ("name", text("as it is given")),
        ("type", text("such as string or list(port)")),
        ("default", any("null without one")),
        ("required", flag("whether a value must be given")),
        ("description", maybe("what it does")),
    ]);
    let key = object(vec![
        ("key", text("its name")),
        ("generate?", text("how it is made")),
        ("source?", text("where it comes from")),
    ]);
    let secret = object(vec![("name", text("the Secret's name")), ("keys", list(key, "what is in it"))]);
    let output = object(vec![("name", text("as others use it")), ("value", any("a value, or an expression"))]);
    vec![
        (
            "validation",
            document(vec![
                ("valid", flag("whether there are no mistakes")),
                ("error_count", count("mistakes")),
                ("warning_count", count("always 0 so far")),
                ("diagnostics", list(of("diagnostic"), "the mistakes")),
                ("unchecked_kinds", texts("kinds that only a cluster knows")),
            ]),
        ),
        (
            "formatted",
            document(vec![
                ("files", texts("files whose form is not the canonical one")),
                ("diagnostics", list(of("diagnostic"), "mistakes in files that were left alone")),
            ]),
        ),
        (
            "begun",
            document(vec![
                ("environment", text("its name")),
                ("filename", text("the file that was written")),
                ("extends", maybe("what it stands on")),
                ("next", text("the command to go on with")),
            ]),
        ),
        (
            "keys_set",
            document(vec![
                ("filename", text("the file that holds the component")),
                ("component", text("its address within the environment")),
                ("set", map(any("the value; null where it was taken out"), "by key, as the file has it now")),
                ("written", flag("false where nothing would change, and with -diff")),
            ]),
        ),
        (
            "imported",
            document(vec![
                ("environment", text("its name")),
                ("filename", maybe("the file that was written")),
                ("toml", text("what is in it")),
                ("assumed", texts("what was not said, and taken for granted")),
                (
                    "not_carried_over",
                    list(
                        object(vec![("line", maybe_count("where it stands, from 1")), ("text", text("what, and why"))]),
                        "what has no place in the file",
                    ),
                ),
            ]),
        ),
        ("pages", document(vec![("directory", text("where they were written")), ("files", texts("their names"))])),
        (
            "modules",
            document(vec![(
                "modules",
                list(
                    object(vec![
                        ("name", text("as `module` names it")),
                        ("origin", origin()),
                        ("readable", flag("whether it has no mistakes")),
                        ("description", maybe("what it makes")),
                    ]),
                    "what environments can be made of",
                ),
            )]),
        ),
        (
            "module",
            document(vec![
                ("name", text("as `module` names it")),
                ("origin", origin()),
                ("description", maybe("what it makes")),
                ("inputs", list(input, "what it takes")),
                ("secrets", list(secret, "the Secrets that it makes")),
                ("outputs", list(output, "what it tells others")),
                ("example", any("how it is used")),
            ]),
        ),
        ("version", document(vec![("version", text("of ditc"))])),
        (
            "serving",
            document(vec![
                ("server", text("the address, until the command ends")),
                ("kubeconfig", text("the file that leads there")),
            ]),
        ),
    ]
}
