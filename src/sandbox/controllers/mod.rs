//! What makes the sandbox live: workloads get pods, pods become ready, claims are bound, namespaces empty themselves.
//!
//! One task reconciles one object at a time, woken by writes and by timers, never by polling. It keeps nothing that matters: opened
//! again, a sandbox goes on from its objects. When all is as wanted, nothing is written.

mod autoscalers;
pub(super) mod budgets;
mod claims;
mod conditions;
mod definitions;
mod deployments;
mod events;
mod failures;
mod garbage;
mod jobs;
mod namespaces;
mod pods;
mod quotas;
mod references;
mod roles;
mod services;
mod sets;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::{self, Instant};

use super::{
    Shared, decode,
    deletion::{self, Deletion},
    kinds::{self, Resource},
    managers::Writer,
    status::Refusal,
    store::{Change, Place, Store, text},
    writes::{self, Write},
};
use crate::object::{Hash, split_api_version};
use conditions::{Condition, numbers};

const MANAGER: &str = "kube-controller-manager";
/// A real controller sees a write only after a moment, so that clients meet a status older than the spec.
const LAG: Duration = Duration::from_millis(5);
/// Reconciliations between two chances for clients to be served.
const BATCH: usize = 100;

/// Beyond so many, what was remembered of objects that are gone is dropped.
const REMEMBERED: usize = 5_000;

/// What the controllers remember between reconciliations; lost at the end, found again from the objects.
#[derive(Debug, Default)]
struct Memory {
    queue: BTreeSet<Place>,
    timers: BTreeMap<Place, Instant>,
    /// When something was first seen: a pod's start, a rollout's last progress.
    since: BTreeMap<String, (Instant, Duration)>,
    seen: u64,
}

/// Reconciles until aborted.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut changed = shared.changed.subscribe();
    let mut memory = Memory::default();
    {
        let state = shared.lock();
        memory.queue = state.store.places().into_iter().collect();
        memory.seen = state.store.revision();
    }
    loop {
        while work(&shared, &mut memory) {
            tokio::task::yield_now().await;
        }
        let next = memory.timers.values().min().copied();
        let timer = async {
            match next {
                Some(due) => time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            woken = changed.changed() => {
                if woken.is_err() {
                    return;
                }
                time::sleep(LAG).await;
            }
            () = timer => {}
        }
    }
}

/// Does a batch of what is due; true when more is waiting.
fn work(shared: &Shared, memory: &mut Memory) -> bool {
    let mut state = shared.lock();
    let now = decode::seconds((shared.now)());
    let clock = Instant::now();
    let due: Vec<Place> =
        memory.timers.iter().filter(|(_, due)| **due <= clock).map(|(place, _)| place.clone()).collect();
    for place in due {
        memory.timers.remove(&place);
        memory.queue.insert(place);
    }
    for _ in 0..BATCH {
        notice(&state.store, memory);
        let Some(place) = memory.queue.pop_first() else { break };
        reconcile(&mut Context { store: &mut state.store, memory, now: &now, clock }, &place);
    }
    notice(&state.store, memory);
    if memory.since.len() > REMEMBERED {
        // The second word of each is a uid.
        memory.since.retain(|what, _| what.split(' ').nth(1).is_some_and(|uid| state.store.by_uid(uid).is_some()));
    }
    let revision = state.store.revision();
    drop(state);
    shared.announce(revision);
    !memory.queue.is_empty()
}

/// Queues what the latest writes may concern.
fn notice(store: &Store, memory: &mut Memory) {
    match store.since(memory.seen) {
        Some(changes) => changes.for_each(|change| concerned(store, change, &mut memory.queue)),
        None => memory.queue.extend(store.places()),
    }
    memory.seen = store.revision();
}

