//! What stands around the objects that are waited for: replica sets, pods, and what was told of them all. Found by owner and
//! uid, never by labels: a foreign pod may carry the same ones.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    object::{GroupKind, Object, ObjectKey, Uid, split_api_version},
    pod,
};

use super::{condition, count};

/// The annotation by which a Deployment and the set of its current revision are one.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label of a pod that names the revision of its set.
const REVISION_HASH: &str = "controller-revision-hash";
/// How often the template of a DaemonSet changed: in its annotation, and in the label of each of its pods.
const GENERATION: [&str; 2] = ["deprecated.daemonset.template.generation", "pod-template-generation"];

/// Everything of a few kinds in a namespace, whoever made it.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Replica sets and pods by their controller, as `""` those without one.
    owned: BTreeMap<String, BTreeMap<ObjectKey, Object>>,
    /// Events by what they are about.
    told: BTreeMap<(String, String), BTreeMap<String, Object>>,
}

/// The kinds that are looked at, with their versions, to learn why an object does not work.
#[must_use]
pub fn looked_at(kind: &GroupKind) -> Vec<(GroupKind, &'static str)> {
    let core = |kind: &str| (GroupKind::new("", kind), "v1");
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps" | "batch", _) | ("", "Pod" | "ReplicationController" | "Service") => {
            pod::between(kind).into_iter().chain([core("Pod"), core("Event")]).collect()
        }
        ("", "PersistentVolumeClaim") => vec![core("Event")],
        _ => Vec::new(),
    }
}

impl Around {
    /// Takes in an object as it is now.
    pub fn take(&mut self, object: Object) {
        let Some(key) = object.key() else { return };
        match about(&object) {
            Some(about) => {
                self.told.entry(about).or_default().insert(key.name, object);
            }
            None => {
                self.owned.entry(owner(&object)).or_default().insert(key, object);
            }
        }
    }

    /// Forgets an object that is gone.
    pub fn remove(&mut self, object: &Object) {
        let Some(key) = object.key() else { return };
        match about(object) {
            Some(about) => {
                self.told.get_mut(&about).and_then(|told| told.remove(&key.name));
            }
            None => {
                self.owned.get_mut(&owner(object)).and_then(|owned| owned.remove(&key));
            }
        }
    }

    /// Takes in a complete list of a kind: what it does not bring is not there.
    pub fn replace(&mut self, kind: &GroupKind, objects: Vec<Object>) {
        if kind.kind == "Event" {
            self.told.clear();
        } else {
            self.owned.values_mut().for_each(|owned| owned.retain(|key, _| key.kind != *kind));
        }
        objects.into_iter().for_each(|object| self.take(object));
    }

