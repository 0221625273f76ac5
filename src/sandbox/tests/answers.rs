//! What the server answers, through the real `kube::Client`.

use std::time::Duration;

use kube::{
    Api, Client, Error,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::{Value, json};

use super::{api, deployment, sandbox};
use crate::sandbox::{Effect, Fault};

pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Value {
    let Err(Error::Api(status)) = result else { panic!("not refused: {result:?}") };
    serde_json::to_value(&*status).unwrap()
}

async fn config_map(client: &Client, name: &str) -> DynamicObject {
    let object = json!({"metadata": {"name": name, "labels": {"x": name}}, "data": {"k": "v"}});
    let maps = api(client, "", "v1", "ConfigMap");
    maps.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_same_apply_is_no_write_and_others_conflict() {
    let (_sandbox, client) = sandbox();
    let deployments = api(&client, "apps", "v1", "Deployment");
    let params = PatchParams::apply("ditc").validation_strict();
    let made = deployments.patch("orders", &params, &Patch::Apply(&deployment(2))).await.unwrap();
    let again = deployments.patch("orders", &params.clone().dry_run(), &Patch::Apply(&deployment(2))).await.unwrap();
    assert_eq!(made.metadata.uid, again.metadata.uid);
    let status = refused(deployments.patch("orders", &PatchParams::apply("x"), &Patch::Apply(&deployment(3))).await);
    assert_eq!(status["message"], r#"Apply failed with 1 conflict: conflict with "ditc": .spec.replicas"#);
    assert_eq!(status["details"]["causes"][0]["reason"], "FieldManagerConflict");
    let force = PatchParams::apply("x").force();
    deployments.patch("orders", &force, &Patch::Apply(&deployment(3))).await.unwrap();
    let status = refused(deployments.patch("orders", &params, &Patch::Apply(&deployment(2))).await);
    assert_eq!(status["code"], 409);
    let mut wrong = deployment(2);
    wrong["spec"]["replica"] = json!(1);
    let status = refused(deployments.patch("orders", &params, &Patch::Apply(&wrong)).await);
    assert_eq!(status["code"], 500);
    assert!(status["message"].as_str().unwrap().ends_with(".spec.replica: field not declared in schema"), "{status}");
}

#[tokio::test]
async fn a_list_is_one_snapshot_over_all_its_pages() {
    let (sandbox, client) = sandbox();
    for name in ["a", "b", "c", "d"] {
        config_map(&client, name).await;
    }
    let maps = api(&client, "", "v1", "ConfigMap");
    let page = ListParams::default().labels("x").limit(3);
    let first = maps.list(&page).await.unwrap();
    assert_eq!(first.items.len(), 3);
    maps.delete("d", &DeleteParams::default()).await.unwrap();
    let token = first.metadata.continue_.clone().unwrap();
    let second = maps.list(&page.clone().continue_token(&token)).await.unwrap();
    assert_eq!(second.items[0].metadata.name.as_deref(), Some("d"));
    assert_eq!(second.metadata.resource_version, first.metadata.resource_version);
    assert_eq!(refused(maps.list(&page.clone().continue_token("garbage")).await)["code"], 400);
    for _ in 0..5_001 {
        config_map(&client, "e").await;
        maps.delete("e", &DeleteParams::default()).await.unwrap();
    }
    assert_eq!(refused(maps.list(&page.continue_token(&token)).await)["code"], 410);
    assert_eq!(sandbox.requests().len(), 10_011);
    let metadata = maps.list_metadata(&ListParams::default().labels("x in (a,b),x!=b")).await.unwrap();
    assert_eq!(metadata.items.len(), 1);
}

#[tokio::test]
async fn a_delete_keeps_to_its_preconditions() {
    let (_sandbox, client) = sandbox();
    let made = config_map(&client, "a").await;
    let maps = api(&client, "", "v1", "ConfigMap");
    let with = |uid: &str| DeleteParams {
        preconditions: Some(Preconditions { uid: Some(uid.to_owned()), resource_version: None }),
        ..DeleteParams::default()
    };
    let status = refused(maps.delete("a", &with("other")).await);
    assert_eq!(
        status["message"],
        format!(
            "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (other) does not match the UID in record ({}). The object might have been deleted and then recreated",
            made.metadata.uid.as_deref().unwrap()
        )
    );
    let gone = maps.delete("a", &with(made.metadata.uid.as_deref().unwrap())).await.unwrap();
    assert!(gone.is_right());
    assert_eq!(refused(maps.delete("a", &DeleteParams::default()).await)["reason"], "NotFound");
}

#[tokio::test(start_paused = true)]
async fn faults_happen_as_scripted() {
    let (sandbox, client) = sandbox();
    let maps: Api<DynamicObject> = api(&client, "", "v1", "ConfigMap");
    sandbox.fail(Fault::new("POST", "/configmaps", Effect::LoseReply));
    sandbox.fail(Fault::new("GET", "/configmaps/a", Effect::Answer { status: 503, retry_after: Some(1) }).nth(2));
    sandbox.fail(Fault::new("DELETE", "/configmaps", Effect::Drop));
    sandbox.fail(Fault::new("PUT", "/configmaps", Effect::Delay { milliseconds: 5_000 }));
    let object: DynamicObject = serde_json::from_value(json!({"metadata": {"name": "a"}})).unwrap();
    assert!(matches!(maps.create(&PostParams::default(), &object).await, Err(Error::Service(_))));
    maps.get("a").await.expect("the write was done, its reply lost");
    assert_eq!(refused(maps.get("a").await)["code"], 503);
    assert!(maps.delete("a", &DeleteParams::default()).await.is_err());
    maps.get("a").await.expect("the delete was dropped");
    let before = tokio::time::Instant::now();
    maps.replace("a", &PostParams::default(), &object).await.unwrap();
    assert!(before.elapsed() >= Duration::from_secs(5));
    let codes: Vec<u16> = sandbox.requests().iter().map(|line| line.code).collect();
    assert_eq!(codes, [0, 200, 503, 0, 200, 200]);
}

#[tokio::test]
async fn a_denied_right_is_refused_in_full() {
    let (sandbox, client) = sandbox();
    sandbox.deny("patch", "deployments");
    let deployments = api(&client, "apps", "v1", "Deployment");
    let status = refused(deployments.patch("a", &PatchParams::apply("ditc"), &Patch::Apply(&deployment(1))).await);
    assert_eq!(
        status["message"],
        r#"deployments.apps "a" is forbidden: User "kubernetes-admin" cannot patch resource "deployments" in API group "apps" in the namespace "default""#
    );
    assert_eq!(status["details"], json!({"name": "a", "group": "apps", "kind": "deployments"}));
}

#[tokio::test]
async fn discovery_finds_every_kind_in_two_requests() {
    let (sandbox, client) = sandbox();
    let discovery = kube::discovery::Discovery::new(client.clone()).run_aggregated().await.unwrap();
    let deployment = kube::core::GroupVersionKind::gvk("apps", "v1", "Deployment");
    let (resource, _) = discovery.resolve_gvk(&deployment).unwrap();
    assert_eq!(resource.plural, "deployments");
    assert_eq!(sandbox.requests().len(), 2);
    let old = kube::discovery::Discovery::new(client).run().await.unwrap();
    assert!(
        old.resolve_gvk(&kube::core::GroupVersionKind::gvk("autoscaling", "v1", "HorizontalPodAutoscaler")).is_some()
    );
}
