//! Joins an environment with those it extends: tables merge, everything else replaces, `false` removes a component.

use std::collections::BTreeMap;

use super::{
    File,
    fields::suggest,
    follows::override_reference,
    value::{Table, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Spanned},
    names::{EnvironmentName, Tier},
};

/// The environments that `name` stands on, itself last. A broken chain ends where it breaks.
pub(super) fn chain<'a>(
    files: &'a BTreeMap<EnvironmentName, File>,
    name: &'a EnvironmentName,
) -> (Vec<&'a EnvironmentName>, Option<Diagnostic>) {
    let mut chain = vec![name];
    let mut links: Vec<Spanned<&str>> = Vec::new();
    let mut last = name;
    let mistake = loop {
        let Some(table) = files.get(last).and_then(|file| file.table.as_ref()) else { break None };
        let Some(entry) = table.get("extends") else { break None };
        let Some(base) = entry.value.string() else { break None };
        let span = entry.value.span.clone();
        let valid = EnvironmentName::new(base);
        let Some((base_name, _)) = valid.as_ref().ok().and_then(|base| files.get_key_value(base)) else {
            let detail = match &valid {
                Ok(base) => format!("there is no `environments/{base}.toml`"),
                // A file of this name may well be there; it is no environment all the same.
                Err(why) => format!("the name `{base}` {why}"),
            };
            let diagnostic =
                Diagnostic::new("unknown environment").at(span, "extends what does not exist").detail(detail);
            break Some(suggest(
                diagnostic,
                base,
                files.keys().filter(|known| *known != last).map(EnvironmentName::as_str),
            ));
        };
        links.push(Spanned { value: base, span });
        if let Some(start) = chain.iter().position(|seen| *seen == base_name) {
            break Some(cycle(&chain[start..], &links[start..]));
        }
        chain.push(base_name);
        last = base_name;
    };
    chain.reverse();
    (chain, mistake)
}

fn cycle(names: &[&EnvironmentName], links: &[Spanned<&str>]) -> Diagnostic {
    let steps: Vec<String> =
        names.iter().zip(links).map(|(name, link)| format!("`{name}` extends `{}`", link.value)).collect();
    let mut diagnostic = Diagnostic::new("cycle of environments").detail(steps.join(", "));
    for (index, link) in links.iter().enumerate() {
        diagnostic = match index {
            0 => diagnostic.at(link.span.clone(), "extends itself in the end"),
            _ => diagnostic.related(link.span.clone(), "by way of this"),
        };
    }
    diagnostic.help("remove one `extends`")
}

/// Joins the files of a chain, the base first.
pub(super) fn merge<'a>(tables: impl IntoIterator<Item = &'a Table>) -> Table {
    let mut merged = Table::default();
    for table in tables {
        // What a base says about itself is not inherited.
        merged.entries.retain(|entry| !matches!(entry.key.value.as_str(), "abstract" | "extends"));
        let before = merged.clone();
        references(&mut merged, table);
        over(&mut merged, table);
        for tier in [Tier::Dependency, Tier::Service] {
            remove(&mut merged, &before, tier);
        }
    }
    merged
}

/// A service follows one thing only, so what a file says about that takes the place of what the files below say.
fn references(merged: &mut Table, table: &Table) {
    let services = merged.entries.iter_mut().find(|entry| entry.key.value == Tier::Service.table());
    let Some(Tree::Table(services)) = services.map(|entry| &mut entry.value.tree) else { return };
    for above in table.table(Tier::Service.table()) {
        let below = services.entries.iter_mut().find(|entry| entry.key.value == above.key.value);
        if let (Some(Tree::Table(below)), Tree::Table(above)) =
            (below.map(|entry| &mut entry.value.tree), &above.value.tree)
        {
            override_reference(below, above);
        }
    }
}

fn over(merged: &mut Table, table: &Table) {
    for entry in &table.entries {
        let Some(existing) = merged.entries.iter_mut().find(|existing| existing.key.value == entry.key.value) else {
            merged.entries.push(entry.clone());
            continue;
        };
        existing.key.span = entry.key.span.clone();
        match (&mut existing.value.tree, &entry.value.tree) {
            (Tree::Table(below), Tree::Table(above)) => {
                over(below, above);
                existing.value.span = entry.value.span.clone();
            }
            _ => existing.value = entry.value.clone(),
        }
    }
}

/// Takes out the components that became `false`. One that was not there before stays, as a mistake to be told.
fn remove(merged: &mut Table, before: &Table, tier: Tier) {
    let known: Vec<&str> = before.table(tier.table()).map(|entry| entry.key.value.as_str()).collect();
    for entry in &mut merged.entries {
        if entry.key.value == tier.table()
            && let Tree::Table(components) = &mut entry.value.tree
        {
            components.entries.retain(|entry| !(entry.value.is_false() && known.contains(&entry.key.value.as_str())));
        }
    }
}
