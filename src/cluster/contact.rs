//! Whether the cluster answers: since when it does not, and how long a run bears that. Nothing is given up because a
//! server is restarted or a laptop changes its network; what was under way is asked again where that is safe.

use std::{
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Method;
use tokio::{
    select,
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Cluster, Error, request::Call};

/// A restarted API server or a changed network is back by then, and nobody looks on for much longer.
const BORNE: Duration = Duration::from_secs(60);

/// A shorter loss is made good before anybody would have read of it.
const UNTOLD: Duration = Duration::from_secs(2);

/// How often a loss that lasts is told.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Between two looks whether the cluster answers again, and how long each may take.
const LOOK: Duration = Duration::from_secs(1);
const LOOKING: Duration = Duration::from_secs(5);

/// What there is to tell of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contacted {
    /// It is lost, and is tried for so much longer.
    Lost { left: Duration },
    /// It is back, after so long.
    Regained { after: Duration },
}

/// The contact of one or several runs with one cluster; copies are of the same.
#[derive(Debug, Clone, Default)]
pub struct Contact(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Since when it is lost, if it is.
    lost: watch::Sender<Option<Instant>>,
    /// The loss that was told, and when: several runs tell it once.
    told: Mutex<Option<(Instant, Instant)>>,
}

impl Contact {
    pub(super) fn lose(&self) {
        self.0.lost.send_if_modified(|since| since.is_none() && since.replace(Instant::now()).is_none());
    }

    pub(super) fn regain(&self) {
        self.0.lost.send_if_modified(|since| since.take().is_some());
    }

    /// Whether a request that found nobody may be made again after a pause.
    pub(super) fn bears(&self, pause: Duration) -> bool {
        self.0.lost.borrow().is_none_or(|since| since.elapsed() + pause < BORNE)
    }

    /// Whether it is for this listener to tell a loss again.
    fn tells(&self, since: Instant) -> bool {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told.is_none_or(|(of, at)| of != since || at.elapsed() >= TELL_EVERY / 2);
        if is_due {
            *told = Some((since, Instant::now()));
        }
        is_due
    }

    fn tells_end(&self, since: Instant) -> bool {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.take_if(|(of, _)| *of == since).is_some()
    }

    /// Ends once a loss has lasted longer than is borne, and says how long that is.
    async fn is_given_up(&self) -> Duration {
        let mut lost = self.0.lost.subscribe();
        loop {
            let since = *lost.borrow_and_update();
            let over = async {
                match since {
                    Some(since) => sleep_until(since + BORNE).await,
                    None => pending().await,
                }
            };
            select! {
                () = over => return BORNE,
                changed = lost.changed() => changed.expect("the sender is borrowed"),
            }
        }
    }
}

impl Cluster {
    /// The same cluster, for runs that bear it when the connection is lost for a while.
    #[must_use]
    pub fn enduring(mut self, contact: &Contact) -> Self {
        self.contact = Some(contact.clone());
        self
    }

    /// Tells when the connection is lost and when it is back, and looks for it meanwhile. It never ends.
    pub async fn attend(&self, mut tell: impl FnMut(Contacted)) {
        let Some(contact) = &self.contact else { return pending().await };
        let mut lost = contact.0.lost.subscribe();
        loop {
            let since = *lost.wait_for(Option::is_some).await.expect("the sender is borrowed");
            let Some(since) = since else { continue };
            let mut next = since + UNTOLD;
            let back = async {
                loop {
                    sleep(LOOK).await;
                    self.look_for_it().await;
                }
            };
            tokio::pin!(back);
            loop {
                select! {
                    _ = lost.wait_for(|now| *now != Some(since)) => break,
                    () = sleep_until(next) => {
                        next += TELL_EVERY;
                        if contact.tells(since) {
                            tell(Contacted::Lost { left: BORNE.saturating_sub(since.elapsed()) });
                        }
                    }
                    () = &mut back => {}
                }
            }
            if contact.tells_end(since) {
                tell(Contacted::Regained { after: since.elapsed() });
            }
        }
    }

    /// Ends once the connection was lost for longer than a run bears, and says how long that is.
    pub async fn is_given_up(&self) -> Duration {
        match &self.contact {
            Some(contact) => contact.is_given_up().await,
            None => pending().await,
        }
    }

    /// Notes that nobody answered in time.
    pub(super) fn has_no_answer(&self) {
        if let Some(contact) = &self.contact {
            contact.lose();
        }
    }

    /// Whether a request to which no answer came is worth another after a moment.
    pub(super) fn asks_again(&self, error: &Error) -> bool {
        error.is_silence() && self.contact.as_ref().is_some_and(|contact| contact.bears(LOOK))
    }

    /// Any answer will do: it is noted where answers come in.
    async fn look_for_it(&self) {
        let call = Call::new(Method::GET, "/version".to_owned(), "looking whether the cluster answers");
        let _ = timeout(LOOKING, self.exchange(&call)).await;
    }
}
