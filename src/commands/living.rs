//! Whether the run that a record leaves open is still at work: by its lock and its journal where it runs on this machine,
//! else by its lease.

use crate::{
    cluster::Holder,
    failure::Failure,
    render,
    state::{Run, State},
    store::Past,
};

use super::{desk::Desk, link::Link};

/// Who is changing an environment whose record is open; none where that run died.
pub(super) async fn living(desk: &Desk<'_>, link: &Link, state: &State) -> Result<Option<Holder>, Failure> {
    let Some(run) = &state.open else { return Ok(None) };
    let environment = &state.environment;
    if let Some(lives) = lives_here(desk, link, state, run)? {
        return Ok(lives.then(|| Holder { who: run.who.clone(), since: format!("{:.0}", run.since) }));
    }
    let waits = |holder: &Holder| {
        let Holder { who, since } = holder;
        desk.terminal.progress(&render::text::held(environment, who, since));
    };
    Ok(link.cluster.holder(&state.namespace, waits).await?)
}

/// Whether a run of this machine lives; none where it is of another, or where that does not show here. A run keeps its
/// lock for as long as its process lives, and its journal stays open until it ends.
fn lives_here(desk: &Desk<'_>, link: &Link, state: &State, run: &Run) -> Result<Option<bool>, Failure> {
    match link.store.past(&state.environment)? {
        Past::Unfinished(unfinished) if unfinished.run.id == run.id => {}
        // It ended after the record was read. Had it ended before, it would have closed the record, unless it lost its lease:
        // then the lease tells who works on.
        Past::Ended { run: ended, at, .. } if ended.id == run.id && at >= desk.settings.began => return Ok(Some(true)),
        Past::Unfinished(_) | Past::Nothing | Past::Ended { .. } | Past::Damaged(_) => return Ok(None),
    }
    Ok(match link.store.holder(&state.environment)? {
        // A container that shares this directory has locks that do not show here, and a host of another name.
        None if run.who != desk.settings.who() => None,
        None => Some(false),
        // Who has the lock now may be a later run, such as this one.
        Some(Some(holder)) => Some(holder.who == run.who && holder.since == run.since),
        // It has not said yet who it is.
        Some(None) => None,
    })
}
