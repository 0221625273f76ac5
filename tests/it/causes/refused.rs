//! Pods that the cluster does not take, or does not keep: no room, no right, no claim.

use serde_json::{Value, json};
use snapbox::str;

use super::{define, fails_anywhere, failure, none, workload};
use crate::support::{Server, Stage, check};

#[test]
fn a_pod_that_no_node_takes() {
    let large = json!({"resources": {"requests": {"cpu": "1000"}}});
    fails_anywhere(
        &[workload("Deployment", "Unschedulable", &large, &none())],
        "no node takes its pod",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: no node takes its pod: 1 Insufficient cpu
    caused by: Pod/broken-[POD]: condition PodScheduled: 0/1
      nodes are available: 1 Insufficient cpu. no new claims to deallocate,
      preemption: 0/1 nodes are available: 1 Preemption is not helpful for
      scheduling.
    hint: kubectl describe nodes

"#]],
    );
}

fn quota() -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "0"}}})
}

#[test]
fn a_deployment_without_room_in_the_quota() {
    let objects = [quota(), workload("Deployment", "", &none(), &none())];
    fails_anywhere(
        &objects,
        "quota few has no room for its pods",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: quota few has no room for its pods: they ask
      for pods=1, used is pods=0, allowed is pods=0
    caused by: condition ReplicaFailure: pods "broken-[POD]" is
      forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited:
      pods=0
    hint: kubectl -n ENV describe resourcequota few

"#]],
    );
}

#[test]
fn a_stateful_set_without_room_in_the_quota() {
    let objects = [quota(), workload("StatefulSet", "", &none(), &none())];
    fails_anywhere(
        &objects,
        "quota few has no room for its pods",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: StatefulSet/broken: quota few has no room for its pods: they ask
      for pods=1, used is pods=0, allowed is pods=0
    caused by: event FailedCreate: Create Pod broken-[POD] in StatefulSet broken
      failed error: pods "broken-[POD]" is forbidden: exceeded quota: few,
      requested: pods=1, used: pods=0, limited: pods=0
    hint: kubectl -n ENV describe resourcequota few

"#]],
    );
}

#[test]
fn a_job_without_room_in_the_quota() {
    let objects = [quota(), workload("Job", "", &none(), &json!({"restartPolicy": "Never"}))];
    fails_anywhere(
        &objects,
        "quota few has no room for its pods",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Job/broken: quota few has no room for its pods: they ask for
      pods=1, used is pods=0, allowed is pods=0
    caused by: event FailedCreate: Error creating: pods "broken-[POD]" is
      forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited:
      pods=0
    hint: kubectl -n ENV describe resourcequota few

"#]],
    );
}

#[test]
fn a_service_account_that_is_not_there() {
    let object = workload("Deployment", "", &none(), &json!({"serviceAccountName": "absent"}));
    fails_anywhere(
        &[object],
        "its pods run as service account absent, which is not there",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: its pods run as service account absent, which
      is not there
    caused by: condition ReplicaFailure: pods "broken-[POD]"
      is forbidden: error looking up service account ENV/absent:
      serviceaccount "absent" not found
    hint: kubectl -n ENV get serviceaccounts

"#]],
    );
}

#[test]
fn a_claim_without_a_class() {
    let spec = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}});
    let claim =
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec});
    let volumes = json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]});
    let objects = [claim, workload("Deployment", "", &none(), &volumes)];
    fails_anywhere(
        &objects,
        "claim data asks for no storage class",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: PersistentVolumeClaim/data: claim data asks for no storage class,
      the cluster has no default one, and no volume fits
    caused by: event FailedBinding: no persistent volumes available for this
      claim and no storage class is set
    caused by: Deployment/broken: claim data asks for no storage class, the
      cluster has no default one, and no volume fits
    hint: kubectl get storageclass

"#]],
    );
}

#[test]
fn a_pod_that_is_evicted() {
    let object = workload("Pod", "Evicted", &none(), &none());
    let stage = Stage::in_the_box();
    define(&stage, "20s", &[object]);
    check(
        failure(&stage, &stage.apply("").exits(1)),
        str![[r#"
  ENV.services.broken/Pod/broken: it was evicted from node sandbox
    caused by: status Evicted: The node was low on resource: memory. Threshold
      quantity: 100Mi, available: 40Mi.
    hint: kubectl describe node sandbox

"#]],
    );
}

#[test]
fn a_policy_that_refuses_the_pods() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}});
    for stage in [Some(Stage::in_the_box()), Stage::real()].into_iter().flatten() {
        define(&stage, "20s", std::slice::from_ref(&map));
        stage.apply("").exits(0);
        let label = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
        stage.server.patch(&format!("/api/v1/namespaces/{}", stage.name), "hand", &label);
        define(&stage, "20s", &[map.clone(), workload("Deployment", "", &none(), &none())]);
        if let Server::Real(_) = &stage.server {
            let ours = "they break the rules of pod security level restricted:latest";
            stage.apply("").exits(1).says(ours);
            continue;
        }
        check(
            failure(&stage, &stage.apply("").exits(1)),
            str![[r#"
  ENV.services.broken/Deployment/broken: its pods are refused: they break
    the rules of pod security level restricted:latest
    caused by: condition ReplicaFailure: pods "broken-[POD]"
      is forbidden: violates PodSecurity "restricted:latest":
      allowPrivilegeEscalation != false (container "app" must set
      securityContext.allowPrivilegeEscalation=false), unrestricted capabilities
      (container "app" must set securityContext.capabilities.drop=["ALL"]),
      runAsNonRoot != true (pod or container "app" must set
      securityContext.runAsNonRoot=true), seccompProfile (pod or container
      "app" must set securityContext.seccompProfile.type to "RuntimeDefault"
      or "Localhost")
    hint: kubectl -n ENV get events --field-selector reason=FailedCreate

"#]],
        );
    }
}
