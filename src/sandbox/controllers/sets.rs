//! Stateful sets with their claims, and daemon sets on the one node.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

use super::{Context, MANAGER, controlled_by, is_terminating, number, numbers, pods, short_hash};
use crate::sandbox::{convert::map_at, first::NODE, kinds, store::text};

const REVISION_LABEL: &str = "controller-revision-hash";

fn revision_of(pod: &Value) -> &str {
    text(pod, "/metadata/labels/controller-revision-hash")
}

/// The name of the template's revision, kept as an object as the real controllers do.
fn revision(context: &mut Context<'_>, owner: &Arc<Value>) -> String {
    let name = format!("{}-{}", text(owner, "/metadata/name"), short_hash(&owner["spec"]["template"]));
    let revisions = kinds::known("apps", "ControllerRevision");
    let namespace = text(owner, "/metadata/namespace").to_owned();
    let known = context.controlled(owner, "apps", "ControllerRevision");
    let latest = known.iter().map(|known| number(known, "/revision")).max().unwrap_or(0);
    match context.store.get(revisions.slot, &namespace, &name).cloned() {
        None => {
            let mut template = owner["spec"]["template"].clone();
            // Whoever goes back to it with a strategic merge patch replaces the whole.
            template["$patch"] = "replace".into();
            let object = json!({
                "metadata": {"name": name, "labels": owner["spec"]["template"]["metadata"]["labels"], "ownerReferences": controlled_by(owner)},
                "data": {"spec": {"template": template}}, "revision": latest + 1,
            });
            context.create(revisions, &namespace, object);
        }
        // Going back to an older template makes it the newest revision.
        Some(revision) if number(&revision, "/revision") < latest => {
            let mut new = Value::clone(&revision);
            new["revision"] = (latest + 1).into();
            context.update(MANAGER, "", &revision, new);
        }
        Some(_) => {}
    }
    name
}

pub(super) fn stateful(context: &mut Context<'_>, set: &Arc<Value>) {
    let update = revision(context, set);
    let current = Some(text(set, "/status/currentRevision").to_owned()).filter(|known| !known.is_empty());
    let mut current = current.unwrap_or_else(|| update.clone());
    let wanted = number(set, "/spec/replicas");
    let start = number(set, "/spec/ordinals/start");
    let in_order = text(set, "/spec/podManagementPolicy") != "Parallel";
    let name = text(set, "/metadata/name").to_owned();
    let mut by_ordinal: BTreeMap<i64, Arc<Value>> = BTreeMap::new();
    for pod in context.controlled(set, "", "Pod") {
        let ordinal = text(&pod, "/metadata/name").rsplit('-').next().and_then(|text| text.parse().ok());
        by_ordinal.extend(ordinal.map(|ordinal| (ordinal, pod)));
    }
    let partition = number(set, "/spec/updateStrategy/rollingUpdate/partition");
    let all_ready =
        |pods: &BTreeMap<i64, Arc<Value>>| pods.values().all(|pod| pods::is_ready(pod) && !is_terminating(pod));
    for ordinal in start..start + wanted {
        match by_ordinal.get(&ordinal) {
            Some(pod) if pods::is_finished(pod) => context.delete(pod, Some(0)),
            Some(pod) if in_order && (is_terminating(pod) || !pods::is_ready(pod)) => break,
            Some(_) => {}
            None => {
                let revision = if ordinal < start + partition { &current } else { &update };
                if !make_claims(context, set, ordinal) {
                    break;
                }
                let made = make_pod(context, set, &format!("{name}-{ordinal}"), ordinal, revision);
                by_ordinal.extend(made.map(|pod| (ordinal, pod)));
                if in_order {
                    break;
                }
            }
        }
    }
    let excess = by_ordinal.range(start + wanted..).next_back().map(|(_, pod)| Arc::clone(pod));
    let is_whole = by_ordinal.range(start..start + wanted).count() == usize::try_from(wanted).unwrap_or(0);
    if let Some(pod) = excess.filter(|pod| !is_terminating(pod)) {
        context.delete(&pod, None);
    } else if is_whole && text(set, "/spec/updateStrategy/type") != "OnDelete" {
        // One at a time from the end; one that does not run may always go.
        let outdated = by_ordinal.range(start + partition..).rev().find(|(_, pod)| revision_of(pod) != update);
        if let Some((_, pod)) = outdated
            && !is_terminating(pod)
            && (all_ready(&by_ordinal) || !pods::is_ready(pod))
        {
            context.delete(pod, None);
        }
    }
    let pods: Vec<Arc<Value>> = context.controlled(set, "", "Pod");
    let count =
        |wanted: &dyn Fn(&Value) -> bool| i64::try_from(pods.iter().filter(|pod| wanted(pod)).count()).unwrap_or(0);
    let ready = count(&|pod| pods::is_ready(pod) && !is_terminating(pod));
    let updated = count(&|pod| revision_of(pod) == update && !is_terminating(pod));
    if updated == wanted && ready == wanted && count(&|_| true) == wanted && partition == 0 {
        current.clone_from(&update);
    }
    let mut status: Map<String, Value> = Map::new();
    status.extend(numbers(&[("observedGeneration", number(set, "/metadata/generation"))]));
    status.insert("replicas".into(), count(&|_| true).into());
    status.extend(numbers(&[
        ("readyReplicas", ready),
        (
            "currentReplicas",
            if current == update { updated } else { count(&|pod| revision_of(pod) == current && !is_terminating(pod)) },
        ),
        ("updatedReplicas", updated),
    ]));
    status.insert("currentRevision".into(), current.into());
    status.insert("updateRevision".into(), update.into());
    status.insert("collisionCount".into(), 0.into());
    status.insert("availableReplicas".into(), ready.into());
    context.status(MANAGER, set, Value::Object(status));
}

