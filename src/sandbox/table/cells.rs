//! The cells of each kind, in the order of its columns.

use serde_json::Value;

use super::{
    network, pods, storage,
    words::{Row, human, labels, plain, selector, time},
};
use crate::sandbox::{kinds::Resource, store::text};

pub(super) fn cells(resource: &Resource, row: &Row<'_>) -> Vec<Value> {
    if let Some(custom) = &resource.custom {
        return custom.columns.cells(row);
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "ConfigMap") => vec![row.name(), (row.count("/data") + row.count("/binaryData")).into(), row.age()],
        ("", "Secret") => vec![row.name(), row.text("/type").into(), row.count("/data").into(), row.age()],
        ("", "ServiceAccount") => vec![row.name(), row.age()],
        ("", "Namespace") => vec![row.name(), row.text("/status/phase").into(), row.age()],
        ("", "Endpoints") => network::endpoints(row),
        ("", "Event") => event(row, "involvedObject", "source", ["count", "firstTimestamp", "lastTimestamp"]),
        ("events.k8s.io", "Event") => event(
            row,
            "regarding",
            "deprecatedSource",
            ["deprecatedCount", "deprecatedFirstTimestamp", "deprecatedLastTimestamp"],
        ),
        ("", "Node") => storage::node(row),
        ("", "PersistentVolumeClaim") => storage::claim(row),
        ("", "PersistentVolume") => storage::volume(row),
        ("", "Pod") => pods::cells(row),
        ("", "PodTemplate") => {
            let [names, images] = row.containers("/template/spec");
            vec![row.name(), names, images, labels(row.object.pointer("/template/metadata/labels")).into()]
        }
        ("", "ReplicationController") => {
            let [names, images] = row.containers("/spec/template/spec");
            let [desired, current, ready] = ["/spec/replicas", "/status/replicas", "/status/readyReplicas"]
                .map(|pointer| row.number(pointer).into());
            let selector = labels(row.object.pointer("/spec/selector")).into();
            vec![row.name(), desired, current, ready, row.age(), names, images, selector]
        }
        ("", "ResourceQuota") => quota(row),
        ("", "Service") => network::service(row),
        ("apps" | "batch", kind) => workload(kind, row),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(row),
        ("networking.k8s.io", "IngressClass") => network::ingress_class(row),
        ("networking.k8s.io", "Ingress") => network::ingress(row),
        ("networking.k8s.io", "IPAddress") => vec![row.name(), parent(row).into(), row.age()],
        ("networking.k8s.io", "NetworkPolicy") => {
            vec![row.name(), selector(row.object.pointer("/spec/podSelector"), "<none>").into(), row.age()]
        }
        ("networking.k8s.io", "ServiceCIDR") => {
            let ranges: Vec<String> = row.list("/spec/cidrs").iter().map(plain).collect();
            vec![row.name(), ranges.join(",").into(), row.age()]
        }
        ("policy", "PodDisruptionBudget") => {
            let [least, most] = ["/spec/minAvailable", "/spec/maxUnavailable"].map(|pointer| amount(row, pointer));
            vec![row.name(), least, most, row.number("/status/disruptionsAllowed").into(), row.age()]
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(row),
        ("storage.k8s.io", "CSIDriver") => storage::driver(row),
        ("storage.k8s.io", "CSINode") => vec![row.name(), row.count("/spec/drivers").into(), row.age()],
        ("storage.k8s.io", "StorageClass") => storage::storage_class(row),
        ("storage.k8s.io", "VolumeAttachment") => storage::attachment(row),
        ("storage.k8s.io", "VolumeAttributesClass") => vec![row.name(), row.text("/driverName").into(), row.age()],
        ("admissionregistration.k8s.io", kind) => admission(kind, row),
        ("scheduling.k8s.io", "PriorityClass") => {
            let (value, is_default) = (row.number("/value").into(), row.boolean("/globalDefault").into());
            vec![row.name(), value, is_default, row.age(), row.text("/preemptionPolicy").into()]
        }
        ("coordination.k8s.io", "Lease") => vec![row.name(), row.text("/spec/holderIdentity").into(), row.age()],
        ("discovery.k8s.io", "EndpointSlice") => network::slice(row),
        _ => vec![row.name(), row.text("/metadata/creationTimestamp").into()],
    }
}

