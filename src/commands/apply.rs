//! `ditc apply` and `ditc destroy`: plan, ask, carry out, and tell what was done.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use crate::{
    apply::{self, Event, Finished, Ground, Interrupt, Outcome, Stopped, Tools},
    cli::{self, Subject},
    cluster::Contact,
    config,
    failure::{Exit, Failure, FailureKind},
    format::{history::PastRun, index::Tombstone, record::Limits},
    names::EnvironmentName,
    plan::{Plan, Preflight},
    render::{self, forms::Section, text::Context},
    settings,
    state::{Definition, Lineage, Operation, Project, Run, State, Version},
    store::{Holder, Lock, Past},
    terminal::Answer,
};

use super::{
    choices::Choices,
    desk::Desk,
    link::Link,
    progress::{self, Progress, tell_every},
    project::{Whose, attended},
    saved,
    secrets::with_digests,
    session::{Survey, context, foretell, planned, survey, survey_for},
    signals::Signals,
};

mod many;
mod rollback;

pub(super) use rollback::rollback;

pub(super) async fn apply(desk: &Desk<'_>, arguments: &cli::Apply) -> Result<Exit, Failure> {
    let cli::Apply { subjects, several: _, run: flags, variables, choose } = arguments;
    if let [Subject::File(file)] = subjects.as_slice() {
        return apply_saved(desk, flags, file).await;
    }
    let meant = arguments.meant();
    match meant.one() {
        Some(environment) => run(desk, flags, environment, Operation::Apply, &choose.into(), variables).await,
        None => many::run(desk, flags, &meant, Operation::Apply, &choose.into(), variables).await,
    }
}

pub(super) async fn destroy(desk: &Desk<'_>, arguments: &cli::Destroy) -> Result<Exit, Failure> {
    let (meant, variables) = (arguments.meant(), cli::Variables::default());
    let flags = &arguments.run;
    match meant.one() {
        Some(environment) => run(desk, flags, environment, Operation::Destroy, &arguments.into(), &variables).await,
        None => many::run(desk, flags, &meant, Operation::Destroy, &arguments.into(), &variables).await,
    }
}

async fn run(
    desk: &Desk<'_>,
    arguments: &cli::Run,
    environment: &EnvironmentName,
    operation: Operation,
    choices: &Choices,
    variables: &cli::Variables,
) -> Result<Exit, Failure> {
    let mut workspace = match operation {
        Operation::Apply => desk.sound_workspace(environment, variables)?,
        // To be destroyed, its files need not be sound.
        Operation::Destroy => desk.workspace()?,
    };
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    link.look_up(desk, &mut workspace, &BTreeSet::from([environment.clone()]), operation, variables, None).await?;
    let definition = definition(desk, operation);
    let mut hold = Hold::take(desk, arguments, link, environment, operation, definition)?;
    hold.flags.push_str(&variables.repeat());
    look_and_do(desk, arguments, hold, workspace, choices).await
}

/// Plans what is held, over a workspace that was read, and carries it out.
async fn look_and_do(
    desk: &Desk<'_>,
    arguments: &cli::Run,
    mut hold: Hold,
    workspace: config::Workspace,
    choices: &Choices,
) -> Result<Exit, Failure> {
    let (environment, operation) = (hold.lock.environment().clone(), hold.run.operation);
    let survey = survey(desk, &mut hold.link, workspace, &environment, operation, choices).await?;
    let survey = attended(desk, arguments, survey)?;
    let consent = if arguments.auto_approve { Consent::Given } else { Consent::Needed };
    carry_out(desk, arguments, hold, survey, consent).await
}

/// The files that a run is made from; a destroy is made from none.
fn definition(desk: &Desk<'_>, operation: Operation) -> Option<Definition> {
    match operation {
        Operation::Apply => desk.definition(),
        Operation::Destroy => None,
    }
}

