//! What an environment shall be, and where: what a plan sets out from, before anything is asked about it.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    config,
    desired::Desired,
    diagnostic::Sources,
    failure::{Failure, FailureKind},
    image::Awaiting,
    names::{EnvironmentName, Namespace},
    plan::{self, Policy},
    state::Operation,
};

use super::{
    choices::{Choices, policy},
    link::Link,
    recorded::namespace,
    saved::Bound,
};

/// Where an environment lives, what it asks for unless it is to be destroyed, and what was decided about it.
pub(super) struct Aim {
    pub environment: EnvironmentName,
    pub operation: Operation,
    pub namespace: Namespace,
    pub desired: Option<Desired>,
    pub sources: Sources,
    pub choices: plan::Choices,
    pub policy: Policy,
    pub timeout: Duration,
    /// What holds for images that must be in their registry.
    pub awaiting: Awaiting,
    pub context: Option<String>,
    /// The pattern that protects the namespace, if one does.
    pub protected: Option<String>,
    /// What must still hold for a saved plan.
    pub bound: Option<Bound>,
}

/// Reads what the environment asks for. To destroy one, its files need not be sound, nor even there.
pub(super) async fn aim(
    link: &mut Link,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
    operation: Operation,
    choices: &Choices,
) -> Result<Aim, Failure> {
    let (namespace, desired) = match operation {
        Operation::Destroy => {
            let namespace = namespace(link, workspace, environment).await?;
            unprotected(&workspace.settings, environment, &namespace)?;
            (namespace, None)
        }
        Operation::Apply => {
            let desired = desired(link, workspace, environment).await?;
            (desired.namespace.clone(), Some(desired))
        }
    };
    let settings = &workspace.settings;
    Ok(Aim {
        environment: environment.clone(),
        operation,
        protected: settings.protects(&namespace).map(str::to_owned),
        namespace,
        choices: choices.choices.clone(),
        policy: policy(settings, choices),
        timeout: desired.as_ref().map_or(settings.timeout, |desired| desired.timeout),
        awaiting: awaiting(workspace, environment),
        context: settings.context.clone(),
        desired,
        sources: workspace.sources.clone(),
        bound: None,
    })
}

/// How long images may take, and which of them were locked.
pub(super) fn awaiting(workspace: &config::Workspace, environment: &EnvironmentName) -> Awaiting {
    let digest = |component| workspace.locked.get(&(environment.clone(), component))?.image.clone();
    let is_locked = workspace.locked.iter().any(|((of, _), locked)| of == environment && locked.image.is_some());
    let images = match is_locked {
        true => config::checked_images(workspace, environment),
        false => BTreeMap::new(),
    };
    let locked = images.into_iter().filter_map(|(component, image)| Some((image.value, digest(component)?)));
    Awaiting { timeout: workspace.settings.image_timeout, locked: locked.collect() }
}

/// Expands an environment with the kinds of the cluster.
async fn desired(
    link: &mut Link,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
) -> Result<Desired, Failure> {
    let mut expanded = config::expand(workspace, environment, &link.kinds);
    // A definition may have come since the kinds were asked for; once in a run is enough.
    if expanded.as_ref().is_err_and(|mistakes| !mistakes.unknown_kinds.is_empty()) && !link.is_fresh {
        link.discover().await?;
        expanded = config::expand(workspace, environment, &link.kinds);
    }
    expanded.map_err(|mistakes| Failure::in_files(workspace.sources.clone(), mistakes.diagnostics))
}

/// Refuses to destroy in a protected namespace. The files are held to that when they are read, but may be gone by then.
fn unprotected(
    settings: &config::Settings,
    environment: &EnvironmentName,
    namespace: &Namespace,
) -> Result<(), Failure> {
    let Some(pattern) = settings.protects(namespace) else { return Ok(()) };
    let message = format!(
        "namespace {namespace} of environment {environment} is protected by the pattern `{pattern}`, so nothing in it is changed"
    );
    let hint = "patterns of your own stand in ditc.toml, under `[policy] protected`";
    Err(Failure::new(FailureKind::Config, message).hint(hint))
}
