//! Secrets and where their values come from.

use super::*;

#[test]
fn a_value_comes_from_one_place() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { generate = "token", env = "DITC_SECRET_TOKEN" }
"#,
        str![[r#"
error: unclear secret
 --> environments/demo.toml:2:31
  |
2 | token = { generate = "token", env = "DITC_SECRET_TOKEN" }
  |           --------            ^^^ a value comes from one place
  |           |
  |           and this is another
  |
  = note: key `token` of secret `app` has `generate`, `env`, and takes one of
          them
  = help: remove all but one

1 error

"#]],
    );
}

#[test]
fn a_given_value_is_taken_as_it_is() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { env = "DITC_SECRET_TOKEN", length = 12 }
"#,
        str![[r#"
error: unclear secret
 --> environments/demo.toml:2:38
  |
2 | token = { env = "DITC_SECRET_TOKEN", length = 12 }
  |                                      ^^^^^^ only a value that ditc generates has this
  |
  = help: remove `length`: the value is taken as it is

1 error

"#]],
    );
}

#[test]
fn a_key_without_a_source() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { length = 12 }
"#,
        str![[r#"
error: missing key
 --> environments/demo.toml:2:1
  |
2 | token = { length = 12 }
  | ^^^^^ lacks `generate`
  |
  = note: a secret's key needs the key `generate`
  = help: write `{ generate = "password" }`, or take it from outside:
          `{ env = "DITC_SECRET_NAME" }`, `{ file = "./secrets/NAME" }`

1 error

"#]],
    );
}

#[test]
fn a_source_that_no_pattern_allows() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { env = "AWS_SECRET_ACCESS_KEY" }
//- ditc.toml
[policy]
secret_sources = ["env:DITC_SECRET_*"]
"#,
        str![[r#"
error: secret source not allowed
 --> environments/demo.toml:2:17
  |
2 | token = { env = "AWS_SECRET_ACCESS_KEY" }
  |                 ^^^^^^^^^^^^^^^^^^^^^^^ no value may be taken from here
  |
  = note: `env:AWS_SECRET_ACCESS_KEY` fits none of `env:DITC_SECRET_*`
  = help: if that is wanted, write under `[policy]` in `ditc.toml`:
          `secret_sources = ["env:DITC_SECRET_*", "env:AWS_SECRET_ACCESS_KEY"]`

1 error

"#]],
    );
}

#[test]
fn a_pattern_of_neither_sort() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { generate = "token" }
//- ditc.toml
[policy]
secret_sources = ["DITC_SECRET_*"]
"#,
        str![[r#"
error: unknown secret source
 --> ditc.toml:2:19
  |
2 | secret_sources = ["DITC_SECRET_*"]
  |                   ^^^^^^^^^^^^^^^ neither `env:PATTERN` nor `file:PATTERN`
  |
  = help: `"env:DITC_SECRET_*"` and `"file:./secrets/*"` are what holds where
          nothing is said

1 error

"#]],
    );
}

#[test]
fn a_path_that_leads_elsewhere() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { file = "./secrets/../../etc/shadow" }
"#,
        str![[r#"
error: invalid path
 --> environments/demo.toml:2:18
  |
2 | token = { file = "./secrets/../../etc/shadow" }
  |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not the path of a file
  |
  = note: `./secrets/../../etc/shadow` must name a file, without `..` on the way
  = help: begin at the workspace: `{ file = "./secrets/NAME" }`

1 error

"#]],
    );
}

#[test]
fn a_variable_that_no_process_can_have() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
token = { env = "MY-TOKEN" }
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:2:17
  |
2 | token = { env = "MY-TOKEN" }
  |                 ^^^^^^^^^^ not the name of a variable of the process
  |
  = note: the name `MY-TOKEN` may hold only letters, digits and `_`, no digit
          first

1 error

"#]],
    );
}

#[test]
fn a_secret_without_keys() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
"#,
        str![[r#"
error: missing key
 --> environments/demo.toml:1:10
  |
1 | [secrets.app]
  |          ^^^ has no keys
  |
  = note: secret `app` would hold nothing
  = help: a key looks like `password = { generate = "password" }`

1 error

"#]],
    );
}

#[test]
fn a_reserved_name() {
    refused(
        r#"//- environments/demo.toml
[secrets.ditc-app]
token = { generate = "token" }
"#,
        str![[r#"
error: reserved name
 --> environments/demo.toml:1:10
  |
1 | [secrets.ditc-app]
  |          ^^^^^^^^ not the name of a Secret
  |
  = note: the name `ditc-app` is kept for ditc's own records, as are all that
          begin with `ditc-`

1 error

"#]],
    );
}

#[test]
fn a_name_that_no_secret_can_have() {
    refused(
        r#"//- environments/demo.toml
[secrets.App]
token = { generate = "token" }
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:1:10
  |
1 | [secrets.App]
  |          ^^^ not the name of a Secret
  |
  = note: the name `App` may hold only lower-case letters, digits, `-` and `.`,
          not 'A'

1 error

"#]],
    );
}

#[test]
fn a_key_that_no_secret_can_have() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
"to ken" = { generate = "token" }
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:2:1
  |
2 | "to ken" = { generate = "token" }
  | ^^^^^^^^ not the name of a secret's key
  |
  = note: the name `to ken` may hold only letters, digits, `-`, `_` and `.`, at
          most 253 of them

1 error

"#]],
    );
}