/// Makes the claims of a pod that is to come; false when one is refused, and the pod must wait.
fn make_claims(context: &mut Context<'_>, set: &Arc<Value>, ordinal: i64) -> bool {
    let claims = kinds::known("", "PersistentVolumeClaim");
    let namespace = text(set, "/metadata/namespace").to_owned();
    for template in set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let name = claim_name(set, template, ordinal);
        if context.store.get(claims.slot, &namespace, &name).is_some() {
            continue;
        }
        let mut labels = template.pointer("/metadata/labels").and_then(Value::as_object).cloned().unwrap_or_default();
        labels
            .extend(set.pointer("/spec/selector/matchLabels").and_then(Value::as_object).cloned().unwrap_or_default());
        let annotations = template.pointer("/metadata/annotations").cloned().unwrap_or_default();
        let metadata = json!({"name": name, "labels": labels, "annotations": annotations});
        let claim = json!({"metadata": metadata, "spec": template["spec"]});
        if let Err(refusal) = context.try_create(MANAGER, claims, &namespace, claim) {
            let set_name = text(set, "/metadata/name");
            let why = &refusal.message;
            let message = format!(
                "Create Claim {name} for Pod {set_name}-{ordinal} in StatefulSet {set_name} failed error: {why}"
            );
            context.event_once(set, "Warning", "FailedCreate", &message, "claim");
            return false;
        }
    }
    true
}

fn claim_name(set: &Value, template: &Value, ordinal: i64) -> String {
    format!("{}-{}-{ordinal}", text(template, "/metadata/name"), text(set, "/metadata/name"))
}

