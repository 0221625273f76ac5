//! What these credentials lack of what environments need: asked of the server, one review for each right.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cluster::Asked, config, desired::Desired, failure::Failure, kinds::Kinds, names::EnvironmentName,
    object::GroupKind, readiness, render::text::Finding,
};

use super::{super::desk::Desk, failed, server::Server};

const SUBJECT: &str = "rights";

/// What a right is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// Plan, apply, destroy.
    Run,
    /// To begin an environment whose namespace is not there, and to remove it whole.
    Namespace,
    /// To find environments that have no file.
    Find,
    Causes,
    Logs,
    Exec,
    Forward,
}

impl Use {
    fn impact(self) -> &'static str {
        match self {
            Use::Run => "Plan, apply or destroy will fail.",
            Use::Namespace => "A namespace cannot be made or removed with its environment.",
            Use::Find => "Environments without a file are not found, by `status` and `--all`.",
            Use::Causes => "Why something does not work is told in less detail.",
            Use::Logs => "`ditc logs` will not work, and failures are told without the last lines of a log.",
            Use::Exec => "`ditc exec` will not work.",
            Use::Forward => "`ditc port-forward` will not work.",
        }
    }
}

/// What ditc needs beside the objects that an environment describes: group, resource, verbs, what for.
const OWN: [(&str, &str, &[&str], Use); 12] = [
    ("", "namespaces", &["get", "patch"], Use::Run),
    ("", "namespaces", &["delete"], Use::Namespace),
    ("", "configmaps", &["get", "list", "create", "update", "delete"], Use::Run),
    ("", "secrets", &["get", "list", "create", "delete"], Use::Run),
    ("coordination.k8s.io", "leases", &["get", "create", "update"], Use::Run),
    ("", "pods", &["list"], Use::Causes),
    ("", "events", &["list"], Use::Causes),
    ("apps", "replicasets", &["list"], Use::Causes),
    ("", "pods/log", &["get"], Use::Logs),
    ("", "pods/exec", &["create"], Use::Exec),
    ("", "pods/portforward", &["create"], Use::Forward),
    ("discovery.k8s.io", "endpointslices", &["list", "watch"], Use::Run),
];

/// Of all namespaces.
const EVERYWHERE: [(&str, Use); 2] = [("create", Use::Namespace), ("list", Use::Find)];

pub(super) async fn look(
    desk: &Desk<'_>,
    server: &Server,
    workspace: &mut config::Workspace,
    environments: &BTreeSet<EnvironmentName>,
    findings: &mut Vec<Finding>,
) {
    let whole: Vec<(Asked, Use)> =
        EVERYWHERE.iter().map(|(verb, of)| (asked(None, "", "namespaces", verb), *of)).collect();
    let mut lacks = match missing(server, &whole).await {
        Ok(missing) => told(findings, "the cluster", "", &missing),
        Err(failure) => return findings.push(failed(SUBJECT, &failure, "What these credentials may do is not known.")),
    };
    let mut complete = Vec::new();
    for environment in environments {
        // What is wrong with its files is told where those are.
        let Ok(desired) = config::outline(workspace, environment, &server.kinds) else { continue };
        let namespace = desired.namespace.as_str();
        let everything = [(asked(Some(namespace), "*", "*", "*"), Use::Run)];
        let missing = match missing(server, &everything).await {
            Ok(missing) if missing.is_empty() => Ok(missing),
            Ok(_) => missing_of(server, &desired).await,
            Err(failure) => Err(failure),
        };
        match missing {
            Ok(missing) if missing.is_empty() => complete.push(environment.to_string()),
            Ok(missing) => {
                let hint = format!(" in namespace {namespace}");
                lacks |= told(findings, &format!("environment {environment}"), &hint, &missing);
            }
            Err(failure) => findings.push(failed(SUBJECT, &failure, "What these credentials may do is not known.")),
        }
    }
    match complete.as_slice() {
        [] => {}
        [one] => findings.push(Finding::good(SUBJECT, format!("all that environment {one} needs"))),
        many if many.len() == environments.len() => {
            findings.push(Finding::good(SUBJECT, format!("all that each of the {} environments needs", many.len())));
        }
        many => findings.push(Finding::good(SUBJECT, format!("all that these environments need: {}", many.join(", ")))),
    }
    if lacks && !desk.global.sandbox {
        let mend = "whoever administers the cluster can grant them; kubectl auth can-i --list shows what there is";
        let mut told = findings.iter_mut().filter(|finding| finding.subject == SUBJECT && !finding.impact.is_empty());
        if let Some(last) = told.next_back() {
            last.mends.push(mend.to_owned());
        }
    }
}

