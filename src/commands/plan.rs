//! `ditc plan`: what would change, and why. It writes nothing to the cluster and takes no lock.

use std::collections::BTreeMap;

use crate::{
    cli, config,
    failure::{Exit, Failure, FailureKind},
    names::EnvironmentName,
    observed::{Answer, Why},
    plan::{self, Basis, Plan, Preflight},
    render::{self, text::Context},
    state::Operation,
    store::{Loaded, Local},
};

use super::{
    choices::{Choices, known_choices, policy},
    desk::Desk,
    link::Link,
    saved,
    secrets::seal_as_recorded,
    session::{context, foretell, planned, survey},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Plan) -> Result<Exit, Failure> {
    if let Some(out) = &arguments.out {
        saved::check_place(desk, out)?;
    }
    let environment = &arguments.environment;
    let (operation, workspace) = if arguments.destroy {
        // To be destroyed, its files need not be sound.
        (Operation::Destroy, desk.workspace()?)
    } else {
        (Operation::Apply, desk.sound_workspace(environment, &arguments.variables)?)
    };
    if !arguments.refresh {
        return remembered(desk, arguments, operation, workspace).await;
    }
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let survey = survey(desk, &mut link, workspace, environment, operation, &arguments.into()).await?;
    let flags = desk.global.repeat() + &arguments.variables.repeat();
    desk.warn(&survey.warnings);
    show(desk, &survey.plan, &survey.preflight, &context(&survey, &link, &flags));
    let exit = exit(arguments, &survey.plan);
    if let Some(out) = &arguments.out {
        saved::save(desk, &link, survey, flags, out)?;
    }
    Ok(exit)
}

/// Draws a plan, and what would stop it.
pub(super) fn show(desk: &Desk<'_>, plan: &Plan, preflight: &Preflight, context: &Context<'_>) {
    if desk.global.json {
        desk.terminal.out(&render::json::plan(plan, preflight, context));
    } else {
        desk.terminal.out(&render::text::plan(plan, context, desk.terminal.out_style));
        foretell(desk, plan, preflight, context);
    }
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
    arguments: &cli::Plan,
    operation: Operation,
    mut workspace: config::Workspace,
) -> Result<Exit, Failure> {
    let environment = &arguments.environment;
    let link = Link::open_without_asking(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let Local { state, fence: _, seen } = local(desk, &link, environment)?;
    let mut desired = match operation {
        Operation::Destroy => None,
        Operation::Apply => match config::expand(&mut workspace, environment, &link.kinds) {
            Ok(desired) => Some(desired),
            Err(mistakes) => return Err(Failure::in_files(workspace.sources, mistakes.diagnostics)),
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
    let choices = Choices::from(arguments);
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
        policy: policy(&workspace.settings, &choices),
        choices: choices.choices,
    };
    known_choices(&basis.input())?;
    let questions = plan::questions(&basis.input());
    basis.answers = questions.into_keys().map(|key| (key, Answer::NotAsked(Why::NotRefreshed))).collect();
    let plan = planned(&basis, workspace.settings.protects(&basis.namespace))?;
    let context = Context {
        sources: &workspace.sources,
        cluster: link.cluster.name(),
        check_namespace: &basis.policy.check_namespace,
        flags: &(desk.global.repeat() + &arguments.variables.repeat()),
        as_of: Some(seen),
    };
    show(desk, &plan, &Preflight::default(), &context);
    Ok(exit(arguments, &plan))
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
