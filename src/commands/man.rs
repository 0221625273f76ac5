//! `ditc man`: writes the manual's pages.

use crate::{
    cli::{self, pages},
    failure::{Exit, Failure},
    files, render,
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
    desk.json(|| render::json::written(pages.iter().map(|page| page.name.as_str()), &shown.to_string()));
    desk.text(|_| format!("{} pages are in {shown}; read the first with: man {shown}/ditc.1", pages.len()));
    Ok(Exit::Done)
}