fn make_pod(
    context: &mut Context<'_>,
    set: &Arc<Value>,
    name: &str,
    ordinal: i64,
    revision: &str,
) -> Option<Arc<Value>> {
    let mut pod = set["spec"]["template"].clone();
    let labels = map_at(&mut pod, &["metadata", "labels"])?;
    labels.insert("apps.kubernetes.io/pod-index".into(), ordinal.to_string().into());
    labels.insert(REVISION_LABEL.into(), revision.into());
    labels.insert("statefulset.kubernetes.io/pod-name".into(), name.into());
    let metadata = map_at(&mut pod, &["metadata"])?;
    metadata.insert("name".into(), name.into());
    metadata.insert("generateName".into(), format!("{}-", text(set, "/metadata/name")).into());
    metadata.insert("ownerReferences".into(), controlled_by(set));
    let volumes: Vec<Value> = set["spec"]["volumeClaimTemplates"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|template| {
            json!({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim_name(set, template, ordinal)}})
        })
        .collect();
    let spec = map_at(&mut pod, &["spec"])?;
    spec.insert("hostname".into(), name.into());
    if let Some(service) = set["spec"].get("serviceName") {
        spec.insert("subdomain".into(), service.clone());
    }
    let given = spec.get("volumes").and_then(Value::as_array).cloned().unwrap_or_default();
    let given = given.into_iter().filter(|volume| volumes.iter().all(|mine| mine["name"] != volume["name"]));
    let all: Vec<Value> = volumes.iter().cloned().chain(given).collect();
    spec.insert("volumes".into(), all.into());
    context.create_pod(set, pod).ok()
}

/// One pod, since there is one node; none where it is not chosen.
pub(super) fn daemon(context: &mut Context<'_>, set: &Arc<Value>) {
    let wanted = i64::from(is_chosen(context, set));
    let update = revision(context, set);
    let hash = update.rsplit('-').next().unwrap_or_default().to_owned();
    let mut pods = context.controlled(set, "", "Pod");
    let rolls = text(set, "/spec/updateStrategy/type") != "OnDelete";
    for pod in pods.iter().filter(|pod| !is_terminating(pod)) {
        if wanted == 0 || pods::is_finished(pod) || (rolls && revision_of(pod) != hash) {
            context.delete(pod, None);
        }
    }
    if pods.is_empty() && wanted > 0 {
        let mut pod = set["spec"]["template"].clone();
        if let Some(labels) = map_at(&mut pod, &["metadata", "labels"]) {
            labels.insert(REVISION_LABEL.into(), hash.clone().into());
            labels.insert("pod-template-generation".into(), "1".into());
        }
        if let Some(metadata) = map_at(&mut pod, &["metadata"]) {
            metadata.insert("generateName".into(), format!("{}-", text(set, "/metadata/name")).into());
            metadata.insert("ownerReferences".into(), controlled_by(set));
        }
        if let Some(spec) = map_at(&mut pod, &["spec"]) {
            spec.insert("nodeName".into(), NODE.into());
        }
        pods.extend(context.create_pod(set, pod));
    }
    let pods = context.controlled(set, "", "Pod");
    let count =
        |wanted: &dyn Fn(&Value) -> bool| i64::try_from(pods.iter().filter(|pod| wanted(pod)).count()).unwrap_or(0);
    let ready = count(&|pod| pods::is_ready(pod) && !is_terminating(pod)).min(wanted);
    let mut status: Map<String, Value> = Map::new();
    for (field, value) in [
        ("currentNumberScheduled", count(&|_| true).min(wanted)),
        ("numberMisscheduled", 0),
        ("desiredNumberScheduled", wanted),
        ("numberReady", ready),
    ] {
        status.insert(field.into(), value.into());
    }
    status.extend(numbers(&[
        ("observedGeneration", number(set, "/metadata/generation")),
        ("updatedNumberScheduled", count(&|pod| revision_of(pod) == hash && !is_terminating(pod))),
        ("numberAvailable", ready),
        ("numberUnavailable", wanted - ready),
    ]));
    context.status(MANAGER, set, Value::Object(status));
}

/// Whether the node has the labels that a set asks for.
fn is_chosen(context: &Context<'_>, set: &Value) -> bool {
    let node = context.store.get(kinds::known("", "Node").slot, "", NODE);
    let labels = node.and_then(|node| node.pointer("/metadata/labels"));
    let asked = set.pointer("/spec/template/spec/nodeSelector").and_then(Value::as_object);
    asked.into_iter().flatten().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
}
