//! Looking: one paged LIST per kind, then by name whatever the label did not bring.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde_json::Value;

use crate::{
    desired::{LABEL_ENVIRONMENT, selector},
    kinds::Kinds,
    names::{EnvironmentName, Namespace},
    object::{GroupKind, Object, ObjectKey},
    observed::{Live, Observed},
    plan::is_trace,
    readiness,
};

use super::{
    Cluster, Error, Refused,
    request::{Call, JSON, Resource, typed},
    shared::Sort,
};

/// The size of a page; the server's own clients use it too.
const PAGE: usize = 500;
/// A list whose snapshot expires between pages is started anew so many times.
const RESTARTS: usize = 3;
/// Up to so many objects of a kind are read one by one when the label did not bring them; more, by one LIST.
const BY_NAME: usize = 20;

pub(super) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// One LIST, in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing<'a> {
    pub resource: &'a Resource,
    /// All namespaces without one.
    pub namespace: Option<&'a str>,
    pub selector: Option<&'a str>,
    pub accept: &'static str,
    /// How many objects a page holds.
    pub limit: usize,
}

impl<'a> Listing<'a> {
    /// All objects of a kind; of Secrets without their values.
    pub(super) fn of(resource: &'a Resource) -> Self {
        let accept = if is_secret(&resource.kind) { METADATA_LIST } else { JSON };
        Self { resource, namespace: None, selector: None, accept, limit: PAGE }
    }

    pub(super) fn metadata(self) -> Self {
        Self { accept: METADATA_LIST, ..self }
    }
}

/// What a plan must look at.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub environment: &'a EnvironmentName,
    pub namespace: &'a Namespace,
    /// Every desired and recorded object, with the version to read it at: the recorded one, else the desired one. Its
    /// managed fields speak of that version, and no other has their paths.
    pub keys: BTreeMap<ObjectKey, String>,
}

impl Cluster {
    /// Looks at everything that is desired, recorded, or carries the environment's label.
    ///
    /// # Errors
    /// When any of it could not be looked at; nothing is then known to be absent.
    pub async fn observe(&self, wanted: &Wanted<'_>, kinds: &Kinds) -> Result<Observed, Error> {
        let namespace_key = ObjectKey::namespace(wanted.namespace.as_str());
        let namespaces = namespaces();
        let mut objects = BTreeMap::new();
        let (here, elsewhere): (Vec<Object>, Vec<Object>) = self
            .namespaces_of(wanted.environment)
            .await?
            .into_iter()
            .partition(|object| object.name() == Some(wanted.namespace.as_str()));
        objects.extend(here.into_iter().map(|object| (namespace_key.clone(), Live::Present(object))));
        if !objects.contains_key(&namespace_key) {
            let known = self.shared.as_ref().and_then(|shared| shared.namespace(&namespace_key));
            let live = match known {
                Some(known) => known,
                None => self.look(&namespaces, &namespace_key).await?,
            };
            objects.insert(namespace_key.clone(), live);
        }
        if objects[&namespace_key] == Live::Absent {
            // Nothing can be in a namespace that is not there.
            objects.extend(wanted.keys.keys().map(|key| (key.clone(), Live::Absent)));
            return Ok(Observed { objects, elsewhere, ..Observed::default() });
        }
        let served = served(wanted, kinds);
        let namespace = Some(wanted.namespace.as_str());
        let lists: Vec<Vec<Object>> = stream::iter(&served)
            .map(|(resource, _)| self.labelled(resource, namespace, wanted.environment))
            .buffered(self.parallelism)
            .try_collect()
            .await?;
        for ((_, meant), list) in served.iter().zip(lists) {
            for object in list {
                let Some(key) = object.key() else { continue };
                // A kind that is listed at two versions has all its objects in both lists.
                if meant.contains(&key) || !wanted.keys.contains_key(&key) {
                    objects.insert(key.clone(), live(&key.kind, object));
                }
            }
        }
        for (resource, meant) in &served {
            let missing: Vec<&ObjectKey> = meant.iter().copied().filter(|key| !objects.contains_key(key)).collect();
            objects.extend(self.look_for(resource, namespace, missing).await?);
        }
        // What is left is of kinds that the server does not serve: it cannot be there.
        for key in wanted.keys.keys() {
            objects.entry(key.clone()).or_insert(Live::Absent);
        }
        Ok(Observed { objects, elsewhere, ..Observed::default() })
    }

