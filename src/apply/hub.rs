//! One watch per kind that a run waits for, and what was last seen of every object in it. Where a wait lasts, a watch of
//! what stands around the objects as well: pods, their sets, and events.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::StreamExt;
use tokio::{sync::watch, task::JoinSet};
use tracing::debug;

use crate::{
    cluster::{Cluster, Error, Sight, Watched},
    kinds::Kinds,
    names::Namespace,
    object::{GroupKind, Object, ObjectKey, Uid},
    readiness::{self, Around},
};

/// The watches of a run; they end when it is dropped.
pub(super) struct Hub {
    cluster: Cluster,
    kinds: Arc<Kinds>,
    namespace: Namespace,
    selector: String,
    seen: Arc<Mutex<Seen>>,
    changes: watch::Sender<u64>,
    watches: Mutex<JoinSet<()>>,
    closer: Arc<Mutex<Closer>>,
}

/// What a closer look has brought so far.
#[derive(Default)]
struct Closer {
    around: Around,
    watched: BTreeSet<GroupKind>,
    /// Kinds whose first list is complete, and those that may not be looked at.
    known: BTreeSet<GroupKind>,
}

#[derive(Default)]
struct Seen {
    watched: BTreeSet<GroupKind>,
    /// Kinds whose first list is complete: what is not there is absent.
    listed: BTreeSet<GroupKind>,
    objects: BTreeMap<ObjectKey, Object>,
    /// Those that are gone, and had run to their end: some are cleared away as soon as they have.
    ended: BTreeMap<ObjectKey, Object>,
    /// What was there and went, by the uid that it had.
    gone: BTreeSet<Uid>,
    failed: BTreeMap<GroupKind, Arc<Error>>,
}

/// What the hub knows of an object.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// The first list is not complete yet.
    NotYet,
    Absent,
    Present(Object),
}

