//! `ditc port-forward`: ports of a component, reached from here. Each connection looks for a pod that is ready then.

use std::{
    net::Ipv4Addr,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split},
    net::{TcpListener, TcpStream},
    select,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    cli::{self, Forward},
    failure::{Exit, Failure, FailureKind},
    render, settings,
};

use super::{
    desk::Desk,
    exec::no_processes,
    link::Link,
    pods::{Workloads, reachable, workloads},
};

/// How long a caller who has said all waits for more of an answer: one that has hung up looks the same.
const QUIET: Duration = Duration::from_secs(10);

/// How much is read at once.
const PIECE: usize = 16 * 1024;

/// Someone who connected, and the port that they want.
type Caller = (TcpStream, NonZero<u16>);

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::PortForward) -> Result<Exit, Failure> {
    let (place, ports) = arguments.target()?;
    if desk.global.sandbox {
        return Err(no_processes("connect to", "leave out --sandbox"));
    }
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let workloads = workloads(desk, &mut link, &place).await?;
    let (link, workloads) = (Arc::new(link), Arc::new(workloads));
    let name = place.to_string();

    let (sender, mut callers) = mpsc::channel::<Caller>(16);
    let mut listeners = JoinSet::new();
    for Forward { local, remote } in ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, local)).await.map_err(|error| {
            Failure::new(FailureKind::Usage, format!("port {local} cannot be listened on here")).because(&error)
        })?;
        let port = listener.local_addr().map_or(local, |address| address.port());
        desk.json(|| render::json::listening(&name, port, remote.get(), settings::now()));
        desk.text(|_| format!("Listening on 127.0.0.1:{port} for port {remote} of {name}"));
        let (sender, remote) = (sender.clone(), remote);
        listeners.spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                if sender.send((caller, remote)).await.is_err() {
                    return;
                }
            }
        });
    }
    let mut connections: JoinSet<Result<(), Failure>> = JoinSet::new();
    loop {
        select! {
            Some((caller, remote)) = callers.recv() => {
                connections.spawn(connect(Arc::clone(&link), Arc::clone(&workloads), name.clone(), caller, remote));
            }
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Ok(Err(failure)) = ended {
                    // One connection less, and the next may find another pod.
                    let text = std::iter::once(failure.message).chain(failure.causes).collect::<Vec<_>>().join(": ");
                    let style = desk.terminal.status_style;
                    desk.terminal.status(&render::text::warning(&text, style));
                }
            }
            _ = listeners.join_next() => {
                return Err(Failure::new(FailureKind::Usage, "a port cannot be listened on any more"));
            }
        }
    }
}

async fn connect(
    link: Arc<Link>,
    workloads: Arc<Workloads>,
    name: String,
    mut caller: TcpStream,
    remote: NonZero<u16>,
) -> Result<(), Failure> {
    let objects = link.cluster.all_of(&workloads.namespace, &workloads.kinds(), &link.kinds).await?;
    let pod = reachable(workloads.pods(&objects), &name)?;
    let port = pod.port(&workloads.services, remote.get());
    let (stream, unreachable) = link.cluster.dial(&workloads.namespace, pod.name(), port).await?;
    let name = pod.name();
    select! {
        biased;
        said = unreachable => Err(nobody(name, port, &said)),
        passed = pass(&mut caller, stream) => {
            let broken = |error| Failure::new(FailureKind::Cluster, format!("a connection to pod {name} broke off")).because(&error);
            passed.map_err(broken)
        }
    }
}

/// The port of a pod to which nobody could be connected.
fn nobody(pod: &str, port: u16, said: &str) -> Failure {
    if said.contains("connection refused") {
        return Failure::new(FailureKind::Cluster, format!("nothing listens on port {port} of pod {pod}"));
    }
    let mut failure = Failure::new(FailureKind::Cluster, format!("port {port} of pod {pod} cannot be reached"));
    failure.causes.push(said.trim().to_owned());
    failure
}

/// Passes on what both say. The way to the pod cannot be closed alone: a kubelet then closes the way back as well, and its
/// answer would be lost. So a caller who has said all is given the rest of the answer.
async fn pass(caller: &mut TcpStream, pod: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    let (mut from_caller, mut to_caller) = caller.split();
    let (mut from_pod, mut to_pod) = split(pod);
    let heard = Mutex::new(Instant::now());
    let hear = || *heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    let answers = async {
        let mut piece = vec![0; PIECE];
        loop {
            match from_pod.read(&mut piece).await? {
                0 => return Ok(()),
                count => to_caller.write_all(&piece[..count]).await?,
            }
            hear();
        }
    };
    let questions = async {
        copy(&mut from_caller, &mut to_pod).await?;
        hear();
        loop {
            let quiet = *heard.lock().unwrap_or_else(PoisonError::into_inner) + QUIET;
            if Instant::now() >= quiet {
                return Ok(());
            }
            sleep_until(quiet).await;
        }
    };
    select! {
        ended = answers => ended,
        ended = questions => ended,
    }
}
