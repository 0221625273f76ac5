//! What the integration tests stand on: a workspace in a temporary directory, the real binary run in it, and every kind
//! of cluster: the one in the workspace's box, one that is served on a loopback port, and a real one where there is one.

mod cluster;
mod git;
mod hand;
pub(crate) mod http;
pub(crate) mod kept;
mod real;
mod requests;
mod run;
pub(crate) mod schema;
mod screen;
mod stage;
mod wire;
mod workspace;

pub(crate) use cluster::{Cluster, Served, closed_port, kubeconfig};
pub(crate) use git::{begins_history, git};
pub(crate) use hand::{Hand, Question};
pub(crate) use real::{NOT_USED, Real, own_name};
pub(crate) use requests::Requests;
pub(crate) use run::{Ran, Running, Size, Told};
pub(crate) use screen::Screen;
pub(crate) use stage::{Server, Stage, stories};
pub(crate) use wire::Wire;
pub(crate) use workspace::{UNBOUND, Workspace};

/// Compares with a snapshot in the test; `SNAPSHOTS=overwrite cargo test` writes what is there now into the test.
#[track_caller]
pub(crate) fn check(actual: impl snapbox::IntoData, expected: impl snapbox::IntoData) {
    snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(actual, expected);
}

/// Where a shell of a test finds its commands: the real binary first.
#[expect(clippy::disallowed_methods, reason = "a shell finds its commands by the environment")]
pub(crate) fn path() -> String {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_ditc")).parent().expect("it lies in a directory");
    format!("{}:{}", binary.display(), std::env::var("PATH").expect("a path"))
}

/// A text without what the names of a workload's pods end with.
pub(crate) fn without_pods(text: &str, workload: &str) -> String {
    let (mut out, mut rest, mark) = (String::new(), text, format!("{workload}-"));
    while let Some(at) = rest.find(&mark) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let end = rest[at..].find(|c| !is_name(c)).map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at + mark.len()]);
        out.push_str("[POD]");
        rest = &rest[end..];
    }
    out + rest
}
