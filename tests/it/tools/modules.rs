//! What `ditc modules` lists and shows.

use snapbox::str;

use super::json;
use crate::support::Workspace;

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
host = "example"
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
      list(string): made at every start where they are missing; one that leaves
      the list stays
  users = {}
      map(list(string)): users, each with the databases that it may use; a
      password is made for each, in Secret NAME-USER
  storage = "1Gi"
      quantity: the size of its volume; false keeps the data only as long as the
      pod lives
  version = "17.5"
      string: the tag of the official image
  image
      string, may be left out: another image, with its tag, that behaves like
      the official one
  memory = "512Mi"
      quantity: limit of memory, and what is asked for
  resources = {}
      map(map(quantity)): requests and limits in the place of those that
      `memory` makes
  settings = {}
      map(string): parameters of the server: { max_connections = "50" }

Secrets, made with it
  {{ name }}
      postgresql-password, a generated password
  {{ name ~ '-' ~ (each.users | replace('_', '-')) }}
      password, a generated password

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
# users     = { example = ["example"] }
# storage   = "1Gi"
# version   = "17.5"
# image     = "registry.example.com/app:v1"
# memory    = "512Mi"
# resources = { limits = { memory = "256Mi" } }
# settings  = { example = "example" }

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
  "example": "[dependencies.mail]/nmodule = /"mail/"/n/n[dependencies.mail.inputs]/nhost = /"example/"/n# mailboxes = { example = [/"example/"] }/n# keep      = /"24h/"/n"
}

"#]]);
}

#[test]
fn modules_knows_which_was_meant() {
    let workspace = Workspace::of(OWN_MODULES);
    workspace.ditc("modules show postgres").exits(1).out("").error(str![[r#"
error: unknown module
 = note: there is neither `modules/postgres/module.toml` nor a built-in module
         `postgres`
 = help: did you mean `postgresql`?

1 error

"#]]);
    workspace.ditc("modules show mysql").exits(1).out("").error(str![[r#"
error: unknown module
 = note: there is neither `modules/mysql/module.toml` nor a built-in module
         `mysql`
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