    fn of<'a>(&'a self, uid: &Uid, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        let owned = self.owned.get(&uid.0).into_iter().flatten();
        owned.filter(move |(key, _)| key.kind.kind == kind).map(|(_, object)| object)
    }

    /// The pods of an object's current revision that are not on their way out.
    #[must_use]
    pub fn pods<'a>(&'a self, object: &'a Object) -> Vec<&'a Object> {
        let Some(uid) = object.uid() else { return Vec::new() };
        let pods: Vec<&Object> = match object.kind() {
            Some("Pod") => vec![object],
            Some("Deployment") => {
                let wanted = object.annotation(REVISION);
                let sets =
                    self.of(&uid, "ReplicaSet").filter(|set| wanted.is_some() && set.annotation(REVISION) == wanted);
                sets.filter_map(Object::uid).flat_map(|set| self.of(&set, "Pod").collect::<Vec<_>>()).collect()
            }
            Some("StatefulSet") => {
                let status = |field: &str| object.at(&format!("/status/{field}")).and_then(Value::as_str);
                // Below the partition, and where nobody but the user replaces pods, those of before are as wanted.
                let keeps = count(object, "/spec/updateStrategy/rollingUpdate/partition") > 0
                    || object.at("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete");
                let is_current = |pod: &&Object| {
                    let hash = pod.label(REVISION_HASH);
                    hash == status("updateRevision") || (keeps && hash == status("currentRevision"))
                };
                self.of(&uid, "Pod").filter(is_current).collect()
            }
            Some("DaemonSet") => {
                let wanted = object.annotation(GENERATION[0]);
                let is_current = |pod: &&Object| wanted.is_none() || pod.label(GENERATION[1]) == wanted;
                self.of(&uid, "Pod").filter(is_current).collect()
            }
            _ => self.of(&uid, "Pod").collect(),
        };
        pods.into_iter().filter(|pod| !pod.is_terminating()).collect()
    }

    /// The pods of revisions before that still run in front of a set's first new one: a set in order waits for them.
    #[must_use]
    pub fn pods_before<'a>(&'a self, set: &'a Object) -> Vec<&'a Object> {
        let (Some(uid), Some("StatefulSet")) = (set.uid(), set.kind()) else { return Vec::new() };
        let update = set.at("/status/updateRevision").and_then(Value::as_str);
        let before = self.of(&uid, "Pod").filter(|pod| pod.label(REVISION_HASH) != update && !pod.is_terminating());
        before.filter(|pod| condition(pod, "Ready").is_none_or(|ready| ready["status"] != "True")).collect()
    }

    /// The pods on a node that use a claim. A pod without a node holds nothing, and gets none while the claim goes.
    #[must_use]
    pub fn using(&self, claim: &ObjectKey) -> Vec<User> {
        let all = || self.owned.values().flatten();
        let uses_it = |pod: &Object| {
            let volumes = pod.at("/spec/volumes").and_then(Value::as_array).into_iter().flatten();
            let mut names = volumes.map(|volume| &volume["persistentVolumeClaim"]["claimName"]);
            pod.at("/spec/nodeName").is_some() && names.any(|name| *name == claim.name.as_str())
        };
        let pods = all().filter(|(key, pod)| key.kind.is("", "Pod") && uses_it(pod));
        let users = pods.filter_map(|(key, pod)| {
            let mut chain = vec![key.clone()];
            chain.extend(controller(key, pod));
            // A set or a Job may stand between the pod and what was described.
            let between = chain.get(1).and_then(|owner| all().find(|(key, _)| *key == owner));
            chain.extend(between.and_then(|(key, owner)| controller(key, owner)));
            Some(User { uid: pod.uid()?, chain, is_ending: pod.is_terminating() })
        });
        users.collect()
    }

    /// Whether any pod has these labels.
    #[must_use]
    pub fn has_pod_with(&self, labels: &serde_json::Map<String, Value>) -> bool {
        let pods = self.owned.values().flatten().filter(|(key, _)| key.kind.is("", "Pod"));
        pods.map(|(_, pod)| pod).any(|pod| labels.iter().all(|(name, value)| pod.label(name) == value.as_str()))
    }

    /// What was told of an object for these reasons, latest first.
    #[must_use]
    pub fn told<'a>(&'a self, object: &Object, reasons: &[&str]) -> Vec<Told<'a>> {
        let (Some(kind), Some(name)) = (object.kind(), object.name()) else { return Vec::new() };
        let uid = object.uid();
        self.told_by_name(kind, name, reasons)
            .into_iter()
            .filter(|told| told.uid == uid.as_ref().map(|uid| &*uid.0))
            .collect()
    }

    /// The same for whatever has had this name.
    #[must_use]
    pub fn told_by_name<'a>(&'a self, kind: &str, name: &str, reasons: &[&str]) -> Vec<Told<'a>> {
        let events = self.told.get(&(kind.to_owned(), name.to_owned())).into_iter().flatten();
        let mut told: Vec<Told<'a>> = events.filter_map(|(_, event)| Told::read(event)).collect();
        told.retain(|told| reasons.contains(&told.reason));
        told.sort_by(|one, other| other.at.cmp(one.at));
        told
    }
}

/// A pod that uses something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub uid: Uid,
    /// The pod, what controls it, and what controls that.
    pub chain: Vec<ObjectKey>,
    pub is_ending: bool,
}

/// What controls an object.
fn controller(key: &ObjectKey, object: &Object) -> Option<ObjectKey> {
    let owner = object.controller()?;
    let text = |field: &str| owner[field].as_str().unwrap_or_default();
    let (group, _) = split_api_version(text("apiVersion"));
    Some(ObjectKey::new(group, text("kind"), key.namespace.as_deref(), text("name")))
}

/// One event, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    pub reason: &'a str,
    pub message: &'a str,
    /// `spec.containers{main}`
    pub part: &'a str,
    uid: Option<&'a str>,
    at: &'a str,
}

impl<'a> Told<'a> {
    fn read(event: &'a Object) -> Option<Self> {
        let text = |pointer: &str| event.at(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        // Those of the scheduler have only `eventTime`; a series tells when it was last seen.
        let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        Some(Self {
            reason: text("/reason")?,
            message: text("/message").unwrap_or_default(),
            part: text("/involvedObject/fieldPath").unwrap_or_default(),
            uid: text("/involvedObject/uid"),
            at: times.iter().find_map(|time| text(time)).unwrap_or_default(),
        })
    }
}

fn owner(object: &Object) -> String {
    let uid = object.controller().and_then(|owner| owner["uid"].as_str());
    uid.unwrap_or_default().to_owned()
}

/// Kind and name of what an event is about.
fn about(object: &Object) -> Option<(String, String)> {
    let part = |part: &str| object.at(&format!("/involvedObject/{part}")).and_then(Value::as_str).map(str::to_owned);
    (object.kind() == Some("Event")).then(|| Some((part("kind")?, part("name")?))).flatten()
}
