//! A state without its entries, as both record and index keep it in their headers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Unreadable, entries, revision::RevisionV1};
use crate::{
    names::ComponentId,
    object::{Hash, ObjectKey},
    state::{ClusterId, Definition, Directory, Ended, Entry, Lineage, Operation, Project, Run, State, Version},
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeadV1 {
    cluster: String,
    environment: String,
    namespace: String,
    created_namespace: bool,
    lineage: String,
    serial: u64,
    components: BTreeMap<String, BTreeSet<String>>,
    /// What components stood at that follow a repository.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    revisions: BTreeMap<String, RevisionV1>,
    #[serde(default)]
    partial: bool,
    open: Option<RunV1>,
    #[serde(default)]
    last: Option<EndedV1>,
    /// Not known to the first ditcs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<ProjectV1>,
    written: String,
    count: u64,
    root: String,
}

#[derive(Serialize, Deserialize)]
struct ProjectV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beginning: Option<String>,
    /// Host and path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory: Option<(String, String)>,
}

impl From<&Project> for ProjectV1 {
    fn from(Project { repository, beginning, directory }: &Project) -> Self {
        let directory = directory.as_ref().map(|Directory { host, path }| (host.clone(), path.clone()));
        Self { repository: repository.clone(), beginning: beginning.clone(), directory }
    }
}

impl From<ProjectV1> for Project {
    fn from(ProjectV1 { repository, beginning, directory }: ProjectV1) -> Self {
        Self { repository, beginning, directory: directory.map(|(host, path)| Directory { host, path }) }
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RunV1 {
    id: String,
    operation: OperationV1,
    who: String,
    since: String,
    /// Not known to the first ditcs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionV1>,
}

/// Also in the history.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DefinitionV1 {
    commit: String,
    dirty: bool,
    /// Not known to the first ditcs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
}

impl From<&Definition> for DefinitionV1 {
    fn from(Definition { commit, is_dirty, project }: &Definition) -> Self {
        Self { commit: commit.clone(), dirty: *is_dirty, project: project.clone() }
    }
}

impl From<DefinitionV1> for Definition {
    fn from(DefinitionV1 { commit, dirty, project }: DefinitionV1) -> Self {
        Self { commit, is_dirty: dirty, project }
    }
}

#[derive(Serialize, Deserialize)]
struct EndedV1 {
    run: RunV1,
    complete: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum OperationV1 {
    Apply,
    Destroy,
}

impl From<Operation> for OperationV1 {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Apply => OperationV1::Apply,
            Operation::Destroy => OperationV1::Destroy,
        }
    }
}

impl From<OperationV1> for Operation {
    fn from(operation: OperationV1) -> Self {
        match operation {
            OperationV1::Apply => Operation::Apply,
            OperationV1::Destroy => Operation::Destroy,
        }
    }
}

impl From<&Run> for RunV1 {
    fn from(run: &Run) -> Self {
        let Run { id, operation, who, since, definition } = run;
        Self {
            id: id.clone(),
            operation: (*operation).into(),
            who: who.clone(),
            since: since.to_string(),
            definition: definition.as_ref().map(DefinitionV1::from),
        }
    }
}

impl RunV1 {
    pub(super) fn read(self, what: &'static str) -> Result<Run, Unreadable> {
        let RunV1 { id, operation, who, since, definition } = self;
        let definition = definition.map(Definition::from);
        Ok(Run { id, operation: operation.into(), who, since: parse(what, &since)?, definition })
    }
}

impl From<&Ended> for EndedV1 {
    fn from(Ended { run, complete }: &Ended) -> Self {
        Self { run: run.into(), complete: *complete }
    }
}

impl EndedV1 {
    fn read(self, what: &'static str) -> Result<Ended, Unreadable> {
        let EndedV1 { run, complete } = self;
        Ok(Ended { run: run.read(what)?, complete })
    }
}

/// Reads a name, time or address out of a text.
pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    what: &'static str,
    text: &str,
) -> Result<T, Unreadable> {
    text.parse().map_err(|error| Unreadable::Damaged { what, why: format!("{text:?}: {error}") })
}

impl HeadV1 {
    pub(super) fn new(state: &State, root: &Hash) -> Self {
        let State {
            version,
            cluster,
            environment,
            namespace,
            created_namespace,
            components,
            revisions,
            entries,
            partial,
            open,
            last,
            project,
            written,
        } = state;
        let Version { lineage, serial } = version;
        let components = components
            .iter()
            .map(|(id, needs)| (id.to_string(), needs.iter().map(ToString::to_string).collect()))
            .collect();
        Self {
            cluster: cluster.to_string(),
            environment: environment.to_string(),
            namespace: namespace.to_string(),
            created_namespace: *created_namespace,
            lineage: lineage.to_string(),
            serial: *serial,
            components,
            revisions: revisions.iter().map(|(id, revision)| (id.to_string(), revision.into())).collect(),
            partial: *partial,
            open: open.as_ref().map(RunV1::from),
            last: last.as_ref().map(EndedV1::from),
            project: project.as_ref().map(ProjectV1::from),
            written: written.to_string(),
            count: entries.len() as u64,
            root: root.to_string(),
        }
    }

    /// The state without its entries, and what these must come to.
    pub(super) fn read(self, what: &'static str) -> Result<Head, Unreadable> {
        let HeadV1 {
            cluster,
            environment,
            namespace,
            created_namespace,
            lineage,
            serial,
            components,
            revisions,
            partial,
            open,
            last,
            project,
            written,
            count,
            root,
        } = self;
        let component = |text: &str| parse::<ComponentId>(what, text);
        let components = components
            .iter()
            .map(|(id, needs)| {
                let needs: Result<BTreeSet<_>, _> = needs.iter().map(|id| component(id)).collect();
                Ok((component(id)?, needs?))
            })
            .collect::<Result<BTreeMap<_, _>, Unreadable>>()?;
        let bare = State {
            version: Version { lineage: Lineage(lineage), serial },
            cluster: ClusterId(cluster),
            environment: parse(what, &environment)?,
            namespace: parse(what, &namespace)?,
            created_namespace,
            components,
            revisions: revisions
                .into_iter()
                .map(|(id, revision)| Ok((component(&id)?, revision.read(what)?)))
                .collect::<Result<_, Unreadable>>()?,
            entries: BTreeMap::new(),
            partial,
            open: open.map(|run| run.read(what)).transpose()?,
            last: last.map(|ended| ended.read(what)).transpose()?,
            project: project.map(Project::from),
            written: parse(what, &written)?,
        };
        Ok(Head { bare, count, root: entries::hash(&root)? })
    }
}

/// A state whose entries are still to come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Head {
    pub(super) bare: State,
    pub(super) count: u64,
    pub(super) root: Hash,
}

impl Head {
    pub(super) fn with(self, entries: BTreeMap<ObjectKey, Entry>) -> State {
        State { entries, ..self.bare }
    }
}
