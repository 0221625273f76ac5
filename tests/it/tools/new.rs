//! What `ditc new` writes, and what it refuses.

use std::fs;

use snapbox::str;

use crate::support::Workspace;

#[test]
fn new_begins_an_environment() {
    let workspace = Workspace::of_this_repository();
    workspace.ditc("new pr-12").exits(0).error("").out(str![[r#"
Environment pr-12 begins with environments/pr-12.toml, which extends base.
Say there what is in it, then look at what it would make:
  ditc plan pr-12

"#]]);
    let path = "environments/pr-12.toml";
    let text = fs::read_to_string(workspace.path(path)).expect("it was written");
    crate::support::check(
        text.as_str(),
        str![[r##"
# What this environment is for.
extends = "base"
# owner = "you@example.com"
# ttl   = "72h"

# [variables]
# log_level = "debug"

# `ditc modules` tells what there is, `ditc modules show NAME` what each takes.
# [dependencies.cache]
# module = "redis"

# [services.web]
# image = "traefik/whoami"
# tag   = "v1.11.0"
# ports = [80]

# [services.web.env]
# LOG_LEVEL = "{{ variables.log_level }}"
# CACHE     = "{{ dependencies.cache.host }}"

"##]],
    );
    workspace.ditc("validate pr-12").exits(0).error("");
    workspace.ditc("fmt -check").exits(0).out("").error("");

    let is_toml = |line: &&str| line.starts_with("# [") || line.contains(" = ");
    let (toml, prose): (Vec<&str>, Vec<&str>) = text.lines().partition(is_toml);
    assert!(prose.len() < toml.len(), "{prose:?}");
    let lines: Vec<&str> = toml.iter().map(|line| line.trim_start_matches("# ")).collect();
    workspace.write(path, &(lines.join("\n") + "\n"));
    workspace.ditc("validate pr-12").exits(0).error("");
}

#[test]
fn new_extends_what_it_is_told() {
    let workspace = Workspace::of("//- environments/small.toml\n");
    workspace.ditc("new first --sandbox").exits(0).error("").out(str![[r#"
Environment first begins with environments/first.toml.
Say there what is in it, then look at what it would make:
  ditc plan first --sandbox

"#]]);
    workspace.ditc("new second --from=small").exits(0).error("").out(str![[r#"
Environment second begins with environments/second.toml, which extends small.
Say there what is in it, then look at what it would make:
  ditc plan second

"#]]);
    workspace.ditc("new third --from first -json").exits(0).error("").out(str![[r#"
{
  "format_version": "1.0",
  "environment": "third",
  "filename": "environments/third.toml",
  "extends": "first",
  "next": "ditc plan third"
}

"#]]);
    workspace.ditc("new base").exits(0).error("").says("begins with environments/base.toml.");
    workspace.ditc("validate").exits(0).error("").out(str![[r#"
Success! 5 environments and 4 modules are valid.

"#]]);
}

#[test]
fn new_writes_over_nothing_and_takes_no_bad_name() {
    let workspace = Workspace::of(
        r#"//- environments/demo.toml
# precious
//- environments/fixed.toml
namespace = "here"
//- ditc.toml
[policy]
protected = ["prod*"]
"#,
    );
    workspace.ditc("new demo").exits(1).out("").error(str![[r#"
error: environments/demo.toml is there already
  hint: ditc plan demo

"#]]);
    workspace.ditc("new PR_12").exits(1).out("").error(str![[r#"
error: invalid value 'PR_12' for '<ENV>': may hold only lower-case letters,
  digits and `-`, not 'P'

For more information, try '--help'.

"#]]);
    workspace.ditc("new prod-1").exits(1).out("").error(str![[r#"
error: protected namespace
 --> environments/prod-1.toml:1:1
  |
1 | # What this environment is for.
  | ^ no environment may live here
  |
  = note: namespace `prod-1` of environment `prod-1` is protected by the pattern
          `prod*`
  = help: rename the file, or give it another `namespace`

1 error
hint: nothing was written

"#]]);
    workspace.ditc("new a --from=dmeo").exits(1).out("").error(str![[r#"
error: unknown environment
 = note: there is no `environments/dmeo.toml` in this workspace
 = help: did you mean `demo`?

1 error

"#]]);
    workspace.ditc("new a --from=fixed").exits(1).out("").error(str![[r#"
error: namespace used twice
 --> environments/fixed.toml:1:13
  |
1 | namespace = "here"
  |             ^^^^^^
  |             |
  |             namespace taken
  |             also used here
  |
  = note: the environments `a` and `fixed` both live in namespace `here`
  = help: give one of them a `namespace` of its own

1 error
hint: nothing was written

"#]]);
    Workspace::of("//- README.md\n").ditc("new demo").exits(1).out("").error(str![[r#"
error: [ROOT] is no workspace: it has no directory environments/
  hint: mkdir environments makes it one; or name the right directory with
    -chdir=DIR

"#]]);
    let mut names: Vec<_> = workspace.files("environments").into_iter().map(|(path, _)| path).collect();
    names.sort();
    assert_eq!(names, [workspace.path("environments/demo.toml"), workspace.path("environments/fixed.toml")]);
    assert_eq!(fs::read(workspace.path("environments/demo.toml")).expect("it is there"), b"# precious\n");
}
