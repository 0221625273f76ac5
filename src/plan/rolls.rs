//! Which ConfigMaps and Secrets, changed by the same plan, are why a workload replaces its pods.

use std::collections::BTreeSet;

use crate::{
    desired::Manifest,
    object::{Hash, ObjectKey},
    rolling::{place, uses},
    state::Applied,
};

use super::{Diff, Input};

/// What a workload used before and uses still, and what is other than when the workload was applied last. Empty where the
/// hash on its pod template stays as it is.
pub(super) fn rolls(input: &Input, manifest: &Manifest, applied: Option<&Applied>, diff: &Diff) -> BTreeSet<ObjectKey> {
    let (Some(applied), Some(desired)) = (applied, input.desired) else { return BTreeSet::new() };
    let place = place();
    if !diff.fields.iter().any(|field| place.0.starts_with(&field.path.0)) {
        return BTreeSet::new();
    }
    let before = uses(&manifest.key, &applied.body);
    let now = uses(&manifest.key, &manifest.body);
    let hash = |key: &ObjectKey| desired.manifests.get(key).map(Manifest::hash);
    let recorded = |key: &ObjectKey| input.applied(key).map(|applied: &Applied| applied.desired.clone());
    let moved = |key: &&ObjectKey| -> bool {
        let (was, is): (Option<Hash>, Option<Hash>) = (recorded(key), hash(key));
        was != is
    };
    now.intersection(&before).filter(moved).cloned().collect()
}

/// Whether the hash on the pod template is all that a change writes.
pub(super) fn is_all(diff: &Diff) -> bool {
    let place = place();
    diff.fields.iter().all(|field| field.path == place)
}
