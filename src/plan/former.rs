//! Those who applied an object before it became ours. As long as their entries stay on our fields, a field that we stop
//! to ask for would stay, as theirs.

use serde_json::Value;

use crate::{
    object::Object,
    ownership::{self, FIELD_MANAGER, Owner},
};

use super::Policy;

/// The entries of others on fields of ours. Controllers keep theirs, and what went through a subresource is no applier's.
pub(super) fn appliers(live: &Object, policy: &Policy) -> impl Iterator<Item = Owner> {
    let ours = ownership::our_paths(live);
    ownership::owners(live)
        .into_iter()
        .filter(move |owner| is_applier(owner, policy) && !owner.paths.intersection(&ours).is_empty())
}

fn is_applier(owner: &Owner, policy: &Policy) -> bool {
    owner.manager != FIELD_MANAGER && owner.subresource.is_empty() && !policy.is_controller(&owner.manager)
}

/// The managed fields of an adopted object without the former appliers' entries on our paths; none where there is
/// nothing to remove. Entries that cannot be read stay.
#[must_use]
pub fn released(live: &Object, policy: &Policy) -> Option<Value> {
    let ours = ownership::ours(live)?.paths;
    let entries = live.metadata("managedFields")?.as_array()?;
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(owner) = ownership::owner(entry).filter(|owner| is_applier(owner, policy)) else {
            kept.push(entry.clone());
            continue;
        };
        let rest = owner.paths.difference(&ours);
        if !rest.is_empty() {
            let mut entry = entry.clone();
            entry["fieldsV1"] = rest.to_fields();
            kept.push(entry);
        }
    }
    (kept != *entries).then_some(Value::Array(kept))
}
