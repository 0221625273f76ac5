//! `ditc plan`: what would change, and why. It writes nothing to the cluster and takes no lock.

use crate::{
    cli,
    failure::{Exit, Failure},
    render,
    state::Operation,
};

use super::{
    link::Link,
    session::{Desk, context, survey},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Plan) -> Result<Exit, Failure> {
    let workspace = desk.sound_workspace(&arguments.environment, &arguments.variables)?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let survey =
        survey(desk, &mut link, workspace, &arguments.environment, Operation::Apply, &(&arguments.choose).into())
            .await?;
    let flags = desk.global.repeat() + &arguments.variables.repeat();
    let context = context(&survey, &link, &flags);
    desk.warn(&survey.warnings);
    let text = if desk.global.json {
        render::json::plan(&survey.plan, &survey.preflight, &context)
    } else {
        render::text::plan(&survey.plan, &context, desk.terminal.out_style)
    };
    desk.terminal.out(&text);
    if !desk.global.json {
        survey.warn(desk, &context);
    }
    if !survey.plan.is_applyable() {
        // The plan has said what must be decided.
        return Ok(Exit::Error);
    }
    let has_changes = arguments.detailed_exitcode && survey.plan.has_changes();
    Ok(if has_changes { Exit::Changes } else { Exit::Done })
}
