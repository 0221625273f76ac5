//! What `ditc comment` posts, where, and what it does when GitHub says no.

mod server;
mod workflows;

use serde_json::{Value, json};
use snapbox::str;

pub(crate) use server::{Fault, Me, Server};

use crate::support::Workspace;

const SHA: &str = "1111111111111111111111111111111111111111";

/// An environment of one service, its plan as Markdown, and the event of a pull request.
fn planned() -> Workspace {
    let workspace = Workspace::of("//- environments/demo.toml\n[services.web]\nimage = \"traefik/whoami:v1\"\n");
    workspace.ditc("plan demo --sandbox -format markdown=plan.md").exits(0);
    workspace.write("event.json", &event("kooba/shop").to_string());
    workspace
}

/// A pull request whose branch lies in this repository.
pub(crate) fn event(head: &str) -> Value {
    json!({
        "action": "synchronize", "number": 12,
        "repository": {"full_name": "kooba/shop"},
        "pull_request": {
            "number": 12,
            "head": {"sha": SHA, "ref": "more", "repo": {"full_name": head}},
            "base": {"sha": "0".repeat(40), "ref": "main", "repo": {"full_name": "kooba/shop"}},
        },
    })
}

/// The variables of a step on this server.
fn step(server: &Server) -> String {
    format!(
        "CI=true GITHUB_RUN_ID=77 GITHUB_REPOSITORY=kooba/shop GITHUB_EVENT_PATH=event.json GITHUB_API_URL={} \
         GITHUB_TOKEN=ghs_secret",
        server.url
    )
}

