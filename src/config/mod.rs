//! From TOML to manifests: reads a workspace's files, finds every mistake in them, and renders an environment. Pure:
//! texts in, values out; it knows no clock, file, network or cluster.

mod add;
mod bounds;
mod builtin;
mod called;
mod catalogue;
mod check;
mod choose;
mod containers;
mod documents;
mod duration;
mod each;
mod edit;
mod environment;
mod expand;
mod expression;
mod fields;
mod fmt;
mod follows;
mod images;
mod instance;
mod json;
mod labels;
mod lint;
mod lock;
mod merge;
mod module;
mod namespace;
mod needs;
mod object;
mod own;
mod parse;
mod payload;
mod provenance;
mod reader;
mod references;
mod repository;
mod rolling;
mod schema;
mod seal;
mod secrets;
mod service;
mod settings;
mod starter;
mod template;
#[cfg(test)]
mod tests;
mod types;
mod value;
mod variables;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    time::Duration,
};

pub use self::{
    check::{Checked, check_all, check_some},
    edit::{Assignment, Edited, edit},
    expand::{Mistakes, expand, outline},
    fields::suggest,
    fmt::format,
    follows::{Tracked, tracked},
    images::checked_images,
    lock::{Lock, Locked},
    own::{Brought, Files, Rendered, Rendering, Wanted, wanted},
    parse::parse,
    payload::{Imported, Left, import_payload},
    provenance::{Provenance, Said},
    schema::{ditc_schema, environment_schema, module_schema},
    seal::{seal, turn},
    settings::{PROTECTED, Settings},
    starter::starter,
    variables::{Given, PREFIX},
};
use self::{module::Module, value::Table};
use crate::{
    diagnostic::{Diagnostic, SourceId, Sources},
    kinds::Kinds,
    names::{ComponentName, EnvironmentName, ModuleName, Namespace},
    revision::Revision,
};

/// All that a workspace's files say, read but not yet joined.
#[derive(Debug)]
pub struct Workspace {
    pub sources: Sources,
    pub settings: Settings,
    environments: BTreeMap<EnvironmentName, File>,
    /// The namespaces of the environments that are not abstract, where they have a valid one.
    namespaces: BTreeMap<EnvironmentName, Namespace>,
    /// What services stand at, where somebody has looked it up, or why that could not be found out.
    pub revisions: BTreeMap<(EnvironmentName, ComponentName), Result<Revision, Diagnostic>>,
    /// What lock files say of services, where they are held to it.
    pub locked: BTreeMap<(EnvironmentName, ComponentName), Locked>,
    /// What services take from their repositories, where somebody has fetched it, or why that was not possible.
    pub brought: BTreeMap<(EnvironmentName, ComponentName), Result<Brought, Diagnostic>>,
    /// What became of the charts among it.
    pub rendered: BTreeMap<(EnvironmentName, ComponentName), Rendered>,
    /// What is left out of an environment and no mistake, in the words of [`expand()`].
    pub remarks: BTreeMap<EnvironmentName, BTreeSet<String>>,
    /// Values for variables from outside, in the order in which they give way to each other.
    given: Vec<variables::Override>,
    /// None for a module whose `module.toml` cannot be read.
    modules: BTreeMap<ModuleName, Option<Module>>,
    /// The names of those that the workspace brings itself.
    modules_of_its_own: BTreeSet<ModuleName>,
    /// What [`parse()`] complained about, so that no environment is expanded from files with mistakes.
    pub complaints: Vec<Complaint>,
}

/// An environment's file.
#[derive(Debug)]
struct File {
    source: SourceId,
    /// None when it cannot be read.
    table: Option<Table>,
}

/// What a mistake is about, and so whom it stops.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// `ditc.toml`: everyone.
    Settings,
    /// An environment's file: the environment and all that extend it.
    Environment(EnvironmentName),
    /// A module: all environments that use it.
    Module(ModuleName),
    /// A file of values for variables: everyone.
    Given,
    /// A file that belongs to nothing.
    Nothing,
}

/// A mistake with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub about: About,
    pub diagnostic: Diagnostic,
}

impl Workspace {
    /// The environments that can be planned, in the order of their names.
    pub fn names(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.environments.iter().filter(|(_, file)| !file.is_abstract()).map(|(name, _)| name)
    }

    /// Every environment that has a file, templates of others too.
    pub fn all_names(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.environments.keys()
    }

    /// Finds an environment that can be planned.
    ///
    /// # Errors
    /// A diagnostic with the name that was meant, when there is no such environment or it is only a template.
    pub fn find(&self, name: &EnvironmentName) -> Result<&EnvironmentName, Diagnostic> {
        match self.environments.get_key_value(name) {
            Some((name, file)) if !file.is_abstract() => Ok(name),
            Some(_) => {
                let diagnostic = Diagnostic::new("abstract environment");
                Err(diagnostic.detail(format!("`{name}` is a template for others, so it cannot be planned itself")))
            }
            None => {
                let diagnostic = Diagnostic::new("unknown environment")
                    .detail(format!("there is no `environments/{name}.toml` in this workspace"));
                Err(fields::suggest(diagnostic, name.as_str(), self.names().map(EnvironmentName::as_str)))
            }
        }
    }

