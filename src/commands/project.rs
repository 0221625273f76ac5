//! Whose an environment is where several projects use one cluster: the record knows from which it was applied.

use futures::{StreamExt, stream};

use crate::{
    cli,
    cluster::Cluster,
    failure::{Failure, FailureKind},
    names::{EnvironmentName, Namespace},
    object::{Object, ObjectKey},
    observed::{Live, Observed},
    plan::{self, Choices, Plan},
    render::text::Owner,
    state::{Operation, Project, State},
};

use super::{aim::Aim, desk::Desk, link::Link, recorded::kept, saved::Bound, session::Survey, together::Strays};

/// So many records are read at a time.
const AT_ONCE: usize = 8;

/// Whose an environment is, as far as this project can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// This project's, or nobody's yet.
    Ours,
    /// It was applied from another one.
    Theirs(String),
    /// What ditc made is there, and nothing tells from which project.
    Unknown,
}

impl Whose {
    /// The other project that it was applied from.
    pub(super) fn others(&self) -> Option<&str> {
        match self {
            Whose::Theirs(project) => Some(project),
            Whose::Ours | Whose::Unknown => None,
        }
    }
}

/// Refuses to apply what another project applied last, unless the user takes it over; a destroy only says so, since its
/// question is asked in any case, and so does a saved plan, which was made within its project.
///
/// # Errors
/// That it is of another project, and what to do.
pub(super) fn guard(
    desk: &Desk<'_>,
    operation: Operation,
    state: &State,
    choices: &Choices,
    bound: Option<&Bound>,
) -> Result<Whose, Failure> {
    // The cluster in the box belongs to its workspace, wherever that is moved to.
    let Some(theirs) = state.project().filter(|_| !desk.global.sandbox) else { return Ok(Whose::Ours) };
    let here = bound.map_or_else(|| desk.project(), |bound| bound.project(desk.project()));
    let ours = beside(desk, &theirs, here);
    if !theirs.is_other_than(&ours) {
        return Ok(Whose::Ours);
    }
    let environment = &state.environment;
    if operation == Operation::Destroy || is_taken(choices, environment) {
        return Ok(Whose::Theirs(theirs.to_string()));
    }
    if bound.is_some() {
        return Ok(Whose::Ours);
    }
    let message = format!("environment {environment} was applied from {theirs}, and this is {ours}");
    let failure = Failure::new(FailureKind::State, message).hint("give one of them another name");
    let take = format!("ditc plan {environment} -adopt={environment}{}", desk.global.repeat());
    let failure = failure.hint(format!("or take it over, with all that is in it: {take}"));
    if theirs.repository.is_some() && ours.repository.is_some() {
        return Err(failure);
    }
    Err(failure
        .hint("clones of one repository count as one project: by their remote `origin`, or by their first commit"))
}

/// The same where no record is there to ask, though ditc made objects in the namespace: it is this project's only where the
/// copy of the record that is kept here says so, and speaks of this very namespace.
///
/// # Errors
/// That it is not known whose it is, and what to do.
pub(super) fn unrecorded(desk: &Desk<'_>, link: &Link, aim: &Aim, observed: &Observed) -> Result<Whose, Failure> {
    let Aim { environment, namespace, operation, choices, bound, .. } = aim;
    let number = plan::left_behind(observed, environment, namespace);
    // What is not there cannot be taken from anybody, and what could not be looked at is told.
    if number == 0 || desk.global.sandbox || is_taken(choices, environment) {
        return Ok(Whose::Ours);
    }
    let kept = kept_of(link, environment, namespace, observed)?;
    if kept.is_some_and(|state| others(desk, state.project()).is_none()) {
        return Ok(Whose::Ours);
    }
    if *operation == Operation::Destroy {
        return Ok(Whose::Unknown);
    }
    if bound.is_some() {
        return Ok(Whose::Ours);
    }
    let there = if number == 1 { "1 object there is".to_owned() } else { format!("{number} objects there are") };
    let message = format!(
        "environment {environment} has no record in namespace {namespace}, though {there} ditc's: nothing tells which \
         project applied it"
    );
    let flags = desk.global.repeat();
    Err(Failure::new(FailureKind::State, message)
        .hint(format!("if it was this one: ditc state rebuild {environment}{flags} makes the record anew"))
        .hint("if it was another one: give one of them another name")
        .hint(format!("or take it over, with all that is in it: ditc plan {environment} -adopt={environment}{flags}")))
}

