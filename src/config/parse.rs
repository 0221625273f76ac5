//! Reads all files of a workspace and tells what is wrong with each; what needs several files to see comes after.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    About, Complaint, File, Settings, Workspace,
    builtin::BUILTIN,
    environment,
    expression::{self, Known, Scope},
    is_same, lint, merge,
    module::{self, Texts},
    reader, settings, template,
};
use crate::{
    diagnostic::{Diagnostic, SourceId, Sources, Span},
    names::{EnvironmentName, ModuleName, Namespace},
};

/// Reads a workspace out of its files, by path relative to it, with `/` between the parts. Never fails: what cannot be
/// read is missing from the workspace and told in a complaint.
#[must_use]
pub fn parse(files: &BTreeMap<String, String>) -> (Workspace, Vec<Complaint>) {
    let mut complaints = Vec::new();
    let mut workspace = Workspace {
        sources: Sources::default(),
        settings: Settings::default(),
        environments: BTreeMap::new(),
        namespaces: BTreeMap::new(),
        commits: BTreeMap::new(),
        complaints: Vec::new(),
        modules: BTreeMap::new(),
        modules_of_its_own: BTreeSet::new(),
    };
    if let Some(text) = files.get("ditc.toml") {
        let id = workspace.sources.add("ditc.toml", text);
        let mut found = Vec::new();
        if let Some(table) = reader::read(&workspace.sources, id, &mut found) {
            workspace.settings = settings::settings(&table, &mut found);
        }
        complaints.extend(about(&About::Settings, found));
    }
    read_modules(files, &mut workspace, &mut complaints);
    read_environments(files, &mut workspace, &mut complaints);
    complaints.extend(read_namespaces(&mut workspace));
    workspace.complaints.clone_from(&complaints);
    (workspace, complaints)
}

fn about(about: &About, diagnostics: Vec<Diagnostic>) -> impl Iterator<Item = Complaint> {
    diagnostics.into_iter().map(|diagnostic| Complaint { about: about.clone(), diagnostic })
}

fn read_modules(files: &BTreeMap<String, String>, workspace: &mut Workspace, complaints: &mut Vec<Complaint>) {
    let mut modules: BTreeMap<&str, Texts> = BTreeMap::new();
    for (path, text) in files {
        let Some((name, inner)) = path.strip_prefix("modules/").and_then(|rest| rest.split_once('/')) else { continue };
        let id = workspace.sources.add(path, text);
        modules.entry(name).or_default().insert(inner.to_owned(), id);
    }
    let own: Vec<&str> = modules.keys().copied().collect();
    for (name, path, text) in BUILTIN.iter().filter(|(name, ..)| !own.contains(name)) {
        let id = workspace.sources.add(format!("modules/{name}/{path} (built in)"), *text);
        modules.entry(name).or_default().insert((*path).to_owned(), id);
    }
    for (name, texts) in modules {
        let Ok(module_name) = ModuleName::new(name).map_err(|why| {
            let diagnostic = Diagnostic::new("invalid name")
                .detail(format!("the directory `modules/{name}` cannot be a module: the name {why}"));
            complaints.push(Complaint { about: About::Nothing, diagnostic });
        }) else {
            continue;
        };
        if own.contains(&name) {
            workspace.modules_of_its_own.insert(module_name.clone());
        }
        let mut found = Vec::new();
        let module = module::module(name, &texts, &workspace.sources, &mut found);
        for template in module.iter().flat_map(|module| &module.templates) {
            lint::lint(&workspace.sources, *template, &mut found);
        }
        for text in module.iter().flat_map(|module| module.templates.iter().chain(module.files.values())) {
            found.extend(template::syntax(&workspace.sources, *text));
        }
        complaints.extend(about(&About::Module(module_name.clone()), found));
        workspace.modules.insert(module_name, module);
    }
}

