//! `ditc comment`: what was told of environments, where a team talks about them.

use std::path::PathBuf;

use clap::Args;

/// What the help of `ditc comment` begins with.
pub(super) const COMMENT: &str = "Post what -format markdown=FILE wrote to a pull request on GitHub: one comment for each environment, which \
    the next run changes in its place. In a workflow, all that is needed is known from GITHUB_REPOSITORY, \
    GITHUB_EVENT_PATH, GITHUB_SHA, GITHUB_API_URL and GITHUB_TOKEN (or GH_TOKEN, DITC_GITHUB_TOKEN); flags say it \
    elsewhere. The token needs `pull-requests: write`, with -status `statuses: write`, with -deployment `deployments: \
    write`.\n\nWhere `ditc plan --changed-since` or --all wrote the file, the comment of \
    an environment that has no changes any more says so.\n\nA run of a pull request from a fork gets no token that may write: that is told, and is no error.";

/// `ditc comment`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc plan --changed-since origin/main -format markdown=plan.md\n  ditc comment plan.md -status\n  \
        ditc comment apply.md -deployment -environment-url=https://jakub.dev\n  \
        ditc comment plan.md -repo=kooba/ditc -pr=12 -dry-run"
)]
pub struct Comment {
    /// Files that -format markdown=FILE wrote
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The pull request; without it that of the event, or the newest that holds the commit
    #[arg(long, value_name = "NUMBER")]
    pub pr: Option<u64>,
    /// The repository on GitHub
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub repo: Option<String>,
    /// The commit for -status and -deployment; without it that of the event
    #[arg(long, value_name = "SHA", value_parser = sha)]
    pub commit: Option<String>,
    /// Also set the status `ditc/ENV` of the commit
    #[arg(long)]
    pub status: bool,
    /// Also tell of a deployment to `ditc/ENV`, or after a destroy of its end
    #[arg(long)]
    pub deployment: bool,
    /// Where people reach the environment, for -deployment
    #[arg(long, value_name = "URL", requires = "deployment")]
    pub environment_url: Option<String>,
    /// Ask and write nothing, but print what would be posted
    #[arg(long)]
    pub dry_run: bool,
}

fn repository(text: &str) -> Result<String, String> {
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.chars().all(|c| c == '.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match text.split_once('/') {
        Some((owner, name)) if is_name(owner) && is_name(name) => Ok(text.to_owned()),
        _ => Err("write it as OWNER/NAME".to_owned()),
    }
}

fn sha(text: &str) -> Result<String, String> {
    let is_sha = (7..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_sha {
        Ok(text.to_owned())
    } else {
        Err("it is no commit: write 40 digits and letters from a to f".to_owned())
    }
}

/// Whether a text can be the name of a repository on GitHub.
#[must_use]
pub fn is_repository(text: &str) -> bool {
    repository(text).is_ok()
}

/// Whether a text can be a commit.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    sha(text).is_ok()
}
