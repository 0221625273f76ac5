//! `ditc logs`: what the pods behind an address say, also those that come later. Lines are given as they are: colours in
//! them are the program's own.

use std::{collections::BTreeSet, pin::pin};

use futures::{StreamExt, stream::SelectAll};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    cli,
    cluster::{Log, Sight, Since, Watched},
    failure::{Exit, Failure, FailureKind},
    object::Object,
    readiness, render, settings,
};

use super::{
    desk::Desk,
    follow,
    link::Link,
    pods::{Pod, Workloads, workloads},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Logs) -> Result<Exit, Failure> {
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let workloads = workloads(desk, &mut link, &arguments.place).await?;
    let objects = link.cluster.all_of(&workloads.namespace, &workloads.kinds(), &link.kinds).await?;
    let pods = workloads.pods(&objects);
    // Who asks for a whole environment is told who speaks, even where only one does.
    let several = pods.len() > 1 || arguments.place.component.is_none();
    let told = Told { desk, arguments, several };
    if arguments.follow {
        return follow_all(&told, &link, &workloads, &pods).await;
    }
    if pods.is_empty() {
        let message = format!("{} has no pods now", arguments.place.environment);
        let flags = desk.global.repeat();
        return Err(Failure::new(FailureKind::Cluster, message)
            .hint(format!("ditc status {}{flags} tells why", arguments.place.environment)));
    }
    let mut failed = false;
    for pod in &pods {
        let log = told.log(pod)?;
        let all = async {
            let mut lines = pin!(link.cluster.log(&workloads.namespace, &log).await?);
            while let Some(line) = lines.next().await {
                let line = line?;
                if readiness::is_cleared_away(&line) {
                    return Err(cleared_away(&log));
                }
                told.line(pod, &log.container, &line);
            }
            Ok(())
        };
        match all.await {
            Ok(()) => {}
            Err(failure) if several => {
                failed = true;
                told.failed(pod, failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(if failed { Exit::Error } else { Exit::Done })
}

/// A node keeps the log of a container's last run alone, and of the one before it only for as long as that takes.
fn cleared_away(log: &Log) -> Failure {
    let Log { pod, container, previous, .. } = log;
    let message = format!("the node has cleared away this log of container {container} of pod {pod}");
    let failure = Failure::new(FailureKind::Cluster, message);
    if *previous { failure.hint("without --previous: what its last run said") } else { failure }
}

/// How it is told.
struct Told<'a> {
    desk: &'a Desk<'a>,
    arguments: &'a cli::Logs,
    several: bool,
}

impl Told<'_> {
    fn log(&self, pod: &Pod) -> Result<Log, Failure> {
        let cli::Logs { place: _, follow, tail, since, previous, container, timestamps } = self.arguments;
        let chosen = pod.container(container.as_deref())?;
        let all = pod.containers();
        if container.is_none() && all.len() > 1 && self.desk.terminal.wants_text() {
            let text = format!("Container {chosen} of pod {}; it has {}.", pod.name(), all.join(", "));
            self.desk.terminal.progress(&text);
        }
        Ok(Log {
            pod: pod.name().to_owned(),
            container: chosen,
            follow: *follow,
            previous: *previous,
            tail: *tail,
            since: since.map(Since::Ago),
            timestamps: *timestamps,
        })
    }

    fn line(&self, pod: &Pod, container: &str, line: &str) {
        let Pod { component, .. } = pod;
        let environment = &self.arguments.place.environment;
        self.desk.json(|| render::json::log(environment, component, pod.name(), container, line, settings::now()));
        self.desk.text(|style| match self.several {
            true => render::text::log(component, pod.name(), line, style),
            false => line.to_owned(),
        });
    }

    fn failed(&self, pod: &Pod, failure: Failure) {
        let Failure { message, causes, .. } = failure;
        let text = std::iter::once(message).chain(causes).collect::<Vec<_>>().join(": ");
        let terminal = self.desk.terminal;
        terminal.status(&render::text::warning(&format!("{}: {text}", pod.name()), terminal.status_style));
    }
}

/// A line, or the reason why a log came to its end.
type Spoken = (Pod, String, Result<String, Failure>);

/// Follows the logs of all pods that there are, and of those that come, until somebody stops it.
async fn follow_all(told: &Told<'_>, link: &Link, workloads: &Workloads, first: &[Pod]) -> Result<Exit, Failure> {
    let mut seen: Vec<Object> = Vec::new();
    let mut sights = SelectAll::new();
    for (kind, api_version) in workloads.kinds() {
        let watched = Watched { kind: kind.clone(), api_version, selector: None };
        let watch = link.cluster.watch(&watched, Some(&workloads.namespace), &link.kinds);
        sights.push(watch.map(move |sight| (kind.clone(), sight)).boxed());
    }
    let (sender, mut spoken) = mpsc::channel::<Spoken>(100);
    let mut readers = JoinSet::new();
    // Each start of a container is read once.
    let mut read: BTreeSet<(String, String, u64)> = BTreeSet::new();
    let known: BTreeSet<&str> = first.iter().map(Pod::name).collect();
    loop {
        tokio::select! {
            sight = sights.next() => {
                let Some((kind, sight)) = sight else { break };
                match sight? {
                    Sight::Listed(objects) => {
                        seen.retain(|object| object.key().is_none_or(|key| key.kind != kind));
                        seen.extend(objects);
                    }
                    Sight::Changed(object) => {
                        seen.retain(|other| other.key() != object.key());
                        seen.push(object);
                    }
                    Sight::Gone(object) => seen.retain(|other| other.key() != object.key()),
                }
                for pod in workloads.pods(&seen) {
                    let container = pod.container(told.arguments.container.as_deref())?;
                    let Some(starts) = pod.starts(&container) else { continue };
                    let uid = pod.object.uid().map(|uid| uid.0).unwrap_or_default();
                    let is_later = read.iter().any(|(other, of, _)| *other == uid && *of == container);
                    if !read.insert((uid, container.clone(), starts)) {
                        continue;
                    }
                    let mut log = told.log(&pod)?;
                    if is_later || !known.contains(pod.name()) {
                        // It began while we looked on: all of it is new.
                        (log.tail, log.since) = (None, None);
                    }
                    let (cluster, namespace, sender) = (link.cluster.clone(), workloads.namespace.clone(), sender.clone());
                    readers.spawn(async move {
                        let as_said = |line: String| {
                            let is_gone = readiness::is_cleared_away(&line);
                            let line = if is_gone { Err(cleared_away(&log)) } else { Ok(line) };
                            (pod.clone(), container.clone(), line)
                        };
                        let followed = follow::follow(&cluster, &namespace, &log, &sender, as_said).await;
                        if let Err(error) = followed {
                            let _ = sender.send((pod, container, Err(error.into()))).await;
                        }
                    });
                }
            }
            Some((pod, container, line)) = spoken.recv() => match line {
                Ok(line) => told.line(&pod, &container, &line),
                Err(failure) => told.failed(&pod, failure),
            },
            Some(_) = readers.join_next(), if !readers.is_empty() => {}
        }
    }
    Ok(Exit::Done)
}
