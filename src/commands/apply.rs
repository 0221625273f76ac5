//! `ditc apply` and `ditc destroy`: plan, ask, carry out, and tell what was done.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    apply::{self, Event, Finished, Ground, Outcome, Tools},
    cli,
    failure::{Exit, Failure, FailureKind},
    format::{history::PastRun, index::Tombstone, record::Limits},
    names::EnvironmentName,
    plan::{Action, Plan, Step},
    render::{self, text::Context},
    settings,
    state::{Lineage, Operation, Run, State, Version},
    store::{Holder, Past},
    terminal::Answer,
};

use super::{
    link::Link,
    session::{Choices, Desk, Survey, context, survey},
    signals::Signals,
};

pub(super) async fn apply(desk: &Desk<'_>, arguments: &cli::Apply) -> Result<Exit, Failure> {
    run(desk, &arguments.run, Operation::Apply, &(&arguments.choose).into(), &arguments.variables).await
}

pub(super) async fn destroy(desk: &Desk<'_>, arguments: &cli::Destroy) -> Result<Exit, Failure> {
    run(desk, &arguments.run, Operation::Destroy, &arguments.into(), &cli::Variables::default()).await
}

async fn run(
    desk: &Desk<'_>,
    arguments: &cli::Run,
    operation: Operation,
    choices: &Choices,
    variables: &cli::Variables,
) -> Result<Exit, Failure> {
    let environment = &arguments.environment;
    let workspace = match operation {
        Operation::Apply => desk.sound_workspace(environment, variables)?,
        // To be destroyed, its files need not be sound.
        Operation::Destroy => desk.workspace()?,
    };
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    link.cluster = link.cluster.clone().with_parallelism(usize::from(arguments.parallelism));
    let run = Run { id: settings::fresh_id(), operation, who: desk.settings.who(), since: settings::now() };
    let holder = Holder { who: run.who.clone(), since: run.since, doing: operation.verb().to_owned() };
    let lock = link.store.lock(environment, &holder, arguments.lock.lock_timeout, |held| {
        desk.terminal.status(&format!("Waiting: {held}"));
    })?;
    let dead = dead(desk, &link, environment)?;

    let survey = survey(desk, &mut link, workspace, environment, operation, choices).await?;
    let flags = desk.global.repeat() + &variables.repeat();
    let context = context(&survey, &link, &flags);
    show(desk, &survey, &context);
    if !survey.plan.is_applyable() {
        // The plan has said what must be decided; nothing was changed.
        return Ok(Exit::Error);
    }
    if survey.preflight.is_hopeless() {
        let message = format!("{} was not begun: these credentials lack rights that it needs", operation.verb());
        return Err(Failure::new(FailureKind::Auth, message));
    }
    if is_gone(&survey, operation) {
        link.store.discard_journal(&lock)?;
        return Ok(Exit::Done);
    }
    if survey.plan.has_changes() && !arguments.auto_approve {
        desk.terminal.out("");
        let question = render::text::question(&survey.plan, &context, desk.terminal.out_style);
        if desk.terminal.ask(&question)? == Answer::NotConfirmed {
            desk.terminal.out(&render::text::not_confirmed(&survey.plan));
            return Ok(Exit::Error);
        }
    }

    let listening = |error| Failure::new(FailureKind::Apply, "listening for signals").because(&error);
    let signals = Signals::listen().map_err(listening)?;
    let (events, receiver) = mpsc::unbounded_channel();
    let tools = Tools {
        cluster: link.cluster.clone(),
        kinds: Arc::clone(&link.kinds),
        timeout: survey.timeout,
        patience: arguments.lock.lock_timeout,
        now: Arc::new(settings::now),
        random: Arc::new(settings::random_byte),
        interrupt: signals.interrupt.clone(),
        events,
        limits: Limits::default(),
        policy: survey.policy.clone(),
    };
    let recorded = survey.recorded.clone();
    let (state, fence) = match recorded {
        Some((state, fence)) => (state, Some(fence)),
        None => (fresh(&link, &survey.plan), None),
    };
    let before = state.version.clone();
    let work = async {
        let tools = tools;
        if survey.plan.has_changes() || survey.plan.changes_record() {
            let ground = Ground { store: &link.store, lock: &lock, state, fence, dead };
            apply::run(&tools, &survey.plan, &run, ground).await
        } else {
            let outcome = apply::wait(&tools, &survey.plan).await;
            let state = fence.map(|fence| (state, fence));
            Ok(Finished { outcome, state })
        }
    };
    let (finished, ()) = tokio::join!(work, tell(desk, &survey.plan, receiver));
    let finished = finished.map_err(|error| {
        let is_stale = matches!(error, apply::Error::Stale { .. });
        let failure = Failure::from(error);
        if is_stale { failure.hint(format!("ditc plan {environment}{flags}")) } else { failure }
    })?;
    keep(&link, &survey.plan, &run, &finished, &before)?;
    end(desk, &survey.plan, &context, &finished.outcome, signals.first())
}

