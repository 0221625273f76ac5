//! What a container is given all at once: sources of variables, volumes, whole objects, and inputs of certain values.

use snapbox::str;

use super::refused;

#[test]
fn a_source_is_one_secret_or_one_config() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
env_from = [{ secret = "a", config = "b" }, { prefix = "C_" }, { sceret = "d" }, "e"]
"#,
        str![[r#"
error: unclear source
  --> environments/demo.toml:3:13
   |
 3 | env_from = [{ secret = "a", config = "b" }, { prefix = "C_" }, { sceret ...
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected `{ secret = NAME }` or `{ config = NAME }`
   |
  ::: modules/service/module.toml (built in):22:9
   |
22 | [inputs.env_from]
   |         -------- declared here as `list(source)`
   |
   = note: variables come from exactly one place

error: unclear source
  --> environments/demo.toml:3:45
   |
 3 | ..."a", config = "b" }, { prefix = "C_" }, { sceret = "d" }, "e"]
   |                         ^^^^^^^^^^^^^^^^^ expected `{ secret = NAME }` or `{ config = NAME }`
   |
  ::: modules/service/module.toml (built in):22:9
   |
22 | [inputs.env_from]
   |         -------- declared here as `list(source)`
   |
   = note: variables come from exactly one place

error: unknown key
  --> environments/demo.toml:3:66
   |
 3 | ...efix = "C_" }, { sceret = "d" }, "e"]
   |                     ^^^^^^ not a key that is known here
   |
  ::: modules/service/module.toml (built in):22:9
   |
22 | [inputs.env_from]
   |         -------- declared here as `list(source)`
   |
   = note: a source of variables has no key `sceret`
   = help: did you mean `secret`?

error: wrong type
  --> environments/demo.toml:3:82
   |
 3 | ... sceret = "d" }, "e"]
   |                     ^^^ expected a source of variables
   |
  ::: modules/service/module.toml (built in):22:9
   |
22 | [inputs.env_from]
   |         -------- declared here as `list(source)`
   |
   = note: each item of input `env_from` of module `service` takes a source of
           variables, not a string
   = help: write `{ secret = NAME }` or `{ config = NAME }`

4 errors

"#]],
    );
}