/// Does what a saved plan says, if the cluster would still make the same plan of it.
async fn apply_saved(desk: &Desk<'_>, arguments: &cli::Run, file: &Path) -> Result<Exit, Failure> {
    let saved = saved::load(desk, file)?;
    let planned = planned(&saved.basis, None)?;
    if !planned.is_applyable() {
        // The plan says what must be decided; the cluster need not be asked.
        show(desk, &planned, &saved.preflight, &saved::context(desk, &saved, &saved.flags));
        return Ok(Exit::Error);
    }
    let mut link = Link::open(desk, &desk.root(), saved.context.as_deref()).await?;
    let definition = saved.definition.clone();
    let (aim, bound) = saved::aim(desk, file, saved);
    bound.leads_there(&mut link).await?;
    let mut hold = Hold::take(desk, arguments, link, &aim.environment, aim.operation, definition)?;
    let survey = attended(desk, arguments, survey_for(desk, &mut hold.link, aim).await?)?;
    bound.is_still(&planned, &survey)?;
    // Whoever made the plan need not have known whose the environment is.
    let is_asked = survey.plan.operation == Operation::Destroy && survey.whose != Whose::Ours;
    carry_out(desk, arguments, hold, survey, if is_asked { Consent::Needed } else { Consent::Given }).await
}

/// An environment that this run alone changes from this host.
pub(super) struct Hold {
    pub link: Link,
    run: Run,
    lock: Lock,
    /// The run that died here and never came to its end.
    dead: Option<String>,
    /// Whose files it applies; none where nothing is applied.
    project: Option<Project>,
    /// The flags that lead here again.
    flags: String,
    contact: Contact,
}

impl Hold {
    pub(super) fn take(
        desk: &Desk<'_>,
        arguments: &cli::Run,
        mut link: Link,
        environment: &EnvironmentName,
        operation: Operation,
        definition: Option<Definition>,
    ) -> Result<Self, Failure> {
        link.cluster = link.cluster.with_parallelism(usize::from(arguments.parallelism));
        let (id, who) = (settings::fresh_id(), desk.settings.who());
        let run = Run { id, operation, who, since: settings::now(), definition };
        let holder = Holder { who: run.who.clone(), since: run.since, doing: operation.verb().to_owned() };
        let lock = link.store.lock(environment, &holder, arguments.lock.lock_timeout, |held| {
            desk.terminal.status(&format!("Waiting: {held}"));
        })?;
        let dead = dead(desk, &link, environment)?;
        let project = (operation == Operation::Apply).then(|| match &run.definition {
            // As a saved plan has it, which may have been made elsewhere.
            Some(Definition { project: Some(repository), commit: _, is_dirty: _ }) => {
                Project { repository: Some(repository.clone()), ..desk.project() }
            }
            Some(_) | None => desk.project(),
        });
        Ok(Self { link, run, lock, dead, project, flags: desk.global.repeat(), contact: Contact::default() })
    }
}

/// Whether somebody said yes to what is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consent {
    Needed,
    Given,
}

