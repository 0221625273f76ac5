//! `ditc plan`: what would change, and why. It writes nothing to the cluster and takes no lock.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;

use crate::{
    cli, config,
    failure::{Exit, Failure, FailureKind},
    names::EnvironmentName,
    observed::{Answer, Why},
    plan::{self, Basis, Plan, Preflight},
    render::{self, forms::Section, json::Planned, text::Context},
    secret::Values,
    state::Operation,
    store::{Loaded, Local},
};

use super::{
    aim::awaiting,
    choices::{Choices, known_choices, policy},
    chosen::{Chosen, Unknown, addresses_within, choices_of, chosen},
    desk::Desk,
    link::Link,
    own,
    project::Whose,
    references, saved,
    secrets::seal_as_recorded,
    session::{Survey, context, foretell, planned, survey},
    together::{Surveyed, Teller, prospect, surveys, tell_strays, together},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Plan) -> Result<Exit, Failure> {
    match arguments.meant().one() {
        Some(environment) => one(desk, arguments, environment).await,
        None => many(desk, arguments).await,
    }
}

fn operation(arguments: &cli::Plan) -> Operation {
    if arguments.destroy { Operation::Destroy } else { Operation::Apply }
}

async fn one(desk: &Desk<'_>, arguments: &cli::Plan, environment: &EnvironmentName) -> Result<Exit, Failure> {
    if let Some(out) = &arguments.out {
        saved::check_place(desk, out)?;
    }
    let operation = operation(arguments);
    let mut workspace = match operation {
        // To be destroyed, its files need not be sound.
        Operation::Destroy => desk.workspace()?,
        Operation::Apply => desk.sound_workspace(environment, &arguments.variables)?,
    };
    let root = desk.root();
    let only = BTreeSet::from([environment.clone()]);
    let (survey, link) = if arguments.refresh {
        let mut link = Link::open(desk, &root, workspace.settings.context.as_deref()).await?;
        link.look_up(desk, &mut workspace, &only, operation, &arguments.variables, None).await?;
        (survey(desk, &mut link, workspace, environment, operation, &arguments.into()).await?, link)
    } else {
        let link = Link::open_without_asking(desk, &root, workspace.settings.context.as_deref()).await?;
        (remembered(desk, &link, &mut workspace, environment, operation, &arguments.into()).await?, link)
    };
    let flags = desk.global.repeat() + &arguments.variables.repeat();
    desk.warn(&survey.warnings);
    show(desk, &survey.plan, &survey.preflight, &context(desk, &survey, &link, &flags));
    let exit = exit(arguments, &survey.plan);
    if let Some(out) = &arguments.out {
        saved::save(desk, &link, survey, flags, out)?;
    }
    Ok(exit)
}

/// Plans several environments: each under its name, one summary, and the worst exit code of all.
async fn many(desk: &Desk<'_>, arguments: &cli::Plan) -> Result<Exit, Failure> {
    let operation = operation(arguments);
    let mut workspace = desk.workspace_for(operation, &arguments.variables)?;
    let unknown = if operation == Operation::Destroy { Unknown::Kept } else { Unknown::Refused };
    let meant = arguments.meant();
    let chosen = chosen(desk, &workspace, &meant, &arguments.variables, unknown)?;
    let choices = Choices::from(arguments);
    addresses_within(&choices.choices, &chosen.environments)?;
    desk.tell_unheeded(&workspace, &chosen.environments, operation);
    let root = desk.root();
    let mut told = Told::new(desk, arguments, operation);
    if !arguments.refresh {
        let link = Link::open_without_asking(desk, &root, workspace.settings.context.as_deref()).await?;
        let link = link.with(link.cluster.clone(), link.store.together(&chosen.environments)?);
        for environment in &chosen.environments {
            let choices = Choices { choices: choices_of(&choices.choices, environment), ..choices };
            let remembered = remembered(desk, &link, &mut workspace, environment, operation, &choices).await;
            told.take(desk, &link, (environment.clone(), remembered));
        }
        return Ok(told.end(desk, &link, &chosen, &Some(BTreeMap::new())));
    }
    let mut link = Link::open(desk, &root, workspace.settings.context.as_deref()).await?;
    link.look_up(desk, &mut workspace, &chosen.environments, operation, &arguments.variables, None).await?;
    let mut together = together(desk, &link, &workspace, &chosen).await?;
    let strays = together.strays.clone();
    let store = together.link.store.clone();
    {
        let surveys = surveys(desk, &mut together, &mut workspace, &chosen.environments, operation, &choices).await;
        let mut surveys = std::pin::pin!(surveys);
        while let Some(surveyed) = surveys.next().await {
            told.take(desk, &link, surveyed);
        }
    }
    let exit = told.end(desk, &link, &chosen, &strays);
    store.write_down()?;
    Ok(exit)
}

