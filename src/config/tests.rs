//! What mistakes look like, and what the repository's own environments become.

use std::collections::BTreeMap;

use snapbox::{assert_data_eq, str};

use super::*;
use crate::diagnostic::Label;

mod bounds;
mod built_in;
mod choosing;
mod components;
mod expressions;
mod good;
mod containers;
mod laws;
mod merging;
mod mistakes;
mod modules;
mod page;
mod repositories;
mod schema;

/// Splits a text into files, each below a line `//- PATH`.
fn files(fixture: &str) -> BTreeMap<String, String> {
    let parts = fixture.split("//- ").skip(1);
    let parts = parts.filter_map(|part| part.split_once('\n'));
    parts.map(|(path, text)| (path.trim().to_owned(), text.to_owned())).collect()
}

/// The same, with environments that are not bounded unless the text has a `ditc.toml`: they are what is described.
fn unbounded(fixture: &str) -> BTreeMap<String, String> {
    let mut files = files(fixture);
    let off = super::bounds::KEYS.map(|key| format!("{key} = false\n")).concat();
    files.entry("ditc.toml".to_owned()).or_insert_with(|| format!("[defaults]\n{off}"));
    files
}

/// The plain text of a complaint: `path:line:column: summary · label · detail · help`.
fn plain(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let Diagnostic { summary, label, related, detail, help } = diagnostic;
    let place = |label: &Label| {
        let (line, column) = sources.position(&label.span);
        format!("{}:{line}:{column}", sources.get(label.span.source).path)
    };
    let mut text = match label {
        Some(label) => format!("{}: {summary} · {}\n", place(label), label.text),
        None => format!("{summary}\n"),
    };
    for related in related {
        text += &format!("  {}: {}\n", place(related), related.text);
    }
    if let Some(detail) = detail {
        text += &format!("  {detail}\n");
    }
    for help in help {
        text += &format!("  help: {help}\n");
    }
    text
}

/// Validates a workspace and compares all that is wrong with it.
#[track_caller]
fn check(fixture: &str, expected: impl snapbox::IntoData) {
    let mut workspace = parse(&files(fixture));
    let mistakes = validate(&mut workspace, &Kinds::builtin());
    let text: String = mistakes.iter().map(|mistake| plain(&workspace.sources, mistake)).collect();
    assert_data_eq!(text, expected);
}

/// Expands environment `demo` of a workspace that must be right.
#[track_caller]
fn demo(fixture: &str) -> crate::desired::Desired {
    expanded(&unbounded(fixture), "demo")
}

#[track_caller]
fn expanded(files: &BTreeMap<String, String>, name: &str) -> crate::desired::Desired {
    let mut workspace = parse(files);
    let name = EnvironmentName::new(name).unwrap();
    let found = outline(&mut workspace, &name, &Kinds::builtin());
    let mistakes = found.as_ref().err().into_iter().flat_map(|mistakes| &mistakes.diagnostics);
    let text: String = mistakes.map(|mistake| plain(&workspace.sources, mistake)).collect();
    assert_eq!(text, "");
    found.unwrap()
}

/// This repository's own workspace.
fn own() -> BTreeMap<String, String> {
    let texts = [
        ("environments/base.toml", include_str!("../../environments/base.toml")),
        ("environments/ci.toml", include_str!("../../environments/ci.toml")),
        ("environments/jakub.toml", include_str!("../../environments/jakub.toml")),
        ("environments/shop.toml", include_str!("../../environments/shop.toml")),
        ("modules/mailpit/module.toml", include_str!("../../modules/mailpit/module.toml")),
        ("modules/mailpit/mailpit.yaml", include_str!("../../modules/mailpit/mailpit.yaml")),
        ("modules/mailpit/ingress.yaml", include_str!("../../modules/mailpit/ingress.yaml")),
    ];
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}
