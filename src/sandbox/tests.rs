//! The sandbox through the real `kube::Client`.

use std::sync::Arc;

use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

use super::{Options, Sandbox};

fn sandbox() -> (Sandbox, Client) {
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let sandbox = Sandbox::open(Options { directory: None, now: Arc::new(move || now) }).unwrap();
    let client = Client::new(sandbox.service(), "default");
    (sandbox, client)
}

fn api(client: &Client, group: &str, version: &str, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::namespaced_with(client.clone(), "default", &resource)
}

fn deployment(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "orders", "labels": {"app": "orders"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "orders"}}, "template": {
            "metadata": {"labels": {"app": "orders"}},
            "spec": {"containers": [{"name": "main", "image": "a:1", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}]}]},
        }},
    })
}

#[tokio::test]
async fn applies_lists_and_deletes() {
    let (_sandbox, client) = sandbox();
    let deployments = api(&client, "apps", "v1", "Deployment");
    let params = PatchParams::apply("ditc").validation_strict();
    let made = deployments.patch("orders", &params, &Patch::Apply(&deployment(2))).await.unwrap();
    println!("{}", serde_json::to_string_pretty(&made).unwrap());
    let again = deployments.patch("orders", &params, &Patch::Apply(&deployment(2))).await.unwrap();
    assert_eq!(made.metadata.resource_version, again.metadata.resource_version);
    let error =
        deployments.patch("orders", &PatchParams::apply("other"), &Patch::Apply(&deployment(3))).await.unwrap_err();
    println!("{error:?}");
    let listed = deployments.list(&ListParams::default().labels("app=orders")).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let gone = deployments.delete("orders", &DeleteParams::default()).await.unwrap();
    assert!(gone.is_right());
    let maps = api(&client, "", "v1", "ConfigMap");
    let map = serde_json::from_value(json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).unwrap();
    maps.create(&PostParams::default(), &map).await.unwrap();
    println!("{:?}", maps.create(&PostParams::default(), &map).await.unwrap_err());
}

/// Waits until nothing was written for ten seconds of the paused clock.
async fn settle(sandbox: &Sandbox) {
    for _ in 0..200 {
        let before = sandbox.revision();
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        if sandbox.revision() == before {
            return;
        }
    }
    let state = sandbox.shared.lock();
    let last: Vec<String> = state
        .store
        .since(sandbox.shared.changed.borrow().saturating_sub(6))
        .unwrap()
        .map(|change| format!("{:?}", change.new))
        .collect();
    panic!("the sandbox never rests: {last:#?}");
}

