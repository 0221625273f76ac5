//! The pages that people read: every command in them is run, in order, and prints what stands below it.
//!
//! In a fence `console` a line that begins with `$ ` is run by bash, and the lines below it are what it prints: `...` stands
//! for any lines, `[..]` for any text. A command may not fail; where one is meant to, `; echo $?` says so. A fence of another
//! sort whose first line is `# PATH` is written to that file first. All of a page happens in one directory, which begins as a
//! clone of this repository does. `SNAPSHOTS=overwrite` puts into a page what its commands print.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use snapbox::{Assert, Data, IntoData};

use crate::support::Workspace;

/// Every page whose commands are told; the others hold none, which a test below sees to.
const TOLD: [&str; 4] = ["README.md", "environments/README.md", "modules/README.md", ".github/SECURITY.md"];
/// Pages that are made from the program, whose examples the tests of the command line parse.
const MADE: [&str; 2] = ["src/cli/README.md", ".schema/README.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the pages are to be written as they would be right.
#[expect(clippy::disallowed_methods, reason = "a test is told by the environment what to do with what differs")]
fn is_overwriting() -> bool {
    std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite")
}

/// What stands in a page: text as it is, and fences with their language.
enum Part {
    Text(String),
    Fence { language: String, body: String },
}

fn parts(page: &str) -> Vec<Part> {
    let mut parts = vec![Part::Text(String::new())];
    for line in page.split_inclusive('\n') {
        let fence = line.trim_end().strip_prefix("```");
        match (parts.last_mut().expect("never empty"), fence) {
            (Part::Text(_), Some(language)) => {
                parts.push(Part::Fence { language: language.to_owned(), body: String::new() });
            }
            (Part::Fence { .. }, Some("")) => parts.push(Part::Text(String::new())),
            (Part::Text(text), None) | (Part::Fence { body: text, .. }, _) => text.push_str(line),
        }
    }
    parts
}

/// A shell that somebody sits at: where it is, and what was exported in it.
struct Shell {
    home: PathBuf,
    directory: PathBuf,
    exported: Vec<(String, String)>,
}

impl Shell {
    /// What a command prints on both streams. It must succeed.
    #[track_caller]
    fn run(&mut self, line: &str) -> String {
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            self.exported.push((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
            return String::new();
        }
        let script = format!("set -o pipefail; {{ {line}\n}} 2>&1; code=$?; pwd > \"$HOME/directory\"; exit $code");
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "-c", &script]).current_dir(&self.directory).env_clear();
        bash.envs([("COLUMNS", "80"), ("NO_COLOR", "1"), ("USER", "jakub")])
            .env("HOME", &self.home)
            .env("PATH", crate::support::path());
        bash.envs([("GIT_AUTHOR_NAME", "jakub"), ("GIT_AUTHOR_EMAIL", "jakub@example.com")]);
        bash.envs([("GIT_COMMITTER_NAME", "jakub"), ("GIT_COMMITTER_EMAIL", "jakub@example.com")]);
        bash.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
        bash.envs(self.exported.iter().map(|(name, value)| (name, value)));
        let output = bash.stdin(std::process::Stdio::null()).output().expect("bash is everywhere");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "`{line}` failed:\n{told}");
        let now = fs::read_to_string(self.home.join("directory")).expect("it says where it is");
        self.directory = PathBuf::from(now.trim_end());
        told.replace(&self.home.display().to_string(), "[HOME]")
    }

    /// Runs all of a fence; gives it as it would be right.
    #[track_caller]
    fn follow(&mut self, body: &str) -> String {
        let mut right = String::new();
        // What stands above the first command is said by nobody.
        for told in format!("\n{body}").split("\n$ ").skip(1) {
            let (command, expected) = told.split_once('\n').unwrap_or((told, ""));
            let expected = expected.trim_end();
            let actual = self.run(command);
            let actual = actual.trim_end();
            let is_told =
                Assert::new().try_eq(None, actual.to_owned().into_data(), Data::text(expected.to_owned())).is_ok();
            let printed = if is_told { expected } else { actual };
            right.push_str(&format!("$ {command}\n{printed}\n"));
            if printed.is_empty() {
                right.pop();
            }
        }
        right
    }
}

