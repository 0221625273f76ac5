//! Fields that a controller looks after by now, and that ditc leaves to it: the replicas of a workload that scales by
//! itself, above all.

use crate::{
    desired::Manifest,
    object::{FieldPath, Object, split_api_version},
    ownership::{self, FIELD_MANAGER, Paths},
};

use super::Input;

/// Controllers whose fields are left to them. A person who types `kubectl scale` writes through the same subresource
/// as an autoscaler, so the name of the manager decides.
pub const CONTROLLERS: [&str; 6] = [
    "kube-controller-manager",
    "clusterrole-aggregation-controller",
    "horizontal-pod-autoscaler",
    "keda-operator",
    "keda",
    "vpa-updater",
];

impl Input<'_> {
    /// The fields of a manifest that are left out of what is written: their manager is a controller, ditc does not own
    /// them, and, for replicas, an autoscaler that is there targets the object.
    pub(super) fn yields(&self, manifest: &Manifest, live: &Object) -> Paths {
        if self.observed.is_remembered {
            return self.applied(&manifest.key).map(|applied| applied.yielded.clone()).unwrap_or_default();
        }
        let mut yields = Paths::default();
        for path in self.controllers_fields(manifest, live) {
            let is_left = match path {
                _ if is_replicas(&path) => self.is_autoscaled(manifest),
                _ if is_rules(&path) => is_aggregated(manifest),
                _ => path.get(&manifest.body.0).is_some_and(|value| !value.is_array()),
            };
            if is_left {
                yields.insert(&path.0);
            }
        }
        yields
    }

    /// Fields of a manifest that a controller owns and ditc does not.
    fn controllers_fields(&self, manifest: &Manifest, live: &Object) -> Vec<FieldPath> {
        let owners = ownership::owners(live);
        let theirs = owners.iter().filter(|owner| {
            owner.manager != FIELD_MANAGER && owner.subresource != "status" && self.policy.is_controller(&owner.manager)
        });
        let is_leaf = |path: &FieldPath| path.get(&manifest.body.0).is_some_and(|value| !value.is_object());
        let mut fields: Vec<FieldPath> = theirs.flat_map(|owner| owner.paths.members()).filter(is_leaf).collect();
        if !fields.is_empty() {
            let ours = ownership::our_paths(live);
            fields.retain(|path| !ours.covers(&path.0));
        }
        fields
    }

    fn is_autoscaled(&self, manifest: &Manifest) -> bool {
        let targets = |autoscaler: &Object| {
            let target = autoscaler.at("/spec/scaleTargetRef");
            let text = |field: &str| target.and_then(|target| target.get(field)?.as_str()).unwrap_or_default();
            let group = split_api_version(text("apiVersion")).0;
            !autoscaler.is_terminating()
                && manifest.key.kind.is(group, text("kind"))
                && manifest.key.name == text("name")
        };
        self.autoscalers.iter().any(targets)
    }
}

fn is_replicas(path: &FieldPath) -> bool {
    *path == FieldPath::fields(&["spec", "replicas"])
}

fn is_rules(path: &FieldPath) -> bool {
    *path == FieldPath::fields(&["rules"])
}

/// Whether the rules of a role are those of others, so that whatever it asks for itself is written over
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>).
fn is_aggregated(manifest: &Manifest) -> bool {
    manifest.key.kind.is("rbac.authorization.k8s.io", "ClusterRole")
        && manifest.body.at("/aggregationRule").is_some_and(|rule| !rule.is_null())
}

/// Whether the autoscalers of the namespace must be known: a controller owns the replicas of some workload, and the
/// definition asks for a number.
#[must_use]
pub fn needs_autoscalers(input: &Input) -> bool {
    let manifests = input.desired.iter().flat_map(|desired| desired.manifests.values());
    manifests
        .filter_map(|manifest| Some((manifest, input.observed.objects.get(&manifest.key)?.object()?)))
        .any(|(manifest, live)| input.controllers_fields(manifest, live).iter().any(is_replicas))
}
