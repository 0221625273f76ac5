//! What commands found and did, kept for forms that are read elsewhere: a comment, the page of a run in CI, a list of
//! tests. Here it is gathered; each form has a file of its own. Texts are kept as they came: the forms make them harmless.

use crate::{
    diagnostic::{Sources, Span},
    names::EnvironmentName,
    object::ObjectKey,
    plan::{Counts, Drift, DriftKind},
    render::{Detail, Style, text},
};

mod escape;
mod found;
mod github;
mod junit;
mod markdown;
mod marker;
mod planned;
#[cfg(test)]
mod tests;

pub use github::{annotations, outputs};
pub use junit::junit;
pub use markdown::{COMMENT, comments, markdown};
pub use marker::{MARKER, Piece, Scope, marker, pieces, scope_of, tells_of_none, unchanged};

/// Blocks of text as they stand in reports.
const PLAIN: Style = Style { colour: false, width: 100 };
/// A line of its own, however long.
const LINE: Style = Style { colour: false, width: 100_000 };

/// What a command came to in one environment, or in the workspace's files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// None for the files of the workspace.
    pub environment: Option<String>,
    /// Where it lives, for people.
    pub place: Option<String>,
    /// Where the workspace lies in its repository; empty at its root.
    pub workspace: String,
    /// In one sentence: `Plan: 1 to add, 0 to change, 0 to destroy.`
    pub headline: String,
    pub standing: Standing,
    pub counts: Counts,
    /// The riskiest first.
    pub rows: Vec<Row>,
    /// What moved without ditc, where that is not what the rows are about.
    pub drift: Vec<Row>,
    pub problems: Vec<Problem>,
    /// What was looked at and is as it should be, by address or path.
    pub good: Vec<String>,
    /// It has no file here any more, so no apply is about it.
    pub is_stray: bool,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standing {
    #[default]
    Unchanged,
    /// Changes are planned, were made, or happened without ditc.
    Changed,
    /// Something is in the way, went wrong, or is not known.
    Broken,
}

impl Standing {
    /// As machines read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Unchanged => "unchanged",
            Standing::Changed => "changed",
            Standing::Broken => "broken",
        }
    }
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub address: String,
    /// `+`, `~`, `-/+`, `-`, `.`
    pub sign: &'static str,
    /// `create`, `changed`
    pub what: &'static str,
    /// Whether it happened without ditc, and is no change to make.
    pub is_drift: bool,
    /// What deserves a second look, each a sentence.
    pub risks: Vec<String>,
    /// The block as `plan` and `drift` print it.
    pub block: String,
    pub place: Option<Place>,
    /// What came of it, once a run has ended.
    pub fate: Option<Fate>,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Done,
    Failed(String),
    Skipped,
    NotStarted,
}

/// Something that a person must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub level: Level,
    /// The object, the component or the file that it is about.
    pub about: Option<String>,
    pub summary: String,
    /// Causes and ways out, a line each.
    pub details: Vec<String>,
    pub place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
}

impl Problem {
    fn new(level: Level, summary: impl Into<String>) -> Self {
        Self { level, about: None, summary: summary.into(), details: Vec::new(), place: None }
    }
}

/// A place in a file of the workspace; lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: String,
    pub line: usize,
    pub end_line: usize,
    pub column: usize,
}

impl Place {
    fn of(span: &Span, sources: &Sources) -> Self {
        let at = |byte: usize| sources.position(&Span::new(span.source, byte..byte));
        // A span that ends behind a line end ends on that line.
        let last = span.range.end.saturating_sub(1).max(span.range.start);
        let ((line, column), (end_line, _)) = (at(span.range.start), at(last));
        Self { path: sources.get(span.source).path.clone(), line, end_line, column }
    }
}

/// One object that moved without ditc.
fn drifted(environment: &EnvironmentName, key: &ObjectKey, drift: &Drift) -> Row {
    let (sign, what) = match &drift.kind {
        DriftKind::Deleted => ("-", "deleted"),
        DriftKind::Terminating => ("-", "being deleted"),
        DriftKind::Recreated => ("~", "made anew"),
        DriftKind::Replaced(_) => ("~", "replaced"),
        DriftKind::Leftover => ("+", "not recorded"),
        DriftKind::Changed(_) => ("~", "changed"),
    };
    let block = text::moved_on(environment, key, drift, Detail::Whole, PLAIN);
    let address = text::named(environment, drift.component.as_ref(), key);
    Row { address, sign, what, is_drift: true, risks: Vec::new(), block, place: None, fate: None }
}
