//! Repositories that git reaches by a URL.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use super::*;

/// `git daemon` on loopback. It dies with the value.
pub(super) struct Daemon {
    child: Child,
    pub(super) port: u16,
}

impl Daemon {
    /// Serves all repositories of a workspace.
    pub(super) fn of(workspace: &Workspace) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound").port();
        // Itself and not `git daemon`, which would outlive the process that started it.
        let path = Command::new("git").arg("--exec-path").output().expect("git can be started").stdout;
        let path = PathBuf::from(String::from_utf8(path).expect("a path").trim());
        let mut command = Command::new(path.join("git-daemon"));
        command.args(["--export-all", "--listen=127.0.0.1", "--reuseaddr"]).arg(format!("--port={port}"));
        command.arg(format!("--base-path={}", workspace.root().display())).stderr(Stdio::null());
        let child = command.spawn().expect("git can be started");
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "git daemon does not listen");
            std::thread::yield_now();
        }
        Self { child, port }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_repository_is_followed_by_its_url() {
    let (workspace, orders) = demo();
    let file = format!("file://{}", orders.root.display());
    workspace.edit("environments/demo.toml", "./orders", &file);
    runs(&workspace, &orders.commit_of("dev"));
    orders.commit("second");
    orders.git("tag --force --annotate --message=x dev");
    let daemon = Daemon::of(&workspace);
    workspace.edit("environments/demo.toml", &file, &format!("git://127.0.0.1:{}/orders", daemon.port));
    runs(&workspace, &orders.commit_of("main"));
    let port = daemon.port;
    drop(daemon);
    let told = workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing();
    crate::support::check(
        told.error.replace(&port.to_string(), "[PORT]"),
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "git://127.0.0.1:[PORT]/orders"
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking git://127.0.0.1:[PORT]/orders for tag dev failed: git failed:
          unable to connect to 127.0.0.1:
  = help: try again; or keep to what is known: add -offline, which takes commits
          from the lock file

1 error

"#]],
    );
}

#[test]
fn a_repository_that_is_not_there_is_told() {
    let (workspace, orders) = demo();
    let daemon = Daemon::of(&workspace);
    workspace.edit("environments/demo.toml", "./orders", &format!("git://127.0.0.1:{}/nowhere", daemon.port));
    let told = workspace.ditc("plan demo --sandbox").exits(1).out("").wrote_nothing();
    crate::support::check(
        told.error.replace(&daemon.port.to_string(), "[PORT]"),
        str![[r#"
error: repository not reached
 --> environments/demo.toml:2:9
  |
2 | repo  = "git://127.0.0.1:[PORT]/nowhere"
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ its commit is not known
  |
  = note: asking git://127.0.0.1:[PORT]/nowhere for tag dev failed: git failed:
          remote error: access denied or repository not exported: /nowhere
  = help: look at the spelling; a repository that you may not see looks as if it
          were not there

1 error

"#]],
    );
    drop(orders);
}
