//! Pods that fail on request: what they show, and what is told of them.

use kube::{
    Client,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use super::{api, deployment, sandbox, settle, show};

async fn listed(client: &Client, kind: &str) -> Vec<Value> {
    let list = api(client, "", "v1", kind).list(&ListParams::default()).await.unwrap();
    list.items.iter().map(|object| serde_json::to_value(object).unwrap()).collect()
}

/// A text without the names and uids of generated pods.
fn plain(text: &str, pods: &[Value]) -> String {
    let part = |pod: &Value, field: &str| pod["metadata"][field].as_str().unwrap_or_default().to_owned();
    pods.iter()
        .fold(text.to_owned(), |text, pod| text.replace(&part(pod, "name"), "POD").replace(&part(pod, "uid"), "UID"))
}

/// What a Deployment's pods and the events about them say, when they fail in this way.
async fn told(fail: &str) -> String {
    let (sandbox, client) = sandbox();
    let mut object = deployment(1);
    let template = &mut object["spec"]["template"];
    template["metadata"]["annotations"] = json!({"sandbox.ditc.dev/fail": fail});
    template["spec"]["initContainers"] = json!([{"name": "init", "image": "i"}]);
    let deployments = api(&client, "apps", "v1", "Deployment");
    deployments.patch("orders", &PatchParams::apply("ditc"), &Patch::Apply(&object)).await.unwrap();
    settle(&sandbox).await;
    let mut pods = listed(&client, "Pod").await;
    pods.sort_by_key(|pod| pod["status"]["phase"].to_string());
    let mut lines = vec![format!("{fail}: ready {}", show(&deployments, "orders").await["status"]["readyReplicas"])];
    for pod in &pods {
        let status = &pod["status"];
        let conditions = status["conditions"].as_array().unwrap();
        let unmet: Vec<&str> = conditions
            .iter()
            .filter(|condition| condition["status"] == "False")
            .map(|condition| condition["reason"].as_str().unwrap_or_default())
            .collect();
        lines.push(format!("  {} {} {}", status["phase"], status["reason"], unmet.join(" ")));
        for list in ["initContainerStatuses", "containerStatuses"] {
            if let Some(container) = status[list].get(0) {
                let part = |part: &str| {
                    let (state, of) = container[part].as_object().unwrap().iter().next()?;
                    Some(format!("{state} {} {}", of["reason"], of["exitCode"]))
                };
                let (now, last) = (part("state").unwrap_or_default(), part("lastState").unwrap_or_default());
                lines.push(format!(
                    "  {} {now}, restarts {}, last {last}",
                    container["name"], container["restartCount"]
                ));
            }
        }
    }
    let mut events: Vec<String> = listed(&client, "Event")
        .await
        .iter()
        .filter(|event| event["involvedObject"]["kind"] == "Pod")
        .map(|event| {
            let (source, path) = (&event["reportingComponent"], &event["involvedObject"]["fieldPath"]);
            format!("  {} {} {source} {path}: {}", event["type"], event["reason"], event["message"].as_str().unwrap())
        })
        .collect();
    events.sort();
    lines.extend(events);
    plain(&lines.join("\n").replace('"', ""), &pods)
}

#[tokio::test(start_paused = true)]
async fn pods_fail_as_kubelet_and_scheduler_tell_it() {
    let mut all = String::new();
    for fail in [
        "CrashLoopBackOff",
        "OOMKilled",
        "ImagePullBackOff",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "InitCrashLoopBackOff",
        "NotReady",
        "Unschedulable",
        "Evicted",
    ] {
        all += &format!("{}\n", told(fail).await);
    }
    assert_data_eq!(
        all,
        str![[r#"
CrashLoopBackOff: ready null
  Running null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting CrashLoopBackOff null, restarts 1, last terminated Error 1
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning BackOff kubelet spec.containers{main}: Back-off restarting failed container main in pod POD_default(UID)
OOMKilled: ready null
  Running null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting CrashLoopBackOff null, restarts 1, last terminated OOMKilled 137
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning BackOff kubelet spec.containers{main}: Back-off restarting failed container main in pod POD_default(UID)
ImagePullBackOff: ready null
  Pending null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting ImagePullBackOff null, restarts 0, last 
  Normal BackOff kubelet spec.containers{main}: Back-off pulling image a:1
  Normal Pulling kubelet spec.containers{main}: Pulling image a:1
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Failed kubelet spec.containers{main}: Error: ErrImagePull
  Warning Failed kubelet spec.containers{main}: Error: ImagePullBackOff
  Warning Failed kubelet spec.containers{main}: Failed to pull image a:1: rpc error: code = NotFound desc = failed to pull and unpack image a:1: failed to resolve reference a:1: a:1: not found
InvalidImageName: ready null
  Pending null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting InvalidImageName null, restarts 0, last 
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Failed kubelet spec.containers{main}: Error: InvalidImageName
  Warning InspectFailed kubelet spec.containers{main}: Failed to apply default image tag a:1: couldn't parse image name a:1: invalid reference format
CreateContainerConfigError: ready null
  Pending null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting CreateContainerConfigError null, restarts 0, last 
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Failed kubelet spec.containers{main}: Error: secret absent not found
CreateContainerError: ready null
  Pending null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting CreateContainerError null, restarts 0, last 
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Failed kubelet spec.containers{main}: Error: failed to generate container spec: failed to apply OCI options: no such device absent
RunContainerError: ready null
  Running null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main waiting RunContainerError null, restarts 1, last terminated StartError 128
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Failed kubelet spec.containers{main}: Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: absent: executable file not found in $PATH: unknown
InitCrashLoopBackOff: ready null
  Pending null ContainersNotInitialized ContainersNotReady ContainersNotReady
  init waiting CrashLoopBackOff null, restarts 1, last terminated Error 1
  main waiting PodInitializing null, restarts 0, last 
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning BackOff kubelet spec.initContainers{init}: Back-off restarting failed container init in pod POD_default(UID)
NotReady: ready null
  Running null ContainersNotReady ContainersNotReady
  init terminated Completed 0, restarts 0, last 
  main running null null, restarts 0, last 
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Unhealthy kubelet spec.containers{main}: Readiness probe failed: HTTP probe failed with statuscode: 503
Unschedulable: ready null
  Pending null Unschedulable
  Warning FailedScheduling default-scheduler null: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.
Evicted: ready 1
  Failed Evicted  PodFailed PodFailed
  init terminated Completed 0, restarts 0, last 
  main terminated ContainerStatusUnknown 137, restarts 0, last 
  Running null 
  init terminated Completed 0, restarts 0, last 
  main running null null, restarts 0, last 
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Normal Scheduled default-scheduler null: Successfully assigned default/POD to sandbox
  Warning Evicted kubelet null: The node was low on resource: memory. Threshold quantity: 100Mi, available: 40Mi. 

"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_fails_with_its_pods_and_says_so() {
    for (policy, pods) in [("Never", 2), ("OnFailure", 0)] {
        let (sandbox, client) = sandbox();
        let template = json!({
            "metadata": {"annotations": {"sandbox.ditc.dev/fail": "Error"}},
            "spec": {"restartPolicy": policy, "containers": [{"name": "a", "image": "a"}]},
        });
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"backoffLimit": 1, "template": template},
        });
        let jobs = api(&client, "batch", "v1", "Job");
        jobs.patch("once", &PatchParams::apply("ditc"), &Patch::Apply(&job)).await.unwrap();
        settle(&sandbox).await;
        let live = show(&jobs, "once").await;
        assert_eq!(live["status"]["conditions"][1]["type"], "Failed", "{live}");
        assert_eq!(live["status"]["conditions"][1]["reason"], "BackoffLimitExceeded");
        assert_eq!(listed(&client, "Pod").await.len(), pods, "{policy}");
        let events = listed(&client, "Event").await;
        let event = events.iter().find(|event| event["reason"] == "BackoffLimitExceeded").unwrap();
        assert_eq!(event["source"], json!({"component": "job-controller"}));
    }
}
