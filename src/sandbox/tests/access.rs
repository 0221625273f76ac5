//! Users who may not do everything.

use kube::{
    Api, Client,
    api::{DynamicObject, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use super::{answers::refused, api, deployment, sandbox, settle};
use crate::sandbox::{Options, Sandbox, User};

const RBAC: &str = "rbac.authorization.k8s.io";

fn of_cluster(client: &Client, kind: &str) -> Api<DynamicObject> {
    let kind = kube::core::GroupVersionKind::gvk(RBAC, "v1", kind);
    Api::all_with(client.clone(), &kube::core::ApiResource::from_gvk(&kind))
}

async fn create(api: &Api<DynamicObject>, object: Value) -> Result<DynamicObject, kube::Error> {
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await
}

fn client_of(sandbox: &Sandbox, name: &str, groups: &[&str]) -> Client {
    Client::new(sandbox.service_as(User::new(name, groups)), "default")
}

#[tokio::test]
async fn a_user_may_do_what_roles_of_a_group_allow_in_their_namespace() {
    let (sandbox, admin) = sandbox();
    let client = client_of(&sandbox, "dora", &["developers"]);
    let deployments = api(&client, "apps", "v1", "Deployment");
    let status = refused(deployments.list(&ListParams::default()).await);
    let why = r#"deployments.apps is forbidden: User "dora" cannot list resource "deployments" in API group "apps" in the namespace "default""#;
    assert_eq!((&status["message"], &status["code"]), (&json!(why), &json!(403)));
    let role = json!({"metadata": {"name": "r"}, "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list", "patch"]}]});
    create(&api(&admin, RBAC, "v1", "Role"), role).await.unwrap();
    let subjects = json!([{"kind": "Group", "apiGroup": RBAC, "name": "developers"}]);
    let binding = json!({"metadata": {"name": "b"}, "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "r"}, "subjects": subjects});
    create(&api(&admin, RBAC, "v1", "RoleBinding"), binding).await.unwrap();
    deployments.list(&ListParams::default()).await.unwrap();
    let params = PatchParams::apply("d");
    let status = refused(deployments.patch("orders", &params, &Patch::Apply(&deployment(0))).await);
    assert!(status["message"].as_str().unwrap().contains("cannot create resource"), "{status}");
    let everywhere: Api<DynamicObject> = Api::all_with(
        client,
        &kube::core::ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk("apps", "v1", "Deployment")),
    );
    assert_eq!(refused(everywhere.list(&ListParams::default()).await)["code"], 403);
}

#[tokio::test]
async fn a_role_of_the_cluster_reaches_all_namespaces_and_subresources() {
    let (sandbox, admin) = sandbox();
    let client = client_of(&sandbox, "system:serviceaccount:ci:robot", &[]);
    let rules = json!([{"apiGroups": ["*"], "resources": ["*/scale"], "verbs": ["get"]}, {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]}]);
    create(&of_cluster(&admin, "ClusterRole"), json!({"metadata": {"name": "scales"}, "rules": rules})).await.unwrap();
    let subjects = json!([{"kind": "ServiceAccount", "namespace": "ci", "name": "robot"}]);
    let binding = json!({"metadata": {"name": "b"}, "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "scales"}, "subjects": subjects});
    create(&of_cluster(&admin, "ClusterRoleBinding"), binding).await.unwrap();
    let deployments = api(&client, "apps", "v1", "Deployment");
    deployments.patch("orders", &PatchParams::apply("d"), &Patch::Apply(&deployment(0))).await.unwrap();
    deployments.get_scale("orders").await.unwrap();
    let params = PatchParams::default();
    let scaled = deployments.patch_scale("orders", &params, &Patch::Merge(json!({"spec": {"replicas": 1}}))).await;
    let why = r#"cannot patch resource "deployments/scale" in API group "apps""#;
    assert!(refused(scaled)["message"].as_str().unwrap().contains(why));
    assert_eq!(refused(api(&client, "", "v1", "Secret").list(&ListParams::default()).await)["code"], 403);
}

#[tokio::test(start_paused = true)]
async fn a_role_joins_those_that_are_made_of_others() {
    let (sandbox, admin) = sandbox();
    let before = sandbox.revision();
    settle(&sandbox).await;
    let roles = of_cluster(&admin, "ClusterRole");
    let fresh = roles.list(&ListParams::default().fields("metadata.name=admin")).await.unwrap();
    let fresh: u64 = fresh.items[0].metadata.resource_version.as_deref().unwrap().parse().unwrap();
    assert!(fresh <= before, "the roles of a new cluster are whole");
    let labels = json!({"rbac.authorization.k8s.io/aggregate-to-view": "true"});
    let rules = json!([{"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]}]);
    create(&roles, json!({"metadata": {"name": "things", "labels": labels}, "rules": rules})).await.unwrap();
    settle(&sandbox).await;
    for role in ["view", "edit", "admin"] {
        let rules = roles.get(role).await.unwrap().data["rules"].clone();
        assert!(rules.as_array().unwrap().iter().any(|rule| rule["resources"] == json!(["things"])), "{role}");
    }
    roles.delete("things", &kube::api::DeleteParams::default()).await.unwrap();
    settle(&sandbox).await;
    assert!(!roles.get("admin").await.unwrap().data["rules"].to_string().contains("things"));
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_have() {
    let (sandbox, admin) = sandbox();
    let client = client_of(&sandbox, "dora", &[]);
    let subjects = json!([{"kind": "User", "apiGroup": RBAC, "name": "dora"}]);
    let binding = json!({"metadata": {"name": "b"}, "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"}, "subjects": subjects});
    create(&api(&admin, RBAC, "v1", "RoleBinding"), binding).await.unwrap();
    let roles = api(&client, RBAC, "v1", "Role");
    let role = |verb: &str| json!({"metadata": {"name": verb}, "rules": [{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": [verb]}]});
    let status = refused(create(&roles, role("get")).await);
    let why = "is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}";
    assert!(status["message"].as_str().unwrap().ends_with(why), "{status}");
    create(&api(&admin, RBAC, "v1", "Role"), role("list")).await.unwrap();
}

#[tokio::test]
async fn an_older_sandbox_gets_the_roles_that_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        Sandbox::open(Options::kept_in(directory.path(), move || now)).unwrap()
    };
    let sandbox = open();
    let roles = of_cluster(&Client::new(sandbox.service(), "default"), "ClusterRole");
    roles.delete("view", &kube::api::DeleteParams::default()).await.unwrap();
    drop((roles, sandbox));
    tokio::task::yield_now().await;
    let sandbox = open();
    let roles = of_cluster(&Client::new(sandbox.service(), "default"), "ClusterRole");
    assert!(!roles.get("view").await.unwrap().data["rules"].as_array().unwrap().is_empty());
    let before = sandbox.revision();
    drop((roles, sandbox));
    tokio::task::yield_now().await;
    assert_eq!(open().revision(), before, "nothing is made twice");
}

#[tokio::test]
async fn only_who_may_speaks_for_others() {
    let (sandbox, admin) = sandbox();
    let ask = |client: Client| async move {
        let request = http::Request::get("/api/v1/pods").header("impersonate-user", "vera");
        refused(client.request::<Value>(request.body(Vec::new()).unwrap()).await)["message"].clone()
    };
    let of_vera = r#"pods is forbidden: User "vera" cannot list resource "pods" in API group "" at the cluster scope"#;
    assert_eq!(ask(admin).await, of_vera);
    let why = of_vera.replace("cannot list", "cannot impersonate-on:user-info:list");
    assert_eq!(ask(client_of(&sandbox, "dora", &[])).await, why);
}
