//! The record made anew from the cluster: whatever carries both our label and our manager's entry is ours.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    desired::{Desired, LABEL_COMPONENT},
    names::{ComponentId, ComponentName, EnvironmentName, Tier},
    object::{Hash, Object, ObjectKey},
    observed::{Live, Observed},
    ownership,
    state::{Applied, Entry, Phase, State},
};

use super::{claims::is_claim, made_by_us};

/// Components with what they need.
type Components = BTreeMap<ComponentId, BTreeSet<ComponentId>>;

/// What a record that is made anew holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebuilt {
    pub entries: BTreeMap<ObjectKey, Entry>,
    pub components: Components,
    /// The components that nothing names any more: a label does not tell a dependency from a service, so what they hold
    /// had to.
    pub guessed: BTreeSet<ComponentId>,
}

/// Rebuilds what a record holds. What was applied is known only as far as managedFields tell, so the next plan asks the
/// server about every object once. The definition tells which tier a component is of, else a copy of the record that was;
/// where neither knows it, whoever keeps data is a dependency.
#[must_use]
pub fn rebuild(
    environment: &EnvironmentName,
    desired: Option<&Desired>,
    kept: Option<&State>,
    observed: &Observed,
) -> Rebuilt {
    let mut known = Components::new();
    let defined = desired.into_iter().flat_map(|desired| &desired.components);
    let defined = defined.map(|(id, component)| (id, &component.needs));
    for (id, needs) in defined.chain(kept.into_iter().flat_map(|state| &state.components)) {
        if known.keys().all(|known| known.name != id.name) {
            known.insert(id.clone(), needs.clone());
        }
    }
    let ours = || observed.objects.iter().filter_map(|(key, live)| Some((key, live, live.object()?)));
    let ours = || ours().filter(|(.., object)| made_by_us(object, environment));
    let keepers: BTreeSet<&str> = ours()
        .filter(|(key, ..)| key.kind.is("apps", "StatefulSet") || is_claim(&key.kind))
        .filter_map(|(.., object)| object.label(LABEL_COMPONENT))
        .collect();
    let mut entries = BTreeMap::new();
    for (key, live, object) in ours() {
        let Some(applied) = applied(object, matches!(live, Live::Metadata(_))) else { continue };
        let component = object.label(LABEL_COMPONENT).and_then(|name| component(name, &known, &keepers));
        let api_version = object.api_version().unwrap_or("v1").to_owned();
        entries.insert(key.clone(), Entry { component, api_version, phase: Phase::Applied(applied), deed: None });
    }
    let present: BTreeSet<ComponentId> = entries.values().filter_map(|entry| entry.component.clone()).collect();
    let dependencies: BTreeSet<ComponentId> =
        present.iter().filter(|id| id.tier == Tier::Dependency).cloned().collect();
    let needs = |id: &ComponentId| match (known.get(id), id.tier) {
        (Some(needs), _) => needs.clone(),
        // As it is for a service whose file says nothing of what it needs.
        (None, Tier::Service) => dependencies.clone(),
        (None, Tier::Dependency) => BTreeSet::new(),
    };
    let components = present.iter().map(|id| (id.clone(), needs(id))).collect();
    let guessed = present.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
    Rebuilt { entries, components, guessed }
}

fn applied(object: &Object, is_secret: bool) -> Option<Applied> {
    let owned = ownership::ours(object)?.paths;
    let mut body = ownership::applied(&owned, object);
    // A server labels every namespace with its name, and counts that to whoever makes it
    // (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name).
    if object.kind() == Some("Namespace")
        && let Some(labels) = body.0.pointer_mut("/metadata/labels")
    {
        labels.as_object_mut()?.remove("kubernetes.io/metadata.name");
    }
    if is_secret && let Some(map) = body.0.as_object_mut() {
        map.retain(|field, _| !matches!(field.as_str(), "data" | "stringData"));
    }
    let fingerprint =
        if is_secret { ownership::path_fingerprint(object) } else { ownership::fingerprint(object, &body) };
    // No manifest has this hash, so the next plan compares.
    let desired = Hash::of_value(&Value::from(format!("rebuilt from {}", object.uid()?)));
    let yielded = ownership::Paths::default();
    let given = BTreeMap::new();
    Some(Applied { uid: object.uid()?, body, desired, fingerprint, owned, yielded, given, round: 0, finished: false })
}

/// The component that a label names, which says nothing of its tier.
fn component(name: &str, known: &Components, keepers: &BTreeSet<&str>) -> Option<ComponentId> {
    let keeps_data = keepers.contains(name);
    let name = ComponentName::new(name).ok()?;
    let found = known.keys().find(|id| id.name == name).cloned();
    let tier = if keeps_data { Tier::Dependency } else { Tier::Service };
    Some(found.unwrap_or(ComponentId { tier, name }))
}
