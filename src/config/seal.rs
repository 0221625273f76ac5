//! Tells given values apart in what an environment asks for: by their digests, which stand for the values in all that is
//! compared and kept.

use std::collections::BTreeMap;

use super::rolling;
use crate::{
    desired::Manifest,
    object::{Hash, ObjectKey},
    secret::{Given, Origin},
};

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