/// The run that died here and never came to its end, so that its lease needs no patience.
fn dead(desk: &Desk<'_>, link: &Link, environment: &EnvironmentName) -> Result<Option<String>, Failure> {
    let told = |text: &str| desk.terminal.status(&render::text::warning(text, desk.terminal.status_style));
    Ok(match link.store.past(environment)? {
        Past::Nothing | Past::Ended { .. } => None,
        Past::Unfinished(unfinished) => {
            let Run { operation, who, since, id } = unfinished.run;
            told(&format!(
                "the {} by {who} at {since:.0} stopped before its end; this run finishes it",
                operation.verb()
            ));
            Some(id)
        }
        Past::Damaged(reason) => {
            told(&format!("the journal of {environment} is damaged ({reason}); the record in the cluster is used"));
            None
        }
    })
}

fn show(desk: &Desk<'_>, survey: &Survey, context: &Context<'_>) {
    desk.warn(&survey.warnings);
    if desk.global.json {
        desk.terminal.out(&render::json::version(env!("CARGO_PKG_VERSION"), settings::now()));
        desk.terminal.out(&render::json::planned(&survey.plan, context, settings::now()));
    } else {
        desk.terminal.out(&render::text::plan(&survey.plan, context, desk.terminal.out_style));
    }
    survey.warn(desk, context);
}

/// A destroy that finds neither a record nor an object.
fn is_gone(survey: &Survey, operation: Operation) -> bool {
    operation == Operation::Destroy && survey.recorded.is_none() && survey.plan.changes.is_empty()
}

/// The state of an environment that has no record: a new life begins.
fn fresh(link: &Link, plan: &Plan) -> State {
    State {
        version: Version { lineage: Lineage(settings::fresh_id()), serial: 0 },
        cluster: link.id.clone(),
        environment: plan.environment.clone(),
        namespace: plan.namespace.clone(),
        created_namespace: plan.created_namespace,
        components: BTreeMap::new(),
        entries: BTreeMap::new(),
        partial: false,
        open: None,
        written: settings::now(),
    }
}

async fn tell(desk: &Desk<'_>, plan: &Plan, mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        if desk.global.json {
            if let Some(line) = render::json::event(&event, plan) {
                desk.terminal.out(&line);
            }
        } else if let Some(line) = render::text::event(&event, plan, desk.terminal.out_style)
            && !desk.global.quiet
        {
            desk.terminal.out(&line);
        }
    }
}

/// Keeps the local copy and the history.
fn keep(link: &Link, plan: &Plan, run: &Run, finished: &Finished, before: &Version) -> Result<(), Failure> {
    let now = settings::now();
    let version = match &finished.state {
        Some((state, fence)) => {
            link.store.save(&plan.environment, state, &fence.resource_version, now)?;
            state.version.clone()
        }
        None if plan.operation == Operation::Destroy => {
            link.store.forget(&plan.environment, &Tombstone { version: before.clone(), at: now })?;
            before.clone()
        }
        None => before.clone(),
    };
    let count = |action: Action| {
        let done = plan.changes.iter().filter(|(key, change)| {
            change.action == action && finished.outcome.done.contains(&Step::Change((*key).clone()))
        });
        u32::try_from(done.count()).unwrap_or(u32::MAX)
    };
    let past = PastRun {
        version,
        at: now,
        operation: run.operation,
        who: run.who.clone(),
        created: count(Action::Create),
        changed: count(Action::Update),
        destroyed: count(Action::Delete),
        failed: u32::try_from(finished.outcome.failed.len()).unwrap_or(u32::MAX),
    };
    if plan.has_changes() {
        link.store.remember(&plan.environment, &past)?;
    }
    Ok(())
}

fn end(
    desk: &Desk<'_>,
    plan: &Plan,
    context: &Context<'_>,
    outcome: &Outcome,
    signal: Option<FailureKind>,
) -> Result<Exit, Failure> {
    let complete = outcome.is_complete();
    if !desk.global.json {
        desk.terminal.out("");
        desk.terminal.out(&render::text::ledger(outcome, plan, context, desk.terminal.out_style));
    }
    if complete && plan.operation == Operation::Apply && !plan.outputs.is_empty() {
        if desk.global.json {
            desk.terminal.out(&render::json::outputs(&plan.outputs, settings::now()));
        } else {
            desk.terminal.out("");
            desk.terminal.out(&render::text::outputs(&plan.outputs, desk.terminal.out_style));
        }
    }
    let verb = plan.operation.verb();
    match signal {
        _ if complete => Ok(Exit::Done),
        Some(kind) => Err(Failure::new(kind, format!("the {verb} was interrupted; what was done is recorded"))),
        None => Err(Failure::new(FailureKind::Apply, format!("the {verb} did not come to its end"))),
    }
}
