//! What must be known of claims before a plan is made of them: those that stateful sets made, and the pods that hold them.

use crate::{
    failure::Failure,
    object::Object,
    observed::Live,
    plan::{self, Basis, Plan},
};

use super::{link::Link, session::planned};

/// Looks at the claims of stateful sets that leave: nothing on a claim tells that it belongs to the environment.
pub(super) async fn of_sets(link: &Link, basis: &mut Basis) -> Result<(), Failure> {
    if !plan::needs_claims(&basis.input()) {
        return Ok(());
    }
    let claims = link.cluster.claims(&basis.namespace, &link.kinds).await?;
    let leaving: Vec<Object> =
        claims.into_iter().filter(|claim| plan::is_claim_of_leaving_set(&basis.input(), claim)).collect();
    for claim in leaving {
        let Some(key) = claim.key() else { continue };
        basis.observed.objects.entry(key).or_insert(Live::Metadata(claim));
    }
    Ok(())
}

/// Plans, and where claims go, looks for the pods that hold them and plans with that knowledge.
pub(super) async fn planned_with_holders(
    link: &Link,
    basis: &mut Basis,
    protected: Option<&str>,
) -> Result<Plan, Failure> {
    let plan = planned(basis, protected)?;
    let going = plan::claims_that_go(&plan);
    if going.is_empty() {
        return Ok(plan);
    }
    match link.cluster.holders(&basis.namespace, &going, &link.kinds).await? {
        Some(holders) if !holders.is_empty() => {
            basis.observed.holders = holders;
            planned(basis, protected)
        }
        Some(_) | None => Ok(plan),
    }
}
