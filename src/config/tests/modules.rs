//! Every mistake in modules and in what they render, with its place and words.

use super::*;

#[test]
fn explains_text_joined_with_expressions() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}-config
data:
  image: {{ name }}:{{ environment.name }}
  quoted: "{{ name }}"
  url: http://{{ name }}
  # a comment with {{ name }} in it
  fine: {{ name }} # {{ name }}
  list: [{{ name }}, {{ name }}]
  {{ name }}: {{ name }}
"#,
        str![[r#"
modules/thing/a.yaml:4:9: expression joined with text · is only a part of the YAML value it stands in
  `{{ x }}` always gives one whole, quoted YAML value; text beside it would not become part of it
  help: join inside the braces: `{{ name ~ "-config" }}`
modules/thing/a.yaml:6:10: expression joined with text · is only a part of the YAML value it stands in
  `{{ x }}` always gives one whole, quoted YAML value; text beside it would not become part of it
  help: join inside the braces: `{{ name ~ ":" ~ environment.name }}`
modules/thing/a.yaml:7:12: expression joined with text · is only a part of the YAML value it stands in
  `{{ x }}` always gives one whole, quoted YAML value; text beside it would not become part of it
  help: leave out the quotes: `{{ name }}`
modules/thing/a.yaml:8:15: expression joined with text · is only a part of the YAML value it stands in
  `{{ x }}` always gives one whole, quoted YAML value; text beside it would not become part of it
  help: join inside the braces: `{{ "http://" ~ name }}`

"#]],
    );
}

#[test]
fn refuses_expressions_in_block_scalars() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: thing
data:
  script: |
    echo {{ name }}
  after: {{ name }}
"#,
        str![[r#"
modules/thing/a.yaml:7:10: expression in a block scalar · stands inside a text that begins with `|` or `>`
  in a template a value is always one quoted YAML value, so it cannot be part of a longer text
  help: put the text into `files/NAME` of the module, where nothing is quoted, and write `{{ files["NAME"] }}`

"#]],
    );
}

#[test]
fn tells_all_unknown_names_of_a_template_and_where_a_block_begins() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
[inputs.size]
type = "string"
default = "1Gi"
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ nam }}
data:
  a: {{ inputs.sise ~ inputs.more }}
  b: {{ inputs.sise }}
{% for x in inputs.list %}
  c: {{ x }}
{% endfor %}
  d: {{ environment.nme }}
//- modules/thing/b.yaml
a: b
{# {% if %} #}
{% for x in [1] %}
b: c
{% if x %}
c: d
{% endif %}
"#,
        str![[r#"
modules/thing/b.yaml:3:1: invalid template · `for` begins here and ends nowhere
  help: write `{% endfor %}` where it ends
modules/thing/a.yaml:4:12: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  nothing is called `nam` in templates
  help: did you mean `name`?
modules/thing/a.yaml:6:9: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `inputs` has no `sise`
  help: did you mean `size`?
modules/thing/a.yaml:6:9: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `inputs` has no `more`
  help: known are `size`
modules/thing/a.yaml:8:13: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `inputs` has no `list`
  help: known are `size`
modules/thing/a.yaml:11:9: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `environment` has no `nme`
  help: did you mean `name`?

"#]],
    );
}

#[test]
fn tells_what_the_names_of_charts_are_called_here() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-cfg
//- modules/thing/b.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Values.config.name }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: same
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: same
//- modules/thing/c.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: twice
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: twice
"#,
        str![[r#"
modules/thing/a.yaml:4:9: expression joined with text · is only a part of the YAML value it stands in
  `{{ x }}` always gives one whole, quoted YAML value; text beside it would not become part of it
  help: join inside the braces: `{{ name ~ "-cfg" }}`
modules/thing/b.yaml:4:12: invalid template · unexpected `.`
  help: names have no dot in front: here that is `{{ inputs.config_name }}`
environments/demo.toml:1:15: object made twice · `dependencies.thing` makes ConfigMap/twice
  modules/thing/c.yaml:6:1: made here
  modules/thing/c.yaml:1:1: first made here
  `dependencies.thing` makes ConfigMap/twice twice
  help: remove one of them, or give it a name of its own, such as `{{ name ~ "-2" }}`

"#]],
    );
}

#[test]
fn tells_what_is_missing_inside_of_lists_and_tables() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
[secrets.thing]
token = { generate = "token" }
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}
  annotations: {{ {"a": secrets["thing"], "b": secrets["thing"].name} }}
