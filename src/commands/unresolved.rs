//! Why what services follow or take could not be found out, under the lines that ask for it, with what may help.

use crate::{
    config::{self, Tracked, Wanted},
    diagnostic::{Diagnostic, suggestion},
    failure,
    names::EnvironmentName,
    revision::{Reference, Repository, Revision, Sort},
    sources::{GitError, GitHubError, TreeError, Unreachable, Unresolved},
};

use super::{images::short, references::lock_path};

/// More names than these are counted, since nobody reads ten thousand.
const LISTED: usize = 20;

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
        TreeError::Submodule { .. } => {
            diagnostic.help("only files, and links to files below this path, are taken: put the files themselves there")
        }
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
