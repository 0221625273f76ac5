//! Every mistake in the files of environments, with its place and words.

use super::*;

#[test]
fn tells_syntax_errors_of_all_files_at_once() {
    check(
        r#"
//- environments/a.toml
owner = jakub
//- environments/b.toml
[services.web
image = "web"
//- ditc.toml
[policy
"#,
        str![[r#"
ditc.toml:1:8: invalid TOML · unclosed table, expected `]`
environments/a.toml:1:9: invalid TOML · string values must be quoted, expected literal string
environments/b.toml:1:14: invalid TOML · unclosed table, expected `]`

"#]],
    );
}

#[test]
fn tells_an_unknown_key_with_the_one_that_was_meant() {
    check(
        r#"
//- environments/demo.toml
owners = "me"
[services.web]
image = "web"
replica = 2
colour = "red"
"#,
        str![[r#"
environments/demo.toml:1:1: unknown key · not a key that is known here
  an environment has no key `owners`
  help: did you mean `owner`?
environments/demo.toml:4:1: unknown key · not a key that is known here
  service `web` has no key `replica`
  help: did you mean `replicas`?
environments/demo.toml:5:1: unknown key · not a key that is known here
  service `web` has no key `colour`
  help: known are `args`, `chart`, `command`, `commit`, `env`, `host`, `image`, `inputs`, `manifests`, `module`, `needs`, `ports`, `probe`, `replicas`, `repo`, `resources`, `tag`

"#]],
    );
}

#[test]
fn tells_a_wrong_type() {
    check(
        r#"
//- environments/demo.toml
owner = 12
[services.web]
image = ["web"]
replicas = "two"
ports = 80
"#,
        str![[r#"
environments/demo.toml:1:9: wrong type · expected a string
  `owner` of an environment takes a string, not an integer
  help: write it in quotes: `"12"`
environments/demo.toml:3:9: wrong type · expected a string
  modules/service/module.toml (built in):3:9: declared here as `string`
  input `image` of module `service` takes a string, not a list
environments/demo.toml:5:9: wrong type · expected a list of port
  modules/service/module.toml (built in):22:9: declared here as `list(port)`
  input `ports` of module `service` takes a list of port, not an integer
environments/demo.toml:4:12: wrong type · expected an integer
  modules/service/module.toml (built in):27:9: declared here as `integer`
  input `replicas` of module `service` takes an integer, not a string

"#]],
    );
}

#[test]
fn refuses_floats_dates_and_large_integers() {
    check(
        r#"
//- environments/demo.toml
[variables]
a = 1.5
b = 2026-01-01
c = 99999999999999999999
"#,
        str![[r#"
environments/demo.toml:2:5: float not supported · neither Kubernetes nor ditc takes floats
  help: write it as a string: `"1.5"`
environments/demo.toml:3:5: date not supported · a date is not a value here
  help: write it as a string: `"2026-01-01"`
environments/demo.toml:4:5: integer too large · does not fit into 64 bits
  help: write it as a string: `"99999999999999999999"`

"#]],
    );
}

#[test]
fn refuses_deep_nesting() {
    check(
        r#"
//- environments/demo.toml
variables.x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
"#,
        str![[r#"
environments/demo.toml:1:78: nested too deeply · this is one level too deep
  at most 64 tables and lists may stand inside each other

"#]],
    );
}

#[test]
fn tells_a_duration_that_is_none() {
    check(
        r#"
//- ditc.toml
[defaults]
timeout = "10"
//- environments/demo.toml
ttl = "3d"
timeout = "ten minutes"
"#,
        str![[r#"
ditc.toml:2:11: invalid duration · not a duration
  help: say the unit: `10s`
environments/demo.toml:1:7: invalid duration · not a duration
  help: days differ in length; write `72h`
environments/demo.toml:2:11: invalid duration · not a duration
  help: durations look like `90s`, `10m` or `1h30m`

"#]],
    );
}

#[test]
fn tells_an_environment_that_does_not_exist() {
    check(
        r#"
//- environments/demo.toml
extends = "bas"
//- environments/base.toml
abstract = true
"#,
        str![[r#"
environments/demo.toml:1:11: unknown environment · extends what does not exist
  there is no `environments/bas.toml`
  help: did you mean `base`?

"#]],
    );
}

#[test]
fn tells_a_cycle_of_environments_once() {
    check(
        r#"
//- environments/a.toml
extends = "b"
//- environments/b.toml
extends = "a"
"#,
        str![[r#"
environments/a.toml:1:11: cycle of environments · extends itself in the end
  environments/b.toml:1:11: by way of this
  `a` extends `b`, `b` extends `a`
  help: remove one `extends`
environments/b.toml:1:11: cycle of environments · extends itself in the end
  environments/a.toml:1:11: by way of this
  `b` extends `a`, `a` extends `b`
  help: remove one `extends`

"#]],
    );
}

#[test]
fn tells_files_whose_names_cannot_be_environments() {
    check(
        r#"
//- environments/Demo.toml
owner = "x"
//- environments/demo.lock.toml
whatever = 1
//- modules/My_Module/module.toml
description = "x"
"#,
        str![[r#"
invalid name
  the directory `modules/My_Module` cannot be a module: the name may hold only lower-case letters, digits and `-`, not 'M'
invalid name
  `environments/Demo.toml` cannot be an environment: its name `Demo` may hold only lower-case letters, digits and `-`, not 'D'
  help: rename the file; its stem becomes the namespace

"#]],
    );
}

#[test]
fn refuses_two_environments_on_one_namespace() {
    check(
        r#"
//- environments/a.toml
namespace = "shared"
//- environments/b.toml
namespace = "shared"
"#,
        str![[r#"
environments/b.toml:1:13: namespace used twice · namespace taken
  environments/a.toml:1:13: also used here
  the environments `a` and `b` both live in namespace `shared`
  help: give one of them a `namespace` of its own
environments/a.toml:1:13: namespace used twice · namespace taken
  environments/b.toml:1:13: also used here
  the environments `a` and `b` both live in namespace `shared`
  help: give one of them a `namespace` of its own

"#]],
    );
}

#[test]
fn refuses_protected_namespaces() {
    check(
        r#"
//- ditc.toml
[policy]
protected = ["prod*"]
//- environments/kube-system.toml
owner = "x"
//- environments/demo.toml
namespace = "production"
//- environments/default.toml
"#,
        str![[r#"
environments/default.toml:1:1: protected namespace · no environment may live here
  namespace `default` of environment `default` is protected by the pattern `default`
  help: rename the file, or give it another `namespace`
environments/demo.toml:1:13: protected namespace · no environment may live here
  namespace `production` of environment `demo` is protected by the pattern `prod*`
  help: rename the file, or give it another `namespace`
environments/kube-system.toml:1:1: protected namespace · no environment may live here
  namespace `kube-system` of environment `kube-system` is protected by the pattern `kube-*`
  help: rename the file, or give it another `namespace`

"#]],
    );
}

#[test]
fn tells_an_invalid_namespace() {
    check(
        r#"
//- environments/demo.toml
namespace = "Demo_{{ environment.name }}"
"#,
        str![[r#"
environments/demo.toml:1:13: invalid name · not the name of a namespace
  the name `Demo_demo` may hold only lower-case letters, digits and `-`, not 'D'
no namespace
  environment `demo` has no valid namespace

"#]],
    );
}

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
environments/demo.toml:3:10: invalid port · ports go from 1 to 65535
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
