//! What commands about the workspace's files say to machines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    catalogue::{Catalogued, Contents, Input, Made, Origin, Secret},
    diagnostic::{Diagnostic, Sources},
    names::{ComponentId, EnvironmentName},
    object::GroupKind,
    render::Formatted,
};

use super::{FORMAT_VERSION, document, failure::DiagnosticDocument};

/// What is wrong with the workspace, with the keys of Terraform.
#[must_use]
pub fn validate(mistakes: &[Diagnostic], unknown: &BTreeSet<GroupKind>, sources: &Sources) -> String {
    document(&json!({
        "format_version": FORMAT_VERSION,
        "valid": mistakes.is_empty(),
        "error_count": mistakes.len(),
        "warning_count": 0,
        "unchecked_kinds": unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "diagnostics": diagnostics(mistakes, sources),
    }))
}

/// The files whose form is not the canonical one, and those that have none.
#[must_use]
pub fn formatted(changed: &[Formatted], mistakes: &[Diagnostic], sources: &Sources) -> String {
    document(&json!({
        "format_version": FORMAT_VERSION,
        "files": changed.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        "diagnostics": diagnostics(mistakes, sources),
    }))
}

/// Which ditc this is.
#[must_use]
pub fn version_document(version: &str) -> String {
    document(&json!({"format_version": FORMAT_VERSION, "version": version}))
}

/// Where the cluster in the box is reached.
#[must_use]
pub fn serving(server: &str, kubeconfig: &str) -> String {
    document(&json!({"format_version": FORMAT_VERSION, "server": server, "kubeconfig": kubeconfig}))
}

/// Files that were written into a directory.
#[must_use]
pub fn written<'a>(names: impl Iterator<Item = &'a str>, directory: &str) -> String {
    document(&json!({"format_version": FORMAT_VERSION, "directory": directory, "files": names.collect::<Vec<_>>()}))
}

/// An environment that was begun.
#[must_use]
pub fn begun(name: &EnvironmentName, path: &str, base: Option<&EnvironmentName>, next: &str) -> String {
    document(&json!({
        "format_version": FORMAT_VERSION,
        "environment": name.as_str(),
        "filename": path,
        "extends": base.map(EnvironmentName::as_str),
        "next": next,
    }))
}

/// Keys of a component that were set in a file.
#[must_use]
pub fn set(path: &str, component: &ComponentId, set: &[(String, Value)], is_written: bool) -> String {
    let keys: serde_json::Map<String, Value> = set.iter().cloned().collect();
    document(&json!({
        "format_version": FORMAT_VERSION,
        "filename": path,
        "component": component.to_string(),
        "set": keys,
        "written": is_written,
    }))
}

/// An environment's file that was made of something else, with what is not in it.
#[must_use]
pub fn imported(
    name: &EnvironmentName,
    path: Option<&str>,
    text: &str,
    assumed: &[String],
    left: &[Unfit<'_>],
) -> String {
    let left = left.iter().map(|unfit| json!({"line": unfit.line, "text": unfit.text}));
    document(&json!({
        "format_version": FORMAT_VERSION,
        "environment": name.as_str(),
        "filename": path,
        "toml": text,
        "assumed": assumed,
        "not_carried_over": left.collect::<Vec<_>>(),
    }))
}

/// Something that a file could not take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit<'a> {
    /// Where it stands, from one.
    pub line: Option<usize>,
    pub text: &'a str,
}

/// All modules.
#[must_use]
pub fn modules(catalogue: &[Catalogued]) -> String {
    let modules = catalogue.iter().map(|module| {
        json!({
            "name": module.name.as_str(),
            "origin": origin(module.origin),
            "readable": module.contents.is_some(),
            "description": module.contents.as_ref().and_then(|contents| contents.description.as_deref()),
        })
    });
    document(&json!({"format_version": FORMAT_VERSION, "modules": modules.collect::<Vec<_>>()}))
}

/// One module.
#[must_use]
pub fn module(module: &Catalogued, contents: &Contents) -> String {
    let Contents { description, inputs, secrets, outputs, example } = contents;
    let inputs = inputs.iter().map(|Input { name, kind, default, is_required, description }| {
        let default = default.as_ref().map(|default| &default.json);
        json!({"name": name, "type": kind, "default": default, "required": is_required, "description": description})
    });
    let secrets = secrets.iter().map(|Secret { name, keys }| {
        let key = |(key, made): &(String, Made)| match made {
            Made::Generated(word) => json!({"key": key, "generate": word}),
            Made::Given(source) => json!({"key": key, "source": source.to_string()}),
        };
        let keys: Vec<Value> = keys.iter().map(key).collect();
        json!({"name": name, "keys": keys})
    });
    let outputs = outputs.iter().map(|(name, value)| json!({"name": name, "value": value.json}));
    document(&json!({
        "format_version": FORMAT_VERSION,
        "name": module.name.as_str(),
        "origin": origin(module.origin),
        "description": description,
        "inputs": inputs.collect::<Vec<_>>(),
        "secrets": secrets.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "example": example,
    }))
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::BuiltIn => "built_in",
        Origin::Workspace => "workspace",
        Origin::Replaced => "workspace_replaces_built_in",
    }
}

fn diagnostics(list: &[Diagnostic], sources: &Sources) -> Vec<Value> {
    let documents = list.iter().map(|diagnostic| serde_json::to_value(DiagnosticDocument::new(diagnostic, sources)));
    documents.map(|document| document.expect("our own types have string keys and no failing parts")).collect()
}
