//! Quotas of the environment that allow less than is used: what runs goes on, and nothing new starts.
//!
//! A server takes such a quota without a word: <https://kubernetes.io/docs/concepts/policy/resource-quotas/> holds it to
//! what comes, not to what is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{object::ObjectKey, observed::Live, quantity::Quantity};

use super::Input;

/// One thing of which more is used than a quota allows, in the quota's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdrawn {
    pub resource: String,
    pub hard: String,
    pub used: String,
}

/// The quotas that are desired, as they are to be, with what is used beyond them.
pub(super) fn overdrawn(input: &Input) -> BTreeMap<ObjectKey, Vec<Overdrawn>> {
    let manifests = input.desired.into_iter().flat_map(|desired| &desired.manifests);
    let quotas = manifests.filter(|(key, _)| key.kind.is("", "ResourceQuota"));
    let judged = quotas.filter_map(|(key, manifest)| {
        let live = input.observed.objects.get(key).and_then(Live::object)?;
        let hard = manifest.body.at("/spec/hard")?.as_object()?;
        let used = live.at("/status/used")?.as_object()?;
        Some((key.clone(), beyond(hard, used)))
    });
    judged.filter(|(_, beyond)| !beyond.is_empty()).collect()
}

fn beyond(hard: &Map<String, Value>, used: &Map<String, Value>) -> Vec<Overdrawn> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lines = hard.iter().filter_map(|(resource, hard)| {
        let (hard, used) = (text(hard), text(used.get(resource)?));
        let is_beyond = Quantity::parse(&used)? > Quantity::parse(&hard)?;
        is_beyond.then(|| Overdrawn { resource: resource.clone(), hard, used })
    });
    lines.collect()
}
