//! Into running pods: a command in a container, a connection to a port.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{AttachParams, AttachedProcess},
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::names::Namespace;

use super::{Cluster, Error};

/// How much waits to be passed on. kube's own 1,024 bytes make a copy of a file slow.
const BUFFER: usize = 64 * 1024;

/// What is to be run, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pod: String,
    pub container: String,
    pub command: Vec<String>,
    /// Whether something is passed on to it.
    pub stdin: bool,
    pub tty: bool,
}

impl Cluster {
    /// Runs a command in a container.
    ///
    /// # Errors
    /// When it could not be begun.
    pub async fn exec(&self, namespace: &Namespace, process: &Process) -> Result<AttachedProcess, Error> {
        let Process { pod, container, command, stdin, tty } = process;
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace.as_str());
        // A terminal has one stream for both.
        let params = AttachParams {
            container: Some(container.clone()),
            stdin: *stdin,
            stdout: true,
            stderr: !tty,
            tty: *tty,
            max_stdin_buf_size: Some(BUFFER),
            max_stdout_buf_size: Some(BUFFER),
            max_stderr_buf_size: Some(BUFFER),
        };
        let doing = format!("running a command in pod {pod}");
        api.exec(pod, command.iter().map(String::as_str), &params).await.map_err(|error| self.not_inside(error, doing))
    }

    /// Connects to a port of a pod. The second value comes to its end where the port cannot be reached, with the node's
    /// words: that nobody listens shows only after the connection is there.
    ///
    /// # Errors
    /// When there is no such pod, or the server refuses.
    pub async fn dial(
        &self,
        namespace: &Namespace,
        pod: &str,
        port: u16,
    ) -> Result<(impl AsyncRead + AsyncWrite + Unpin + use<>, impl Future<Output = String> + Send + use<>), Error> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace.as_str());
        let doing = format!("connecting to port {port} of pod {pod}");
        let forwarded = api.portforward(pod, &[port]).await;
        let mut forwarded = forwarded.map_err(|error| self.not_inside(error, doing.clone()))?;
        let (stream, error) = (forwarded.take_stream(port), forwarded.take_error(port));
        let stream = stream.ok_or(Error::Unexpected { doing, found: "no stream".to_owned() })?;
        let unreachable = async move {
            let said = match error {
                Some(error) => error.await,
                None => None,
            };
            match said {
                Some(said) => said,
                // It ended without a complaint.
                None => std::future::pending().await,
            }
        };
        Ok((stream, unreachable))
    }

    fn not_inside(&self, error: kube::Error, doing: String) -> Error {
        let server = self.server.clone();
        match error {
            kube::Error::Service(source) => Error::Unreachable { server, source },
            error => Error::BrokenOff { server, doing, source: Box::new(error) },
        }
    }
}