    /// Finds a file that an environment can extend, abstract or not.
    ///
    /// # Errors
    /// A diagnostic with the name that was meant, when there is no such file.
    pub fn find_base(&self, name: &EnvironmentName) -> Result<&EnvironmentName, Diagnostic> {
        if let Some((name, _)) = self.environments.get_key_value(name) {
            return Ok(name);
        }
        let diagnostic = Diagnostic::new("unknown environment")
            .detail(format!("there is no `environments/{name}.toml` in this workspace"));
        Err(fields::suggest(diagnostic, name.as_str(), self.environments.keys().map(EnvironmentName::as_str)))
    }

    /// The namespace of an environment; none when it is unknown, abstract, or names no valid one.
    #[must_use]
    pub fn namespace(&self, name: &EnvironmentName) -> Option<&Namespace> {
        self.namespaces.get(name)
    }

    /// How long an environment is meant to live. A duration and not a date, since a date would differ each day.
    #[must_use]
    pub fn ttl(&self, name: &EnvironmentName) -> Option<Duration> {
        let (chain, _) = merge::chain(&self.environments, name);
        duration::parse(self.merged(&chain).string("ttl")?)
    }

    /// The complaints that stop a plan of one environment: those about files that it uses.
    #[must_use]
    pub fn concerning(&self, name: &EnvironmentName) -> Vec<Diagnostic> {
        let used = self.used(name);
        let (chain, _) = merge::chain(&self.environments, name);
        let merged = self.merged(&chain);
        let concerning = self.complaints.iter().filter(|complaint| used.contains(&complaint.about));
        let told = concerning.map(|Complaint { about, diagnostic }| match (about, &diagnostic.label) {
            // Who wrote the module is often not the one who reads this.
            (About::Module(module), Some(_)) => match environment::user_of(&merged, module) {
                Some((id, span)) => diagnostic.clone().related(span, format!("used by `{id}`")),
                None => diagnostic.clone(),
            },
            _ => diagnostic.clone(),
        });
        told.collect()
    }

    /// What [`parse()`] complained about in one file or module.
    #[must_use]
    pub fn told_of(&self, about: &About) -> Vec<Diagnostic> {
        let told = self.complaints.iter().filter(|complaint| complaint.about == *about);
        told.map(|complaint| complaint.diagnostic.clone()).collect()
    }

    fn used(&self, name: &EnvironmentName) -> BTreeSet<About> {
        let (chain, _) = merge::chain(&self.environments, name);
        let merged = self.merged(&chain);
        let modules = environment::modules_of(&merged).into_iter().filter_map(|name| ModuleName::new(name).ok());
        let mut used: BTreeSet<About> = chain.into_iter().cloned().map(About::Environment).collect();
        used.extend(modules.map(About::Module));
        used.extend([About::Settings, About::Given]);
        used
    }

    /// The files of a chain joined, on top of what holds for all environments.
    fn merged(&self, chain: &[&EnvironmentName]) -> Table {
        let files = chain.iter().filter_map(|name| self.environments.get(*name)?.table.as_ref());
        merge::merge(iter::once(&self.settings.bounds).chain(files))
    }

    /// The inputs of module `service`, which services without a module take as their own keys.
    fn service_inputs(&self) -> Vec<&str> {
        let service = self.modules.iter().find(|(name, _)| name.as_str() == environment::SERVICE);
        let module = service.and_then(|(_, module)| module.as_ref());
        module.into_iter().flat_map(|module| module.inputs.keys()).map(|input| input.as_str()).collect()
    }
}

impl File {
    fn is_abstract(&self) -> bool {
        let entry = self.table.as_ref().and_then(|table| table.get("abstract"));
        entry.is_some_and(|entry| entry.value.tree == value::Tree::Boolean(true))
    }
}

/// All mistakes of a workspace: the complaints about its files and those that only show when environments are expanded.
/// Each is told once, though several environments share it.
pub fn validate(workspace: &mut Workspace, kinds: &Kinds) -> Vec<Diagnostic> {
    let mut mistakes: Vec<Diagnostic> = Vec::new();
    let mut tell = |diagnostic: &Diagnostic| {
        if !mistakes.iter().any(|known| is_same(known, diagnostic)) {
            mistakes.push(diagnostic.clone());
        }
    };
    workspace.complaints.iter().for_each(|complaint| tell(&complaint.diagnostic));
    // One without a namespace cannot be expanded, and why was told.
    let names: Vec<EnvironmentName> = workspace.namespaces.keys().cloned().collect();
    for name in names {
        if let Err(found) = outline(workspace, &name, kinds) {
            found.diagnostics.iter().for_each(&mut tell);
        }
    }
    mistakes
}

/// Whether two complaints mean the same mistake: the same words about the same place. What concerns several places alike,
/// such as a cycle, looks different from each of them.
fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    let places = |diagnostic: &Diagnostic| {
        let labels = diagnostic.label.iter().chain(&diagnostic.related);
        let mut places: Vec<_> = labels.map(|label| (label.span.source, label.span.range.start)).collect();
        places.sort_unstable();
        places
    };
    let is_symmetric = a.summary.starts_with("cycle") || a.summary == "namespace used twice";
    match is_symmetric {
        true => a.summary == b.summary && places(a) == places(b),
        false => (&a.summary, &a.label, &a.detail) == (&b.summary, &b.label, &b.detail),
    }
}
