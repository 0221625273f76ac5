//! `ditc set`: changes keys of a component in an environment's file, once it is known that the result is right.

use std::collections::BTreeSet;

use crate::{
    cli,
    config::{self, check_some},
    failure::{Exit, Failure},
    files,
    kinds::Kinds,
    render::{self, Formatted},
};

use super::desk::Desk;

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Set) -> Result<Exit, Failure> {
    let name = &arguments.environment;
    let mut texts = desk.workspace_files()?;
    let workspace = config::parse(&texts);
    let assignments = [arguments.assignments.as_slice(), &arguments.unset].concat();
    let edited = match config::edit(&workspace, name, &arguments.component, &assignments) {
        Ok(edited) => edited,
        Err(mistake) => return Err(Failure::in_files(workspace.sources, vec![mistake]).hint("nothing was written")),
    };
    let is_changed = edited.before != edited.after;
    texts.insert(edited.path.clone(), edited.after.clone().into_bytes());
    let mut workspace = config::parse(&texts);
    // Environments that extend this one must stay right as well.
    let changed = BTreeSet::from([edited.path.clone()]);
    let touched = workspace.names().filter(|other| *other == name || workspace.is_touched(other, &changed)).cloned();
    let touched: BTreeSet<_> = touched.chain([name.clone()]).collect();
    let mistakes = match check_some(&mut workspace, &touched, &Kinds::builtin()) {
        Ok(checked) => checked.mistakes,
        Err(mistake) => vec![mistake],
    };
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes).hint("nothing was written"));
    }
    if is_changed && !arguments.diff {
        files::replace_text(&desk.root().join(&edited.path), &edited.after)?;
    }
    let is_written = is_changed && !arguments.diff;
    let next = format!("ditc plan {name}{}", desk.global.repeat());
    if desk.global.json {
        desk.terminal.out(&render::json::set(&edited.path, &edited.component, &edited.set, is_written));
        return Ok(Exit::Done);
    }
    if !is_changed {
        desk.terminal.out(&format!("{} says so already; nothing was written.", edited.path));
        return Ok(Exit::Done);
    }
    let file = Formatted { path: edited.path.clone(), before: edited.before, after: edited.after };
    desk.terminal.out(render::text::file_diff(&file, desk.terminal.out_style).trim_end());
    if is_written {
        let template = workspace.find(name).is_err();
        let next = if template { String::new() } else { format!(" What it would do: {next}") };
        desk.terminal.out(&format!("\n{} is changed.{next}", edited.path));
    } else {
        desk.terminal.out(&format!("\nNothing was written: {} would be changed so.", edited.path));
    }
    Ok(Exit::Done)
}
