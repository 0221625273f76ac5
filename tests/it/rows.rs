//! The rows of the truth table that a user can provoke, on both servers: what is recorded, what is there, whose it is.

use serde_json::{Value, json};

use crate::support::{Stage, stories};

stories! {
    a_lost_record_is_learned_from_the_cluster
    what_was_recreated_by_hand_and_is_not_ours_is_in_the_way
    a_finished_job_may_be_cleared_away
    what_is_unchanged_and_not_ready_is_shown
    what_left_the_definition_and_is_gone_is_forgotten
    a_leftover_of_ours_is_deleted
    what_only_carries_the_label_is_left_alone
    stripped_managed_fields_are_a_question
    another_version_of_an_object_is_the_same_object
    an_alias_that_stays_is_no_change
    the_order_of_a_list_is_a_change
    a_quota_is_in_the_way
    what_the_server_writes_otherwise_is_no_change
}

const WEB: &str = "apps/v1 deployments/web";
const APPLY: &str = "application/apply-patch+yaml";

fn module(stage: &Stage, name: &str, template: &str) {
    stage.workspace.write(&format!("modules/{name}/module.toml"), "");
    stage.workspace.write(&format!("modules/{name}/objects.yaml"), template);
}

fn config(stage: &Stage, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {
        "app.kubernetes.io/managed-by": "ditc", "ditc.dev/environment": stage.name}}, "data": {"a": "b"}})
}

fn a_lost_record_is_learned_from_the_cluster(stage: &Stage) {
    stage.apply("").exits(0);
    stage.server.delete(&stage.path("configmaps/ditc"));
    stage.plan("").exits(0).says("has no record in namespace");
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
}

fn what_was_recreated_by_hand_and_is_not_ours_is_in_the_way(stage: &Stage) {
    stage.apply("").exits(0);
    let mut theirs = stage.get(WEB).expect("it is there");
    stage.server.delete(&stage.path(WEB));
    stage.server.wait_until_gone(&stage.path(WEB));
    theirs["metadata"] = json!({"name": "web"});
    stage.server.create(&stage.path("apps/v1 deployments"), "kubectl-create", &theirs);
    stage.plan("").exits(1).says("ditc did not make it (managed by kubectl-create)");
    stage.apply("-adopt=deployment/web").exits(0).says("1 imported");
    stage.is_as_defined();
}

fn a_finished_job_may_be_cleared_away(stage: &Stage) {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: { name: seed }\nspec:\n  template:\n    spec:\n      \
               restartPolicy: Never\n      containers: [{ name: seed, image: seed }]\n";
    module(stage, "seed", job);
    stage.define("[dependencies.seed]\nmodule = \"seed\"");
    stage.apply("").exits(0);
    stage.server.delete(&format!("{}?propagationPolicy=Background", stage.path("batch/v1 jobs/seed")));
    stage.server.wait_until_gone(&stage.path("batch/v1 jobs/seed"));
    stage.is_as_defined();
    // Another Job is another run.
    module(stage, "seed", &job.replace("image: seed", "image: seed:v2"));
    stage.plan("").exits(2).says("Plan: 1 to add, 0 to change, 0 to destroy.");
}

fn what_is_unchanged_and_not_ready_is_shown(stage: &Stage) {
    stage.apply("").exits(0);
    let broken = json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"metadata": {"annotations":
        {"ditc.dev/kwok": "pull", "sandbox.ditc.dev/fail": "ImagePullBackOff"}}}, "strategy": {"rollingUpdate": null,
        "type": "Recreate"}}});
    stage.server.patch(&stage.path(WEB), "hand", &broken);
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !stage.plan("").exits(0).out.contains("Unchanged, but not ready") {
        assert!(std::time::Instant::now() < limit, "it stays ready");
    }
}

fn what_left_the_definition_and_is_gone_is_forgotten(stage: &Stage) {
    stage.apply("").exits(0);
    stage.server.delete(&stage.path(WEB));
    stage.server.wait_until_gone(&stage.path(WEB));
    stage.define("[services.api]\nmodule = \"app\"");
    stage.plan("").exits(0).says("services.web/Deployment/web will be forgotten");
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
}

