//! `ditc rollback`: a plan towards the files of an earlier run, as git has them, and then as `ditc apply`. The working tree
//! stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cli,
    config::{self, outline},
    failure::{Exit, Failure, FailureKind},
    files,
    kinds::Kinds,
    names::EnvironmentName,
    render::{self, text::PastRun},
    sources,
    state::{Definition, Operation},
};

use super::{
    super::{
        desk::Desk,
        history::past,
        link::Link,
        references::{Past, lock_path},
    },
    Hold, look_and_do,
};

pub(in crate::commands) async fn rollback(desk: &Desk<'_>, arguments: &cli::Rollback) -> Result<Exit, Failure> {
    let cli::Rollback { environment, serial, run: flags, variables, choose } = arguments;
    let today = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), today.settings.context.as_deref()).await?;
    let runs = past(desk, &mut link, &today, environment).await?;
    // A destroy leaves no record behind, and so no number of its own.
    let numbered = runs.iter().filter(|run| run.serial == *serial && run.operation == Operation::Apply);
    let (run, definition) = to(desk, environment, *serial, &numbered.collect::<Vec<_>>())?;
    let (mut workspace, lock) = workspace_at(desk, environment, &definition, variables)?;
    let only = BTreeSet::from([environment.clone()]);
    link.look_up(desk, &mut workspace, &only, Operation::Apply, variables, Some(&lock)).await?;
    desk.text(|style| render::text::rolling_back(environment, run, &definition, style));
    let mut hold = Hold::take(desk, flags, link, environment, Operation::Apply, Some(definition))?;
    hold.flags.push_str(&variables.repeat());
    look_and_do(desk, flags, hold, workspace, &choose.into()).await
}

/// The commit of a run that can be gone back to.
fn to<'a>(
    desk: &Desk<'_>,
    environment: &EnvironmentName,
    serial: u64,
    numbered: &[&'a PastRun],
) -> Result<(&'a PastRun, Definition), Failure> {
    let flags = desk.global.repeat();
    let refuse = |message: String| Failure::new(FailureKind::Usage, message);
    let listed = format!("ditc history {environment}{flags} lists the runs, with their commits");
    let run = match *numbered {
        [run] => run,
        [] => {
            return Err(refuse(format!("no run {serial} of environment {environment} is known here")).hint(listed));
        }
        // Records that were begun in different places count for themselves.
        [..] => {
            let times: Vec<String> = numbered.iter().map(|run| format!("{:.0}", run.at)).collect();
            let message =
                format!("several runs of environment {environment} have the number {serial}: of {}", times.join(", "));
            let way = format!("git checkout COMMIT -- environments/{environment}.toml, and plan");
            return Err(refuse(message).hint(listed).hint(way));
        }
    };
    match &run.definition {
        Some(definition @ Definition { is_dirty: false, commit: _, project: _ }) => Ok((run, definition.clone())),
        Some(definition) => {
            let short = definition.short();
            let message = format!(
                "run {serial} was made from files that no commit holds: they differed from {short} when it ran"
            );
            Err(refuse(message).hint(listed).hint(format!("git diff {short} shows what differs from that commit now")))
        }
        None => {
            let message = format!("run {serial} does not say from which commit its files were");
            Err(refuse(message).hint("it was made outside of a git working copy, or by an older ditc").hint(listed))
        }
    }
}

/// The workspace and the environment's lock file as a commit has them, with the `ditc.toml` of today: which cluster, and
/// what is allowed there, is no matter of the past.
fn workspace_at(
    desk: &Desk<'_>,
    environment: &EnvironmentName,
    definition: &Definition,
    variables: &cli::Variables,
) -> Result<(config::Workspace, Past), Failure> {
    let (root, commit) = (desk.root(), &definition.commit);
    let mut texts: BTreeMap<String, Vec<u8>> =
        sources::files_at(&root, commit, &["environments", "modules"]).map_err(|error| match error {
            sources::Error::UnknownCommit(_) => Failure::from_error(FailureKind::Files, &error)
                .hint(format!("git fetch origin {commit} brings it, if it was ever pushed"))
                .hint("a clone in CI often holds one commit alone: let it fetch the whole history (fetch-depth: 0)"),
            error => error.into(),
        })?;
    let lock = texts.remove(&lock_path(environment).display().to_string());
    texts.retain(|path, _| files::is_definition(path));
    if let Some(today) = files::read_workspace(&root)?.remove("ditc.toml") {
        texts.insert("ditc.toml".to_owned(), today);
    }
    let mut workspace = config::parse(&texts);
    let surroundings = desk.settings.variables.clone();
    workspace.give(&config::Given { surroundings, ..desk.given(variables)? });
    match outline(&mut workspace, environment, &Kinds::builtin()) {
        Err(mistakes) if mistakes.unknown_kinds.is_empty() => {
            let failure = Failure::in_files(workspace.sources, mistakes.diagnostics);
            let short = definition.short();
            Err(failure.hint(format!("these are the files of commit {short}; those of today are as they were")))
        }
        // A kind that Kubernetes itself does not have is for the cluster to know.
        Ok(_) | Err(_) => Ok((workspace, lock)),
    }
}
