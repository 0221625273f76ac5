//! Fetches what services take from their repositories, and has their charts rendered: once for each chart, values and
//! versions, however often it is asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::json;

use crate::{
    charts::{self, Answer, Chart, Helm, Refusal},
    config::{self, Brought, Files, Rendered, Rendering, Wanted},
    failure::{Failure, FailureKind},
    kinds::Kinds,
    names::EnvironmentName,
    object::Hash,
    render, settings,
    sources::{self, TreeError, TreeQuestion},
    store::Cache,
};

use super::{
    desk::Desk,
    link::Link,
    references::access,
    unresolved::{not_as_locked, not_fetched},
};

/// What was rendered and is not used for this long is rendered anew when it is asked for.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where the version of Kubernetes comes from that charts are rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Cluster,
    /// From the last run that asked: nothing is asked now.
    Kept,
}

/// Brings everything that environments take from repositories into the workspace; gives why some of them have not got it.
/// What a repository has not got, or does not give, is left for their expansion to tell.
pub(super) async fn bring<'a>(
    desk: &Desk<'_>,
    link: &Link,
    look: Look,
    workspace: &mut config::Workspace,
    environments: impl IntoIterator<Item = &'a EnvironmentName>,
) -> BTreeMap<EnvironmentName, Failure> {
    let environments: Vec<&EnvironmentName> = environments.into_iter().collect();
    let with_charts = fetch_all(desk, link, workspace, &environments).await;
    let mut stove = Stove { desk, link, look, ready: None };
    let mut failures = BTreeMap::new();
    for environment in with_charts {
        if let Err(failure) = render_all(&mut stove, workspace, &environment).await {
            failures.insert(environment, failure);
        }
    }
    failures
}

/// As [`bring`], for one environment.
pub(super) async fn bring_one(
    desk: &Desk<'_>,
    link: &Link,
    look: Look,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
) -> Result<(), Failure> {
    bring(desk, link, look, workspace, [environment]).await.into_values().next().map_or(Ok(()), Err)
}

/// Fetches what is not there yet, everything once; gives the environments that have charts to render.
async fn fetch_all(
    desk: &Desk<'_>,
    link: &Link,
    workspace: &mut config::Workspace,
    environments: &[&EnvironmentName],
) -> BTreeSet<EnvironmentName> {
    let mut with_charts = BTreeSet::new();
    let mut missing = Vec::new();
    for environment in environments {
        for wanted in config::wanted(workspace, environment) {
            if wanted.chart.is_some() {
                with_charts.insert((*environment).clone());
            }
            let at = ((*environment).clone(), wanted.component.clone());
            if !workspace.brought.contains_key(&at) {
                missing.push((at, wanted));
            }
        }
    }
    if missing.is_empty() {
        return with_charts;
    }
    let access = link.access.clone().unwrap_or_else(|| access(desk, &workspace.settings).offline());
    let questions: BTreeSet<TreeQuestion> = missing.iter().map(|(_, wanted)| question(wanted)).collect();
    let answers = sources::trees(&access, &questions).await;
    for (at, wanted) in missing {
        let locked = workspace.locked.get(&at).and_then(|locked| locked.chart.as_deref());
        let brought = match &answers[&question(&wanted)] {
            Ok(tree) => match locked.map(|locked| (locked, tree.name())) {
                Some((locked, found)) if locked != found => Err(not_as_locked(&at.0, &wanted, locked, &found)),
                _ => Ok(Brought::Files(
                    tree.files.iter().map(|(path, file)| (path.clone(), file.bytes.clone())).collect(),
                )),
            },
            Err(error) => match &**error {
                TreeError::NoPath { near, .. } => Ok(Brought::Nothing { near: near.clone() }),
                error => Err(not_fetched(&wanted, error)),
            },
        };
        workspace.brought.insert(at, brought);
    }
    with_charts
}

pub(super) fn question(Wanted { component: _, revision, path, chart: _, origin: _ }: &Wanted) -> TreeQuestion {
    let (repository, commit) = (revision.repository.clone(), revision.commit.clone());
    TreeQuestion { repository, commit, path: path.clone(), reference: revision.full_name() }
}

/// Renders the charts of an environment, now that their files are there and values fit to theirs.
async fn render_all(
    stove: &mut Stove<'_>,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
) -> Result<(), Failure> {
    let charts =
        config::wanted(workspace, environment).into_iter().filter_map(|wanted| Some((wanted.component, wanted.chart?)));
    for (component, chart) in charts {
        let at = (environment.clone(), component);
        let Some(Ok(Brought::Files(files))) = workspace.brought.get(&at) else { continue };
        if files.contains_key("Chart.yaml") {
            let rendered = stove.render(files, &chart, workspace.settings.chart_timeout).await?;
            workspace.rendered.insert(at, rendered);
        }
    }
    Ok(())
}

/// Tells what was left out of an environment, and that it is held to a lock.
pub(super) fn remark(desk: &Desk<'_>, link: &Link, workspace: &config::Workspace, environment: &EnvironmentName) {
    if let Some(held) = link.held.get(environment) {
        desk.terminal.status(held);
    }
    let none = BTreeSet::new();
    for remark in workspace.remarks.get(environment).unwrap_or(&none).iter().filter(|_| !desk.global.json) {
        desk.terminal.status(&render::text::warning(remark, desk.terminal.status_style));
    }
}

