//! The lock against other hosts: a Lease in the environment's namespace, renewed while a run lasts and taken over when
//! its holder is dead. It is politeness; what makes writes safe is the record's fence and each object's uid and version.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tracing::debug;

use crate::{
    desired::{LABEL_MANAGED_BY, MANAGED_BY},
    names::Namespace,
    object::{GroupKind, Object, Uid},
    ownership::FIELD_MANAGER,
    state::Run,
};

use super::{
    Cluster, Error,
    request::{Call, JSON, Repeat, Resource},
};

const NAME: &str = "ditc";
/// How long a lease lasts without a renewal. Short, since a killed run is finished by the next one after this time.
const LIFE: Duration = Duration::from_secs(15);
/// Three tries fit into a life.
const RENEWAL: Duration = Duration::from_secs(5);
/// How often a lease that others hold is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What is needed to take a lease.
pub struct Lease<'a> {
    pub namespace: &'a Namespace,
    pub run: &'a Run,
    /// How long to wait for a living holder to finish.
    pub patience: Duration,
    /// The run that is known to be dead, since its journal is here and its lock file is ours.
    pub dead: Option<&'a str>,
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Somebody else holds the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub who: String,
    pub since: String,
}

/// A lease that is ours and renewed until this value is released or dropped.
#[derive(Debug)]
pub struct Held {
    path: String,
    uid: Uid,
    last: Arc<Mutex<Renewed>>,
    renewals: JoinSet<()>,
}

#[derive(Debug, Clone, Copy)]
struct Renewed {
    at: Instant,
    is_lost: bool,
}

impl Held {
    /// Whether a write may start: half of the lease's life must be left, by our own clock.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        !last.is_lost && last.at.elapsed() < LIFE / 2
    }
}

impl Cluster {
    /// Takes the lease, waiting for a living holder as long as patience lasts and for a silent one until its lease is
    /// over. That is measured on our own monotonic clock while the lease stays unchanged; no two hosts' clocks are compared.
    ///
    /// # Errors
    /// The server's; the inner error is the holder that would not let go.
    pub async fn take(&self, lease: &Lease<'_>, mut waits: impl FnMut(&Holder)) -> Result<Result<Held, Holder>, Error> {
        let collection = resource().path(Some(lease.namespace.as_str()));
        let path = format!("{collection}/{NAME}");
        let start = Instant::now();
        let mut seen: Option<(String, Instant)> = None;
        loop {
            let doing = "taking the lease of ditc";
            let create = Call::new(Method::POST, collection.clone(), doing)
                .query("fieldManager", FIELD_MANAGER)
                .body(JSON, &body(lease, None));
            match self.call(create).await {
                Ok(reply) => return Ok(Ok(self.hold(path, reply.object(doing)?, lease))),
                Err(error) if error.refused().is_some_and(super::Refused::is_already_there) => {}
                Err(error) => return Err(error),
            }
            let theirs = match self.call(Call::new(Method::GET, path.clone(), "reading the lease of ditc")).await {
                Ok(reply) => reply.object(doing)?,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error),
            };
            let version = theirs.resource_version().unwrap_or_default().to_owned();
            let unchanged_since = match &seen {
                Some((last, since)) if *last == version => *since,
                _ => Instant::now(),
            };
            let is_new = seen.as_ref().is_some_and(|(last, _)| *last != version);
            seen = Some((version, unchanged_since));
            let identity = identity(&theirs);
            let is_dead = lease.dead.is_some_and(|run| run_of(identity) == run);
            if is_dead || identity.is_empty() || unchanged_since.elapsed() > life(&theirs) {
                debug!(identity, "taking over the lease");
                let doing = "taking over the lease of ditc";
                let take = Call::new(Method::PUT, path.clone(), doing)
                    .query("fieldManager", FIELD_MANAGER)
                    .body(JSON, &body(lease, Some(&theirs)));
                match self.call(take).await {
                    Ok(reply) => return Ok(Ok(self.hold(path, reply.object(doing)?, lease))),
                    Err(error) if error.refused().is_some_and(|refused| matches!(refused.code, 404 | 409)) => continue,
                    Err(error) => return Err(error),
                }
            }
            let holder = holder(&theirs);
            // A renewal shows that the holder lives; a silent one is given its life to show it.
            if is_new && start.elapsed() >= lease.patience {
                return Ok(Err(holder));
            }
            waits(&holder);
            sleep(LOOK).await;
        }
    }

    /// Whose living run holds the lease; none where nobody does, or where the holder is dead: where its lease, watched
    /// for as long as it lasts, was not renewed. Nothing is taken.
    ///
    /// # Errors
    /// When the lease could not be read.
    pub async fn holder(&self, namespace: &Namespace, mut waits: impl FnMut(&Holder)) -> Result<Option<Holder>, Error> {
        let doing = "reading the lease of ditc";
        let path = format!("{}/{NAME}", resource().path(Some(namespace.as_str())));
        let start = Instant::now();
        let mut first: Option<String> = None;
        loop {
            let theirs = match self.call(Call::new(Method::GET, path.clone(), doing)).await {
                Ok(reply) => reply.object(doing)?,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error),
            };
            if identity(&theirs).is_empty() {
                return Ok(None);
            }
            let version = theirs.resource_version().unwrap_or_default().to_owned();
            if first.as_ref().is_some_and(|first| *first != version) {
                return Ok(Some(holder(&theirs)));
            }
            if start.elapsed() > life(&theirs) {
                return Ok(None);
            }
            if first.is_none() {
                waits(&holder(&theirs));
                first = Some(version);
            }
            sleep(LOOK).await;
        }
    }

    fn hold(&self, path: String, object: Object, lease: &Lease<'_>) -> Held {
        let uid = object.uid().unwrap_or(Uid(String::new()));
        let last = Arc::new(Mutex::new(Renewed { at: Instant::now(), is_lost: false }));
        let mut renewals = JoinSet::new();
        let (cluster, state, now, at) = (self.clone(), Arc::clone(&last), Arc::clone(&lease.now), path.clone());
        renewals.spawn(async move { cluster.renew(&at, object, &state, now.as_ref()).await });
        Held { path, uid, last, renewals }
    }

    async fn renew(
        &self,
        path: &str,
        mut object: Object,
        state: &Mutex<Renewed>,
        now: &(dyn Fn() -> Timestamp + Sync),
    ) {
        loop {
            sleep(RENEWAL).await;
            object.0["spec"]["renewTime"] = Value::from(micro_time(now()));
            let start = Instant::now();
            let call = Call::new(Method::PUT, path.to_owned(), "renewing the lease of ditc")
                .query("fieldManager", FIELD_MANAGER)
                .body(JSON, &object.0);
            let is_lost = match self.call(call).await {
                Ok(reply) => {
                    object = Object(reply.body);
                    false
                }
                // Another took it over. Anything else is tried again while the lease lives.
                Err(error) => error.refused().is_some_and(|refused| matches!(refused.code, 404 | 409)),
            };
            let mut last = state.lock().unwrap_or_else(PoisonError::into_inner);
            if is_lost {
                last.is_lost = true;
                return;
            }
            last.at = start;
        }
    }

    /// Gives the lease back. A failure is no error: it ends by itself soon.
    pub async fn release(&self, mut held: Held) {
        held.renewals.shutdown().await;
        let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": held.uid.0}});
        let call = Call::new(Method::DELETE, held.path.clone(), "releasing the lease of ditc").body(JSON, &options);
        if let Err(error) = self.call(call.repeat(Repeat::No)).await {
            debug!(%error, "the lease was not released and ends by itself");
        }
    }
}

