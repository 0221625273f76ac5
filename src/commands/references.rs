//! Which commits services stand at: from the lock file, or from their repositories. What cannot be found out becomes a
//! complaint under the line that asks for it, and stops the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use crate::{
    cli,
    config::{self, Lock, Locked, Tracked, Wanted},
    desired::Desired,
    diagnostic::{Diagnostic, suggestion},
    failure::{self, Failure},
    files::{self, FILE_LIMIT},
    names::{ComponentId, EnvironmentName, Tier},
    revision::{Commit, Reference, Repository, Revision, Sort},
    sources::{
        self, Access, Found, GITHUB, GitError, GitHub, GitHubError, Question, TreeError, Unreachable, Unresolved,
    },
    state::State,
};

use super::{desk::Desk, images::short};

/// The longest that one question to a repository may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// More names than these are counted, since nobody reads ten thousand.
const LISTED: usize = 20;

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
/// or by one of the past.
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
) -> Result<(), Failure> {
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
    for (environment, tracked, locked) in wanted {
        let answer = answers.get(&question(&tracked));
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
    Ok(())
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

fn question(tracked: &Tracked) -> Question {
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

/// What a repository's answer means to who wrote the reference.
pub(super) fn unresolved(tracked: &Tracked, why: &Unresolved) -> Diagnostic {
    let Tracked { component: _, repository, reference: Reference { sort, name }, origin, place } = tracked;
    let word = sort.word();
    let unknown = || Diagnostic::new("repository not reached").at(place.clone(), "its commit is not known");
    match why {
        Unresolved::NoReference { known, has_other } => {
            let what = match sort {
                Sort::Semver => "no tag in this range",
                Sort::Branch => "no such branch",
                Sort::Release => "no such release",
                Sort::Tag | Sort::Commit => "no such tag",
            };
            let diagnostic = Diagnostic::new("unknown reference").at(origin.clone(), what);
            let diagnostic = match (sort, known.len()) {
                (Sort::Semver, 0) => diagnostic.detail(format!("{repository} has no tag that is a version")),
                (Sort::Semver, _) => {
                    diagnostic.detail(format!("no version among the tags of {repository} is in `{name}`"))
                }
                (_, 0) => diagnostic.detail(format!("{repository} has no {word} `{name}`, nor any other")),
                (..) => diagnostic.detail(format!("{repository} has no {word} `{name}`")),
            };
            if let Some(other) = has_other {
                return diagnostic.help(format!("there is a {0} of this name: `{0} = \"{name}\"`", other.word()));
            }
            nearest(diagnostic, *sort, name, known)
        }
        Unresolved::NoDirectory => Diagnostic::new("repository not found")
            .at(place.clone(), "no such directory")
            .detail("a path is relative to the workspace, the directory that holds `environments/`"),
        Unresolved::NoReleases => Diagnostic::new("no releases here")
            .at(origin.clone(), "only GitHub knows releases")
            .detail(format!("{repository} is asked by git, which knows tags and branches"))
            .help("`semver = \"*\"` follows the newest version among the tags"),
        Unresolved::NoCommit => Diagnostic::new("no commit")
            .at(origin.clone(), "stands for no commit")
            .detail(format!("{word} `{name}` of {repository} stands for something that is no commit")),
        Unresolved::Git(error) => {
            let chain = failure::chain(error).join(": ");
            let told = format!("asking {repository} for {} failed: {chain}", tracked.reference);
            git(unknown().detail(told), repository, error)
        }
        Unresolved::GitHub(error) => {
            let told = format!("asking for {} of {repository} failed: {error}", tracked.reference);
            github(unknown().detail(told), error)
        }
    }
}

/// Proposes the name that was meant, or tells what there is.
fn nearest(diagnostic: Diagnostic, sort: Sort, name: &str, known: &[String]) -> Diagnostic {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if known.len() <= LISTED && sort != Sort::Semver {
        return config::suggest(diagnostic, name, known);
    }
    match suggestion(name, known.iter().copied()) {
        Some(meant) if sort != Sort::Semver => diagnostic.help(format!("did you mean `{meant}`?")),
        _ => {
            let some: Vec<String> = known.iter().rev().take(LISTED).map(|name| format!("`{name}`")).collect();
            match (some.as_slice(), known.len() - some.len()) {
                ([], _) => diagnostic,
                (some, 0) => diagnostic.help(format!("known are {}", some.join(", "))),
                (some, more) => diagnostic.help(format!("known are {} and {more} more", some.join(", "))),
            }
        }
    }
}

/// What may help where git failed.
fn git(diagnostic: Diagnostic, repository: &Repository, error: &GitError) -> Diagnostic {
    match error.unreachable() {
        Unreachable::NoGit => diagnostic.help("install git: every repository but `org/repo` on GitHub is asked by it"),
        Unreachable::Network => {
            diagnostic.help("try again; or keep to what is known: add -offline, which takes commits from the lock file")
        }
        Unreachable::Auth => diagnostic.help(format!(
            "`git ls-remote {repository}` must work without a question: set up a credential helper, or an ssh key"
        )),
        Unreachable::NotFound => {
            diagnostic.help("look at the spelling; a repository that you may not see looks as if it were not there")
        }
        Unreachable::HostKey => {
            diagnostic.help(format!("run `git ls-remote {repository}` once and accept the host's key"))
        }
        Unreachable::Owner => {
            diagnostic.help("another user owns it: `git config --global --add safe.directory PATH` trusts it")
        }
        Unreachable::Other => diagnostic.help(format!("`git ls-remote {repository}` shows it by itself")),
    }
}

/// What may help where GitHub failed.
fn github(diagnostic: Diagnostic, error: &GitHubError) -> Diagnostic {
    const SET: &str = "set DITC_GITHUB_TOKEN to a token that may read its contents, or log in: gh auth login";
    match error {
        GitHubError::NotFound { token: None } | GitHubError::Forbidden { token: None, .. } => diagnostic
            .help("nobody was named to GitHub, and to nobody a private repository looks as if it were not there")
            .help(SET),
        GitHubError::NotFound { token: Some(from) } | GitHubError::Forbidden { token: Some(from), .. } => diagnostic
            .help(format!(
                "look at the spelling; and whether the token from {from} may read the contents of this repository"
            )),
        GitHubError::Unauthorized(_) => diagnostic.help("it may have expired").help(SET),
        GitHubError::NoToken(_)
        | GitHubError::NoApp(_)
        | GitHubError::UnknownApp { .. }
        | GitHubError::NotInstalled { .. }
        | GitHubError::NoInstallation { .. } => logins(error).into_iter().fold(diagnostic, Diagnostic::help),
        GitHubError::Limited { token: None, .. } => {
            diagnostic.help("without a token GitHub answers 60 questions an hour").help(SET)
        }
        GitHubError::Limited { token: Some(_), .. } => {
            diagnostic.help("wait; or keep to what is known: add -offline, which takes commits from the lock file")
        }
        GitHubError::Unreachable(_) | GitHubError::Slow(_) | GitHubError::Server(_) => {
            diagnostic.help("try again; or keep to what is known: add -offline, which takes commits from the lock file")
        }
        GitHubError::Elsewhere(_) | GitHubError::Client(_) => diagnostic
            .help("`[github] url` in ditc.toml says where GitHub is: of an Enterprise it is `https://HOST/api/v3`"),
        GitHubError::NoSuch | GitHubError::TooLarge | GitHubError::Nonsense(_) | GitHubError::Refused(_) => diagnostic,
    }
}

/// What may help where who asks could not be said.
pub(super) fn logins(error: &GitHubError) -> Vec<String> {
    match error {
        GitHubError::NoToken(_) => {
            vec!["DITC_GITHUB_TOKEN_FILE is the path of a file that holds a token and nothing else".to_owned()]
        }
        GitHubError::NoApp(_) => vec![
            "an app is named by DITC_GITHUB_APP_ID, and DITC_GITHUB_APP_KEY_FILE is the path of the .pem that GitHub \
             made for it"
                .to_owned(),
        ],
        GitHubError::UnknownApp { .. } => vec![
            "the page of the app has its number, and makes another key; the clock of this machine may also be wrong"
                .to_owned(),
        ],
        GitHubError::NotInstalled { page, .. } => {
            vec![format!("install it, or let it see this repository too: {page}")]
        }
        GitHubError::NoInstallation { .. } => {
            vec!["leave out DITC_GITHUB_APP_INSTALLATION_ID: it is looked up for each owner of repositories".to_owned()]
        }
        _ => Vec::new(),
    }
}

/// Why the files of a service's repository could not be had, under the line that asks for them.
pub(super) fn not_fetched(wanted: &Wanted, error: &TreeError) -> Diagnostic {
    let Wanted { component: _, revision, path, chart: _, origin } = wanted;
    let Revision { repository, commit, .. } = revision;
    let diagnostic = Diagnostic::new("files not fetched").at(origin.clone(), "what it holds is not known");
    let chain = failure::chain(error).join(": ");
    let diagnostic =
        diagnostic.detail(format!("`{path}` of {repository} at {} could not be had: {chain}", commit.short()));
    match error {
        TreeError::Git { repository, source } => git(diagnostic, repository, source),
        TreeError::GitHub(error) => github(diagnostic, error),
        TreeError::Offline => diagnostic.help("leave out -offline, or -refresh=false, once"),
        TreeError::TooBigPacked if matches!(repository, Repository::GitHub { .. }) => diagnostic
            .help(format!("`repo = \"https://github.com/{repository}\"` is fetched by git, without its large files")),
        TreeError::NoCommit { .. } => diagnostic.help("look at the spelling; and whether it was pushed there"),
        TreeError::LeadsOut { .. } | TreeError::Link { .. } | TreeError::Special { .. } => {
            diagnostic.help("only files, and links to files below this path, are taken")
        }
        TreeError::Path(_)
        | TreeError::NoRepository(_)
        | TreeError::NoPath { .. }
        | TreeError::Name { .. }
        | TreeError::TooMany
        | TreeError::TooBig
        | TreeError::TooBigPacked
        | TreeError::WrongCommit { .. }
        | TreeError::Archive(_)
        | TreeError::Files(_)
        | TreeError::Nonsense(_) => diagnostic,
    }
}

/// That files are not those that were locked.
pub(super) fn not_as_locked(environment: &EnvironmentName, wanted: &Wanted, locked: &str, found: &str) -> Diagnostic {
    let Wanted { component, revision, path, chart: _, origin } = wanted;
    Diagnostic::new("files are not those that were locked")
        .at(origin.clone(), format!("has digest {}", short(found)))
        .detail(format!(
            "`{path}` of {} at {} had {} when `{}` was written: another path was locked then, or one of both was changed",
            revision.repository,
            revision.commit.short(),
            short(locked),
            lock_path(environment).display()
        ))
        .help(format!("where that is meant, lock it anew: ditc lock {environment} -upgrade={component}"))
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
