//! Tells values of Secrets apart in what an environment asks for: given ones by their digests, generated ones by how often
//! they were made. These stand for the values in all that is compared and kept.

use std::collections::BTreeMap;

use super::rolling;
use crate::{
    desired::Manifest,
    object::{Hash, ObjectKey},
    secret::{Given, Origin},
};

/// Notes how often the generated values of each Secret were made anew, in its manifest and in the workloads that use it.
pub fn turn(manifests: &mut BTreeMap<ObjectKey, Manifest>, round: impl Fn(&Manifest) -> u32) {
    let mut is_any = false;
    for manifest in manifests.values_mut().filter(|manifest| manifest.secret.is_some()) {
        let round = round(manifest);
        if let Some(recipe) = manifest.secret.as_mut().filter(|recipe| recipe.round != round) {
            recipe.round = round;
            is_any = true;
        }
    }
    if is_any {
        rolling::annotate(manifests);
    }
}

/// Puts the digests of given values into the manifests of Secrets, and into the workloads that use them. `digest` tells
/// one by its Secret and key.
pub fn seal(manifests: &mut BTreeMap<ObjectKey, Manifest>, digest: impl Fn(&ObjectKey, &str, &Given) -> Option<Hash>) {
    let mut is_any = false;
    for (key, manifest) in &mut *manifests {
        for (name, origin) in manifest.secret.iter_mut().flat_map(|recipe| &mut recipe.keys) {
            if let Origin::Given(given) = origin {
                given.digest = digest(key, name, given);
                is_any = true;
            }
        }
    }
    if is_any {
        rolling::annotate(manifests);
    }
}
