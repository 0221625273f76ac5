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
