//! Plans in files: what is shown is what is done, once, to the cluster and the record that it was made for, or nothing is.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use serde_json::{Value, json};
use sha2::Digest;
use snapbox::str;

use crate::support::{Workspace, check};

/// Two components of five kinds.
const DEMO: &str = r#"
//- environments/demo.toml
[dependencies.redis]
module = "redis"
[services.web]
image = "traefik/whoami:v1"
ports = [80]
"#;

const FILE: &str = "environments/demo.toml";
const SAVE: &str = "plan demo --sandbox -out=demo.plan";
const APPLY: &str = "apply demo.plan --sandbox";
const WEB: &str = "/apis/apps/v1/namespaces/demo/deployments/web";

fn workspace() -> Workspace {
    Workspace::of(DEMO.trim_start())
}

fn applied() -> Workspace {
    let workspace = workspace();
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace
}

/// Applied, and then a plan saved that changes the image.
fn saved() -> Workspace {
    let workspace = applied();
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    workspace.ditc(SAVE).exits(0);
    workspace
}

fn image(workspace: &Workspace) -> Value {
    let web = workspace.cluster().get(WEB).expect("it is there");
    web["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

/// What is in a plan file behind its head.
fn content(workspace: &Workspace, file: &str) -> String {
    let bytes = fs::read(workspace.path(file)).expect("it was saved");
    let ends: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[ends[1] + 1..]), &mut text).expect("gzip");
    text
}

