//! What the modules of a workspace take and give, for people who look for one, with an example of its use that is valid.

use super::{
    Workspace, builtin, environment, expression,
    module::{self, Module},
    types::Type,
    value::{Node, Tree},
};
use crate::{
    catalogue::{Catalogued, Contents, Input, Origin, Secret, Written},
    names::ModuleName,
};

impl Workspace {
    /// All modules, in the order of their names.
    #[must_use]
    pub fn catalogue(&self) -> Vec<Catalogued> {
        let modules = self.modules.iter().map(|(name, module)| Catalogued {
            name: name.clone(),
            origin: self.origin(name),
            contents: module.as_ref().map(|module| contents(name, module)),
        });
        modules.collect()
    }

    fn origin(&self, name: &ModuleName) -> Origin {
        let has_own = self.modules_of_its_own.contains(name);
        match (builtin::has(name), has_own) {
            (true, false) => Origin::BuiltIn,
            (true, true) => Origin::Replaced,
            (false, _) => Origin::Workspace,
        }
    }
}

fn contents(name: &ModuleName, module: &Module) -> Contents {
    let mut inputs: Vec<_> = module.inputs.iter().collect();
    inputs.sort_by_key(|(_, input)| input.span.range.start);
    let written = |node: &Node| Written { toml: toml(&node.tree).to_string(), json: node.tree.json() };
    let inputs = inputs.into_iter().map(|(name, input)| Input {
        name: name.to_string(),
        kind: match input.values.is_empty() {
            true => input.kind.to_string(),
            false => input.values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" or "),
        },
        default: input.default.as_ref().map(written),
        is_required: input.is_required,
        description: input.description.clone(),
    });
    let secrets = module.secrets.iter().map(|recipe| Secret {
        name: recipe.name.value.clone(),
        keys: recipe.keys.iter().map(|(key, recipe)| (key.clone(), recipe.made())).collect(),
    });
    let outputs = module.outputs.iter().map(|output| (output.key.value.clone(), written(&output.value)));
    Contents {
        description: module.description.clone(),
        inputs: inputs.collect(),
        secrets: secrets.collect(),
        outputs: outputs.collect(),
        example: example(name, module),
    }
}

/// Tables that use a module: what it demands is given, and all else it takes stands beside it as comments.
pub(super) fn example(name: &ModuleName, module: &Module) -> String {
    let mut inputs: Vec<(&str, &module::Input)> =
        module.inputs.iter().map(|(name, input)| (name.as_str(), input)).collect();
    inputs.sort_by_key(|(_, input)| (!input.is_required, input.span.range.start));
    let width = |is_required: bool| {
        let names = inputs.iter().filter(|(_, input)| input.is_required == is_required);
        names.map(|(name, _)| name.len()).max().unwrap_or_default()
    };
    let mut lines = String::new();
    for (name, input) in &inputs {
        let mark = if input.is_required { "" } else { "# " };
        lines.push_str(&format!("{mark}{name:0$} = {1}\n", width(input.is_required), given(name, input)));
    }
    match (name.as_str(), inputs.is_empty()) {
        (environment::SERVICE, _) => format!("[services.web]\n{lines}"),
        (name, true) => format!("[dependencies.{name}]\nmodule = \"{name}\"\n"),
        (name, false) => {
            format!("[dependencies.{name}]\nmodule = \"{name}\"\n\n[dependencies.{name}.inputs]\n{lines}")
        }
    }
}

/// A value for an input: its default where that shows how a value looks.
fn given(name: &str, input: &module::Input) -> String {
    let is_empty = |node: &Node| match &node.tree {
        Tree::String(text) => text.is_empty(),
        Tree::List(items) => items.is_empty(),
        Tree::Table(table) => table.entries.is_empty(),
        Tree::Integer(_) | Tree::Boolean(_) => false,
    };
    match &input.default {
        // An expression there sees other names than one in an environment.
        Some(default) if !is_empty(default) && !expression::is_in(default) => toml(&default.tree).to_string(),
        _ if !input.values.is_empty() => format!("\"{}\"", input.values[0]),
        _ => sample(name, &input.kind),
    }
}

fn sample(name: &str, kind: &Type) -> String {
    match kind {
        Type::Map(value) if **value == Type::Volume => "{ \"/data\" = { storage = \"1Gi\" } }".to_owned(),
        Type::Map(_) if name == "files" => "{ \"/etc/web/web.conf\" = \"level = info\" }".to_owned(),
        Type::String if name == "image" => "\"registry.example.com/app:v1\"".to_owned(),
        Type::Host => "\"web.example.com\"".to_owned(),
        Type::String | Type::Any => "\"example\"".to_owned(),
        Type::Integer => "1".to_owned(),
        Type::Boolean => "true".to_owned(),
        Type::Quantity => "\"1Gi\"".to_owned(),
        Type::Duration => "\"10m\"".to_owned(),
        Type::List(item) => format!("[{}]", sample(name, item)),
        // The shape that Kubernetes gives to requests and limits.
        Type::Map(value) if **value == Type::Map(Box::new(Type::Quantity)) => {
            "{ limits = { memory = \"256Mi\" } }".to_owned()
        }
        Type::Map(value) => format!("{{ example = {} }}", sample(name, value)),
        Type::Env => "{ LOG_LEVEL = \"debug\" }".to_owned(),
        Type::Port => "8080".to_owned(),
        Type::Probe => "{ path = \"/health\" }".to_owned(),
        Type::Source => "{ config = \"settings\", existing = true }".to_owned(),
        Type::Volume => "{ storage = \"1Gi\" }".to_owned(),
        Type::Object => {
            "{ apiVersion = \"v1\", kind = \"ConfigMap\", metadata = { name = \"more\" }, data = { key = \"value\" } }"
                .to_owned()
        }
    }
}

pub(super) fn toml(tree: &Tree) -> toml::Value {
    match tree {
        Tree::String(text) => toml::Value::String(text.clone()),
        Tree::Integer(number) => toml::Value::Integer(*number),
        Tree::Boolean(truth) => toml::Value::Boolean(*truth),
        Tree::List(items) => toml::Value::Array(items.iter().map(|item| toml(&item.tree)).collect()),
        Tree::Table(table) => {
            let entries = table.entries.iter().map(|entry| (entry.key.value.clone(), toml(&entry.value.tree)));
            toml::Value::Table(entries.collect())
        }
    }
}
