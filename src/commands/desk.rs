//! Where a command works: the workspace's files, what surrounds them, and where it speaks.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::OnceLock,
};

use crate::{
    address::Address,
    cli::{self, Global},
    cluster::Warned,
    config,
    failure::{Failure, FailureKind},
    files,
    kinds::Kinds,
    names::EnvironmentName,
    object::ObjectKey,
    render::{self, Detail, Style},
    settings::Settings,
    sources,
    state::{Definition, Directory, Operation, Project},
    terminal::Terminal,
};

use super::forms::Forms;

/// What defines the environments of a workspace.
pub(super) const PLACES: [&str; 3] = ["ditc.toml", "environments", "modules"];

/// More components of one name than these are counted.
const CALLED: usize = 4;

/// Where a command works: what was typed, what surrounds it, and where it speaks.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub global: &'a Global,
    pub settings: &'a Settings,
    pub terminal: &'a Terminal,
    pub forms: &'a Forms,
    pub git: &'a Git,
    pub detail: Detail,
}

/// What git says of the workspace, asked once in a run, when somebody wants to know it.
#[derive(Default)]
pub(super) struct Git {
    repository: OnceLock<Option<String>>,
    beginning: OnceLock<Option<String>>,
}

/// Where the workspace lies.
pub(super) fn root(global: &Global, settings: &Settings) -> PathBuf {
    match &global.chdir {
        Some(directory) => settings.directory.join(directory),
        None => settings.directory.clone(),
    }
}

