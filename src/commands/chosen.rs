//! Which environments a command is about, known from the workspace and git alone: nothing was asked of a cluster yet.

use std::{collections::BTreeSet, path::Path};

use crate::{
    address::Which,
    cli::{self, Meant, Several},
    config,
    diagnostic::Diagnostic,
    failure::{Failure, FailureKind},
    files,
    names::{EnvironmentName, Pattern},
    plan, sources,
};

use super::desk::{Desk, PLACES};

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub environments: BTreeSet<EnvironmentName>,
    /// With `--changed-since`: environments whose files went away since.
    pub removed: BTreeSet<EnvironmentName>,
    /// Every environment is meant, so those in the cluster that have no file are told too.
    pub is_all: bool,
}

/// What a name is worth that no file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// What has no file cannot be planned.
    Refused,
    /// It may live in the cluster all the same.
    Kept,
    /// As refused, but a template for others counts too: its file can be looked at.
    TemplatesToo,
}

/// Finds the environments that are meant.
///
/// # Errors
/// All names and patterns that mean nothing, or why git cannot tell what changed.
pub(super) fn chosen(
    desk: &Desk<'_>,
    workspace: &config::Workspace,
    meant: &Meant,
    variables: &cli::Variables,
    unknown: Unknown,
) -> Result<Chosen, Failure> {
    let Meant { patterns, several: Several { all, changed_since } } = meant;
    let mut environments = BTreeSet::new();
    let mut mistakes: Vec<Diagnostic> = Vec::new();
    for pattern in patterns {
        match (pattern, workspace.fitting(pattern)) {
            (_, Ok(fitting)) => environments.extend(fitting),
            (Pattern::Name(name), Err(_)) if unknown == Unknown::Kept => {
                environments.insert(name.clone());
            }
            (Pattern::Name(name), Err(_))
                if unknown == Unknown::TemplatesToo && workspace.files().any(|file| file == name) =>
            {
                environments.insert(name.clone());
            }
            (_, Err(mistake)) => mistakes.push(mistake),
        }
    }
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources.clone(), mistakes));
    }
    if patterns.is_empty() && unknown == Unknown::TemplatesToo {
        environments.extend(workspace.files().cloned());
    } else if patterns.is_empty() {
        environments.extend(workspace.names().cloned());
    }
    let Some(reference) = changed_since else {
        return Ok(Chosen { environments, removed: BTreeSet::new(), is_all: *all });
    };
    let given = given(&desk.root(), variables);
    let changed = changed(&desk.root(), reference, &given)?;
    // Values from a file that changed are values for every environment.
    if !given.iter().any(|path| changed.contains(path)) {
        environments.retain(|name| workspace.is_touched(name, &changed));
    }
    let mut removed = workspace.removed(&changed);
    removed.retain(|name| patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(name)));
    Ok(Chosen { environments, removed, is_all: false })
}

/// The files of values for variables that lie in the workspace, by path relative to it.
fn given(root: &Path, variables: &cli::Variables) -> Vec<String> {
    let paths = variables.var_file.iter().filter_map(|path| {
        let path = if path.is_absolute() { path.strip_prefix(root).ok()? } else { path };
        Some(path.strip_prefix("./").unwrap_or(path).to_str()?.to_owned())
    });
    paths.filter(|path| !path.starts_with("..")).collect()
}

/// The paths of the workspace that changed, those behind links under the names by which they are read.
fn changed(root: &Path, reference: &str, given: &[String]) -> Result<BTreeSet<String>, Failure> {
    let links = files::links(root)?;
    let places = PLACES.into_iter().chain(links.values().map(String::as_str)).chain(given.iter().map(String::as_str));
    let mut changed = sources::changed_since(root, reference, places)?;
    let mut also = BTreeSet::new();
    for (link, target) in &links {
        for path in &changed {
            if let Some(rest) =
                path.strip_prefix(target.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                also.insert(format!("{link}{rest}"));
            }
        }
    }
    changed.append(&mut also);
    Ok(changed)
}

/// Holds addresses to the chosen environments; each names the one that it is about.
///
/// # Errors
/// An address of another environment, or one that does not say of which.
pub(super) fn addresses_within(choices: &plan::Choices, chosen: &BTreeSet<EnvironmentName>) -> Result<(), Failure> {
    for which in choices.named() {
        match which {
            Which::Address(address) if chosen.contains(&address.environment) => {}
            Which::Address(address) => {
                let named = &address.environment;
                let message =
                    format!("`{address}` is about environment {named}, which is not among those that are meant");
                let meant = crate::diagnostic::suggestion(named.as_str(), chosen.iter().map(EnvironmentName::as_str));
                let hint = match meant {
                    Some(meant) => {
                        format!("did you mean `{}`?", address.to_string().replacen(named.as_str(), meant, 1))
                    }
                    None => format!("name {named} too, or leave the address out"),
                };
                return Err(Failure::new(FailureKind::Usage, message).hint(hint));
            }
            Which::Alias(kind, name) => {
                let message = format!("`{which}` does not say of which environment, and several are meant");
                let hint =
                    format!("write the whole address, such as `ENV.services.NAME/{kind}/{name}`, as plans print it");
                return Err(Failure::new(FailureKind::Usage, message).hint(hint));
            }
        }
    }
    Ok(())
}

/// The choices about one environment among several.
pub(super) fn choices_of(choices: &plan::Choices, environment: &EnvironmentName) -> plan::Choices {
    let of = |list: &Vec<Which>| {
        let is_of = |which: &&Which| match which {
            Which::Address(address) => address.environment == *environment,
            Which::Alias(..) => false,
        };
        list.iter().filter(is_of).cloned().collect()
    };
    let plan::Choices { target, exclude, replace, adopt, force_conflicts, delete_data, with_foreign, refresh_only } =
        choices;
    plan::Choices {
        target: of(target),
        exclude: of(exclude),
        replace: of(replace),
        adopt: of(adopt),
        force_conflicts: of(force_conflicts),
        delete_data: of(delete_data),
        with_foreign: *with_foreign,
        refresh_only: *refresh_only,
    }
}
