//! What the record holds while a run is under way, and what when it has ended.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use crate::{
    object::{Hash, Object, ObjectKey, Uid},
    ownership::Paths,
    plan::{Action, Change, Expect, Plan, Step},
    revision::Revision,
    state::{Applied, Ended, Entry, Phase, Run, State, Version},
};

use super::{Outcome, conductor::deed};

/// The record before the first change: everything old and planned, so that no object is ever unknown to it.
pub(super) fn open(state: &mut State, plan: &Plan, run: &Run, now: Timestamp) {
    for entry in state.entries.values_mut() {
        entry.deed = None;
    }
    for (key, change) in &plan.changes {
        match change.action {
            Action::Create | Action::Adopt => {
                let manifest = change.manifest.as_ref();
                let api_version = manifest.and_then(|manifest| manifest.body.api_version()).unwrap_or("v1").to_owned();
                let component = change.component.clone();
                let planned = Entry { component, api_version, phase: Phase::Planned, deed: None };
                // The namespace is made already, and what was deleted outside keeps its entry until it is made anew.
                state.entries.entry(key.clone()).or_insert(planned);
            }
            Action::Replace => {
                if let Some(entry) = state.entries.get_mut(key)
                    && let Phase::Applied(applied) = &entry.phase
                {
                    entry.phase = Phase::Replacing(applied.clone());
                }
            }
            // What a stateful set made was never recorded; when this run stops early, nothing else tells whose it is.
            Action::Delete if key.kind.is("", "PersistentVolumeClaim") => {
                if let Expect::Same { uid, .. } = &change.expect {
                    state.entries.entry(key.clone()).or_insert_with(|| seen_only(key, change, uid));
                }
            }
            Action::Update | Action::Delete | Action::Release | Action::Forget => {}
        }
        if let (Some(entry), true) = (state.entries.get_mut(key), change.action != Action::Forget) {
            entry.deed = Some(deed(change.action));
        }
    }
    for (id, needs) in &plan.components {
        state.components.entry(id.clone()).or_default().extend(needs.iter().cloned());
    }
    state.open = Some(run.clone());
    stamp(state, now);
}

/// An object that was seen and never applied: its uid tells whose it is.
fn seen_only(key: &ObjectKey, change: &Change, uid: &Uid) -> Entry {
    let body = json!({"apiVersion": "v1", "kind": key.kind.kind, "metadata": {"name": key.name}});
    let applied = Applied {
        uid: uid.clone(),
        desired: Hash::of_value(&body),
        body: Object(body),
        fingerprint: None,
        owned: Paths::default(),
        yielded: Paths::default(),
        given: BTreeMap::new(),
        round: 0,
        finished: false,
    };
    Entry {
        component: change.component.clone(),
        api_version: "v1".to_owned(),
        phase: Phase::Applied(applied),
        deed: None,
    }
}

/// The record after the last change.
pub(super) fn close(state: &mut State, plan: &Plan, outcome: &Outcome, now: Timestamp) {
    for (key, change) in &plan.changes {
        let step = Step::Change(key.clone());
        let never_tried = outcome.skipped.contains_key(&step) || outcome.not_started.contains(&step);
        match change.action {
            Action::Forget => {
                state.entries.remove(key);
            }
            Action::Replace if never_tried => {
                if let Some(entry) = state.entries.get_mut(key)
                    && let Phase::Replacing(applied) = &entry.phase
                {
                    entry.phase = Phase::Applied(applied.clone());
                }
            }
            Action::Create | Action::Adopt if never_tried => {
                let is_planned = state.entries.get(key).is_some_and(|entry| entry.phase == Phase::Planned);
                if is_planned {
                    state.entries.remove(key);
                }
            }
            Action::Create | Action::Update | Action::Replace | Action::Adopt | Action::Delete | Action::Release => {}
        }
    }
    for (key, unchanged) in &plan.unchanged {
        if let Some(learned) = &unchanged.learned {
            let api_version = learned.body.api_version().unwrap_or("v1").to_owned();
            let phase = Phase::Applied(learned.clone());
            let component = unchanged.component.clone();
            state.entries.insert(key.clone(), Entry { component, api_version, phase, deed: None });
        }
    }
    // A component that left keeps its place in the order as long as one of its objects is there.
    let present: BTreeSet<_> = state.entries.values().filter_map(|entry| entry.component.clone()).collect();
    if plan.partial {
        // A part of an environment says nothing about the rest of it.
        let goes = plan.changes.values().filter(|change| change.action == Action::Delete);
        let left: BTreeSet<_> = goes.filter_map(|change| change.component.as_ref()).collect();
        let stays = |id: &_| !left.contains(id) || present.contains(id) || plan.components.contains_key(id);
        state.components.retain(|id, _| stays(id));
        state.revisions.retain(|id, _| stays(id));
    } else {
        let mut components: BTreeMap<_, _> = plan.components.clone();
        for (id, needs) in &state.components {
            if present.contains(id) {
                components.entry(id.clone()).or_insert_with(|| needs.clone());
            }
        }
        state.components = components;
    }
    revise(state, plan, outcome);
    for entry in state.entries.values_mut() {
        entry.deed = None;
    }
    state.partial = plan.partial;
    state.last = state.open.take().map(|run| Ended { run, complete: outcome.is_complete() });
    stamp(state, now);
}

/// What components stand at now: a component of which a part was not done still stands where it stood before.
fn revise(state: &mut State, plan: &Plan, outcome: &Outcome) {
    for (id, revision) in &plan.revisions {
        let of_it =
            |(_, change): &(_, &Change)| change.component.as_ref() == Some(id) && change.action != Action::Forget;
        let mut changes = plan.changes.iter().filter(of_it).peekable();
        // What was looked at in part, and has nothing to change in that part, may stand anywhere.
        let is_known = !plan.partial || changes.peek().is_some();
        if is_known && changes.all(|(key, _)| outcome.done.contains(&Step::Change(key.clone()))) {
            state.revisions.insert(id.clone(), Revision { since: None, ..revision.clone() });
        }
    }
    if !plan.partial {
        state.revisions.retain(|id, _| plan.revisions.contains_key(id));
    }
}

fn stamp(state: &mut State, now: Timestamp) {
    state.version = Version { lineage: state.version.lineage.clone(), serial: state.version.serial + 1 };
    state.written = now;
}
