//! The way to the cluster, and what is at its end.

use crate::{
    cluster::{self, Cluster, Discovery, Way, way},
    failure::Failure,
    files,
    kinds::Kinds,
    render::text::Finding,
    sandbox::Sandbox,
    state::ClusterId,
};

use super::{
    super::{desk::Desk, link},
    failed,
};

/// The minor versions of Kubernetes 1 that ditc is made for: below, there is no aggregated discovery; above, nobody has
/// tried yet.
const MINORS: std::ops::RangeInclusive<u32> = 30..=36;

/// A server that answers.
pub(super) struct Server {
    pub(super) cluster: Cluster,
    pub(super) id: ClusterId,
    pub(super) kinds: Kinds,
    /// Alive as long as it is asked.
    _sandbox: Option<Sandbox>,
}

const NOTHING: &str = "Nothing can be planned or applied.";

pub(super) async fn look(desk: &Desk<'_>, context: Option<&str>, findings: &mut Vec<Finding>) -> Option<Server> {
    if desk.global.sandbox {
        if !files::is_directory(&desk.root().join("state/sandbox")) {
            findings.push(Finding::good("server", "the built-in cluster; it begins with the first apply"));
            return None;
        }
    } else {
        let connection = link::connection(desk, context);
        match way(&connection) {
            Ok(way) => {
                let files = cluster::files(&connection);
                let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                findings.push(described(&way, &files.join(", ")));
            }
            Err(error) => {
                findings.push(failed("kubeconfig", &Failure::from(&error), NOTHING));
                return None;
            }
        }
    }
    let connected = link::connect(desk, &desk.root(), context).await;
    let (cluster, sandbox) = match connected {
        Ok(connected) => connected,
        Err(failure) => {
            findings.push(failed("server", &failure, NOTHING));
            return None;
        }
    };
    let (version, discovered) = tokio::join!(cluster.version(), cluster.discover());
    match version {
        Ok(version) => findings.push(judged(&version)),
        Err(error) => {
            findings.push(failed("server", &Failure::from(&error), NOTHING));
            return None;
        }
    }
    match discovered {
        Ok(Discovery { cluster: id, kinds }) => Some(Server { cluster, id, kinds, _sandbox: sandbox }),
        Err(error) => {
            findings.push(failed("server", &Failure::from(&error), NOTHING));
            None
        }
    }
}

fn described(way: &Way, files: &str) -> Finding {
    match way {
        Way::Inside => Finding::good("kubeconfig", "none; this is a pod, and its service account is used"),
        Way::Kubeconfig { context, cluster, user, server, credentials } => {
            let text = format!(
                "context {context}: {server} (cluster {cluster}), as {user}, known by {credentials}; from {files}"
            );
            if credentials == "nothing" {
                let finding =
                    Finding::note("kubeconfig", text, "The server will hardly let anybody in without credentials.");
                return finding.mend("kubectl config set-credentials gives the user some; --user chooses another");
            }
            Finding::good("kubeconfig", text)
        }
    }
}

fn judged(version: &str) -> Finding {
    let (first, last) = (MINORS.start(), MINORS.end());
    let range = format!("ditc is made for 1.{first} to 1.{last}");
    match minor(version) {
        Some(minor) if MINORS.contains(&minor) => Finding::good("server", format!("Kubernetes {version}; {range}")),
        Some(minor) if minor < *first => {
            let impact = "It may lack what ditc asks for; the first is aggregated discovery.";
            Finding::bad("server", format!("Kubernetes {version}, and {range}"), impact).mend("upgrade the cluster")
        }
        _ => {
            let impact = "It may well work; nobody has tried.";
            let finding = Finding::note("server", format!("Kubernetes {version}, and {range}"), impact);
            finding.mend("look for a newer ditc")
        }
    }
}

/// `36` of `v1.36.3-eks-1`; none of another major version.
fn minor(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::text::Verdict;

    #[test]
    fn versions_are_judged_by_their_minor_part() {
        for (version, verdict) in [
            ("v1.36.3", Verdict::Good),
            ("v1.30.0+k3s1", Verdict::Good),
            ("v1.33.5-eks-113cf36", Verdict::Good),
            ("v1.29.14", Verdict::Bad),
            ("v1.37.0-alpha.1", Verdict::Note),
            ("v2.0.0", Verdict::Note),
            ("unknown", Verdict::Note),
        ] {
            assert_eq!(judged(version).verdict, verdict, "{version}");
        }
    }
}
