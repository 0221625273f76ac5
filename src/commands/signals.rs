//! Ctrl-C and SIGTERM as a value that a run watches: once to drain, twice to stop.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use crate::{apply::Interrupt, failure::FailureKind};

/// Which signal came first, if any did.
pub(super) struct Signals {
    pub interrupt: watch::Receiver<Interrupt>,
    first: watch::Receiver<Option<FailureKind>>,
    _listener: JoinSet<()>,
}

impl Signals {
    /// Listens from now on; until then a signal ends the process as usual.
    pub(super) fn listen() -> std::io::Result<Self> {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (level, receiver) = watch::channel(Interrupt::No);
        let (kind, first) = watch::channel(None);
        let mut listener = JoinSet::new();
        listener.spawn(async move {
            loop {
                let came = tokio::select! {
                    _ = interrupt.recv() => FailureKind::Interrupted,
                    _ = terminate.recv() => FailureKind::Terminated,
                };
                kind.send_if_modified(|first| first.is_none() && first.replace(came).is_none());
                level.send_modify(|level| {
                    *level = if *level == Interrupt::No { Interrupt::Drain } else { Interrupt::Abort };
                });
            }
        });
        Ok(Self { interrupt: receiver, first, _listener: listener })
    }

    /// The kind of the first signal.
    pub(super) fn first(&self) -> Option<FailureKind> {
        *self.first.borrow()
    }
}
