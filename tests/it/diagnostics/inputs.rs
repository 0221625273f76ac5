//! Inputs of modules: each type with a value that is not of it. The line is the environment's.

use super::*;

#[test]
fn no_string() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = 8 }
//- modules/app/module.toml
[inputs.size]
type = "string"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = 8 }
  |                   ^ expected a string
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `string`
  |
  = note: input `size` of module `app` takes a string, not an integer
  = help: write it in quotes: `"8"`

1 error

"#]],
    );
}

#[test]
fn no_integer() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "8" }
//- modules/app/module.toml
[inputs.size]
type = "integer"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "8" }
  |                   ^^^ expected an integer
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `integer`
  |
  = note: input `size` of module `app` takes an integer, not a string

1 error

"#]],
    );
}

#[test]
fn no_boolean() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "yes" }
//- modules/app/module.toml
[inputs.size]
type = "boolean"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "yes" }
  |                   ^^^^^ expected `true` or `false`
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `boolean`
  |
  = note: input `size` of module `app` takes `true` or `false`, not a string

1 error

"#]],
    );
}

#[test]
fn no_quantity() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "512MB" }
//- modules/app/module.toml
[inputs.size]
type = "quantity"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: invalid quantity
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "512MB" }
  |                   ^^^^^^^ Kubernetes cannot read this quantity
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `quantity`
  |
  = help: write `512Mi`

1 error

"#]],
    );
}

#[test]
fn no_quantity_at_all() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "much" }
//- modules/app/module.toml
[inputs.size]
type = "quantity"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: invalid quantity
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "much" }
  |                   ^^^^^^ Kubernetes cannot read this quantity
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `quantity`
  |
  = help: quantities look like `100m`, `0.5`, `156Mi` or `1Gi`

1 error

"#]],
    );
}

#[test]
fn a_negative_quantity() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = -1 }
//- modules/app/module.toml
[inputs.size]
type = "quantity"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = -1 }
  |                   ^^ expected a quantity such as `100m` or `1Gi`
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `quantity`
  |
  = note: input `size` of module `app` takes a quantity such as `100m` or `1Gi`,
          not an integer

1 error

"#]],
    );
}

#[test]
fn no_duration() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "90" }
//- modules/app/module.toml
[inputs.size]
type = "duration"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: invalid duration
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "90" }
  |                   ^^^^ not a duration
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `duration`
  |
  = help: say the unit: `90s`

1 error

"#]],
    );
}

#[test]
fn a_duration_in_days() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "3d" }
//- modules/app/module.toml
[inputs.size]
type = "duration"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: invalid duration
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "3d" }
  |                   ^^^^ not a duration
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `duration`
  |
  = help: days differ in length; write `72h`

1 error

"#]],
    );
}

#[test]
fn no_list() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = "a" }
//- modules/app/module.toml
[inputs.size]
type = "list(string)"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = "a" }
  |                   ^^^ expected a list of strings
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `list(string)`
  |
  = note: input `size` of module `app` takes a list of strings, not a string
  = help: write it as a list: `["a"]`

1 error

"#]],
    );
}

#[test]
fn an_item_of_another_type() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = [1, "2", 3, true] }
//- modules/app/module.toml
[inputs.size]
type = "list(integer)"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:23
  |
3 | inputs = { size = [1, "2", 3, true] }
  |                       ^^^ expected an integer
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `list(integer)`
  |
  = note: each item of input `size` of module `app` takes an integer, not a
          string

error: wrong type
 --> environments/demo.toml:3:31
  |
3 | inputs = { size = [1, "2", 3, true] }
  |                               ^^^^ expected an integer
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `list(integer)`
  |
  = note: each item of input `size` of module `app` takes an integer, not a
          boolean

2 errors

"#]],
    );
}

#[test]
fn no_map() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = ["a"] }
//- modules/app/module.toml
[inputs.size]
type = "map(string)"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:19
  |
