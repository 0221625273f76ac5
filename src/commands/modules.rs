//! `ditc modules`: what environments can be made of.

use crate::{
    config::About,
    diagnostic::{Diagnostic, suggestion},
    failure::{Exit, Failure},
    names::ModuleName,
    render,
};

use super::desk::Desk;

pub(super) fn list(desk: &Desk<'_>) -> Result<Exit, Failure> {
    let catalogue = desk.workspace()?.catalogue();
    desk.json(|| render::json::modules(&catalogue));
    desk.text(|style| render::text::modules(&catalogue, style));
    Ok(Exit::Done)
}

pub(super) fn show(desk: &Desk<'_>, name: &ModuleName) -> Result<Exit, Failure> {
    let workspace = desk.workspace()?;
    let catalogue = workspace.catalogue();
    let Some(module) = catalogue.iter().find(|module| module.name == *name) else {
        let unknown = Diagnostic::new("unknown module")
            .detail(format!("there is neither `modules/{name}/module.toml` nor a built-in module `{name}`"));
        let unknown = match suggestion(name.as_str(), catalogue.iter().map(|module| module.name.as_str())) {
            Some(meant) => unknown.help(format!("did you mean `{meant}`?")),
            None => unknown.help("`ditc modules` lists all there are"),
        };
        return Err(Failure::in_files(workspace.sources, vec![unknown]));
    };
    let Some(contents) = &module.contents else {
        let told = workspace.told_of(&About::Module(name.clone()));
        return Err(Failure::in_files(workspace.sources, told));
    };
    desk.json(|| render::json::module(module, contents));
    desk.text(|style| render::text::module(module, contents, style));
    Ok(Exit::Done)
}
