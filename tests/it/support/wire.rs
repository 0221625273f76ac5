//! A connection to a server that can be lost: a port on loopback that passes everything on, until it is told not to.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    select,
    sync::watch,
    task::JoinSet,
    time::sleep,
};

use super::hand;

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Passes,
    /// They wait, and nobody is told.
    Rests,
    /// Connections are closed, and no new one comes about.
    Cut,
}

/// So long each piece takes, so that a run of some length is still under way when its connection is lost.
const DELAY: Duration = Duration::from_millis(8);

/// It ends with the value.
pub(crate) struct Wire {
    flow: watch::Sender<Flow>,
    _runtime: Runtime,
}

impl Wire {
    /// A way to the server of a kubeconfig, and a kubeconfig that leads through it.
    pub(crate) fn to(kubeconfig: &str) -> (Self, String) {
        let at = kubeconfig.find("://").expect("a kubeconfig names a server") + 3;
        let end = kubeconfig[at..].find(|c: char| !(c.is_ascii_alphanumeric() || ".:".contains(c)));
        let server = &kubeconfig[at..at + end.expect("more follows")];
        let upstream: SocketAddr = server.parse().expect("an address and a port");
        let runtime = hand::runtime();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let here = listener.local_addr().expect("it is bound");
        let (flow, receiver) = watch::channel(Flow::Passes);
        runtime.spawn(serve(listener, upstream, receiver));
        let through = kubeconfig.replacen(server, &here.to_string(), 1);
        (Self { flow, _runtime: runtime }, through)
    }

    /// Closes all connections, and refuses new ones.
    pub(crate) fn cut(&self) {
        self.flow.send_replace(Flow::Cut);
    }

    /// Lets everything wait.
    pub(crate) fn rest(&self) {
        self.flow.send_replace(Flow::Rests);
    }

    /// Passes on again.
    pub(crate) fn mend(&self) {
        self.flow.send_replace(Flow::Passes);
    }
}

async fn serve(mut listener: TcpListener, upstream: SocketAddr, mut flow: watch::Receiver<Flow>) {
    let here = listener.local_addr().expect("it is bound");
    let mut connections = JoinSet::new();
    loop {
        if *flow.borrow_and_update() == Flow::Cut {
            drop(listener);
            if flow.wait_for(|flow| *flow != Flow::Cut).await.is_err() {
                return;
            }
            listener = TcpListener::bind(here).await.expect("nobody else took the port");
        }
        select! {
            accepted = listener.accept() => {
                let (client, _) = accepted.expect("a connection");
                connections.spawn(carry(client, upstream, flow.clone()));
            }
            Some(_) = connections.join_next() => {}
            changed = flow.changed() => if changed.is_err() { return },
        }
    }
}

async fn carry(client: TcpStream, upstream: SocketAddr, mut flow: watch::Receiver<Flow>) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("a socket takes it");
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (flow.clone(), flow.clone());
    select! {
        () = pass(from_client, to_server, up) => {}
        () = pass(from_server, to_client, down) => {}
        _ = flow.wait_for(|flow| *flow == Flow::Cut) => {}
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut flow: watch::Receiver<Flow>,
) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut piece).await
        && count > 0
    {
        sleep(DELAY).await;
        let passes = flow.wait_for(|flow| *flow != Flow::Rests).await.is_ok_and(|flow| *flow == Flow::Passes);
        if !passes || to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}
