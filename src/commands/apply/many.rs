//! `ditc apply` and `ditc destroy` for several environments: all plans, one question, then some at a time; what becomes of
//! one does not stop the others.

use std::collections::{BTreeMap, VecDeque};

use futures::{StreamExt, stream};

use crate::{
    apply::{Event, Interrupt, Outcome},
    cli::{self, Meant},
    cluster::Contact,
    failure::{Exit, Failure, FailureKind},
    names::EnvironmentName,
    render::{
        self,
        forms::Section,
        text::{End, Ending},
    },
    settings,
    state::Operation,
    terminal::Answer,
};

use super::{Hold, attended, definition, execute, is_gone, listening, may_begin};
use crate::commands::{
    choices::Choices,
    chosen::{Unknown, addresses_within, chosen},
    desk::Desk,
    link::Link,
    plan::summarise,
    progress::{self, Progress, tell_every},
    session::{Survey, context},
    signals::Signals,
    together::{Surveyed, Teller, prospect, surveys, tell_strays, together},
};

/// So many environments are changed at a time. Most of an apply is waiting until what was made works, so one after the
/// other would take as long as all of them together; more at a time would be hard to follow, and start more pods at once
/// than a cluster of previews has room for. They share the writes that `-parallelism` allows.
const AT_ONCE: usize = 5;

/// An environment that is ready to be changed.
struct Ready {
    hold: Hold,
    survey: Survey,
}

