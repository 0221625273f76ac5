//! Values that Secrets are given from outside: written, followed when they change, and found nowhere else.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Stage, Told, Workspace, stories};

/// Two values that are given, one that is made once, and a pod that uses one of each.
const APP: &str = r#"
[secrets.app]
token    = { env = "DITC_SECRET_TOKEN" }
cert     = { file = "./secrets/cert" }
password = { generate = "password" }
[services.web]
image = "traefik/whoami:v1"
[services.web.env]
TOKEN    = { secret = "app", key = "token" }
PASSWORD = { secret = "app", key = "password" }
[services.other]
image = "traefik/whoami:v1"
"#;

/// No one would find these by chance.
const FIRST: &str = "canary-first-5fd2c1b7a9";
const SECOND: &str = "canary-second-e04d36aa0b";
const CERT: &str = "canary-cert\n-21b7\0";

stories! {
    values_are_written_and_followed
    a_value_changed_by_hand_is_put_back_and_one_nobody_gives_goes
    a_lost_key_is_made_anew
    neither_drift_nor_destroy_asks_for_values
}

fn stage(stage: &Stage) {
    stage.define(APP);
    stage.workspace.write("secrets/cert", CERT);
}

/// A value of Secret `app`.
fn value(stage: &Stage, key: &str) -> Option<String> {
    let secret = stage.get("secrets/app").expect("it is there");
    let text = STANDARD.decode(secret["data"][key].as_str()?).expect("base64");
    Some(String::from_utf8(text).expect("a text"))
}

fn hash(stage: &Stage, name: &str) -> Value {
    let deployment = stage.get(&format!("apps/v1 deployments/{name}")).expect("it is there");
    deployment["spec"]["template"]["metadata"]["annotations"]["ditc.dev/config-hash"].clone()
}

fn ditc(stage: &Stage, token: &str, verb: &str, flags: &str) -> crate::support::Ran {
    stage.start(&format!("DITC_SECRET_TOKEN={token} {verb}"), flags).end()
}

/// That no value is in what was printed, in what is kept here, or in the record.
fn is_nowhere(stage: &Stage, outputs: &[Told], values: &[&str]) {
    let record = stage.get("configmaps/ditc").expect("the record");
    let mut text = record.to_string();
    for part in record["binaryData"].as_object().expect("the entries").values() {
        let packed = STANDARD.decode(part.as_str().expect("base64")).expect("base64");
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).expect("gzip of text");
    }
    assert!(text.contains("\"given\""), "the entries were unpacked");
    for value in values {
        for form in [(*value).to_owned(), STANDARD.encode(value).trim_end_matches('=').to_owned()] {
            assert!(!text.contains(&form), "a value is in the record");
            for told in outputs {
                assert!(!told.out.contains(&form) && !told.error.contains(&form), "a value was printed");
            }
            for (path, bytes) in stage.workspace.files("state") {
                let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
                assert!(!found, "a value is in {}", path.display());
            }
        }
    }
}

fn values_are_written_and_followed(at: &Stage) {
    stage(at);
    let mut outputs = Vec::new();
    outputs.push(ditc(at, FIRST, "plan", "").exits(0).says("(sensitive value, from env:DITC_SECRET_TOKEN)"));
    outputs.push(ditc(at, FIRST, "plan", "-json").exits(0));
    assert!(at.get("secrets/ditc").is_none(), "a plan writes nothing");
    outputs.push(ditc(at, FIRST, "apply", "-auto-approve").exits(0));
    assert_eq!(value(at, "token").as_deref(), Some(FIRST));
    assert_eq!(value(at, "cert").as_deref(), Some(CERT), "a file is taken byte by byte");
    let password = value(at, "password").expect("it was generated");
    let (web, other) = (hash(at, "web"), hash(at, "other"));
    assert!(web.as_str().is_some_and(|hash| hash.len() == 32) && other.is_null(), "{web} {other}");
    outputs.push(ditc(at, FIRST, "plan", "-detailed-exitcode").exits(0).says("No changes."));

    // Another value is one change of its Secret, and rolls the pods that use it.
    outputs.push(
        ditc(at, SECOND, "plan", "-detailed-exitcode")
            .exits(2)
            .says("a value that is given from outside changed")
            .says("~ data.token = (sensitive value)")
            .says("config-hash")
            .says("Plan: 0 to add, 2 to change, 0 to destroy."),
    );
    outputs.push(ditc(at, SECOND, "plan", "-json").exits(0).says("\"given_changed\""));
    outputs.push(ditc(at, SECOND, "apply", "-auto-approve").exits(0));
    assert_eq!(value(at, "token").as_deref(), Some(SECOND));
    assert_eq!(value(at, "password").as_ref(), Some(&password), "what was generated stays");
    assert_ne!(hash(at, "web"), web);
    assert!(hash(at, "other").is_null());
    outputs.push(ditc(at, SECOND, "plan", "-detailed-exitcode").exits(0));
    // The record alone says what was given, so it needs no value.
    outputs.push(at.plan("-refresh=false").exits(0).says("No changes."));
    // And so it is in a fresh checkout.
    at.workspace.forget_state();
    outputs.push(ditc(at, SECOND, "plan", "-detailed-exitcode").exits(0));
    outputs.push(ditc(at, SECOND, "state show", "secret/app").exits(0));
    outputs.push(ditc(at, SECOND, "state show", "secret/app -json").exits(0));
    is_nowhere(at, &outputs, &[FIRST, SECOND, CERT]);
}

