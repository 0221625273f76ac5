//! The pods behind an address: found by the record and by owner references, never by a name that somebody has to know.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    cli::Place,
    diagnostic::suggestion,
    failure::{Failure, FailureKind},
    names::{ComponentId, Namespace},
    object::{GroupKind, Object, ObjectKey},
    readiness,
    state::State,
};

use super::{
    desk::Desk,
    link::Link,
    recorded::{Ground, ground, unknown},
};

/// The annotation that names the container that is meant, where a pod has several; kubectl heeds it too.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The workloads of a place.
pub(super) struct Workloads {
    pub namespace: Namespace,
    pub all: Vec<(ComponentId, ObjectKey)>,
    /// The Services of the same components, as they were applied.
    pub services: Vec<Object>,
}

/// A pod with the component that it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Pod {
    pub component: ComponentId,
    pub object: Object,
}

/// Finds the workloads of a place in the record.
pub(super) async fn workloads(desk: &Desk<'_>, link: &mut Link, place: &Place) -> Result<Workloads, Failure> {
    let workspace = desk.workspace()?;
    let Place { environment, component, object } = place;
    let Some(Ground { state, .. }) = ground(desk, link, &workspace, environment).await? else {
        if workspace.find(environment).is_err() {
            return Err(unknown(link, &workspace, environment).await?);
        }
        let failure = Failure::new(FailureKind::Usage, format!("environment {environment} is not applied"));
        return Err(failure.hint(format!("ditc apply {environment}{}", desk.global.repeat())));
    };
    let is_meant = |id: &ComponentId, key: &ObjectKey| {
        component.as_ref().is_none_or(|name| *name == id.name)
            && object.as_ref().is_none_or(|object| {
                object.kind == key.kind.kind
                    && object.name == key.name
                    && object.group.as_ref().is_none_or(|group| *group == key.kind.group)
            })
    };
    let mut all: Vec<(ComponentId, ObjectKey)> = state
        .entries
        .iter()
        .filter(|(key, _)| readiness::has_pods(&key.kind))
        .filter_map(|(key, entry)| Some((entry.component.clone()?, key.clone())))
        .filter(|(id, key)| is_meant(id, key))
        .collect();
    all.sort();
    if all.is_empty() {
        return Err(nothing(desk, &state, place));
    }
    let services = state
        .entries
        .iter()
        .filter(|(key, entry)| {
            key.kind.is("", "Service") && all.iter().any(|(id, _)| entry.component.as_ref() == Some(id))
        })
        .filter_map(|(_, entry)| Some(entry.applied()?.body.clone()))
        .collect();
    Ok(Workloads { namespace: state.namespace, all, services })
}

fn nothing(desk: &Desk<'_>, state: &State, place: &Place) -> Failure {
    let environment = &state.environment;
    let Some(name) = &place.component else {
        return Failure::new(FailureKind::Usage, format!("environment {environment} has no workload with pods"));
    };
    let known: BTreeSet<&ComponentId> = state.components.keys().collect();
    if known.iter().any(|id| id.name == *name) {
        let failure = Failure::new(FailureKind::Usage, format!("{environment}/{name} has no such workload with pods"));
        return failure.hint(format!("ditc state list {environment}{}", desk.global.repeat()));
    }
    let failure = Failure::new(FailureKind::Usage, format!("environment {environment} has no component {name}"));
    match suggestion(name.as_str(), known.iter().map(|id| id.name.as_str())) {
        Some(meant) => failure.hint(format!("did you mean `{environment}/{meant}`?")),
        None => {
            let names: Vec<&str> = known.iter().map(|id| id.name.as_str()).collect();
            failure.hint(format!("it has {}", names.join(", ")))
        }
    }
}

impl Workloads {
    /// The kinds that must be looked at to find their pods.
    pub(super) fn kinds(&self) -> BTreeSet<(GroupKind, String)> {
        self.all.iter().flat_map(|(_, key)| readiness::kinds_of_pods(&key.kind)).collect()
    }

