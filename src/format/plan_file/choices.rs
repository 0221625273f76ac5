//! What the user decided beforehand and what the workspace allows, as a saved plan keeps them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::WHAT;
use crate::{
    address::Which,
    format::{Unreadable, head::parse},
    plan::{Choices, Policy},
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChoicesV1 {
    target: Vec<String>,
    exclude: Vec<String>,
    replace: Vec<String>,
    adopt: Vec<String>,
    force_conflicts: Vec<String>,
    delete_data: Vec<String>,
    with_foreign: bool,
    refresh_only: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyV1 {
    max_destroy: u64,
    controllers: BTreeSet<String>,
    check_namespace: String,
}

impl From<&Choices> for ChoicesV1 {
    fn from(choices: &Choices) -> Self {
        let Choices { target, exclude, replace, adopt, force_conflicts, delete_data, with_foreign, refresh_only } =
            choices;
        let texts = |which: &[Which]| which.iter().map(ToString::to_string).collect();
        Self {
            target: texts(target),
            exclude: texts(exclude),
            replace: texts(replace),
            adopt: texts(adopt),
            force_conflicts: texts(force_conflicts),
            delete_data: texts(delete_data),
            with_foreign: *with_foreign,
            refresh_only: *refresh_only,
        }
    }
}

impl ChoicesV1 {
    pub(super) fn read(self) -> Result<Choices, Unreadable> {
        let ChoicesV1 { target, exclude, replace, adopt, force_conflicts, delete_data, with_foreign, refresh_only } =
            self;
        let which = |texts: Vec<String>| texts.iter().map(|text| parse(WHAT, text)).collect::<Result<_, _>>();
        Ok(Choices {
            target: which(target)?,
            exclude: which(exclude)?,
            replace: which(replace)?,
            adopt: which(adopt)?,
            force_conflicts: which(force_conflicts)?,
            delete_data: which(delete_data)?,
            with_foreign,
            refresh_only,
        })
    }
}

impl From<&Policy> for PolicyV1 {
    fn from(policy: &Policy) -> Self {
        let Policy { max_destroy, controllers, check_namespace } = policy;
        Self {
            max_destroy: *max_destroy as u64,
            controllers: controllers.clone(),
            check_namespace: check_namespace.to_string(),
        }
    }
}

impl PolicyV1 {
    pub(super) fn read(self) -> Result<Policy, Unreadable> {
        let PolicyV1 { max_destroy, controllers, check_namespace } = self;
        let max_destroy = usize::try_from(max_destroy).unwrap_or(usize::MAX);
        Ok(Policy { max_destroy, controllers, check_namespace: parse(WHAT, &check_namespace)? })
    }
}
