//! What containers say, line by line, and the pods that say it.

use std::{collections::BTreeSet, time::Duration};

use futures::{AsyncBufReadExt, Stream, StreamExt, TryStreamExt};
use http::Method;
use http_body_util::BodyExt;
use jiff::Timestamp;
use tokio::time::timeout;

use crate::{
    kinds::Kinds,
    names::Namespace,
    object::{GroupKind, Object},
};

use super::{
    Cluster, Error, Refused,
    observe::{Listing, resource},
    request::{Call, Resource},
};

/// Which log, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub pod: String,
    pub container: String,
    pub follow: bool,
    /// Of the container before its last restart.
    pub previous: bool,
    pub tail: Option<u64>,
    pub since: Option<Since>,
    pub timestamps: bool,
}

/// From when on a log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(Duration),
    /// This moment, by the clock of the node.
    At(Timestamp),
}

impl Cluster {
    /// All objects of some kinds in a namespace, whoever made them.
    ///
    /// # Errors
    /// When any kind could not be listed.
    pub async fn all_of(
        &self,
        namespace: &Namespace,
        of: &BTreeSet<(GroupKind, String)>,
        kinds: &Kinds,
    ) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        for (kind, api_version) in of {
            if let Some(resource) = resource(kinds, kind, api_version) {
                let listing = Listing { namespace: Some(namespace.as_str()), ..Listing::of(&resource) };
                objects.extend(self.pages(&listing).await?);
            }
        }
        Ok(objects)
    }

    /// Opens a log. Its lines come as they are, without their ends; what is no UTF-8 is replaced.
    ///
    /// # Errors
    /// When there is no such log, as of a container that has not started.
    pub async fn log(
        &self,
        namespace: &Namespace,
        log: &Log,
    ) -> Result<impl Stream<Item = Result<String, Error>> + Send + 'static + use<>, Error> {
        let Log { pod, container, follow, previous, tail, since, timestamps } = log;
        let doing = format!("reading the log of pod {pod}");
        let path = format!("{}/{pod}/log", Resource::core("Pod", "pods").path(Some(namespace.as_str())));
        let mut call = Call::new(Method::GET, path, &doing).accept("*/*").query("container", container);
        for (name, is_wanted) in [("follow", follow), ("previous", previous), ("timestamps", timestamps)] {
            if *is_wanted {
                call = call.query(name, "true");
            }
        }
        if let Some(tail) = tail {
            call = call.query("tailLines", tail.to_string());
        }
        match since {
            // The server takes whole seconds, and none of them is no limit.
            Some(Since::Ago(since)) => call = call.query("sinceSeconds", since.as_secs().max(1).to_string()),
            Some(Since::At(time)) => call = call.query("sinceTime", time.to_string()),
            None => {}
        }
        let server = self.server.clone();
        let request =
            call.request().map_err(|source| Error::Client { server: server.clone(), source: Box::new(source) })?;
        let response = match timeout(self.timeout, self.client.send(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(kube::Error::Service(source))) => return Err(Error::Unreachable { server, source }),
            Ok(Err(source)) => return Err(Error::Unreachable { server, source: Box::new(source) }),
            Err(_) => return Err(Error::TimedOut { server, doing, limit: self.timeout }),
        };
        let code = response.status().as_u16();
        let body = response.into_body();
        let broken_off = move |source: std::io::Error| Error::BrokenOff {
            server: server.clone(),
            doing: doing.clone(),
            source: Box::new(source),
        };
        if !(200..300).contains(&code) {
            let body = body.collect().await.map_err(|error| broken_off(std::io::Error::other(error)))?;
            let source = Refused::read(code, &body.to_bytes(), None);
            return Err(match code {
                401 => Error::Unauthorized { server: self.server.clone() },
                _ => Error::Refused { doing: call.doing, source },
            });
        }
        let bytes = body.into_data_stream().map_err(std::io::Error::other).into_async_read();
        let lines = futures::io::BufReader::new(bytes);
        let lines = futures::stream::try_unfold(lines, |mut lines| async move {
            let mut line = Vec::new();
            let count = lines.read_until(b'\n', &mut line).await?;
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            Ok((count > 0).then(|| (String::from_utf8_lossy(&line).into_owned(), lines)))
        });
        Ok(lines.map_err(broken_off).boxed())
    }
}
