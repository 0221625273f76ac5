//! The workflows in `.github/workflows/`: what they may do, and that their commands do what they say, in their order.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{Server, event};
use crate::support::{Workspace, git};

/// Where a runner puts what is thrown away.
const TEMPORARY: &str = "runner";

fn workflows() -> Vec<(String, String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).expect("it is there").map(|entry| entry.expect("one").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("readable");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, text, value)
    };
    paths.into_iter().map(read).collect()
}

fn workflow(name: &str) -> Value {
    let found = workflows().into_iter().find(|(file, ..)| file == name);
    found.expect("it is there").2
}

fn jobs(workflow: &Value) -> Vec<(&String, &Value)> {
    workflow["jobs"].as_object().expect("jobs").iter().collect()
}

fn steps(job: &Value) -> &Vec<Value> {
    job["steps"].as_array().expect("steps")
}

#[test]
fn they_may_do_no_more_than_they_need() {
    let workflows = workflows();
    let names: Vec<&str> = workflows.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["ditc-merge.yml", "ditc-night.yml", "ditc-review.yml"]);
    for (name, text, workflow) in &workflows {
        // Such a run would hand secrets to whoever opens a pull request.
        assert!(!text.contains("pull_request_target"), "{name}");
        assert_eq!(workflow["permissions"], json!({}), "{name}");
        for (job, value) in jobs(workflow) {
            let place = format!("{name}, job {job}");
            // It does nothing in a repository that has not asked for it, and nothing for longer than it takes.
            let gate = value["if"].as_str().expect(&place);
            assert!(gate.contains("vars.DITC == 'on'") || value["needs"].is_string(), "{place}");
            assert!(value["timeout-minutes"].as_u64().is_some_and(|minutes| minutes <= 60), "{place}");
            // What only plans may run beside others: GitHub keeps one that waits, and would drop a merge between two.
            let applies =
                steps(value).iter().any(|step| step["run"].as_str().is_some_and(|run| run.contains("ditc apply")));
            let is_alone = workflow["concurrency"].is_object() || value["concurrency"].is_object();
            assert!(is_alone || !applies && name == "ditc-merge.yml", "{place}");
            let rights: Vec<(&str, &str)> = value["permissions"]
                .as_object()
                .expect(&place)
                .iter()
                .map(|(right, level)| (right.as_str(), level.as_str().expect("a word")))
                .collect();
            let known = ["pull-requests", "statuses", "deployments"];
            let is_least = |(right, level): &(&str, &str)| match *level {
                "read" => *right == "contents",
                _ => known.contains(right),
            };
            assert!(rights.iter().all(is_least), "{place}: {rights:?}");
            // A right is given only where a command uses it.
            let runs: String = steps(value).iter().filter_map(|step| step["run"].as_str()).collect();
            for (right, flag) in
                [("pull-requests", "ditc comment"), ("statuses", "-status"), ("deployments", "-deployment")]
            {
                assert_eq!(rights.contains(&(right, "write")), runs.contains(flag), "{place}: {right}");
            }
            for step in steps(value) {
                if step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@")) {
                    assert_eq!(step["with"]["persist-credentials"], false, "{place}");
                }
                // What somebody else named is never a part of a script.
                assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{place}: {step}");
            }
        }
        for line in text.lines().filter(|line| line.trim_start_matches([' ', '-']).starts_with("uses: ")) {
            let (_, pinned) = line.split_once('@').expect("an action and a version");
            let (commit, version) = pinned.split_once(" # v").expect("the version is told behind the commit");
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit && version.split('.').count() == 3, "{name}: {line}");
        }
    }
    let merge = workflow("ditc-merge.yml");
    assert_eq!(
        merge["jobs"]["apply"]["concurrency"],
        json!({"group": "ditc-apply-${{ matrix.environment }}", "cancel-in-progress": false})
    );
}

/// A runner that does what the steps of a job say, with what it would put into expressions.
struct Runner<'a> {
    workspace: &'a Workspace,
    server: &'a Server,
    expressions: BTreeMap<&'static str, String>,
}

impl Runner<'_> {
    /// Runs the commands of a job in their order; gives their exit codes and the outputs, by the names of the steps.
    fn run(&self, job: &Value) -> BTreeMap<String, (i32, BTreeMap<String, String>)> {
        let mut ended = BTreeMap::new();
        fs::create_dir_all(self.workspace.path(TEMPORARY)).expect("a directory");
        for step in steps(job) {
            let Some(script) = step["run"].as_str() else { continue };
            let name = step["name"].as_str().expect("every command has a name").to_owned();
            if name == "Install ditc" {
                assert_eq!(script, "cargo install --locked --path .");
                continue;
            }
            let outputs = self.workspace.path(&format!("{TEMPORARY}/{name}"));
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(self.workspace.root());
            command
                .env_clear()
                .env("PATH", crate::support::path())
                .env("HOME", self.workspace.root())
                .env("CI", "true");
            command.env("GITHUB_API_URL", &self.server.url).env("GITHUB_REPOSITORY", "kooba/shop");
            command.env("GITHUB_RUN_ID", "77").env("GITHUB_EVENT_PATH", self.workspace.path("event.json"));
            command.env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", self.workspace.path("summary.md"));
            command.env("GITHUB_WORKSPACE", self.workspace.root());
            // The cluster in the box stands for the one that the secret leads to.
            command.env("DITC_CLI_ARGS", "--sandbox");
            for variables in [&job["env"], &step["env"]] {
                for (name, value) in variables.as_object().into_iter().flatten() {
                    command.env(name, self.expand(value.as_str().expect("a text")));
                }
            }
            let output = command.output().expect("bash can be started");
            let code = output.status.code().expect("it ended");
            let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            assert!([0, 2].contains(&code), "{name} ended with {code}\n{}", told.concat());
            ended.insert(name, (code, read_outputs(&outputs)));
        }
        ended
    }

    fn expand(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{ ") else { return text.to_owned() };
        let (expression, after) = rest.split_once(" }}").expect("an expression ends");
        let value = self.expressions.get(expression).unwrap_or_else(|| panic!("nobody knows {expression}"));
        self.expand(&format!("{before}{value}{after}"))
    }
}

