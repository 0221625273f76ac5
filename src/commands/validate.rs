//! `ditc validate`: every mistake in the workspace's files that shows without a cluster.

use std::collections::BTreeSet;

use crate::{
    cli,
    config::{self, check_all, check_some},
    failure::{Exit, Failure},
    kinds::Kinds,
    names::EnvironmentName,
    render,
};

use super::desk::Desk;

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Validate) -> Result<Exit, Failure> {
    let mut workspace = config::parse(&desk.workspace_files()?);
    let kinds = Kinds::builtin();
    let names: BTreeSet<EnvironmentName> = arguments.environments.iter().cloned().collect();
    let checked = if names.is_empty() {
        check_all(&mut workspace, &kinds)
    } else {
        match check_some(&mut workspace, &names, &kinds) {
            Ok(checked) => checked,
            Err(unknown) => return Err(Failure::in_files(workspace.sources, vec![unknown])),
        }
    };
    let is_valid = checked.mistakes.is_empty();
    if desk.global.json {
        desk.terminal.out(&render::json::validate(&checked.mistakes, &checked.unknown_kinds, &workspace.sources));
        return Ok(if is_valid { Exit::Done } else { Exit::Error });
    }
    if !is_valid {
        return Err(Failure::in_files(workspace.sources, checked.mistakes));
    }
    let (environments, modules) = (checked.environments, checked.modules);
    desk.terminal.out(&render::text::valid(environments, modules, &checked.unknown_kinds, desk.terminal.out_style));
    Ok(Exit::Done)
}