fn a_leftover_of_ours_is_deleted(stage: &Stage) {
    stage.apply("").exits(0);
    stage.patch_as("ditc", "configmaps/old", APPLY, &config(stage, "old"));
    // One LIST per kind in use: as long as no ConfigMap is, nobody looks at them.
    stage.is_as_defined();
    module(stage, "settings", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: {}\n");
    stage.define("[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"\n[dependencies.settings]\nmodule = \"settings\"");
    stage
        .plan("")
        .exits(2)
        .says("ConfigMap/old will be destroyed (ditc made it, but neither the definition nor the record knows it)");
    stage.apply("").exits(0).says("Resources: 1 added, 0 changed, 1 destroyed.");
    stage.is_as_defined();
}

fn what_only_carries_the_label_is_left_alone(stage: &Stage) {
    module(stage, "settings", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: {}\n");
    stage.define("[dependencies.settings]\nmodule = \"settings\"");
    stage.apply("").exits(0);
    stage.patch_as("operator", "configmaps/copy", APPLY, &config(stage, "copy"));
    stage.plan("").exits(0).says("1 object carries the label of environment").says("No changes.");
    stage.apply("").exits(0);
    assert!(stage.get("configmaps/copy").is_some());
}

fn stripped_managed_fields_are_a_question(stage: &Stage) {
    stage.apply("").exits(0);
    stage.server.patch(&stage.path(WEB), "hand", &json!({"metadata": {"managedFields": [{}]}}));
    stage
        .plan("")
        .exits(2)
        .says("its values are right, but others own them")
        .says("0 to add, 1 to change, 0 to destroy.");
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn another_version_of_an_object_is_the_same_object(stage: &Stage) {
    let scaler = |version: &str, metrics: &str| {
        format!(
            "apiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: web }}\nspec:\n  \
             minReplicas: 1\n  maxReplicas: 2\n  {metrics}\n  scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: web }}\n"
        )
    };
    module(stage, "scaler", &scaler("v1", "targetCPUUtilizationPercentage: 50"));
    stage.define("[services.web]\nmodule = \"app\"\n[services.scaler]\nmodule = \"scaler\"\nneeds = []");
    stage.apply("").exits(0);
    stage.is_as_defined();
    let what = "autoscaling/v2 horizontalpodautoscalers/web";
    let uid = stage.uid(what);
    let metrics =
        "metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]";
    module(stage, "scaler", &scaler("v2", metrics));
    stage.apply("").exits(0);
    stage.is_as_defined();
    assert_eq!(stage.uid(what), uid);
}

fn an_alias_that_stays_is_no_change(stage: &Stage) {
    let spec = |account: &str| {
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{ name: runner }}\n---\napiVersion: apps/v1\nkind: Deployment\n\
             metadata: {{ name: runner }}\nspec:\n  selector: {{ matchLabels: {{ app: runner }} }}\n  template:\n    \
             metadata: {{ labels: {{ app: runner }} }}\n    spec:\n      {account}\n      \
             containers: [{{ name: app, image: app, readinessProbe: {{ tcpSocket: {{ port: 80 }} }} }}]\n"
        )
    };
    module(stage, "runner", &spec("serviceAccountName: runner"));
    stage.define("[services.runner]\nmodule = \"runner\"");
    stage.apply("").exits(0);
    stage.is_as_defined();
    module(stage, "runner", &spec("hostNetwork: false"));
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn the_order_of_a_list_is_a_change(stage: &Stage) {
    let pods = |first: &str, second: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  \
             selector: {{ matchLabels: {{ app: web }} }}\n  template:\n    metadata: {{ labels: {{ app: web }} }}\n    \
             spec:\n      initContainers: [{{ name: {first}, image: a }}, {{ name: {second}, image: a }}]\n      \
             containers: [{{ name: app, image: app, readinessProbe: {{ tcpSocket: {{ port: 80 }} }} }}]\n"
        )
    };
    module(stage, "ordered", &pods("one", "two"));
    stage.define("[services.web]\nmodule = \"ordered\"");
    stage.apply("").exits(0);
    module(stage, "ordered", &pods("two", "one"));
    stage.plan("").exits(2).says("0 to add, 1 to change, 0 to destroy.");
    stage.apply("").exits(0);
    stage.is_as_defined();
    let names = |web: &Value| web.pointer("/spec/template/spec/initContainers/0/name").cloned();
    assert_eq!(names(&stage.get(WEB).expect("it is there")), Some(json!("two")));
    // And by hand.
    let back = json!([{"op": "move", "from": "/spec/template/spec/initContainers/0", "path": "/spec/template/spec/initContainers/1"}]);
    stage.patch_as("hand", WEB, "application/json-patch+json", &back);
    stage.plan("").exits(2).says("0 to add, 1 to change, 0 to destroy.");
    stage.apply("").exits(0);
    stage.is_as_defined();
}

