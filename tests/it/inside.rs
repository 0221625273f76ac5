//! `ditc exec` and `ditc port-forward`: what is refused before anything is reached, and what is reached where there is a node.

use snapbox::str;

use crate::support::Workspace;

#[test]
fn nothing_runs_in_the_box() {
    let workspace = Workspace::of("//- environments/demo.toml\n[services.web]\nimage = \"whoami:v1\"\n");
    workspace.ditc("exec demo/web --sandbox -- env").exits(1).out("").error(str![[r#"
error: no process runs in the built-in cluster, so there is nothing to run a
  command in
  hint: it needs a real cluster: leave out --sandbox

"#]]);
    workspace.ditc("port-forward demo web 8080:80 --sandbox").exits(1).out("").error(str![[r#"
error: no process runs in the built-in cluster, so there is nothing to connect
  to
  hint: it needs a real cluster: leave out --sandbox

"#]]);
}

#[test]
fn nothing_runs_in_the_box_where_it_is_served_either() {
    let workspace = Workspace::of("//- environments/demo.toml\n[services.web]\nimage = \"whoami:v1\"\n");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let mut serve = workspace.start("sandbox serve");
    serve.wait_for("kubectl get all -A\n");
    let told = workspace.ditc("exec demo/web --kubeconfig state/sandbox/kubeconfig -- env").exits(1).out("");
    told.error(str![[r#"
error: no process runs in the built-in cluster, so there is nothing to run a
  command in
  hint: it needs a real cluster: KUBECONFIG or -context leads to a `ditc sandbox
    serve`

"#]]);
    serve.interrupt();
    serve.end().exits(0);
}

#[test]
fn a_terminal_is_given_only_where_there_is_one() {
    let workspace = Workspace::of("//- environments/demo.toml\n[services.web]\nimage = \"whoami:v1\"\n");
    workspace.ditc("exec demo/web -it -- sh").exits(1).out("").error(str![[r#"
error: -t gives the command a terminal, and there is none here
  hint: leave out -t

"#]]);
}
