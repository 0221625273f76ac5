//! The runs of an environment, for machines.

use serde::Serialize;

use crate::{names::EnvironmentName, render::text::PastRun, state::Totals};

use super::{FORMAT_VERSION, document, run::DefinitionDocument};

#[derive(Serialize)]
struct HistoryDocument<'a> {
    format_version: &'static str,
    environment: &'a str,
    /// The newest first.
    runs: Vec<RunDocument<'a>>,
}

#[derive(Serialize)]
struct RunDocument<'a> {
    serial: u64,
    at: String,
    operation: &'static str,
    who: &'a str,
    complete: bool,
    /// Whether the record is still as this run left it.
    current: bool,
    definition: Option<DefinitionDocument<'a>>,
    /// None for a run from elsewhere.
    changes: Option<ChangesDocument>,
}

#[derive(Serialize)]
struct ChangesDocument {
    import: usize,
    add: usize,
    change: usize,
    destroy: usize,
    failed: usize,
}

/// One document.
#[must_use]
pub fn history(environment: &EnvironmentName, runs: &[PastRun]) -> String {
    let runs = runs.iter().map(|run| RunDocument {
        serial: run.serial,
        at: run.at.to_string(),
        operation: run.operation.verb(),
        who: &run.who,
        complete: run.complete,
        current: run.is_current,
        definition: run.definition.as_ref().map(DefinitionDocument::new),
        changes: run.totals.map(|Totals { imported, added, changed, destroyed }| ChangesDocument {
            import: imported,
            add: added,
            change: changed,
            destroy: destroyed,
            failed: run.failed,
        }),
    });
    document(&HistoryDocument {
        format_version: FORMAT_VERSION,
        environment: environment.as_str(),
        runs: runs.collect(),
    })
}
