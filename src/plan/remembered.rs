//! An environment as the record has it, for a plan that looks at nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    desired::{Desired, is_made_once},
    names::Namespace,
    object::{Object, ObjectKey},
    observed::{Live, Observed},
    ownership::FIELD_MANAGER,
    state::{Applied, Phase, State},
};

/// Takes what was last applied for what is there, and what was never recorded for absent. What a run meant to replace may
/// be gone, so it counts as gone.
#[must_use]
pub fn remembered(state: &State, desired: Option<&Desired>, namespace: &Namespace) -> Observed {
    let mut objects: BTreeMap<ObjectKey, Live> = BTreeMap::new();
    for (key, entry) in &state.entries {
        let live = match &entry.phase {
            Phase::Planned | Phase::Replacing(_) => Live::Absent,
            Phase::Applied(applied) if key.kind.is("", "Secret") => Live::Metadata(object(key, applied)),
            Phase::Applied(applied) => Live::Present(object(key, applied)),
        };
        objects.insert(key.clone(), live);
    }
    for key in desired.into_iter().flat_map(|desired| desired.manifests.keys()) {
        objects.entry(key.clone()).or_insert(Live::Absent);
    }
    // A record lies in a namespace that is there, whoever made it.
    let there = objects.entry(ObjectKey::namespace(namespace.as_str())).or_insert(Live::Absent);
    if *there == Live::Absent {
        let bare = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.as_str()}});
        *there = Live::Present(Object(bare));
    }
    Observed { objects, is_remembered: true, ..Observed::default() }
}

/// The manifest with the uid and the owner that it had when it was applied.
fn object(key: &ObjectKey, applied: &Applied) -> Object {
    let Applied { uid, body, owned, .. } = applied;
    let mut object = body.clone();
    let operation = if is_made_once(&key.kind) { "Update" } else { "Apply" };
    let entry = json!({
        "manager": FIELD_MANAGER,
        "operation": operation,
        "apiVersion": body.api_version(),
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.to_fields(),
    });
    if let Some(metadata) = object.0.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".to_owned(), uid.to_string().into());
        metadata.insert("managedFields".to_owned(), Value::Array(vec![entry]));
    }
    object
}
