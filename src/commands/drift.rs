//! `ditc drift`: what moved in environments without ditc. It writes nothing to the cluster and takes no lock; one that
//! cannot be looked at does not stop the others, and is never taken for clean.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::{
    cli,
    cluster::{Error, Wanted},
    config,
    failure::{Exit, Failure, FailureKind},
    format::index::Tombstone,
    names::{EnvironmentName, Namespace},
    object::{GroupKind, ObjectKey},
    observed::{Live, Observed},
    plan::{self, Basis, Report, Strict, Surroundings, Verdict},
    render::{
        self,
        forms::Section,
        text::{Found, Look},
    },
    state::{Operation, State},
    store::Loaded,
};

use super::{
    choices::{Choices, policy},
    chosen::{Unknown, chosen},
    desk::Desk,
    link::Link,
    living::living,
    recorded::{Ground, ground},
    rights,
    session::{ask, nowhere, planned},
    together::{AT_ONCE, together},
};

/// What became of looking at one environment.
struct Looked {
    environment: EnvironmentName,
    result: Result<Seen, Failure>,
}

/// What was seen of one environment.
enum Seen {
    Report(Box<Report>),
    /// Nothing is there, and nothing ever was as far as is known here.
    Nothing,
    /// Nothing is there any more.
    Destroyed {
        at: Timestamp,
        by: Option<String>,
    },
}

impl Looked {
    fn look(&self) -> Look<'_> {
        let found = match &self.result {
            Ok(Seen::Report(report)) => Found::Report(report),
            Ok(Seen::Nothing) => Found::NeverApplied,
            Ok(Seen::Destroyed { at, by }) => Found::Destroyed { at: *at, by: by.as_deref() },
            Err(Failure { kind, message, causes, hints, diagnostics: _ }) => {
                Found::Failed { class: kind.class(), message, causes, hints }
            }
        };
        Look { environment: &self.environment, found }
    }
}

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Drift) -> Result<Exit, Failure> {
    let workspace = desk.workspace()?;
    let meant = arguments.meant();
    let mut chosen = chosen(desk, &workspace, &meant, &cli::Variables::default(), Unknown::Kept)?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let mut are_strays_unknown = false;
    if meant.one().is_none() {
        let together = together(desk, &link, &workspace, &chosen).await?;
        are_strays_unknown = chosen.is_all && together.strays.is_none();
        chosen.environments.extend(together.strays.into_iter().flat_map(BTreeMap::into_keys));
        link = together.link;
    }
    let strict = if arguments.strict { Strict::Yes } else { Strict::No };
    let (cluster, flags) = (link.cluster.name().to_owned(), desk.global.repeat());
    let mut all = Vec::with_capacity(chosen.environments.len());
    {
        let (link, workspace) = (&link, &workspace);
        let looks = stream::iter(&chosen.environments).map(|environment| async move {
            let result = look(desk, &mut link.clone(), workspace, environment).await;
            Looked { environment: environment.clone(), result }
        });
        let mut looks = std::pin::pin!(looks.buffered(AT_ONCE));
        while let Some(looked) = looks.next().await {
            if desk.terminal.wants_text() {
                if !all.is_empty() {
                    desk.terminal.out("");
                }
                let text =
                    render::text::drift(&looked.look(), &cluster, &flags, strict, desk.detail, desk.terminal.out_style);
                desk.terminal.out(&text);
            }
            all.push(looked);
        }
    }
    let looks: Vec<Look<'_>> = all.iter().map(Looked::look).collect();
    desk.json(|| render::json::drift(&looks, &cluster, strict));
    for look in &looks {
        desk.section(|| Section::of_drift(look, &cluster, &flags, strict));
    }
    if !desk.terminal.wants_text() {
        // That was all.
    } else if looks.len() > 1 {
        desk.terminal.out("");
        desk.terminal.out(&render::text::drift_summary(&looks, strict, desk.terminal.out_style));
    } else if looks.is_empty() && meant.several.changed_since.is_some() {
        desk.terminal.out(&render::text::nothing_chosen(meant.several.changed_since.as_deref()));
    } else if looks.is_empty() {
        desk.terminal.out("There are no environments, neither in files nor in the cluster.");
    }
    link.store.write_down()?;
    if are_strays_unknown {
        let text = "these credentials may not list namespaces, so environments without a file are not known";
        desk.terminal.status(&render::text::warning(text, desk.terminal.status_style));
        desk.section(|| Section::of_failure(None, &Failure::new(FailureKind::Auth, text).parts()));
        return Ok(Exit::Error);
    }
    Ok(match looks.iter().map(|look| look.found.verdict(strict)).max() {
        None | Some(Verdict::Clean) => Exit::Done,
        Some(Verdict::Drift) => Exit::Changes,
        Some(Verdict::Unknown) => Exit::Error,
    })
}