3 | inputs = { size = ["a"] }
  |                   ^^^^^ expected a table
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `map(string)`
  |
  = note: input `size` of module `app` takes a table, not a list

1 error

"#]],
    );
}

#[test]
fn a_value_of_another_type_in_a_map() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = { cpu = "100m", memory = "1GB" } }
//- modules/app/module.toml
[inputs.size]
type = "map(quantity)"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: invalid quantity
 --> environments/demo.toml:3:44
  |
3 | inputs = { size = { cpu = "100m", memory = "1GB" } }
  |                                            ^^^^^ Kubernetes cannot read this quantity
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `map(quantity)`
  |
  = help: write `1Gi`

1 error

"#]],
    );
}

#[test]
fn a_type_inside_a_type() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = [{ a = 1 }, { b = "2" }] }
//- modules/app/module.toml
[inputs.size]
type = "list(map(integer))"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { size: {{ inputs.size | string }} }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:3:37
  |
3 | inputs = { size = [{ a = 1 }, { b = "2" }] }
  |                                     ^^^ expected an integer
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `list(map(integer))`
  |
  = note: `b` in each item of input `size` of module `app` takes an integer, not
          a string

1 error

"#]],
    );
}

#[test]
fn an_input_that_no_module_takes() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = 1, colour = "red" }
//- modules/app/module.toml
[inputs.size]
type = "any"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: unknown input
 --> environments/demo.toml:3:22
  |
3 | inputs = { size = 1, colour = "red" }
  |                      ^^^^^^ not an input of the module
  |
 ::: modules/app/module.toml:1:1
  |
1 | [inputs.size]
  | - the module
  |
  = note: module `app` has no input `colour`
  = help: known are `size`

1 error

"#]],
    );
}

#[test]
fn an_expression_of_another_type() {
    refused(
        r#"//- environments/demo.toml
[variables]
sizes = ["a"]
[services.web]
module = "app"
inputs = { size = "{{ variables.sizes }}" }
//- modules/app/module.toml
[inputs.size]
type = "string"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:5:19
  |
5 | inputs = { size = "{{ variables.sizes }}" }
  |                   ^^^^^^^^^^^^^^^^^^^^^^^ expected a string
  |
 ::: modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ---- declared here as `string`
  |
  = note: input `size` of module `app` takes a string, not a list

1 error

"#]],
    );
}

#[test]
fn a_default_of_another_type() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[inputs.size]
type = "integer"
default = "eight"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: wrong type
 --> modules/app/module.toml:3:11
  |
1 | [inputs.size]
  |         ---- declared here as `integer`
2 | type = "integer"
3 | default = "eight"
  |           ^^^^^^^ expected an integer
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: the default of input `size` takes an integer, not a string

1 error

"#]],
    );
}

#[test]
fn a_default_that_is_never_used() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
inputs = { size = 1 }
//- modules/app/module.toml
[inputs.size]
type = "integer"
default = 8
required = true
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: default never used
 --> modules/app/module.toml:4:12
  |
4 | required = true
  |            ^^^^ a required input is always given
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = help: remove `required` or `default`

1 error

"#]],
    );
}

#[test]
fn an_unknown_type() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[inputs.size]
type = "number"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: unknown type
 --> modules/app/module.toml:2:8
  |
2 | type = "number"
  |        ^^^^^^^^ not a type of inputs
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = help: known are `any`, `boolean`, `duration`, `env`, `host`, `integer`,
          `list(string)`, `map(string)`, `object`, `port`, `probe`, `quantity`,
          `source`, `string`, `volume`

1 error

"#]],
    );
}

#[test]
fn an_input_without_a_type() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[inputs.size]
default = 1
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: missing key
 --> modules/app/module.toml:1:9
  |
1 | [inputs.size]
  |         ^^^^ lacks `type`
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: input `size` needs the key `type`
  = help: `type = "string"` is the most common

1 error

"#]],
    );
}

