//! What stands in the way of a plan: each object with the reason, the place that asks for it, and the ways out.

use std::collections::BTreeSet;

use crate::{
    address::address,
    names::ComponentId,
    object::ObjectKey,
    observed::Forbidden,
    ownership::FIELD_MANAGER,
    plan::{Block, Blocked, By, Losing, Plan, Taken, TooMany},
    render::style::{Look, Style, clean_line},
};

use super::{
    change::{list, place},
    notes::{count, names, object},
    plan::Context,
};

/// What a person must decide, and how.
pub(super) fn blocked(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    if plan.blocked.is_empty() {
        return too_many(plan, context, style);
    }
    let number = count(plan.blocked.len(), "object stands", "objects stand");
    let mut out = format!("{} {number} in the way:\n", style.paint(Look::Error, "This plan cannot be applied."));
    for blocked in &plan.blocked {
        let Blocked { key, component, why: _, origin } = blocked;
        let address = style.paint(Look::Bold, &object(plan, component.as_ref(), key));
        let place = origin.as_ref().map_or_else(String::new, |origin| {
            style.paint(Look::Dim, &format!(" ({})", clean_line(&place(origin, context))))
        });
        out.push_str(&format!("\n  {} {address}{place}\n", style.paint(Look::Error, "!")));
        let (what, ways) = explain(plan, blocked, &flags(context));
        out.push_str(&style.wrap("    ", "    ", Look::Plain, &what));
        for Way { text, command } in ways {
            let text = if command.is_some() { text } else { text.trim_end_matches(':') };
            let first = format!("    {} ", style.paint(Look::Hint, "hint:"));
            out.push_str(&style.wrap(&first, "      ", Look::Plain, text));
            if let Some(command) = command {
                out.push_str(&format!("        {command}\n"));
            }
        }
    }
    match too_many(plan, context, style) {
        more if more.is_empty() => out,
        more => format!("{out}\n{more}"),
    }
}

/// That one apply would destroy more than it may.
fn too_many(plan: &Plan, context: &Context<'_>, style: Style) -> String {
    let Some(TooMany { count, limit }) = plan.too_many else { return String::new() };
    let text = format!(
        "It would delete or replace {}, and one apply may do that to {limit} (`max_destroy` in ditc.toml).",
        self::count(count, "object", "objects")
    );
    let mut out =
        style.wrap(&format!("{} ", style.paint(Look::Error, "This plan cannot be applied.")), "", Look::Plain, &text);
    let first = format!("  {} ", style.paint(Look::Hint, "hint:"));
    out.push_str(&style.wrap(&first, "    ", Look::Plain, "if all of that is meant:"));
    let environment = &plan.environment;
    out.push_str(&format!("      ditc plan {environment} -max-destroy={count}{}\n", flags(context)));
    out
}

/// What leads to the same cluster, and says again what was decided.
pub(in crate::render) fn flags(context: &Context<'_>) -> String {
    format!("{}{}", context.choices.flags(), context.flags)
}

/// A way out of a block.
pub(in crate::render) struct Way {
    pub(in crate::render) text: &'static str,
    /// To be pasted, so it stands on a line of its own.
    pub(in crate::render) command: Option<String>,
}

impl Way {
    /// On one line, where nothing is pasted.
    pub(in crate::render) fn line(self) -> String {
        match self.command {
            Some(command) => format!("{} {command}", self.text),
            None => self.text.trim_end_matches(':').to_owned(),
        }
    }
}

