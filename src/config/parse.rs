//! Reads all files of a workspace and tells what is wrong with each; what needs several files to see comes after.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    About, Complaint, File, Settings, Workspace,
    builtin::BUILTIN,
    environment,
    expression::{self, Known, Scope},
    follows::CREDENTIALS,
    is_same, lint, merge,
    module::{self, Texts},
    reader::{self, MAX_BYTES, stands_behind},
    secrets::VALUE_IN_FILE,
    settings, template,
};
use crate::{
    diagnostic::{Diagnostic, SourceId, Sources, Span},
    names::{EnvironmentName, ModuleName, Namespace},
};

/// Reads a workspace out of its files, by path relative to it, with `/` between the parts. Never fails: what cannot be
/// read is missing from the workspace and told in a complaint.
#[must_use]
pub fn parse<T: AsRef<[u8]>>(files: &BTreeMap<String, T>) -> Workspace {
    let mut complaints = Vec::new();
    let mut workspace = Workspace {
        sources: Sources::default(),
        settings: Settings::default(),
        environments: BTreeMap::new(),
        namespaces: BTreeMap::new(),
        revisions: BTreeMap::new(),
        locked: BTreeMap::new(),
        brought: BTreeMap::new(),
        rendered: BTreeMap::new(),
        remarks: BTreeMap::new(),
        complaints: Vec::new(),
        given: Vec::new(),
        modules: BTreeMap::new(),
        modules_of_its_own: BTreeSet::new(),
    };
    if let Some(bytes) = files.get("ditc.toml") {
        let mut found = Vec::new();
        let text = add(&mut workspace.sources, "ditc.toml", bytes, &mut found);
        let table = text.ok().and_then(|id| reader::read(&workspace.sources, id, &mut found));
        if let Some(table) = table {
            workspace.settings = settings::settings(&table, &mut found);
        }
        complaints.extend(about(&About::Settings, one_each(found)));
    }
    read_modules(files, &mut workspace, &mut complaints);
    read_environments(files, &mut workspace, &mut complaints);
    complaints.extend(read_namespaces(&mut workspace));
    workspace.complaints = complaints;
    workspace
}

/// Keeps the text of a file; one that cannot be read as a text is an error, and told.
pub(super) fn add(
    sources: &mut Sources,
    path: &str,
    bytes: impl AsRef<[u8]>,
    found: &mut Vec<Diagnostic>,
) -> Result<SourceId, SourceId> {
    let bytes = bytes.as_ref();
    if bytes.len() > MAX_BYTES {
        let detail = format!("`{path}` is larger than {MAX_BYTES} bytes, which is the most that is read");
        found.push(Diagnostic::new("file too large").detail(detail));
        return Err(sources.add(path, ""));
    }
    let id = sources.add(path, String::from_utf8_lossy(bytes));
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(id) };
    let at = error.valid_up_to();
    found.push(
        Diagnostic::new("not a text")
            .at(Span::new(id, at..at), format!("byte {at} of the file is not UTF-8"))
            .help("save the file as UTF-8"),
    );
    Err(id)
}

/// Hides the values of secrets, and credentials, that stand in a file, before anything shows their line.
fn hide_values(sources: &mut Sources, found: &[Diagnostic]) {
    let values = found.iter().filter(|found| [VALUE_IN_FILE, CREDENTIALS].contains(&found.summary.as_str()));
    values.filter_map(|found| found.label.as_ref()).for_each(|label| sources.mask(&label.span));
}

/// Leaves out what was only found because of another mistake at the very same place: a value that cannot be read has no
/// type either.
fn one_each(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    for diagnostic in found {
        if !kept.iter().any(|known| stands_behind(&diagnostic, known)) {
            kept.push(diagnostic);
        }
    }
    kept
}

fn about(about: &About, diagnostics: Vec<Diagnostic>) -> impl Iterator<Item = Complaint> {
    diagnostics.into_iter().map(|diagnostic| Complaint { about: about.clone(), diagnostic })
}

fn read_modules<T: AsRef<[u8]>>(
    files: &BTreeMap<String, T>,
    workspace: &mut Workspace,
    complaints: &mut Vec<Complaint>,
) {
    let mut modules: BTreeMap<&str, Texts> = BTreeMap::new();
    let mut unread: BTreeMap<&str, Vec<Diagnostic>> = BTreeMap::new();
    let mut broken: BTreeSet<SourceId> = BTreeSet::new();
    for (path, bytes) in files {
        let Some((name, inner)) = path.strip_prefix("modules/").and_then(|rest| rest.split_once('/')) else { continue };
        let id = add(&mut workspace.sources, path, bytes, unread.entry(name).or_default());
        let id = id.unwrap_or_else(|id| {
            broken.insert(id);
            id
        });
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
        let mut found = unread.remove(name).unwrap_or_default();
        let is_readable = texts.get("module.toml").is_none_or(|id| !broken.contains(id));
        let mut module = if is_readable { module::module(name, &texts, &workspace.sources, &mut found) } else { None };
        if let Some(module) = &mut module {
            module.templates.retain(|text| !broken.contains(text));
        }
        for template in module.iter().flat_map(|module| &module.templates) {
            let before = found.len();
            lint::lint(&workspace.sources, *template, &mut found);
            // What is read as Helm's language is told once.
            if found.len() == before {
                found.extend(template::syntax(&workspace.sources, *template));
            }
        }
        let files = module.iter().flat_map(|module| module.files.values()).filter(|text| !broken.contains(text));
        found.extend(files.filter_map(|text| template::syntax(&workspace.sources, *text)));
        hide_values(&mut workspace.sources, &found);
        complaints.extend(about(&About::Module(module_name.clone()), one_each(found)));
        workspace.modules.insert(module_name, module);
    }
}

fn read_environments<T: AsRef<[u8]>>(
    files: &BTreeMap<String, T>,
    workspace: &mut Workspace,
    complaints: &mut Vec<Complaint>,
) {
    let misnamed = files.keys().filter_map(|path| Some((path, path.strip_prefix("environments/")?.rsplit_once('.')?)));
    for (path, (stem, _)) in misnamed.filter(|(_, (_, ending))| *ending != "toml") {
        let diagnostic = Diagnostic::new("not an environment")
            .detail(format!("`{path}` is not read: files of environments end with `.toml`"))
            .help(format!("git mv {path} environments/{stem}.toml"));
        complaints.push(Complaint { about: About::Nothing, diagnostic });
    }
    let stems = files.iter().filter_map(|(path, bytes)| {
        let stem = path.strip_prefix("environments/")?.strip_suffix(".toml")?;
        (!stem.ends_with(".lock")).then_some((path, stem, bytes))
    });
    for (path, stem, bytes) in stems {
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
        let mut found = Vec::new();
        let text = add(&mut workspace.sources, path, bytes, &mut found);
        let table = text.ok().and_then(|id| reader::read(&workspace.sources, id, &mut found));
        let source = text.unwrap_or_else(|id| id);
        if let Some(table) = &table {
            let is_extending = table.get("extends").is_some();
            environment::environment(table, is_extending, &workspace.service_inputs(), &mut found);
        }
        hide_values(&mut workspace.sources, &found);
        complaints.extend(about(&About::Environment(name.clone()), one_each(found)));
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
