//! What is remembered of the leases of others between two looks at them. Who is dead by that, `lease` judges.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::time::Instant;

/// Since when each lease of others is known not to have changed, by its path. A plan looks at a lease before an apply
/// takes it, and nobody waits twice for one life.
#[derive(Debug, Clone, Default)]
pub(super) struct Looked(Arc<Mutex<BTreeMap<String, (String, Instant)>>>);

impl Looked {
    /// Takes in that a lease has this version now, and says since when.
    pub(super) fn since(&self, path: &str, version: &str) -> Instant {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(path) {
            Some((last, since)) if last == version => *since,
            _ => {
                let now = Instant::now();
                known.insert(path.to_owned(), (version.to_owned(), now));
                now
            }
        }
    }
}
