//! `ditc new`: writes the file that an environment begins with. It never writes over one.

use crate::{
    cli,
    config::{self, About},
    failure::{Exit, Failure, FailureKind},
    files,
    names::EnvironmentName,
};

use super::desk::Desk;

/// What a new environment extends unless it is told otherwise.
pub(super) const BASE: &str = "base";

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::New) -> Result<Exit, Failure> {
    let root = desk.root();
    if !files::is_directory(&root.join("environments")) {
        let message = format!("{} is no workspace: it has no directory environments/", root.display());
        let hint = "mkdir environments makes it one; or name the right directory with -chdir=DIR";
        return Err(Failure::new(FailureKind::Config, message).hint(hint));
    }
    let name = &arguments.environment;
    let path = format!("environments/{name}.toml");
    let mut texts = files::read_workspace(&root)?;
    let workspace = config::parse(&texts);
    let base = match &arguments.from {
        Some(from) => Some(from.clone()),
        None => EnvironmentName::new(BASE).ok().filter(|base| base != name && workspace.find_base(base).is_ok()),
    };
    let taken = || {
        let failure = Failure::new(FailureKind::Usage, format!("{path} is there already"));
        failure.hint(format!("ditc plan {name}{}", desk.global.repeat()))
    };
    if texts.contains_key(&path) {
        return Err(taken());
    }
    if let Some(Err(unknown)) = base.as_ref().map(|base| workspace.find_base(base)) {
        return Err(Failure::in_files(workspace.sources, vec![unknown]));
    }
    let text = config::starter(base.as_ref());
    texts.insert(path.clone(), text.clone().into_bytes());
    // A name may be right in itself and still be refused here, by a protected namespace for one.
    let workspace = config::parse(&texts);
    let mistakes = workspace.told_of(&About::Environment(name.clone()));
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes).hint("nothing was written"));
    }
    if !files::create_text(&root.join(&path), &text)? {
        return Err(taken());
    }
    let next = format!("ditc plan {name}{}", desk.global.repeat());
    desk.json(|| crate::render::json::begun(name, &path, base.as_ref(), &next));
    desk.text(|_| {
        let extends = base.as_ref().map(|base| format!(", which extends {base}")).unwrap_or_default();
        format!(
            "Environment {name} begins with {path}{extends}.\nSay there what is in it, then look at what it would make:\n  {next}"
        )
    });
    Ok(Exit::Done)
}
