//! A whole plan: what moved outside, what would be done and in which order, what stands in the way, and the counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    diagnostic::Sources,
    graph::Graph,
    names::{ComponentId, Namespace},
    object::ObjectKey,
    plan::{Action, Change, Check, Choices, Counts, Plan, Step},
    render::{
        Detail,
        risk::{self, Risky},
        style::{Look, Style, clean_line},
    },
    state::Operation,
};

use super::{blocked, change, fields::Sign, notes};

/// What a plan does not know of itself.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The files that the plan's places point into.
    pub sources: &'a Sources,
    /// What people call the cluster: its name in the kubeconfig, or the sandbox.
    pub cluster: &'a str,
    /// Where manifests are checked whose own namespace does not exist yet.
    pub check_namespace: &'a Namespace,
    /// Flags for proposed commands, each with a space before it, so that they lead to the same cluster.
    pub flags: &'a str,
    /// What was decided for this plan: a proposed one decides that too.
    pub choices: &'a Choices,
    /// When the state was last seen that alone was planned from; none where the cluster was asked.
    pub as_of: Option<Timestamp>,
    pub detail: Detail,
    /// How many changes of the run that the record leaves open are in the cluster, of how many.
    pub made: Option<(usize, Option<usize>)>,
}

/// More objects than this share one remark that the server was not asked.
const TOLD_TOGETHER: usize = 3;
/// More risky changes than this are counted.
const RISKY: usize = 10;

/// A plan as people read it before they say yes.
#[must_use]
pub fn plan(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    parts(plan, context, style, legend(plan, &BTreeSet::new(), style)).join("\n")
}

/// One plan among several, which explains the symbols that were not explained before; none where there is nothing to see
/// but that nothing changes.
#[must_use]
pub fn plan_among(
    plan: &Plan,
    context: &Context<'_>,
    explained: &mut BTreeSet<Action>,
    style: Style,
) -> Option<String> {
    let parts = parts(plan, context, style, legend(plan, explained, style));
    explained.extend(plan.changes.values().map(|change| change.action));
    let is_quiet = parts.len() == 1 && is_unchanged(plan);
    (!is_quiet).then(|| parts.join("\n"))
}

