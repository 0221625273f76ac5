//! `ditc doctor`: what keeps ditc from working here. It looks at one thing after another, goes on behind every fault, and
//! writes nothing.

mod kept;
mod rights;
mod server;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cli,
    config::{self, check_all},
    diagnostic::Label,
    failure::{Exit, Failure},
    files,
    kinds::Kinds,
    names::EnvironmentName,
    render::{
        self,
        text::{Finding, Verdict},
    },
};

use super::{
    chosen::{Unknown, chosen},
    desk::Desk,
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Doctor) -> Result<Exit, Failure> {
    let mut findings = Vec::new();
    let mut workspace = workspace(desk, &mut findings);
    let environments = environments(desk, workspace.as_ref(), arguments)?;
    let context = workspace.as_ref().and_then(|workspace| workspace.settings.context.clone());
    let server = server::look(desk, context.as_deref(), &mut findings).await;
    if let Some(server) = &server
        && let Some(workspace) = &mut workspace
    {
        rights::look(desk, server, workspace, &environments, &mut findings).await;
    }
    kept::look(desk, server.as_ref().map(|server| &server.id), &environments, &mut findings);
    tools::look(desk, &mut findings);
    let is_healthy = findings.iter().all(|finding| finding.verdict != Verdict::Bad);
    desk.json(|| render::json::doctor(&findings));
    desk.text(|style| render::text::doctor(&findings, style));
    Ok(if is_healthy { Exit::Done } else { Exit::Error })
}

/// Reads the files; none where there is nothing to work with.
fn workspace(desk: &Desk<'_>, findings: &mut Vec<Finding>) -> Option<config::Workspace> {
    const SUBJECT: &str = "workspace";
    let root = desk.root();
    let files: BTreeMap<String, Vec<u8>> = match files::read_workspace(&root) {
        Ok(files) => files,
        Err(error) => {
            let why = crate::failure::chain(&error).join(": ");
            findings.push(Finding::bad(SUBJECT, why, "Nothing can be planned.").mend("read the files as this user"));
            return None;
        }
    };
    if !files.keys().any(|path| path.starts_with("environments/")) {
        const IMPACT: &str = "Nothing can be planned.";
        let new = format!("ditc new NAME{}", chdir(desk));
        findings.push(match files::is_directory(&root.join("environments")) {
            true => Finding::bad(SUBJECT, format!("environments/ of {} is empty", root.display()), IMPACT)
                .mend(format!("`{new}` writes the first")),
            false => {
                Finding::bad(SUBJECT, format!("{} is no workspace: it has no environments/", root.display()), IMPACT)
                    .mend("go to the directory that holds environments/, or name it with -chdir=DIR")
                    .mend(format!("mkdir environments, then `{new}`, begins one"))
            }
        });
        return None;
    }
    let mut workspace = config::parse(&files);
    let checked = check_all(&mut workspace, &Kinds::builtin());
    findings.push(match checked.mistakes.split_first() {
        None => Finding::good(
            SUBJECT,
            format!(
                "{} and {}, without a mistake",
                counted(checked.environments, "environment"),
                counted(checked.modules, "module")
            ),
        ),
        Some((first, rest)) => {
            let place = first.label.as_ref().map(|Label { span, .. }| workspace.sources.locate(span));
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            let text = format!("{}; the first: {place}{}", counted(rest.len() + 1, "mistake"), first.summary);
            let finding = Finding::bad(SUBJECT, text, "What they concern cannot be planned.");
            finding.mend(format!("ditc validate{} shows each under its line", chdir(desk)))
        }
    });
    let surroundings = desk.settings.variables.clone();
    workspace.give(&config::Given { surroundings, ..Default::default() });
    Some(workspace)
}

fn environments(
    desk: &Desk<'_>,
    workspace: Option<&config::Workspace>,
    arguments: &cli::Doctor,
) -> Result<BTreeSet<EnvironmentName>, Failure> {
    let Some(workspace) = workspace else { return Ok(BTreeSet::new()) };
    let meant = cli::Meant { patterns: arguments.environments.clone(), several: cli::Several::default() };
    Ok(chosen(desk, workspace, &meant, &cli::Variables::default(), Unknown::Refused)?.environments)
}

/// `1 environment`, `3 environments`
fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The flag that leads to the same workspace again.
fn chdir(desk: &Desk<'_>) -> String {
    let directory = desk.global.chdir.as_ref().map(|directory| cli::quoted(&directory.display().to_string()));
    directory.map(|directory| format!(" --chdir={directory}")).unwrap_or_default()
}

/// A failure of something that was looked at.
fn failed(subject: &'static str, failure: &Failure, impact: &str) -> Finding {
    let mut texts = vec![failure.message.clone()];
    texts.extend(failure.causes.clone());
    let finding = Finding::bad(subject, texts.join(": "), impact);
    failure.hints.iter().fold(finding, |finding, hint| finding.mend(hint.as_str()))
}