/// What was told of several plans so far, and what is told of all of them in the end.
struct Told<'a> {
    arguments: &'a cli::Plan,
    operation: Operation,
    flags: String,
    teller: Teller,
    prospects: Vec<render::text::Prospect>,
    /// Kept for the one document that machines get.
    surveyed: Vec<Surveyed>,
    /// The worst so far.
    exit: Exit,
}

impl<'a> Told<'a> {
    fn new(desk: &Desk<'_>, arguments: &'a cli::Plan, operation: Operation) -> Self {
        let flags = desk.global.repeat() + &arguments.variables.repeat();
        let (prospects, surveyed) = (Vec::new(), Vec::new());
        Self { arguments, operation, flags, teller: Teller::new(), prospects, surveyed, exit: Exit::Done }
    }

    fn take(&mut self, desk: &Desk<'_>, link: &Link, (environment, surveyed): Surveyed) {
        self.prospects.push(prospect(&environment, surveyed.as_ref()));
        self.exit = self.exit.and(match &surveyed {
            Ok(survey) => exit(self.arguments, &survey.plan),
            Err(failure) => failure.kind.exit(),
        });
        match &surveyed {
            Ok(survey) => {
                desk.warn(&survey.warnings);
                let context = context(desk, survey, link, &self.flags);
                desk.section(|| Section::of_plan(&survey.plan, &survey.preflight, &context));
                self.teller.tell(desk, &environment, Ok((survey, &context)));
            }
            Err(failure) => {
                desk.failed(environment.as_str(), failure);
                self.teller.tell(desk, &environment, Err(failure));
            }
        }
        if desk.terminal.wants_json() {
            self.surveyed.push((environment, surveyed));
        }
    }

    fn end(self, desk: &Desk<'_>, link: &Link, chosen: &Chosen, strays: &super::together::Strays) -> Exit {
        if desk.terminal.wants_json() {
            let planned: Vec<Planned<'_>> = self
                .surveyed
                .iter()
                .map(|(environment, surveyed)| match surveyed {
                    Ok(survey) => {
                        Planned::Plan(&survey.plan, &survey.preflight, context(desk, survey, link, &self.flags))
                    }
                    Err(failure) => Planned::Failed(environment, failure.parts()),
                })
                .collect();
            let strays = strays.iter().flatten().map(|(name, namespace)| (name, namespace.as_str()));
            desk.terminal.json(&render::json::plans(self.operation, link.cluster.name(), &planned, strays));
        }
        for (environment, namespace) in strays.iter().flatten() {
            desk.section(|| Section::of_stray(environment, namespace, &desk.global.repeat()));
        }
        if desk.terminal.wants_text() {
            summarise(desk, &self.arguments.meant(), &self.prospects);
            tell_strays(desk, chosen, strays);
        }
        self.exit
    }
}

/// One table of all environments; a word where none was chosen.
pub(super) fn summarise(desk: &Desk<'_>, meant: &cli::Meant, prospects: &[render::text::Prospect]) {
    if prospects.is_empty() {
        desk.terminal.out(&render::text::nothing_chosen(meant.several.changed_since.as_deref()));
        return;
    }
    if prospects.iter().any(|prospect| prospect.outlook != render::text::Outlook::Unchanged) {
        desk.terminal.out("");
    }
    desk.terminal.out(&render::text::prospects(prospects, desk.terminal.out_style));
}

