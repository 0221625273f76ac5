//! What would stop a run that its plan does not show: rights that the credentials lack, and quotas without room.
//!
//! Both are judged from what the server says of itself, and only in one direction: what is not known is no fault. The
//! dry-runs behind a plan cannot see either, since none is sent for a delete or for what a controller makes.

use std::collections::BTreeMap;

use crate::{
    kinds::Kinds,
    object::{GroupKind, ObjectKey},
};

use super::{Action, Input, Plan};

mod demand;
mod pods;
mod quota;
mod rights;
#[cfg(test)]
mod tests;

pub use quota::{Limit, Quota, Shortfall};
pub use rights::{MissingRight, Purpose, Rule, Scope, Verb, not_listable};

use crate::quantity::Quantity;

/// What is foreseen of a run; nothing for a plan without changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preflight {
    pub missing_rights: Vec<MissingRight>,
    pub shortfalls: Vec<Shortfall>,
    /// The run begins by making the namespace, so rights inside it may come with it.
    pub is_namespace_new: bool,
}

impl Preflight {
    /// Whether nothing is foreseen.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.missing_rights.is_empty() && self.shortfalls.is_empty()
    }

    /// Whether the run cannot come to its end: a right is missing, and nothing in the run can bring it.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.missing_rights.iter().any(|missing| !self.is_namespace_new || missing.scope == Scope::Cluster)
    }
}

/// What a plan would use up, by the names that quotas have for it: `pods`, `requests.cpu`, `count/deployments.apps`.
pub type Demand = BTreeMap<String, Quantity>;

/// Whether a plan makes its namespace.
#[must_use]
pub fn is_namespace_new(plan: &Plan) -> bool {
    plan.changes.iter().any(|(key, change)| key.kind.is("", "Namespace") && change.action == Action::Create)
}

/// What a plan asks of quotas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Room {
    /// The most that is used on top of what is used now. Quotas are worth asking for only where it is not empty.
    ///
    /// It is an upper bound: deletes free nothing here, since they may come last. What pods get from a LimitRange, and
    /// pods of a DaemonSet or a CronJob, are not counted: who knows how many.
    pub demand: Demand,
    /// What each deletion gives back. It may come before or after what needs it.
    pub freed: BTreeMap<ObjectKey, Demand>,
}

/// What a plan asks of quotas, as far as that can be foreseen.
#[must_use]
pub fn room(input: &Input, plan: &Plan, kinds: &Kinds) -> Room {
    Room { demand: demand::demand(input, plan, kinds), freed: demand::freed(input, plan, kinds) }
}

/// Judges a plan. `rules` is what the credentials may do in the namespace, where that is known for all rights; `watched`
/// tells which kind is watched until an object of a kind works, if it is waited for at all; `makes_key` whether the run
/// begins by making the key of given values.
#[must_use]
pub fn preflight(
    plan: &Plan,
    kinds: &Kinds,
    watched: impl Fn(&GroupKind) -> Option<GroupKind>,
    makes_key: bool,
    rules: Option<&[Rule]>,
    room: &Room,
    quotas: &[Quota],
) -> Preflight {
    let Room { demand, freed } = room;
    let (there, planned) = (quota::changed(plan, quotas), quota::planned(plan));
    let needs = rights::needs(plan, kinds, watched, makes_key);
    Preflight {
        missing_rights: rules.map(|rules| rights::missing(needs, rules)).unwrap_or_default(),
        shortfalls: there.iter().chain(&planned).flat_map(|quota| quota.shortfalls(demand, freed)).collect(),
        is_namespace_new: is_namespace_new(plan),
    }
}
