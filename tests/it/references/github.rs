//! Services that follow repositories on GitHub: a server on loopback that answers as its API documents, and counts.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use super::*;
pub(super) use crate::support::http::Answer;
use crate::support::http::{self, Request};

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222";

/// A question, and how it was answered.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) token: Option<String>,
    pub(super) status: u16,
}

#[derive(Default)]
struct Known {
    /// The answers for a path; the last one stays.
    answers: BTreeMap<String, Vec<Answer>>,
    asked: Vec<Asked>,
}

pub(super) struct Server {
    pub(super) url: String,
    known: Arc<Mutex<Known>>,
}

impl Server {
    pub(super) fn start() -> Self {
        let known = Arc::<Mutex<Known>>::default();
        let shared = Arc::clone(&known);
        let host = http::serve(move |request| shared.lock().expect("whole").tell(request));
        Self { url: format!("http://{host}"), known }
    }

    pub(super) fn answer(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        self.known.lock().expect("whole").answers.insert(path.to_owned(), answers.into_iter().collect());
    }

    /// A tag of a repository, which is there then.
    pub(super) fn tag(&self, repository: &str, tag: &str, commit: &str) {
        let sha = Answer::new(200, commit).with("ETag", format!("\"{commit}\""));
        self.answer(&format!("/repos/{repository}/commits/tags/{tag}"), [sha]);
        self.answer(&format!("/repos/{repository}"), [Answer::new(200, "{}").with("ETag", "\"repository\"")]);
    }

    /// The questions since this was asked before.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.known.lock().expect("whole").asked)
    }

    fn statuses(&self) -> Vec<u16> {
        self.asked().iter().map(|asked| asked.status).collect()
    }
}

impl Known {
    fn tell(&mut self, request: Request) -> Answer {
        let answer = match self.answers.get_mut(&request.path) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None if request.path.contains("/commits/") => Answer::new(422, r#"{"message":"No commit found for SHA"}"#),
            None => Answer::new(404, r#"{"message":"Not Found"}"#),
        };
        let etag = answer.headers.iter().find(|(name, _)| *name == "ETag").map(|(_, etag)| etag.as_str());
        let is_known = etag.is_some() && request.header("if-none-match") == etag;
        let answer = if is_known { Answer::new(304, "") } else { answer };
        let token = request.header("authorization").map(str::to_owned);
        self.asked.push(Asked { path: request.path, token, status: answer.status });
        answer
    }
}

/// The workspace of `demo`, whose service follows tag `dev` of a repository on this server.
pub(super) fn demo_on(server: &Server) -> Workspace {
    let workspace = Workspace::of(&DEMO.replace("./orders", "kooba/ditc-orders"));
    workspace.write("ditc.toml", &format!("[github]\nurl = \"{}\"\n", server.url));
    workspace
}

/// What a plan says is wrong.
#[track_caller]
fn wrong(workspace: &Workspace, command: &str, expected: impl snapbox::IntoData) {
    workspace.ditc(command).exits(1).out("").error(expected).wrote_nothing();
}

#[test]
fn fifty_services_in_ten_repositories_are_ten_questions_and_then_none_that_counts() {
    let server = Server::start();
    let workspace = demo_on(&server);
    let mut text = String::new();
    for service in 0..50 {
        let repository = format!("kooba/r{}", service % 10);
        server.tag(&repository, "dev", ONE);
        let _ = write!(text, "[services.s{service}]\nrepo = \"{repository}\"\ntag = \"dev\"\nimage = \"example/s\"\n");
    }
    workspace.write("environments/demo.toml", &text);
    workspace.ditc("lock demo").exits(0);
    assert_eq!(server.statuses(), [200; 10]);
    workspace.ditc("lock demo").exits(0);
    assert!(server.statuses().is_empty(), "all is locked");
    workspace.ditc("lock demo -upgrade").exits(0);
    assert_eq!(server.statuses(), [304; 10]);
    server.tag("kooba/r7", "dev", TWO);
    workspace.ditc("lock demo -upgrade").exits(0).says("~ s7  tag dev  1111111 -> 2222222");
    let mut statuses = server.statuses();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![304; 9]].concat());
}

