//! What bounds an environment, and containers that do not fit between.

use super::*;

#[test]
fn amounts_that_are_none() {
    refused(
        r#"//- environments/demo.toml
[quota]
cpu = "much"
pods = "10"
"#,
        str![[r#"
error: invalid amount
 --> environments/demo.toml:2:7
  |
2 | cpu = "much"
  |       ^^^^^^ expected a quantity such as `4` or `8Gi`, or `false` for none
  |
  = note: `cpu` of `[quota]` is an amount that is not less than zero

error: invalid amount
 --> environments/demo.toml:3:8
  |
3 | pods = "10"
  |        ^^^^ expected a number, or `false` for none
  |
  = note: `pods` of `[quota]` is an amount that is not less than zero

2 errors

"#]],
    );
}

#[test]
fn a_range_that_is_an_address() {
    refused(
        r#"//- environments/demo.toml
[network]
from = ["192.0.2.1", "everywhere"]
"#,
        str![[r#"
error: invalid range
 --> environments/demo.toml:2:9
  |
2 | from = ["192.0.2.1", "everywhere"]
  |         ^^^^^^^^^^^ not a range of addresses
  |
  = help: for one address write `192.0.2.1/32`

error: invalid range
 --> environments/demo.toml:2:22
  |
2 | from = ["192.0.2.1", "everywhere"]
  |                      ^^^^^^^^^^^^ not a range of addresses
  |
  = help: ranges look like `10.0.0.0/8` or `fd00::/8`

2 errors

"#]],
    );
}

#[test]
fn a_profile_that_nobody_knows() {
    refused(
        r#"//- environments/demo.toml
[security]
enforce = "strict"
"#,
        str![[r#"
error: unknown profile
 --> environments/demo.toml:2:11
  |
2 | enforce = "strict"
  |           ^^^^^^^^ not a profile of pod security
  |
  = help: known are `privileged`, `baseline`, `restricted`, and `false` for none

1 error

"#]],
    );
}

#[test]
fn a_request_above_the_limit_that_a_container_would_get() {
    refused(
        r#"//- ditc.toml
//- environments/demo.toml
[services.web]
image = "web:v1"
resources = { requests = { memory = "2Gi" } }
"#,
        str![[r#"
error: request above the limit
  --> modules/service/service.yaml (built in):28:1
   |
28 | apiVersion: apps/v1
   | ^^^^^^^^^^^^^^^^^^^ rendered from here
   |
  ::: environments/demo.toml:1:11
   |
 1 | [services.web]
   |           --- asked for here
   |
   = note: container `web` asks for 2Gi of memory, and gets at most 1Gi where it
           sets no limit
   = help: give it a limit: `limits = { memory = "2Gi" }`

1 error

"#]],
    );
}

#[test]
fn a_container_of_which_nothing_can_be_counted() {
    refused(
        r#"//- ditc.toml
//- environments/demo.toml
resources = false
[services.web]
image = "web:v1"
resources = {}
"#,
        str![[r#"
error: nothing to count
  --> modules/service/service.yaml (built in):28:1
   |
28 | apiVersion: apps/v1
   | ^^^^^^^^^^^^^^^^^^^ rendered from here
   |
  ::: environments/demo.toml:2:11
   |
 2 | [services.web]
   |           --- asked for here
   |
   = note: container `web` does not say how much cpu it asks for, which the
           quota counts
   = help: give it `requests = { cpu = … }`, or all containers one under
           `[resources]`

error: nothing to count
  --> modules/service/service.yaml (built in):28:1
   |
28 | apiVersion: apps/v1
   | ^^^^^^^^^^^^^^^^^^^ rendered from here
   |
  ::: environments/demo.toml:2:11
   |
 2 | [services.web]
   |           --- asked for here
   |
   = note: container `web` does not say how much memory it asks for, which the
           quota counts
   = help: give it `requests = { memory = … }`, or all containers one under
           `[resources]`

2 errors

"#]],
    );
}

#[test]
fn a_rule_that_cannot_be_followed() {
    refused(
        r#"//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/thing.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: thing
  annotations:
    ditc.dev/ready: sometimes
"#,
        str![[r#"
error: unclear rule
 --> modules/thing/thing.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.thing]
  |               ----- used by `dependencies.thing`
  |
  = note: annotation `ditc.dev/ready` of ConfigMap/thing is no rule that can be
          followed: at `sometimes` a path such as `self.status.phase` is
          expected
  = help: write `condition=Ready`, or comparisons such as
          `self.status.phase == "Running"`

1 error

"#]],
    );
}
