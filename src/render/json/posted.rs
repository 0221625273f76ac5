//! What was posted to GitHub, for machines.

use serde::Serialize;

use super::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct PostedDocument<'a> {
    format_version: &'static str,
    repository: &'a str,
    /// Whether nothing was asked and written.
    dry_run: bool,
    posted: &'a [Post],
}

/// One thing that was posted, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Post {
    pub environment: String,
    pub sort: &'static str,
    /// `created`, `updated`, `unchanged`; the state of a status or a deployment.
    pub what: String,
    /// Where it is: `#12`, or a commit.
    pub at: String,
    pub url: Option<String>,
    /// What would be posted; none where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// One document.
#[must_use]
pub fn posted(repository: &str, dry_run: bool, posted: &[Post]) -> String {
    document(&PostedDocument { format_version: FORMAT_VERSION, repository, dry_run, posted })
}