fn amount(row: &Row<'_>, pointer: &str) -> Value {
    row.object.pointer(pointer).map_or_else(|| "N/A".into(), |value| plain(value).into())
}

fn workload(kind: &str, row: &Row<'_>) -> Vec<Value> {
    let [names, images] = row.containers("/spec/template/spec");
    let number = |pointer: &str| Value::from(row.number(pointer));
    let share =
        || -> Value { format!("{}/{}", row.number("/status/readyReplicas"), row.number("/spec/replicas")).into() };
    let chosen = |none: &str| Value::from(selector(row.object.pointer("/spec/selector"), none));
    match kind {
        "Deployment" => {
            let (updated, available) = (number("/status/updatedReplicas"), number("/status/availableReplicas"));
            vec![row.name(), share(), updated, available, row.age(), names, images, chosen("")]
        }
        "ReplicaSet" => {
            let (desired, current) = (number("/spec/replicas"), number("/status/replicas"));
            let ready = number("/status/readyReplicas");
            vec![row.name(), desired, current, ready, row.age(), names, images, chosen("<none>")]
        }
        "StatefulSet" => vec![row.name(), share(), row.age(), names, images],
        "DaemonSet" => {
            let mut cells = vec![row.name()];
            let numbers = ["desiredNumberScheduled", "currentNumberScheduled", "numberReady"];
            let numbers = numbers.iter().chain(&["updatedNumberScheduled", "numberAvailable"]);
            cells.extend(numbers.map(|field| number(&format!("/status/{field}"))));
            cells.push(labels(row.object.pointer("/spec/template/spec/nodeSelector")).into());
            cells.extend([row.age(), names, images, chosen("<none>")]);
            cells
        }
        "ControllerRevision" => vec![row.name(), controller(row).into(), number("/revision"), row.age()],
        "Job" => {
            let cells = vec![row.name(), job_status(row).into(), completions(row).into(), duration(row).into()];
            cells.into_iter().chain([row.age(), names, images, chosen("<none>")]).collect()
        }
        "CronJob" => {
            let [names, images] = row.containers("/spec/jobTemplate/spec/template/spec");
            let suspend = if row.boolean("/spec/suspend") { "True" } else { "False" };
            let last = match row.has("/status/lastScheduleTime") {
                true => row.since("/status/lastScheduleTime"),
                false => "<none>".to_owned(),
            };
            let chosen = selector(row.object.pointer("/spec/jobTemplate/spec/selector"), "<none>");
            let schedule = row.text("/spec/schedule").into();
            let zone = row.text_or("/spec/timeZone", "<none>");
            let active = row.count("/status/active").into();
            let cells = vec![row.name(), schedule, zone, suspend.into(), active, last.into(), row.age()];
            cells.into_iter().chain([names, images, chosen.into()]).collect()
        }
        _ => vec![row.name(), row.text("/metadata/creationTimestamp").into()],
    }
}

/// `deployment.apps/web`, of what controls an object.
fn controller(row: &Row<'_>) -> String {
    let owners = row.list("/metadata/ownerReferences").iter();
    let Some(owner) = { owners }.find(|owner| owner["controller"] == true) else { return "<none>".to_owned() };
    let (group, _) = crate::object::split_api_version(text(owner, "/apiVersion"));
    let kind = text(owner, "/kind").to_lowercase();
    let kind = if group.is_empty() { kind } else { format!("{kind}.{group}") };
    format!("{kind}/{}", text(owner, "/name"))
}

fn job_status(row: &Row<'_>) -> &'static str {
    let holds = |kind: &str| {
        row.list("/status/conditions").iter().any(|known| known["type"] == kind && known["status"] == "True")
    };
    // What is told first outweighs the rest.
    let ended = ["Complete", "Failed"].into_iter().find(|kind| holds(kind));
    let goes_on = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];
    match ended {
        Some(ended) => ended,
        None if row.is_terminating() => "Terminating",
        None => goes_on.into_iter().find(|kind| holds(kind)).unwrap_or("Running"),
    }
}

