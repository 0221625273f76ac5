//! Where what a component is given comes from: which file, base, module or flag says it, and what it says. Judging and
//! rendering are done elsewhere; here nothing is evaluated, so every value is shown as it is written.

use super::{
    Workspace,
    catalogue::toml,
    environment::environment,
    follows::Follows,
    merge,
    value::{Node, Tree},
    variables,
};
use crate::{
    diagnostic::{Span, Spanned},
    names::{ComponentName, EnvironmentName},
};

/// What a component is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    pub module: String,
    /// Whether that module comes with ditc.
    pub is_built_in: bool,
    /// The objects in its repository that take the module's place: `chart` or `manifests`, and the path.
    pub own: Option<(&'static str, String)>,
    /// Where its table begins.
    pub definition: Span,
    /// The repository, what is followed in it, the path in it, and the image's tag, as far as they are said.
    pub follows: Vec<Said>,
    /// In the order of the module, those of `env` each by itself; of a chart, its values.
    pub inputs: Vec<Said>,
    /// The variables that the inputs name, each with the value that wins.
    pub variables: Vec<Said>,
}

/// One value and the place that says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub name: String,
    /// As it is written.
    pub value: String,
    pub place: Span,
    /// Nobody said it, so the module's default holds.
    pub is_default: bool,
}

/// Tables are told entry by entry as deep as this.
const DEPTH: usize = 2;

impl Workspace {
    /// What a component is made from; none where the environment has no such component that could be read.
    #[must_use]
    pub fn provenance(&self, name: &EnvironmentName, component: &ComponentName) -> Option<Provenance> {
        let (chain, _) = merge::chain(&self.environments, name);
        let merged = self.merged(&chain);
        let mut environment = environment(&merged, false, &self.service_inputs(), &mut Vec::new());
        variables::put(&mut environment.variables, &self.given, &self.sources, &mut Vec::new());
        let component = environment.components.get(component)?;
        let mut inputs = Vec::new();
        let module = self.modules.get(&component.module.value).and_then(Option::as_ref);
        let mut declared: Vec<_> = module.into_iter().flat_map(|module| &module.inputs).collect();
        declared.sort_by_key(|(_, input)| input.span.range.start);
        for (input, declared) in declared {
            match component.inputs.get(input.as_str()) {
                Some(entry) => told(input.as_str(), &entry.value, DEPTH, false, &mut inputs),
                None => inputs.extend(declared.default.as_ref().map(|default| said(input.as_str(), default, true))),
            }
        }
        let mut image = Vec::new();
        if let Some(own) = &component.own {
            // Of the module it takes nothing but the image.
            inputs.retain(|input| !input.is_default);
            image = std::mem::take(&mut inputs);
            for entry in &own.values.entries {
                told(&entry.key.value, &entry.value, DEPTH, false, &mut inputs);
            }
        }
        let given = inputs.iter().filter(|input: &&Said| !input.is_default);
        let used: Vec<String> = given.map(|input| input.value.clone()).collect();
        let is_used = |variable: &str| {
            let names = format!("variables.{variable}");
            used.iter().any(|value| {
                value.match_indices(&names).any(|(at, _)| {
                    let rest = value[at + names.len()..].chars().next();
                    !rest.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            })
        };
        let variables = environment.variables.iter().filter(|entry| is_used(&entry.key.value));
        let text = |name: &str, Spanned { value, span }: &Spanned<String>| Said {
            name: name.to_owned(),
            value: value.clone(),
            place: span.clone(),
            is_default: false,
        };
        let Follows { repo, reference, image_tag } = &component.follows;
        let follows = [
            repo.as_ref().map(|repo| text("repo", repo)),
            reference.as_ref().map(|(sort, name)| text(sort.word(), name)),
            component.own.as_ref().map(|own| text(own.what.word(), &own.path)),
            image_tag.as_ref().map(|tag| text("image_tag", tag)),
        ];
        let own = self.modules_of_its_own.contains(&component.module.value);
        Some(Provenance {
            module: component.module.value.to_string(),
            is_built_in: !own && super::builtin::has(&component.module.value),
            own: component.own.as_ref().map(|own| (own.what.word(), own.path.value.clone())),
            definition: component.span.clone(),
            follows: follows.into_iter().flatten().chain(image).collect(),
            inputs,
            variables: variables.map(|entry| said(&entry.key.value, &entry.value, false)).collect(),
        })
    }
}

/// Adds a value, or the entries of a table, since each may come from another file.
fn told(name: &str, node: &Node, depth: usize, is_default: bool, found: &mut Vec<Said>) {
    match &node.tree {
        Tree::Table(table) if depth > 1 && !table.entries.is_empty() => {
            for entry in &table.entries {
                told(&format!("{name}.{}", entry.key.value), &entry.value, depth - 1, is_default, found);
            }
        }
        _ => found.push(said(name, node, is_default)),
    }
}

fn said(name: &str, node: &Node, is_default: bool) -> Said {
    let value = toml(&node.tree).to_string();
    Said { name: name.to_owned(), value: value.trim().to_owned(), place: node.span.clone(), is_default }
}
