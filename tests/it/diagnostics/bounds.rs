//! What an environment may take and reach, and what is said of names and kinds before any cluster is asked.

use super::*;

/// Validates these files, which must be refused.
#[track_caller]
fn invalid(fixture: &str, expected: impl IntoData) {
    Workspace::of(fixture).ditc("validate").exits(1).out("").error(expected);
}

#[test]
fn bounds_that_are_none() {
    refused(
        r#"//- environments/demo.toml
[quota]
pods = "many"
memory = -1
[network]
from = ["10.0.0.1", "everywhere"]
[security]
enforce = "strict"
"#,
        str![[r#"
error: invalid amount
 --> environments/demo.toml:3:10
  |
3 | memory = -1
  |          ^^ expected a quantity such as `4` or `8Gi`, or `false` for none
  |
  = note: `memory` of `[quota]` is an amount that is not less than zero

error: invalid amount
 --> environments/demo.toml:2:8
  |
2 | pods = "many"
  |        ^^^^^^ expected a number, or `false` for none
  |
  = note: `pods` of `[quota]` is an amount that is not less than zero

error: invalid range
 --> environments/demo.toml:5:9
  |
5 | from = ["10.0.0.1", "everywhere"]
  |         ^^^^^^^^^^ not a range of addresses
  |
  = help: for one address write `10.0.0.1/32`

error: invalid range
 --> environments/demo.toml:5:21
  |
5 | from = ["10.0.0.1", "everywhere"]
  |                     ^^^^^^^^^^^^ not a range of addresses
  |
  = help: ranges look like `10.0.0.0/8` or `fd00::/8`

error: unknown profile
 --> environments/demo.toml:7:11
  |
7 | enforce = "strict"
  |           ^^^^^^^^ not a profile of pod security
  |
  = help: known are `privileged`, `baseline`, `restricted`, and `false` for none

5 errors

"#]],
    );
}

#[test]
fn a_rule_of_readiness_that_nobody_can_follow() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: web, annotations: { ditc.dev/ready: soon } }
"#,
        str![[r#"
error: unclear rule
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
  = note: annotation `ditc.dev/ready` of ConfigMap/web is no rule that can be
          followed: at `soon` a path such as `self.status.phase` is expected
  = help: write `condition=Ready`, or comparisons such as
          `self.status.phase == "Running"`

1 error

"#]],
    );
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
    - image: app:v1
    - name: web
      image: app:v1
      resources: { limits: { memory: 1 GiB } }
    - name: web
      image: app:v1
    - image: app:v2
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

error: invalid quantity
  --> modules/app/app.yaml:11:1
   |
11 |       resources: { limits: { memory: 1 GiB } }
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
   |
  ::: environments/demo.toml:1:11
   |
 1 | [services.web]
   |           --- used by `services.web`
   |
   = note: Pod/web: `.spec.containers[name="web"].resources.limits.memory` takes
           a quantity, such as 500m or 1Gi, not "1 GiB"

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

3 errors

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
