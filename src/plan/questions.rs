//! What the server must be asked before a plan can be made: a dry-run apply for all that is neither absent for good,
//! nor another's, nor known to be unchanged.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::{Object, ObjectKey};

use super::{Input, standing::Standing};

/// A dry-run apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub body: Object,
    /// Fields, as the server prints them, that are recorded as ours: should others own them by now, they were taken, and
    /// the question is asked again by force to see what taking them back gives. A conflict on any other field stands.
    pub may_take: BTreeSet<String>,
}

/// Every question that must be asked. Never one about a Secret: the answer would hold its values.
#[must_use]
pub fn questions(input: &Input) -> BTreeMap<ObjectKey, Question> {
    let Some(desired) = input.desired else { return BTreeMap::new() };
    let namespace_exists = input.namespace_exists();
    let manifests = desired.manifests.values().filter(|manifest| manifest.secret.is_none());
    manifests
        .filter(|manifest| match input.standing(manifest) {
            Standing::Absent => namespace_exists && !manifest.is_made_once(),
            Standing::Differs(_) => true,
            Standing::Finished | Standing::Terminating(_) | Standing::Foreign(_) | Standing::Unchanged(_) => false,
        })
        .map(|manifest| {
            let owned = input.applied(&manifest.key).map(|applied| applied.owned.members()).unwrap_or_default();
            let may_take = owned.iter().map(ToString::to_string).collect();
            (manifest.key.clone(), Question { body: manifest.body.clone(), may_take })
        })
        .collect()
}
