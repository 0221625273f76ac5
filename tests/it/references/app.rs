//! Who asks GitHub: a GitHub App by its private key, and a token in a file. The server checks what an app signs as GitHub
//! does, and gives out its repositories for nothing else.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::{self, KeyPair as _, UnparsedPublicKey},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use std::sync::{Arc, Mutex};

use super::*;
use crate::support::http::{self, Answer, Request};

const COMMIT: &str = "1111111111111111111111111111111111111111";

/// A private key as GitHub gives it out, and the public part of it.
struct Key {
    pem: String,
    public: Vec<u8>,
}

fn key() -> Key {
    let (pair, der) = pair();
    // The key itself is the last part of the form, behind what says that it is one of RSA.
    let own = &der[26..];
    Key { pem: pem("RSA PRIVATE KEY", own), public: pair.public_key().as_ref().to_vec() }
}

/// A key, and its form of PKCS#8.
fn pair() -> (KeyPair, Vec<u8>) {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("a form of it").as_ref().to_vec();
    (pair, der)
}

fn pem(title: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("letters")).collect();
    format!("-----BEGIN {title}-----\n{}\n-----END {title}-----\n", lines.join("\n"))
}

/// What an app signed: none where it is not signed by the key, is too old, or holds too long.
fn issuer(request: &Request, public: &[u8]) -> Option<Value> {
    let pass = request.header("authorization")?.strip_prefix("Bearer ")?;
    let (signed, signature) = pass.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let part = |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let (header, claims) = (part(header)?, part(claims)?);
    let public = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public);
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    let now = ditc::settings::now().as_second();
    let (from, until) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?);
    (header["alg"] == "RS256" && from <= now && now < until && until <= now + 600).then(|| claims["iss"].clone())
}

/// A GitHub that knows app 12345 by its key: at home with `kooba` and with `acme`, where it may see the repository `web`.
fn server(public: Vec<u8>) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&asked);
    let host = http::serve(move |request| {
        let answer = answer(&request, &public);
        let line = format!("{} {} {}", request.method, request.path, answer.status);
        told.lock().expect("whole").push(line);
        answer
    });
    (format!("http://{host}"), asked)
}

fn answer(request: &Request, public: &[u8]) -> Answer {
    let no = |status: u16, message: &str| Answer::json(status, &json!({"message": message}));
    let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    if let ["app", ..] | [.., "installation"] = path.as_slice() {
        let Some(issuer) = issuer(request, public) else {
            return no(401, "A JSON web token could not be decoded");
        };
        if issuer != 12345 && issuer != "Iv23abc" {
            return no(404, "Integration not found");
        }
        return match (request.method.as_str(), path.as_slice()) {
            ("GET", ["app"]) => {
                Answer::json(200, &json!({"id": 12345, "html_url": "https://github.com/apps/previews"}))
            }
            ("GET", ["repos", "kooba", _, _]) => Answer::json(200, &json!({"id": 7})),
            ("GET", ["repos", "acme", "web", _]) => Answer::json(200, &json!({"id": 8})),
            ("POST", ["app", "installations", number @ ("7" | "8"), "access_tokens"]) => {
                let token = format!("ghs_canary{number}");
                Answer::json(201, &json!({"token": token, "expires_at": "2100-01-01T00:00:00Z"}))
            }
            _ => no(404, "Not Found"),
        };
    }
    let token = request.header("authorization").and_then(|pass| pass.strip_prefix("Bearer "));
    match (path.as_slice(), token) {
        (["repos", "kooba", ..], Some("ghs_canary7" | "ghp_canary"))
        | (["repos", "acme", "web", ..], Some("ghs_canary8")) => Answer::new(200, COMMIT).with("ETag", "\"1\""),
        (_, Some(token)) if !token.contains("canary") => no(401, "Bad credentials"),
        _ => no(404, "Not Found"),
    }
}

