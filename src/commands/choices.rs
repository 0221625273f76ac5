//! What the user decided beforehand, as typed, and what the workspace says about it.

use std::collections::BTreeSet;

use crate::{
    cli, config,
    failure::{Failure, FailureKind},
    plan::{self, Policy},
};

/// What the user decided beforehand, and how much may be destroyed where that is said too.
#[derive(Debug, Default)]
pub(super) struct Choices {
    pub choices: plan::Choices,
    pub max_destroy: Option<usize>,
}

impl From<&cli::Choose> for Choices {
    fn from(choose: &cli::Choose) -> Self {
        let cli::Choose { part, replace, adopt, force_conflicts, delete_data, max_destroy, refresh_only } = choose;
        Self {
            choices: plan::Choices {
                target: part.target.clone(),
                exclude: part.exclude.clone(),
                replace: replace.clone(),
                adopt: adopt.clone(),
                force_conflicts: force_conflicts.clone(),
                delete_data: delete_data.clone(),
                with_foreign: false,
                refresh_only: *refresh_only,
            },
            max_destroy: *max_destroy,
        }
    }
}

impl From<&cli::Destroy> for Choices {
    fn from(destroy: &cli::Destroy) -> Self {
        let (target, exclude) = (destroy.part.target.clone(), destroy.part.exclude.clone());
        let choices = plan::Choices { target, exclude, with_foreign: destroy.with_foreign, ..Default::default() };
        Self { choices, max_destroy: None }
    }
}

impl From<&cli::Plan> for Choices {
    fn from(plan: &cli::Plan) -> Self {
        let mut choices = Self::from(&plan.choose);
        choices.choices.with_foreign = plan.with_foreign;
        choices
    }
}

/// What the workspace says, unless a flag says otherwise.
pub(super) fn policy(settings: &config::Settings, choices: &Choices) -> Policy {
    Policy {
        max_destroy: choices.max_destroy.unwrap_or(settings.max_destroy),
        controllers: settings.controllers.iter().cloned().collect(),
        check_namespace: settings.check_namespace.clone(),
    }
}

/// Refuses a choice that names nothing, since whoever typed it means something that is not there, and choices that one run
/// cannot follow both.
pub(super) fn known_choices(input: &plan::Input<'_>) -> Result<(), Failure> {
    let environment = input.environment;
    let unmatched = plan::unmatched(input);
    if unmatched.is_empty() {
        return adopted_first(input);
    }
    let names: Vec<String> = unmatched.iter().map(|unmatched| format!("`{}`", unmatched.which)).collect();
    let message = format!("environment {environment} has nothing at {}", names.join(", "));
    let mut failure = Failure::new(FailureKind::Usage, message);
    let meant: BTreeSet<String> = unmatched.iter().filter_map(|unmatched| unmatched.meant.clone()).collect();
    for meant in &meant {
        failure = failure.hint(format!("did you mean `{meant}`?"));
    }
    if meant.is_empty() {
        failure = failure.hint(format!(
            "addresses look like `{environment}.services.NAME` or `{environment}.services.NAME/Kind/name`; \
             `ditc graph {environment}` shows all components"
        ));
    }
    Err(failure)
}

/// Refuses to replace what is only to be adopted yet.
fn adopted_first(input: &plan::Input<'_>) -> Result<(), Failure> {
    let both = plan::adopted_and_replaced(input);
    let [address, rest @ ..] = both.as_slice() else { return Ok(()) };
    let more = match rest.len() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let message =
        format!("{address}{more} cannot be adopted and replaced in one run: ditc deletes only what is its own");
    let hint = format!("apply with -adopt={address} first, and with -replace={address} then");
    Err(Failure::new(FailureKind::Usage, message).hint(hint))
}
