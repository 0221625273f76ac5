//! What `ditc fmt` rewrites, lists and leaves.

use std::{fs, os::unix::fs::PermissionsExt};

use snapbox::str;

use crate::support::Workspace;

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
