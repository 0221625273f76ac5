//! What others set on objects of ours beside our fields. It is left alone, unless the object is made anew: that it is
//! there, or is lost, is told.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    names::ComponentId,
    object::{FieldPath, Object, ObjectKey, Segment},
    observed::Answer,
    ownership::{self, FIELD_MANAGER, Owner, Paths},
};

use super::{Action, Change, Input, Policy, standing::is_ours};

/// Parts of Kubernetes that write into objects of others as a matter of course, besides the controllers whose fields
/// ditc leaves to them.
const KUBERNETES: [&str; 5] =
    ["kube-apiserver", "kube-scheduler", "kubelet", "cloud-controller-manager", "cluster-autoscaler"];

/// The fields of others on one object of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Additions {
    pub component: Option<ComponentId>,
    pub fields: Vec<Addition>,
}

/// A field that another manager set, and that never was ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    pub path: FieldPath,
    /// None where values are not read.
    pub value: Option<Value>,
    pub manager: String,
    /// When that manager last wrote, as the server has it.
    pub time: Option<String>,
}

/// What others set on the objects that are desired and are ours, or become it, as far as it stays.
pub(super) fn additions(input: &Input, changes: &BTreeMap<ObjectKey, Change>) -> BTreeMap<ObjectKey, Additions> {
    let manifests = input.desired.iter().flat_map(|desired| desired.manifests.values());
    let added = manifests.filter_map(|manifest| {
        let key = &manifest.key;
        let live = input.observed.objects.get(key)?.object()?;
        let object = match (changes.get(key).map(|change| change.action), input.answers.get(key)) {
            (Some(Action::Replace), _) => return None,
            // What it will be: its former owners have let go of what becomes ours.
            (Some(Action::Adopt), Some(Answer::Accepted(answer))) => answer,
            (Some(Action::Adopt), _) => live,
            _ if live.is_terminating() || !is_ours(live, input.entry(key), input.environment) => return None,
            // Who made it anew wrote all of it.
            _ if input.applied(key).is_some_and(|applied| live.uid().as_ref() != Some(&applied.uid)) => return None,
            _ => live,
        };
        let recorded = input.applied(key).map(|applied| applied.owned.union(&applied.yielded)).unwrap_or_default();
        // A path of the manifest that others own is a conflict or left to a controller, and is told as such.
        let is_known = |path: &FieldPath| recorded.reaches(&path.0) || path.get(&manifest.body.0).is_some();
        let mut fields = beside_ours(object, |owner| is_told(owner, input.policy));
        fields.retain(|field| !is_known(&field.path) && !is_filled_in(key, &field.path));
        let component = manifest.component.clone();
        (!fields.is_empty()).then(|| (key.clone(), Additions { component, fields }))
    });
    added.collect()
}

/// Whether the server itself sets a field, in the name of whoever made the object: the label that names a namespace
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>).
fn is_filled_in(key: &ObjectKey, path: &FieldPath) -> bool {
    key.kind.is("", "Namespace") && *path == FieldPath::fields(&["metadata", "labels", "kubernetes.io/metadata.name"])
}

/// What others set on an object that is to be made anew: nobody sets it on the new one. What Kubernetes notes in the
/// metadata, it notes again.
pub(super) fn set_by_others(live: &Object, policy: &Policy) -> Vec<Addition> {
    let is_controller = |manager: &str| policy.is_controller(manager) || KUBERNETES.contains(&manager);
    let mut fields = beside_ours(live, |owner| owner.manager != FIELD_MANAGER && owner.subresource != "status");
    fields.retain(|field| {
        let is_metadata = field.path.0.first() == Some(&Segment::Field("metadata".to_owned()));
        !(is_metadata && is_controller(&field.manager))
    });
    fields
}

fn beside_ours(live: &Object, is_told: impl Fn(&Owner) -> bool) -> Vec<Addition> {
    let ours = ownership::our_paths(live);
    let mut found: BTreeMap<FieldPath, Addition> = BTreeMap::new();
    for owner in ownership::owners(live).iter().filter(|owner| is_told(owner)) {
        for path in told(&owner.paths, &ours) {
            let value = path.get(&live.0).cloned();
            let (manager, time) = (owner.manager.clone(), owner.time.clone());
            found.entry(path.clone()).or_insert(Addition { path, value, manager, time });
        }
    }
    // A field of an item is told with the item, whoever else wrote it.
    let paths: Vec<FieldPath> = found.keys().cloned().collect();
    let lies_in = |path: &FieldPath, other: &FieldPath| path.0.len() > other.0.len() && path.0.starts_with(&other.0);
    found.retain(|path, _| !paths.iter().any(|other| lies_in(path, other)));
    found.into_values().collect()
}

fn is_told(owner: &Owner, policy: &Policy) -> bool {
    owner.manager != FIELD_MANAGER
        && owner.subresource != "status"
        && !policy.is_controller(&owner.manager)
        && !KUBERNETES.contains(&owner.manager.as_str())
}

/// The paths of another that are not ours: an item of a list as one, a map by its fields.
fn told(theirs: &Paths, ours: &Paths) -> Vec<FieldPath> {
    fn walk(theirs: &Paths, ours: &Paths, at: &FieldPath, found: &mut Vec<FieldPath>) {
        for (segment, node) in theirs.children() {
            let path = at.with(segment.clone());
            if at.0.is_empty() && *segment == Segment::Field("status".to_owned()) {
                continue;
            }
            let is_item = !matches!(segment, Segment::Field(_));
            let is_whole = node.below.is_empty() || (is_item && node.member && !ours.reaches(&path.0));
            if !is_whole {
                walk(&node.below, ours, &path, found);
            } else if !ours.reaches(&path.0) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(theirs, ours, &FieldPath::default(), &mut found);
    found
}
