//! The lock against other hosts: a Lease in the environment's namespace, renewed while a run lasts and taken over when
//! its holder is dead. It is politeness; what makes writes safe is the record's fence and each object's uid and version.

use std::{future::pending, sync::Arc, time::Duration};

use http::Method;
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::{
    select,
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
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
/// Another version of ditc may give a lease longer; nobody waits for good because somebody wrote a large number.
const LONGEST_LIFE: Duration = Duration::from_secs(60);
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
    watch: Watch,
    renewals: JoinSet<()>,
}

/// How a lease of ours stands.
#[derive(Debug, Clone)]
enum Standing {
    /// Since this moment of [`clock`], and with this resourceVersion.
    Renewed {
        at: Duration,
        version: String,
    },
    Lost(Option<Holder>),
    /// It went with its namespace, in which nobody can take another.
    Over,
}

/// The view of those who write under a lease.
#[derive(Debug, Clone)]
pub(super) struct Watch(watch::Receiver<Standing>);

impl Watch {
    /// Waits until a write may start: half of the lease's life must be left, by our own clock. One that was not renewed
    /// in time may still be ours, and the next renewal tells.
    async fn is_safe(&self) -> Result<(), Error> {
        let mut standing = self.0.clone();
        loop {
            match &*standing.borrow_and_update() {
                Standing::Lost(holder) => return Err(Error::LeaseLost { holder: holder.clone() }),
                Standing::Over => return Ok(()),
                Standing::Renewed { at, version: _ } if clock().saturating_sub(*at) < LIFE / 2 => return Ok(()),
                Standing::Renewed { .. } => {}
            }
            if standing.changed().await.is_err() {
                return Err(Error::LeaseLost { holder: None });
            }
        }
    }

    /// Ends when the lease is lost, and says who has it, if anybody does.
    async fn is_lost(&self) -> Option<Holder> {
        let mut standing = self.0.clone();
        let lost = match standing.wait_for(|standing| matches!(standing, Standing::Lost(_))).await.as_deref() {
            Ok(Standing::Lost(holder)) => Some(holder.clone()),
            // Nobody renews it any more, since the run has come to its end.
            Ok(Standing::Renewed { .. } | Standing::Over) | Err(_) => None,
        };
        match lost {
            Some(holder) => holder,
            None => pending().await,
        }
    }
}

