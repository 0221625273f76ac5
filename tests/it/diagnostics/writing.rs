//! Templates that are written as in Helm, or not as YAML; the template's line and the component that used it.

use super::*;

#[test]
fn a_quote_without_its_end() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { a: {{ "x }} }
"#,
        str![[r#"
error: invalid template
 --> modules/app/app.yaml:4:1
  |
4 | data: { a: {{ "x }} }
  | ^^^^^^^^^^^^^^^^^^^^^ unexpected end of string
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
fn a_tag_without_its_end() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
{% for a in [1] %}
  a: b
"#,
        str![[r#"
error: invalid template
 --> modules/app/app.yaml:5:1
  |
5 | {% for a in [1] %}
  | ^^^^^^^^^^^^^^^^^^ `for` begins here and ends nowhere
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = help: write `{% endfor %}` where it ends

1 error

"#]],
    );
}

#[test]
fn a_template_that_fails() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { a: {{ [1] | first | join }}, b: {{ 1 / 0 }} }
"#,
        str![[r#"
error: template failed
 --> modules/app/app.yaml:4:29
  |
4 | data: { a: {{ [1] | first | join }}, b: {{ 1 / 0 }} }
  |                             ^^^^ cannot join value of type number
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
fn indentation_that_is_wrong() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
  a: b
 c: d
"#,
        str![[r#"
error: invalid YAML
 --> modules/app/app.yaml (rendered for demo.services.web):6:1
  |
6 |  c: d
  | ^^^^^ while parsing a block mapping, did not find expected key
  |
 ::: modules/app/app.yaml:6:1
  |
6 |  c: d
  | ----- rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = help: look at the indentation: all keys of one map begin in the same column

1 error

"#]],
    );
}

#[test]
fn a_key_said_twice() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
  a: b
  a: c
"#,
        str![[r#"
error: invalid YAML
 --> modules/app/app.yaml (rendered for demo.services.web):6:1
  |
6 |   a: c
  | ^^^^^^ duplicate mapping key: a
  |
 ::: modules/app/app.yaml:6:1
  |
6 |   a: c
  | ------ rendered from here
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`

1 error

"#]],
    );
}

#[test]
fn a_name_that_nobody_gave() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[inputs.colour]
type = "string"
default = "red"
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
  a: {{ inputs.color }}
"#,
        str![[r#"
error: unknown name
 --> modules/app/app.yaml:5:9
  |
5 |   a: {{ inputs.color }}
  |         ^^^^^^^^^^^^ not defined
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: `inputs` has no `color`
  = help: did you mean `colour`?

1 error

"#]],
    );
}

#[test]
fn a_function_of_helm() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { a: {{ include("labels") }} }
"#,
        str![[r#"
error: unknown function
 --> modules/app/app.yaml:4:15
  |
4 | data: { a: {{ include("labels") }} }
  |               ^^^^^^^^^^^^^^^^^ include is unknown
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: functions of Helm are not known here, and no template includes another
  = help: write the value out, or make it an input

1 error

"#]],
    );
}

#[test]
fn an_object_too_large() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[inputs.size]
type = "integer"
default = 1100000
//- modules/app/app.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { a: {{ "x" * inputs.size }} }
"#,
        str![[r#"
error: object too large
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
  = note: ConfigMap/a has more than 1048576 bytes, which no cluster stores

1 error

"#]],
    );
}

/// Sets something, which must be refused.
#[track_caller]
fn unset(command: &str, expected: impl IntoData) {
    let workspace = Workspace::of(&format!(
        "//- environments/base.toml\nabstract = true\n{}",
        WEB.split_once('\n').expect("a path").1
    ));
    workspace.write("environments/demo.toml", "extends = \"base\"\n[services.web]\nreplicas = 2\n");
    let before = workspace.files("environments");
    workspace.ditc(command).exits(1).out("").error(expected);
    assert_eq!(workspace.files("environments"), before);
}

#[test]
fn a_switch_for_a_text() {
    unset(
        "set demo web chart=false",
        str![[r#"
error: switch for a text
 = note: `chart` of `services.web` holds a text, and `false` looks like a
         switch
 = help: to take it out of the file: ditc set demo web -unset=chart
 = help: where that text is meant, put it into quotes: ditc set demo web
         'chart="false"'

1 error
hint: nothing was written

"#]],
    );
}

#[test]
fn a_key_that_is_not_there_to_be_taken_out() {
    unset(
        "set demo web -unset=image",
        str![[r#"
error: nothing to take out
 = note: `environments/demo.toml` says nothing about `image` of `services.web`
 = help: it comes from what the environment extends: change it there, or set it
         to another value

1 error
hint: nothing was written

"#]],
    );
    unset(
        "set demo web -unset=host",
        str![[r#"
error: nothing to take out
 = note: `environments/demo.toml` says nothing about `host` of `services.web`

1 error
hint: nothing was written

"#]],
    );
}
