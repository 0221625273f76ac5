//! Labels of an environment, and labels that templates set.

use super::*;

#[test]
fn labels_of_ditc_are_not_set_by_hand() {
    refused(
        r#"//- environments/demo.toml
[labels]
"ditc.dev/component" = "web"
"app.kubernetes.io/managed-by" = "me"
"#,
        str![[r#"
error: label of ditc
 --> environments/demo.toml:2:1
  |
2 | "ditc.dev/component" = "web"
  | ^^^^^^^^^^^^^^^^^^^^ ditc sets this label itself
  |
  = help: remove it; ditc finds its objects by these labels

error: label of ditc
 --> environments/demo.toml:3:1
  |
3 | "app.kubernetes.io/managed-by" = "me"
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ditc sets this label itself
  |
  = help: remove it; ditc finds its objects by these labels

2 errors

"#]],
    );
}

#[test]
fn labels_that_steer_the_cluster_are_not_for_all_objects() {
    refused(
        r#"//- environments/demo.toml
[labels]
"pod-security.kubernetes.io/enforce" = "privileged"
"#,
        str![[r#"
error: label of Kubernetes
 --> environments/demo.toml:2:1
  |
2 | "pod-security.kubernetes.io/enforce" = "privileged"
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this label means something to Kubernetes itself
  |
  = note: labels of an environment are for people and their tools;
          `pod-security.kubernetes.io/enforce` on all objects would steer the
          cluster
  = help: set it in the template of the object that it is for, or choose a
          domain of your own: `example.com/team`

1 error

"#]],
    );
}

#[test]
fn a_label_has_the_form_that_kubernetes_takes() {
    refused(
        r#"//- environments/demo.toml
[labels]
"-team" = "web"
"Example.com/team" = "web"
owner = "jakub@example.com"
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:2:1
  |
2 | "-team" = "web"
  | ^^^^^^^ not the name of a label
  |
  = note: the name `-team` must start and end with a letter or digit

error: invalid name
 --> environments/demo.toml:3:1
  |
3 | "Example.com/team" = "web"
  | ^^^^^^^^^^^^^^^^^^ not the name of a label
  |
  = note: the name `Example.com/team` may hold only lower-case letters, digits,
          `-` and `.`, not 'E' (before the `/`)

error: invalid label
 --> environments/demo.toml:4:9
  |
4 | owner = "jakub@example.com"
  |         ^^^^^^^^^^^^^^^^^^^ not the value of a label
  |
  = note: the value `jakub@example.com` may hold only letters, digits, `-`, `_`
          and `.`, not '@'
  = help: longer or freer texts are annotations, which templates can set

3 errors

"#]],
    );
}

#[test]
fn a_label_is_a_text() {
    refused(
        r#"//- environments/demo.toml
[labels]
team = 7
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:2:8
  |
2 | team = 7
  |        ^ expected a string
  |
  = note: label `team` takes a string, not an integer
  = help: write it in quotes: `"7"`

1 error

"#]],
    );
}

#[test]
fn a_label_of_ditc_in_a_template() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: { ditc.dev/environment: other }
"#,
        str![[r#"
error: label of ditc
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
  = note: ConfigMap/a sets the label `ditc.dev/environment` to `other`, but ditc
          sets it to `demo`
  = help: remove it; ditc finds its objects by these labels

1 error

"#]],
    );
}

#[test]
fn a_label_of_another_type_in_a_template() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: { stable: true }
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
  = note: `metadata.labels` of ConfigMap/a has true for `stable`; it takes only
          strings
  = help: quote it, or write `{{ x | string }}`

1 error

"#]],
    );
}