#[test]
fn a_tag_runs_by_its_commit_and_its_move_is_told() {
    let server = Server::start();
    let workspace = demo_on(&server);
    server.tag("kooba/ditc-orders", "dev", ONE);
    runs(&workspace, ONE);
    server.tag("kooba/ditc-orders", "dev", TWO);
    let compared = format!("/repos/kooba/ditc-orders/compare/{ONE}...{TWO}?per_page=1&page=2");
    server.answer(&compared, [Answer::new(200, r#"{"status":"ahead","total_commits":3}"#)]);
    let message = format!("/repos/kooba/ditc-orders/git/commits/{TWO}");
    server.answer(&message, [Answer::new(200, r#"{"message":"fix totals\n\nand more"}"#)]);
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    told.says("(tag dev moved 1111111 -> 2222222 (3 commits, \"fix totals\"))");
    let behind = r#"{"status":"behind","total_commits":0,"ahead_by":0,"behind_by":3}"#;
    server.answer(&compared, [Answer::new(200, behind)]);
    workspace.ditc("plan demo --sandbox").exits(0).says("(back 3 commits, \"fix totals\")");
    runs(&workspace, TWO);
}

#[test]
fn branches_releases_and_ranges_are_looked_up() {
    let server = Server::start();
    let workspace = demo_on(&server);
    let follow = |from: &str, to: &str| workspace.edit("environments/demo.toml", from, to);
    let at = |path: &str| format!("/repos/kooba/ditc-orders/{path}");
    server.tag("kooba/ditc-orders", "v1.5.0", TWO);
    let head = format!(r#"{{"ref":"refs/heads/main","object":{{"type":"commit","sha":"{ONE}"}}}}"#);
    server.answer(&at("git/ref/heads/main"), [Answer::new(200, head)]);
    follow("tag   = \"dev\"", "branch = \"main\"");
    runs(&workspace, ONE);
    server.answer(&at("releases/latest"), [Answer::new(200, r#"{"tag_name":"v1.5.0"}"#)]);
    follow("branch = \"main\"", "release = \"latest\"");
    runs(&workspace, TWO);
    // Two pages of tags; the newest version is on the second.
    let tag = |name: String, sha: &str| format!(r#"{{"name":"{name}","commit":{{"sha":"{sha}"}}}}"#);
    let page: Vec<String> = (0..100).map(|number| tag(format!("v1.0.{number}"), ONE)).collect();
    server.answer(&at("tags?per_page=100&page=1"), [Answer::new(200, format!("[{}]", page.join(",")))]);
    let last = format!("[{},{}]", tag("v1.9.0".to_owned(), TWO), tag("v2.0.0".to_owned(), ONE));
    server.answer(&at("tags?per_page=100&page=2"), [Answer::new(200, last)]);
    follow("release = \"latest\"", "semver = \"^1\"\nimage_tag = \"{{ tag }}\"");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    assert_eq!(image(&workspace), "example/orders:v1.9.0");
}

#[test]
fn a_tag_that_is_not_there_is_told_with_those_that_are() {
    let server = Server::start();
    let workspace = demo_on(&server);
    server.tag("kooba/ditc-orders", "v1", ONE);
    let tags = format!(r#"[{{"name":"dve","commit":{{"sha":"{ONE}"}}}}]"#);
    server.answer("/repos/kooba/ditc-orders/tags?per_page=100&page=1", [Answer::new(200, tags)]);
    wrong(
        &workspace,
        "plan demo --sandbox",
        str![[r#"
error: unknown reference
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ no such tag
  |
  = note: kooba/ditc-orders has no tag `dev`
  = help: did you mean `dve`?

1 error

"#]],
    );
    let head = format!(r#"{{"ref":"refs/heads/dev","object":{{"type":"commit","sha":"{ONE}"}}}}"#);
    server.answer("/repos/kooba/ditc-orders/git/ref/heads/dev", [Answer::new(200, head)]);
    wrong(
        &workspace,
        "plan demo --sandbox",
        str![[r#"
error: unknown reference
 --> environments/demo.toml:3:9
  |
3 | tag   = "dev"
  |         ^^^^^ no such tag
  |
  = note: kooba/ditc-orders has no tag `dev`
  = help: there is a branch of this name: `branch = "dev"`

1 error

"#]],
    );
}

#[test]
fn a_private_repository_says_what_to_set() {
    let server = Server::start();
    let workspace = demo_on(&server);
    server.answer("/repos/kooba/ditc-orders/commits/tags/dev", [Answer::new(404, r#"{"message":"Not Found"}"#)]);
    // What lets in at GitHub itself is not for a host that a file names.
    wrong(
        &workspace,
        "GITHUB_TOKEN=canary GH_TOKEN=canary plan demo --sandbox",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub knows no such
          repository
  = help: nobody was named to GitHub, and to nobody a private repository looks
          as if it were not there
  = help: set DITC_GITHUB_TOKEN to a token that may read its contents, or log
          in: gh auth login

1 error

"#]],
    );
    assert!(server.asked().iter().all(|asked| asked.token.is_none()));
    let command = "DITC_GITHUB_TOKEN=canary DITC_LOG=trace plan demo --sandbox";
    let told = workspace.ditc(command).exits(1).says_nothing_of("canary");
    assert!(told.error.contains("the token from DITC_GITHUB_TOKEN"), "{}", told.error);
    let asked = server.asked();
    assert!(!asked.is_empty() && asked.iter().all(|asked| asked.token.as_deref() == Some("Bearer canary")));
    let kept = workspace.files("state");
    assert!(kept.iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains("canary")));
}

#[test]
fn a_token_that_is_refused_is_named_by_where_it_is_from() {
    let server = Server::start();
    let workspace = demo_on(&server);
    let refusal = Answer::new(401, r#"{"message":"Bad credentials"}"#);
    server.answer("/repos/kooba/ditc-orders/commits/tags/dev", [refusal]);
    wrong(
        &workspace,
        "GH_ENTERPRISE_TOKEN=canary plan demo --sandbox",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub does not accept
          the token from GH_ENTERPRISE_TOKEN
  = help: it may have expired
  = help: set DITC_GITHUB_TOKEN to a token that may read its contents, or log
          in: gh auth login

1 error

"#]],
    );
}

#[test]
fn limits_are_honoured_and_told() {
    let server = Server::start();
    let workspace = demo_on(&server);
    server.tag("kooba/ditc-orders", "dev", ONE);
    let path = "/repos/kooba/ditc-orders/commits/tags/dev";
    let later = Answer::new(403, r#"{"message":"slow down"}"#).with("Retry-After", "1");
    server.answer(path, [later, Answer::new(200, ONE)]);
    workspace.ditc("plan demo --sandbox").exits(0);
    assert_eq!(server.statuses(), [403, 200]);
    let limited = Answer::new(403, r#"{"message":"API rate limit exceeded"}"#)
        .with("X-RateLimit-Remaining", "0")
        .with("X-RateLimit-Reset", "4102444800");
    server.answer(path, [limited]);
    wrong(
        &workspace,
        "plan demo --sandbox",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub answers no more
          questions until [TIME]
  = help: without a token GitHub answers 60 questions an hour
  = help: set DITC_GITHUB_TOKEN to a token that may read its contents, or log
          in: gh auth login

1 error

"#]],
    );
    assert_eq!(server.statuses(), [403]);
    let forbidden = Answer::new(403, r#"{"message":"Resource not accessible by personal access token"}"#);
    server.answer(path, [forbidden]);
    wrong(
        &workspace,
        "DITC_GITHUB_TOKEN=canary plan demo --sandbox",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub does not let
          the token see this: Resource not accessible by personal access token
  = help: look at the spelling; and whether the token from DITC_GITHUB_TOKEN may
          read the contents of this repository

1 error

"#]],
    );
}

#[test]
fn a_server_that_fails_is_asked_again_and_then_told() {
    let server = Server::start();
    let workspace = demo_on(&server);
    server.tag("kooba/ditc-orders", "dev", ONE);
    let path = "/repos/kooba/ditc-orders/commits/tags/dev";
    server.answer(path, [Answer::new(502, ""), Answer::new(200, ONE)]);
    workspace.ditc("plan demo --sandbox").exits(0);
    assert_eq!(server.statuses(), [502, 200]);
    server.answer(path, [Answer::new(502, "<html>")]);
    wrong(
        &workspace,
        "plan demo --sandbox",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub failed with
          status 502
  = help: try again; or keep to what is known: add -offline, which takes commits
          from the lock file

1 error

"#]],
    );
    assert_eq!(server.statuses(), [502, 502, 502]);
    server.answer(path, [Answer::new(200, "<html>")]);
    wrong(
        &workspace,
        "plan demo --sandbox",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: the answer of GitHub
          makes no sense: "<html>" is no commit

1 error

"#]],
    );
}

#[test]
fn a_renamed_repository_is_followed_and_another_host_is_not() {
    let (server, other) = (Server::start(), Server::start());
    let workspace = demo_on(&server);
    server.tag("kooba/renamed", "dev", ONE);
    let path = "/repos/kooba/ditc-orders/commits/tags/dev";
    let to = |url: &str| Answer::new(301, "").with("Location", format!("{url}/repos/kooba/renamed/commits/tags/dev"));
    server.answer(path, [to(&server.url)]);
    workspace.ditc("plan demo --sandbox").exits(0);
    server.answer(path, [to(&other.url)]);
    let told = workspace.ditc("DITC_GITHUB_TOKEN=canary plan demo --sandbox").exits(1).out("").wrote_nothing();
    crate::support::check(
        told.error.replace(&other.url, "[OTHER]"),
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub leads to
          another place,
          [OTHER]/repos/kooba/renamed/commits/tags/dev, which is
          not followed
  = help: `[github] url` in ditc.toml says where GitHub is: of an Enterprise it
          is `https://HOST/api/v3`

1 error

"#]],
    );
    assert!(other.asked().is_empty());
}

#[test]
fn a_host_that_is_not_there_ends_the_plan() {
    let server = Server::start();
    let workspace = demo_on(&server);
    server.tag("kooba/ditc-orders", "dev", ONE);
    runs(&workspace, ONE);
    workspace.write("ditc.toml", "[github]\nurl = \"http://127.0.0.1:9\"\n");
    wrong(
        &workspace,
        "apply demo --sandbox -auto-approve",
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "kooba/ditc-orders"
  |         ^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking for tag dev of kooba/ditc-orders failed: GitHub was not
          reached: Connection refused (os error 111)
  = help: try again; or keep to what is known: add -offline, which takes commits
          from the lock file

1 error

"#]],
    );
}
