//! What the user decides, as told: by replacing, adopting, forcing, losing data, and by looking at a part. Each story runs
//! against the cluster in the box, served like a real one, and against a real server where there is one.

use serde_json::{Value, json};

use crate::support::{Stage, UNBOUND, stories};

stories! {
    an_object_of_another_tool_is_adopted
    a_namespace_of_others_is_adopted_and_never_deleted
    what_goes_along_with_the_namespace_is_named
    what_cannot_be_updated_is_replaced
    a_default_in_the_way_goes_with_the_update
    an_object_is_made_anew_on_request
    fields_of_others_are_taken_when_told_to
    a_field_whose_owner_alone_changes_is_named
    what_is_being_deleted_is_made_anew_when_it_is_gone
    data_is_lost_only_when_told_to
    claims_that_a_set_made_go_with_it_and_no_others
    claims_of_a_set_that_is_gone_are_not_forgotten
    a_set_with_other_claims_is_told_what_becomes_of_its_data
    a_quota_below_what_is_used_is_told
    a_refusal_is_told_without_what_the_server_prints
    what_the_server_warns_about_is_said_once
    no_more_is_destroyed_than_allowed
    nothing_is_changed_in_a_protected_namespace
    a_part_is_applied
    a_part_is_left_out
    the_record_alone_is_refreshed
    replicas_are_left_to_an_autoscaler
    a_first_plan_is_checked_by_the_server
}

const WEB: &str = "apps/v1 deployments/web";
const API: &str = "[services.api]\nmodule = \"app\"\n";

