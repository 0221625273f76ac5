//! What `ditc schema` prints, and that the repository keeps the same.

use std::{fs, path::Path};

use snapbox::str;

use super::json;
use crate::support::Workspace;

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
error: invalid value 'environments' for '[OF]'
  [possible values: environment, module, ditc, plan, show, apply, destroy,
    rollback, drift, status, validate, state-list, state-show, state-rebuild,
    fmt, new, modules, modules-show, version, logs, port-forward, sandbox-serve,
    explain, graph, history, doctor, lock, comment, set, import-payload, man]

  tip: a similar value exists: 'environment'

For more information, try '--help'.

"#]]);
}
