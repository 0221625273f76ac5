//! A changed configuration replaces the pods that use it, and the plan says so.

use serde_json::Value;
use snapbox::str;

use crate::support::Workspace;

const FIXTURE: &str = r#"//- environments/demo.toml
[services.web]
module = "web"
inputs = { level = "low" }
//- modules/web/module.toml
[inputs.level]
type = "string"
//- modules/web/web.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name ~ "-settings" }}
data:
  level: {{ inputs.level }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ name }}
spec:
  selector:
    matchLabels: { app: {{ name }} }
  template:
    metadata:
      labels: { app: {{ name }} }
    spec:
      containers:
        - name: web
          image: web:v1
          envFrom: [{ configMapRef: { name: {{ name ~ "-settings" }} } }]
"#;

#[test]
fn a_changed_config_map_rolls_the_deployment_that_uses_it() {
    let workspace = Workspace::of(FIXTURE);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let pods = |workspace: &Workspace| -> Vec<String> {
        let list = workspace.cluster().get("/api/v1/namespaces/demo/pods").expect("a list");
        let items = list["items"].as_array().into_iter().flatten();
        items.filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned)).collect()
    };
    let before = pods(&workspace);
    workspace.edit("environments/demo.toml", "low", "high");
    workspace.ditc("plan demo --sandbox").exits(0).out(str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/ConfigMap/web-settings will be updated in-place
  # (the definition changed: environments/demo.toml:1, modules/web/web.yaml:1)
  ~ ConfigMap "web-settings" {
      ~ data.level = "low" -> "high"
        # (3 unchanged fields hidden)
    }

  # demo.services.web/Deployment/web will be updated in-place
  # (rolls because ConfigMap web-settings changed: environments/demo.toml:1,
  # modules/web/web.yaml:8)
  ~ Deployment "web" {
      ~ spec.template.metadata.annotations["ditc.dev/config-hash"] = "dd0477a050d90f8d0ea25c1dc2dca0d4" -> "b073b96c43d1f4cdee29342798c1c9fe"
        # (8 unchanged fields hidden)
    }

Plan: 0 to add, 2 to change, 0 to destroy.

"#]]);
    let told = workspace.ditc("plan demo --sandbox -json").exits(0);
    let plan: Value = serde_json::from_str(&told.out).expect("JSON");
    let web = &plan["changes"].as_array().expect("changes")[1];
    assert_eq!(web["reason"], "config_changed");
    assert_eq!(web["rolls_because"][0]["address"], "demo.services.web/ConfigMap/web-settings");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let after = pods(&workspace);
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
}