fn an_object_of_another_tool_is_adopted(stage: &Stage) {
    stage.define(API);
    stage.apply("").exits(0);
    let labels = json!({"app": "web", "label": "one"});
    let theirs = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "paused": false, "minReadySeconds": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:theirs"}]}}}});
    stage.server.create(&stage.path("apps/v1 deployments"), "helm", &theirs);
    let uid = stage.uid(WEB);

    stage.define("[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"");
    let flag = "-adopt=ENV.services.web/Deployment/web";
    stage.plan("").exits(1).says("managed by helm").says(&flag.replace("ENV", &stage.name));
    stage
        .plan(flag)
        .exits(2)
        .says("will be imported")
        .says("\"app:theirs\" -> \"app:v1\"")
        .says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
    stage.apply(flag).exits(0).says("Resources: 1 imported, 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
    let web = stage.get(WEB).expect("it is there");
    assert_eq!(web["metadata"]["uid"], uid);
    // A field that nobody asks for stays theirs, every other is ours alone.
    let entries = web["metadata"]["managedFields"].as_array().expect("entries");
    let helms = entries.iter().find(|entry| entry["manager"] == "helm").expect("helm's other fields");
    assert!(helms["fieldsV1"]["f:spec"]["f:minReadySeconds"].is_object(), "{helms}");
    assert!(!helms.to_string().contains("\"f:image\":{}"), "{helms}");
}

fn a_namespace_of_others_is_adopted_and_never_deleted(stage: &Stage) {
    let theirs = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": stage.name, "labels": {"team": "theirs"}}});
    stage.server.create("/api/v1/namespaces", "admin", &theirs);
    stage.plan("").exits(1).says("An object of this name exists");
    stage.apply("-adopt=ENV/Namespace/ENV").exits(0).says("Resources: 1 imported, 2 added");
    stage.is_as_defined();
    stage.workspace.forget_state();
    stage.is_as_defined();
    stage
        .start("plan", "-destroy")
        .end()
        .exits(0)
        .says("it stays, without what ditc set on it")
        .says("ditc.dev/environment: ");
    stage.start("destroy", "-auto-approve").end().exits(0).says("Resources: 2 destroyed.");
    let namespace = stage.server.get(&format!("/api/v1/namespaces/{}", stage.name)).expect("it stays");
    let metadata = &namespace["metadata"];
    assert_eq!((&metadata["deletionTimestamp"], &metadata["labels"]["team"]), (&Value::Null, &json!("theirs")));
    // Nothing of ditc is left in it, nor on it.
    assert!(!namespace.to_string().contains("ditc"), "{namespace}");
    assert!(stage.get("configmaps/ditc").is_none());
    stage.start("status", "").end().exits(2).says("is not applied");
    stage.start("drift", "").end().exits(0).says_nothing_of("ditc made");
    stage.plan("").exits(1).says("An object of this name exists");
}

fn what_cannot_be_updated_is_replaced(stage: &Stage) {
    stage.apply("").exits(0);
    let uid = stage.uid(WEB);
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { label = \"two\" }\n[services.api]\nmodule = \"app\"");
    stage
        .plan("")
        .exits(2)
        .says("services.web/Deployment/web must be replaced")
        .says("-/+ Deployment \"web\" {")
        .says("# forces replacement")
        .says("Plan: 1 to add, 0 to change, 1 to destroy.");
    stage.apply("").exits(0).says("Resources: 1 added, 0 changed, 1 destroyed.");
    assert_ne!(stage.uid(WEB), uid);
    stage.is_as_defined();
}

fn a_default_in_the_way_goes_with_the_update(stage: &Stage) {
    stage.apply("").exits(0);
    let uid = stage.uid(WEB);
    let spec = "{ strategy = { type = \"Recreate\" } }";
    stage.define(&format!("[services.web]\nmodule = \"app\"\ninputs = {{ spec = {spec} }}\n{API}"));
    stage.plan("").exits(2).says("rollingUpdate").says("Plan: 0 to add, 1 to change, 0 to destroy.");
    stage.apply("").exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    let web = stage.get(WEB).expect("it is there");
    assert_eq!((&web["metadata"]["uid"], &web["spec"]["strategy"]), (&uid, &json!({"type": "Recreate"})));
    stage.is_as_defined();
}

fn an_object_is_made_anew_on_request(stage: &Stage) {
    stage.apply("").exits(0);
    let uid = stage.uid(WEB);
    let told = stage.plan("-replace=deployment/nothing").exits(1);
    assert!(told.error.contains("has nothing at `deployment/nothing`"), "{}", told.error);
    for (typed, meant) in [
        ("deployment/wbe", "Deployment/web"),
        ("ENV.services.wbe", "ENV.services.web"),
        ("ENV/Deployment/web", "ENV.services.web/Deployment/web"),
    ] {
        let told = stage.plan(&format!("-replace={typed}")).exits(1);
        let meant = format!("did you mean `{}`?", meant.replace("ENV", &stage.name));
        assert!(told.error.contains(&meant), "{}", told.error);
    }
    stage.plan("-replace=deployment/web").exits(2).says("will be replaced").says("(as requested)");
    stage.apply("-replace=ENV.services.web/Deployment/web").exits(0);
    assert_ne!(stage.uid(WEB), uid);
    stage.is_as_defined();
}

fn fields_of_others_are_taken_when_told_to(stage: &Stage) {
    stage.apply("").exits(0);
    let theirs = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"minReadySeconds": 1}});
    stage.patch_as("other", WEB, "application/apply-patch+yaml", &theirs);
    let spec = "{ minReadySeconds = 0 }";
    stage.define(&format!("[services.web]\nmodule = \"app\"\ninputs = {{ spec = {spec} }}\n{API}"));
    let flag = "-force-conflicts=ENV.services.web/Deployment/web";
    stage.plan("").exits(1).says(".spec.minReadySeconds (other)").says(&flag.replace("ENV", &stage.name));
    stage.plan(flag).exits(2).says("takes back ownership of .spec.minReadySeconds (other)");
    stage.apply(flag).exits(0);
    stage.is_as_defined();
}

fn a_field_whose_owner_alone_changes_is_named(stage: &Stage) {
    let with =
        |spec: &str| stage.define(&format!("[services.web]\nmodule = \"app\"\ninputs = {{ spec = {spec} }}\n{API}"));
    with("{ minReadySeconds = 1 }");
    stage.apply("").exits(0);
    // The same value, and another who wants it.
    let theirs = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"minReadySeconds": 1}});
    stage.patch_as("other", WEB, "application/apply-patch+yaml", &theirs);
    with("{}");
    stage.plan("").exits(2).says("~ gives up ownership of .spec.minReadySeconds");
    stage.apply("").exits(0);
    assert_eq!(stage.get(WEB).expect("it is there")["spec"]["minReadySeconds"], 1);
    stage.is_as_defined();
}