    /// The namespaces that carry an environment's label.
    ///
    /// # Errors
    /// When they could not be listed. Who may work in one namespace only, and so not list them, is told of none.
    pub async fn namespaces_of(&self, environment: &EnvironmentName) -> Result<Vec<Object>, Error> {
        if let Some(shared) = &self.shared {
            return Ok(shared.namespaces_of(environment));
        }
        let selector = selector(environment);
        match self.pages(&Listing { selector: Some(&selector), ..Listing::of(&namespaces()) }).await {
            Err(error) if error.refused().is_some_and(Refused::is_missing_right) => Ok(Vec::new()),
            labelled => labelled,
        }
    }

    /// Reads by name what no label brought, since a foreign object of the same name carries none of ours.
    pub(super) async fn look_for(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        missing: Vec<&ObjectKey>,
    ) -> Result<BTreeMap<ObjectKey, Live>, Error> {
        let mut found: BTreeMap<ObjectKey, Live> = missing.iter().map(|key| ((*key).clone(), Live::Absent)).collect();
        let mut names = missing;
        if names.len() > BY_NAME {
            let there = self.list_metadata(resource, namespace).await?;
            let there: BTreeSet<ObjectKey> = there.iter().filter_map(Object::key).collect();
            names.retain(|key| there.contains(key));
        }
        let looks: Vec<(ObjectKey, Live)> = stream::iter(names)
            .map(|key| async move { Ok::<_, Error>((key.clone(), self.look(resource, key).await?)) })
            .buffered(self.parallelism)
            .try_collect()
            .await?;
        found.extend(looks);
        Ok(found)
    }

    /// Looks at one object by name; a Secret's values are not asked for.
    async fn look(&self, resource: &Resource, key: &ObjectKey) -> Result<Live, Error> {
        let doing = format!("reading {key}");
        let path = format!("{}/{}", resource.path(key.namespace.as_deref()), key.name);
        let accept = if is_secret(&resource.kind) { METADATA } else { JSON };
        match self.call(Call::new(Method::GET, path, &doing).accept(accept)).await {
            Ok(reply) => Ok(live(&key.kind, typed(reply.object(&doing)?.0, resource))),
            Err(error) if error.is_not_found() => Ok(Live::Absent),
            Err(error) => Err(error),
        }
    }

