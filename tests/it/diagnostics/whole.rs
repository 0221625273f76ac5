//! The collection as a whole: nothing that can be said of a file is missing, and every line of it fits.

use std::{collections::BTreeSet, fs, path::Path};

/// The texts of all entries.
fn entries() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let inner = fs::read_dir(directory.join("diagnostics")).expect("the entries lie there");
    let paths = inner.map(|entry| entry.expect("a directory entry").path());
    let whole = [directory.join("diagnostics.rs")].into_iter().chain(paths);
    whole.map(|path| fs::read_to_string(path).expect("readable")).collect()
}

fn sources(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("a directory entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).expect("readable");
            found.push(text.split("#[cfg(test)]\nmod tests {").next().expect("a first part").to_owned());
        }
    }
}

/// The summaries of all diagnostics that the sources make. Every way to make one is known here, so that none is missed.
fn summaries() -> BTreeSet<String> {
    let mut texts = Vec::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["config", "commands"] {
        sources(&src.join(room), &mut texts);
    }
    let mut found = by_types(&src);
    let literal = |text: &str| Some(text.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned());
    for text in &texts {
        for way in [
            "Diagnostic::new(",
            "rendered(manifest,",
            "mistake(",
            "refuse(&span,",
            "summary:",
            "VALUE_IN_FILE: &str =",
            "CREDENTIALS: &str =",
        ] {
            for (at, _) in text.match_indices(way) {
                let rest = &text[at + way.len()..];
                match literal(rest) {
                    Some(summary) => _ = found.insert(summary),
                    None => {
                        let argument = rest.trim_start();
                        let is_passed_on =
                            ["summary", "&str", "VALUE_IN_FILE", "CREDENTIALS", "_", "String", "a.", "fault.summary()"];
                        let is_known = is_passed_on.iter().any(|known| argument.starts_with(known));
                        assert!(
                            is_known,
                            "who can tell which summary this is? {way}{}",
                            argument.lines().next().unwrap_or_default()
                        );
                    }
                }
            }
        }
    }
    found
}

/// What the types of Kubernetes' own kinds say of a manifest.
fn by_types(src: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(src.join("schema/check.rs")).expect("readable");
    let body = text.split_once("fn summary(").and_then(|(_, rest)| rest.split_once("fn detail(")).expect("both").0;
    let found = body.split("=> \"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    // Only kinds of one's own have items without a name, and those only a cluster knows.
    found.filter(|summary| summary != "item without a name").collect()
}

#[test]
fn every_message_is_here() {
    let (entries, summaries) = (entries(), summaries());
    assert!(summaries.len() > 70, "only {} were found", summaries.len());
    let missing: Vec<&String> =
        summaries.iter().filter(|summary| !entries.contains(&format!("error: {summary}\n"))).collect();
    assert!(missing.is_empty(), "no entry shows {missing:?}");
    let count = entries.lines().filter(|line| line.starts_with("error: ")).count();
    assert!(count >= 80, "{count} entries");
}

/// What stands in backticks is for copying and stays in one piece; a line of somebody's file is as long as it is.
#[test]
fn every_line_fits_into_80_columns() {
    for snapshot in entries().split("str![[r#\"").skip(1).filter_map(|rest| rest.split("\"#]]").next()) {
        let notes = snapshot.lines().skip_while(|line| !line.contains("= note:") && !line.contains("= help:"));
        for line in notes.filter(|line| line.chars().count() > 80) {
            let is_drawn =
                line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with(['|', '-', ':']);
            assert!(is_drawn || line.contains('`') || line.contains("https://"), "too long: {line}");
        }
    }
}
