//! `ditc show`: a saved plan, drawn as `ditc plan` drew it. It asks no cluster.

use std::path::Path;

use crate::{
    failure::{Exit, Failure},
    render,
};

use super::{
    saved,
    session::{Desk, planned},
};

pub(super) fn run(desk: &Desk<'_>, file: &Path) -> Result<Exit, Failure> {
    let saved = saved::load(desk, file)?;
    let plan = planned(&saved.basis);
    let context = saved::context(&saved, &saved.flags);
    desk.terminal.out(&if desk.global.json {
        render::json::plan(&plan, &context)
    } else {
        render::text::plan(&plan, &context, desk.terminal.out_style)
    });
    Ok(Exit::Done)
}
