//! The schema of an environment's file: which keys there are and what they hold. Names are looked up elsewhere.

use std::collections::BTreeMap;

use super::{
    bounds::{Bounds, bounds},
    fields::{Fields, missing, suggest, unknown_key, wrong_type},
    follows::{Follows, follows},
    labels,
    repository::{self, Own},
    secrets::{SecretRecipe, secrets},
    settings::duration,
    value::{Entry, Table},
};
use crate::{
    diagnostic::{Diagnostic, Span, Spanned},
    names::{ComponentId, ComponentName, ModuleName, Tier, VariableName},
};

/// An environment as its files say it, before names are looked up and expressions evaluated.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) owner: Option<Spanned<String>>,
    pub(super) ttl: Option<Spanned<String>>,
    pub(super) timeout: Option<std::time::Duration>,
    pub(super) labels: Vec<Entry>,
    pub(super) bounds: Bounds,
    pub(super) variables: Vec<Entry>,
    pub(super) secrets: Vec<SecretRecipe>,
    pub(super) components: BTreeMap<ComponentName, Component>,
}

/// A dependency or service as its table says it.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) id: ComponentId,
    /// The component's name, where its table begins.
    pub(super) span: Span,
    pub(super) module: Spanned<ModuleName>,
    pub(super) inputs: Table,
    pub(super) needs: Option<Vec<Spanned<String>>>,
    pub(super) follows: Follows,
    /// Objects that lie in its repository, in the place of a module.
    pub(super) own: Option<Own>,
    /// Whether its images must be in their registry before it is written.
    pub(super) check_image: bool,
}

/// The module of a service that names none.
pub(super) const SERVICE: &str = "service";

/// What a service says about where it comes from; all other keys of a service without a module are its inputs.
const SERVICE_KEYS: [&str; 14] = [
    "repo",
    "tag",
    "branch",
    "release",
    "semver",
    "commit",
    "image_tag",
    "check_image",
    "module",
    "inputs",
    "needs",
    "chart",
    "values",
    "manifests",
];

/// Reads an environment: one file, which may leave things to those that it extends, or a whole chain, merged.
/// `service_inputs` are the inputs of module `service`.
pub(super) fn environment(
    table: &Table,
    is_extending: bool,
    service_inputs: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) -> Environment {
    let mut fields = Fields::new(table, "an environment", diagnostics);
    let _ = fields.boolean("abstract");
    let _ = fields.string("extends");
    // Whose value `parse` takes, since two environments may not share it.
    let _ = fields.string("namespace");
    let owner = fields.string("owner");
    let ttl = fields.duration("ttl");
    if let Some(ttl) = ttl.as_ref().filter(|text| !text.value.contains("{{")) {
        duration(ttl, fields.diagnostics());
    }
    let timeout = fields.duration("timeout").and_then(|text| duration(&text, fields.diagnostics()));
    let labels = fields.table("labels").map(|table| table.entries.clone()).unwrap_or_default();
    let bounds = bounds(&mut fields);
    let variables = fields.table("variables").map(|table| table.entries.clone()).unwrap_or_default();
    let secret_table = fields.table("secrets");
    let tiers = [Tier::Dependency, Tier::Service].map(|tier| (tier, fields.table(tier.table())));
    fields.finish();
    labels.iter().for_each(|label| labels::check(label, diagnostics));
    for variable in &variables {
        if let Err(why) = VariableName::new(&variable.key.value) {
            diagnostics.push(invalid_name("a variable", &variable.key, &why.to_string()));
        }
    }
    let secrets = secret_table.map(|table| secrets(table, diagnostics)).unwrap_or_default();
    let mut components: BTreeMap<ComponentName, Component> = BTreeMap::new();
    for (tier, table) in tiers {
        for entry in table.iter().flat_map(|table| &table.entries) {
            let Some(component) = component(tier, entry, is_extending, service_inputs, diagnostics) else { continue };
            if let Some(first) = components.get(&component.id.name) {
                diagnostics.push(twice(first, &component));
                continue;
            }
            components.insert(component.id.name.clone(), component);
        }
    }
    Environment { owner, ttl, timeout, bounds, labels, variables, secrets, components }
}