#[test]
fn one_comment_is_made_found_again_and_changed_in_its_place() {
    let (workspace, server) = (planned(), Server::start());
    // Somebody who begins a comment like ours gets no say in it, and ours may stand on a later page.
    server.has("mallory", "User", "<!-- ditc:demo -->\nforged");
    (0..150).for_each(|number| server.has("octocat", "User", &format!("comment {number}\n<!-- ditc:demo -->")));
    let comment = format!("{} comment plan.md", step(&server));
    workspace.ditc(&comment).exits(0).error("").out(str![[r#"
demo: comment created (#12) https://github.com/kooba/shop/pull/12#issuecomment-152

"#]]);
    let text = std::fs::read_to_string(workspace.path("plan.md")).expect("it was written");
    assert_eq!(server.bodies()[151], text);
    assert!(server.asked().contains(&"GET /repos/kooba/shop/issues/12/comments?per_page=100&page=2".to_owned()));
    workspace.ditc(&comment).exits(0).out(str![[r#"
demo: comment unchanged (#12) https://github.com/kooba/shop/pull/12#issuecomment-152

"#]]);
    assert!(server.asked().iter().all(|asked| asked.starts_with("GET ")), "nothing is written twice");
    workspace.ditc("apply demo --sandbox -auto-approve -format markdown=plan.md").exits(0);
    workspace.ditc(&comment).exits(0).out(str![[r#"
demo: comment updated (#12) https://github.com/kooba/shop/pull/12#issuecomment-152

"#]]);
    let bodies = server.bodies();
    assert!(bodies.len() == 152 && bodies[151].contains("ditc apply") && bodies[0].ends_with("forged"));
    assert!(server.known().tokens.iter().all(|token| token.as_deref() == Some("Bearer ghs_secret")));
    // One's own token: the comment of the app is somebody else's.
    server.known().me = Me::User;
    workspace.ditc(&comment).exits(0);
    workspace.ditc(&comment).exits(0).says("comment unchanged");
    assert_eq!(server.bodies().len(), 153);
}

#[test]
fn statuses_and_deployments_are_told_when_asked_for() {
    let (workspace, server) = (planned(), Server::start());
    workspace.write("environments/bad.toml", "[services.web]\n");
    workspace.ditc("plan --all --sandbox -format markdown=plan.md").exits(1);
    workspace.ditc(&format!("{} comment plan.md -status", step(&server))).exits(0).error("").out(str![[r#"
bad: comment created (#12) https://github.com/kooba/shop/pull/12#issuecomment-1
bad: status failure (1111111111111111111111111111111111111111)
demo: comment created (#12) https://github.com/kooba/shop/pull/12#issuecomment-2
demo: status success (1111111111111111111111111111111111111111)

"#]]);
    assert_eq!(server.bodies().len(), 2);
    let log = "https://github.com/kooba/shop/actions/runs/77";
    let expected = json!({
        "state": "success", "context": "ditc/demo", "target_url": log, "sha": SHA,
        "description": "Plan: 2 to add, 0 to change, 0 to destroy.",
    });
    let statuses = server.known().statuses.clone();
    assert_eq!((&statuses[0]["state"], &statuses[0]["context"]), (&json!("failure"), &json!("ditc/bad")));
    assert_eq!(statuses[1], expected);

    workspace.ditc(&format!("{} comment plan.md -deployment", step(&server))).exits(1).out("").error(str![[r#"
error: -deployment tells of what was applied, and a plan of bad applied nothing
  hint: give it the file of `ditc apply -format markdown=FILE`

"#]]);
    for _ in 0..2 {
        workspace.ditc("apply demo --sandbox -auto-approve -format markdown=apply.md").exits(0);
        let flags = "-deployment -environment-url=https://demo.example.com";
        workspace.ditc(&format!("{} comment apply.md {flags}", step(&server))).exits(0);
    }
    let deployment = server.known().deployments[0].clone();
    assert_eq!((&deployment["ref"], &deployment["environment"]), (&json!(SHA), &json!("ditc/demo")));
    assert_eq!((&deployment["required_contexts"], &deployment["auto_merge"]), (&json!([]), &json!(false)));
    // The second takes the place of the first.
    let states = |server: &Server| -> Vec<Vec<Value>> {
        let known = server.known();
        known.states.values().map(|states| states.iter().map(|state| state["state"].clone()).collect()).collect()
    };
    assert_eq!(states(&server), [vec![json!("success"), json!("inactive")], vec![json!("success")]]);
    assert_eq!(server.known().states[&41][0]["environment_url"], "https://demo.example.com");
    workspace.ditc("destroy demo --sandbox -auto-approve -format markdown=destroy.md").exits(0);
    workspace.ditc(&format!("{} comment destroy.md -deployment", step(&server))).exits(0).says("deployment inactive");
    assert_eq!(states(&server)[1], [json!("success"), json!("inactive")]);
}

#[test]
fn a_change_that_is_taken_back_is_told_in_its_comment() {
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[services.web]\nimage = \"traefik/whoami:v1\"\n\
         //- environments/other.toml\n[services.web]\nimage = \"traefik/whoami:v1\"\n\
         //- .gitignore\n*\n!environments\n!environments/*\n!ditc.toml\n",
    );
    let git = |arguments: &str| crate::support::git(workspace.root(), arguments);
    git("init --quiet --initial-branch=main");
    git("add .");
    git("commit --quiet --message=first");
    workspace.write("event.json", &event("kooba/shop").to_string());
    let server = Server::start();
    // The comment of a workspace elsewhere in the repository, and that of an apply, are about something else.
    let elsewhere = |name: &str, data: &str| format!("<!-- ditc:{name} -->\n<!-- ditc {{{data}}} -->\nof another\n");
    let data =
        |command: &str, more: &str| format!("\"command\":\"{command}\",\"standing\":\"changed\",\"told\":\"x\"{more}");
    server.has("github-actions[bot]", "Bot", &elsewhere("far", &data("plan", ",\"workspace\":\"far\"")));
    server.has("github-actions[bot]", "Bot", &elsewhere("applied", &data("apply", "")));
    let run = |flags: &str| {
        workspace.ditc("plan --changed-since main --sandbox -format markdown=plan.md").exits(0);
        workspace.ditc(&format!("{} comment plan.md{flags}", step(&server))).exits(0)
    };
    workspace.edit("environments/demo.toml", "whoami:v1", "whoami:v2");
    workspace.edit("environments/other.toml", "whoami:v1", "whoami:v2");
    run("").says("demo: comment created").says("other: comment created");
    workspace.edit("environments/demo.toml", "whoami:v2", "whoami:v1");
    run(" -status").error("").out(str![[r#"
other: comment unchanged (#12) https://github.com/kooba/shop/pull/12#issuecomment-4
other: status success (1111111111111111111111111111111111111111)
demo: comment updated (#12) https://github.com/kooba/shop/pull/12#issuecomment-3
demo: status success (1111111111111111111111111111111111111111)

"#]]);
    let bodies = server.bodies();
    assert!(bodies[2].contains("No changes any more: nothing of it differs from main."), "{}", bodies[2]);
    assert!(bodies[3].contains("whoami:v2"), "{}", bodies[3]);
    assert!(bodies[0].contains("of another") && bodies[1].contains("of another"));
    // And where nothing at all is left.
    workspace.edit("environments/other.toml", "whoami:v2", "whoami:v1");
    run("").error("").out(str![[r#"
demo: comment unchanged (#12) https://github.com/kooba/shop/pull/12#issuecomment-3
other: comment updated (#12) https://github.com/kooba/shop/pull/12#issuecomment-4

"#]]);
    // What was asked about some says nothing of others.
    workspace.edit("environments/other.toml", "whoami:v1", "whoami:v3");
    run("").says("other: comment updated");
    workspace.ditc("plan demo --sandbox -format markdown=plan.md").exits(0);
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(0).says_nothing_of("other");
    // Nor does a command that did not come to its end.
    workspace.ditc("plan --changed-since nowhere --sandbox -format markdown=plan.md").exits(1);
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(1).says_nothing_of("other");
}

#[test]
fn a_push_finds_the_pull_request_of_its_commit() {
    let (workspace, server) = (planned(), Server::start());
    workspace.write("event.json", &json!({"after": SHA, "repository": {"full_name": "kooba/shop"}}).to_string());
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(0).says("demo: comment created (#12)");
    assert_eq!(server.asked()[0], format!("GET /repos/kooba/shop/commits/{SHA}/pulls?per_page=100"));
}

#[test]
fn github_is_asked_again_where_that_does_no_harm() {
    let (workspace, server) = (planned(), Server::start());
    let comment = format!("{} comment plan.md -json", step(&server));
    let fault = |method, status, header, is_done| Fault { method, status, header, is_done };
    // Posted, and the answer lost: it is found, not posted twice.
    server.known().faults.push(fault("POST", 502, None, true));
    workspace.ditc(&comment).exits(0).says("\"what\": \"unchanged\"");
    assert_eq!(server.bodies().len(), 1);
    server.known().comments.clear();
    server.known().faults.push(fault("POST", 429, Some(("Retry-After", "1")), false));
    server.known().faults.push(fault("GET", 500, None, false));
    workspace.ditc(&comment).exits(0).says("\"what\": \"created\"");
    assert_eq!(server.bodies().len(), 1);
    // Nobody waits for an hour.
    server.known().faults.push(fault("GET", 403, Some(("Retry-After", "3600")), false));
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(1).out("").error(str![[r#"
error: posting to GitHub did not come to its end
  caused by: GitHub answers no more questions until 3600s from now
  hint: run it again then: what is posted already is not posted twice

"#]]);
    // Three times is enough.
    (0..3).for_each(|_| server.known().faults.push(fault("GET", 503, None, false)));
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(1).out("").error(str![[r#"
error: posting to GitHub did not come to its end
  caused by: GitHub failed with status 503
  hint: run it again: what is posted already is not posted twice

"#]]);
}

#[test]
fn a_fork_gets_no_secrets_and_that_is_no_error() {
    let (workspace, server) = (planned(), Server::start());
    workspace.write("event.json", &event("octocat/shop").to_string());
    let without = step(&server).replace(" GITHUB_TOKEN=ghs_secret", "");
    workspace.ditc(&format!("{without} comment plan.md")).exits(0).out("").error(str![[r#"
warning: this is a pull request from a fork, whose runs get no token that may
  write; nothing was posted, and the log and the summary of the run have all

"#]]);
    assert!(server.asked().is_empty());
    // Its token may read and not write.
    let fault = Fault { method: "POST", status: 403, header: None, is_done: false };
    server.known().faults.push(fault);
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(0).out("").says_nothing_of("error:");
    // Where the branch is one's own, both are mistakes.
    workspace.write("event.json", &event("kooba/shop").to_string());
    workspace.ditc(&format!("{without} comment plan.md")).exits(1).out("").error(str![[r#"
error: there is no token to post with
  hint: in a workflow, give the step `env: GITHUB_TOKEN: ${{ github.token }}`

"#]]);
    let fault = Fault { method: "POST", status: 403, header: None, is_done: false };
    server.known().faults.push(fault);
    workspace.ditc(&format!("{} comment plan.md", step(&server))).exits(1).out("").error(str![[r#"
error: posting to GitHub did not come to its end
  caused by: GitHub does not let the token see this: Resource not accessible
    by integration
  hint: the token needs `pull-requests: write`, with -status `statuses: write`,
    with -deployment `deployments: write`
  hint: look at the spelling of -repo and -pr too: what a token may not see
    looks as if it were not there

"#]]);
}

#[test]
fn a_dry_run_asks_nobody_and_what_is_missing_is_named() {
    let workspace = planned();
    let flags = "-repo=kooba/shop -pr=12 -commit=1111111";
    workspace.ditc(&format!("comment plan.md {flags} -status -dry-run")).exits(0).error("").out(str![[r#"
demo: comment of 1599 characters (kooba/shop#12)
<!-- ditc:demo -->
<!-- ditc {"command":"plan","standing":"changed","told":"Plan: 2 to add, 0 to change, 0 to destroy."} -->
### :large_orange_diamond: ditc plan: <code>demo</code>

<strong><code>Plan&#58; 2 to add, 0 to change, 0 to destroy.</code></strong> <sub><code>namespace demo, cluster sandbox</code></sub>

| | Object | Action |
|---|---|---|
| <code>&#43;</code> | <code>demo/Namespace/demo</code> | create |
| <code>&#43;</code> | <code>demo.services.web/Deployment/web</code> | create |

<details><summary><code>&#43; demo/Namespace/demo</code></summary>

```diff
  # demo/Namespace/demo will be created
  # (environments/demo.toml:1)
+   Namespace "demo" {}
```

</details>

<details><summary><code>&#43; demo.services.web/Deployment/web</code></summary>

```diff
  # demo.services.web/Deployment/web will be created
  # (environments/demo.toml:1, modules/service/service.yaml (built in):28)
+   Deployment "web" {
+       metadata.labels.app: web
+       spec:
+         selector.matchLabels.app: web
+         template:
+           metadata.labels.app: web
+           spec:
+             enableServiceLinks: false
+             automountServiceAccountToken: false
+             securityContext.seccompProfile.type: RuntimeDefault
+             containers:
+               - name: web
+                 image: traefik/whoami:v1
+                 resources:
+                   limits.memory: 512Mi
+                   requests:
+                     cpu: 50m
+                     memory: 128Mi
+                 securityContext.allowPrivilegeEscalation: false
    }
```

</details>


demo: status success (1111111)

"#]]);
    workspace.write("notes.md", "# nothing of ditc\n<!-- ditc:demo -->\n");
    let long = std::fs::read_to_string(workspace.path("plan.md")).expect("written") + &"x".repeat(65_536);
    workspace.write("long.md", &long);
    for (command, expected) in [
        (
            "comment plan.md",
            str![[r#"
error: it is not known which repository on GitHub is meant
  hint: name it: -repo=OWNER/NAME

"#]],
        ),
        (
            "comment plan.md -repo=kooba",
            str![[r#"
error: invalid value 'kooba' for '--repo <OWNER/NAME>': write it as OWNER/NAME

For more information, try '--help'.

"#]],
        ),
        (
            "comment plan.md -repo=kooba/shop",
            str![[r#"
error: it is not known which pull request is meant
  hint: name it: -pr=NUMBER

"#]],
        ),
        (
            "comment plan.md -repo=kooba/shop -pr=12 -status",
            str![[r#"
error: it is not known which commit is meant
  hint: name it: -commit=SHA

"#]],
        ),
        (
            "comment plan.md -repo=kooba/shop -pr=12 -commit=../../x",
            str![[r#"
error: invalid value '../../x' for '--commit <SHA>': it is no commit: write 40
  digits and letters from a to f

For more information, try '--help'.

"#]],
        ),
        (
            "comment absent.md -repo=kooba/shop -pr=12",
            str![[r#"
error: there is no file absent.md
  hint: ditc plan ENV -format markdown=FILE writes one

"#]],
        ),
        (
            "comment notes.md -repo=kooba/shop -pr=12",
            str![[r#"
error: notes.md tells of no environment
  hint: ditc plan ENV -format markdown=FILE writes one that does

"#]],
        ),
        (
            "comment long.md -repo=kooba/shop -pr=12",
            str![[r#"
error: what long.md tells of demo is too long for a comment
  hint: -format markdown=FILE keeps to what a comment holds; a summary of a run
    may be longer

"#]],
        ),
    ] {
        workspace.ditc(&format!("{command} -dry-run")).exits(1).out("").error(expected);
    }
}