pub(super) async fn run(
    desk: &Desk<'_>,
    arguments: &cli::Run,
    meant: &Meant,
    operation: Operation,
    choices: &Choices,
    variables: &cli::Variables,
) -> Result<Exit, Failure> {
    let mut workspace = desk.workspace_for(operation, variables)?;
    let unknown = if operation == Operation::Destroy { Unknown::Kept } else { Unknown::Refused };
    let mut chosen = chosen(desk, &workspace, meant, variables, unknown)?;
    addresses_within(&choices.choices, &chosen.environments)?;
    desk.tell_unheeded(&workspace, &chosen.environments, operation);
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    link.look_up(desk, &mut workspace, &chosen.environments, operation, variables, None).await?;
    let contact = Contact::default();
    let flags = desk.global.repeat() + &variables.repeat();

    // Locked before they are looked at, so that what is planned is what is done.
    let mut holds = BTreeMap::new();
    let mut refused: VecDeque<Surveyed> = VecDeque::new();
    let definition = definition(desk, operation);
    for environment in std::mem::take(&mut chosen.environments) {
        match Hold::take(desk, arguments, link.clone(), &environment, operation, definition.clone()) {
            Ok(mut hold) => {
                hold.flags.clone_from(&flags);
                // What all of them lose is told once.
                hold.contact = contact.clone();
                holds.insert(environment, hold);
            }
            Err(failure) => refused.push_back((environment, Err(failure))),
        }
    }
    chosen.environments.extend(holds.keys().cloned());
    let mut together = together(desk, &link, &workspace, &chosen).await?;
    let strays = together.strays.clone();

    let mut told =
        Told { desk, operation, flags, teller: Teller::new(), prospects: Vec::new(), endings: BTreeMap::new() };
    let mut ready = Vec::new();
    told.begin();
    let store = together.link.store.clone();
    {
        let surveys = surveys(desk, &mut together, &mut workspace, &chosen.environments, operation, choices).await;
        let mut surveys = std::pin::pin!(surveys);
        while let Some(surveyed) = surveys.next().await {
            while refused.front().is_some_and(|(name, _)| *name < surveyed.0) {
                refused.pop_front().map(|earlier| told.plan(&link, earlier));
            }
            let hold = holds.remove(&surveyed.0).expect("it was held before it was looked at");
            let (name, survey) = surveyed;
            match told.plan(&link, (name, survey.and_then(|survey| attended(desk, arguments, survey)))) {
                // An unfinished run of what is gone has nothing left to finish.
                Some(survey) if is_gone(&survey) => {
                    hold.link.store.discard_journal(&hold.lock)?;
                    told.endings.insert(survey.basis.environment, End::Unchanged);
                }
                Some(survey) => ready.push(Ready { hold, survey }),
                None => {}
            }
        }
    }
    refused.into_iter().for_each(|failed| {
        told.plan(&link, failed);
    });
    store.write_down()?;
    let objects = ready.iter().map(|ready| ready.survey.plan.counts().destroy).sum();
    if desk.terminal.wants_text() {
        summarise(desk, meant, &told.prospects);
        tell_strays(desk, &chosen, &strays);
    }
    let changing: Vec<&EnvironmentName> = ready
        .iter()
        .filter(|ready| ready.survey.plan.has_changes())
        .map(|ready| &ready.survey.plan.environment)
        .collect();
    if !changing.is_empty() && !arguments.auto_approve {
        desk.terminal.out("");
        let left_out = told.endings.values().filter(|end| matches!(end, End::Failed(_) | End::Blocked)).count();
        let (cluster, style) = (link.cluster.name(), desk.terminal.out_style);
        let question = render::text::question_for_all(operation, &changing, objects, left_out, cluster, style);
        if desk.terminal.ask(&question)? == Answer::NotConfirmed {
            desk.terminal.out(&render::text::not_confirmed(operation));
            return Ok(Exit::Error);
        }
    }
    let signals = Signals::listen().map_err(listening)?;
    let number = changing.len().clamp(1, AT_ONCE);
    let writes = (usize::from(arguments.parallelism) / number).max(1);
    for Ready { hold, survey: _ } in &mut ready {
        hold.link.cluster = hold.link.cluster.clone().with_parallelism(writes);
    }
    let (told_of, progress) = (&told, &Progress::new(desk));
    let runs = stream::iter(&ready).map(|Ready { hold, survey }| {
        let interrupt = signals.interrupt.clone();
        async move {
            let environment = survey.plan.environment.clone();
            if *interrupt.borrow() != Interrupt::No && survey.plan.has_changes() {
                return (environment, End::NotStarted);
            }
            let say = |event: &Event| told_of.event(survey, event);
            let listen = async |events| progress.tell(&survey.plan, events, say).await;
            let end = match execute(arguments, hold, survey, interrupt, tell_every(desk), listen).await {
                Ok(outcome) => {
                    told_of.outcome(hold, survey, &outcome);
                    End::of(&outcome, &survey.plan)
                }
                Err(failure) => {
                    told_of.failure(&environment, &failure);
                    End::Failed(failure.message)
                }
            };
            (environment, end)
        }
    });
    let ended: Vec<(EnvironmentName, End)> = progress.during(runs.buffer_unordered(AT_ONCE).collect()).await;
    told.endings.extend(ended);
    told.end(signals.first())
}

/// What was told of several environments, and what became of each.
struct Told<'a> {
    desk: &'a Desk<'a>,
    operation: Operation,
    flags: String,
    teller: Teller,
    prospects: Vec<render::text::Prospect>,
    endings: BTreeMap<EnvironmentName, End>,
}

