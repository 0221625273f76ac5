//! A ResourceQuota as its status tells it, and what a demand finds too little of.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    object::{Object, ObjectKey},
    quantity::Quantity,
};

use super::{Demand, is_namespace_new, pods::quantity};
use crate::plan::{Action, Plan, Step, rank};

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
    /// As the plan leaves it, if it changes the quota.
    pub limit: Limit,
    pub needs: Quantity,
    /// What deletions of the same plan give back, which may come too late.
    pub frees: Quantity,
    /// Those deletions.
    pub by: Vec<ObjectKey>,
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

/// The quotas that are there as a plan changes them. One that is raised gives more room only where all that the plan
/// writes comes behind it; one that is lowered takes it away whenever it comes.
pub(super) fn changed(plan: &Plan, quotas: &[Quota]) -> Vec<Quota> {
    let as_planned = |quota: &Quota| {
        let found = plan.changes.iter().find(|(key, _)| key.kind.is("", "ResourceQuota") && key.name == quota.name);
        let Some((key, manifest)) = found.and_then(|(key, change)| Some((key, change.manifest.as_ref()?))) else {
            return quota.clone();
        };
        let asked = manifest.body.at("/spec/hard").and_then(Value::as_object);
        let is_first = is_first(plan, key);
        let limits = quota.limits.iter().filter_map(|(resource, limit)| {
            let planned = asked.and_then(|asked| quantity(asked.get(resource)?));
            let hard = match planned {
                Some(hard) if is_first || hard < limit.hard => hard,
                // A limit that goes holds until it is gone.
                None if is_first => return None,
                Some(_) | None => limit.hard,
            };
            Some((resource.clone(), Limit { hard, ..*limit }))
        });
        Quota { name: quota.name.clone(), limits: limits.collect() }
    };
    quotas.iter().map(as_planned).collect()
}

/// Whether all that a plan writes waits for a quota.
fn is_first(plan: &Plan, quota: &ObjectKey) -> bool {
    let behind = plan.order.dependents(&Step::Change(quota.clone()));
    let mut writes = plan.changes.iter().filter(|(key, change)| *key != quota && change.manifest.is_some());
    writes.all(|(key, _)| rank(&key.kind) <= rank(&quota.kind) || behind.contains(&Step::Change(key.clone())))
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

    pub(super) fn shortfalls<'a>(
        &'a self,
        demand: &'a Demand,
        freed: &'a BTreeMap<ObjectKey, Demand>,
    ) -> impl Iterator<Item = Shortfall> + 'a {
        self.limits.iter().filter_map(|(resource, limit)| {
            let needs = *demand.get(resource)?;
            let of = |demand: &Demand| demand.get(resource).copied().filter(|quantity| quantity.is_positive());
            let frees = freed.values().filter_map(of).fold(Quantity::ZERO, Quantity::plus);
            let by = freed.iter().filter(|(_, demand)| of(demand).is_some()).map(|(key, _)| key.clone());
            (needs > limit.left()).then(|| Shortfall {
                quota: self.name.clone(),
                resource: resource.clone(),
                limit: *limit,
                needs,
                frees,
                by: by.collect(),
            })
        })
    }
}
