//! What stands around a run: its lease, whether the cluster answers, and how far the user wants it to go.

use std::{future::pending, sync::Arc};

use tokio::{select, sync::watch};

use crate::{
    cluster::{Held, Holder, Lease},
    plan::Plan,
    state::Run,
};

use super::{Error, Event, EventKind, Interrupt, Job, Tools, conductor::stops};

/// Tells meanwhile whether the cluster answers.
pub(super) async fn attended<T>(tools: &Tools, work: impl Future<Output = T>) -> T {
    let tell = |contacted| {
        let _ = tools.events.send(Event { at: (tools.now)(), kind: EventKind::Contact(contacted) });
    };
    select! {
        done = work => done,
        () = tools.cluster.attend(tell) => unreachable!("it never ends"),
    }
}

/// Takes the lease, and tells whom it waits for.
pub(super) async fn hold(tools: &Tools, job: &Job, plan: &Plan, run: &Run, dead: Option<&str>) -> Result<Held, Error> {
    let now = Arc::clone(&tools.now);
    let lease = Lease { namespace: &plan.namespace, run, patience: tools.patience, dead, now };
    let mut told = None;
    let taken = tools.cluster.take(&lease, |holder: &Holder| {
        if told.replace(holder.clone()).as_ref() != Some(holder) {
            job.tell(EventKind::Held { who: holder.who.clone(), since: holder.since.clone() });
        }
    });
    select! {
        taken = taken => taken?.map_err(|holder| Error::Held { environment: plan.environment.clone(), holder }),
        () = wants(&tools.interrupt, Interrupt::Drain) => Err(Error::Interrupted),
    }
}

/// Gives the lease back.
pub(super) async fn release(tools: &Tools, held: Option<Held>) {
    if let Some(held) = held {
        tools.cluster.release(held).await;
    }
}

/// Ends once the user wants a run to stop at least so far.
pub(super) async fn wants(interrupt: &watch::Receiver<Interrupt>, level: Interrupt) {
    if interrupt.clone().wait_for(|wanted| *wanted >= level).await.is_err() {
        // Nobody is left who could want it.
        pending::<()>().await;
    }
}

/// Ends once a wait is worth nothing any more: the user stops the run, or it cannot go on.
pub(super) async fn given_up(job: &Job) {
    select! {
        () = wants(&job.interrupt, Interrupt::Drain) => {}
        _ = stops(job) => {}
    }
}
