//! What the types of Kubernetes' own kinds do not allow, and patterns that fit nothing.

use super::*;

/// Validates these files, which must be refused.
#[track_caller]
fn invalid(fixture: &str, expected: impl IntoData) {
    Workspace::of(fixture).ditc("validate").exits(1).out("").error(expected);
}

#[test]
fn what_the_types_of_a_kind_do_not_allow() {
    invalid(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  restartpolicy: Never
  containers:
    - name: web
      image: app:v1
      resources: { limits: { memory: 1 GiB } }
      ports: [80]
    - name: web
      image: app:v1
"#,
        str![[r#"
error: unknown field
 --> modules/app/app.yaml:6:1
  |
6 |   restartpolicy: Never
  | ^^^^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: Pod/web: there is no field `.spec.restartpolicy`
  = help: did you mean `restartPolicy`?

error: repeated item
 --> modules/app/app.yaml:7:1
  |
7 |   containers:
  | ^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: Pod/web: `.spec.containers` has the item [name="web"] more than once

error: invalid quantity
  --> modules/app/app.yaml:10:1
   |
10 |       resources: { limits: { memory: 1 GiB } }
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
   |
  ::: environments/demo.toml:1:11
   |
 1 | [services.web]
   |           --- used by `services.web`
   |
   = note: Pod/web: `.spec.containers[name="web"].resources.limits.memory` takes
           a quantity, such as 500m or 1Gi, not "1 GiB"

error: wrong type
  --> modules/app/app.yaml:11:1
   |
11 |       ports: [80]
   | ^^^^^^^^^^^^^^^^^ rendered from here
   |
  ::: environments/demo.toml:1:11
   |
 1 | [services.web]
   |           --- used by `services.web`
   |
   = note: Pod/web:
           `.spec.containers[name="web"].ports[containerPort=0,protocol="TCP"]`
           takes a map, not 80

4 errors

"#]],
    );
}

#[test]
fn a_pattern_that_fits_no_environment() {
    let told = Workspace::of(WEB).ditc("plan x-* --sandbox").exits(1).out("");
    told.error(str![[r#"
error: no such environment
 = note: no environment with a file fits `x-*`
 = help: known are `demo`

1 error

"#]]);
}
