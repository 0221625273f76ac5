//! Which project a workspace belongs to: the repository that it was cloned from, or the first commit of its history, and
//! where in it it lies. Nothing of the machine, and no credentials, are part of it.

use std::path::Path;

use super::changed::{git, text};

/// `github.com/kooba/ditc`, or `github.com/kooba/ditc//staging` for a workspace inside of it; none where git knows no place
/// that is the same for everybody.
#[must_use]
pub fn project(root: &Path) -> Option<String> {
    let repository = shared(&ask(root, &["config", "--get", "remote.origin.url"])?)?;
    inside(root, repository)
}

/// The first commit of the history that a workspace is at, and where in it it lies: all clones of a repository have the
/// same. None without a commit, and where the history was cut off.
#[must_use]
pub fn beginning(root: &Path) -> Option<String> {
    if ask(root, &["rev-parse", "--is-shallow-repository"])? != "false" {
        return None;
    }
    // The oldest comes last, where histories were joined.
    let commits = ask(root, &["rev-list", "--max-parents=0", "HEAD"])?;
    inside(root, commits.lines().last()?.to_owned())
}

fn ask(root: &Path, arguments: &[&str]) -> Option<String> {
    let told = git(root, arguments).ok()?;
    told.status.success().then(|| text(&told.stdout))
}

fn inside(root: &Path, repository: String) -> Option<String> {
    let inside = ask(root, &["rev-parse", "--show-prefix"])?;
    match inside.trim_end_matches('/') {
        "" => Some(repository),
        inside => Some(format!("{repository}//{inside}")),
    }
}

/// Host and path of a URL, however it is reached; none for a path on this machine.
fn shared(url: &str) -> Option<String> {
    let (host, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        // As scp has it: `git@github.com:kooba/ditc.git`.
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().filter(|host| !host.is_empty())?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| format!("{host}/{path}").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(shared(url).as_deref(), expected, "{url}");
    }

    #[test]
    fn a_repository_is_the_same_however_it_is_reached() {
        for url in [
            "https://github.com/kooba/ditc",
            "https://github.com/Kooba/ditc.git/",
            "https://ci:secret@github.com/kooba/ditc.git",
            "ssh://git@github.com:22/kooba/ditc.git",
            "git@github.com:kooba/ditc.git",
        ] {
            check(url, Some("github.com/kooba/ditc"));
        }
    }

    #[test]
    fn a_path_on_this_machine_is_no_project() {
        for url in ["/srv/git/ditc.git", "../ditc", "file:///srv/git/ditc.git", "", "https://github.com"] {
            check(url, None);
        }
    }
}
