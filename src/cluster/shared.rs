//! One LIST of each kind for many environments: it is asked for when the first of them needs it, and what it brought is
//! handed out to each of them once. Whoever looks a second time asks the server, so nobody sees an old answer twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    desired::LABEL_ENVIRONMENT,
    names::{EnvironmentName, Namespace},
    object::{GroupKind, Object, ObjectKey},
    observed::Live,
};

use super::{
    Cluster, Error, Refused,
    observe::{Listing, namespaces},
    record::{LABEL_RECORD, config_maps},
    request::Resource,
};

/// Up to so many environments are named in a selector; it is a part of the URL, which proxies cut at 8 kB.
const NAMED: usize = 50;
/// Records are large, up to 1 MiB, and so are pages of them.
const RECORDS: usize = 50;

/// Which environments the lists are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// These, and nothing else is looked for.
    Named(BTreeSet<EnvironmentName>),
    /// All that there are in the cluster.
    Everything,
}

/// What is listed of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// Objects with the label of an environment.
    Labelled,
    /// All objects, whoever made them.
    Whole,
    /// Their metadata.
    Metadata,
}

/// The answers that many environments share.
#[derive(Debug)]
pub struct Shared {
    reach: Reach,
    /// The namespaces that carry the label of an environment; none where these credentials may not list them.
    labelled: Option<Vec<Object>>,
    /// The namespaces that no label brought, looked for by name.
    looked: BTreeMap<ObjectKey, Live>,
    /// The namespaces of the environments; what lies elsewhere is dropped at the door.
    within: BTreeSet<String>,
    records: Option<Stock>,
    lists: Mutex<BTreeMap<Kind, Arc<OnceCell<Listed>>>>,
}

/// A kind at a version, and what of it.
type Kind = (GroupKind, String, Sort);

/// What came of a LIST.
#[derive(Debug)]
enum Listed {
    Objects(Stock),
    /// Not in all namespaces at once: each is asked for.
    NotAllowed,
    Failed(Arc<Error>),
}

/// Objects by namespace and environment, until they are handed out. What is in no namespace is under the empty one.
#[derive(Debug, Default)]
struct Stock(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    objects: BTreeMap<(String, String), Vec<Object>>,
    handed_out: BTreeSet<(String, String)>,
}

impl Stock {
    fn put(&self, namespace: &str, owner: &str, object: Object) {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.objects.entry((namespace.to_owned(), owner.to_owned())).or_default().push(object);
    }

    /// What there is of an owner; none when it was handed out before.
    fn take(&self, namespace: &str, owner: &str) -> Option<Vec<Object>> {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = (namespace.to_owned(), owner.to_owned());
        if !shelves.handed_out.insert(shelf.clone()) {
            return None;
        }
        Some(shelves.objects.remove(&shelf).unwrap_or_default())
    }
}

impl Reach {
    /// The selector of everything that carries a label for one of the environments.
    pub(super) fn selector(&self, label: &str) -> String {
        match self {
            Reach::Named(names) if names.len() <= NAMED => {
                let names: Vec<&str> = names.iter().map(EnvironmentName::as_str).collect();
                format!("{label} in ({})", names.join(","))
            }
            Reach::Named(_) | Reach::Everything => label.to_owned(),
        }
    }
}

impl Shared {
    /// The namespaces that carry the label of an environment, of all that are meant; none where these credentials may not
    /// list them.
    #[must_use]
    pub fn labelled(&self) -> Option<&[Object]> {
        self.labelled.as_deref()
    }

    pub(super) fn namespaces_of(&self, environment: &EnvironmentName) -> Vec<Object> {
        let labelled = self.labelled.iter().flatten();
        labelled.filter(|object| object.label(LABEL_ENVIRONMENT) == Some(environment.as_str())).cloned().collect()
    }

    /// What is known of a namespace; none where it must be looked for.
    pub(super) fn namespace(&self, key: &ObjectKey) -> Option<Live> {
        self.looked.get(key).cloned()
    }

    /// A record, or a part of one: none where it must be looked for, none within where it cannot be there.
    pub(super) fn record(&self, namespace: &Namespace, name: &str) -> Option<Option<Object>> {
        let key = ObjectKey::namespace(namespace.as_str());
        if self.looked.get(&key) == Some(&Live::Absent) {
            return Some(None);
        }
        // Without its label it is not in the list, and there all the same.
        let found = self.records.as_ref()?.take(namespace.as_str(), name)?;
        found.into_iter().next().map(Some)
    }
}