impl Desk<'_> {
    /// Tells machines, where any listens.
    pub(super) fn json(&self, text: impl FnOnce() -> String) {
        if self.terminal.wants_json() {
            self.terminal.json(&text());
        }
    }

    /// Tells people, unless machines have standard output.
    pub(super) fn text(&self, text: impl FnOnce(Style) -> String) {
        if self.terminal.wants_text() {
            self.terminal.out(&text(self.terminal.out_style));
        }
    }

    /// The workspace's directory.
    pub(super) fn root(&self) -> PathBuf {
        root(self.global, self.settings)
    }

    /// Reads and parses all files of the workspace; mistakes in them are kept for whom they concern.
    pub(super) fn workspace(&self) -> Result<config::Workspace, Failure> {
        let mut workspace = config::parse(&self.workspace_files()?);
        let surroundings = self.settings.variables.clone();
        workspace.give(&config::Given { surroundings, ..Default::default() });
        Ok(workspace)
    }

    /// All files of the workspace, by path relative to it.
    pub(super) fn workspace_files(&self) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let root = self.root();
        let files = files::read_workspace(&root)?;
        if !files.keys().any(|path| path.starts_with("environments/")) {
            let message = format!("{} is no workspace: it has no environments", root.display());
            let hint = "go to the directory that holds environments/, or name it with -chdir=DIR";
            return Err(Failure::new(FailureKind::Config, message).hint(hint));
        }
        Ok(files)
    }

    /// The commit that the files stand at; none where no git knows them.
    pub(super) fn definition(&self) -> Option<Definition> {
        let sources::Standing { commit, is_dirty } = sources::standing(&self.root(), &PLACES)?;
        Some(Definition { commit, is_dirty, project: self.repository() })
    }

    /// Where the workspace was cloned from; none where that is no place for everybody.
    fn repository(&self) -> Option<String> {
        self.git.repository.get_or_init(|| sources::project(&self.root())).clone()
    }

    /// The first commit of the history that the workspace is at.
    pub(super) fn beginning(&self) -> Option<String> {
        self.git.beginning.get_or_init(|| sources::beginning(&self.root())).clone()
    }

    /// The project that the workspace belongs to, by all that tells it from others.
    pub(super) fn project(&self) -> Project {
        let root = self.root();
        let repository = self.repository();
        let beginning = if repository.is_none() { self.beginning() } else { None };
        // Without `.` and `..`, where the disk tells.
        let path = files::resolved(&root).unwrap_or(root).display().to_string();
        let directory = Some(Directory { host: self.settings.host.clone(), path });
        Project { repository, beginning, directory }
    }

    /// The workspace with the values that flags give. To be destroyed, an environment needs none.
    pub(super) fn workspace_for(
        &self,
        operation: Operation,
        variables: &cli::Variables,
    ) -> Result<config::Workspace, Failure> {
        let mut workspace = self.workspace()?;
        if operation == Operation::Apply {
            workspace.give(&self.given(variables)?);
        }
        Ok(workspace)
    }

    /// Warns of process variables that give values which none of these environments asks for.
    pub(super) fn tell_unheeded(
        &self,
        workspace: &config::Workspace,
        environments: &BTreeSet<EnvironmentName>,
        operation: Operation,
    ) {
        if !self.terminal.wants_text() || operation == Operation::Destroy {
            return;
        }
        let mut unheeded: Option<BTreeSet<String>> = None;
        for environment in environments {
            let here = workspace.unheeded(environment).into_iter().collect();
            unheeded = Some(match unheeded {
                None => here,
                Some(before) => before.intersection(&here).cloned().collect(),
            });
        }
        let who = match environments.first() {
            Some(only) if environments.len() == 1 => format!("environment {only}"),
            _ => "none of the environments".to_owned(),
        };
        for variable in unheeded.into_iter().flatten() {
            let text = match environments.len() {
                1 => format!("{variable} is set, but {who} declares no such variable"),
                _ => format!("{variable} is set, but {who} declares such a variable"),
            };
            self.terminal.status(&render::text::warning(&text, self.terminal.status_style));
        }
    }

    /// The workspace, once it is known that an environment's files hold no mistake that shows without a cluster.
    pub(super) fn sound_workspace(
        &self,
        environment: &EnvironmentName,
        variables: &cli::Variables,
    ) -> Result<config::Workspace, Failure> {
        let mut workspace = self.workspace_for(Operation::Apply, variables)?;
        self.tell_unheeded(&workspace, &BTreeSet::from([environment.clone()]), Operation::Apply);
        match config::outline(&mut workspace, environment, &Kinds::builtin()) {
            Err(mut mistakes) if mistakes.unknown_kinds.is_empty() => {
                if let (Err(_), [unknown]) = (workspace.find(environment), mistakes.diagnostics.as_mut_slice()) {
                    let called = workspace.called(environment.as_str());
                    unknown.help.splice(0..0, component_meant(&called));
                }
                Err(Failure::in_files(workspace.sources, mistakes.diagnostics))
            }
            // A kind that Kubernetes itself does not have is for the cluster to know.
            Ok(_) | Err(_) => Ok(workspace),
        }
    }

    /// What flags say about variables; paths are relative to the workspace.
    pub(super) fn given(&self, variables: &cli::Variables) -> Result<config::Given, Failure> {
        let mut files = Vec::new();
        for path in &variables.var_file {
            let shown = path.display().to_string();
            let Some(bytes) = files::read(&self.root().join(path), files::FILE_LIMIT)? else {
                let failure =
                    Failure::new(FailureKind::Usage, format!("there is no file {shown} to take variables from"));
                return Err(failure.hint("it is looked for in the workspace's directory"));
            };
            files.push((shown, bytes));
        }
        Ok(config::Given { surroundings: BTreeMap::new(), files, flags: variables.var.clone() })
    }

    /// What the server warned about, each thing once, with how many objects it is about.
    pub(super) fn warn(&self, warnings: &[Warned]) {
        let mut about: BTreeMap<&str, BTreeSet<&ObjectKey>> = BTreeMap::new();
        for Warned { key, text } in warnings {
            about.entry(text).or_default().insert(key);
        }
        if !self.terminal.wants_text() {
            return;
        }
        for (text, keys) in about {
            let Some(first) = keys.first() else { continue };
            let whose = match keys.len() {
                1 => first.to_string(),
                count => format!("{first} and {} more", count - 1),
            };
            self.terminal.status(&render::text::warning(&format!("{whose}: {text}"), self.terminal.status_style));
        }
    }
}

/// What is said where somebody named a component as if it were an environment.
fn component_meant(called: &[Address]) -> Option<String> {
    let shown: Vec<String> = called.iter().take(CALLED).map(|address| format!("`{address}`")).collect();
    let more = called.len().saturating_sub(CALLED);
    match shown.as_slice() {
        [] => None,
        [one] => Some(format!("did you mean the component {one}?")),
        _ if more > 0 => Some(format!("did you mean one of the components {} (or {more} more)?", shown.join(", "))),
        [first @ .., last] => Some(format!("did you mean one of the components {} or {last}?", first.join(", "))),
    }
}