fn what_is_being_deleted_is_made_anew_when_it_is_gone(stage: &Stage) {
    stage.apply("").exits(0);
    let (path, uid) = (stage.path(WEB), stage.uid(WEB));
    stage.server.patch(&path, "hand", &json!({"metadata": {"finalizers": ["example.com/held"]}}));
    stage.server.delete(&path);
    stage.plan("").exits(2).says("being deleted, held by example.com/held");
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("Deployment/web: Creating...");
    stage.server.patch(&path, "hand", &json!({"metadata": {"finalizers": null}}));
    run.end().exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
    assert_ne!(stage.uid(WEB), uid);
    stage.is_as_defined();
}

fn data_is_lost_only_when_told_to(stage: &Stage) {
    stage.define(&format!("{API}[dependencies.disk]\nmodule = \"disk\""));
    stage.apply("").exits(0);
    stage.define(API);
    stage.plan("").exits(1).says("Its data would be lost").says("Secret/disk").says("PersistentVolumeClaim/disk");
    stage.apply("").exits(1);
    let flag = "-delete-data=ENV.dependencies.disk";
    stage.plan(flag).exits(2).says("its data is lost with it").says("Plan: 0 to add, 0 to change, 2 to destroy.");
    stage.apply(flag).exits(0);
    assert_eq!((stage.get("persistentvolumeclaims/disk"), stage.get("secrets/disk")), (None, None));
    stage.is_as_defined();
}

const SET: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: {{ name }} }
spec:
  serviceName: {{ name }}
  replicas: 2
  podManagementPolicy: Parallel
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata: { labels: { app: {{ name }} } }
    spec: { containers: [{ name: main, image: app:v1 }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], storageClassName: standard, resources: { requests: { storage: 1Gi } } }
"#;

fn has_a_set(stage: &Stage) {
    stage.workspace.write("modules/set/module.toml", "");
    stage.workspace.write("modules/set/set.yaml", SET);
    stage.define(&format!("{API}[dependencies.db]\nmodule = \"set\""));
    stage.apply("").exits(0);
}

fn claims_of_a_set_that_is_gone_are_not_forgotten(stage: &Stage) {
    has_a_set(stage);
    stage.server.delete(&stage.path("apps/v1 statefulsets/db"));
    stage.define(API);
    let flag = "-delete-data=ENV.dependencies.db";
    let told = stage.plan("").exits(1);
    told.says("PersistentVolumeClaim/data-db-0").says(&flag.replace("ENV", &stage.name));
    stage.plan(flag).exits(2).says("Plan: 0 to add, 0 to change, 2 to destroy, 1 to forget.");
    stage.apply(flag).exits(0);
    assert!(stage.get("persistentvolumeclaims/data-db-0").is_none());
    stage.is_as_defined();
}

fn claims_that_a_set_made_go_with_it_and_no_others(stage: &Stage) {
    has_a_set(stage);
    // Somebody's own, of a like name.
    let spec = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "resources": {"requests": {"storage": "1Gi"}}});
    let claims = stage.path("persistentvolumeclaims");
    stage.server.create(&claims, "hand", &json!({"metadata": {"name": "data-db-9"}, "spec": spec}));
    stage.define(API);
    stage.plan("").exits(1).says("Its data would be lost").says("PersistentVolumeClaim/data-db-1");
    stage.apply("").exits(1);
    let flag = "-delete-data=ENV.dependencies.db";
    let plan = stage.plan(flag).exits(2).says("Plan: 0 to add, 0 to change, 3 to destroy.");
    plan.says("(made by StatefulSet/db, which goes; its data is lost with it)");
    stage.apply(flag).exits(0);
    let left = ["data-db-0", "data-db-1", "data-db-9"].map(|name| stage.get(&format!("persistentvolumeclaims/{name}")));
    assert_eq!(left.map(|claim| claim.is_some()), [false, false, true]);
    stage.is_as_defined();
}