fn parts(plan: &Plan, context: &Context<'_>, style: Style, legend: String) -> Vec<String> {
    let is_whole = context.detail >= Detail::Whole;
    let mut parts: Vec<String> = ahead(plan, context).map(|text| notes::note(&text, style)).collect();
    parts.push(notes::drift(plan, context.detail, style));
    if !plan.changes.is_empty() {
        if is_whole {
            parts.push(legend);
        }
        parts.push(style.wrap("", "", Look::Plain, &introduction(plan, context)));
        parts.extend(changes(plan, context, style));
        if is_whole {
            parts.push(unchecked(plan, style));
            parts.push(checked_elsewhere(plan, context, style));
        }
    }
    parts.push(notes::goes_along(plan, style));
    parts.push(notes::overdrawn(plan).iter().map(|text| notes::warn(text, style)).collect());
    parts.push(notes::unready(plan, style));
    if is_whole {
        parts.push(notes::ignored(plan, style));
        parts.push(notes::additions(plan, style));
        parts.push(notes::learned(plan, style));
    }
    parts.push(notes::left_out(plan, style));
    parts.extend(notes::partial(plan).map(|text| notes::note(&text, style)));
    parts.push(riskiest(plan, style));
    if is_unchanged(plan) {
        parts.push(no_changes(plan, context, style));
    } else {
        parts.push(format!("{}\n", totals(plan.counts(), style)));
    }
    parts.push(blocked::blocked(plan, context, style));
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a plan does nothing and asks nobody anything.
pub(in crate::render) fn is_unchanged(plan: &Plan) -> bool {
    plan.changes.is_empty() && plan.blocked.is_empty()
}

/// `Plan: 1 to add, 0 to change, 0 to destroy.` Scripts read it, so it stays as it is.
pub(in crate::render) fn totals(Counts { import, add, change, destroy, forget }: Counts, style: Style) -> String {
    let import = if import > 0 { format!("{import} to import, ") } else { String::new() };
    let forget = if forget > 0 { format!(", {forget} to forget") } else { String::new() };
    format!(
        "{} {import}{add} to add, {change} to change, {destroy} to destroy{forget}.",
        style.paint(Look::Bold, "Plan:")
    )
}

/// What a plan comes to, in a sentence.
pub(in crate::render) fn headline(plan: &Plan, context: &Context<'_>) -> String {
    let style = Style { colour: false, width: usize::MAX };
    let text = if is_unchanged(plan) { no_changes(plan, context, style) } else { totals(plan.counts(), style) };
    let open = plan.blocked.len() + usize::from(plan.too_many.is_some());
    let open = if open > 0 {
        format!(" {} decided first.", notes::count(open, "thing must be", "things must be"))
    } else {
        String::new()
    };
    format!("{}{open}", text.trim_end())
}

/// What must be known before a plan is read.
fn ahead(plan: &Plan, context: &Context<'_>) -> impl Iterator<Item = String> + use<> {
    let told = [
        notes::not_asked(context),
        notes::interrupted(plan, context),
        notes::unrecorded(plan, context),
        notes::unlisted(plan),
        notes::taken(plan),
    ];
    told.into_iter().flatten()
}

/// What is said of a plan besides its changes and needs an eye, a sentence each, with the lines that belong to it.
pub(in crate::render) fn notes(plan: &Plan, context: &Context<'_>, style: Style) -> Vec<(String, Vec<String>)> {
    let sentences = ahead(plan, context).chain(notes::overdrawn(plan)).chain(notes::partial(plan));
    let along = notes::along(plan, style);
    let along = along.map(|(head, lines)| (head, lines.iter().map(|line| line.trim().to_owned()).collect()));
    sentences.map(|text| (text, Vec::new())).chain(along).collect()
}

/// The blocks of all changes, in the order in which they are made.
pub(in crate::render) fn blocks<'a>(
    plan: &'a Plan,
    context: &Context<'_>,
    style: Style,
) -> Vec<(&'a ObjectKey, &'a Change, String)> {
    let block = |(key, change)| {
        let change::Block { text, is_one_line: _ } =
            change::block(plan, key, change, context, style, change::Unchecked::Here);
        (key, change, text)
    };
    in_order(plan).into_iter().map(block).collect()
}

fn no_changes(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let environment = &plan.environment;
    let clause = match plan.operation {
        _ if plan.partial => format!(
            "The part of environment {environment} that was looked at {}.",
            match plan.operation {
                Operation::Destroy => "has nothing to destroy",
                Operation::Apply => "matches its definition",
            }
        ),
        Operation::Destroy => format!("There is nothing of environment {environment} to destroy."),
        Operation::Apply if context.choices.refresh_only => {
            format!("The record of environment {environment} knows what is there; what differs stays as it is.")
        }
        Operation::Apply if context.as_of.is_some() => {
            format!("Environment {environment} was last left as its definition asks.")
        }
        Operation::Apply => format!("Environment {environment} matches its definition."),
    };
    format!("{} {clause}\n", style.paint(Look::Good, "No changes."))
}

/// The symbols of a plan, but for those that were explained before.
fn legend(plan: &Plan, explained: &BTreeSet<Action>, style: Style) -> String {
    let mut out = String::new();
    for (action, text) in [
        (Action::Create, "create"),
        (Action::Update, "update in-place"),
        (Action::Adopt, "import, which takes over what others made"),
        (Action::Replace, "destroy and then create replacement"),
        (Action::Delete, "destroy"),
        (Action::Release, "let go, which leaves what others made"),
        (Action::Forget, "forget, which changes only the record"),
    ] {
        if !explained.contains(&action) && plan.changes.values().any(|change| change.action == action) {
            let indent = if action == Action::Replace { "" } else { "  " };
            out.push_str(&format!("{indent}{} {text}\n", Sign::of(action).paint(style)));
        }
    }
    if out.is_empty() { out } else { format!("Actions are shown with these symbols:\n{out}") }
}

fn introduction(plan: &Plan, context: &Context<'_>) -> String {
    let cluster = clean_line(context.cluster);
    format!(
        "ditc will perform the following actions in environment {} (namespace {}, cluster {cluster}):",
        plan.environment, plan.namespace
    )
}

