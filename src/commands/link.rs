//! The way to the cluster: the real one or the one in the box, and what is known of it from before.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::sleep;

use crate::{
    cli,
    cluster::{Cluster, Connection, Discovery},
    config,
    failure::Failure,
    format::discovery::{self, Discovered},
    kinds::Kinds,
    names::EnvironmentName,
    object::ObjectKey,
    sandbox::{Options, Sandbox},
    settings,
    sources::Access,
    state::{ClusterId, Operation},
    store::{Cache, Store},
};

use super::{desk::Desk, held::Held, references};

/// Kinds and versions change with upgrades of the cluster; kubectl keeps its discovery as long.
const FRESH: Duration = Duration::from_secs(6 * 60 * 60);

/// So often the kinds are asked for again where one that was named is not served: six seconds and a little, all in all.
const CATCHING_UP: u32 = 6;

/// A connection with everything that is cached about its other end. Copies share the connection.
#[derive(Clone)]
pub(super) struct Link {
    pub cluster: Cluster,
    pub id: ClusterId,
    pub kinds: Arc<Kinds>,
    pub store: Store,
    /// When the kinds were asked for.
    pub asked: Timestamp,
    /// Whether they were asked for in this run.
    pub is_fresh: bool,
    /// With what repositories are asked; none where nobody is to ask them.
    pub access: Option<Access>,
    /// What is said of environments whose services are held to a lock.
    pub held: Held,
    cache: Cache,
    state: std::path::PathBuf,
    /// Alive as long as the link: its controllers work for the objects in it.
    _sandbox: Option<Sandbox>,
}

impl Link {
    /// Prepares the connection; asks the cluster who it is only when that is not known yet.
    pub(super) async fn open(desk: &Desk<'_>, root: &Path, context: Option<&str>) -> Result<Self, Failure> {
        Self::open_knowing(desk, root, context, FRESH).await
    }

    /// The same, where old knowledge will do: nothing is asked of a cluster that was ever met.
    pub(super) async fn open_without_asking(
        desk: &Desk<'_>,
        root: &Path,
        context: Option<&str>,
    ) -> Result<Self, Failure> {
        Self::open_knowing(desk, root, context, Duration::MAX).await
    }

    async fn open_knowing(
        desk: &Desk<'_>,
        root: &Path,
        context: Option<&str>,
        fresh: Duration,
    ) -> Result<Self, Failure> {
        let state = root.join("state");
        let cache = Cache::open(&state)?;
        let (cluster, sandbox) = connect(desk, root, context).await?;
        let kept = cache.read(cluster.server())?.and_then(|bytes| discovery::decode(&bytes).ok());
        let now = settings::now();
        let (discovered, is_fresh) = match kept {
            Some(kept) if now.duration_since(kept.at).unsigned_abs() < fresh => (kept, false),
            _ => (discover(&cluster, &cache).await?, true),
        };
        let Discovered { cluster: id, kinds, at: asked } = discovered;
        let store = Store::open(&state, &id)?;
        Ok(Self {
            cluster,
            id,
            kinds: Arc::new(kinds),
            store,
            asked,
            is_fresh,
            access: None,
            held: Held::new(),
            cache,
            state,
            _sandbox: sandbox,
        })
    }

    /// The same connection over another cluster and store, which share what they read.
    pub(super) fn with(&self, cluster: Cluster, store: Store) -> Self {
        Self { cluster, store, ..self.clone() }
    }

    /// Finds out what the services of environments stand at, which is of no account when they are destroyed.
    pub(super) async fn look_up(
        &mut self,
        desk: &Desk<'_>,
        workspace: &mut config::Workspace,
        environments: &BTreeSet<EnvironmentName>,
        operation: Operation,
        variables: &cli::Variables,
        past: Option<&references::Past>,
    ) -> Result<(), Failure> {
        if operation == Operation::Destroy {
            return Ok(());
        }
        let access = references::access(desk, &workspace.settings);
        self.held = references::look_up(desk, &access, workspace, environments, variables.references, past).await?;
        self.access = (!variables.references.offline).then_some(access);
        Ok(())
    }

