//! Whose an environment is where several projects use one cluster: the record knows from which it was applied.

use futures::{StreamExt, stream};

use crate::{
    cluster::Cluster,
    failure::{Failure, FailureKind},
    names::{EnvironmentName, Namespace},
    plan::Choices,
    state::{Operation, State},
};

use super::{desk::Desk, together::Strays};

/// So many records are read at a time.
const AT_ONCE: usize = 8;

/// Refuses to apply what another project applied last, unless the user takes it over; a destroy only says so, since its
/// question is asked in any case. Gives the other project.
///
/// # Errors
/// That it is of another project, and what to do.
pub(super) fn guard(
    desk: &Desk<'_>,
    operation: Operation,
    state: &State,
    choices: &Choices,
) -> Result<Option<String>, Failure> {
    let Some(theirs) = state.project() else { return Ok(None) };
    let Some(ours) = desk.project().filter(|ours| ours != theirs) else { return Ok(None) };
    let environment = &state.environment;
    let is_taken = choices.adopt.iter().any(|which| which.to_string() == environment.as_str());
    if operation == Operation::Destroy || is_taken {
        return Ok(Some(theirs.to_owned()));
    }
    let message = format!("environment {environment} was applied from {theirs}, and this is {ours}");
    let failure = Failure::new(FailureKind::State, message).hint("give one of them another name");
    let take = format!("ditc plan {environment} -adopt={environment}{}", desk.global.repeat());
    Err(failure.hint(format!("or take it over, with all that is in it: {take}")))
}

/// Leaves of the environments without a file those that this project applied, and those of which nobody knows who did.
pub(super) async fn ours(desk: &Desk<'_>, cluster: &Cluster, strays: Strays) -> Strays {
    let strays = strays?;
    let Some(ours) = desk.project().filter(|_| !strays.is_empty()) else { return Some(strays) };
    let ours = ours.as_str();
    let look = |(environment, place): (EnvironmentName, String)| async move {
        let recorded = match Namespace::new(&place) {
            Ok(namespace) => cluster.recorded(&namespace).await.ok().flatten(),
            Err(_) => None,
        };
        let is_theirs = recorded.is_some_and(|recorded| recorded.header.project().is_some_and(|theirs| theirs != ours));
        (!is_theirs).then_some((environment, place))
    };
    let looked: Vec<_> = stream::iter(strays).map(look).buffered(AT_ONCE).collect().await;
    Some(looked.into_iter().flatten().collect())
}
