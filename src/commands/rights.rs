//! What is said where these credentials may not look at all of an environment: everything that they lack for it at once,
//! and who could give it.

use std::collections::BTreeMap;

use crate::{
    cluster::{Error, Wanted},
    failure::{Failure, FailureKind},
    names::Namespace,
    object::GroupKind,
    observed::Observed,
    plan,
};

use super::{aim::Aim, link::Link};

/// Observes what is wanted.
pub(super) async fn observe(link: &Link, wanted: &Wanted<'_>) -> Result<Observed, Failure> {
    seen(link, wanted, link.cluster.observe(wanted, &link.kinds).await).await
}

/// What was observed; where a right to look is missing, a failure that names all that are.
pub(super) async fn seen(
    link: &Link,
    wanted: &Wanted<'_>,
    observed: Result<Observed, Error>,
) -> Result<Observed, Failure> {
    match observed {
        Ok(observed) => Ok(observed),
        Err(error) => Err(unseen(link, wanted, &error).await),
    }
}

async fn unseen(link: &Link, wanted: &Wanted<'_>, error: &Error) -> Failure {
    let Some(refused) = error.refused().filter(|refused| refused.is_missing_right()) else { return error.into() };
    let Wanted { environment, namespace, keys } = wanted;
    // Where the server does not list what it grants, only the first that it refused is known.
    let Some(rules) = link.cluster.rules(namespace).await else { return error.into() };
    let lacks = plan::not_listable(keys.keys().map(|key| &key.kind), &link.kinds, &rules);
    if lacks.is_empty() {
        return error.into();
    }
    let message = format!("these credentials may not look at all of environment {environment}");
    let mut failure = Failure::new(FailureKind::Auth, message);
    failure.causes.push(format!("no right to list {} in namespace {namespace}", listed(&lacks)));
    failure.causes.push(refused.to_string());
    with_ways(failure, namespace, &lacks)
}

/// A failure to read the record for want of a right, with what looking at the environment would lack after that.
pub(super) async fn unread(link: &Link, aim: &Aim, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Auth {
        return failure;
    }
    let Some(rules) = link.cluster.rules(&aim.namespace).await else { return failure };
    let desired = aim.desired.iter().flat_map(|desired| desired.manifests.keys());
    let lacks = plan::not_listable(desired.map(|key| &key.kind), &link.kinds, &rules);
    if lacks.is_empty() {
        return failure;
    }
    let further = format!("nor do they have the right to list {} in namespace {}", listed(&lacks), aim.namespace);
    with_ways(failure.hint(further), &aim.namespace, &lacks)
}

fn listed(lacks: &BTreeMap<GroupKind, String>) -> String {
    lacks.values().cloned().collect::<Vec<_>>().join(", ")
}

/// Who can give these rights, and how.
fn with_ways(mut failure: Failure, namespace: &Namespace, lacks: &BTreeMap<GroupKind, String>) -> Failure {
    if lacks.keys().any(|kind| kind.is("", "Secret")) {
        failure =
            failure.hint("of Secrets only names, labels and owners are read; Kubernetes has no smaller right for that");
    }
    let user = failure.causes.iter().find_map(|cause| subject(cause)).filter(|_| lacks.keys().all(is_of_kubernetes));
    let Some(user) = user else {
        return failure
            .hint("whoever administers the cluster can grant it; ditc doctor tells all that environments need");
    };
    let role = if lacks.keys().any(is_of_roles) { "admin" } else { "edit" };
    failure
        .hint(format!("the role `{role}` of Kubernetes grants it, and whoever administers the namespace can bind it:"))
        .hint(format!("kubectl -n {namespace} create rolebinding ditc --clusterrole={role} {user}"))
}

/// Who was refused, as a flag of kubectl names them.
fn subject(refusal: &str) -> Option<String> {
    let user = refusal.split_once("User \"")?.1.split_once('"')?.0;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:@/".contains(c);
    if user.is_empty() || !user.chars().all(is_plain) {
        return None;
    }
    Some(match user.strip_prefix("system:serviceaccount:") {
        Some(account) => format!("--serviceaccount={account}"),
        None => format!("--user={user}"),
    })
}

/// Whether the roles of Kubernetes speak of a kind: they do of its own, and of others only where somebody adds them.
fn is_of_kubernetes(kind: &GroupKind) -> bool {
    const GROUPS: [&str; 7] =
        ["", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io"];
    GROUPS.contains(&kind.group.as_str()) && !["PodTemplate", "Node", "PersistentVolume"].contains(&kind.kind.as_str())
}

fn is_of_roles(kind: &GroupKind) -> bool {
    kind.group == "rbac.authorization.k8s.io"
}
