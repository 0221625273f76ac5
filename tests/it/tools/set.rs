//! What `ditc set` changes, and what it refuses.

use std::fs;

use snapbox::str;

use crate::support::Workspace;

const TWO: &str = r#"//- environments/base.toml
abstract = true
[services.orders]
image = "shop/orders"
tag   = "dev"
ports = [80]
//- environments/demo.toml
# Mine.
extends = "base"

[services.web]
image = "shop/web" # ours
tag   = "v1"
"#;

fn text(workspace: &Workspace, path: &str) -> String {
    fs::read_to_string(workspace.path(path)).expect("it is there")
}

#[test]
fn a_key_is_set_and_everything_else_stays() {
    let workspace = Workspace::of(TWO);
    workspace.ditc("set demo web tag=v1.2 replicas=3 env.LOG_LEVEL=debug").exits(0).error("").out(str![[r#"
--- environments/demo.toml
+++ environments/demo.toml
@@ -2,5 +2,7 @@
 extends = "base"
 
 [services.web]
-image = "shop/web" # ours
-tag   = "v1"
+image         = "shop/web" # ours
+tag           = "v1.2"
+replicas      = 3
+env.LOG_LEVEL = "debug"

environments/demo.toml is changed. What it would do: ditc plan demo

"#]]);
    crate::support::check(
        text(&workspace, "environments/demo.toml").as_str(),
        str![[r##"
# Mine.
extends = "base"

[services.web]
image         = "shop/web" # ours
tag           = "v1.2"
replicas      = 3
env.LOG_LEVEL = "debug"

"##]],
    );
    workspace.ditc("validate demo").exits(0).error("");
    workspace.ditc("fmt -check environments/demo.toml").exits(0);
}

#[test]
fn an_inherited_service_gets_a_table_of_its_own() {
    let workspace = Workspace::of(TWO);
    let base = text(&workspace, "environments/base.toml");
    workspace.ditc("set demo services.orders tag=v2 --sandbox").exits(0).error("").out(str![[r#"
--- environments/demo.toml
+++ environments/demo.toml
@@ -4,3 +4,6 @@
 [services.web]
 image = "shop/web" # ours
 tag   = "v1"
+
+[services.orders]
+tag = "v2"

environments/demo.toml is changed. What it would do: ditc plan demo --sandbox

"#]]);
    assert_eq!(text(&workspace, "environments/base.toml"), base);
    workspace.ditc("plan demo --sandbox").exits(0).says("shop/orders:v2");
}

#[test]
fn a_template_for_others_is_changed_for_all_of_them() {
    let workspace = Workspace::of(TWO);
    workspace.ditc("set base orders tag=v3 -json").exits(0).error("").out(str![[r#"
{
  "format_version": "1.0",
  "filename": "environments/base.toml",
  "component": "services.orders",
  "set": {
    "tag": "v3"
  },
  "written": true
}

"#]]);
    workspace.ditc("plan demo --sandbox").exits(0).says("shop/orders:v3");
    workspace.ditc("set base orders tag=v3").exits(0).error("").out(str![[r#"
environments/base.toml says so already; nothing was written.

"#]]);
}

#[test]
fn a_difference_writes_nothing() {
    let workspace = Workspace::of(TWO);
    let before = text(&workspace, "environments/demo.toml");
    workspace.ditc("set demo web tag=v9 -diff").exits(0).error("").says("+tag   = \"v9\"").says("Nothing was written");
    assert_eq!(text(&workspace, "environments/demo.toml"), before);
}

#[test]
fn what_makes_no_sense_is_refused_before_it_is_written() {
    let workspace = Workspace::of(TWO);
    let before = text(&workspace, "environments/demo.toml");
    let refused = |arguments: &str| workspace.ditc(arguments).exits(1).out("");
    refused("set demo wbe tag=v2").error(str![[r#"
error: unknown component
 = note: environment `demo` has no service or dependency `wbe`
 = help: did you mean `web`?

1 error
hint: nothing was written

"#]]);
    refused("set dmeo web tag=v2").error(str![[r#"
error: unknown environment
 = note: there is no `environments/dmeo.toml` in this workspace
 = help: did you mean `demo`?

1 error
hint: nothing was written

"#]]);
    refused("set demo web imgae=v2").error(str![[r#"
error: unknown key
 --> environments/demo.toml:7:1
  |
7 | imgae = "v2"
  | ^^^^^ not a key that is known here
  |
  = note: service `web` has no key `imgae`
  = help: did you mean `image`?

1 error
hint: nothing was written

"#]]);
    refused("set demo web replicas=three ports=[99999]").error(str![[r#"
error: wrong type
  --> environments/demo.toml:7:12
   |
 7 | replicas = "three"
   |            ^^^^^^^ expected an integer
   |
  ::: modules/service/module.toml (built in):32:9
   |
32 | [inputs.replicas]
   |         -------- declared here as `integer`
   |
   = note: input `replicas` of module `service` takes an integer, not a string

error: invalid port
  --> environments/demo.toml:8:13
   |
 8 | ports    = [99999]
   |             ^^^^^ ports go from 1 to 65535
   |
  ::: modules/service/module.toml (built in):27:9
   |
27 | [inputs.ports]
   |         ----- declared here as `list(port)`

2 errors
hint: nothing was written

"#]]);
    refused("set demo web tag").error(str![[r#"
error: invalid value 'tag' for '[KEY=VALUE]...': write KEY=VALUE, such as
  tag=v1.2

For more information, try '--help'.

"#]]);
    refused("set demo web").error(str![[r#"
error: the following required arguments were not provided:
  <KEY=VALUE>...

Usage: ditc set <ENV> <SERVICE> <KEY=VALUE>...

For more information, try '--help'.

"#]]);
    // The file of a template may be right in itself and break those that extend it.
    refused("set base orders image=shop/orders:v7").error(str![[r#"
error: two versions of one image
 --> environments/base.toml:3:9
  |
3 | image = "shop/orders:v7"
  |         ^^^^^^^^^^^^^^^^ already names `v7`
4 | tag   = "dev"
  |         ----- and this would be put behind it
  |
  = note: the image would be `shop/orders:v7:dev`, which is none
  = help: `image = "shop/orders"`

1 error
hint: nothing was written

"#]]);
    assert_eq!(text(&workspace, "environments/demo.toml"), before);
}

#[test]
fn a_key_is_taken_out() {
    let workspace = Workspace::of(TWO);
    workspace.ditc("set demo web replicas=3 env.A=1 env.B=2").exits(0);
    workspace.ditc("set demo web -unset=replicas -unset=env.A").exits(0).error("").out(str![[r#"
--- environments/demo.toml
+++ environments/demo.toml
@@ -2,8 +2,6 @@
 extends = "base"
 
 [services.web]
-image    = "shop/web" # ours
-tag      = "v1"
-replicas = 3
-env.A    = "1"
-env.B    = "2"
+image = "shop/web" # ours
+tag   = "v1"
+env.B = "2"

environments/demo.toml is changed. What it would do: ditc plan demo

"#]]);
    workspace.ditc("set demo web -unset=env.B -json").exits(0).error("").out(str![[r#"
{
  "format_version": "1.0",
  "filename": "environments/demo.toml",
  "component": "services.web",
  "set": {
    "env.B": null
  },
  "written": true
}

"#]]);
    workspace.ditc("validate demo").exits(0);
    // Without a value nothing is taken out by accident, and what stands in quotes is a text.
    workspace.ditc("set demo web tag=").exits(1).out("").error(str![[r#"
error: invalid value 'tag=' for '[KEY=VALUE]...': it gives `tag` no value;
  -unset=tag takes the key out, 'tag=""' makes it an empty text

For more information, try '--help'.

"#]]);
    workspace.ditc(r#"set demo web env.A="" env.B="1.5" tag="true""#).exits(0).error("");
    crate::support::check(
        text(&workspace, "environments/demo.toml"),
        str![[r##"
# Mine.
extends = "base"

[services.web]
image = "shop/web" # ours
tag   = "true"
env.A = ""
env.B = "1.5"

"##]],
    );
    // An image is needed, so it stays.
    let before = text(&workspace, "environments/demo.toml");
    workspace.ditc("set demo web -unset=image").exits(1).out("");
    assert_eq!(text(&workspace, "environments/demo.toml"), before);
}