/// A workspace whose services follow these repositories of that server, and a directory beside it for keys.
fn follows(url: &str, repositories: &[&str]) -> Workspace {
    let services = repositories.iter().enumerate().map(|(at, repository)| {
        format!("[services.s{at}]\nrepo = \"{repository}\"\ntag = \"dev\"\nimage = \"example/s\"\n")
    });
    let workspace = Workspace::of(&format!("//- environments/demo.toml\n{}", services.collect::<String>()));
    workspace.write("ditc.toml", &format!("[github]\nurl = \"{url}\"\n"));
    workspace
}

const APP: &str = "DITC_GITHUB_APP_ID=12345 DITC_GITHUB_APP_KEY_FILE=key.pem";

#[test]
fn an_app_asks_with_a_token_for_each_owner() {
    let Key { pem, public } = key();
    let (url, asked) = server(public);
    let workspace = follows(&url, &["kooba/a", "kooba/b", "acme/web"]);
    workspace.write("key.pem", &pem);
    let secret = pem.lines().nth(3).expect("a line").to_owned();
    let told = workspace.ditc(&format!("{APP} DITC_LOG=trace lock demo")).exits(0);
    let told = told.says_nothing_of("canary").says_nothing_of(&secret);
    assert!(!told.error.is_empty(), "the log is on");
    let mut lines = std::mem::take(&mut *asked.lock().expect("whole"));
    lines.sort();
    let first: Vec<String> = lines.iter().filter(|line| line.contains("/installation 200")).cloned().collect();
    assert_eq!(first.len(), 2, "each owner is looked up once: {lines:#?}");
    assert_eq!(lines.len(), 2 + 2 + 3, "{lines:#?}");
    let kept = workspace.files("state");
    assert!(kept.iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains("canary")));
}

/// What a plan says of the service, between its line and the number of mistakes.
#[track_caller]
fn says(workspace: &Workspace, variables: &str, expected: impl snapbox::IntoData) {
    let told = workspace.ditc(&format!("{variables} plan demo --sandbox")).exits(1).out("").wrote_nothing();
    let told = told.says_nothing_of("canary").error;
    let notes = told.split_once("= note: ").expect("a note").1.split("\n\n").next().expect("a part").to_owned();
    crate::support::check(notes + "\n", expected);
}