/// Refuses to destroy what this project is not known to have applied where nobody is asked whether that is meant.
pub(super) fn attended(desk: &Desk<'_>, arguments: &cli::Run, survey: Survey) -> Result<Survey, Failure> {
    let Plan { environment, operation, .. } = &survey.plan;
    if !arguments.auto_approve || *operation == Operation::Apply {
        return Ok(survey);
    }
    let (why, or) = match &survey.whose {
        Whose::Ours => return Ok(survey),
        Whose::Theirs(project) => (format!("was applied from {project}"), "destroy it from there".to_owned()),
        Whose::Unknown => (
            "has no record that tells which project applied it".to_owned(),
            format!("if it was this one, ditc state rebuild {environment}{}", desk.global.repeat()),
        ),
    };
    let message = format!("environment {environment} {why}, and nobody is asked whether it may go");
    let hint = format!("{or}; or leave -auto-approve out, and answer the question");
    Err(Failure::new(FailureKind::State, message).hint(hint))
}

/// Whose an environment is whose record is made anew: as the record that was there has it, or the copy of it that is kept
/// here; else this project's, since whoever makes the record anew says so.
pub(super) async fn of_rebuilt(
    desk: &Desk<'_>,
    link: &Link,
    environment: &EnvironmentName,
    namespace: &Namespace,
    observed: &Observed,
) -> Result<(Project, Owner), Failure> {
    // One that cannot be read says nothing of it, and is why it is made anew.
    let recorded = link.cluster.recorded(namespace).await.ok().flatten();
    let recorded = recorded.filter(|recorded| recorded.header.environment() == environment);
    let known = match recorded.and_then(|recorded| recorded.header.project()) {
        Some(project) => Some(project),
        None => kept_of(link, environment, namespace, observed)?.and_then(|state| state.project()),
    };
    let ours = || desk.project();
    // The cluster in the box belongs to its workspace, wherever that is moved to.
    let theirs = others(desk, known.clone()).filter(|_| !desk.global.sandbox);
    Ok(match (theirs, known) {
        (Some(theirs), _) => (theirs.clone(), Owner::Theirs(theirs.to_string())),
        (None, Some(known)) => (known, Owner::Ours),
        (None, None) if desk.global.sandbox => (ours(), Owner::Ours),
        (None, None) => (ours(), Owner::New(ours().to_string())),
    })
}

/// The copy of an environment's record that is kept here, where it speaks of this very namespace: another one may have its
/// name by now.
fn kept_of(
    link: &Link,
    environment: &EnvironmentName,
    namespace: &Namespace,
    observed: &Observed,
) -> Result<Option<State>, Failure> {
    let key = ObjectKey::namespace(namespace.as_str());
    let uid = observed.objects.get(&key).and_then(Live::object).and_then(Object::uid);
    let lived_in = |state: &State| Some(state.entries.get(&key)?.applied()?.uid.clone());
    Ok(kept(link, environment)?.filter(|state| uid.is_some() && uid == lived_in(state)))
}

/// The project that something was applied from, where it is not this one.
fn others(desk: &Desk<'_>, project: Option<Project>) -> Option<Project> {
    project.filter(|theirs| theirs.is_other_than(&beside(desk, theirs, desk.project())))
}

/// Whether the user takes the whole environment over.
fn is_taken(choices: &Choices, environment: &EnvironmentName) -> bool {
    choices.adopt.iter().any(|which| which.to_string() == environment.as_str())
}

/// A project with what is needed to compare it to another.
fn beside(desk: &Desk<'_>, other: &Project, mut project: Project) -> Project {
    if other.repository.is_none() && other.beginning.is_some() && project.beginning.is_none() {
        project.beginning = desk.beginning();
    }
    project
}

/// Leaves of the environments without a file those that this project applied, and those of which nobody knows who did.
pub(super) async fn ours(desk: &Desk<'_>, cluster: &Cluster, strays: Strays) -> Strays {
    let strays = strays?;
    if strays.is_empty() || desk.global.sandbox {
        return Some(strays);
    }
    let ours = &desk.project();
    let look = |(environment, place): (EnvironmentName, String)| async move {
        let recorded = match Namespace::new(&place) {
            Ok(namespace) => cluster.recorded(&namespace).await.ok().flatten(),
            Err(_) => None,
        };
        let is_theirs = recorded
            .and_then(|recorded| recorded.header.project())
            .is_some_and(|theirs| theirs.is_other_than(&beside(desk, &theirs, ours.clone())));
        (!is_theirs).then_some((environment, place))
    };
    let looked: Vec<_> = stream::iter(strays).map(look).buffered(AT_ONCE).collect().await;
    Some(looked.into_iter().flatten().collect())
}
