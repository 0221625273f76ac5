//! The door to Helm: renders a chart to texts. It reads no cluster and no network, knows nothing of what the texts mean,
//! and leaves nothing behind.
//!
//! Helm is a process of its own, in a directory of its own that goes away with it, with no variable of ours but `PATH`:
//! what it makes of a chart depends on the chart, the values and the versions alone.

mod said;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};

use crate::files;

pub use said::Refusal;

/// The most that Helm may print. The largest chart known here makes 2 MB, custom kinds included.
const OUTPUT: u64 = 16 << 20;
/// The most that is read of what it says on standard error.
const SAID: u64 = 64 << 10;
/// How long it may take to tell its version.
const VERSION: Duration = Duration::from_secs(20);
/// An address at which nobody answers: what asks a network is told so at once.
const NO_NETWORK: &str = "http://127.0.0.1:9";

/// A Helm that was found.
#[derive(Debug, Clone)]
pub struct Helm {
    /// As it calls itself: `v4.2.3`.
    pub version: String,
    /// Where programs are looked for.
    path: Vec<u8>,
    /// Where directories are made for it.
    scratch: PathBuf,
}

/// What is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// The chart's files by their path in it.
    pub files: &'a BTreeMap<String, Vec<u8>>,
    pub release: &'a str,
    pub namespace: &'a str,
    pub values: &'a Value,
    /// The version of Kubernetes that templates see.
    pub kubernetes: &'a str,
    /// The versions of groups, and the kinds in them, that templates see: `apps/v1`, `apps/v1/Deployment`.
    pub served: &'a [String],
    pub timeout: Duration,
}

/// Why there are no texts. What Helm says against a chart is no error but an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no program `helm` on the PATH")]
    NoHelm,
    #[error("`helm` calls itself {0:?}; ditc works with Helm 3 and 4")]
    Unknown(String),
    #[error("starting helm")]
    Start(#[source] io::Error),
    #[error("reading what helm prints")]
    Read(#[source] io::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
}

/// What Helm answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Texts by the path of their template in the chart.
    Texts(BTreeMap<String, String>),
    Refused(Refusal),
}

impl Helm {
    /// Finds the program and asks its version. `scratch` is a directory that need not be there.
    ///
    /// # Errors
    /// When there is none, or one that is too old or too new.
    pub async fn find(path: Vec<u8>, scratch: PathBuf) -> Result<Self, Error> {
        let helm = Self { version: String::new(), path, scratch };
        let directory = files::Scratch::make(&helm.scratch)?;
        let asked = helm.run(&directory, &["version", "--template", "{{.Version}}"], VERSION).await?;
        let Run::Ended { status, out, .. } = asked else { return Err(Error::Unknown("nothing".to_owned())) };
        let version = String::from_utf8_lossy(&out).trim().to_owned();
        let is_known = status.success() && ["v3.", "v4."].iter().any(|known| version.starts_with(known));
        if is_known { Ok(Self { version, ..helm }) } else { Err(Error::Unknown(cut(&version))) }
    }

    /// Renders a chart.
    ///
    /// # Errors
    /// When Helm cannot be run, or the disk refuses.
    pub async fn template(&self, chart: Chart<'_>) -> Result<Answer, Error> {
        let directory = files::Scratch::make(&self.scratch)?;
        let home = directory.path().join("chart");
        files::write_tree(&home, chart.files)?;
        let values = BTreeMap::from([("values.json".to_owned(), chart.values.to_string().into_bytes())]);
        files::write_tree(directory.path(), &values)?;
        let place = home.to_string_lossy().into_owned();
        let values = directory.path().join("values.json").to_string_lossy().into_owned();
        let mut arguments = vec!["template", chart.release, &place, "--namespace", chart.namespace];
        arguments.extend(["--values", &values, "--include-crds", "--kube-version", chart.kubernetes]);
        let served = chart.served.join(",");
        if !served.is_empty() {
            arguments.extend(["--api-versions", &served]);
        }
        let refused = |message: String| Ok(Answer::Refused(Refusal { message, place: None }));
        match self.run(&directory, &arguments, chart.timeout).await? {
            Run::TooLong => {
                refused(format!("it was not rendered within {} s, and was stopped", chart.timeout.as_secs()))
            }
            Run::TooMuch => refused(format!("it makes more than {} MB of text, and was stopped", OUTPUT >> 20)),
            Run::Ended { status, out, .. } if status.success() => match String::from_utf8(out) {
                Ok(text) => Ok(Answer::Texts(said::split(&text))),
                Err(_) => refused("what it makes is no text".to_owned()),
            },
            Run::Ended { said, .. } => {
                let said = String::from_utf8_lossy(&said).replace(&place, "chart");
                Ok(Answer::Refused(said::refusal(&said, chart.files)))
            }
        }
    }

    async fn run(&self, directory: &files::Scratch, arguments: &[&str], limit: Duration) -> Result<Run, Error> {
        let home = directory.path();
        let mut command = Command::new("helm");
        command.args(arguments).current_dir(home).env_clear().env("PATH", os(&self.path)).env("HOME", home);
        for (variable, inner) in
            [("HELM_CACHE_HOME", "cache"), ("HELM_CONFIG_HOME", "config"), ("HELM_DATA_HOME", "data"), ("TMPDIR", "")]
        {
            command.env(variable, home.join(inner));
        }
        command.env("KUBECONFIG", home.join("kubeconfig"));
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
            command.env(variable, NO_NETWORK);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).process_group(0);
        let mut child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NoHelm,
            _ => Error::Start(source),
        })?;
        let (out, said) = (child.stdout.take().expect("it is piped"), child.stderr.take().expect("it is piped"));
        let work = async {
            let (out, said) = tokio::try_join!(read(out, OUTPUT + 1), heard(said))?;
            if out.len() as u64 > OUTPUT {
                return Ok(Run::TooMuch);
            }
            let status = child.wait().await?;
            Ok(Run::Ended { status, out, said })
        };
        let ended = timeout(limit, work).await;
        if !matches!(ended, Ok(Ok(Run::Ended { .. }))) {
            // Whatever it does, it does it no longer; the directory goes away below it.
            child.kill().await.map_err(Error::Start)?;
        }
        ended.unwrap_or(Ok(Run::TooLong)).map_err(Error::Read)
    }
}

/// How a run of Helm came to its end.
enum Run {
    Ended { status: ExitStatus, out: Vec<u8>, said: Vec<u8> },
    TooLong,
    TooMuch,
}

/// Reads to the end, or as much as is wanted.
async fn read(stream: impl AsyncRead + Unpin, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(limit).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// The beginning of what it says. All of it is read: a program that nobody listens to any more is ended by that.
async fn heard(mut stream: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let said = read(&mut stream, SAID).await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(said)
}

fn os(bytes: &[u8]) -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

/// The beginning of what a program said, on one line.
fn cut(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}