fn a_value_changed_by_hand_is_put_back_and_one_nobody_gives_goes(at: &Stage) {
    stage(at);
    ditc(at, FIRST, "apply", "-auto-approve").exits(0);
    let change = json!({"stringData": {"token": "by-hand"}});
    at.patch_as("kubectl-edit", "secrets/app", "application/merge-patch+json", &change);
    ditc(at, FIRST, "plan", "-detailed-exitcode")
        .exits(2)
        .says("Secret/app has changed")
        .says("~ data.token = (sensitive value)")
        .says("Plan: 0 to add, 1 to change, 0 to destroy.");
    ditc(at, FIRST, "apply", "-auto-approve").exits(0);
    assert_eq!(value(at, "token").as_deref(), Some(FIRST));

    at.workspace.edit(&format!("environments/{}.toml", at.name), "cert     = { file = \"./secrets/cert\" }\n", "");
    ditc(at, FIRST, "plan", "-detailed-exitcode").exits(2).says("- data.cert = (sensitive value) -> null");
    ditc(at, FIRST, "apply", "-auto-approve").exits(0);
    assert_eq!((value(at, "cert"), value(at, "token").as_deref()), (None, Some(FIRST)));
    ditc(at, FIRST, "plan", "-detailed-exitcode").exits(0);

    // What somebody else put there is theirs, until it is given to us.
    let change = json!({"stringData": {"cert": "theirs"}});
    at.patch_as("kubectl-edit", "secrets/app", "application/merge-patch+json", &change);
    at.define(APP);
    ditc(at, FIRST, "plan", "").exits(1).says(".data.cert").says("kubectl-edit");
    ditc(at, FIRST, "apply", "-auto-approve -force-conflicts=secret/app").exits(0);
    assert_eq!(value(at, "cert").as_deref(), Some(CERT));
    ditc(at, FIRST, "plan", "-detailed-exitcode").exits(0);
}

fn a_lost_key_is_made_anew(at: &Stage) {
    stage(at);
    ditc(at, FIRST, "apply", "-auto-approve").exits(0);
    let before = at.get("secrets/ditc").expect("the key")["data"].clone();
    at.server.delete(&at.path("secrets/ditc"));
    // Nobody can tell any more whether the values are the same, so they are written, and the pods follow.
    ditc(at, FIRST, "plan", "-detailed-exitcode").exits(2).says("(known after apply)");
    ditc(at, FIRST, "apply", "-auto-approve").exits(0);
    assert_ne!(at.get("secrets/ditc").expect("a new key")["data"], before);
    assert_eq!(value(at, "token").as_deref(), Some(FIRST));
    ditc(at, FIRST, "plan", "-detailed-exitcode").exits(0);
}

fn neither_drift_nor_destroy_asks_for_values(at: &Stage) {
    stage(at);
    ditc(at, FIRST, "apply", "-auto-approve").exits(0);
    at.workspace.remove("secrets/cert");
    at.start("drift", "").end().exits(0);
    at.start("validate", "").end().exits(0);
    at.start("plan", "-destroy").end().exits(0);
    at.start("plan", "").end().exits(1);
    at.start("destroy", "-auto-approve").end().exits(0);
    assert!(at.get("secrets/ditc").is_none());
}

