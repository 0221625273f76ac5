//! Workloads, claims, namespaces and their ends.

use std::{fs, io::Write, time::Duration};

use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::json;

use super::{Options, Sandbox, api, deployment, sandbox, settle, show};
use crate::sandbox::Error;

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
    deployments.delete("orders", &DeleteParams::foreground()).await.unwrap();
    settle(&sandbox).await;
    assert!(api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap().items.is_empty());
    assert!(deployments.get_opt("orders").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_in_the_foreground_ends_after_the_last_pod() {
    let (sandbox, client) = sandbox();
    let deployments = api(&client, "apps", "v1", "Deployment");
    deployments.patch("orders", &PatchParams::apply("ditc"), &Patch::Apply(&deployment(2))).await.unwrap();
    settle(&sandbox).await;
    deployments.delete("orders", &DeleteParams::foreground()).await.unwrap();
    while deployments.get_opt("orders").await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let pods = api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap();
    let names: Vec<_> = pods.items.iter().map(|pod| pod.metadata.name.as_deref().unwrap_or_default()).collect();
    assert!(names.is_empty(), "{names:?}");
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
    let late = inside.patch("other", &params, &Patch::Apply(&deployment(1))).await;
    assert!(late.is_err(), "the name differs from the URL's");
    let mut other = deployment(1);
    other["metadata"]["name"] = json!("other");
    let Err(kube::Error::Api(status)) = inside.patch("other", &params, &Patch::Apply(&other)).await else { panic!() };
    assert_eq!(status.details.unwrap().causes[0].reason, "NamespaceTerminating");
    settle(&sandbox).await;
    assert!(namespaces.get_opt("demo").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn opened_again_it_holds_the_same_and_rests() {
    let directory = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let options = Options::kept_in(directory.path().join("sandbox"), move || now);
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

#[tokio::test(start_paused = true)]
async fn pods_fail_on_request_and_say_why() {
    let (sandbox, client) = sandbox();
    let deployments = api(&client, "apps", "v1", "Deployment");
    for (fail, phase) in
        [("CrashLoopBackOff", "Running"), ("ImagePullBackOff", "Pending"), ("CreateContainerConfigError", "Pending")]
    {
        let mut object = deployment(1);
        object["spec"]["template"]["metadata"]["annotations"] = json!({"sandbox.ditc.dev/fail": fail});
        deployments.patch("orders", &PatchParams::apply("ditc").force(), &Patch::Apply(&object)).await.unwrap();
        settle(&sandbox).await;
        let pods = api(&client, "", "v1", "Pod").list(&ListParams::default()).await.unwrap();
        let pods: Vec<_> = pods.items.iter().map(|pod| serde_json::to_value(pod).unwrap()).collect();
        let found = pods.iter().find(|pod| pod["metadata"]["annotations"]["sandbox.ditc.dev/fail"] == fail).unwrap();
        assert_eq!(found["status"]["phase"], phase);
        assert_eq!(found["status"]["containerStatuses"][0]["state"]["waiting"]["reason"], fail);
        assert_eq!(show(&deployments, "orders").await["status"]["conditions"][0]["status"], "False");
    }
    let events = api(&client, "", "v1", "Event").list(&ListParams::default()).await.unwrap();
    assert!(events.items.iter().any(|event| event.data["reason"] == "BackOff"));
}

#[tokio::test(start_paused = true)]
async fn a_pod_waits_for_its_secret_and_is_ready_when_told() {
    let (sandbox, client) = sandbox();
    let mut object = deployment(1);
    object["spec"]["template"]["metadata"]["annotations"] = json!({"sandbox.ditc.dev/ready-after": "2s"});
    object["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}}]);
    let deployments = api(&client, "apps", "v1", "Deployment");
    deployments.patch("orders", &PatchParams::apply("ditc"), &Patch::Apply(&object)).await.unwrap();
    settle(&sandbox).await;
    let pods = api(&client, "", "v1", "Pod");
    let pod = serde_json::to_value(&pods.list(&ListParams::default()).await.unwrap().items[0]).unwrap();
    let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
    assert_eq!(waiting, &json!({"reason": "CreateContainerConfigError", "message": "secret \"s\" not found"}));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"p": "x"}});
    api(&client, "", "v1", "Secret").patch("s", &PatchParams::apply("ditc"), &Patch::Apply(&secret)).await.unwrap();
    settle(&sandbox).await;
    assert_eq!(show(&deployments, "orders").await["status"]["readyReplicas"], 1);
}

#[tokio::test(start_paused = true)]
async fn recreate_waits_for_the_old_pods_and_a_deadline_passes() {
    let (sandbox, client) = sandbox();
    let deployments = api(&client, "apps", "v1", "Deployment");
    let mut object = deployment(2);
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    object["spec"]["progressDeadlineSeconds"] = json!(10);
    let params = PatchParams::apply("ditc");
    deployments.patch("orders", &params, &Patch::Apply(&object)).await.unwrap();
    settle(&sandbox).await;
    object["spec"]["template"]["metadata"]["annotations"] = json!({"sandbox.ditc.dev/fail": "ImagePullBackOff"});
    deployments.patch("orders", &params, &Patch::Apply(&object)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let live = show(&deployments, "orders").await;
    assert_eq!(live["status"]["conditions"][1]["reason"], "ProgressDeadlineExceeded", "{live}");
    assert_eq!((&live["status"]["replicas"], live["status"].get("availableReplicas")), (&json!(2), None));
}

#[tokio::test(start_paused = true)]
async fn the_directory_is_held_and_a_torn_line_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut options = Options::kept_in(directory.path(), move || now);
    options.patience = Duration::from_millis(20);
    let sandbox = Sandbox::open(options.clone()).unwrap();
    let error = Sandbox::open(options.clone()).unwrap_err();
    let Error::Held { holder, .. } = &error else { panic!("{error}") };
    assert_eq!(*holder, format!("process {} since 2026-01-01T00:00:00Z", std::process::id()));
    settle(&sandbox).await;
    let revision = sandbox.revision();
    drop(sandbox);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let path = directory.path().join("log.jsonl");
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"revision\":99,\"pu").unwrap();
    let sandbox = Sandbox::open(options).unwrap();
    assert_eq!(sandbox.revision(), revision);
    assert!(!fs::read_to_string(&path).unwrap().contains("99,\"pu"));
}
