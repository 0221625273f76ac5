//! Changes one component in the text of an environment's file: values are replaced or put in where they belong, and every
//! comment, space and line around them stays. It writes nothing; whether the result makes sense is looked at like any file.

mod places;
#[cfg(test)]
mod tests;
mod text;

use serde_json::{Map, Value};

use self::text::{put, take};
use super::{
    Workspace,
    environment::SERVICE,
    fields::suggest,
    fmt, merge, reader,
    types::Type,
    value::{Table, Tree},
};
use crate::{
    diagnostic::{Diagnostic, SourceId, Sources},
    names::{ComponentId, ComponentName, EnvironmentName, Tier},
};

/// The keys that say which commit a service follows: one of them takes the place of the others.
const FOLLOWS: [&str; 5] = ["tag", "branch", "commit", "release", "semver"];

/// Keys of a service that hold texts, whatever the text looks like.
const TEXTS: [&str; 6] = ["repo", "module", "chart", "manifests", "image_tag", "image"];

/// A key of a component with what it shall hold, as it was typed: `env.LOG_LEVEL` and `debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub path: Vec<String>,
    /// None to take the key out.
    pub value: Option<String>,
}

/// A file that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Relative to the workspace.
    pub path: String,
    pub component: ComponentId,
    pub before: String,
    pub after: String,
    /// What was set: keys with dots, and values; null for what was taken out.
    pub set: Vec<(String, Value)>,
}

/// The file of an environment with some keys of a component set. The component may come from an environment that this one
/// extends; it then gets a table here, and the other file stays as it is.
///
/// # Errors
/// A diagnostic with the name that was meant, or why the file cannot be changed.
pub fn edit(
    workspace: &Workspace,
    environment: &EnvironmentName,
    component: &str,
    assignments: &[Assignment],
) -> Result<Edited, Diagnostic> {
    workspace.find_base(environment)?;
    let file = &workspace.environments[environment];
    let source = workspace.sources.get(file.source);
    let (chain, _) = merge::chain(&workspace.environments, environment);
    let merged = workspace.merged(&chain);
    let component = find(&merged, environment, component)?;
    let mut after = source.text.clone();
    let mut set = Vec::new();
    for Assignment { path, value } in assignments {
        let whole: Vec<&str> = [component.tier.table(), component.name.as_str()]
            .into_iter()
            .chain(path.iter().map(String::as_str))
            .collect();
        let Some(value) = value else {
            if !is_there(&after, &whole) {
                return Err(not_there(&source.path, &component, &path.join("."), has(&merged, &whole)));
            }
            after = take(&after, &whole);
            set.push((path.join("."), Value::Null));
            continue;
        };
        is_text(environment, &component, path, value)?;
        let spelled = spelled(kind(workspace, &merged, &component, path), path, value);
        after = put(&after, &whole, &spelled, rivals(path));
        let value = said(&format!("value = {spelled}\n")).and_then(|mut said| said.remove("value"));
        set.push((path.join("."), value.expect("it was spelled as one value")));
    }
    if is_canonical(&source.text) {
        after = canonical(&after).unwrap_or(after);
    }
    if !is_meant(&source.text, &after, &component, &set) {
        return Err(Diagnostic::new("file not edited")
            .detail(format!("`{}` spells `{component}` in a way in which it is not safe to change it", source.path))
            .help("change the file by hand; `ditc validate` tells whether it is right"));
    }
    Ok(Edited { path: source.path.clone(), component, before: source.text.clone(), after, set })
}

/// Refuses what would switch off a key that cannot be switched: written as a text, it would be a strange path or name.
fn is_text(
    environment: &EnvironmentName,
    component: &ComponentId,
    path: &[String],
    value: &str,
) -> Result<(), Diagnostic> {
    let [key] = path else { return Ok(()) };
    let holds_text =
        component.tier == Tier::Service && (FOLLOWS.contains(&key.as_str()) || TEXTS.contains(&key.as_str()));
    if !holds_text || !matches!(value.trim(), "true" | "false") {
        return Ok(());
    }
    let name = &component.name;
    Err(Diagnostic::new("switch for a text")
        .detail(format!("`{key}` of `{component}` holds a text, and `{value}` looks like a switch"))
        .help(format!("to take it out of the file: ditc set {environment} {name} -unset={key}"))
        .help(format!(
            "where that text is meant, put it into quotes: ditc set {environment} {name} '{key}=\"{value}\"'"
        )))
}

/// That a key which is to be taken out does not stand in the file.
fn not_there(path: &str, component: &ComponentId, key: &str, is_inherited: bool) -> Diagnostic {
    let diagnostic =
        Diagnostic::new("nothing to take out").detail(format!("`{path}` says nothing about `{key}` of `{component}`"));
    match is_inherited {
        true => {
            diagnostic.help("it comes from what the environment extends: change it there, or set it to another value")
        }
        false => diagnostic,
    }
}

fn is_there(text: &str, path: &[&str]) -> bool {
    said(text).is_some_and(|said| Value::Object(said).pointer(&pointer(path)).is_some())
}

fn has(merged: &Table, path: &[&str]) -> bool {
    Tree::Table(merged.clone()).json().pointer(&pointer(path)).is_some()
}

