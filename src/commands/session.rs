//! What plan, apply and destroy have in common: read the files, ask the cluster everything, and plan.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    apply::Images,
    cluster::{Answers, Fence, Wanted, Warned},
    config,
    desired::Desired,
    diagnostic::{Diagnostic, Sources},
    failure::{Failure, FailureKind},
    image::Awaiting,
    names::{EnvironmentName, Namespace},
    object::{GroupKind, Object, ObjectKey},
    observed::{Live, Observed, Readiness},
    plan::{self, Basis, Plan, Preflight},
    readiness::{self, Around},
    render,
    secret::{Key, Values},
    state::{Operation, State, Version},
    store::Loaded,
};

use super::{
    aim::{Aim, aim},
    beyond,
    choices::{Choices, known_choices},
    claims,
    desk::Desk,
    images,
    link::Link,
    living::living,
    own,
    preflight::preflight,
    project::{self, Whose},
    recorded::record,
    references::tell_since,
    rights,
    saved::Bound,
    secrets,
};

/// What a plan is made from, and the plan.
pub(super) struct Survey {
    pub sources: Sources,
    pub basis: Basis,
    pub plan: Plan,
    pub preflight: Preflight,
    /// Of the record in [`Basis::state`].
    pub fence: Option<Fence>,
    /// The record as it was read, whether or not the plan could use it.
    pub base: Option<Version>,
    pub warnings: Vec<Warned>,
    /// How long a component may take.
    pub timeout: Duration,
    /// The context that `ditc.toml` names.
    pub context: Option<String>,
    /// The values that Secrets are given.
    pub values: Values,
    /// What tells one value from another; none where there is no such key yet.
    pub key: Option<Key>,
    /// The images that an apply waits for.
    pub images: Option<Images>,
    /// What holds for all of its images.
    pub awaiting: Awaiting,
    /// When the state was last seen that alone was planned from; none where the cluster was asked.
    pub as_of: Option<Timestamp>,
    /// How many changes of the run that the record leaves open are in the cluster, of how many.
    pub made: Option<(usize, Option<usize>)>,
    /// Whose it is, as far as this project can tell.
    pub whose: Whose,
}

impl Survey {
    /// The record as planned from.
    pub(super) fn recorded(&self) -> Option<(State, Fence)> {
        self.basis.state.clone().zip(self.fence.clone())
    }
}

/// Tells people what would stop a run.
pub(super) fn foretell(desk: &Desk<'_>, plan: &Plan, preflight: &Preflight, context: &render::text::Context<'_>) {
    if preflight.is_clear() {
        return;
    }
    desk.text(|style| format!("\n{}", render::text::preflight(preflight, plan, context, style)));
}

/// What a plan does not know of itself, for those who draw it.
pub(super) fn context<'a>(
    desk: &Desk<'_>,
    survey: &'a Survey,
    link: &'a Link,
    flags: &'a str,
) -> render::text::Context<'a> {
    render::text::Context {
        sources: &survey.sources,
        cluster: link.cluster.name(),
        check_namespace: &survey.basis.policy.check_namespace,
        flags,
        choices: &survey.basis.choices,
        as_of: survey.as_of,
        detail: desk.detail,
        made: survey.made,
    }
}

/// Asks everything and plans.
pub(super) async fn survey(
    desk: &Desk<'_>,
    link: &mut Link,
    mut workspace: config::Workspace,
    environment: &EnvironmentName,
    operation: Operation,
    choices: &Choices,
) -> Result<Survey, Failure> {
    if operation == Operation::Apply {
        own::bring_one(desk, link, own::Look::Cluster, &mut workspace, environment).await?;
    }
    let aim = aim(link, &mut workspace, environment, operation, choices).await?;
    own::remark(desk, link, &workspace, environment);
    let survey = survey_for(desk, link, aim).await?;
    if operation == Operation::Destroy {
        is_known(link, &workspace, &survey)?;
    }
    Ok(survey)
}

/// Refuses the name of an environment that nobody ever heard of: no file, no record, no object, and no trace here. One
/// that was destroyed is known, and there is nothing left to do.
pub(super) fn is_known(link: &Link, workspace: &config::Workspace, survey: &Survey) -> Result<(), Failure> {
    let Basis { environment, state, .. } = &survey.basis;
    if state.is_some() || !survey.plan.changes.is_empty() || !survey.plan.blocked.is_empty() {
        return Ok(());
    }
    let Err(diagnostic) = workspace.find(environment) else { return Ok(()) };
    if link.store.load(environment)? != Loaded::Nothing {
        return Ok(());
    }
    Err(nowhere(diagnostic))
}

/// That a name without a file means nothing in the cluster either.
pub(super) fn nowhere(diagnostic: Diagnostic) -> Failure {
    let detail = diagnostic.detail.unwrap_or(diagnostic.summary);
    let failure = Failure::new(FailureKind::Usage, format!("{detail}, and nothing of it is in the cluster"));
    diagnostic.help.into_iter().fold(failure, Failure::hint)
}

