//! What the rooms' errors mean to a person: the kind, and what to do next. All of it is chosen here.

use crate::{
    apply, cluster,
    diagnostic::suggestion,
    failure::{Failure, FailureKind},
    files, sandbox, sources, store,
};

impl From<cluster::Error> for Failure {
    fn from(error: cluster::Error) -> Self {
        Failure::from(&error)
    }
}

impl From<&cluster::Error> for Failure {
    fn from(error: &cluster::Error) -> Self {
        let kind = match error {
            cluster::Error::Shared(error) => return Failure::from(&**error),
            cluster::Error::Kubeconfig(_) | cluster::Error::NoCluster(_) | cluster::Error::Client { .. } => {
                FailureKind::Config
            }
            cluster::Error::Unauthorized { .. } => FailureKind::Auth,
            cluster::Error::Refused { source, .. } if source.code == 403 => FailureKind::Auth,
            cluster::Error::TimedOut { .. } => FailureKind::Timeout,
            cluster::Error::LeaseLost { .. } => FailureKind::Lock,
            cluster::Error::Record { .. } => FailureKind::State,
            cluster::Error::Unreachable { .. }
            | cluster::Error::BrokenOff { .. }
            | cluster::Error::Refused { .. }
            | cluster::Error::Unexpected { .. } => FailureKind::Cluster,
        };
        let hint = match error {
            cluster::Error::Kubeconfig(fault) => return Failure::from_error(kind, error).hint(mend(fault)),
            cluster::Error::NoCluster(_) => {
                Some("set KUBECONFIG, or try ditc without a cluster: add --sandbox to the command")
            }
            cluster::Error::Unreachable { .. } | cluster::Error::TimedOut { .. } => {
                Some("kubectl cluster-info tells whether the address is right and the cluster is up")
            }
            cluster::Error::Unauthorized { .. } => {
                Some("log in again; kubectl auth whoami tells who the server takes you for")
            }
            cluster::Error::Refused { source, .. } if source.is_missing_right() => {
                Some("kubectl auth can-i --list shows what these credentials may do")
            }
            cluster::Error::Record { .. } => {
                Some("ditc state rebuild ENV makes the record anew from the objects in the cluster")
            }
            cluster::Error::LeaseLost { .. } => Some("ditc status tells who changes the environment now"),
            cluster::Error::Client { .. }
            | cluster::Error::BrokenOff { .. }
            | cluster::Error::Refused { .. }
            | cluster::Error::Unexpected { .. }
            | cluster::Error::Shared(_) => None,
        };
        let failure = Failure::from_error(kind, error);
        hint.into_iter().fold(failure, Failure::hint)
    }
}

/// What to do about a kubeconfig.
fn mend(fault: &cluster::Fault) -> String {
    let another = "KUBECONFIG or --kubeconfig names another; --sandbox needs none";
    let listed = |what: &str, flag: &str, known: &[String]| match known {
        [] => format!("it has no {what} at all; {another}"),
        known => format!("{flag} chooses one of: {}", known.join(", ")),
    };
    let meant =
        |what: &str, flag: &str, name: &str, known: &[String]| match suggestion(name, known.iter().map(String::as_str))
        {
            Some(meant) => format!("did you mean {flag}={meant}?"),
            None => listed(what, flag, known),
        };
    match fault {
        cluster::Fault::Unread { .. } => another.to_owned(),
        cluster::Fault::Malformed { .. } => format!("mend the line that is told above; {another}"),
        cluster::Fault::NoContext { known } => listed("context", "--context", known),
        cluster::Fault::UnknownContext { name, known } => meant("context", "--context", name, known),
        cluster::Fault::UnknownCluster { name, known } => meant("cluster", "--cluster", name, known),
        cluster::Fault::Other(_) => "kubectl config view shows it as it is read".to_owned(),
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Self {
        Failure::from_error(FailureKind::Files, &error)
    }
}

impl From<sources::Error> for Failure {
    fn from(error: sources::Error) -> Self {
        let failure = Failure::from_error(FailureKind::Files, &error);
        match &error {
            sources::Error::Start(_) => failure.hint("without git, name the environments, or say --all"),
            sources::Error::Failed { .. } => failure.hint("-changed-since works in a git repository that git trusts"),
            sources::Error::UnknownCommit(name) => failure
                .hint(format!("git fetch origin {name} brings it, and origin/{name} is then its name"))
                .hint("a clone in CI often holds one commit alone: let it fetch the whole history (fetch-depth: 0)"),
            sources::Error::Unrelated(_) => {
                failure.hint("git fetch --unshallow brings the whole history, where a clone holds only a part of it")
            }
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let kind = match &error {
            store::Error::Held(_) | store::Error::Busy { .. } => FailureKind::Lock,
            store::Error::Files(_)
            | store::Error::Index { .. }
            | store::Error::Damaged { .. }
            | store::Error::Unreadable(_)
            | store::Error::Cluster(_) => FailureKind::State,
        };
        let failure = Failure::from_error(kind, &error);
        match &error {
            store::Error::Held(_) | store::Error::Busy { .. } => {
                failure.hint("wait for it with -lock-timeout=5m; a run that died has no lock")
            }
            _ => failure,
        }
    }
}

impl From<sandbox::Error> for Failure {
    fn from(error: sandbox::Error) -> Self {
        let failure = Failure::from_error(FailureKind::State, &error);
        match &error {
            sandbox::Error::Held { .. } => failure.hint(
                "wait for the other command; one that serves it is met by KUBECONFIG=state/sandbox/kubeconfig, without --sandbox",
            ),
            sandbox::Error::Damaged { .. } => failure.hint("remove state/sandbox to begin with an empty one"),
            _ => failure,
        }
    }
}

impl From<apply::Error> for Failure {
    fn from(error: apply::Error) -> Self {
        match error {
            apply::Error::Cluster(error) => error.into(),
            apply::Error::Store(error) => error.into(),
            apply::Error::Held { .. } => Failure::from_error(FailureKind::Lock, &error)
                .hint("wait for it with -lock-timeout=5m; a run that died frees the environment within seconds"),
            apply::Error::Interrupted => Failure::from_error(FailureKind::Interrupted, &error),
            apply::Error::Stale { .. } => Failure::from_error(FailureKind::StalePlan, &error),
        }
    }
}
