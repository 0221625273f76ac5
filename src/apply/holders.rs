//! What a claim that is being deleted waits for: the pods that use it. Those of the workloads that the plan names are ended;
//! the rest is only told of.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use crate::{
    cluster::{Propagation, Refused},
    object::{GroupKind, ObjectKey, Uid},
};

use super::{Job, StepError, step::refused, wait::CLOSER};

/// The pods that hold one object.
pub(super) struct Holders<'a> {
    claim: &'a ObjectKey,
    /// The workloads whose pods are ended.
    ends: &'a BTreeSet<ObjectKey>,
    ended: BTreeSet<Uid>,
    /// From when on it is worth a look who holds it. Most claims go before; where the plan has pods end, it is at once.
    pub(super) closer: Instant,
}

impl<'a> Holders<'a> {
    /// None for what no pod can hold.
    pub(super) fn of(
        key: &'a ObjectKey,
        ends: &'a BTreeSet<ObjectKey>,
        start: Instant,
        timeout: Duration,
    ) -> Option<Self> {
        let closer = if ends.is_empty() { start + CLOSER.min(timeout / 2) } else { start };
        key.kind.is("", "PersistentVolumeClaim").then_some(Self { claim: key, ends, ended: BTreeSet::new(), closer })
    }

    /// Ends the pods that are to end, each once, and gives all that still hold the claim; none while they are not known.
    pub(super) async fn end(&mut self, job: &Job) -> Result<Vec<ObjectKey>, StepError> {
        job.hub.look_closer(&GroupKind::new("", "Pod"));
        for user in self.ends {
            job.hub.look_closer(&user.kind);
        }
        let using = job.hub.around(|around| around.using(self.claim)).unwrap_or_default();
        let mut pods = Vec::new();
        for user in using {
            if !user.is_ending
                && user.chain.iter().any(|key| self.ends.contains(key))
                && self.ended.insert(user.uid.clone())
            {
                let pod = &user.chain[0];
                let deleted = job.cluster.delete(pod, "v1", &user.uid, Propagation::Background, &job.kinds).await;
                match deleted {
                    Ok(_) => {}
                    // Another pod has its name by now, which is what was wanted.
                    Err(error) if error.refused().is_some_and(Refused::is_conflict) => {}
                    Err(error) => return Err(refused(job, &error)),
                }
            }
            pods.extend(user.chain.into_iter().next());
        }
        Ok(pods)
    }
}
