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
environments/a.toml:1:9: invalid TOML · a string must stand in quotes
  help: write `"jakub"`
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
  help: known are `args`, `branch`, `chart`, `check_image`, `command`, `commit`, `env`, `env_from`, `files`, `grace`, `host`, `image`, `image_tag`, `ingress_annotations`, `ingress_class`, `inputs`, `liveness`, `manifests`, `module`, `needs`, `objects`, `ports`, `probe`, `release`, `replicas`, `repo`, `resources`, `run_as`, `semver`, `service_account`, `startup`, `strategy`, `tag`, `tls`, `values`, `volumes`

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
environments/demo.toml:4:12: wrong type · expected an integer
  modules/service/module.toml (built in):32:9: declared here as `integer`
  input `replicas` of module `service` takes an integer, not a string
environments/demo.toml:5:9: wrong type · expected a list of ports
  modules/service/module.toml (built in):27:9: declared here as `list(port)`
  input `ports` of module `service` takes a list of ports, not an integer
  help: write it as a list: `[80]`

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

"#]],
    );
}

#[test]
fn tells_keys_that_stand_in_the_wrong_table() {
    check(
        r#"
//- environments/demo.toml
timeout = 5
[services.web]
image = "x:1"
[services.web.env]
replicas = 2
host = { value = "meant" }
[dependencies.db]
module = "postgresql"
databases = ["a"]
"#,
        str![[r#"
environments/demo.toml:1:11: wrong type · expected a duration
  `timeout` of an environment takes a duration, not an integer
  help: say the unit: `"5s"` or `"5m"`
environments/demo.toml:9:1: unknown key · not a key that is known here
  dependency `db` has no key `databases`
  help: known are `inputs`, `module`, `needs`
  help: an input of its module stands under `[dependencies.db.inputs]`
environments/demo.toml:5:1: unclear variable · a variable of the container, or a key of the service?
  `replicas` is a key of service `web`, but stands below `env`, where every key is a variable
  help: put `replicas` above the table `env`, or into the service's own table
  help: if a variable is meant, say so: `replicas = { value = "2" }`

"#]],
    );
}

#[test]
fn tells_values_that_no_server_takes() {
    check(
        r#"
//- environments/demo.toml
[services.web]
image = "x:1"
host = "https://web"
ports = [80, { port = 80, name = "http" }, { port = 81, name = "http" }]
[services.web.resources]
requests = { cpu = "2", memory = "1Gi" }
limits = { cpu = "500m", memory = "1Gi" }
"#,
        str![[r#"
environments/demo.toml:3:8: invalid host · not the name of a host
  modules/service/module.toml (built in):58:9: declared here as `host`
  input `host` of module `service` may hold only lower-case letters, digits, `-` and `.`, not ':'
  help: a host has neither scheme nor port nor path: `web.example.com`
environments/demo.toml:4:14: repeated port · the same once more
  environments/demo.toml:4:10: first here
  modules/service/module.toml (built in):27:9: declared here as `list(port)`
  port 80 of TCP is given twice
  help: remove one of them, or give it another number and name
environments/demo.toml:4:44: repeated port · the same once more
  environments/demo.toml:4:14: first here
  modules/service/module.toml (built in):27:9: declared here as `list(port)`
  two ports are called `http`
  help: remove one of them, or give it another number and name
environments/demo.toml:6:20: request above its limit · more is asked for than may be used
  environments/demo.toml:7:18: the limit
  modules/service/module.toml (built in):37:9: declared here as `map(map(quantity))`
  `cpu` asks for 2 and is limited to 500m
  help: raise the limit, or ask for less

"#]],
    );
}

#[test]
fn tells_how_bare_words_and_names_of_charts_are_written() {
    check(
        r#"
//- environments/demo.toml
[services.web]
image = "{{ .Values.image.name }}"
//- environments/word.toml
[dependencies.redis]
module = "redis"
inputs.password = yes
inputs.memory = 1Gi
"#,
        str![[r#"
environments/word.toml:3:19: invalid TOML · a string must stand in quotes
  help: write `true`
environments/word.toml:4:17: invalid TOML · a string must stand in quotes
  help: write `"1Gi"`
environments/demo.toml:2:10: expression not supported · only names such as `variables.x` can stand here
  strings of an environment refer to values; they do not compute
  help: names have no dot in front, and a value of your own stands under `[variables]`: `{{ variables.name }}`

"#]],
    );
}

#[test]
fn a_string_without_quotes_is_told_as_such() {
    for (value, help) in [
        ("nginx:1", "write `\"nginx:1\"`"),
        ("traefik/whoami", "write `\"traefik/whoami\"`"),
        ("1.2.3", "write `\"1.2.3\"`"),
        ("v1", "write `\"v1\"`"),
        ("info", "write `\"info\"`"),
        ("1:2", "write `\"1:2\"`"),
        ("ture", "write `true`, or `\"ture\"` where the text is meant"),
        ("yes", "write `true`"),
        ("null", "leave the key out: TOML has no null"),
    ] {
        check(
            &format!("//- environments/demo.toml\n[services.web]\nimage = {value}   # why\n"),
            format!("environments/demo.toml:2:9: invalid TOML · a string must stand in quotes\n  help: {help}\n"),
        );
    }
    check(
        "//- environments/demo.toml\n[services.web]\nimage = [\"a\", traefik/whoami]\n",
        str![[r#"
environments/demo.toml:2:15: invalid TOML · a string must stand in quotes
  help: write `"traefik/whoami"`

"#]],
    );
}

#[test]
fn a_file_that_almost_ends_as_an_environment_is_told() {
    check(
        "//- environments/demo.tml\n//- environments/demo.toml\n",
        str![[r#"
not an environment
  `environments/demo.tml` is not read: files of environments end with `.toml`
  help: git mv environments/demo.tml environments/demo.toml

"#]],
    );
}

#[test]
fn an_input_of_an_unknown_type_is_there_all_the_same() {
    check(
        r#"
//- modules/a/module.toml
inputs.text = { type = "text" }
//- modules/a/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { text: {{ inputs.text }} }
//- environments/demo.toml
[services.web]
module = "a"
inputs = { text = 1 }
"#,
        str![[r#"
modules/a/module.toml:1:24: unknown type · not a type of inputs
  help: known are `any`, `boolean`, `duration`, `env`, `host`, `integer`, `list(string)`, `map(string)`, `object`, `port`, `probe`, `quantity`, `source`, `string`, `volume`

"#]],
    );
}
