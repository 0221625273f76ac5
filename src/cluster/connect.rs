//! How to reach a cluster: kubeconfig as kubectl reads it, or the service account of a pod; and the client itself.

use std::{path::PathBuf, time::Duration};

use hyper_timeout::TimeoutConnector;
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use kube::{
    Config,
    client::{ClientBuilder, ConfigExt},
    config::{ExecInteractiveMode, KubeConfigOptions},
};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_http::decompression::DecompressionLayer;

use super::{
    Cluster, Error,
    kubeconfig::{self, Fault, Names},
};

/// A host that does not answer is told after this time; on loopback and in data centres a connection takes milliseconds.
const CONNECT: Duration = Duration::from_secs(10);

/// After so long without a byte a connection is asked whether it is still there, and given up after twice as long.
const QUIET: Duration = Duration::from_secs(15);

/// kubectl's connection flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// Instead of `KUBECONFIG` and `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// What `KUBECONFIG` names, with a colon between files; where it names some, none of them is an error and not a pod.
    pub variable: Option<String>,
    /// Where `.kube/config` is looked for.
    pub home: Option<PathBuf>,
    pub context: Option<String>,
    pub cluster: Option<String>,
    pub user: Option<String>,
    /// Instead of the address in the kubeconfig.
    pub server: Option<String>,
    pub impersonate: Option<String>,
    pub impersonate_groups: Vec<String>,
    /// Whether a credential plugin may ask on the terminal.
    pub is_interactive: bool,
}

impl Connection {
    /// Whether a kubeconfig is asked for, so that none is an error and not a pod.
    pub(super) fn is_chosen(&self) -> bool {
        let named = [&self.context, &self.cluster, &self.user];
        self.variable.is_some() || self.kubeconfig.is_some() || named.into_iter().any(Option::is_some)
    }
}

impl Cluster {
    /// Prepares a client; no request is made yet.
    ///
    /// # Errors
    /// When no cluster is configured, or its configuration cannot be used.
    pub async fn connect(connection: &Connection) -> Result<Self, Error> {
        let (name, mut config) = config(connection).await?;
        // kube would repeat creates as well as reads, silently, for minutes (kube#2082).
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT);
        if let (Some(exec), false) = (config.auth_info.exec.as_mut(), connection.is_interactive) {
            exec.interactive_mode = Some(ExecInteractiveMode::Never);
        }
        let server = config.cluster_url.to_string();
        let server = server.trim_end_matches('/').to_owned();
        let client = client(config).map_err(|source| Error::Client { server: server.clone(), source })?;
        Ok(Self::over(client, name, server))
    }
}

/// The cluster's name and configuration; in a pod without a kubeconfig, its service account's.
async fn config(connection: &Connection) -> Result<(String, Config), Error> {
    let options = KubeConfigOptions {
        context: connection.context.clone(),
        cluster: connection.cluster.clone(),
        user: connection.user.clone(),
    };
    let Some(kubeconfig) = kubeconfig::load(connection)? else {
        return Ok(("in-cluster".to_owned(), Config::incluster().map_err(Error::NoCluster)?));
    };
    let names = Names::of(&kubeconfig);
    let context = options.context.clone().or_else(|| kubeconfig.current_context.clone()).unwrap_or_default();
    let of_context = kubeconfig.contexts.iter().find(|named| named.name == context);
    let of_context = of_context.and_then(|named| Some(named.context.as_ref()?.cluster.clone()));
    let name = options.cluster.clone().or(of_context).filter(|name| !name.is_empty()).unwrap_or(context);
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let mut config = config.map_err(|error| Error::Kubeconfig(Fault::of(error, connection, &names)))?;
    if let Some(server) = &connection.server {
        let wrong = |source| Error::Client { server: server.clone(), source: Box::new(source) };
        config.cluster_url = server.parse().map_err(wrong)?;
    }
    if let Some(user) = &connection.impersonate {
        config.auth_info.impersonate = Some(user.clone());
    }
    if !connection.impersonate_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(connection.impersonate_groups.clone());
    }
    Ok((name, config))
}

/// kube's own client leaves Nagle's algorithm on, which costs each new connection 42 ms; so the connector is ours. Behind
/// a proxy that delay is lost in the proxy's own, and kube's connector serves.
fn client(config: Config) -> Result<kube::Client, BoxError> {
    if config.proxy_url.is_some() {
        return Ok(ClientBuilder::try_from(config)?.build());
    }
    let namespace = config.default_namespace.clone();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // A watch is silent for minutes: only so does it show that a firewall or a change of networks has forgotten it.
    tcp.set_keepalive(Some(QUIET));
    tcp.set_keepalive_interval(Some(QUIET / 3));
    tcp.set_keepalive_retries(Some(3));
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_write_timeout(config.write_timeout);
    let http = HttpClient::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(ClientBuilder::new(service.boxed_clone(), namespace).build())
}
