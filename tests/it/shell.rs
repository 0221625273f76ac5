//! What ditc gives to the machine it is installed on: completions, tried in a real bash, and the manual's pages.

use std::process::Command;

use snapbox::str;

use crate::support::Workspace;

const DITC: &str = env!("CARGO_BIN_EXE_ditc");

fn shop() -> Workspace {
    Workspace::of(
        r#"//- environments/jakub.toml
[dependencies.redis]
module = "redis"
[services.orders]
image = "orders:v1"
[services.oracle]
image = "oracle:v1"
//- environments/pr-12.toml
[services.web]
image = "web:v1"
//- environments/base.toml
abstract = true
//- kubeconfig
{"apiVersion": "v1", "kind": "Config", "contexts": [{"name": "staging", "context": {"cluster": "far", "user": "me"}}],
 "clusters": [{"name": "far", "cluster": {"server": "https://far.example.com"}}], "users": [{"name": "me", "user": {}}]}
//- jakub.plan
"#,
    )
}

/// What a real bash offers at the end of a line, whose words are parted as bash parts them.
#[track_caller]
fn in_bash(workspace: &Workspace, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <({DITC} completions bash)\nCOMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_ditc {DITC} 2>&1\nprintf '%s\\n' \
         \"${{COMPREPLY[@]}}\""
    );
    let mut command = Command::new("bash");
    command.args(["--norc", "--noprofile", "-c", &script, "bash", "ditc"]).args(words);
    command.current_dir(workspace.root()).env("HOME", workspace.root());
    let output = command.output().expect("bash is everywhere");
    let text = String::from_utf8(output.stdout).expect("a text");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_environments_and_addresses() {
    let workspace = shop();
    let offers = |words: &[&str]| in_bash(&workspace, words).join(" ");
    assert_eq!(offers(&["pl"]), "plan");
    assert_eq!(offers(&["sta"]), "status state");
    assert_eq!(offers(&["state", "re"]), "rebuild");
    assert_eq!(offers(&["plan", ""]), "jakub pr-12", "a template is no environment");
    assert_eq!(offers(&["plan", "jakub", ""]), "pr-12", "once is enough");
    assert_eq!(offers(&["plan", "jakub", "-tar"]), "-target=");
    assert_eq!(offers(&["apply", "jakub", "--auto"]), "--auto-approve");
    // Bash parts words at `=`.
    assert_eq!(
        offers(&["plan", "jakub", "-target", "=", "jakub.services.or"]),
        "jakub.services.oracle jakub.services.oracle/Deployment/oracle jakub.services.orders \
         jakub.services.orders/Deployment/orders"
    );
    assert_eq!(
        offers(&["plan", "-target", "pr"]),
        "pr-12 pr-12/Namespace/pr-12 pr-12.services.web pr-12.services.web/Deployment/web"
    );
    assert_eq!(offers(&["state", "show", "jakub", "jakub/N"]), "jakub/Namespace/jakub");
    assert_eq!(offers(&["logs", "jakub/o"]), "jakub/oracle jakub/orders");
    assert_eq!(offers(&["port-forward", "jakub", "re"]), "redis");
    assert_eq!(offers(&["modules", "show", "po"]), "postgresql");
    assert_eq!(offers(&["plan", "jakub", "-refresh", "=", ""]), "true false");
    assert_eq!(offers(&["--kubeconfig", "kubeconfig", "plan", "-context", "st"]), "staging");
    assert_eq!(offers(&["--kubeconfig", "kubeconfig", "plan", "--user", ""]), "me");
    assert_eq!(offers(&["exec", "jakub/orders", "--", "en"]), "");
    assert_eq!(offers(&["-chdir", "environments", "plan", ""]), "", "another directory, other environments");
}

#[test]
fn what_is_offered_follows_the_files() {
    let workspace = shop();
    assert_eq!(in_bash(&workspace, &["status", "new"]), Vec::<String>::new());
    workspace.write("environments/new-one.toml", "[services.web]\nimage = \"web:v1\"\n");
    assert_eq!(in_bash(&workspace, &["status", "new"]), ["new-one"]);
    // Files with mistakes offer what they can.
    workspace.write("environments/new-one.toml", "[services.web\n");
    assert_eq!(in_bash(&workspace, &["status", "new"]), ["new-one"]);
    assert_eq!(in_bash(&workspace, &["plan", "new-one", "-target", "="]), ["new-one"]);
    assert!(!workspace.path("state").exists(), "nothing is begun while somebody types");
}

#[test]
fn a_shell_is_told_whether_files_serve_too() {
    let workspace = shop();
    let first = |words: &str| {
        let told = workspace.ditc(&format!("__complete -- {words}")).exits(0);
        told.out.lines().next().map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(first("plan ja"), "words");
    assert_eq!(first("apply ja"), "files");
    assert_eq!(first("show ja"), "files");
    assert_eq!(first("-chdir en"), "directories");
    workspace.ditc("DITC_CLI_ARGS='open __complete -- apply ja").exits(0).out(str![[r#"
files
jakub	environment

"#]]);
}

#[test]
fn each_shell_has_its_script() {
    let workspace = shop();
    workspace.ditc("completions zsh").exits(0).says("#compdef ditc\n").says("_describe");
    workspace.ditc("completions fish").exits(0).says("complete -c ditc -f -a '(__ditc_complete)'");
    workspace.ditc("completions bash").exits(0).says("complete -F _ditc ditc");
    workspace.ditc("completions tcsh").exits(1).error(str![[r#"
error: invalid value 'tcsh' for '<SHELL>'
  [possible values: bash, zsh, fish]

  tip: a similar value exists: 'zsh'

For more information, try '--help'.

"#]]);
}

#[test]
fn the_manual_is_written_and_written_again() {
    let workspace = shop();
    let told = workspace.ditc("man share/man1").exits(0).error("");
    assert!(
        told.out.ends_with("pages are in share/man1; read the first with: man share/man1/ditc.1\n"),
        "{}",
        told.out
    );
    let page =
        |name: &str| std::fs::read_to_string(workspace.path(&format!("share/man1/{name}"))).expect("it is there");
    let plan = page("ditc-plan.1");
    assert!(plan.contains(".SH EXAMPLES\n.nf\nditc plan jakub\n"), "{plan}");
    assert!(plan.contains(r"\fB\-\-target\fR") && plan.contains(".SH SEE ALSO\n\\fBditc\\fR(1)"), "{plan}");
    let state = page("ditc-state.1");
    assert!(state.contains("ditc\\-state\\-rebuild") && !state.contains("__complete"), "{state}");
    workspace.write("share/man1/ditc-plan.1", "old");
    workspace.ditc("man share/man1 -json").exits(0).says("\"ditc-plan.1\"");
    assert_eq!(page("ditc-plan.1"), plan);
}