fn concerned(store: &Store, change: &Change, queue: &mut BTreeSet<Place>) {
    queue.insert(change.place.clone());
    let namespace = &change.place.1.0;
    for object in [&change.old, &change.new].into_iter().flatten() {
        let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        for owner in owners.into_iter().flatten() {
            queue.extend(store.by_uid(text(owner, "/uid")).cloned());
            if change.new.is_none() {
                // One of the owner's name may wait for the name that is free now: it was made anew meanwhile.
                let group = split_api_version(text(owner, "/apiVersion")).0;
                let resource = store.kinds().by_kind(group, text(owner, "/kind"));
                let name = text(owner, "/name").to_owned();
                queue.extend(resource.map(|resource| (resource.slot, (namespace.clone(), name))));
            }
        }
        if change.new.as_ref().is_none_or(|new| !text(new, "/metadata/deletionTimestamp").is_empty()) {
            queue.extend(store.owned_by(text(object, "/metadata/uid")).cloned());
        }
    }
    let resource = store.kinds().stored(change.place.0);
    let kind = if resource.custom.is_some() { "" } else { resource.kind.as_str() };
    match kind {
        "Pod" => {
            services::of_pod(store, change, queue);
            budgets::of_pod(store, change, queue);
            claims::of_pod(change, queue);
        }
        "Service" => services::endpoints_of(change, queue),
        "ClusterRole" => roles::of_role(store, change, queue),
        "Deployment" | "StatefulSet" | "ReplicaSet" => autoscalers::of_target(store, change, kind, queue),
        // A pod may wait for these.
        "ConfigMap" | "Secret" | "PersistentVolumeClaim" => {
            let pods = kinds::known("", "Pod").slot;
            queue.extend(store.list(pods, Some(namespace)).map(|(name, _)| (pods, name.clone())));
            let volumes = kinds::known("", "PersistentVolume").slot;
            let volume = change.old.as_ref().map(|claim| text(claim, "/spec/volumeName").to_owned());
            queue.extend(volume.map(|volume| (volumes, (String::new(), volume))));
        }
        _ => {}
    }
    quotas::of_change(store, change, kind, queue);
    if change.new.is_none() {
        if resource.custom.is_some() {
            let definitions = kinds::known("apiextensions.k8s.io", "CustomResourceDefinition").slot;
            queue.insert((definitions, (String::new(), resource.qualified())));
        }
        queue.insert((kinds::known("", "Namespace").slot, (String::new(), namespace.clone())));
    }
}

fn reconcile(context: &mut Context<'_>, place: &Place) {
    let Some(object) = context.store.at(place).cloned() else { return };
    if garbage::collect(context, place, &object) {
        return;
    }
    let resource = Arc::clone(context.store.kinds().stored(place.0));
    let is_terminating = !text(&object, "/metadata/deletionTimestamp").is_empty();
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => pods::reconcile(context, place, &object),
        ("", "Namespace") => namespaces::reconcile(context, place, &object),
        ("", "PersistentVolumeClaim") => claims::reconcile(context, place, &object),
        ("", "PersistentVolume") => claims::release(context, &object),
        ("", "Endpoints") => services::forget(context, &object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definitions::reconcile(context, &object),
        _ if is_terminating => {}
        ("", "Service") => services::reconcile(context, &object),
        ("", "ResourceQuota") => quotas::reconcile(context, &object),
        ("", "Node") => pods::node(context, &object),
        ("apps", "Deployment") => deployments::reconcile(context, place, &object),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => deployments::replica_set(context, place, &object),
        ("apps", "StatefulSet") => sets::stateful(context, &object),
        ("apps", "DaemonSet") => sets::daemon(context, &object),
        ("rbac.authorization.k8s.io", "ClusterRole") => roles::reconcile(context, &object),
        ("policy", "PodDisruptionBudget") => budgets::reconcile(context, &object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscalers::reconcile(context, &object),
        ("batch", "Job") => jobs::reconcile(context, place, &object),
        _ => {}
    }
}

/// What a reconciliation works with.
struct Context<'a> {
    store: &'a mut Store,
    memory: &'a mut Memory,
    now: &'a str,
    clock: Instant,
}

