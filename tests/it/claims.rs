//! Claims that go while pods use them, on both servers: Kubernetes keeps a claim as long as a pod on a node uses it, so
//! that the pods must end first.

use serde_json::json;

use crate::support::{Stage, stories};

stories! {
    a_claim_is_replaced_under_the_pods_that_use_it
    a_claim_that_somebody_deletes_is_not_taken_from_its_pods
    a_claim_that_a_pod_of_others_uses_is_not_begun_with
    a_workload_of_others_that_uses_a_claim_is_named
    a_pod_that_comes_between_keeps_its_claim_and_is_named
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

/// A pod that nobody here described, on a node, with the claim.
fn has_a_rescue(stage: &Stage) -> String {
    let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "store"}}]);
    let spec = json!({"containers": [{"name": "main", "image": "app:v1"}], "volumes": volumes,
        "terminationGracePeriodSeconds": 1});
    stage.server.create(&stage.path("pods"), "hand", &json!({"metadata": {"name": "rescue"}, "spec": spec}));
    let pod = stage.path("pods/rescue");
    stage.server.wait_until(&pod, |pod| pod["spec"]["nodeName"].is_string());
    pod
}

fn a_claim_that_a_pod_of_others_uses_is_not_begun_with(stage: &Stage) {
    has_a_store(stage, "");
    let claim = stage.uid(CLAIM);
    let pod = has_a_rescue(stage);
    asks_for_less(stage);
    let told =
        stage.apply(FLAG).exits(1).says("Pod/rescue uses it, and Kubernetes keeps a claim as long as it is used");
    told.says(&format!("kubectl -n {} delete pod/rescue", stage.name)).says_nothing_of("Deployment/store uses");
    let json = stage.start("plan", &format!("-json {FLAG}")).end().exits(1);
    json.says("\"reason\": \"held\"");
    // A destroy of a part, and of the component alone, is no other case.
    let target = "-target=ENV.dependencies.store";
    stage.start("destroy", &format!("-auto-approve {target}")).end().exits(1).says("Pod/rescue uses it");
    let store = stage.get(CLAIM).expect("it stays");
    assert!(store["metadata"]["uid"] == claim && store["metadata"].get("deletionTimestamp").is_none(), "{store}");
    stage.server.delete(&pod);
    stage.server.wait_until_gone(&pod);
    stage.apply(FLAG).exits(0).says("Resources: 1 added, 0 changed, 1 destroyed.");
    stage.is_as_defined();
}

fn a_workload_of_others_that_uses_a_claim_is_named(stage: &Stage) {
    has_a_store(stage, "");
    let labels = json!({"app": "theirs"});
    let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "store"}}]);
    let pod = json!({"metadata": {"labels": labels}, "spec": {"volumes": volumes, "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "main", "image": "app:v1"}]}});
    let theirs =
        json!({"metadata": {"name": "theirs"}, "spec": {"selector": {"matchLabels": labels}, "template": pod}});
    stage.server.create(&stage.path("apps/v1 deployments"), "hand", &theirs);
    stage.server.wait_until(&stage.path("apps/v1 deployments/theirs"), |theirs| theirs["status"]["readyReplicas"] == 1);
    asks_for_less(stage);
    let told = stage.plan(FLAG).exits(1).says("Deployment/theirs uses it");
    told.says(&format!("kubectl -n {} scale --replicas=0 deployment/theirs", stage.name));
    // With the whole namespace, it goes as well.
    let flags = "-auto-approve -with-foreign";
    stage.start("destroy", flags).end().exits(0).says("Destroy complete!");
}

fn a_pod_that_comes_between_keeps_its_claim_and_is_named(stage: &Stage) {
    has_a_store(stage, "");
    asks_for_less(stage);
    let text = "timeout = \"4s\"\n[dependencies.store]\nmodule = \"store\"\ninputs = { size = \"1Gi\" }\n";
    stage.workspace.write(&format!("environments/{}.toml", stage.name), text);
    let flag = FLAG.replace("ENV", &stage.name);
    let mut run = stage.workspace.in_terminal(&format!("apply {} --kubeconfig kubeconfig {flag}", stage.name));
    run.wait_for("Enter a value:");
    let pod = has_a_rescue(stage);
    run.type_in("yes\n");
    run.wait_for("Pod/rescue");
    let told = run.end().exits(1);
    assert!(told.out.contains("it is used by Pod/rescue"), "{}", told.out);
    assert!(told.out.contains(&format!("kubectl -n {} delete pod/rescue", stage.name)), "{}", told.out);
    // The next run knows that it was ditc that began, says what it waits for, and goes on.
    let plan = stage.plan("").exits(2).says("it waits for Pod/rescue, which uses it");
    plan.says("Plan: 1 to add, 0 to change, 0 to destroy.");
    let mut run = stage.start("apply", "-auto-approve");
    run.wait_for("used by Pod/rescue");
    stage.server.delete(&pod);
    run.end().exits(0).says("Resources: 1 added, 0 changed, 0 destroyed.");
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
