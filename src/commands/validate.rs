//! `ditc validate`: every mistake in the workspace's files that shows without a cluster.

use crate::{
    cli,
    config::{self, check_all, check_some},
    failure::{Exit, Failure},
    kinds::Kinds,
    render::{self, forms::Section},
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
    let (environments, modules) = (checked.environments, checked.modules);
    desk.section(|| Section::of_files(&checked.mistakes, &workspace.sources, environments, modules));
    if !is_valid {
        let failure = Failure::in_files(workspace.sources, checked.mistakes);
        // Documents and forms have told it already.
        return Ok(match desk.terminal.wants_text() {
            true => desk.terminal.complain(&failure),
            false => Exit::Error,
        });
    }
    desk.text(|style| render::text::valid(environments, modules, &checked.unknown_kinds, style));
    Ok(Exit::Done)
}
