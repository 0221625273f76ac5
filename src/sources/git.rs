//! The user's own git as a process: asked for nothing on a terminal, given nothing that it could take for an option, and
//! stopped when it takes too long.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

use super::{Access, Said, access::Unreachable};
use crate::revision::TRANSPORTS;

/// What git may print; more is no answer to what is asked here. 10,000 tags are 2 MB.
const OUTPUT: u64 = 256 * 1024 * 1024;

/// What git did not do.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("starting git")]
    Start(#[source] std::io::Error),
    #[error("talking to git")]
    Talk(#[source] std::io::Error),
    #[error("git did not answer within {0:?}")]
    Slow(Duration),
    #[error("git answered with more than {OUTPUT} bytes")]
    TooMuch,
    #[error("git failed")]
    Failed(#[source] Said),
}

impl GitError {
    /// What may help, where git's own words tell.
    #[must_use]
    pub fn unreachable(&self) -> Unreachable {
        match self {
            GitError::Start(_) => Unreachable::NoGit,
            GitError::Talk(_) | GitError::TooMuch => Unreachable::Other,
            GitError::Slow(_) => Unreachable::Network,
            GitError::Failed(Said(text)) => Unreachable::of_git(text),
        }
    }
}

/// Runs git in a directory and gives what it prints.
///
/// # Errors
/// When it cannot be started, fails, takes too long or says too much.
pub(super) async fn git(
    access: &Access,
    directory: &Path,
    arguments: &[&str],
    input: &[u8],
) -> Result<Vec<u8>, GitError> {
    let mut command = match access.largest {
        None => Command::new("git"),
        // The shell's limit holds for all that git starts. A file that is too large is an error then, and no signal.
        Some(bytes) => {
            let mut command = Command::new("sh");
            let blocks = (bytes / 512).to_string();
            command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\" && exec git \"$@\"", &blocks]);
            command
        }
    };
    command.arg("-C").arg(directory);
    // Nothing of the user's files may run a program of a repository, or ask a person.
    command.args([
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "credential.interactive=false",
    ]);
    command.args(arguments);
    for variable in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "SSH_ASKPASS"]
    {
        command.env_remove(variable);
    }
    let ssh = access.ssh_command.as_deref().unwrap_or("ssh");
    command.envs([
        ("GIT_ALLOW_PROTOCOL", TRANSPORTS.join(":")),
        ("GIT_ASKPASS", String::new()),
        ("GIT_OPTIONAL_LOCKS", "0".to_owned()),
        ("GIT_SSH_COMMAND", format!("{ssh} -o BatchMode=yes")),
        ("GIT_TERMINAL_PROMPT", "0".to_owned()),
        ("GCM_INTERACTIVE", "never".to_owned()),
        ("LC_ALL", "C".to_owned()),
        ("SSH_ASKPASS_REQUIRE", "never".to_owned()),
    ]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(GitError::Start)?;
    let mut stdin = child.stdin.take().expect("it is piped");
    let stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take().expect("it is piped");
    let (mut out, mut said) = (Vec::new(), Vec::new());
    let talk = async {
        let write = async {
            // A git that ends before it has read everything says why on standard error.
            let _ = stdin.write_all(input).await;
            drop(stdin);
        };
        let mut bounded = (stdout.take(OUTPUT + 1), stderr.take(64 * 1024));
        let ((), read, heard) = tokio::join!(write, bounded.0.read_to_end(&mut out), bounded.1.read_to_end(&mut said));
        read.and(heard).map_err(GitError::Talk)?;
        drop(bounded);
        child.wait().await.map_err(GitError::Talk)
    };
    let Ok(status) = timeout(access.timeout, talk).await else { return Err(GitError::Slow(access.timeout)) };
    let status = status?;
    if out.len() as u64 > OUTPUT {
        return Err(GitError::TooMuch);
    }
    if !status.success() {
        return Err(GitError::Failed(said_by(&said)));
    }
    Ok(out)
}

/// What git complained about: its first line that is a complaint, without what it says of itself.
fn said_by(bytes: &[u8]) -> Said {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let complaint = lines.iter().find(|line| line.starts_with("fatal: ") || line.starts_with("ERROR: "));
    // What ssh says stands before git's own words, and says more than they do.
    // A warning is no reason.
    let first = lines.iter().find(|line| !line.starts_with("warning: ")).or(lines.first());
    let line = match (complaint, first) {
        (Some(complaint), Some(first)) if complaint.contains("Could not read from remote repository") => first,
        (Some(complaint), _) => complaint,
        (None, Some(first)) => first,
        (None, None) => "it says nothing",
    };
    let line = line.trim_start_matches("fatal: ").trim_start_matches("error: ");
    let line: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
    Said(line)
}

/// The next blob that `git cat-file --batch` gives: `ID blob SIZE`, a line end, as many bytes, a line end. None where it
/// gives something else, or ends too early.
pub(super) fn next_blob<'a>(rest: &mut &'a [u8], id: &str) -> Option<&'a [u8]> {
    let from = rest.iter().position(|byte| *byte == b'\n')? + 1;
    let head = std::str::from_utf8(&rest[..from - 1]).ok()?;
    let size: usize = head.strip_prefix(id)?.strip_prefix(" blob ")?.parse().ok()?;
    let bytes = rest.get(from..from + size)?;
    *rest = rest.get(from + size + 1..)?;
    Some(bytes)
}
