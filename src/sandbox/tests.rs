//! The sandbox through the real `kube::Client`.

mod access;
mod admission;
mod answers;
mod custom;
mod failures;
mod life;
mod watches;

use kube::{
    Api, Client,
    api::DynamicObject,
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

use super::{Options, Sandbox};

fn sandbox() -> (Sandbox, Client) {
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let sandbox = Sandbox::open(Options::in_memory(move || now)).unwrap();
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