    /// Looks at one object again, as an update does when the server says that it moved.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn read(&self, key: &ObjectKey, api_version: &str, kinds: &Kinds) -> Result<Live, Error> {
        match resource(kinds, &key.kind, api_version) {
            Some(resource) => self.look(&resource, key).await,
            None => Ok(Live::Absent),
        }
    }

    /// The metadata of everything in a namespace: one LIST per kind that can be listed and deleted there.
    ///
    /// # Errors
    /// When any kind could not be listed.
    pub async fn sweep(&self, namespace: &Namespace, kinds: &Kinds) -> Result<Vec<Object>, Error> {
        let lists: Result<Vec<Vec<Object>>, Error> =
            self.sweep_kinds(namespace, kinds, |_| true).await.into_iter().map(|(_, list)| list).collect();
        Ok(lists?.into_iter().flatten().collect())
    }

    /// The same as far as these credentials may list, with the kinds that they may not. Mere traces of other objects,
    /// such as events, are not looked at.
    ///
    /// # Errors
    /// When a kind could not be listed for another reason.
    pub async fn sweep_allowed(
        &self,
        namespace: &Namespace,
        kinds: &Kinds,
    ) -> Result<(Vec<Object>, BTreeSet<GroupKind>), Error> {
        let (mut objects, mut refused) = (Vec::new(), BTreeSet::new());
        for (kind, list) in self.sweep_kinds(namespace, kinds, |kind| !is_trace(kind)).await {
            match list {
                Ok(list) => objects.extend(list),
                Err(error) if error.refused().is_some_and(Refused::is_missing_right) => {
                    refused.insert(kind);
                }
                Err(error) => return Err(error),
            }
        }
        Ok((objects, refused))
    }

    async fn sweep_kinds(
        &self,
        namespace: &Namespace,
        kinds: &Kinds,
        is_meant: fn(&GroupKind) -> bool,
    ) -> Vec<(GroupKind, Result<Vec<Object>, Error>)> {
        let resources: Vec<Resource> = kinds
            .iter()
            .filter(|kind| kind.namespaced && is_meant(&kind.kind))
            .filter_map(|kind| resource(kinds, &kind.kind, &kind.api_version()))
            .collect();
        stream::iter(resources)
            .map(|resource| async move {
                let list = self.list_metadata(&resource, Some(namespace.as_str())).await;
                (resource.kind, list)
            })
            .buffered(self.parallelism)
            .collect()
            .await
    }

    /// The namespaces of all environments, by their label.
    ///
    /// # Errors
    /// When they could not be listed.
    pub async fn environments(&self) -> Result<Vec<Object>, Error> {
        let resource = namespaces();
        self.pages(&Listing { selector: Some(LABEL_ENVIRONMENT), ..Listing::of(&resource) }).await
    }

    /// The autoscalers of a namespace, whoever made them. Where the server does not know the kind, there are none.
    ///
    /// # Errors
    /// When they could not be listed: then nobody knows whose the replicas are.
    pub async fn autoscalers(&self, namespace: &Namespace, kinds: &Kinds) -> Result<Vec<Object>, Error> {
        let kind = GroupKind::new("autoscaling", "HorizontalPodAutoscaler");
        match resource(kinds, &kind, "autoscaling/v2") {
            Some(resource) => self.whole(&resource, namespace).await,
            None => Ok(Vec::new()),
        }
    }

    /// The endpoints behind an environment's Services; Kubernetes copies a Service's labels to them.
    ///
    /// # Errors
    /// When they could not be listed: then nobody knows whether anything answers.
    pub async fn endpoint_slices(
        &self,
        environment: &EnvironmentName,
        namespace: &Namespace,
        kinds: &Kinds,
    ) -> Result<Vec<Object>, Error> {
        let (kind, version) = readiness::endpoint_slices();
        match resource(kinds, &kind, &version) {
            Some(resource) => self.labelled(&resource, Some(namespace.as_str()), environment).await,
            None => Ok(Vec::new()),
        }
    }

    /// The metadata of all claims of a namespace, whoever made them.
    ///
    /// # Errors
    /// When they could not be listed.
    pub async fn claims(&self, namespace: &Namespace, kinds: &Kinds) -> Result<Vec<Object>, Error> {
        match resource(kinds, &GroupKind::new("", "PersistentVolumeClaim"), "v1") {
            Some(resource) => self.list_metadata(&resource, Some(namespace.as_str())).await,
            None => Ok(Vec::new()),
        }
    }

    pub(super) async fn list_metadata(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
    ) -> Result<Vec<Object>, Error> {
        if let Some(objects) = self.shared_list(resource, Sort::Metadata, namespace, None).await? {
            return Ok(objects);
        }
        self.pages(&Listing { namespace, ..Listing::of(resource).metadata() }).await
    }

    /// The objects of an environment, by its label.
    pub(super) async fn labelled(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        environment: &EnvironmentName,
    ) -> Result<Vec<Object>, Error> {
        if let Some(objects) = self.shared_list(resource, Sort::Labelled, namespace, Some(environment)).await? {
            return Ok(objects);
        }
        self.pages(&Listing { namespace, selector: Some(&selector(environment)), ..Listing::of(resource) }).await
    }

    /// All objects of a kind in a namespace, whoever made them.
    pub(super) async fn whole(&self, resource: &Resource, namespace: &Namespace) -> Result<Vec<Object>, Error> {
        let namespace = Some(namespace.as_str());
        if let Some(objects) = self.shared_list(resource, Sort::Whole, namespace, None).await? {
            return Ok(objects);
        }
        self.pages(&Listing { namespace, ..Listing::of(resource) }).await
    }

    pub(super) async fn pages(&self, listing: &Listing<'_>) -> Result<Vec<Object>, Error> {
        self.pages_of(listing, |_| true).await
    }

    /// All pages of one snapshot, without what is not to be kept; when it expires on the way (410), all of it again.
    pub(super) async fn pages_of(
        &self,
        listing: &Listing<'_>,
        keep: impl Fn(&Object) -> bool,
    ) -> Result<Vec<Object>, Error> {
        let Listing { resource, namespace, selector, accept, limit } = *listing;
        let doing = format!("listing {}", resource.plural);
        let mut restarts = 0;
        let mut objects = Vec::new();
        let mut next = String::new();
        loop {
            let mut call = Call::new(Method::GET, resource.path(namespace), &doing).accept(accept);
            if let Some(selector) = selector {
                call = call.query("labelSelector", selector);
            }
            call = call.query("limit", limit.to_string());
            if !next.is_empty() {
                call = call.query("continue", &next);
            }
            let mut body = match self.call(call).await {
                Ok(reply) => reply.body,
                Err(error) if error.refused().is_some_and(|refused| refused.code == 410) && restarts < RESTARTS => {
                    restarts += 1;
                    objects.clear();
                    next.clear();
                    continue;
                }
                Err(error) => return Err(error),
            };
            let items = match body.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => items,
                // An empty list of metadata comes as null.
                None | Some(Value::Null) if body["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => {
                    Vec::new()
                }
                _ => {
                    let found = body["kind"].as_str().unwrap_or("no list").to_owned();
                    return Err(Error::Unexpected { doing, found });
                }
            };
            let items = items.into_iter().map(|item| without_last_applied(typed(item, resource)));
            objects.extend(items.filter(&keep));
            next = body["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
            if next.is_empty() {
                return Ok(objects);
            }
        }
    }
}