/// Time since the machine started, in which it may have slept: the usual clocks of a process stand still meanwhile, and a
/// laptop that is opened again would think that its lease was renewed just now.
fn clock() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
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
        let mut seen: Option<String> = None;
        loop {
            let (doing, asked) = ("taking the lease of ditc", clock());
            let create = Call::new(Method::POST, collection.clone(), doing)
                .query("fieldManager", FIELD_MANAGER)
                .body(JSON, &body(lease, None))
                .repeat(Repeat::Yes);
            match self.call(create).await {
                Ok(reply) => return Ok(Ok(self.hold(path, reply.object(doing)?, asked, lease))),
                Err(error) if error.refused().is_some_and(super::Refused::is_already_there) => {}
                Err(error) => return Err(error),
            }
            let theirs = match self.call(Call::new(Method::GET, path.clone(), "reading the lease of ditc")).await {
                Ok(reply) => reply.object(doing)?,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error),
            };
            let version = theirs.resource_version().unwrap_or_default().to_owned();
            let unchanged_since = self.looked.since(&path, &version);
            let is_new = seen.replace(version.clone()).is_some_and(|last| last != version);
            let identity = identity(&theirs);
            if identity == own_identity(lease.run) {
                // It was taken, and the answer was lost.
                return Ok(Ok(self.hold(path, theirs, asked, lease)));
            }
            let is_dead = lease.dead.is_some_and(|run| run_of(identity) == run);
            if is_dead || identity.is_empty() || unchanged_since.elapsed() > life(&theirs) {
                debug!(identity, "taking over the lease");
                let (doing, asked) = ("taking over the lease of ditc", clock());
                let take = Call::new(Method::PUT, path.clone(), doing)
                    .query("fieldManager", FIELD_MANAGER)
                    .body(JSON, &body(lease, Some(&theirs)));
                match self.call(take).await {
                    Ok(reply) => return Ok(Ok(self.hold(path, reply.object(doing)?, asked, lease))),
                    Err(error) if error.refused().is_some_and(|refused| matches!(refused.code, 404 | 409)) => continue,
                    // What is there the next time tells what became of it.
                    Err(error) if self.asks_again(&error) => continue,
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
        let mut first: Option<(String, Holder)> = None;
        loop {
            let theirs = match self.call(Call::new(Method::GET, path.clone(), doing)).await {
                Ok(reply) => reply.object(doing)?,
                // Only who lives gives a lease back: it came to its end meanwhile.
                Err(error) if error.is_not_found() => return Ok(first.map(|(_, holder)| holder)),
                Err(error) => return Err(error),
            };
            if identity(&theirs).is_empty() {
                return Ok(None);
            }
            let version = theirs.resource_version().unwrap_or_default().to_owned();
            if first.as_ref().is_some_and(|(first, _)| *first != version) {
                return Ok(Some(holder(&theirs)));
            }
            if self.looked.since(&path, &version).elapsed() > life(&theirs) {
                return Ok(None);
            }
            if first.is_none() {
                waits(&holder(&theirs));
                first = Some((version, holder(&theirs)));
            }
            sleep(LOOK).await;
        }
    }

    /// The same cluster, in which nothing is written without this lease.
    #[must_use]
    pub fn under(mut self, held: &Held) -> Self {
        self.lease = Some(held.watch.clone());
        self
    }

    /// Waits until a write may start.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another run may be at work.
    pub async fn may_write(&self) -> Result<(), Error> {
        let Some(lease) = &self.lease else { return Ok(()) };
        select! {
            answer = lease.is_safe() => answer,
            _ = self.is_given_up() => Err(Error::LeaseLost { holder: None }),
        }
    }

    /// Ends when the lease is lost under which all is written, and says who has it, if anybody does.
    pub async fn is_superseded(&self) -> Option<Holder> {
        match &self.lease {
            Some(lease) => lease.is_lost().await,
            None => pending().await,
        }
    }

    fn hold(&self, path: String, object: Object, asked: Duration, lease: &Lease<'_>) -> Held {
        let uid = object.uid().unwrap_or(Uid(String::new()));
        let version = object.resource_version().unwrap_or_default().to_owned();
        let (sender, standing) = watch::channel(Standing::Renewed { at: asked, version });
        let mut renewals = JoinSet::new();
        let (cluster, now, at) = (self.clone(), Arc::clone(&lease.now), path.clone());
        renewals.spawn(async move { cluster.renew(&at, object, &sender, now.as_ref()).await });
        Held { path, uid, watch: Watch(standing), renewals }
    }

    /// Renews a lease until it is lost.
    async fn renew(
        &self,
        path: &str,
        mut object: Object,
        standing: &watch::Sender<Standing>,
        now: &(dyn Fn() -> Timestamp + Sync),
    ) {
        let mut pause = RENEWAL;
        loop {
            sleep(pause).await;
            object.0["spec"]["renewTime"] = Value::from(micro_time(now()));
            let asked = clock();
            pause = match timeout(RENEWAL, self.renew_once(path, &object)).await {
                Ok(Ok(Renewal::Done(renewed))) => {
                    let version = renewed.resource_version().unwrap_or_default().to_owned();
                    object = renewed;
                    standing.send_replace(Standing::Renewed { at: asked, version });
                    RENEWAL
                }
                Ok(Ok(Renewal::Moved(moved))) => {
                    object = moved;
                    Duration::ZERO
                }
                Ok(Ok(Renewal::Over)) => {
                    standing.send_replace(Standing::Over);
                    return;
                }
                Ok(Ok(Renewal::Lost(holder))) => {
                    standing.send_replace(Standing::Lost(holder));
                    return;
                }
                // As long as nobody else takes it, it is ours once it is renewed.
                Ok(Err(_)) => LOOK,
                Err(_) => {
                    self.has_no_answer();
                    LOOK
                }
            };
        }
    }

    async fn renew_once(&self, path: &str, object: &Object) -> Result<Renewal, Error> {
        let doing = "renewing the lease of ditc";
        let call =
            Call::new(Method::PUT, path.to_owned(), doing).query("fieldManager", FIELD_MANAGER).body(JSON, &object.0);
        let error = match self.call(call).await {
            Ok(reply) => return Ok(Renewal::Done(Object(reply.body))),
            Err(error) => error,
        };
        match error.refused().map(|refused| refused.code) {
            Some(404) => self.gone(object).await,
            // A namespace that goes refuses what is new.
            Some(403) if self.goes_with_namespace(object).await? => Ok(Renewal::Over),
            Some(409) => match self.call(Call::new(Method::GET, path.to_owned(), doing)).await {
                // It was renewed, and the answer was lost.
                Ok(reply) if identity(&Object(reply.body.clone())) == identity(object) => {
                    Ok(Renewal::Moved(Object(reply.body)))
                }
                Ok(reply) => Ok(Renewal::Lost(Some(holder(&Object(reply.body))))),
                Err(error) if error.is_not_found() => self.gone(object).await,
                Err(error) => Err(error),
            },
            _ => Err(error),
        }
    }

    /// What it means that a lease of ours is gone.
    async fn gone(&self, object: &Object) -> Result<Renewal, Error> {
        Ok(if self.goes_with_namespace(object).await? { Renewal::Over } else { Renewal::Lost(None) })
    }

    /// Whether the namespace of an object goes, or went.
    async fn goes_with_namespace(&self, object: &Object) -> Result<bool, Error> {
        let name = object.metadata("namespace").and_then(Value::as_str).unwrap_or_default();
        let call = Call::new(Method::GET, format!("/api/v1/namespaces/{name}"), "reading the namespace of a lease");
        match self.call(call).await {
            Ok(reply) => Ok(Object(reply.body).is_terminating()),
            Err(error) if error.is_not_found() => Ok(true),
            // Who may not look at it cannot tell.
            Err(error) if error.refused().is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives the lease back, if it is still ours. A failure is no error: it ends by itself soon.
    pub async fn release(&self, mut held: Held) {
        held.renewals.shutdown().await;
        let standing = held.watch.0.borrow().clone();
        // Whoever took it over has it under the same uid: it is not ours to delete.
        let Standing::Renewed { version, at: _ } = standing else { return };
        let options = json!({
            "kind": "DeleteOptions", "apiVersion": "v1",
            "preconditions": {"uid": held.uid.0, "resourceVersion": version},
        });
        let call = Call::new(Method::DELETE, held.path.clone(), "releasing the lease of ditc").body(JSON, &options);
        if let Err(error) = self.call(call.repeat(Repeat::No)).await {
            debug!(%error, "the lease was not released and ends by itself");
        }
    }
}

/// What became of a renewal.
enum Renewal {
    Done(Object),
    /// It is ours, and another version of it is there.
    Moved(Object),
    Lost(Option<Holder>),
    /// It went with its namespace.
    Over,
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
            "holderIdentity": own_identity(lease.run),
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

fn own_identity(run: &Run) -> String {
    format!("{}/{}", run.id, run.who)
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
    let seconds = lease.at("/spec/leaseDurationSeconds").and_then(Value::as_u64);
    seconds.map_or(LIFE, Duration::from_secs).min(LONGEST_LIFE)
}

/// The run's id in a holder's identity, `ID/user@host`.
fn run_of(identity: &str) -> &str {
    identity.split_once('/').map_or(identity, |(run, _)| run)
}

/// The server takes a Lease's times with exactly six decimals.
fn micro_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