fn a_set_with_other_claims_is_told_what_becomes_of_its_data(stage: &Stage) {
    has_a_set(stage);
    let claim = stage.uid("persistentvolumeclaims/data-db-0");
    stage.workspace.edit("modules/set/set.yaml", "storage: 1Gi", "storage: 2Gi");
    let told = stage.plan("").exits(1).says("their data stays, and so do their size and class");
    let told = told.says("to give its claims more room").says("edit persistentvolumeclaim/data-db-0");
    told.says_nothing_of("would be lost");
    stage.apply("-delete-data=ENV.dependencies.db").exits(0).says("1 added, 0 changed, 1 destroyed.");
    assert_eq!(stage.uid("persistentvolumeclaims/data-db-0"), claim, "as was said");
    stage.is_as_defined();
}

fn a_quota_below_what_is_used_is_told(stage: &Stage) {
    let quota = |maps: u32| {
        let services = "[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"";
        stage.define(&format!("{services}\n[services.bound]\nmodule = \"bound\"\ninputs = {{ deployments = {maps} }}"));
    };
    stage.workspace.write("modules/bound/module.toml", "[inputs.deployments]\ntype = \"integer\"");
    let text = r#"{ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": {{ name }} },
        "spec": { "hard": { "count/deployments.apps": {{ inputs.deployments ~ "" }} } } }"#;
    stage.workspace.write("modules/bound/bound.yaml", text);
    stage.apply("").exits(0);
    quota(9);
    stage.apply("").exits(0);
    stage.server.wait_until(&stage.path("resourcequotas/bound"), |quota| {
        quota["status"]["used"]["count/deployments.apps"] == "2"
    });
    stage.plan("").exits(0).says_nothing_of("allows less than is used");
    quota(1);
    let told = stage.plan("").exits(2).says("allows less than is used (count/deployments.apps 2 of 1)");
    told.says("nothing new of it starts");
    stage.apply("").exits(0);
    stage.plan("").exits(0).says("allows less than is used (count/deployments.apps 2 of 1)");
}

const JOB: &str = r#"
apiVersion: batch/v1
kind: Job
metadata: { name: {{ name }} }
spec:
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers: [{ name: main, image: app:v1 }]
"#;

fn a_refusal_is_told_without_what_the_server_prints(stage: &Stage) {
    stage.workspace.write("modules/job/module.toml", "");
    stage.workspace.write("modules/job/job.yaml", JOB);
    stage.define("[services.job]\nmodule = \"job\"");
    stage.apply("").exits(0);
    stage.workspace.edit("modules/job/job.yaml", "app:v1", "app:v2");
    let told = stage.plan("").exits(2).says("Job/job must be replaced").says(": field is immutable");
    told.says_nothing_of("PodTemplateSpec");
}

fn what_the_server_warns_about_is_said_once(stage: &Stage) {
    stage.workspace.write("modules/quiet/module.toml", "");
    stage.workspace.write("modules/quiet/quiet.yaml", &JOB.replace("Never", "Never\n      hostNetwork: true"));
    let services = |count: u32| -> String {
        (1..=count).map(|number| format!("[services.job{number}]\nmodule = \"quiet\"\n")).collect()
    };
    stage.define("");
    stage.apply("").exits(0);
    let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/warn": "baseline"}}});
    stage.server.patch(&format!("/api/v1/namespaces/{}", stage.name), "hand", &labels);
    stage.define(&services(3));
    let told = stage.plan("").exits(2);
    assert_eq!(told.error.matches("would violate PodSecurity").count(), 1, "{}", told.error);
    assert!(told.error.contains("and 2 more"), "{}", told.error);
    let told = stage.apply("").exits(0);
    // Once in full, and once for the rest.
    assert_eq!(told.out.matches("would violate PodSecurity").count(), 2, "{}", told.out);
    told.says("the same of 2 more objects: would violate PodSecurity");
}