impl<'a> Context<'a> {
    fn write(&self, manager: &'a str, subresource: &'a str) -> Write<'a> {
        Write {
            // A write through `scale` leaves no time.
            writer: Writer { manager, subresource, time: (subresource != "scale").then_some(self.now) },
            now: self.now,
            user: None,
            is_dry: false,
            warnings: None,
        }
    }

    /// Creates an object; a refusal is no disaster, the next change asks again.
    fn create(&mut self, resource: &Resource, namespace: &str, object: Value) -> Option<Arc<Value>> {
        self.create_as(MANAGER, resource, namespace, object)
    }

    fn create_as(
        &mut self,
        manager: &'a str,
        resource: &Resource,
        namespace: &str,
        object: Value,
    ) -> Option<Arc<Value>> {
        told(self.try_create(manager, resource, namespace, object))
    }

    fn try_create(
        &mut self,
        manager: &'a str,
        resource: &Resource,
        namespace: &str,
        object: Value,
    ) -> Result<Arc<Value>, Refusal> {
        let decoded = writes::complete(resource, object).map_err(|misfit| Refusal::bad_request(misfit.to_string()))?;
        let write = self.write(manager, "");
        writes::create(self.store, resource, namespace, decoded.value, write, false)
    }

    /// Writes an object through a subresource, if it differs.
    fn update(&mut self, manager: &'a str, subresource: &'a str, live: &Arc<Value>, new: Value) -> Option<Arc<Value>> {
        if **live == new {
            return Some(Arc::clone(live));
        }
        let (group, _) = split_api_version(text(live, "/apiVersion"));
        let resource = Arc::clone(self.store.kinds().by_kind(group, text(live, "/kind"))?);
        let resource = &resource;
        let decoded = writes::complete(resource, new).map_err(|misfit| Refusal::bad_request(misfit.to_string()));
        let write = self.write(manager, subresource);
        told(decoded.and_then(|decoded| writes::update(self.store, resource, live, decoded.value, write, false)))
    }

    /// Writes a status, if it differs.
    fn status(&mut self, manager: &'a str, live: &Arc<Value>, status: Value) -> Option<Arc<Value>> {
        let mut new = Value::clone(live);
        new["status"] = status;
        self.update(manager, "status", live, new)
    }

    fn delete(&mut self, live: &Arc<Value>, grace: Option<i64>) {
        self.remove(live, "Background", grace);
    }

    /// Deletes an object once all that hangs on it is gone.
    fn delete_after_dependents(&mut self, live: &Arc<Value>) {
        self.remove(live, "Foreground", None);
    }

    fn remove(&mut self, live: &Arc<Value>, propagation: &str, grace: Option<i64>) {
        let (group, _) = split_api_version(text(live, "/apiVersion"));
        let Some(resource) = self.store.kinds().by_kind(group, text(live, "/kind")).cloned() else { return };
        let resource = &resource;
        // Whoever names a grace period ends what is ended already.
        if resource.is("", "Pod") && grace.is_none() && !is_terminating(live) {
            events::deleted(self, live);
        }
        let deletion = Deletion { propagation: Some(propagation.to_owned()), grace, ..Deletion::default() };
        let write = self.write(MANAGER, "");
        told(deletion::delete(self.store, resource, live, &deletion, write));
    }

    /// Looks at an object again after a while.
    fn later(&mut self, place: &Place, wait: Duration) {
        let due = self.clock + wait;
        let known = self.memory.timers.entry(place.clone()).or_insert(due);
        *known = (*known).min(due);
    }

    /// How long ago something was first asked about; asking starts it.
    fn elapsed(&mut self, what: String) -> Duration {
        self.elapsed_after(what, Duration::ZERO)
    }

    /// The same, of something that had come this far when it was first asked about: an earlier process began it.
    fn elapsed_after(&mut self, what: String, before: Duration) -> Duration {
        let (start, before) = *self.memory.since.entry(what).or_insert((self.clock, before));
        self.clock.duration_since(start) + before
    }

    /// The objects of a kind that an object controls.
    fn controlled(&self, owner: &Value, group: &str, kind: &str) -> Vec<Arc<Value>> {
        let (slot, uid) = (kinds::known(group, kind).slot, text(owner, "/metadata/uid"));
        let places = self.store.owned_by(uid).filter(|place| place.0 == slot);
        let objects = places.filter_map(|place| self.store.at(place));
        objects.filter(|object| controller_uid(object) == Some(uid)).cloned().collect()
    }
}

fn told<T>(result: Result<T, Refusal>) -> Option<T> {
    result.map_err(|refusal| tracing::debug!(message = %refusal.message, "a controller was refused")).ok()
}

fn controller_uid(object: &Value) -> Option<&str> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    owners.iter().find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?.get("uid")?.as_str()
}

/// The reference by which an object controls another.
fn controlled_by(owner: &Value) -> Value {
    json!([{
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Ten letters that stand for a value, as in the names of replica sets.
fn short_hash(value: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let hash = Hash::of_value(value).to_string().into_bytes();
    let pairs = hash.chunks(2).take(10).map(|pair| pair.iter().fold(0usize, |sum, byte| sum * 31 + usize::from(*byte)));
    pairs.map(|number| char::from(LETTERS[number % LETTERS.len()])).collect()
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn is_terminating(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}
