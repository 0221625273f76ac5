//! What people with the roles of Kubernetes can do, bound in one namespace as most people have them; on both servers.

use serde_json::json;

use crate::support::{Stage, stories};

stories! {
    who_may_view_is_told_what_lacks
    who_may_edit_destroys_what_can_be_seen
    who_may_not_look_at_everything_is_asked_before_a_namespace_goes
    all_kinds_that_may_not_be_listed_are_named_together
}

/// A service, a dependency with a Secret, and for each role of Kubernetes somebody who has it.
fn stands(stage: &Stage) {
    stage.define("[services.web]\nmodule = \"app\"\n[dependencies.redis]\nmodule = \"redis\"");
    stage.apply("").exits(0);
    for role in ["view", "edit", "admin"] {
        bind(stage, role, role);
    }
}

/// Gives a role of the cluster to somebody called `u-NAME`, in the namespace alone.
fn bind(stage: &Stage, name: &str, role: &str) {
    let group = "rbac.authorization.k8s.io";
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": format!("u-{name}")}],
    });
    stage.server.create(&stage.path(&format!("{group}/v1 rolebindings")), "hand", &binding);
}

/// A text without the ends of its lines.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn who_may_view_is_told_what_lacks(stage: &Stage) {
    stands(stage);
    for (verb, flags) in [("plan", ""), ("plan", "-destroy"), ("drift", ""), ("status", "")] {
        let told = stage.start(verb, &format!("{flags} --as=u-view")).end().exits(1);
        let all = unwrapped(&format!("{}{}", told.out, told.error));
        for text in [
            "these credentials may not look at all of environment",
            &format!("no right to list secrets in namespace {}", stage.name),
            "of Secrets only names, labels and owners are read",
            "create rolebinding ditc --clusterrole=edit --user=u-view",
        ] {
            assert!(all.contains(text), "{verb}: {text:?} is not in\n{all}");
        }
    }
}

fn who_may_edit_destroys_what_can_be_seen(stage: &Stage) {
    stands(stage);
    stage.plan("--as=u-edit").exits(0).says("No changes.");
    let plan = stage.start("plan", "-destroy -target=ENV.services.web --as=u-edit").end().exits(0);
    plan.says("Plan: 0 to add, 0 to change, 1 to destroy.").says_nothing_of("PodTemplate").says_nothing_of("Warning");
    for role in ["edit", "admin"] {
        let flags = format!("-auto-approve -target=ENV.services.web --as=u-{role}");
        stage.start("destroy", &flags).end().exits(0).says("Resources: 1 destroyed.");
        stage.apply(&format!("--as=u-{role}")).exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
    }
    stage.start("status", "--as=u-edit").end().exits(0).says("all 2 components are ready");
    let drift = stage.start("drift", "--as=u-edit").end().exits(1);
    drift.says("may not list what else there is of: PodTemplate").says("kinds not listed");
}

fn who_may_not_look_at_everything_is_asked_before_a_namespace_goes(stage: &Stage) {
    stands(stage);
    let plan = unwrapped(&stage.start("plan", "-destroy --as=u-admin").end().exits(1).out);
    for text in [
        "Whatever there is of PodTemplate and CSIStorageCapacity.storage.k8s.io in namespace",
        "these credentials may not list it",
        "-with-foreign",
        // And what a run would lack is told at the same time.
        "no right to delete namespaces",
    ] {
        assert!(plan.contains(text), "{text:?} is not in\n{plan}");
    }
    let flags = "-destroy -with-foreign --as=u-admin";
    let plan = unwrapped(&stage.start("plan", flags).end().exits(0).out);
    for text in [
        "RoleBinding/admin",
        "may not list all kinds (PodTemplate, CSIStorageCapacity.storage.k8s.io)",
        "was not looked at, and goes with it",
        "no right to delete namespaces",
    ] {
        assert!(plan.contains(text), "{text:?} is not in\n{plan}");
    }
    stage.start("plan", &format!("{flags} -json")).end().exits(0).says("\"unlisted\": [").says("\"PodTemplate\"");
    let told = stage.start("destroy", "-auto-approve -with-foreign --as=u-admin").end().exits(1);
    assert!(told.error.contains("destroy was not begun"), "{}", told.error);
    assert!(stage.get("apps/v1 deployments/web").is_some());
    // Who may look at everything is asked nothing of the kind.
    let plan = stage.start("plan", "-destroy -with-foreign").end().exits(0);
    plan.says_nothing_of("PodTemplate").says_nothing_of("no right");
}

fn all_kinds_that_may_not_be_listed_are_named_together(stage: &Stage) {
    stands(stage);
    let group = "rbac.authorization.k8s.io";
    let rules = json!([{"apiGroups": ["", "apps"], "resources": ["configmaps", "deployments"], "verbs": ["*"]}]);
    let role = json!({"metadata": {"name": "little"}, "rules": rules});
    stage.server.create(&stage.path(&format!("{group}/v1 roles")), "hand", &role);
    let binding = json!({
        "metadata": {"name": "little"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "little"},
        "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": "ci"}],
    });
    stage.server.create(&stage.path(&format!("{group}/v1 rolebindings")), "hand", &binding);
    let told = stage.plan("--as=system:serviceaccount:ci:bot").exits(1);
    let all = unwrapped(&told.error);
    assert!(all.contains("no right to list secrets, services, statefulsets.apps in namespace"), "{all}");
    assert!(all.contains("--clusterrole=edit --serviceaccount=ci:bot"), "{all}");
    // Who has no right at all learns of all of them too.
    let told = stage.plan("--as=u-nobody").exits(1);
    let all = unwrapped(&told.error);
    assert!(all.contains("cannot get resource \"configmaps\""), "{all}");
    assert!(
        all.contains("nor do they have the right to list configmaps, secrets, services, deployments.apps"),
        "{all}"
    );
    let told = stage.workspace.ditc("status --kubeconfig kubeconfig --as=u-nobody").exits(1);
    assert!(told.error.contains("ditc status ENV"), "{}", told.error);
    let told = stage.plan("--as=system:serviceaccount:ci:bot -json").exits(1);
    assert!(format!("{}{}", told.out, told.error).contains("\"auth\""), "{}{}", told.out, told.error);
}