/// Draws a plan, and what would stop it.
pub(super) fn show(desk: &Desk<'_>, plan: &Plan, preflight: &Preflight, context: &Context<'_>) {
    desk.json(|| render::json::plan(plan, preflight, context));
    desk.section(|| Section::of_plan(plan, preflight, context));
    desk.text(|style| render::text::plan(plan, context, style));
    foretell(desk, plan, preflight, context);
}

fn exit(arguments: &cli::Plan, plan: &Plan) -> Exit {
    match plan {
        // The plan has said what must be decided.
        plan if !plan.is_applyable() => Exit::Error,
        plan if arguments.detailed_exitcode && plan.has_changes() => Exit::Changes,
        _ => Exit::Done,
    }
}

/// A plan from the local state alone: the cluster is not asked, and so the plan is only to look at.
async fn remembered(
    desk: &Desk<'_>,
    link: &Link,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
    operation: Operation,
    choices: &Choices,
) -> Result<Survey, Failure> {
    let Local { state, fence: _, seen } = local(desk, link, environment)?;
    references::remember(desk, workspace, environment, &state)?;
    if operation == Operation::Apply {
        own::bring_one(desk, link, own::Look::Kept, workspace, environment).await?;
    }
    let mut desired = match operation {
        Operation::Destroy => None,
        Operation::Apply => match config::expand(workspace, environment, &link.kinds) {
            Ok(desired) => Some(desired),
            Err(mistakes) => return Err(Failure::in_files(workspace.sources.clone(), mistakes.diagnostics)),
        },
    };
    let namespace = state.namespace.clone();
    if let Some(other) = desired.as_ref().map(|desired| &desired.namespace).filter(|other| **other != namespace) {
        let message =
            format!("environment {environment} lives in namespace {namespace}, and its file asks for {other}");
        return Err(Failure::new(FailureKind::State, message));
    }
    if let Some(desired) = &mut desired {
        seal_as_recorded(desired, &state);
    }
    let timeout = desired.as_ref().map_or(workspace.settings.timeout, |desired| desired.timeout);
    let mut basis = Basis {
        environment: environment.clone(),
        observed: plan::remembered(&state, desired.as_ref(), &namespace),
        namespace,
        operation,
        desired,
        state: Some(state),
        autoscalers: Vec::new(),
        answers: BTreeMap::new(),
        readiness: BTreeMap::new(),
        policy: policy(&workspace.settings, choices),
        choices: choices.choices.clone(),
    };
    known_choices(&basis.input())?;
    let questions = plan::questions(&basis.input());
    basis.answers = questions.into_keys().map(|key| (key, Answer::NotAsked(Why::NotRefreshed))).collect();
    let plan = planned(&basis, workspace.settings.protects(&basis.namespace))?;
    Ok(Survey {
        images: None,
        awaiting: awaiting(workspace, environment),
        sources: workspace.sources.clone(),
        basis,
        plan,
        preflight: Preflight::default(),
        fence: None,
        base: None,
        warnings: Vec::new(),
        timeout,
        context: workspace.settings.context.clone(),
        values: Values::new(),
        key: None,
        as_of: Some(seen),
        made: None,
        whose: Whose::Ours,
    })
}

/// What is known here of an environment.
fn local(desk: &Desk<'_>, link: &Link, environment: &EnvironmentName) -> Result<Local, Failure> {
    let why = match link.store.load(environment)? {
        Loaded::Local(local) => return Ok(*local),
        Loaded::Nothing => format!("there is no local state of environment {environment} to plan from"),
        Loaded::Destroyed(tombstone) => format!("environment {environment} was destroyed at {:.0}", tombstone.at),
        Loaded::Damaged(reason) => format!("the local state of environment {environment} is damaged ({reason})"),
    };
    let hint = format!("ditc plan {environment}{} asks the cluster", desk.global.repeat());
    Err(Failure::new(FailureKind::State, why).hint(hint))
}