fn no_more_is_destroyed_than_allowed(stage: &Stage) {
    stage.apply("").exits(0);
    stage.workspace.write("ditc.toml", &format!("[policy]\nmax_destroy = 1\n{UNBOUND}"));
    stage.define("[services.other]\nmodule = \"app\"");
    stage.plan("").exits(1).says("would delete or replace 2 objects").says("-max-destroy=2");
    let flags = "-force-conflicts=ENV.services.web -target=ENV";
    stage.plan(flags).exits(1).says(&format!("-max-destroy=2 -target={}", stage.name));
    stage.apply("").exits(1);
    stage.apply("-max-destroy=2").exits(0).says("Resources: 1 added, 0 changed, 2 destroyed.");
    stage.is_as_defined();
}

fn what_goes_along_with_the_namespace_is_named(stage: &Stage) {
    stage.define(API);
    stage.apply("").exits(0);
    let maps = stage.path("configmaps");
    for number in 0..23 {
        stage.server.create(&maps, "hand", &json!({"metadata": {"name": format!("theirs-{number:02}")}}));
    }
    stage.start("plan", "-destroy").end().exits(1).says("23 objects in namespace").says("-with-foreign");
    let plan = stage.start("plan", "-destroy -with-foreign").end().exits(0);
    let plan = plan.says("23 objects that ditc did not make will be destroyed with namespace");
    plan.says("  - ConfigMap/theirs-00\n").says("  - ConfigMap/theirs-19\n").says("... and 3 more");
    let json = stage.start("plan", "-destroy -with-foreign -json").end().exits(0);
    json.says("\"goes_along\": [").says("/ConfigMap/theirs-22\"");
    let markdown = stage.start("plan", "-destroy -with-foreign -format markdown").end().exits(0);
    let markdown = markdown.says("<code>23 objects that ditc did not make will be destroyed with namespace");
    markdown.says("theirs-19</code>").says("<code>... and 3 more</code>");
    stage.start("destroy", "-auto-approve -with-foreign").end().exits(0).says("Destroy complete!");
    assert!(stage.server.get(&format!("/api/v1/namespaces/{}", stage.name)).is_none());
}

fn nothing_is_changed_in_a_protected_namespace(stage: &Stage) {
    stage.apply("").exits(0);
    stage.workspace.write("ditc.toml", &format!("[policy]\nprotected = [\"d-*\"]\n{UNBOUND}"));
    for ran in [stage.plan(""), stage.apply(""), stage.start("destroy", "-auto-approve").end()] {
        let told = ran.exits(1);
        assert!(told.error.contains("protected"), "{}", told.error);
    }
    // Nor when its file is gone.
    stage.workspace.remove(&format!("environments/{}.toml", stage.name));
    stage.workspace.write("environments/other.toml", "");
    let told = stage.start("destroy", "-auto-approve -with-foreign").end().exits(1);
    assert!(told.error.contains("is protected by the"), "{}", told.error);
    assert!(stage.get(WEB).is_some());
}