/// The environment `demo` of the cluster in the box.
fn demo() -> Workspace {
    let workspace = Workspace::of(&format!("//- environments/demo.toml{APP}"));
    workspace.write("secrets/cert", CERT);
    workspace
}

#[test]
fn a_plan_that_is_saved_holds_no_value_and_is_refused_once_another_is_given() {
    let workspace = demo();
    let with = |token: &str, command: &str| workspace.ditc(&format!("DITC_SECRET_TOKEN={token} {command} --sandbox"));
    // Before there is a key nothing can be compared: the values are taken when it is applied.
    with(FIRST, "plan demo -out=demo.plan").exits(0);
    with(SECOND, "apply demo.plan").exits(0);
    with(SECOND, "plan demo -detailed-exitcode").exits(0);

    with(FIRST, "plan demo -out=demo.plan").exits(0);
    let bytes = std::fs::read(workspace.path("demo.plan")).expect("it was saved");
    let end = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).expect("its head").0;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[end + 1..]), &mut text).expect("gzip");
    assert!(text.contains("DITC_SECRET_TOKEN") && !text.contains("canary"), "{text}");
    workspace.ditc("show demo.plan").exits(0);
    with(SECOND, "apply demo.plan").exits(1).error(str![[r#"
error: demo.plan, a plan of [TIME], no longer fits, so nothing
  was changed:
  Secret/app: the value of env:DITC_SECRET_TOKEN for key token is another
  hint: plan again: ditc plan demo -out=demo.plan --sandbox

"#]]);
    workspace.ditc("apply demo.plan --sandbox").exits(1).error(str![[r#"
error: secret value missing
 --> environments/demo.toml:2:20
  |
2 | token    = { env = "DITC_SECRET_TOKEN" }
  |                    ^^^^^^^^^^^^^^^^^^^ this variable is not set
  |
  = note: Secret/app takes its key `token` from `env:DITC_SECRET_TOKEN`, where
          ditc runs
  = help: type it where no history keeps it:
          `read -rs DITC_SECRET_TOKEN && export DITC_SECRET_TOKEN`

1 error

"#]]);
    with(FIRST, "apply demo.plan").exits(0);
    with(FIRST, "plan demo -detailed-exitcode").exits(0);
}

#[test]
fn an_apply_that_died_is_finished_with_the_values_of_now() {
    let workspace = demo();
    let with = |token: &str, command: &str| workspace.ditc(&format!("DITC_SECRET_TOKEN={token} {command} --sandbox"));
    with(FIRST, "apply demo -auto-approve").exits(0);
    // As if the first apply had died behind the Secret: the record does not know what was given.
    workspace.ditc("state rebuild demo --sandbox").exits(0);
    with(SECOND, "apply demo -auto-approve").exits(0);
    let secret = workspace.cluster().get("/api/v1/namespaces/demo/secrets/app").expect("it is there");
    assert_eq!(secret["data"]["token"], STANDARD.encode(SECOND));
    with(SECOND, "plan demo -detailed-exitcode").exits(0);
}

#[test]
fn a_secret_of_somebody_else_is_adopted_with_the_values_that_are_given() {
    let workspace = demo();
    let with = |token: &str, command: &str| workspace.ditc(&format!("DITC_SECRET_TOKEN={token} {command} --sandbox"));
    with(FIRST, "apply demo -auto-approve -exclude=secret/app").exits(0);
    let theirs = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app", "namespace": "demo"},
        "stringData": {"password": "theirs-and-kept", "token": "theirs"}});
    workspace.cluster().create("/api/v1/namespaces/demo/secrets", "kubectl-create", &theirs);
    with(FIRST, "apply demo -auto-approve -adopt=secret/app").exits(0);
    let data = || workspace.cluster().get("/api/v1/namespaces/demo/secrets/app").expect("it is there")["data"].clone();
    assert_eq!(
        (&data()["token"], &data()["password"]),
        (&json!(STANDARD.encode(FIRST)), &json!(STANDARD.encode("theirs-and-kept")))
    );
    with(FIRST, "plan demo -detailed-exitcode").exits(0);
    with(SECOND, "apply demo -auto-approve").exits(0);
    assert_eq!(
        (&data()["token"], &data()["password"]),
        (&json!(STANDARD.encode(SECOND)), &json!(STANDARD.encode("theirs-and-kept")))
    );
    with(SECOND, "plan demo -detailed-exitcode").exits(0);
}