/// A block in a sentence, and the ways out of it.
pub(in crate::render) fn explain(plan: &Plan, blocked: &Blocked, flags: &str) -> (String, Vec<Way>) {
    let Blocked { key, component, why, origin: _ } = blocked;
    let way = |text| Way { text, command: None };
    let flag = |text, flag: &str| Way { text, command: Some(plan_with(plan, flag, component.as_ref(), key, flags)) };
    match why {
        Block::Foreign { managers } => {
            let others: Vec<String> = managers.iter().filter(|manager| *manager != FIELD_MANAGER).cloned().collect();
            let is_lost = others.len() < managers.len();
            let also = if is_lost { "also " } else { "" };
            let by = if others.is_empty() { String::new() } else { format!(" ({also}managed by {})", names(others)) };
            let other_name = if key.kind.is("", "Namespace") {
                way("name another one with `namespace` in the environment's file")
            } else {
                way("give it another name in the definition")
            };
            let ways = vec![other_name, flag("or take it over; the plan then shows what changes:", "adopt")];
            let what = match is_lost {
                true => format!(
                    "An object of this name exists that ditc wrote once{by}, but it does not carry the labels of \
                     environment {}, and no record knows it.",
                    plan.environment
                ),
                false => format!("An object of this name exists, and ditc did not make it{by}."),
            };
            (what, ways)
        }
        Block::Owned(taken) => {
            let fields = names(taken.iter().map(|Taken { field, manager }| format!("{field} ({manager})")));
            let ways = vec![
                way("take these fields out of the definition, and ditc leaves them alone"),
                flag("or take them from their managers:", "force-conflicts"),
            ];
            (format!("Others own fields that the definition sets to other values: {fields}."), ways)
        }
        Block::Invalid(text) => {
            (format!("The server refuses it: {}", clean_line(text)), vec![way("correct the definition")])
        }
        Block::Malformed(text, mistakes) => {
            let text = clean_line(text);
            let what =
                format!("The server refuses it as it is written, and may not name every mistake at once: {text}");
            let all = match mistakes.len() {
                0 => String::new(),
                number => {
                    let number = count(number, "thing is wrong", "things are wrong");
                    format!(". By the types of its kind {number}: {}", clean_line(&mistakes.join("; ")))
                }
            };
            (what + &all, vec![way("correct the definition")])
        }
        Block::Forbidden(who, text) => {
            let (what, ways) = match who {
                Forbidden::NamespaceTerminating => ("Its namespace is being deleted", Vec::new()),
                Forbidden::Quota => (
                    "A quota of the namespace is in the way",
                    vec![way("ask for less in the definition, or have the quota raised")],
                ),
                Forbidden::Admission => {
                    ("A policy of the cluster refuses it", vec![way("change the definition as the policy asks")])
                }
            };
            (format!("{what}: {}", clean_line(text)), ways)
        }
        Block::HoldsData(losing) => holds_data(plan, blocked, losing, flags),
        Block::Held(by) => held(plan, by),
        Block::WithEnvironment => (
            "A namespace is not replaced: all that is in it would go.".to_owned(),
            vec![way("destroy the environment, then apply it")],
        ),
        Block::SecretChanged => {
            let what = "It exists, and the definition asks for other keys; the values of a Secret are made once.";
            (what.to_owned(), vec![flag("if all its values may be made anew:", "replace")])
        }
        Block::WithForeign { others, unlisted } => {
            let number = count(others.len(), "object", "objects");
            let objects = names(others.iter().map(ToString::to_string));
            let known = format!(
                "{number} in namespace {} that ditc did not make would be deleted with it: {objects}.",
                plan.namespace
            );
            let kinds = list(&unlisted.iter().map(ToString::to_string).collect::<Vec<_>>());
            let unknown = format!(
                "Whatever there is of {kinds} in namespace {} would be deleted with it, and these credentials may not list \
                 it.",
                plan.namespace
            );
            let what = match (others.is_empty(), unlisted.is_empty()) {
                (false, false) => format!("{known} {unknown}"),
                (true, false) => unknown,
                (_, true) => known,
            };
            let first = if others.is_empty() {
                "let somebody look who may, or have the right to list granted, then run destroy again"
            } else {
                "delete or move them first, then run destroy again"
            };
            let command = format!("ditc destroy {} -with-foreign{flags}", plan.environment);
            let with_it = Way { text: "or delete them with it:", command: Some(command) };
            (what, vec![way(first), with_it])
        }
    }
}

