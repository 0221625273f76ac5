//! Which component needs which, and the order that follows. A component is known here by its name alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{environment::Component, fields::suggest};
use crate::{
    diagnostic::{Diagnostic, Spanned},
    graph::Graph,
    names::{ComponentId, ComponentName, Tier},
};

/// What each component needs, and all of them in an order in which each stands behind what it needs.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) of: BTreeMap<ComponentName, BTreeSet<ComponentId>>,
    pub(super) order: Vec<ComponentName>,
}

/// Looks up all `needs`. With a cycle there is no order.
pub(super) fn needs(components: &BTreeMap<ComponentName, Component>, diagnostics: &mut Vec<Diagnostic>) -> Needs {
    let mut needs = Needs::default();
    let mut graph: Graph<ComponentName> = Graph::default();
    for (name, component) in components {
        let of = match &component.needs {
            Some(named) => named.iter().filter_map(|need| look_up(component, need, components, diagnostics)).collect(),
            None if component.id.tier == Tier::Service => {
                let ids = components.values().map(|component| &component.id);
                ids.filter(|id| id.tier == Tier::Dependency).cloned().collect()
            }
            None => BTreeSet::new(),
        };
        graph.add(name.clone());
        for need in &of {
            graph.need(name.clone(), need.name.clone());
        }
        needs.of.insert(name.clone(), of);
    }
    match graph.order() {
        Ok(order) => needs.order = order,
        Err(cycle) => diagnostics.push(told(&cycle, components)),
    }
    needs
}

fn look_up(
    component: &Component,
    need: &Spanned<String>,
    components: &BTreeMap<ComponentName, Component>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ComponentId> {
    // `dependencies.postgresql` is what addresses look like, so it is understood too.
    let bare = need.value.rsplit('.').next().unwrap_or_default();
    let found = ComponentName::new(bare).ok().and_then(|name| components.get(&name));
    let found = found.map(|found| &found.id).filter(|id| need.value == bare || need.value == id.to_string());
    if found.is_none() {
        let diagnostic = Diagnostic::new("unknown component")
            .at(need.span.clone(), "no such component")
            .detail(format!("`{}` needs `{}`, which this environment does not have", component.id, need.value));
        let others = components.keys().filter(|name| **name != component.id.name).map(ComponentName::as_str);
        diagnostics.push(suggest(diagnostic, &need.value, others));
    }
    found.cloned()
}

fn told(cycle: &[ComponentName], components: &BTreeMap<ComponentName, Component>) -> Diagnostic {
    let nexts = cycle.iter().cycle().skip(1);
    let steps: Vec<String> = cycle.iter().zip(nexts.clone()).map(|(a, b)| format!("`{a}` needs `{b}`")).collect();
    let mut diagnostic = Diagnostic::new("cycle of needs").detail(steps.join(", "));
    for (index, (name, next)) in cycle.iter().zip(nexts).enumerate() {
        let Some(component) = components.get(name) else { continue };
        let written = component.needs.iter().flatten().find(|need| need.value.ends_with(next.as_str()));
        let span = written.map_or(&component.span, |need| &need.span).clone();
        diagnostic = match index {
            0 => diagnostic.at(span, "waits for itself in the end"),
            _ => diagnostic.related(span, "by way of this"),
        };
    }
    diagnostic.help("remove one of these needs")
}
