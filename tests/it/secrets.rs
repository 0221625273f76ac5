//! No value of a Secret leaves the cluster: not in what is printed, not in what is kept, not encoded either.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use snapbox::str;

use crate::support::{Told, Workspace};

/// The values of all Secrets of an environment, as text and as base64.
fn values(workspace: &Workspace, environment: &str) -> Vec<String> {
    let cluster = workspace.cluster();
    let list = cluster.get(&format!("/api/v1/namespaces/{environment}/secrets")).expect("there are Secrets");
    let secrets = list["items"].as_array().expect("a list");
    let encoded = secrets.iter().filter_map(|secret| secret["data"].as_object()).flat_map(|data| data.values());
    let encoded: Vec<&str> = encoded.filter_map(Value::as_str).collect();
    let decode = |text: &&str| String::from_utf8(STANDARD.decode(text).expect("base64")).expect("text");
    let plain = encoded.iter().map(decode);
    plain.chain(encoded.iter().map(|text| text.trim_end_matches('=').to_owned())).collect()
}

#[test]
fn generated_passwords_are_in_no_output_no_file_and_no_state() {
    let workspace = Workspace::of_this_repository();
    let mut outputs: Vec<Told> = Vec::new();
    let mut run = |arguments: &str, code: i32| outputs.push(workspace.ditc(arguments).exits(code));
    run("apply jakub --sandbox -auto-approve", 0);
    let secrets = values(&workspace, "jakub");
    // Four of them: PostgreSQL's, RabbitMQ's and its cookie, Redis'; each plain and encoded.
    assert_eq!(secrets.len(), 8);
    assert!(secrets.iter().all(|secret| secret.len() >= 16), "too short to be found by chance");

    run("plan jakub --sandbox", 0);
    run("plan jakub --sandbox -json", 0);
    run("state list jakub --sandbox", 0);
    run("state show jakub secret/postgresql --sandbox", 0);
    run("state show jakub secret/postgresql --sandbox -json", 0);
    // Somebody else's value in our Secret: the plan tells that it changed, and not to what.
    let canary = "canary-5fd2c1b7a9e04d36";
    let change = serde_json::json!({"stringData": {"postgresql-password": canary}});
    workspace.cluster().patch("/api/v1/namespaces/jakub/secrets/postgresql", "kubectl-edit", &change);
    outputs.push(workspace.ditc("plan jakub --sandbox").exits(0).says("Secret/postgresql has changed"));
    outputs.push(workspace.ditc("apply jakub --sandbox -auto-approve").exits(0));
    // In a fresh checkout the record in the cluster is read into a new index.
    workspace.forget_state();
    outputs.push(workspace.ditc("plan jakub --sandbox").exits(0));

    let canaries = [canary.to_owned(), STANDARD.encode(canary).trim_end_matches('=').to_owned()];
    for secret in secrets.iter().chain(&canaries) {
        for told in &outputs {
            assert!(
                !told.out.contains(secret.as_str()) && !told.error.contains(secret.as_str()),
                "a secret was printed"
            );
        }
        let mut read = 0;
        for (path, bytes) in workspace.files("state") {
            if !path.starts_with(workspace.path("state/sandbox")) {
                read += 1;
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "a secret is in {}", path.display());
            }
        }
        assert!(read > 0, "there is state to look at");
    }
    // Nor is one in the record, which is a ConfigMap that many can read.
    let record = workspace.cluster().get("/api/v1/namespaces/jakub/configmaps/ditc").expect("the record");
    let mut text = record.to_string();
    for part in record["binaryData"].as_object().expect("the entries").values() {
        let packed = STANDARD.decode(part.as_str().expect("base64")).expect("base64");
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).expect("gzip of text");
    }
    assert!(text.contains("\"StatefulSet\""), "the entries were unpacked");
    for secret in secrets.iter().chain(&canaries) {
        assert!(!text.contains(secret.as_str()), "a secret is in the record");
    }
    outputs.push(workspace.ditc("destroy jakub --sandbox -auto-approve").exits(0));
    let last = &outputs[outputs.len() - 1];
    assert!(secrets.iter().all(|secret| !last.out.contains(secret.as_str())), "a secret was printed");
}

#[test]
fn a_generated_value_has_the_length_and_letters_that_were_asked_for() {
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[secrets.app]\npin = { generate = \"password\", length = 12, alphabet = \"0123456789\" }\n",
    );
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let values = values(&workspace, "demo");
    assert!(values[0].len() == 12 && values[0].bytes().all(|byte| byte.is_ascii_digit()), "{}", values[0].len());
    // A value is kept, however one would be generated from now on.
    workspace.edit("environments/demo.toml", "length = 12", "length = 20");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(self::values(&workspace, "demo"), values);
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
}

#[test]
fn a_value_in_a_file_is_not_shown() {
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[secrets.app]\npassword = \"canary-5fd2c1b7\"\nother = \"canary-9a2b\"\n",
    );
    workspace.ditc("plan demo --sandbox").exits(1).out("").error(str![[r#"
error: secret value in a file
 --> environments/demo.toml:2:12
  |
2 | password = *****************
  |            ^^^^^^^^^^^^^^^^^ a secret's value does not belong into git
  |
  = help: write `{ generate = "password" }`, or take it from outside:
          `{ env = "DITC_SECRET_NAME" }`, `{ file = "./secrets/NAME" }`

error: secret value in a file
 --> environments/demo.toml:3:9
  |
3 | other = *************
  |         ^^^^^^^^^^^^^ a secret's value does not belong into git
  |
  = help: write `{ generate = "password" }`, or take it from outside:
          `{ env = "DITC_SECRET_NAME" }`, `{ file = "./secrets/NAME" }`

2 errors

"#]]);
    let told = workspace.ditc("plan demo --sandbox -json").exits(1);
    assert!(told.out.contains("secret value in a file") && !told.out.contains("canary"), "{}", told.out);
    assert!(!told.error.contains("canary"), "{}", told.error);
}

#[test]
fn nobody_else_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::of_this_repository();
    workspace.ditc("apply ci --sandbox -auto-approve").exits(0);
    for (path, _) in workspace.files("state") {
        let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(path.parent().expect("below state")), 0o700, "{}", path.display());
        let file = mode(&path);
        assert_eq!(file & 0o077, 0, "{}: {file:o}", path.display());
    }
}
