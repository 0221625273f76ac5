//! What would stop a run is told before it begins: rights that the credentials lack, and quotas without room.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Served, Workspace, check};

const WEB: &str = r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [80]
"#;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A cluster with an administrator and a developer, and a workspace for both.
struct Scene {
    served: Served,
    workspace: Workspace,
}

impl Scene {
    /// The environment is there, made by the administrator.
    fn applied() -> Self {
        let scene = Self::empty();
        scene.workspace.ditc("apply demo -auto-approve --kubeconfig right").exits(0);
        scene
    }

    fn empty() -> Self {
        let (workspace, served) = (Workspace::of(WEB), Served::start());
        for user in ["right", "developer"] {
            workspace.write(user, &served.kubeconfig(user));
        }
        Self { served, workspace }
    }

    /// Binds rules to the developers in the whole cluster.
    fn allow(&self, rules: &Value) {
        let hand = &self.served.cluster;
        let metadata = json!({"name": "developers"});
        let path = |plural: &str| format!("/apis/{GROUP}/v1/{plural}");
        let role = json!({"metadata": metadata, "rules": rules});
        if hand.get(&path("clusterroles/developers")).is_some() {
            return hand.patch(&path("clusterroles/developers"), "hand", &role);
        }
        hand.create(&path("clusterroles"), "hand", &role);
        let binding = json!({
            "metadata": metadata,
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "developers"},
            "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": "developers"}],
        });
        hand.create(&path("clusterrolebindings"), "hand", &binding);
    }

    fn edit(&self, from: &str, to: &str) {
        self.workspace.edit("environments/demo.toml", from, to);
    }

    fn developer(&self, command: &str) -> crate::support::Ran {
        self.workspace.ditc(&format!("{command} --kubeconfig developer"))
    }
}

/// Everything may be read, and these resources changed.
fn writing(resources: &[&str]) -> Value {
    json!([
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["*"], "resources": resources, "verbs": ["*"]},
    ])
}

/// What stands behind the count of a plan.
fn behind(out: &str) -> &str {
    out.split_once("Plan: ").expect("the plan's count").1
}

