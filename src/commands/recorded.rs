//! What ditc kept of an environment: where it lives, and its record, from the cluster or from here.

use std::collections::BTreeSet;

use crate::{
    cluster::{Fence, Recorded},
    config,
    desired::LABEL_ENVIRONMENT,
    diagnostic::suggestion,
    failure::{Failure, FailureKind},
    names::{EnvironmentName, Namespace},
    plan, render, settings,
    state::State,
    store::Loaded,
};

use super::{desk::Desk, link::Link};

/// Every environment of the workspace, and those in the cluster that have no file.
pub(super) async fn all(link: &Link, workspace: &config::Workspace) -> Result<BTreeSet<EnvironmentName>, Failure> {
    let mut all: BTreeSet<EnvironmentName> = workspace.names().cloned().collect();
    for object in link.cluster.environments().await? {
        let name = object.label(LABEL_ENVIRONMENT).and_then(|name| EnvironmentName::new(name).ok());
        all.extend(name.filter(|name| plan::made_by_us(&object, name)));
    }
    Ok(all)
}

/// The namespace of an environment: where its label is in the cluster, as its file says, as it was last known, else of
/// its own name. Of several, the one that the file or the local state names.
pub(super) async fn namespace(
    link: &Link,
    workspace: &config::Workspace,
    environment: &EnvironmentName,
) -> Result<Namespace, Failure> {
    let known = kept(link, environment)?.map(|state| state.namespace);
    let told = [workspace.namespace(environment).cloned(), known];
    let labelled = link.cluster.namespaces_of(environment).await?;
    let ours = labelled.iter().filter(|object| plan::made_by_us(object, environment));
    let ours: Vec<Namespace> = ours.filter_map(|object| Namespace::new(object.name()?).ok()).collect();
    let named = told.iter().flatten().find(|namespace| ours.contains(namespace)).cloned();
    let guess = || Namespace::new(environment.as_str()).expect("both are DNS labels");
    let found = named.or_else(|| ours.into_iter().next());
    Ok(found.or_else(|| told.into_iter().flatten().next()).unwrap_or_else(guess))
}

/// The copy of the record that is kept here, whether or not the cluster still has it.
pub(super) fn kept(link: &Link, environment: &EnvironmentName) -> Result<Option<State>, Failure> {
    Ok(match link.store.load(environment)? {
        Loaded::Local(local) => Some(local.state),
        Loaded::Nothing | Loaded::Destroyed(_) | Loaded::Damaged(_) => None,
    })
}

/// What ditc last did in an environment.
pub(super) struct Ground {
    pub state: State,
    /// Of the record in the cluster; none where only the local copy is left of it.
    pub fence: Option<Fence>,
}

/// Finds the record: where the file says, where it was last known, else wherever the label is.
pub(super) async fn ground(
    desk: &Desk<'_>,
    link: &mut Link,
    workspace: &config::Workspace,
    environment: &EnvironmentName,
) -> Result<Option<Ground>, Failure> {
    let kept = kept(link, environment)?;
    let told = workspace.namespace(environment).cloned().or_else(|| Some(kept.as_ref()?.namespace.clone()));
    if let Some(told) = &told
        && let Some((state, fence)) = record(desk, link, environment, told).await?
    {
        return Ok(Some(Ground { state, fence: Some(fence) }));
    }
    let found = namespace(link, workspace, environment).await?;
    if told.as_ref() != Some(&found)
        && let Some((state, fence)) = record(desk, link, environment, &found).await?
    {
        return Ok(Some(Ground { state, fence: Some(fence) }));
    }
    if let Some(state) = kept {
        return Ok(Some(Ground { state, fence: None }));
    }
    let labelled = link.cluster.namespaces_of(environment).await?;
    let Some(there) = labelled.iter().find(|object| plan::made_by_us(object, environment)) else { return Ok(None) };
    let place = there.name().unwrap_or_default();
    let message = format!("namespace {place} has no record, so it is unknown what ditc did there");
    let hint = format!("ditc state rebuild {environment}{} writes one of what is there", desk.global.repeat());
    Err(Failure::new(FailureKind::State, message).hint(hint))
}

/// Reads the record: its header always, its entries from the local copy where that is of the same version.
pub(super) async fn record(
    desk: &Desk<'_>,
    link: &mut Link,
    environment: &EnvironmentName,
    namespace: &Namespace,
) -> Result<Option<(State, Fence)>, Failure> {
    let Some(recorded) = link.cluster.recorded(namespace).await? else { return Ok(None) };
    if *recorded.header.cluster() != link.id {
        link.discover().await?;
    }
    let owner = recorded.header.environment();
    if owner != environment {
        let message = format!("namespace {namespace} belongs to environment {owner}, not to {environment}");
        let hint = format!("give one of them another `namespace`, or `ditc destroy {owner}` first");
        return Err(Failure::new(FailureKind::State, message).hint(hint));
    }
    let fence = recorded.fence.clone();
    if let Some(state) = local(desk, link, environment, &recorded)? {
        return Ok(Some((state, fence)));
    }
    let state = link.cluster.state(namespace, &recorded).await?;
    link.store.save(environment, &state, &fence.resource_version, settings::now())?;
    Ok(Some((state, fence)))
}

/// The local copy, if it is the one that the header speaks of.
fn local(
    desk: &Desk<'_>,
    link: &Link,
    environment: &EnvironmentName,
    recorded: &Recorded,
) -> Result<Option<State>, Failure> {
    match link.store.load(environment)? {
        Loaded::Local(local) if local.fence == recorded.fence.resource_version => {
            let same = local.state.version == *recorded.header.version();
            Ok((same && crate::format::root(&local.state) == *recorded.header.root()).then_some(local.state))
        }
        Loaded::Damaged(reason) => {
            let text = format!("the local state of {environment} is damaged ({reason}); it is rebuilt from the record");
            desk.terminal.status(&render::text::warning(&text, desk.terminal.status_style));
            Ok(None)
        }
        Loaded::Local(_) | Loaded::Nothing | Loaded::Destroyed(_) => Ok(None),
    }
}

/// What is said of a name that neither a file nor the cluster knows.
pub(super) async fn unknown(
    link: &Link,
    workspace: &config::Workspace,
    environment: &EnvironmentName,
) -> Result<Failure, Failure> {
    let known = all(link, workspace).await?;
    let message =
        format!("there is no environment {environment}: no file describes it, and the cluster has nothing of it");
    let failure = Failure::new(FailureKind::Usage, message);
    Ok(match suggestion(environment.as_str(), known.iter().map(EnvironmentName::as_str)) {
        Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
        None => failure.hint("`ditc status` lists what there is"),
    })
}
