//! Many environments looked at together: files, kinds, lists and the local state are read once for all of them, then each
//! is planned as if it were alone, some at a time.

use std::collections::{BTreeMap, BTreeSet};

use futures::{Stream, StreamExt, stream};

use crate::{
    cluster::Reach,
    config,
    desired::LABEL_ENVIRONMENT,
    failure::Failure,
    names::{EnvironmentName, Namespace},
    observed::Observed,
    plan, render,
    state::Operation,
};

use super::{
    aim::{Aim, aim},
    choices::Choices,
    chosen::{Chosen, choices_of},
    desk::Desk,
    link::Link,
    own, project,
    session::{Survey, is_known, survey_for},
};

/// So many environments are looked at at a time. What they share is listed once; what is left are questions, and a few
/// requests by name, and the server has others to serve.
pub(super) const AT_ONCE: usize = 8;
/// Requests of one of them at a time.
const REQUESTS: usize = 2;

/// The environments in the cluster that have no file here, with their namespaces; none where they could not be looked for.
pub(super) type Strays = Option<BTreeMap<EnvironmentName, String>>;

/// Everything that many environments share.
pub(super) struct Together {
    /// Its lists and its store are shared; what is written goes through another.
    pub link: Link,
    pub strays: Strays,
}

/// Lists what many environments need first, and reads what is known of them here.
pub(super) async fn together(
    desk: &Desk<'_>,
    link: &Link,
    workspace: &config::Workspace,
    chosen: &Chosen,
) -> Result<Together, Failure> {
    let namespace = |name: &EnvironmentName| match workspace.namespace(name) {
        Some(namespace) => namespace.clone(),
        None => Namespace::new(name.as_str()).expect("both are DNS labels"),
    };
    let told: BTreeSet<Namespace> = chosen.environments.iter().map(namespace).collect();
    let reach = match chosen.is_all {
        true => Reach::Everything,
        false => Reach::Named(chosen.environments.union(&chosen.removed).cloned().collect()),
    };
    let shared = link.cluster.share(&told, reach).await?;
    let known: BTreeSet<&EnvironmentName> = workspace.names().collect();
    let strays = shared.labelled().map(|labelled| {
        let named = labelled.iter().filter_map(|object| {
            let name = EnvironmentName::new(object.label(LABEL_ENVIRONMENT)?).ok()?;
            let is_stray = !known.contains(&name) && plan::made_by_us(object, &name);
            let is_meant = chosen.is_all || chosen.removed.contains(&name);
            (is_stray && is_meant).then(|| Some((name, object.name()?.to_owned())))?
        });
        named.collect::<BTreeMap<_, _>>()
    });
    let strays = project::ours(desk, &link.cluster, strays).await;
    let names = chosen.environments.iter().chain(strays.iter().flat_map(BTreeMap::keys)).cloned().collect();
    let store = link.store.together(&names)?;
    let cluster = link.cluster.sharing(shared);
    Ok(Together { link: link.with(cluster, store), strays })
}

/// An environment and its plan, or why it has none.
pub(super) type Surveyed = (EnvironmentName, Result<Survey, Failure>);

/// Plans all environments, some at a time, in the order of their names.
pub(super) async fn surveys<'a>(
    desk: &'a Desk<'a>,
    together: &'a mut Together,
    workspace: &'a mut config::Workspace,
    environments: &'a BTreeSet<EnvironmentName>,
    operation: Operation,
    choices: &'a Choices,
) -> impl Stream<Item = Surveyed> + 'a {
    let mut aims: Vec<(EnvironmentName, Result<Aim, Failure>)> = Vec::with_capacity(environments.len());
    let mut failures = match operation {
        Operation::Apply => own::bring(desk, &together.link, own::Look::Cluster, workspace, environments).await,
        Operation::Destroy => BTreeMap::new(),
    };
    for environment in environments {
        if let Some(failure) = failures.remove(environment) {
            aims.push((environment.clone(), Err(failure)));
            continue;
        }
        let choices = Choices { choices: choices_of(&choices.choices, environment), max_destroy: choices.max_destroy };
        let aimed = aim(&mut together.link, workspace, environment, operation, &choices).await;
        own::remark(desk, &together.link, workspace, environment);
        aims.push((environment.clone(), aimed));
    }
    let (link, workspace) = (&together.link, &*workspace);
    let survey = move |(environment, aimed): (EnvironmentName, Result<Aim, Failure>)| async move {
        let mut link = link.clone();
        link.cluster = link.cluster.with_parallelism(REQUESTS);
        let surveyed = async {
            let mut survey = survey_for(desk, &mut link, aimed?).await?;
            if operation == Operation::Destroy {
                is_known(&link, workspace, &survey)?;
            }
            // What the plan was made from is the larger part, and no longer needed.
            survey.basis.observed = Observed::default();
            survey.basis.answers.clear();
            Ok(survey)
        };
        (environment, surveyed.await)
    };
    stream::iter(aims).map(survey).buffered(AT_ONCE)
}

/// Tells which environments in the cluster have no file here.
pub(super) fn tell_strays(desk: &Desk<'_>, chosen: &Chosen, strays: &Strays) {
    let style = desk.terminal.out_style;
    let text = match strays {
        Some(strays) => {
            let strays = strays.iter().map(|(name, namespace)| (name, namespace.as_str()));
            render::text::strays(strays, &desk.global.repeat(), style)
        }
        None if chosen.is_all => render::text::strays_unknown(style),
        None => String::new(),
    };
    if !text.is_empty() {
        desk.terminal.out("");
        desk.terminal.out(&text);
    }
}

/// Tells of one environment among several: its plan and what would stop it, or why there is none. Nothing is told of one
/// that stays as it is.
pub(super) struct Teller {
    explained: BTreeSet<plan::Action>,
    is_first: bool,
}

impl Teller {
    pub(super) fn new() -> Self {
        Self { explained: BTreeSet::new(), is_first: true }
    }

    pub(super) fn tell(
        &mut self,
        desk: &Desk<'_>,
        environment: &EnvironmentName,
        told: Result<(&Survey, &render::text::Context<'_>), &Failure>,
    ) {
        if !desk.terminal.wants_text() {
            return;
        }
        let style = desk.terminal.out_style;
        let text = match told {
            Ok((survey, context)) => {
                let Some(mut text) = render::text::plan_among(&survey.plan, context, &mut self.explained, style) else {
                    return;
                };
                if !survey.preflight.is_clear() {
                    text.push('\n');
                    text.push_str(&render::text::preflight(&survey.preflight, &survey.plan, context, style));
                }
                text
            }
            Err(failure) => render::text::failed(&failure.parts(), style),
        };
        if !self.is_first {
            desk.terminal.out("");
        }
        self.is_first = false;
        desk.terminal.out(&format!("{}\n{text}", render::text::heading(environment, style)));
    }
}

/// What a command would do to one environment, in short.
pub(super) fn prospect(environment: &EnvironmentName, surveyed: Result<&Survey, &Failure>) -> render::text::Prospect {
    let outlook = match surveyed {
        Ok(survey) => render::text::Outlook::of(&survey.plan),
        Err(failure) => render::text::Outlook::Failed(failure.message.clone()),
    };
    render::text::Prospect { environment: environment.clone(), outlook }
}
