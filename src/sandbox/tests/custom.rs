//! Kinds of one's own, through the real `kube::Client`; what they answer in detail is compared with a real server elsewhere.

use futures::TryStreamExt;
use kube::{
    Api, Client, Error,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

use super::{Options, Sandbox, api, sandbox, settle, show};

fn definition(versions: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"}, "versions": versions},
    })
}

fn version(name: &str, is_stored: bool) -> Value {
    let size = json!({"type": "integer", "default": 3});
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "default": {}, "properties": {"size": size}}}});
    json!({"name": name, "served": true, "storage": is_stored, "schema": {"openAPIV3Schema": schema}})
}

fn definitions(client: &Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    Api::all_with(client.clone(), &ApiResource::from_gvk(&kind))
}

async fn define(sandbox: &Sandbox, client: &Client, versions: Value) {
    let params = PatchParams::apply("ditc");
    definitions(client).patch("widgets.example.com", &params, &Patch::Apply(&definition(&versions))).await.unwrap();
    settle(sandbox).await;
}

fn widget(name: &str, metadata: &Value) -> DynamicObject {
    let mut object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata});
    object["metadata"]["name"] = name.into();
    serde_json::from_value(object).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_object_of_a_new_kind_is_found_watched_and_still_there_when_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let options = Options::kept_in(directory.path().join("sandbox"), move || now);
    {
        let sandbox = Sandbox::open(options.clone()).unwrap();
        let client = Client::new(sandbox.service(), "default");
        let widgets = api(&client, "example.com", "v1", "Widget");
        assert!(widgets.list(&ListParams::default()).await.is_err(), "nobody knows it yet");
        define(&sandbox, &client, json!([version("v1", true)])).await;
        let discovery = kube::discovery::Discovery::new(client.clone()).run_aggregated().await.unwrap();
        assert!(discovery.resolve_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget")).is_some());
        let watch = widgets.watch(&WatchParams::default().timeout(5), &sandbox.revision().to_string()).await.unwrap();
        widgets.create(&PostParams::default(), &widget("one", &json!({}))).await.unwrap();
        let events: Vec<WatchEvent<DynamicObject>> = watch.try_collect().await.unwrap();
        let [WatchEvent::Added(added)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(added.data["spec"]["size"], 3);
    }
    tokio::task::yield_now().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let sandbox = Sandbox::open(options).unwrap();
    let client = Client::new(sandbox.service(), "default");
    assert_eq!(show(&api(&client, "example.com", "v1", "Widget"), "one").await["spec"]["size"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_definition_may_gain_a_version_and_go_with_its_objects() {
    let (sandbox, client) = sandbox();
    define(&sandbox, &client, json!([version("v1", true)])).await;
    let widgets = api(&client, "example.com", "v1", "Widget");
    let held = json!({"finalizers": ["example.com/held"]});
    widgets.create(&PostParams::default(), &widget("held", &held)).await.unwrap();
    widgets.create(&PostParams::default(), &widget("free", &json!({}))).await.unwrap();
    define(&sandbox, &client, json!([version("v2", true), version("v1", false)])).await;
    let newer = api(&client, "example.com", "v2", "Widget");
    assert_eq!(show(&newer, "held").await["apiVersion"], "example.com/v2");
    assert_eq!(show(&widgets, "held").await["apiVersion"], "example.com/v1");

    definitions(&client).delete("widgets.example.com", &DeleteParams::default()).await.unwrap();
    settle(&sandbox).await;
    let left: Vec<_> = newer.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(left.iter().filter_map(|object| object.metadata.name.as_deref()).collect::<Vec<_>>(), ["held"]);
    let late = widgets.create(&PostParams::default(), &widget("late", &json!({}))).await;
    let Err(Error::Api(status)) = late else { panic!("{late:?}") };
    assert_eq!(status.code, 405);
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    widgets.patch("held", &PatchParams::default(), &patch).await.unwrap();
    settle(&sandbox).await;
    assert!(widgets.list(&ListParams::default()).await.is_err(), "the kind went with its last object");
    assert!(definitions(&client).get_opt("widgets.example.com").await.unwrap().is_none());

    define(&sandbox, &client, json!([version("v1", true)])).await;
    assert!(widgets.list(&ListParams::default()).await.unwrap().items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn objects_of_a_new_kind_go_with_their_namespace_and_their_owner() {
    let (sandbox, client) = sandbox();
    define(&sandbox, &client, json!([version("v1", true)])).await;
    let widgets = api(&client, "example.com", "v1", "Widget");
    let owner = widgets.create(&PostParams::default(), &widget("owner", &json!({}))).await.unwrap();
    let reference =
        json!([{"apiVersion": "example.com/v1", "kind": "Widget", "name": "owner", "uid": owner.metadata.uid}]);
    widgets.create(&PostParams::default(), &widget("owned", &json!({"ownerReferences": reference}))).await.unwrap();
    widgets.delete("owner", &DeleteParams::default()).await.unwrap();
    settle(&sandbox).await;
    assert!(widgets.get_opt("owned").await.unwrap().is_none());

    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"));
    let namespaces: Api<DynamicObject> = Api::all_with(client.clone(), &kind);
    let made = serde_json::from_value(json!({"metadata": {"name": "demo"}})).unwrap();
    namespaces.create(&PostParams::default(), &made).await.unwrap();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    let inside: Api<DynamicObject> = Api::namespaced_with(client.clone(), "demo", &kind);
    inside.create(&PostParams::default(), &widget("one", &json!({}))).await.unwrap();
    namespaces.delete("demo", &DeleteParams::default()).await.unwrap();
    settle(&sandbox).await;
    assert!(namespaces.get_opt("demo").await.unwrap().is_none());
    assert!(inside.list(&ListParams::default()).await.unwrap().items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_will_go_is_warned_of() {
    let (sandbox, client) = sandbox();
    let mut old = version("v1beta1", false);
    old["deprecated"] = json!(true);
    define(&sandbox, &client, json!([version("v1", true), old])).await;
    for (path, expected) in [
        ("/apis/example.com/v1/namespaces/default/widgets", None),
        (
            "/apis/example.com/v1beta1/namespaces/default/widgets",
            Some(r#"299 - "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget""#),
        ),
        (
            "/api/v1/namespaces/default/endpoints",
            Some(r#"299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice""#),
        ),
    ] {
        let request = http::Request::get(path).body(kube::client::Body::empty()).unwrap();
        let response = client.send(request).await.unwrap();
        let warning = response.headers().get(http::header::WARNING).map(|value| value.to_str().unwrap());
        assert_eq!(warning, expected, "{path}");
    }
}
