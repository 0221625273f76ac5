//! The real kubectl: where it is, and a session of it in a namespace of its own.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use super::{Answers, plain, script::Group};
use crate::support::own_name;

/// What it prints changes with its version, and so do the answers.
const VERSION: &str = "v1.36.";

/// Seconds that one command may take: it waits for controllers of a loaded machine.
const PATIENCE: &str = "120";

pub(super) struct Kubectl(PathBuf);

impl Kubectl {
    /// `$KUBECTL`, else the test cluster's own where it is built, else the one in the path; or why there is none.
    #[expect(clippy::disallowed_methods, reason = "a test is told by the environment where kubectl is")]
    pub(super) fn find() -> Result<Self, String> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        let path = match variable("KUBECTL") {
            Some(path) => path,
            None if cache.is_some_and(|cache| is_built(&cache.join("ditc-test-cluster"))) => {
                Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/kubectl")
            }
            None => PathBuf::from("kubectl"),
        };
        let mut command = Command::new(&path);
        // The cluster's own asks for a kubeconfig; what it names is not looked at.
        command.args(["version", "--client", "--output=json"]).env("KUBECONFIG", "/dev/null");
        let output = command.output().map_err(|error| format!("there is no {}: {error}", path.display()))?;
        let version: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let version = version["clientVersion"]["gitVersion"].as_str().unwrap_or("of no version").to_owned();
        if !version.starts_with(VERSION) {
            return Err(format!("{} is {version}, the answers are of {VERSION}x", path.display()));
        }
        Ok(Self(path))
    }
}

fn is_built(cache: &Path) -> bool {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().join("kubectl").is_file())
}

/// A namespace, and a directory for what kubectl keeps; both go with the value, also when a test fails.
pub(super) struct Session {
    directory: tempfile::TempDir,
    namespace: String,
    nodes: Vec<String>,
}

impl Session {
    pub(super) fn open(kubectl: &Kubectl, kubeconfig: &str, group: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let namespace = own_name(&format!("e-{group}"));
        fs::write(directory.path().join("kubeconfig"), kubeconfig).expect("a file can be written");
        let program = directory.path().join("bin/kubectl");
        fs::create_dir(directory.path().join("bin")).expect("a directory can be made");
        let text = format!("#!/bin/sh\nexec '{}' --namespace \"${{KUBENS-$NS}}\" \"$@\"\n", kubectl.0.display());
        fs::write(&program, text).expect("a file can be written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let mut session = Self { directory, namespace, nodes: Vec::new() };
        // Every namespace gets these; a list that is asked before would lack them.
        session.succeed(
            "kubectl create namespace $NS && kubectl wait --for=create serviceaccount/default configmap/kube-root-ca.crt --timeout=60s",
        );
        let nodes = session.succeed("kubectl get nodes -o name");
        session.nodes = nodes.lines().filter_map(|line| line.strip_prefix("node/")).map(str::to_owned).collect();
        session
    }

    fn tell(&self, text: &str) -> Output {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.directory.path().join("bin").display());
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", PATIENCE, "bash", "-c", &text.replace("$NS", &self.namespace)]);
        command.current_dir(&self.directory).stdin(Stdio::null());
        command.envs([("PATH", path.as_str()), ("NS", &self.namespace)]);
        command.env("KUBECONFIG", self.directory.path().join("kubeconfig"));
        command.env("KUBECACHEDIR", self.directory.path().join("cache"));
        command.output().expect("bash and timeout are there")
    }

    /// What a command prints that has to succeed.
    fn succeed(&self, text: &str) -> String {
        let output = self.tell(text);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}\n{told}{}", String::from_utf8_lossy(&output.stderr));
        told
    }

    pub(super) fn run(&self, group: &Group) -> Answers {
        let mut answers = Answers::new();
        for command in &group.commands {
            if command.is_quiet {
                self.succeed(&command.text);
                continue;
            }
            let output = self.tell(&command.text);
            let plain = |bytes: &[u8]| plain::text(&String::from_utf8_lossy(bytes), &self.namespace, &self.nodes);
            let mut answer = match output.status.code() {
                Some(0) => String::new(),
                code => format!("exit code {}\n", json!(code)),
            };
            answer += &plain(&output.stdout);
            for line in plain(&output.stderr).lines() {
                answer = answer + "! " + line + "\n";
            }
            answers.insert(group.title(command), answer);
        }
        answers
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let kinds = "crd,pv,storageclass,priorityclass,ingressclass,clusterrole,clusterrolebinding";
        self.tell(&format!("kubectl delete {kinds} -l everyday=$NS --wait=false"));
        self.tell("kubectl delete namespace $NS --wait=false");
    }
}
