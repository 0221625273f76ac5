//! `ditc validate`: every mistake in the workspace's files that shows without a cluster.

use crate::{
    cli,
    config::{self, check_all, check_some},
    failure::{Exit, Failure},
    kinds::Kinds,
    render,
};

use super::{
    chosen::{Unknown, chosen},
    desk::Desk,
};

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Validate) -> Result<Exit, Failure> {
    let mut workspace = config::parse(&desk.workspace_files()?);
    let kinds = Kinds::builtin();
    let meant = arguments.meant();
    let is_everything = meant.patterns.is_empty() && meant.several.changed_since.is_none();
    let checked = if is_everything {
        check_all(&mut workspace, &kinds)
    } else {
        let names = chosen(desk, &workspace, &meant, &cli::Variables::default(), Unknown::TemplatesToo)?.environments;
        if names.is_empty() && !desk.terminal.wants_json() {
            desk.terminal.out(&render::text::nothing_chosen(meant.several.changed_since.as_deref()));
            return Ok(Exit::Done);
        }
        match check_some(&mut workspace, &names, &kinds) {
            Ok(checked) => checked,
            Err(unknown) => return Err(Failure::in_files(workspace.sources, vec![unknown])),
        }
    };
    let is_valid = checked.mistakes.is_empty();
    desk.json(|| render::json::validate(&checked.mistakes, &checked.unknown_kinds, &workspace.sources));
    if !is_valid {
        if !desk.terminal.wants_text() {
            return Ok(Exit::Error);
        }
        let failure = Failure::in_files(workspace.sources, checked.mistakes);
        // The document has told it already.
        return if desk.terminal.wants_json() { Ok(desk.terminal.complain(&failure)) } else { Err(failure) };
    }
    let (environments, modules) = (checked.environments, checked.modules);
    desk.text(|style| render::text::valid(environments, modules, &checked.unknown_kinds, style));
    Ok(Exit::Done)
}
