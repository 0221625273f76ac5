//! What ditc recorded, as `state list` and `state show` tell it.

use serde_json::Value;

use crate::{
    address::address,
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
                for line in entry(&format!("{}:", clean(name)), value, Length::Whole) {
                    out.push_str(&format!("{line}\n"));
                }
            }
        }
    }
    out
}
