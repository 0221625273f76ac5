//! A closer look at what does not work: what stands around it, and the end of a container's log. A courtesy: whoever may
//! not look learns less, and nothing ends for it.

use std::collections::BTreeSet;

use http::Method;
use tracing::debug;

use crate::{
    kinds::Kinds,
    names::Namespace,
    object::GroupKind,
    readiness::{self, Around, LogOf},
};

use super::{
    Cluster,
    observe::{Listing, resource},
    request::{Call, Resource},
};

impl Cluster {
    /// One LIST of each kind that may tell why objects of these kinds do not work.
    pub async fn around(&self, namespace: &Namespace, of: &BTreeSet<GroupKind>, kinds: &Kinds) -> Around {
        let looked_at: BTreeSet<(GroupKind, &str)> = of.iter().flat_map(readiness::looked_at).collect();
        let resources = looked_at.iter().filter_map(|(kind, version)| resource(kinds, kind, version));
        let lists = resources.map(|resource| async move {
            let listing = Listing { namespace: Some(namespace.as_str()), ..Listing::of(&resource) };
            let list = self.pages(&listing).await;
            (resource.kind, list)
        });
        let mut around = Around::default();
        for (kind, list) in futures::future::join_all(lists).await {
            match list {
                Ok(objects) => around.replace(&kind, objects),
                Err(error) => debug!(%kind, %error, "not looked at"),
            }
        }
        around
    }

    /// The last lines of a container's log; none where there are none to be had.
    pub async fn last_lines(&self, namespace: &Namespace, of: &LogOf) -> Vec<String> {
        let LogOf { pod, container, previous } = of;
        let path = format!("{}/{pod}/log", Resource::core("Pod", "pods").path(Some(namespace.as_str())));
        let call = |previous: bool| {
            Call::new(Method::GET, path.clone(), format!("reading the log of {pod}"))
                .accept("*/*")
                .query("container", container)
                .query("previous", previous.to_string())
                .query("tailLines", readiness::LOG_LINES.to_string())
        };
        match self.text(&call(*previous)).await {
            Ok(text) => readiness::last_lines(&text),
            Err(error) => {
                debug!(%pod, %container, %error, "no log");
                Vec::new()
            }
        }
    }
}