/// Asks everything about an environment whose files were read, and plans.
pub(super) async fn survey_for(desk: &Desk<'_>, link: &mut Link, mut aim: Aim) -> Result<Survey, Failure> {
    let values = match &aim.desired {
        Some(desired) => secrets::values(&desk.root(), desired),
        None => Ok(Values::new()),
    };
    let values = values.map_err(|missing| Failure::in_files(aim.sources.clone(), missing))?;
    let (environment, operation) = (&aim.environment, aim.operation);
    let mut recorded = match record(desk, link, environment, &aim.namespace).await {
        Ok(recorded) => recorded,
        Err(failure) => return Err(rights::unread(link, &aim, failure).await),
    };
    let base = recorded.as_ref().map(|(state, _)| state.version.clone());
    if let Some(bound) = &aim.bound {
        bound.holds(link, environment, base.as_ref()).await?;
    }
    let state = recorded.as_ref().map(|(state, _)| state);
    let mut whose = match state {
        Some(state) => project::guard(desk, operation, state, &aim.choices, aim.bound.as_ref())?,
        None => Whose::Ours,
    };

    let entries = state.into_iter().flat_map(|state| &state.entries);
    let manifests = aim.desired.iter().flat_map(|desired| desired.manifests.values());
    let mut keys = BTreeMap::new();
    for manifest in manifests {
        keys.insert(manifest.key.clone(), manifest.body.api_version().unwrap_or("v1").to_owned());
    }
    for (key, entry) in entries {
        keys.insert(key.clone(), entry.api_version.clone());
    }
    link.know(keys.keys()).await?;
    let wanted = Wanted { environment, namespace: &aim.namespace, keys };
    let mut tries = 0;
    let mut observed = loop {
        match link.cluster.observe(&wanted, &link.kinds).await {
            Err(error) if error.is_not_found() && link.catch_up(tries).await? => tries += 1,
            observed => break rights::seen(link, &wanted, observed).await?,
        }
    };
    if let (Operation::Apply, Some(other)) = (operation, lives_in(&observed, environment)) {
        let message = format!(
            "environment {environment} lives in namespace {other}, and its file asks for namespace {}",
            aim.namespace
        );
        let hint = format!(
            "set `namespace = \"{other}\"` again; or, to move it: ditc destroy {environment}{}, then apply",
            desk.global.repeat()
        );
        return Err(Failure::new(FailureKind::State, message).hint(hint));
    }
    match operation {
        Operation::Apply if recorded.is_none() => beyond::unrecorded(link, &wanted, &mut observed).await?,
        Operation::Apply => {}
        Operation::Destroy => beyond::sweep(link, environment, &aim.namespace, &mut observed).await?,
    }
    if recorded.is_none() {
        whose = project::unrecorded(desk, link, &aim, &observed)?;
    }

    if operation == Operation::Apply && is_going(&observed, &aim.namespace) {
        // The record goes with it, and a new life begins in the next.
        recorded = None;
    }
    let (state, fence) = recorded.unzip();
    let made = match state.as_ref().filter(|state| state.open.is_some()) {
        None => None,
        Some(state) => {
            observed.is_under_way = living(desk, link, state).await?.is_some();
            Some(plan::made(state, &observed, fence.as_ref().and_then(|fence| fence.written)))
        }
    };
    if let (Some(access), Some(desired), Some(state)) = (&link.access, &mut aim.desired, &state) {
        tell_since(access, desired, &state.revisions).await;
    }
    if let Some(desired) = &mut aim.desired {
        let round = |manifest: &_| plan::round(&aim.environment, state.as_ref(), &observed, &aim.choices, manifest);
        config::turn(&mut desired.manifests, round);
    }
    let key = match aim.desired.as_mut().filter(|desired| secrets::asks(desired)) {
        // A namespace that goes takes its key along.
        Some(_) if is_going(&observed, &aim.namespace) => None,
        Some(desired) => told_apart(link, desired, &values, aim.bound.as_ref()).await?,
        None => None,
    };

    let Aim {
        environment,
        operation,
        namespace,
        desired,
        sources,
        choices,
        policy,
        timeout,
        awaiting,
        context,
        protected,
        bound: _,
    } = aim;
    let readiness = match operation {
        Operation::Apply => judge(link, &namespace, &observed, None).await,
        // What goes need not work.
        Operation::Destroy => BTreeMap::new(),
    };
    let mut basis = Basis {
        readiness,
        environment,
        namespace,
        operation,
        desired,
        state,
        observed,
        autoscalers: Vec::new(),
        answers: BTreeMap::new(),
        choices,
        policy,
    };
    claims::of_sets(link, &mut basis).await?;
    known_choices(&basis.input())?;
    let mut warnings = ask(link, &mut basis, plan::questions).await?;
    let plan = claims::planned_with_holders(link, &mut basis, protected.as_deref()).await?;
    let plan = Plan { taken_from: whose.others().map(str::to_owned), ..plan };
    let images = images::images(desk, &basis, &plan, &awaiting)?;
    if let Some(images) = &images {
        warnings.extend(images::missing(images, &awaiting, &basis.environment).await);
    }
    let makes_key = key.is_none() && basis.desired.as_ref().is_some_and(secrets::asks);
    let preflight = preflight(link, &basis.input(), &plan, makes_key).await;
    Ok(Survey {
        sources,
        basis,
        plan,
        preflight,
        fence,
        base,
        warnings,
        timeout,
        context,
        values,
        key,
        images,
        awaiting,
        as_of: None,
        made,
        whose,
    })
}

