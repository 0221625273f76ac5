//! Where the box is known to answer otherwise than a real server, and why; each entry is noticed when it agrees.

/// A reason, and the operations, as `group: title`.
type Known = (&'static str, &'static [&'static str]);

pub(super) const DIFFERENT: &[Known] = &[
    (
        "kinds of one's own are stored but not served yet, so nothing of them must be cleaned up",
        &["others: the kind goes"],
    ),
    ("the box leaves out the difference of two Go values", &["immutable: its access", "immutable: its command"]),
    (
        "what does not parse is told in the words of another parser",
        &["lists: a word that YAML takes for a truth, by hand", "refused: no YAML"],
    ),
    ("a real server names some of the unknown fields, the box all", &["refused: several unknown fields"]),
    (
        "fields that a version lacks are kept in annotations, which nobody who knows the newer version reads",
        &["workloads: the other read as version 1"],
    ),
    (
        "not yet",
        &[
            "create: a bad validation",
            "create: a version that came along",
            "patch: another uid",
            "patch: garbage",
            "pods: a deadline below the readiness",
            "pods: two containers of a name",
            "reads: a page that does not exist",
            "refused: a list for a map",
            "refused: a number for a text",
            "refused: an element without its key",
            "replace: garbage",
            "scale: below zero",
            "services: an Ingress with a bad host",
        ],
    ),
];

/// Where the real server itself answers differently from call to call.
pub(super) const WAVERING: &[Known] = &[
    ("which of several unknown fields it names is chance", &["refused: several unknown fields"]),
    ("the whole object stands in the message", &["lists: a word that YAML takes for a truth, by hand"]),
];
