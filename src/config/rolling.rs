//! Makes workloads follow their configuration: a hash of the ConfigMaps and Secrets that a pod template uses stands on
//! the template, so that a changed configuration rolls its users.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    desired::Manifest,
    object::{Hash, ObjectKey},
    rolling::{ANNOTATION, uses},
};

/// Annotates the pod templates of all workloads that use a ConfigMap or Secret of the same environment.
pub(super) fn annotate(manifests: &mut BTreeMap<ObjectKey, Manifest>) {
    let hashes: BTreeMap<ObjectKey, Hash> = manifests
        .iter()
        .filter(|(key, _)| ["ConfigMap", "Secret"].iter().any(|kind| key.kind.is("", kind)))
        .map(|(key, manifest)| (key.clone(), manifest.hash()))
        .collect();
    for (key, manifest) in manifests {
        let used = uses(key, &manifest.body);
        let known = used.iter().filter_map(|used| Some((used, hashes.get(used)?)));
        let text: String = known.map(|(used, hash)| format!("{}/{}={hash}\n", used.kind.kind, used.name)).collect();
        let template = manifest.body.0.pointer_mut("/spec/template").filter(|_| !text.is_empty());
        let Some(template) = template else { continue };
        if template["metadata"].is_null() {
            template["metadata"] = Value::Object(Map::new());
        }
        // Half of the digest tells apart what must be told apart and keeps diffs readable.
        template["metadata"]["annotations"][ANNOTATION] = Value::from(&Hash::of(text.as_bytes()).to_string()[..32]);
    }
}