    /// Their pods among all objects of [`Workloads::kinds`].
    pub(super) fn pods(&self, objects: &[Object]) -> Vec<Pod> {
        let of = |(component, key): &(ComponentId, ObjectKey)| {
            let pods = readiness::pods_of(key, objects).into_iter();
            pods.map(|object| Pod { component: component.clone(), object: object.clone() }).collect::<Vec<_>>()
        };
        self.all.iter().flat_map(of).collect()
    }
}

/// The pod to reach into: the first that is ready, else one that runs.
///
/// # Errors
/// When none runs.
pub(super) fn reachable(pods: Vec<Pod>, place: &str) -> Result<Pod, Failure> {
    let runs = |pod: &&Pod| pod.object.at("/status/phase").is_some_and(|phase| phase == "Running");
    let is_ready = |pod: &&Pod| readiness::judge(&pod.object, None).is_ready();
    let found = pods.iter().filter(runs).find(is_ready).or_else(|| pods.iter().find(runs)).cloned();
    found.ok_or_else(|| {
        let failure = Failure::new(FailureKind::Cluster, format!("{place} has no pod that runs"));
        failure.hint("ditc status tells why")
    })
}

impl Pod {
    /// The port behind one that a Service has, else the same: whoever knows the pod's own may name that.
    pub(super) fn port(&self, services: &[Object], named: u16) -> u16 {
        let ports = services.iter().filter_map(|service| service.at("/spec/ports")?.as_array()).flatten();
        let Some(port) = ports.into_iter().find(|port| port["port"] == named) else { return named };
        let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
        match &port["targetPort"] {
            Value::String(name) => {
                let containers = self.object.at("/spec/containers").and_then(Value::as_array).into_iter().flatten();
                let mut ports = containers.filter_map(|container| container.get("ports")?.as_array()).flatten();
                ports
                    .find(|port| port["name"] == name.as_str())
                    .and_then(|port| number(&port["containerPort"]))
                    .unwrap_or(named)
            }
            target => number(target).unwrap_or(named),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.object.name().unwrap_or_default()
    }

    /// The container that is meant: the one that is named, else the pod's own choice, else its first.
    ///
    /// # Errors
    /// When it has none of that name.
    pub(super) fn container(&self, named: Option<&str>) -> Result<String, Failure> {
        let names = self.containers();
        match named {
            Some(named) if names.iter().any(|name| name == named) => Ok(named.to_owned()),
            Some(named) => {
                let message = format!("pod {} has no container {named}", self.name());
                Err(Failure::new(FailureKind::Usage, message).hint(format!("it has {}", names.join(", "))))
            }
            None => {
                let chosen = self.object.annotation(DEFAULT_CONTAINER).filter(|name| names.iter().any(|n| n == name));
                Ok(chosen.map(str::to_owned).or_else(|| names.first().cloned()).unwrap_or_default())
            }
        }
    }

    /// All its containers, those that run with it first.
    pub(super) fn containers(&self) -> Vec<String> {
        let lists = ["/spec/containers", "/spec/initContainers", "/spec/ephemeralContainers"];
        let lists = lists.iter().filter_map(|list| self.object.at(list)?.as_array());
        lists.flatten().filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
    }

    /// How often a container was started, as far as it has started at all.
    pub(super) fn starts(&self, container: &str) -> Option<u64> {
        let lists =
            ["/status/containerStatuses", "/status/initContainerStatuses", "/status/ephemeralContainerStatuses"];
        let mut statuses = lists.iter().filter_map(|list| self.object.at(list)?.as_array()).flatten();
        let status = statuses.find(|status| status["name"] == container)?;
        let has_started = ["running", "terminated"].iter().any(|state| status["state"].get(state).is_some());
        has_started.then(|| status.get("restartCount").and_then(Value::as_u64).unwrap_or(0))
    }
}
