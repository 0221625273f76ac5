//! What would stop a run that its plan does not show: missing rights and tight quotas.

use std::collections::BTreeSet;

use crate::{
    object::ObjectKey,
    plan::{MissingRight, Plan, Preflight, Purpose, Scope, Shortfall},
    render::style::{Look, Style, clean, clean_line},
};

use super::{
    notes::{names, object},
    plan::Context,
};

/// A block of warnings; nothing where a run can be expected to come to its end.
#[must_use]
pub fn preflight(preflight: &Preflight, plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let Preflight { missing_rights, shortfalls, is_namespace_new: _ } = preflight;
    let warning = format!("{} ", style.paint(Look::Warning, "Warning:"));
    let mut parts: Vec<String> = Vec::new();
    if !missing_rights.is_empty() {
        let mut out = style.wrap(&warning, "", Look::Plain, &format!("{}:", headline(preflight, plan)));
        for missing in missing_rights {
            let first = format!("  {} ", style.paint(Look::Warning, "!"));
            out.push('\n');
            out.push_str(&style.wrap(&first, "    ", Look::Plain, &lack(missing, plan)));
            out.push_str(&style.wrap("    ", "    ", Look::Dim, &purposes(missing, plan)));
        }
        out.push('\n');
        let first = format!("  {} ", style.paint(Look::Hint, "hint:"));
        let command = kubectl(context.flags, plan.namespace.as_str());
        let text = "whoever administers the cluster can grant them";
        match command {
            Some(command) => {
                let text = format!("{text}; what there is now:");
                out.push_str(&style.wrap(&first, "    ", Look::Plain, &text));
                out.push_str(&format!("      {command} auth can-i --list\n"));
            }
            None => out.push_str(&style.wrap(&first, "    ", Look::Plain, text)),
        }
        parts.push(out);
    }
    let quota = |shortfall| style.wrap(&warning, "  ", Look::Plain, &format!("{}.", tight(shortfall, plan)));
    let mut quotas: String = shortfalls.iter().map(quota).collect();
    if let Some(command) = first(shortfalls, plan, context) {
        let lead = format!("  {} ", style.paint(Look::Hint, "hint:"));
        quotas.push_str(&style.wrap(&lead, "    ", Look::Plain, "an apply of the deletions alone makes room first:"));
        quotas.push_str(&format!("      {command}\n"));
    }
    parts.extend((!quotas.is_empty()).then_some(quotas));
    parts.join("\n")
}

/// `apply would fail with these credentials`
pub(in crate::render) fn headline(preflight: &Preflight, plan: &Plan) -> String {
    let verb = plan.operation.verb();
    let unless = if preflight.is_hopeless() { "" } else { ", unless rights come with the new namespace" };
    format!("{verb} would fail with these credentials{unless}")
}

/// `no right to create and patch deployments.apps in namespace jakub`
pub(in crate::render) fn lack(missing: &MissingRight, plan: &Plan) -> String {
    let MissingRight { scope, group, resource, verbs, purposes: _ } = missing;
    let words: Vec<&str> = verbs.iter().map(|verb| verb.word()).collect();
    let verbs = match words.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some((only, _)) => (*only).to_owned(),
        None => String::new(),
    };
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let place = match scope {
        Scope::Namespace => format!(" in namespace {}", plan.namespace),
        Scope::Cluster => String::new(),
    };
    clean_line(&format!("no right to {verbs} {resource}{group}{place}"))
}

fn purposes(missing: &MissingRight, plan: &Plan) -> String {
    let (mut changes, mut waits, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for purpose in &missing.purposes {
        match purpose {
            Purpose::Change(key) => changes.push(address(plan, key)),
            Purpose::Wait(key) => waits.push(address(plan, key)),
            Purpose::Record => own.push("for the record that ditc keeps there".to_owned()),
            Purpose::Lease => own.push("for the lease by which runs keep out of each other's way".to_owned()),
            Purpose::Key => own.push("for the key by which given secrets are told apart".to_owned()),
        }
    }
    let told = |lead: &str, list: Vec<String>| (!list.is_empty()).then(|| format!("{lead} {}", names(list)));
    let parts = [told("for", changes), told("to wait for", waits)].into_iter().flatten().chain(own);
    clean(&parts.collect::<Vec<_>>().join("; "))
}

/// An object of a plan by its address.
fn address(plan: &Plan, key: &ObjectKey) -> String {
    object(plan, plan.component_of(key), key)
}

/// `quota "compute" in namespace jakub leaves 1 of 5 pods, and this plan needs up to 3`
pub(in crate::render) fn tight(shortfall: &Shortfall, plan: &Plan) -> String {
    let Shortfall { quota, resource, limit, needs, frees, by } = shortfall;
    let (left, hard) = (limit.left(), limit.hard);
    let place = format!("quota {quota:?} in namespace {}", plan.namespace);
    let freed = match by.as_slice() {
        [] => String::new(),
        by => format!("; the {} {frees}, which may come too late", deletions(by.len())),
    };
    clean_line(&format!("{place} leaves {left} of {hard} {resource}, and this plan needs up to {needs}{freed}"))
}

fn deletions(number: usize) -> &'static str {
    if number == 1 { "deletion in it frees" } else { "deletions in it free" }
}

/// The apply that makes room before the rest needs it; none where nothing that goes gives any back.
fn first(shortfalls: &[Shortfall], plan: &Plan, context: &Context<'_>) -> Option<String> {
    let freeing: BTreeSet<String> =
        shortfalls.iter().flat_map(|shortfall| &shortfall.by).map(|key| address(plan, key)).collect();
    let targets: String = freeing.iter().map(|address| format!(" -target={address}")).collect();
    let environment = &plan.environment;
    (!freeing.is_empty()).then(|| format!("ditc {} {environment}{targets}{}", plan.operation.verb(), context.flags))
}

/// The beginning of a command that can be pasted. kubectl does not know the sandbox: there it would act on another
/// cluster, so there is none.
fn kubectl(flags: &str, namespace: &str) -> Option<String> {
    let mut command = "kubectl".to_owned();
    for flag in flags.split(" --").skip(1) {
        match flag.split('=').next() {
            Some("sandbox") => return None,
            Some("kubeconfig" | "context") => command.push_str(&format!(" --{flag}")),
            _ => {}
        }
    }
    Some(clean_line(&format!("{command} --namespace {namespace}")))
}
