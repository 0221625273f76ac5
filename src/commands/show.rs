//! `ditc show`: a saved plan, drawn as `ditc plan` drew it. It asks no cluster.

use std::path::Path;

use crate::failure::{Exit, Failure};

use super::{desk::Desk, plan, saved, session::planned};

pub(super) fn run(desk: &Desk<'_>, file: &Path) -> Result<Exit, Failure> {
    let saved = saved::load(desk, file)?;
    let plan = planned(&saved.basis, None)?;
    let context = saved::context(desk, &saved, &saved.flags);
    plan::show(desk, &plan, &saved.preflight, &context);
    Ok(Exit::Done)
}
