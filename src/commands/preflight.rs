//! What a plan's run would lack, asked once the plan is known: at most two requests, and none for a plan of nothing.

use crate::{
    object::GroupKind,
    plan::{self, Input, Plan, Preflight},
    readiness,
};

use super::link::Link;

pub(super) async fn preflight(link: &Link, input: &Input<'_>, plan: &Plan, makes_key: bool) -> Preflight {
    if !plan.has_changes() {
        return Preflight::default();
    }
    let (cluster, kinds, namespace) = (&link.cluster, &link.kinds, &plan.namespace);
    let room = plan::room(input, plan, kinds);
    let quotas = async {
        // A namespace that is not there has no quota yet.
        if room.demand.is_empty() || plan::is_namespace_new(plan) {
            Vec::new()
        } else {
            cluster.quotas(namespace).await
        }
    };
    let (rules, quotas) = tokio::join!(cluster.rules(namespace), quotas);
    plan::preflight(plan, kinds, watched, makes_key, rules.as_deref(), &room, &quotas)
}

/// The kind in which an object is seen to work, if that is waited for.
fn watched(kind: &GroupKind) -> Option<GroupKind> {
    if !readiness::is_awaited(kind) {
        return None;
    }
    let (slices, _) = readiness::endpoint_slices();
    Some(if kind.is("", "Service") { slices } else { kind.clone() })
}