fn read_outputs(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines();
    let mut outputs = BTreeMap::new();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

#[test]
fn their_commands_lead_from_a_review_through_a_merge_to_a_quiet_night() {
    let workspace = Workspace::of(
        "//- environments/demo.toml\n[services.web]\nimage = \"traefik/whoami:v1\"\nreplicas = 1\n\
         //- environments/other.toml\n[services.web]\nimage = \"traefik/whoami:v1\"\n\
         //- .gitignore\n*\n!environments\n!environments/*\n!ditc.toml\n",
    );
    let git = |arguments: &str| git(workspace.root(), arguments);
    git("init --quiet --initial-branch=main");
    git("add .");
    git("commit --quiet --message=first");
    let before = git("rev-parse HEAD");
    git("update-ref refs/remotes/origin/main HEAD");
    workspace.ditc("apply --all --sandbox -auto-approve").exits(0);
    workspace.edit("environments/demo.toml", "whoami:v1", "whoami:v2");
    git("commit --quiet --all --message=second");
    workspace.write("event.json", &event("kooba/shop").to_string());

    let server = Server::start();
    let temporary = workspace.path(TEMPORARY).display().to_string();
    let mut runner = Runner {
        workspace: &workspace,
        server: &server,
        expressions: BTreeMap::from([
            ("github.base_ref", "main".to_owned()),
            ("runner.temp", temporary),
            ("github.token", "ghs_secret".to_owned()),
            ("secrets.DITC_KUBECONFIG", "a\nkubeconfig".to_owned()),
            ("github.event.before", before.trim().to_owned()),
        ]),
    };
    let codes = |ended: &BTreeMap<String, (i32, BTreeMap<String, String>)>| -> Vec<(String, i32)> {
        ended.iter().map(|(name, (code, _))| (name.clone(), *code)).collect()
    };
    let all_good =
        |names: &[&str]| -> Vec<(String, i32)> { names.iter().map(|name| ((*name).to_owned(), 0)).collect() };

    let review = runner.run(&workflow("ditc-review.yml")["jobs"]["plan"]);
    assert_eq!(codes(&review), all_good(&["Check the files", "Comment", "Plan", "Reach the cluster"]));
    assert_eq!(review["Plan"].1["environments"], "[\"demo\"]");
    assert_eq!((review["Plan"].1["changes"].as_str(), review["Plan"].1["change"].as_str()), ("true", "1"));
    assert_eq!(fs::read_to_string(workspace.path("runner/kubeconfig")).expect("written"), "a\nkubeconfig\n");
    let bodies = server.bodies();
    assert!(bodies.len() == 1 && bodies[0].contains("whoami:v2"), "{bodies:?}");
    assert_eq!(server.known().statuses[0]["state"], "success");

    let merge = workflow("ditc-merge.yml");
    let changed = runner.run(&merge["jobs"]["changed"]);
    assert_eq!(codes(&changed), all_good(&["Plan", "Reach the cluster"]));
    let matrix: Vec<String> = serde_json::from_str(&changed["Plan"].1["changed"]).expect("a list");
    assert_eq!(matrix, ["demo"]);
    for environment in matrix {
        runner.expressions.insert("matrix.environment", environment);
        let applied = runner.run(&merge["jobs"]["apply"]);
        assert_eq!(codes(&applied), all_good(&["Apply", "Comment", "Reach the cluster"]));
    }
    let bodies = server.bodies();
    assert!(bodies.len() == 1 && bodies[0].contains("Apply complete"), "the same comment tells it now: {bodies:?}");
    assert_eq!(server.known().deployments.len(), 1);

    let night = runner.run(&workflow("ditc-night.yml")["jobs"]["drift"]);
    assert_eq!(codes(&night), all_good(&["Drift", "Reach the cluster"]));
    let replicas = json!({"spec": {"replicas": 3}});
    workspace.cluster().patch("/apis/apps/v1/namespaces/demo/deployments/web", "kubectl", &replicas);
    let night = runner.run(&workflow("ditc-night.yml")["jobs"]["drift"]);
    assert_eq!(night["Drift"].0, 2);
    let tests = fs::read_to_string(workspace.path("drift.xml")).expect("written");
    assert!(tests.contains("name=\"Deployment/web\">\n      <failure"), "{tests}");
    assert!(fs::read_to_string(workspace.path("summary.md")).expect("written").contains("ditc drift"));
}
