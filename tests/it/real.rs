//! ditc against a real API server: the transcript, what people do by hand, and a run that is killed.
//!
//! Each test has an environment of its own with a name that nobody else has, and so a namespace of its own, which goes
//! with the test, also when it fails. Without `DITC_TEST_KUBECONFIG` they do nothing, and one of them says so.

use std::{fs, io::Write};

use serde_json::{Value, json};

use crate::support::{NOT_USED, Question, Ran, Real, Running, Workspace, own_name};

const WEB: &str = "image = \"traefik/whoami:v1\"";

/// An environment in a workspace of its own.
struct Preview {
    real: Real,
    workspace: Workspace,
    name: String,
}

impl Preview {
    /// A cache and one service; none where there is no real server.
    fn new() -> Option<Self> {
        let real = Real::server()?;
        let (workspace, name) = (Workspace::of_this_repository(), own_name("t"));
        workspace.write("kubeconfig", &real.kubeconfig);
        let preview = Self { real, workspace, name };
        preview.define(&format!("{REDIS}\n[services.web]\n{WEB}\nports = [80]\nreplicas = 2\n"));
        Some(preview)
    }

    fn define(&self, text: &str) {
        self.workspace.write(&self.definition(), text);
    }

    fn definition(&self) -> String {
        format!("environments/{}.toml", self.name)
    }

    fn start(&self, verb: &str, flags: &str) -> Running {
        self.workspace.start(&format!("{verb} {} --kubeconfig kubeconfig {flags}", self.name))
    }

    fn plan(&self) -> Ran {
        self.start("plan", "-detailed-exitcode").end()
    }

    fn apply(&self) -> Ran {
        self.start("apply", "-auto-approve").end()
    }

    fn drift(&self, flags: &str) -> Ran {
        self.start("drift", flags).end()
    }

    fn destroy(&self) -> Ran {
        self.start("destroy", "-auto-approve").end()
    }

    fn forget_state(&self) {
        fs::remove_dir_all(self.workspace.path("state")).expect("something was run here");
    }

    /// The path of an object: `apps/v1 deployments/web`.
    fn path(&self, what: &str) -> String {
        match what.split_once(' ') {
            Some((version, what)) => format!("/apis/{version}/namespaces/{}/{what}", self.name),
            None => format!("/api/v1/namespaces/{}/{what}", self.name),
        }
    }

    fn get(&self, what: &str) -> Option<Value> {
        self.real.get(&self.path(what))
    }

    fn set_image(&self, image: &str) {
        let body = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
        self.real.patch_strategically(&self.path(DEPLOYMENT), "kubectl-set", &body);
    }

    /// A command by somebody who may do only what a test allows.
    fn as_developer(&self, verb: &str, flags: &str) -> Ran {
        self.start(verb, &format!("--context developer {flags}")).end()
    }

    /// Lets the developers read everything here, and do all with some resources.
    fn allow(&self, resources: &[&str]) {
        let metadata = json!({"name": "developers"});
        let rules = json!([
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["*"], "resources": resources, "verbs": ["*"]},
        ]);
        let group = "rbac.authorization.k8s.io";
        let role = json!({"metadata": metadata, "rules": rules});
        let binding = json!({
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "developers"},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "developers"}],
        });
        let path = |plural| self.path(&format!("{group}/v1 {plural}"));
        if self.real.get(&format!("{}/developers", path("roles"))).is_some() {
            return self.real.patch(&format!("{}/developers", path("roles")), "hand", &role);
        }
        self.real.create(&path("roles"), "hand", &role);
        self.real.create(&path("rolebindings"), "hand", &binding);
    }

    /// Nothing differs any more.
    #[track_caller]
    fn is_as_defined(&self) {
        self.plan().exits(0).says("No changes.");
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let path = format!("/api/v1/namespaces/{}", self.name);
        // A destroyed environment has none any more.
        let _ = self.real.ask(&Question { user: "", method: "DELETE", path: &path, accept: "", content: "", body: "" });
    }
}

const REDIS: &str = "[dependencies.redis]\nmodule = \"redis\"\n";
const DEPLOYMENT: &str = "apps/v1 deployments/web";

