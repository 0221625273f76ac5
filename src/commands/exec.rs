//! `ditc exec`: a command in a pod that is found by address. What it prints is passed on as it is, and it ends as ditc ends.

use std::{
    future::pending,
    io::{ErrorKind, Read},
    thread,
};

use futures::SinkExt;
use kube::api::TerminalSize;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use crate::{
    cli,
    cluster::Process,
    failure::{Exit, Failure, FailureKind},
    settings,
};

use super::{
    desk::Desk,
    link::Link,
    pods::{reachable, workloads},
};

/// How much is read at once.
const PIECE: usize = 16 * 1024;

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Exec) -> Result<Exit, Failure> {
    let cli::Exec { place, stdin, tty, container, command } = arguments;
    if desk.global.sandbox {
        return Err(no_processes("run a command in", "leave out --sandbox"));
    }
    if *tty && !(desk.settings.stdin_is_terminal && desk.settings.stdout_is_terminal) {
        let failure = Failure::new(FailureKind::Usage, "-t gives the command a terminal, and there is none here");
        return Err(failure.hint("leave out -t"));
    }
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let workloads = workloads(desk, &mut link, place).await?;
    let objects = link.cluster.all_of(&workloads.namespace, &workloads.kinds(), &link.kinds).await?;
    let pods = workloads.pods(&objects);
    let several = pods.len() > 1;
    let pod = reachable(pods, place.environment.as_str())?;
    if several && desk.terminal.wants_text() {
        desk.terminal.progress(&format!("In pod {}, one of several.", pod.name()));
    }
    let process = Process {
        pod: pod.name().to_owned(),
        container: pod.container(container.as_deref())?,
        command: command.clone(),
        stdin: *stdin,
        tty: *tty,
    };
    let mut running = match link.cluster.exec(&workloads.namespace, &process).await {
        Ok(running) => running,
        Err(_) if is_served(&link).await => {
            return Err(no_processes("run a command in", "KUBECONFIG or -context leads to a `ditc sandbox serve`"));
        }
        Err(error) => return Err(error.into()),
    };
    let failed = |error: std::io::Error| Failure::new(FailureKind::Cluster, "the connection broke off").because(&error);

    // Restored whichever way this ends.
    let raw = if *tty && *stdin { desk.terminal.raw() } else { None };
    let input = pass_on(stdin.then(keys), running.stdin());
    let (out, status) = (running.stdout(), running.stderr());
    let ended = running.take_status();
    let resizes = follow_size(running.terminal_size(), signal(SignalKind::window_change()).map_err(failed)?);
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    let output = async {
        let out = pass(out, |piece| desk.terminal.pass_out(piece));
        let status = pass(status, |piece| desk.terminal.pass_status(piece));
        tokio::try_join!(out, status)
    };
    // All at once: a command that waits to be read reads nothing itself.
    select! {
        passed = output => match passed {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                // As `head` does it: whoever reads has had enough, and the command is left alone.
                drop(raw);
                return Ok(Exit::Done);
            }
            passed => drop(passed.map_err(failed)?),
        },
        () = input => {}
        () = resizes => {}
        _ = terminated.recv() => {
            drop(raw);
            return Err(Failure::new(FailureKind::Terminated, "the command was left alone"));
        }
    }
    drop(raw);
    let Some(ended) = (match ended {
        Some(ended) => ended.await,
        None => None,
    }) else {
        return Err(Failure::new(FailureKind::Cluster, "nobody knows how the command ended: the connection broke off"));
    };
    if ended.status.as_deref() == Some("Success") {
        return Ok(Exit::Done);
    }
    let causes = ended.details.and_then(|details| details.causes).unwrap_or_default();
    let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    match code.and_then(|code| code.message.as_deref()?.parse().ok()) {
        Some(code) => Ok(Exit::Of(code)),
        None => {
            let why = ended.message.unwrap_or_else(|| "no reason is given".to_owned());
            // The API server and the kubelet each put it in front.
            let why = why.trim_start_matches("Internal error occurred: ");
            Err(Failure::new(FailureKind::Cluster, format!("the command did not run: {why}")))
        }
    }
}

/// The cluster in the box has objects and no processes behind them.
pub(super) fn no_processes(what: &str, way: &str) -> Failure {
    Failure::new(FailureKind::Usage, format!("no process runs in the built-in cluster, so there is nothing to {what}"))
        .hint(format!("it needs a real cluster: {way}"))
}

/// Whether the server is the cluster in the box, served for others.
async fn is_served(link: &Link) -> bool {
    link.cluster.version().await.is_ok_and(|version| version.ends_with("+sandbox"))
}

/// What is typed. A thread of its own reads it, since nothing can call it back: it ends with the process.
fn keys() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(16);
    thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        while let Ok(count) = std::io::stdin().read(&mut piece) {
            if count == 0 || sender.blocking_send(piece[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Passes on what is typed, then its end, which the command should see. What goes on afterwards is the command's affair.
async fn pass_on(keys: Option<mpsc::Receiver<Vec<u8>>>, to: Option<impl AsyncWrite + Unpin>) {
    if let (Some(mut keys), Some(mut to)) = (keys, to) {
        while let Some(typed) = keys.recv().await {
            if to.write_all(&typed).await.is_err() {
                // A command that has ended reads no more.
                break;
            }
        }
        // Merely dropped, it would not be closed.
        let _ = to.shutdown().await;
    }
    pending::<()>().await;
}

/// Passes on what comes, until its end.
async fn pass(
    from: Option<impl AsyncRead + Unpin>,
    mut on: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let Some(mut from) = from else { return Ok(()) };
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece).await? {
            0 => return Ok(()),
            count => on(&piece[..count])?,
        }
    }
}

/// Tells the size of the screen, now and whenever it changes.
async fn follow_size(to: Option<impl futures::Sink<TerminalSize> + Unpin>, mut resized: Signal) {
    if let Some(mut to) = to {
        loop {
            if let Some((columns, rows)) = settings::screen() {
                let short = |length| u16::try_from(length).unwrap_or(u16::MAX);
                let size = TerminalSize { width: short(columns), height: short(rows) };
                if to.send(size).await.is_err() {
                    // A command that has ended needs no size.
                    break;
                }
            }
            if resized.recv().await.is_none() {
                break;
            }
        }
    }
    pending::<()>().await;
}
