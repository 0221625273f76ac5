//! The claims that stateful sets make: they carry no label of ours, nobody owns them, and Kubernetes leaves them when
//! their set goes. A set made again would find old data behind a new password, so they go with their set.
//!
//! <https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage> says how they are named and
//! labelled.

use serde_json::Value;

use crate::{
    names::ComponentId,
    object::{GroupKind, Object, ObjectKey},
    state::{Applied, Entry},
};

use super::Input;

/// Whether a stateful set that made claims leaves, so that they must be looked at.
#[must_use]
pub fn needs_claims(input: &Input) -> bool {
    sets(input).any(|set| set.leaves(input))
}

/// Whether an object is a claim that a leaving stateful set made.
#[must_use]
pub fn is_claim_of_leaving_set(input: &Input, object: &Object) -> bool {
    maker(input, object).is_some_and(|set| set.leaves(input))
}

/// The recorded stateful set that made a claim, and its component.
pub(super) fn maker<'a>(input: &Input<'a>, claim: &Object) -> Option<Set<'a>> {
    let key = claim.key()?;
    if !is_claim(&key.kind) || input.entry(&key).is_some() {
        return None;
    }
    sets(input).find(|set| set.made(&key, claim))
}

/// A recorded stateful set with templates for claims.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) component: Option<&'a ComponentId>,
    applied: &'a Applied,
}

fn sets<'a>(input: &Input<'a>) -> impl Iterator<Item = Set<'a>> {
    let entries = input.state.into_iter().flat_map(|state| &state.entries);
    entries.filter_map(|(key, entry)| {
        let Entry { component, api_version: _, phase: _, deed: _ } = entry;
        let set = Set { key, component: component.as_ref(), applied: entry.applied()? };
        (is_set(&key.kind) && set.applied.body.at("/spec/volumeClaimTemplates").is_some()).then_some(set)
    })
}

impl Set<'_> {
    pub(super) fn leaves(&self, input: &Input) -> bool {
        !input.desired.is_some_and(|desired| desired.manifests.contains_key(self.key))
    }

    /// Whether a claim is called `TEMPLATE-SET-ORDINAL` and carries the labels that the set selects its pods by.
    fn made(&self, key: &ObjectKey, claim: &Object) -> bool {
        let body = &self.applied.body;
        let templates = body.at("/spec/volumeClaimTemplates").and_then(Value::as_array);
        let names = templates.into_iter().flatten().filter_map(|template| template["metadata"]["name"].as_str());
        let is_named = names.into_iter().any(|name| {
            let ordinal = key.name.strip_prefix(&format!("{name}-{}-", self.key.name));
            ordinal.is_some_and(|ordinal| ordinal.parse::<u32>().is_ok())
        });
        let labels = body.at("/spec/selector/matchLabels").and_then(Value::as_object);
        is_named && labels.into_iter().flatten().all(|(name, value)| claim.label(name) == value.as_str())
    }
}

fn is_set(kind: &GroupKind) -> bool {
    kind.is("apps", "StatefulSet")
}

pub(super) fn is_claim(kind: &GroupKind) -> bool {
    kind.is("", "PersistentVolumeClaim")
}
