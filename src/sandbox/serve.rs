//! The server over HTTP/1 on loopback, for real kubectl. Plain HTTP: it never listens anywhere else.
//!
//! kubectl sends no credentials without TLS, so the token may also be the first part of the path: a kubeconfig names the server
//! `http://127.0.0.1:PORT/TOKEN`.

use std::{
    collections::BTreeMap,
    error::Error as _,
    future::{Future, poll_fn},
    io,
    sync::Arc,
};

use http::{Request, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::Service as _;

use super::{Sandbox, access::User, reply::Lost, service};

impl Sandbox {
    /// Serves requests that bring a user's token, as a bearer or as the first part of the path, until `shutdown` is done.
    ///
    /// # Errors
    /// When the listener does not listen on loopback, or fails.
    pub async fn serve(
        &self,
        listener: TcpListener,
        users: BTreeMap<String, User>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        if !listener.local_addr()?.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the sandbox listens on loopback only"));
        }
        let users = Arc::new(users);
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
            let (sandbox, users) = (self.clone(), Arc::clone(&users));
            connections.spawn(async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let admitted = admit(request, &users);
                    let sandbox = sandbox.clone();
                    // Boxed, so that the connection can be taken apart at its end.
                    Box::pin(async move {
                        match admitted {
                            Some((request, user)) => sandbox.service_as(user).call(request).await,
                            None => Ok(service::unauthorized()),
                        }
                    })
                });
                // A client that goes away in the middle is its own affair.
                let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                let served = poll_fn(|context| connection.poll_without_shutdown(context)).await;
                let stream = connection.into_parts().io.into_inner();
                let Err(error) = served else { return end(stream).await };
                tracing::debug!(%error, "connection ended");
                let lost = error.source().and_then(|source| source.downcast_ref::<Lost>());
                if lost.is_some_and(Lost::is_reset) && stream.set_zero_linger().is_ok() {
                    // Without a farewell that could linger, closing is a reset.
                    return drop(stream);
                }
                end(stream).await;
            });
        }
    }
}

/// Says farewell to a client, which may be gone already.
async fn end(mut stream: TcpStream) {
    if let Err(error) = stream.shutdown().await {
        tracing::debug!(%error, "connection was closed");
    }
}

/// The request as the server understands it, and whose it is, if it brings a token.
fn admit(mut request: Request<Incoming>, users: &BTreeMap<String, User>) -> Option<(Request<Incoming>, User)> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(user) = given.and_then(|given| given.strip_prefix("Bearer ")).and_then(|given| users.get(given)) {
        return Some((request, user.clone()));
    }
    let path = request.uri().path_and_query()?.as_str().strip_prefix('/')?;
    let token = path.split(['/', '?']).next().filter(|token| !token.is_empty())?;
    let user = users.get(token)?.clone();
    let path = &path[token.len()..];
    let path = if path.is_empty() { "/" } else { path };
    *request.uri_mut() = path.parse().ok()?;
    Some((request, user))
}