/// The lists to ask for, each with the objects that are read at its version. The Namespace is none of them.
pub(super) fn served<'a>(wanted: &'a Wanted<'_>, kinds: &Kinds) -> Vec<(Resource, BTreeSet<&'a ObjectKey>)> {
    let mut served: BTreeMap<(&GroupKind, String), (Resource, BTreeSet<&ObjectKey>)> = BTreeMap::new();
    for (key, api_version) in wanted.keys.iter().filter(|(key, _)| !key.kind.is("", "Namespace")) {
        let Some(resource) = resource(kinds, &key.kind, api_version) else { continue };
        let list = served.entry((&key.kind, resource.version.clone()));
        list.or_insert_with(|| (resource, BTreeSet::new())).1.insert(key);
    }
    served.into_values().collect()
}

pub(super) fn namespaces() -> Resource {
    Resource { namespaced: false, ..Resource::core("Namespace", "namespaces") }
}

/// A kind at a version as the server serves it; the preferred version where the wanted one is gone.
pub(super) fn resource(kinds: &Kinds, kind: &GroupKind, api_version: &str) -> Option<Resource> {
    let known = kinds.get(kind)?;
    let wanted = super::request::version(api_version);
    let version = if known.serves(&wanted) { wanted } else { known.versions.first()?.clone() };
    Some(Resource { kind: kind.clone(), version, plural: known.plural.clone(), namespaced: known.namespaced })
}

fn is_secret(kind: &GroupKind) -> bool {
    kind.is("", "Secret")
}

pub(super) fn live(kind: &GroupKind, object: Object) -> Live {
    let object = without_last_applied(object);
    if is_secret(kind) { Live::Metadata(object) } else { Live::Present(object) }
}

/// kubectl's annotation repeats whole manifests, and so the values of Secrets: it ends at the door.
fn without_last_applied(mut object: Object) -> Object {
    if object.kind() == Some("Secret")
        && let Some(annotations) = object.0.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    object
}
