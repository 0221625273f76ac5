//! What GitHub Actions tells a step of itself, by its variables
//! (<https://docs.github.com/actions/reference/workflows-and-actions/variables>). Nothing is read that is not named here.

use std::path::PathBuf;

/// A step of a workflow; all is empty elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actions {
    /// `GITHUB_WORKSPACE`: where the repository is checked out.
    pub workspace: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: the file whose Markdown is shown on the page of the run.
    pub summary: Option<PathBuf>,
    /// `GITHUB_OUTPUT`: the file that takes the outputs of the step.
    pub outputs: Option<PathBuf>,
    /// `GITHUB_REPOSITORY`: `OWNER/NAME`.
    pub repository: Option<String>,
    /// `GITHUB_EVENT_PATH`: the file that holds what happened.
    pub event: Option<PathBuf>,
    /// `GITHUB_SHA`: the commit that is checked out, which of a pull request is a merge that nobody made.
    pub commit: Option<String>,
    /// `GITHUB_API_URL`
    pub api: Option<String>,
    /// `GITHUB_SERVER_URL`
    pub server: Option<String>,
    /// `GITHUB_RUN_ID`
    pub run: Option<String>,
}

impl Actions {
    pub(super) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let path = |name| get(name).map(PathBuf::from);
        Self {
            workspace: path("GITHUB_WORKSPACE"),
            summary: path("GITHUB_STEP_SUMMARY"),
            outputs: path("GITHUB_OUTPUT"),
            repository: get("GITHUB_REPOSITORY"),
            event: path("GITHUB_EVENT_PATH"),
            commit: get("GITHUB_SHA"),
            api: get("GITHUB_API_URL"),
            server: get("GITHUB_SERVER_URL"),
            run: get("GITHUB_RUN_ID"),
        }
    }
}
