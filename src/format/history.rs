//! The runs of an environment that came to an end, newest first, for people only; nothing is decided by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Unreadable,
    head::{DefinitionV1, OperationV1, parse},
    open, seal,
};
use crate::state::{Definition, Lineage, Operation, Totals, Version};

const WHAT: &str = "history";

/// How many runs are remembered; older ones are nobody's concern.
pub const LIMIT: usize = 100;

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// The version that it left.
    pub version: Version,
    pub at: Timestamp,
    pub operation: Operation,
    pub who: String,
    pub totals: Totals,
    /// How many steps failed.
    pub failed: usize,
    /// Whether all of it was done; none where the run was kept by a ditc that did not say.
    pub complete: Option<bool>,
    pub definition: Option<Definition>,
}

#[derive(Serialize, Deserialize)]
struct HistoryV1 {
    runs: Vec<PastRunV1>,
}

#[derive(Serialize, Deserialize)]
struct PastRunV1 {
    lineage: String,
    serial: u64,
    at: String,
    operation: OperationV1,
    who: String,
    #[serde(default, skip_serializing_if = "is_none")]
    imported: usize,
    created: usize,
    changed: usize,
    destroyed: usize,
    failed: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionV1>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Writes runs down, newest first, at most [`LIMIT`].
#[must_use]
pub fn encode(runs: &[PastRun]) -> String {
    let runs = runs.iter().take(LIMIT).map(|run| {
        let PastRun { version, at, operation, who, totals, failed, complete, definition } = run;
        let Totals { imported, added, changed, destroyed } = *totals;
        PastRunV1 {
            lineage: version.lineage.to_string(),
            serial: version.serial,
            at: at.to_string(),
            operation: (*operation).into(),
            who: who.clone(),
            imported,
            created: added,
            changed,
            destroyed,
            failed: *failed,
            complete: *complete,
            definition: definition.as_ref().map(DefinitionV1::from),
        }
    });
    seal(&HistoryV1 { runs: runs.collect() })
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// When it is damaged, or of a newer major format.
pub fn decode(bytes: &[u8]) -> Result<Vec<PastRun>, Unreadable> {
    let HistoryV1 { runs } = open(WHAT, bytes)?;
    runs.into_iter()
        .map(|run| {
            let PastRunV1 {
                lineage,
                serial,
                at,
                operation,
                who,
                imported,
                created,
                changed,
                destroyed,
                failed,
                complete,
                definition,
            } = run;
            let version = Version { lineage: Lineage(lineage), serial };
            let (at, operation) = (parse(WHAT, &at)?, operation.into());
            let definition = definition.map(Definition::from);
            let totals = Totals { imported, added: created, changed, destroyed };
            Ok(PastRun { version, at, operation, who, totals, failed, complete, definition })
        })
        .collect()
}