#[test]
fn an_app_that_cannot_ask_says_what_is_wrong() {
    let Key { pem, public } = key();
    let (url, asked) = server(public);
    let workspace = follows(&url, &["kooba/a"]);
    says(
        &workspace,
        "DITC_GITHUB_APP_ID=12345",
        str![[r#"
asking for tag dev of kooba/a failed: this GitHub App cannot ask:
          DITC_GITHUB_APP_ID is set, and DITC_GITHUB_APP_KEY_FILE is not
  = help: an app is named by DITC_GITHUB_APP_ID, and DITC_GITHUB_APP_KEY_FILE is
          the path of the .pem that GitHub made for it

"#]],
    );
    says(
        &workspace,
        APP,
        str![[r#"
asking for tag dev of kooba/a failed: this GitHub App cannot ask:
          DITC_GITHUB_APP_KEY_FILE names key.pem: No such file or directory (os
          error 2)
  = help: an app is named by DITC_GITHUB_APP_ID, and DITC_GITHUB_APP_KEY_FILE is
          the path of the .pem that GitHub made for it

"#]],
    );
    workspace.write("key.pem", "canary");
    says(
        &workspace,
        APP,
        str![[r#"
asking for tag dev of kooba/a failed: this GitHub App cannot ask:
          key.pem holds no private key of RSA
  = help: an app is named by DITC_GITHUB_APP_ID, and DITC_GITHUB_APP_KEY_FILE is
          the path of the .pem that GitHub made for it

"#]],
    );
    assert!(asked.lock().expect("whole").is_empty(), "nothing was asked without a key");
    workspace.write("key.pem", &key().pem);
    says(
        &workspace,
        APP,
        str![[r#"
asking for tag dev of kooba/a failed: GitHub knows no app 12345 by the
          private key in key.pem
  = help: the page of the app has its number, and makes another key; the clock
          of this machine may also be wrong

"#]],
    );
    workspace.write("key.pem", &pem);
    says(
        &workspace,
        &APP.replace("12345", "777"),
        str![[r#"
asking for tag dev of kooba/a failed: GitHub knows no app 777 by the
          private key in key.pem
  = help: the page of the app has its number, and makes another key; the clock
          of this machine may also be wrong

"#]],
    );
    says(
        &workspace,
        &format!("{APP} DITC_GITHUB_APP_INSTALLATION_ID=99"),
        str![[r#"
asking for tag dev of kooba/a failed: GitHub App 12345 has no
          installation 99
  = help: leave out DITC_GITHUB_APP_INSTALLATION_ID: it is looked up for each
          owner of repositories

"#]],
    );
    workspace.edit("environments/demo.toml", "kooba/a", "acme/hidden");
    says(
        &workspace,
        APP,
        str![[r#"
asking for tag dev of acme/hidden failed: GitHub App 12345 is not
          installed for this repository
  = help: install it, or let it see this repository too:
          https://github.com/apps/previews

"#]],
    );
    // What an installation may not see looks as if it were not there.
    says(
        &workspace,
        &format!("{APP} DITC_GITHUB_APP_INSTALLATION_ID=8"),
        str![[r#"
asking for tag dev of acme/hidden failed: GitHub knows no such
          repository
  = help: look at the spelling; and whether the token from GitHub App 12345 may
          read the contents of this repository

"#]],
    );
}

#[test]
fn an_app_is_named_by_its_number_or_its_client_id_and_its_key_in_either_form() {
    let (pair, der) = pair();
    let (url, asked) = server(pair.public_key().as_ref().to_vec());
    let workspace = follows(&url, &["acme/web"]);
    workspace.write("key.pem", &pem("PRIVATE KEY", &der));
    let app = APP.replace("12345", "Iv23abc");
    workspace.ditc(&format!("{app} DITC_GITHUB_APP_INSTALLATION_ID=8 GITHUB_TOKEN=other lock demo")).exits(0);
    let asked = asked.lock().expect("whole").clone();
    let expected = ["POST /app/installations/8/access_tokens 201", "GET /repos/acme/web/commits/tags/dev 200"];
    assert_eq!(asked, expected);
}

#[test]
fn a_token_may_lie_in_a_file() {
    let (url, _) = server(Vec::new());
    let workspace = follows(&url, &["kooba/a"]);
    const FILE: &str = "DITC_GITHUB_TOKEN_FILE=secrets/token";
    says(
        &workspace,
        FILE,
        str![[r#"
asking for tag dev of kooba/a failed: there is no token for GitHub:
          DITC_GITHUB_TOKEN_FILE names secrets/token: No such file or directory
          (os error 2)
  = help: DITC_GITHUB_TOKEN_FILE is the path of a file that holds a token and
          nothing else

"#]],
    );
    workspace.write("secrets/token", "not canary\n");
    says(
        &workspace,
        FILE,
        str![[r#"
asking for tag dev of kooba/a failed: there is no token for GitHub:
          secrets/token holds no token
  = help: DITC_GITHUB_TOKEN_FILE is the path of a file that holds a token and
          nothing else

"#]],
    );
    workspace.write("secrets/token", "stale\n");
    says(
        &workspace,
        FILE,
        str![[r#"
asking for tag dev of kooba/a failed: GitHub does not accept the token
          from secrets/token
  = help: it may have expired
  = help: set DITC_GITHUB_TOKEN to a token that may read its contents, or log
          in: gh auth login

"#]],
    );
    workspace.write("secrets/token", "ghp_canary\n");
    workspace.ditc(&format!("{FILE} GH_ENTERPRISE_TOKEN=stale plan demo --sandbox")).exits(0);
    says(
        &workspace,
        &format!("{FILE} DITC_GITHUB_TOKEN=stale"),
        str![[r#"
asking for tag dev of kooba/a failed: GitHub does not accept the token
          from DITC_GITHUB_TOKEN
  = help: it may have expired
  = help: set DITC_GITHUB_TOKEN to a token that may read its contents, or log
          in: gh auth login

"#]],
    );
}