fn pointer(path: &[&str]) -> String {
    path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// The component that a name means: bare, or as addresses have it.
fn find(merged: &Table, environment: &EnvironmentName, name: &str) -> Result<ComponentId, Diagnostic> {
    let named = |tier: Tier| {
        merged.table(tier.table()).filter_map(move |entry| {
            let name = ComponentName::new(&entry.key.value).ok()?;
            Some(ComponentId { tier, name })
        })
    };
    let all: Vec<ComponentId> = named(Tier::Service).chain(named(Tier::Dependency)).collect();
    let bare = name.strip_prefix(&format!("{environment}.")).unwrap_or(name);
    let is_meant = |id: &&ComponentId| id.name.as_str() == bare || id.to_string() == bare;
    all.iter().find(is_meant).cloned().ok_or_else(|| {
        let diagnostic = Diagnostic::new("unknown component")
            .detail(format!("environment `{environment}` has no service or dependency `{name}`"));
        suggest(diagnostic, name, all.iter().map(|id| id.name.as_str()))
    })
}

/// The keys whose place a key takes.
fn rivals(path: &[String]) -> Vec<&'static str> {
    match path {
        [key] if FOLLOWS.contains(&key.as_str()) => FOLLOWS.into_iter().filter(|other| other != key).collect(),
        _ => Vec::new(),
    }
}

/// The type of what a key holds; none where nothing says it.
fn kind<'a>(workspace: &'a Workspace, merged: &Table, component: &ComponentId, path: &[String]) -> Option<&'a Type> {
    let table = merged.table(component.tier.table()).find(|entry| entry.key.value == component.name.as_str())?;
    let named = table.value.table().and_then(|table| table.string("module"));
    let (module, path) = match (named, component.tier, path) {
        (Some(module), _, [key, rest @ ..]) if key == "inputs" => (module, rest),
        (None, Tier::Service, path) => (SERVICE, path),
        _ => return None,
    };
    let (_, module) = workspace.modules.iter().find(|(name, _)| name.as_str() == module)?;
    let (first, rest) = path.split_first()?;
    let (_, input) = module.as_ref()?.inputs.iter().find(|(name, _)| name.as_str() == first)?;
    rest.iter().try_fold(&input.kind, |kind, _| match kind {
        Type::Map(inner) => Some(&**inner),
        Type::Env => Some(&Type::Env),
        _ => None,
    })
}

/// A value as TOML spells it: a text where a text is asked for, else whatever it looks like.
fn spelled(kind: Option<&Type>, path: &[String], value: &str) -> String {
    let is_text = match (kind, path) {
        (_, [key]) if FOLLOWS.contains(&key.as_str()) || TEXTS.contains(&key.as_str()) => true,
        (Some(Type::String | Type::Quantity | Type::Duration), _) => true,
        (Some(Type::Env), _) => !value.trim_start().starts_with('{'),
        _ => false,
    };
    let bare = value.trim();
    // What is in quotes already says that it is a text.
    let is_quoted = bare.len() > 1 && (bare.starts_with('"') || bare.starts_with('\''));
    if (!is_text || is_quoted) && is_toml(value) { bare.to_owned() } else { toml::Value::from(value).to_string() }
}

/// Whether a text is one value of TOML, of a type that files may hold.
fn is_toml(text: &str) -> bool {
    let mut sources = Sources::new();
    let id = sources.add("", format!("value = {text}\n"));
    let mut mistakes = Vec::new();
    let table = reader::read(&sources, id, &mut mistakes);
    mistakes.is_empty() && !text.contains('\n') && table.is_some_and(|table| table.entries.len() == 1)
}

fn is_canonical(text: &str) -> bool {
    canonical(text).is_some_and(|canonical| canonical == text)
}

/// The text as `ditc fmt` has it.
fn canonical(text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    fmt::format(&sources, id).ok()
}

/// Whether a text says what another said with these keys set, and nothing else.
fn is_meant(before: &str, after: &str, component: &ComponentId, set: &[(String, Value)]) -> bool {
    let (Some(mut expected), Some(after)) = (said(before), said(after)) else { return false };
    for (path, value) in set {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let mut table = &mut expected;
        let outer = [component.tier.table(), component.name.as_str()].into_iter();
        for key in outer.chain(path[..path.len() - 1].iter().map(String::as_str)) {
            let inner = table.entry(key).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return false };
            table = inner;
        }
        for rival in rivals(&path) {
            table.remove(rival);
        }
        match value {
            Value::Null => _ = table.shift_remove(&path[path.len() - 1]),
            value => _ = table.insert(path[path.len() - 1].clone(), value.clone()),
        }
    }
    let is_emptied = set.iter().any(|(_, value)| value.is_null());
    // A table that is made of dotted keys goes with the last of them.
    if is_emptied { full(expected) == full(after) } else { expected == after }
}

/// What a table holds, without the tables in it that hold nothing.
fn full(table: Map<String, Value>) -> Map<String, Value> {
    let kept = table.into_iter().filter_map(|(key, value)| match value {
        Value::Object(inner) => {
            let inner = full(inner);
            (!inner.is_empty()).then_some((key, Value::Object(inner)))
        }
        value => Some((key, value)),
    });
    kept.collect()
}

/// What a text says, without places; none where it has mistakes in its syntax.
fn said(text: &str) -> Option<Map<String, Value>> {
    let mut sources = Sources::new();
    let id: SourceId = sources.add("", text);
    let table = reader::read(&sources, id, &mut Vec::new())?;
    match Tree::Table(table).json() {
        Value::Object(said) => Some(said),
        _ => None,
    }
}