    /// Asks the cluster again where it knows one of these kinds no longer, or not yet: it may have come since the kinds were
    /// asked for. Once in a run is enough; what is unknown then cannot be there.
    pub(super) async fn know<'k>(&mut self, mut keys: impl Iterator<Item = &'k ObjectKey>) -> Result<(), Failure> {
        if !self.is_fresh && keys.any(|key| self.kinds.get(&key.kind).is_none()) {
            self.discover().await?;
        }
        Ok(())
    }

    /// Asks the cluster for its kinds again after one of them was not found: its definition went since they were asked for,
    /// as it may at any time, and a server names a kind for a moment longer than it serves it. False: that was done
    /// often enough, so what is not found is something else.
    pub(super) async fn catch_up(&mut self, tries: u32) -> Result<bool, Failure> {
        if tries == CATCHING_UP {
            return Ok(false);
        }
        if self.is_fresh {
            sleep(Duration::from_millis(100 << tries)).await;
        }
        self.discover().await?;
        Ok(true)
    }

    /// Asks the cluster again: a kind is unknown, or the record names another cluster than the cache.
    pub(super) async fn discover(&mut self) -> Result<(), Failure> {
        let Discovered { cluster, kinds, at } = discover(&self.cluster, &self.cache).await?;
        if cluster != self.id {
            self.store = Store::open(&self.state, &cluster)?;
        }
        (self.id, self.kinds, self.asked, self.is_fresh) = (cluster, Arc::new(kinds), at, true);
        Ok(())
    }
}

async fn discover(cluster: &Cluster, cache: &Cache) -> Result<Discovered, Failure> {
    let Discovery { cluster: id, kinds } = cluster.discover().await?;
    let discovered = Discovered { cluster: id, kinds, at: settings::now() };
    cache.write(cluster.server(), discovery::encode(&discovered).as_bytes())?;
    Ok(discovered)
}

/// Prepares the connection alone: nothing is asked, and of the real cluster nothing is kept.
pub(super) async fn connect(
    desk: &Desk<'_>,
    root: &Path,
    context: Option<&str>,
) -> Result<(Cluster, Option<Sandbox>), Failure> {
    let global = desk.global;
    let (cluster, sandbox) = if global.sandbox {
        let sandbox = open_sandbox(root)?;
        let client = kube::Client::new(sandbox.service(), "default");
        (Cluster::over(client, "sandbox", "sandbox"), Some(sandbox))
    } else {
        (Cluster::connect(&connection(desk, context)).await?, None)
    };
    Ok((cluster.with_timeout(global.request_timeout), sandbox))
}

/// What flags, files and surroundings say about the way to a real cluster.
pub(super) fn connection(desk: &Desk<'_>, context: Option<&str>) -> Connection {
    let global = desk.global;
    Connection {
        kubeconfig: global.kubeconfig.clone(),
        variable: desk.settings.kubeconfig.clone(),
        home: desk.settings.home.clone(),
        context: global.context.clone().or_else(|| context.map(str::to_owned)),
        cluster: global.cluster.clone(),
        user: global.user.clone(),
        server: global.server.clone(),
        impersonate: global.impersonate.clone(),
        impersonate_groups: global.impersonate_group.clone(),
        is_interactive: desk.settings.stdin_is_terminal,
    }
}

/// Opens the cluster in the box, under `state/sandbox`.
pub(super) fn open_sandbox(root: &Path) -> Result<Sandbox, Failure> {
    let directory = root.join("state").join("sandbox");
    crate::files::create_ignored_dir(&root.join("state"))?;
    Ok(Sandbox::open(Options::kept_in(directory, settings::now))?)
}
