//! What every command takes: which cluster, which directory, which form of output.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{duration, quoted};

/// Flags that every command takes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Global {
    /// Use the built-in cluster in state/sandbox instead of a real one
    #[arg(long, global = true, help_heading = "Cluster",
        conflicts_with_all = ["context", "cluster", "user", "server", "kubeconfig", "impersonate", "impersonate_group"])]
    pub sandbox: bool,
    /// The kubeconfig context to use
    #[arg(long, global = true, help_heading = "Cluster", value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig cluster to use
    #[arg(long, global = true, help_heading = "Cluster", value_name = "NAME")]
    pub cluster: Option<String>,
    /// The kubeconfig user to use
    #[arg(long, global = true, help_heading = "Cluster", value_name = "NAME")]
    pub user: Option<String>,
    /// The address of the API server, instead of the kubeconfig's
    #[arg(long, global = true, help_heading = "Cluster", value_name = "URL", value_parser = address)]
    pub server: Option<String>,
    /// The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, help_heading = "Cluster", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The user to act as
    #[arg(long = "as", global = true, help_heading = "Cluster", value_name = "USER")]
    pub impersonate: Option<String>,
    /// A group to act as; may be given several times
    #[arg(long = "as-group", global = true, help_heading = "Cluster", value_name = "GROUP")]
    pub impersonate_group: Vec<String>,
    /// How long one request may take, such as 30s
    #[arg(long, global = true, help_heading = "Cluster", value_name = "DURATION", value_parser = duration::parse)]
    pub request_timeout: Option<Duration>,
    /// Work in this directory instead of the current one
    #[arg(long, global = true, help_heading = "Output", value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// Print no colours
    #[arg(long, global = true, help_heading = "Output")]
    pub no_color: bool,
    /// Print JSON on standard output
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Print no progress, only results and errors
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Taken since Terraform takes it: a warning of ditc is one line.
    #[arg(long, global = true, hide = true)]
    pub compact_warnings: bool,
}

/// The address of a server.
fn address(text: &str) -> Result<String, String> {
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace);
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if has_host(rest) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("write it as https://HOST:PORT".to_owned()),
    }
}

impl Global {
    /// The flags that lead to the same cluster again, for commands that are proposed to people.
    #[must_use]
    pub fn repeat(&self) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let mut flags = String::new();
        if self.sandbox {
            flags.push_str(" --sandbox");
        }
        for (name, value) in [
            ("--context", self.context.clone()),
            ("--cluster", self.cluster.clone()),
            ("--user", self.user.clone()),
            ("--server", self.server.clone()),
            ("--kubeconfig", path(&self.kubeconfig)),
            ("--as", self.impersonate.clone()),
            ("--chdir", path(&self.chdir)),
        ] {
            if let Some(value) = value {
                flags.push_str(&format!(" {name}={}", quoted(&value)));
            }
        }
        for group in &self.impersonate_group {
            flags.push_str(&format!(" --as-group={}", quoted(group)));
        }
        flags
    }
}
