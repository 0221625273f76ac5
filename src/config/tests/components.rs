//! Every mistake in components, their modules, inputs and needs, with its place and words.

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
  modules/postgresql/module.toml (built in):29:9: declared here as `quantity`
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
module without templates
  module `thing` has neither templates nor secrets nor outputs, so it would make nothing
  help: write the objects that it makes into `modules/thing/thing.yaml`
environments/demo.toml:3:20: wrong type · expected an integer
  modules/thing/module.toml:1:9: declared here as `integer`
  input `count` of module `thing` takes an integer, not a string
environments/demo.toml:3:39: wrong type · expected a string
  modules/thing/module.toml:3:9: declared here as `list(string)`
  each item of input `names` of module `thing` takes a string, not an integer
  help: write it in quotes: `"2"`
environments/demo.toml:3:50: invalid duration · not a duration
  modules/thing/module.toml:8:9: declared here as `duration`
  help: durations look like `90s`, `10m` or `1h30m`
environments/demo.toml:3:80: invalid quantity · Kubernetes cannot read this quantity
  modules/thing/module.toml:10:9: declared here as `map(quantity)`
  help: quantities look like `100m`, `0.5`, `156Mi` or `1Gi`

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
environments/demo.toml:3:10: invalid port · ports go from 1 to 65535
  modules/service/module.toml (built in):27:9: declared here as `list(port)`
environments/demo.toml:3:37: unknown protocol · known are `TCP`, `UDP` and `SCTP`
  modules/service/module.toml (built in):27:9: declared here as `list(port)`
environments/demo.toml:4:18: two probes in one · either `path` or `command`, not both
  modules/service/module.toml (built in):42:9: declared here as `probe`
environments/demo.toml:6:5: unclear variable · expected a text, `{ value }`, `{ secret, key }`, `{ config, key }` or `{ field }`
  modules/service/module.toml (built in):17:9: declared here as `env`
  variable `A` takes one value, and `s` may hold many
  help: name the key: `{ secret = "s", key = "A" }`
  help: for all keys at once: `env_from = [{ secret = "s" }]`
environments/demo.toml:7:5: unclear variable · expected a text, `{ value }`, `{ secret, key }`, `{ config, key }` or `{ field }`
  modules/service/module.toml (built in):17:9: declared here as `env`
  variable `B` must come from exactly one place
environments/demo.toml:8:5: wrong type · expected a text, `{ value }`, `{ secret, key }`, `{ config, key }` or `{ field }`
  modules/service/module.toml (built in):17:9: declared here as `env`
  variable `C` takes a text, `{ value }`, `{ secret, key }`, `{ config, key }` or `{ field }`, not a list
environments/demo.toml:9:1: invalid name · not the name of a variable
  modules/service/module.toml (built in):17:9: declared here as `env`
  the name `1D` may hold only letters, digits, `_`, `-` and `.`, no digit first

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
