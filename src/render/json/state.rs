//! What ditc recorded, for machines.

use serde_json::{Value, json};

use crate::{
    address::address,
    object::{FieldPath, ObjectKey},
    render::secrecy::is_hidden,
    state::{Entry, Phase, State},
};

use super::{FORMAT_VERSION, document};

/// All recorded objects.
#[must_use]
pub fn state_list(state: &State) -> String {
    let objects: Vec<Value> = state.entries.iter().map(|(key, entry)| recorded(state, key, entry)).collect();
    document(&json!({
        "format_version": FORMAT_VERSION,
        "environment": state.environment.as_str(),
        "namespace": state.namespace.as_str(),
        "lineage": state.version.lineage.0,
        "serial": state.version.serial,
        "objects": objects,
    }))
}

/// One recorded object with its manifest.
#[must_use]
pub fn state_show(state: &State, key: &ObjectKey, entry: &Entry) -> String {
    let mut object = json!({"format_version": FORMAT_VERSION, "object": recorded(state, key, entry)});
    if let Some(applied) = entry.applied() {
        let mut body = applied.body.0.clone();
        if let Some(map) = body.as_object_mut() {
            map.retain(|name, value| !is_hidden(key, &FieldPath::fields(&[name]), Some(value)));
        }
        object["applied"] = body;
    }
    document(&object)
}

fn recorded(state: &State, key: &ObjectKey, Entry { component, api_version, phase, deed: _ }: &Entry) -> Value {
    let (phase, uid) = match phase {
        Phase::Planned => ("planned", None),
        Phase::Replacing(applied) => ("replacing", Some(&applied.uid.0)),
        Phase::Applied(applied) if applied.finished => ("finished", Some(&applied.uid.0)),
        Phase::Applied(applied) => ("applied", Some(&applied.uid.0)),
    };
    json!({
        "address": address(&state.environment, component.as_ref(), key).to_string(),
        "api_version": api_version,
        "kind": key.kind.kind,
        "name": key.name,
        "component": component.as_ref().map(ToString::to_string),
        "phase": phase,
        "uid": uid,
    })
}
