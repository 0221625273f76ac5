//! Every mistake in what strings refer to, and what cannot be used yet, with its place and words.

use super::*;
use crate::revision::{Commit, Reference, Repository, Revision, Sort};

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
fn tells_what_secrets_are_not_made_of() {
    check(
        r#"
//- environments/demo.toml
[services.web]
image = "web"
[secrets.token]
key = { env = "TOKEN" }
word = "hunter2"
other = { generate = "pasword" }
[secrets.ditc-key]
key = { generate = "hex" }
"#,
        str![[r#"
environments/demo.toml:5:8: secret value in a file · a secret's value does not belong into git
  help: write `{ generate = "password" }`, or take it from outside: `{ env = "DITC_SECRET_NAME" }`, `{ file = "./secrets/NAME" }`
environments/demo.toml:6:22: unknown generator · ditc cannot generate this
  help: did you mean `password`?
environments/demo.toml:4:15: secret source not allowed · no value may be taken from here
  `env:TOKEN` fits none of `env:DITC_SECRET_*`, `file:./secrets/*`
  help: if that is wanted, write under `[policy]` in `ditc.toml`: `secret_sources = ["env:DITC_SECRET_*", "file:./secrets/*", "env:TOKEN"]`
environments/demo.toml:7:10: reserved name · not the name of a Secret
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
module without templates
  module `thing` has neither templates nor secrets nor outputs, so it would make nothing
  help: write the objects that it makes into `modules/thing/thing.yaml`
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
C = { secret = "made-by-others", key = "any", existing = true }
D = { config = "{{ dependencies.redis.secret }}", key = "any" }
"#,
        str![[r#"
environments/demo.toml:6:31: unknown key of a secret or config · not a key of Secret `redis`
  Deployment/web takes `redis-pasword` from Secret `redis`, which has no such key
  help: did you mean `redis-password`?
environments/demo.toml:9:16: unknown secret or config · no ConfigMap of this environment
  nothing in the environment makes ConfigMap `redis`, so the pod would never start
  help: `redis` is a Secret: write `secret = "redis"`

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
modules/thing/a.yaml:4:12: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  the component names nothing that gives it a `version`
  help: add `tag` or `commit` to it, or test `version is defined` first
modules/thing/module.toml:2:11: unknown name · not defined
  environments/demo.toml:1:15: used by `dependencies.thing`
  the component names nothing that gives it a `version`
  help: add `tag` or `commit` to it, or test `version is defined` first

"#]],
    );
}

#[test]
fn a_commit_that_was_looked_up_goes_before_the_tag() {
    let mut workspace = parse(&own());
    let name = EnvironmentName::new("jakub").unwrap();
    let found: Vec<String> = tracked(&mut workspace, &name)
        .iter()
        .map(|tracked| format!("{} {} {}", tracked.component, tracked.repository, tracked.reference))
        .collect();
    assert_eq!(
        found,
        [
            "gateway kooba/ditc-gateway tag dev",
            "orders kooba/ditc-orders tag dev",
            "products kooba/ditc-products tag dev"
        ]
    );
    let orders = ComponentName::new("orders").unwrap();
    let commit = "de841bc0de841bc0de841bc0de841bc0de841bc0";
    let revision = Revision {
        repository: Repository::new("kooba/ditc-orders").unwrap(),
        reference: Reference::new(Sort::Tag, "dev").unwrap(),
        commit: Commit::new(commit).unwrap(),
        tag: None,
        since: None,
    };
    workspace.revisions.insert((name.clone(), orders), Ok(revision));
    let jakub = outline(&mut workspace, &name, &Kinds::builtin()).unwrap();
    let image = |object| good::at(&jakub, object, "/spec/template/spec/containers/0/image");
    assert_eq!(image("Deployment/orders"), format!("\"jakubborys/ditc-orders:{commit}\""));
    assert_eq!(image("Deployment/gateway"), r#""jakubborys/ditc-gateway:dev""#);
}
