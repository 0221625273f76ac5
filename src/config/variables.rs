//! Values for an environment's `[variables]` from outside its files. Where they come from and which of them wins is decided
//! by who gives them; a variable must be declared, and its default says what it may hold.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::{
    About, Complaint, Workspace,
    fields::{suggest, wrong_type},
    merge, parse,
    reader::{self, Reader},
    value::{Entry, Node, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Sources, Span, Spanned},
    names::{EnvironmentName, VariableName},
};

/// Values from outside; in each list a later one wins, as do flags over files and files over the process environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Texts by the name of the variable. Many environments share them, so not each needs to declare them.
    pub surroundings: BTreeMap<String, String>,
    /// TOML files of variables, by the path that was typed.
    pub files: Vec<(String, Vec<u8>)>,
    /// Texts that were typed.
    pub flags: Vec<(VariableName, String)>,
}

/// What a process variable is called that gives an environment's variable its value.
pub const PREFIX: &str = "DITC_VAR_";

/// One value from outside.
#[derive(Debug)]
pub(super) struct Override {
    name: Spanned<String>,
    value: Node,
    form: Form,
}

/// How a value is written, and whether it must have a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A text of the process environment.
    Surroundings,
    /// A text of a flag.
    Flag,
    /// A value of a TOML file.
    Toml,
}

impl Workspace {
    /// Takes values for the variables of all environments that are expanded from here on.
    pub fn give(&mut self, given: &Given) {
        for (name, text) in &given.surroundings {
            let id = self.sources.add(format!("{PREFIX}{name}"), text);
            let span = Span::new(id, 0..text.len());
            let value = Node { tree: Tree::String(text.clone()), span: span.clone() };
            self.given.push(Override { name: Spanned { value: name.clone(), span }, value, form: Form::Surroundings });
        }
        for (path, bytes) in &given.files {
            let mut found = Vec::new();
            let text = parse::add(&mut self.sources, path, bytes, &mut found);
            let table = text.ok().and_then(|id| reader::read(&self.sources, id, &mut found));
            let entries = table.into_iter().flat_map(|table| table.entries);
            self.given.extend(entries.map(|entry| Override { name: entry.key, value: entry.value, form: Form::Toml }));
            let about = |diagnostic| Complaint { about: About::Given, diagnostic };
            self.complaints.extend(found.into_iter().map(about));
        }
        for (name, text) in &given.flags {
            let name = name.as_str();
            let id = self.sources.add("-var", format!("{name}={text}"));
            let from = name.len() + 1;
            let value = Node { tree: Tree::String(text.clone()), span: Span::new(id, from..from + text.len()) };
            let name = Spanned { value: name.to_owned(), span: Span::new(id, 0..name.len()) };
            self.given.push(Override { name, value, form: Form::Flag });
        }
    }

    /// The process variables that give a value which an environment does not ask for.
    #[must_use]
    pub fn unheeded(&self, name: &EnvironmentName) -> Vec<String> {
        let (chain, _) = merge::chain(&self.environments, name);
        let merged = self.merged(&chain);
        let declared: Vec<&str> = merged.table("variables").map(|entry| entry.key.value.as_str()).collect();
        let ours = self.given.iter().filter(|given| given.form == Form::Surroundings);
        let unheeded = ours.filter(|given| !declared.contains(&given.name.value.as_str()));
        unheeded.map(|given| format!("{PREFIX}{}", given.name.value)).collect()
    }
}

/// Puts the values from outside in the place of the defaults.
pub(super) fn put(variables: &mut [Entry], given: &[Override], sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let defaults = variables.to_vec();
    for Override { name, value, form } in given {
        let Some(at) = defaults.iter().position(|entry| entry.key.value == name.value) else {
            if *form != Form::Surroundings {
                let diagnostic = Diagnostic::new("unknown variable")
                    .at(name.span.clone(), "not a variable of this environment")
                    .detail(format!("the environment declares no variable `{}` under `[variables]`", name.value));
                diagnostics.push(suggest(
                    diagnostic,
                    &name.value,
                    defaults.iter().map(|entry| entry.key.value.as_str()),
                ));
            }
            continue;
        };
        let default = &defaults[at];
        match typed(value, *form, &default.value.tree, sources) {
            Some(tree) => variables[at].value = Node { tree, span: value.span.clone() },
            None => {
                let what = format!("variable `{}`", name.value);
                let diagnostic = wrong_type(value, &what, default.value.tree.what());
                let diagnostic = match form {
                    Form::Toml => diagnostic,
                    Form::Surroundings | Form::Flag => diagnostic.detail(format!(
                        "{what} takes {}, and this text cannot be read as one",
                        default.value.tree.what()
                    )),
                };
                diagnostics.push(diagnostic.related(default.key.span.clone(), "declared here"));
            }
        }
    }
}

/// The value as one of the default's type; none where it is of another.
fn typed(value: &Node, form: Form, default: &Tree, sources: &Sources) -> Option<Tree> {
    let is_alike = |tree: &Tree| std::mem::discriminant(tree) == std::mem::discriminant(default);
    if form == Form::Toml || is_alike(&value.tree) {
        return is_alike(&value.tree).then(|| value.tree.clone());
    }
    // Written as in TOML: `-var 'hosts=["a", "b"]'`.
    let text = sources.get(value.span.source).text.get(value.span.range.clone())?;
    let mut refused = Vec::new();
    let parsed = DeValue::parse(text.trim()).ok()?;
    let tree = Reader::new(value.span.source, &mut refused).node(&parsed, 0)?.tree.moved(&value.span);
    (refused.is_empty() && is_alike(&tree)).then_some(tree)
}
