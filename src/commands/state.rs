//! `ditc state`: what the record holds.

use std::collections::BTreeMap;

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};

use crate::{
    address::Which,
    apply::{self, Interrupt, Tools},
    cluster::Wanted,
    config,
    failure::{Exit, Failure, FailureKind},
    format::record::Limits,
    names::EnvironmentName,
    object::ObjectKey,
    observed::Live,
    ownership,
    plan::{self, Rebuilt},
    render, settings,
    state::{Lineage, Operation, Run, State, Version},
    store::Holder,
};

use super::{
    choices::{Choices, policy},
    desk::Desk,
    link::Link,
    project,
    recorded::{kept, namespace, record},
};

pub(super) async fn list(desk: &Desk<'_>, environment: &EnvironmentName) -> Result<Exit, Failure> {
    let state = state(desk, environment).await?;
    desk.json(|| render::json::state_list(&state));
    desk.text(|_| render::text::state_list(&state));
    Ok(Exit::Done)
}

pub(super) async fn show(desk: &Desk<'_>, environment: &EnvironmentName, which: &Which) -> Result<Exit, Failure> {
    let state = state(desk, environment).await?;
    let matches = |(key, entry): &(&_, &crate::state::Entry)| which.matches(environment, entry.component.as_ref(), key);
    let found: Vec<_> = state.entries.iter().filter(matches).collect();
    let failure = match found.as_slice() {
        [(key, entry)] => {
            desk.json(|| render::json::state_show(&state, key, entry));
            desk.text(|style| render::text::state_show(&state, key, entry, style));
            return Ok(Exit::Done);
        }
        [] => Failure::new(FailureKind::Usage, format!("the record of {environment} has no such object")),
        several => {
            let names: Vec<String> = several.iter().map(|(key, _)| key.to_string()).collect();
            let message = format!("several objects of {environment} match: {}", names.join(", "));
            Failure::new(FailureKind::Usage, message)
        }
    };
    Err(failure.hint(format!("ditc state list {environment}{}", desk.global.repeat())))
}

/// Builds the record anew from what carries our label and our manager's entry.
pub(super) async fn rebuild(desk: &Desk<'_>, environment: &EnvironmentName) -> Result<Exit, Failure> {
    let mut workspace = desk.workspace()?;
    let link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let run = Run {
        id: settings::fresh_id(),
        operation: Operation::Apply,
        who: desk.settings.who(),
        since: settings::now(),
        definition: None,
    };
    let holder = Holder { who: run.who.clone(), since: run.since, doing: "state rebuild".to_owned() };
    let lock = link.store.lock(environment, &holder, Duration::ZERO, |_| {})?;
    let namespace = namespace(&link, &workspace, environment).await?;

    // The files only tell which tier a component is of, as the copy here does; mistakes in them are no obstacle.
    let desired = config::outline(&mut workspace, environment, &link.kinds).ok();
    let swept = link.cluster.sweep(&namespace, &link.kinds).await?;
    let ours = swept.iter().filter(|object| plan::made_by_us(object, environment));
    // In the version in which ditc applied it.
    let keys = ours.filter_map(|object| Some((object.key()?, ownership::ours(object)?.api_version))).collect();
    let wanted = Wanted { environment, namespace: &namespace, keys };
    let observed = link.cluster.observe(&wanted, &link.kinds).await?;

    let kept = kept(&link, environment)?;
    let Rebuilt { entries, components, guessed } =
        plan::rebuild(environment, desired.as_ref(), kept.as_ref(), &observed);
    if entries.is_empty() {
        let message = format!("there is nothing of environment {environment} in namespace {namespace}");
        return Err(Failure::new(FailureKind::State, message));
    }
    let namespace_key = ObjectKey::namespace(namespace.as_str());
    let (project, owner) = project::of_rebuilt(desk, &link, environment, &namespace, &observed).await?;
    let state = State {
        version: Version { lineage: Lineage(settings::fresh_id()), serial: link.store.last_serial(environment)? + 1 },
        cluster: link.id.clone(),
        environment: environment.clone(),
        namespace,
        created_namespace: observed
            .objects
            .get(&namespace_key)
            .and_then(Live::object)
            .is_some_and(plan::was_posted_by_us),
        components,
        revisions: BTreeMap::new(),
        entries,
        partial: false,
        open: None,
        last: None,
        project: Some(project),
        written: settings::now(),
    };
    let (events, _unheard) = mpsc::unbounded_channel();
    let tools = Tools {
        cluster: link.cluster.clone(),
        kinds: Arc::clone(&link.kinds),
        timeout: workspace.settings.timeout,
        patience: Duration::ZERO,
        tell_every: Duration::MAX,
        now: Arc::new(settings::now),
        random: Arc::new(settings::random_byte),
        values: Arc::default(),
        key: None,
        interrupt: watch::channel(Interrupt::No).1,
        events,
        limits: Limits::default(),
        policy: policy(&workspace.settings, &Choices::default()),
        images: None,
    };
    let fence = apply::replace_record(&tools, &run, &state).await?;
    link.store.discard_journal(&lock)?;
    link.store.save(environment, &state, &fence.resource_version, settings::now())?;
    let flags = desk.global.repeat();
    desk.json(|| render::json::state_list(&state));
    desk.text(|style| render::text::rebuilt(&state, &owner, &guessed, &flags, style));
    Ok(Exit::Done)
}

async fn state(desk: &Desk<'_>, environment: &EnvironmentName) -> Result<State, Failure> {
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let namespace = namespace(&link, &workspace, environment).await?;
    match record(desk, &mut link, environment, &namespace).await? {
        Some((state, _)) => Ok(state),
        None => {
            let message = format!("environment {environment} has no record in namespace {namespace}");
            Err(Failure::new(FailureKind::State, message)
                .hint(format!("ditc apply {environment}{}", desk.global.repeat())))
        }
    }
}
