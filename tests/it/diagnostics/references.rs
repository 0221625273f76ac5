//! What a service refers to, and what its keys say together.

use super::*;

#[test]
fn secrets_and_configs_that_nobody_makes() {
    refused(
        r#"//- environments/demo.toml
[secrets.mail]
password = { generate = "password" }
[dependencies.postgresql]
module = "postgresql"
[services.web.env]
A = { secret = "postgres", key = "postgresql-password" }
B = { config = "postgresql", key = "x" }
C = { config = "mail", key = "password" }
D = { secret = "mail", key = "pasword" }
E = { secret = "shared", key = "token", existing = true }
[services.web]
image = "traefik/whoami:v1"
"#,
        str![[r#"
error: unknown secret or config
 --> environments/demo.toml:6:16
  |
6 | A = { secret = "postgres", key = "postgresql-password" }
  |                ^^^^^^^^^^ no Secret of this environment
  |
  = note: nothing in the environment makes Secret `postgres`, so the pod would
          never start
  = help: did you mean `postgresql`?
  = help: if others put it into the namespace, say so: add `existing = true`

error: unknown secret or config
 --> environments/demo.toml:7:16
  |
7 | B = { config = "postgresql", key = "x" }
  |                ^^^^^^^^^^^^ no ConfigMap of this environment
  |
  = note: nothing in the environment makes ConfigMap `postgresql`, so the pod
          would never start
  = help: `postgresql` is a Secret: write `secret = "postgresql"`

error: unknown secret or config
 --> environments/demo.toml:8:16
  |
8 | C = { config = "mail", key = "password" }
  |                ^^^^^^ no ConfigMap of this environment
  |
  = note: nothing in the environment makes ConfigMap `mail`, so the pod would
          never start
  = help: `mail` is a Secret: write `secret = "mail"`

error: unknown key of a secret or config
 --> environments/demo.toml:9:30
  |
9 | D = { secret = "mail", key = "pasword" }
  |                              ^^^^^^^^^ not a key of Secret `mail`
  |
  = note: Deployment/web takes `pasword` from Secret `mail`, which has no such
          key
  = help: did you mean `password`?

4 errors

"#]],
    );
}

#[test]
fn a_field_needs_nobody_who_made_it() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
env = { IP = { field = "status.podIP", existing = true } }
"#,
        str![[r#"
error: unclear variable
  --> environments/demo.toml:3:51
   |
 3 | env = { IP = { field = "status.podIP", existing = true } }
   |                                                   ^^^^ a field is always there
   |
  ::: modules/service/module.toml (built in):17:9
   |
17 | [inputs.env]
   |         --- declared here as `env`
   |
   = help: remove `existing`

1 error

"#]],
    );
}

#[test]
fn a_secret_that_others_made_is_named_as_existing() {
    let fixture = "//- environments/demo.toml\n[services.web]\nimage = \"traefik/whoami:v1\"\n\
        env.TOKEN = { secret = \"shared\", key = \"token\", existing = true }\n";
    Workspace::of(fixture).ditc("plan demo --sandbox").exits(0).error("").says("name: shared");
}

#[test]
fn keys_of_a_service_that_do_not_fit_together() {
    refused(
        r#"//- environments/demo.toml
[services.twice]
image = "registry:5000/team/app:v1"
tag = "v2"
[services.digest]
image = "app@sha256:abc"
commit = "0123456"
[services.empty]
image = "app"
tag = ""
[services.silent]
image = "app"
host = "app.example.com"
probe = { path = "/health" }
"#,
        str![[r#"
error: two versions of one image
 --> environments/demo.toml:2:9
  |
2 | image = "registry:5000/team/app:v1"
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^ already names `v1`
3 | tag = "v2"
  |       ---- and this would be put behind it
  |
  = note: the image would be `registry:5000/team/app:v1:v2`, which is none
  = help: `image = "registry:5000/team/app"`

error: two versions of one image
 --> environments/demo.toml:5:9
  |
5 | image = "app@sha256:abc"
  |         ^^^^^^^^^^^^^^^^ already names `sha256:abc`
6 | commit = "0123456"
  |          --------- and this would be put behind it
  |
  = note: the image would be `app@sha256:abc:0123456`, which is none
  = help: `image = "app"`

error: empty version
 --> environments/demo.toml:9:7
  |
9 | tag = ""
  |       ^^ names no version
  |
  = help: leave it out, or name one: `tag = "dev"`

error: no port to ask
  --> environments/demo.toml:12:1
   |
10 | [services.silent]
   |           ------ names no `ports`
...
13 | probe = { path = "/health" }
   |           ^^^^ a probe with `path` asks the first port
   |
   = help: say where it listens: `ports = [8000]`

5 errors

"#]],
    );
}

#[test]
fn outputs_of_a_service_without_ports() {
    refused(
        r#"//- environments/demo.toml
[services.worker]
image = "app"
[services.web]
image = "app"
needs = ["worker"]
env = { URL = "{{ services.worker.url }}", HOST = "{{ services.worker.host }}" }
"#,
        str![[r#"
error: name not available
 --> environments/demo.toml:6:16
  |
6 | env = { URL = "{{ services.worker.url }}", HOST = "{{ services.worker.hos...
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^ cannot be used here
  |
  = note: `services.worker` has no `url`, as it is set up here
  = help: look at what the module of `services.worker` says about its output
          `url`

error: name not available
 --> environments/demo.toml:6:52
  |
6 | ...}", HOST = "{{ services.worker.host }}" }
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^^ cannot be used here
  |
  = note: `services.worker` has no `host`, as it is set up here
  = help: look at what the module of `services.worker` says about its output
          `host`

2 errors

"#]],
    );
}

#[test]
fn how_secrets_are_generated() {
    refused(
        r#"//- environments/demo.toml
[secrets.app]
short = { generate = "password", length = 4 }
letters = { generate = "token", alphabet = "aab" }
hex = { generate = "hex", alphabet = "0123456789" }
word = { generate = "pasword" }
none = { length = 12 }
plain = "hunter2"
"#,
        str![[r#"
error: invalid length
 --> environments/demo.toml:2:43
  |
2 | short = { generate = "password", length = 4 }
  |                                           ^ not a number from 8 to 1024

error: invalid alphabet
 --> environments/demo.toml:3:44
  |
3 | letters = { generate = "token", alphabet = "aab" }
  |                                            ^^^^^ values cannot be drawn from these letters
  |
  = note: an alphabet is ten or more letters, digits or signs of ASCII, each of
          them once
  = help: `alphabet = "0123456789abcdef"`

error: invalid alphabet
 --> environments/demo.toml:4:38
  |
4 | hex = { generate = "hex", alphabet = "0123456789" }
  |                                      ^^^^^^^^^^^^ `hex` has an alphabet of its own
  |
  = help: write `generate = "token"`, or leave out `alphabet`

error: unknown generator
 --> environments/demo.toml:5:21
  |
5 | word = { generate = "pasword" }
  |                     ^^^^^^^^^ ditc cannot generate this
  |
  = help: did you mean `password`?

error: missing key
 --> environments/demo.toml:6:1
  |
6 | none = { length = 12 }
  | ^^^^ lacks `generate`
  |
  = note: a secret's key needs the key `generate`
  = help: write `{ generate = "password" }`, or take it from outside:
          `{ env = "DITC_SECRET_NAME" }`, `{ file = "./secrets/NAME" }`

error: secret value in a file
 --> environments/demo.toml:7:9
  |
7 | plain = *********
  |         ^^^^^^^^^ a secret's value does not belong into git
  |
  = help: write `{ generate = "password" }`, or take it from outside:
          `{ env = "DITC_SECRET_NAME" }`, `{ file = "./secrets/NAME" }`

6 errors

"#]],
    );
}
