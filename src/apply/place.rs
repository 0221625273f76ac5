//! The places at which a run works: so many writes, or looks into registries, are under way at once and no more. Who waits
//! gives its place away.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places for one sort of work.
#[derive(Clone)]
pub(super) struct Places(Arc<Semaphore>);

/// One of them, taken or given away.
pub(super) struct Place {
    places: Places,
    taken: Option<OwnedSemaphorePermit>,
}

impl Places {
    pub(super) fn new(number: usize) -> Self {
        Self(Arc::new(Semaphore::new(number)))
    }

    /// Takes a place, where one is free.
    pub(super) fn take(&self) -> Option<Place> {
        let taken = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(Place { places: self.clone(), taken: Some(taken) })
    }

    /// Waits for a place.
    pub(super) async fn hold(&self) -> Place {
        let taken = Arc::clone(&self.0).acquire_owned().await;
        Place { places: self.clone(), taken: Some(taken.expect("places are never closed")) }
    }

    /// Ends when a place is free; who was waiting longer has it first.
    pub(super) async fn is_free(&self) {
        let _ = self.0.acquire().await.expect("places are never closed");
    }
}

impl Place {
    /// Waits without it, and takes it again.
    pub(super) async fn away<T>(&mut self, wait: impl Future<Output = T>) -> T {
        self.taken = None;
        let done = wait.await;
        *self = self.places.hold().await;
        done
    }
}
