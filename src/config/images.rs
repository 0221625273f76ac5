//! The images that services name, as far as they are known before anything is rendered.

use std::collections::BTreeMap;

use super::{Workspace, environment::Component, expand::run_through, object::Types, value::Table};
use crate::{
    diagnostic::Spanned,
    kinds::Kinds,
    names::{ComponentName, EnvironmentName},
};

/// The images that `check_image` is about, each with its tag and the place where it is written. Mistakes are left for
/// [`super::expand()`] to tell.
#[must_use]
pub fn checked_images(workspace: &Workspace, name: &EnvironmentName) -> BTreeMap<ComponentName, Spanned<String>> {
    let (mut sources, kinds) = (workspace.sources.clone(), Kinds::builtin());
    let through = run_through(workspace, &mut sources, name, &kinds, Types::Left);
    through.map(|(run, _, _)| run.images).unwrap_or_default()
}

/// The image of a service with what it is tagged with; none where nobody is to look for it, or it is not named.
pub(super) fn checked(component: &Component, inputs: &Table, tag: Option<&str>) -> Option<Spanned<String>> {
    let image = inputs.get("image").filter(|_| component.check_image)?;
    let name = image.value.string()?;
    let value = tag.map_or_else(|| name.to_owned(), |tag| format!("{name}:{tag}"));
    Some(Spanned { value, span: image.value.span.clone() })
}
