//! The lock on an environment for this host. Runs on other hosts are kept out by the Lease, which is `cluster`'s affair.

use std::{fmt, thread, time::Duration};

use super::{Error, Holder, Store};
use crate::{files::FileLock, format::holder, names::EnvironmentName};

/// How often to look whether a lock has become free; people do not notice so short a time.
const PAUSE: Duration = Duration::from_millis(50);

/// Proof that no other run on this host changes the environment; given back when dropped, or when the process dies.
#[derive(Debug)]
pub struct Lock {
    environment: EnvironmentName,
    _lock: FileLock,
}

impl Lock {
    #[must_use]
    pub fn environment(&self) -> &EnvironmentName {
        &self.environment
    }
}

/// Another run on this host changes the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Held {
    pub environment: EnvironmentName,
    /// Unknown for the moment in which the other run has not said yet who it is.
    pub holder: Option<Holder>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Held { environment, holder } = self;
        match holder {
            Some(Holder { who, since, doing }) => {
                write!(f, "environment {environment} is locked by {who} since {since:.0} ({doing})")
            }
            None => write!(f, "environment {environment} is locked by another run on this host"),
        }
    }
}

impl Store {
    /// Takes the lock of an environment. Where another run has it, waits for up to `timeout` and tells `waiting` whose
    /// it is, once for each holder.
    ///
    /// # Errors
    /// [`Error::Held`] when the time is over, or when the disk refuses.
    pub fn lock(
        &self,
        environment: &EnvironmentName,
        holder: &Holder,
        timeout: Duration,
        mut waiting: impl FnMut(&Held),
    ) -> Result<Lock, Error> {
        let path = self.path(environment, "lock");
        let mut told = None;
        let mut left = timeout;
        loop {
            if let Some(mut lock) = FileLock::try_take(&path)? {
                lock.leave(holder::encode(holder).as_bytes())?;
                return Ok(Lock { environment: environment.clone(), _lock: lock });
            }
            let other = holder::decode(&FileLock::message(&path)?).ok();
            let held = Held { environment: environment.clone(), holder: other };
            if left.is_zero() {
                return Err(Error::Held(Box::new(held)));
            }
            if told.as_ref() != Some(&held) {
                waiting(&held);
                told = Some(held);
            }
            let pause = PAUSE.min(left);
            thread::sleep(pause);
            left -= pause;
        }
    }
}