#[test]
fn a_source_that_nobody_makes_would_stop_the_pod() {
    refused(
        r#"//- environments/demo.toml
[secrets.tokens]
first = { generate = "token" }
[services.web]
image = "traefik/whoami:v1"
env_from = [{ secret = "token" }, { config = "tokens" }, { secret = "theirs", existing = true }]
volumes = { "/etc/tokens" = { secret = "tokns" } }
"#,
        str![[r#"
error: unknown secret or config
 --> environments/demo.toml:5:24
  |
5 | env_from = [{ secret = "token" }, { config = "tokens" }, { secret = "thei...
  |                        ^^^^^^^ no Secret of this environment
  |
  = note: nothing in the environment makes Secret `token`, so the pod would
          never start
  = help: did you mean `tokens`?
  = help: if others put it into the namespace, say so: add `existing = true`

error: unknown secret or config
 --> environments/demo.toml:5:46
  |
5 | ...}, { config = "tokens" }, { secret = "theirs", existing = true }]
  |                  ^^^^^^^^ no ConfigMap of this environment
  |
  = note: nothing in the environment makes ConfigMap `tokens`, so the pod would
          never start
  = help: `tokens` is a Secret: write `secret = "tokens"`

error: unknown secret or config
 --> environments/demo.toml:6:40
  |
6 | volumes = { "/etc/tokens" = { secret = "tokns" } }
  |                                        ^^^^^^^ no Secret of this environment
  |
  = note: nothing in the environment makes Secret `tokns`, so the pod would
          never start
  = help: did you mean `tokens`?
  = help: if others put it into the namespace, say so: add `existing = true`

3 errors

"#]],
    );
}

#[test]
fn a_volume_is_exactly_one_thing() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
[services.web.volumes]
"/a" = { storage = "1Gi", memory = "64Mi" }
"/b" = {}
"/c" = { size = "1Gi" }
"/d" = { storage = "1GB" }
"/e" = { empty = false }
"/f" = { empty = true, existing = true }
"/g" = "1Gi"
"#,
        str![[r#"
error: unclear volume
  --> environments/demo.toml:4:8
   |
 4 | "/a" = { storage = "1Gi", memory = "64Mi" }
   |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ names more than one thing, and only one can lie there
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = note: `/a` in input `volumes` of module `service` is one of
           `{ storage = SIZE }`, `{ memory = SIZE }`, `{ empty = true }`,
           `{ secret = NAME }` or `{ config = NAME }`

error: unclear volume
  --> environments/demo.toml:5:8
   |
 5 | "/b" = {}
   |        ^^ names nothing that could lie there
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = note: `/b` in input `volumes` of module `service` is one of
           `{ storage = SIZE }`, `{ memory = SIZE }`, `{ empty = true }`,
           `{ secret = NAME }` or `{ config = NAME }`

error: unknown key
  --> environments/demo.toml:6:10
   |
 6 | "/c" = { size = "1Gi" }
   |          ^^^^ not a key that is known here
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = note: a volume has no key `size`
   = help: known are `config`, `empty`, `existing`, `memory`, `secret`,
           `storage`

error: invalid quantity
  --> environments/demo.toml:7:20
   |
 7 | "/d" = { storage = "1GB" }
   |                    ^^^^^ Kubernetes cannot read this quantity
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = help: write `1Gi`

error: unclear volume
  --> environments/demo.toml:8:18
   |
 8 | "/e" = { empty = false }
   |                  ^^^^^ `empty` is only ever `true`
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = help: remove it

error: unclear volume
  --> environments/demo.toml:9:35
   |
 9 | "/f" = { empty = true, existing = true }
   |                                   ^^^^ only a Secret or a ConfigMap exists already
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = help: remove `existing`

error: wrong type
  --> environments/demo.toml:10:8
   |
10 | "/g" = "1Gi"
   |        ^^^^^ expected a volume
   |
  ::: modules/service/module.toml (built in):83:9
   |
83 | [inputs.volumes]
   |         ------- declared here as `map(volume)`
   |
   = note: `/g` in input `volumes` of module `service` takes a volume, not a
           string
   = help: write `{ storage = SIZE }`, `{ memory = SIZE }`, `{ empty = true }`,
           `{ secret = NAME }` or `{ config = NAME }`

7 errors

"#]],
    );
}

#[test]
fn an_object_has_version_kind_and_name() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
objects = [{ kind = "ConfigMap", metadata = { name = "more" } }, { apiVersion = "v1", kind = "ConfigMap" }, { apiVersion = 1, kind = "ConfigMap", metadata = { labels = {} } }]
"#,
        str![[r#"
error: missing key
   --> environments/demo.toml:3:12
    |
  3 | ...cts = [{ kind = "ConfigMap", metadata = { name = "more" } }, { apiVe...
    |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ lacks `apiVersion`
    |
   ::: modules/service/module.toml (built in):109:9
    |
109 | [inputs.objects]
    |         ------- declared here as `list(object)`
    |
    = note: each item of input `objects` of module `service` needs the key
            `apiVersion`

error: missing key
   --> environments/demo.toml:3:66
    |
  3 | ...more" } }, { apiVersion = "v1", kind = "ConfigMap" }, { apiVersion =...
    |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ lacks `metadata.name`
    |
   ::: modules/service/module.toml (built in):109:9
    |
109 | [inputs.objects]
    |         ------- declared here as `list(object)`
    |
    = note: each item of input `objects` of module `service` needs the key
            `metadata.name`

error: wrong type
   --> environments/demo.toml:3:124
    |
  3 | ...gMap" }, { apiVersion = 1, kind = "ConfigMap", metadata = { labels =...
    |                            ^ expected a string
    |
   ::: modules/service/module.toml (built in):109:9
    |
109 | [inputs.objects]
    |         ------- declared here as `list(object)`
    |
    = note: `apiVersion` of an object takes a string, not an integer
    = help: write it in quotes: `"1"`

error: missing key
   --> environments/demo.toml:3:158
    |
  3 | ...p", metadata = { labels = {} } }]
    |                   ^^^^^^^^^^^^^^^ lacks `metadata.name`
    |
   ::: modules/service/module.toml (built in):109:9
    |
109 | [inputs.objects]
    |         ------- declared here as `list(object)`
    |
    = note: each item of input `objects` of module `service` needs the key
            `metadata.name`

4 errors

"#]],
    );
}

#[test]
fn a_value_is_one_of_those_that_an_input_lists() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
strategy = "recreate"
"#,
        str![[r#"
error: value not allowed
  --> environments/demo.toml:3:12
   |
 3 | strategy = "recreate"
   |            ^^^^^^^^^^ not one of its values
   |
  ::: modules/service/module.toml (built in):88:9
   |
88 | [inputs.strategy]
   |         -------- declared here as `string`
   |
   = note: input `strategy` of module `service` takes `RollingUpdate`,
           `Recreate`, not `recreate`
   = help: did you mean `Recreate`?

1 error

"#]],
    );
}

#[test]
fn only_strings_list_their_values() {
    refused(
        r#"//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
[inputs.size]
type = "integer"
values = ["1", "2"]
default = 1
[outputs]
size = "{{ inputs.size }}"
"#,
        str![[r#"
error: values of no string
 --> modules/thing/module.toml:3:11
  |
2 | type = "integer"
  |        --------- of another type
3 | values = ["1", "2"]
  |           ^^^ only an input of type `string` lists its values
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.thing]
  |               ----- used by `dependencies.thing`
  |
  = help: remove `values`

1 error

"#]],
    );
}

#[test]
fn a_host_that_is_an_address() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [80]
host = "https://web.example.com/"
"#,
        str![[r#"
error: invalid host
  --> environments/demo.toml:4:8
   |
 4 | host = "https://web.example.com/"
   |        ^^^^^^^^^^^^^^^^^^^^^^^^^^ not the name of a host
   |
  ::: modules/service/module.toml (built in):58:9
   |
58 | [inputs.host]
   |         ---- declared here as `host`
   |
   = note: input `host` of module `service` may hold only lower-case letters,
           digits, `-` and `.`, not ':'
   = help: a host has neither scheme nor port nor path: `web.example.com`

1 error

"#]],
    );
}

#[test]
fn a_port_that_is_there_twice() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [80, { port = 80, target = 8080, name = "http" }]
"#,
        str![[r#"
error: repeated port
  --> environments/demo.toml:3:14
   |
 3 | ports = [80, { port = 80, target = 8080, name = "http" }]
   |          --  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the same once more
   |          |
   |          first here
   |
  ::: modules/service/module.toml (built in):27:9
   |
27 | [inputs.ports]
   |         ----- declared here as `list(port)`
   |
   = note: port 80 of TCP is given twice
   = help: remove one of them, or give it another number and name

1 error

"#]],
    );
}

#[test]
fn more_is_asked_for_than_may_be_used() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
[services.web.resources]
requests = { cpu = "2" }
limits = { cpu = "500m" }
"#,
        str![[r#"
error: request above its limit
  --> environments/demo.toml:4:20
   |
 4 | requests = { cpu = "2" }
   |                    ^^^ more is asked for than may be used
 5 | limits = { cpu = "500m" }
   |                  ------ the limit
   |
  ::: modules/service/module.toml (built in):37:9
   |
37 | [inputs.resources]
   |         --------- declared here as `map(map(quantity))`
   |
   = note: `cpu` asks for 2 and is limited to 500m
   = help: raise the limit, or ask for less

1 error

"#]],
    );
}

#[test]
fn a_variable_called_like_a_key_of_its_service() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
[services.web.env]
LOG_LEVEL = "debug"
replicas = 2
"#,
        str![[r#"
error: unclear variable
 --> environments/demo.toml:5:1
  |
5 | replicas = 2
  | ^^^^^^^^ a variable of the container, or a key of the service?
  |
  = note: `replicas` is a key of service `web`, but stands below `env`, where
          every key is a variable
  = help: put `replicas` above the table `env`, or into the service's own table
  = help: if a variable is meant, say so: `replicas = { value = "2" }`

1 error

"#]],
    );
}

#[test]
fn a_secret_without_its_key() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
env = { PASSWORD = { secret = "db" } }
"#,
        str![[r#"
error: unclear variable
  --> environments/demo.toml:3:20
   |
 3 | env = { PASSWORD = { secret = "db" } }
   |                    ^^^^^^^^^^^^^^^^^ expected a text, `{ value }`, `{ secret, key }`, `{ config, key }` or `{ field }`
   |
  ::: modules/service/module.toml (built in):17:9
   |
17 | [inputs.env]
   |         --- declared here as `env`
   |
   = note: variable `PASSWORD` takes one value, and `db` may hold many
   = help: name the key: `{ secret = "db", key = "PASSWORD" }`
   = help: for all keys at once: `env_from = [{ secret = "db" }]`

1 error

"#]],
    );
}

#[test]
fn an_image_that_no_registry_takes() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "Traefik/Whoami:v1"
"#,
        str![[r#"
error: not an image
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
   = note: container `web` is to run `Traefik/Whoami:v1`, which is the name of
           no image
   = help: repositories have lower-case names: `traefik/whoami:v1`

1 error

"#]],
    );
}
