//! The schema of a module: its `module.toml`, templates and files. Rendering is the business of `template` and `expand`.

use std::collections::BTreeMap;

use super::{
    environment::invalid_name,
    expression,
    fields::{Fields, missing, suggest},
    reader,
    secrets::{SecretRecipe, secrets},
    types::Type,
    value::{Entry, Node, Table},
};
use crate::{
    diagnostic::{Diagnostic, SourceId, Sources, Span},
    names::{InputName, OutputName},
};

/// A parametrised set of templates.
#[derive(Debug, Clone)]
pub(super) struct Module {
    /// The text of its `module.toml`.
    pub(super) source: SourceId,
    pub(super) description: Option<String>,
    pub(super) inputs: BTreeMap<InputName, Input>,
    pub(super) secrets: Vec<SecretRecipe>,
    /// Evaluated for each component that uses the module.
    pub(super) outputs: Vec<Entry>,
    /// In the order of their names.
    pub(super) templates: Vec<SourceId>,
    /// What lies under `files/`, by its path there.
    pub(super) files: BTreeMap<String, SourceId>,
}

/// What a module asks of those who use it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// Where it is declared.
    pub(super) span: Span,
    pub(super) kind: Type,
    /// All that a string may be; empty: anything.
    pub(super) values: Vec<String>,
    pub(super) default: Option<Node>,
    /// One that is not required and has no default, or is set to `false`, is `none` in templates.
    pub(super) is_required: bool,
    pub(super) description: Option<String>,
}

/// A module's texts, before they are read: paths inside the module's directory.
pub(super) type Texts = BTreeMap<String, SourceId>;

/// Reads a module. One whose `module.toml` cannot be read is none.
pub(super) fn module(
    name: &str,
    texts: &Texts,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Module> {
    let Some(source) = texts.get("module.toml") else {
        let detail = format!("the directory `modules/{name}` has no `module.toml`");
        diagnostics.push(Diagnostic::new("not a module").detail(detail));
        return None;
    };
    let table = reader::read(sources, *source, diagnostics)?;
    let mut fields = Fields::new(&table, "a module", diagnostics);
    let description = fields.string("description").map(|text| text.value);
    let (inputs, secret_table, outputs) = (fields.table("inputs"), fields.table("secrets"), fields.table("outputs"));
    fields.finish();
    let mut module = Module {
        source: *source,
        description,
        inputs: inputs.map(|table| read_inputs(table, diagnostics)).unwrap_or_default(),
        secrets: secret_table.map(|table| secrets(table, diagnostics)).unwrap_or_default(),
        outputs: outputs.map(|table| table.entries.clone()).unwrap_or_default(),
        templates: Vec::new(),
        files: BTreeMap::new(),
    };
    for output in &module.outputs {
        if let Err(why) = OutputName::new(&output.key.value) {
            diagnostics.push(invalid_name("an output", &output.key, &why.to_string()));
        }
    }
    module.outputs.retain(|output| OutputName::new(&output.key.value).is_ok());
    for (path, id) in texts {
        match path.strip_prefix("files/") {
            Some(file) => _ = module.files.insert(file.to_owned(), *id),
            None if path.ends_with(".yaml") && !path.contains('/') => module.templates.push(*id),
            None if path.ends_with(".yml") => diagnostics.push(
                Diagnostic::new("not a template")
                    .detail(format!("`modules/{name}/{path}` is not read: templates end with `.yaml`"))
                    .help(format!(
                        "git mv modules/{name}/{path} modules/{name}/{}.yaml",
                        path.trim_end_matches(".yml")
                    )),
            ),
            None if path.ends_with(".yaml") => diagnostics.push(
                Diagnostic::new("not a template")
                    .detail(format!("`modules/{name}/{path}` is not read: templates lie beside `module.toml`"))
                    .help(format!("git mv modules/{name}/{path} modules/{name}/")),
            ),
            None => {}
        }
    }
    let is_told = texts.keys().any(|path| path.ends_with(".yml") || path.contains('/') && path.ends_with(".yaml"));
    if module.templates.is_empty() && secret_table.is_none() && outputs.is_none() && !is_told {
        diagnostics.push(
            Diagnostic::new("module without templates")
                .detail(format!(
                    "module `{name}` has neither templates nor secrets nor outputs, so it would make nothing"
                ))
                .help(format!("write the objects that it makes into `modules/{name}/{name}.yaml`")),
        );
    }
    Some(module)
}

fn read_inputs(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<InputName, Input> {
    let mut inputs = BTreeMap::new();
    for entry in &table.entries {
        let name = match InputName::new(&entry.key.value) {
            Ok(name) => name,
            Err(why) => {
                diagnostics.push(invalid_name("an input", &entry.key, &why.to_string()));
                continue;
            }
        };
        if let Some(input) = input(&name, entry, diagnostics) {
            inputs.insert(name, input);
        }
    }
    inputs
}

fn input(name: &InputName, entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Input> {
    let title = format!("input `{name}`");
    let Some(table) = entry.value.table() else {
        diagnostics.push(super::fields::wrong_type(&entry.value, &title, "a table"));
        return None;
    };
    let mut fields = Fields::new(table, title.clone(), diagnostics);
    let kind = fields.string("type");
    let default = fields.entry("default").map(|entry| entry.value.clone());
    let required = fields.boolean("required");
    let description = fields.string("description").map(|text| text.value);
    if table.get("type").is_none() {
        fields.complain(missing(&entry.key.span, &title, "type").help("`type = \"string\"` is the most common"));
    }
    if let (Some(required), Some(_)) = (&required, &default)
        && required.value
    {
        fields.complain(
            Diagnostic::new("default never used")
                .at(required.span.clone(), "a required input is always given")
                .help("remove `required` or `default`"),
        );
    }
    let values = fields.strings("values");
    if let (Some(values), Some(kind)) = (&values, kind.as_ref().filter(|kind| kind.value.trim() != "string")) {
        let span = values.first().map_or_else(|| kind.span.clone(), |value| value.span.clone());
        fields.complain(
            Diagnostic::new("values of no string")
                .at(span, "only an input of type `string` lists its values")
                .related(kind.span.clone(), "of another type")
                .help("remove `values`"),
        );
    }
    fields.finish();
    let kind = kind?;
    let parsed = Type::parse(&kind.value);
    if parsed.is_none() {
        let diagnostic = Diagnostic::new("unknown type").at(kind.span.clone(), "not a type of inputs");
        diagnostics.push(suggest(diagnostic, &kind.value, Type::NAMES));
    }
    let values = values.unwrap_or_default().into_iter().map(|value| value.value).collect();
    // The input is there all the same, whatever it takes, and nobody is asked for it.
    let is_required = parsed.is_some() && required.map_or(default.is_none(), |required| required.value);
    let kind = parsed.unwrap_or(Type::Any);
    let input = Input { span: entry.key.span.clone(), kind, values, default, is_required, description };
    // A default with an expression has its value only for a component; it is checked there.
    if let Some(default) = input.default.as_ref().filter(|default| !expression::is_in(default)) {
        input.check(default, &format!("the default of input `{name}`"), diagnostics);
    }
    Some(input)
}