/// Says it past the capture of the test harness, so that a plain `cargo test` shows it.
#[test]
fn the_real_server_was_used_or_this_says_that_it_was_not() {
    if Real::server().is_none() {
        writeln!(std::io::stderr(), "{NOT_USED}").expect("standard error is open");
    }
}

#[test]
fn an_environment_from_toml_to_ready_and_back() {
    let Some(preview) = Preview::new() else { return };
    preview.apply().exits(0).says("Apply complete!").says(".web: Ready after").says(".redis: Ready after");
    preview.is_as_defined();

    preview.workspace.edit(&preview.definition(), "whoami:v1", "whoami:v2");
    preview.plan().exits(2).says("\"traefik/whoami:v1\" -> \"traefik/whoami:v2\"");
    preview.apply().exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    preview.is_as_defined();

    preview.forget_state();
    preview.is_as_defined();

    preview.destroy().exits(0).says("Destroy complete!");
    assert_eq!(preview.real.get(&format!("/api/v1/namespaces/{}", preview.name)), None);
    preview.destroy().exits(0).says("No changes.");
}

#[test]
fn what_people_change_by_hand_is_seen_and_restored() {
    let Some(preview) = Preview::new() else { return };
    preview.apply().exits(0);

    let scale = preview.path("apps/v1 deployments/web/scale");
    preview.real.patch(&scale, "kubectl", &json!({"spec": {"replicas": 3}}));
    let told = preview.plan().exits(2);
    for text in ["kubectl", "spec.replicas", "3 -> 2"] {
        assert!(told.out.contains(text), "{text:?} is not in\n{}", told.out);
    }
    preview.apply().exits(0);
    preview.is_as_defined();

    preview.set_image("traefik/whoami:mine");
    preview.plan().exits(2).says("kubectl-set").says("\"traefik/whoami:mine\" -> \"traefik/whoami:v1\"");
    preview.apply().exits(0);
    preview.is_as_defined();

    // Set and set back: the value is ours again and the field is not.
    preview.set_image("traefik/whoami:mine");
    preview.set_image("traefik/whoami:v1");
    preview.apply().exits(0);
    preview.is_as_defined();
    preview.set_image("traefik/whoami:again");
    preview.plan().exits(2).says("\"traefik/whoami:again\" -> \"traefik/whoami:v1\"");
    preview.apply().exits(0);

    let labels = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}});
    preview.real.patch(&preview.path(DEPLOYMENT), "kubectl-label", &labels);
    preview.plan().exits(2).says("app.kubernetes.io/managed-by");
    preview.apply().exits(0);
    preview.is_as_defined();
}

#[test]
fn what_is_deleted_and_made_again_by_hand_is_not_ours() {
    let Some(preview) = Preview::new() else { return };
    preview.apply().exits(0);

    let service = preview.path("services/web");
    preview.real.delete(&service);
    preview.plan().exits(2).says("Plan: 1 to add, 0 to change, 0 to destroy.");
    let mine = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "mine"}, "ports": [{"port": 80}]}});
    preview.real.create(&preview.path("services"), "kubectl-create", &mine);
    preview.apply().exits(1);
    let live = preview.get("services/web").expect("it is left alone");
    assert_eq!(live["spec"]["selector"], json!({"app": "mine"}));

    preview.real.delete(&service);
    preview.apply().exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
    preview.is_as_defined();
}

#[test]
fn a_foreign_deployment_of_the_same_name_blocks() {
    let Some(preview) = Preview::new() else { return };
    let whole = fs::read_to_string(preview.workspace.path(&preview.definition())).expect("it was written");
    preview.define(REDIS);
    preview.apply().exits(0);
    let foreign = json!({"metadata": {"name": "web"}, "spec": {
        "replicas": 0, "selector": {"matchLabels": {"app": "theirs"}},
        "template": {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": [{"name": "web", "image": "theirs"}]}},
    }});
    preview.real.create(&preview.path("apps/v1 deployments"), "theirs", &foreign);
    preview.define(&whole);
    preview.plan().exits(1);
    preview.apply().exits(1);
    let live = preview.get(DEPLOYMENT).expect("it is left alone");
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "theirs");
    assert_eq!(preview.get("services/web"), None, "a blocked plan changes nothing");
}