impl Told<'_> {
    fn begin(&self) {
        self.desk.json(|| render::json::version(env!("CARGO_PKG_VERSION"), settings::now()));
    }

    /// Tells of a plan; hands it back where there is something to be done or waited for.
    fn plan(&mut self, link: &Link, (environment, surveyed): Surveyed) -> Option<Survey> {
        let desk = self.desk;
        self.prospects.push(prospect(&environment, surveyed.as_ref()));
        let survey = match surveyed {
            Ok(survey) => survey,
            Err(failure) => {
                self.teller.tell(desk, &environment, Err(&failure));
                desk.failed(environment.as_str(), &failure);
                self.lines(&environment, || error_lines(&failure));
                self.endings.insert(environment, End::Failed(failure.message));
                return None;
            }
        };
        desk.warn(&survey.warnings);
        let context = context(desk, &survey, link, &self.flags);
        self.lines(&environment, || {
            let preflight = render::json::preflight(&survey.preflight, &survey.plan, settings::now());
            render::json::planned(&survey.plan, &context, settings::now()) + &preflight
        });
        desk.section(|| Section::of_plan(&survey.plan, &survey.preflight, &context));
        self.teller.tell(desk, &environment, Ok((&survey, &context)));
        let end = match may_begin(&survey) {
            _ if !survey.plan.is_applyable() => End::Blocked,
            Err(failure) => {
                self.failure(&environment, &failure);
                End::Failed(failure.message)
            }
            Ok(()) => return Some(survey),
        };
        self.endings.insert(environment, end);
        None
    }

    fn event(&self, survey: &Survey, event: &Event) {
        let (desk, plan) = (self.desk, &survey.plan);
        self.lines(&plan.environment, || render::json::event(event, plan).unwrap_or_default());
        progress::say(desk, plan, event);
    }

    /// Tells what came of one run, in one piece, since others are under way.
    fn outcome(&self, hold: &Hold, survey: &Survey, outcome: &Outcome) {
        let (desk, plan) = (self.desk, &survey.plan);
        desk.ended(plan, outcome);
        let has_outputs = outcome.is_complete() && self.operation == Operation::Apply && !plan.outputs.is_empty();
        if has_outputs {
            self.lines(&plan.environment, || render::json::outputs(&plan.outputs, settings::now()));
        }
        if !desk.terminal.wants_text() || outcome.is_complete() && !plan.has_changes() {
            return;
        }
        let style = desk.terminal.out_style;
        let context = context(desk, survey, &hold.link, &self.flags);
        let mut text = format!("\n{}", render::text::heading(&plan.environment, style));
        text.push_str(&format!("\n{}", render::text::ledger(outcome, plan, &context, style)));
        let outputs = if has_outputs { render::text::outputs(&plan.outputs, style) } else { String::new() };
        if !outputs.is_empty() {
            text.push_str(&format!("\n{outputs}"));
        }
        desk.terminal.out(&text);
    }

    fn failure(&self, environment: &EnvironmentName, failure: &Failure) {
        self.lines(environment, || error_lines(failure));
        self.desk.failed(environment.as_str(), failure);
        self.desk.text(|style| {
            let heading = render::text::heading(environment, style);
            format!("\n{heading}\n{}", render::text::failed(&failure.parts(), style))
        });
    }

    fn lines(&self, environment: &EnvironmentName, lines: impl FnOnce() -> String) {
        if !self.desk.terminal.wants_json() {
            return;
        }
        let lines = lines();
        if !lines.is_empty() {
            self.desk.terminal.json(&render::json::lines_of(environment, &lines));
        }
    }

    /// Tells what became of all, and how the command ends.
    fn end(self, signal: Option<FailureKind>) -> Result<Exit, Failure> {
        let Self { desk, operation, flags, endings, teller: _, prospects: _ } = self;
        let is_open = |end: &End| !matches!(end, End::Unchanged | End::Complete(_));
        let open = endings.values().filter(|end| is_open(end)).count();
        let (number, has_ended) = (endings.len(), endings.values().any(|end| *end != End::Unchanged));
        let not_started = endings.values().filter(|end| **end == End::NotStarted).count();
        if desk.terminal.wants_text() && has_ended {
            let endings: Vec<Ending> =
                endings.into_iter().map(|(environment, end)| Ending { environment, end }).collect();
            desk.terminal.out("");
            desk.terminal.out(&render::text::endings(operation, &endings, &flags, desk.terminal.out_style));
        }
        let verb = operation.verb();
        match signal {
            _ if open == 0 => Ok(Exit::Done),
            Some(kind) => {
                let rest = match not_started {
                    0 => String::new(),
                    _ => format!(", {not_started} of {number} environments were not started"),
                };
                Err(Failure::new(kind, format!("the {verb} was interrupted; what was done is recorded{rest}")))
            }
            None => {
                let message = format!("the {verb} did not come to its end in {open} of {number} environments");
                Err(Failure::new(FailureKind::Apply, message))
            }
        }
    }
}

fn error_lines(failure: &Failure) -> String {
    let render::Failed { class, message, causes, hints, diagnostics, sources } = failure.parts();
    render::json::error_line(class, message, causes, hints, diagnostics, sources, settings::now())
}