/// That a claim would stay half deleted, and how what uses it is ended.
fn held(plan: &Plan, by: &BTreeSet<ObjectKey>) -> (String, Vec<Way>) {
    let all: Vec<String> = by.iter().map(|key| clean_line(&key.to_string())).collect();
    let verb = if all.len() == 1 { "uses" } else { "use" };
    let what = format!(
        "{} {verb} it, and Kubernetes keeps a claim as long as it is used: it would be neither there nor gone.",
        list(&all)
    );
    let scales = |key: &ObjectKey| {
        matches!(key.kind.kind.as_str(), "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController")
    };
    let (scaled, deleted): (Vec<&ObjectKey>, Vec<&ObjectKey>) = by.iter().partition(|key| scales(key));
    let command = |verb: &str, keys: &[&ObjectKey]| {
        let names: Vec<String> =
            keys.iter().map(|key| format!("{}/{}", key.kind.kind.to_lowercase(), key.name)).collect();
        (!keys.is_empty()).then(|| clean_line(&format!("kubectl -n {} {verb} {}", plan.namespace, names.join(" "))))
    };
    let commands = [command("scale --replicas=0", &scaled), command("delete", &deleted)];
    let ways = commands
        .into_iter()
        .flatten()
        .map(|command| Way { text: "end what uses it first, if nobody needs it:", command: Some(command) });
    (what, ways.collect())
}

/// That data would be lost with an object, or not be what the definition asks for, and what can be done.
fn holds_data(plan: &Plan, blocked: &Blocked, losing: &Losing, flags: &str) -> (String, Vec<Way>) {
    let Blocked { key, component, why: _, origin: _ } = blocked;
    let way = |text| Way { text, command: None };
    let stays = component.as_ref().is_some_and(|component| plan.components.contains_key(component));
    let asked = |by: &By| match by {
        By::Server => ("the server cannot change it in place", way("change the definition back")),
        By::User => ("-replace asks to make it anew", way("leave out -replace for it")),
    };
    let (why, first) = match losing {
        Losing::Delete if stays => ("it is no longer in the definition", way("put it back into the definition")),
        Losing::Delete => ("its component is to be removed", way("put its component back into the definition")),
        Losing::Going => {
            ("somebody deletes it: only the pods that use it still hold it", way("save its data while they run"))
        }
        Losing::Replace(by) | Losing::Renew(by, _) => asked(by),
    };
    let address = match component {
        Some(component) => format!("{}.{component}", plan.environment),
        None => address(&plan.environment, None, key).to_string(),
    };
    let command = clean_line(&format!("ditc plan {} -delete-data={address}{flags}", plan.environment));
    if let Losing::Renew(_, claim) = losing {
        let what = format!(
            "It would be made anew, since {why}. It then takes up the claims that it made before: their data stays, and so \
             do their size and class, whatever it asks for."
        );
        let edit = clean_line(&format!("kubectl -n {} edit persistentvolumeclaim/{claim}", plan.namespace));
        let resize = Way { text: "to give its claims more room, where their class allows it:", command: Some(edit) };
        let anew = Way { text: "or, to make it anew while none of its pods run:", command: Some(command) };
        return (what, vec![first, resize, anew]);
    }
    let what = match key.kind.kind.as_str() {
        "Secret" => "The data of its component cannot be opened without it",
        _ => "Its data would be lost",
    };
    let all = Way { text: "or, if all data of it may be lost:", command: Some(command) };
    (format!("{what}, and {why}."), vec![first, all])
}

/// The plan again, with a decision about one object.
fn plan_with(plan: &Plan, flag: &str, component: Option<&ComponentId>, key: &ObjectKey, flags: &str) -> String {
    let address = address(&plan.environment, component, key);
    clean_line(&format!("ditc plan {} -{flag}={address}{flags}", plan.environment))
}
