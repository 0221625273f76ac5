//! The misuse of templates: told at the template's line, with the component that uses it.

use super::*;

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ name }}\ndata:\n";

#[test]
fn values_joined_with_text() {
    refused(
        &with_template(&format!("{HEAD}  image: {{{{ name }}}}:{{{{ version }}}}\n")),
        str![[r#"
error: expression joined with text
 --> modules/odd/odd.yaml:6:10
  |
6 |   image: {{ name }}:{{ version }}
  |          ^^^^^^^^^^ is only a part of the YAML value it stands in
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: `{{ x }}` always gives one whole, quoted YAML value; text beside it
          would not become part of it
  = help: join inside the braces: `{{ name ~ ":" ~ version }}`

1 error

"#]],
    );
}

#[test]
fn a_value_in_a_block_scalar() {
    refused(
        &with_template(&format!("{HEAD}  redis.conf: |\n    maxmemory {{{{ inputs.memory }}}}\n")),
        str![[r#"
error: expression in a block scalar
 --> modules/odd/odd.yaml:7:15
  |
7 |     maxmemory {{ inputs.memory }}
  |               ^^^^^^^^^^^^^^^^^^^ stands inside a text that begins with `|` or `>`
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: in a template a value is always one quoted YAML value, so it cannot be
          part of a longer text
  = help: put the text into `files/NAME` of the module, where nothing is quoted,
          and write `{{ files["NAME"] }}`

1 error

"#]],
    );
}

#[test]
fn an_undefined_name() {
    refused(
        &with_template(&format!("{HEAD}  a: {{{{ nme }}}}\n  b: {{{{ inputs.memory }}}}\n")),
        str![[r#"
error: unknown name
 --> modules/odd/odd.yaml:6:9
  |
6 |   a: {{ nme }}
  |         ^^^ not defined
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: nothing is called `nme` in templates
  = help: did you mean `name`?

error: unknown name
 --> modules/odd/odd.yaml:7:9
  |
7 |   b: {{ inputs.memory }}
  |         ^^^^^^^^^^^^^ not defined
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: `inputs` has no `memory`

2 errors

"#]],
    );
}

#[test]
fn a_wrong_indentation() {
    refused(
        &with_template(&format!("{HEAD}  a: b\n c: d\n")),
        str![[r#"
error: invalid YAML
 --> modules/odd/odd.yaml (rendered for demo.dependencies.odd):7:1
  |
7 |  c: d
  | ^^^^^ while parsing a block mapping, did not find expected key
  |
 ::: modules/odd/odd.yaml:7:1
  |
7 |  c: d
  | ----- rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = help: look at the indentation: all keys of one map begin in the same column

1 error

"#]],
    );
}

#[test]
fn a_tag_that_is_not_closed() {
    refused(
        &with_template(&format!("{HEAD}{{% if name %}}\n  a: b\n")),
        str![[r#"
error: invalid template
 --> modules/odd/odd.yaml:6:1
  |
6 | {% if name %}
  | ^^^^^^^^^^^^^ `if` begins here and ends nowhere
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = help: write `{% endif %}` where it ends

1 error

"#]],
    );
}

#[test]
fn filters_of_charts() {
    refused(
        &with_template(&format!("{HEAD}  a: {{{{ name | quote }}}}\n")),
        str![[r#"
error: unknown filter
 --> modules/odd/odd.yaml:6:16
  |
6 |   a: {{ name | quote }}
  |                ^^^^^ filter quote is unknown
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: `{{ x }}` is always one whole YAML value, quoted and nested as needed
  = help: leave the filter out

1 error

"#]],
    );
    refused(
        &with_template(&format!("{HEAD}  a: {{{{ name | shout }}}}\n")),
        str![[r#"
error: unknown filter
 --> modules/odd/odd.yaml:6:16
  |
6 |   a: {{ name | shout }}
  |                ^^^^^ filter shout is unknown
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = help: filters are those of minijinja:
          https://docs.rs/minijinja/latest/minijinja/filters/

1 error

"#]],
    );
}

#[test]
fn names_as_charts_write_them() {
    refused(
        &with_template(&format!("{HEAD}  a: {{{{ name | quote }}}}\n  b: {{{{ .Values.name }}}}\n")),
        str![[r#"
error: invalid template
 --> modules/odd/odd.yaml:7:9
  |
7 |   b: {{ .Values.name }}
  |         ^ unexpected `.`
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = help: names have no dot in front: here that is `{{ inputs.name }}`

1 error

"#]],
    );
}
