//! `ditc fmt`: rewrites files in the canonical style, lists those that it changed, and leaves those with mistakes.

use std::path::PathBuf;

use crate::{
    cli, config,
    diagnostic::Sources,
    failure::{Exit, Failure, FailureKind},
    files, render,
};

use super::desk::Desk;

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Fmt) -> Result<Exit, Failure> {
    let root = desk.root();
    let mut texts: Vec<(String, PathBuf, String)> = Vec::new();
    if arguments.files.is_empty() {
        let is_written_here = |path: &str| path.ends_with(".toml") && !path.contains("/files/");
        let all = desk.workspace_files()?.into_iter().filter(|(path, _)| is_written_here(path));
        for (path, bytes) in all {
            let real = root.join(&path);
            let text = String::from_utf8(bytes)
                .map_err(|error| files::Error::NotText { path: real.clone(), source: error.utf8_error() })?;
            texts.push((path, real, text));
        }
    }
    for file in &arguments.files {
        let path = root.join(file);
        if files::is_directory(&path) {
            let message = format!("{} is a directory", file.display());
            let hint = "name the files in it, or none at all for those of the whole workspace";
            return Err(Failure::new(FailureKind::Usage, message).hint(hint));
        }
        let text = files::read_text(&path)?;
        texts.push((file.display().to_string(), path, text));
    }
    let mut sources = Sources::default();
    let mut mistakes = Vec::new();
    let mut changed = Vec::new();
    for (name, path, text) in texts {
        let id = sources.add(name.clone(), text.clone());
        match config::format(&sources, id) {
            Ok(formatted) if formatted == text => {}
            Ok(formatted) => {
                if !arguments.check {
                    files::replace_text(&path, &formatted)?;
                }
                changed.push(render::Formatted { path: name, before: text, after: formatted });
            }
            Err(found) => mistakes.extend(found),
        }
    }
    let is_done = mistakes.is_empty() && (changed.is_empty() || !arguments.check);
    desk.json(|| render::json::formatted(&changed, &mistakes, &sources));
    if desk.terminal.wants_text() {
        let style = desk.terminal.out_style;
        for file in &changed {
            desk.terminal.out(&file.path);
            if arguments.diff {
                desk.terminal.out(&render::text::file_diff(file, style));
            }
        }
        if !mistakes.is_empty() {
            return Err(Failure::in_files(sources, mistakes));
        }
    }
    Ok(if is_done { Exit::Done } else { Exit::Error })
}
