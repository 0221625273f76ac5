//! Runs as documents: one that is under way or stopped, and one that came to its end.

use serde::Serialize;

use crate::state::{Definition, Run};

#[derive(Serialize)]
pub(super) struct RunDocument<'a> {
    id: &'a str,
    operation: &'static str,
    who: &'a str,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionDocument<'a>>,
}

/// The files that a run was made from.
#[derive(Serialize)]
pub(super) struct DefinitionDocument<'a> {
    commit: &'a str,
    /// Whether files differed from that commit.
    dirty: bool,
}

impl<'a> DefinitionDocument<'a> {
    pub(super) fn new(Definition { commit, is_dirty, project: _ }: &'a Definition) -> Self {
        Self { commit, dirty: *is_dirty }
    }
}

impl<'a> RunDocument<'a> {
    pub(super) fn new(Run { id, operation, who, since, definition }: &'a Run) -> Self {
        let definition = definition.as_ref().map(DefinitionDocument::new);
        Self { id, operation: operation.verb(), who, since: since.to_string(), definition }
    }
}

/// A run that the record leaves open.
#[derive(Serialize)]
pub(super) struct OpenDocument<'a> {
    #[serde(flatten)]
    run: RunDocument<'a>,
    /// Whether it is under way, as opposed to stopped.
    lives: bool,
    done: usize,
    of: Option<usize>,
}

impl<'a> OpenDocument<'a> {
    pub(super) fn new(run: &'a Run, lives: bool, done: usize, of: Option<usize>) -> Self {
        Self { run: RunDocument::new(run), lives, done, of }
    }
}
