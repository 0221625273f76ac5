//! `ditc port-forward`: ports of a component, reached from here. Each connection looks for a pod that is ready then.

use std::{net::Ipv4Addr, num::NonZero, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    select,
    sync::mpsc,
    task::JoinSet,
};

use crate::{
    cli::{self, Forward, Place},
    failure::{Exit, Failure, FailureKind},
    render, settings,
};

use super::{
    desk::Desk,
    exec::no_processes,
    link::Link,
    pods::{Workloads, reachable, workloads},
};

/// Someone who connected, and the port that they want.
type Caller = (TcpStream, NonZero<u16>);

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::PortForward) -> Result<Exit, Failure> {
    let cli::PortForward { environment, component, ports } = arguments;
    if desk.global.sandbox {
        return Err(no_processes("connect to"));
    }
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let place = Place { environment: environment.clone(), component: Some(component.clone()), object: None };
    let workloads = workloads(desk, &mut link, &place).await?;
    let (link, workloads) = (Arc::new(link), Arc::new(workloads));
    let name = format!("{environment}/{component}");

    let (sender, mut callers) = mpsc::channel::<Caller>(16);
    let mut listeners = JoinSet::new();
    for Forward { local, remote } in ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *local)).await.map_err(|error| {
            Failure::new(FailureKind::Usage, format!("port {local} cannot be listened on here")).because(&error)
        })?;
        let port = listener.local_addr().map_or(*local, |address| address.port());
        desk.json(|| render::json::listening(&name, port, remote.get(), settings::now()));
        desk.text(|_| format!("Listening on 127.0.0.1:{port} for port {remote} of {name}"));
        let (sender, remote) = (sender.clone(), *remote);
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
    let mut stream = link.cluster.dial(&workloads.namespace, pod.name(), port).await?;
    copy_bidirectional(&mut caller, &mut stream).await.map(|_| ()).map_err(|error| {
        Failure::new(FailureKind::Cluster, format!("a connection to pod {} broke off", pod.name())).because(&error)
    })
}