#[test]
fn a_debug_pod_keeps_the_namespace() {
    let Some(preview) = Preview::new() else { return };
    preview.apply().exits(0);
    let pod = json!({"metadata": {"name": "debug"}, "spec": {"containers": [{"name": "shell", "image": "busybox"}]}});
    preview.real.create(&preview.path("pods"), "kubectl-run", &pod);
    let told = preview.destroy().exits(1);
    assert!(told.out.contains("debug") || told.error.contains("debug"), "{}\n{}", told.out, told.error);
    assert!(preview.get("pods/debug").is_some() && preview.get(DEPLOYMENT).is_some());

    preview.real.delete(&format!("{}?gracePeriodSeconds=0", preview.path("pods/debug")));
    preview.destroy().exits(0);
}

#[test]
fn what_moves_without_ditc_is_told_and_what_controllers_do_is_not() {
    let Some(preview) = Preview::new() else { return };
    preview.workspace.write("modules/scaled/module.toml", "");
    preview.workspace.write("modules/scaled/scaler.yaml", SCALER);
    let whole = fs::read_to_string(preview.workspace.path(&preview.definition())).expect("it was written");
    preview.define(&format!("{whole}\n[services.scaler]\nmodule = \"scaled\"\n"));
    preview.apply().exits(0);
    preview.drift("-strict").exits(0).says("No drift.");

    // As an autoscaler does it.
    let scale = preview.path("apps/v1 deployments/web/scale");
    preview.real.patch(&scale, "kube-controller-manager", &json!({"spec": {"replicas": 3}}));
    preview.drift("-strict").exits(0).says("No drift.");

    preview.real.patch(&scale, "kubectl", &json!({"spec": {"replicas": 4}}));
    preview
        .drift("")
        .exits(2)
        .says("spec.replicas = 2 -> 4  # by kubectl, time not recorded")
        .says("Drift: 1 changed.");

    let note = json!({"metadata": {"annotations": {"example.com/note": "x"}}});
    preview.real.patch(&preview.path("services/web"), "kubectl-annotate", &note);
    let pod = json!({"metadata": {"name": "debug"}, "spec": {"containers": [{"name": "shell", "image": "busybox"}]}});
    preview.real.create(&preview.path("pods"), "kubectl-run", &pod);
    preview.real.delete(&preview.path("services/redis"));
    let told = preview.drift("").exits(2).says("Drift: 1 changed, 1 deleted, 1 foreign object.");
    let told = told.says("Pod/debug is not described, made by kubectl-run").says("/Service/redis was deleted");
    told.says("example.com/note").says("by kubectl-annotate");
    preview.drift("-strict").exits(2).says("1 added field.");

    let mine = json!({"metadata": {"name": "redis"}, "spec": {"selector": {"app": "mine"}, "ports": [{"port": 80}]}});
    preview.real.create(&preview.path("services"), "kubectl-create", &mine);
    preview.drift("").exits(2).says("is another object by now, made by kubectl-create, not by ditc");

    // Its file is gone, and it is found by its label.
    preview.workspace.remove(&preview.definition());
    preview.drift("").exits(2).says("has no file").says("no file.");
}

/// An autoscaler that never finds metrics, and so never scales by itself.
const SCALER: &str = r#"
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ name }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 2
  maxReplicas: 9
"#;

#[test]
fn a_killed_apply_is_finished_by_the_next() {
    let Some(preview) = Preview::new() else { return };
    for moment in ["Creating...", "Creation complete", "/web: Creation complete"] {
        let mut apply = preview.start("apply", "-auto-approve");
        apply.wait_for(moment);
        apply.kill();
        apply.end().dies();
        preview.forget_state();
        preview.apply().exits(0).says("Apply complete!");
        preview.is_as_defined();
        preview.destroy().exits(0);
    }
}

