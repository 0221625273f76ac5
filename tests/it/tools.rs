//! The commands about the workspace's files: `validate`, `fmt`, `new`, `modules`, `schema`. None needs a cluster.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use snapbox::str;

use crate::support::{Told, Workspace};

fn json(told: &Told) -> serde_json::Value {
    serde_json::from_str(&told.out).unwrap_or_else(|error| panic!("{error}\n{}", told.out))
}

#[test]
fn validate_looks_at_everything() {
    let workspace = Workspace::of_this_repository();
    workspace.ditc("validate").exits(0).error("").out(str![[r#"
Success! 4 environments and 5 modules are valid.

"#]]);
    workspace.ditc("validate jakub ci").exits(0).error("").out(str![[r#"
Success! 2 environments and 4 modules are valid.

"#]]);
    workspace.ditc("validate base").exits(0).error("").out(str![[r#"
Success! 1 environment and 3 modules are valid.

"#]]);
    workspace.ditc("validate jakub -json").exits(0).error("").out(str![[r#"
{
  "format_version": "1.0",
  "valid": true,
  "error_count": 0,
  "warning_count": 0,
  "unchecked_kinds": [],
  "diagnostics": []
}

"#]]);
    assert!(!workspace.path("state").exists(), "nothing is kept");
}

#[test]
fn validate_tells_all_mistakes_of_all_files() {
    let workspace = Workspace::of(BROKEN);
    workspace.ditc("validate").exits(1).out("").error(str![[r#"
error: invalid TOML
 --> environments/torn.toml:1:14
  |
1 | [services.web
  |              ^ unclosed table, expected `]`

error: unknown key
 --> environments/web.toml:3:1
  |
3 | replica = 2
  | ^^^^^^^ not a key that is known here
  |
  = note: service `web` has no key `replica`
  = help: did you mean `replicas`?

2 errors

"#]]);
    workspace.ditc("validate web").exits(1).out("").error(str![[r#"
error: unknown key
 --> environments/web.toml:3:1
  |
3 | replica = 2
  | ^^^^^^^ not a key that is known here
  |
  = note: service `web` has no key `replica`
  = help: did you mean `replicas`?

1 error

"#]]);
    workspace.ditc("validate web -json").exits(1).error("").out(str![[r#"
{
  "format_version": "1.0",
  "valid": false,
  "error_count": 1,
  "warning_count": 0,
  "unchecked_kinds": [],
  "diagnostics": [
    {
      "severity": "error",
      "summary": "unknown key",
      "detail": "service `web` has no key `replica`",
      "label": "not a key that is known here",
      "range": {
        "filename": "environments/web.toml",
        "start": {
          "line": 3,
          "column": 1,
          "byte": 43
        },
        "end": {
          "line": 3,
          "column": 8,
          "byte": 50
        }
      },
      "related": [],
      "help": [
        "did you mean `replicas`?"
      ]
    }
  ]
}

"#]]);
    workspace.ditc("validate good").exits(0).error("").out(str![[r#"
Success! 1 environment and 1 module are valid.

"#]]);
}

const BROKEN: &str = r#"//- environments/good.toml
[services.web]
image = "traefik/whoami:v1"
//- environments/web.toml
[services.web]
image = "traefik/whoami:v1"
replica = 2
//- environments/torn.toml
[services.web
image = "traefik/whoami:v1"
"#;

#[test]
fn validate_tries_modules_that_nobody_uses() {
    let workspace = Workspace::of(
        r#"//- environments/demo.toml
//- modules/mail/module.toml
[inputs.size]
type    = "integer"
default = 1
//- modules/mail/mail.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}
data:
  size: {{ inputs.sise }}
"#,
    );
    workspace.ditc("validate").exits(1).out("").error(str![[r#"
error: unknown name
 --> modules/mail/mail.yaml:6:12
  |
6 |   size: {{ inputs.sise }}
  |            ^^^^^^^^^^^ not defined
  |
 ::: modules/mail (tried without inputs):1:15
  |
1 | [dependencies.mail]
  |               ---- used by `dependencies.mail`
  |
  = note: `inputs` has no `sise`
  = help: did you mean `size`?

1 error

"#]]);
}

#[test]
fn validate_leaves_custom_kinds_to_the_cluster() {
    let workspace = Workspace::of(
        r#"//- environments/demo.toml
[dependencies.certificate]
module = "certificate"
//- modules/certificate/module.toml
//- modules/certificate/certificate.yaml
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ name }}
"#,
    );
    workspace.ditc("validate").exits(0).error("").out(str![[r#"
Success! 1 environment and 5 modules are valid.
Only a cluster can tell whether it serves Certificate.cert-manager.io as asked:
ditc plan asks it.

"#]]);
    workspace.edit(
        "modules/certificate/certificate.yaml",
        "cert-manager.io/v1\nkind: Certificate",
        "apps/v1\nkind: Deploymnt",
    );
    workspace.ditc("validate").exits(1).out("").error(str![[r#"
error: unknown kind
 --> modules/certificate/certificate.yaml:1:1
  |
1 | apiVersion: apps/v1
  | ^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.certificate]
  |               ----------- used by `dependencies.certificate`
  |
  = note: the cluster knows no kind `Deploymnt.apps`
  = help: did you mean `Deployment`?

1 error

"#]]);
}

#[test]
fn validate_knows_who_was_meant() {
    Workspace::of_this_repository().ditc("validate jakbu").exits(1).out("").error(str![[r#"
error: unknown environment
 |
 = note: there is no `environments/jakbu.toml` in this workspace
 = help: did you mean `jakub`?

1 error

"#]]);
    Workspace::of("//- README.md\n").ditc("validate").exits(1).out("").error(str![[r#"
error: [ROOT] is no workspace: it has no environments
  hint: go to the directory that holds environments/, or name it with -chdir=DIR

"#]]);
}

const MESSY: &str = r#"//- ditc.toml
[policy]
max_destroy=3
//- environments/demo.toml
# About it.
owner="demo@example.com"
ttl = "72h"   # three days
[services.web]
  image   = 'traefik/whoami:v1'
  ports = [ 80,8080, ]
//- environments/torn.toml
[services.web
a=1
//- environments/tidy.toml
owner = "demo@example.com"
//- environments/demo.lock.toml
a=1
//- modules/mail/module.toml
description="mail"
//- modules/mail/files/own.toml
a=1
"#;

#[test]
fn fmt_rewrites_what_it_can_and_lists_it() {
    let workspace = Workspace::of(MESSY);
    fs::set_permissions(workspace.path("ditc.toml"), fs::Permissions::from_mode(0o640)).expect("it is ours");
    workspace
        .ditc("fmt -check")
        .exits(1)
        .out(str![[r#"
ditc.toml
environments/demo.toml
modules/mail/module.toml

"#]])
        .error(str![[r#"
error: invalid TOML
 --> environments/torn.toml:1:14
  |
1 | [services.web
  |              ^ unclosed table, expected `]`

1 error

"#]]);
    workspace.ditc("fmt -check -diff environments/demo.toml").exits(1).error("").out(str![[r#"
environments/demo.toml
--- environments/demo.toml
+++ environments/demo.toml
@@ -1,6 +1,7 @@
 # About it.
-owner="demo@example.com"
-ttl = "72h"   # three days
+owner = "demo@example.com"
+ttl   = "72h" # three days
+
 [services.web]
-  image   = 'traefik/whoami:v1'
-  ports = [ 80,8080, ]
+image = 'traefik/whoami:v1'
+ports = [80, 8080]

"#]]);
    let read = |path: &str| fs::read_to_string(workspace.path(path)).expect("it is there");
    assert_eq!(read("ditc.toml"), "[policy]\nmax_destroy=3\n", "-check writes nothing");

    workspace
        .ditc("fmt")
        .exits(1)
        .out(str![[r#"
ditc.toml
environments/demo.toml
modules/mail/module.toml

"#]])
        .error(str![[r#"
error: invalid TOML
 --> environments/torn.toml:1:14
  |
1 | [services.web
  |              ^ unclosed table, expected `]`

1 error

"#]]);
    crate::support::check(
        read("environments/demo.toml"),
        str![[r##"
# About it.
owner = "demo@example.com"
ttl   = "72h" # three days

[services.web]
image = 'traefik/whoami:v1'
ports = [80, 8080]

"##]],
    );
    assert_eq!(read("ditc.toml"), "[policy]\nmax_destroy = 3\n");
    let mode = fs::metadata(workspace.path("ditc.toml")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "the mode is its owner's choice");
    for untouched in ["environments/demo.lock.toml", "modules/mail/files/own.toml"] {
        assert_eq!(read(untouched), "a=1\n", "{untouched}");
    }
    assert_eq!(read("environments/torn.toml"), "[services.web\na=1\n", "one with mistakes is left");

    workspace.remove("environments/torn.toml");
    workspace.ditc("fmt").exits(0).out("").error("");
    workspace.ditc("fmt -check").exits(0).out("").error("");
}

#[test]
fn fmt_takes_files_by_name() {
    let workspace = Workspace::of(MESSY);
    workspace.ditc("fmt ditc.toml environments/tidy.toml").exits(0).error("").out(str![[r#"
ditc.toml

"#]]);
    workspace.ditc("fmt environments/demo.toml environments/torn.toml -json").exits(1).error("").out(str![[r#"
{
  "format_version": "1.0",
  "files": [
    "environments/demo.toml"
  ],
  "diagnostics": [
    {
      "severity": "error",
      "summary": "invalid TOML",
      "detail": null,
      "label": "unclosed table, expected `]`",
      "range": {
        "filename": "environments/torn.toml",
        "start": {
          "line": 1,
          "column": 14,
          "byte": 13
        },
        "end": {
          "line": 1,
          "column": 14,
          "byte": 13
        }
      },
      "related": [],
      "help": []
    }
  ]
}

"#]]);
    workspace.ditc("fmt environments/dmo.toml").exits(1).out("").error(str![[r#"
error: reading [ROOT]/environments/dmo.toml
  caused by: No such file or directory (os error 2)

"#]]);
    workspace.ditc("fmt environments").exits(1).out("").error(str![[r#"
error: environments is a directory
  hint: name the files in it, or none at all for those of the whole workspace

"#]]);
    Workspace::of("//- README.md\n").ditc("fmt").exits(1).out("").error(str![[r#"
error: [ROOT] is no workspace: it has no environments
  hint: go to the directory that holds environments/, or name it with -chdir=DIR

"#]]);
}

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
error: invalid value 'PR_12' for '<ENV>': may hold only lower-case letters, digits and `-`, not 'P'

For more information, try '--help'.

"#]]);
    workspace.ditc("new prod-1").exits(1).out("").error(str![[r#"
error: protected namespace
 --> environments/prod-1.toml:1:1
  |
1 | # What this environment is for.
  | ^ no environment may live here
  |
  = note: namespace `prod-1` of environment `prod-1` is protected by the pattern `prod*`
  = help: rename the file, or give it another `namespace`

1 error
hint: nothing was written

"#]]);
    workspace.ditc("new a --from=dmeo").exits(1).out("").error(str![[r#"
error: unknown environment
 |
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

const OWN_MODULES: &str = r#"//- environments/demo.toml
//- modules/mail/module.toml
description = "catches mail"
[inputs.host]
type        = "string"
description = "the name under which its page is reachable"
[inputs.mailboxes]
type     = "map(list(string))"
required = false
[inputs.keep]
type    = "duration"
default = "24h"
[outputs]
host = "{{ name }}"
//- modules/redis/module.toml
description = "our own"
//- modules/torn/module.toml
[inputs
"#;

#[test]
fn modules_are_listed_and_shown() {
    let workspace = Workspace::of(OWN_MODULES);
    workspace.ditc("modules").exits(0).error("").out(str![[r#"
mail        workspace  catches mail
postgresql  built in   PostgreSQL, one instance, for preview use
rabbitmq    built in   RabbitMQ, one node with its management page, for preview
                       use
redis       workspace  our own
service     built in   one service of the team: a Deployment, with a Service and
                       an Ingress where it has ports and a host
torn        workspace  cannot be read; `ditc validate` tells why

"#]]);
    workspace.ditc("modules show mail").exits(0).error("").out(str![[r#"
mail (workspace): catches mail

Inputs
  host
      string, required: the name under which its page is reachable
  mailboxes
      map(list(string)), may be left out
  keep = "24h"
      duration

Outputs, for those that need it
  host = "{{ name }}"

Example, for environments/ENV.toml

[dependencies.mail]
module = "mail"

[dependencies.mail.inputs]
host = "web.example.com"
# mailboxes = { example = ["example"] }
# keep      = "24h"

"#]]);
    workspace.ditc("modules show redis").exits(0).error("").out(str![[r#"
redis (workspace, in place of the built-in one): our own

Example, for environments/ENV.toml

[dependencies.redis]
module = "redis"

"#]]);
    workspace.ditc("modules show postgresql").exits(0).error("").out(str![[r#"
postgresql (built in): PostgreSQL, one instance, for preview use

Inputs
  databases = []
      list(string): created at first start; later additions need a fresh volume
  storage = "1Gi"
      quantity: the size of its volume; false keeps the data only as long as the
      pod lives
  memory = "512Mi"
      quantity: limit of memory, and what is asked for
  image = "postgres:17.5"
      string: an official image, or one that behaves like it

Secrets, made once with it
  {{ name }}
      postgresql-password, a generated password

Outputs, for those that need it
  host   = "{{ name }}"
  port   = 5432
  user   = "postgres"
  secret = "{{ name }}"

Example, for environments/ENV.toml

[dependencies.postgresql]
module = "postgresql"

[dependencies.postgresql.inputs]
# databases = ["example"]
# storage   = "1Gi"
# memory    = "512Mi"
# image     = "postgres:17.5"

"#]]);
    workspace.ditc("modules -json").exits(0).error("").says("\"origin\": \"workspace_replaces_built_in\"");
    workspace.ditc("modules show mail -json").exits(0).error("").out(str![[r#"
{
  "format_version": "1.0",
  "name": "mail",
  "origin": "workspace",
  "description": "catches mail",
  "inputs": [
    {
      "name": "host",
      "type": "string",
      "default": null,
      "required": true,
      "description": "the name under which its page is reachable"
    },
    {
      "name": "mailboxes",
      "type": "map(list(string))",
      "default": null,
      "required": false,
      "description": null
    },
    {
      "name": "keep",
      "type": "duration",
      "default": "24h",
      "required": false,
      "description": null
    }
  ],
  "secrets": [],
  "outputs": [
    {
      "name": "host",
      "value": "{{ name }}"
    }
  ],
  "example": "[dependencies.mail]/nmodule = /"mail/"/n/n[dependencies.mail.inputs]/nhost = /"web.example.com/"/n# mailboxes = { example = [/"example/"] }/n# keep      = /"24h/"/n"
}

"#]]);
}

#[test]
fn modules_knows_which_was_meant() {
    let workspace = Workspace::of(OWN_MODULES);
    workspace.ditc("modules show postgres").exits(1).out("").error(str![[r#"
error: unknown module
 |
 = note: there is neither `modules/postgres/module.toml` nor a built-in module `postgres`
 = help: did you mean `postgresql`?

1 error

"#]]);
    workspace.ditc("modules show mysql").exits(1).out("").error(str![[r#"
error: unknown module
 |
 = note: there is neither `modules/mysql/module.toml` nor a built-in module `mysql`
 = help: `ditc modules` lists all there are

1 error

"#]]);
    workspace.ditc("modules show torn").exits(1).out("").error(str![[r#"
error: invalid TOML
 --> modules/torn/module.toml:1:8
  |
1 | [inputs
  |        ^ unclosed table, expected `]`

1 error

"#]]);
}

#[test]
fn the_example_of_every_module_is_valid() {
    let workspace = Workspace::of_this_repository();
    let listed = json(&workspace.ditc("modules -json").exits(0));
    let names: Vec<&str> =
        listed["modules"].as_array().expect("a list").iter().filter_map(|module| module["name"].as_str()).collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let shown = json(&workspace.ditc(&format!("modules show {name} -json")).exits(0));
        let example = shown["example"].as_str().expect("a text");
        for text in [example.to_owned(), example.replace("# ", "")] {
            workspace.write("environments/example.toml", &text);
            workspace.ditc("validate example").exits(0).error("");
        }
    }
}

#[test]
fn the_schemas_of_this_repository_are_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::of_this_repository();
    for of in ["environment", "module", "ditc"] {
        let told = workspace.ditc(&format!("schema {of}")).exits(0).error("");
        let kept = fs::read_to_string(root.join(format!(".schema/{of}.json"))).expect("it is committed");
        assert!(told.out == kept, "write it anew: cargo run -- schema {of} > .schema/{of}.json");
    }
    let empty = Workspace::of("//- README.md\n");
    assert_eq!(json(&empty.ditc("schema").exits(0).error(""))["title"], "ditc environment");
    empty.ditc("schema environments").exits(1).out("").error(str![[r#"
error: invalid value 'environments' for '[FILES]'
  [possible values: environment, module, ditc]

  tip: a similar value exists: 'environment'

For more information, try '--help'.

"#]]);
}
