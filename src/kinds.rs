//! The kinds that a cluster serves: scope, versions and plural names. Discovery fills it; without a cluster a built-in
//! table serves.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::{GroupKind, Object, join_api_version};

/// One kind as the server serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    pub kind: GroupKind,
    /// In the server's order of preference; never empty.
    pub versions: Vec<String>,
    /// The name in URLs and in rights: `deployments`.
    pub plural: String,
    pub namespaced: bool,
}

impl Kind {
    /// `apps/v1`, in the version that the server prefers.
    #[must_use]
    pub fn api_version(&self) -> String {
        join_api_version(&self.kind.group, self.versions.first().map_or("v1", String::as_str))
    }

    /// The kind that a CustomResourceDefinition makes; none of another object, and of one that does not say enough
    /// (<https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/>).
    #[must_use]
    pub fn defined_by(definition: &Object) -> Option<Self> {
        if definition.kind()? != "CustomResourceDefinition" {
            return None;
        }
        let text = |pointer: &str| definition.at(pointer).and_then(Value::as_str);
        let served = |version: &&Value| version.get("served") != Some(&Value::Bool(false));
        let versions = definition.at("/spec/versions")?.as_array()?.iter().filter(served);
        let versions: Vec<String> =
            versions.filter_map(|version| Some(version.get("name")?.as_str()?.to_owned())).collect();
        (!versions.is_empty()).then_some(())?;
        Some(Self {
            kind: GroupKind::new(text("/spec/group")?, text("/spec/names/kind")?),
            versions,
            plural: text("/spec/names/plural")?.to_owned(),
            namespaced: text("/spec/scope")? == "Namespaced",
        })
    }

    #[must_use]
    pub fn serves(&self, version: &str) -> bool {
        self.versions.iter().any(|served| served == version)
    }
}

/// All kinds of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    kinds: BTreeMap<GroupKind, Kind>,
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        Self { kinds: kinds.into_iter().map(|kind| (kind.kind.clone(), kind)).collect() }
    }
}

impl Kinds {
    #[must_use]
    pub fn get(&self, kind: &GroupKind) -> Option<&Kind> {
        self.kinds.get(kind)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// These, and what definitions among the objects add to them; what the server serves already stays as it serves it.
    #[must_use]
    pub fn with_defined<'a>(&self, objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let defined = objects.into_iter().filter_map(Kind::defined_by);
        let mut kinds: BTreeMap<GroupKind, Kind> = defined.map(|kind| (kind.kind.clone(), kind)).collect();
        kinds.extend(self.kinds.clone());
        Self { kinds }
    }

    /// Whether Kubernetes itself has a kind.
    #[must_use]
    pub fn is_builtin(kind: &GroupKind) -> bool {
        BUILTIN.iter().any(|(group, _, name, ..)| kind.is(group, name))
    }

    /// The kinds of Kubernetes itself that people put into environments, for checks without a cluster.
    #[must_use]
    pub fn builtin() -> Self {
        BUILTIN
            .iter()
            .map(|&(group, version, kind, plural, namespaced)| Kind {
                kind: GroupKind::new(group, kind),
                versions: vec![version.to_owned()],
                plural: plural.to_owned(),
                namespaced,
            })
            .collect()
    }
}

/// Group, version, kind, plural, namespaced; as Kubernetes 1.36 serves them
/// (<https://kubernetes.io/docs/reference/kubernetes-api/>).
const BUILTIN: &[(&str, &str, &str, &str, bool)] = &[
    ("", "v1", "ConfigMap", "configmaps", true),
    ("", "v1", "Endpoints", "endpoints", true),
    ("", "v1", "Event", "events", true),
    ("", "v1", "LimitRange", "limitranges", true),
    ("", "v1", "Namespace", "namespaces", false),
    ("", "v1", "Node", "nodes", false),
    ("", "v1", "PersistentVolume", "persistentvolumes", false),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("", "v1", "Pod", "pods", true),
    ("", "v1", "PodTemplate", "podtemplates", true),
    ("", "v1", "ReplicationController", "replicationcontrollers", true),
    ("", "v1", "ResourceQuota", "resourcequotas", true),
    ("", "v1", "Secret", "secrets", true),
    ("", "v1", "Service", "services", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", true),
    ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
    ("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ("apps", "v1", "ControllerRevision", "controllerrevisions", true),
    ("apps", "v1", "DaemonSet", "daemonsets", true),
    ("apps", "v1", "Deployment", "deployments", true),
    ("apps", "v1", "ReplicaSet", "replicasets", true),
    ("apps", "v1", "StatefulSet", "statefulsets", true),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
    ("batch", "v1", "CronJob", "cronjobs", true),
    ("batch", "v1", "Job", "jobs", true),
    ("coordination.k8s.io", "v1", "Lease", "leases", true),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", true),
    ("networking.k8s.io", "v1", "IngressClass", "ingressclasses", false),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true),
    ("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false),
    ("storage.k8s.io", "v1", "StorageClass", "storageclasses", false),
];
