//! What a kubeconfig says, for people who look for a mistake in it, and for those who type a name of it.

use std::path::{Path, PathBuf};

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

/// The names in a kubeconfig: that of a path, else that which kubectl would read; none where there is none to be read.
#[must_use]
pub fn names(path: Option<&Path>) -> Option<Names> {
    let kubeconfig = read(path).ok()?;
    Some(Names {
        contexts: kubeconfig.contexts.into_iter().map(|context| context.name).collect(),
        clusters: kubeconfig.clusters.into_iter().map(|cluster| cluster.name).collect(),
        users: kubeconfig.auth_infos.into_iter().map(|user| user.name).collect(),
    })
}

/// Follows a connection as far as the files lead; no request is made.
///
/// # Errors
/// When there is no kubeconfig and this is no pod, or when it lacks what is asked of it.
pub fn way(connection: &Connection) -> Result<Way, Error> {
    let kubeconfig = match read(connection.kubeconfig.as_deref()) {
        Err(KubeconfigError::FindPath | KubeconfigError::ReadConfig(..)) if !connection.is_chosen() => {
            return kube::Config::incluster().map(|_| Way::Inside).map_err(Error::NoCluster);
        }
        kubeconfig => kubeconfig.map_err(Error::Kubeconfig)?,
    };
    let wrong = Error::Kubeconfig;
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
pub fn files(connection: &Connection, variable: Option<&str>, home: Option<&Path>) -> Vec<PathBuf> {
    match (&connection.kubeconfig, variable) {
        (Some(path), _) => vec![path.clone()],
        (None, Some(list)) => list.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
        (None, None) => home.map(|home| home.join(".kube/config")).into_iter().collect(),
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