fn twice(first: &Component, second: &Component) -> Diagnostic {
    Diagnostic::new("name used twice")
        .at(second.span.clone(), "this name is taken")
        .related(first.span.clone(), "first used here")
        .detail(format!("`needs` names components bare, so `{}` and `{}` cannot both be", first.id, second.id))
        .help("rename one of them")
}

/// A name that its newtype refuses.
pub(super) fn invalid_name(what: &str, name: &Spanned<String>, why: &str) -> Diagnostic {
    Diagnostic::new("invalid name")
        .at(name.span.clone(), format!("not the name of {what}"))
        .detail(format!("the name `{}` {why}", name.value))
}

fn component(
    tier: Tier,
    entry: &Entry,
    is_extending: bool,
    service_inputs: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Component> {
    let what = match tier {
        Tier::Dependency => "dependency",
        Tier::Service => "service",
    };
    let name = match ComponentName::new(&entry.key.value) {
        Ok(name) => name,
        Err(why) => {
            diagnostics.push(invalid_name(&format!("a {what}"), &entry.key, &why.to_string()));
            return None;
        }
    };
    let title = format!("{what} `{name}`");
    let Some(table) = entry.value.table() else {
        diagnostics.push(match (&entry.value, is_extending) {
            (value, true) if value.is_false() => return None,
            (value, false) if value.is_false() => Diagnostic::new("nothing to remove")
                .at(value.span.clone(), format!("no {title} stands below this"))
                .detail("`false` removes a component that comes from an environment named by `extends`"),
            (value, _) => wrong_type(value, &title, "a table"),
        });
        return None;
    };
    let id = ComponentId { tier, name };
    match tier {
        Tier::Dependency => dependency(id, &title, &entry.key, table, is_extending, diagnostics),
        Tier::Service => service(id, &title, &entry.key, table, service_inputs, is_extending, diagnostics),
    }
}

fn dependency(
    id: ComponentId,
    title: &str,
    key: &Spanned<String>,
    table: &Table,
    is_extending: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Component> {
    let mut fields = Fields::new(table, title, diagnostics);
    let named = fields.string("module");
    let inputs = fields.table("inputs").cloned().unwrap_or_default();
    let needs = fields.strings("needs");
    if named.is_none() && table.get("module").is_none() && !is_extending {
        fields.complain(
            missing(&key.span, title, "module").help(format!("add `module = \"{}\"` or another module", id.name)),
        );
    }
    let help = format!("an input of its module stands under `[dependencies.{}.inputs]`", id.name);
    fields.finish_by(|found| found.help(help.as_str()));
    let module = module_name(&named?, diagnostics)?;
    let (follows, span) = (Follows::default(), key.span.clone());
    Some(Component { id, span, module, inputs, needs, follows, own: None, check_image: false })
}

fn service(
    id: ComponentId,
    title: &str,
    key: &Spanned<String>,
    table: &Table,
    service_inputs: &[&str],
    is_extending: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Component> {
    let mut fields = Fields::new(table, title, diagnostics);
    let (named, inputs, needs) = (fields.string("module"), fields.table("inputs"), fields.strings("needs"));
    let follows = follows(&mut fields, title, is_extending);
    let check_image = fields.boolean("check_image");
    let own = repository::own(&mut fields, table, title, &key.span, is_extending);
    let mut given = Table::default();
    for entry in table.entries.iter().filter(|entry| !SERVICE_KEYS.contains(&entry.key.value.as_str())) {
        let name = entry.key.value.as_str();
        if named.is_some() {
            let diagnostic = unknown_key(&entry.key, title, &SERVICE_KEYS);
            fields.complain(match service_inputs.contains(&name) {
                true => {
                    Diagnostic { help: vec!["inputs of a named module stand under `inputs`".to_owned()], ..diagnostic }
                }
                false => diagnostic,
            });
        } else if service_inputs.contains(&name) {
            given.entries.push(entry.clone());
        } else {
            let known: Vec<&str> = SERVICE_KEYS.into_iter().chain(service_inputs.iter().copied()).collect();
            fields.complain(unknown_key(&entry.key, title, &known));
        }
    }
    if named.is_none() {
        let variables = table.table("env");
        for variable in variables.filter(|entry| service_inputs.contains(&entry.key.value.as_str())) {
            shadowed(variable, title, &mut fields);
        }
    }
    // The module may be named by what this file extends.
    if let (None, Some(_), Some(entry), false) = (&named, inputs, table.get("inputs"), is_extending) {
        fields.complain(
            Diagnostic::new("inputs without a module")
                .at(entry.key.span.clone(), "whose inputs are these?")
                .detail(format!("{title} names no `module`; `image`, `env` and the like stand directly in its table")),
        );
    }
    let inputs = match (&own, &named) {
        (Some(own), _) => repository::inputs(own, given, title, &mut fields),
        (None, Some(_)) => inputs.cloned().unwrap_or_default(),
        (None, None) => given,
    };
    let check_image = check_image.is_some_and(|check| check.value);
    let named = named.unwrap_or_else(|| Spanned { value: SERVICE.to_owned(), span: key.span.clone() });
    let module = module_name(&named, diagnostics)?;
    let span = key.span.clone();
    Some(Component { id, span, module, inputs, needs, follows, own, check_image })
}

/// A variable that is called like a key of the service: below `[services.x.env]` all keys are variables.
fn shadowed(variable: &Entry, title: &str, fields: &mut Fields<'_, '_>) {
    let name = &variable.key.value;
    if variable.value.table().is_some() {
        return;
    }
    let text = variable.value.tree.text().unwrap_or_default();
    fields.complain(
        Diagnostic::new("unclear variable")
            .at(variable.key.span.clone(), "a variable of the container, or a key of the service?")
            .detail(format!("`{name}` is a key of {title}, but stands below `env`, where every key is a variable"))
            .help(format!("put `{name}` above the table `env`, or into the service's own table"))
            .help(format!("if a variable is meant, say so: `{name} = {{ value = \"{text}\" }}`")),
    );
}

fn module_name(name: &Spanned<String>, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<ModuleName>> {
    match ModuleName::new(&name.value) {
        Ok(module) => Some(Spanned { value: module, span: name.span.clone() }),
        Err(why) => {
            diagnostics.push(invalid_name("a module", name, &why.to_string()));
            None
        }
    }
}

/// A module that does not exist.
pub(super) fn unknown_module<'a>(
    name: &Spanned<ModuleName>,
    known: impl Iterator<Item = &'a ModuleName>,
) -> Diagnostic {
    let diagnostic = Diagnostic::new("unknown module")
        .at(name.span.clone(), "no such module")
        .detail(format!("there is neither `modules/{0}/module.toml` nor a built-in module `{0}`", name.value));
    suggest(diagnostic, name.value.as_str(), known.map(ModuleName::as_str))
}

/// The first component of an environment's table that uses a module, and where its table begins.
pub(super) fn user_of(table: &Table, module: &ModuleName) -> Option<(ComponentId, Span)> {
    [Tier::Dependency, Tier::Service].into_iter().find_map(|tier| {
        table.table(tier.table()).find_map(|entry| {
            let named = entry.value.table()?.string("module");
            let used = if tier == Tier::Service { Some(named.unwrap_or(SERVICE)) } else { named };
            let name = ComponentName::new(&entry.key.value).ok()?;
            (used == Some(module.as_str())).then(|| (ComponentId { tier, name }, entry.key.span.clone()))
        })
    })
}

/// The modules that an environment's table names, whether they exist or not.
pub(super) fn modules_of(table: &Table) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for tier in [Tier::Dependency, Tier::Service] {
        for component in table.table(tier.table()).filter_map(|component| component.value.table()) {
            match (component.string("module"), tier) {
                (Some(module), _) => names.push(module),
                (None, Tier::Service) => names.push(SERVICE),
                (None, Tier::Dependency) => {}
            }
        }
    }
    names
}