/// Puts the digests of given values into what is desired; gives the key that they were made with.
async fn told_apart(
    link: &Link,
    desired: &mut Desired,
    values: &Values,
    bound: Option<&Bound>,
) -> Result<Option<Key>, Failure> {
    let key = link.cluster.key(&desired.namespace).await?;
    if let Some(bound) = bound {
        let changed = secrets::changed(desired, values, key.as_ref());
        if !changed.is_empty() {
            return Err(bound.stale(&changed));
        }
    }
    secrets::seal(desired, values, key.as_ref());
    Ok(key)
}

/// Asks what cannot be seen: whose the replicas are, and what the server makes of all that may differ.
pub(super) async fn ask(
    link: &Link,
    basis: &mut Basis,
    questions: fn(&plan::Input<'_>) -> BTreeMap<ObjectKey, plan::Question>,
) -> Result<Vec<Warned>, Failure> {
    if plan::needs_autoscalers(&basis.input()) {
        basis.autoscalers = link.cluster.autoscalers(&basis.namespace, &link.kinds).await?;
    }
    let Answers { answers, warnings } = link.cluster.ask(&questions(&basis.input()), &link.kinds).await?;
    basis.answers = answers;
    Ok(warnings)
}

/// Plans, and holds the plan to what must be true of every plan.
pub(super) fn planned(basis: &Basis, protected: Option<&str>) -> Result<Plan, Failure> {
    let plan = plan::plan(&basis.input());
    sound(plan::audit(&basis.input(), protected, &plan))?;
    Ok(plan)
}

/// Refuses a plan in which the audit found something: it is a mistake of ditc itself, and nothing was done yet.
fn sound(faults: Vec<String>) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    let message = format!("this is a bug in ditc {}: it made a plan that must not be", env!("CARGO_PKG_VERSION"));
    let hint = "nothing was changed; please report this text, with the definition that it is about";
    Err(Failure { causes: faults, ..Failure::new(FailureKind::Bug, message) }.hint(hint))
}

/// Whether the namespace is being deleted.
fn is_going(observed: &Observed, namespace: &Namespace) -> bool {
    let live = observed.objects.get(&ObjectKey::namespace(namespace.as_str())).and_then(Live::object);
    live.is_some_and(Object::is_terminating)
}

/// Another namespace that ditc made for this environment.
fn lives_in<'a>(observed: &'a Observed, environment: &EnvironmentName) -> Option<&'a str> {
    observed.elsewhere.iter().find(|object| plan::made_by_us(object, environment))?.name()
}

/// Judges everything that was seen whole, and looks closer at what is not ready. Services are judged only by the
/// endpoints behind them.
pub(super) async fn judge(
    link: &Link,
    namespace: &Namespace,
    observed: &Observed,
    slices: Option<&[Object]>,
) -> BTreeMap<ObjectKey, Readiness> {
    let slices: Option<Vec<&Object>> = slices.map(|slices| slices.iter().collect());
    let whole = observed.objects.iter().filter_map(|(key, live)| match live {
        Live::Present(object) => Some((key, object)),
        Live::Absent | Live::Metadata(_) => None,
    });
    let judged: Vec<(&ObjectKey, &Object, Readiness)> =
        whole.map(|(key, object)| (key, object, readiness::judge(object, slices.as_deref()))).collect();
    let unready: BTreeSet<GroupKind> =
        judged.iter().filter(|(.., readiness)| !readiness.is_ready()).map(|(key, ..)| key.kind.clone()).collect();
    let around = match unready.is_empty() || observed.is_remembered {
        true => Around::default(),
        false => link.cluster.around(namespace, &unready, &link.kinds).await,
    };
    let told = |(key, object, readiness): (&ObjectKey, &Object, Readiness)| {
        (key.clone(), readiness::explained(object, readiness, &around))
    };
    judged.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn a_plan_that_must_not_be_is_told_as_a_bug_and_not_made() {
        assert!(sound(Vec::new()).is_ok());
        let failure = sound(vec!["Deployment/web: is decided twice".to_owned()]).expect_err("it has a fault");
        assert_eq!((failure.kind, failure.kind.exit()), (FailureKind::Bug, Exit::Bug));
        assert_eq!(failure.causes, ["Deployment/web: is decided twice"]);
        assert!(failure.message.starts_with("this is a bug in ditc"), "{}", failure.message);
        assert!(failure.hints[0].contains("please report this text"), "{:?}", failure.hints);
    }
}
