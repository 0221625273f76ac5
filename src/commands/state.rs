//! `ditc state`: what the record holds.

use crate::{
    cli::Which,
    failure::{Exit, Failure, FailureKind},
    names::{EnvironmentName, Namespace},
    render,
    state::State,
    store::Loaded,
};

use super::{
    link::Link,
    session::{Desk, record},
};

pub(super) async fn list(desk: &Desk<'_>, environment: &EnvironmentName) -> Result<Exit, Failure> {
    let state = state(desk, environment).await?;
    let text = if desk.global.json { render::json::state_list(&state) } else { render::text::state_list(&state) };
    desk.terminal.out(&text);
    Ok(Exit::Done)
}

pub(super) async fn show(desk: &Desk<'_>, environment: &EnvironmentName, which: &Which) -> Result<Exit, Failure> {
    let state = state(desk, environment).await?;
    let matches = |(key, entry): &(&_, &crate::state::Entry)| which.matches(environment, entry.component.as_ref(), key);
    let found: Vec<_> = state.entries.iter().filter(matches).collect();
    let failure = match found.as_slice() {
        [(key, entry)] => {
            let text = if desk.global.json {
                render::json::state_show(&state, key, entry)
            } else {
                render::text::state_show(&state, key, entry, desk.terminal.out_style)
            };
            desk.terminal.out(&text);
            return Ok(Exit::Done);
        }
        [] => Failure::new(FailureKind::Usage, format!("the record of {environment} has no such object")),
        several => {
            let names: Vec<String> = several.iter().map(|(key, _)| key.to_string()).collect();
            let message = format!("several objects of {environment} match: {}", names.join(", "));
            Failure::new(FailureKind::Usage, message)
        }
    };
    Err(failure.hint(format!("ditc state list {environment}{}", desk.global.repeat())))
}

pub(super) async fn rebuild(_desk: &Desk<'_>, _environment: &EnvironmentName) -> Result<Exit, Failure> {
    Err(Failure::new(FailureKind::State, "rebuilding comes later in this series"))
}

async fn state(desk: &Desk<'_>, environment: &EnvironmentName) -> Result<State, Failure> {
    let (workspace, _) = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let known = match link.store.load(environment)? {
        Loaded::Local(local) => Some(local.state.namespace),
        Loaded::Nothing | Loaded::Destroyed(_) | Loaded::Damaged(_) => None,
    };
    let guess = || Namespace::new(environment.as_str()).expect("both are DNS labels");
    let namespace = workspace.namespace(environment).cloned().or(known).unwrap_or_else(guess);
    match record(desk, &mut link, environment, &namespace).await? {
        Some((state, _)) => Ok(state),
        None => {
            let message = format!("environment {environment} has no record in namespace {namespace}");
            Err(Failure::new(FailureKind::State, message)
                .hint(format!("ditc apply {environment}{}", desk.global.repeat())))
        }
    }
}