#[test]
fn a_right_that_an_apply_lacks() {
    let scene = Scene::applied();
    scene.allow(&writing(&["configmaps", "leases"]));
    scene.edit("whoami:v1", "whoami:v2");
    scene.edit("ports = [80]\n", "");
    let told = scene.developer("plan demo -detailed-exitcode").exits(2).error("");
    check(
        behind(&told.out),
        str![[r#"
0 to add, 1 to change, 1 to destroy.

Warning: apply would fail with these credentials:

  ! no right to delete services in namespace demo
    for demo.services.web/Service/web

  ! no right to patch deployments.apps in namespace demo
    for demo.services.web/Deployment/web

  hint: whoever administers the cluster can grant them; what there is now:
      kubectl --kubeconfig=developer --namespace demo auth can-i --list

"#]],
    );
    let before = scene.served.writes();
    let told = scene.developer("apply demo -auto-approve").exits(1).error(str![[r#"
error: apply was not begun: these credentials lack rights that it needs

"#]]);
    assert!(behind(&told.out).contains("no right to delete services in namespace demo"), "{}", told.out);
    assert_eq!(scene.served.writes(), before, "nothing is written");

    scene.allow(&writing(&["configmaps", "leases", "services", "deployments"]));
    scene.developer("apply demo -auto-approve").exits(0).says_nothing_of("Warning");
}

#[test]
fn machines_are_told_of_missing_rights() {
    let scene = Scene::applied();
    scene.allow(&writing(&["deployments", "leases"]));
    scene.edit("whoami:v1", "whoami:v2");
    let document = scene.developer("plan demo -json").exits(0).out;
    let document: Value = serde_json::from_str(&document).expect("one document");
    let missing = json!([{
        "message": "no right to update configmaps in namespace demo",
        "verbs": ["update"], "group": "", "resource": "configmaps", "namespace": "demo",
        "needed_for": [{"purpose": "record", "address": null}],
    }]);
    assert_eq!(document["preflight"], json!({"missing_rights": missing, "quota": []}));
    assert_eq!(document["applyable"], true, "others may have the right");

    let before = scene.served.writes();
    let told = scene.developer("apply demo -auto-approve -json").exits(1);
    let types: Vec<Value> =
        told.out.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let types: Vec<&str> = types.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(types, ["version", "planned_change", "change_summary", "diagnostic", "diagnostic"], "{}", told.out);
    assert_eq!(scene.served.writes(), before, "nothing is written");
}

#[test]
fn a_right_that_a_destroy_lacks() {
    let scene = Scene::applied();
    scene.allow(&writing(&["configmaps", "leases", "services", "deployments"]));
    let before = scene.served.writes();
    let told = scene.developer("destroy demo -auto-approve").exits(1).error(str![[r#"
error: destroy was not begun: these credentials lack rights that it needs

"#]]);
    check(
        behind(&told.out),
        str![[r#"
0 to add, 0 to change, 3 to destroy.

Warning: destroy would fail with these credentials:

  ! no right to delete namespaces
    for demo/Namespace/demo

  hint: whoever administers the cluster can grant them; what there is now:
      kubectl --kubeconfig=developer --namespace demo auth can-i --list

"#]],
    );
    assert_eq!(scene.served.writes(), before, "nothing is written");
}

#[test]
fn rights_in_a_new_namespace_may_come_with_it() {
    let scene = Scene::empty();
    scene.allow(&writing(&["namespaces", "services", "leases", "configmaps"]));
    let told = scene.developer("apply demo -auto-approve").exits(1);
    let (warning, run) = behind(&told.out).split_once("demo/Namespace/demo: Creating...").expect("the run begins");
    check(
        warning,
        str![[r#"
3 to add, 0 to change, 0 to destroy.

Warning: apply would fail with these credentials, unless rights come with the
new namespace:

  ! no right to create and patch deployments.apps in namespace demo
    for demo.services.web/Deployment/web

  hint: whoever administers the cluster can grant them; what there is now:
      kubectl --kubeconfig=developer --namespace demo auth can-i --list

"#]],
    );
    assert!(run.contains("Creation failed: creating Deployment/web"), "{run}");
}

#[test]
fn without_the_right_to_make_the_namespace_nothing_begins() {
    let scene = Scene::empty();
    scene.allow(&writing(&["services", "leases", "configmaps", "deployments"]));
    let before = scene.served.writes();
    let told = scene.developer("apply demo -auto-approve").exits(1);
    check(
        behind(&told.out),
        str![[r#"
3 to add, 0 to change, 0 to destroy.

Warning: apply would fail with these credentials:

  ! no right to create namespaces
    for demo/Namespace/demo

  hint: whoever administers the cluster can grant them; what there is now:
      kubectl --kubeconfig=developer --namespace demo auth can-i --list

"#]],
    );
    assert_eq!(scene.served.writes(), before, "nothing is written");
}

#[test]
fn rules_that_are_not_all_say_nothing() {
    let scene = Scene::applied();
    scene.allow(&writing(&["leases"]));
    // With a role that is not there, the server does not know all rules.
    let binding = json!({
        "metadata": {"name": "gone"},
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": "gone"},
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": "developers"}],
    });
    scene.served.cluster.create(&format!("/apis/{GROUP}/v1/namespaces/demo/rolebindings"), "hand", &binding);
    scene.edit("whoami:v1", "whoami:v2");
    scene.developer("plan demo").exits(0).says_nothing_of("Warning");
}

#[test]
fn a_review_that_is_refused_is_passed_over() {
    let workspace = Workspace::of(WEB);
    for status in [403, 404, 405] {
        let fault =
            json!([{"method": "POST", "path": "selfsubjectrulesreviews", "then": {"answer": {"status": status}}}]);
        workspace.ditc("plan demo --sandbox").exits(0);
        workspace.write("state/sandbox/faults.json", &fault.to_string());
        let told = workspace.ditc("plan demo --sandbox").exits(0).says_nothing_of("Warning").error("");
        assert!(told.requests.of("ask").contains(&"selfsubjectrulesreviews"));
    }
}

#[test]
fn a_quota_without_room() {
    let scene = Scene::applied();
    let hard = json!({"pods": "2", "count/deployments.apps": "9", "services": "9"});
    let quota = json!({"metadata": {"name": "small"}, "spec": {"hard": hard}});
    scene.served.cluster.create("/api/v1/namespaces/demo/resourcequotas", "hand", &quota);
    scene.edit("ports = [80]", "ports = [80]\nreplicas = 3\n[services.api]\nimage = \"api:v1\"\nports = [80]");
    let told = scene.workspace.ditc("plan demo --kubeconfig right").exits(0);
    check(
        behind(&told.out),
        str![[r#"
2 to add, 1 to change, 0 to destroy.

Warning: quota "small" in namespace demo leaves 1 of 2 pods, and this plan needs
  up to 3.

"#]],
    );
}

#[test]
fn the_key_of_given_values_needs_a_right_of_its_own() {
    let scene = Scene::applied();
    scene.allow(&writing(&["configmaps", "leases", "deployments"]));
    scene.workspace.write("secrets/token", "given");
    scene.edit("[services.web]\n", "[secrets.api]\ntoken = { file = \"./secrets/token\" }\n[services.web]\n");
    let told = scene.developer("plan demo").exits(0);
    check(
        behind(&told.out),
        str![[r#"
1 to add, 0 to change, 0 to destroy.

Warning: apply would fail with these credentials:

  ! no right to create secrets in namespace demo
    for demo/Secret/api; for the key by which given secrets are told apart

  hint: whoever administers the cluster can grant them; what there is now:
      kubectl --kubeconfig=developer --namespace demo auth can-i --list

"#]],
    );
}

/// What these credentials may not see may be there.
#[test]
fn kinds_that_may_not_be_listed_are_told_where_no_record_tells_what_there_is() {
    let scene = Scene::applied();
    scene.served.cluster.delete("/api/v1/namespaces/demo/configmaps/ditc");
    let resources = ["namespaces", "configmaps", "secrets", "services", "deployments", "deployments/scale"];
    scene.allow(&json!([{"apiGroups": ["", "apps"], "resources": resources, "verbs": ["*"]}]));
    let told = scene.developer("plan demo").exits(0).says("No changes.");
    let text = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "these credentials may not list all that there may be: LimitRange, ";
    assert!(text.contains(note) && text.contains("Plan with credentials that may list them."), "{}", told.out);
    let told = scene.developer("plan demo -json").exits(0);
    let plan: Value = serde_json::from_str(&told.out).expect("one document");
    let unlisted = plan["unlisted"].as_array().expect("a list");
    assert!(unlisted.contains(&json!("Job.batch")) && !unlisted.contains(&json!("Service")), "{unlisted:?}");
    assert_eq!(plan["complete"], false);
    let told = scene.workspace.ditc("plan demo -json --kubeconfig right").exits(0);
    told.says_nothing_of("unlisted").says("\"complete\": true");
}