fn resource() -> Resource {
    Resource {
        kind: GroupKind::new("coordination.k8s.io", "Lease"),
        version: "v1".to_owned(),
        plural: "leases".to_owned(),
        namespaced: true,
    }
}

fn body(lease: &Lease<'_>, theirs: Option<&Object>) -> Value {
    let now = micro_time((lease.now)());
    let transitions =
        theirs.and_then(|lease| lease.at("/spec/leaseTransitions")?.as_u64()).map_or(0, |count| count + 1);
    let mut body = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {
            "name": NAME, "namespace": lease.namespace.as_str(), "labels": {LABEL_MANAGED_BY: MANAGED_BY},
        },
        "spec": {
            "holderIdentity": format!("{}/{}", lease.run.id, lease.run.who),
            "leaseDurationSeconds": LIFE.as_secs(), "leaseTransitions": transitions,
            "acquireTime": now, "renewTime": now,
        },
    });
    if let Some(theirs) = theirs {
        body["metadata"]["resourceVersion"] = theirs.metadata("resourceVersion").cloned().unwrap_or_default();
        body["metadata"]["uid"] = theirs.metadata("uid").cloned().unwrap_or_default();
    }
    body
}

fn identity(lease: &Object) -> &str {
    lease.at("/spec/holderIdentity").and_then(Value::as_str).unwrap_or_default()
}

fn holder(lease: &Object) -> Holder {
    let identity = identity(lease);
    Holder {
        who: identity.split_once('/').map_or(identity, |(_, who)| who).to_owned(),
        since: lease.at("/spec/acquireTime").and_then(Value::as_str).unwrap_or("an unknown time").to_owned(),
    }
}

/// How long a lease lasts without a renewal.
fn life(lease: &Object) -> Duration {
    lease.at("/spec/leaseDurationSeconds").and_then(Value::as_u64).map_or(LIFE, Duration::from_secs)
}

/// The run's id in a holder's identity, `ID/user@host`.
fn run_of(identity: &str) -> &str {
    identity.split_once('/').map_or(identity, |(run, _)| run)
}

/// The server takes a Lease's times with exactly six decimals.
fn micro_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
