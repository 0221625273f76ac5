//! `ditc man`: writes the manual's pages.

use crate::{
    cli::{self, pages},
    failure::{Exit, Failure},
    files,
};

use super::desk::Desk;

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Man) -> Result<Exit, Failure> {
    let directory = desk.root().join(&arguments.directory);
    files::create_open_dir(&directory)?;
    let pages = pages();
    for page in &pages {
        files::put_text(&directory.join(&page.name), &page.text)?;
    }
    let shown = arguments.directory.display();
    if desk.global.json {
        desk.terminal
            .out(&crate::render::json::written(pages.iter().map(|page| page.name.as_str()), &shown.to_string()));
    } else {
        let count = pages.len();
        desk.terminal.out(&format!("{count} pages are in {shown}; read the first with: man {shown}/ditc.1"));
    }
    Ok(Exit::Done)
}