#[test]
fn what_the_credentials_may_not_do_is_told_before_it_is_tried() {
    let Some(preview) = Preview::new() else { return };
    preview.apply().exits(0);
    preview.define(&format!("{REDIS}\n[services.web]\n{WEB}\nreplicas = 2\n"));
    preview.allow(&["configmaps", "leases", "deployments"]);
    let told = preview.as_developer("plan", "-detailed-exitcode").exits(2);
    let lack = format!("no right to delete services in namespace {}", preview.name);
    let told = told.says("Warning: apply would fail with these credentials:").says(&lack);
    assert_eq!(told.out.matches("no right").count(), 1, "{}", told.out);
    preview.plan().exits(2).says_nothing_of("Warning");

    let record = preview.get("configmaps/ditc");
    let told = preview.as_developer("apply", "-auto-approve").exits(1).says(&lack);
    assert!(told.error.contains("apply was not begun"), "{}", told.error);
    assert_eq!(preview.get("configmaps/ditc"), record, "nothing is written");
    preview.as_developer("destroy", "-auto-approve").exits(1).says("no right to delete secrets");

    preview.allow(&["configmaps", "leases", "deployments", "services"]);
    preview.as_developer("apply", "-auto-approve").exits(0).says("Apply complete!").says_nothing_of("Warning");
    assert_eq!(preview.get("services/web"), None);
}

#[test]
fn what_a_quota_has_no_room_for_is_told() {
    let Some(preview) = Preview::new() else { return };
    let whole = fs::read_to_string(preview.workspace.path(&preview.definition())).expect("it was written");
    preview.define(REDIS);
    preview.apply().exits(0);
    let quota = json!({"metadata": {"name": "small"}, "spec": {"hard": {"pods": "4", "count/secrets": "100"}}});
    preview.real.create(&preview.path("resourcequotas"), "hand", &quota);
    // Its pods are admitted only once the quota knows what is there already.
    preview.define(&whole);
    preview.apply().exits(0);

    preview.define(&whole.replace("replicas = 2", "replicas = 4"));
    let tight =
        format!("quota \"small\" in namespace {} leaves 1 of 4 pods, and this plan needs up to 2.", preview.name);
    let told = preview.plan().exits(2).says("Warning: quota");
    assert!(told.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(&tight), "{}", told.out);
    let document = preview.start("plan", "-json").end().exits(0).out;
    let document: Value = serde_json::from_str(&document).expect("one document");
    assert_eq!(document["preflight"]["quota"][0]["needed"], "2");

    preview.define(&whole.replace("replicas = 2", "replicas = 3"));
    preview.apply().exits(0).says_nothing_of("Warning");
}

#[test]
fn a_saved_plan_is_done_as_it_was_shown_or_not_at_all() {
    let Some(preview) = Preview::new() else { return };
    let saved = || preview.workspace.ditc("apply saved.plan --kubeconfig kubeconfig");
    let planned = preview.start("plan", "-out=saved.plan").end().exits(0);
    assert_eq!(preview.workspace.ditc("show saved.plan").exits(0).out, planned.out);
    saved().exits(0).says("Apply complete!");
    preview.is_as_defined();
    let told = saved().exits(1);
    assert!(told.error.contains("it had no record"), "{}", told.error);

    // What the server and its controllers do meanwhile moves nothing; what a hand does refuses the whole plan.
    preview.workspace.edit(&preview.definition(), "whoami:v1", "whoami:v2");
    preview.start("plan", "-out=saved.plan").end().exits(0).says("Plan: 0 to add, 1 to change, 0 to destroy.");
    preview.set_image("traefik/whoami:mine");
    let told = saved().exits(1);
    let words = told.error.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("was \"traefik/whoami:v1\", and is \"traefik/whoami:mine\""), "{}", told.error);
    let live = preview.get(DEPLOYMENT).expect("it is there");
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "traefik/whoami:mine");

    preview.start("plan", "-out=saved.plan").end().exits(0);
    let note = json!({"metadata": {"annotations": {"theirs": "yes"}}});
    preview.real.patch(&preview.path(DEPLOYMENT), "kubectl-annotate", &note);
    saved().exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    preview.is_as_defined();
    preview.start("plan", "-refresh=false -detailed-exitcode").end().exits(0).says("The cluster was not asked");

    preview.start("plan", "-destroy -out=saved.plan").end().exits(0);
    saved().exits(0).says("Destroy complete!");
    assert_eq!(preview.real.get(&format!("/api/v1/namespaces/{}", preview.name)), None);
}
