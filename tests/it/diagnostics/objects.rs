//! What templates make, looked at before any cluster is.

use super::*;

#[test]
fn not_an_object() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
- a
- b
---
kind: ConfigMap
"#,
        str![[r#"
error: not an object
 --> modules/app/app.yaml:1:1
  |
1 | - a
  | ^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: a template must render Kubernetes objects, not other values

error: not an object
 --> modules/app/app.yaml:4:1
  |
4 | kind: ConfigMap
  | ^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: an object needs the fields `apiVersion` and `kind`

2 errors

"#]],
    );
}

#[test]
fn an_object_without_a_name() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
"#,
        str![[r#"
error: missing name
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: this ConfigMap has no `metadata.name`

1 error

"#]],
    );
}

#[test]
fn a_generated_name() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { generateName: a- }
"#,
        str![[r#"
error: generated name
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: this ConfigMap asks the server to invent its name
  = help: give it a `name`; ditc must know it to find it again

1 error

"#]],
    );
}

#[test]
fn a_name_that_is_none() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: My_Config }
"#,
        str![[r#"
error: invalid name
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: the name `My_Config` of this ConfigMap may hold only lower-case
          letters, digits, `-` and `.`, not 'M'

1 error

"#]],
    );
}

#[test]
fn a_service_begins_with_a_letter() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: Service
metadata: { name: "8080" }
"#,
        str![[r#"
error: invalid name
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: the name `8080` of this Service must start with a letter

1 error

"#]],
    );
}

#[test]
fn a_role_may_be_called_nearly_anything() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: a/b }
"#,
        str![[r#"
error: invalid name
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: rbac.authorization.k8s.io/v1
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: the name `a/b` of this Role must not be empty, `.` or `..`, nor hold
          `/` or `%`

1 error

"#]],
    );
}

#[test]
fn a_name_that_ditc_keeps() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: ditc-1 }
"#,
        str![[r#"
error: reserved name
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: ConfigMap `ditc-1`: ditc keeps `ditc` and `ditc-*` for its own records
  = help: choose another name

1 error

"#]],
    );
}

#[test]
fn a_secret_in_a_template() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: Secret
metadata: { name: app }
stringData: { token: abc }
"#,
        str![[r#"
error: secret in a template
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: the template makes Secret `app`, and its values would lie in git
  = help: declare it under `[secrets.app]` in `module.toml`, and ditc generates
          its values

1 error

"#]],
    );
}

#[test]
fn fields_of_the_server() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a, uid: b, creationTimestamp: null }
status: {}
"#,
        str![[r#"
error: field of the server
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: ConfigMap/a sets `metadata.uid`, which only the server fills in
  = help: remove `metadata.uid`; objects copied out of a cluster hold it

error: field of the server
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: ConfigMap/a sets `status`, which only the server fills in
  = help: remove `status`; objects copied out of a cluster hold it

2 errors

"#]],
    );
}

#[test]
fn a_kind_under_another_version() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: extensions/v1beta1
kind: Ingress
metadata: { name: a }
"#,
        str![[r#"
error: unknown kind
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: extensions/v1beta1
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: there is no kind `Ingress.extensions`
  = help: `Ingress` is served as `apiVersion: networking.k8s.io/v1`

1 error

"#]],
    );
}

#[test]
fn a_kind_with_a_slip() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: apps/v1
kind: Deploymnet
metadata: { name: a }
"#,
        str![[r#"
error: unknown kind
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: apps/v1
  | ^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: there is no kind `Deploymnet.apps`
  = help: did you mean `Deployment`?

1 error

"#]],
    );
}

#[test]
fn a_version_that_is_no_more() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata: { name: a }
"#,
        str![[r#"
error: unknown version
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: autoscaling/v2beta2
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: the cluster does not serve version `v2beta2` of
          `HorizontalPodAutoscaler.autoscaling`
  = help: write `apiVersion: autoscaling/v2`

1 error

"#]],
    );
}

#[test]
fn annotations_are_texts() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a, annotations: [b] }
"#,
        str![[r#"
error: wrong type
 --> modules/app/app.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: `metadata.annotations` of ConfigMap/a must be a map of strings

1 error

"#]],
    );
}