#[track_caller]
fn holds(page: &str) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).expect("the page is there");
    let workspace = Workspace::of_this_repository();
    let mut shell =
        Shell { home: workspace.root().to_owned(), directory: workspace.root().to_owned(), exported: Vec::new() };
    let mut right = String::new();
    for part in parts(&text) {
        match part {
            Part::Text(text) => right.push_str(&text),
            Part::Fence { language, body } => {
                let named = body.lines().next().and_then(|line| line.strip_prefix("# "));
                let file = named.filter(|name| name.contains('/') || name.ends_with(".toml"));
                let body = match (language.as_str(), file) {
                    ("console", _) => shell.follow(&body),
                    (_, Some(name)) => {
                        let file = shell.directory.join(name.split_whitespace().next().expect("a name"));
                        fs::create_dir_all(file.parent().expect("below the directory")).expect("it can be made");
                        fs::write(file, &body).expect("it can be written");
                        body
                    }
                    (_, None) => body,
                };
                right.push_str(&format!("```{language}\n{body}```\n"));
            }
        }
    }
    if right != text && is_overwriting() {
        fs::write(&path, &right).expect("the page can be written");
        return;
    }
    snapbox::assert_data_eq!(right, Data::text(text).raw());
}

#[test]
fn the_first_page_holds() {
    holds("README.md");
}

#[test]
fn the_page_of_environments_holds() {
    holds("environments/README.md");
}

#[test]
fn the_page_of_modules_holds() {
    holds("modules/README.md");
}

#[test]
fn the_page_of_security_holds() {
    holds(".github/SECURITY.md");
}

/// The pages in git, by their paths.
fn pages() -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]).current_dir(root());
    let output = git.output().expect("git can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn the_picture_is_of_a_real_run() {
    let script = root().join("tests/pages/picture");
    let output = Command::new(script).arg(env!("CARGO_BIN_EXE_ditc")).output().expect("bash is everywhere");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let picture = String::from_utf8(output.stdout).expect("a text");
    snapbox::assert_data_eq!(picture, snapbox::file!["../pages/plan.svg": Text].raw());
}

#[test]
fn no_command_stands_where_nobody_runs_it() {
    // Those below tests/ are for the authors of ditc, about what the tests themselves run.
    for page in pages().into_iter().filter(|page| !page.starts_with("tests/")) {
        let text = fs::read_to_string(root().join(&page)).expect("readable");
        for part in parts(&text) {
            let Part::Fence { language, body } = part else { continue };
            let is_run = language == "console" && TOLD.contains(&page.as_str());
            let is_made = language == "text" && MADE.contains(&page.as_str());
            let commands: Vec<&str> =
                body.lines().filter(|line| line.trim_start_matches(['$', ' ']).starts_with("ditc ")).collect();
            assert!(is_run || is_made || commands.is_empty(), "{page} has commands that no test runs: {commands:#?}");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).expect("readable");
        let directory = Path::new(&page).parent().expect("a directory").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { PathBuf::from(&page) } else { directory.join(file) };
            assert!(root().join(&target).exists(), "{page}: {link} leads nowhere");
            if !anchor.is_empty() {
                let text = fs::read_to_string(root().join(&target)).expect("a page");
                let slug = |heading: &str| {
                    let kept = heading.to_lowercase().replace(' ', "-");
                    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
                };
                let mut anchors = text.lines().filter_map(|line| {
                    Some(slug(line.trim_start_matches('#').trim_start())).filter(|_| line.starts_with('#'))
                });
                assert!(anchors.any(|known| known == anchor), "{page}: {target:?} has no heading for #{anchor}");
            }
        }
    }
}
