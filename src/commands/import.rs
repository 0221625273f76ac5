//! `ditc import`: what described environments before ditc becomes files of the workspace. It never writes over one.

use std::path::Path;

use crate::{
    cli,
    config::{self, About, Imported},
    diagnostic::Sources,
    failure::{Exit, Failure, FailureKind},
    files,
    names::EnvironmentName,
    render,
};

use super::{desk::Desk, new::BASE};

pub(super) fn payload(desk: &Desk<'_>, arguments: &cli::ImportPayload) -> Result<Exit, Failure> {
    let root = desk.root();
    let shown = arguments.file.display().to_string();
    let payload = files::read_text(&root.join(&arguments.file))?;
    // What is wrong with other files is no business of this one; there need not be any.
    let mut texts = files::read_workspace(&root)?;
    let workspace = config::parse(&texts);
    let base = match &arguments.from {
        Some(from) => match workspace.find_base(from) {
            Ok(base) => Some(base.clone()),
            Err(unknown) => return Err(Failure::in_files(workspace.sources, vec![unknown])),
        },
        None => EnvironmentName::new(BASE).ok().filter(|base| workspace.find_base(base).is_ok()),
    };
    let mut sources = Sources::new();
    let id = sources.add(shown.clone(), payload);
    let imported = config::import_payload(&workspace, &sources, id, arguments.name.as_ref(), base.as_ref());
    let Imported { environment, text, assumed, left } = match imported {
        Ok(imported) => imported,
        Err(mistakes) => return Err(Failure::in_files(sources, mistakes).hint("nothing was written")),
    };
    let own = format!("environments/{environment}.toml");
    let target = match (&arguments.out, arguments.write) {
        (Some(out), _) => Some((out.display().to_string(), root.join(out))),
        (None, true) => Some((own.clone(), root.join(&own))),
        (None, false) => None,
    };
    let taken = |path: &str| {
        let failure = Failure::new(FailureKind::Usage, format!("{path} is there already"));
        failure.hint("nothing was written; -name=ENV and -out=FILE choose another place")
    };
    if arguments.write && texts.contains_key(&own) {
        return Err(taken(&own));
    }
    // A name may be right in itself and still be refused here, by a protected namespace for one.
    texts.insert(own.clone(), text.clone().into_bytes());
    let workspace = config::parse(&texts);
    let mistakes = workspace.told_of(&About::Environment(environment.clone()));
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes).hint("nothing was written"));
    }
    if let Some((shown, path)) = &target {
        write(&root, path, &text)?.then_some(()).ok_or_else(|| taken(shown))?;
    }
    let filename = target.as_ref().map(|(shown, _)| shown.as_str());
    if desk.global.json {
        let unfit = left.iter().map(|left| render::json::Unfit {
            line: left.span.as_ref().map(|span| sources.position(span).0),
            text: &left.text,
        });
        let unfit: Vec<_> = unfit.collect();
        desk.terminal.out(&render::json::imported(&environment, filename, &text, &assumed, &unfit));
        return Ok(Exit::Done);
    }
    let told = left.iter().map(|config::Left { span, text }| {
        (span.as_ref().map_or_else(|| shown.clone(), |span| sources.locate(span)), text.as_str())
    });
    let told = render::text::not_carried_over(&told.collect::<Vec<_>>(), &assumed, desk.terminal.status_style);
    desk.terminal.status(told.trim_end());
    match filename {
        None => desk.terminal.out(text.trim_end()),
        Some(filename) => {
            let next = format!("ditc plan {environment}{}", desk.global.repeat());
            let next = if filename == own { format!(" What it would make: {next}") } else { String::new() };
            desk.terminal.out(&format!("Environment {environment} is written to {filename}.{next}"));
        }
    }
    Ok(Exit::Done)
}

/// Writes a file that is not there yet, into a workspace that may be just beginning.
fn write(root: &Path, path: &Path, text: &str) -> Result<bool, Failure> {
    let directory = root.join("environments");
    if path.starts_with(&directory) && !files::is_directory(&directory) {
        files::create_dir(&directory)?;
    }
    Ok(files::create_text(path, text)?)
}
