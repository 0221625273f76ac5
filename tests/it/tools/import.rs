//! What `ditc import payload` makes of the payload of the old scripts, and what it tells.

use std::fs;

use snapbox::str;

use crate::support::Workspace;

/// The payload as the old Makefile completed it.
const PAYLOAD: &str = r#"//- environment.json
{
  "action": "create",
  "name": "jakub",
  "projects": {
    "products": {
      "org": "kooba",
      "repo": "ditc-products",
      "tag": "dev"
    },
    "orders": {
      "org": "kooba",
      "repo": "ditc-orders",
      "tag": "dev"
    },
    "gateway": {
      "org": "kooba",
      "repo": "ditc-gateway",
      "tag": "dev"
    }
  }
}
"#;

#[test]
fn a_payload_becomes_an_environment() {
    let workspace = Workspace::of(PAYLOAD);
    workspace
        .ditc("import payload environment.json")
        .exits(0)
        .out(str![[r##"
# Taken over from environment.json by `ditc import payload`.

# Assumed: the payload names no dependencies, and the scripts installed these every time.
[dependencies.postgresql]
module = "postgresql"

[dependencies.rabbitmq]
module = "rabbitmq"

[dependencies.redis]
module = "redis"

[services.products]
repo   = "kooba/ditc-products"
tag    = "dev"
chart  = "charts/products"
values = { replicaCount = 1 }

[services.orders]
repo   = "kooba/ditc-orders"
tag    = "dev"
chart  = "charts/orders"
values = { replicaCount = 1 }

[services.gateway]
repo   = "kooba/ditc-gateway"
tag    = "dev"
chart  = "charts/gateway"
values = { replicaCount = 1 }

"##]])
        .error(str![[r#"
Not carried over:
  environment.json:2: `action`: `ditc apply jakub` creates and refreshes, `ditc
    destroy jakub` deletes
  environment.json: the passwords of the dependencies: they were `password`, and
    are made anew for each environment
  environment.json: Telepresence, which was installed beside the dependencies:
    `ditc port-forward` reaches them from here
Assumed:
  the dependencies postgresql, rabbitmq, redis: the payload names none, and the
    scripts installed them every time
  the chart of each service at `charts/NAME` of its repository, with one
    replica, as the scripts had it

"#]]);
    assert!(!workspace.path("environments").exists(), "it was printed, and written nowhere");
    workspace.ditc("import payload environment.json -write --sandbox").exits(0).out(str![[r#"
Environment jakub is written to environments/jakub.toml. What it would make: ditc plan jakub --sandbox

"#]]);
    workspace.ditc("validate").exits(0).error("");
    workspace.ditc("fmt -check").exits(0).out("").error("");
    workspace.ditc("import payload environment.json -write").exits(1).out("").error(str![[r#"
error: environments/jakub.toml is there already
  hint: nothing was written; -name=ENV and -out=FILE choose another place

"#]]);
    workspace.ditc("import payload environment.json -name=demo -out=demo.toml -json").exits(0).error("").out(str![[r##"
{
  "format_version": "1.0",
  "environment": "demo",
  "filename": "demo.toml",
  "toml": "# Taken over from environment.json by `ditc import payload`./n/n# Assumed: the payload names no dependencies, and the scripts installed these every time./n[dependencies.postgresql]/nmodule = /"postgresql/"/n/n[dependencies.rabbitmq]/nmodule = /"rabbitmq/"/n/n[dependencies.redis]/nmodule = /"redis/"/n/n[services.products]/nrepo   = /"kooba/ditc-products/"/ntag    = /"dev/"/nchart  = /"charts/products/"/nvalues = { replicaCount = 1 }/n/n[services.orders]/nrepo   = /"kooba/ditc-orders/"/ntag    = /"dev/"/nchart  = /"charts/orders/"/nvalues = { replicaCount = 1 }/n/n[services.gateway]/nrepo   = /"kooba/ditc-gateway/"/ntag    = /"dev/"/nchart  = /"charts/gateway/"/nvalues = { replicaCount = 1 }/n",
  "assumed": [
    "the dependencies postgresql, rabbitmq, redis: the payload names none, and the scripts installed them every time",
    "the chart of each service at `charts/NAME` of its repository, with one replica, as the scripts had it"
  ],
  "not_carried_over": [
    {
      "line": 2,
      "text": "`action`: `ditc apply demo` creates and refreshes, `ditc destroy demo` deletes"
    },
    {
      "line": 3,
      "text": "`name`: the environment is called `demo` here, as asked for"
    },
    {
      "line": null,
      "text": "the passwords of the dependencies: they were `password`, and are made anew for each environment"
    },
    {
      "line": null,
      "text": "Telepresence, which was installed beside the dependencies: `ditc port-forward` reaches them from here"
    }
  ]
}

"##]]);
    workspace.ditc("import payload environment.json -out=demo.toml").exits(1).out("").error(str![[r#"
error: demo.toml is there already
  hint: nothing was written; -name=ENV and -out=FILE choose another place

"#]]);
}

#[test]
fn a_payload_stands_on_what_is_there() {
    let workspace = Workspace::of_this_repository();
    let payload = PAYLOAD.split_once('\n').expect("a path").1.replace("\"name\": \"jakub\"", "\"name\": \"\"");
    workspace.write("environment.json", &payload);
    let told = workspace.ditc("import payload environment.json -name=pr-1 -write").exits(0);
    assert!(told.out.contains("environments/pr-1.toml"), "{}", told.out);
    let text = fs::read_to_string(workspace.path("environments/pr-1.toml")).expect("it was written");
    assert!(text.contains("extends = \"base\"") && !text.contains("[dependencies"), "{text}");
    workspace.ditc("validate pr-1").exits(0).error("");
}

#[test]
fn what_is_no_payload_is_told_line_by_line() {
    let workspace = Workspace::of("//- environments/base.toml\nabstract = true\n");
    let told = |payload: &str| {
        workspace.write("p.json", payload);
        workspace.ditc("import payload p.json").exits(1).out("")
    };
    told("{\"name\": \"a\", }").error(str![[r#"
error: invalid JSON
 --> p.json:1:15
  |
1 | {"name": "a", }
  |               ^ key must be a string

1 error
hint: nothing was written

"#]]);
    told("[]").error(str![[r#"
error: wrong type
 --> p.json:1:1
  |
1 | []
  | ^^ expected a table
  |
  = note: a payload takes a table, not a list

1 error
hint: nothing was written

"#]]);
    told("{}").error(str![[r#"
error: missing key
 --> p.json:1:1
  |
1 | {}
  | ^ lacks `name`
  |
  = note: a payload needs the key `name`
  = help: say how the environment is called: `-name=ENV`

error: missing key
 --> p.json:1:1
  |
1 | {}
  | ^ lacks `projects`
  |
  = note: a payload needs the key `projects`

2 errors
hint: nothing was written

"#]]);
    told("{\"name\": \"Jakub's\", \"projects\": {\"Web\": {\"org\": 1, \"repo\": \"\"}, \"x\": null, \"y\": []}}")
        .error(str![[r#"
error: invalid name
 --> p.json:1:10
  |
1 | {"name": "Jakub's", "projects": {"Web": {"org": 1, "repo": ""}, "x": null...
  |          ^^^^^^^^^ not the name of an environment
  |
  = note: the name `Jakub's` may hold only lower-case letters, digits and `-`,
          not 'J'
  = help: give it another: `-name=ENV`

error: invalid name
 --> p.json:1:34
  |
1 | {"name": "Jakub's", "projects": {"Web": {"org": 1, "repo": ""}, "x": null...
  |                                  ^^^^^ not the name of a service
  |
  = note: the name `Web` may hold only lower-case letters, digits and `-`, not
          'W'

error: wrong type
 --> p.json:1:49
  |
1 | {"name": "Jakub's", "projects": {"Web": {"org": 1, "repo": ""}, "x": null...
  |                                                 ^ expected a string
  |
  = note: `org` of project `Web` takes a string, not an integer
  = help: write it in quotes: `"1"`

error: missing key
 --> p.json:1:34
  |
1 | {"name": "Jakub's", "projects": {"Web": {"org": 1, "repo": ""}, "x": null...
  |                                  ^^^^^ lacks `repo`
  |
  = note: project `Web` needs the key `repo`

error: missing key
 --> p.json:1:34
  |
1 | {"name": "Jakub's", "projects": {"Web": {"org": 1, "repo": ""}, "x": null...
  |                                  ^^^^^ lacks `tag`
  |
  = note: project `Web` needs the key `tag`

error: wrong type
 --> p.json:1:81
  |
1 | ...o": ""}, "x": null, "y": []}}
  |                             ^^ expected a table
  |
  = note: project `y` takes a table, not a list

6 errors
hint: nothing was written

"#]]);
    told("{\"name\": \"kube-system\", \"projects\": {}}").error(str![[r#"
error: protected namespace
 --> environments/kube-system.toml:1:1
  |
1 | # Taken over from p.json by `ditc import payload`.
  | ^ no environment may live here
  |
  = note: namespace `kube-system` of environment `kube-system` is protected by
          the pattern `kube-*`
  = help: rename the file, or give it another `namespace`

1 error
hint: nothing was written

"#]]);
    workspace.write(
        "p.json",
        "{\n  \"name\": \"old\",\n  \"wait\": true,\n  \"projects\": {\n    \"web\": {\"org\": \"o\", \"repo\": \"r\", \
         \"tag\": \"t\", \"branch\": \"b\"}\n  }\n}\n",
    );
    workspace.ditc("import payload p.json -name=new").exits(0).error(str![[r#"
Not carried over:
  p.json:2: `name`: the environment is called `new` here, as asked for
  p.json:3: `wait`: nothing in ditc is like it
  p.json:5: `branch`: nothing of a service is like it, so `web` goes without
  p.json: the passwords of the dependencies: they were `password`, and are made
    anew for each environment
  p.json: Telepresence, which was installed beside the dependencies: `ditc
    port-forward` reaches them from here
Assumed:
  the dependencies postgresql, rabbitmq, redis: the payload names none, and the
    scripts installed them every time
  the chart of each service at `charts/NAME` of its repository, with one
    replica, as the scripts had it

"#]]);
    workspace.ditc("import payload nowhere.json").exits(1).out("").error(str![[r#"
error: reading [ROOT]/nowhere.json
  caused by: No such file or directory (os error 2)

"#]]);
}