/// Shows a plan, asks if need be, does it, and tells what was done.
async fn carry_out(
    desk: &Desk<'_>,
    arguments: &cli::Run,
    hold: Hold,
    survey: Survey,
    consent: Consent,
) -> Result<Exit, Failure> {
    let context = context(desk, &survey, &hold.link, &hold.flags);
    desk.warn(&survey.warnings);
    show(desk, &survey.plan, &survey.preflight, &context);
    if !survey.plan.is_applyable() {
        // The plan has said what must be decided; nothing was changed.
        return Ok(Exit::Error);
    }
    may_begin(&survey)?;
    if is_gone(&survey) {
        hold.link.store.discard_journal(&hold.lock)?;
        return Ok(Exit::Done);
    }
    if survey.plan.has_changes() && consent == Consent::Needed {
        desk.terminal.out("");
        let question = render::text::question(&survey.plan, &context, desk.terminal.out_style);
        if desk.terminal.ask(&question)? == Answer::NotConfirmed {
            desk.terminal.out(&render::text::not_confirmed(survey.plan.operation));
            return Ok(Exit::Error);
        }
    }
    let signals = Signals::listen().map_err(listening)?;
    let progress = Progress::new(desk);
    let say = |event: &Event| {
        if let Some(line) = desk.terminal.wants_json().then(|| render::json::event(event, &survey.plan)).flatten() {
            desk.terminal.json(&line);
        }
        progress::say(desk, &survey.plan, event);
    };
    let listen = async |events| progress.tell(&survey.plan, events, say).await;
    let work = execute(arguments, &hold, &survey, signals.interrupt.clone(), tell_every(desk), listen);
    let executed = progress.during(work).await;
    let outcome = executed.map_err(|failure| match (failure.kind, signals.first()) {
        (FailureKind::Interrupted, Some(kind)) => Failure { kind, ..failure },
        _ => failure,
    })?;
    end(desk, &survey.plan, &context, &outcome, signals.first())
}

/// Why the run as a whole could not go on.
fn was_stopped(outcome: &Outcome, plan: &Plan) -> Failure {
    let kind = match &outcome.stopped {
        Some(Stopped::LeaseLost(_)) => FailureKind::Lock,
        Some(Stopped::ContactLost(_)) | None => FailureKind::Cluster,
    };
    let why = outcome.stopped.as_ref().map(|why| render::text::stopped(why, &plan.environment)).unwrap_or_default();
    Failure::new(kind, format!("the {} stopped: {why}", plan.operation.verb()))
}

fn listening(error: std::io::Error) -> Failure {
    Failure::new(FailureKind::Apply, "listening for signals").because(&error)
}

/// Refuses what these credentials cannot bring to its end.
fn may_begin(survey: &Survey) -> Result<(), Failure> {
    if !survey.preflight.is_hopeless() {
        return Ok(());
    }
    let verb = survey.plan.operation.verb();
    let message = format!("{verb} was not begun: these credentials lack rights that it needs");
    Err(Failure::new(FailureKind::Auth, message))
}

/// Does what a plan says, tells what happens, and keeps what came of it.
async fn execute(
    arguments: &cli::Run,
    hold: &Hold,
    survey: &Survey,
    interrupt: watch::Receiver<Interrupt>,
    tell_every: Duration,
    listen: impl AsyncFnOnce(mpsc::UnboundedReceiver<Event>),
) -> Result<Outcome, Failure> {
    let Hold { link, run, lock, dead, project, flags, contact } = hold;
    let environment = &survey.basis.environment;
    let (plan, key) = with_digests(survey);
    let planned = plan.changes.values().filter_map(|change| Some(&change.manifest.as_ref()?.body));
    let kinds = Arc::new(link.kinds.with_defined(planned));
    let (events, receiver) = mpsc::unbounded_channel();
    let tools = Tools {
        // What was asked so far was answered; from here on more is at stake than a question.
        cluster: link.cluster.clone().enduring(contact),
        kinds,
        timeout: survey.timeout,
        patience: arguments.lock.lock_timeout,
        tell_every,
        now: Arc::new(settings::now),
        random: Arc::new(settings::random_byte),
        values: Arc::new(survey.values.clone()),
        key,
        interrupt,
        events,
        limits: Limits::default(),
        policy: survey.basis.policy.clone(),
        images: survey.images.clone(),
    };
    let (mut state, fence) = match survey.recorded() {
        Some((state, fence)) => (state, Some(fence)),
        None => (fresh(link, &survey.plan)?, None),
    };
    let before = state.version.clone();
    state.project = project.clone().or(state.project);
    let work = async {
        let tools = tools;
        if survey.plan.has_changes() || survey.plan.changes_record() {
            let ground = Ground { store: &link.store, lock, state, fence, dead: dead.clone() };
            apply::run(&tools, &plan, run, ground).await
        } else {
            let outcome = apply::wait(&tools, &survey.plan).await;
            let state = fence.map(|fence| (state, fence));
            Ok(Finished { outcome, state })
        }
    };
    let (finished, ()) = tokio::join!(work, listen(receiver));
    let finished = finished.map_err(|error| {
        let is_stale = matches!(error, apply::Error::Stale { .. });
        let failure = Failure::from(error);
        if is_stale { failure.hint(format!("ditc plan {environment}{flags}")) } else { failure }
    })?;
    keep(link, &survey.plan, run, &finished, &before)?;
    Ok(finished.outcome)
}

