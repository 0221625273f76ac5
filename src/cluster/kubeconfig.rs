//! What a kubeconfig says, for people who look for a mistake in it, and for those who type a name of it.

use std::{
    io,
    path::{Path, PathBuf},
};

use kube::config::{Kubeconfig, KubeconfigError};

use super::{Connection, Error};

/// The names in a kubeconfig.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub contexts: Vec<String>,
    pub clusters: Vec<String>,
    pub users: Vec<String>,
}

/// Where a connection would lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By the service account of a pod.
    Inside,
    Kubeconfig {
        context: String,
        cluster: String,
        user: String,
        server: String,
        /// What the user is known by, in words: `a token`, `the command gke-auth`.
        credentials: String,
    },
}

impl Names {
    pub(super) fn of(kubeconfig: &Kubeconfig) -> Self {
        Self {
            contexts: kubeconfig.contexts.iter().map(|context| context.name.clone()).collect(),
            clusters: kubeconfig.clusters.iter().map(|cluster| cluster.name.clone()).collect(),
            users: kubeconfig.auth_infos.iter().map(|user| user.name.clone()).collect(),
        }
    }
}

/// What is wrong with a kubeconfig, in our words.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the kubeconfig {} cannot be read", path.display())]
    Unread { path: PathBuf, source: io::Error },
    #[error("{} is no kubeconfig", path.display())]
    Malformed { path: PathBuf, source: KubeconfigError },
    #[error("no context is chosen, by the kubeconfig or by --context")]
    NoContext { known: Vec<String> },
    #[error("the kubeconfig has no context `{name}`")]
    UnknownContext { name: String, known: Vec<String> },
    #[error("the kubeconfig has no cluster `{name}`")]
    UnknownCluster { name: String, known: Vec<String> },
    #[error("the kubeconfig cannot be used")]
    Other(#[source] KubeconfigError),
}

impl Fault {
    pub(super) fn of(error: KubeconfigError, connection: &Connection, names: &Names) -> Self {
        match error {
            KubeconfigError::ReadConfig(source, path) => Fault::Unread { path, source },
            KubeconfigError::CurrentContextNotSet => Fault::NoContext { known: names.contexts.clone() },
            KubeconfigError::LoadContext(name) => Fault::UnknownContext { name, known: names.contexts.clone() },
            KubeconfigError::LoadClusterOfContext(name) => {
                Fault::UnknownCluster { name, known: names.clusters.clone() }
            }
            KubeconfigError::Parse(_) => {
                // Of several files it does not say which.
                let is_malformed =
                    |path: &PathBuf| matches!(Kubeconfig::read_from(path), Err(KubeconfigError::Parse(_)));
                match files(connection).into_iter().find(is_malformed) {
                    Some(path) => Fault::Malformed { path, source: error },
                    None => Fault::Other(error),
                }
            }
            error => Fault::Other(error),
        }
    }
}

/// The names in a kubeconfig: that of a path, else that which kubectl would read; none where there is none to be read.
#[must_use]
pub fn names(path: Option<&Path>) -> Option<Names> {
    read(path).ok().as_ref().map(Names::of)
}

/// What a connection is to be made from; none where nothing is asked for and nothing is there: this may be a pod.
pub(super) fn load(connection: &Connection) -> Result<Option<Kubeconfig>, Error> {
    match read(connection.kubeconfig.as_deref()) {
        Err(KubeconfigError::FindPath | KubeconfigError::ReadConfig(..)) if !connection.is_chosen() => Ok(None),
        Err(error) => Err(Error::Kubeconfig(Fault::of(error, connection, &Names::default()))),
        Ok(kubeconfig) => Ok(Some(kubeconfig)),
    }
}

/// Follows a connection as far as the files lead; no request is made.
///
/// # Errors
/// When there is no kubeconfig and this is no pod, or when it lacks what is asked of it.
pub fn way(connection: &Connection) -> Result<Way, Error> {
    let Some(kubeconfig) = load(connection)? else {
        return kube::Config::incluster().map(|_| Way::Inside).map_err(Error::NoCluster);
    };
    let names = Names::of(&kubeconfig);
    let wrong = |error| Error::Kubeconfig(Fault::of(error, connection, &names));
    let context = connection.context.clone().or_else(|| kubeconfig.current_context.clone());
    let context = context.ok_or_else(|| wrong(KubeconfigError::CurrentContextNotSet))?;
    let named = kubeconfig.contexts.iter().find(|named| named.name == context);
    let named = named.and_then(|named| named.context.as_ref());
    let named = named.ok_or_else(|| wrong(KubeconfigError::LoadContext(context.clone())))?;
    let cluster = connection.cluster.clone().unwrap_or_else(|| named.cluster.clone());
    let found = kubeconfig.clusters.iter().find(|found| found.name == cluster).and_then(|found| found.cluster.as_ref());
    let found = found.ok_or_else(|| wrong(KubeconfigError::LoadClusterOfContext(cluster.clone())))?;
    let user = connection.user.clone().or_else(|| named.user.clone()).unwrap_or_default();
    let known = kubeconfig.auth_infos.iter().find(|known| known.name == user);
    let server = connection.server.clone().or_else(|| found.server.clone()).unwrap_or_default();
    let credentials = known.and_then(|known| known.auth_info.as_ref()).map_or("nothing".to_owned(), credentials);
    Ok(Way::Kubeconfig { context, cluster, user, server, credentials })
}

/// The files that are read, for people.
#[must_use]
pub fn files(connection: &Connection) -> Vec<PathBuf> {
    match (&connection.kubeconfig, &connection.variable) {
        (Some(path), _) => vec![path.clone()],
        (None, Some(list)) => list.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
        (None, None) => connection.home.iter().map(|home| home.join(".kube/config")).collect(),
    }
}

fn read(path: Option<&Path>) -> Result<Kubeconfig, KubeconfigError> {
    match path {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    }
}

/// The sort of credentials, never themselves.
fn credentials(user: &kube::config::AuthInfo) -> String {
    if let Some(exec) = &user.exec {
        return format!("the command {}", exec.command.as_deref().unwrap_or_default());
    }
    let word = if user.client_certificate.is_some() || user.client_certificate_data.is_some() {
        "a certificate"
    } else if user.token.is_some() || user.token_file.is_some() {
        "a token"
    } else if user.username.is_some() {
        "a password"
    } else if user.auth_provider.is_some() {
        "an auth provider"
    } else {
        "nothing"
    };
    word.to_owned()
}
