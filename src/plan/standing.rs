//! How a desired object stands before anything is asked: absent, another's, unchanged, or in need of an answer.

use crate::{
    desired::{LABEL_ENVIRONMENT, LABEL_MANAGED_BY, MANAGED_BY, Manifest, is_made_once},
    names::{EnvironmentName, Namespace},
    object::{Object, ObjectKey},
    observed::{Live, Observed},
    ownership::{self, FIELD_MANAGER, Fingerprint, Operation, Owner, Paths},
    secret::Recipe,
    state::{self, Applied, Deed, Entry, Phase},
};

use super::{Input, Reason, choices::is_meant, former};

/// The standing of an object that the definition asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Standing<'a> {
    Absent,
    /// A Job or Pod that ran to its end and was cleared away since.
    Finished,
    /// It is being deleted.
    Terminating(&'a Object),
    Foreign(&'a Object),
    /// Another's, and the user gave it to us.
    Adopted(&'a Object),
    Unchanged(&'a Object),
    /// Ours, and the user wants it made anew.
    Replace(&'a Object),
    /// Ours, and only the server can say whether it differs.
    Differs(&'a Object),
}

impl<'a> Input<'a> {
    /// What was seen under a key.
    ///
    /// # Panics
    /// When nobody looked: every desired and recorded key is observed, or the run ended before.
    pub(super) fn live(&self, key: &ObjectKey) -> &'a Live {
        self.observed.objects.get(key).expect("every desired and recorded key is observed before planning")
    }

    pub(super) fn entry(&self, key: &ObjectKey) -> Option<&'a Entry> {
        self.state?.entries.get(key)
    }

    pub(super) fn applied(&self, key: &ObjectKey) -> Option<&'a Applied> {
        self.entry(key)?.applied()
    }

    pub(super) fn namespace_key(&self) -> ObjectKey {
        ObjectKey::namespace(self.namespace.as_str())
    }

    /// Whether the namespace is there and not being deleted.
    pub(super) fn namespace_stays(&self) -> bool {
        let live = self.observed.objects.get(&self.namespace_key()).and_then(Live::object);
        live.is_some_and(|namespace| !namespace.is_terminating())
    }

    /// Whether the namespace is of ditc's making, or will be. Without a record its managed fields tell: what ditc made, it
    /// made by POST, and what it adopted, it applied.
    pub(super) fn created_namespace(&self) -> bool {
        let live = self.observed.objects.get(&self.namespace_key()).and_then(Live::object);
        match (self.state, live) {
            (_, None) => true,
            (_, Some(live)) if live.is_terminating() && self.operation == state::Operation::Apply => true,
            (Some(state), Some(_)) => state.created_namespace,
            (None, Some(live)) => was_posted_by_us(live),
        }
    }

    /// Whether the run that the record leaves open is still at work.
    pub(super) fn is_under_way(&self) -> bool {
        self.observed.is_under_way && self.state.is_some_and(|state| state.open.is_some())
    }

    /// Why something is done to an object of ours that no run is known to have applied.
    pub(super) fn unapplied(&self, key: &ObjectKey) -> Reason {
        match self.entry(key) {
            Some(_) if self.is_under_way() => Reason::UnderWay,
            Some(_) => Reason::Unfinished,
            None => Reason::Unrecorded,
        }
    }

    /// Whether the run that the record leaves open meant to delete an object that is gone: nobody else need have.
    pub(super) fn was_deleted_by_run(&self, key: &ObjectKey) -> bool {
        let is_open = self.state.is_some_and(|state| state.open.is_some());
        is_open && self.entry(key).is_some_and(|entry| entry.deed == Some(Deed::Delete))
    }

    /// The entry of ditc on an object of which the record does not know whether a run changed it: one that stopped meant to.
    pub(super) fn run_that_stopped(&self, key: &ObjectKey, live: &Object) -> Option<Owner> {
        let is_open = self.state.is_some_and(|state| state.open.is_some()) && !self.is_under_way();
        let is_meant = self.entry(key).is_some_and(|entry| entry.deed.is_some());
        ownership::ours(live).filter(|_| is_open && is_meant)
    }

    /// Whether the user gave this object to us.
    pub(super) fn is_adopted(&self, manifest: &Manifest) -> bool {
        is_meant(&self.choices.adopt, self.environment, manifest.component.as_ref(), &manifest.key)
    }

    pub(super) fn standing(&self, manifest: &Manifest) -> Standing<'a> {
        let key = &manifest.key;
        let entry = self.entry(key);
        let applied = self.applied(key);
        // What is in a namespace that is being deleted goes before it does, and all is made anew in the next.
        let is_going = key.namespace.is_some() && !self.namespace_stays();
        let Some(live) = self.live(key).object().filter(|_| !is_going) else {
            let finished = applied.is_some_and(|applied| applied.finished && applied.desired == manifest.hash());
            return if finished { Standing::Finished } else { Standing::Absent };
        };
        if live.is_terminating() {
            return Standing::Terminating(live);
        }
        if !is_ours(live, entry, self.environment) {
            return if self.is_adopted(manifest) { Standing::Adopted(live) } else { Standing::Foreign(live) };
        }
        // The adoption that an earlier run began: somebody else's entries are still on our fields.
        let is_half_adopted = matches!(entry.map(|entry| &entry.phase), Some(Phase::Planned))
            && former::appliers(live, self.policy).next().is_some();
        if is_half_adopted {
            return Standing::Adopted(live);
        }
        if is_meant(&self.choices.replace, self.environment, manifest.component.as_ref(), key) {
            return Standing::Replace(live);
        }
        match applied {
            Some(applied) if self.is_unchanged(manifest, applied, live) => Standing::Unchanged(live),
            _ => Standing::Differs(live),
        }
    }

    fn is_unchanged(&self, manifest: &Manifest, applied: &Applied, live: &Object) -> bool {
        if self.observed.is_remembered {
            return manifest.hash() == applied.desired;
        }
        let fingerprint = fingerprint(manifest, live, &applied.body);
        live.uid().as_ref() == Some(&applied.uid)
            && manifest.hash() == applied.desired
            && fingerprint.is_some()
            && fingerprint == applied.fingerprint
            && self.yields(manifest, live) == applied.yielded
    }
}

/// Whether an object is ours: the recorded uid, or our label together with an entry of our manager; never one that a
/// controller owns, since Kubernetes and operators copy labels onto what they make.
pub(super) fn is_ours(live: &Object, entry: Option<&Entry>, environment: &EnvironmentName) -> bool {
    let recorded = entry.and_then(Entry::applied).is_some_and(|applied| live.uid().as_ref() == Some(&applied.uid));
    (recorded && live.controller().is_none()) || made_by_us(live, environment)
}

/// Whether an object carries the label of an environment of ditc.
pub(super) fn has_label(live: &Object, environment: &EnvironmentName) -> bool {
    live.label(LABEL_MANAGED_BY) == Some(MANAGED_BY) && live.label(LABEL_ENVIRONMENT) == Some(environment.as_str())
}

/// Whether an object carries both our label and our manager's entry, as everything that ditc makes does.
#[must_use]
pub fn made_by_us(live: &Object, environment: &EnvironmentName) -> bool {
    live.controller().is_none() && has_label(live, environment) && has_our_entry(live)
}

/// Whether a namespace that stays, or anything that was seen in it, carries the label of an environment: then a record has
/// been there, or is about to be.
#[must_use]
pub fn bears_marks(observed: &Observed, environment: &EnvironmentName, namespace: &Namespace) -> bool {
    let live = |key: &ObjectKey| observed.objects.get(key).and_then(Live::object);
    let stays = live(&ObjectKey::namespace(namespace.as_str())).is_some_and(|namespace| !namespace.is_terminating());
    stays && observed.objects.values().filter_map(Live::object).any(|object| has_label(object, environment))
}

/// How many objects ditc made for an environment in a namespace that stays, besides the namespace itself.
#[must_use]
pub fn left_behind(observed: &Observed, environment: &EnvironmentName, namespace: &Namespace) -> usize {
    if !bears_marks(observed, environment, namespace) {
        return 0;
    }
    let within = observed.objects.iter().filter(|(key, _)| key.namespace.is_some());
    within.filter_map(|(_, live)| live.object()).filter(|object| made_by_us(object, environment)).count()
}

/// Whether ditc made an object by POST: its creating entry is there, whatever was applied since.
#[must_use]
pub fn was_posted_by_us(live: &Object) -> bool {
    ownership::owners(live).iter().any(|owner| {
        owner.manager == FIELD_MANAGER && owner.operation == Operation::Update && owner.subresource.is_empty()
    })
}

fn has_our_entry(live: &Object) -> bool {
    // What is made by POST shows by its creating entry whose it is.
    let made_once = live.key().is_some_and(|key| is_made_once(&key.kind));
    ownership::ours(live).is_some_and(|owner| made_once || owner.operation == Operation::Apply)
}

/// The fingerprint of a live object: over values for what is applied, over paths alone for a Secret.
pub(super) fn fingerprint(manifest: &Manifest, live: &Object, body: &Object) -> Option<Fingerprint> {
    match manifest.secret {
        Some(_) => ownership::path_fingerprint(live),
        None => ownership::fingerprint(live, body),
    }
}

/// What the record should hold of an object that is as desired, with the fields that are left to controllers; none for an
/// object without a uid.
#[must_use]
pub fn known(manifest: &Manifest, yields: &Paths, live: &Object) -> Option<Applied> {
    let body = manifest.without(yields);
    Some(Applied {
        uid: live.uid()?,
        desired: manifest.hash(),
        fingerprint: fingerprint(manifest, live, &body),
        body,
        owned: ownership::our_paths(live),
        yielded: yields.clone(),
        given: manifest.secret.as_ref().map(Recipe::digests).unwrap_or_default(),
        round: manifest.secret.as_ref().map_or(0, |recipe| recipe.round),
        finished: false,
    })
}
