//! Whose an environment is where several projects use one cluster: the record knows from which it was applied.

use futures::{StreamExt, stream};

use crate::{
    cluster::Cluster,
    failure::{Failure, FailureKind},
    names::{EnvironmentName, Namespace},
    plan::Choices,
    state::{Operation, Project, State},
};

use super::{desk::Desk, together::Strays};

/// So many records are read at a time.
const AT_ONCE: usize = 8;

/// Refuses to apply what another project applied last, unless the user takes it over; a destroy only says so, since its
/// question is asked in any case, and so does a saved plan, which was made within its project. Gives the other project.
///
/// # Errors
/// That it is of another project, and what to do.
pub(super) fn guard(
    desk: &Desk<'_>,
    operation: Operation,
    state: &State,
    choices: &Choices,
    is_saved: bool,
) -> Result<Option<String>, Failure> {
    // The cluster in the box belongs to its workspace, wherever that is moved to.
    let Some(theirs) = state.project().filter(|_| !desk.global.sandbox) else { return Ok(None) };
    let ours = beside(desk, &theirs, desk.project());
    if !theirs.is_other_than(&ours) {
        return Ok(None);
    }
    let environment = &state.environment;
    let is_taken = choices.adopt.iter().any(|which| which.to_string() == environment.as_str());
    if operation == Operation::Destroy || is_taken {
        return Ok(Some(theirs.to_string()));
    }
    if is_saved {
        return Ok(None);
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
