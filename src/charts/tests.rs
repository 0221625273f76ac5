//! What is made of Helm's words; Helm itself is met by the tests of the binary.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use serde_json::json;

use super::{
    Answer, Chart, Error, Helm,
    said::{refusal, split},
};

#[test]
fn texts_go_to_their_templates() {
    let text = "---\n# Source: orders/templates/a.yaml\nkind: A\n---\n# Source: orders/charts/redis/templates/b.yaml\n\
                # ours\nkind: B\n---\n# Source: orders/templates/a.yaml\nkind: C\ntext: |\n  a --- b\n---\n\
                # Source: orders/templates/empty.yaml\n\n";
    let texts = BTreeMap::from([
        ("charts/redis/templates/b.yaml".to_owned(), "# ours\nkind: B\n".to_owned()),
        ("templates/a.yaml".to_owned(), "kind: A\n---\nkind: C\ntext: |\n  a --- b\n".to_owned()),
    ]);
    assert_eq!(split(text), texts);
    assert_eq!(split(""), BTreeMap::new());
}

#[test]
fn complaints_are_about_the_innermost_line() {
    let files =
        BTreeMap::from(["templates/a.yaml", "templates/_helpers.tpl"].map(|file| (file.to_owned(), Vec::new())));
    let said = "level=WARN msg=x\nError: template: orders/templates/a.yaml:5:3: executing \"orders/templates/a.yaml\" at \
                <include \"labels\" .>: error calling include: template: orders/templates/_helpers.tpl:12:4: executing\n\n\
                Use --debug flag to render out invalid YAML\n";
    let told = refusal(said, &files);
    assert_eq!(told.place, Some(("templates/_helpers.tpl".to_owned(), 12)));
    assert!(told.message.starts_with("template: orders/templates/a.yaml:5:3") && !told.message.contains("--debug"));
    let told = refusal("Error: execution error at (orders/templates/a.yaml:2:4): say `tag`", &files);
    assert_eq!(told.place, Some(("templates/a.yaml".to_owned(), 2)));
    assert_eq!(refusal("Error: other/templates/b.yaml:2:4: x", &files).place, None);
    assert_eq!(refusal("", &files).message, "it said nothing");
    assert_eq!(refusal("Error: get https://jane:hunter2@x.org/a: no", &files).message, "get https://***@x.org/a: no");
    assert!(refusal(&format!("Error: {}", "x".repeat(5000)), &files).message.len() < 1100);
}

/// A program called `helm`.
fn program(root: &Path, script: &str) -> Vec<u8> {
    let path = root.join("helm");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    format!("{}:/usr/bin:/bin", root.display()).into_bytes()
}

async fn template(script: &str) -> Result<Answer, Error> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let path = program(root, &format!("[ \"$1\" = version ] && echo v4.0.0 && exit\n{script}"));
    let scratch = root.join("scratch");
    let helm = Helm::find(path, scratch.clone()).await?;
    let files = BTreeMap::from([("templates/a.yaml".to_owned(), b"a: b\n".to_vec())]);
    let values = json!({"a": 1});
    let timeout = Duration::from_secs(2);
    let chart = Chart {
        files: &files,
        release: "r",
        namespace: "n",
        values: &values,
        kubernetes: "1.36.0",
        served: &[],
        timeout,
    };
    let answer = helm.template(chart).await;
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "nothing is left behind");
    answer
}

fn texts(text: &str) -> Answer {
    Answer::Texts(BTreeMap::from([("templates".to_owned(), text.to_owned())]))
}

#[tokio::test]
async fn helm_sees_its_chart_and_nothing_of_ours() {
    assert_eq!(template("cat chart/templates/a.yaml values.json").await.unwrap(), texts("a: b\n{\"a\":1}\n"));
    let Answer::Texts(texts) = template("env | cut -d= -f1 | sort | tr '\\n' ' '").await.unwrap() else {
        panic!("refused")
    };
    let variables = &texts["templates"];
    for ours in ["USER", "CARGO", "DITC"] {
        assert!(!variables.contains(ours), "{variables}");
    }
    assert!(variables.contains("HELM_CONFIG_HOME") && variables.contains("HTTPS_PROXY"), "{variables}");
}

#[tokio::test]
async fn helm_is_stopped_where_it_does_too_much() {
    let refused = |answer: Answer| match answer {
        Answer::Refused(refusal) => refusal.message,
        Answer::Texts(_) => panic!("it was not stopped"),
    };
    assert!(refused(template("sleep 60").await.unwrap()).contains("within 2 s"));
    assert!(refused(template("yes").await.unwrap()).contains("more than 16 MB"));
    assert_eq!(refused(template("echo 'Error: no' >&2; exit 1").await.unwrap()), "no");
}

#[tokio::test]
async fn another_helm_or_none_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let scratch = root.join("scratch");
    let nowhere = root.to_string_lossy().into_owned().into_bytes();
    assert!(matches!(Helm::find(nowhere, scratch.clone()).await, Err(Error::NoHelm)));
    let old = program(root, "echo 'Client: v2.7.2+g8478fb4'");
    assert!(matches!(Helm::find(old, scratch).await, Err(Error::Unknown(said)) if said.contains("v2.7.2")));
}

#[tokio::test]
async fn a_chart_with_many_warnings_is_rendered() {
    // More than is kept of them, and more than a pipe holds.
    let script = "for line in $(seq 4000); do echo \"level=WARN msg=deprecated number=$line and so on\" >&2; done\n\
                  printf -- '---\\n# Source: orders/templates/a.yaml\\nkind: A\\n'";
    let answer = template(script).await.unwrap();
    let texts = BTreeMap::from([("templates/a.yaml".to_owned(), "kind: A\n".to_owned())]);
    assert_eq!(answer, Answer::Texts(texts));
}
