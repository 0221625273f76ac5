//! Jobs run their pods to the end.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{Condition, Context, MANAGER, controlled_by, number, numbers, pods};
use crate::sandbox::store::{Place, text};

fn has(job: &Value, kind: &str) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|known| known["type"] == kind && known["status"] == "True")
}

pub(super) fn reconcile(context: &mut Context<'_>, place: &Place, job: &Arc<Value>) {
    if has(job, "Complete") || has(job, "Failed") {
        expire(context, place, job);
        return;
    }
    let all = context.controlled(job, "", "Pod");
    let in_phase =
        |phase: &str| i64::try_from(all.iter().filter(|pod| text(pod, "/status/phase") == phase).count()).unwrap_or(0);
    let (succeeded, failed) = (in_phase("Succeeded"), in_phase("Failed"));
    let mut active: Vec<Arc<Value>> = all.iter().filter(|pod| pods::is_active(pod)).cloned().collect();
    let is_suspended = job["spec"]["suspend"] == true;
    let completions = job.pointer("/spec/completions").and_then(Value::as_i64).unwrap_or(1);
    let is_complete = succeeded >= completions;
    let restarts: i64 = active.iter().map(|pod| number(pod, "/status/containerStatuses/0/restartCount")).sum();
    // A pod that starts its containers again never fails itself.
    let limit = number(job, "/spec/backoffLimit");
    let is_failed = failed > limit || (restarts > 0 && restarts >= limit);
    // The time runs only while pods may.
    let late = !is_suspended && deadline(context, place, job);
    if is_suspended || is_failed || late {
        for pod in std::mem::take(&mut active) {
            context.delete(&pod, None);
        }
    } else if !is_complete {
        let wanted = number(job, "/spec/parallelism").min(completions - succeeded);
        for _ in i64::try_from(active.len()).unwrap_or(0)..wanted {
            let template = &job["spec"]["template"];
            let metadata = json!({
                "generateName": format!("{}-", text(job, "/metadata/name")), "labels": template["metadata"]["labels"],
                "annotations": template["metadata"]["annotations"], "ownerReferences": controlled_by(job),
            });
            let pod = json!({"metadata": metadata, "spec": template["spec"]});
            let Ok(pod) = context.create_pod(job, pod) else { break };
            active.push(pod);
        }
    }
    let now = context.now.to_owned();
    let mut status: Map<String, Value> = Map::new();
    if !is_suspended {
        let started = job.pointer("/status/startTime").cloned();
        status.insert("startTime".into(), started.unwrap_or_else(|| now.as_str().into()));
    }
    let ready = active.iter().filter(|pod| pods::is_ready(pod)).count();
    status.extend(numbers(&[
        ("active", i64::try_from(active.len()).unwrap_or(0)),
        ("succeeded", succeeded),
        ("failed", failed),
    ]));
    status.insert("terminating".into(), 0.into());
    status.insert("ready".into(), ready.into());
    status.insert("uncountedTerminatedPods".into(), json!({}));
    let reached = "Reached expected number of succeeded pods";
    let exceeded = "Job has reached the specified backoff limit";
    let expired = "Job was active longer than specified deadline";
    let both = |first, second, reason, message| {
        [first, second].map(|kind| Condition { kind, status: true, reason, message }.write(job, &now, false))
    };
    let conditions: Vec<Value> = match (is_complete, late, is_failed, is_suspended) {
        (true, ..) => both("SuccessCriteriaMet", "Complete", "CompletionsReached", reached).to_vec(),
        (_, true, ..) => both("FailureTarget", "Failed", "DeadlineExceeded", expired).to_vec(),
        (_, _, true, _) => both("FailureTarget", "Failed", "BackoffLimitExceeded", exceeded).to_vec(),
        (_, _, _, true) => {
            vec![
                Condition { kind: "Suspended", status: true, reason: "JobSuspended", message: "Job suspended" }
                    .write(job, &now, false),
            ]
        }
        _ => Vec::new(),
    };
    if is_complete {
        context.event(job, "Normal", "Completed", "Job completed");
        status.insert("completionTime".into(), now.as_str().into());
    }
    if !conditions.is_empty() {
        let probed = conditions.into_iter().map(|mut condition| {
            condition["lastProbeTime"] = condition["lastTransitionTime"].clone();
            condition
        });
        status.insert("conditions".into(), probed.collect());
    }
    context.status(MANAGER, job, Value::Object(status));
    match (is_complete, late, is_failed) {
        (true, ..) => context.event(job, "Normal", "Completed", "Job completed"),
        (_, true, _) => context.event(job, "Warning", "DeadlineExceeded", expired),
        (.., true) => context.event(job, "Warning", "BackoffLimitExceeded", exceeded),
        _ => {}
    }
}

fn deadline(context: &mut Context<'_>, place: &Place, job: &Value) -> bool {
    let Some(seconds) = job.pointer("/spec/activeDeadlineSeconds").and_then(Value::as_u64) else { return false };
    let (wait, elapsed) =
        (Duration::from_secs(seconds), context.elapsed(format!("job {}", text(job, "/metadata/uid"))));
    if elapsed < wait {
        context.later(place, wait - elapsed);
    }
    elapsed >= wait
}

/// <https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/>
fn expire(context: &mut Context<'_>, place: &Place, job: &Arc<Value>) {
    let Some(seconds) = job.pointer("/spec/ttlSecondsAfterFinished").and_then(Value::as_u64) else { return };
    let (wait, elapsed) =
        (Duration::from_secs(seconds), context.elapsed(format!("end {}", text(job, "/metadata/uid"))));
    if elapsed < wait {
        context.later(place, wait - elapsed);
    } else {
        context.delete(job, None);
    }
}
