//! The programs beside ditc, and what it is let in with elsewhere.

use crate::{
    render::text::Finding,
    settings,
    sources::{Tool, is_working_copy, version},
};

use super::super::desk::Desk;

/// Where a token for GitHub is looked for.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

pub(super) fn look(desk: &Desk<'_>, findings: &mut Vec<Finding>) {
    const GIT: &str = "Tags are not followed, and -changed-since does not work.";
    findings.push(match version("git", &["--version"]) {
        Tool::Version(version) => match is_working_copy(&desk.root()) {
            Some(true) => Finding::good("git", version),
            _ => {
                let text = format!("{version}; this workspace is in no working copy");
                let finding = Finding::note("git", text, "-changed-since does not work, and no run knows its commit.");
                finding.mend("git init, or work in a clone")
            }
        },
        Tool::Missing => Finding::note("git", "not found", GIT).mend("install git"),
        Tool::Broken(why) => Finding::note("git", format!("it does not run: {why}"), GIT).mend("install git anew"),
    });
    const HELM: &str = "Services that name a `chart` cannot be planned; all others can.";
    findings.push(match version("helm", &["version", "--short"]) {
        Tool::Version(version) => Finding::good("helm", version),
        Tool::Missing => {
            Finding::note("helm", "not found", HELM).mend("install helm 3.14 or newer, if a service needs it")
        }
        Tool::Broken(why) => Finding::note("helm", format!("it does not run: {why}"), HELM).mend("install helm anew"),
    });
    let found = TOKENS.iter().find(|name| settings::variable(name).is_some_and(|value| !value.is_empty()));
    findings.push(match found {
        // Never more than that.
        Some(name) => Finding::good("github", format!("a token is in {name}")),
        None => {
            let impact = "Private repositories are not read over the API, and public ones only 60 times an hour.";
            let text = format!("no token in {}", TOKENS.join(" or "));
            Finding::note("github", text, impact).mend("export GITHUB_TOKEN=$(gh auth token), where that is needed")
        }
    });
}
