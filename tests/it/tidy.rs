//! The house rules that no compiler checks: who may use whom, who may touch what outside, and that every file says
//! what it is for.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const NOUNS: [&str; 20] = [
    "names",
    "diagnostic",
    "object",
    "pod",
    "rule",
    "hook",
    "address",
    "graph",
    "ownership",
    "secret",
    "quantity",
    "kinds",
    "schema",
    "rolling",
    "catalogue",
    "revision",
    "image",
    "desired",
    "state",
    "observed",
];

/// A room and the rooms that it may use besides the nouns; a noun may use the nouns before it.
const ROOMS: [(&str, &[&str]); 13] = [
    ("config", &[]),
    ("plan", &[]),
    ("readiness", &[]),
    ("format", &["plan"]),
    ("files", &[]),
    ("sources", &["files"]),
    ("charts", &["files"]),
    ("registry", &[]),
    ("store", &["format", "files"]),
    ("cluster", &["format", "plan", "readiness"]),
    ("sandbox", &["format", "readiness", "files"]),
    ("apply", &["plan", "readiness", "format", "store", "cluster", "registry"]),
    ("render", &["plan", "apply", "readiness"]),
];

/// The desk may use every room.
const DESK: [&str; 6] = ["cli", "commands", "failure", "main", "settings", "terminal"];

/// Each outside thing has one door: a crate or module, and the rooms that may name it.
const DOORS: [(&str, &[&str]); 15] = [
    ("kube", &["cluster", "sandbox", "commands"]),
    ("octocrab", &["sources"]),
    ("sled", &["store"]),
    ("std::fs", &["files", "store", "sandbox", "settings"]),
    ("std::env", &["settings", "main"]),
    ("Command", &["charts", "registry", "sources"]),
    ("tokio", &["charts", "registry", "cluster", "sandbox", "sources", "apply", "commands", "main"]),
    ("toml", &["config"]),
    ("toml_parser", &["config"]),
    ("minijinja", &["config"]),
    ("serde_saphyr", &["config", "sandbox"]),
    ("annotate_snippets", &["render"]),
    ("clap", &["cli"]),
    ("Timestamp::now", &["settings"]),
    ("println!", &[]),
];

struct Source {
    path: PathBuf,
    room: String,
    /// Without comments.
    code: String,
    text: String,
    is_test: bool,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut found = Vec::new();
    walk(&src, &mut found);
    assert!(found.len() > 50, "the walk found only {} files", found.len());
    found
        .into_iter()
        .map(|path| {
            let inner = path.strip_prefix(&src).expect("walked below it");
            let first = inner.components().next().expect("a file has a name");
            let room = Path::new(first.as_os_str()).file_stem().expect("a name").to_string_lossy().into_owned();
            let is_test = inner.to_string_lossy().split(['/', '.']).any(|part| matches!(part, "tests" | "samples"));
            let text = fs::read_to_string(&path).expect("readable");
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code: String = lines.flat_map(|line| [line, "\n"]).collect();
            // What stands behind this line tests.
            let code = code.split("#[cfg(test)]\nmod tests {").next().expect("a first part").to_owned();
            Source { path: inner.to_owned(), room, code, text, is_test }
        })
        .collect()
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that code names by `crate::room` or within `crate::{…}`.
fn used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => rooms.extend(identifier(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut starts_item = true;
                for (index, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => starts_item = true,
                        c if c.is_whitespace() => {}
                        _ if starts_item => {
                            rooms.extend(identifier(&group[index..]));
                            starts_item = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    rooms
}

fn identifier(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(char::is_lowercase).then(|| name.to_owned())
}

fn allowed(room: &str, other: &str) -> bool {
    let place = |name: &str| NOUNS.iter().position(|noun| *noun == name);
    if room == other || DESK.contains(&room) || room == "lib" {
        return true;
    }
    match (place(room), place(other)) {
        (Some(mine), Some(theirs)) => theirs < mine,
        (Some(_), None) => false,
        (None, Some(_)) => true,
        (None, None) => ROOMS.iter().any(|(name, uses)| *name == room && uses.contains(&other)),
    }
}

#[test]
fn rooms_use_only_what_the_import_table_allows() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test) {
        let known = NOUNS.contains(&source.room.as_str())
            || DESK.contains(&source.room.as_str())
            || source.room == "lib"
            || ROOMS.iter().any(|(room, _)| *room == source.room);
        if !known {
            faults.push(format!("{}: a room that the table does not know", source.path.display()));
        }
        for other in used(&source.code) {
            if !allowed(&source.room, &other) {
                faults.push(format!("{}: `{}` may not use `{other}`", source.path.display(), source.room));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_them() {
    let code = "use crate::{\n    object::{Object, ObjectKey},\n    plan::Plan,\n};\nuse crate::names;\nlet x = crate::store::open();";
    assert_eq!(used(code), ["names", "object", "plan", "store"].map(str::to_owned).into());
    assert!(!allowed("plan", "config") && !allowed("object", "ownership") && allowed("ownership", "object"));
}

#[test]
fn each_outside_thing_has_one_door() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test && source.room != "lib") {
        for (thing, rooms) in DOORS {
            let name =
                if thing.ends_with('!') || thing.contains("::now") { thing.to_owned() } else { format!("{thing}::") };
            let names_it = source
                .code
                .match_indices(&name)
                .any(|(at, _)| !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if names_it && !rooms.contains(&source.room.as_str()) {
                faults.push(format!("{}: names `{thing}`, which belongs to {rooms:?}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = |source: &&Source| !source.text.starts_with("//! ");
    let silent: Vec<String> = sources().iter().filter(silent).map(|source| source.path.display().to_string()).collect();
    assert!(silent.is_empty(), "no `//!` at the top of {silent:?}");
}

#[test]
fn the_top_level_stays_as_it_is() {
    let known = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "environments",
        "modules",
        "src",
        "state",
        "target",
        "tests",
    ];
    let entries = fs::read_dir(root()).expect("readable").map(|entry| entry.expect("readable").file_name());
    let strange: Vec<String> = entries
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !known.contains(&name.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}
