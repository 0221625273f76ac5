//! Where the box is known to answer otherwise than a real server, and why; each entry is noticed when it agrees.

use crate::support::kept::Known;

pub(super) const DIFFERENT: &[Known] = &[
    ("the box leaves out the difference of two Go values", &["immutable: its access", "immutable: its command"]),
    (
        "what does not parse is told in the words of another parser",
        &[
            "lists: a word that YAML takes for a truth, by hand",
            "reads: a page that does not exist",
            "refused: no YAML",
        ],
    ),
    (
        "a real server shows the whole patched object, the box the patch",
        &["widgets: a merge patch of something unknown, strictly"],
    ),
    ("a real server names some of the unknown fields, the box all", &["refused: several unknown fields"]),
    (
        "fields that a version lacks are kept in annotations, which nobody who knows the newer version reads",
        &["workloads: the other read as version 1"],
    ),
];

/// Where the real server itself answers differently from call to call.
pub(super) const WAVERING: &[Known] = &[
    ("which of several unknown fields it names is chance", &["refused: several unknown fields"]),
    (
        "the whole object stands in the message",
        &[
            "lists: a word that YAML takes for a truth, by hand",
            "widgets: a merge patch of something unknown, strictly",
        ],
    ),
];
