//! Which cluster this is and which kinds it serves, in three requests; the caller keeps the answer.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use crate::{
    kinds::{Kind, Kinds},
    object::GroupKind,
    state::ClusterId,
};

use super::{
    Cluster, Error,
    request::{Call, JSON},
};

/// What is learned about a cluster once and cached.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovery {
    pub cluster: ClusterId,
    pub kinds: Kinds,
}

/// Aggregated discovery, stable since Kubernetes 1.30
/// (<https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery>).
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

impl Cluster {
    /// Asks for the cluster's identity and kinds.
    ///
    /// # Errors
    /// When the server does not answer, refuses, or is older than Kubernetes 1.30.
    pub async fn discover(&self) -> Result<Discovery, Error> {
        let (core, groups, cluster) = tokio::try_join!(self.groups("/api"), self.groups("/apis"), self.identify())?;
        let kinds = core.into_iter().chain(groups).collect();
        Ok(Discovery { cluster, kinds })
    }

    /// The uid of `kube-system`; where that may not be read, a hash of the server's address.
    async fn identify(&self) -> Result<ClusterId, Error> {
        let doing = "reading the identity of the cluster (namespace kube-system)";
        let call = Call::new(Method::GET, "/api/v1/namespaces/kube-system".to_owned(), doing);
        match self.call(call).await {
            Ok(reply) => {
                let uid = reply.object(doing)?.uid();
                uid.map(|uid| ClusterId(uid.0))
                    .ok_or_else(|| Error::Unexpected { doing: doing.to_owned(), found: "no uid".to_owned() })
            }
            Err(error) if error.refused().is_some_and(|refused| matches!(refused.code, 403 | 404)) => {
                Ok(ClusterId(crate::object::Hash::of(self.server.as_bytes()).to_string()[..32].to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    async fn groups(&self, path: &str) -> Result<Vec<Kind>, Error> {
        let doing = "asking which kinds the server serves";
        let call = Call::new(Method::GET, path.to_owned(), doing).accept(AGGREGATED);
        let body = self.call(call).await?.body;
        if body["kind"] != "APIGroupDiscoveryList" {
            let found = format!("{} (ditc needs Kubernetes 1.30 or newer)", body["kind"].as_str().unwrap_or(JSON));
            return Err(Error::Unexpected { doing: doing.to_owned(), found });
        }
        let groups = body["items"].as_array().into_iter().flatten();
        Ok(groups.flat_map(kinds_of_group).collect())
    }
}

/// A group's kinds with all versions that serve them, the preferred first. A group whose server is down lists none.
fn kinds_of_group(group: &Value) -> Vec<Kind> {
    let name = group["metadata"]["name"].as_str().unwrap_or_default();
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    for version in group["versions"].as_array().into_iter().flatten() {
        let Some(version_name) = version["version"].as_str() else { continue };
        for resource in version["resources"].as_array().into_iter().flatten() {
            let (Some(plural), Some(kind)) = (resource["resource"].as_str(), resource["responseKind"]["kind"].as_str())
            else {
                continue;
            };
            let verbs: Vec<&str> =
                resource["verbs"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            // Reviews can only be created, not listed: nothing that lasts.
            if !verbs.contains(&"list") {
                continue;
            }
            let known = kinds.entry(kind.to_owned()).or_insert_with(|| Kind {
                kind: GroupKind::new(name, kind),
                versions: Vec::new(),
                plural: plural.to_owned(),
                namespaced: resource["scope"] == "Namespaced",
            });
            known.versions.push(version_name.to_owned());
        }
    }
    kinds.into_values().collect()
}