fn a_quota_is_in_the_way(stage: &Stage) {
    stage.apply("").exits(0);
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"},
        "spec": {"hard": {"count/deployments.apps": "2"}}});
    stage.server.create(&stage.path("resourcequotas"), "admin", &quota);
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let used = || stage.get("resourcequotas/few").and_then(|quota| quota.pointer("/status/used").cloned());
    while used().is_none() {
        assert!(std::time::Instant::now() < limit, "nobody counts");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    stage.define(
        "[services.web]\nmodule = \"app\"\n[services.api]\nmodule = \"app\"\n[services.more]\nmodule = \"app\"",
    );
    stage.plan("").exits(1).says("A quota of the namespace is in the way: ").says("exceeded quota: few");
}

/// All that a server keeps in another form than it was given, with what is owned and not there.
const ZOO: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: { name: zoo, annotations: {} }
data: { empty: "", text: "a\n" }
---
apiVersion: v1
kind: Service
metadata: { name: zoo }
spec:
  selector: {}
  clusterIP: ""
  ports: [{ name: main, port: 80 }, { name: other, port: 81, protocol: UDP, targetPort: 8081 }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: zoo }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: standard
  resources: { requests: { storage: 1024Mi } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: zoo }
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: zoo }
roleRef: { kind: Role, name: zoo, apiGroup: rbac.authorization.k8s.io }
subjects: [{ kind: ServiceAccount, name: default }, { kind: User, name: someone }]
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: zoo }
spec: { hard: { limits.cpu: "100.5", configmaps: "1000" } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: zoo }
spec:
  podSelector: {}
  ingress: [{ ports: [{ port: 80 }] }, {}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: zoo }
spec:
  rules: [{ host: "", http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: zoo, port: { number: 80 } } } }] } }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: zoo }
spec: { minAvailable: 50%, selector: { matchLabels: { app: zoo } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: zoo }
spec:
  maxReplicas: 2
  scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: zoo }
  metrics: [{ type: Resource, resource: { name: memory, target: { type: AverageValue, averageValue: 1000m } } }]
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: zoo }
spec:
  schedule: "0 0 * * *"
  suspend: false
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: zoo, image: zoo }] } } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: zoo }
spec:
  serviceName: zoo
  replicas: null
  selector: { matchLabels: { app: zoo } }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], storageClassName: standard, resources: { requests: { storage: 0.5Gi } } }
  template:
    metadata: { labels: { app: zoo } }
    spec:
      hostNetwork: false
      serviceAccountName: default
      securityContext: {}
      tolerations: [{ key: a, operator: Exists }]
      volumes: [{ name: tmp, emptyDir: {} }, { name: config, configMap: { name: zoo } }]
      containers:
        - name: zoo
          image: zoo
          args: []
          env:
            - { name: EMPTY, value: "" }
            - { name: IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
          ports: [{ containerPort: 80 }, { containerPort: 80, protocol: UDP }]
          resources:
            requests: { cpu: 0.1, memory: 0.5Gi, ephemeral-storage: 1e3 }
            limits: { cpu: 1000m, memory: 1536Mi, ephemeral-storage: "128974848" }
          readinessProbe: { httpGet: { port: 80 } }
          lifecycle: { preStop: { exec: { command: [sleep, "1"] } } }
          volumeMounts: [{ name: data, mountPath: /data }, { name: tmp, mountPath: /tmp, readOnly: false }]
"#;

fn what_the_server_writes_otherwise_is_no_change(stage: &Stage) {
    module(stage, "zoo", ZOO);
    stage.define("[services.zoo]\nmodule = \"zoo\"");
    let told = stage.apply("").exits(0);
    assert!(told.out.contains("Resources: 13 added"), "{}", told.out);
    stage.is_as_defined();
    // Nor when nothing is known of what was applied.
    stage.server.delete(&stage.path("configmaps/ditc"));
    stage.is_as_defined();
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
}
