//! The payload of the scripts that made preview environments before ditc, `environment.json`, as an environment's file.
//! What has no place there is told, never dropped in silence.

use super::{
    Workspace,
    fields::{Fields, missing},
    json, merge,
    value::{Entry, Table},
};
use crate::{
    diagnostic::{Diagnostic, SourceId, Sources, Span},
    names::{ComponentName, EnvironmentName, Tier},
};

/// What those scripts installed for every environment, whatever its payload said.
const DEPENDENCIES: [&str; 3] = ["postgresql", "rabbitmq", "redis"];

/// An environment's file made of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub environment: EnvironmentName,
    pub text: String,
    /// What the payload does not say.
    pub assumed: Vec<String>,
    /// What is not carried over, in the order of the payload.
    pub left: Vec<Left>,
}

/// Something that is not carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where it stands; none for what the scripts did by themselves.
    pub span: Option<Span>,
    /// What it is, and what to do about it.
    pub text: String,
}

/// A service as the payload says it.
struct Project {
    name: ComponentName,
    repo: String,
    tag: String,
}

/// Reads a payload. `name` goes before the name that it holds; `base` is what the environment shall extend.
///
/// # Errors
/// All that keeps it from being an environment.
pub fn import_payload(
    workspace: &Workspace,
    sources: &Sources,
    id: SourceId,
    name: Option<&EnvironmentName>,
    base: Option<&EnvironmentName>,
) -> Result<Imported, Vec<Diagnostic>> {
    let node = json::read(sources, id).map_err(|told| vec![told])?;
    let mut mistakes = Vec::new();
    let Some(payload) = node.table() else {
        return Err(vec![super::fields::wrong_type(&node, "a payload", "a table")]);
    };
    let mut left = Vec::new();
    let whole = Span::new(id, 0..0);
    let mut fields = Fields::new(payload, "a payload", &mut mistakes);
    let _ = fields.string("action");
    let named = fields.string("name").filter(|named| !named.value.is_empty());
    let environment = match (name, &named) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(named)) => match EnvironmentName::new(&named.value) {
            Ok(name) => Some(name),
            Err(why) => {
                let told = super::environment::invalid_name("an environment", named, &why.to_string());
                fields.complain(told.help("give it another: `-name=ENV`"));
                None
            }
        },
        (None, None) => {
            fields
                .complain(missing(&whole, "a payload", "name").help("say how the environment is called: `-name=ENV`"));
            None
        }
    };
    let projects = fields.table("projects");
    if payload.get("projects").is_none() {
        fields.complain(missing(&whole, "a payload", "projects"));
    }
    for entry in &payload.entries {
        match (entry.key.value.as_str(), &environment) {
            ("projects", _) => {}
            ("name", Some(environment)) => {
                if named.as_ref().is_some_and(|named| named.value != environment.as_str()) {
                    left.push(told(entry, format!("the environment is called `{environment}` here, as asked for")));
                }
            }
            ("name", None) => {}
            ("action", environment) => {
                let environment = environment.as_ref().map_or("ENV", EnvironmentName::as_str);
                let text =
                    format!("`ditc apply {environment}` creates and refreshes, `ditc destroy {environment}` deletes");
                left.push(told(entry, text));
            }
            _ => left.push(told(entry, "nothing in ditc is like it".to_owned())),
        }
    }
    let projects: Vec<Project> = projects
        .iter()
        .flat_map(|projects| &projects.entries)
        .filter_map(|entry| project(entry, &mut left, &mut mistakes))
        .collect();
    let (Some(environment), true) = (environment, mistakes.is_empty()) else { return Err(mistakes) };
    let by_scripts = [
        "the passwords of the dependencies: they were `password`, and are made anew for each environment",
        "Telepresence, which was installed beside the dependencies: `ditc port-forward` reaches them from here",
    ];
    left.extend(by_scripts.map(|text| Left { span: None, text: text.to_owned() }));
    let known = base.map(|base| merge::chain(&workspace.environments, base).0).unwrap_or_default();
    let known = workspace.merged(&known);
    let made: Vec<&str> = missing_dependencies(&known).collect();
    let text = written(&sources.get(id).path, base, &made, &projects);
    let mut assumed = Vec::new();
    if !made.is_empty() {
        let names = made.join(", ");
        assumed.push(format!(
            "the dependencies {names}: the payload names none, and the scripts installed them every time"
        ));
    }
    if !projects.is_empty() {
        assumed.push(
            "the chart of each service at `charts/NAME` of its repository, with one replica, as the scripts had it"
                .to_owned(),
        );
    }
    Ok(Imported { environment, text, assumed, left })
}

/// The dependencies of the scripts that an environment does not have from what it extends.
fn missing_dependencies(known: &Table) -> impl Iterator<Item = &'static str> {
    let is_there = |name: &str| known.table(Tier::Dependency.table()).any(|entry| entry.key.value == name);
    DEPENDENCIES.into_iter().filter(move |name| !is_there(name))
}

fn told(entry: &Entry, text: String) -> Left {
    Left { span: Some(entry.key.span.clone()), text: format!("`{}`: {text}", entry.key.value) }
}

fn project(entry: &Entry, left: &mut Vec<Left>, mistakes: &mut Vec<Diagnostic>) -> Option<Project> {
    let key = &entry.key;
    let title = format!("project `{}`", key.value);
    let Some(table) = entry.value.table() else {
        mistakes.push(super::fields::wrong_type(&entry.value, &title, "a table"));
        return None;
    };
    let name = match ComponentName::new(&key.value) {
        Ok(name) => Some(name),
        Err(why) => {
            mistakes.push(super::environment::invalid_name("a service", key, &why.to_string()));
            None
        }
    };
    let mut fields = Fields::new(table, title.clone(), mistakes);
    let values = ["org", "repo", "tag"].map(|needed| {
        let value = fields.string(needed);
        if table.get(needed).is_none() || value.as_ref().is_some_and(|value| value.value.is_empty()) {
            fields.complain(missing(&key.span, &title, needed));
        }
        value
    });
    for entry in table.entries.iter().filter(|entry| !["org", "repo", "tag"].contains(&entry.key.value.as_str())) {
        left.push(told(entry, format!("nothing of a service is like it, so `{}` goes without", key.value)));
    }
    let [org, repo, tag] = values;
    Some(Project { name: name?, repo: format!("{}/{}", org?.value, repo?.value), tag: tag?.value })
}

/// The file, in the canonical form.
fn written(path: &str, base: Option<&EnvironmentName>, made: &[&str], projects: &[Project]) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut text = format!("# Taken over from {} by `ditc import payload`.\n", path.replace(char::is_control, " "));
    if let Some(base) = base {
        text.push_str(&format!("extends = {}\n", quoted(base.as_str())));
    }
    for (at, name) in made.iter().enumerate() {
        if at == 0 {
            text.push_str(
                "\n# Assumed: the payload names no dependencies, and the scripts installed these every time.",
            );
        }
        text.push_str(&format!("\n[dependencies.{name}]\nmodule = \"{name}\"\n"));
    }
    for Project { name, repo, tag } in projects {
        text.push_str(&format!(
            "\n[services.{name}]\nrepo   = {}\ntag    = {}\nchart  = \"charts/{name}\"\nvalues = {{ replicaCount = 1 }}\n",
            quoted(repo),
            quoted(tag)
        ));
    }
    text
}
