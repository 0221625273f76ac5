//! What quotas and limit ranges do to workloads.

use std::time::Duration;

use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use super::{api, deployment, sandbox, settle, show};

async fn create(client: &Client, kind: [&str; 2], object: Value) {
    let [group, kind] = kind;
    let version = "v1";
    let object = serde_json::from_value(object).unwrap();
    api(client, group, version, kind).create(&PostParams::default(), &object).await.unwrap();
}

async fn quota(client: &Client, hard: Value) {
    create(client, ["", "ResourceQuota"], json!({"metadata": {"name": "q"}, "spec": {"hard": hard}})).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

async fn apply(api: &Api<DynamicObject>, name: &str, object: &Value) {
    api.patch(name, &PatchParams::apply("d"), &Patch::Apply(object)).await.unwrap();
}

async fn messages(client: &Client) -> Vec<String> {
    let events = api(client, "", "v1", "Event").list(&ListParams::default()).await.unwrap();
    let refused = events.items.iter().filter(|event| event.data["reason"] == "FailedCreate");
    refused.map(|event| event.data["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_quota_keeps_pods_away_until_there_is_room() {
    let (sandbox, client) = sandbox();
    quota(&client, json!({"pods": "1"})).await;
    let deployments = api(&client, "apps", "v1", "Deployment");
    apply(&deployments, "orders", &deployment(2)).await;
    settle(&sandbox).await;
    let sets = api(&client, "apps", "v1", "ReplicaSet").list(&ListParams::default()).await.unwrap();
    let failure = &sets.items[0].data["status"]["conditions"][0];
    let why = "is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1";
    assert_eq!((&failure["type"], &failure["reason"]), (&json!("ReplicaFailure"), &json!("FailedCreate")));
    assert!(failure["message"].as_str().unwrap().ends_with(why), "{failure}");
    let shown = show(&deployments, "orders").await;
    let conditions = shown["status"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().any(|known| known["type"] == "ReplicaFailure" && known["message"] == failure["message"]));
    let told = messages(&client).await;
    assert!(
        matches!(&told[..], [one] if one.starts_with("Error creating: pods \"orders-") && one.ends_with(why)),
        "{told:?}"
    );
    let quotas = api(&client, "", "v1", "ResourceQuota");
    quotas.patch("q", &PatchParams::default(), &Patch::Merge(json!({"spec": {"hard": {"pods": "5"}}}))).await.unwrap();
    settle(&sandbox).await;
    let shown = show(&deployments, "orders").await;
    assert_eq!(shown["status"]["readyReplicas"], 2, "{shown}");
    assert_eq!(shown["status"]["conditions"].as_array().unwrap().len(), 2, "the failure is over");
    assert_eq!(show(&quotas, "q").await["status"]["used"], json!({"pods": "2"}));
    deployments.delete("orders", &DeleteParams::default()).await.unwrap();
    settle(&sandbox).await;
    assert_eq!(show(&quotas, "q").await["status"]["used"], json!({"pods": "0"}));
}

#[tokio::test(start_paused = true)]
async fn stateful_sets_and_jobs_tell_of_a_quota_in_events_alone() {
    let (sandbox, client) = sandbox();
    quota(&client, json!({"pods": "0", "persistentvolumeclaims": "0"})).await;
    let pod = json!({"metadata": {"labels": {"app": "s"}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "a:1"}]}});
    create(&client, ["batch", "Job"], json!({"metadata": {"name": "j"}, "spec": {"template": pod}})).await;
    let mut pod = pod;
    pod["spec"]["restartPolicy"] = json!("Always");
    let spec = json!({"selector": {"matchLabels": {"app": "s"}}, "serviceName": "s", "template": pod});
    create(&client, ["apps", "StatefulSet"], json!({"metadata": {"name": "s"}, "spec": spec.clone()})).await;
    let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let mut spec = spec;
    spec["volumeClaimTemplates"] = json!([claim]);
    create(&client, ["apps", "StatefulSet"], json!({"metadata": {"name": "t"}, "spec": spec})).await;
    settle(&sandbox).await;
    let told = messages(&client).await;
    for start in [
        "Error creating: pods \"j-",
        "Create Pod s-0 in StatefulSet s failed error: pods \"s-0\" is forbidden: exceeded quota: q, ",
        "Create Claim data-t-0 for Pod t-0 in StatefulSet t failed error: persistentvolumeclaims \"data-t-0\" is forbidden: exceeded quota: q, ",
    ] {
        assert!(told.iter().any(|message| message.starts_with(start)), "{start} in {told:?}");
    }
    assert_eq!(told.len(), 3, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_range_reaches_the_pods_of_controllers() {
    let (sandbox, client) = sandbox();
    let limits = json!([{"type": "Container", "default": {"memory": "256Mi"}, "max": {"memory": "512Mi"}}]);
    create(&client, ["", "LimitRange"], json!({"metadata": {"name": "r"}, "spec": {"limits": limits}})).await;
    apply(&api(&client, "apps", "v1", "Deployment"), "orders", &deployment(1)).await;
    settle(&sandbox).await;
    let pods = api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap();
    let [pod] = &pods.items[..] else { panic!("one pod: {pods:?}") };
    assert_eq!(pod.data["spec"]["containers"][0]["resources"]["limits"], json!({"memory": "256Mi"}));
    assert_eq!(pod.data["status"]["qosClass"], "Burstable");
    let told = pod.metadata.annotations.as_ref().unwrap()["kubernetes.io/limit-ranger"].as_str();
    assert_eq!(told, "LimitRanger plugin set: memory request for container main; memory limit for container main");
}

/// An answer's code and its warnings.
async fn warnings(client: &Client, method: &str, path: &str, object: &Value) -> (u16, Vec<String>) {
    let content = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let request = http::Request::builder().method(method).uri(path).header("content-type", content);
    let request = request.body(kube::client::Body::from(object.to_string().into_bytes())).unwrap();
    let answer = client.send(request).await.unwrap();
    let said = answer.headers().get_all("warning").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
    (answer.status().as_u16(), said)
}

#[tokio::test(start_paused = true)]
async fn pod_security_warns_of_workloads_and_refuses_their_pods() {
    let (sandbox, client) = sandbox();
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    assert_eq!(warnings(&client, "POST", deployments, &deployment(2)).await, (201, Vec::new()));
    let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}}});
    settle(&sandbox).await;
    let pods = api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap();
    let first = pods.items[0].metadata.name.as_deref().unwrap();
    let told = [
        r#"299 - "existing pods in namespace \"default\" violate the new PodSecurity enforce level \"restricted:latest\"""#,
        &format!(
            r#"299 - "{first} (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile""#
        ),
    ];
    let namespace = "/api/v1/namespaces/default";
    assert_eq!(warnings(&client, "PATCH", namespace, &labels).await, (200, told.map(str::to_owned).to_vec()));
    let looser = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}});
    assert_eq!(warnings(&client, "PATCH", namespace, &looser).await, (200, Vec::new()));
    warnings(&client, "PATCH", namespace, &labels).await;
    let mut other = deployment(1);
    other["metadata"]["name"] = json!("other");
    let why = r#"violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"main\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"main\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"main\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"main\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"#;
    assert_eq!(warnings(&client, "POST", deployments, &other).await, (201, vec![format!("299 - \"would {why}\"")]));
    settle(&sandbox).await;
    let shown = show(&api(&client, "apps", "v1", "Deployment"), "other").await;
    let conditions = shown["status"]["conditions"].as_array().unwrap();
    let failure = conditions.iter().find(|known| known["type"] == "ReplicaFailure").unwrap();
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("is forbidden: violates PodSecurity \"restricted:latest\": allow"), "{message}");
}
