//! One use of a module by one component: inputs checked, outputs evaluated, Secrets declared, templates rendered.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    documents::{Documents, line_range, with_indentation_help},
    each::each,
    environment::Component,
    expand::Run,
    expression::{self, Known, Scope},
    fields::suggest,
    lint,
    module::Module,
    template,
    value::{Node, Table, Tree},
    yaml,
};
use crate::{
    diagnostic::{Diagnostic, SourceId, Span},
    names::OutputName,
};

/// A module with the component that uses it.
pub(super) struct Instance<'a> {
    pub(super) component: &'a Component,
    pub(super) module: &'a Module,
    /// What templates see, apart from inputs, secrets and files.
    pub(super) context: Value,
}

impl Instance<'_> {
    /// Renders all templates into the run and gives the component's outputs; none when they could not be made.
    pub(super) fn render(mut self, given: &Table, run: &mut Run<'_>) -> Option<BTreeMap<OutputName, Value>> {
        let inputs = self.inputs(given, run)?;
        self.context["inputs"] = Value::Object(inputs);
        let scope = self.scope();
        let mut outputs = BTreeMap::new();
        for entry in &self.module.outputs {
            let name = OutputName::new(&entry.key.value).expect("outputs with other names were left out by `module`");
            match self.output(&entry.value) {
                Ok(value) => _ = outputs.insert(name, value),
                Err(diagnostic) => run.diagnostics.push(self.used(diagnostic)),
            }
        }
        let mut secrets = Map::new();
        for recipe in &self.module.secrets {
            let before = run.diagnostics.len();
            for recipe in each(recipe, &self.context, &mut run.diagnostics) {
                let name = run.secret(&recipe, &scope, Some(&self.component.id), &self.component.span);
                // One whose name was refused is there for templates all the same: they are not told that it is not.
                let name = name.unwrap_or_else(|| recipe.name.value.clone());
                secrets.insert(name.clone(), Value::from(name));
            }
            for diagnostic in &mut run.diagnostics[before..] {
                *diagnostic = self.used(diagnostic.clone());
            }
        }
        self.context["secrets"] = Value::Object(secrets);
        self.context["files"] = Value::Object(self.files(run));
        for id in &self.module.templates {
            self.template(*id, run);
        }
        Some(outputs).filter(|outputs| outputs.len() == self.module.outputs.len())
    }

    /// Checks what the component gives against what the module takes. A mistake is told and gives none.
    fn inputs(&self, given: &Table, run: &mut Run<'_>) -> Option<Map<String, Value>> {
        let module = &self.component.module.value;
        let declared = &self.module.inputs;
        let before = run.diagnostics.len();
        for entry in &given.entries {
            let name = entry.key.value.as_str();
            if !declared.keys().any(|known| known.as_str() == name) {
                let detail = match declared.is_empty() {
                    true => format!("module `{module}` takes no inputs"),
                    false => format!("module `{module}` has no input `{name}`"),
                };
                let diagnostic =
                    Diagnostic::new("unknown input").at(entry.key.span.clone(), "not an input of the module");
                let diagnostic = diagnostic.detail(detail).related(Span::new(self.module.source, 0..0), "the module");
                run.diagnostics.push(suggest(diagnostic, name, declared.keys().map(|known| known.as_str())));
            }
        }
        let scope = self.scope();
        let mut inputs = Map::new();
        let mut is_broken = false;
        for (name, input) in declared {
            let what = format!("input `{name}` of module `{module}`");
            let value = match (given.get(name.as_str()), &input.default) {
                (Some(entry), _) => input.check(&entry.value, &what, &mut run.diagnostics),
                (None, Some(default)) if !expression::is_in(default) => {
                    // What is wrong with it was told where it is declared.
                    let value = input.check(default, &what, &mut Vec::new());
                    is_broken |= value.is_none();
                    value
                }
                (None, Some(default)) => expression::evaluate(default, &scope, run.sources, &mut run.diagnostics)
                    .and_then(|default| input.check(&default, &what, &mut run.diagnostics)),
                (None, None) if input.is_required => {
                    run.diagnostics.push(
                        Diagnostic::new("missing input")
                            .at(self.component.span.clone(), format!("lacks `{name}`"))
                            .related(input.span.clone(), format!("declared here as `{}`", input.kind))
                            .detail(format!("module `{module}` cannot do without its input `{name}`")),
                    );
                    None
                }
                (None, None) => Some(Value::Null),
            };
            inputs.insert(name.to_string(), value.unwrap_or_default());
        }
        (run.diagnostics.len() == before && !is_broken).then_some(inputs)
    }

    /// What expressions in `module.toml` may use.
    fn scope(&self) -> Scope {
        let known = |value: Option<&Value>, name: &str| {
            let tree = value.and_then(|value| Tree::of_json(value, &self.component.span));
            tree.map_or_else(|| self.absent(name), Known::Value)
        };
        let mut names: BTreeMap<String, Known> = BTreeMap::new();
        for name in ["name", "version", "commit", "short", "tag", "image_tag"] {
            names.insert(name.to_owned(), known(self.context.get(name), name));
        }
        for group in ["inputs", "environment"] {
            let inner = self.context.get(group).and_then(Value::as_object).into_iter().flatten();
            let inner = inner.map(|(name, value)| (name.as_str(), known(Some(value), name)));
            names.insert(group.to_owned(), Known::names(inner));
        }
        Scope { names }
    }

    fn absent(&self, name: &str) -> Known {
        Known::Barred {
            why: format!("`{}` gives no `{name}`", self.component.id),
            help: format!("give it, or do without `{name}` in the module"),
        }
    }

    fn output(&self, node: &Node) -> Result<Value, Diagnostic> {
        match &node.tree {
            Tree::String(text) if text.contains("{{") => template::output(text, &node.span, &self.context),
            Tree::List(items) => items.iter().map(|item| self.output(item)).collect(),
            Tree::Table(table) => {
                let entries = table.entries.iter();
                let entries = entries.map(|entry| Ok((entry.key.value.clone(), self.output(&entry.value)?)));
                entries.collect::<Result<_, _>>().map(Value::Object)
            }
            Tree::String(_) | Tree::Integer(_) | Tree::Boolean(_) => Ok(node.tree.json()),
        }
    }

    fn files(&self, run: &mut Run<'_>) -> Map<String, Value> {
        let mut files = Map::new();
        for (name, id) in &self.module.files {
            match template::file(run.sources, *id, &self.context) {
                Ok(text) => _ = files.insert(name.clone(), Value::from(text)),
                Err(found) => {
                    // The file is there, if broken, so templates that use it are not told that it is not.
                    files.insert(name.clone(), Value::Null);
                    self.tell(found, run);
                }
            }
        }
        files
    }

    /// Names the component that used a module, since the module's author is often someone else.
    fn used(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.related(self.component.span.clone(), format!("used by `{}`", self.component.id))
    }

    fn tell(&self, found: Vec<Diagnostic>, run: &mut Run<'_>) {
        run.diagnostics.extend(found.into_iter().map(|diagnostic| self.used(diagnostic)));
    }

    fn template(&self, id: SourceId, run: &mut Run<'_>) {
        let mut found = Vec::new();
        lint::lint(run.sources, id, &mut found);
        if !found.is_empty() {
            // What it would render is not what its author meant; `parse` told the same mistakes.
            return run.diagnostics.append(&mut found);
        }
        if let Some(diagnostic) = template::syntax(run.sources, id) {
            // Which `parse` told too.
            return run.diagnostics.push(self.used(diagnostic));
        }
        let rendered = match template::yaml(run.sources, id, &self.context) {
            Ok(rendered) => rendered,
            Err(found) => return self.tell(found, run),
        };
        let (documents, invalid) = yaml::documents(&rendered.text);
        if !invalid.is_empty() {
            let path = run.sources.get(id).path.clone();
            let path = format!("{path} (rendered for {}.{})", run.rules.environment, self.component.id);
            let text = run.sources.add(path, rendered.text.clone());
            for yaml::Invalid { line, message } in invalid {
                let span = Span::new(text, line_range(&rendered.text, line));
                let diagnostic = Diagnostic::new("invalid YAML")
                    .at(span, message.clone())
                    .related(rendered.origin(line), "rendered from here");
                let diagnostic = with_indentation_help(diagnostic, &message);
                run.diagnostics.push(self.used(diagnostic));
            }
        }
        let place = |line: usize| rendered.origin(line);
        let told = |found: Diagnostic| self.used(found);
        let (component, text) = (self.component, rendered.text.as_str());
        Documents { component, text, place: &place, label: "rendered from here", told: &told }.add(documents, run);
    }
}
