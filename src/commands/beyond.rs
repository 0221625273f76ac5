//! Looking at more than files and record name: where no record is there, and before everything goes.

use crate::{
    cluster::Wanted,
    desired::LABEL_ENVIRONMENT,
    failure::Failure,
    names::{EnvironmentName, Namespace},
    object::ObjectKey,
    observed::{Live, Observed},
    plan,
};

use super::link::Link;

/// Looks at all kinds where ditc has been at work and no record tells of which: what left the files in the same breath is
/// ditc's still. A kind that the cluster came to know since it was asked is no exception.
pub(super) async fn unrecorded(link: &mut Link, wanted: &Wanted<'_>, observed: &mut Observed) -> Result<(), Failure> {
    if !plan::bears_marks(observed, wanted.environment, wanted.namespace) {
        return Ok(());
    }
    if !link.is_fresh {
        link.discover().await?;
    }
    Ok(link.cluster.widen(wanted, observed, &link.kinds).await?)
}

/// Before a destroy: looks at all that would go with the namespace, as far as these credentials may. What carries our label
/// but no record is found here.
pub(super) async fn sweep(
    link: &mut Link,
    environment: &EnvironmentName,
    namespace: &Namespace,
    observed: &mut Observed,
) -> Result<(), Failure> {
    let key = ObjectKey::namespace(namespace.as_str());
    if observed.objects.get(&key).is_none_or(|live| *live == Live::Absent) {
        return Ok(());
    }
    let mut tries = 0;
    (observed.others, observed.unlisted) = loop {
        match link.cluster.sweep_allowed(namespace, &link.kinds).await {
            Err(error) if error.is_not_found() && link.catch_up(tries).await? => tries += 1,
            swept => break swept?,
        }
    };
    for object in &observed.others {
        let Some(key) = object.key() else { continue };
        if object.label(LABEL_ENVIRONMENT) == Some(environment.as_str()) {
            observed.objects.entry(key).or_insert_with(|| Live::Metadata(object.clone()));
        }
    }
    Ok(())
}
