//! Claims that go while pods use them, on both servers: Kubernetes keeps a claim as long as a pod on a node uses it, so
//! that the pods must end first.

use serde_json::json;

use crate::support::{Stage, stories};

stories! {
    a_claim_is_replaced_under_the_pods_that_use_it
    a_claim_that_somebody_deletes_is_not_taken_from_its_pods
    a_pod_of_others_keeps_its_claim_and_is_named
    a_pod_that_is_described_itself_is_made_anew_with_its_claim
}

const STORE: &str = r#"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: {{ name }} }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: immediate
  resources: { requests: { storage: {{ inputs.size }} } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }} }
spec:
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata: { labels: { app: {{ name }} } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: main, image: "app:v1" }]
      volumes: [{ name: data, persistentVolumeClaim: { claimName: {{ name }} } }]
"#;

const POD: &str = r#"
---
apiVersion: v1
kind: Pod
metadata: { name: {{ name ~ "-alone" }} }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: "app:v1" }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: {{ name }} } }]
"#;

const FLAG: &str = "-delete-data=ENV.dependencies.store";
const CLAIM: &str = "persistentvolumeclaims/store";

fn has_a_store(stage: &Stage, more: &str) {
    stage.workspace.write("modules/store/module.toml", "[inputs.size]\ntype = \"quantity\"\ndefault = \"2Gi\"");
    stage.workspace.write("modules/store/store.yaml", &format!("{STORE}{more}"));
    stage.define("[dependencies.store]\nmodule = \"store\"");
    stage.apply("").exits(0);
}

/// Less room than before is what no server gives to a claim that is there.
fn asks_for_less(stage: &Stage) {
    stage.define("[dependencies.store]\nmodule = \"store\"\ninputs = { size = \"1Gi\" }");
}

fn a_claim_is_replaced_under_the_pods_that_use_it(stage: &Stage) {
    has_a_store(stage, "");
    let (claim, workload) = (stage.uid(CLAIM), stage.uid("apps/v1 deployments/store"));
    asks_for_less(stage);
    stage.plan("").exits(1).says("Its data would be lost");
    let plan = stage.plan(FLAG).exits(2).says("Plan: 1 to add, 0 to change, 1 to destroy.");
    plan.says("ends the pods of Deployment/store").says("Look twice at these:");
    let json = stage.start("plan", &format!("-json {FLAG}")).end().exits(0);
    json.says(&format!("\"ends_pods_of\": [ {{ \"address\": \"{}.dependencies.store/Deployment/store\"", stage.name));
    stage.apply(FLAG).exits(0).says("Resources: 1 added, 0 changed, 1 destroyed.");
    assert_ne!(stage.uid(CLAIM), claim);
    assert_eq!(stage.uid("apps/v1 deployments/store"), workload, "only its pods end");
    let store = stage.get("apps/v1 deployments/store").expect("it stays");
    assert_eq!(store["status"]["readyReplicas"], 1, "they were waited for");
    stage.is_as_defined();
}

fn a_claim_that_somebody_deletes_is_not_taken_from_its_pods(stage: &Stage) {
    has_a_store(stage, "");
    let claim = stage.uid(CLAIM);
    stage.server.delete(&stage.path(CLAIM));
    let plan = stage.plan("").exits(1).says("only the pods that use it still hold it");
    plan.says(&FLAG.replace("ENV", &stage.name));
    stage.apply("").exits(1);
    assert_eq!(stage.uid(CLAIM), claim);
    stage.plan(FLAG).exits(2).says("ends the pods of Deployment/store");
    stage.apply(FLAG).exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
    assert_ne!(stage.uid(CLAIM), claim);
    stage.is_as_defined();
}

fn a_pod_of_others_keeps_its_claim_and_is_named(stage: &Stage) {
    has_a_store(stage, "");
    let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "store"}}]);
    let spec = json!({"containers": [{"name": "main", "image": "app:v1"}], "volumes": volumes,
        "terminationGracePeriodSeconds": 1});
    stage.server.create(&stage.path("pods"), "hand", &json!({"metadata": {"name": "rescue"}, "spec": spec}));
    let pod = stage.path("pods/rescue");
    stage.server.wait_until(&pod, |pod| pod["spec"]["nodeName"].is_string());
    asks_for_less(stage);
    let mut run = stage.start("apply", &format!("-auto-approve {FLAG}"));
    run.wait_for("Pod/rescue");
    stage.server.delete(&pod);
    run.end().exits(0).says("used by Pod/rescue").says("Resources: 1 added, 0 changed, 1 destroyed.");
    stage.is_as_defined();
}

fn a_pod_that_is_described_itself_is_made_anew_with_its_claim(stage: &Stage) {
    has_a_store(stage, POD);
    let pod = stage.uid("pods/store-alone");
    asks_for_less(stage);
    let plan = stage.plan(FLAG).exits(2).says("Plan: 2 to add, 0 to change, 2 to destroy.");
    plan.says("it uses PersistentVolumeClaim/store, which is made anew");
    stage.apply(FLAG).exits(0).says("Resources: 2 added, 0 changed, 2 destroyed.");
    assert_ne!(stage.uid("pods/store-alone"), pod);
    stage.is_as_defined();
}
