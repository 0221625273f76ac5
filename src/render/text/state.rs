//! What ditc recorded, as `state list` and `state show` tell it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    address::address,
    names::ComponentId,
    object::ObjectKey,
    render::{
        secrecy::{SENSITIVE, is_hidden},
        style::{Look, Style, clean, clean_line},
    },
    state::{Entry, Phase, State},
};

use super::value::{Length, entry};

/// One address per line, and nothing else: scripts read it.
#[must_use]
pub fn state_list(state: &State) -> String {
    let address = |component, key| clean_line(&address(&state.environment, component, key).to_string()) + "\n";
    let mut lines: Vec<String> =
        state.entries.iter().map(|(key, entry)| address(entry.component.as_ref(), key)).collect();
    lines.sort();
    lines.concat()
}

/// One object as it was last applied.
#[must_use]
pub fn state_show(state: &State, key: &ObjectKey, recorded: &Entry, style: Style) -> String {
    let Entry { component, api_version, phase, deed: _ } = recorded;
    let address = clean_line(&address(&state.environment, component.as_ref(), key).to_string());
    let mut out = format!("# {}\n", style.paint(Look::Bold, &address));
    let mut fact = |name: &str, value: &str| {
        out.push_str(&format!("{}\n", style.paint(Look::Dim, &format!("# {name}: {}", clean_line(value)))));
    };
    fact("apiVersion", api_version);
    match phase {
        Phase::Planned => fact("phase", "planned; whether it was made is for the cluster to say"),
        Phase::Applied(applied) | Phase::Replacing(applied) => {
            if matches!(phase, Phase::Replacing(_)) {
                fact("phase", "a run that stopped was replacing it");
            }
            fact("uid", &applied.uid.0);
            if applied.finished {
                fact("phase", "ran to its end");
            }
            fact("desired", &applied.desired.to_string());
            for (name, value) in applied.body.0.as_object().into_iter().flatten() {
                let path = crate::object::FieldPath::fields(&[name]);
                let hidden = Value::from(SENSITIVE);
                let value = if is_hidden(key, &path, Some(value)) { &hidden } else { value };
                for line in entry(&format!("{name}:"), value, Length::Compared) {
                    out.push_str(&format!("{}\n", clean(&line)));
                }
            }
        }
    }
    out
}

/// Whose an environment is whose record was made anew, as far as there is something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// This project's, as before.
    Ours,
    /// It was applied from another one, and stays that one's.
    Theirs(String),
    /// Nothing told, so it is this project's from now on.
    New(String),
}

/// What a record that was made anew holds, and how to go on.
#[must_use]
pub fn rebuilt(state: &State, owner: &Owner, guessed: &BTreeSet<ComponentId>, flags: &str, style: Style) -> String {
    let State { environment, entries, .. } = state;
    let prose = |text: &str| style.wrap("", "", Look::Plain, text);
    let number = match entries.len() {
        1 => "1 object".to_owned(),
        number => format!("{number} objects"),
    };
    let mut out = prose(&format!(
        "The record of environment {environment} holds {number} again, as the cluster has {}.",
        if entries.len() == 1 { "it" } else { "them" }
    ));
    if !guessed.is_empty() {
        let guessed: Vec<String> = guessed.iter().map(ToString::to_string).collect();
        out.push_str(&prose(&format!(
            "No file names these components, and objects do not say whether theirs is a dependency or a service; what \
             keeps data is taken for a dependency: {}.",
            guessed.join(", ")
        )));
    }
    match owner {
        Owner::Ours => {}
        Owner::Theirs(project) => {
            let text =
                format!("It was applied from {}, and stays that project's. To take it over:", clean_line(project));
            out.push_str(&format!("{}  ditc plan {environment} -adopt={environment}{flags}\n", prose(&text)));
            return out;
        }
        Owner::New(project) => {
            let text =
                format!("Nothing told which project applied it; from now on it is that of {}.", clean_line(project));
            out.push_str(&prose(&text));
        }
    }
    out.push_str(&prose("Look at what differs from the definition:"));
    out.push_str(&format!("  ditc plan {environment}{flags}\n"));
    out
}
