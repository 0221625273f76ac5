//! What the integration tests stand on: a workspace in a temporary directory, the real binary run in it, and both kinds
//! of cluster: the one in the workspace's box, and one that is served on a loopback port.

mod cluster;
mod requests;
mod run;
mod workspace;

pub(crate) use cluster::{Served, closed_port, kubeconfig};
pub(crate) use run::Told;
pub(crate) use workspace::Workspace;

/// Compares with a snapshot in the test; `SNAPSHOTS=overwrite cargo test` writes what is there now into the test.
#[track_caller]
pub(crate) fn check(actual: impl snapbox::IntoData, expected: impl snapbox::IntoData) {
    snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(actual, expected);
}
