//! What would stop a run, as a part of a plan's document and as lines of a run.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    address::address,
    object::ObjectKey,
    plan::{MissingRight, Plan, Preflight, Purpose, Scope, Shortfall},
    render::text::{lack, preflight_headline, tight},
};

use super::event::warning;

#[derive(Serialize)]
pub(super) struct PreflightDocument<'a> {
    missing_rights: Vec<MissingRightDocument<'a>>,
    quota: Vec<ShortfallDocument<'a>>,
}

#[derive(Serialize)]
struct MissingRightDocument<'a> {
    message: String,
    verbs: Vec<&'static str>,
    group: &'a str,
    resource: &'a str,
    /// None for a right to what is in no namespace.
    namespace: Option<&'a str>,
    needed_for: Vec<PurposeDocument>,
}

#[derive(Serialize)]
struct PurposeDocument {
    purpose: &'static str,
    address: Option<String>,
}

#[derive(Serialize)]
struct ShortfallDocument<'a> {
    message: String,
    quota: &'a str,
    resource: &'a str,
    hard: String,
    used: String,
    left: String,
    /// At most.
    needed: String,
    /// What deletions of the same plan give back, and which these are.
    freed: String,
    freed_by: Vec<String>,
}

impl<'a> PreflightDocument<'a> {
    pub(super) fn new(plan: &'a Plan, preflight: &'a Preflight) -> Self {
        let Preflight { missing_rights, shortfalls, is_namespace_new: _ } = preflight;
        let missing = |missing: &'a MissingRight| {
            let MissingRight { scope, group, resource, verbs, purposes } = missing;
            MissingRightDocument {
                message: lack(missing, plan),
                verbs: verbs.iter().map(|verb| verb.word()).collect(),
                group,
                resource,
                namespace: (*scope == Scope::Namespace).then_some(plan.namespace.as_str()),
                needed_for: purposes.iter().map(|purpose| PurposeDocument::new(plan, purpose)).collect(),
            }
        };
        let shortfall = |shortfall: &'a Shortfall| {
            let Shortfall { quota, resource, limit, needs, frees, by } = shortfall;
            ShortfallDocument {
                message: tight(shortfall, plan),
                quota,
                resource,
                hard: limit.hard.to_string(),
                used: limit.used.to_string(),
                left: limit.left().to_string(),
                needed: needs.to_string(),
                freed: frees.to_string(),
                freed_by: by
                    .iter()
                    .map(|key| address(&plan.environment, plan.component_of(key), key).to_string())
                    .collect(),
            }
        };
        Self {
            missing_rights: missing_rights.iter().map(missing).collect(),
            quota: shortfalls.iter().map(shortfall).collect(),
        }
    }
}

impl PurposeDocument {
    fn new(plan: &Plan, purpose: &Purpose) -> Self {
        let object = |key: &ObjectKey| Some(address(&plan.environment, plan.component_of(key), key).to_string());
        let (purpose, address) = match purpose {
            Purpose::Change(key) => ("change", object(key)),
            Purpose::Wait(key) => ("wait", object(key)),
            Purpose::Record => ("record", None),
            Purpose::Lease => ("lease", None),
            Purpose::Key => ("key", None),
        };
        Self { purpose, address }
    }
}

/// The warnings as lines, for a run that is about to begin.
#[must_use]
pub fn preflight(preflight: &Preflight, plan: &Plan, at: Timestamp) -> String {
    let headline = preflight_headline(preflight, plan);
    let rights = preflight.missing_rights.iter().map(|missing| format!("{headline}: {}", lack(missing, plan)));
    let quotas = preflight.shortfalls.iter().map(|shortfall| tight(shortfall, plan));
    rights.chain(quotas).map(|text| warning(None, &text, plan, at)).collect()
}
