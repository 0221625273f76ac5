//! What moved without ditc, and whose hand it was.

use crate::{
    desired::Manifest,
    object::{FieldPath, Object},
    ownership::{self, FIELD_MANAGER, Owner},
    state::Applied,
};

use super::{After, Diff, Drift, DriftKind, DriftedField, Input, Taken};

impl Drift {
    /// Whether anybody but ditc had a hand in it, as far as that is known.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        !matches!(&self.kind, DriftKind::Changed(fields)
            if !fields.is_empty() && fields.iter().all(DriftedField::is_by_run))
    }
}

impl DriftedField {
    /// Whether a run of ditc wrote it, which stopped before it could record that.
    #[must_use]
    pub fn is_by_run(&self) -> bool {
        self.manager.as_deref() == Some(FIELD_MANAGER)
    }
}

/// The differences that the definition did not ask for: its value there is the one applied last, or the field was
/// taken from us.
pub(super) fn fields(
    input: &Input,
    diff: &Diff,
    manifest: &Manifest,
    applied: Option<&Applied>,
    live: &Object,
) -> Vec<DriftedField> {
    let owners = ownership::owners(live);
    let ours = ownership::our_paths(live);
    // A value that is ours and differs from what is recorded was written by a run that did not come to record it.
    let is_written = diff.fields.iter().any(|field| ours.covers(&field.path.0));
    let run = input.run_that_stopped(&manifest.key, live).filter(|_| is_written);
    diff.fields
        .iter()
        .filter(|field| {
            let is_lost = !ours.covers(&field.path.0);
            match applied {
                Some(applied) => {
                    let kept = field.path.get(&applied.body.0) == field.path.get(&manifest.body.0);
                    kept || (applied.owned.covers(&field.path.0) && is_lost)
                }
                // Nothing is known of what was applied: what another manager holds was not made by us.
                None => is_lost && last_writer(&owners, &field.path).is_some(),
            }
        })
        .map(|field| {
            let owner = last_writer(&owners, &field.path).or(run.as_ref());
            DriftedField {
                path: field.path.clone(),
                applied: applied.and_then(|applied| field.path.get(&applied.body.0).cloned()).or_else(|| match &field
                    .after
                {
                    After::Value(value) => Some(value.clone()),
                    After::Absent | After::Unknown | After::Secret => None,
                }),
                live: field.before.clone(),
                manager: owner.map(|owner| owner.manager.clone()),
                time: owner.and_then(|owner| owner.time.clone()),
            }
        })
        .collect()
}

/// Fields that are ours by the answer and not by what is live, with those who hold them now; and those that others hold
/// as well and lose by the answer, which only force takes from them.
pub(super) fn taken(live: &Object, answer: &Object) -> Vec<Taken> {
    let owners = ownership::owners(live);
    let (mine, then) = (ownership::our_paths(live), ownership::our_paths(answer));
    let after = ownership::owners(answer);
    let mut gained = then.difference(&mine);
    for owner in owners.iter().filter(|owner| owner.manager != FIELD_MANAGER) {
        let is_same = |other: &&Owner| {
            (&other.manager, other.operation, &other.subresource)
                == (&owner.manager, owner.operation, &owner.subresource)
        };
        let kept = after.iter().find(is_same).map(|owner| owner.paths.clone()).unwrap_or_default();
        gained = gained.union(&owner.paths.difference(&kept).intersection(&then));
    }
    gained
        .members()
        .iter()
        .filter_map(|path| {
            let owner = last_writer(&owners, path)?;
            Some(Taken { field: path.to_string(), manager: owner.manager.clone() })
        })
        .collect()
}

/// The other manager that owns a field, or an atomic value around it, and wrote last.
pub(super) fn last_writer<'a>(owners: &'a [Owner], path: &FieldPath) -> Option<&'a Owner> {
    let others = owners.iter().filter(|owner| owner.manager != FIELD_MANAGER && owner.paths.covers(&path.0));
    others.max_by_key(|owner| owner.time.as_deref())
}