/// Renders charts; looks for Helm and for the version of the cluster when the first one comes.
struct Stove<'a> {
    desk: &'a Desk<'a>,
    link: &'a Link,
    look: Look,
    /// None until it is needed.
    ready: Option<Ready>,
}

/// What rendering depends on besides the chart and its values.
struct Ready {
    helm: Helm,
    kubernetes: String,
    served: Vec<String>,
    /// What was rendered before.
    charts: Cache,
}

impl Stove<'_> {
    async fn render(
        &mut self,
        files: &Files,
        rendering: &Rendering,
        timeout: std::time::Duration,
    ) -> Result<Rendered, Failure> {
        if self.ready.is_none() {
            self.ready = Some(self.light().await?);
        }
        let Some(Ready { helm, kubernetes, served, charts }) = &self.ready else { unreachable!("made just above") };
        let Rendering { release, namespace, values } = rendering;
        let basis = json!({
            "helm": helm.version, "kubernetes": kubernetes, "served": served, "chart": digest(files).to_string(),
            "release": release, "namespace": namespace, "values": values,
        });
        let name = format!("chart {}", Hash::of_value(&basis));
        let kept =
            charts.read_used(&name)?.and_then(|bytes| serde_json::from_slice::<BTreeMap<String, String>>(&bytes).ok());
        if let Some(texts) = kept {
            return Ok(Rendered::Texts(texts));
        }
        let chart = Chart { files, release, namespace, values, kubernetes, served, timeout };
        match helm.template(chart).await? {
            Answer::Texts(texts) => {
                // What may hold the value of a Secret is written nowhere.
                if !texts.values().any(|text| text.lines().any(|line| line.trim() == "kind: Secret")) {
                    charts.write(&name, json!(texts).to_string().as_bytes())?;
                    charts.prune(UNUSED)?;
                }
                Ok(Rendered::Texts(texts))
            }
            Answer::Refused(Refusal { message, place }) => Ok(Rendered::Refused { message, place }),
        }
    }

    async fn light(&self) -> Result<Ready, Failure> {
        let state = self.desk.root().join("state");
        let cache = Cache::open(&state)?;
        let path = settings::variable("PATH").unwrap_or_default();
        let helm = Helm::find(path, state.join("cache").join("helm")).await?;
        let name = format!("version {}", self.link.cluster.server());
        let kubernetes = match self.look {
            Look::Cluster => {
                let version = self.link.cluster.version().await?;
                cache.write(&name, version.as_bytes())?;
                version
            }
            Look::Kept => match cache.read(&name)? {
                Some(version) => String::from_utf8_lossy(&version).into_owned(),
                None => {
                    let message = "a chart needs the version of the cluster, which is not known here yet";
                    return Err(Failure::new(FailureKind::State, message).hint("leave out -refresh=false once"));
                }
            },
        };
        Ok(Ready { helm, kubernetes, served: served(&self.link.kinds), charts: cache.within("charts")? })
    }
}

/// The hash over all paths and bytes of a tree.
fn digest(files: &Files) -> Hash {
    let lines = files.iter().map(|(path, bytes)| format!("{} {path}\n", Hash::of(bytes)));
    Hash::of(lines.collect::<String>().as_bytes())
}

/// `apps/v1` and `apps/v1/Deployment`, for all that a cluster serves.
fn served(kinds: &Kinds) -> Vec<String> {
    let mut served = BTreeSet::new();
    for kind in kinds.iter() {
        for version in &kind.versions {
            let api_version = crate::object::join_api_version(&kind.kind.group, version);
            served.insert(format!("{api_version}/{}", kind.kind.kind));
            served.insert(api_version);
        }
    }
    served.into_iter().collect()
}

impl From<charts::Error> for Failure {
    fn from(error: charts::Error) -> Self {
        let failure = Failure::from_error(FailureKind::Files, &error);
        match &error {
            charts::Error::NoHelm | charts::Error::Unknown(_) => failure
                .hint("a service names a chart, and charts are rendered by Helm: https://helm.sh/docs/intro/install/")
                .hint("without it, take `manifests` from the repository, or `image` and the like"),
            charts::Error::Start(_) | charts::Error::Read(_) | charts::Error::Files(_) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_chart_is_part_of_its_digest() {
        let files = |files: &[(&str, &str)]| -> Files {
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let one = digest(&files(&[("Chart.yaml", "a"), ("values.yaml", "b")]));
        assert_eq!(one, digest(&files(&[("values.yaml", "b"), ("Chart.yaml", "a")])));
        assert_ne!(one, digest(&files(&[("Chart.yaml", "b"), ("values.yaml", "a")])));
        assert_ne!(one, digest(&files(&[("Chart.yaml", "a")])));
    }

    #[test]
    fn charts_are_told_all_that_is_served() {
        let served = served(&Kinds::builtin());
        for known in ["v1", "v1/ConfigMap", "apps/v1", "apps/v1/Deployment", "networking.k8s.io/v1/Ingress"] {
            assert!(served.iter().any(|served| served == known), "{known}");
        }
    }
}