/// The run that died here and never came to its end, so that its lease needs no patience.
fn dead(desk: &Desk<'_>, link: &Link, environment: &EnvironmentName) -> Result<Option<String>, Failure> {
    let told = |text: &str| desk.terminal.status(&render::text::warning(text, desk.terminal.status_style));
    Ok(match link.store.past(environment)? {
        Past::Nothing | Past::Ended { .. } => None,
        Past::Unfinished(unfinished) => {
            let Run { operation, who, since, id, definition: _ } = unfinished.run;
            told(&format!(
                "the {} of {environment} by {who} at {since:.0} stopped before its end; this run finishes it",
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

fn show(desk: &Desk<'_>, plan: &Plan, preflight: &Preflight, context: &Context<'_>) {
    desk.json(|| render::json::version(env!("CARGO_PKG_VERSION"), settings::now()));
    desk.json(|| render::json::planned(plan, context, settings::now()));
    desk.section(|| Section::of_plan(plan, preflight, context));
    desk.text(|style| render::text::plan(plan, context, style));
    if !preflight.is_clear() {
        desk.json(|| render::json::preflight(preflight, plan, settings::now()));
    }
    foretell(desk, plan, preflight, context);
}

/// A destroy that finds neither a record nor an object.
fn is_gone(survey: &Survey) -> bool {
    survey.plan.operation == Operation::Destroy && survey.basis.state.is_none() && survey.plan.changes.is_empty()
}

/// The state of an environment that has no record: a new life begins.
fn fresh(link: &Link, plan: &Plan) -> Result<State, Failure> {
    let serial = link.store.last_serial(&plan.environment)?;
    Ok(State {
        version: Version { lineage: Lineage(settings::fresh_id()), serial },
        cluster: link.id.clone(),
        environment: plan.environment.clone(),
        namespace: plan.namespace.clone(),
        created_namespace: plan.created_namespace,
        components: BTreeMap::new(),
        revisions: BTreeMap::new(),
        entries: BTreeMap::new(),
        partial: false,
        open: None,
        last: None,
        project: None,
        written: settings::now(),
    })
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
    let past = PastRun {
        version,
        at: now,
        operation: run.operation,
        who: run.who.clone(),
        totals: finished.outcome.totals(plan),
        failed: finished.outcome.failed.len(),
        complete: Some(finished.outcome.is_complete()),
        definition: run.definition.clone(),
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
    desk.ended(plan, outcome);
    desk.text(|style| format!("\n{}", render::text::ledger(outcome, plan, context, style)));
    if complete && plan.operation == Operation::Apply && !plan.outputs.is_empty() {
        desk.json(|| render::json::outputs(&plan.outputs, settings::now()));
        desk.text(|style| format!("\n{}", render::text::outputs(&plan.outputs, style)));
    }
    let verb = plan.operation.verb();
    match signal {
        _ if complete => Ok(Exit::Done),
        _ if outcome.stopped.is_some() => Err(was_stopped(outcome, plan)),
        Some(kind) => Err(Failure::new(kind, format!("the {verb} was interrupted; what was done is recorded"))),
        None => Err(Failure::new(FailureKind::Apply, format!("the {verb} did not come to its end"))),
    }
}
