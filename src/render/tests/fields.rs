//! How fields and values are shown.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::{plan::Taken, render::text};

#[test]
fn many_fields_share_their_way() {
    let files = files();
    let mut plan = image_update(&files);
    let change = plan.changes.values_mut().next().unwrap();
    change.takes_back = vec![Taken { field: ".spec.replicas".into(), manager: "kubectl".into() }];
    let container = "spec.template.spec.containers[orders]";
    let at = |rest: &str| format!("{container}.{rest}");
    change.diff = Diff {
        fields: vec![
            field("metadata.annotations.ditc|dev/note", Some("old".into()), None),
            field("spec.replicas", Some(3.into()), Some(1.into())),
            field(&at("image"), Some("orders:dev".into()), Some("orders:v2".into())),
            field(&at("command"), Some(json!(["run"])), Some(json!(["run", "--config", "config.yml"]))),
            field(&at("env[LOG_LEVEL].name"), None, Some("LOG_LEVEL".into())),
            field(&at("env[LOG_LEVEL].value"), None, Some("debug".into())),
            field(&at("env[OLD].name"), Some("OLD".into()), None),
            field(&at("env[OLD].value"), Some("1".into()), None),
            field(&at("resources.limits"), None, Some(json!({"cpu": "100m", "memory": "64Mi"}))),
            field(
                "spec.template.spec.initContainers",
                Some(json!([r#"[name="a"]"#, r#"[name="b"]"#])),
                Some(json!([r#"[name="b"]"#, r#"[name="a"]"#])),
            ),
        ],
        unchanged: 1,
    };
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      - metadata.annotations["ditc.dev/note"] = "old" -> null
      ~ spec {
          ~ replicas = 3 -> 1
          ~ template.spec {
              ~ containers[name="orders"] {
                  ~ image = "orders:dev" -> "orders:v2"
                  ~ command = ["run"] -> ["run", "--config", "config.yml"]
                  ~ env {
                      + [name="LOG_LEVEL"].value: debug
                      - [name="OLD"].value: "1"
                    }
                  + resources.limits:
                  +   cpu: 100m
                  +   memory: 64Mi
                }
              ~ initContainers = [name="a"], [name="b"] -> [name="b"], [name="a"]  # only the order changes
            }
        }
      ~ takes back ownership of .spec.replicas (kubectl)
        # (1 unchanged field hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}

#[test]
fn long_texts_show_only_what_differs() {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let mut change = change(Some("dependencies.postgresql"), Action::Update, Reason::DefinitionAndOutside);
    let old: String = (1..20).map(|line| format!("line {line}\n")).collect();
    let new = old.replace("line 9\n", "line nine\n") + "last";
    let long = |tag: &str| Some(format!("{}/orders:{tag}", "registry.example.com/".repeat(8)).into());
    change.diff = Diff {
        fields: vec![
            field("data.redis|conf", Some(old.into()), Some(new.into())),
            field("data.image", long("dev"), long("v2")),
        ],
        unchanged: 0,
    };
    plan.changes.insert(key("ConfigMap", "redis"), change);
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub.dependencies.postgresql/ConfigMap/redis will be updated in-place
  # (the definition changed, and it was changed outside of ditc)
  ~ ConfigMap "redis" {
      ~ data {
          ~ ["redis.conf"]:
                # (6 unchanged lines hidden)
                line 7
                line 8
              - line 9
              + line nine
                line 10
                line 11
                # (6 unchanged lines hidden)
                line 18
                line 19
              + last
                # (no line end)
          ~ image = ..."example.com//orders:dev" -> ..."example.com//orders:v2"  # (156 equal characters hidden)
        }
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
    assert_data_eq!(
        visible(&text::plan(&plan, &files.context(), COLOUR)),
        str![[r#"
Actions are shown with these symbols:
  <33>~</> update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # <1>jakub.dependencies.postgresql/ConfigMap/redis</> will be updated in-place
  # <90>(the definition changed, and it was changed outside of ditc)</>
  <33>~</> ConfigMap "redis" {
      <33>~</> data {
          <33>~</> ["redis.conf"]:
              <90>  # (6 unchanged lines hidden)</>
                line 7
                line 8
              <31>- </><31>line </><4><31>9</>
              <32>+ </><32>line </><4><32>nine</>
                line 10
                line 11
              <90>  # (6 unchanged lines hidden)</>
                line 18
                line 19
              <32>+ </><32>last</>
              <90>  # (no line end)</>
          <33>~</> image = ..."example.com//orders:dev" -> ..."example.com//orders:v2"  # (156 equal characters hidden)
        }
    }

<1>Plan:</> 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}