impl Hub {
    pub(super) fn new(cluster: Cluster, kinds: Arc<Kinds>, namespace: Namespace, selector: String) -> Self {
        Self {
            cluster,
            kinds,
            namespace,
            selector,
            seen: Arc::default(),
            changes: watch::Sender::new(0),
            watches: Mutex::default(),
            closer: Arc::default(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to watch a kind, unless that is done already. Must be called within the runtime.
    pub(super) fn watch(&self, kind: &GroupKind, api_version: &str) {
        if !self.seen().watched.insert(kind.clone()) {
            return;
        }
        let (seen, changes, of) = (Arc::clone(&self.seen), self.changes.clone(), kind.clone());
        self.follow(kind, api_version, Some(self.selector.clone()), move |sight| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).take(&of, sight);
            changes.send_modify(|count| *count += 1);
        });
    }

    /// Starts to watch what may tell why objects of a kind do not work, unless that is done already.
    pub(super) fn look_closer(&self, kind: &GroupKind) {
        for (kind, api_version) in readiness::looked_at(kind) {
            if !self.closer().watched.insert(kind.clone()) {
                continue;
            }
            let (closer, changes, of) = (Arc::clone(&self.closer), self.changes.clone(), kind.clone());
            // What controllers make carries no label of ours.
            self.follow(&kind, api_version, None, move |sight| {
                closer.lock().unwrap_or_else(PoisonError::into_inner).take(&of, sight);
                changes.send_modify(|count| *count += 1);
            });
        }
    }

    /// Uses what a closer look has brought so far; none while a first list is not complete.
    pub(super) fn around<T>(&self, use_it: impl FnOnce(&Around) -> T) -> Option<T> {
        let closer = self.closer();
        (closer.watched == closer.known).then(|| use_it(&closer.around))
    }

    fn closer(&self) -> MutexGuard<'_, Closer> {
        self.closer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(
        &self,
        kind: &GroupKind,
        api_version: &str,
        selector: Option<String>,
        mut take: impl FnMut(Result<Sight, Error>) + Send + 'static,
    ) {
        let watched = Watched { kind: kind.clone(), api_version: api_version.to_owned(), selector };
        let namespaced = self.kinds.get(kind).is_some_and(|kind| kind.namespaced);
        let namespace = namespaced.then_some(&self.namespace);
        let mut sights = Box::pin(self.cluster.watch(&watched, namespace, &self.kinds));
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.spawn(async move {
            while let Some(sight) = sights.next().await {
                take(sight);
            }
        });
    }

    /// Says when anything was seen; to be taken before looking, so that nothing slips between.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Looks at one object.
    ///
    /// # Errors
    /// When its kind cannot be watched.
    pub(super) fn look(&self, key: &ObjectKey) -> Result<Look, Arc<Error>> {
        let seen = self.seen();
        if let Some(error) = seen.failed.get(&key.kind) {
            return Err(Arc::clone(error));
        }
        Ok(match seen.objects.get(key) {
            Some(object) => Look::Present(object.clone()),
            None if seen.listed.contains(&key.kind) => Look::Absent,
            None => Look::NotYet,
        })
    }

    /// An object that is gone, as it was last seen, if it had run to its end.
    pub(super) fn ended(&self, key: &ObjectKey) -> Option<Object> {
        self.seen().ended.get(key).cloned()
    }

    /// Whether an object was there and went.
    pub(super) fn is_gone(&self, uid: &Uid) -> bool {
        self.seen().gone.contains(uid)
    }

    /// Everything seen of a kind; none while its first list is not complete.
    ///
    /// # Errors
    /// When the kind cannot be watched.
    pub(super) fn all(&self, kind: &GroupKind) -> Result<Option<Vec<Object>>, Arc<Error>> {
        let seen = self.seen();
        if let Some(error) = seen.failed.get(kind) {
            return Err(Arc::clone(error));
        }
        let objects = seen.objects.iter().filter(|(key, _)| key.kind == *kind).map(|(_, object)| object.clone());
        Ok(seen.listed.contains(kind).then(|| objects.collect()))
    }
}

impl Seen {
    fn take(&mut self, kind: &GroupKind, sight: Result<Sight, Error>) {
        match sight {
            Ok(Sight::Listed(objects)) => {
                let all = std::mem::take(&mut self.objects).into_iter();
                let (before, others): (BTreeMap<_, _>, _) = all.partition(|(key, _)| key.kind == *kind);
                self.objects = others;
                self.objects.extend(objects.into_iter().filter_map(|object| Some((object.key()?, object))));
                let stays = |object: &Object| {
                    let now = object.key().and_then(|key| self.objects.get(&key));
                    now.is_some_and(|now| now.uid() == object.uid())
                };
                let gone: Vec<Object> = before.into_values().filter(|object| !stays(object)).collect();
                gone.into_iter().for_each(|object| self.forget(object));
                self.listed.insert(kind.clone());
            }
            Ok(Sight::Changed(object)) => {
                self.objects.extend(object.key().map(|key| (key, object)));
            }
            Ok(Sight::Gone(object)) => {
                self.objects.retain(|key, _| object.key().as_ref() != Some(key));
                self.forget(object);
            }
            Err(error) => {
                self.failed.insert(kind.clone(), Arc::new(error));
            }
        }
    }

    fn forget(&mut self, object: Object) {
        self.gone.extend(object.uid());
        if let (Some(key), true) = (object.key(), readiness::has_ended(&object)) {
            self.ended.insert(key, object);
        }
    }
}

impl Closer {
    fn take(&mut self, kind: &GroupKind, sight: Result<Sight, Error>) {
        match sight {
            Ok(Sight::Listed(objects)) => {
                self.around.replace(kind, objects);
                self.known.insert(kind.clone());
            }
            Ok(Sight::Changed(object)) => self.around.take(object),
            Ok(Sight::Gone(object)) => self.around.remove(&object),
            Err(error) => {
                debug!(%kind, %error, "not looked at");
                self.known.insert(kind.clone());
            }
        }
    }
}
