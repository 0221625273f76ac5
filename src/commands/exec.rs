//! `ditc exec`: a command in a pod that is found by address. What it prints is passed on as it is, and it ends as ditc ends.

use std::{io::Read, thread};

use futures::SinkExt;
use kube::api::TerminalSize;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    select,
    signal::unix::{SignalKind, signal},
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
        return Err(no_processes("run a command in"));
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
    let mut running = link.cluster.exec(&workloads.namespace, &process).await?;
    let failed = |error: std::io::Error| Failure::new(FailureKind::Cluster, "the connection broke off").because(&error);

    // Restored whichever way this ends.
    let raw = if *tty && *stdin { desk.terminal.raw() } else { None };
    let mut keys = stdin.then(keys);
    let mut input = running.stdin();
    let (mut out, mut status) = (running.stdout(), running.stderr());
    let ended = running.take_status();
    let mut size = running.terminal_size();
    let mut resized = signal(SignalKind::window_change()).map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    if let Some(size) = &mut size {
        tell_size(size).await;
    }
    let (mut out_piece, mut status_piece) = (vec![0; PIECE], vec![0; PIECE]);
    while out.is_some() || status.is_some() {
        select! {
            count = read(&mut out, &mut out_piece) => match count.map_err(failed)? {
                0 => out = None,
                count => desk.terminal.pass_out(&out_piece[..count]),
            },
            count = read(&mut status, &mut status_piece) => match count.map_err(failed)? {
                0 => status = None,
                count => desk.terminal.pass_status(&status_piece[..count]),
            },
            typed = next(&mut keys) => match (typed, &mut input) {
                (Some(typed), Some(to)) => to.write_all(&typed).await.map_err(failed)?,
                // The end of what is passed on, which the command should see.
                _ => (keys, input) = (None, None),
            },
            _ = resized.recv() => if let Some(size) = &mut size {
                tell_size(size).await;
            },
            _ = terminated.recv() => {
                drop(raw);
                return Err(Failure::new(FailureKind::Terminated, "the command was left alone"));
            }
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
            Err(Failure::new(FailureKind::Cluster, format!("the command did not run: {why}")))
        }
    }
}

/// The cluster in the box has objects and no processes behind them.
pub(super) fn no_processes(what: &str) -> Failure {
    Failure::new(FailureKind::Usage, format!("no process runs in the built-in cluster, so there is nothing to {what}"))
        .hint("it needs a real cluster: leave out --sandbox")
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

async fn next(keys: &mut Option<mpsc::Receiver<Vec<u8>>>) -> Option<Vec<u8>> {
    match keys {
        Some(keys) => keys.recv().await,
        None => std::future::pending().await,
    }
}

async fn read(from: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8]) -> std::io::Result<usize> {
    match from {
        Some(from) => from.read(into).await,
        None => std::future::pending().await,
    }
}

async fn tell_size(to: &mut (impl futures::Sink<TerminalSize> + Unpin)) {
    if let Some((columns, rows)) = settings::screen() {
        let short = |length| u16::try_from(length).unwrap_or(u16::MAX);
        // A command that has ended needs no size.
        let _ = to.send(TerminalSize { width: short(columns), height: short(rows) }).await;
    }
}
