//! Watches, through `Api::watch` and kube's watcher.

use futures::{StreamExt, TryStreamExt};
use kube::{
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
    runtime::watcher,
};
use serde_json::json;

use super::{api, sandbox};

fn told(event: &WatchEvent<DynamicObject>) -> String {
    match event {
        WatchEvent::Added(object) => format!("added {}", object.metadata.name.as_deref().unwrap()),
        WatchEvent::Modified(object) => format!("modified {}", object.metadata.name.as_deref().unwrap()),
        WatchEvent::Deleted(object) => {
            format!(
                "deleted {} {:?}",
                object.metadata.name.as_deref().unwrap(),
                object.metadata.labels.clone().unwrap()
            )
        }
        WatchEvent::Bookmark(mark) => format!("bookmark {:?}", mark.metadata.annotations),
        WatchEvent::Error(status) => format!("error {}", status.code),
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_replays_follows_and_tells_who_left() {
    let (_sandbox, client) = sandbox();
    let maps = api(&client, "", "v1", "ConfigMap");
    let object =
        |name: &str| serde_json::from_value(json!({"metadata": {"name": name, "labels": {"x": "1"}}})).unwrap();
    maps.create(&PostParams::default(), &object("a")).await.unwrap();
    let params = WatchParams::default().labels("x=1").timeout(30);
    let watch = maps.watch(&params, "0").await.unwrap();
    maps.create(&PostParams::default(), &object("b")).await.unwrap();
    let merge = |patch| Patch::Merge(patch);
    maps.patch("b", &PatchParams::default(), &merge(json!({"data": {"k": "v"}}))).await.unwrap();
    maps.patch("b", &PatchParams::default(), &merge(json!({"metadata": {"labels": {"x": "2"}}}))).await.unwrap();
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    let events: Vec<String> = watch.map_ok(|event| told(&event)).try_collect().await.unwrap();
    assert_eq!(
        events,
        [
            "added a",
            r#"bookmark {"k8s.io/initial-events-end": "true"}"#,
            "added b",
            "modified b",
            r#"deleted b {"x": "1"}"#,
            r#"deleted a {"x": "1"}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_from_too_long_ago_ends_with_410() {
    let (_sandbox, client) = sandbox();
    let maps = api(&client, "", "v1", "ConfigMap");
    let object = serde_json::from_value(json!({"metadata": {"name": "a"}})).unwrap();
    for _ in 0..5_001 {
        maps.create(&PostParams::default(), &object).await.unwrap();
        maps.delete("a", &DeleteParams::default()).await.unwrap();
    }
    let watch = maps.watch(&WatchParams::default(), "2").await.unwrap();
    let events: Vec<String> = watch.map_ok(|event| told(&event)).try_collect().await.unwrap();
    assert_eq!(events, ["error 410"]);
}

#[tokio::test(start_paused = true)]
async fn the_watcher_of_kube_works_in_both_ways() {
    let (_sandbox, client) = sandbox();
    let namespaces = kube::Api::<k8s_openapi::api::core::v1::Namespace>::all(client);
    for config in [watcher::Config::default(), watcher::Config::default().streaming_lists()] {
        let mut seen = Vec::new();
        let mut watch = std::pin::pin!(watcher(namespaces.clone(), config));
        while let Some(event) = watch.next().await {
            match event.unwrap() {
                watcher::Event::InitApply(namespace) => seen.push(namespace.metadata.name.unwrap()),
                watcher::Event::InitDone => break,
                _ => {}
            }
        }
        assert_eq!(seen, ["default", "kube-node-lease", "kube-public", "kube-system"]);
    }
}
