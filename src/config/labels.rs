//! The labels that an environment puts on all its objects: what they may be called, and what they may say.

use std::collections::BTreeMap;

use super::{environment::invalid_name, expression, object::subdomain, value::Entry};
use crate::{
    desired::{LABEL_ENVIRONMENT, LABEL_MANAGED_BY},
    diagnostic::{Diagnostic, Sources},
};

/// The longest name behind the domain, and the longest value
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>).
const MAX: usize = 63;

/// Domains whose labels mean something to Kubernetes, and so are not the environment's to give.
const KUBERNETES: [&str; 2] = ["kubernetes.io", "k8s.io"];

/// The domain whose labels are meant for people and their tools.
const COMMON: &str = "app.kubernetes.io";

/// Checks a label's name; whatever is wrong with it is told.
pub(super) fn check(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    let label = entry.key.value.as_str();
    let (domain, name) = label.split_once('/').map_or((None, label), |(domain, name)| (Some(domain), name));
    let within = |of: &str| {
        domain.is_some_and(|domain| domain.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    };
    let own = LABEL_ENVIRONMENT.split_once('/').map_or("", |(domain, _)| domain);
    if label == LABEL_MANAGED_BY || within(own) {
        diagnostics.push(
            Diagnostic::new("label of ditc")
                .at(entry.key.span.clone(), "ditc sets this label itself")
                .help("remove it; ditc finds its objects by these labels"),
        );
    } else if domain != Some(COMMON) && KUBERNETES.iter().any(|of| within(of)) {
        diagnostics.push(
            Diagnostic::new("label of Kubernetes")
                .at(entry.key.span.clone(), "this label means something to Kubernetes itself")
                .detail(format!("labels of an environment are for people and their tools; `{label}` on all objects would steer the cluster"))
                .help("set it in the template of the object that it is for, or choose a domain of your own: `example.com/team`"),
        );
    } else if let Some(why) =
        domain.and_then(subdomain).map(|why| format!("{why} (before the `/`)")).or_else(|| refused(name))
    {
        diagnostics.push(invalid_name("a label", &entry.key, &why));
    }
}

/// The values of labels, their expressions evaluated.
pub(super) fn values(
    labels: &[Entry],
    scope: &expression::Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for entry in labels {
        let Some(node) = expression::evaluate(&entry.value, scope, sources, diagnostics) else { continue };
        let Some(text) = node.string() else {
            let what = format!("label `{}`", entry.key.value);
            diagnostics.push(super::fields::wrong_type(&node, &what, "a string"));
            continue;
        };
        match refused(text).filter(|_| !text.is_empty()) {
            Some(why) => diagnostics.push(
                Diagnostic::new("invalid label")
                    .at(entry.value.span.clone(), "not the value of a label")
                    .detail(format!("the value `{text}` {why}"))
                    .help("longer or freer texts are annotations, which templates can set"),
            ),
            None => _ = values.insert(entry.key.value.clone(), text.to_owned()),
        }
    }
    values
}

/// Why a text is neither the name of a label nor a value that says something.
fn refused(text: &str) -> Option<String> {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    if text.is_empty() {
        return Some("is empty".to_owned());
    }
    if text.len() > MAX {
        return Some(format!("has {} characters; at most {MAX} are allowed", text.chars().count()));
    }
    if let Some(found) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        return Some(format!("may hold only letters, digits, `-`, `_` and `.`, not {found:?}"));
    }
    (!text.starts_with(is_edge) || !text.ends_with(is_edge))
        .then(|| "must start and end with a letter or digit".to_owned())
}
