//! Files that are no text, too large, or in the wrong place.

use super::*;

#[test]
fn a_file_that_is_no_text_stops_only_those_who_use_it() {
    let workspace = Workspace::of(WEB);
    std::fs::write(workspace.path("environments/other.toml"), b"owner = \"\xff\"\n").unwrap();
    workspace
        .ditc("apply other --sandbox -auto-approve")
        .exits(1)
        .out("")
        .error(str![[r#"
error: not a text
 --> environments/other.toml:1:10
  |
1 | owner = "�"
  |          ^ byte 9 of the file is not UTF-8
  |
  = help: save the file as UTF-8

1 error

"#]])
        .wrote_nothing();
    workspace.ditc("plan demo --sandbox").exits(0).error("");
}

#[test]
fn a_template_that_is_no_text() {
    let workspace = Workspace::of(&with_template(""));
    std::fs::write(workspace.path("modules/odd/odd.yaml"), b"apiVersion: v1\nkind: \xe9\n").unwrap();
    workspace
        .ditc(APPLY)
        .exits(1)
        .out("")
        .error(str![[r#"
error: not a text
 --> modules/odd/odd.yaml:2:7
  |
2 | kind: �
  |       ^ byte 21 of the file is not UTF-8
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = help: save the file as UTF-8

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn a_file_that_is_too_large() {
    let workspace = Workspace::of(WEB);
    workspace.write("environments/demo.toml", &"# comment\n".repeat(110_000));
    workspace
        .ditc(APPLY)
        .exits(1)
        .out("")
        .error(str![[r#"
error: file too large
 = note: `environments/demo.toml` is larger than 1048576 bytes, which is the
         most that is read

1 error

"#]])
        .wrote_nothing();
    workspace.write("environments/demo.toml", &format!("variables.list = [{}]\n", "1, ".repeat(10_001)));
    workspace
        .ditc(APPLY)
        .exits(1)
        .out("")
        .error(str![[r#"
error: file too large
 = note: `environments/demo.toml` holds more than 10000 values, which is the
         most that is read

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn one_float_hides_no_other_mistake() {
    refused(
        r#"//- environments/demo.toml
ttl = 1.5
[services.web]
image = "traefik/whoami:v1"
replicas = 2.0
port = 80
env = { RATE = 0.5, STARTED = 2026-01-01, "9" = "x" }
"#,
        str![[r#"
error: float not supported
 --> environments/demo.toml:1:7
  |
1 | ttl = 1.5
  |       ^^^ neither Kubernetes nor ditc takes floats
  |
  = help: write it as a string: `"1.5"`

error: float not supported
 --> environments/demo.toml:4:12
  |
4 | replicas = 2.0
  |            ^^^ neither Kubernetes nor ditc takes floats
  |
  = help: write it as a string: `"2.0"`

error: unknown key
 --> environments/demo.toml:5:1
  |
5 | port = 80
  | ^^^^ not a key that is known here
  |
  = note: service `web` has no key `port`
  = help: did you mean `ports`?

error: float not supported
 --> environments/demo.toml:6:16
  |
6 | env = { RATE = 0.5, STARTED = 2026-01-01, "9" = "x" }
  |                ^^^ neither Kubernetes nor ditc takes floats
  |
  = help: write it as a string: `"0.5"`

error: date not supported
 --> environments/demo.toml:6:31
  |
6 | env = { RATE = 0.5, STARTED = 2026-01-01, "9" = "x" }
  |                               ^^^^^^^^^^ a date is not a value here
  |
  = help: write it as a string: `"2026-01-01"`

error: invalid name
  --> environments/demo.toml:6:43
   |
 6 | env = { RATE = 0.5, STARTED = 2026-01-01, "9" = "x" }
   |                                           ^^^ not the name of a variable
   |
  ::: modules/service/module.toml (built in):17:9
   |
17 | [inputs.env]
   |         --- declared here as `env`
   |
   = note: the name `9` may hold only letters, digits, `_`, `-` and `.`, no
           digit first

6 errors

"#]],
    );
}

#[test]
fn modules_that_make_nothing() {
    refused(
        r#"//- environments/demo.toml
[dependencies.empty]
module = "empty"
[dependencies.helm]
module = "helm"
[dependencies.yml]
module = "yml"
//- modules/empty/module.toml
description = "x"
//- modules/helm/module.toml
description = "x"
//- modules/helm/templates/helm.yaml
kind: ConfigMap
//- modules/yml/module.toml
description = "x"
//- modules/yml/yml.yml
kind: ConfigMap
"#,
        str![[r#"
error: module without templates
 = note: module `empty` has neither templates nor secrets nor outputs, so it
         would make nothing
 = help: write the objects that it makes into `modules/empty/empty.yaml`

error: not a template
 = note: `modules/helm/templates/helm.yaml` is not read: templates lie beside
         `module.toml`
 = help: git mv modules/helm/templates/helm.yaml modules/helm/

error: not a template
 = note: `modules/yml/yml.yml` is not read: templates end with `.yaml`
 = help: git mv modules/yml/yml.yml modules/yml/yml.yaml

3 errors

"#]],
    );
}

#[test]
fn a_broken_base_does_not_make_its_heirs_look_broken() {
    refused(
        r#"//- environments/base.toml
abstract = true
[dependencies.postgresql]
module = "postgresql"
[variables
log_level = "debug"
//- environments/demo.toml
extends = "base"
[services.web]
image = "traefik/whoami:v1"
replica = 2
env = { DB = "{{ dependencies.postgresql.host }}", LOG = "{{ variables.log_level }}" }
"#,
        str![[r#"
error: invalid TOML
 --> environments/base.toml:4:11
  |
4 | [variables
  |           ^ unclosed table, expected `]`

error: unknown key
 --> environments/demo.toml:4:1
  |
4 | replica = 2
  | ^^^^^^^ not a key that is known here
  |
  = note: service `web` has no key `replica`
  = help: did you mean `replicas`?

2 errors

"#]],
    );
}

#[test]
fn a_file_that_almost_ends_as_an_environment() {
    let workspace = Workspace::of(WEB);
    workspace.write("environments/jakub.tml", "");
    workspace.ditc("validate").exits(1).error(str![[r#"
error: not an environment
 = note: `environments/jakub.tml` is not read: files of environments end with
         `.toml`
 = help: git mv environments/jakub.tml environments/jakub.toml

1 error

"#]]);
    // Nobody else has to wait for it.
    workspace.ditc("plan demo --sandbox").exits(0);
    workspace.ditc("plan environments/demo.toml --sandbox").exits(1).error(str![[r#"
error: invalid value 'environments/demo.toml' for '[ENV]...': may hold only
  lower-case letters, digits and `-`, not '/'

For more information, try '--help'.
  hint: an environment is named by its name alone: demo

"#]]);
}
