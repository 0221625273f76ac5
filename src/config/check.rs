//! Checks a whole workspace, or some of its environments, as far as that goes without a cluster.

use std::collections::BTreeSet;

use super::{About, File, Workspace, catalogue, expand::expand_by, is_same, object, object::Types, reader};
use crate::{
    diagnostic::{Diagnostic, in_order},
    kinds::Kinds,
    names::{EnvironmentName, ModuleName, Namespace},
    object::GroupKind,
};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    pub environments: usize,
    pub modules: usize,
    /// Each is told once, though several environments share it.
    pub mistakes: Vec<Diagnostic>,
    /// Kinds of which only a cluster can say whether they are right.
    pub unknown_kinds: BTreeSet<GroupKind>,
}

impl Checked {
    fn tell(&mut self, diagnostic: Diagnostic) {
        if !self.mistakes.iter().any(|known| is_same(known, &diagnostic)) {
            self.mistakes.push(diagnostic);
        }
    }

    /// Tells what an expansion complained about, but for what a cluster may know better.
    fn expanded(&mut self, mistakes: super::Mistakes) {
        let super::Mistakes { diagnostics, unknown_kinds } = mistakes;
        for diagnostic in diagnostics {
            if object::is_for_the_cluster(&diagnostic) {
                self.unknown_kinds.extend(unknown_kinds.iter().cloned());
            } else {
                self.tell(diagnostic);
            }
        }
    }
}

/// Checks all environments and all modules. A module that no environment uses and that demands no input is tried without
/// any, since some mistakes show only when templates are rendered.
pub fn check_all(workspace: &mut Workspace, kinds: &Kinds) -> Checked {
    let complaints = workspace.complaints.clone();
    let mut checked =
        Checked { environments: workspace.environments.len(), modules: workspace.modules.len(), ..Checked::default() };
    complaints.iter().for_each(|complaint| checked.tell(complaint.diagnostic.clone()));
    // One without a namespace cannot be expanded, and why was told.
    let names: Vec<EnvironmentName> = workspace.namespaces.keys().cloned().collect();
    let mut used: BTreeSet<About> = BTreeSet::new();
    for name in names {
        used.extend(workspace.used(&name));
        if let Err(found) = expand_by(workspace, &name, kinds, Types::Checked) {
            checked.expanded(found);
        }
    }
    let blamed: BTreeSet<&About> = complaints.iter().map(|complaint| &complaint.about).collect();
    let unused: Vec<ModuleName> = workspace.modules.keys().cloned().collect();
    for module in unused {
        let about = About::Module(module.clone());
        if !used.contains(&about) && !blamed.contains(&about) {
            try_out(workspace, &module, kinds, &mut checked);
        }
    }
    in_order(&mut checked.mistakes);
    checked
}

/// Checks some environments and the modules that they use. One that is only a template for others is checked as far as
/// its own file goes.
///
/// # Errors
/// A diagnostic with the name that was meant, when there is no such environment.
pub fn check_some(
    workspace: &mut Workspace,
    names: &BTreeSet<EnvironmentName>,
    kinds: &Kinds,
) -> Result<Checked, Diagnostic> {
    let mut checked = Checked { environments: names.len(), ..Checked::default() };
    let mut used: BTreeSet<About> = BTreeSet::new();
    for name in names {
        let is_template = workspace.environments.get(name).is_some_and(File::is_abstract);
        if !is_template {
            workspace.find(name)?;
        }
        used.extend(workspace.used(name));
        let told = workspace.concerning(name);
        told.into_iter().for_each(|diagnostic| checked.tell(diagnostic));
        if workspace.namespaces.contains_key(name)
            && let Err(found) = expand_by(workspace, name, kinds, Types::Checked)
        {
            checked.expanded(found);
        }
    }
    let is_module = |about: &&About| matches!(about, About::Module(name) if workspace.modules.contains_key(name));
    checked.modules = used.iter().filter(is_module).count();
    in_order(&mut checked.mistakes);
    Ok(checked)
}

/// Expands an environment that holds a module alone.
fn try_out(workspace: &mut Workspace, name: &ModuleName, kinds: &Kinds, checked: &mut Checked) {
    let Some(Some(module)) = workspace.modules.get(name) else { return };
    if module.inputs.values().any(|input| input.is_required) {
        // What a value must look like beyond its type, nobody here knows.
        return;
    }
    let text = catalogue::example(name, module);
    let source = workspace.sources.add(format!("modules/{name} (tried without inputs)"), text);
    let table = reader::read(&workspace.sources, source, &mut Vec::new());
    let free = (0..).map(|number| format!("trial-{number}")).filter_map(|name| EnvironmentName::new(name).ok());
    let Some(trial) = free.into_iter().find(|name| !workspace.environments.contains_key(name)) else { return };
    workspace.environments.insert(trial.clone(), File { source, table });
    workspace.namespaces.insert(trial.clone(), Namespace::new("trial").expect("a DNS label"));
    if let Err(found) = expand_by(workspace, &trial, kinds, Types::Checked) {
        checked.expanded(found);
    }
    workspace.environments.remove(&trial);
    workspace.namespaces.remove(&trial);
}