"#,
        str![[r#"
modules/thing/a.yaml:5:19: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  templates may not use what is not there; test with `is defined` first

"#]],
    );
}

#[test]
fn tells_what_modules_have_for_the_language_of_charts() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
inputs.end = { type = "string", default = "" }
//- modules/thing/a.yaml
{{- if .Values.x }}
//- modules/thing/b.yaml
{{/* a chart's comment */}}
//- modules/thing/c.yaml
a: {{- range .Values.list }}
//- modules/thing/d.yaml
a: {{ include "chart.name" . }}
//- modules/thing/e.yaml
a: {{ toYaml .Values.x | nindent 4 }}
//- modules/thing/f.yaml
a: {{ default 3 .Values.x }}
//- modules/thing/g.yaml
a: {{ inputs.end }}
b: {{ end }}
//- modules/thing/h.yaml
a: {{ printf "%s-x" name }}
//- modules/thing/i.yaml
a: {{ name ~ / }}
"#,
        str![[r#"
modules/thing/b.yaml:1:3: invalid template · unexpected `/`
  help: comments are written `{# ... #}` here
modules/thing/d.yaml:1:15: invalid template · unexpected string, expected end of variable block
  help: no template includes another here: write it out, or put a text into `files/NAME` of the module and write `{{ files["NAME"] }}`
modules/thing/e.yaml:1:34: invalid template · unexpected integer, expected end of variable block
  help: write `{{ x }}` alone: it is always one whole YAML value, quoted and nested as needed
modules/thing/f.yaml:1:15: invalid template · unexpected integer, expected end of variable block
  help: a default stands behind its value here, `{{ x | default(1) }}`, or at the input in module.toml
modules/thing/h.yaml:1:14: invalid template · unexpected string, expected end of variable block
  help: texts are joined by `~` here: `{{ a ~ ":" ~ b }}`
modules/thing/i.yaml:1:14: invalid template · unexpected `/`
  help: the language is minijinja: https://docs.rs/minijinja/latest/minijinja/syntax/
modules/thing/a.yaml:1:5: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  help: conditions are tags here: `{% if x %}`, `{% else %}`, `{% endif %}`
modules/thing/c.yaml:1:14: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  help: loops are tags here: `{% for item in list %}`, `{% endfor %}`
modules/thing/g.yaml:2:7: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  help: conditions are tags here: `{% if x %}`, `{% else %}`, `{% endif %}`

"#]],
    );
}