async fn missing_of(server: &Server, desired: &Desired) -> Result<Vec<(Asked, Use)>, Failure> {
    missing(server, &needs(desired, &server.kinds)).await
}

async fn missing(server: &Server, needs: &[(Asked, Use)]) -> Result<Vec<(Asked, Use)>, Failure> {
    let questions: Vec<Asked> = needs.iter().map(|(asked, _)| asked.clone()).collect();
    let answers = server.cluster.may(&questions).await?;
    Ok(needs.iter().zip(answers).filter(|(_, may)| !may).map(|(need, _)| need.clone()).collect())
}

fn asked(namespace: Option<&str>, group: &str, resource: &str, verb: &str) -> Asked {
    let [group, resource, verb] = [group, resource, verb].map(str::to_owned);
    Asked { namespace: namespace.map(str::to_owned), group, resource, verb }
}

/// Every right that an environment needs in its namespace, each once; what is needed for more stands first.
fn needs(desired: &Desired, kinds: &Kinds) -> Vec<(Asked, Use)> {
    let namespace = Some(desired.namespace.as_str());
    let mut needs: BTreeMap<Asked, Use> = BTreeMap::new();
    let mut need = |asked: Asked, of: Use| {
        let known = needs.entry(asked).or_insert(of);
        *known = of.min(*known);
    };
    let described: BTreeSet<&GroupKind> = desired.manifests.keys().map(|key| &key.kind).collect();
    for kind in described {
        let Some(known) = kinds.get(kind) else { continue };
        // Its own namespace is all that an environment needs, and is asked for below.
        if kind.is("", "Namespace") {
            continue;
        }
        let place = namespace.filter(|_| known.namespaced);
        for verb in ["get", "list", "create", "patch", "delete"] {
            need(asked(place, &kind.group, &known.plural, verb), Use::Run);
        }
        if readiness::is_awaited(kind) {
            need(asked(place, &kind.group, &known.plural, "watch"), Use::Run);
        }
    }
    for (group, resource, verbs, of) in OWN {
        for verb in verbs {
            need(asked(namespace, group, resource, verb), of);
        }
    }
    needs.into_iter().collect()
}

/// Adds what is missing, one finding for each use; whether there is any.
fn told(findings: &mut Vec<Finding>, who: &str, place: &str, missing: &[(Asked, Use)]) -> bool {
    let mut by_use: BTreeMap<Use, BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for (Asked { namespace: _, group, resource, verb }, of) in missing {
        by_use.entry(*of).or_default().entry((group, resource)).or_default().push(verb);
    }
    for (of, resources) in &by_use {
        let lacks = resources.iter().map(|((group, resource), verbs)| {
            let group = if group.is_empty() { String::new() } else { format!(".{group}") };
            format!("{} {resource}{group}", listed(verbs))
        });
        let text = format!("{who}: no right to {}{place}", lacks.collect::<Vec<_>>().join("; "));
        findings.push(match of {
            Use::Run => Finding::bad(SUBJECT, text, of.impact()),
            Use::Namespace | Use::Find | Use::Causes | Use::Logs | Use::Exec | Use::Forward => {
                Finding::note(SUBJECT, text, of.impact())
            }
        });
    }
    !missing.is_empty()
}

/// `create, patch and delete`
fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some((only, _)) => (*only).to_owned(),
        None => String::new(),
    }
}
