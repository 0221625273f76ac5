//! What the user decided beforehand, and what holds for every plan of a workspace.

use std::collections::BTreeSet;

use crate::{
    address::Which,
    names::{ComponentId, EnvironmentName, Namespace},
    object::ObjectKey,
};

use super::yields::CONTROLLERS;

/// What the user decided beforehand. Each choice names the objects that it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Only these and what they need; everything where there is none.
    pub target: Vec<Which>,
    /// Not these, nor what needs them.
    pub exclude: Vec<Which>,
    /// Made anew though nothing asks for it.
    pub replace: Vec<Which>,
    /// Taken over from whoever has them.
    pub adopt: Vec<Which>,
    /// Fields of these are taken from whoever has them.
    pub force_conflicts: Vec<Which>,
    /// May be deleted or replaced although data is lost.
    pub delete_data: Vec<Which>,
    /// A destroy takes along what ditc did not make.
    pub with_foreign: bool,
    /// Only the record changes.
    pub refresh_only: bool,
}

/// What holds for every plan of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How many objects one apply may delete or replace; a destroy has no limit.
    pub max_destroy: usize,
    /// Managers, besides [`CONTROLLERS`], whose fields are left to them.
    pub controllers: BTreeSet<String>,
    /// Where manifests are checked whose own namespace does not exist yet.
    pub check_namespace: Namespace,
}

impl Choices {
    /// The flags that say all of this again, each with a space before it.
    #[must_use]
    pub fn flags(&self) -> String {
        let mut flags = String::new();
        for (flag, is_meant) in [("with-foreign", self.with_foreign), ("refresh-only", self.refresh_only)] {
            if is_meant {
                flags.push_str(&format!(" -{flag}"));
            }
        }
        for (flag, which) in self.lists() {
            which.iter().for_each(|which| flags.push_str(&format!(" -{flag}={which}")));
        }
        flags
    }

    /// All that is named, whatever for.
    pub fn named(&self) -> impl Iterator<Item = &Which> {
        self.lists().into_iter().flat_map(|(_, which)| which)
    }

    /// What is named for each flag.
    fn lists(&self) -> [(&'static str, &Vec<Which>); 6] {
        let Self { target, exclude, replace, adopt, force_conflicts, delete_data, with_foreign: _, refresh_only: _ } =
            self;
        [
            ("target", target),
            ("exclude", exclude),
            ("replace", replace),
            ("adopt", adopt),
            ("force-conflicts", force_conflicts),
            ("delete-data", delete_data),
        ]
    }

    pub(super) fn forces(
        &self,
        environment: &EnvironmentName,
        component: Option<&ComponentId>,
        key: &ObjectKey,
    ) -> bool {
        is_meant(&self.force_conflicts, environment, component, key)
    }
}

/// Whether one of several choices means an object.
pub(super) fn is_meant(
    choices: &[Which],
    environment: &EnvironmentName,
    component: Option<&ComponentId>,
    key: &ObjectKey,
) -> bool {
    choices.iter().any(|which| which.matches(environment, component, key))
}

impl Policy {
    /// Whether a manager is a controller whose fields are left to it.
    #[must_use]
    pub fn is_controller(&self, manager: &str) -> bool {
        CONTROLLERS.contains(&manager) || self.controllers.contains(manager)
    }
}
