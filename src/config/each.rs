//! Which Secrets a declaration of a module stands for: one, none, or one for each item of an input.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{secrets::SecretRecipe, template};
use crate::diagnostic::Diagnostic;

/// By which name a declaration speaks of the items of an input: `{{ name }}-{{ each.users }}`.
const EACH: &str = "each.";

/// The Secrets that are made, with plain names. A name that is `none` makes none; one that speaks of `each.INPUT` makes
/// one for each item of that list, or for each key of that table. Other names are left as they are.
pub(super) fn each(recipe: &SecretRecipe, context: &Value, diagnostics: &mut Vec<Diagnostic>) -> Vec<SecretRecipe> {
    let name = &recipe.name.value;
    if is_plain(name) {
        return vec![recipe.clone()];
    }
    let mut contexts = vec![context.clone()];
    if let Some(input) = input(name) {
        let items = items(context.pointer(&format!("/inputs/{input}")));
        contexts = items.into_iter().map(|item| with_item(context, input, &item)).collect();
    }
    let mut recipes = Vec::new();
    for context in contexts {
        match template::output(name, &recipe.name.span, &context) {
            Ok(Value::Null) => {}
            Ok(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let mut made = recipe.clone();
                made.name.value = text;
                recipes.push(made);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    recipes
}

/// Whether all expressions of a name are plain names of what is known.
fn is_plain(text: &str) -> bool {
    let is_name = |inner: &str| inner.trim().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let mut inside = text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or_default());
    inside.all(|inner| is_name(inner) && !inner.trim().starts_with(EACH))
}

/// The input whose items a name speaks of.
fn input(name: &str) -> Option<&str> {
    let rest = &name[name.find(EACH)? + EACH.len()..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    Some(&rest[..end])
}

fn items(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(Value::Object(table)) => table.keys().cloned().collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => BTreeSet::new(),
    }
}

fn with_item(context: &Value, input: &str, item: &str) -> Value {
    let mut context = context.clone();
    context["each"] = json!({input: item});
    context
}
