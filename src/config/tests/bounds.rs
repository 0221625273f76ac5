//! What bounds environments: on by default, changed and switched off per environment or for all.

use serde_json::Value;

use super::*;
use crate::desired::Desired;

/// Environment `demo` with nothing but what bounds it; the texts are its file and, if any, `ditc.toml`.
fn bounded(demo: &str, settings: &str) -> Desired {
    let files = [("environments/demo.toml", demo), ("environments/base.toml", BASE), ("ditc.toml", settings)];
    expanded(&files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect(), "demo")
}

const BASE: &str = "abstract = true\nnetwork = false\n[quota]\npods = 7\ncpu = 2\n";

/// An object's part, indented; `nothing` where it is not there.
fn part(desired: &Desired, object: &str, pointer: &str) -> String {
    let found = desired.manifests.values().find(|manifest| manifest.key.to_string() == object);
    let part = found.and_then(|manifest| manifest.body.at(pointer));
    part.map_or_else(|| "nothing".to_owned(), |part| serde_json::to_string_pretty(part).unwrap())
}

#[test]
fn an_environment_that_says_nothing_is_bounded() {
    let demo = bounded("", "");
    assert_data_eq!(
        good::keys(&demo),
        str![[r#"
LimitRange/environment
Namespace/demo
ResourceQuota/environment
NetworkPolicy/environment

"#]]
    );
    assert_data_eq!(
        part(&demo, "Namespace/demo", "/metadata"),
        str![[r#"
{
  "name": "demo",
  "labels": {
    "app.kubernetes.io/managed-by": "ditc",
    "ditc.dev/environment": "demo",
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted"
  }
}
"#]]
    );
    assert_data_eq!(
        part(&demo, "ResourceQuota/environment", ""),
        str![[r#"
{
  "apiVersion": "v1",
  "kind": "ResourceQuota",
  "metadata": {
    "name": "environment",
    "namespace": "demo",
    "labels": {
      "app.kubernetes.io/managed-by": "ditc",
      "ditc.dev/environment": "demo"
    }
  },
  "spec": {
    "hard": {
      "requests.cpu": "8",
      "requests.memory": "16Gi",
      "requests.storage": "64Gi",
      "persistentvolumeclaims": "20",
      "pods": "100",
      "services.loadbalancers": "2"
    }
  }
}
"#]]
    );
    assert_data_eq!(
        part(&demo, "LimitRange/environment", "/spec"),
        str![[r#"
{
  "limits": [
    {
      "type": "Container",
      "default": {
        "memory": "1Gi"
      },
      "defaultRequest": {
        "cpu": "50m",
        "memory": "128Mi"
      }
    }
  ]
}
"#]]
    );
    assert_data_eq!(
        part(&demo, "NetworkPolicy/environment", "/spec"),
        str![[r#"
{
  "podSelector": {},
  "policyTypes": [
    "Ingress",
    "Egress"
  ],
  "ingress": [
    {
      "from": [
        {
          "podSelector": {}
        },
        {
          "namespaceSelector": {
            "matchExpressions": [
              {
                "key": "ditc.dev/environment",
                "operator": "DoesNotExist"
              }
            ]
          }
        }
      ]
    }
  ],
  "egress": [
    {
      "to": [
        {
          "podSelector": {}
        },
        {
          "namespaceSelector": {
            "matchExpressions": [
              {
                "key": "ditc.dev/environment",
                "operator": "DoesNotExist"
              }
            ]
          }
        },
        {
          "ipBlock": {
            "cidr": "0.0.0.0/0"
          }
        },
        {
          "ipBlock": {
            "cidr": "::/0"
          }
        }
      ]
    },
    {
      "ports": [
        {
          "port": 53,
          "protocol": "UDP"
        },
        {
          "port": 53,
          "protocol": "TCP"
        }
      ]
    }
  ]
}
"#]]
    );
}

#[test]
fn each_is_switched_off_by_itself() {
    let lacks = |key: &str, object: &str| {
        let has = |desired: &Desired| desired.manifests.keys().any(|key| key.to_string() == object);
        let off = format!("{key} = false\n");
        assert!(has(&bounded("", "")), "{object}");
        assert!(!has(&bounded(&off, "")), "{off}");
        assert!(!has(&bounded("", &format!("[defaults]\n{off}"))), "{off}");
    };
    lacks("quota", "ResourceQuota/environment");
    lacks("resources = false\nquota", "ResourceQuota/environment");
    lacks("network", "NetworkPolicy/environment");
    lacks("quota = false\nresources", "LimitRange/environment");
    let bare = bounded("security = false", "");
    assert!(!part(&bare, "Namespace/demo", "/metadata/labels").contains("pod-security"));
}

#[test]
fn they_merge_with_what_they_stand_on() {
    let settings = "[defaults.quota]\ncpu = 1\nmemory = \"1Gi\"\n[defaults.security]\naudit = \"restricted\"\n";
    let demo = bounded(
        "extends = \"base\"\n[quota]\nstorage = false\npods = 9\n[resources.requests]\ncpu = false\n[security]\nenforce = \"restricted\"\nwarn = false\n",
        settings,
    );
    assert_data_eq!(
        part(&demo, "ResourceQuota/environment", "/spec/hard"),
        str![[r#"
{
  "requests.cpu": "2",
  "requests.memory": "1Gi",
  "persistentvolumeclaims": "20",
  "pods": "9",
  "services.loadbalancers": "2"
}
"#]]
    );
    assert_data_eq!(
        part(&demo, "LimitRange/environment", "/spec/limits/0"),
        str![[r#"
{
  "type": "Container",
  "default": {
    "memory": "1Gi"
  },
  "defaultRequest": {
    "memory": "128Mi"
  }
}
"#]]
    );
    assert_data_eq!(part(&demo, "NetworkPolicy/environment", "/spec"), str!["nothing"]);
    assert_data_eq!(
        part(&demo, "Namespace/demo", "/metadata/labels"),
        str![[r#"
{
  "app.kubernetes.io/managed-by": "ditc",
  "ditc.dev/environment": "demo",
  "pod-security.kubernetes.io/audit": "restricted",
  "pod-security.kubernetes.io/enforce": "restricted"
}
"#]]
    );
    // What a base switched off is on again with a table.
    let demo = bounded(
        "extends = \"base\"\n[network]\nfrom = [\"192.0.2.0/24\"]\nexcept = [\"10.0.0.0/8\", \"fd00::/8\"]",
        "",
    );
    assert_data_eq!(
        part(&demo, "NetworkPolicy/environment", "/spec/ingress/0/from/2"),
        str![[r#"
{
  "ipBlock": {
    "cidr": "192.0.2.0/24"
  }
}
"#]]
    );
    assert_data_eq!(
        part(&demo, "NetworkPolicy/environment", "/spec/egress/0/to/2"),
        str![[r#"
{
  "ipBlock": {
    "cidr": "0.0.0.0/0",
    "except": [
      "10.0.0.0/8"
    ]
  }
}
"#]]
    );
    assert_data_eq!(
        part(&demo, "NetworkPolicy/environment", "/spec/egress/0/to/3"),
        str![[r#"
{
  "ipBlock": {
    "cidr": "::/0",
    "except": [
      "fd00::/8"
    ]
  }
}
"#]]
    );
}

#[test]
fn owner_and_ttl_stand_on_the_namespace() {
    let demo = bounded("owner = \"ada@example.com\"\nttl = \"{{ variables.life }}\"\n[variables]\nlife = \"48h\"", "");
    assert_data_eq!(
        part(&demo, "Namespace/demo", "/metadata/annotations"),
        str![[r#"
{
  "ditc.dev/owner": "ada@example.com",
  "ditc.dev/ttl": "48h"
}
"#]]
    );
    check(
        "//- environments/demo.toml\nttl = \"{{ variables.life }}\"\n[variables]\nlife = \"2 days\"\n",
        str![[r#"
environments/demo.toml:1:7: invalid duration · not a duration
  help: durations look like `90s`, `10m` or `1h30m`

"#]],
    );
}

#[test]
fn what_bounds_cannot_be_is_told() {
    check(
        r#"//- environments/demo.toml
security = true
[quota]
cpu = "much"
pods = "10"
claims = -1
gpu = 1
[resources]
requests = "100m"
limits = { memory = [] }
[network]
from = ["10.0.0.1", "everywhere", "10.0.0.0/33"]
//- environments/other.toml
[security]
enforce = "strict"
[resources]
request = false
"#,
        str![[r#"
environments/demo.toml:1:12: wrong type · expected a table, or `false` for none
  `security` takes a table, or `false` for none, not a boolean
environments/demo.toml:3:7: invalid amount · expected a quantity such as `4` or `8Gi`, or `false` for none
  `cpu` of `[quota]` is an amount that is not less than zero
environments/demo.toml:5:10: invalid amount · expected a number, or `false` for none
  `claims` of `[quota]` is an amount that is not less than zero
environments/demo.toml:4:8: invalid amount · expected a number, or `false` for none
  `pods` of `[quota]` is an amount that is not less than zero
environments/demo.toml:6:1: unknown key · not a key that is known here
  `[quota]` has no key `gpu`
  help: did you mean `cpu`?
environments/demo.toml:8:12: wrong type · expected a table, or `false` for none
  `requests` of `[resources]` takes a table, or `false` for none, not a string
environments/demo.toml:9:21: invalid amount · expected a quantity such as `4` or `8Gi`, or `false` for none
  `memory` of `limits` of `[resources]` is an amount that is not less than zero
environments/demo.toml:11:9: invalid range · not a range of addresses
  help: for one address write `10.0.0.1/32`
environments/demo.toml:11:21: invalid range · not a range of addresses
  help: ranges look like `10.0.0.0/8` or `fd00::/8`
environments/demo.toml:11:35: invalid range · not a range of addresses
  help: ranges look like `10.0.0.0/8` or `fd00::/8`
environments/other.toml:4:1: unknown key · not a key that is known here
  `[resources]` has no key `request`
  help: did you mean `requests`?
environments/other.toml:2:11: unknown profile · not a profile of pod security
  help: known are `privileged`, `baseline`, `restricted`, and `false` for none

"#]],
    );
    check(
        "//- environments/demo.toml\n//- environments/more.toml\n//- ditc.toml\n[defaults.quota]\ncores = 8\n",
        str![[r#"
ditc.toml:2:1: unknown key · not a key that is known here
  `[quota]` has no key `cores`
  help: known are `claims`, `cpu`, `load_balancers`, `memory`, `pods`, `storage`

"#]],
    );
}

/// A service with these resources.
fn service(resources: &str, more: &str) -> String {
    format!("//- environments/demo.toml\n{more}\n[services.web]\nimage = \"web:v1\"\nresources = {resources}\n")
}

#[test]
fn containers_that_would_never_start_are_told() {
    check(
        &service("{ requests = { memory = \"2Gi\" } }", ""),
        str![[r#"
modules/service/service.yaml (built in):28:1: request above the limit · rendered from here
  environments/demo.toml:2:11: asked for here
  container `web` asks for 2Gi of memory, and gets at most 1Gi where it sets no limit
  help: give it a limit: `limits = { memory = "2Gi" }`

"#]],
    );
    check(&service("{ requests = { memory = \"2Gi\" } }", "resources = { limits = { memory = \"3Gi\" } }"), str![[""]]);
    check(
        &service("{ limits = { memory = \"2Gi\" } }", "resources = false"),
        str![[r#"
modules/service/service.yaml (built in):28:1: nothing to count · rendered from here
  environments/demo.toml:2:11: asked for here
  container `web` does not say how much cpu it asks for, which the quota counts
  help: give it `requests = { cpu = … }`, or all containers one under `[resources]`

"#]],
    );
    check(&service("{ limits = { memory = \"2Gi\" } }", "resources = false\nquota = { cpu = false }"), str![[""]]);
}

#[test]
fn what_an_environment_makes_cannot_take_their_names() {
    check(
        r#"//- environments/demo.toml
[dependencies.a]
module = "a"
//- modules/a/module.toml
//- modules/a/a.yaml
apiVersion: v1
kind: ResourceQuota
metadata: { name: environment }
spec: { hard: { pods: 1 } }
"#,
        str![[r#"
environments/demo.toml:1:15: object made twice · `dependencies.a` makes ResourceQuota/environment
  modules/a/a.yaml:1:1: made here
  environments/demo.toml:1:1: the other one
  environments/demo.toml:1:1: first made here
  the environment and `dependencies.a` both make ResourceQuota/environment
  help: put `{{ name }}` into the name of the object, so that it differs

"#]],
    );
}

#[test]
fn the_network_has_a_rule_for_everybody() {
    let demo = bounded("", "");
    let spec: Value = serde_json::from_str(&part(&demo, "NetworkPolicy/environment", "/spec")).unwrap();
    // No rule names a pod: all of the environment are meant, and none is left without.
    assert_eq!(spec["podSelector"], serde_json::json!({}));
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        let peers = spec[rules][0][peers].as_array().unwrap();
        let others = peers.iter().filter_map(|peer| peer.pointer("/namespaceSelector/matchExpressions/0"));
        let label = crate::desired::LABEL_ENVIRONMENT;
        assert!(others.clone().all(|other| other["key"] == label && other["operator"] == "DoesNotExist"));
        assert_eq!(others.count(), 1, "{rules}");
    }
}
