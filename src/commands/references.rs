//! Which commits services stand at: from the lock file, or from their repositories. What cannot be found out becomes a
//! complaint under the line that asks for it, and stops the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use crate::{
    cli,
    config::{self, Lock, Locked, Tracked},
    desired::Desired,
    diagnostic::Diagnostic,
    failure::Failure,
    files::{self, FILE_LIMIT},
    names::{ComponentId, EnvironmentName, Tier},
    revision::{Commit, Revision},
    sources::{self, Access, Found, GITHUB, GitHub, Question},
    state::State,
};

use super::{
    desk::Desk,
    held::{Held, held},
    unresolved::unresolved,
};

/// The longest that one question to a repository may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is needed to ask repositories.
pub(super) fn access(desk: &Desk<'_>, settings: &config::Settings) -> Access {
    let root = desk.root();
    let (url, login) = match &settings.github {
        Some(url) => (url.clone(), &desk.settings.enterprise),
        None => (GITHUB.to_owned(), &desk.settings.github),
    };
    let github = GitHub::new(url, login.clone(), true);
    let cache = root.join("state").join("cache");
    Access::new(root, cache, desk.settings.ssh_command.clone(), github, PATIENCE)
}

/// Where the lock of an environment lies, relative to the workspace.
pub(super) fn lock_path(environment: &EnvironmentName) -> PathBuf {
    PathBuf::from(format!("environments/{environment}.lock.toml"))
}

/// Reads the lock of an environment; none where it has none.
pub(super) fn read_lock(
    desk: &Desk<'_>,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
) -> Result<Option<Result<Lock, Vec<Diagnostic>>>, Failure> {
    let path = lock_path(environment);
    let bytes = files::read_inside(&desk.root(), &path, FILE_LIMIT)?;
    Ok(bytes.map(|bytes| read(workspace, environment, &bytes)))
}

fn read(
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
    bytes: &[u8],
) -> Result<Lock, Vec<Diagnostic>> {
    Lock::read(&mut workspace.sources, &lock_path(environment).display().to_string(), bytes)
}

/// The lock file of an environment as it was at another time; none where there was none.
pub(super) type Past = Option<Vec<u8>>;

/// Finds out what the services of environments stand at, and puts it into the workspace: by the lock files that are there,
/// or by one of the past. Gives what to say of those that are held to a lock.
///
/// # Errors
/// When a lock file cannot be read at all. What is wrong in it, and what a repository does not tell, is left for the
/// expansion of the environment to tell.
pub(super) async fn look_up(
    desk: &Desk<'_>,
    access: &Access,
    workspace: &mut config::Workspace,
    environments: &BTreeSet<EnvironmentName>,
    references: cli::References,
    past: Option<&Past>,
) -> Result<Held, Failure> {
    let mut wanted: Vec<(EnvironmentName, Tracked, Option<Locked>)> = Vec::new();
    for environment in environments {
        let lock = match past {
            None => read_lock(desk, workspace, environment)?,
            Some(past) => past.as_ref().map(|bytes| read(workspace, environment, bytes)),
        };
        let lock = match lock {
            Some(Err(mistakes)) => {
                for tracked in config::tracked(workspace, environment) {
                    if let Some(mistake) = mistakes.first() {
                        put(workspace, environment, &tracked, Err(mistake.clone()));
                    }
                }
                continue;
            }
            Some(Ok(lock)) => lock,
            None => Lock::default(),
        };
        for tracked in config::tracked(workspace, environment) {
            let locked = lock.services.get(&tracked.component).filter(|locked| fits(locked, &tracked)).cloned();
            wanted.push((environment.clone(), tracked, locked));
        }
    }
    let is_asked = |locked: &Option<Locked>| !references.offline && (references.locked || locked.is_none());
    let asked = wanted.iter().filter(|(.., locked)| is_asked(locked));
    let questions: BTreeSet<Question> = asked.map(|(_, tracked, _)| question(tracked)).collect();
    let answers = sources::resolve(access, &questions).await;
    // Machines are not told of it.
    let held = match references.is_plain() && !desk.global.json {
        true => held(access, &wanted, &answers).await,
        false => Held::default(),
    };
    for (environment, tracked, locked) in wanted {
        // What was asked for another environment does not move one that is held to its lock.
        let answer = answers.get(&question(&tracked)).filter(|_| is_asked(&locked));
        let revision = match (locked, answer) {
            (_, Some(Err(why))) => Err(unresolved(&tracked, why)),
            (None, Some(Ok(found))) if !references.locked => Ok(found.clone()),
            (None, _) => Err(not_locked(&environment, &tracked)),
            (Some(locked), Some(Ok(found))) if found.commit != locked.commit => {
                Err(moved(&environment, &tracked, &locked, found))
            }
            (Some(locked), _) => {
                let found = Found { commit: locked.commit.clone(), tag: locked.resolved.clone() };
                workspace.locked.insert((environment.clone(), tracked.component.clone()), locked);
                Ok(found)
            }
        };
        put(workspace, &environment, &tracked, revision);
    }
    Ok(held)
}

