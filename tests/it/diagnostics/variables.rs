//! Values for variables from outside the environment's file.

use super::*;

const SETTINGS: &str = r#"//- environments/demo.toml
[variables]
log_level = "info"
replicas  = 1
debug     = false
hosts     = ["a"]
[services.web]
image = "traefik/whoami:v1"
replicas = "{{ variables.replicas }}"
env = { LOG = "{{ variables.log_level }}", DEBUG = "{{ variables.debug }}" }
args = "{{ variables.hosts }}"
//- mine.toml
log_level = "from a file"
replicas = 2
//- wrong.toml
replicas = "three"
log_levle = "x"
//- broken.toml
replicas =
"#;

#[test]
fn flags_win_over_files_and_files_over_the_surroundings() {
    let workspace = Workspace::of(SETTINGS);
    let given = r#"-var debug=true -var hosts=["b","c"] -var-file=mine.toml"#;
    workspace
        .ditc(&format!("DITC_VAR_log_level=env DITC_VAR_debug=false DITC_VAR_replicas=7 plan demo --sandbox {given}"))
        .exits(0)
        .error("")
        .says("value: from a file")
        .says("value: \"true\"")
        .says("replicas: 2")
        .says(r#"args: ["b", "c"]"#);
    workspace
        .ditc("DITC_VAR_log_level=env plan demo --sandbox -var log_level=a=b -var log_level=c=d")
        .exits(0)
        .says("value: c=d");
    workspace.ditc("DITC_VAR_log_level=env plan demo --sandbox").exits(0).says("value: env");
}

#[test]
fn values_of_the_wrong_type_and_unknown_names() {
    let workspace = Workspace::of(SETTINGS);
    workspace
        .ditc("DITC_VAR_debug=maybe plan demo --sandbox -var replicas=two -var hosts=a -var log_levl=x -var-file=wrong.toml")
        .exits(1)
        .out("")
        .error(str![[r#"
error: wrong type
 --> DITC_VAR_debug:1:1
  |
1 | maybe
  | ^^^^^ expected a boolean
  |
 ::: environments/demo.toml:4:1
  |
4 | debug     = false
  | ----- declared here
  |
  = note: variable `debug` takes a boolean, and this text cannot be read as one

error: wrong type
 --> wrong.toml:1:12
  |
1 | replicas = "three"
  |            ^^^^^^^ expected an integer
  |
 ::: environments/demo.toml:3:1
  |
3 | replicas  = 1
  | -------- declared here
  |
  = note: variable `replicas` takes an integer, not a string

error: unknown variable
 --> wrong.toml:2:1
  |
2 | log_levle = "x"
  | ^^^^^^^^^ not a variable of this environment
  |
  = note: the environment declares no variable `log_levle` under `[variables]`
  = help: did you mean `log_level`?

error: wrong type
 --> -var:1:10
  |
1 | replicas=two
  |          ^^^ expected an integer
  |
 ::: environments/demo.toml:3:1
  |
3 | replicas  = 1
  | -------- declared here
  |
  = note: variable `replicas` takes an integer, and this text cannot be read as
          one

error: wrong type
 --> -var:1:7
  |
1 | hosts=a
  |       ^ expected a list
  |
 ::: environments/demo.toml:5:1
  |
5 | hosts     = ["a"]
  | ----- declared here
  |
  = note: variable `hosts` takes a list, and this text cannot be read as one

error: unknown variable
 --> -var:1:1
  |
1 | log_levl=x
  | ^^^^^^^^ not a variable of this environment
  |
  = note: the environment declares no variable `log_levl` under `[variables]`
  = help: did you mean `log_level`?

6 errors

"#]])
        .wrote_nothing();
}

#[test]
fn a_file_of_variables_that_cannot_be_read() {
    let workspace = Workspace::of(SETTINGS);
    workspace.ditc("plan demo --sandbox -var-file=broken.toml").exits(1).out("").error(str![[r#"
error: invalid TOML
 --> broken.toml:1:11
  |
1 | replicas =
  |           ^ string values must be quoted, expected literal string

1 error

"#]]);
    workspace.ditc("plan demo --sandbox -var-file=none.toml").exits(1).out("").error(str![[r#"
error: there is no file none.toml to take variables from
  hint: it is looked for in the workspace's directory

"#]]);
    workspace.ditc("plan demo --sandbox -var log_level").exits(1).out("").error(str![[r#"
error: invalid value 'log_level' for '--var <NAME=VALUE>': write NAME=VALUE,
  such as log_level=debug

For more information, try '--help'.

"#]]);
    workspace.ditc("plan demo --sandbox -var log-level=x").exits(1).out("").error(str![[r#"
error: invalid value 'log-level=x' for '--var <NAME=VALUE>': the name
  `log-level` may hold only letters, digits and `_`, not '-'

For more information, try '--help'.

"#]]);
}

#[test]
fn the_surroundings_may_hold_variables_of_other_environments() {
    let workspace = Workspace::of(SETTINGS);
    workspace.ditc("DITC_VAR_colour=red apply demo --sandbox -auto-approve").exits(0).error(str![[r#"
warning: DITC_VAR_colour is set, but environment demo declares no such variable

"#]]);
}

#[test]
fn a_proposed_command_repeats_the_values() {
    let workspace = Workspace::of(SETTINGS);
    workspace.ditc("apply demo --sandbox -auto-approve -var log_level=debug").exits(0);
    workspace.edit("environments/demo.toml", "[services.web]", "[services.other]");
    workspace
        .ditc("plan demo --sandbox -var log_level=debug -max-destroy=0")
        .exits(1)
        .says("-max-destroy=1 --sandbox --var='log_level=debug'");
}