async fn show(api: &Api<DynamicObject>, name: &str) -> Value {
    serde_json::to_value(api.get(name).await.unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_deployment_becomes_ready_rolls_and_rests() {
    let (sandbox, client) = sandbox();
    let deployments = api(&client, "apps", "v1", "Deployment");
    let params = PatchParams::apply("ditc");
    deployments.patch("orders", &params, &Patch::Apply(&deployment(2))).await.unwrap();
    let services = api(&client, "", "v1", "Service");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "orders", "labels": {"x": "y"}}, "spec": {"selector": {"app": "orders"}, "ports": [{"port": 80}]}});
    services.patch("orders", &params, &Patch::Apply(&service)).await.unwrap();
    settle(&sandbox).await;
    let live = show(&deployments, "orders").await;
    println!("{}", serde_json::to_string_pretty(&live).unwrap());
    assert_eq!(live["status"]["availableReplicas"], 2);
    assert_eq!(live["status"]["observedGeneration"], live["metadata"]["generation"]);
    let slices = api(&client, "discovery.k8s.io", "v1", "EndpointSlice")
        .list(&ListParams::default().labels("x=y"))
        .await
        .unwrap();
    let slice = serde_json::to_value(&slices.items[0]).unwrap();
    assert_eq!(slice["endpoints"].as_array().unwrap().len(), 2);
    let mut new = deployment(2);
    new["spec"]["template"]["spec"]["containers"][0]["image"] = json!("a:2");
    deployments.patch("orders", &params, &Patch::Apply(&new)).await.unwrap();
    settle(&sandbox).await;
    let live = show(&deployments, "orders").await;
    assert_eq!((&live["status"]["updatedReplicas"], &live["status"]["replicas"]), (&json!(2), &json!(2)));
    assert_eq!(live["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    let pods = api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap();
    assert_eq!(pods.items.len(), 2);
    println!("{}", serde_json::to_string_pretty(&pods.items[0]).unwrap());
    deployments.delete("orders", &DeleteParams::foreground()).await.unwrap();
    settle(&sandbox).await;
    assert!(api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap().items.is_empty());
    assert!(deployments.get_opt("orders").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn stateful_sets_jobs_and_namespaces_run_their_course() {
    let (sandbox, client) = sandbox();
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {
        "replicas": 2, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "db", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}});
    let params = PatchParams::apply("ditc");
    let sets = api(&client, "apps", "v1", "StatefulSet");
    sets.patch("db", &params, &Patch::Apply(&set)).await.unwrap();
    let jobs = api(&client, "batch", "v1", "Job");
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}});
    jobs.patch("once", &params, &Patch::Apply(&job)).await.unwrap();
    let daemons = api(&client, "apps", "v1", "DaemonSet");
    let mut daemon = deployment(1);
    daemon["kind"] = json!("DaemonSet");
    daemon["spec"].as_object_mut().unwrap().shift_remove("replicas");
    daemons.patch("orders", &params, &Patch::Apply(&daemon)).await.unwrap();
    settle(&sandbox).await;
    assert_eq!(show(&daemons, "orders").await["status"]["numberReady"], 1);
    let live = show(&sets, "db").await;
    assert_eq!((&live["status"]["readyReplicas"], &live["status"]["replicas"]), (&json!(2), &json!(2)), "{live}");
    assert_eq!(show(&api(&client, "", "v1", "PersistentVolumeClaim"), "data-db-1").await["status"]["phase"], "Bound");
    let live = show(&jobs, "once").await;
    assert_eq!(live["status"]["conditions"][1]["type"], "Complete", "{live}");
    let mut next = set.clone();
    next["spec"]["template"]["spec"]["containers"][0]["image"] = json!("db:2");
    sets.patch("db", &params, &Patch::Apply(&next)).await.unwrap();
    settle(&sandbox).await;
    let live = show(&sets, "db").await;
    assert_eq!(live["status"]["currentRevision"], live["status"]["updateRevision"], "{live}");
    assert_eq!(live["status"]["updatedReplicas"], 2);

    let namespaces: Api<DynamicObject> =
        Api::all_with(client.clone(), &ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace")));
    let made = serde_json::from_value(json!({"metadata": {"name": "demo"}})).unwrap();
    namespaces.create(&PostParams::default(), &made).await.unwrap();
    settle(&sandbox).await;
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", "Deployment"));
    let inside: Api<DynamicObject> = Api::namespaced_with(client.clone(), "demo", &resource);
    inside.patch("orders", &params, &Patch::Apply(&deployment(1))).await.unwrap();
    settle(&sandbox).await;
    assert!(namespaces.delete("demo", &DeleteParams::default()).await.unwrap().is_left());
    let refused = inside
        .patch(
            "other",
            &params,
            &Patch::Apply(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "other"}})),
        )
        .await
        .unwrap_err();
    println!("{refused:?}");
    settle(&sandbox).await;
    assert!(namespaces.get_opt("demo").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn opened_again_it_holds_the_same_and_rests() {
    let directory = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let options = Options { directory: Some(directory.path().join("sandbox")), now: Arc::new(move || now) };
    let before = {
        let sandbox = Sandbox::open(options.clone()).unwrap();
        let client = Client::new(sandbox.service(), "default");
        let deployments = api(&client, "apps", "v1", "Deployment");
        deployments.patch("orders", &PatchParams::apply("ditc"), &Patch::Apply(&deployment(2))).await.unwrap();
        settle(&sandbox).await;
        sandbox.revision()
    };
    tokio::task::yield_now().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let sandbox = Sandbox::open(options).unwrap();
    settle(&sandbox).await;
    assert_eq!(sandbox.revision(), before);
    let client = Client::new(sandbox.service(), "default");
    assert_eq!(show(&api(&client, "apps", "v1", "Deployment"), "orders").await["status"]["readyReplicas"], 2);
}