/// Takes what services stand at from the lock file, else from the record: nobody is to be asked.
///
/// # Errors
/// As [`look_up`].
pub(super) fn remember(
    desk: &Desk<'_>,
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
    state: &State,
) -> Result<(), Failure> {
    let lock = match read_lock(desk, workspace, environment)? {
        Some(Err(mistakes)) => return Err(Failure::in_files(workspace.sources.clone(), mistakes)),
        Some(Ok(lock)) => lock,
        None => Lock::default(),
    };
    for tracked in config::tracked(workspace, environment) {
        let locked = lock.services.get(&tracked.component).filter(|locked| fits(locked, &tracked));
        let locked = locked.map(|locked| Found { commit: locked.commit.clone(), tag: locked.resolved.clone() });
        let id = ComponentId { tier: Tier::Service, name: tracked.component.clone() };
        let recorded = state
            .revisions
            .get(&id)
            .filter(|recorded| recorded.repository == tracked.repository && recorded.reference == tracked.reference);
        let recorded = recorded.map(|recorded| Found { commit: recorded.commit.clone(), tag: recorded.tag.clone() });
        let found = locked.or(recorded).ok_or_else(|| not_locked(environment, &tracked));
        put(workspace, environment, &tracked, found);
    }
    Ok(())
}

pub(super) fn question(tracked: &Tracked) -> Question {
    (tracked.repository.clone(), tracked.reference.clone())
}

/// Whether an entry of a lock is about what a service follows now.
pub(super) fn fits(locked: &Locked, tracked: &Tracked) -> bool {
    locked.repository == tracked.repository && locked.reference == tracked.reference
}

pub(super) fn put(
    workspace: &mut config::Workspace,
    environment: &EnvironmentName,
    tracked: &Tracked,
    found: Result<Found, Diagnostic>,
) {
    let Tracked { component, repository, reference, origin: _, place: _ } = tracked;
    let revision = found.map(|Found { commit, tag }| Revision {
        repository: repository.clone(),
        reference: reference.clone(),
        commit,
        tag,
        since: None,
    });
    workspace.revisions.insert((environment.clone(), component.clone()), revision);
}

fn not_locked(environment: &EnvironmentName, tracked: &Tracked) -> Diagnostic {
    let path = lock_path(environment);
    Diagnostic::new("not in the lock file")
        .at(tracked.origin.clone(), "the commit is not known")
        .detail(format!(
            "`{}` does not say which commit of {} `{}` stands for, and nobody else was to be asked",
            path.display(),
            tracked.repository,
            tracked.reference
        ))
        .help(format!("ditc lock {environment}"))
}

/// That a reference stands for another commit than the lock says.
pub(super) fn moved(environment: &EnvironmentName, tracked: &Tracked, locked: &Locked, found: &Found) -> Diagnostic {
    let at = |commit: &Commit, tag: &Option<String>| match tag {
        Some(tag) => format!("{tag} at {}", commit.short()),
        None => commit.short().to_owned(),
    };
    let (then, now) = (at(&locked.commit, &locked.resolved), at(&found.commit, &found.tag));
    Diagnostic::new("moved since it was locked")
        .at(tracked.origin.clone(), format!("was {then}, is {now}"))
        .detail(format!(
            "{} `{}` of {} is not where `{}` has it",
            tracked.reference.sort.word(),
            tracked.reference.name,
            tracked.repository,
            lock_path(environment).display()
        ))
        .help(format!("ditc lock {environment} -upgrade={}", tracked.component))
}

/// What came between what was applied and what is to be, where somebody can tell.
pub(super) async fn tell_since(access: &Access, desired: &mut Desired, applied: &BTreeMap<ComponentId, Revision>) {
    for (id, component) in &mut desired.components {
        let (Some(to), Some(from)) = (&mut component.revision, applied.get(id)) else { continue };
        if from.commit != to.commit && from.repository == to.repository {
            to.since = sources::since(access, &to.repository, &from.commit, &to.commit).await;
        }
    }
}
