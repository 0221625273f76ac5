//! Modules for people: a list of them, and one with all that it takes and gives.

use unicode_width::UnicodeWidthStr;

use crate::{
    catalogue::{Catalogued, Contents, Input, Made, Origin},
    render::style::{Look, Style, clean, clean_line},
};

/// All modules, one a line: name, where from, what it is.
#[must_use]
pub fn modules(catalogue: &[Catalogued], style: Style) -> String {
    let names = catalogue.iter().map(|module| module.name.as_str().len()).max().unwrap_or_default();
    // That one stands in the place of another is told where one module is shown.
    let short = |module: &Catalogued| origin(module.origin).split(',').next().unwrap_or_default();
    let origins = catalogue.iter().map(|module| short(module).len()).max().unwrap_or_default();
    let mut out = String::new();
    for module in catalogue {
        let Catalogued { name, origin: _, contents } = module;
        let description = match contents {
            Some(contents) => contents.description.as_deref().unwrap_or_default(),
            None => "cannot be read; `ditc validate` tells why",
        };
        let name = style.paint(Look::Bold, name.as_str()) + &" ".repeat(names - name.as_str().len());
        let first = format!("{name}  {:origins$}  ", short(module));
        let next = " ".repeat(names + origins + 4);
        out.push_str(&style.wrap(&first, &next, Look::Plain, &clean_line(description)));
    }
    out
}

/// One module: inputs, Secrets, outputs, and an example to be pasted.
#[must_use]
pub fn module(module: &Catalogued, contents: &Contents, style: Style) -> String {
    let Catalogued { name, origin: from, contents: _ } = module;
    let Contents { description, inputs, secrets, outputs, example } = contents;
    let head = |text: &str| format!("\n{}\n", style.paint(Look::Bold, text));
    let title = style.paint(Look::Bold, name.as_str());
    let description = description.as_deref().map(|text| format!(": {}", clean_line(text))).unwrap_or_default();
    let mut out = style.wrap("", "", Look::Plain, &format!("{title} ({}){description}", origin(*from)));
    if !inputs.is_empty() {
        out.push_str(&head("Inputs"));
    }
    for input in inputs {
        out.push_str(&takes(input, style));
    }
    if !secrets.is_empty() {
        out.push_str(&head("Secrets, made with it"));
    }
    for secret in secrets {
        out.push_str(&format!("  {}\n", clean_line(&secret.name)));
        for (key, made) in &secret.keys {
            let made = match made {
                Made::Generated(word) => format!("a generated {word}"),
                Made::Given(source) => format!("taken from {source}"),
            };
            out.push_str(&format!("      {}\n", clean_line(&format!("{key}, {made}"))));
        }
    }
    if !outputs.is_empty() {
        out.push_str(&head("Outputs, for those that need it"));
    }
    let width = outputs.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    for (name, value) in outputs {
        out.push_str(&format!("  {name:width$} = {}\n", clean(&value.toml)));
    }
    out.push_str(&head("Example, for environments/ENV.toml"));
    out.push('\n');
    out.push_str(&clean(example));
    out
}

fn takes(input: &Input, style: Style) -> String {
    let Input { name, kind, default, is_required, description } = input;
    let default_text = default.as_ref().map(|default| format!(" = {}", clean(&default.toml))).unwrap_or_default();
    let need = match (is_required, default) {
        (true, _) => ", required",
        (false, None) => ", may be left out",
        (false, Some(_)) => "",
    };
    let description = description.as_deref().map(|text| format!(": {}", clean_line(text))).unwrap_or_default();
    let margin = " ".repeat(6);
    let about = style.wrap(&margin, &margin, Look::Plain, &format!("{kind}{need}{description}"));
    format!("  {}{default_text}\n{about}", style.paint(Look::Bold, name))
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::BuiltIn => "built in",
        Origin::Workspace => "workspace",
        Origin::Replaced => "workspace, in place of the built-in one",
    }
}