fn read_environments(files: &BTreeMap<String, String>, workspace: &mut Workspace, complaints: &mut Vec<Complaint>) {
    let stems = files.iter().filter_map(|(path, text)| {
        let stem = path.strip_prefix("environments/")?.strip_suffix(".toml")?;
        (!stem.ends_with(".lock")).then_some((path, stem, text))
    });
    for (path, stem, text) in stems {
        let name = match EnvironmentName::new(stem) {
            Ok(name) => name,
            Err(why) => {
                let diagnostic = Diagnostic::new("invalid name")
                    .detail(format!("`{path}` cannot be an environment: its name `{stem}` {why}"))
                    .help("rename the file; its stem becomes the namespace");
                complaints.push(Complaint { about: About::Nothing, diagnostic });
                continue;
            }
        };
        let source = workspace.sources.add(path, text);
        let mut found = Vec::new();
        let table = reader::read(&workspace.sources, source, &mut found);
        if let Some(table) = &table {
            let is_extending = table.get("extends").is_some();
            environment::environment(table, is_extending, &workspace.service_inputs(), &mut found);
        }
        complaints.extend(about(&About::Environment(name.clone()), found));
        workspace.environments.insert(name, File { source, table });
    }
}

/// Looks at what needs several files: chains of `extends` and the namespaces.
fn read_namespaces(workspace: &mut Workspace) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> = Vec::new();
    let mut taken: BTreeMap<Namespace, (EnvironmentName, Span)> = BTreeMap::new();
    for (name, file) in &workspace.environments {
        let (chain, mistake) = merge::chain(&workspace.environments, name);
        let is_broken = mistake.is_some();
        if let Some(diagnostic) = mistake
            && !complaints.iter().any(|told| is_same(&told.diagnostic, &diagnostic))
        {
            complaints.push(Complaint { about: About::Environment(name.clone()), diagnostic });
        }
        if file.is_abstract() || is_broken {
            continue;
        }
        let mut found = Vec::new();
        if let Some((namespace, span)) = namespace(workspace, name, file.source, &chain, &mut found) {
            if let Some((other, first)) = taken.get(&namespace) {
                let twice = Diagnostic::new("namespace used twice")
                    .detail(format!("the environments `{other}` and `{name}` both live in namespace `{namespace}`"))
                    .help("give one of them a `namespace` of its own");
                let of = |about: &EnvironmentName, here: &Span, there: &Span| Complaint {
                    about: About::Environment(about.clone()),
                    diagnostic: twice
                        .clone()
                        .at(here.clone(), "namespace taken")
                        .related(there.clone(), "also used here"),
                };
                complaints.push(of(name, &span, first));
                complaints.push(of(other, first, &span));
            }
            taken.entry(namespace.clone()).or_insert_with(|| (name.clone(), span));
            workspace.namespaces.insert(name.clone(), namespace);
        }
        complaints.extend(about(&About::Environment(name.clone()), found));
    }
    complaints
}

fn namespace(
    workspace: &Workspace,
    name: &EnvironmentName,
    source: SourceId,
    chain: &[&EnvironmentName],
    found: &mut Vec<Diagnostic>,
) -> Option<(Namespace, Span)> {
    let merged = workspace.merged(chain);
    let (text, span) = match merged.get("namespace") {
        None => (name.to_string(), Span::new(source, 0..0)),
        Some(entry) => {
            let environment = Known::names([("name", Known::text(name.as_str()))]);
            let scope = Scope { names: BTreeMap::from([("environment".to_owned(), environment)]) };
            let node = expression::evaluate(&entry.value, &scope, &workspace.sources, found)?;
            (node.string()?.to_owned(), entry.value.span.clone())
        }
    };
    let namespace = match Namespace::new(&text) {
        Ok(namespace) => namespace,
        Err(why) => {
            let diagnostic = Diagnostic::new("invalid name").at(span, "not the name of a namespace");
            found.push(diagnostic.detail(format!("the name `{text}` {why}")));
            return None;
        }
    };
    if let Some(pattern) = workspace.settings.protects(&namespace) {
        found.push(
            Diagnostic::new("protected namespace")
                .at(span.clone(), "no environment may live here")
                .detail(format!(
                    "namespace `{namespace}` of environment `{name}` is protected by the pattern `{pattern}`"
                ))
                .help("rename the file, or give it another `namespace`"),
        );
    }
    Some((namespace, span))
}