/// What deserves a second look, where the eye is before somebody answers: behind all blocks.
fn riskiest(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    let risky = risk::risky(plan);
    for Risky { key, change, risks } in risky.iter().take(RISKY) {
        let address = notes::object(plan, change.component.as_ref(), key);
        let first = format!("  {} ", style.paint(Look::Danger, "!"));
        let why: Vec<&str> = risks.iter().map(|(_, why)| why.as_str()).collect();
        out.push_str(&style.wrap(&first, "    ", Look::Plain, &format!("{address}: {}", why.join("; "))));
    }
    match risky.len().saturating_sub(RISKY) {
        _ if out.is_empty() => return out,
        0 => {}
        more => out.push_str(&format!("    ... and {more} more\n")),
    }
    format!("{}\n{out}", style.paint(Look::Danger, "Look twice at these:"))
}

/// The blocks of all changes; those of one line stand close.
fn changes(plan: &Plan, context: &Context<'_>, style: Style) -> Vec<String> {
    let together = unchecked_together(plan);
    let mut parts: Vec<String> = Vec::new();
    let mut last_is_one_line = false;
    for (key, change) in in_order(plan) {
        let is_together = matches!(change.check, Check::Not(why) if together.contains_key(why.text()));
        let unchecked = if is_together { change::Unchecked::Elsewhere } else { change::Unchecked::Here };
        let change::Block { text, is_one_line } = change::block(plan, key, change, context, style, unchecked);
        match parts.last_mut() {
            Some(last) if last_is_one_line && is_one_line => last.push_str(&text),
            _ => parts.push(text),
        }
        last_is_one_line = is_one_line;
    }
    parts
}

fn unchecked_together(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for change in plan.changes.values() {
        if let Check::Not(why) = change.check {
            *counts.entry(why.text()).or_insert(0) += 1;
        }
    }
    counts.retain(|_, count| *count > TOLD_TOGETHER);
    counts
}

fn unchecked(plan: &Plan, style: Style) -> String {
    let note = |(why, count)| {
        let text = format!("{count} objects were not checked by the server, each because {why}.");
        style.wrap(&format!("{} ", style.paint(Look::Bold, "Note:")), "", Look::Plain, &text)
    };
    unchecked_together(plan).into_iter().map(note).collect()
}

/// How far the check of objects went whose namespace does not exist yet.
fn checked_elsewhere(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let number = plan.changes.values().filter(|change| change.check == Check::Elsewhere).count();
    if number == 0 {
        return String::new();
    }
    let number = notes::count(number, "object was", "objects were");
    let text = format!(
        "{number} checked by the server in namespace {}, under other names, since namespace {} is not there yet; \
         its quota and admission policies had no say.",
        context.check_namespace, plan.namespace
    );
    notes::note(&text, style)
}

/// The changes in the order in which they are made, those of one component together.
pub(in crate::render) fn in_order(plan: &Plan) -> Vec<(&ObjectKey, &Change)> {
    let group = |step: &Step| match step {
        Step::Change(key) => plan.changes.get(key).map(|change| change.component.clone()),
        Step::Ready(component) => Some(Some(component.clone())),
    };
    let mut groups: Graph<Option<ComponentId>> = Graph::default();
    for node in plan.order.nodes() {
        for need in plan.order.needs(node) {
            if let (Some(later), Some(first)) = (group(node), group(need))
                && later != first
            {
                groups.need(later, first);
            }
        }
    }
    for change in plan.changes.values() {
        groups.add(change.component.clone());
    }
    let groups = groups.order().unwrap_or_default();
    let steps = plan.order.order().unwrap_or_default();
    let places: BTreeMap<&Step, usize> = steps.iter().enumerate().map(|(place, step)| (step, place)).collect();
    let mut changes: Vec<(&ObjectKey, &Change)> = plan.changes.iter().collect();
    changes.sort_by_key(|(key, change)| {
        let group = groups.iter().position(|group| *group == change.component);
        (group, places.get(&Step::Change((*key).clone())).copied())
    });
    changes
}
