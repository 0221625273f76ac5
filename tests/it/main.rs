//! The integration tests: the real binary, in a workspace of its own, against the cluster in the box.

mod anew;
mod apply;
mod awkward;
mod bounds;
mod causes;
mod charts;
mod claims;
mod comment;
mod cost;
mod crash;
mod decisions;
mod definitions;
mod diagnostics;
mod differential;
mod doctor;
mod drift;
mod everyday;
mod face;
mod faults;
mod forms;
mod given;
mod hands;
mod help;
mod history;
mod hooks;
mod images;
mod inside;
mod labels;
mod logs;
mod lost;
mod many;
mod model;
mod modules;
mod others;
mod pages;
mod parts;
mod preflight;
mod progress;
mod projects;
mod real;
mod references;
mod rights;
mod rolls;
mod room;
mod rows;
mod saved;
mod secrets;
mod shell;
mod status;
mod support;
mod support_model;
mod tidy;
mod tools;
mod transcript;
mod unrecorded;
mod views;

/// A file that is not named above would be compiled by nobody, and its tests would be run by nobody.
#[test]
fn no_file_is_forgotten() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let named: std::collections::BTreeSet<&str> =
        include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    for entry in std::fs::read_dir(directory).expect("the tests lie there") {
        let name = entry.expect("a directory entry").file_name().into_string().expect("a name in UTF-8");
        let module = name.strip_suffix(".rs").unwrap_or(&name);
        assert!(module == "main" || named.contains(module), "main.rs has no `mod {module};`");
    }
}
