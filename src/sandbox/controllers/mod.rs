//! Controllers.
use super::Shared;
use std::sync::Arc;
pub(super) async fn run(shared: Arc<Shared>) {
    let _ = shared;
}