fn completions(row: &Row<'_>) -> String {
    let succeeded = row.number("/status/succeeded");
    match row.object.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None => match row.number("/spec/parallelism") {
            ..=1 => format!("{succeeded}/1"),
            parallel => format!("{succeeded}/1 of {parallel}"),
        },
    }
}

fn duration(row: &Row<'_>) -> String {
    let Some(start) = time(row.text("/status/startTime")) else { return String::new() };
    let end = time(row.text("/status/completionTime")).unwrap_or(row.now);
    human(end.as_second() - start.as_second())
}

fn event(row: &Row<'_>, about: &str, source: &str, [count, first, last]: [&str; 3]) -> Vec<Value> {
    let word = |pointer: &str| row.text(pointer);
    let ago = |pointers: &[&str]| {
        let known = pointers.iter().find(|pointer| time(row.text(pointer)).is_some());
        known.map_or_else(|| "<unknown>".to_owned(), |pointer| row.since(pointer))
    };
    let (first, last) = (format!("/{first}"), format!("/{last}"));
    let began = ago(&[&first, "/eventTime"]);
    let seen = ago(&["/series/lastObservedTime", &last, &first, "/eventTime"]);
    let times = match [row.number("/series/count"), row.number(&format!("/{count}"))] {
        [0, 0] => 1,
        [0, times] | [times, _] => times,
    };
    let kind = word(&format!("/{about}/kind")).to_lowercase();
    let target = match word(&format!("/{about}/name")) {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let or = |given: &str, other: &str| if given.is_empty() { other.to_owned() } else { given.to_owned() };
    let reporter = ["reportingComponent", "reportingController"].iter().map(|field| word(&format!("/{field}")));
    let component = or(word(&format!("/{source}/component")), { reporter }.find(|name| !name.is_empty()).unwrap_or(""));
    let source = match or(word(&format!("/{source}/host")), word("/reportingInstance")) {
        instance if instance.is_empty() => component,
        instance => format!("{component}, {instance}"),
    };
    let message = if row.has("/message") { word("/message") } else { word("/note") };
    vec![
        seen.into(),
        word("/type").into(),
        word("/reason").into(),
        target.into(),
        word(&format!("/{about}/fieldPath")).into(),
        source.into(),
        message.trim().into(),
        began.into(),
        times.into(),
        row.name(),
    ]
}

/// What is used of what is allowed, limits apart.
fn quota(row: &Row<'_>) -> Vec<Value> {
    let hard = row.object.pointer("/status/hard").and_then(Value::as_object);
    let mut amounts: Vec<(&String, &Value)> = hard.into_iter().flatten().collect();
    amounts.sort_by_key(|(name, _)| *name);
    let used = row.object.pointer("/status/used");
    let shown = |limits: bool| -> Value {
        let chosen = amounts.iter().filter(|(name, _)| name.starts_with("limits.") == limits);
        let each = chosen.map(|(name, hard)| {
            let used = used.and_then(|used| used.get(name.as_str())).map_or_else(|| "0".to_owned(), plain);
            format!("{name}: {used}/{}", plain(hard))
        });
        each.collect::<Vec<_>>().join(", ").into()
    };
    vec![row.name(), shown(false), shown(true), row.age()]
}

fn parent(row: &Row<'_>) -> String {
    if !row.has("/spec/parentRef") {
        return "<none>".to_owned();
    }
    let [group, resource, namespace, name] =
        ["group", "resource", "namespace", "name"].map(|field| row.text(&format!("/spec/parentRef/{field}")));
    let resource = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let parts = [resource.as_str(), namespace, name];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
}

fn binding(row: &Row<'_>) -> Vec<Value> {
    let subjects = |kind: &str| -> Value {
        let of_kind = row.list("/subjects").iter().filter(|subject| subject["kind"] == kind);
        let names = of_kind.map(|subject| match (kind, text(subject, "/namespace")) {
            ("ServiceAccount", namespace) => format!("{namespace}/{}", text(subject, "/name")),
            _ => text(subject, "/name").to_owned(),
        });
        names.collect::<Vec<_>>().join(", ").into()
    };
    let role = format!("{}/{}", row.text("/roleRef/kind"), row.text("/roleRef/name"));
    vec![row.name(), role.into(), row.age(), subjects("User"), subjects("Group"), subjects("ServiceAccount")]
}

fn admission(kind: &str, row: &Row<'_>) -> Vec<Value> {
    match kind {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            vec![row.name(), row.count("/webhooks").into(), row.age()]
        }
        "MutatingAdmissionPolicy" | "ValidatingAdmissionPolicy" => {
            let rules = row.count("/spec/mutations") + row.count("/spec/validations");
            let parameters = match row.text("/spec/paramKind/kind") {
                "" => "<unset>".to_owned(),
                kind => format!("{}/{kind}", row.text("/spec/paramKind/apiVersion")),
            };
            vec![row.name(), rules.into(), parameters.into(), row.age()]
        }
        _ => {
            let parameters = match [row.text("/spec/paramRef/namespace"), row.text("/spec/paramRef/name")] {
                [_, ""] => "<unset>".to_owned(),
                ["", name] => format!("*/{name}"),
                [namespace, name] => format!("{namespace}/{name}"),
            };
            vec![row.name(), row.text("/spec/policyName").into(), parameters.into(), row.age()]
        }
    }
}