#[test]
fn inputs_without_a_module() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
inputs = { replicas = 2 }
"#,
        str![[r#"
error: inputs without a module
 --> environments/demo.toml:3:1
  |
3 | inputs = { replicas = 2 }
  | ^^^^^^ whose inputs are these?
  |
  = note: service `web` names no `module`; `image`, `env` and the like stand
          directly in its table

1 error

"#]],
    );
}

#[test]
fn inputs_of_a_named_module_stand_apart() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "service"
image = "traefik/whoami:v1"
"#,
        str![[r#"
error: missing input
 --> environments/demo.toml:1:11
  |
1 | [services.web]
  |           ^^^ lacks `image`
  |
 ::: modules/service/module.toml (built in):3:9
  |
3 | [inputs.image]
  |         ----- declared here as `string`
  |
  = note: module `service` cannot do without its input `image`

error: unknown key
 --> environments/demo.toml:3:1
  |
3 | image = "traefik/whoami:v1"
  | ^^^^^ not a key that is known here
  |
  = note: service `web` has no key `image`
  = help: inputs of a named module stand under `inputs`

2 errors

"#]],
    );
}

#[test]
fn ports_that_are_none() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [0, { port = 80, protocol = "HTTP" }, { target = 80 }]
"#,
        str![[r#"
error: invalid port
  --> environments/demo.toml:3:10
   |
 3 | ports = [0, { port = 80, protocol = "HTTP" }, { target = 80 }]
   |          ^ ports go from 1 to 65535
   |
  ::: modules/service/module.toml (built in):27:9
   |
27 | [inputs.ports]
   |         ----- declared here as `list(port)`

error: unknown protocol
  --> environments/demo.toml:3:37
   |
 3 | ports = [0, { port = 80, protocol = "HTTP" }, { target = 80 }]
   |                                     ^^^^^^ known are `TCP`, `UDP` and `SCTP`
   |
  ::: modules/service/module.toml (built in):27:9
   |
27 | [inputs.ports]
   |         ----- declared here as `list(port)`

error: missing key
  --> environments/demo.toml:3:47
   |
 3 | ports = [0, { port = 80, protocol = "HTTP" }, { target = 80 }]
   |                                               ^^^^^^^^^^^^^^^ lacks `port`
   |
  ::: modules/service/module.toml (built in):27:9
   |
27 | [inputs.ports]
   |         ----- declared here as `list(port)`
   |
   = note: a port needs the key `port`

3 errors

"#]],
    );
}

#[test]
fn two_probes_in_one() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [80]
probe = { path = "/", command = ["true"] }
"#,
        str![[r#"
error: two probes in one
  --> environments/demo.toml:4:18
   |
 4 | probe = { path = "/", command = ["true"] }
   |                  ^^^ either `path` or `command`, not both
   |
  ::: modules/service/module.toml (built in):42:9
   |
42 | [inputs.probe]
   |         ----- declared here as `probe`

1 error

"#]],
    );
}

#[test]
fn a_variable_that_no_container_can_have() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
env = { "8BIT" = "x" }
"#,
        str![[r#"
error: invalid name
  --> environments/demo.toml:3:9
   |
 3 | env = { "8BIT" = "x" }
   |         ^^^^^^ not the name of a variable
   |
  ::: modules/service/module.toml (built in):17:9
   |
17 | [inputs.env]
   |         --- declared here as `env`
   |
   = note: the name `8BIT` may hold only letters, digits, `_`, `-` and `.`, no
           digit first

1 error

"#]],
    );
}

#[test]
fn a_field_is_always_there() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
env = { IP = { field = "status.podIP", existing = true } }
"#,
        str![[r#"
error: unclear variable
  --> environments/demo.toml:3:51
   |
 3 | env = { IP = { field = "status.podIP", existing = true } }
   |                                                   ^^^^ a field is always there
   |
  ::: modules/service/module.toml (built in):17:9
   |
17 | [inputs.env]
   |         --- declared here as `env`
   |
   = help: remove `existing`

1 error

"#]],
    );
}
