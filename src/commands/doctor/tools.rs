//! The programs beside ditc, and what it is let in with elsewhere.

use crate::{
    render::text::Finding,
    sources::{Tool, is_working_copy, version},
};

use super::super::desk::Desk;

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
    findings.push(match &desk.settings.github {
        Some(login) => Finding::good("github", login.to_string()),
        None => {
            let impact = "Unless gh auth token knows one, private repositories are not read over the API, and public \
                ones only 60 times an hour.";
            let text = "no token in DITC_GITHUB_TOKEN, GH_TOKEN or GITHUB_TOKEN";
            Finding::note("github", text, impact).mend("gh auth login, where that is needed; or set one of them")
        }
    });
}
