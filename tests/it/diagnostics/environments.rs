//! What an environment's file, ditc.toml and module.toml may say.

use super::*;

#[test]
fn a_template_for_others() {
    refused(
        r#"//- environments/demo.toml
abstract = true
"#,
        str![[r#"
error: abstract environment
 = note: `demo` is a template for others, so it cannot be planned itself

1 error

"#]],
    );
}

#[test]
fn a_namespace_used_twice() {
    refused(
        r#"//- environments/demo.toml
namespace = "shared"
//- environments/other.toml
namespace = "shared"
"#,
        str![[r#"
error: namespace used twice
 --> environments/demo.toml:1:13
  |
1 | namespace = "shared"
  |             ^^^^^^^^ namespace taken
  |
 ::: environments/other.toml:1:13
  |
1 | namespace = "shared"
  |             -------- also used here
  |
  = note: the environments `demo` and `other` both live in namespace `shared`
  = help: give one of them a `namespace` of its own

1 error

"#]],
    );
}

#[test]
fn a_name_used_twice() {
    refused(
        r#"//- environments/demo.toml
[dependencies.web]
module = "redis"
[services.web]
image = "traefik/whoami:v1"
"#,
        str![[r#"
error: name used twice
 --> environments/demo.toml:3:11
  |
1 | [dependencies.web]
  |               --- first used here
2 | module = "redis"
3 | [services.web]
  |           ^^^ this name is taken
  |
  = note: `needs` names components bare, so `dependencies.web` and
          `services.web` cannot both be
  = help: rename one of them

1 error

"#]],
    );
}

#[test]
fn nothing_to_remove() {
    refused(
        r#"//- environments/demo.toml
[dependencies]
redis = false
"#,
        str![[r#"
error: nothing to remove
 --> environments/demo.toml:2:9
  |
2 | redis = false
  |         ^^^^^ no dependency `redis` stands below this
  |
  = note: `false` removes a component that comes from an environment named by
          `extends`

1 error

"#]],
    );
}

#[test]
fn a_need_that_is_not_there() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
needs = ["reddis"]
[dependencies.redis]
module = "redis"
"#,
        str![[r#"
error: unknown component
 --> environments/demo.toml:3:10
  |
3 | needs = ["reddis"]
  |          ^^^^^^^^ no such component
  |
  = note: `services.web` needs `reddis`, which this environment does not have
  = help: did you mean `redis`?

1 error

"#]],
    );
}

#[test]
fn extends_what_is_not_there() {
    refused(
        r#"//- environments/demo.toml
extends = "bse"
//- environments/base.toml
abstract = true
"#,
        str![[r#"
error: unknown environment
 --> environments/demo.toml:1:11
  |
1 | extends = "bse"
  |           ^^^^^ extends what does not exist
  |
  = note: there is no `environments/bse.toml`
  = help: did you mean `base`?

1 error

"#]],
    );
}

#[test]
fn an_integer_too_large() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
replicas = 99999999999999999999
"#,
        str![[r#"
error: integer too large
 --> environments/demo.toml:3:12
  |
3 | replicas = 99999999999999999999
  |            ^^^^^^^^^^^^^^^^^^^^ does not fit into 64 bits
  |
  = help: write it as a string: `"99999999999999999999"`

1 error

"#]],
    );
}

#[test]
fn nested_too_deeply() {
    refused(
        r#"//- environments/demo.toml
[variables]
a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
"#,
        str![[r#"
error: nested too deeply
 --> environments/demo.toml:2:68
  |
2 | ...[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]...
  |                  ^^^^^^^^^^^^^^ this is one level too deep
  |
  = note: at most 64 tables and lists may stand inside each other

1 error

"#]],
    );
}

#[test]
fn an_expression_without_its_end() {
    refused(
        r#"//- environments/demo.toml
owner = "{{ environment.name"
"#,
        str![[r#"
error: expression not closed
 --> environments/demo.toml:1:10
  |
1 | owner = "{{ environment.name"
  |          ^^^^^^^^^^^^^^^^^^^ `{{` without `}}`
  |
  = help: write `{{ "{{" }}` for the characters themselves

1 error

"#]],
    );
}

#[test]
fn an_expression_that_computes() {
    refused(
        r#"//- environments/demo.toml
owner = "{{ environment.name | upper }}"
"#,
        str![[r#"
error: expression not supported
 --> environments/demo.toml:1:10
  |
1 | owner = "{{ environment.name | upper }}"
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ only names such as `variables.x` can stand here
  |
  = note: strings of an environment refer to values; they do not compute
  = help: compute it in a template of the module

1 error

"#]],
    );
}

#[test]
fn a_group_of_values() {
    refused(
        r#"//- environments/demo.toml
owner = "{{ environment }}"
"#,
        str![[r#"
error: not a value
 --> environments/demo.toml:1:10
  |
1 | owner = "{{ environment }}"
  |          ^^^^^^^^^^^^^^^^^ names a group of values
  |
  = note: `environment` holds `name`, `namespace`
  = help: name one of them: `{{ environment.name }}`

1 error

"#]],
    );
}

#[test]
fn a_value_with_nothing_inside() {
    refused(
        r#"//- environments/demo.toml
owner = "{{ environment.name.first }}"
"#,
        str![[r#"
error: unknown name
 --> environments/demo.toml:1:10
  |
1 | owner = "{{ environment.name.first }}"
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ goes too deep
  |
  = note: `environment.name` is a string, so it has no `first`

1 error

"#]],
    );
}

#[test]
fn a_list_is_no_part_of_a_text() {
    refused(
        r#"//- environments/demo.toml
[variables]
hosts = ["a"]
[services.web]
image = "traefik/whoami:v1"
env = { HOSTS = "all: {{ variables.hosts }}" }
"#,
        str![[r#"
error: not a text
 --> environments/demo.toml:5:23
  |
5 | env = { HOSTS = "all: {{ variables.hosts }}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^ gives a list
  |
  = note: only strings, integers and booleans can be part of a text

1 error

"#]],
    );
}

#[test]
fn variables_do_not_know_each_other() {
    refused(
        r#"//- environments/demo.toml
[variables]
a = "x"
b = "{{ variables.a }}"
"#,
        str![[r#"
error: name not available
 --> environments/demo.toml:3:6
  |
3 | b = "{{ variables.a }}"
  |      ^^^^^^^^^^^^^^^^^ cannot be used here
  |
  = note: neither `owner` nor another variable may use a variable, so that their
          order says nothing
  = help: write the value out here

1 error

"#]],
    );
}

#[test]
fn numbers_and_namespaces_of_the_settings() {
    refused(
        r#"//- environments/demo.toml
//- ditc.toml
[policy]
max_destroy = -1
check_namespace = "Default"
[cluster]
contxt = "a"
[defaults]
timeout = "10"
"#,
        str![[r#"
error: invalid number
 --> ditc.toml:2:15
  |
2 | max_destroy = -1
  |               ^^ less than zero
  |
  = help: `0` lets no apply delete anything

error: invalid namespace
 --> ditc.toml:3:19
  |
3 | check_namespace = "Default"
  |                   ^^^^^^^^^ may hold only lower-case letters, digits and `-`, not 'D'

error: unknown key
 --> ditc.toml:5:1
  |
5 | contxt = "a"
  | ^^^^^^ not a key that is known here
  |
  = note: `[cluster]` has no key `contxt`
  = help: did you mean `context`?

error: invalid duration
 --> ditc.toml:7:11
  |
7 | timeout = "10"
  |           ^^^^ not a duration
  |
  = help: say the unit: `10s`

4 errors

"#]],
    );
}

#[test]
fn a_namespace_that_is_none() {
    refused(
        r#"//- environments/demo.toml
namespace = "My_Namespace"
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:1:13
  |
1 | namespace = "My_Namespace"
  |             ^^^^^^^^^^^^^^ not the name of a namespace
  |
  = note: the name `My_Namespace` may hold only lower-case letters, digits and
          `-`, not 'M'

1 error

"#]],
    );
}

#[test]
fn a_directory_that_is_no_module() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: not a module
 = note: the directory `modules/app` has no `module.toml`

1 error

"#]],
    );
}

#[test]
fn an_output_that_cannot_be_made() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[outputs]
host = "{{ name | nonsense }}"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: invalid output
 --> modules/app/module.toml:2:8
  |
2 | host = "{{ name | nonsense }}"
  |        ^^^^^^^^^^^^^^^^^^^^^^^ filter nonsense is unknown
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = help: the language is minijinja:
          https://docs.rs/minijinja/latest/minijinja/syntax/

1 error

"#]],
    );
}

#[test]
fn a_module_called_wrongly() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "My App"
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:2:10
  |
2 | module = "My App"
  |          ^^^^^^^^ not the name of a module
  |
  = note: the name `My App` may hold only lower-case letters, digits and `-`,
          not 'M'

1 error

"#]],
    );
}