impl Cluster {
    /// Lists what many environments must know first: their namespaces, then their records. `told` are the namespaces that
    /// the files name.
    ///
    /// # Errors
    /// When any of it could not be looked at. Who may not list in all namespaces is told less at once, not nothing.
    pub async fn share(&self, told: &BTreeSet<Namespace>, reach: Reach) -> Result<Shared, Error> {
        let (selector, resource) = (reach.selector(LABEL_ENVIRONMENT), namespaces());
        let listing = Listing { selector: Some(&selector), ..Listing::of(&resource) };
        let labelled = unless_refused(self.pages(&listing).await)?;
        let mut within: BTreeSet<String> = told.iter().map(|namespace| namespace.as_str().to_owned()).collect();
        let names = labelled.iter().flatten().filter_map(Object::name);
        let here: BTreeSet<String> = names.map(str::to_owned).collect();
        let looked = match &labelled {
            Some(_) => {
                let missing: Vec<ObjectKey> = within.difference(&here).map(|name| ObjectKey::namespace(name)).collect();
                self.look_for(&resource, None, missing.iter().collect()).await?
            }
            None => BTreeMap::new(),
        };
        within.extend(here);
        let (selector, resource) = (reach.selector(LABEL_RECORD), config_maps());
        let listing = Listing { selector: Some(&selector), limit: RECORDS, ..Listing::of(&resource) };
        let is_within = |object: &Object| place(object).is_some_and(|place| within.contains(place));
        let listed = unless_refused(self.pages_of(&listing, is_within).await)?;
        let records = listed.map(|objects| {
            let stock = Stock::default();
            for object in objects {
                let (place, name) = (place(&object).map(str::to_owned), object.name().map(str::to_owned));
                if let (Some(place), Some(name)) = (place, name) {
                    stock.put(&place, &name, object);
                }
            }
            stock
        });
        Ok(Shared { reach, labelled, looked, within, records, lists: Mutex::default() })
    }

    /// The same cluster, whose answers come out of shared lists as long as there are any left.
    #[must_use]
    pub fn sharing(&self, shared: Shared) -> Self {
        Self { shared: Some(Arc::new(shared)), ..self.clone() }
    }

    /// The same cluster, which is asked about everything.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { shared: None, ..self.clone() }
    }

    /// What a shared list holds for one environment, or for everybody in a namespace; none where the server must be
    /// asked, since nothing is shared or it was handed out before.
    pub(super) async fn shared_list(
        &self,
        resource: &Resource,
        sort: Sort,
        namespace: Option<&str>,
        owner: Option<&EnvironmentName>,
    ) -> Result<Option<Vec<Object>>, Error> {
        let Some(shared) = &self.shared else { return Ok(None) };
        let place = namespace.filter(|_| resource.namespaced).unwrap_or_default();
        if resource.namespaced && !shared.within.contains(place) {
            return Ok(None);
        }
        let cell = {
            let mut lists = shared.lists.lock().unwrap_or_else(PoisonError::into_inner);
            let cell = lists.entry((resource.kind.clone(), resource.version.clone(), sort)).or_default();
            Arc::clone(cell)
        };
        match cell.get_or_init(|| self.list_for_all(shared, resource, sort)).await {
            Listed::Objects(stock) => Ok(stock.take(place, owner.map_or("", EnvironmentName::as_str))),
            Listed::NotAllowed => Ok(None),
            Listed::Failed(error) => Err(Error::Shared(Arc::clone(error))),
        }
    }

    async fn list_for_all(&self, shared: &Shared, resource: &Resource, sort: Sort) -> Listed {
        let selector = shared.reach.selector(LABEL_ENVIRONMENT);
        let listing = match sort {
            Sort::Labelled => Listing { selector: Some(&selector), ..Listing::of(resource) },
            Sort::Whole => Listing::of(resource),
            Sort::Metadata => Listing::of(resource).metadata(),
        };
        let keep =
            |object: &Object| !resource.namespaced || place(object).is_some_and(|place| shared.within.contains(place));
        let objects = match self.pages_of(&listing, keep).await {
            Ok(objects) => objects,
            Err(error) if error.refused().is_some_and(Refused::is_missing_right) => return Listed::NotAllowed,
            // A kind went away since the kinds were asked for, and all its objects with it.
            Err(error) if sort != Sort::Labelled && error.is_not_found() => Vec::new(),
            Err(error) => return Listed::Failed(Arc::new(error)),
        };
        let stock = Stock::default();
        for object in objects {
            let place = place(&object).unwrap_or_default().to_owned();
            let owner = object.label(LABEL_ENVIRONMENT).filter(|_| sort == Sort::Labelled).unwrap_or_default();
            let owner = owner.to_owned();
            stock.put(&place, &owner, object);
        }
        Listed::Objects(stock)
    }
}

fn place(object: &Object) -> Option<&str> {
    object.metadata("namespace").and_then(Value::as_str)
}

/// What was listed; none where these credentials may not.
fn unless_refused(listed: Result<Vec<Object>, Error>) -> Result<Option<Vec<Object>>, Error> {
    match listed {
        Ok(objects) => Ok(Some(objects)),
        Err(error) if error.refused().is_some_and(Refused::is_missing_right) => Ok(None),
        Err(error) => Err(error),
    }
}