fn autoscaler(row: &Row<'_>) -> Vec<Value> {
    let target = format!("{}/{}", row.text("/spec/scaleTargetRef/kind"), row.text("/spec/scaleTargetRef/name"));
    let least = match row.has("/spec/minReplicas") {
        true => row.number("/spec/minReplicas").to_string(),
        false => "<unset>".to_owned(),
    };
    let cells = vec![row.name(), target.into(), targets(row).into(), least.into()];
    let numbers = ["/spec/maxReplicas", "/status/currentReplicas"].map(|pointer| row.number(pointer).into());
    cells.into_iter().chain(numbers).chain([row.age()]).collect()
}

/// How many metrics are shown.
const METRICS: usize = 2;

fn targets(row: &Row<'_>) -> String {
    // Version 1 knows one metric, in two fields.
    if row.has("/spec/targetCPUUtilizationPercentage") {
        let current = match row.has("/status/currentCPUUtilizationPercentage") {
            true => format!("{}%", row.number("/status/currentCPUUtilizationPercentage")),
            false => "<unknown>".to_owned(),
        };
        return format!("cpu: {current}/{}%", row.number("/spec/targetCPUUtilizationPercentage"));
    }
    let (metrics, now) = (row.list("/spec/metrics"), row.list("/status/currentMetrics"));
    let shown: Vec<String> = metrics.iter().enumerate().map(|(at, metric)| target(metric, now.get(at))).collect();
    if shown.is_empty() { "<none>".to_owned() } else { super::words::first_of(&shown, METRICS, ", ") }
}

fn target(metric: &Value, now: Option<&Value>) -> String {
    const SOURCES: [&str; 5] = ["external", "pods", "object", "resource", "containerResource"];
    let Some(source) = SOURCES.into_iter().find(|source| metric.get(source).is_some()) else {
        return "<unknown type>".to_owned();
    };
    let wanted = &metric[source]["target"];
    let now = now.and_then(|now| now.pointer(&format!("/{source}/current")));
    let current = |field: &str| now.and_then(|now| now.get(field));
    let or_unknown = |value: Option<&Value>| value.map_or_else(|| "<unknown>".to_owned(), plain);
    let average = wanted.get("averageValue");
    match source {
        "resource" | "containerResource" => {
            let name = text(metric, &format!("/{source}/name"));
            let percent =
                |value: Option<&Value>, none: &str| value.map_or(none.to_owned(), |value| format!("{value}%"));
            match average {
                Some(wanted) => format!("{name}: {}/{}", or_unknown(current("averageValue")), plain(wanted)),
                None => {
                    let wanted = percent(wanted.get("averageUtilization"), "<auto>");
                    format!("{name}: {}/{wanted}", percent(current("averageUtilization"), "<unknown>"))
                }
            }
        }
        "pods" => format!("{}/{}", or_unknown(current("averageValue")), or_unknown(average)),
        _ => match average {
            Some(wanted) => format!("{}/{} (avg)", or_unknown(current("averageValue")), plain(wanted)),
            None => format!("{}/{}", or_unknown(current("value")), or_unknown(wanted.get("value"))),
        },
    }
}
