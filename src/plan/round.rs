//! How often the generated values of a Secret are made: those who use it must be rolled when they are made anew.

use crate::{
    desired::Manifest,
    names::EnvironmentName,
    object::Object,
    observed::{Live, Observed},
    state::{Applied, Entry, State},
};

use super::{Choices, choices::is_meant};

/// The round of a Secret once a plan is carried out: the recorded one as long as it is the recorded object that stays.
/// Whether it was deleted by hand, or is replaced as the user asks, then another round begins.
#[must_use]
pub fn round(
    environment: &EnvironmentName,
    state: Option<&State>,
    observed: &Observed,
    choices: &Choices,
    manifest: &Manifest,
) -> u32 {
    let key = &manifest.key;
    let is_generated = manifest.secret.iter().any(|recipe| recipe.generated().next().is_some());
    let applied = state.and_then(|state| state.entries.get(key)).and_then(Entry::applied);
    let Some(Applied { uid, round, .. }) = applied.filter(|_| is_generated) else { return 0 };
    let live = observed.objects.get(key).and_then(Live::object).filter(|live| !live.is_terminating());
    let is_same = live.and_then(Object::uid).as_ref() == Some(uid);
    let is_replaced = is_meant(&choices.replace, environment, manifest.component.as_ref(), key);
    if is_same && !is_replaced { *round } else { round.saturating_add(1) }
}
