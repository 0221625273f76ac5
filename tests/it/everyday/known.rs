//! Where kubectl is known to print otherwise of the box than of a real server, and why; each entry is noticed when it agrees.

use crate::support::kept::Known;

pub(super) const DIFFERENT: &[Known] = &[
    (
        "a kind that is deprecated and tells of the cluster's own parts is not served",
        &["asking: API resources of the core"],
    ),
    ("groups of kinds that nobody puts into an environment are not served", &["asking: API versions"]),
    (
        "of fields that hold one of several types the box says that they hold anything",
        &["asking: explain a definition"],
    ),
    ("there are no tokens that anybody outside could verify", &["allowed: what may the robot learn about tokens"]),
];

/// Where the real server itself answers differently from run to run.
pub(super) const WAVERING: &[Known] = &[];
