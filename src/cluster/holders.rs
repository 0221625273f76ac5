//! Which pods hold claims: those on a node that use them, with what made them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    kinds::Kinds,
    names::Namespace,
    object::{GroupKind, ObjectKey},
    pod,
    readiness::Around,
};

use super::{Cluster, Error, Refused, observe::resource};

/// Claims with the chains of those that hold them: the pod, what controls it, and what controls that.
type Holders = BTreeMap<ObjectKey, Vec<Vec<ObjectKey>>>;

impl Cluster {
    /// The pods of a namespace that hold claims, whoever made them, but for those that are ending; none where these
    /// credentials may not look.
    ///
    /// # Errors
    /// When they could not be listed.
    pub async fn holders(
        &self,
        namespace: &Namespace,
        claims: &BTreeSet<ObjectKey>,
        kinds: &Kinds,
    ) -> Result<Option<Holders>, Error> {
        match self.look_for_holders(namespace, claims, kinds).await {
            Err(error) if error.refused().is_some_and(Refused::is_missing_right) => Ok(None),
            holders => holders.map(Some),
        }
    }

    async fn look_for_holders(
        &self,
        namespace: &Namespace,
        claims: &BTreeSet<ObjectKey>,
        kinds: &Kinds,
    ) -> Result<Holders, Error> {
        let mut around = Around::default();
        if let Some(pods) = resource(kinds, &GroupKind::new("", "Pod"), "v1") {
            self.whole(&pods, namespace).await?.into_iter().for_each(|pod| around.take(pod));
        }
        let holding = |around: &Around| -> Holders {
            let of = |claim: &ObjectKey| {
                let users = around.using(claim).into_iter().filter(|user| !user.is_ending);
                (claim.clone(), users.map(|user| user.chain).collect())
            };
            claims.iter().map(of).filter(|(_, chains): &(_, Vec<_>)| !chains.is_empty()).collect()
        };
        let holders = holding(&around);
        for (kind, version) in pod::all_between() {
            let is_between = holders.values().flatten().any(|chain| chain.iter().any(|key| key.kind == kind));
            if let (true, Some(resource)) = (is_between, resource(kinds, &kind, version)) {
                let between = self.list_metadata(&resource, Some(namespace.as_str())).await?;
                between.into_iter().for_each(|object| around.take(object));
            }
        }
        Ok(holding(&around))
    }
}