#[test]
fn a_saved_plan_is_shown_as_it_was_planned() {
    let workspace = applied();
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    let planned = workspace.ditc(SAVE).exits(0).says("Plan: 0 to add, 1 to change, 0 to destroy.").error(str![[r#"

Saved the plan in demo.plan. To do exactly this, or nothing:
  ditc apply demo.plan --sandbox

"#]]);
    // Neither the files nor the cluster are looked at.
    workspace.write(FILE, "no TOML");
    let shown = workspace.ditc("show demo.plan").exits(0).error("");
    assert_eq!(shown.out, planned.out);
    assert_eq!(shown.requests.to_string(), "");
    fs::remove_dir_all(workspace.path("state")).expect("something was run here");
    assert_eq!(workspace.ditc("show demo.plan").exits(0).out, planned.out);
    assert!(!workspace.path("state").exists(), "a plan is shown without any state");
}

#[test]
fn a_saved_plan_is_shown_as_json_too() {
    let workspace = applied();
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    let planned = workspace.ditc(&format!("{SAVE} -json")).exits(0).out;
    let shown = workspace.ditc("show demo.plan -json").exits(0).out;
    assert_eq!(shown, planned);
    let document: Value = serde_json::from_str(&shown).expect("one document");
    assert_eq!((&document["applyable"], &document["cluster"]), (&json!(true), &json!("sandbox")));
}

#[test]
fn a_saved_plan_is_applied_without_a_question_whatever_the_files_say_by_now() {
    let workspace = saved();
    workspace.edit(FILE, "whoami:v2", "whoami:v3");
    workspace.ditc(APPLY).exits(0).says("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.").error("");
    assert_eq!(image(&workspace), json!("traefik/whoami:v2"));
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(2).says("\"traefik/whoami:v3\"");
}

#[test]
fn a_saved_plan_makes_a_whole_environment() {
    let workspace = workspace();
    workspace.ditc(SAVE).exits(0);
    workspace.ditc(APPLY).exits(0).says("Apply complete!");
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0).says("No changes.");
    workspace.ditc(APPLY).exits(1).wrote_nothing().error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  environment demo was changed by a run of ditc since: it had no record, which
    is at serial 2 now
  hint: plan again: ditc plan demo -out=demo.plan --sandbox

"#]]);
}

#[test]
fn a_saved_plan_is_applied_once() {
    let workspace = saved();
    workspace.ditc(APPLY).exits(0);
    let told = workspace.ditc(APPLY).exits(1).wrote_nothing();
    assert_eq!(told.requests.to_string(), "get configmaps/ditc 200\n");
    told.out("").error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  environment demo was changed by a run of ditc since: its record was at serial
    2, and is at 4
  hint: plan again: ditc plan demo -out=demo.plan --sandbox

"#]]);
    let told = workspace.ditc(&format!("{APPLY} -json")).exits(1).wrote_nothing();
    assert!(told.out.contains("stale_plan"), "{}", told.out);
}

#[test]
fn a_plan_of_an_environment_that_came_and_went_is_not_applied() {
    let workspace = workspace();
    workspace.ditc(SAVE).exits(0);
    workspace.ditc(APPLY).exits(0);
    workspace.ditc("destroy demo --sandbox -auto-approve").exits(0);
    workspace.ditc(APPLY).exits(1).wrote_nothing().error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  environment demo was made and destroyed since
  hint: plan again: ditc plan demo -out=demo.plan --sandbox

"#]]);
}

#[test]
fn a_field_that_moved_refuses_the_whole_plan() {
    let workspace = applied();
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    workspace.edit(FILE, "ports = [80]", "ports = [80]\n[services.other]\nimage = \"traefik/whoami:v1\"");
    workspace.ditc(SAVE).exits(0).says("Plan: 1 to add, 1 to change, 0 to destroy.");
    let containers = json!([{"name": "web", "image": "traefik/whoami:mine"}]);
    let change = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    workspace.cluster().patch_strategically(WEB, "kubectl-set", &change);
    workspace.ditc(APPLY).exits(1).wrote_nothing().out("").error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  demo.services.web/Deployment/web:
    .spec.template.spec.containers[name="web"].image was "traefik/whoami:v1",
    and is "traefik/whoami:mine"
  hint: plan again: ditc plan demo -out=demo.plan --sandbox

"#]]);
    assert_eq!(image(&workspace), json!("traefik/whoami:mine"));
}

#[test]
fn what_appeared_went_or_came_back_refuses_the_whole_plan() {
    let workspace = applied();
    workspace.edit(FILE, "ports = [80]", "ports = [80]\nreplicas = 2\n[services.other]\nimage = \"traefik/whoami:v1\"");
    workspace.ditc(SAVE).exits(0).says("Plan: 1 to add, 1 to change, 0 to destroy.");
    let cluster = workspace.cluster();
    cluster.delete("/api/v1/namespaces/demo/services/web");
    cluster.delete(WEB);
    cluster.wait_until_gone(WEB);
    let other = json!({"metadata": {"name": "other"}, "spec": {
        "selector": {"matchLabels": {"app": "other"}},
        "template": {"metadata": {"labels": {"app": "other"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}},
    }});
    cluster.create("/apis/apps/v1/namespaces/demo/deployments", "theirs", &other);
    drop(cluster);
    workspace.ditc(APPLY).exits(1).wrote_nothing().error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  demo.services.web/Service/web: it was to stay as it is, and would be created
    now
  demo.services.other/Deployment/other: An object of this name exists, and ditc
    did not make it (managed by theirs).
  demo.services.web/Deployment/web: it was to be updated, and would be created
    now
  hint: plan again: ditc plan demo -out=demo.plan --sandbox

"#]]);
}

#[test]
fn what_others_add_beside_it_refuses_nothing() {
    let workspace = saved();
    let change = json!({"metadata": {"annotations": {"theirs": "yes"}}});
    workspace.cluster().patch(WEB, "kubectl-annotate", &change);
    workspace.ditc(APPLY).exits(0).says("0 added, 1 changed, 0 destroyed.");
}

#[test]
fn a_plan_for_another_cluster_is_not_applied() {
    let workspace = saved();
    fs::remove_dir_all(workspace.path("state")).expect("something was run here");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let told = workspace.ditc(APPLY).exits(1).wrote_nothing();
    let words = told.error.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.starts_with("error: demo.plan is a plan for cluster sandbox ("), "{words}");
    assert!(words.contains("), and this is sandbox ("), "{words}");

    // The same where what is known of the cluster is old and no record says which one it is.
    let other = Workspace::of(DEMO.trim_start());
    other.ditc(SAVE).exits(0);
    fs::remove_dir_all(other.path("state/sandbox")).expect("something was run here");
    let told = other.ditc(APPLY).exits(1).wrote_nothing();
    assert!(told.error.contains("is a plan for cluster sandbox"), "{}", told.error);
}

#[test]
fn a_file_that_is_no_sound_plan_is_refused() {
    let workspace = saved();
    let bytes = fs::read(workspace.path("demo.plan")).expect("it was saved");
    fs::write(workspace.path("short.plan"), &bytes[..bytes.len() - 9]).expect("written");
    let mut changed = bytes.clone();
    let middle = bytes.len() / 2;
    changed[middle] ^= 4;
    fs::write(workspace.path("changed.plan"), &changed).expect("written");
    for verb in ["show", "apply"] {
        for file in ["short.plan", "changed.plan"] {
            let told = workspace.ditc(&format!("{verb} {file}")).exits(1);
            let words = told.error.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(
                words,
                format!(
                    "error: {file} cannot be used caused by: the saved plan is damaged: its content does not match its \
                 checksum hint: plan again: ditc plan ENV -out={file}"
                )
            );
        }
    }
    workspace.ditc("show environments/demo.toml").exits(1).error(str![[r#"
error: environments/demo.toml cannot be used
  caused by: it is no plan that ditc saved
  hint: an environment is named by its name alone: demo

"#]]);
    workspace.ditc("show ./none").exits(1).error(str![[r#"
error: there is no file ./none
  hint: ditc plan ENV -out=./none saves a plan there

"#]]);
    workspace.ditc("show environments").exits(1).error(str![[r#"
error: [ROOT]/environments is no regular file

"#]]);
    symlink(workspace.path("demo.plan"), workspace.path("link.plan")).expect("linked");
    workspace.ditc("apply link.plan --sandbox").exits(1).wrote_nothing().error(str![[r#"
error: [ROOT]/link.plan is a symbolic link; ditc keeps its state only
  in real files and directories

"#]]);
}

#[test]
fn a_plan_of_another_ditc_is_refused() {
    let workspace = saved();
    let bytes = fs::read(workspace.path("demo.plan")).expect("it was saved");
    let lines: Vec<&[u8]> = bytes.splitn(3, |byte| *byte == b'\n').collect();
    let mut head: std::collections::BTreeMap<String, Value> = serde_json::from_slice(lines[1]).expect("a head");
    head.remove("hash");
    head.insert("tool".to_owned(), json!("9.9.9"));
    let digest = sha2::Sha256::digest(serde_json::to_string(&head).expect("JSON"));
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    head.insert("hash".to_owned(), json!(hash));
    let head = serde_json::to_string(&head).expect("JSON");
    fs::write(workspace.path("demo.plan"), [lines[0], head.as_bytes(), lines[2]].join(&b'\n')).expect("written");
    workspace.ditc(APPLY).exits(1).wrote_nothing().error(str![[r#"
error: demo.plan cannot be used
  caused by: it was made by ditc 9.9.9, and this is ditc 0.1.0
  hint: plan again: ditc plan demo -out=demo.plan

"#]]);
}

#[test]
fn a_plan_is_kept_only_where_nothing_else_is() {
    let workspace = applied();
    workspace.write("notes.txt", "mine");
    let told = workspace.ditc("plan demo --sandbox -out=notes.txt").exits(1);
    assert_eq!(told.requests.to_string(), "", "it is refused before anything is asked");
    told.out("").error(str![[r#"
error: [ROOT]/notes.txt is there already
  hint: notes.txt is no plan of ditc, and stays as it is; choose another name

"#]]);
    assert_eq!(fs::read_to_string(workspace.path("notes.txt")).expect("it is there"), "mine");
    workspace.ditc("plan demo --sandbox -out=environments").exits(1).out("").error(str![[r#"
error: [ROOT]/environments is no regular file

"#]]);
    symlink(workspace.path("notes.txt"), workspace.path("link")).expect("linked");
    workspace.ditc("plan demo --sandbox -out=./link").exits(1).out("").error(str![[r#"
error: [ROOT]/./link is a symbolic link; ditc keeps its state only in
  real files and directories

"#]]);
    workspace.ditc("plan demo --sandbox -out=none/demo.plan").exits(1).out("");

    // An earlier plan is replaced, also a damaged one.
    workspace.ditc(SAVE).exits(0);
    let bytes = fs::read(workspace.path("demo.plan")).expect("it was saved");
    fs::write(workspace.path("demo.plan"), &bytes[..bytes.len() / 2]).expect("written");
    workspace.ditc(SAVE).exits(0);
    workspace.ditc("show demo.plan").exits(0);
    let mode = fs::metadata(workspace.path("demo.plan")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_name_of_an_environment_wins_over_a_file() {
    let workspace = applied();
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    workspace.ditc("plan demo --sandbox -out=demo").exits(0).error(str![[r#"

Saved the plan in ./demo. To do exactly this, or nothing:
  ditc apply ./demo --sandbox

"#]]);
    workspace.edit(FILE, "whoami:v2", "whoami:v3");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(image(&workspace), json!("traefik/whoami:v3"));
    workspace.edit(FILE, "whoami:v3", "whoami:v4");
    workspace.ditc("plan demo --sandbox -out=demo").exits(0);
    workspace.ditc("apply ./demo --sandbox").exits(0);
    assert_eq!(image(&workspace), json!("traefik/whoami:v4"));
}

#[test]
fn a_plan_that_cannot_be_applied_is_kept_and_says_so_again() {
    let workspace = applied();
    let foreign = json!({"metadata": {"name": "settings"}, "data": {"a": "b"}});
    workspace.cluster().create("/api/v1/namespaces/demo/configmaps", "theirs", &foreign);
    let module = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";
    workspace.write("modules/conf/module.toml", "");
    workspace.write("modules/conf/settings.yaml", module);
    workspace.edit(FILE, "[services.web]", "[dependencies.conf]\nmodule = \"conf\"\n[services.web]");
    let planned = workspace.ditc(SAVE).exits(1).says("This plan cannot be applied.").error(str![[r#"

Saved the plan in demo.plan, for others to look at:
  ditc show demo.plan

"#]]);
    assert_eq!(workspace.ditc("show demo.plan").exits(0).out, planned.out);
    let told = workspace.ditc(APPLY).exits(1);
    assert_eq!(told.requests.to_string(), "");
    assert_eq!(told.out, planned.out);
}

#[test]
fn a_plan_of_nothing_is_applied_as_often_as_one_likes() {
    let workspace = applied();
    workspace.ditc(SAVE).exits(0).says("No changes.");
    for _ in 0..2 {
        workspace.ditc(APPLY).exits(0).wrote_nothing().says("No changes.");
    }
}

#[test]
fn decisions_are_kept_in_the_plan() {
    let workspace = applied();
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    workspace.edit(FILE, "ports = [80]", "ports = [80]\n[services.other]\nimage = \"traefik/whoami:v1\"");
    workspace.ditc(&format!("{SAVE} -target=demo.services.other")).exits(0).says("Plan: 1 to add, 0 to change");
    workspace.ditc(&format!("{APPLY} -target=demo.services.web")).exits(1).wrote_nothing().error(str![[r#"
error: a saved plan is applied as it is: what was decided for it is in the file
  hint: give these flags to `ditc plan ENV -out=FILE`, then apply that

"#]]);
    workspace.ditc(APPLY).exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
    assert_eq!(image(&workspace), json!("traefik/whoami:v1"));
}

#[test]
fn a_destroy_is_planned_looked_at_and_applied() {
    let workspace = applied();
    let save = format!("{SAVE} -destroy");
    let planned = workspace.ditc(&save).exits(0).says("Plan: 0 to add, 0 to change, 8 to destroy.");
    assert_eq!(workspace.ditc("show demo.plan").exits(0).out, planned.out);
    // Since then somebody put something into the namespace.
    let foreign = json!({"metadata": {"name": "settings"}});
    workspace.cluster().create("/api/v1/namespaces/demo/configmaps", "theirs", &foreign);
    workspace.ditc(APPLY).exits(1).wrote_nothing().error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  demo/Namespace/demo: 1 object in namespace demo that ditc did not make would
    be deleted with it: ConfigMap/settings.
  hint: plan again: ditc plan demo -destroy -out=demo.plan --sandbox

"#]]);
    workspace.ditc(&save).exits(1).says("settings");
    workspace.ditc(&format!("{save} -with-foreign")).exits(0);
    workspace.remove(FILE);
    workspace.write("environments/other.toml", "");
    workspace.ditc(APPLY).exits(0).says("Destroy complete! Resources: 8 destroyed.");
    assert_eq!(workspace.cluster().get("/api/v1/namespaces/demo"), None);
    workspace.ditc(APPLY).exits(1).wrote_nothing().error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  environment demo has no record any more
  hint: plan again: ditc plan demo -destroy -with-foreign -out=demo.plan
    --sandbox

"#]]);
}

#[test]
fn a_saved_plan_costs_what_an_apply_costs() {
    let workspace = saved();
    let told = workspace.ditc(APPLY).exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
apply deployments/web 200
ask deployments/web 200
ask selfsubjectrulesreviews 201
create leases 201
delete leases/ditc 200
get configmaps/ditc 200
list configmaps 200
list deployments 200
list deployments 200
list endpointslices 200
list namespaces 200
list resourcequotas 200
list secrets 200
list services 200
list statefulsets 200
update configmaps/ditc 200
update configmaps/ditc 200
watch deployments 200
watch endpointslices 200

"#]],
    );
}

#[test]
fn what_was_foreseen_of_a_run_is_shown_again() {
    let workspace = applied();
    let quota = json!({"metadata": {"name": "small"}, "spec": {"hard": {"pods": "2"}}});
    workspace.cluster().create("/api/v1/namespaces/demo/resourcequotas", "admin", &quota);
    workspace.edit(FILE, "ports = [80]", "ports = [80]\nreplicas = 3");
    let planned = workspace.ditc(SAVE).exits(0).says("small");
    assert_eq!(workspace.ditc("show demo.plan").exits(0).out, planned.out);
    let planned = workspace.ditc(&format!("{SAVE} -json")).exits(0).says("\"small\"");
    assert_eq!(workspace.ditc("show demo.plan -json").exits(0).out, planned.out);
}

#[test]
fn a_fresh_checkout_applies_what_another_planned() {
    let workspace = saved();
    workspace.forget_state();
    workspace.ditc(APPLY).exits(0).says("0 added, 1 changed, 0 destroyed.");
}

#[test]
fn no_value_of_a_secret_is_in_a_plan_file() {
    let workspace = Workspace::of_this_repository();
    workspace.ditc("plan jakub --sandbox -out=new.plan").exits(0);
    workspace.ditc("apply jakub --sandbox -auto-approve").exits(0);
    let canary = "canary-5fd2c1b7a9e04d36";
    let last = "kubectl.kubernetes.io/last-applied-configuration";
    let change = json!({"stringData": {"postgresql-password": canary}, "metadata": {"annotations": {last: canary}}});
    workspace.cluster().patch("/api/v1/namespaces/jakub/secrets/postgresql", "kubectl-edit", &change);
    workspace.ditc("plan jakub --sandbox -out=old.plan").exits(0).says("Secret/postgresql has changed");
    workspace.ditc("plan jakub --sandbox -out=gone.plan -destroy").exits(0);
    let cluster = workspace.cluster();
    let list = cluster.get("/api/v1/namespaces/jakub/secrets").expect("there are Secrets");
    let data = list["items"].as_array().expect("a list").iter().filter_map(|secret| secret["data"].as_object());
    let encoded: Vec<String> =
        data.flat_map(|data| data.values()).map(|value| value.as_str().unwrap().into()).collect();
    assert_eq!(encoded.len(), 4);
    for file in ["new.plan", "old.plan", "gone.plan"] {
        let text = content(&workspace, file);
        assert!(text.contains("StatefulSet"), "{file} was unpacked");
        assert!(!text.contains(canary), "{file}");
        for value in &encoded {
            use base64::{Engine, engine::general_purpose::STANDARD};
            let plain = String::from_utf8(STANDARD.decode(value).expect("base64")).expect("text");
            assert!(!text.contains(value.trim_end_matches('=')) && !text.contains(&plain), "{file}");
        }
    }
}

#[test]
fn a_plan_without_a_look_asks_the_cluster_nothing() {
    let workspace = applied();
    const PLAN: &str = "plan demo --sandbox -refresh=false -detailed-exitcode";
    let told = workspace.ditc(PLAN).exits(0);
    assert_eq!(told.requests.to_string(), "");
    told.out(str![[r#"
Note: The cluster was not asked (-refresh=false). This is planned from the local
state, last seen at [TIME]: what changed since then does not show,
and nothing of this can be applied.

No changes. Environment demo was last left as its definition asks.

"#]])
        .error("");
    // What was changed by hand does not show; what the definition asks for does.
    workspace.cluster().patch(WEB, "kubectl-scale", &json!({"spec": {"replicas": 3}}));
    workspace.edit(FILE, "whoami:v1", "whoami:v2");
    workspace.edit(FILE, "ports = [80]", "ports = [80, 81]\n[services.other]\nimage = \"traefik/whoami:v1\"");
    let told = workspace.ditc(PLAN).exits(2);
    assert_eq!(told.requests.to_string(), "");
    told.out(str![[r#"
Note: The cluster was not asked (-refresh=false). This is planned from the local
state, last seen at [TIME]: what changed since then does not show,
and nothing of this can be applied.

Actions are shown with these symbols:
  + create
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.other/Deployment/other will be created
  # (environments/demo.toml:6, modules/service/service.yaml (built in):28)
  # not checked by the server: the cluster was not asked (-refresh=false)
  + Deployment "other" {
      + metadata.labels.app: other
      + spec:
      +   selector.matchLabels.app: other
      +   template:
      +     metadata.labels.app: other
      +     spec:
      +       enableServiceLinks: false
      +       automountServiceAccountToken: false
      +       securityContext.seccompProfile.type: RuntimeDefault
      +       containers:
      +         - name: other
      +           image: traefik/whoami:v1
      +           resources:
      +             limits.memory: 512Mi
      +             requests:
      +               cpu: 50m
      +               memory: 128Mi
      +           securityContext.allowPrivilegeEscalation: false
    }

  # demo.services.web/Service/web will be updated in-place
  # (the definition changed: environments/demo.toml:3,
  # modules/service/service.yaml (built in):180)
  # not checked by the server: the cluster was not asked (-refresh=false)
  ~ Service "web" {
      + spec.ports[name="port-81"]:
      +   port: 81
      +   targetPort: 81
      +   protocol: TCP
        # (13 unchanged fields hidden)
    }

  # demo.services.web/Deployment/web will be updated in-place
  # (the definition changed: environments/demo.toml:3,
  # modules/service/service.yaml (built in):28)
  # not checked by the server: the cluster was not asked (-refresh=false)
  ~ Deployment "web" {
      ~ spec.template.spec.containers[name="web"] {
          ~ image = "traefik/whoami:v1" -> "traefik/whoami:v2"
          + ports[name="port-81"]:
          +   containerPort: 81
          +   protocol: TCP
        }
        # (26 unchanged fields hidden)
    }

Plan: 1 to add, 2 to change, 0 to destroy.

"#]]);
    let document: Value =
        serde_json::from_str(&workspace.ditc(&format!("{PLAN} -json")).exits(2).out).expect("a document");
    assert_eq!((&document["applyable"], document["as_of"].is_string()), (&json!(false), true));
    let told = workspace.ditc("plan demo --sandbox -refresh=false -destroy").exits(0);
    assert_eq!(told.requests.to_string(), "");
    assert!(told.out.contains("Plan: 0 to add, 0 to change, 8 to destroy."), "{}", told.out);
}

#[test]
fn a_plan_without_a_look_needs_local_state_and_is_never_applied() {
    let workspace = workspace();
    workspace.ditc("plan demo --sandbox -refresh=false").exits(1).out("").error(str![[r#"
error: there is no local state of environment demo to plan from
  hint: ditc plan demo --sandbox asks the cluster

"#]]);
    workspace.ditc("apply demo --sandbox -refresh=false").exits(1).out("").error(str![[r#"
error: -refresh=false is for `ditc plan` alone: ditc changes nothing in a
  cluster that it has not looked at
  hint: ditc plan ENV -refresh=false shows what the local state says

"#]]);
    workspace.ditc("plan demo --sandbox -refresh=false -out=demo.plan").exits(1).out("").error(str![[r#"
error: a plan with -refresh=false is never applied, so it is not kept with -out
  hint: leave out one of the two

"#]]);
    workspace.ditc("plan demo --sandbox -refresh=false -refresh-only").exits(1).out("").error(str![[r#"
error: -refresh-only looks at the cluster, and -refresh=false does not
  hint: leave out one of the two

"#]]);
    workspace.ditc("plan demo --sandbox -refresh=false -adopt=demo.services.web").exits(1).out("").error(str![[r#"
error: -adopt and -force-conflicts are about what others made, which only the
  cluster can tell
  hint: leave out -refresh=false

"#]]);
}
