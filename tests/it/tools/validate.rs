//! What `ditc validate` says, of files that are right and of files that are not.

use snapbox::str;

use crate::support::Workspace;

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
  = note: there is no kind `Deploymnt.apps`
  = help: did you mean `Deployment`?

1 error

"#]]);
}

#[test]
fn validate_knows_who_was_meant() {
    Workspace::of_this_repository().ditc("validate jakbu").exits(1).out("").error(str![[r#"
error: unknown environment
 = note: there is no `environments/jakbu.toml` in this workspace
 = help: did you mean `jakub`?

1 error

"#]]);
    Workspace::of("//- README.md\n").ditc("validate").exits(1).out("").error(str![[r#"
error: [ROOT] is no workspace: it has no environments
  hint: go to the directory that holds environments/, or name it with -chdir=DIR

"#]]);
}