fn a_part_is_applied(stage: &Stage) {
    stage.apply("").exits(0);
    stage.define("[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\" }\n[services.new]\nmodule = \"app\"");
    stage
        .plan("-target=ENV.services.web")
        .exits(2)
        .says("only a part of the environment was planned")
        .says("Plan: 0 to add, 1 to change, 0 to destroy.");
    let told = stage.apply("-target=ENV.services.web").exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    told.says("only a part of environment");
    let told = stage.plan("-target=ENV.services.web").exits(0).says("No changes. The part of environment");
    told.says_nothing_of(&format!("Environment {} matches", stage.name));
    assert!(stage.get("apps/v1 deployments/api").is_some());
    stage.plan("").exits(2).says("Plan: 1 to add, 0 to change, 1 to destroy.");
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn a_part_is_left_out(stage: &Stage) {
    stage.apply("").exits(0);
    stage.define(
        "[services.web]\nmodule = \"app\"\ninputs = { image = \"app:v2\" }\n[services.api]\nmodule = \"app\"\n\
         inputs = { image = \"app:v2\" }\nneeds = [\"web\"]",
    );
    stage.plan("-exclude=ENV.services.api").exits(2).says("Plan: 0 to add, 1 to change, 0 to destroy.");
    // Who needs what is left out, is left out.
    stage.plan("-exclude=ENV.services.web").exits(0).says("No changes.");
    stage.apply("-exclude=ENV.services.api").exits(0);
    stage.plan("").exits(2).says("services.api/Deployment/api will be updated");
}

fn the_record_alone_is_refreshed(stage: &Stage) {
    stage.apply("").exits(0);
    stage.server.delete(&stage.path(WEB));
    stage.server.wait_until_gone(&stage.path(WEB));
    stage.apply("-refresh-only").exits(0).says("forget");
    stage.plan("-refresh-only").exits(0).says("knows what is there; what differs stays as it is.");
    assert_eq!(stage.get(WEB), None);
    let told = stage.plan("").exits(2);
    assert!(!told.out.contains("deleted outside"), "{}", told.out);
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn replicas_are_left_to_an_autoscaler(stage: &Stage) {
    let web =
        |spec: &str| stage.define(&format!("[services.web]\nmodule = \"app\"\ninputs = {{ spec = {spec} }}\n{API}"));
    web("{ replicas = 1 }");
    stage.apply("").exits(0);
    let autoscaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {"minReplicas": 3, "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    let autoscalers = stage.path("autoscaling/v2 horizontalpodautoscalers");
    stage.server.create(&autoscalers, "hand", &autoscaler);
    let scale = stage.path("apps/v1 deployments/web/scale");
    stage.server.patch(&scale, "kube-controller-manager", &json!({"spec": {"replicas": 3}}));

    stage.is_as_defined();
    stage.apply("").exits(0);
    web("{ replicas = 2 }");
    stage.apply("").exits(0);
    assert_eq!(stage.get(WEB).expect("it is there")["spec"]["replicas"], 3);
    stage.is_as_defined();

    // A hand is no autoscaler, although it writes through the same subresource.
    stage.server.delete(&format!("{autoscalers}/web"));
    stage.server.wait_until_gone(&format!("{autoscalers}/web"));
    stage.plan("").exits(2).says("3 -> 2").says("no controller looks after a field any more");
    stage.apply("").exits(0);
    stage.server.patch(&scale, "kubectl", &json!({"spec": {"replicas": 5}}));
    stage.plan("").exits(2).says("5 -> 2").says("takes back ownership of .spec.replicas (kubectl)");
}

fn a_first_plan_is_checked_by_the_server(stage: &Stage) {
    stage.plan("").exits(2).says("2 objects were checked by the server in namespace default").says("Plan: 3 to add");
    for (spec, what) in [
        ("{ minReadySeconds = -1 }", "Invalid value: -1"),
        ("{ replcas = 2 }", "replcas"),
        ("{ replicas = \"two\" }", "refuses it as it is written"),
    ] {
        stage.define(&format!("[services.web]\nmodule = \"app\"\ninputs = {{ spec = {spec} }}\n{API}"));
        let told = stage.plan("").exits(1).says(what);
        assert!(!told.out.contains("ditc-check"), "{}", told.out);
    }
}

/// What is known of the kinds of a cluster is kept for hours, and a definition may go in that time.
#[test]
fn a_destroy_does_not_fail_for_a_kind_that_went() {
    let stage = Stage::in_the_box();
    let version = json!({"name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}});
    let spec = json!({"group": "example.com", "scope": "Namespaced", "versions": [version],
        "names": {"plural": "looses", "singular": "loose", "kind": "Loose"}});
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    stage.server.create(definitions, "hand", &json!({"metadata": {"name": "looses.example.com"}, "spec": spec}));
    stage.server.wait_until(&format!("{definitions}/looses.example.com"), |definition| {
        definition["status"]["acceptedNames"]["kind"] == "Loose"
    });
    stage.apply("").exits(0);
    stage.server.delete(&format!("{definitions}/looses.example.com"));
    stage.server.wait_until_gone(&format!("{definitions}/looses.example.com"));
    stage.start("destroy", "-auto-approve").end().exits(0).says("Destroy complete!");
}

#[test]
fn an_address_without_its_environment_is_told_what_addresses_look_like() {
    let stage = Stage::in_the_box();
    let told = stage.plan("-target=services.web").exits(1);
    assert!(told.error.contains("`ENV.services.NAME`"), "{}", told.error);
    let told = stage.plan("-target=web").exits(1);
    assert!(told.error.contains(&format!("did you mean `{}.services.web`?", stage.name)), "{}", told.error);
}
