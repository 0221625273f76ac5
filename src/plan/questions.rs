//! What the server must be asked before a plan can be made: about all that is neither another's, nor known to be
//! unchanged. Never about a Secret: the answer would hold its values.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    desired::Manifest,
    object::{Object, ObjectKey},
};

use super::{Input, once::is_posted, standing::Standing};

/// A dry run.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub body: Object,
    pub how: How,
}

/// What is done as a dry run.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// The manifest is applied where it belongs.
    Apply(Take),
    /// It is created under another name, where it belongs: the object is there, and goes first.
    CreateBeside,
    /// It is created under another name in this namespace, since its own does not exist yet.
    CreateElsewhere(String),
}

/// Fields that an apply takes from others, if they have them.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// Those that are recorded as ours, as the server prints them: should others own them by now, they were taken, and
    /// the question is asked again by force to see what taking them back gives. A conflict on any other field stands.
    Recorded(BTreeSet<String>),
    /// All, as the user wished.
    All,
}

/// Every question that must be asked.
#[must_use]
pub fn questions(input: &Input) -> BTreeMap<ObjectKey, Question> {
    let manifests = input.desired.iter().flat_map(|desired| desired.manifests.values());
    let asked = manifests.filter(|manifest| manifest.secret.is_none()).filter_map(|manifest| {
        let how = how(input, manifest)?;
        let body = match (&how, input.live(&manifest.key).object()) {
            (How::Apply(_), Some(live)) => manifest.without(&input.yields(manifest, live)),
            _ => manifest.body.clone(),
        };
        Some((manifest.key.clone(), Question { body, how }))
    });
    asked.collect()
}

fn how(input: &Input, manifest: &Manifest) -> Option<How> {
    let key = &manifest.key;
    let is_made_once = manifest.is_made_once();
    let may_take = || {
        if input.choices.forces(input.environment, manifest.component.as_ref(), key) {
            return Take::All;
        }
        let owned = input.applied(key).map(|applied| applied.claims().members());
        Take::Recorded(owned.into_iter().flatten().map(|path| path.to_string()).collect())
    };
    match input.standing(manifest) {
        Standing::Finished | Standing::Foreign(_) | Standing::Unchanged(_) => None,
        Standing::Absent if is_made_once => None,
        Standing::Absent if key.namespace.is_some() && !input.namespace_stays() => {
            Some(How::CreateElsewhere(input.policy.check_namespace.to_string()))
        }
        Standing::Absent => Some(How::Apply(Take::Recorded(BTreeSet::new()))),
        Standing::Terminating(_) | Standing::Replace(_) => (!is_made_once).then_some(How::CreateBeside),
        Standing::Adopted(_) => Some(How::Apply(Take::All)),
        Standing::Differs(live) if is_posted(manifest, live) => None,
        Standing::Differs(_) => Some(How::Apply(may_take())),
    }
}
