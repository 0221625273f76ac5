//! Makes workloads follow their configuration: a hash of the ConfigMaps and Secrets that a pod template uses stands on
//! the template, so that a changed configuration rolls its users.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    desired::Manifest,
    object::{Hash, ObjectKey},
    rolling::{ANNOTATION, NOT_YET, uses},
    secret::Recipe,
};

/// Annotates the pod templates of all workloads that use a ConfigMap or Secret of the same environment.
pub(super) fn annotate(manifests: &mut BTreeMap<ObjectKey, Manifest>) {
    let is_known =
        |manifest: &Manifest| manifest.secret.iter().flat_map(Recipe::given).all(|(_, given)| given.digest.is_some());
    let hashes: BTreeMap<ObjectKey, Option<Hash>> = manifests
        .iter()
        .filter(|(key, _)| ["ConfigMap", "Secret"].iter().any(|kind| key.kind.is("", kind)))
        .map(|(key, manifest)| (key.clone(), is_known(manifest).then(|| contents(manifest))))
        .collect();
    for (key, manifest) in manifests {
        let used = uses(key, &manifest.body);
        let known: Vec<_> = used.iter().filter_map(|used| Some((used, hashes.get(used)?))).collect();
        let template = manifest.body.0.pointer_mut("/spec/template").filter(|_| !known.is_empty());
        let Some(template) = template else { continue };
        if template["metadata"].is_null() {
            template["metadata"] = Value::Object(Map::new());
        }
        let line = |(used, hash): (&ObjectKey, &Option<Hash>)| {
            hash.as_ref().map(|hash| format!("{}/{}={hash}\n", used.kind.kind, used.name))
        };
        let lines: Option<String> = known.into_iter().map(line).collect();
        // Half of the digest tells apart what must be told apart and keeps diffs readable.
        template["metadata"]["annotations"][ANNOTATION] = match lines {
            Some(text) => Value::from(&Hash::of(text.as_bytes()).to_string()[..32]),
            None => Value::from(NOT_YET),
        };
    }
}

/// The hash of what a ConfigMap or Secret holds. Its labels are nothing to a pod.
fn contents(manifest: &Manifest) -> Hash {
    let mut bare = manifest.clone();
    if let Some(map) = bare.body.0.as_object_mut() {
        map.shift_remove("metadata");
    }
    bare.hash()
}
