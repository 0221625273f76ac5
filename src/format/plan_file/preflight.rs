//! What was foreseen of a plan's run, as a saved plan keeps it. Whoever applies it is judged anew.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::damaged;
use crate::{
    format::{Unreadable, entries::KeyV1},
    plan::{Limit, MissingRight, Preflight, Purpose, Scope, Shortfall, Verb},
    quantity::Quantity,
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreflightV1 {
    missing_rights: Vec<MissingRightV1>,
    shortfalls: Vec<ShortfallV1>,
    is_namespace_new: bool,
}

#[derive(Serialize, Deserialize)]
struct MissingRightV1 {
    scope: ScopeV1,
    group: String,
    resource: String,
    verbs: Vec<VerbV1>,
    purposes: Vec<PurposeV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ScopeV1 {
    Cluster,
    Namespace,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum VerbV1 {
    Create,
    Update,
    Patch,
    Delete,
    List,
    Watch,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PurposeV1 {
    Change(KeyV1),
    Wait(KeyV1),
    Record,
    Lease,
    Key,
}

#[derive(Serialize, Deserialize)]
struct ShortfallV1 {
    quota: String,
    resource: String,
    hard: String,
    used: String,
    needs: String,
    frees: String,
    by: Vec<KeyV1>,
}

impl From<&Preflight> for PreflightV1 {
    fn from(preflight: &Preflight) -> Self {
        let Preflight { missing_rights, shortfalls, is_namespace_new } = preflight;
        let shortfall = |shortfall: &Shortfall| {
            let Shortfall { quota, resource, limit: Limit { hard, used }, needs, frees, by } = shortfall;
            let [hard, used, needs, frees] = [hard, used, needs, frees].map(ToString::to_string);
            let (quota, resource, by) = (quota.clone(), resource.clone(), by.iter().map(KeyV1::from).collect());
            ShortfallV1 { quota, resource, hard, used, needs, frees, by }
        };
        Self {
            missing_rights: missing_rights.iter().map(MissingRightV1::new).collect(),
            shortfalls: shortfalls.iter().map(shortfall).collect(),
            is_namespace_new: *is_namespace_new,
        }
    }
}

impl PreflightV1 {
    pub(super) fn read(self) -> Result<Preflight, Unreadable> {
        let PreflightV1 { missing_rights, shortfalls, is_namespace_new } = self;
        let quantity = |text: String| Quantity::parse(&text).ok_or_else(|| damaged(format!("{text:?} is no quantity")));
        let shortfall = |ShortfallV1 { quota, resource, hard, used, needs, frees, by }| {
            let limit = Limit { hard: quantity(hard)?, used: quantity(used)? };
            let by = by.into_iter().map(Into::into).collect();
            Ok(Shortfall { quota, resource, limit, needs: quantity(needs)?, frees: quantity(frees)?, by })
        };
        Ok(Preflight {
            missing_rights: missing_rights.into_iter().map(MissingRightV1::read).collect(),
            shortfalls: shortfalls.into_iter().map(shortfall).collect::<Result<_, Unreadable>>()?,
            is_namespace_new,
        })
    }
}

impl MissingRightV1 {
    fn new(missing: &MissingRight) -> Self {
        let MissingRight { scope, group, resource, verbs, purposes } = missing;
        let verb = |verb: &Verb| match verb {
            Verb::Create => VerbV1::Create,
            Verb::Update => VerbV1::Update,
            Verb::Patch => VerbV1::Patch,
            Verb::Delete => VerbV1::Delete,
            Verb::List => VerbV1::List,
            Verb::Watch => VerbV1::Watch,
        };
        let purpose = |purpose: &Purpose| match purpose {
            Purpose::Change(key) => PurposeV1::Change(key.into()),
            Purpose::Wait(key) => PurposeV1::Wait(key.into()),
            Purpose::Record => PurposeV1::Record,
            Purpose::Lease => PurposeV1::Lease,
            Purpose::Key => PurposeV1::Key,
        };
        Self {
            scope: match scope {
                Scope::Cluster => ScopeV1::Cluster,
                Scope::Namespace => ScopeV1::Namespace,
            },
            group: group.clone(),
            resource: resource.clone(),
            verbs: verbs.iter().map(verb).collect(),
            purposes: purposes.iter().map(purpose).collect(),
        }
    }

    fn read(self) -> MissingRight {
        let MissingRightV1 { scope, group, resource, verbs, purposes } = self;
        let verb = |verb| match verb {
            VerbV1::Create => Verb::Create,
            VerbV1::Update => Verb::Update,
            VerbV1::Patch => Verb::Patch,
            VerbV1::Delete => Verb::Delete,
            VerbV1::List => Verb::List,
            VerbV1::Watch => Verb::Watch,
        };
        let purpose = |purpose| match purpose {
            PurposeV1::Change(key) => Purpose::Change(key.into()),
            PurposeV1::Wait(key) => Purpose::Wait(key.into()),
            PurposeV1::Record => Purpose::Record,
            PurposeV1::Lease => Purpose::Lease,
            PurposeV1::Key => Purpose::Key,
        };
        MissingRight {
            scope: match scope {
                ScopeV1::Cluster => Scope::Cluster,
                ScopeV1::Namespace => Scope::Namespace,
            },
            group,
            resource,
            verbs: verbs.into_iter().map(verb).collect::<BTreeSet<_>>(),
            purposes: purposes.into_iter().map(purpose).collect::<BTreeSet<_>>(),
        }
    }
}
