//! The record made anew from the cluster: whatever carries both our label and our manager's entry is ours.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    desired::{Desired, LABEL_COMPONENT},
    names::{ComponentId, ComponentName, EnvironmentName, Tier},
    object::{Hash, Object, ObjectKey},
    observed::{Live, Observed},
    ownership,
    state::{Applied, Entry, Phase},
};

use super::made_by_us;

/// Components with what they need.
type Components = BTreeMap<ComponentId, BTreeSet<ComponentId>>;

/// Rebuilds what a record holds. What was applied is known only as far as managedFields tell, so the next plan asks the
/// server about every object once. The definition, where there is one, tells which tier a component is of.
#[must_use]
pub fn rebuild(
    environment: &EnvironmentName,
    desired: Option<&Desired>,
    observed: &Observed,
) -> (BTreeMap<ObjectKey, Entry>, Components) {
    let components: Components = desired
        .into_iter()
        .flat_map(|desired| &desired.components)
        .map(|(id, component)| (id.clone(), component.needs.clone()))
        .collect();
    let mut entries = BTreeMap::new();
    for (key, live) in &observed.objects {
        let (object, is_secret) = match live {
            Live::Absent => continue,
            Live::Present(object) => (object, false),
            Live::Metadata(object) => (object, true),
        };
        if !made_by_us(object, environment) {
            continue;
        }
        let Some(applied) = applied(object, is_secret) else { continue };
        let component = object.label(LABEL_COMPONENT).and_then(|name| component(name, &components));
        let api_version = object.api_version().unwrap_or("v1").to_owned();
        entries.insert(key.clone(), Entry { component, api_version, phase: Phase::Applied(applied), deed: None });
    }
    let present: BTreeSet<&ComponentId> = entries.values().filter_map(|entry| entry.component.as_ref()).collect();
    let components = present.into_iter().map(|id| (id.clone(), components.get(id).cloned().unwrap_or_default()));
    let components = components.collect();
    (entries, components)
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

/// A label names a component without its tier; one that no definition knows is taken for a service.
fn component(name: &str, known: &Components) -> Option<ComponentId> {
    let name = ComponentName::new(name).ok()?;
    let found = known.keys().find(|id| id.name == name).cloned();
    Some(found.unwrap_or(ComponentId { tier: Tier::Service, name }))
}
