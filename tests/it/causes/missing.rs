//! What a pod needs and what is not there: images, keys, Secrets, and the pods of a Service.

use serde_json::json;
use snapbox::str;

use super::{NAME, fails, fails_within, none, workload};

#[test]
fn an_image_that_is_not_there() {
    let absent = json!({"image": "localhost/ditc/absent:1"});
    fails_within(
        "3s",
        &[workload("Deployment", "ImagePullBackOff", &absent, &none())],
        "image localhost/ditc/absent:1",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: image localhost/ditc/absent:1 is not in its
      registry
    caused by: Pod/broken-[POD]: ImagePullBackOff: Back-off pulling
      image "localhost/ditc/absent:1": ErrImagePull: rpc error: code = NotFound
      desc = failed to pull and unpack image "localhost/ditc/absent:1": failed
      to resolve reference "localhost/ditc/absent:1": localhost/ditc/absent:1:
      not found
    hint: docker manifest inspect localhost/ditc/absent:1

"#]],
    );
}

#[test]
fn an_image_that_is_not_given_to_everybody() {
    let refused = json!({"image": "localhost/ditc/private:1"});
    fails_within(
        "3s",
        &[workload("Deployment", "ImagePullRefused", &refused, &none())],
        "image localhost/ditc/private:1",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: image localhost/ditc/private:1: the registry
      refuses the pull; it does not exist, or needs credentials
    caused by: Pod/broken-[POD]: ImagePullBackOff: Back-off pulling
      image "localhost/ditc/private:1": ErrImagePull: failed to pull and
      unpack image "localhost/ditc/private:1": failed to resolve reference
      "localhost/ditc/private:1": failed to authorize: failed to fetch anonymous
      token: unexpected status from GET request: 401 Unauthorized
    hint: kubectl -n ENV get secrets --field-selector type=kubernetes.io/dockerconfigjson

"#]],
    );
}

#[test]
fn an_image_whose_name_is_none() {
    let wrong = json!({"image": "app..v1"});
    fails(
        &[workload("Deployment", "InvalidImageName", &wrong, &none())],
        "has an image whose name is none: app..v1",
        str![[r#"
  ENV.services.broken/Deployment/broken: container app has an image whose
    name is none: app..v1
    caused by: Pod/broken-[POD]: InvalidImageName: Failed to apply
      default image tag "app..v1": couldn't parse image name "app..v1": invalid
      reference format
    hint: kubectl -n ENV describe pod/broken-[POD]

"#]],
    );
}

#[test]
fn a_key_that_its_config_map_does_not_have() {
    // One that the environment brings itself is looked into before anything is asked.
    let of = json!({"name": "kube-root-ca.crt", "key": "absent"});
    let env = json!({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": of}}]});
    fails_within(
        "3s",
        &[workload("Deployment", "", &env, &none())],
        "container app needs key absent of ConfigMap kube-root-ca.crt",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: container app needs key absent of ConfigMap
      kube-root-ca.crt, which is not there
    caused by: Pod/broken-[POD]: CreateContainerConfigError: couldn't
      find key absent in ConfigMap ENV/kube-root-ca.crt
    hint: kubectl -n ENV describe configmap kube-root-ca.crt

"#]],
    );
}

#[test]
fn a_secret_that_is_not_there() {
    let env = json!({"envFrom": [{"secretRef": {"name": "absent"}}]});
    fails_within(
        "3s",
        &[workload("Deployment", "", &env, &none())],
        "container app needs Secret absent, which is not there",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: container app needs Secret absent, which is
      not there
    caused by: Pod/broken-[POD]: CreateContainerConfigError: secret
      "absent" not found
    hint: kubectl -n ENV get secrets

"#]],
    );
}

#[test]
fn a_volume_of_a_secret_that_is_not_there() {
    let mounts = json!({"volumeMounts": [{"name": "keys", "mountPath": "/keys"}]});
    let volumes = json!({"volumes": [{"name": "keys", "secret": {"secretName": "absent"}}]});
    let object = workload("Deployment", "", &mounts, &volumes);
    fails_within(
        "3s",
        &[object],
        "volume keys of its pod needs Secret absent, which is not there",
        str![[r#"
  ENV.services.broken: services.broken is not ready after 3 seconds
    caused by: Deployment/broken: volume keys of its pod needs Secret absent,
      which is not there
    caused by: Pod/broken-[POD]: event FailedMount: MountVolume.SetUp
      failed for volume "keys" : secret "absent" not found
    hint: kubectl -n ENV get secrets

"#]],
    );
}

#[test]
fn a_service_that_selects_nothing() {
    let spec = json!({"selector": {"app": "other"}, "ports": [{"port": 80}]});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec});
    let objects = [service, workload("Deployment", "", &none(), &none())];
    fails(
        &objects,
        "no pod has the labels that it selects: app=other",
        str![[r#"
  ENV.services.broken/Service/broken: no pod has the labels that it
    selects: app=other, still after 10 seconds
    hint: kubectl -n ENV get pods --show-labels

"#]],
    );
}
