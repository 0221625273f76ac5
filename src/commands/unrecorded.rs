//! An environment whose record is gone: only what the cluster shows tells what ditc made there.

use crate::{cluster::Wanted, failure::Failure, observed::Observed, plan};

use super::link::Link;

/// Looks at all kinds where ditc has been at work and no record tells of which: what left the files in the same breath is
/// ditc's still. A kind that the cluster came to know since it was asked is no exception.
pub(super) async fn look(link: &mut Link, wanted: &Wanted<'_>, observed: &mut Observed) -> Result<(), Failure> {
    if !plan::bears_marks(observed, wanted.environment, wanted.namespace) {
        return Ok(());
    }
    if !link.is_fresh {
        link.discover().await?;
    }
    Ok(link.cluster.widen(wanted, observed, &link.kinds).await?)
}