/// The environment `demo` with a Secret whose values are not there.
const GIVEN: &str = r#"//- environments/demo.toml
[secrets.app]
token = { env = "DITC_SECRET_TOKEN" }
cert  = { file = "./secrets/cert" }
"#;

#[test]
fn sources_that_hold_nothing() {
    Workspace::of(GIVEN).ditc("plan demo --sandbox").exits(1).out("").error(str![[r#"
error: secret value missing
 --> environments/demo.toml:2:17
  |
2 | token = { env = "DITC_SECRET_TOKEN" }
  |                 ^^^^^^^^^^^^^^^^^^^ this variable is not set
  |
  = note: Secret/app takes its key `token` from `env:DITC_SECRET_TOKEN`, where
          ditc runs
  = help: type it where no history keeps it:
          `read -rs DITC_SECRET_TOKEN && export DITC_SECRET_TOKEN`

error: secret value missing
 --> environments/demo.toml:3:18
  |
3 | cert  = { file = "./secrets/cert" }
  |                  ^^^^^^^^^^^^^^^^ there is no such file
  |
  = note: Secret/app takes its key `cert` from `file:./secrets/cert`, where ditc
          runs
  = help: type it, then Ctrl-D: `install -D -m 600 /dev/stdin ./secrets/cert`

2 errors

"#]]);
    let workspace = Workspace::of(GIVEN);
    workspace.write("secrets/cert", "");
    workspace.ditc("DITC_SECRET_TOKEN= apply demo --sandbox -auto-approve").exits(1).out("").error(str![[r#"
error: secret value missing
 --> environments/demo.toml:2:17
  |
2 | token = { env = "DITC_SECRET_TOKEN" }
  |                 ^^^^^^^^^^^^^^^^^^^ this variable is empty
  |
  = note: Secret/app takes its key `token` from `env:DITC_SECRET_TOKEN`, where
          ditc runs
  = help: type it where no history keeps it:
          `read -rs DITC_SECRET_TOKEN && export DITC_SECRET_TOKEN`

error: secret value missing
 --> environments/demo.toml:3:18
  |
3 | cert  = { file = "./secrets/cert" }
  |                  ^^^^^^^^^^^^^^^^ this file is empty
  |
  = note: Secret/app takes its key `cert` from `file:./secrets/cert`, where ditc
          runs
  = help: type it, then Ctrl-D: `install -D -m 600 /dev/stdin ./secrets/cert`

2 errors

"#]]);
}

#[test]
fn a_source_that_is_no_file_of_the_workspace() {
    let workspace = Workspace::of(GIVEN);
    workspace.write("secrets/cert/of-a-directory", "x");
    workspace.ditc("DITC_SECRET_TOKEN=a plan demo --sandbox").exits(1).error(str![[r#"
error: secret value missing
 --> environments/demo.toml:3:18
  |
3 | cert  = { file = "./secrets/cert" }
  |                  ^^^^^^^^^^^^^^^^ secrets/cert is no regular file
  |
  = note: Secret/app takes its key `cert` from `file:./secrets/cert`, where ditc
          runs

1 error

"#]]);
    let workspace = Workspace::of(GIVEN);
    workspace.write("secrets/other", "x");
    std::os::unix::fs::symlink("/etc/hostname", workspace.path("secrets/cert")).expect("a link can be made");
    workspace.ditc("DITC_SECRET_TOKEN=a plan demo --sandbox").exits(1).error(str![[r#"
error: secret value missing
 --> environments/demo.toml:3:18
  |
3 | cert  = { file = "./secrets/cert" }
  |                  ^^^^^^^^^^^^^^^^ a link that leads out of the workspace
  |
  = note: Secret/app takes its key `cert` from `file:./secrets/cert`, where ditc
          runs
  = help: name the file itself by its whole path, and allow that under
          `[policy] secret_sources`

1 error

"#]]);
}

#[test]
fn the_source_of_a_module_is_told_with_its_user() {
    refused(
        r#"//- environments/demo.toml
[services.web]
module = "app"
//- modules/app/module.toml
[secrets."{{ name }}"]
token = { env = "DITC_SECRET_{{ name }}" }
"#,
        str![[r#"
error: secret value missing
 --> modules/app/module.toml:2:17
  |
2 | token = { env = "DITC_SECRET_{{ name }}" }
  |                 ^^^^^^^^^^^^^^^^^^^^^^^^ this variable is not set
  |
 ::: environments/demo.toml:1:11
  |
1 | [services.web]
  |           --- used by `services.web`
  |
  = note: Secret/web takes its key `token` from `env:DITC_SECRET_web`, where
          ditc runs
  = help: type it where no history keeps it:
          `read -rs DITC_SECRET_web && export DITC_SECRET_web`

1 error

"#]],
    );
}
