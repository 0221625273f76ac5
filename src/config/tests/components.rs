//! Every mistake in components: their modules, inputs, needs and expressions, with its place and words.

use super::*;

#[test]
fn tells_a_module_that_does_not_exist() {
    check(
        r#"
//- environments/demo.toml
[dependencies.db]
module = "postgresq"
[dependencies.cache]
"#,
        str![[r#"
environments/demo.toml:3:15: missing key · lacks `module`
  dependency `cache` needs the key `module`
  help: add `module = "cache"` or another module
environments/demo.toml:2:10: unknown module · no such module
  there is neither `modules/postgresq/module.toml` nor a built-in module `postgresq`
  help: did you mean `postgresql`?

"#]],
    );
}

#[test]
fn tells_inputs_that_the_module_does_not_take() {
    check(
        r#"
//- environments/demo.toml
[dependencies.db]
module = "postgresql"
inputs = { database = ["x"], memory = "512MB", storage = "1Gi" }
[services.web]
tag = "v1"
"#,
        str![[r#"
environments/demo.toml:3:12: unknown input · not an input of the module
  modules/postgresql/module.toml (built in):1:1: the module
  module `postgresql` has no input `database`
  help: did you mean `databases`?
environments/demo.toml:3:39: invalid quantity · Kubernetes cannot read this quantity
  modules/postgresql/module.toml (built in):14:9: declared here as `quantity`
  help: write `512Mi`
environments/demo.toml:4:11: missing input · lacks `image`
  modules/service/module.toml (built in):3:9: declared here as `string`
  module `service` cannot do without its input `image`

"#]],
    );
}

#[test]
fn tells_inputs_of_the_wrong_type_with_their_declaration() {
    check(
        r#"
//- modules/thing/module.toml
[inputs.count]
type = "integer"
[inputs.names]
type = "list(string)"
default = [1]
[inputs.after]
type = "duraton"
[inputs.wait]
type = "duration"
[inputs.limits]
type = "map(quantity)"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
inputs = { count = "3", names = ["a", 2], wait = "5 minutes", limits = { cpu = "1core" } }
"#,
        str![[r#"
modules/thing/module.toml:5:12: wrong type · expected a string
  modules/thing/module.toml:3:9: declared here as `list(string)`
  each item of the default of input `names` takes a string, not an integer
  help: write it in quotes: `"1"`
modules/thing/module.toml:7:8: unknown type · not a type of inputs
  help: did you mean `duration`?
environments/demo.toml:3:20: wrong type · expected an integer
  modules/thing/module.toml:1:9: declared here as `integer`
  input `count` of module `thing` takes an integer, not a string
environments/demo.toml:3:80: invalid quantity · Kubernetes cannot read this quantity
  modules/thing/module.toml:10:9: declared here as `map(quantity)`
  help: quantities look like `100m`, `0.5`, `156Mi` or `1Gi`
environments/demo.toml:3:39: wrong type · expected a string
  modules/thing/module.toml:3:9: declared here as `list(string)`
  each item of input `names` of module `thing` takes a string, not an integer
  help: write it in quotes: `"2"`
environments/demo.toml:3:50: invalid duration · not a duration
  modules/thing/module.toml:8:9: declared here as `duration`
  help: durations look like `90s`, `10m` or `1h30m`

"#]],
    );
}

#[test]
fn tells_unclear_variables_ports_and_probes() {
    check(
        r#"
//- environments/demo.toml
[services.web]
image = "web"
ports = [0, { port = 80, protocol = "HTTP" }]
probe = { path = "/", command = ["true"] }
[services.web.env]
A = { secret = "s" }
B = { secret = "s", config = "c", key = "k" }
C = ["x"]
"1D" = "x"
"#,
        str![[r#"
environments/demo.toml:6:5: unclear variable · expected a text, `{ secret, key }`, `{ config, key }` or `{ field }`
  modules/service/module.toml (built in):17:9: declared here as `env`
  variable `A` must come from exactly one place
environments/demo.toml:7:5: unclear variable · expected a text, `{ secret, key }`, `{ config, key }` or `{ field }`
  modules/service/module.toml (built in):17:9: declared here as `env`
  variable `B` must come from exactly one place
environments/demo.toml:8:5: wrong type · expected a text, `{ secret, key }`, `{ config, key }` or `{ field }`
  modules/service/module.toml (built in):17:9: declared here as `env`
  variable `C` takes a text, `{ secret, key }`, `{ config, key }` or `{ field }`, not a list
environments/demo.toml:9:1: invalid name · not the name of a variable
  modules/service/module.toml (built in):17:9: declared here as `env`
  the name `1D` may hold only letters, digits, `_`, `-` and `.`, no digit first
environments/demo.toml:3:10: invalid port · ports go from 1 to 65535
  modules/service/module.toml (built in):22:9: declared here as `list(port)`
environments/demo.toml:3:37: unknown protocol · known are `TCP`, `UDP` and `SCTP`
  modules/service/module.toml (built in):22:9: declared here as `list(port)`
environments/demo.toml:4:18: two probes in one · either `path` or `command`, not both
  modules/service/module.toml (built in):37:9: declared here as `probe`

"#]],
    );
}

#[test]
fn tells_a_name_in_both_tiers() {
    check(
        r#"
//- environments/demo.toml
[dependencies.redis]
module = "redis"
[services.redis]
image = "redis"
"#,
        str![[r#"
environments/demo.toml:3:11: name used twice · this name is taken
  environments/demo.toml:1:15: first used here
  `needs` names components bare, so `dependencies.redis` and `services.redis` cannot both be
  help: rename one of them

"#]],
    );
}

#[test]
fn tells_needs_that_do_not_exist() {
    check(
        r#"
//- environments/demo.toml
[dependencies.postgresql]
module = "postgresql"
[services.web]
image = "web"
needs = ["postgres", "postgresql", "dependencies.postgresql", "services.postgresql"]
"#,
        str![[r#"
environments/demo.toml:5:10: unknown component · no such component
  `services.web` needs `postgres`, which this environment does not have
  help: did you mean `postgresql`?
environments/demo.toml:5:63: unknown component · no such component
  `services.web` needs `services.postgresql`, which this environment does not have
  help: known are `postgresql`

"#]],
    );
}

#[test]
fn tells_a_cycle_of_needs() {
    check(
        r#"
//- environments/demo.toml
[services.a]
image = "a"
needs = ["b"]
[services.b]
image = "b"
needs = ["c"]
[services.c]
image = "c"
needs = ["a"]
"#,
        str![[r#"
environments/demo.toml:3:10: cycle of needs · waits for itself in the end
  environments/demo.toml:6:10: by way of this
  environments/demo.toml:9:10: by way of this
  `a` needs `b`, `b` needs `c`, `c` needs `a`
  help: remove one of these needs

"#]],
    );
}

#[test]
fn tells_names_in_expressions_that_do_not_exist() {
    check(
        r#"
//- environments/demo.toml
[variables]
log_level = "debug"
[dependencies.redis]
module = "redis"
[services.web]
image = "web"
[services.web.env]
A = "{{ variables.log_levl }}"
B = "at {{ dependencies.redis.hst }}:{{ dependencies.redis.port }}"
C = "{{ dependencies.redi.host }}"
D = "{{ environment }}"
E = "{{ version }}"
F = "{{ variables.log_level | upper }}"
G = "{{ variables.log_level"
H = "{{ variable.x }}"
"#,
        str![[r#"
environments/demo.toml:8:6: unknown name · not known
  `variables` has no `log_levl`
  help: did you mean `log_level`?
environments/demo.toml:9:9: unknown name · not known
  `dependencies.redis` has no `hst`
  help: did you mean `host`?
environments/demo.toml:10:6: unknown name · not known
  `dependencies` has no `redi`
  help: did you mean `redis`?
environments/demo.toml:11:6: not a value · names a group of values
  `environment` holds `name`, `namespace`
  help: name one of them: `{{ environment.name }}`
environments/demo.toml:12:6: name not available · cannot be used here
  `services.web` names neither a commit nor a tag, so it has no version
  help: add `tag` or `commit` to it
environments/demo.toml:13:6: expression not supported · only names such as `variables.x` can stand here
  strings of an environment refer to values; they do not compute
  help: compute it in a template of the module
environments/demo.toml:14:6: expression not closed · `{{` without `}}`
  help: write `{{ "{{" }}` for the characters themselves
environments/demo.toml:15:6: unknown name · not known
  nothing is called `variable` here
  help: did you mean `variables`?

"#]],
    );
}

#[test]
fn refuses_outputs_of_what_is_not_needed() {
    check(
        r#"
//- environments/demo.toml
[dependencies.redis]
module = "redis"
[dependencies.rabbitmq]
module = "rabbitmq"
[services.web]
image = "web"
needs = ["redis"]
env = { HOST = "{{ dependencies.rabbitmq.host }}" }
"#,
        str![[r#"
environments/demo.toml:8:17: name not available · cannot be used here
  `services.web` does not need `rabbitmq`, so it may start before it
  help: add `"rabbitmq"` to its `needs`

"#]],
    );
}

#[test]
fn tells_a_list_in_a_text() {
    check(
        r#"
//- environments/demo.toml
[variables]
list = ["a"]
[services.web]
image = "web:{{ variables.list }}"
"#,
        str![[r#"
environments/demo.toml:4:14: not a text · gives a list
  only strings, integers and booleans can be part of a text

"#]],
    );
}

#[test]
fn tells_nothing_to_remove() {
    check(
        r#"
//- environments/demo.toml
[dependencies]
redis = false
"#,
        str![[r#"
environments/demo.toml:2:9: nothing to remove · no dependency `redis` stands below this
  `false` removes a component that comes from an environment named by `extends`

"#]],
    );
}

#[test]
fn tells_what_is_not_supported_yet() {
    check(
        r#"
//- environments/demo.toml
[services.web]
image = "web"
chart = "charts/web"
[secrets.token]
key = { env = "TOKEN" }
word = "hunter2"
other = { generate = "pasword" }
[secrets.ditc-key]
key = { generate = "hex" }
"#,
        str![[r#"
environments/demo.toml:5:9: not supported yet · `env` cannot be used so far
  secrets can only be generated in this version
  help: write `{ generate = "password" }`; `token` and `hex` are the others
environments/demo.toml:6:8: secret value in a file · a secret's value does not belong into git
  help: write `{ generate = "password" }`; `token` and `hex` are the others
environments/demo.toml:7:22: unknown generator · ditc cannot generate this
  help: did you mean `password`?
environments/demo.toml:3:1: not supported yet · `chart` cannot be used so far
  service `web` asks for objects from its own repository
  help: remove it and give `image`, or write a module and name it with `module`
environments/demo.toml:8:10: reserved name · not the name of a Secret
  the name `ditc-key` is kept for ditc's own records, as are all that begin with `ditc-`

"#]],
    );
}

#[test]
fn tells_keys_of_the_service_module_beside_another_module() {
    check(
        r#"
//- modules/thing/module.toml
description = "nothing"
//- environments/demo.toml
[services.web]
module = "thing"
image = "web"
[services.api]
image = "api"
inputs = { a = 1 }
"#,
        str![[r#"
environments/demo.toml:3:1: unknown key · not a key that is known here
  service `web` has no key `image`
  help: inputs of a named module stand under `inputs`
environments/demo.toml:6:1: inputs without a module · whose inputs are these?
  service `api` names no `module`; `image`, `env` and the like stand directly in its table

"#]],
    );
}

#[test]
fn tells_a_key_that_the_secret_does_not_have() {
    check(
        r#"
//- environments/demo.toml
[dependencies.redis]
module = "redis"
[services.web]
image = "web"
[services.web.env]
A = { secret = "redis", key = "redis-pasword" }
B = { secret = "{{ dependencies.redis.secret }}", key = "redis-password" }
C = { secret = "made-by-others", key = "any" }
D = { config = "{{ dependencies.redis.secret }}", key = "any" }
"#,
        str![[r#"
environments/demo.toml:6:31: unknown key of a secret or config · not a key of Secret `redis`
  Deployment/web takes `redis-pasword` from Secret `redis`, which has no such key
  help: did you mean `redis-password`?

"#]],
    );
}

#[test]
fn tells_a_version_that_nobody_gave() {
    check(
        r#"
//- modules/thing/module.toml
[outputs]
version = "{{ version }}"
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ "a-" ~ version }}
//- environments/demo.toml
[dependencies.thing]
module = "thing"
"#,
        str![[r#"
modules/thing/module.toml:2:11: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  the component names nothing that gives it a `version`
  help: add `tag` or `commit` to it, or test `version is defined` first
modules/thing/a.yaml:4:12: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  the component names nothing that gives it a `version`
  help: add `tag` or `commit` to it, or test `version is defined` first

"#]],
    );
}