/// Looks at one environment.
async fn look(
    desk: &Desk<'_>,
    link: &mut Link,
    workspace: &config::Workspace,
    environment: &EnvironmentName,
) -> Result<Seen, Failure> {
    let has_file = workspace.find(environment).is_ok();
    let Some(Ground { state, fence }) = ground(desk, link, workspace, environment).await? else {
        return nothing(link, workspace, environment);
    };
    let has_record = fence.is_some();
    if state.open.is_some() {
        not_under_way(desk, link, &state).await?;
    }
    let report = report(link, workspace, &state, has_file, has_record).await?;
    if has_record && (!report.drift.is_empty() || !report.unknown.is_empty()) {
        let now = link.cluster.alone().recorded(&state.namespace).await?;
        if now.is_none_or(|now| *now.header.version() != state.version) {
            let message = format!("environment {environment} was written to while it was looked at");
            return Err(Failure::new(FailureKind::Lock, message).hint("look again when that run has ended"));
        }
    }
    Ok(Seen::Report(Box::new(report)))
}

/// What is known of an environment of which nothing is in the cluster.
fn nothing(link: &Link, workspace: &config::Workspace, environment: &EnvironmentName) -> Result<Seen, Failure> {
    let Loaded::Destroyed(Tombstone { version, at }) = link.store.load(environment)? else {
        return workspace.find(environment).map(|_| Seen::Nothing).map_err(nowhere);
    };
    let runs = link.store.history(environment)?;
    let last = runs.into_iter().find(|run| run.operation == Operation::Destroy && run.version == version);
    let by = last.map(|run| run.who);
    match workspace.find(environment) {
        Ok(_) => Ok(Seen::Destroyed { at, by }),
        Err(diagnostic) => Err(nowhere(diagnostic).hint(format!("it {}", render::text::destroyed(at, by.as_deref())))),
    }
}

/// Refuses to judge what a living run is about to change.
async fn not_under_way(desk: &Desk<'_>, link: &Link, state: &State) -> Result<(), Failure> {
    match living(desk, link, state).await? {
        None => Ok(()),
        Some(holder) => {
            let message = format!("a run by {} since {} is under way", holder.who, holder.since);
            Err(Failure::new(FailureKind::Lock, message).hint("look again when it has ended"))
        }
    }
}

/// Observes what is recorded, asks about what moved, and looks at all else in the namespace.
async fn report(
    link: &mut Link,
    workspace: &config::Workspace,
    record: &State,
    has_file: bool,
    has_record: bool,
) -> Result<Report, Failure> {
    let (environment, namespace) = (&record.environment, &record.namespace);
    let keys: BTreeMap<_, _> =
        record.entries.iter().map(|(key, entry)| (key.clone(), entry.api_version.clone())).collect();
    link.know(keys.keys()).await?;
    let wanted = Wanted { environment, namespace, keys };
    let observed = rights::observe(link, &wanted).await?;

    let (desired, state) = plan::as_recorded(record);
    let mut basis = Basis {
        environment: environment.clone(),
        namespace: namespace.clone(),
        operation: Operation::Apply,
        desired: Some(desired),
        state: Some(state),
        observed,
        autoscalers: Vec::new(),
        answers: BTreeMap::new(),
        readiness: BTreeMap::new(),
        choices: plan::Choices::default(),
        policy: policy(&workspace.settings, &Choices::default()),
    };
    ask(link, &mut basis, plan::questions_of_report).await?;
    let plan = planned(&basis, None)?;

    let unlisted = sweep(link, namespace, &mut basis.observed).await?;
    let surroundings = Surroundings { has_file, has_record, unlisted };
    Ok(plan::report(&basis.input(), &plan, record, surroundings))
}

/// Looks at everything in the namespace, whoever made it; tells the kinds that could not be listed.
async fn sweep(
    link: &mut Link,
    namespace: &Namespace,
    observed: &mut Observed,
) -> Result<BTreeSet<GroupKind>, Failure> {
    let key = ObjectKey::namespace(namespace.as_str());
    if observed.objects.get(&key).is_none_or(|live| *live == Live::Absent) {
        return Ok(BTreeSet::new());
    }
    let mut swept = link.cluster.sweep_allowed(namespace, &link.kinds).await;
    if swept.as_ref().is_err_and(Error::is_not_found) {
        // A kind went away since the kinds were asked for.
        link.discover().await?;
        swept = link.cluster.sweep_allowed(namespace, &link.kinds).await;
    }
    let (others, unlisted) = swept?;
    observed.others = others;
    Ok(unlisted)
}
