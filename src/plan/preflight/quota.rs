//! A ResourceQuota as its status tells it, and what a demand finds too little of.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{object::Object, quantity::Quantity};

use super::{Demand, is_namespace_new};
use crate::plan::{Action, Plan};

/// What a namespace may use of some things, and uses now
/// (<https://kubernetes.io/docs/concepts/policy/resource-quotas/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    pub name: String,
    pub limits: BTreeMap<String, Limit>,
}

/// The limit for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub hard: Quantity,
    pub used: Quantity,
}

/// A quota that leaves less of something than a plan may need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    pub quota: String,
    /// As the quota names it: `pods`, `requests.cpu`.
    pub resource: String,
    pub limit: Limit,
    pub needs: Quantity,
}

/// The quotas that a plan makes: nothing is used of them yet.
pub(super) fn planned(plan: &Plan) -> Vec<Quota> {
    let made = plan.changes.iter().filter(|(key, change)| {
        key.kind.is("", "ResourceQuota") && change.action == Action::Create && is_namespace_new(plan)
    });
    let quotas = made.filter_map(|(_, change)| {
        let body = &change.manifest.as_ref()?.body;
        let mut object = body.clone();
        let hard = body.at("/spec/hard")?.as_object()?;
        let used: Map<String, Value> = hard.keys().map(|name| (name.clone(), Value::from("0"))).collect();
        object.0["status"] = json!({"hard": hard, "used": used});
        Quota::read(&object)
    });
    quotas.collect()
}

impl Limit {
    /// What may still be used; never less than nothing, as after a quota was lowered.
    #[must_use]
    pub fn left(self) -> Quantity {
        self.hard.minus(self.used).max(Quantity::ZERO)
    }
}

impl Quota {
    /// Reads a quota that holds for everything in its namespace. One with scopes holds for some pods only, and one that
    /// its controller has not looked at yet says nothing.
    #[must_use]
    pub fn read(object: &Object) -> Option<Self> {
        let has_scopes = object.at("/spec/scopes").and_then(Value::as_array).is_some_and(|scopes| !scopes.is_empty())
            || object.at("/spec/scopeSelector").is_some();
        let table = |pointer| object.at(pointer).and_then(Value::as_object);
        let (hard, used) = (table("/status/hard")?, table("/status/used")?);
        let quantity = |value: &Value| Quantity::parse(value.as_str()?);
        let limits = hard.iter().filter_map(|(resource, hard)| {
            let limit = Limit { hard: quantity(hard)?, used: quantity(used.get(resource)?)? };
            Some((resource.clone(), limit))
        });
        (!has_scopes).then(|| Self { name: object.name().unwrap_or_default().to_owned(), limits: limits.collect() })
    }

    pub(super) fn shortfalls<'a>(&'a self, demand: &'a Demand) -> impl Iterator<Item = Shortfall> + 'a {
        self.limits.iter().filter_map(|(resource, limit)| {
            let needs = *demand.get(resource)?;
            (needs > limit.left()).then(|| Shortfall {
                quota: self.name.clone(),
                resource: resource.clone(),
                limit: *limit,
                needs,
            })
        })
    }
}
