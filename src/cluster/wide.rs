//! Looking wider than files and record say: at every kind of a namespace, for what carries an environment's label. Where no
//! record tells of which kinds ditc made something, nothing else does.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};

use crate::{
    kinds::Kinds,
    object::{GroupKind, Object, Uid},
    observed::{Live, Observed},
    plan::is_trace,
};

use super::{
    Cluster, Error, Refused,
    observe::{Wanted, live, resource, served},
    request::Resource,
};

impl Cluster {
    /// Adds to what was observed whatever else carries the environment's label, by one LIST of each kind that was not
    /// listed for it. Mere traces of other objects, such as events, are not looked at. Kinds that these credentials may
    /// not list are told in [`Observed::unlisted`].
    ///
    /// # Errors
    /// When a kind could not be listed for another reason.
    pub async fn widen(&self, wanted: &Wanted<'_>, observed: &mut Observed, kinds: &Kinds) -> Result<(), Error> {
        let listed: BTreeSet<GroupKind> =
            served(wanted, kinds).into_iter().map(|(resource, _)| resource.kind).collect();
        let others =
            kinds.iter().filter(|kind| kind.namespaced && !is_trace(&kind.kind) && !listed.contains(&kind.kind));
        let resources: Vec<Resource> =
            others.filter_map(|kind| resource(kinds, &kind.kind, &kind.api_version())).collect();
        let namespace = Some(wanted.namespace.as_str());
        let lists: Vec<(GroupKind, Result<Vec<Object>, Error>)> = stream::iter(resources)
            .map(|resource| async move {
                let list = self.labelled(&resource, namespace, wanted.environment).await;
                (resource.kind, list)
            })
            .buffered(self.parallelism)
            .collect()
            .await;
        // Some servers show one object in two groups, and it is one still.
        let mut known: BTreeSet<Uid> =
            observed.objects.values().filter_map(Live::object).filter_map(Object::uid).collect();
        for (kind, list) in lists {
            match list {
                Ok(objects) => {
                    for object in objects {
                        let Some(key) = object.key() else { continue };
                        if object.uid().is_some_and(|uid| known.insert(uid)) {
                            observed.objects.insert(key, live(&kind, object));
                        }
                    }
                }
                Err(error) if error.refused().is_some_and(Refused::is_missing_right) => {
                    observed.unlisted.insert(kind);
                }
                // It went away since the kinds were asked for, and all its objects with it.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