#[test]
fn tells_undefined_names_of_templates() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ nam }}
//- modules/thing/b.yaml
{% if inputs.replica %}
a: b
{% endif %}
//- modules/thing/c.yaml
a: {{ environment.nme }}
//- modules/thing/d.yaml
a: {{ name
//- modules/thing/e.yaml
a: {{ name | uper }}
//- modules/thing/f.yaml
a: {{ files["x.conf"] }}
//- modules/thing/g.yml
a: b
//- modules/thing/files/x
at {{ nme }}
"#,
        str![[r#"
not a template
  `modules/thing/g.yml` is not read: templates end with `.yaml`
  help: git mv modules/thing/g.yml modules/thing/g.yaml
modules/thing/d.yaml:1:7: invalid template · unexpected end of input, expected end of variable block
  help: each `{{` ends with `}}`
modules/thing/a.yaml:4:12: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  nothing is called `nam` in templates
  help: did you mean `name`?
modules/thing/b.yaml:1:7: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `inputs` has no `replica`
modules/thing/c.yaml:1:7: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `environment` has no `nme`
  help: did you mean `name`?
modules/thing/e.yaml:1:14: unknown filter · filter uper is unknown
  environments/demo.toml:1:15: used by `dependencies.thing`
  help: filters are those of minijinja: https://docs.rs/minijinja/latest/minijinja/filters/
modules/thing/f.yaml:1:7: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  `files` has no `x.conf`
  help: known are `x`
modules/thing/files/x:1:7: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  nothing is called `nme` in templates
  help: did you mean `name`?

"#]],
    );
}

#[test]
fn tells_invalid_yaml_where_it_was_rendered() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
{% for i in [1, 2] %}
apiVersion: v1
{% endfor %}
kind: ConfigMap
//- modules/thing/b.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: x
---
apiVersion: v1
  kind: [
"#,
        str![[r#"
modules/thing/a.yaml (rendered for demo.dependencies.thing):2:1: invalid YAML · duplicate mapping key: apiVersion
  modules/thing/a.yaml:2:1: rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
modules/thing/b.yaml (rendered for demo.dependencies.thing):7:1: invalid YAML · mapping values are not allowed in this context
  modules/thing/b.yaml:7:1: rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`

"#]],
    );
}

#[test]
fn checks_what_templates_render() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: Namespace
metadata: { name: other }
---
apiVersion: v1
kind: Secret
metadata: { name: secret }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: elsewhere, namespace: kube-system }
---
apiVersion: v1
kind: ConfigMap
metadata: { generateName: some- }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: ditc-1 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: Upper_case }
---
apiVersion: v1
kind: Service
metadata: { name: 1-service }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: "system:all" }
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: labels
  labels: { app.kubernetes.io/managed-by: Helm, version: 1 }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: copied, uid: abc, resourceVersion: "1", managedFields: [] }
status: { replicas: 1 }
---
just text
---
metadata: { name: nothing }
"#,
        str![[r#"
modules/thing/a.yaml:1:1: namespace in a template · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  the template makes namespace `other`
  help: remove it; ditc makes the environment's namespace itself
modules/thing/a.yaml:5:1: secret in a template · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  the template makes Secret `secret`, and its values would lie in git
  help: declare it under `[secrets.secret]` in `module.toml`, and ditc generates its values
modules/thing/a.yaml:9:1: another namespace · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  ConfigMap/elsewhere asks for namespace "kube-system"; the environment lives in `demo`
  help: remove `metadata.namespace`; ditc fills it in
modules/thing/a.yaml:13:1: generated name · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  this ConfigMap asks the server to invent its name
  help: give it a `name`; ditc must know it to find it again
modules/thing/a.yaml:17:1: reserved name · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  ConfigMap `ditc-1`: ditc keeps `ditc` and `ditc-*` for its own records
  help: choose another name
modules/thing/a.yaml:21:1: invalid name · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  the name `Upper_case` of this ConfigMap may hold only lower-case letters, digits, `-` and `.`, not 'U'
modules/thing/a.yaml:25:1: invalid name · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  the name `1-service` of this Service must start with a letter
modules/thing/a.yaml:29:1: object outside the namespace · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  a ClusterRole belongs to the whole cluster, so environments would share it
  help: if that is wanted, add `cluster_scoped = ["ClusterRole.rbac.authorization.k8s.io"]` under `[policy]` in `ditc.toml`
modules/thing/a.yaml:33:1: wrong type · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  `metadata.labels` of ConfigMap/labels has 1 for `version`; it takes only strings
  help: quote it, or write `{{ x | string }}`
modules/thing/a.yaml:39:1: field of the server · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  Deployment/copied sets `metadata.managedFields`, which only the server fills in
  help: remove `metadata.managedFields`; objects copied out of a cluster hold it
modules/thing/a.yaml:39:1: field of the server · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  Deployment/copied sets `metadata.uid`, which only the server fills in
  help: remove `metadata.uid`; objects copied out of a cluster hold it
modules/thing/a.yaml:39:1: field of the server · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  Deployment/copied sets `metadata.resourceVersion`, which only the server fills in
  help: remove `metadata.resourceVersion`; objects copied out of a cluster hold it
modules/thing/a.yaml:39:1: field of the server · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  Deployment/copied sets `status`, which only the server fills in
  help: remove `status`; objects copied out of a cluster hold it
modules/thing/a.yaml:44:1: not an object · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  a template must render Kubernetes objects, not other values
modules/thing/a.yaml:46:1: not an object · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  an object needs the fields `apiVersion` and `kind`

"#]],
    );
}

#[test]
fn tells_unknown_kinds_and_versions() {
    check(
        r#"
//- environments/demo.toml
[dependencies.thing]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: Deployment
metadata: { name: a }
---
apiVersion: apps/v1beta1
kind: Deployment
metadata: { name: b }
---
apiVersion: v1
kind: ConfigMp
metadata: { name: c }
---
apiVersion: example.com/v1
kind: Widget
metadata: { name: d }
"#,
        str![[r#"
modules/thing/a.yaml:1:1: unknown kind · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  there is no kind `Deployment`
  help: `Deployment` is served as `apiVersion: apps/v1`
modules/thing/a.yaml:5:1: unknown version · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  the cluster does not serve version `v1beta1` of `Deployment.apps`
  help: write `apiVersion: apps/v1`
modules/thing/a.yaml:9:1: unknown kind · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  there is no kind `ConfigMp`
  help: did you mean `ConfigMap`?
modules/thing/a.yaml:13:1: unknown kind · rendered from here
  environments/demo.toml:1:15: used by `dependencies.thing`
  the cluster knows no kind `Widget.example.com`
  help: the definition of a custom kind must be installed in the cluster first

"#]],
    );
}

#[test]
fn refuses_one_object_of_two_components() {
    check(
        r#"
//- environments/demo.toml
[dependencies.a]
module = "thing"
[dependencies.b]
module = "thing"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: thing }
"#,
        str![[r#"
environments/demo.toml:3:15: object made twice · `dependencies.b` makes ConfigMap/thing
  modules/thing/a.yaml:1:1: made here
  environments/demo.toml:1:15: the other one
  `dependencies.a` and `dependencies.b` both make ConfigMap/thing
  help: put `{{ name }}` into the name of the object, so that it differs

"#]],
    );
}

#[test]
fn tells_mistakes_of_modules() {
    check(
        r#"
//- modules/empty/a.yaml
a: b
//- modules/bad/module.toml
[inputs.my-input]
type = "string"
[inputs.x]
default = 1
[inputs.y]
type = "quantity"
default = "lots"
[outputs]
a-b = "x"
[input]
"#,
        str![[r#"
modules/bad/module.toml:10:2: unknown key · not a key that is known here
  a module has no key `input`
  help: did you mean `inputs`?
modules/bad/module.toml:1:9: invalid name · not the name of an input
  the name `my-input` may hold only letters, digits and `_`, not '-'
modules/bad/module.toml:3:9: missing key · lacks `type`
  input `x` needs the key `type`
  help: `type = "string"` is the most common
modules/bad/module.toml:7:11: invalid quantity · Kubernetes cannot read this quantity
  modules/bad/module.toml:5:9: declared here as `quantity`
  help: quantities look like `100m`, `0.5`, `156Mi` or `1Gi`
modules/bad/module.toml:9:1: invalid name · not the name of an output
  the name `a-b` may hold only letters, digits and `_`, not '-'
not a module
  the directory `modules/empty` has no `module.toml`

"#]],
    );
}
