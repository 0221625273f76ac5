//! `ditc history`: the runs of an environment that came to an end, from the local state and the record.

use crate::{
    cli, config,
    failure::{Exit, Failure},
    format::history,
    names::EnvironmentName,
    render::{self, text::PastRun},
    state::{Ended, State},
};

use super::{
    desk::Desk,
    link::Link,
    recorded::{Ground, ground, unknown},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::History) -> Result<Exit, Failure> {
    let cli::History { environment } = arguments;
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let runs = past(desk, &mut link, &workspace, environment).await?;
    if runs.is_empty() && workspace.find(environment).is_err() {
        return Err(unknown(&link, &workspace, environment).await?);
    }
    desk.json(|| render::json::history(environment, &runs));
    desk.text(|style| render::text::history(environment, &runs, &desk.global.repeat(), style));
    Ok(Exit::Done)
}

/// All runs that are known, the newest first. What was run from elsewhere is known by the record alone, which has the last.
pub(super) async fn past(
    desk: &Desk<'_>,
    link: &mut Link,
    workspace: &config::Workspace,
    environment: &EnvironmentName,
) -> Result<Vec<PastRun>, Failure> {
    let recorded = ground(desk, link, workspace, environment).await?;
    let kept = link.store.history(environment)?;
    let state = recorded.as_ref().map(|Ground { state, fence: _ }| state);
    let mut runs: Vec<PastRun> = kept.iter().map(|run| shown(run, state)).collect();
    if let Some(last) = state.and_then(elsewhere)
        && !runs.iter().any(|run| run.is_current)
    {
        runs.insert(0, last);
    }
    Ok(runs)
}

fn shown(run: &history::PastRun, state: Option<&State>) -> PastRun {
    let history::PastRun { version, at, operation, who, totals, failed, complete, definition } = run.clone();
    PastRun {
        serial: version.serial,
        at,
        operation,
        who,
        totals: Some(totals),
        failed,
        complete: complete.unwrap_or(failed == 0),
        definition,
        is_current: state.is_some_and(|state| state.version == version),
    }
}

/// The run that the record knows to be the last.
fn elsewhere(state: &State) -> Option<PastRun> {
    let Ended { run, complete } = state.last.clone().filter(|_| state.open.is_none())?;
    Some(PastRun {
        serial: state.version.serial,
        at: state.written,
        operation: run.operation,
        who: run.who,
        totals: None,
        failed: 0,
        complete,
        definition: run.definition,
        is_current: true,
    })
}
