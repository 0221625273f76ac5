//! What a lock file says, and what is there: files and images.

use super::*;
use crate::{
    images::{ONE, TWO, following, plain, registry_of},
    references::Repository,
};

#[test]
fn files_that_are_not_those_that_were_locked_are_not_applied() {
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[services.web]\nrepo = \"./shop\"\ntag = \"dev\"\nmanifests = \"deploy\"\n",
    );
    let shop = Repository::new(&workspace, "shop");
    for (place, value) in [("deploy", "one"), ("other", "two")] {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  a: {value}\n");
        workspace.write(&format!("shop/{place}/config.yaml"), &text);
    }
    shop.git("add --all");
    shop.commit("files");
    shop.git("tag dev");
    workspace.ditc("lock demo").exits(0);
    workspace.ditc("plan demo --sandbox").exits(0);
    workspace.edit("environments/demo.toml", "\"deploy\"", "\"other\"");
    workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing().error(str![[r#"
error: files are not those that were locked
 --> environments/demo.toml:4:13
  |
4 | manifests = "other"
  |             ^^^^^^^ has digest sha256:93f56b0cdaed
  |
  = note: `other` of ./shop at 3f2822a had sha256:8328a7cafa57 when
          `environments/demo.lock.toml` was written: another path was locked
          then, or one of both was changed
  = help: where that is meant, lock it anew: ditc lock demo -upgrade=web

1 error

"#]]);
    workspace.ditc("lock demo -upgrade=web").exits(0).out(str![[r#"
environments/demo.lock.toml is brought up to date; no reference moved.

"#]]);
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
}

#[test]
fn an_image_that_is_not_the_one_that_was_locked() {
    let registry = registry_of(&[ONE, TWO]);
    let (workspace, _web) = following(&registry);
    workspace.ditc("lock demo").exits(0);
    let told = workspace.ditc("lock demo -check").exits(1).out("");
    crate::support::check(
        plain(&told.error, &registry),
        str![[r#"
error: image changed since it was locked
 --> environments/demo.toml:2:9
  |
2 | image = "[HOST]/web"
  |         ^^^^^^^^^^^^^^^^^^^^^ was sha256:111111111111, is sha256:222222222222
  |
  = note: [HOST]/web:v1 is not the image that
          `environments/demo.lock.toml` has
  = help: ditc lock demo -upgrade=web

1 error

"#]],
    );
}

#[test]
fn a_check_is_no_check_where_the_registry_does_not_say() {
    let registry = registry_of(&[ONE]);
    let (workspace, _web) = following(&registry);
    workspace.ditc("lock demo").exits(0);
    workspace.edit("environments/demo.toml", &registry.host, "127.0.0.1:9");
    workspace.ditc("lock demo -check").exits(1).out("").error(str![[r#"
error: registry not reached
 --> environments/demo.toml:2:9
  |
2 | image = "127.0.0.1:9/web"
  |         ^^^^^^^^^^^^^^^^^ which image this is, nobody knows
  |
  = note: asking for 127.0.0.1:9/web:v1 failed: asking registry 127.0.0.1:9:
          client error (Connect): tcp connect error: Connection refused (os
          error 111)

1 error

"#]]);
}
