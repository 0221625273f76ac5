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
    assert_eq!(offers(&["help", "rollb"]), "rollback");
    assert_eq!(offers(&["help", "state", "re"]), "rebuild");
    assert_eq!(offers(&["set", ""]), "base jakub pr-12", "a template has a file that can be changed");
    assert_eq!(offers(&["set", "jakub", "or"]), "oracle orders");
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

/// What a script prints in a shell; none where the shell is not installed.
fn in_shell(workspace: &Workspace, shell: &str, arguments: &[&str]) -> Option<Vec<String>> {
    let mut command = Command::new(shell);
    command.args(arguments).current_dir(workspace.root()).env("HOME", workspace.root()).env("TERM", "dumb");
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).expect("a text");
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn fish_completes_paths_behind_a_flag() {
    let workspace = shop();
    let offers = |line: &str| {
        let script =
            format!("{DITC} completions fish | source; function ditc; {DITC} $argv; end; complete -C '{line}'");
        let lines = in_shell(&workspace, "fish", &["--no-config", "--command", &script])?;
        let words = lines.iter().filter_map(|line| line.split('\t').next());
        Some(words.collect::<Vec<_>>().join(" "))
    };
    for (line, expected) in [
        ("ditc plan jakub -out=jak", "-out=jakub.plan"),
        ("ditc plan jakub -out jak", "jakub.plan"),
        ("ditc -chdir=env", "-chdir=environments/"),
        ("ditc plan jakub -target=jakub/N", "-target=jakub/Namespace/jakub"),
        ("ditc plan jakub -out=nothing", ""),
        ("ditc help rollb", "rollback"),
        ("ditc set b", "base"),
    ] {
        let offered = offers(line);
        assert!(offered.as_deref().is_none_or(|offered| offered == expected), "{line}: {offered:?}");
    }
}

#[test]
fn zsh_completes_paths_behind_a_flag() {
    let workspace = shop();
    // What zsh's completion would do with what it is told, in words.
    let stubs = "compdef() { }\n_describe() { print -l -- ${(P)4%%:*} }\n_files() { print -- \"files$@ of $PREFIX\" }\n\
        compset() { PREFIX=${PREFIX#*=} }\n";
    let offers = |words: &[&str]| {
        let words = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let script = format!(
            "{stubs}source <({DITC} completions zsh)\nwords=({DITC} {words})\nCURRENT=$#words\n\
             PREFIX=$words[-1]\n_ditc"
        );
        Some(in_shell(&workspace, "zsh", &["-f", "-c", &script])?.join(" "))
    };
    for (words, expected) in [
        (["plan", "-out=jak"].as_slice(), "files of jak"),
        (&["plan", "-out", "jak"], "files of jak"),
        (&["-chdir=env"], "files-/ of env"),
        (&["plan", "-target=jakub/N"], "-target=jakub/Namespace/jakub"),
        (&["help", "rollb"], "rollback"),
        (&["set", "b"], "base"),
    ] {
        let offered = offers(words);
        assert!(offered.as_deref().is_none_or(|offered| offered == expected), "{words:?}: {offered:?}");
    }
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
