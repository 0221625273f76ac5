//! The server over HTTP/1 on loopback, for real kubectl. Plain HTTP: it never listens anywhere else.

use std::{future::Future, io};

use http::{Request, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};
use tower::Service as _;

use super::{Sandbox, service};

impl Sandbox {
    /// Serves requests that bring the token, until `shutdown` is done.
    ///
    /// # Errors
    /// When the listener does not listen on loopback, or fails.
    pub async fn serve(
        &self,
        listener: TcpListener,
        token: String,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        if !listener.local_addr()?.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the sandbox listens on loopback only"));
        }
        let expected = format!("Bearer {token}");
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let (stream, _) = tokio::select! {
                accepted = listener.accept() => accepted?,
                () = &mut shutdown => return Ok(()),
                Some(_) = connections.join_next() => continue,
            };
            // Small answers must not wait for the next segment.
            stream.set_nodelay(true)?;
            let (server, expected) = (self.service(), expected.clone());
            connections.spawn(async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let (mut server, expected) = (server.clone(), expected.clone());
                    async move {
                        let given = request.headers().get(header::AUTHORIZATION);
                        if given.and_then(|value| value.to_str().ok()) != Some(expected.as_str()) {
                            return Ok(service::unauthorized());
                        }
                        server.call(request).await
                    }
                });
                // A client that goes away in the middle is its own affair.
                let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                if let Err(error) = served {
                    tracing::debug!(%error, "connection ended");
                }
            });
        }
    }
}
